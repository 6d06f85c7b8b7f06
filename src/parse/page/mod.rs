//! What kind of page came back, from status, headers and body (shared/sites.md 4.1, 5.3).

mod wall;

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem;

use super::Given;
use super::extract::Document;
use super::identity::Identity;
use super::identity::title::{self, CANDIDATE, REPORT};
use super::identity::year;
use super::label::key;
use super::reading::{LinkHop, PageKind};
use super::report::Reading;

pub use wall::wall;

/// Kind and reason.
pub type Verdict = (PageKind, String);

/// The heads of a report's six sections, any edition; three of them make a report.
const SECTIONS: [&str; 9] = [
    "概述",
    "总体情况",
    "主动公开政府信息",
    "收到和处理政府信息公开申请",
    "行政复议、行政诉讼",
    "存在的主要问题",
    "其他需要报告的事项",
    "依申请公开",
    "收费及减免",
];

/// Decides what a text page is.
pub fn kind(
    given: Given<'_>,
    document: &Document,
    identity: &Identity,
    reading: &Reading,
    links: &[super::Link],
) -> Verdict {
    if let Some((maker, why)) = wall(given.status, given.headers, document, given.body) {
        return (PageKind::Wall, format!("{maker}: {why}"));
    }
    if let Some(why) = missing(given.status, document) {
        return (PageKind::Soft404, why);
    }
    let name = identity.title.clone().unwrap_or_default();
    let sections = sections(document);
    let read = reading.read().count();
    let numbers = reading.read().filter(|value| value.content.value.is_some()).count();
    let asks_for_reports = || title::is_about_reports(&name) || name.contains("通知") && !name.contains("公布");
    if read >= 5 && numbers == 0 && asks_for_reports() {
        return (PageKind::Article, format!("a form with {read} cells and no number, under the title {name}"));
    }
    let promises = title::score(&name);
    if read >= 5 || read > 0 && promises >= REPORT && !title::is_about_reports(&name) {
        return (PageKind::Report, format!("{read} cells of the form were read, {numbers} with numbers"));
    }
    // Two heads are enough beside the words of an application: an excerpt, or a report in prose.
    let applications = || document.prose().any(|line| line.text.contains("政府信息公开申请"));
    if promises > -20
        && !title::is_about_reports(&name)
        && (sections.len() >= 3 || (sections.len() == 2 && applications()))
    {
        return (
            PageKind::Report,
            format!("{} of the report's section heads ({}), no table", sections.len(), sections.join(", ")),
        );
    }
    if reading.doubts.iter().any(|doubt| matches!(doubt.rule, "glued" | "ambiguous")) {
        return (PageKind::Report, "the form's labels, but no cells that can be told apart".into());
    }
    let promising = links.iter().filter(|link| link.score >= CANDIDATE && link.hop == LinkHop::Link).count();
    let column = ["columnname", "columntype"]
        .iter()
        .filter_map(|meta| document.meta(meta))
        .any(|name| name.contains("年报") || name.contains("年度报告"));
    let attachments = links.iter().filter(|link| link.hop == LinkHop::Attachment).count();
    let visible: usize = document.prose().map(|line| line.text.chars().count()).sum();
    let in_files = || (PageKind::Attachment, format!("the report is in {attachments} attached files"));
    // Beside one report of an agency and a year stand links to others.
    let of_one = year::first(&name).is_some() && title::agency(&name).is_some() && !name.contains("汇总");
    if of_one && (1..=3).contains(&attachments) && promises >= REPORT && visible < 1_500 {
        return in_files();
    }
    // An answer of a side API, however few its rows.
    let rows_alone = matches!(text_start(given.body), Some(b'{' | b'['));
    if promising >= 3 || (promising >= 1 && (column || rows_alone || promises >= REPORT)) {
        return (PageKind::Listing, format!("{promising} links to annual reports"));
    }
    if attachments > 0 && promises >= REPORT && visible < 1_500 {
        return in_files();
    }
    if visible < 500 && document.tables.is_empty() && is_shell(document, given.body) {
        return (PageKind::Shell, "a script builds the page; the bytes served hold no content".into());
    }
    if visible >= 200 {
        return (PageKind::Article, format!("{visible} characters of text and nothing of the form"));
    }
    (PageKind::Other, "neither text nor links of a report".into())
}

/// The first byte that is no white space.
fn text_start(body: &[u8]) -> Option<u8> {
    body.iter().copied().find(|byte| !byte.is_ascii_whitespace())
}

/// Whether a file is a report by its section heads alone.
pub fn is_report_in_words(document: &Document, identity: &Identity) -> bool {
    sections(document).len() >= 3 && title::score(identity.title.as_deref().unwrap_or_default()) > -20
}

/// Whether a page is (a part of) a report by its title, and by a head of one of its sections or a row as wide as the form's.
pub fn is_of_report(document: &Document, identity: &Identity) -> bool {
    const WIDE: usize = 7;
    let name = identity.title.as_deref().unwrap_or_default();
    let is_wide = |table: &super::extract::Table| table.rows.iter().any(|row| row.cells.len() >= WIDE);
    title::score(name) >= REPORT
        && !title::is_about_reports(name)
        && (!sections(document).is_empty() || document.tables.iter().any(is_wide))
}

/// The section heads that a page has: at the beginning of a numbered line, or behind their numeral where lines ran together.
fn sections(document: &Document) -> Vec<&'static str> {
    /// A line longer than this is a paragraph, or many lines that ran together. Bytes.
    const LINE: usize = 120;
    static HEADS: LazyLock<[(&str, Cow<'_, str>, memmem::Finder<'_>); 9]> = LazyLock::new(|| {
        SECTIONS.map(|section| (section, key(section), memmem::Finder::new(key(section).as_bytes()).into_owned()))
    });
    let mut found = Vec::new();
    for line in document.prose() {
        let together = line.text.len() > LINE && line.text.contains("总体情况");
        let text = if together { key(&line.text) } else { key(&line.text[..line.text.floor_char_boundary(LINE)]) };
        for (section, words, finder) in &*HEADS {
            let Some(at) = finder.find(text.as_bytes()) else { continue };
            let head: String = text.chars().take(words.chars().count() + 16).collect();
            let behind_numeral = text[..at].ends_with(['一', '二', '三', '四', '五', '六']);
            if !found.contains(section) && (behind_numeral || (head.contains(&**words) && numbered(&line.text))) {
                found.push(*section);
            }
        }
    }
    found
}

fn numbered(line: &str) -> bool {
    line.trim_start_matches(['#', ' ', '（', '(', '第'])
        .starts_with(['一', '二', '三', '四', '五', '六', '七', '八', '1', '2', '3', '4', '5', '6'])
}

/// 404 in words, under whatever status.
fn missing(status: Option<u16>, document: &Document) -> Option<String> {
    const WORDS: [&str; 14] = [
        "页面不存在",
        "找不到页面",
        "页面未找到",
        "页面没有找到",
        "您访问的页面",
        "您查找的页面",
        "您要查看的页面",
        "无法找到",
        "页面已删除",
        "已被删除",
        "错误页面",
        "404错误",
        "404 Not Found",
        "信息不存在",
    ];
    if matches!(status, Some(404 | 410)) {
        return Some(format!("status {}", status.unwrap_or_default()));
    }
    let visible: usize = document.prose().map(|line| line.text.chars().count()).sum();
    let named = document.title.as_deref().unwrap_or_default();
    let word = WORDS.iter().find(|word| named.contains(**word) || (named.trim() == "404"));
    if let Some(word) = word {
        return Some(format!("its title says {word}"));
    }
    if visible > 1_000 || !document.tables.is_empty() {
        return None;
    }
    let word = WORDS.iter().find(|word| document.prose().take(30).any(|line| line.text.contains(**word)))?;
    Some(format!("it says {word} and little else, with status {}", status.map_or("unknown".into(), |s| s.to_string())))
}

fn is_shell(document: &Document, body: &[u8]) -> bool {
    let head = String::from_utf8_lossy(&body[..body.len().min(20_000)]).to_lowercase();
    let root =
        ["id=\"app\"", "id='app'", "id=app", "id=\"root\"", "ng-app", "v-cloak"].iter().any(|mark| head.contains(mark));
    root || (!document.scripts.is_empty() && document.anchors.len() < 3) || head.contains("<script src")
}
