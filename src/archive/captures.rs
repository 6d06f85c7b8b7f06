//! Captures as they are listed and read back.

use rusqlite::{Connection, OptionalExtension, Row};
use url::Url;

use super::put::from_lines;
use super::{ArchiveError, CaptureId, payload};
use crate::digest::Digest;
use crate::exchange::{Exchange, Headers, Hop, Request, Response, Transport, Truncation};
use crate::store::StoreError;
use crate::urlkey::UrlKey;

/// One row of the list of captures; the body stays where it is.
#[derive(Clone, Debug)]
pub struct Capture {
    pub id: CaptureId,
    pub url: Url,
    pub status: u16,
    pub digest: Digest,
    pub size_bytes: u64,
    pub started_at: String,
    pub peer: Option<String>,
    pub hop: Hop,
    pub truncated: Option<Truncation>,
    pub transport: Option<Transport>,
    pub revisit_of: Option<CaptureId>,
    pub request: Request,
    pub headers: Headers,
}

const COLUMNS: &str =
    "c.id, c.url, c.method, c.request_headers, c.status, c.response_headers, c.payload, c.revisit_of, c.started_at,
     c.peer, c.hop, c.truncated, (SELECT size_bytes FROM payload p WHERE p.digest = c.payload), c.transport, c.request_body";

/// Every capture in the order of its commit.
pub fn captures(
    connection: &Connection,
    mut each: impl FnMut(Capture) -> Result<(), ArchiveError>,
) -> Result<(), ArchiveError> {
    let mut statement = connection.prepare(&format!("SELECT {COLUMNS} FROM capture c ORDER BY c.id"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        each(from_row(row)?)?;
    }
    Ok(())
}

/// Every capture of the address that `id` is one of, in the order of their commit.
pub fn of_address(connection: &Connection, id: CaptureId) -> Result<Vec<Capture>, ArchiveError> {
    let mut statement = connection.prepare(&format!(
        "SELECT {COLUMNS} FROM capture c WHERE c.urlkey = (SELECT urlkey FROM capture WHERE id = ?1) ORDER BY c.id"
    ))?;
    let mut rows = statement.query([id.0])?;
    let mut captures = Vec::new();
    while let Some(row) = rows.next()? {
        captures.push(from_row(row)?);
    }
    Ok(captures)
}

/// The capture with its body, unpacked and checked against its digest.
pub fn exchange(connection: &Connection, id: CaptureId) -> Result<(Capture, Exchange), ArchiveError> {
    exchange_by(&payload::Reader::new(connection), id)
}

/// [`exchange`] for many captures in turn, by a reader that keeps the dictionaries it met.
pub fn exchange_by(bodies: &payload::Reader<'_>, id: CaptureId) -> Result<(Capture, Exchange), ArchiveError> {
    let connection = bodies.connection();
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM capture c WHERE c.id = ?1"))?;
    let mut rows = statement.query([id.0])?;
    let row = rows.next()?.ok_or(ArchiveError::NoCapture(id))?;
    let capture = from_row(row)?;
    let body = bodies.load(capture.digest)?;
    let started_at = capture.started_at.parse().map_err(|_| field(id, "started_at", capture.started_at.clone()))?;
    let exchange = Exchange {
        request: capture.request.clone(),
        response: Response { status: capture.status, headers: capture.headers.clone(), body },
        started_at,
        peer: capture.peer.as_deref().and_then(|peer| peer.parse().ok()),
        hop: capture.hop,
        truncated: capture.truncated,
        transport: capture.transport,
    };
    Ok((capture, exchange))
}

/// Whether a capture repeats what its address gave before.
pub fn is_revisit(connection: &Connection, id: CaptureId) -> Result<bool, StoreError> {
    let mut statement = connection.prepare_cached("SELECT revisit_of IS NOT NULL FROM capture WHERE id = ?1")?;
    Ok(statement.query_row([id.0], |row| row.get(0))?)
}

/// The latest capture of an address.
pub fn latest(connection: &Connection, url: &Url) -> Result<Option<CaptureId>, ArchiveError> {
    let id = connection
        .prepare_cached("SELECT max(id) FROM capture WHERE urlkey = ?1")?
        .query_row([UrlKey::of(url).as_str()], |row| row.get::<_, Option<i64>>(0))
        .optional()?;
    Ok(id.flatten().map(CaptureId))
}

fn from_row(row: &Row<'_>) -> Result<Capture, ArchiveError> {
    let id = CaptureId(row.get(0)?);
    let (url, method): (String, String) = (row.get(1)?, row.get(2)?);
    let url = Url::parse(&url).map_err(|_| field(id, "url", url))?;
    let digest: String = row.get(6)?;
    let hop: String = row.get(10)?;
    let truncated: Option<String> = row.get(11)?;
    let request_headers: Vec<u8> = row.get(3)?;
    let response_headers: Vec<u8> = row.get(5)?;
    Ok(Capture {
        id,
        status: row.get(4)?,
        digest: digest.parse().map_err(|_| field(id, "payload", digest))?,
        size_bytes: row.get::<_, Option<i64>>(12)?.and_then(|size| u64::try_from(size).ok()).unwrap_or(0),
        started_at: row.get(8)?,
        peer: row.get(9)?,
        hop: Hop::from_text(&hop).ok_or_else(|| field(id, "hop", hop))?,
        truncated: match truncated {
            None => None,
            Some(text) => Some(Truncation::from_text(&text).ok_or_else(|| field(id, "truncated", text))?),
        },
        transport: row.get::<_, Option<String>>(13)?.as_deref().and_then(Transport::from_text),
        revisit_of: row.get::<_, Option<i64>>(7)?.map(CaptureId),
        request: Request {
            method,
            url: url.clone(),
            headers: from_lines(&request_headers),
            body: row.get::<_, Option<Vec<u8>>>(14)?.unwrap_or_default(),
        },
        headers: from_lines(&response_headers),
        url,
    })
}

fn field(id: CaptureId, field: &'static str, found: String) -> ArchiveError {
    ArchiveError::Field { id, field, found }
}
