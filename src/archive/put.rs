//! Keeping an exchange.

use rusqlite::{Connection, OptionalExtension, params};

use super::packer::Packer;
use super::{CaptureId, chain, payload};
use crate::clock::rfc3339;
use crate::exchange::{Exchange, Headers, Transport};
use crate::store::StoreError;
use crate::urlkey::UrlKey;

/// Appends a capture within the caller's transaction. A body that repeats what the same address gave before is a revisit:
/// it points at the original, never at another revisit.
pub fn put(tx: &Connection, packer: &Packer, exchange: &Exchange, crawl: Option<i64>) -> Result<CaptureId, StoreError> {
    let request = &exchange.request;
    let urlkey = UrlKey::asked(&request.method, &request.url, &request.body);
    let not_modified = exchange.response.status == 304;
    let latest = tx
        .prepare_cached("SELECT id, revisit_of, payload FROM capture WHERE urlkey = ?1 AND status BETWEEN 200 AND 299 ORDER BY id DESC LIMIT 1")?
        .query_row([urlkey.as_str()], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Option<i64>>(1)?, row.get::<_, String>(2)?)))
        .optional()?;
    let digest =
        payload::store(tx, packer, request.url.host_str().unwrap_or_default(), &urlkey, &exchange.response.body)?
            .to_string();
    let revisit_of = match latest {
        Some((id, revisit_of, body)) if not_modified || (body == digest && !exchange.response.body.is_empty()) => {
            Some(revisit_of.unwrap_or(id))
        }
        _ => None,
    };
    tx.prepare_cached(
        "INSERT INTO capture (url, urlkey, method, request_headers, status, response_headers, payload, revisit_of, started_at, peer, hop, truncated, crawl, transport, request_body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
    )?
    .execute(params![
        request.url.as_str(),
        urlkey.as_str(),
        request.method,
        lines(&request.headers),
        exchange.response.status,
        lines(&exchange.response.headers),
        digest,
        revisit_of,
        rfc3339(exchange.started_at),
        exchange.peer.map(|peer| peer.to_string()),
        exchange.hop.as_str(),
        exchange.truncated.map(|truncated| truncated.as_str()),
        crawl,
        exchange.transport.map(Transport::as_str),
        (!request.body.is_empty()).then_some(&request.body),
    ])?;
    let id = CaptureId(tx.last_insert_rowid());
    chain::append(tx, id)?;
    Ok(id)
}

/// `name: value` lines, values as bytes.
pub(super) fn lines(headers: &Headers) -> Vec<u8> {
    let mut lines = Vec::new();
    for (name, value) in &headers.0 {
        lines.extend_from_slice(name.as_bytes());
        lines.extend_from_slice(b": ");
        lines.extend(value.iter().filter(|byte| !matches!(byte, b'\r' | b'\n')));
        lines.extend_from_slice(b"\r\n");
    }
    lines
}

pub(super) fn from_lines(lines: &[u8]) -> Headers {
    let mut headers = Headers::default();
    for line in lines.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if let Some(colon) = line.iter().position(|byte| *byte == b':') {
            let value = line[colon + 1..].strip_prefix(b" ").unwrap_or(&line[colon + 1..]);
            headers.push(String::from_utf8_lossy(&line[..colon]), value);
        }
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_gbk_in_a_header_survives() {
        let headers =
            Headers(vec![("Location".into(), b"/\xB9\xAB\xBF\xAA: x".to_vec()), ("Empty".into(), Vec::new())]);
        assert_eq!(from_lines(&lines(&headers)), headers);
    }
}
