//! Putting one reading in the place of the one before.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;

use super::names;
use crate::archive::CaptureId;
use crate::parse::{PARSER_VERSION, Parsed, word};
use crate::store::StoreError;

/// How a reading differs from the one before it, cell by cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delta {
    pub gained: usize,
    pub lost: usize,
    pub changed: usize,
}

/// One cell that differs: as `state value`, none where the cell was not read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    pub cell: String,
    pub before: Option<String>,
    pub after: Option<String>,
}

impl Delta {
    pub fn of(changes: &[Change]) -> Delta {
        let count = |kind: fn(&Change) -> bool| changes.iter().filter(|change| kind(change)).count();
        Delta {
            gained: count(|change| change.before.is_none()),
            lost: count(|change| change.after.is_none()),
            changed: count(|change| change.before.is_some() && change.after.is_some()),
        }
    }

    pub fn add(&mut self, other: Delta) {
        self.gained += other.gained;
        self.lost += other.lost;
        self.changed += other.changed;
    }
}

/// Cells by name, as they compare: indicator, applicant, label, series; state and value.
pub type Cells = BTreeMap<String, String>;

/// The cells of the reading that stands.
pub fn stored(connection: &Connection, capture: CaptureId) -> Result<Cells, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT indicator, applicant, label, series, state, value FROM value v JOIN report r ON r.id = v.report
         WHERE r.capture = ?1 AND suggested = 0",
    )?;
    let mut rows = statement.query([capture.0])?;
    let mut cells = Cells::new();
    while let Some(row) = rows.next()? {
        let text = |n| row.get::<_, Option<String>>(n);
        let name = [text(0)?, text(1)?, text(2)?, text(3)?];
        cells.insert(named(&name), standing(&text(4)?.unwrap_or_default(), text(5)?.as_deref()));
    }
    Ok(cells)
}

fn read_cells(parsed: &Parsed) -> Cells {
    let values = parsed.report.iter().flat_map(|report| &report.values).filter(|value| !value.suggested);
    values
        .map(|value| {
            let applicant = value.applicant.map(|applicant| applicant.as_str().to_owned());
            let name = [
                Some(value.indicator.clone()),
                applicant,
                value.label.clone(),
                value.series.as_ref().map(word).map(str::to_owned),
            ];
            (named(&name), standing(word(&value.state), value.value.as_deref()))
        })
        .collect()
}

fn named(parts: &[Option<String>; 4]) -> String {
    parts.iter().flatten().map(String::as_str).collect::<Vec<_>>().join("/")
}

fn standing(state: &str, value: Option<&str>) -> String {
    value.map_or(state.to_owned(), |value| format!("{state} {value}"))
}

/// The cells in which a reading differs from what stands.
pub fn compare(before: &Cells, parsed: &Parsed) -> Vec<Change> {
    differing(before, &read_cells(parsed))
}

/// Replaces the reading of `capture`: page always, report where there is one. All or nothing with the caller's transaction.
pub fn replace(
    tx: &Connection,
    capture: CaptureId,
    parsed: &Parsed,
    parse_run: Option<i64>,
) -> Result<Delta, StoreError> {
    let before = stored(tx, capture)?;
    let delta = Delta::of(&compare(&before, parsed));
    keep_before(tx, capture, &before)?;
    tx.prepare_cached("DELETE FROM report WHERE capture = ?1")?.execute([capture.0])?;
    put(tx, capture, parsed, parse_run)?;
    Ok(delta)
}

/// The first reading of a capture: there is nothing that it differs from.
pub fn put(tx: &Connection, capture: CaptureId, parsed: &Parsed, parse_run: Option<i64>) -> Result<(), StoreError> {
    put_page(tx, capture, parsed, parse_run)?;
    super::words::put(tx, capture, parsed)?;
    if let Some(report) = &parsed.report {
        tx.prepare_cached("INSERT INTO report (capture, agency, region, year, edition) VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute(params![
            capture.0,
            report.agency,
            report.region,
            report.year,
            report.edition.map(|edition| edition.as_str()),
        ])?;
        let id = tx.last_insert_rowid();
        put_values(tx, id, report)?;
        put_findings(tx, id, report)?;
        if let Some(agency) = &report.agency {
            put_agency(tx, agency, report.region.as_deref())?;
        }
    }
    Ok(())
}

/// Keeps what another version of the parser read, once.
fn keep_before(tx: &Connection, capture: CaptureId, cells: &Cells) -> Result<(), StoreError> {
    let version: Option<String> = tx
        .prepare_cached("SELECT parser_version FROM page WHERE capture = ?1")?
        .query_row([capture.0], |row| row.get(0))
        .optional()?;
    let Some(version) = version.filter(|version| version != PARSER_VERSION) else { return Ok(()) };
    let cells = serde_json::to_string(cells).map_err(|fault| StoreError::Row(fault.to_string()))?;
    tx.prepare_cached("INSERT OR REPLACE INTO reading_before (capture, parser_version, cells) VALUES (?1, ?2, ?3)")?
        .execute(params![capture.0, version, cells])?;
    Ok(())
}

/// The readings of a capture by parsers before this one, oldest first.
pub fn readings_before(connection: &Connection, capture: CaptureId) -> Result<Vec<(String, Cells)>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT parser_version, cells FROM reading_before WHERE capture = ?1 ORDER BY CAST(parser_version AS INTEGER)",
    )?;
    let mut rows = statement.query([capture.0])?;
    let mut readings = Vec::new();
    while let Some(row) = rows.next()? {
        let (version, cells): (String, String) = (row.get(0)?, row.get(1)?);
        let cells = serde_json::from_str(&cells)
            .map_err(|fault| StoreError::Row(format!("an earlier reading is no JSON: {fault}")))?;
        readings.push((version, cells));
    }
    Ok(readings)
}

/// The cells in which two readings differ, in the order of their names.
pub fn differing(before: &Cells, after: &Cells) -> Vec<Change> {
    let names: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    names
        .into_iter()
        .map(|cell| Change { cell: cell.clone(), before: before.get(cell).cloned(), after: after.get(cell).cloned() })
        .filter(|change| change.before != change.after)
        .collect()
}

fn put_page(tx: &Connection, capture: CaptureId, parsed: &Parsed, parse_run: Option<i64>) -> Result<(), StoreError> {
    let (page, decoded) = (&parsed.page, parsed.decoded.as_ref());
    tx.prepare_cached(
        "INSERT OR REPLACE INTO page (capture, parser_version, parse_run, kind, reason, title, published, site_id, index_number,
             encoding, evidence, declared, conflict, replacements)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
    )?
    .execute(params![
        capture.0,
        PARSER_VERSION,
        parse_run,
        word(&page.kind),
        page.reason,
        page.title,
        page.published,
        page.site_id,
        page.index_number,
        decoded.map(|decoded| decoded.encoding.clone()),
        decoded.map(|decoded| word(&decoded.evidence)),
        decoded.and_then(|decoded| decoded.declared.clone()),
        decoded.is_some_and(|decoded| decoded.conflict),
        decoded.map_or(0, |decoded| decoded.replacements as i64),
    ])?;
    Ok(())
}

fn put_values(tx: &Connection, report_id: i64, report: &crate::parse::Report) -> Result<(), StoreError> {
    let mut insert = tx.prepare_cached(
        "INSERT INTO value_cell (report, name, nth, state, value, text, table_index, row_index, column_index, byte_start,
             size_bytes, suggested)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    )?;
    let names = names::of_values(tx, &report.values)?;
    for ((nth, value), name) in report.values.iter().enumerate().zip(names) {
        let place = &value.place;
        let state = Some(word(&value.state)).filter(|state| *state != "number");
        insert.execute(params![
            report_id,
            name,
            nth as i64,
            state,
            value.value,
            (value.value.as_ref() != Some(&value.text)).then_some(&value.text),
            place.table as i64,
            place.row as i64,
            place.column as i64,
            place.bytes.0 as i64,
            place.bytes.1 as i64 - place.bytes.0 as i64,
            value.suggested,
        ])?;
    }
    Ok(())
}

fn put_findings(tx: &Connection, report_id: i64, report: &crate::parse::Report) -> Result<(), StoreError> {
    let mut insert = tx.prepare_cached(
        "INSERT INTO finding_verdict (report, nth, subject, verdict, left, right) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    let subjects = names::of_subjects(tx, &report.findings)?;
    for ((nth, finding), subject) in report.findings.iter().enumerate().zip(subjects) {
        insert
            .execute(params![report_id, nth as i64, subject, word(&finding.verdict), finding.left, finding.right,])?;
    }
    Ok(())
}

fn put_agency(tx: &Connection, name: &str, region: Option<&str>) -> Result<(), StoreError> {
    let known: Option<i64> =
        tx.prepare_cached("SELECT id FROM agency WHERE name = ?1")?.query_row([name], |row| row.get(0)).optional()?;
    match known {
        Some(id) => tx
            .prepare_cached("UPDATE agency SET region = coalesce(region, ?2) WHERE id = ?1")?
            .execute(params![id, region])?,
        None => {
            tx.prepare_cached("INSERT INTO agency (name, region) VALUES (?1, ?2)")?.execute(params![name, region])?
        }
    };
    Ok(())
}
