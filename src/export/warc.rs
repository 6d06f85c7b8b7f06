//! Every capture as WARC/1.1, in the order of its commit.

use std::io::Write;

use rusqlite::{Connection, OptionalExtension};

use super::Fault;
use crate::archive::warc::{Original, Packed, Writer, pack};
use crate::archive::{self, Capture, CaptureId};

pub const SOFTWARE: &str = concat!("gongkai/", env!("CARGO_PKG_VERSION"));

pub fn write(connection: &Connection, out: &mut dyn Write) -> Result<u64, Fault> {
    let date = newest(connection)?;
    let mut ids: Vec<CaptureId> = Vec::new();
    archive::captures(connection, |capture| {
        ids.push(capture.id);
        Ok(())
    })?;
    let mut writer = Writer::new(out, SOFTWARE, &date, 0)?;
    for id in ids {
        writer.capture(&packed(connection, id)?.1)?;
    }
    let records = writer.records();
    writer.finish()?;
    Ok(records)
}

/// The date of the newest capture, not of the export: the same archive gives the same file.
pub fn newest(connection: &Connection) -> Result<String, Fault> {
    let newest: Option<String> = connection.query_row("SELECT max(started_at) FROM capture", [], |row| row.get(0))?;
    Ok(newest.unwrap_or_else(|| "1970-01-01T00:00:00.000Z".into()))
}

/// The records of one capture.
pub fn packed(connection: &Connection, id: CaptureId) -> Result<(Capture, Packed), Fault> {
    let (capture, exchange) = archive::exchange(connection, id)?;
    let original = capture.revisit_of.map(|id| archive::exchange(connection, id)).transpose()?;
    // The payload of an answer 304 is the original's.
    let body = original.as_ref().map_or(&exchange.response.body, |(_, original)| &original.response.body);
    let refers_to = original
        .as_ref()
        .map(|(original, _)| Original { url: original.url.to_string(), date: original.started_at.clone() });
    let packed = pack(&capture, body, refers_to.as_ref(), &notes(connection, id)?)?;
    Ok((capture, packed))
}

/// What the frontier made of the answer and what the latest reading says of it.
fn notes(connection: &Connection, id: CaptureId) -> Result<Vec<(&'static str, String)>, Fault> {
    let mut notes = Vec::new();
    let outcome: Option<Option<String>> = connection
        .prepare_cached("SELECT outcome FROM url WHERE capture = ?1")?
        .query_row([id.0], |row| row.get(0))
        .optional()?;
    notes.extend(outcome.flatten().map(|outcome| ("outcome", outcome)));
    let mut statement = connection.prepare_cached(
        "SELECT parser_version, kind, title, published, encoding, evidence, declared, replacements,
                r.agency, r.year, r.edition,
                (SELECT count(*) FROM value v WHERE v.report = r.id AND v.suggested = 0),
                (SELECT count(*) FROM finding f WHERE f.report = r.id AND f.verdict = 'fail')
         FROM page p LEFT JOIN report r ON r.capture = p.capture WHERE p.capture = ?1",
    )?;
    let mut rows = statement.query([id.0])?;
    let Some(row) = rows.next()? else { return Ok(notes) };
    let text = |n: usize| row.get::<_, Option<String>>(n);
    notes.extend(text(0)?.map(|version| ("parserVersion", version)));
    if let (Some(encoding), Some(evidence)) = (text(4)?, text(5)?) {
        let declared = text(6)?.unwrap_or_else(|| "nothing".into());
        let replaced: i64 = row.get(7)?;
        notes.push(("decoding", format!("{encoding} by {evidence}, declared {declared}, {replaced} replaced")));
    }
    for (name, column) in [("pageKind", 1), ("title", 2), ("published", 3), ("reportAgency", 8), ("reportEdition", 10)]
    {
        notes.extend(text(column)?.map(|value| (name, value)));
    }
    if let Some(year) = row.get::<_, Option<i64>>(9)? {
        notes.push(("reportYear", year.to_string()));
    }
    let (values, failed): (i64, i64) = (row.get(11)?, row.get(12)?);
    if values > 0 {
        notes.push(("reportValues", values.to_string()));
        notes.push(("reportFindings", failed.to_string()));
    }
    Ok(notes)
}
