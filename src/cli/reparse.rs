//! `gongkai reparse`: the whole archive read again, without asking any site.

use std::num::NonZeroUsize;

use clap::Args;

use super::exit::counted;
use super::{Context, Exit, print};
use crate::clock::Clock;
use crate::office;
use crate::parse::{HISTORY, PARSER_VERSION};
use crate::reparse::{self, Options};
use crate::store::Access;

#[derive(Args)]
pub struct Reparse {
    /// Every capture, not only those whose reading is older than the parser
    #[arg(long)]
    all: bool,
    /// Readings at a time [default: one for each core]
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// Write nothing
    #[arg(long)]
    dry_run: bool,
    /// Print every cell gained, lost or changed
    #[arg(long)]
    diff: bool,
}

impl Reparse {
    pub fn run(self, context: &Context) -> anyhow::Result<Exit> {
        let store = if self.dry_run { context.open(Access::Read)? } else { context.open_existing()? };
        let jobs = self.jobs.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
        let options = Options { all: self.all, dry_run: self.dry_run, jobs };
        let summary = reparse::reparse(&store, &Clock::system(), options, office::read, |difference| {
            if !self.diff || difference.changes.is_empty() {
                return;
            }
            let year = difference.year.map_or("?".into(), |year| year.to_string());
            let agency = difference.agency.as_deref().unwrap_or("?");
            println!(
                "capture {} {} {year} {}",
                difference.capture,
                print::plain(agency),
                print::plain(&difference.url)
            );
            for change in &difference.changes {
                let shown = |side: &Option<String>| side.as_deref().map_or("-".into(), print::plain);
                println!("  {}: {} -> {}", print::plain(&change.cell), shown(&change.before), shown(&change.after));
            }
        })?;
        let what = HISTORY.last().map_or("", |(_, what)| what);
        println!(
            "parser {PARSER_VERSION} ({what}): {} read, {}; numbers gained {}, lost {}, changed {}{}",
            counted(summary.captures, "capture"),
            counted(summary.reports, "report"),
            summary.delta.gained,
            summary.delta.lost,
            summary.delta.changed,
            if self.dry_run { "; nothing was written" } else { "" }
        );
        for (capture, why) in &summary.damaged {
            eprintln!("gongkai: capture {capture} can't be read: {why}");
        }
        for capture in &summary.panicked {
            eprintln!("gongkai: the parser failed on capture {capture}");
        }
        Ok(match (summary.damaged.is_empty(), summary.panicked.is_empty()) {
            (false, _) => Exit::Damaged,
            (_, false) => Exit::Partial,
            _ => Exit::Done,
        })
    }
}
