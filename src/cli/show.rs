//! `gongkai list` and `gongkai show`: what the archive knows of agencies and years, and one report of them.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use clap::Args;
use comfy_table::{Table, presets};

use super::{Context, Exit, print};
use crate::archive::{self, CaptureId};
use crate::dataset::{self, ReportRow, Wanted};
use crate::parse::{self, Given};
use crate::store::Access;

#[derive(Args)]
pub struct List {
    /// As JSON, an object a report
    #[arg(long)]
    json: bool,
}

impl List {
    pub fn run(self, context: &Context) -> anyhow::Result<Exit> {
        let store = context.open(Access::Read)?;
        let reports = dataset::reports(&store.reader()?, &Wanted::default())?;
        if self.json {
            for report in &reports {
                println!("{}", serde_json::to_string(report)?);
            }
            return Ok(Exit::Done);
        }
        let years: BTreeSet<i16> = reports.iter().filter_map(|report| report.year).collect();
        let mut by_agency: BTreeMap<&str, BTreeMap<i16, &ReportRow>> = BTreeMap::new();
        for report in &reports {
            let agency = by_agency.entry(report.agency.as_deref().unwrap_or("?")).or_default();
            if let Some(year) = report.year {
                agency.insert(year, report);
            }
        }
        let mut table = Table::new();
        table.load_style(presets::UTF8_FULL_CONDENSED);
        table.set_header(std::iter::once("agency".to_owned()).chain(years.iter().map(i16::to_string)));
        for (agency, held) in &by_agency {
            let cells = years.iter().map(|year| {
                held.get(year).map_or("·".into(), |report| report.edition.clone().unwrap_or("prose".into()))
            });
            table.add_row(std::iter::once(print::plain(agency)).chain(cells));
        }
        println!("{table}");
        Ok(Exit::Done)
    }
}

#[derive(Args)]
pub struct Show {
    agency: String,
    year: i16,
    /// What earlier parsers read differently, cell by cell
    #[arg(long)]
    versions: bool,
}

impl Show {
    pub fn run(self, context: &Context) -> anyhow::Result<Exit> {
        let store = context.open(Access::Read)?;
        let connection = store.reader()?;
        let wanted = Wanted { agency: Some(self.agency.clone()), year: Some(self.year), ..Wanted::default() };
        let reports = dataset::reports(&connection, &wanted)?;
        let report = reports
            .first()
            .with_context(|| format!("the archive holds no report of {} for {}", self.agency, self.year))?;
        let capture = CaptureId(report.capture);
        if self.versions {
            let now = dataset::stored(&connection, capture)?;
            println!("parser {}: {} cells", report.parser_version, now.len());
            for (version, cells) in dataset::readings_before(&connection, capture)? {
                let changes = dataset::differing(&cells, &now);
                println!("parser {version}: {} cells, {} differ", cells.len(), changes.len());
                for change in changes {
                    let shown = |side: &Option<String>| side.as_deref().map_or("-".into(), print::plain);
                    println!("  {}: {} -> {}", print::plain(&change.cell), shown(&change.before), shown(&change.after));
                }
            }
            return Ok(Exit::Done);
        }
        let (row, exchange) = archive::exchange(&connection, capture)?;
        let parsed = parse::read(Given::served(&exchange.request.url, &exchange.response));
        print::reading(&mut std::io::stdout().lock(), &parsed)?;
        println!(
            "\ncapture {} of {} at {} (sha256 {})",
            row.id,
            print::plain(row.url.as_str()),
            row.started_at,
            row.digest
        );
        println!("parser {}", report.parser_version);
        Ok(Exit::Done)
    }
}
