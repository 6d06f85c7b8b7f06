//! Products that give an agency's report by its year: Hanweb's `xxgkAnnualReport.jsp`, Lonsun's column of kind 3
//! (shared/sites.md 1.2 B and H). A year's report leads to the years beside it, as far as there are any.

use url::Url;

use super::paging::{parameter, with};

/// The duty to report begins with 2008 (条例 of 2007).
const FIRST: i16 = 2008;

/// Two years before and two after the one a page is for, so that a year without a report is passed over, with the words a listing would have for them; none for a page without a report.
pub fn neighbours(page: &Url, text: &str) -> Vec<(String, String)> {
    let path = page.path();
    let name = if path.ends_with("/xxgkAnnualReport.jsp") {
        "fbtime"
    } else if path.contains("/public/column/") && page.query_pairs().any(|(key, value)| key == "type" && value == "3") {
        "timeFrame"
    } else {
        return Vec::new();
    };
    let year = parameter(page, name).and_then(|value| value.parse::<i16>().ok());
    let Some(year) = year.filter(|year| (FIRST..2100).contains(year)) else { return Vec::new() };
    if !["总体情况", "年度报告", "年报"].iter().any(|word| text.contains(word)) {
        return Vec::new();
    }
    [year - 2, year - 1, year + 1, year + 2]
        .into_iter()
        .filter(|year| *year >= FIRST)
        .map(|year| (with(page, name, &year.to_string()).into(), format!("{year}年政府信息公开工作年度报告")))
        .collect()
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
            years("http://rsj.my.gov.cn/public/column/6?type=3&timeFrame=2021&hasContent=true", "年报"),
            ["2019", "2020", "2022", "2023"].map(|year| {
                format!("http://rsj.my.gov.cn/public/column/6?type=3&timeFrame={year}&hasContent=true")
            })
        );
    }

    #[test]
    fn an_empty_year_leads_nowhere() {
        for (page, text) in [
            ("http://a.gov.cn/module/xxgk/xxgkAnnualReport.jsp?area=1&fbtime=2030", "暂无"),
            ("http://a.gov.cn/module/xxgk/xxgkAnnualReport.jsp?area=1", "总体情况"),
            ("http://a.gov.cn/public/column/6?type=4&timeFrame=2021", "年报"),
            ("http://a.gov.cn/x?fbtime=2021", "年报"),
        ] {
            assert!(years(page, text).is_empty(), "{page}");
        }
    }
}
