//! The archive given out: numbers as CSV and JSON lines, captures as WARC and WACZ. Written beside the name and renamed when whole.

mod beside;
mod csv;
pub mod evidence;
mod jsonl;
mod wacz;
mod warc;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use serde::Serialize;

use beside::Beside;

use crate::archive::ArchiveError;
use crate::dataset::{self, ReportRow, ValueRow, Wanted};
use crate::store::StoreError;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Csv,
    Jsonl,
    Warc,
    Wacz,
}

#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error("{} can't be written: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Archive(#[from] ArchiveError),
}

/// Writes `format` to `path` (`-` for standard output); how many rows or records.
pub fn export(
    connection: &Connection,
    format: Format,
    wanted: &Wanted,
    path: &Path,
    max_size: Option<u64>,
) -> Result<u64, ExportError> {
    if path == Path::new("-") {
        return write(connection, format, wanted, &mut io::stdout().lock(), path);
    }
    match format {
        Format::Warc => return warc::to_files(connection, wanted, path, max_size),
        Format::Wacz => return wacz::to_file(connection, wanted, path),
        Format::Csv | Format::Jsonl => {}
    }
    let mut beside = Beside::create(path)?;
    let rows = write(connection, format, wanted, &mut beside, path)?;
    beside.finish()?.appear()?;
    Ok(rows)
}

fn write(
    connection: &Connection,
    format: Format,
    wanted: &Wanted,
    out: &mut dyn Write,
    path: &Path,
) -> Result<u64, ExportError> {
    let written = match format {
        Format::Csv => csv::write(connection, wanted, out),
        Format::Jsonl => jsonl::write(connection, wanted, out),
        Format::Warc => warc::write(connection, wanted, out),
        Format::Wacz => Err(Fault::Write(io::Error::new(
            io::ErrorKind::InvalidInput,
            "a WACZ is written to a file, not to standard output",
        ))),
    };
    written.map_err(|fault| match fault {
        Fault::Write(source) => ExportError::Write { path: path.into(), source },
        Fault::Archive(fault) => ExportError::Archive(fault),
    })
}

/// What stops a writer of one format.
enum Fault {
    Write(io::Error),
    Archive(ArchiveError),
}

impl From<io::Error> for Fault {
    fn from(source: io::Error) -> Fault {
        Fault::Write(source)
    }
}

impl From<ArchiveError> for Fault {
    fn from(fault: ArchiveError) -> Fault {
        Fault::Archive(fault)
    }
}

impl From<StoreError> for Fault {
    fn from(fault: StoreError) -> Fault {
        Fault::Archive(fault.into())
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(fault: rusqlite::Error) -> Fault {
        Fault::Archive(fault.into())
    }
}

/// One number with where it comes from: the row of CSV and JSON lines.
#[derive(Serialize)]
struct NumberRow<'a> {
    agency: Option<&'a str>,
    region: Option<&'a str>,
    year: Option<i16>,
    edition: Option<&'a str>,
    indicator: &'a str,
    applicant: Option<&'a str>,
    label: Option<&'a str>,
    series: Option<&'a str>,
    state: &'a str,
    value: Option<&'a str>,
    text: &'a str,
    unit: Option<&'a str>,
    suggested: bool,
    rule: &'a str,
    table: i64,
    row: i64,
    column: i64,
    byte_start: i64,
    byte_end: i64,
    url: &'a str,
    captured_at: &'a str,
    capture: i64,
    sha256: &'a str,
    parser_version: &'a str,
}

impl<'a> NumberRow<'a> {
    fn new(report: &'a ReportRow, value: &'a ValueRow) -> NumberRow<'a> {
        NumberRow {
            agency: report.agency.as_deref(),
            region: report.region.as_deref(),
            year: report.year,
            edition: report.edition.as_deref(),
            indicator: &value.indicator,
            applicant: value.applicant.as_deref(),
            label: value.label.as_deref(),
            series: value.series.as_deref(),
            state: &value.state,
            value: value.value.as_deref(),
            text: &value.text,
            unit: value.unit.as_deref(),
            suggested: value.suggested,
            rule: &value.rule,
            table: value.table,
            row: value.row,
            column: value.column,
            byte_start: value.byte_start,
            byte_end: value.byte_end,
            url: &report.url,
            captured_at: &report.captured_at,
            capture: report.capture,
            sha256: &report.sha256,
            parser_version: &report.parser_version,
        }
    }
}

/// Calls `each` with every number wanted, in the order of agency, year and page.
fn numbers(
    connection: &Connection,
    wanted: &Wanted,
    mut each: impl FnMut(&ReportRow, &ValueRow) -> Result<(), Fault>,
) -> Result<u64, Fault> {
    let mut count = 0;
    for report in dataset::reports(connection, wanted)? {
        for value in dataset::values(connection, report.id)? {
            each(&report, &value)?;
            count += 1;
        }
    }
    Ok(count)
}
