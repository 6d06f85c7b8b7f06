//! UCAP 开普: the JSON twin of a column, by the channel's number (shared/sites.md 1.2 F).

use url::Url;

use super::paging::{after, parameter};
use crate::parse::extract::Document;

/// Rows of one answer.
const ROWS: u64 = 20;

/// The twin of a column page that names its channel.
pub fn twin(document: &Document, text: &str) -> Option<String> {
    let named = document.meta("channelid").map(str::to_owned).filter(|channel| is_channel(channel));
    let channel = named.or_else(|| {
        // Only where the page asks for the twin itself is a number in a script a channel.
        let at = document.scripts.contains("_isJson").then(|| document.scripts.find("channelId"))??;
        let rest = document.scripts[at + 9..].trim_start_matches(['"', '\'', ' ', ':', '=']);
        rest.get(..32).filter(|channel| is_channel(channel)).map(str::to_owned)
    })?;
    (text.contains("_isJson") || text.contains("ucap") || text.contains("/common/search/"))
        .then(|| format!("/common/search/{channel}?_isAgg=true&_isJson=true&_pageSize={ROWS}&_template=index&page=1"))
}

/// The page after an answer, while its total says there is one.
pub fn next(answer: &Url, value: &serde_json::Value) -> Option<String> {
    (parameter(answer, "_isJson")? == "true").then_some(())?;
    let rows = parameter(answer, "_pageSize")?.parse().ok()?;
    after(answer, rows, value.pointer("/data/total")?.as_u64()?)
}

fn is_channel(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::super::super::extract::html;
    use super::*;

    const CHANNEL: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn the_twin_of_a_column() {
        let expected = format!("/common/search/{CHANNEL}?_isAgg=true&_isJson=true&_pageSize=20&_template=index&page=1");
        for page in [
            format!("<meta name=channelId content={CHANNEL}><script>u='?_isJson=true'</script>"),
            format!("<script>var channelId = '{CHANNEL}'; u = '?_isJson=true';</script>"),
        ] {
            assert_eq!(twin(&html(&page), &page).as_deref(), Some(expected.as_str()), "{page}");
        }
        for page in
            [format!("<meta name=channelId content={CHANNEL}>"), "<script>_isJson channelId='1'</script>".into()]
        {
            assert_eq!(twin(&html(&page), &page), None, "{page}");
        }
    }

    #[test]
    fn pages_as_far_as_the_total_goes() {
        let answer = Url::parse("http://a.gov.cn/common/search/x?_isJson=true&_pageSize=20&page=2").unwrap();
        let total = |total: u64| serde_json::json!({ "data": { "total": total } });
        assert!(next(&answer, &total(41)).unwrap().ends_with("page=3"));
        assert_eq!(next(&answer, &total(40)), None);
    }
}
