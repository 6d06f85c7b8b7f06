//! How far a link leads towards the column of annual reports.

use url::Url;

use crate::parse;

/// How a link lies to the page that it stands on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The page itself at another address.
    Same,
    /// Rows of the column that the page is.
    Rows,
    /// Another page.
    On,
}

/// Whether a link leads to rows of the column that its page is: a year, a group of agencies, or a report that says no year.
pub fn is_row(page: &Url, discovered: &parse::Discovered, link: &parse::Link, url: &Url) -> bool {
    let promising = discovered.is_column && link.score >= parse::CANDIDATE;
    let folder = page.path().rsplit_once('/').map_or("", |(folder, _)| folder);
    let below = || !folder.is_empty() && url.host() == page.host() && url.path().starts_with(folder);
    // Words that say nothing of reports were made promising by their page.
    promising && (by_words(&link.text) == 0 || below() && parse::year_in_title(&link.text).is_none())
}

/// How far a link leads towards the column, by its words and its address; 0 leads nowhere.
pub fn towards(link: &parse::Link, url: &Url) -> (i32, Way) {
    // A report is the column only where there is no other.
    let is_report = link.score >= parse::CANDIDATE && parse::year_in_title(&link.text).is_some();
    if is_report {
        return (30, Way::On);
    }
    (by_words(&link.text).max(by_address(url)), Way::On)
}

/// Products whose addresses tell the column of annual reports, or an agency's part of a portal, whatever the words.
fn by_address(url: &Url) -> i32 {
    const MARKS: [(&str, i32); 5] = [
        ("/xxgkannualreport.jsp", 75),
        ("/opennessannualreport/", 75),
        ("/gkmlpt/annualreport", 75),
        ("/module/xxgk/tree.jsp", 45),
        ("/public/column/", 40),
    ];
    let path = url.path().to_ascii_lowercase();
    MARKS.iter().find(|(mark, _)| path.contains(mark)).map_or(0, |(_, rank)| *rank)
}

/// Names fixed by 国办公开办函〔2019〕61号.
fn by_words(words: &str) -> i32 {
    let words: String = words.chars().filter(|c| !c.is_whitespace()).collect();
    const WAYS: [(&str, i32); 14] = [
        ("政府信息公开年报", 120),
        ("信息公开年报", 115),
        ("政府信息公开工作年度报告", 110),
        ("信息公开年度报告", 110),
        ("公开年报", 105),
        ("年度报告", 80),
        ("年报", 80),
        ("政府信息公开", 70),
        ("信息公开", 60),
        ("政务公开", 50),
        ("公开", 20),
        ("网站地图", 15),
        // Of a page that is a picture with a door.
        ("进入", 12),
        ("网站首页", 8),
    ];
    let way = WAYS.iter().find(|(name, _)| words.contains(name)).map_or(0, |(_, rank)| *rank);
    // Of two links that say the same, the shorter one is the column and the longer one an article about it.
    if way == 0 { 0 } else { (way - i32::try_from(words.chars().count()).unwrap_or(i32::MAX) / 4).max(1) }
}

#[cfg(test)]
mod tests {
    use super::by_words;

    #[test]
    fn the_columns_own_name_leads_before_what_lies_around_it() {
        let order = ["政府信息公开年报", "年报", "政府信息公开", "信息公开指南", "政务公开", "公开招聘"];
        let ranks: Vec<i32> = order.iter().map(|words| by_words(words)).collect();
        assert!(ranks.windows(2).all(|pair| pair[0] > pair[1]), "{ranks:?}");
        assert!(by_words("政府信息公开年报") > by_words("关于报送2023年政府信息公开年报有关事项的通知"));
        assert_eq!(by_words("新闻中心"), 0);
    }
}
