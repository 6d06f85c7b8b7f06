//! ASP.NET Web Forms: a list whose pager posts the page's own form back to its address (`__doPostBack('AspNetPager1','2')`).

use url::Url;

use super::paging;
use crate::exchange::Query;
use crate::parse::extract::{Anchor, html};

const CALL: &str = "__doPostBack(";
const STATE: &str = "__VIEWSTATE";
/// A state larger than this is not sent back, bytes.
const LARGE: usize = 128 << 10;

/// The form as it is sent for the page after this one: of a pager's numbers the next, or what its link to the next page sends.
pub fn next(page: &Url, text: &str, anchors: &[Anchor], query: Option<&Query>) -> Option<(String, Query)> {
    let mut calls = anchors.iter().filter_map(|anchor| Some((anchor, call(&anchor.href)?))).peekable();
    calls.peek()?;
    let asked = query.and_then(|query| number(&query.get("__EVENTARGUMENT")?));
    let following = asked.unwrap_or(1).checked_add(1)?;
    let calls: Vec<(&Anchor, (String, String))> = calls.collect();
    let by_number = || calls.iter().find(|(_, (_, argument))| number(argument) == Some(following));
    let (_, (target, argument)) = calls.iter().find(|(anchor, _)| paging::is_next(anchor)).or_else(by_number)?;
    // A last page whose link to the next one is still there leads to where it is.
    if number(argument).is_some_and(|number| number < following) {
        return None;
    }
    let mut fields = hidden(text);
    fields.iter().any(|(name, _)| name == STATE).then_some(())?;
    fields.retain(|(name, _)| name != "__EVENTTARGET" && name != "__EVENTARGUMENT");
    fields.push(("__EVENTTARGET".into(), target.clone()));
    fields.push(("__EVENTARGUMENT".into(), argument.clone()));
    (fields.iter().map(|(_, value)| value.len()).sum::<usize>() <= LARGE)
        .then(|| (page.to_string(), Query::form(fields)))
}

/// Target and argument of the call.
fn call(href: &str) -> Option<(String, String)> {
    let inside = &href[href.find(CALL)? + CALL.len()..];
    let mut texts = inside.split('\'').skip(1).step_by(2);
    Some((texts.next()?.to_owned(), texts.next()?.to_owned()))
}

/// `2`, `Page$2`.
fn number(argument: &str) -> Option<u32> {
    argument.strip_prefix("Page$").unwrap_or(argument).parse().ok()
}

/// Names and values of the hidden fields.
fn hidden(text: &str) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    for at in super::places(text, "<input") {
        let tag = text[at..].split('>').next().unwrap_or_default();
        // Attributes as the one reader of markup takes them: an anchor has the same.
        let value = |name: &str| attribute(tag, name);
        if value("type").is_some_and(|kind| kind.eq_ignore_ascii_case("hidden"))
            && let Some(name) = value("name")
        {
            fields.push((name, value("value").unwrap_or_default()));
        }
    }
    fields
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let mut rest = tag;
    loop {
        let at = rest.find(name)?;
        let (before, after) = (&rest[..at], rest[at + name.len()..].trim_start());
        if before.ends_with(|c: char| c.is_ascii_whitespace())
            && let Some(value) = after.strip_prefix('=').map(str::trim_start)
        {
            let raw = match value.chars().next() {
                Some(quote @ ('"' | '\'')) => value[1..].split(quote).next()?,
                _ => value.split(|c: char| c.is_ascii_whitespace()).next()?,
            };
            return Some(plain(raw));
        }
        rest = &rest[at + name.len()..];
    }
}

/// Character references undone, which states have few of.
fn plain(raw: &str) -> String {
    if !raw.contains('&') {
        return raw.to_owned();
    }
    html(&format!("<title>{raw}</title>")).title.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(markup: &str, asked: Option<&str>) -> Option<String> {
        let page = Url::parse("http://a.gov.cn/nb.aspx?cid=7").unwrap();
        let query = asked.map(Query::from_text);
        let (address, query) = next(&page, markup, &html(markup).anchors, query.as_ref())?;
        assert_eq!(address, page.as_str());
        Some(query.as_str().to_owned())
    }

    #[test]
    fn the_form_for_the_next_page() {
        let form = "<input type=\"hidden\" name=\"__EVENTTARGET\" value=\"\"><input type='hidden' name='__VIEWSTATE' value='/wE&amp;=='>\
            <input type=text name=q value=x>";
        let words = format!("{form}<a href=\"javascript:__doPostBack(&#39;P1&#39;,&#39;2&#39;)\">下一页</a>");
        assert_eq!(
            sent(&words, None).as_deref(),
            Some("__VIEWSTATE=%2FwE%26%3D%3D&__EVENTTARGET=P1&__EVENTARGUMENT=2")
        );
        let numbers = format!(
            "{form}<span>1</span><a href=\"javascript:__doPostBack('G','Page$2')\">2</a><a href=\"javascript:__doPostBack('G','Page$3')\">3</a>"
        );
        assert!(sent(&numbers, None).unwrap().ends_with("__EVENTTARGET=G&__EVENTARGUMENT=Page%242"));
        assert!(sent(&numbers, Some("__EVENTARGUMENT=Page%242")).unwrap().ends_with("__EVENTARGUMENT=Page%243"));
        assert_eq!(sent(&numbers, Some("__EVENTARGUMENT=Page%243")), None);
        let link = format!("{form}<a href=\"javascript:__doPostBack('lbtnNext','')\">下一页</a>");
        assert!(sent(&link, None).unwrap().ends_with("__EVENTTARGET=lbtnNext&__EVENTARGUMENT="));
    }

    #[test]
    fn what_sends_nothing() {
        for markup in [
            "<a href=\"javascript:__doPostBack('P1','2')\">下一页</a>",
            "<input type=hidden name=__VIEWSTATE value=x><a href=2.html>下一页</a>",
            "<input type=hidden name=__VIEWSTATE value=x><a href=\"javascript:__doPostBack('P1','3')\">登录</a>",
        ] {
            assert_eq!(sent(markup, None), None, "{markup}");
        }
        let large = format!(
            "<input type=hidden name=__VIEWSTATE value={}><a href=\"javascript:__doPostBack('P1','2')\">下一页</a>",
            "x".repeat(LARGE + 1)
        );
        assert_eq!(sent(&large, None), None);
    }
}
