//! Hanweb JPaaS 集约化: lists come from a unit API whose parameters stand in the page (shared/sites.md 1.2 C).

use url::Url;
use url::form_urlencoded;

use super::paging::{parameter, with};

const DATA: &str = "queryData=";
const API: &str = "/front/page/build/unit";
/// Rows asked for at a time, as the product's own pages do.
const ROWS: usize = 15;

/// First pages of every unit that a page builds.
pub fn units(text: &str) -> Vec<String> {
    let mut units = Vec::new();
    for at in super::places(text, DATA) {
        let rest = &text[at + DATA.len()..];
        let Some(quote @ ('"' | '\'')) = rest.chars().next() else { continue };
        let Some(block) = rest[1..].split(quote).next() else { continue };
        // In the page the block is JSON with its quotes turned or escaped.
        let block = block.replace("&quot;", "\"").replace("&#39;", "'").replace('\'', "\"");
        let Ok(serde_json::Value::Object(members)) = serde_json::from_str(&block) else { continue };
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

/// The page after an answer of the API.
pub fn next(answer: &Url) -> Option<String> {
    answer.path().ends_with(API).then_some(())?;
    let asked: serde_json::Value = serde_json::from_str(&parameter(answer, "paramJson")?).ok()?;
    let number = usize::try_from(asked.get("pageNo")?.as_u64()?).ok()?;
    Some(with(answer, "paramJson", &page(number.saturating_add(1))).into())
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
        let second = next(&first).unwrap();
        assert!(second.contains("%22pageNo%22%3A2%2C"), "{second}");
        assert_eq!(next(&Url::parse("http://a.gov.cn/x").unwrap()), None);
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
