//! Guangdong's disclosure platform: a shell with its tree of columns in a script, a JSON list behind each (shared/sites.md 1.2 G).

use url::Url;

use super::paging;

/// Rows of one answer.
const ROWS: u64 = 100;

/// Lists of the columns whose name is that of the annual reports.
pub fn lists(page: &Url, text: &str) -> Vec<String> {
    if !page.path().contains("/gkmlpt") || !text.contains("_CONFIG") {
        return Vec::new();
    }
    let Some(site) = number_after(text, &["SID", "\"SID\"", "'SID'"]) else { return Vec::new() };
    // The platform may stand below a department: `/zjj/gkmlpt/index`.
    let root = page.path().split("/gkmlpt").next().unwrap_or_default();
    let mut lists = Vec::new();
    for name in ["政府信息公开年报", "信息公开年报", "政府信息公开年度报告", "年度报告"] {
        for (at, _) in text.match_indices(&format!("\"{name}\"")) {
            // The node's own number stands in the same braces, before or behind its name.
            let begin = text[..at].rfind('{').unwrap_or(0);
            let end = text[at..].find(['{', '}']).map_or(text.len(), |end| at + end);
            let Some(column) = number_after(&text[begin..end], &["\"id\"", "id"]) else { continue };
            let list = format!("{root}/gkmlpt/api/all/{column}?page=1&sid={site}");
            if !lists.contains(&list) {
                lists.push(list);
            }
        }
    }
    lists
}

/// The page after an answer, while its total says there is one.
pub fn next(answer: &Url, value: &serde_json::Value) -> Option<String> {
    answer.path().contains("/gkmlpt/api/all/").then_some(())?;
    paging::after(answer, ROWS, value.get("total")?.as_u64()?)
}

fn number_after<'a>(text: &'a str, names: &[&str]) -> Option<&'a str> {
    names.iter().find_map(|name| {
        text.match_indices(name).find_map(|(at, _)| {
            let rest = text[at + name.len()..].trim_start();
            let rest = rest.strip_prefix(':')?.trim_start().trim_start_matches(['"', '\'']);
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            (end > 0).then(|| &rest[..end])
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_column_in_the_tree() {
        let page = Url::parse("http://whly.gd.gov.cn/gkmlpt/index").unwrap();
        let text = r#"<script>window._CONFIG = {SID: 175, TREE: [{"id":1,"name":"指南","children":[{"id":2629,"name":"政府信息公开年报","pid":1}]}]}</script>"#;
        assert_eq!(lists(&page, text), ["/gkmlpt/api/all/2629?page=1&sid=175"]);
        let below = Url::parse("http://www.sz.gov.cn/zjj/gkmlpt/index").unwrap();
        let text = r#"window._CONFIG={"SID":"755","TREE":[{"name":"政府信息公开年报","id":11}]}"#;
        assert_eq!(lists(&below, text), ["/zjj/gkmlpt/api/all/11?page=1&sid=755"]);
        assert!(lists(&Url::parse("http://a.gov.cn/").unwrap(), text).is_empty());
    }

    #[test]
    fn pages_as_far_as_the_total_goes() {
        let total = |total: u64| serde_json::json!({ "total": total, "articles": [] });
        let answer = Url::parse("http://a.gov.cn/gkmlpt/api/all/11?page=1&sid=7").unwrap();
        assert_eq!(next(&answer, &total(101)).as_deref(), Some("http://a.gov.cn/gkmlpt/api/all/11?page=2&sid=7"));
        assert_eq!(next(&answer, &total(100)), None);
    }
}
