//! Captures as WARC/1.1, in the order of their commit: all, or those that a wanted report was read from and those that
//! repeat them.

use std::io::Write;

use rusqlite::Connection;

use super::Fault;
use crate::archive::warc::{Original, Writer};
use crate::archive::{self, CaptureId};
use crate::dataset::Wanted;

pub fn write(connection: &Connection, wanted: &Wanted, out: &mut dyn Write) -> Result<u64, Fault> {
    let software = concat!("gongkai/", env!("CARGO_PKG_VERSION"));
    // The date of the newest capture, not of the export: the same archive gives the same file.
    let newest: Option<String> = connection.query_row("SELECT max(started_at) FROM capture", [], |row| row.get(0))?;
    let date = newest.unwrap_or_else(|| "1970-01-01T00:00:00Z".into());
    let mut ids = connection.prepare(
        "SELECT c.id FROM capture c LEFT JOIN report r ON r.capture = coalesce(c.revisit_of, c.id)
         WHERE (?1 IS NULL OR r.agency = ?1) AND (?2 IS NULL OR r.year = ?2) AND (?3 IS NULL OR r.edition = ?3)
           AND (?4 IS NULL OR c.started_at >= ?4)
         ORDER BY c.id",
    )?;
    let mut ids = ids.query(rusqlite::params![wanted.agency, wanted.year, wanted.edition, wanted.since])?;
    let mut writer = Writer::new(out, software, &date)?;
    while let Some(row) = ids.next()? {
        let id = CaptureId(row.get(0)?);
        let (capture, exchange) = archive::exchange(connection, id)?;
        let original = capture.revisit_of.map(|id| archive::exchange(connection, id)).transpose()?;
        // The payload of an answer 304 is the original's.
        let body = original.as_ref().map_or(&exchange.response.body, |(_, original)| &original.response.body);
        let refers_to = original
            .as_ref()
            .map(|(original, _)| Original { url: original.url.to_string(), date: original.started_at.clone() });
        writer.capture(&capture, body, refers_to.as_ref())?;
    }
    let records = writer.records();
    writer.finish()?;
    Ok(records)
}
