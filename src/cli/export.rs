//! `gongkai export`: what the archive holds, for other programs.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Context, Exit};
use crate::dataset::Wanted;
use crate::export;
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
    /// Only this form: 2021, 2019, pre2019
    #[arg(long)]
    edition: Option<String>,
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
    /// Captures, WARC/1.1; filtered, those of the reports wanted
    Warc,
    /// What every column means, in Chinese and English, as CSV
    Dictionary,
    /// A dated folder of all of these, with a manifest and SHA256SUMS
    Snapshot,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Shape {
    Long,
    Wide,
    Findings,
}

impl Export {
    pub fn run(self, context: &Context) -> anyhow::Result<Exit> {
        let store = context.open(Access::Read)?;
        let has_shapes = matches!(self.format, Format::Csv | Format::Jsonl | Format::Parquet);
        if self.shape.is_some() && !has_shapes {
            eprintln!("gongkai: --shape is for csv, jsonl and parquet");
            return Ok(Exit::Usage);
        }
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
            Format::Warc => (export::Format::Warc, "records"),
            Format::Dictionary => (export::Format::Dictionary, "columns"),
            Format::Snapshot => {
                let folder = export::snapshot(&store.reader()?, &wanted, &self.out)?;
                eprintln!("snapshot written to {}", folder.display());
                return Ok(Exit::Done);
            }
        };
        let count = export::export(&store.reader()?, format, &wanted, &self.out)?;
        eprintln!("{count} {what} written to {}", self.out.display());
        Ok(Exit::Done)
    }
}

fn words(shape: export::Shape) -> &'static str {
    match shape {
        export::Shape::Long => "numbers",
        export::Shape::Wide => "reports",
        export::Shape::Findings => "findings",
    }
}
