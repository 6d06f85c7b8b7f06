//! `gongkai list`: agencies by year, and what is known of each.

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
        rows.retain(|row| self.agency.as_ref().is_none_or(|agency| row.agency.as_ref() == Some(agency)));
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
                let year = row.year.map_or("?".into(), |year| year.to_string());
                // Which of those without a name it is, its address says.
                let at =
                    row.url.as_deref().filter(|_| row.agency.is_none()).map_or(String::new(), |url| format!(" {url}"));
                say!("{} {year}: {} ({reason}){}", name(row.agency.as_deref()), row.state, print::plain(&at))?;
            }
        }
        Ok(Exit::Done)
    }
}

/// From the first year of which anything is known; a site that can't be seen is not known better in one year than in another.
/// Reports in whose text no agency was found share the last row, those without a year the last column.
fn table(rows: &[CoverageRow]) -> Table {
    let known = |row: &&CoverageRow| !matches!(row.state.as_str(), "expected" | "not_looked_at" | "blocked");
    let dated = || rows.iter().filter_map(|row| row.year);
    let first = rows.iter().filter(known).filter_map(|row| row.year).min().or(dated().max());
    let mut years: Vec<Option<i16>> = dated().filter(|year| Some(*year) >= first).map(Some).collect();
    years.extend(rows.iter().any(|row| row.year.is_none()).then_some(None));
    years.sort_by_key(|year| year.unwrap_or(i16::MAX));
    years.dedup();
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    let heads = years.iter().map(|year| year.map_or("?".to_owned(), |year| year.to_string()));
    table.set_header(std::iter::once("agency".to_owned()).chain(heads));
    for of_one in rows.chunk_by(|a, b| a.agency == b.agency) {
        let cells = years.iter().map(|year| {
            let held: Vec<&CoverageRow> = of_one.iter().filter(|row| row.year == *year).collect();
            match held.as_slice() {
                [] => String::new(),
                [row] => mark(row),
                several => format!("{} reports", several.len()),
            }
        });
        table.add_row(std::iter::once(name(of_one[0].agency.as_deref())).chain(cells));
    }
    table
}

fn name(agency: Option<&str>) -> String {
    agency.map_or("(no agency found)".into(), |agency| print::plain(agency).to_string())
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
