//! One report for somebody who doubts it: a folder with its captures, its bytes, its reading, where each number stands, and
//! how to check all of it with common tools. Written beside its name and renamed when whole.

mod readme;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;

use super::beside::Part;
use super::{ExportError, Fault, beside, warc};
use crate::archive::warc::{Compression, index};
use crate::archive::{self, ArchiveError, Capture, CaptureId};
use crate::dataset;
use crate::digest::Digest;
use crate::exchange::Exchange;
use crate::parse::{self, Given, PARSER_VERSION, Parsed};

#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    #[error("the archive holds no report {0}: `gongkai list --json` names them as \"report\"")]
    NoReport(i64),
    #[error("{} is there already", .0.display())]
    Exists(PathBuf),
    #[error("report {report}: the bytes, read again, do not give what is stored: {what}; run reparse first")]
    Differs { report: i64, what: String },
    #[error(transparent)]
    Export(#[from] ExportError),
}

impl From<ArchiveError> for EvidenceError {
    fn from(fault: ArchiveError) -> EvidenceError {
        EvidenceError::Export(fault.into())
    }
}

impl From<rusqlite::Error> for EvidenceError {
    fn from(fault: rusqlite::Error) -> EvidenceError {
        ArchiveError::from(fault).into()
    }
}

/// A number and the chain back to its bytes: a row of `numbers.csv`.
#[derive(Serialize)]
struct Link<'a> {
    indicator: &'a str,
    applicant: Option<&'a str>,
    label: Option<&'a str>,
    series: Option<&'a str>,
    value: Option<&'a str>,
    printed: String,
    unit: Option<&'a str>,
    state: &'a str,
    rule: &'a str,
    table: i64,
    row: i64,
    column: i64,
    byte_start: i64,
    byte_end: i64,
    /// The bytes themselves, where they are in one piece and few, escaped where they are no printable ASCII.
    bytes: String,
}

/// Writes the folder; `read` reads as the archive was read, `reading` makes the JSON of a reading (design 4). How many captures it holds.
pub fn evidence(
    connection: &Connection,
    report: i64,
    folder: &Path,
    read: impl Fn(Given<'_>) -> Parsed,
    reading: impl Fn(&Exchange, &Parsed) -> serde_json::Result<Vec<u8>>,
) -> Result<usize, EvidenceError> {
    let capture = connection
        .query_row("SELECT capture FROM report WHERE id = ?1", [report], |row| Ok(CaptureId(row.get(0)?)))
        .optional()?
        .ok_or(EvidenceError::NoReport(report))?;
    if folder.exists() {
        return Err(EvidenceError::Exists(folder.into()));
    }
    let (row, exchange) = archive::exchange(connection, capture)?;
    let parsed = read(Given::served(&exchange.request, &exchange.response));
    let body = parse::body_of(&exchange.response);
    let chain = chain(connection, report, &parsed, &body)?;
    let captures = archive::of_address(connection, capture)?;
    let (warc, cdxj) = records(connection, &captures).map_err(|fault| fault.at(folder))?;
    let reading = reading(&exchange, &parsed).map_err(|fault| beside::fault(folder, fault.into()))?;
    let payload = exchange.response.body.clone();
    let mut files = vec![
        ("captures.warc.gz", warc),
        ("captures.cdxj", cdxj),
        ("payload.bin", payload),
        ("reading.json", reading),
        ("numbers.csv", chain),
    ];
    if body != exchange.response.body {
        files.push(("payload.decoded.bin", body));
    }
    let imported =
        connection.query_row("SELECT crawl IS NULL FROM capture WHERE id = ?1", [capture.0], |row| row.get(0))?;
    let of = readme::Of { report, capture: &row, parsed: &parsed, captures: captures.len(), imported, files: &files };
    files.push(("README.txt", readme::text(&of).into_bytes()));
    let sums: String = files.iter().map(|(name, bytes)| format!("{}  {name}\n", Digest::of(bytes))).collect();
    files.push(("SHA256SUMS", sums.into_bytes()));
    put(folder, &files).map_err(|source| beside::fault(folder, source))?;
    Ok(captures.len())
}

fn records(connection: &Connection, captures: &[Capture]) -> Result<(Vec<u8>, Vec<u8>), Fault> {
    let date = captures.last().map_or_else(String::new, |newest| newest.started_at.clone());
    let mut answers = warc::Records::new(connection, Compression::Gzip)?;
    let mut writer = answers.begin(Vec::new(), &date, 0)?;
    let mut lines = Vec::new();
    for of_it in captures {
        let (capture, packed) = answers.of(of_it.id)?;
        let place = writer.capture(&packed)?;
        lines.push(index::line(&capture, &packed.payload_digest, place, "captures.warc.gz"));
    }
    lines.sort();
    Ok((writer.finish()?, lines.concat().into_bytes()))
}

/// The stored numbers, each derived again from the bytes.
fn chain(connection: &Connection, report: i64, parsed: &Parsed, body: &[u8]) -> Result<Vec<u8>, EvidenceError> {
    let differs = |what: String| EvidenceError::Differs { report, what };
    let version: String = connection.query_row(
        "SELECT p.parser_version FROM page p JOIN report r ON r.capture = p.capture WHERE r.id = ?1",
        params![report],
        |row| row.get(0),
    )?;
    if version != PARSER_VERSION {
        return Err(differs(format!("it was read by parser {version}, this is {PARSER_VERSION}")));
    }
    let stored = dataset::values(connection, report).map_err(ArchiveError::from)?;
    let derived = parsed.report.as_ref().map_or(&[][..], |report| report.values.as_slice());
    if stored.len() != derived.len() {
        return Err(differs(format!("{} values are stored and {} are read", stored.len(), derived.len())));
    }
    let mut csv = csv::Writer::from_writer(Vec::new());
    for (stored, derived) in stored.iter().zip(derived) {
        let place = (stored.byte_start, stored.byte_end);
        let (start, end) = derived.place.bytes;
        let same =
            stored.indicator == derived.indicator && stored.text == derived.text && stored.value == derived.value;
        if !same || place != (start as i64, end as i64) {
            return Err(differs(format!("{} stands otherwise", stored.indicator)));
        }
        let cell = body.get(start..end).filter(|cell| cell.len() <= 4_096).unwrap_or_default();
        csv.serialize(Link {
            indicator: &stored.indicator,
            applicant: stored.applicant.as_deref(),
            label: stored.label.as_deref(),
            series: stored.series.as_deref(),
            value: stored.value.as_deref(),
            printed: super::csv::plain(&stored.text).into_owned(),
            unit: stored.unit.as_deref(),
            state: &stored.state,
            rule: &stored.rule,
            table: stored.table,
            row: stored.row,
            column: stored.column,
            byte_start: stored.byte_start,
            byte_end: stored.byte_end,
            bytes: super::csv::plain(&cell.escape_ascii().to_string()).into_owned(),
        })
        .map_err(|fault| beside::fault(Path::new("numbers.csv"), fault.into()))?;
    }
    csv.into_inner().map_err(|fault| beside::fault(Path::new("numbers.csv"), fault.into_error()).into())
}

fn put(folder: &Path, files: &[(&str, Vec<u8>)]) -> io::Result<()> {
    let part = Part::folder(beside::part(folder), folder)?;
    for (name, bytes) in files {
        let mut file = fs::File::create(part.path().join(name))?;
        io::Write::write_all(&mut file, bytes)?;
        file.sync_all()?;
    }
    part.appear()
}
