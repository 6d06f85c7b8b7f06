//! `gongkai export`: what the archive holds, for other programs.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::exit::counted;
use super::reading::{Reading, Source};
use super::{Context, Exit};
use crate::dataset::Wanted;
use crate::export::{self, evidence::evidence};
use crate::office;
use crate::store::Access;

#[derive(Args)]
pub struct Export {
    format: Format,
    /// Where to; - for standard output
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
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
    /// WARC: cut into files of at most this size, like 1GB; NAME-00000.warc.gz and so on
    #[arg(long, value_name = "SIZE", value_parser = size)]
    max_size: Option<u64>,
    /// Evidence: the report, by the "id" that `list --json` gives
    #[arg(long, value_name = "ID", required_if_eq("format", "evidence"))]
    report: Option<i64>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// A row a number, with where it comes from
    Csv,
    /// An object a number
    Jsonl,
    /// Captures, WARC/1.1, with a CDXJ index beside them; filters choose the captures of such reports
    Warc,
    /// The same with index, pages and their text in one WACZ
    Wacz,
    /// A folder about one report: its captures, bytes, numbers, and how to check them
    Evidence,
}

impl Export {
    pub fn run(self, context: &Context) -> anyhow::Result<Exit> {
        let to_stream = self.out == Path::new("-");
        if to_stream && (matches!(self.format, Format::Wacz) || self.max_size.is_some()) {
            eprintln!("gongkai: a WACZ, or a WARC cut into files, needs a name to write to");
            return Ok(Exit::Usage);
        }
        let store = context.open(Access::Read)?;
        if let (Format::Evidence, Some(report)) = (&self.format, self.report) {
            let connection = store.reader()?;
            let captures = evidence(&connection, report, &self.out, office::read, |exchange, parsed| {
                let mut json = serde_json::to_vec_pretty(&Reading::new(Source::of_exchange(exchange), parsed))?;
                json.push(b'\n');
                Ok(json)
            })?;
            eprintln!("report {report} with {} written to {}", counted(captures, "capture"), self.out.display());
            return Ok(Exit::Done);
        }
        let format = match self.format {
            Format::Csv => export::Format::Csv,
            Format::Jsonl => export::Format::Jsonl,
            Format::Warc => export::Format::Warc,
            Format::Wacz => export::Format::Wacz,
            // Clap asks for --report with it.
            Format::Evidence => return Ok(Exit::Usage),
        };
        let since = self.since.map(|date| date.to_string());
        let wanted = Wanted { agency: self.agency, year: self.year, edition: self.edition, since };
        let count = export::export(&store.reader()?, format, &wanted, &self.out, self.max_size)?;
        let of_captures = matches!(format, export::Format::Warc | export::Format::Wacz);
        let what = if of_captures { "records" } else { "numbers" };
        eprintln!("{count} {what} written to {}", self.out.display());
        Ok(Exit::Done)
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
