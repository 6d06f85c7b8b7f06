//! The next page of a listing: by its link, or by the call that a script makes its controls from.

use std::borrow::Cow;
use std::collections::BTreeMap;

use url::Url;

use crate::parse::extract::{Anchor, Document};

/// Pages named from a listing's first.
const MAX_NAMED: usize = 100;

/// Whether an anchor leads to the next page, by its text or, where that is a picture or an arrow, by its title.
pub fn is_next(anchor: &Anchor) -> bool {
    // 加载更多, set apart by white space.
    const LONGEST: usize = 64;
    let beside = |c: char| c.is_whitespace() || matches!(c, '[' | ']' | '>' | '＞' | '›' | '»' | '→');
    let says_next = |words: &str| {
        let words = words.trim_matches(beside);
        if words.is_empty() || words.len() > LONGEST {
            return false;
        }
        let words = match words.contains(char::is_whitespace) {
            true => Cow::Owned(words.split_whitespace().collect()),
            false => Cow::Borrowed(words),
        };
        matches!(&*words, "下一页" | "下页" | "后一页" | "后页" | "下一頁" | "下頁" | "加载更多")
            || words.eq_ignore_ascii_case("next")
            || words.eq_ignore_ascii_case("nextpage")
    };
    says_next(&anchor.text) || says_next(&anchor.title) || matches!(anchor.text.trim(), ">" | "＞" | "›")
}

/// The next page of a pager that has no word for it: the one after the number that is no link or leads to `page` itself, else
/// the one behind its double arrow. A calendar has numbers too; a pager is told by a way to its last page or the one before,
/// or by a number that leads to `page`.
pub fn without_words<'a>(anchors: &'a [Anchor], page: &Url) -> Option<&'a Anchor> {
    by_number(anchors, page).or_else(|| by_double_arrow(anchors))
}

fn by_number<'a>(anchors: &'a [Anchor], page: &Url) -> Option<&'a Anchor> {
    /// A month has more days than a pager has numbers.
    const MANY: usize = 25;
    let to_itself = |anchor: &Anchor| page.join(&anchor.href).is_ok_and(|target| target == *page);
    let number = |anchor: &Anchor| anchor.text.trim().trim_matches(['[', ']']).parse::<usize>().ok();
    let numbers: BTreeMap<usize, &Anchor> = anchors
        .iter()
        .rev()
        .filter(|anchor| !anchor.href.is_empty())
        .filter_map(|anchor| Some((number(anchor)?, anchor)))
        .collect();
    let current = numbers.iter().find(|(_, anchor)| to_itself(anchor)).map(|(number, _)| *number);
    if let Some(current) = current.filter(|_| numbers.len() < MANY) {
        return numbers.get(&(current + 1)).copied();
    }
    anchors
        .iter()
        .any(|anchor| LAST.contains(&anchor.text.trim()) || BEFORE.contains(&anchor.text.trim()))
        .then_some(())?;
    let is_current = |n: usize| !numbers.contains_key(&n) && (n == 1 || numbers.contains_key(&(n - 1)));
    numbers.iter().find(|(next, _)| **next > 1 && is_current(**next - 1)).map(|(_, anchor)| *anchor)
}

/// `»` is the next page where nothing else is (ThinkPHP, Bootstrap, WordPress); beside a word or arrow for that it is the last.
fn by_double_arrow(anchors: &[Anchor]) -> Option<&Anchor> {
    if anchors.iter().any(|anchor| LAST.contains(&anchor.text.trim())) {
        return None;
    }
    let mut arrows = anchors.iter().filter(|anchor| matches!(anchor.text.trim(), "»" | ">>" | "＞＞" | "→"));
    arrows.next().filter(|_| arrows.next().is_none())
}

const LAST: [&str; 3] = ["尾页", "末页", "最后一页"];
const BEFORE: [&str; 3] = ["上一页", "上页", "前一页"];

/// Next pages that `createPageHTML(total, current, "index", "shtml")` stands for, the arguments in any order.
///
/// Most sites count from 0 (page 2 is `index_1`); some, with the same function, from 1 (page 2 is `index_2`). Where `current`
/// is 0 the count is from 0; where it is 1, the addresses of both counts are named and those with new rows count.
pub fn next(document: &Document, page: &Url) -> Vec<String> {
    let Some(call) = call(&document.scripts) else { return Vec::new() };
    let name = format!("{}_{{}}.{}", call.base, call.extension);
    let current = current_of(page, &call.base);
    let following: Vec<usize> = match (current, call.current) {
        // Page one, counted from 0 or from 1.
        (None, 0) => vec![1],
        // Later pages don't show which it was: all are named here.
        (None, _) => (1..=call.total.min(MAX_NAMED)).collect(),
        (Some(number), _) => vec![number + 1],
    };
    let last = if call.current == 0 || current.is_some_and(|n| n == call.current) {
        call.total.saturating_sub(1)
    } else {
        call.total
    };
    following
        .into_iter()
        .filter(|number| *number <= last)
        .map(|number| name.replace("{}", &number.to_string()))
        .collect()
}

/// The name that `createPageHTML` is called with: `index`, or an article's own.
pub fn called(document: &Document) -> Option<String> {
    call(&document.scripts).map(|call| call.base)
}

/// The page after `…/showList/7/0/page_1.html`, the numbered lists of openness, where no pager names any. Past the last one
/// they are empty.
pub fn numbered(page: &Url, anchors: &[Anchor]) -> Option<String> {
    let (before, file) = page.path().rsplit_once('/')?;
    let number: usize = file.strip_prefix("page_")?.strip_suffix(".html")?.parse().ok()?;
    let shows_list = before.to_ascii_lowercase().contains("/showlist/");
    let named = |anchor: &Anchor| anchor.href.rsplit('/').next().is_some_and(|file| file.starts_with("page_"));
    (shows_list && !anchors.iter().any(named)).then(|| format!("page_{}.html", number.checked_add(1).unwrap_or(number)))
}

/// An address with another value for one parameter of its query.
pub fn with(url: &Url, name: &str, value: &str) -> Url {
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let mut changed = url.clone();
    changed
        .query_pairs_mut()
        .clear()
        .extend_pairs(pairs.iter().map(|(key, held)| (key.as_str(), if key == name { value } else { held.as_str() })));
    changed
}

/// The value of one parameter of an address's query.
pub fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// The page after an answer that numbers its pages of `rows` rows from 1, while its total says there is one.
pub fn after(answer: &Url, rows: u64, total: u64) -> Option<String> {
    let number: u64 = parameter(answer, "page")?.parse().ok()?;
    (total > number.saturating_mul(rows)).then(|| with(answer, "page", &(number + 1).to_string()).into())
}

struct Call {
    total: usize,
    current: usize,
    base: String,
    extension: String,
}

fn call(scripts: &str) -> Option<Call> {
    made_by(scripts).or_else(|| counted(scripts))
}

/// The older template, which writes its controls itself: `var currentPage = 0; var countPage = 3; … "<a href=\"index"+"_" + nextPage +
/// "."+"html\">"`.
fn counted(scripts: &str) -> Option<Call> {
    let number = |name: &str| {
        let at = scripts.find(name)? + name.len();
        let rest = scripts[at..].trim_start().strip_prefix('=')?.trim_start();
        rest.split(|c: char| !c.is_ascii_digit()).next()?.parse::<usize>().ok()
    };
    let (total, current) = (number("countPage")?, number("currentPage")?);
    let written: String = scripts.chars().filter(|c| !matches!(c, ' ' | '"' | '\'' | '\\' | '+')).collect();
    let (before, after) = written.split_once("_nextPage.")?;
    let base = before.rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    let extension = after.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    let known = matches!(extension, "html" | "htm" | "shtml") && !base.is_empty();
    // What the markup around it left of the name: `href=index`.
    let base = base.strip_prefix("href").unwrap_or(base);
    known.then(|| Call { total, current, base: base.into(), extension: extension.into() })
}

fn made_by(scripts: &str) -> Option<Call> {
    // The definition has no numbers among its arguments; a call does.
    scripts.match_indices("createPageHTML(").find_map(|(at, name)| {
        let arguments = scripts[at + name.len()..].split(')').next()?;
        let arguments: Vec<&str> = arguments.split(',').map(|part| part.trim().trim_matches(['"', '\''])).collect();
        let numbers: Vec<usize> = arguments.iter().filter_map(|part| part.parse().ok()).collect();
        let extension = arguments.iter().position(|part| matches!(*part, "html" | "htm" | "shtml"))?;
        let base = arguments.get(extension.checked_sub(1)?)?;
        let plain =
            |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
        plain(base).then_some(())?;
        Some(Call {
            total: *numbers.first()?,
            current: *numbers.get(1)?,
            base: (*base).into(),
            extension: arguments[extension].into(),
        })
    })
}

/// The number in the address of a page: `index_3.html` is 3, `index.html` and `/` are none.
fn current_of(page: &Url, base: &str) -> Option<usize> {
    let file = page.path_segments()?.next_back()?;
    file.strip_prefix(base)?.strip_prefix('_')?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::super::extract::html;
    use super::*;

    #[test]
    fn pagers_of_words_arrows_and_numbers() {
        for (markup, expected) in [
            ("<a href=2>下 一 页 &gt;&gt;</a>", Some("2")),
            ("<a href=2>[后页]</a>", Some("2")),
            ("<a href=2>Next »</a>", Some("2")),
            ("<a href=2>›</a>", Some("2")),
            ("<a href=2>加载更多</a>", Some("2")),
            ("<input type=button value=下一页 onclick=\"location.href='list.jsp?p=2'\">", Some("list.jsp?p=2")),
            ("<a href=2 title='下一页'><img src=r.gif></a>", Some("2")),
            ("<a href=2>下一篇</a><a href=3>»</a><a href=4>尾页</a>", None),
            // Numbers alone: the first page, one in the middle, one far on, the last.
            ("<b>1</b><a href=2>2</a><a href=3>3</a><a href=9>尾页</a>", Some("2")),
            ("<a href=1>1</a><b>2</b><a href=3>[3]</a><a href=9>末页</a>", Some("3")),
            ("<a href=1>1</a>…<a href=5>5</a><b>6</b><a href=7>7</a>…<a href=9>9</a><a href=5>上一页</a>", Some("7")),
            ("<a href=1>1</a><a href=2>2</a><b>3</b><a href=2>上页</a>", None),
            // Numbers, one of which leads to the page itself.
            ("<a href=>1</a><a href=list>1</a><a href=2>2</a><a href=3>3</a>", Some("2")),
            ("<a href=1>1</a><a href=list>2</a>", None),
            // Double arrows: beside nothing else, and beside the word for the last page.
            ("<a href=0>«</a><a href=2>»</a>", Some("2")),
            ("<a href=2>»</a><a href=4>»</a>", None),
            // A calendar.
            ("<b>1</b><a href=d2>2</a><a href=d3>3</a>", None),
        ] {
            let document = html(markup);
            let page = Url::parse("http://a.gov.cn/nb/list").unwrap();
            let next = document.anchors.iter().find(|anchor| is_next(anchor));
            let next = next.or_else(|| without_words(&document.anchors, &page));
            assert_eq!(next.map(|anchor| anchor.href.as_str()), expected, "{markup}");
        }
    }

    #[test]
    fn numbered_lists_go_as_far_as_their_pager() {
        let page = Url::parse("http://a.gov.cn/openness/OpennessContent/showList/7/0/page_2.html").unwrap();
        let after = |markup: &str| numbered(&page, &html(markup).anchors);
        assert_eq!(after("<a href=/show/1.html>年报</a>").as_deref(), Some("page_3.html"));
        assert_eq!(after("<a href=/openness/OpennessContent/showList/7/0/page_1.html>1</a>"), None);
    }

    #[test]
    fn the_page_after_this_one() {
        for (page, script, expected) in [
            ("http://a.gov.cn/nb/", "createPageHTML(3, 0, \"index\", \"shtml\")", &["index_1.shtml"][..]),
            ("http://a.gov.cn/nb/index_1.shtml", "createPageHTML(3, 1, \"index\", \"shtml\")", &["index_2.shtml"]),
            ("http://a.gov.cn/nb/index_2.shtml", "createPageHTML(3, 2, \"index\", \"shtml\")", &[]),
            (
                "http://a.gov.cn/nb/",
                "createPageHTML('paging', 3, 1, 'index', 'html', 50)",
                &["index_1.html", "index_2.html", "index_3.html"],
            ),
            (
                "http://a.gov.cn/nb/",
                "var currentPage = 0;//从0开始\nvar nextPage = currentPage+1\nvar countPage = 3//共多少页\ndocument.write(\"<a href=\\\"index\"+\"_\" + nextPage + \".\"+\"html\\\">下一页</a>\");",
                &["index_1.html"],
            ),
            ("http://a.gov.cn/nb/", "createPageHTML(1, 0, \"index\", \"html\")", &[]),
            ("http://a.gov.cn/nb/", "function createPageHTML(_nPageCount, _nCurrIndex, _sPageName, _sPageExt){}", &[]),
        ] {
            let document = html(&format!("<script>{script}</script>"));
            assert_eq!(next(&document, &Url::parse(page).unwrap()), expected, "{page} {script}");
        }
    }
}
