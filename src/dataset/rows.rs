//! The data set as rows, for printing and export.

use rusqlite::{Connection, OptionalExtension, Row};
use serde::Serialize;

use crate::store::StoreError;

/// Which reports; all where nothing is said.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub agency: Option<String>,
    pub year: Option<i16>,
    pub edition: Option<String>,
    /// Captured at or after, RFC 3339.
    pub since: Option<String>,
}

/// The report of one agency and year that stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReportRow {
    pub id: i64,
    pub capture: i64,
    pub agency: Option<String>,
    pub region: Option<String>,
    pub year: Option<i16>,
    pub edition: Option<String>,
    pub title: Option<String>,
    pub published: Option<String>,
    pub url: String,
    pub captured_at: String,
    pub sha256: String,
    pub parser_version: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ValueRow {
    pub indicator: String,
    pub applicant: Option<String>,
    pub label: Option<String>,
    pub series: Option<String>,
    pub state: String,
    pub value: Option<String>,
    /// As printed.
    pub text: String,
    pub unit: Option<String>,
    pub rule: String,
    pub suggested: bool,
    pub table: i64,
    pub row: i64,
    pub column: i64,
    pub byte_start: i64,
    pub byte_end: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FindingRow {
    pub rule: String,
    pub severity: String,
    pub verdict: String,
    pub left: Option<String>,
    pub right: Option<String>,
    pub detail: String,
    pub values: Vec<String>,
    pub fingerprint: String,
}

impl ValueRow {
    /// The cell's name: `applications.received/total`, `disclosure.fees.amount`.
    pub fn code(&self) -> String {
        match &self.applicant {
            Some(applicant) => format!("{}/{applicant}", self.indicator),
            None => self.indicator.clone(),
        }
    }
}

/// Reports in the order of agency, year, capture.
pub fn reports(connection: &Connection, wanted: &Wanted) -> Result<Vec<ReportRow>, StoreError> {
    let mut reports = Vec::new();
    each_report(connection, wanted, |report| {
        reports.push(report);
        Ok::<_, StoreError>(())
    })?;
    Ok(reports)
}

/// [`reports`] one by one, so that memory does not grow with the archive.
pub fn each_report<E: From<StoreError>>(
    connection: &Connection,
    wanted: &Wanted,
    mut each: impl FnMut(ReportRow) -> Result<(), E>,
) -> Result<(), E> {
    let sql = |fault: rusqlite::Error| E::from(fault.into());
    // A condition that may be left out by its parameter would keep SQLite from the index.
    let given = |is: bool, condition: &'static str, absent: &'static str| if is { condition } else { absent };
    let conditions = [
        given(wanted.agency.is_some(), "agency = ?1", "?1 IS NULL"),
        given(wanted.year.is_some(), "year = ?2", "?2 IS NULL"),
        given(wanted.edition.is_some(), "edition = ?3", "?3 IS NULL"),
        given(wanted.since.is_some(), "captured_at >= ?4", "?4 IS NULL"),
    ];
    let mut statement = connection
        .prepare_cached(&format!(
            "SELECT id, capture, agency, region, year, edition, title, published, url, captured_at, payload, parser_version
             FROM report_current WHERE {} ORDER BY agency, year, capture",
            conditions.join(" AND ")
        ))
        .map_err(sql)?;
    let mut rows =
        statement.query(rusqlite::params![wanted.agency, wanted.year, wanted.edition, wanted.since]).map_err(sql)?;
    while let Some(row) = rows.next().map_err(sql)? {
        each(report_row(row).map_err(sql)?)?;
    }
    Ok(())
}

fn report_row(row: &Row<'_>) -> rusqlite::Result<ReportRow> {
    Ok(ReportRow {
        id: row.get(0)?,
        capture: row.get(1)?,
        agency: row.get(2)?,
        region: row.get(3)?,
        year: row.get(4)?,
        edition: row.get(5)?,
        title: row.get(6)?,
        published: row.get(7)?,
        url: row.get(8)?,
        captured_at: row.get(9)?,
        sha256: row.get(10)?,
        parser_version: row.get(11)?,
    })
}

/// The reading of one capture, whether it is the one that stands or an earlier one.
pub fn report_of(connection: &Connection, capture: i64) -> Result<Option<ReportRow>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("{EVERY} WHERE r.capture = ?1"))?;
    Ok(statement.query_row([capture], report_row).optional()?)
}

/// Every reading of one agency and year, or of one address, newest capture first.
pub fn reports_over_time(connection: &Connection, of: &ReportRow) -> Result<Vec<ReportRow>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "{EVERY} WHERE (r.agency = ?1 AND r.year = ?2) OR r.capture IN
             (SELECT o.id FROM capture o WHERE o.urlkey = (SELECT urlkey FROM capture WHERE id = ?3))
         ORDER BY r.capture DESC"
    ))?;
    let rows = statement.query_map(rusqlite::params![of.agency, of.year, of.capture], report_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

const EVERY: &str =
    "SELECT r.id, r.capture, r.agency, r.region, r.year, r.edition, p.title, p.published, c.url, c.started_at,
         c.payload, p.parser_version
     FROM report r JOIN page p ON p.capture = r.capture JOIN capture c ON c.id = r.capture";

/// Values of one report in the order of the page.
pub fn values(connection: &Connection, report: i64) -> Result<Vec<ValueRow>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT indicator, applicant, label, series, state, value, text, unit, rule, suggested, table_index, row_index,
             column_index, byte_start, byte_end
         FROM value WHERE report = ?1 ORDER BY nth",
    )?;
    let rows = statement.query_map([report], |row| {
        Ok(ValueRow {
            indicator: row.get(0)?,
            applicant: row.get(1)?,
            label: row.get(2)?,
            series: row.get(3)?,
            state: row.get(4)?,
            value: row.get(5)?,
            text: row.get(6)?,
            unit: row.get(7)?,
            rule: row.get(8)?,
            suggested: row.get(9)?,
            table: row.get(10)?,
            row: row.get(11)?,
            column: row.get(12)?,
            byte_start: row.get(13)?,
            byte_end: row.get(14)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Findings of one report.
pub fn findings(connection: &Connection, report: i64) -> Result<Vec<FindingRow>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT rule, severity, verdict, left, right, detail, \"values\", fingerprint FROM finding WHERE report = ?1 ORDER BY nth",
    )?;
    let mut rows = statement.query([report])?;
    let mut findings = Vec::new();
    while let Some(row) = rows.next()? {
        let values: String = row.get(6)?;
        findings.push(FindingRow {
            rule: row.get(0)?,
            severity: row.get(1)?,
            verdict: row.get(2)?,
            left: row.get(3)?,
            right: row.get(4)?,
            detail: row.get(5)?,
            values: serde_json::from_str(&values)
                .map_err(|fault| StoreError::Row(format!("the values of a finding are no JSON: {fault}")))?,
            fingerprint: row.get(7)?,
        });
    }
    Ok(findings)
}
