//! `gongkai export`: what the archive holds, for other programs.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use rusqlite::Connection;

use super::exit::{Interrupted, counted};
use super::reading::{Reading, Source};
use super::{Context, Exit, spare};
use crate::dataset::Wanted;
use crate::export::{self, evidence::evidence};
use crate::office;
use crate::store::Access;

#[derive(Args)]
pub struct Export {
    format: Format,
    /// Where to; - for standard output; for a snapshot, the folder it is made in
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
    /// For csv, jsonl and parquet: a row a number (long), a report (wide) or a finding [default: long]
    #[arg(long, value_enum)]
    shape: Option<Shape>,
    /// Only captures since this date, YYYY-MM-DD
    #[arg(long, value_name = "DATE")]
    since: Option<jiff::civil::Date>,
    /// Only this agency
    #[arg(long)]
    agency: Option<String>,
    /// Only this year
    #[arg(long)]
    year: Option<i16>,
    /// Only reports on this form
    #[arg(long, value_parser = ["2021", "2019", "pre2019"])]
    edition: Option<String>,
    /// WARC: cut into files of at most this size, like 1GB; NAME-00000.warc.gz and so on
    #[arg(long, value_name = "SIZE", value_parser = size)]
    max_size: Option<u64>,
    /// WARC: how records are packed; fewer tools read zstd [default: gzip]
    #[arg(long, value_enum)]
    compression: Option<Packed>,
    /// Evidence: the report, by the number "report" that `list --json` gives
    #[arg(long, value_name = "ID", required_if_eq("format", "evidence"))]
    report: Option<i64>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A line a row, with where it comes from
    Csv,
    /// An object a row
    Jsonl,
    /// Apache Parquet, numbers as exact decimals
    Parquet,
    /// One workbook for a person
    Xlsx,
    /// A clean SQLite file with full-text search, ready for Datasette
    Sqlite,
    /// Captures, WARC/1.1, with a CDXJ index beside them; filters choose the captures of such reports
    Warc,
    /// The same with index, pages and their text in one WACZ
    Wacz,
    /// A folder about one report: its captures, bytes, numbers, and how to check them
    Evidence,
    /// What every column means, in Chinese and English, as CSV
    Dictionary,
    /// A dated folder of all of these, with a manifest and SHA256SUMS
    Snapshot,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Packed {
    Gzip,
    Zstd,
}

impl From<Packed> for export::Compression {
    fn from(packed: Packed) -> export::Compression {
        match packed {
            Packed::Gzip => export::Compression::Gzip,
            Packed::Zstd => export::Compression::Zstd,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Shape {
    Long,
    Wide,
    Findings,
}

impl Export {
    pub fn run(self, context: &Context) -> anyhow::Result<Exit> {
        if let Some(why) = self.misplaced() {
            tell!("gongkai: {why}");
            return Ok(Exit::Usage);
        }
        spare(&context.config.archive, "--out", &self.out)?;
        let store = context.open(Access::Read)?;
        let stop = context.signals.wind_down();
        match self.write(&store.reader_until(&stop)?) {
            // What it ended with is where it was stopped.
            Err(_) if stop.is_asked() => Err(Interrupted("nothing was written under the name").into()),
            written => written,
        }
    }

    fn write(self, reader: &Connection) -> anyhow::Result<Exit> {
        let shape = match self.shape.unwrap_or(Shape::Long) {
            Shape::Long => export::Shape::Long,
            Shape::Wide => export::Shape::Wide,
            Shape::Findings => export::Shape::Findings,
        };
        let since = self.since.map(|date| date.to_string());
        let wanted = Wanted { agency: self.agency, year: self.year, edition: self.edition, since };
        let (format, what) = match self.format {
            Format::Csv => (export::Format::Csv(shape), words(shape)),
            Format::Jsonl => (export::Format::Jsonl(shape), words(shape)),
            Format::Parquet => (export::Format::Parquet(shape), words(shape)),
            Format::Xlsx => (export::Format::Xlsx, "reports"),
            Format::Sqlite => (export::Format::Sqlite, "reports"),
            Format::Warc => (export::Format::Warc(self.compression.unwrap_or(Packed::Gzip).into()), "records"),
            Format::Wacz => (export::Format::Wacz, "records"),
            // Clap asks for --report with it.
            Format::Evidence => return evidence_of(reader, self.report.unwrap_or_default(), &self.out),
            Format::Dictionary => (export::Format::Dictionary, "columns"),
            Format::Snapshot => {
                let folder = export::snapshot(reader, &wanted, &self.out)?;
                tell!("snapshot written to {}", folder.display());
                return Ok(Exit::Done);
            }
        };
        let count = export::export(reader, format, &wanted, &self.out, self.max_size)?;
        tell!("{count} {what} written to {}", self.out.display());
        Ok(Exit::Done)
    }

    /// The first option that means nothing beside the others.
    fn misplaced(&self) -> Option<&'static str> {
        let to_stream = self.out == Path::new("-");
        let is_folder = matches!(self.format, Format::Evidence | Format::Snapshot);
        let has_shapes = matches!(self.format, Format::Csv | Format::Jsonl | Format::Parquet);
        let is_warc = self.format == Format::Warc;
        let misplaced = [
            (to_stream && self.max_size.is_some(), "a WARC cut into files needs a name to write to"),
            (to_stream && is_folder, "a snapshot and evidence are folders: name where to"),
            (self.max_size.is_some() && !is_warc, "--max-size is for warc"),
            (self.report.is_some() && self.format != Format::Evidence, "--report is for evidence"),
            (self.shape.is_some() && !has_shapes, "--shape is for csv, jsonl and parquet"),
            (self.compression.is_some() && !is_warc, "--compression is for warc"),
        ];
        misplaced.into_iter().find_map(|(is, why)| is.then_some(why))
    }
}

fn evidence_of(reader: &Connection, report: i64, out: &Path) -> anyhow::Result<Exit> {
    let captures = evidence(reader, report, out, office::read, |exchange, parsed| {
        let mut json = serde_json::to_vec_pretty(&Reading::new(Source::of_exchange(exchange), parsed))?;
        json.push(b'\n');
        Ok(json)
    })?;
    tell!("report {report} with {} written to {}", counted(captures, "capture"), out.display());
    Ok(Exit::Done)
}

fn words(shape: export::Shape) -> &'static str {
    match shape {
        export::Shape::Long => "numbers",
        export::Shape::Wide => "reports",
        export::Shape::Findings => "findings",
    }
}

/// `1GB`, `500MB`, `64kB`, or bytes; powers of 1,000.
fn size(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match text[digits.len()..].to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kb" | "k" => 1_000,
        "mb" | "m" => 1_000_000,
        "gb" | "g" => 1_000_000_000,
        other => return Err(format!("{other:?} is no unit: kB, MB and GB are known")),
    };
    let number: u64 = digits.parse().map_err(|_| format!("{digits:?} is no number"))?;
    number.checked_mul(unit).filter(|size| *size > 0).ok_or_else(|| "that is no size".into())
}
