//! `gongkai show`: one report of the archive.

use clap::Args;
use rusqlite::Connection;
use serde::Serialize;
use serde_json::json;

use super::reading::{Reading, Source};
use super::{Context, Exit, named, print};
use crate::archive::{self, CaptureId};
use crate::dataset::{self, ReportRow};
use crate::parse::{self, Given};
use crate::store::Access;

#[derive(Args)]
pub struct Show {
    agency: String,
    year: i16,
    /// What earlier parsers read differently, cell by cell
    #[arg(long, conflicts_with = "captures")]
    versions: bool,
    /// Every capture of its address: number, when it was asked for, status, bytes, digest
    #[arg(long)]
    captures: bool,
    /// Print the reading as JSON; with --captures an object a line
    #[arg(long)]
    json: bool,
}

/// The page as it is read now, and by which parser the numbers that stand were read.
#[derive(Serialize)]
struct Shown<'a> {
    capture: i64,
    stored_parser_version: &'a str,
    #[serde(flatten)]
    reading: Reading<'a>,
}

impl Show {
    pub fn run(self, context: &Context) -> anyhow::Result<Exit> {
        let store = context.open(Access::Read)?;
        let connection = store.reader()?;
        let report = &named::report(&connection, &self.agency, self.year)?;
        let capture = CaptureId(report.capture);
        if self.versions {
            self.say_versions(&connection, report)?;
        } else if self.captures {
            self.say_captures(&connection, capture)?;
        } else {
            self.say_reading(&connection, report)?;
        }
        Ok(Exit::Done)
    }

    fn say_versions(&self, connection: &Connection, report: &ReportRow) -> anyhow::Result<()> {
        let capture = CaptureId(report.capture);
        let now = dataset::stored(connection, capture)?;
        let before = dataset::readings_before(connection, capture)?;
        if self.json {
            let before = before.iter().map(|(version, cells)| {
                let changes = dataset::differing(cells, &now);
                json!({ "parser_version": version, "values": cells.len(), "cells": changes })
            });
            print::json(&json!({
                "capture": capture.0,
                "parser_version": report.parser_version,
                "values": now.len(),
                "before": before.collect::<Vec<_>>(),
            }))?;
            return Ok(());
        }
        say!("parser {}: {} cells", report.parser_version, now.len())?;
        for (version, cells) in before {
            let changes = dataset::differing(&cells, &now);
            say!("parser {version}: {} cells, {} differ", cells.len(), changes.len())?;
            for change in changes {
                let shown = |side: &Option<String>| side.as_deref().map_or("-".into(), print::plain);
                say!("  {}: {} -> {}", print::plain(&change.cell), shown(&change.before), shown(&change.after))?;
            }
        }
        Ok(())
    }

    fn say_captures(&self, connection: &Connection, capture: CaptureId) -> anyhow::Result<()> {
        for of_it in archive::of_address(connection, capture)? {
            if self.json {
                let of_it = json!({
                    "capture": of_it.id.0,
                    "url": of_it.url,
                    "started_at": of_it.started_at,
                    "status": of_it.status,
                    "size_bytes": of_it.size_bytes,
                    "sha256": of_it.digest.to_string(),
                    "revisit_of": of_it.revisit_of.map(|original| original.0),
                    "truncated": of_it.truncated.map(|cut| cut.as_str()),
                    "shown": of_it.id == capture,
                });
                print::json_line(&of_it)?;
                continue;
            }
            let what = match (of_it.revisit_of, of_it.truncated, of_it.id == capture) {
                (Some(original), ..) => format!("  the same as {original}"),
                (_, Some(cut), _) => format!("  cut short: {}", cut.as_str()),
                (_, _, true) => "  the one that is shown".to_owned(),
                _ => String::new(),
            };
            let (at, status, digest) = (&of_it.started_at, of_it.status, of_it.digest);
            say!("{:>8}  {at}  {status}  {:>9}  {digest}{what}", of_it.id.0, of_it.size_bytes)?;
        }
        Ok(())
    }

    fn say_reading(&self, connection: &Connection, report: &ReportRow) -> anyhow::Result<()> {
        let (row, exchange) = archive::exchange(connection, CaptureId(report.capture))?;
        let parsed = parse::read(Given::served(&exchange.request, &exchange.response));
        if self.json {
            print::json(&Shown {
                capture: report.capture,
                stored_parser_version: &report.parser_version,
                reading: Reading::new(Source::of_exchange(&exchange), &parsed),
            })?;
            return Ok(());
        }
        print::reading(&parsed)?;
        let url = print::plain(row.url.as_str());
        say!("\ncapture {} of {url} at {} (sha256 {})", row.id, row.started_at, row.digest)?;
        say!("parser {}", report.parser_version)?;
        Ok(())
    }
}
