//! Where a page leads: reports, columns of reports, next pages, attachments. One file to a family of content systems.

mod answers;
mod aspnet;
mod by_year;
mod column;
mod epoint;
mod gkmlpt;
mod gtapp;
mod hanweb;
mod hanweb_query;
mod jpaas;
mod paging;
mod parts;
mod ucap;

pub use by_year::column_of_another;
pub use column::is_column;

use std::collections::HashMap;

use url::Url;

use super::extract::{Anchor, Document};
use super::identity::title;
use super::reading::{Link, LinkHop};
use crate::exchange::Query;

/// Extensions of files that can be a report or hold one (shared/sites.md 5.5).
const FILES: [&str; 13] =
    [".pdf", ".doc", ".docx", ".wps", ".xls", ".xlsx", ".et", ".ofd", ".rtf", ".zip", ".rar", ".7z", ".ceb"];

/// Links of a page worth knowing, each once, in document order. `url` resolves relative ones; without it there are none.
/// `query` is what the page was asked with.
pub fn links(document: &Document, text: &str, url: Option<&Url>, query: Option<&str>) -> Vec<Link> {
    let Some(url) = url else { return Vec::new() };
    let base = document.base.as_deref().and_then(|base| url.join(base).ok()).unwrap_or_else(|| url.clone());
    let query = query.map(Query::from_text);
    let query = query.as_ref();
    let mut found = Found { page: url, base: &base, query, seen: HashMap::default(), links: Vec::new() };
    if let Some(answer) = answers::whole(text) {
        return found.answer(&answer);
    }
    for anchor in &document.anchors {
        found.anchor(anchor);
    }
    for anchor in hanweb::records(document, text) {
        found.anchor(&anchor);
    }
    if let Some(next) = paging::without_words(&document.anchors, url)
        && !document.anchors.iter().any(paging::is_next)
    {
        found.push(&next.href, LinkHop::Page, &next.text, 0);
    }
    for frame in &document.frames {
        found.frame(frame);
    }
    found.shell(&document.frames);
    for anchor in answers::in_scripts(&document.scripts) {
        found.anchor(&anchor);
    }
    for (year, words) in by_year::neighbours(url, text) {
        found.push(&year, LinkHop::Link, &words, title::score(&words));
    }
    let units = jpaas::units(text).into_iter().chain(gkmlpt::lists(url, text)).chain(ucap::twin(document, text));
    let numbered = paging::numbered(url, &document.anchors);
    for next in units.chain(hanweb::next(url, text)).chain(paging::next(document, url)).chain(numbered) {
        found.push(&next, LinkHop::Page, "", 0);
    }
    let lists = hanweb_query::next(url, text, query).into_iter().chain(epoint::first(url, text));
    let lists = lists.chain(gtapp::next(url, text, query)).chain(aspnet::next(url, text, &document.anchors, query));
    for (list, query) in lists {
        found.add(&list, Some(query), LinkHop::Page, "", 0);
    }
    if let Some(script) = epoint::script(url, text) {
        found.push(&script, LinkHop::Redirect, "", 0);
    }
    for target in redirects(document) {
        found.push(&target, LinkHop::Redirect, "", 0);
    }
    let has_rows =
        |links: &[Link]| links.iter().any(|link| link.score >= title::CANDIDATE || link.hop == LinkHop::Page);
    if !has_rows(&found.links) && is_column(document) {
        for file in answers::files(&document.scripts) {
            found.push(&file, LinkHop::Page, "", 0);
        }
    }
    column::promote(document, url, &mut found.links);
    found.links
}

/// Marks the links to further parts of the report that the page is one of. Whether it is not the first.
pub fn mark_parts(
    links: &mut Vec<Link>,
    document: &Document,
    url: Option<&Url>,
    is_of_report: impl FnOnce() -> bool,
) -> bool {
    let Some(url) = url else { return false };
    let (next, is_later) = (parts::next(document, url), parts::is_later(document, url));
    if next.is_empty() && !is_later || !is_of_report() {
        return false;
    }
    for target in next.iter().filter_map(|target| url.join(target).ok()) {
        match links.iter_mut().find(|link| link.url == target.as_str() && link.query.is_none()) {
            Some(link) => (link.hop, link.score, link.text) = (LinkHop::Part, 0, String::new()),
            None => links.push(Link {
                url: target.into(),
                method: "GET",
                query: None,
                hop: LinkHop::Part,
                text: String::new(),
                score: 0,
            }),
        }
    }
    is_later
}

struct Found<'a> {
    page: &'a Url,
    base: &'a Url,
    query: Option<&'a Query>,
    /// Where each target stands among the links.
    seen: HashMap<(String, Option<Query>), usize, foldhash::fast::RandomState>,
    links: Vec<Link>,
}

impl Found<'_> {
    /// Rows of a side API, and its next page while there are any.
    fn answer(mut self, answer: &serde_json::Value) -> Vec<Link> {
        for anchor in answers::rows(answer) {
            self.anchor(&anchor);
        }
        let page = self.page;
        let next = gkmlpt::next(page, answer).or_else(|| ucap::next(page, answer));
        let next = next.or_else(|| jpaas::next(page, answer, &self.links));
        if let Some(next) = next {
            self.push(&next, LinkHop::Page, "", 0);
        }
        if let Some(next) = epoint::next(page, self.query, answer) {
            self.add(page.as_str(), Some(next), LinkHop::Page, "", 0);
        }
        self.links
    }

    fn anchor(&mut self, anchor: &Anchor) {
        // Listings cut the text short; the title attribute holds all of it.
        let is_cut = anchor.text.ends_with(['…', '.']) && !anchor.title.is_empty();
        let is_longer = anchor.title.chars().count() > anchor.text.chars().count();
        let words = if is_cut || is_longer { &anchor.title } else { &anchor.text };
        let score = title::score(words);
        if is_file(&anchor.href) {
            return self.push(&anchor.href, LinkHop::Attachment, words, score);
        }
        if paging::is_next(anchor) {
            return self.push(&anchor.href, LinkHop::Page, &anchor.text, 0);
        }
        self.push(&anchor.href, LinkHop::Link, words, score);
    }

    fn frame(&mut self, source: &str) {
        // PDF.js names its file in the query.
        let file = source
            .split_once("file=")
            .map(|(_, file)| file.split('&').next().unwrap_or(file).replace("%2F", "/").replace("%3A", ":"));
        match file {
            Some(file) if is_file(&file) => self.push(&file, LinkHop::Attachment, "", 0),
            _ if is_file(source) => self.push(source, LinkHop::Attachment, "", 0),
            _ => {}
        }
    }

    /// A page without a link worth following whose content is another page of the host, in a frame.
    fn shell(&mut self, frames: &[String]) {
        const BESIDE: [&str; 8] = ["login", "visit", "count", "tree", "share", "footer", "header", "search"];
        if self.links.iter().any(|link| link.score >= title::CANDIDATE || link.hop != LinkHop::Link) {
            return;
        }
        for frame in frames {
            let lower = frame.to_ascii_lowercase();
            let own = self.base.join(frame).is_ok_and(|target| target.host() == self.page.host());
            if own && !is_file(frame) && !BESIDE.iter().any(|word| lower.contains(word)) {
                self.push(frame, LinkHop::Redirect, "", 0);
            }
        }
    }

    fn push(&mut self, href: &str, hop: LinkHop, text: &str, score: i32) {
        self.add(href, None, hop, text, score);
    }

    fn add(&mut self, href: &str, query: Option<Query>, hop: LinkHop, text: &str, score: i32) {
        let href = href.trim();
        if href.is_empty() || href.starts_with('#') || href.starts_with("javascript:") || href.starts_with("mailto:") {
            return;
        }
        let Ok(mut target) = self.base.join(href) else { return };
        target.set_fragment(None);
        let web = matches!(target.scheme(), "http" | "https");
        let itself = target == *self.page && query.as_ref() == self.query;
        if !web || itself {
            return;
        }
        let at = *self.seen.entry((target.as_str().to_owned(), query.clone())).or_insert(self.links.len());
        if let Some(known) = self.links.get_mut(at) {
            // A pager has the next page by its number first.
            if hop == LinkHop::Page && known.hop == LinkHop::Link {
                (known.hop, known.text, known.score) = (hop, text.to_owned(), score);
            }
            return;
        }
        let method = if query.is_some() { "POST" } else { "GET" };
        self.links.push(Link { url: target.into(), method, query, hop, text: text.to_owned(), score });
    }
}

/// Where a product's mark stands in a page: each page is looked through for all of them.
fn places(text: &str, mark: &str) -> impl Iterator<Item = usize> {
    memchr::memmem::find_iter(text.as_bytes(), mark.as_bytes())
}

fn is_file(href: &str) -> bool {
    let path = href.split(['?', '#']).next().unwrap_or(href);
    let extension = path.rfind('.').and_then(|at| path.get(at..)).unwrap_or_default();
    FILES.iter().any(|known| extension.eq_ignore_ascii_case(known))
        || href.contains("/module/download/downfile.jsp")
        || href.contains("/_content/download.jsp")
}

/// Whether a page only sends the reader to where he is: what is asked there next has the cookies it set. One whose script makes a
/// cookie itself is a challenge, and none of this.
pub fn sends_back(document: &Document, url: &Url) -> bool {
    let visible: usize = document.prose().map(|line| line.text.chars().count()).sum();
    if visible >= 200 || document.scripts.contains("document.cookie") {
        return false;
    }
    let itself = |target: &String| url.join(target).is_ok_and(|target| target == *url);
    let bare = document.refresh.as_deref().is_some_and(|refresh| !refresh.to_ascii_lowercase().contains("url="));
    bare || document.scripts.contains("location.reload(") || redirects(document).iter().any(itself)
}

/// Literal targets of pages that only send the reader on: meta refresh, `location.href = "…"` in a page of a few words.
fn redirects(document: &Document) -> Vec<String> {
    let mut targets = Vec::new();
    if let Some(refresh) = &document.refresh
        && let Some(at) = refresh.to_ascii_lowercase().find("url=")
    {
        targets.push(refresh[at + 4..].trim_matches(['"', '\'', ' ']).to_owned());
    }
    let visible: usize = document.prose().map(|line| line.text.chars().count()).sum();
    if visible < 200 && document.scripts.len() < 2_000 {
        for mark in ["location.href", "location.replace", "window.location", "top.location"] {
            let Some(at) = document.scripts.find(mark) else { continue };
            let rest = document.scripts[at + mark.len()..]
                .trim_start_matches([' ', '=', '(', '.'])
                .trim_start_matches("href")
                .trim_start_matches([' ', '=']);
            if let Some(quote @ ('"' | '\'')) = rest.chars().next()
                && let Some(target) = rest[1..].split(quote).next()
            {
                targets.push(target.to_owned());
                break;
            }
        }
    }
    targets
}

#[cfg(test)]
mod tests {
    use super::super::extract::html;
    use super::*;

    fn found(page: &str, markup: &str) -> Vec<(String, LinkHop)> {
        links(&html(markup), markup, Url::parse(page).ok().as_ref(), None)
            .into_iter()
            .map(|link| (link.url, link.hop))
            .collect()
    }

    #[test]
    fn pages_that_send_the_reader_to_where_he_is() {
        let page = Url::parse("http://a.gov.cn/nb/").unwrap();
        for (markup, back) in [
            ("<meta http-equiv=refresh content=0>", true),
            ("<meta http-equiv=refresh content='0; url=/nb/'>", true),
            ("<script>window.location.reload();</script>", true),
            ("<script>location.href='/nb/'</script>", true),
            ("<meta http-equiv=refresh content='0; url=/new/'>", false),
            ("<script>document.cookie='a=1';location.reload()</script>", false),
            ("<p>年报</p>", false),
        ] {
            assert_eq!(sends_back(&html(markup), &page), back, "{markup}");
        }
    }

    #[test]
    fn what_kind_of_link() {
        let page = "http://a.gov.cn/zwgk/zfxxgknb/index.html";
        for (markup, target, hop) in [
            (
                "<a href=./202401/t1.html title='2023年政府信息公开工作年度报告'>2023年政府信息公…</a>",
                "http://a.gov.cn/zwgk/zfxxgknb/202401/t1.html",
                LinkHop::Link,
            ),
            ("<a href='index_1.html'>下一页</a>", "http://a.gov.cn/zwgk/zfxxgknb/index_1.html", LinkHop::Page),
            (
                "<a href='index_1.html'>2</a><a href='index_1.html'>下一页</a><a href='index_1.html'>尾页</a>",
                "http://a.gov.cn/zwgk/zfxxgknb/index_1.html",
                LinkHop::Page,
            ),
            (
                "<a href='P020240101.docx'>附件</a>",
                "http://a.gov.cn/zwgk/zfxxgknb/P020240101.docx",
                LinkHop::Attachment,
            ),
            ("<iframe src='/viewer.html?file=%2Fa%2Fb.pdf'></iframe>", "http://a.gov.cn/a/b.pdf", LinkHop::Attachment),
            ("<iframe src='/list.jsp?id=7'></iframe>", "http://a.gov.cn/list.jsp?id=7", LinkHop::Redirect),
            ("<meta http-equiv=refresh content='0; url=/new/'>", "http://a.gov.cn/new/", LinkHop::Redirect),
            ("<script>window.location.href='/x/';</script>", "http://a.gov.cn/x/", LinkHop::Redirect),
            (
                "<script>createPageHTML(2, 0, \"index\", \"html\");</script>",
                "http://a.gov.cn/zwgk/zfxxgknb/index_1.html",
                LinkHop::Page,
            ),
        ] {
            assert_eq!(found(page, markup), [(target.to_owned(), hop)], "{markup}");
        }
        for markup in ["<a href=#top>x</a>", "<a href='javascript:void(0)'>x</a>", "<a href='index.html'>x</a>"] {
            assert_eq!(found(page, markup), [], "{markup}");
        }
    }
}
