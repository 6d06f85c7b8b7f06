//! An agency's years held against one another.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::{ReportRow, values};
use crate::parse::{self, Finding, Year};
use crate::store::StoreError;

/// Findings between consecutive years of the same agency, with the later report they are about.
pub fn across_years<'a>(
    connection: &Connection,
    reports: &'a [ReportRow],
) -> Result<Vec<(&'a ReportRow, Finding)>, StoreError> {
    let mut by_agency: BTreeMap<&str, Vec<(&ReportRow, Year)>> = BTreeMap::new();
    for report in reports {
        let (Some(agency), Some(year)) = (&report.agency, report.year) else { continue };
        let numbers = numbers(connection, report.id)?;
        let year = Year { year, edition: report.edition.clone().unwrap_or_default(), numbers };
        by_agency.entry(agency).or_default().push((report, year));
    }
    let mut findings = Vec::new();
    for years in by_agency.values_mut() {
        years.sort_by_key(|(_, year)| year.year);
        for pair in years.windows(2) {
            findings.extend(parse::across(&pair[0].1, &pair[1].1).into_iter().map(|finding| (pair[1].0, finding)));
        }
    }
    Ok(findings)
}

fn numbers(connection: &Connection, report: i64) -> Result<BTreeMap<String, String>, StoreError> {
    let read = values(connection, report)?.into_iter().filter(|value| !value.suggested);
    let numbers = read.filter_map(|value| {
        let parts = [Some(value.indicator), value.applicant, value.label, value.series];
        Some((parts.into_iter().flatten().collect::<Vec<_>>().join("/"), value.value?))
    });
    Ok(numbers.collect())
}
