//! Rows that come as JSON: answers of side APIs (JPaaS unit, gkmlpt, UCAP twin, Epoint, truecms) and lists in scripts.

use serde_json::Value;

use crate::parse::extract::{Anchor, html};

/// Rows of one answer.
const MAX_ROWS: usize = 5_000;

/// Members that hold a row's address and its title, the better ones first.
const ADDRESSES: [&str; 8] = ["url", "post_url", "infourl", "linkurl", "visiturl", "href", "link", "urls"];
const TITLES: [&str; 5] = ["title", "realtitle", "titlename", "name", "text"];

/// The answer, when the whole body is JSON or a call of a function with it (JSONP).
pub fn whole(text: &str) -> Option<Value> {
    let text = text.trim_start_matches('\u{FEFF}').trim();
    if text.starts_with(['{', '[']) {
        return serde_json::from_str(text).ok();
    }
    let (name, rest) = text.split_once('(')?;
    let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | '.'));
    let inside = rest.trim_end_matches([';', ' ', '\r', '\n']).strip_suffix(')')?;
    (is_name && !name.is_empty() && inside.trim_start().starts_with(['{', '[']))
        .then(|| serde_json::from_str(inside).ok())?
}

/// Lists that a script of the page holds: `var listData = {…}`, `articleList: […]` (江西).
pub fn in_scripts(scripts: &str) -> Vec<Anchor> {
    let mut anchors = Vec::new();
    for name in ["listData", "articleList"] {
        let Some(at) = scripts.find(name) else { continue };
        let rest = scripts[at + name.len()..].trim_start_matches(['"', '\'', ' ', '=', ':']);
        if let Some(Ok(value)) = serde_json::Deserializer::from_str(rest).into_iter::<Value>().next() {
            anchors.extend(rows(&value));
            break;
        }
    }
    anchors
}

/// Files of JSON that a script of a page without rows names: `$.getJSON("./list.json")`.
pub fn files(scripts: &str) -> Vec<String> {
    const FEW: usize = 3;
    let named = scripts.split(['"', '\'']).skip(1).step_by(2).map(str::trim);
    let is_file = |text: &&str| text.len() < 200 && text.split('?').next().is_some_and(|path| path.ends_with(".json"));
    let plain = |text: &&str| text.bytes().all(|byte| byte.is_ascii_graphic());
    named.filter(is_file).filter(plain).take(FEW).map(str::to_owned).collect()
}

/// Every object with an address and a title, and every anchor in a string of markup.
pub fn rows(value: &Value) -> Vec<Anchor> {
    let mut anchors = Vec::new();
    walk(value, &mut anchors);
    anchors
}

fn walk(value: &Value, anchors: &mut Vec<Anchor>) {
    if anchors.len() >= MAX_ROWS {
        return;
    }
    match value {
        Value::Array(entries) => entries.iter().for_each(|entry| walk(entry, anchors)),
        Value::Object(members) => {
            let text = |names: &[&str]| {
                names.iter().find_map(|name| members.get(*name)?.as_str().filter(|text| !text.trim().is_empty()))
            };
            // A title cut for show has its whole beside it.
            let titles = TITLES.iter().filter_map(|name| text(&[name]));
            let title = titles.clone().find(|title| !title.ends_with(['.', '…'])).or_else(|| titles.clone().next());
            match (text(&ADDRESSES), title) {
                (Some(address), Some(title)) => {
                    anchors.push(Anchor { href: literal(address), title: String::new(), text: title_of(title) })
                }
                _ => members.values().for_each(|member| walk(member, anchors)),
            }
        }
        Value::String(markup) if markup.contains("<a ") => anchors.extend(html(markup).anchors),
        _ => {}
    }
}

/// An address, or one of those that a string of JSON holds: not the one for telephones where there is another.
fn literal(address: &str) -> String {
    let inside = address.trim_start().starts_with('{').then(|| serde_json::from_str::<Value>(address).ok()).flatten();
    let Some(Value::Object(held)) = inside else { return address.to_owned() };
    let held: Vec<(&str, &str)> =
        held.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_str()?))).collect();
    let small = |name: &str| matches!(name, "m" | "wap" | "mobile" | "h5" | "app" | "wx");
    let chosen = held.iter().find(|(name, _)| !small(name)).or(held.first());
    chosen.map_or(address, |(_, address)| address).to_owned()
}

/// Search twins mark the words found with tags.
fn title_of(title: &str) -> String {
    if !title.contains('<') {
        return title.to_owned();
    }
    html(title).prose().map(|line| line.text.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_every_shape() {
        for (shape, text, href, title) in [
            (
                "JPaaS unit",
                r#"{"success":true,"data":{"html":"<ul><li><a href=\"/art/2024/1/19/art_1_2.html\" title=\"x\">2023年年报</a></li></ul>"}}"#,
                "/art/2024/1/19/art_1_2.html",
                "2023年年报",
            ),
            (
                "gkmlpt",
                r#"{"total":1,"articles":[{"id":7,"title":"2023年度报告","url":"http:\/\/a.gov.cn\/post_7.html","post_url":"x"}]}"#,
                "http://a.gov.cn/post_7.html",
                "2023年度报告",
            ),
            (
                "UCAP twin",
                r#"{"data":{"total":1,"results":[{"title":"<em>年报</em>2023","url":"/a/c01.shtml"}]}}"#,
                "/a/c01.shtml",
                "年报2023",
            ),
            (
                "a title cut for show",
                r#"{"custom":{"data":[{"infourl":"/x/1.html","title":"年…","realtitle":"年报"}]}}"#,
                "/x/1.html",
                "年报",
            ),
            ("Epoint", r#"{"custom":{"data":[{"infourl":"/x/1.html","realtitle":"年报"}]}}"#, "/x/1.html", "年报"),
            ("truecms", r#"cb([{"url":"/xxgknb/content/1.html","title":"年报"}]);"#, "/xxgknb/content/1.html", "年报"),
            (
                "江西",
                r#"{"articleList":[{"urls":"{\"common\":\"/art/1.html\"}","title":"年报"}]}"#,
                "/art/1.html",
                "年报",
            ),
            (
                "an address for telephones beside it",
                r#"[{"urls":"{\"m\":\"/m/1.html\",\"pc\":\"/art/1.html\"}","title":"年报"}]"#,
                "/art/1.html",
                "年报",
            ),
        ] {
            let anchors = rows(&whole(text).unwrap());
            assert_eq!(anchors.len(), 1, "{shape}");
            assert_eq!((anchors[0].href.as_str(), anchors[0].text.as_str()), (href, title), "{shape}");
        }
    }

    #[test]
    fn a_list_in_a_script() {
        let anchors =
            in_scripts("var a = 1; var listData = {\"articleList\":[{\"url\":\"/1.html\",\"title\":\"年报\"}]}; go();");
        assert_eq!(anchors.len(), 1);
    }

    #[test]
    fn what_is_no_answer() {
        for text in ["", "<html>{}</html>", "{broken", "alert('x')", "年报 (2023)"] {
            assert!(whole(text).is_none(), "{text}");
        }
    }
}
