//! A clean copy as SQLite, ready for Datasette: reports, values, findings and captures without bodies, and a full-text index
//! over single Han characters.
//!
//! `report_text` holds what the pages say; `report_search` (FTS5) indexes it with a space around every Han character, so that a
//! word of any length is found as a phrase. The query table holds SQL that takes plain words: it puts the spaces in by itself.

use std::path::Path;

use rusqlite::{Connection, params};

use super::Fault;
use crate::archive::{self, Bodies, CaptureId};
use crate::dataset::{self, Wanted};
use crate::parse::{self, Given};

pub fn write(connection: &Connection, wanted: &Wanted, path: &Path) -> Result<u64, Fault> {
    // What a run that was killed left under this name.
    match std::fs::remove_file(path) {
        Err(fault) if fault.kind() != std::io::ErrorKind::NotFound => return Err(fault.into()),
        _ => {}
    }
    let copy = Connection::open(path)?;
    // Nobody else sees the file before it is whole, so a journal would keep nothing.
    copy.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA page_size = 4096; BEGIN;")?;
    copy.execute_batch(include_str!("sqlite.sql"))?;
    let bodies = Bodies::new(connection);
    let mut count = 0;
    dataset::each_report(connection, wanted, |report| {
        count += 1;
        put_capture(connection, &copy, report.capture)?;
        copy.prepare_cached(
            "INSERT INTO report (id, agency, region, year, edition, title, published, url, captured_at, capture, sha256, parser_version)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )?
        .execute(params![
            count as i64,
            report.agency,
            report.region,
            report.year,
            report.edition,
            report.title,
            report.published,
            report.url,
            report.captured_at,
            report.capture,
            report.sha256,
            report.parser_version,
        ])?;
        put_values(connection, &copy, report.id, count as i64)?;
        put_findings(connection, &copy, report.id, count as i64)?;
        put_text(&bodies, &copy, &report, count as i64)
    })?;
    copy.execute_batch("COMMIT; PRAGMA journal_mode = DELETE; PRAGMA optimize;")?;
    copy.close().map_err(|(_, fault)| fault)?;
    Ok(count)
}

fn put_capture(connection: &Connection, copy: &Connection, capture: i64) -> Result<(), Fault> {
    let mut select = connection.prepare_cached(
        "SELECT url, method, status, CAST(response_headers AS TEXT), payload, size_bytes, started_at, peer, truncated
         FROM capture c JOIN payload p ON p.digest = c.payload WHERE c.id = ?1",
    )?;
    let mut rows = select.query([capture])?;
    while let Some(row) = rows.next()? {
        let mut insert = copy.prepare_cached("INSERT INTO capture VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)")?;
        insert.raw_bind_parameter(1, capture)?;
        for column in 0..9 {
            // Headers may be in GBK: what is no UTF-8 is replaced here, and kept in the archive.
            let value: rusqlite::types::Value = match row.get_ref(column)? {
                rusqlite::types::ValueRef::Text(bytes) => String::from_utf8_lossy(bytes).into_owned().into(),
                other => other.try_into().map_err(rusqlite::Error::from)?,
            };
            insert.raw_bind_parameter(column + 2, value)?;
        }
        insert.raw_execute()?;
    }
    Ok(())
}

fn put_values(connection: &Connection, copy: &Connection, from: i64, report: i64) -> Result<(), Fault> {
    let mut insert = copy.prepare_cached(
        "INSERT INTO value (report, indicator, applicant, label, series, state, value, text, unit, suggested, rule,
             table_index, row_index, column_index, byte_start, byte_end)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
    )?;
    for value in dataset::values(connection, from)? {
        insert.execute(params![
            report,
            value.indicator,
            value.applicant,
            value.label,
            value.series,
            value.state,
            value.value,
            value.text,
            value.unit,
            value.suggested,
            value.rule,
            value.table,
            value.row,
            value.column,
            value.byte_start,
            value.byte_end,
        ])?;
    }
    Ok(())
}

fn put_findings(connection: &Connection, copy: &Connection, from: i64, report: i64) -> Result<(), Fault> {
    let mut insert = copy.prepare_cached(
        "INSERT INTO finding (report, rule, severity, verdict, left, right, detail, indicators, fingerprint)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    for finding in dataset::findings(connection, from)? {
        let values = finding.values.join(" ");
        insert.execute(params![
            report,
            finding.rule,
            finding.severity,
            finding.verdict,
            finding.left,
            finding.right,
            finding.detail,
            values,
            finding.fingerprint,
        ])?;
    }
    Ok(())
}

/// The page's words, read from the archived bytes once more: the archive keeps bytes and numbers, not text.
fn put_text(bodies: &Bodies<'_>, copy: &Connection, report: &dataset::ReportRow, number: i64) -> Result<(), Fault> {
    let (_, exchange) = archive::exchange_by(bodies, CaptureId(report.capture))?;
    let text = parse::words(Given::served(&exchange.request, &exchange.response)).join("\n");
    let title = report.title.as_deref().unwrap_or_default();
    let agency = report.agency.as_deref().unwrap_or_default();
    copy.prepare_cached("INSERT INTO report_text (report, text) VALUES (?1, ?2)")?.execute(params![number, text])?;
    copy.prepare_cached("INSERT INTO report_search (rowid, agency, title, text) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![number, spaced(agency), spaced(title), spaced(&text)])?;
    Ok(())
}

/// A space around every Han character; letters and digits stay together.
fn spaced(text: &str) -> String {
    let mut spaced = String::with_capacity(text.len() * 2);
    for c in text.chars() {
        if is_han(c) {
            spaced.extend([' ', c, ' ']);
        } else {
            spaced.push(c);
        }
    }
    spaced
}

/// Unicode's Han blocks in use: the iteration mark and zero, Extension A, the unified and compatible ideographs, the planes beyond.
fn is_han(c: char) -> bool {
    matches!(c, '々' | '〇' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

#[cfg(test)]
mod tests {
    use super::spaced;

    #[test]
    fn han_stand_alone_and_words_stay_whole() {
        assert_eq!(spaced("2023年PDF〇"), "2023 年 PDF 〇 ");
    }
}
