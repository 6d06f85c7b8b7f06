//! Products that give an agency's report by its year: Hanweb's `xxgkAnnualReport.jsp`, Lonsun's column of kind 3
//! (shared/sites.md 1.2 B and H). A year's report leads to the years beside it, as far as there are any.

use url::Url;

use super::paging::{parameter, with};

/// The duty to report begins with 2008 (条例 of 2007).
const FIRST: i16 = 2008;

/// Whether a text has heads of a report, of any edition. Its name stands in the menu of every page.
fn is_report(text: &str) -> bool {
    ["总体情况", "概述", "概况", "主动公开政府信息"].iter().any(|word| text.contains(word))
}

/// The years that a page offers; or two before and two after the one it is for, so that a year without a report is passed over:
/// none for a page without a report. With the words a listing would have for them.
pub fn neighbours(page: &Url, text: &str) -> Vec<(String, String)> {
    let path = page.path();
    let name = if path.ends_with("/xxgkAnnualReport.jsp") {
        "fbtime"
    } else if path.contains("/public/column/") && page.query_pairs().any(|(key, value)| key == "type" && value == "3") {
        "timeFrame"
    } else {
        return Vec::new();
    };
    let years = FIRST..2100;
    let asked = parameter(page, name).and_then(|value| value.parse::<i16>().ok());
    if asked.is_some_and(|year| !years.contains(&year))
        || !text.contains("年报") && !text.contains("年度报告") && !is_report(text)
    {
        return Vec::new();
    }
    // Most columns offer the years there are; a menu of them stands on the page of an empty year too.
    let beside: Vec<i16> = match (offered(text), asked) {
        (offered, _) if offered.len() > 1 => offered,
        (_, Some(year)) if is_report(text) => vec![year - 2, year - 1, year + 1, year + 2],
        (offered, None) => offered,
        _ => Vec::new(),
    };
    beside
        .into_iter()
        .filter(|year| years.contains(year) && asked != Some(*year))
        .map(|year| (of_year(page, name, year).into(), format!("{year}年政府信息公开工作年度报告")))
        .collect()
}

/// The column of annual reports of another agency on the same platform, by one agency's column and any page of the other.
pub fn column_of_another(column: &Url, other: &Url) -> Option<Url> {
    let same_host = column.host() == other.host();
    let mut found = if column.path().ends_with("/xxgkAnnualReport.jsp") && other.path().contains("/module/xxgk/") {
        with(column, "area", &parameter(other, "area")?)
    } else if column.path().starts_with("/public/column/") {
        let agency = other.path().strip_prefix("/public/column/")?.split('/').next()?;
        let mut found = column.clone();
        agency
            .bytes()
            .all(|byte| byte.is_ascii_digit())
            .then(|| found.set_path(&format!("/public/column/{agency}")))?;
        found
    } else {
        return None;
    };
    for name in ["fbtime", "timeFrame"] {
        if parameter(&found, name).is_some() {
            found = with(&found, name, "");
        }
    }
    (same_host && found != *column).then_some(found)
}

/// The page for a year, whether or not the address has one.
fn of_year(page: &Url, name: &str, year: i16) -> Url {
    if parameter(page, name).is_some() {
        return with(page, name, &year.to_string());
    }
    let mut url = page.clone();
    url.query_pairs_mut().append_pair(name, &year.to_string());
    url
}

/// Years that stand alone in a tag, between tags or in a call's brackets, newest first: `<option value="2023">`, `>2023年<`.
fn offered(text: &str) -> Vec<i16> {
    let mut years = std::collections::BTreeSet::new();
    for (at, _) in text.match_indices("20") {
        let before = text[..at].trim_end().ends_with(['"', '\'', '>', '(', '=']);
        let digits = text.as_bytes()[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let after = || text[at + 4..].trim_start_matches(['年', '度']).trim_start().starts_with(['"', '\'', '<', ')']);
        if before && digits == 4 && after() {
            years.extend(text[at..at + 4].parse::<i16>());
        }
    }
    years.into_iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn years(page: &str, text: &str) -> Vec<String> {
        neighbours(&Url::parse(page).unwrap(), text).into_iter().map(|(url, _)| url).collect()
    }

    #[test]
    fn the_years_beside() {
        let page = "http://www.wenzhou.gov.cn/module/xxgk/xxgkAnnualReport.jsp?area=001008003015012&fbtime=2008";
        assert_eq!(years(page, "一、总体情况"), [page.replace("2008", "2009"), page.replace("2008", "2010")]);
        assert_eq!(
            years("http://rsj.my.gov.cn/public/column/6?type=3&timeFrame=2021&hasContent=true", "一、概述"),
            ["2019", "2020", "2022", "2023"].map(|year| {
                format!("http://rsj.my.gov.cn/public/column/6?type=3&timeFrame={year}&hasContent=true")
            })
        );
    }

    #[test]
    fn the_column_of_another_agency() {
        for (column, other, expected) in [
            (
                "/module/xxgk/xxgkAnnualReport.jsp?area=7",
                "/module/xxgk/tree.jsp?area=8",
                Some("/module/xxgk/xxgkAnnualReport.jsp?area=8"),
            ),
            (
                "/public/column/6?type=3&timeFrame=2021",
                "/public/column/71?type=4",
                Some("/public/column/71?type=3&timeFrame="),
            ),
            ("/public/column/6?type=3", "/public/column/6?type=4", None),
            ("/public/column/6?type=3", "/public/column/x?type=4", None),
            ("/zfxxgknb/", "/public/column/6?type=4", None),
        ] {
            let at = |path: &str| Url::parse("http://a.gov.cn").unwrap().join(path).unwrap();
            assert_eq!(column_of_another(&at(column), &at(other)), expected.map(at), "{other}");
        }
    }

    #[test]
    fn a_column_as_it_opens_offers_its_years() {
        let text = "信息公开年报<select><option value=\"2023\">2023年</option></select><a onclick='year(2021)'>2021年度</a>\
            <a href='/t20190101.html'>x</a> 2018 ";
        assert_eq!(
            years("http://a.gov.cn/module/xxgk/xxgkAnnualReport.jsp?area=7", text),
            ["2023", "2021"]
                .map(|year| format!("http://a.gov.cn/module/xxgk/xxgkAnnualReport.jsp?area=7&fbtime={year}"))
        );
        assert_eq!(
            years("http://a.gov.cn/public/column/6?type=3&timeFrame=&sub=3", ">2020<年报"),
            ["http://a.gov.cn/public/column/6?type=3&timeFrame=2020&sub=3"]
        );
        // And of a year, empty or not.
        assert_eq!(
            years("http://a.gov.cn/public/column/6?type=3&timeFrame=2009", "年报<a>2020</a><a>2019</a><a>2009</a>")
                .len(),
            2
        );
    }

    #[test]
    fn an_empty_year_leads_nowhere() {
        for (page, text) in [
            ("http://a.gov.cn/module/xxgk/xxgkAnnualReport.jsp?area=1&fbtime=2030", "信息公开年报：暂无"),
            ("http://a.gov.cn/module/xxgk/xxgkAnnualReport.jsp?area=1", "总体情况"),
            ("http://a.gov.cn/public/column/6?type=4&timeFrame=2021", "总体情况"),
            ("http://a.gov.cn/x?fbtime=2021", "总体情况"),
        ] {
            assert!(years(page, text).is_empty(), "{page}");
        }
    }
}
