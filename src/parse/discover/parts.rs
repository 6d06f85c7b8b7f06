//! A report that goes on at further addresses: `t20240119_1_1.html`, `612_2.html`, `show.asp?id=7&page=2`, `/388/2/`.
//!
//! Told by the address, which is the page's own with the number of the part, and by what leads there: a pager's words or
//! numbers, or `createPageHTML` with the page's own name.

use url::Url;

use super::paging;
use crate::parse::extract::{Anchor, Document};

/// More parts than any report has.
const MOST: usize = 50;

/// The addresses that an article at `page` goes on at: one, unless its pager leaves open where its count begins.
pub fn next(document: &Document, page: &Url) -> Vec<String> {
    let Some(own) = Part::of(page) else { return Vec::new() };
    let after = |target: &str| {
        let target = Part::of(&page.join(target).ok()?)?;
        (target.base == own.base && target.number > own.number && target.number <= MOST).then_some(target.number)
    };
    let called: Vec<String> =
        paging::next(document, page).into_iter().filter(|target| after(target).is_some()).collect();
    if !called.is_empty() {
        return called;
    }
    // By its words first: few links are a pager's, and each address is parsed.
    let leads = document.anchors.iter().filter_map(|anchor| {
        let is_next = paging::is_next(anchor);
        let named = named(anchor).filter(|_| !is_next);
        let number = (is_next || named.is_some()).then(|| after(&anchor.href)).flatten()?;
        // Where the first part is 0 the second has the number 1 and the words of 2.
        named.is_none_or(|named| named == number || named == number + 1).then_some((number, anchor))
    });
    leads.min_by_key(|(number, _)| *number).map(|(_, anchor)| anchor.href.clone()).into_iter().collect()
}

/// Whether `page` is not the first of an article: by the number in its address and a way back from there.
pub fn is_later(document: &Document, page: &Url) -> bool {
    let Some(own) = Part::of(page).filter(|own| own.number > 0) else { return false };
    let back = |anchor: &Anchor| {
        let words = anchor.text.trim_matches(|c: char| !c.is_alphanumeric());
        let named = matches!(words, "1" | "上一页" | "上页" | "前一页" | "首页") || words.starts_with('第');
        let target = page.join(&anchor.href).ok().filter(|_| named).and_then(|target| Part::of(&target));
        // To the first of them: the page before art_1_12 is another article.
        target.is_some_and(|target| target.base == own.base && target.number < own.number.min(2))
    };
    let called = || paging::called(document).is_some_and(|name| own.base.ends_with(&format!("/{name}")));
    document.anchors.iter().any(back) || called()
}

/// The number that an anchor's words are: `2`, `[2]`, `第2页`.
fn named(anchor: &Anchor) -> Option<usize> {
    const CHINESE: [&str; 10] = ["零", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    let words = anchor.text.trim_matches(|c: char| !c.is_alphanumeric());
    let page = words.strip_prefix('第').and_then(|words| words.split('页').next());
    let chinese = || page.and_then(|words| CHINESE.iter().position(|digit| *digit == words.trim()));
    page.unwrap_or(words).trim().parse().ok().or_else(chinese)
}

/// An address without the number of its part.
#[derive(PartialEq, Eq)]
struct Part {
    base: String,
    /// 0 where the address has none.
    number: usize,
}

impl Part {
    fn of(url: &Url) -> Option<Part> {
        const PARAMETERS: [&str; 8] =
            ["page", "p", "pageno", "pageindex", "currentpage", "currpage", "pagenum", "wbpage"];
        let origin = &url[..url::Position::BeforePath];
        let small = |text: &str| (1..=2).contains(&text.len()).then(|| text.parse::<usize>().ok()).flatten();
        if url.query().is_some() {
            let is_number = |name: &str| PARAMETERS.contains(&&*name.to_ascii_lowercase());
            let kept: Vec<String> = url
                .query_pairs()
                .filter(|(name, _)| !is_number(name))
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            // What is left names the article.
            if kept.is_empty() {
                return None;
            }
            let number = url.query_pairs().find(|(name, _)| is_number(name)).map_or(Some(0), |(_, n)| small(&n))?;
            return Some(Part { base: format!("{origin}{}?{}", url.path(), kept.join("&")), number });
        }
        let (folder, file) = url.path().rsplit_once('/')?;
        if file.is_empty() {
            // WordPress: /archives/388 goes on at /archives/388/2/.
            let (before, last) = folder.rsplit_once('/').unwrap_or(("", folder));
            return Some(match small(last).filter(|_| !before.is_empty()) {
                Some(number) => Part { base: format!("{origin}{before}"), number },
                None => Part { base: format!("{origin}{folder}"), number: 0 },
            });
        }
        let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
        let cut = stem.rsplit_once(['_', '-']).and_then(|(before, number)| Some((before, small(number)?)));
        Some(match cut {
            Some((before, number)) => Part { base: format!("{origin}{folder}/{before}"), number },
            None => Part { base: format!("{origin}{folder}/{stem}"), number: 0 },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::extract::html;
    use super::*;

    #[test]
    fn where_an_article_goes_on() {
        for (page, markup, expected) in [
            (
                "/nb/t20240119_77001.html",
                "<script>createPageHTML(3, 0, 't20240119_77001', 'html')</script>",
                &["t20240119_77001_1.html"][..],
            ),
            (
                "/nb/t20240119_77001_1.html",
                "<script>createPageHTML(3, 1, 't20240119_77001', 'html')</script>",
                &["t20240119_77001_2.html"],
            ),
            ("/nb/t20240119_77001_2.html", "<script>createPageHTML(3, 2, 't20240119_77001', 'html')</script>", &[]),
            (
                "/nb/612.html",
                "<a>上一页</a> <b>1</b> <a href=612_2.html>2</a> <a href=612_2.html>下一页</a>",
                &["612_2.html"],
            ),
            (
                "/nb/612_2.html",
                "<a href=612.html>上一页</a> <a href=612.html>1</a> <a href=612_3.html>第3页</a>",
                &["612_3.html"],
            ),
            ("/nb/show-9-34-1.html", "<a href=show-9-34-2.html>下一页</a>", &["show-9-34-2.html"]),
            ("/show.asp?id=7", "<a href='show.asp?id=7&page=2'>[2]</a>", &["show.asp?id=7&page=2"]),
            ("/archives/388/", "页码：1 <a href=/archives/388/2/>2</a>", &["/archives/388/2/"]),
            // Other articles, and a number that is none of a part.
            ("/nb/t20240119_77001.html", "<a href=t20240119_77002.html>下一页</a>", &[]),
            ("/nb/612.html", "<a href=612_2.html>附图</a><a href=613.html>下一页</a>", &[]),
            ("/show.asp?id=7", "<a href='show.asp?id=8'>下一页</a>", &[]),
            ("/list.asp?page=1", "<a href='list.asp?page=2'>下一页</a>", &[]),
        ] {
            let url = Url::parse(&format!("http://a.gov.cn{page}")).unwrap();
            assert_eq!(next(&html(markup), &url), expected, "{page} {markup}");
        }
    }

    #[test]
    fn pages_that_are_not_the_first() {
        for (page, markup, later) in [
            ("/nb/612_2.html", "<a href=612.html>上一页</a>", true),
            ("/nb/t1_77001_1.html", "<script>createPageHTML(3, 1, 't1_77001', 'html')</script>", true),
            ("/nb/612.html", "<a href=612_2.html>下一页</a>", false),
            ("/nb/show-9-34-1.html", "<a href=show-9-34-2.html>2</a>", false),
            ("/nb/612_3.html", "<a href=612_2.html>上一页</a><a href=612.html>1</a>", true),
            ("/nb/art_12_7.html", "<a href=art_12_6.html>上一页</a>", false),
        ] {
            let url = Url::parse(&format!("http://a.gov.cn{page}")).unwrap();
            assert_eq!(is_later(&html(markup), &url), later, "{page} {markup}");
        }
    }
}
