//! Any capture as it was: the page in its frame, what was asked and answered, the bytes to keep.

use askama::Template;
use axum::body::Body;
use axum::http::Response;
use rusqlite::{Connection, OptionalExtension};

use super::asked::Asked;
use super::door::{Trouble, download};
use super::shell::{Shell, html, minute, plain};
use super::{Site, wording};
use crate::archive::{self, CaptureId};
use crate::exchange::Headers;

#[derive(Template)]
#[template(path = "capture.html")]
struct CapturePage {
    shell: Shell,
    id: i64,
    url: String,
    at: String,
    status: u16,
    digest: String,
    size: String,
    hop: &'static str,
    peer: String,
    truncated: &'static str,
    revisit_of: Option<i64>,
    outcome: String,
    kind: String,
    reason: String,
    encoding: String,
    is_report: bool,
    request: Vec<(String, String)>,
    answer: Vec<(String, String)>,
    others: Vec<(i64, String, u16, bool)>,
}

pub fn page(_: &Site, connection: &Connection, asked: &Asked) -> Result<Response<Body>, Trouble> {
    let id = CaptureId(asked.segment(1)?);
    let (capture, _) = archive::exchange(connection, id)?;
    let read: Option<(String, String, Option<String>, Option<String>)> = connection
        .prepare_cached("SELECT kind, reason, encoding, title FROM page WHERE capture = ?1")?
        .query_row([id.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
        .optional()?;
    let (kind, reason, encoding, title) = read.unwrap_or_default();
    let outcome: Option<Option<String>> = connection
        .prepare_cached("SELECT outcome FROM url WHERE key = (SELECT urlkey FROM capture WHERE id = ?1)")?
        .query_row([id.0], |row| row.get(0))
        .optional()?;
    let mut statement = connection.prepare_cached(
        "SELECT id, started_at, status, revisit_of IS NOT NULL FROM capture
         WHERE urlkey = (SELECT urlkey FROM capture WHERE id = ?1) ORDER BY id DESC LIMIT 50",
    )?;
    let others = statement
        .query_map([id.0], |row| Ok((row.get(0)?, minute(&row.get::<_, String>(1)?), row.get(2)?, row.get(3)?)))?;
    let others = others.collect::<Result<_, _>>()?;
    let heading = format!("{} {}", asked.lang.w("存档", "Capture"), id);
    let title = title.map(|title| format!("{heading} · {}", plain(&title))).unwrap_or(heading);
    let page = CapturePage {
        shell: Shell::new(asked, "", title),
        id: id.0,
        url: plain(capture.url.as_str()),
        at: capture.started_at.clone(),
        status: capture.status,
        digest: capture.digest.to_string(),
        size: super::shell::grouped(usize::try_from(capture.size_bytes).unwrap_or(0)),
        hop: capture.hop.as_str(),
        peer: capture.peer.clone().unwrap_or_default(),
        truncated: capture.truncated.map_or("", |cut| cut.as_str()),
        revisit_of: capture.revisit_of.map(|original| original.0),
        outcome: outcome.flatten().unwrap_or_default(),
        is_report: crate::dataset::report_of(connection, id.0)?.is_some(),
        kind,
        reason: plain(&wording::reason(asked.lang, &reason)),
        encoding: encoding.unwrap_or_default(),
        request: lines(&capture.request.headers),
        answer: lines(&capture.headers),
        others,
    };
    html(asked, &page)
}

fn lines(headers: &Headers) -> Vec<(String, String)> {
    let text = |bytes: &[u8]| plain(&String::from_utf8_lossy(bytes));
    headers.0.iter().map(|(name, value)| (plain(name), text(value))).collect()
}

/// The payload as it was served, its content-coding kept. Never shown by a browser, only kept.
pub fn raw(_: &Site, connection: &Connection, asked: &Asked) -> Result<Response<Body>, Trouble> {
    let id = CaptureId(asked.segment(1)?);
    let (_, exchange) = archive::exchange(connection, id)?;
    Ok(download("application/octet-stream", &format!("capture-{id}.bin"), exchange.response.body))
}
