//! What fails: within reports as it is stored, between the years of an agency as it is found now.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::Connection;
use serde::Serialize;

use super::Overview;
use crate::dataset::{self, ReportRow};
use crate::parse;
use crate::store::StoreError;

/// A finding that fails, with the report it is about.
#[derive(Clone, Debug, Serialize)]
pub struct Found {
    pub agency: String,
    pub year: i16,
    pub capture: i64,
    pub rule: String,
    pub severity: String,
    pub left: Option<String>,
    pub right: Option<String>,
    pub detail: String,
    pub values: Vec<String>,
    pub fingerprint: String,
}

/// Reports that findings across years were made from, and the findings.
pub type Across = (Vec<(i64, i64, String)>, Arc<Vec<Found>>);

pub fn within(connection: &Connection, reports: &[ReportRow]) -> Result<Vec<Found>, StoreError> {
    let by_id: HashMap<i64, &ReportRow> = reports.iter().map(|report| (report.id, report)).collect();
    let mut statement = connection.prepare_cached(
        "SELECT report, rule, severity, left, right, detail, \"values\", fingerprint FROM finding WHERE verdict = 'fail'",
    )?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let Some(report) = by_id.get(&row.get(0)?) else { continue };
        found.push(Found {
            agency: report.agency.clone().unwrap_or_default(),
            year: report.year.unwrap_or_default(),
            capture: report.capture,
            rule: row.get(1)?,
            severity: row.get(2)?,
            left: row.get(3)?,
            right: row.get(4)?,
            detail: row.get(5)?,
            values: serde_json::from_str(&row.get::<_, String>(6)?).unwrap_or_default(),
            fingerprint: row.get(7)?,
        });
    }
    Ok(found)
}

/// By agency; what `before` made from the same reports is taken from there.
pub fn over_years(
    connection: &Connection,
    reports: &[ReportRow],
    before: &Overview,
) -> Result<HashMap<String, Across>, StoreError> {
    let mut across = HashMap::new();
    for of_one in reports.chunk_by(|a, b| a.agency == b.agency) {
        let Some(agency) = &of_one[0].agency else { continue };
        if of_one.len() < 2 {
            continue;
        }
        let made_from = made_from(of_one);
        let known = before.across.get(agency).filter(|(from, _)| *from == made_from);
        let found = match known {
            Some((_, found)) => found.clone(),
            None => Arc::new(across_of(connection, of_one)?),
        };
        across.insert(agency.clone(), (made_from, found));
    }
    Ok(across)
}

pub fn made_from(reports: &[ReportRow]) -> Vec<(i64, i64, String)> {
    reports.iter().map(|report| (report.id, report.capture, report.parser_version.clone())).collect()
}

/// What fails between the years of one agency.
pub fn across_of(connection: &Connection, reports: &[ReportRow]) -> Result<Vec<Found>, StoreError> {
    let found = dataset::across_years(connection, reports)?;
    let failing = found.into_iter().filter(|(_, finding)| finding.verdict == parse::Verdict::Fail);
    Ok(failing
        .map(|(report, finding)| Found {
            agency: report.agency.clone().unwrap_or_default(),
            year: report.year.unwrap_or_default(),
            capture: report.capture,
            rule: finding.rule.into(),
            severity: parse::word(&finding.severity).into(),
            left: finding.left,
            right: finding.right,
            detail: finding.detail,
            values: finding.values,
            fingerprint: finding.fingerprint,
        })
        .collect())
}
