//! A column that names itself one of annual reports. On such a page, and there alone, a year, a cut title, an agency's name or a
//! page below the column's own folder leads on (shared/sites.md 1.1).

use url::Url;

use crate::parse::extract::Document;
use crate::parse::identity::{title, year};
use crate::parse::reading::{Link, LinkHop};

/// Longest words of a link that is a year, a group of agencies or an agency. Characters.
const SHORT: usize = 30;
/// The other columns of a platform (国办公开办函〔2019〕61号), and what stands in the menu of every page.
const OTHER: [&str; 26] = [
    "指南",
    "制度",
    "主动公开",
    "依申请",
    "机构",
    "政策",
    "文件",
    "公示",
    "公告",
    "动态",
    "首页",
    "更多",
    "规划",
    "统计",
    "人事",
    "财政预",
    "财政决",
    "领导",
    "互动",
    "服务",
    "新闻",
    "专题",
    "办事",
    "招标",
    "采购",
    "目录",
];

/// Words for a group of agencies.
const GROUPS: [&str; 12] = ["部门", "单位", "街", "镇", "乡", "区", "县", "市", "政府", "本级", "垂", "机关"];

/// Raises the score of links that only this page makes promising, and completes words that it cuts short.
pub fn promote(document: &Document, page: &Url, links: &mut [Link]) {
    let Some(name) = name(document) else { return };
    let of_year = year::first(&name);
    let is_hub = !links.iter().any(|link| link.score >= title::CANDIDATE && year::first(&link.text).is_some());
    let folders = folders(page);
    for link in links.iter_mut() {
        let takes_part = matches!(link.hop, LinkHop::Link | LinkHop::Attachment);
        let Some(url) = Url::parse(&link.url).ok().filter(|url| takes_part && url.host() == page.host()) else {
            continue;
        };
        if link.score >= title::CANDIDATE || link.score < 0 || link.text.is_empty() {
            continue;
        }
        let words = title::squeezed(&link.text).into_owned();
        // Anything may lie below a folder; a report says so, or whose it is, and a group of agencies which.
        let may_be_report = || words.contains("报告") || words.contains("年报") || title::is_agency(&words);
        let may_be_group = || is_folder(&url) && GROUPS.iter().any(|group| words.contains(group));
        if let Some(whole) = uncut(&words) {
            link.score = title::CANDIDATE;
            // A year in its words makes it a report.
            link.text = whole;
        } else if is_year(&words) {
            link.score = title::CANDIDATE;
        } else if words.chars().count() > SHORT || is_of_another_column(&words) {
            continue;
        } else if let Some(year) = of_year.filter(|_| title::is_agency(&words) && is_document(&url)) {
            link.text = format!("{words}{year}年政府信息公开工作年度报告");
            link.score = title::score(&link.text);
        } else if folders.iter().any(|folder| lies_below(&url, folder))
            && (may_be_group() || (is_hub || is_folder(&url)) && may_be_report())
        {
            link.score = title::CANDIDATE;
        }
    }
}

fn is_of_another_column(words: &str) -> bool {
    OTHER.iter().any(|other| words.contains(other)) && !title::is_agency(words)
}

/// Whether a page names itself a column of annual reports.
pub fn is_column(document: &Document) -> bool {
    name(document).is_some()
}

/// The name that a page gives itself, where it is that of a column of annual reports and the page no report.
fn name(document: &Document) -> Option<String> {
    let own = [
        document.meta("columnname"),
        document.heading.as_deref(),
        document.title.as_deref(),
        document.meta("columntype"),
    ];
    let name = own.into_iter().flatten().find(|name| names_reports(name))?;
    let head = |words: &str| document.prose().any(|line| line.text.contains(words));
    let is_report = head("总体情况") && head("主动公开");
    (!is_report).then(|| title::squeezed(name).into_owned())
}

fn names_reports(name: &str) -> bool {
    let soft = name.contains("年报") || name.contains("年度报告");
    title::score(name) >= title::CANDIDATE || soft && title::score(name) > 0
}

/// `2024年`, `2024年度`, `2024年年报`.
fn is_year(words: &str) -> bool {
    let rest = words.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = &words[..words.len() - rest.len()];
    let year = digits.len() == 4 && digits.parse::<i16>().is_ok_and(|year| (2003..2100).contains(&year));
    year && matches!(rest, "" | "年" | "年度" | "年年报" | "年度年报" | "年报" | "年度报告")
}

/// A title cut short within the name of the report: what is left of it after its year begins that name, or nothing is left.
fn uncut(words: &str) -> Option<String> {
    const NAMES: [&str; 3] = ["政府信息公开工作年度报告", "信息公开工作年度报告", "政府信息公开年度报告"];
    const OTHERS: [&str; 4] = ["关于", "《", "公布", "发布"];
    let kept = words.strip_suffix("...").or_else(|| words.strip_suffix('…'))?.trim_end_matches(['.', '…']);
    if OTHERS.iter().any(|other| kept.starts_with(other)) {
        return None;
    }
    let after = year::at(kept)?.after(kept).trim_start_matches(['年', '度']);
    // What is left of the name, at the end: the longest that begins one.
    let begun = |at: &usize| NAMES.iter().any(|name| name.starts_with(&after[*at..]));
    let at = after.char_indices().map(|(at, _)| at).find(begun).unwrap_or(after.len());
    let agency = &after[..at];
    let begins = agency.is_empty() || title::is_agency(agency);
    begins.then(|| format!("{}{}", &kept[..kept.len() - (after.len() - at)], NAMES[0]))
}

/// Folders that are the column's own: the one it is the index of, and the one of its name (`zfxxgknb.htm`, `zfxxgknb/`).
fn folders(page: &Url) -> Vec<String> {
    const INDEX: [&str; 6] = ["index", "list", "default", "zfxxgkpage", "subpage", "main"];
    let Some((folder, file)) = page.path().rsplit_once('/') else { return Vec::new() };
    let stem = file.split('.').next().unwrap_or(file);
    let mut folders = Vec::new();
    if (file.is_empty() || INDEX.iter().any(|index| stem.starts_with(index))) && !folder.is_empty() {
        folders.push(format!("{folder}/"));
    }
    if !stem.is_empty() {
        folders.push(format!("{folder}/{stem}/"));
    }
    folders
}

/// A page in the folder, other than its index.
fn lies_below(url: &Url, folder: &str) -> bool {
    url.path().strip_prefix(folder).is_some_and(|rest| !rest.is_empty() && !is_index(rest))
}

fn is_index(file: &str) -> bool {
    ["index", "list", "default", "zfxxgkpage", "subpage"].iter().any(|index| file.starts_with(index))
}

/// An address of a folder or its index.
fn is_folder(url: &Url) -> bool {
    url.path().rsplit('/').next().is_some_and(|file| file.is_empty() || is_index(file))
}

/// An address like those of articles and files: numbered or dated, and no folder.
fn is_document(url: &Url) -> bool {
    let digits = url.path().bytes().filter(u8::is_ascii_digit).count();
    !is_folder(url) && digits >= 4 || url.query().is_some_and(|query| query.contains("id="))
}

#[cfg(test)]
mod tests {
    use super::super::super::extract::html;
    use super::*;

    /// Words of the links that are followed from a page.
    fn followed(page: &str, markup: &str) -> Vec<String> {
        let url = Url::parse(page).unwrap();
        let mut links = super::super::links(&html(markup), markup, Some(&url), None);
        links.retain(|link| link.score >= title::CANDIDATE);
        links.into_iter().map(|link| link.text).collect()
    }

    #[test]
    fn years_and_groups_below_a_column() {
        let page = "http://a.gov.cn/zfxxgk/zfxxgknb/";
        let links = "<a href=./2024n78/>2024年</a><a href=bm/>市政府部门</a><a href=/bm/>市政府部门</a><a href=index_1.html>更多</a>\
            <a href=../zn/>公开指南</a><a href='202401/t1.html'>水利局</a><a href=./fz/>法治政府建设年度报告</a><a href=./zcwj/>政策文件</a>";
        assert_eq!(
            followed(page, &format!("<title>政府信息公开年报</title>{links}")),
            ["2024年", "市政府部门", "水利局"]
        );
        assert!(followed(page, &format!("<title>政务公开</title>{links}")).is_empty(), "no column of reports");
        let rows = "<a href=t2.html>2022年政府信息公开工作年度报告</a>";
        assert_eq!(
            followed(page, &format!("<title>政府信息公开年报</title>{links}{rows}")),
            ["2024年", "市政府部门", "2022年政府信息公开工作年度报告"],
            "a column with rows leads to its folders and years, and to no other papers"
        );
        assert_eq!(
            followed(
                "http://a.gov.cn/zfxxgknb.htm",
                "<title>年报</title><a href=zfxxgknb/a2024.htm>县水利局</a><a href=zfxxgknb/b.htm>会议纪要</a><a href=x.htm>其他</a>"
            ),
            ["县水利局"]
        );
    }

    #[test]
    fn agencies_on_the_page_of_a_year() {
        let links =
            "<a href=/wzxxgknb/2025/1.pdf>市教育局</a><a href=/jyj/>市教育局</a><a href=/art/2025/7.html>清江县</a>";
        assert_eq!(
            followed("http://a.gov.cn/col/1/index.html", &format!("<title>2024年政府信息公开年报汇总</title>{links}")),
            ["市教育局2024年政府信息公开工作年度报告", "清江县2024年政府信息公开工作年度报告"]
        );
        assert!(
            followed("http://a.gov.cn/col/1/index.html", &format!("<title>政府信息公开年报</title>{links}")).is_empty()
        );
    }

    #[test]
    fn a_cut_title_leads_on_whatever_its_agency_is_called() {
        let page = "<title>政府信息公开年报</title><a href=/1.html>洛北区退役军人事务局2024年政府信…</a><a href=/2/>人事信息</a>";
        assert_eq!(followed("http://a.gov.cn/nb/", page), ["洛北区退役军人事务局2024年政府信息公开工作年度报告"]);
    }

    #[test]
    fn titles_cut_short() {
        for (cut, whole) in [
            ("洛北区水利局2024年政府信息…", Some("洛北区水利局2024年政府信息公开工作年度报告")),
            ("洛北区水利局2024年度政...", Some("洛北区水利局2024年度政府信息公开工作年度报告")),
            ("洛北区退役军人事务局2024年政府…", Some("洛北区退役军人事务局2024年政府信息公开工作年度报告")),
            ("洛北区水利局2024年…", Some("洛北区水利局2024年政府信息公开工作年度报告")),
            ("2024年洛北区水利局政府信息…", Some("2024年洛北区水利局政府信息公开工作年度报告")),
            ("洛北区水利局二〇二四年政府信息…", Some("洛北区水利局二〇二四年政府信息公开工作年度报告")),
            ("洛北区水利局2024年部门决…", None),
            ("洛北区水利局2024年工作…", None),
            ("洛北区水利局2024年法治政…", None),
            ("关于做好2024年政府信息…", None),
            ("洛北区水利局2024年政府信息公开", None),
        ] {
            assert_eq!(uncut(cut).as_deref(), whole, "{cut}");
        }
    }
}
