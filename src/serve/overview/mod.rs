//! Agencies by year and what fails, gathered once for all pages that list them, and again when the archive changes.

mod failing;
mod last_run;
mod standing;

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::Connection;

pub use failing::Found;
pub use last_run::{LastRun, outcomes};
pub use standing::{Line, Standing, State};

use crate::dataset::{self, ReportRow, Wanted};
use crate::metrics;
use crate::store::StoreError;
use failing::{Across, across_of, made_from, over_years, within};
use last_run::last_run;
use standing::{axis, lines};

pub struct Overview {
    pub lines: Vec<Line>,
    /// Place of a line by its agency.
    pub by_agency: HashMap<String, usize>,
    pub years: Vec<i16>,
    pub findings: Vec<Found>,
    pub last_run: Option<LastRun>,
    /// Findings across years, by agency, with the reports they come from: made again only where those change.
    across: HashMap<String, Across>,
    /// False before the first look across years is done.
    pub across_done: bool,
    /// Reports read before pages were indexed: no search finds them.
    pub unsearched: i64,
    /// What a monitor asks for.
    pub metrics: String,
}

impl Overview {
    /// Without what holds across years where there is no overview `before`.
    pub fn build(connection: &Connection, before: Option<&Overview>) -> Result<Overview, StoreError> {
        let reports = dataset::reports(connection, &Wanted::default())?;
        let mut findings = within(connection, &reports)?;
        let mut across = HashMap::new();
        if let Some(before) = before {
            across = over_years(connection, &reports, before)?;
            let mut names: Vec<&String> = across.keys().collect();
            names.sort();
            findings.extend(names.into_iter().flat_map(|name| across[name].1.iter().cloned()));
        }
        let rank = |severity: &str| ["error", "warning", "info"].iter().position(|known| *known == severity);
        findings.sort_by(|a, b| {
            (rank(&a.severity), &a.rule, &a.agency, -a.year, &a.fingerprint).cmp(&(
                rank(&b.severity),
                &b.rule,
                &b.agency,
                -b.year,
                &b.fingerprint,
            ))
        });
        let mut lines = lines(connection, &reports, &findings)?;
        let years = axis(&lines);
        for line in lines.values_mut() {
            line.years.retain(|year, _| years.contains(year));
            for year in &years {
                line.years.entry(*year).or_insert_with(Standing::missing);
            }
        }
        let lines: Vec<Line> = lines.into_values().collect();
        let by_agency = lines.iter().enumerate().map(|(n, line)| (line.agency.clone(), n)).collect();
        let last_run = last_run(connection)?;
        let across_done = before.is_some();
        let unsearched = dataset::captures_without_words(connection)?;
        let metrics = metrics::text(connection)?;
        Ok(Overview { lines, by_agency, years, findings, last_run, across, across_done, unsearched, metrics })
    }

    /// What fails between the years of an agency: as it is known, or as it is while the first look across years goes on.
    pub fn across_of(
        &self,
        connection: &Connection,
        agency: &str,
        reports: &[ReportRow],
    ) -> Result<Arc<Vec<Found>>, StoreError> {
        match self.across.get(agency).filter(|(from, _)| *from == made_from(reports)) {
            Some((_, found)) => Ok(found.clone()),
            None => Ok(Arc::new(across_of(connection, reports)?)),
        }
    }

    pub fn line(&self, agency: &str) -> Option<&Line> {
        self.by_agency.get(agency).map(|n| &self.lines[*n])
    }
}
