//! Every capture as WARC/1.1, in the order of its commit.

use std::io::Write;

use rusqlite::Connection;

use super::Fault;
use crate::archive::warc::{Original, Writer};
use crate::archive::{self, CaptureId};

pub fn write(connection: &Connection, out: &mut dyn Write) -> Result<u64, Fault> {
    let software = concat!("gongkai/", env!("CARGO_PKG_VERSION"));
    // The date of the newest capture, not of the export: the same archive gives the same file.
    let newest: Option<String> = connection.query_row("SELECT max(started_at) FROM capture", [], |row| row.get(0))?;
    let date = newest.unwrap_or_else(|| "1970-01-01T00:00:00Z".into());
    let mut ids: Vec<CaptureId> = Vec::new();
    archive::captures(connection, |capture| {
        ids.push(capture.id);
        Ok(())
    })?;
    let mut writer = Writer::new(out, software, &date)?;
    for id in ids {
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
