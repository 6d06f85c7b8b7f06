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
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// A row a number, with where it comes from
    Csv,
    /// An object a number
    Jsonl,
    /// Every capture, WARC/1.1; filters do not apply
    Warc,
}

impl Export {
    pub fn run(self, context: &Context) -> anyhow::Result<Exit> {
        let store = context.open(Access::Read)?;
        let format = match self.format {
            Format::Csv => export::Format::Csv,
            Format::Jsonl => export::Format::Jsonl,
            Format::Warc => export::Format::Warc,
        };
        let since = self.since.map(|date| date.to_string());
        let wanted = Wanted { agency: self.agency, year: self.year, edition: self.edition, since };
        let count = export::export(&store.reader()?, format, &wanted, &self.out)?;
        let what = if format == export::Format::Warc { "records" } else { "numbers" };
        eprintln!("{count} {what} written to {}", self.out.display());
        Ok(Exit::Done)
    }
}
