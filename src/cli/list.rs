//! `gongkai list`: agencies by year, and what is known of each.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;
use comfy_table::{Table, presets};

use super::{Context, Exit, print};
use crate::dataset::{self, CoverageRow};
use crate::store::Access;

#[derive(Args)]
pub struct List {
    /// As JSON, an object for each agency and year
    #[arg(long)]
    json: bool,
    /// Why each year that is not read is not
    #[arg(long)]
    reasons: bool,
    /// Only this agency
    #[arg(long)]
    agency: Option<String>,
}

impl List {
    pub fn run(self, context: &Context) -> anyhow::Result<Exit> {
        let store = context.open(Access::Read)?;
        let mut rows = dataset::coverage(&store.reader()?)?;
        rows.retain(|row| self.agency.as_ref().is_none_or(|agency| row.agency == *agency));
        if self.json {
            for row in &rows {
                print::json_line(row)?;
            }
            return Ok(Exit::Done);
        }
        say!("{}", table(&rows))?;
        say!(
            "2021, 2019, pre2019: the form, read   !: identities that don't hold   ?: cut short   x: withdrawn\n\
             prose: no table   found: not read   blocked: can't be seen   \u{b7}: a listing names none   blank: not looked at"
        )?;
        if self.reasons {
            for row in rows.iter().filter(|row| row.reason.is_some()) {
                let reason = print::plain(row.reason.as_deref().unwrap_or_default());
                say!("{} {}: {} ({reason})", print::plain(&row.agency), row.year, row.state)?;
            }
        }
        Ok(Exit::Done)
    }
}

/// From the first year of which anything is known; a site that can't be seen is not known better in one year than in another.
fn table(rows: &[CoverageRow]) -> Table {
    let known = |row: &&CoverageRow| !matches!(row.state.as_str(), "expected" | "not_looked_at" | "blocked");
    let first = rows.iter().filter(known).map(|row| row.year).min().or(rows.iter().map(|row| row.year).max());
    let years: BTreeSet<i16> = rows.iter().map(|row| row.year).filter(|year| Some(*year) >= first).collect();
    let mut by_agency: BTreeMap<&str, BTreeMap<i16, &CoverageRow>> = BTreeMap::new();
    for row in rows {
        by_agency.entry(&row.agency).or_default().insert(row.year, row);
    }
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    table.set_header(std::iter::once("agency".to_owned()).chain(years.iter().map(i16::to_string)));
    for (agency, held) in &by_agency {
        let cells = years.iter().map(|year| held.get(year).map_or(String::new(), |row| mark(row)));
        table.add_row(std::iter::once(print::plain(agency)).chain(cells));
    }
    table
}

fn mark(row: &CoverageRow) -> String {
    let form = row.edition.as_deref().unwrap_or("prose");
    match row.state.as_str() {
        "read" => form.to_owned(),
        "findings" => format!("{form}!"),
        "doubtful" => format!("{form}?"),
        "withdrawn" => format!("{form}x"),
        "expected" => "\u{b7}".to_owned(),
        "not_looked_at" => String::new(),
        other => other.to_owned(),
    }
}
