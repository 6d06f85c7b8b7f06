//! Whose report, of which year, published when: from what the page says of itself, never from its address's date.

mod agency;
mod codes;
mod metadata;
mod published;
mod region;
pub mod title;
pub mod year;

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem;
use url::Url;

use super::extract::Document;
use agency::agency_of;
use metadata::MetadataBlock;
use published::published_of;
use title::{is_agency, squeezed};

/// What a page says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    pub title: Option<String>,
    pub published: Option<String>,
    pub site_id: Option<String>,
    pub index_number: Option<String>,
    pub agency: Option<String>,
    pub region: Option<String>,
    pub year: Option<i16>,
    /// The year of the period that the report says it is about.
    pub period: Option<i16>,
}

/// Lines that a title, a date or an agency is looked for in.
const HEAD_LINES: usize = 40;

/// Reads the identity of a page. `url` serves only to see whether the site's code belongs to this site.
pub fn identity(document: &Document, url: Option<&Url>) -> Identity {
    let block = MetadataBlock::of(document);
    let head = head_of(document);
    let title = title_of(document, &head);
    let site = document.meta("siteidcode").and_then(codes::site_id).or_else(|| site_in_prose(document));
    let index_number = block.get(&["索引号", "信息索引号", "索引"]).map(str::to_owned);
    let agency = agency_of(document, &head, title.as_deref(), &block);
    let period = head.iter().find_map(|line| year::of_period(&line[period_at(line)?..]));
    let year = year_of(document, &head, title.as_deref(), period);
    let own_site = site_is_own(document, url);
    let region = site
        .as_ref()
        .filter(|_| own_site)
        .and_then(|(_, region)| region::known(region.as_deref()?))
        .or_else(|| region::known(&codes::organisation(index_number.as_deref()?)?.region?))
        .or_else(|| region::named(agency.as_deref()?))
        .or_else(|| region::named(document.meta("sitename")?));
    Identity {
        published: published_of(document, &block),
        site_id: site.map(|(id, _)| id),
        title,
        index_number,
        agency,
        region,
        year,
        period,
    }
}

/// The first lines outside tables, without white space.
fn head_of(document: &Document) -> Vec<Cow<'_, str>> {
    document.prose().take(HEAD_LINES).map(|line| squeezed(&line.text)).collect()
}

/// The site's code where the page's foot prints it.
fn site_in_prose(document: &Document) -> Option<(String, Option<String>)> {
    static LABEL: LazyLock<memmem::Finder<'static>> = LazyLock::new(|| memmem::Finder::new("网站标识码"));
    let mut labelled = document.prose().filter(|line| LABEL.find(line.text.as_bytes()).is_some());
    labelled.find_map(|line| codes::site_id(after(&line.text, "网站标识码")?))
}

/// A template copied from another site carries the other's code.
fn site_is_own(document: &Document, url: Option<&Url>) -> bool {
    match (document.meta("sitedomain"), url.and_then(Url::host_str)) {
        (Some(domain), Some(host)) => {
            let domain = domain.trim_start_matches("http://").trim_start_matches("https://").trim_end_matches('/');
            let bare = |name: &str| name.trim_start_matches("www.").to_ascii_lowercase();
            bare(host).contains(&bare(domain)) || bare(domain).contains(&bare(host).replace(".localhost", ""))
        }
        _ => true,
    }
}

/// Trust order: ArticleTitle, h1, the page's title without the site's name, a line of the body.
fn title_of(document: &Document, head: &[Cow<'_, str>]) -> Option<String> {
    let named =
        [document.meta("articletitle"), document.heading.as_deref(), document.title.as_deref().map(without_site)];
    let names_something = |title: &&str| title.chars().count() >= 4;
    let of_report = |title: &&str| title::core(&squeezed(title)).is_some();
    let named: Vec<&str> = named.into_iter().flatten().filter(names_something).collect();
    // A column of annual reports is named in the navigation of every page.
    let other = named.iter().copied().find(|title| title::is_of_something_else(title));
    let in_body = || body_title(document, head).filter(|title| names_something(&title.as_str()));
    if let Some(title) = other.or_else(|| named.iter().copied().find(of_report)) {
        // A column's name, where the column is the report.
        let says_nothing = |title: &str| year::first(title).is_none() && title::agency(title).is_none();
        let better = (other.is_none() && says_nothing(title)).then(in_body).flatten();
        return Some(better.filter(|better| !says_nothing(better)).unwrap_or_else(|| title.to_owned()));
    }
    let in_body = in_body();
    match (in_body, named.first()) {
        (Some(title), Some(first)) if !of_report(&title.as_str()) => Some((*first).to_owned()),
        (None, first) => first.map(|first| (*first).to_owned()),
        (title, _) => title,
    }
}

fn without_site(title: &str) -> &str {
    let cut = ["_", " - ", " – ", "－", "——", "--", "|"].iter().filter_map(|mark| title.find(mark)).min();
    match cut {
        Some(at) if at > 0 => title[..at].trim(),
        _ => {
            title.split_once('-').map_or(title, |(head, _)| if head.chars().count() >= 8 { head.trim() } else { title })
        }
    }
}

/// A line that is a report's title, with the agency's name from the line above when the two are set apart.
fn body_title(document: &Document, head: &[Cow<'_, str>]) -> Option<String> {
    let mut linked = None;
    for (n, line) in head.iter().enumerate() {
        let text = line.trim_start_matches('#');
        // A sentence, or the way to the page: 首页>政务公开>政府信息公开年报>正文.
        let is_trail = || text.contains(['>', '＞', '»']) || ["首页", "位置："].iter().any(|word| text.contains(word));
        if text.chars().count() > 60 || text.contains(['。', '，', ',']) || is_trail() {
            continue;
        }
        let next = head.get(n + 1).map(Cow::as_ref).unwrap_or_default();
        let joined = format!("{text}{next}");
        let whole = if title::core(text).is_some() {
            text.to_owned()
        } else if year::first(text).is_some()
            && text.contains("信息公开")
            && title::core(&joined).is_some()
            && next.chars().count() <= 20
        {
            joined
        } else {
            continue;
        };
        if title::score(&whole) < title::REPORT {
            continue;
        }
        let above = n.checked_sub(1).and_then(|above| head.get(above));
        let whole = match above {
            Some(above) if title::agency(&whole).is_none() && is_agency(above) => format!("{above}{whole}"),
            _ => whole,
        };
        // A link to a report, in a list beside this one, is its title only where nothing else is.
        if !is_link(document, text) {
            return Some(whole);
        }
        // The name of the column in the navigation is not even that.
        if year::first(text).is_some() {
            linked.get_or_insert(whole);
        }
    }
    linked
}

/// Whether a line is a link's text, as titles beside a report are, with its date or a mark.
fn is_link(document: &Document, line: &str) -> bool {
    const TITLE: usize = 12 * '年'.len_utf8();
    const DATE: usize = "[2024年01月20日]".len();
    document.anchors.iter().any(|anchor| {
        let text = squeezed(&anchor.text);
        text == line || text.len() >= TITLE && line.contains(&*text) && line.len() - text.len() <= DATE
    })
}

fn year_of(document: &Document, head: &[Cow<'_, str>], title: Option<&str>, period: Option<i16>) -> Option<i16> {
    let from_title = title.and_then(|title| year::of_title(&squeezed(title)));
    from_title
        .or(period)
        // No title and no period: the year the first sentence about the report begins with.
        .or_else(|| {
            let about = head.iter().filter(|line| line.contains("信息公开"));
            about
                .filter_map(|line| Some((line, year::of_sentence(line)?)))
                .find(|(line, _)| !is_link(document, line))
                .map(|(_, year)| year)
        })
}

/// 统计期限自2023年1月1日, 数据统计期限为….
fn period_at(line: &str) -> Option<usize> {
    // Most lines have none of the words' ends.
    static ENDS: LazyLock<[memmem::Finder<'static>; 3]> =
        LazyLock::new(|| ["期限", "时限", "时间"].map(memmem::Finder::new));
    if !ENDS.iter().any(|end| end.find(line.as_bytes()).is_some()) {
        return None;
    }
    ["统计期限", "统计时限", "数据期限", "起止时间", "统计时间", "的期限"].iter().find_map(|words| line.find(words))
}

/// What follows a label and its colon, near by.
fn after<'t>(text: &'t str, label: &str) -> Option<&'t str> {
    let rest = &text[text.find(label)? + label.len()..];
    Some(rest.trim_start_matches(|c: char| matches!(c, ':' | '：' | '|' | ']' | '】') || c.is_whitespace()))
}
