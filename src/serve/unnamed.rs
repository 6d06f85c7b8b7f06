//! Reports in whose text no agency was found: each by itself, for nothing says which belong together.

use askama::Template;
use axum::body::Body;
use axum::http::Response;
use rusqlite::Connection;

use super::Site;
use super::asked::Asked;
use super::door::Trouble;
use super::overview::State;
use super::shell::{Shell, html, named, plain};
use crate::dataset;

/// Reports on a page.
const SHOWN: usize = 100;

#[derive(Template)]
#[template(path = "unnamed.html")]
struct UnnamedPage {
    shell: Shell,
    reports: Vec<Unnamed>,
    earlier: String,
    later: String,
}

struct Unnamed {
    capture: i64,
    year: String,
    words: &'static str,
    url: String,
}

pub fn page(_: &Site, connection: &Connection, asked: &Asked) -> Result<Response<Body>, Trouble> {
    let (rows, lang) = (dataset::unnamed(connection)?, asked.lang);
    let pages = rows.len().div_ceil(SHOWN).max(1);
    let page = asked.page()?.min(pages);
    let at = |page: usize| asked.with(&[("page", &page.to_string())]);
    let reports = rows.iter().skip((page - 1) * SHOWN).take(SHOWN).filter_map(|row| {
        let state = State::of(&row.state, u32::try_from(row.findings).unwrap_or(u32::MAX));
        let (zh, en) = state.words();
        Some(Unnamed {
            capture: row.capture?,
            year: row.year.map_or("?".into(), |year| year.to_string()),
            words: lang.w(zh, en),
            url: plain(row.url.as_deref().unwrap_or_default()),
        })
    });
    let shown = UnnamedPage {
        reports: reports.collect(),
        shell: Shell::new(asked, "coverage", named(lang, "")),
        earlier: if page > 1 { at(page - 1) } else { String::new() },
        later: if page < pages { at(page + 1) } else { String::new() },
    };
    html(asked, &shown)
}
