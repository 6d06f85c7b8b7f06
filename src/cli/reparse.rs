//! `gongkai reparse`: the whole archive read again, without asking any site.

use std::num::NonZeroUsize;

use clap::Args;
use serde_json::{Value, json};

use super::exit::counted;
use super::{Context, Exit, print};
use crate::clock::Clock;
use crate::office;
use crate::parse::{HISTORY, PARSER_VERSION};
use crate::reparse::{self, Difference, Options, Summary};
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
    /// Print what was done as JSON
    #[arg(long)]
    json: bool,
}

impl Reparse {
    pub fn run(self, context: &Context) -> anyhow::Result<Exit> {
        let store = if self.dry_run { context.open(Access::Read)? } else { context.open_existing()? };
        let jobs = self.jobs.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
        let options = Options { all: self.all, dry_run: self.dry_run, jobs };
        let stop = context.signals.wind_down();
        // The archive is re-read to its end though nobody listens any more.
        let mut said = Ok(());
        let mut differences = Vec::new();
        let summary = reparse::reparse_until(&store, &Clock::system(), options, &stop, office::read, |difference| {
            if !self.diff || difference.changes.is_empty() {
                return;
            }
            match self.json {
                true => differences.push(as_json(&difference)),
                false if said.is_ok() => said = say(&difference),
                false => {}
            }
        })?;
        said?;
        if self.json {
            print::json(&self.summary(&summary, differences))?;
        } else {
            let what = HISTORY.last().map_or("", |(_, what)| what);
            say!(
                "parser {PARSER_VERSION} ({what}): {} read, {}; numbers gained {}, lost {}, changed {}{}",
                counted(summary.captures, "capture"),
                counted(summary.reports, "report"),
                summary.delta.gained,
                summary.delta.lost,
                summary.delta.changed,
                match (self.dry_run, summary.interrupted) {
                    (true, _) => "; nothing was written",
                    (_, true) => "; interrupted: run it again to go on",
                    _ => "",
                }
            )?;
        }
        for (capture, why) in &summary.damaged {
            tell!("gongkai: capture {capture} can't be read: {why}");
        }
        for capture in &summary.panicked {
            tell!("gongkai: the parser failed on capture {capture}");
        }
        Ok(match (summary.damaged.is_empty(), summary.panicked.is_empty()) {
            (false, _) => Exit::Damaged,
            _ if summary.interrupted => Exit::Interrupted,
            (_, false) => Exit::Partial,
            _ => Exit::Done,
        })
    }

    fn summary(&self, summary: &Summary, differences: Vec<Value>) -> Value {
        let damaged = summary.damaged.iter().map(|(capture, why)| json!({ "capture": capture.0, "why": why }));
        let mut told = json!({
            "parser_version": PARSER_VERSION,
            "captures": summary.captures,
            "reports": summary.reports,
            "gained": summary.delta.gained,
            "lost": summary.delta.lost,
            "changed": summary.delta.changed,
            "dry_run": self.dry_run,
            "interrupted": summary.interrupted,
            "damaged": damaged.collect::<Vec<_>>(),
            "panicked": summary.panicked.iter().map(|capture| capture.0).collect::<Vec<_>>(),
        });
        if self.diff {
            told["differences"] = differences.into();
        }
        told
    }
}

fn as_json(difference: &Difference) -> Value {
    json!({
        "capture": difference.capture.0,
        "url": difference.url,
        "agency": difference.agency,
        "year": difference.year,
        "cells": difference.changes,
    })
}

fn say(difference: &Difference) -> std::io::Result<()> {
    let year = difference.year.map_or("?".into(), |year| year.to_string());
    let (agency, url) = (print::plain(difference.agency.as_deref().unwrap_or("?")), print::plain(&difference.url));
    say!("capture {} {agency} {year} {url}", difference.capture)?;
    for change in &difference.changes {
        let shown = |side: &Option<String>| side.as_deref().map_or("-".into(), print::plain);
        say!("  {}: {} -> {}", print::plain(&change.cell), shown(&change.before), shown(&change.after))?;
    }
    Ok(())
}
