//! Full text over reports and pages.

use askama::Template;
use axum::body::Body;
use axum::http::Response;
use rusqlite::Connection;

use super::Site;
use super::asked::Asked;
use super::door::Trouble;
use super::shell::{Shell, html, minute, plain};
use crate::dataset::{self, Hit, Query};

/// Hits on a page.
pub const SHOWN: usize = 10;

#[derive(Template)]
#[template(path = "search.html")]
struct SearchPage {
    shell: Shell,
    asked_for: String,
    hits: Vec<Hit>,
    nothing: bool,
    unreadable: bool,
    without: i64,
    earlier: String,
    later: String,
    page: usize,
}

pub fn page(site: &Site, connection: &Connection, asked: &Asked) -> Result<Response<Body>, Trouble> {
    let words = asked.get("q").unwrap_or_default();
    let page = asked.page()?;
    let query = Query::of(words);
    let mut hits = found(connection, query.as_ref(), page)?;
    let more = hits.len() > SHOWN;
    hits.truncate(SHOWN);
    let mut shell = Shell::new(asked, "search", asked.lang.w("检索", "Search"));
    shell.looked_for = plain(words);
    let at = |page: usize| asked.with(&[("page", &page.to_string())]);
    let shown = SearchPage {
        shell,
        asked_for: plain(words),
        nothing: query.is_some() && hits.is_empty(),
        unreadable: query.is_none() && !words.is_empty(),
        without: site.overview().unsearched,
        earlier: if page > 1 { at(page - 1) } else { String::new() },
        later: if more { at(page + 1) } else { String::new() },
        page,
        hits,
    };
    html(asked, &shown)
}

/// The hits of a page and one more, which says that there are more.
pub fn found(connection: &Connection, query: Option<&Query>, page: usize) -> Result<Vec<Hit>, Trouble> {
    let Some(query) = query else { return Ok(Vec::new()) };
    let mut hits = dataset::search(connection, query, (page - 1) * SHOWN, SHOWN + 1)?;
    for hit in &mut hits {
        (hit.title, hit.url, hit.captured_at) = (plain(&hit.title), plain(&hit.url), minute(&hit.captured_at));
        for piece in hit.passages.iter_mut().flat_map(|passage| &mut passage.pieces) {
            piece.text = plain(&piece.text.replace('\n', " "));
        }
    }
    Ok(hits)
}
