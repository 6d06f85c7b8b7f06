//! Hanweb JPaaS 集约化: lists come from a unit API whose parameters stand in the page (shared/sites.md 1.2 C).

use url::Url;
use url::form_urlencoded;

use super::paging::{parameter, with};
use crate::parse::identity::title;
use crate::parse::reading::Link;

const DATA: &str = "queryData=";
const API: &str = "/front/page/build/unit";
/// Rows asked for at a time, as the product's own pages do.
const ROWS: usize = 15;

/// Units that are a part of every page: 当前位置, 面包屑导航, 页头.
const BESIDE: [&str; 6] = ["位置", "面包屑", "页头", "页脚", "头部", "底部"];
/// An answer with fewer links than this, and no report among them, is no page of a list.
const FEW: usize = 5;

/// First pages of every unit that a page builds and that may be a list.
pub fn units(text: &str) -> Vec<String> {
    let mut units = Vec::new();
    for at in super::places(text, DATA) {
        let rest = &text[at + DATA.len()..];
        let Some(quote @ ('"' | '\'')) = rest.chars().next() else { continue };
        let Some(block) = rest[1..].split(quote).next() else { continue };
        // In the page the block is JSON with its quotes turned or escaped.
        let block = block.replace("&quot;", "\"").replace("&#39;", "'").replace('\'', "\"");
        let Ok(serde_json::Value::Object(members)) = serde_json::from_str(&block) else { continue };
        let tag = members.get("tagId").and_then(|tag| tag.as_str()).unwrap_or_default();
        if BESIDE.iter().any(|part| tag.contains(part)) {
            continue;
        }
        let Some(api) = address_before(&text[..at]).or_else(|| address_after(rest)) else { continue };
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (key, value) in &members {
            if let Some(value) = value.as_str() {
                query.append_pair(key, value);
            }
        }
        query.append_pair("paramJson", &page(1));
        let unit = format!("{api}?{}", query.finish());
        if !units.contains(&unit) {
            units.push(unit);
        }
    }
    units
}

/// The page after an answer of the API: as far as its `<div class="pagination" rows="15" count="387">` goes, or else while
/// there are rows.
pub fn next(answer: &Url, value: &serde_json::Value, links: &[Link]) -> Option<String> {
    answer.path().ends_with(API).then_some(())?;
    let markup = value.pointer("/data/html").and_then(serde_json::Value::as_str).unwrap_or_default();
    let counted = markup.find("pagination").map(|at| &markup[at..]).and_then(|rest| {
        let tag = rest.split('>').next()?;
        Some((number(tag, "rows=")?, number(tag, "count=")?))
    });
    let asked: serde_json::Value = serde_json::from_str(&parameter(answer, "paramJson")?).ok()?;
    let number = usize::try_from(asked.get("pageNo")?.as_u64()?).ok()?;
    // The rows of a page are those asked for, or the site's own where it heeds no wish.
    let more = match counted {
        Some((rows, count)) => !links.is_empty() && number.saturating_mul(rows.min(ROWS)) < count,
        None => links.len() >= FEW || links.iter().any(|link| link.score >= title::CANDIDATE),
    };
    more.then_some(())?;
    Some(with(answer, "paramJson", &page(number.saturating_add(1))).into())
}

fn number(tag: &str, name: &str) -> Option<usize> {
    let value = tag[tag.find(name)? + name.len()..].trim_start_matches(['"', '\'']);
    value.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

fn page(number: usize) -> String {
    format!("{{\"pageNo\":{number},\"pageSize\":{ROWS}}}")
}

/// `url="…/front/page/build/unit"` of the same tag.
fn address_before(before: &str) -> Option<String> {
    address(&before[before.rfind('<')?..])
}

fn address_after(rest: &str) -> Option<String> {
    address(rest.split('>').next()?)
}

fn address(tag: &str) -> Option<String> {
    let value = &tag[tag.find("url=")? + 4..];
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value[1..].split(quote).next().filter(|address| address.ends_with(API)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::reading::LinkHop;

    fn links(count: usize, score: i32) -> Vec<Link> {
        let link = Link {
            url: "http://a.gov.cn/1.html".into(),
            method: "GET",
            query: None,
            hop: LinkHop::Link,
            text: String::new(),
            score,
        };
        vec![link; count]
    }

    const PAGE: &str = r#"<script url="/api-gateway/jpaas-publish-server/front/page/build/unit" queryData="{'parseType':'bulidstatic','webId':'3163','tplSetId':'clJ','pageType':'column','tagId':'分页列表','editType':'null','pageId':'1229782005'}" src="unitbuild.js"></script>"#;

    #[test]
    fn a_unit_and_the_pages_behind_it() {
        let units = units(PAGE);
        assert_eq!(units.len(), 1);
        let first = Url::parse("http://hrss.hangzhou.gov.cn/").unwrap().join(&units[0]).unwrap();
        let pairs: Vec<(String, String)> = first.query_pairs().into_owned().collect();
        for (key, value) in [("tagId", "分页列表"), ("webId", "3163"), ("paramJson", "{\"pageNo\":1,\"pageSize\":15}")]
        {
            assert!(pairs.contains(&(key.into(), value.into())), "{key}: {first}");
        }
        let html = |markup: &str| serde_json::json!({ "data": { "html": markup } });
        let second = next(&first, &html("rows"), &links(15, 0)).unwrap();
        assert!(second.contains("%22pageNo%22%3A2%2C"), "{second}");
        assert_eq!(next(&first, &html("the way back"), &links(2, 0)), None);
        assert!(next(&first, &html("the last rows"), &links(2, 90)).is_some());
        for (markup, count, more) in [
            ("<div class=\"pagination\" rows=\"15\" count=\"16\">", 2, true),
            ("<div class=\"pagination\" rows=\"15\" count=\"15\">", 15, false),
            ("<div class='pagination' rows=10 count=11>", 10, true),
            ("<div class=\"pagination\" rows=\"15\" count=\"16\">", 0, false),
        ] {
            assert_eq!(next(&first, &html(markup), &links(count, 0)).is_some(), more, "{markup} {count}");
        }
        assert_eq!(next(&Url::parse("http://a.gov.cn/x").unwrap(), &html(""), &links(15, 0)), None);
    }

    #[test]
    fn parts_of_every_page_are_no_lists() {
        assert!(units(&PAGE.replace("分页列表", "当前位置")).is_empty());
    }

    #[test]
    fn what_is_no_unit() {
        for page in [
            "",
            "queryData=",
            "<script queryData=\"{'a':1\" url=\"/front/page/build/unit\">",
            "<p queryData=\"{'a':'b'}\">",
        ] {
            assert!(units(page).is_empty(), "{page}");
        }
    }
}
