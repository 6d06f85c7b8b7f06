//! Epoint 新点: a column page without rows, whose list is asked for as JSON; what it is asked with stands in a script of the site
//! and in the page's own address (shared/sites.md 1.2 J).

use serde_json::{Map, Value};
use url::{Url, form_urlencoded};

use super::paging::parameter;
use crate::exchange::Query;

const SCRIPT: &str = "/js/webBuilderCommon.js";
const LIST: &str = "/rest/lightfrontaction/getgovinfolist";
/// Rows asked for at a time, as the product's own pages do.
const ROWS: u64 = 20;
/// Fewer rows than these are no page of any site.
const LEAST_CAP: u64 = 5;

/// The script that names the site, with the column in its address: for a column page that does not name it itself.
pub fn script(page: &Url, text: &str) -> Option<String> {
    // Every page comes by: first what its address alone tells.
    let column = parameter(page, "categorynum")?;
    is_column(page, text).then_some(())?;
    site(text).is_none().then_some(())?;
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("deptcode", &parameter(page, "deptcode").unwrap_or_default()).append_pair("categorynum", &column);
    Some(format!("{SCRIPT}?{}", query.finish()))
}

/// The first page of the list, once the site is named.
pub fn first(page: &Url, text: &str) -> Option<(String, Query)> {
    let column = parameter(page, "categorynum")?;
    (page.path().ends_with(SCRIPT) || is_column(page, text)).then_some(())?;
    let (project, site) = site(text)?;
    let mut asked = Map::new();
    asked.insert("deptcode".into(), parameter(page, "deptcode").unwrap_or_default().into());
    asked.insert("categorynum".into(), column.into());
    asked.insert("pageIndex".into(), 0.into());
    asked.insert("pageSize".into(), ROWS.into());
    asked.insert("siteGuid".into(), site.into());
    Some((format!("/{}{LIST}", project.trim_matches('/')), Query::json(&asked)))
}

/// The query for the page after an answer: while its total says there is one, or, without a total, while there are rows.
pub fn next(answer: &Url, query: Option<&Query>, value: &Value) -> Option<Query> {
    answer.path().ends_with(LIST).then_some(())?;
    let query = query?;
    let number = |name| query.get(name)?.parse::<u64>().ok();
    let (index, size) = (number("pageIndex")?, number("pageSize")?);
    let following = index.checked_add(1)?;
    let total =
        value.pointer("/custom/total").and_then(|total| total.as_u64().or_else(|| total.as_str()?.parse().ok()));
    let rows = value.pointer("/custom/data").and_then(Value::as_array).map_or(0, |rows| rows.len() as u64);
    // A site that gives fewer rows than it was asked for counts its pages by those.
    let is_capped = index == 0 && (LEAST_CAP..size).contains(&rows) && total.is_some_and(|total| rows < total);
    let size = if is_capped { rows } else { size };
    let more = match total {
        Some(total) => following.saturating_mul(size) < total,
        None => rows > 0,
    };
    more.then(|| query.with("pageIndex", following)?.with("pageSize", size))?
}

fn is_column(page: &Url, text: &str) -> bool {
    page.path().contains("govInfoPub") || text.contains("lightfrontaction/getgovinfolist") || text.contains("EWB-FRONT")
}

/// `var siteInfo = {"projectName":"/EWB-FRONT","siteGuid":"…"}`, with or without quotes around the names.
fn site(text: &str) -> Option<(String, String)> {
    let rest = &text[text.find("siteInfo")?..];
    let object = rest.get(rest.find('{')? + 1..)?.split('}').next()?;
    let member = |name: &str| {
        let rest = &object[object.find(name)? + name.len()..];
        let rest = rest.trim_start_matches(['"', '\'', ' ']).strip_prefix(':')?.trim_start();
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        rest[1..].split(quote).next().map(str::to_owned)
    };
    let (project, site) = (member("projectName")?, member("siteGuid")?);
    let plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '/'));
    (plain(&project) && plain(&site) && !project.trim_matches('/').is_empty()).then_some((project, site))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMED: &str = "var siteInfo = {\"projectName\":\"/EWB-FRONT\", \"siteGuid\":\"bc6e816e-4cfa\"};";

    #[test]
    fn from_the_column_over_the_script_to_the_list() {
        let column = Url::parse("https://dpc.xz.gov.cn/dynamic/zwgk/govInfoPub.html?categorynum=003006").unwrap();
        let script = script(&column, "<div id=app></div>").unwrap();
        assert_eq!(script, "/js/webBuilderCommon.js?deptcode=&categorynum=003006");
        let script = column.join(&script).unwrap();
        let (list, query) = first(&script, NAMED).unwrap();
        assert_eq!(list, "/EWB-FRONT/rest/lightfrontaction/getgovinfolist");
        for (name, value) in [
            ("categorynum", "003006"),
            ("deptcode", ""),
            ("pageIndex", "0"),
            ("pageSize", "20"),
            ("siteGuid", "bc6e816e-4cfa"),
        ] {
            assert_eq!(query.get(name).as_deref(), Some(value), "{name}");
        }
        assert_eq!(first(&column, NAMED), Some((list, query)), "a page that names the site itself");
    }

    #[test]
    fn pages_as_far_as_the_total_goes() {
        let answer = Url::parse("https://a.gov.cn/EWB-FRONT/rest/lightfrontaction/getgovinfolist").unwrap();
        let query = Query::from_text(r#"{"pageIndex":0,"pageSize":20}"#);
        let next =
            |value: serde_json::Value| next(&answer, Some(&query), &value).and_then(|query| query.get("pageIndex"));
        assert_eq!(next(serde_json::json!({"custom": {"total": 21, "data": []}})).as_deref(), Some("1"));
        assert_eq!(next(serde_json::json!({"custom": {"total": "20", "data": [1]}})), None);
        let capped =
            super::next(&answer, Some(&query), &serde_json::json!({"custom": {"total": 7, "data": [1, 2, 3, 4, 5]}}));
        assert_eq!(capped.and_then(|query| query.get("pageSize")).as_deref(), Some("5"));
        assert_eq!(next(serde_json::json!({"custom": {"data": [1]}})).as_deref(), Some("1"));
        assert_eq!(next(serde_json::json!({"custom": {"data": []}})), None);
    }

    #[test]
    fn what_names_no_site() {
        let script = Url::parse("http://a.gov.cn/js/webBuilderCommon.js?categorynum=1").unwrap();
        for text in [
            "",
            "siteInfo",
            "var siteInfo = {};",
            "siteInfo={projectName:'',siteGuid:'1'}",
            "siteInfo={projectName:'/a?b',siteGuid:'1'}",
        ] {
            assert_eq!(first(&script, text), None, "{text}");
        }
        assert_eq!(first(&Url::parse("http://a.gov.cn/x?id=1").unwrap(), NAMED), None);
    }
}
