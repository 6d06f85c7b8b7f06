//! For every agency and year: what is known, and why nothing more is.

use rusqlite::{Connection, Row};
use serde::Serialize;

use crate::store::StoreError;

/// A row of the view `coverage`, where each state is explained; or a report that the view leaves out, for want of an agency or
/// a year in its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CoverageRow {
    pub agency: Option<String>,
    pub year: Option<i16>,
    /// read | findings | prose | doubtful | withdrawn | found | blocked | expected | not_looked_at
    pub state: String,
    pub reason: Option<String>,
    /// Answers kept that hold this report.
    pub captures: i64,
    pub numbers: i64,
    /// Identities that don't hold.
    pub findings: i64,
    pub edition: Option<String>,
    pub report: Option<i64>,
    pub capture: Option<i64>,
    pub url: Option<String>,
    /// Of the payload it was read from.
    pub sha256: Option<String>,
}

impl CoverageRow {
    /// A report of the year was had, whatever became of it since.
    pub fn is_held(&self) -> bool {
        self.report.is_some()
    }
}

/// How an agency stands in a year: the part of [`CoverageRow`] that is quick to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownYear {
    /// None of a report in whose text none was found.
    pub agency: Option<String>,
    pub year: i16,
    /// As in [`CoverageRow::state`].
    pub state: String,
    /// Of the report, else the last answer that its address gave.
    pub capture: Option<i64>,
}

/// Reports that the view `coverage` leaves out, the last of each address; told by the same rules.
const UNTOLD: &str = "
    SELECT r.agency, r.year,
           CASE
               WHEN u.state = 'gone' OR u.outcome IN ('not_found', 'gone', 'soft_404') THEN 'withdrawn'
               WHEN c.truncated IS NOT NULL THEN 'doubtful'
               WHEN NOT EXISTS (SELECT 1 FROM value v WHERE v.report = r.id AND v.value IS NOT NULL AND v.suggested = 0) THEN 'prose'
               WHEN EXISTS (SELECT 1 FROM finding f WHERE f.report = r.id AND f.verdict = 'fail') THEN 'findings'
               ELSE 'read'
           END AS state,
           CASE
               WHEN c.truncated IS NOT NULL THEN 'its body was cut: ' || c.truncated || '; '
               WHEN u.outcome IN ('not_found', 'gone', 'soft_404') THEN u.outcome || '; '
               ELSE ''
           END || CASE
               WHEN r.year IS NOT NULL THEN 'no agency was found in its text'
               WHEN r.agency IS NOT NULL THEN 'no year was found in its text'
               ELSE 'no agency and no year were found in its text'
           END AS reason,
           (SELECT count(*) FROM report o JOIN capture oc ON oc.id = o.capture WHERE oc.urlkey = c.urlkey) AS captures,
           (SELECT count(*) FROM value v WHERE v.report = r.id AND v.value IS NOT NULL AND v.suggested = 0) AS numbers,
           (SELECT count(*) FROM finding f WHERE f.report = r.id AND f.verdict = 'fail') AS findings,
           r.edition, r.id AS report, r.capture, c.url, c.payload
    FROM report r JOIN capture c ON c.id = r.capture LEFT JOIN url u ON u.key = c.urlkey
    WHERE (r.agency IS NULL OR r.year IS NULL)
      AND NOT EXISTS (SELECT 1 FROM report o JOIN capture oc ON oc.id = o.capture WHERE oc.urlkey = c.urlkey AND o.capture > r.capture)";

/// Every row of the view `coverage`, and reports without an agency, in no order.
pub fn known_years(connection: &Connection) -> Result<Vec<KnownYear>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT c.agency, c.year, c.state, coalesce(c.capture, (
             SELECT max(u.capture) FROM url u JOIN agency a ON a.id = u.agency WHERE a.name = c.agency AND u.year = c.year))
         FROM coverage c
         UNION ALL SELECT agency, year, state, capture FROM ({UNTOLD}) WHERE agency IS NULL AND year IS NOT NULL"
    ))?;
    let rows = statement.query_map([], |row| {
        Ok(KnownYear { agency: row.get(0)?, year: row.get(1)?, state: row.get(2)?, capture: row.get(3)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// In the order of agency and year; those without one are the last.
pub fn coverage(connection: &Connection) -> Result<Vec<CoverageRow>, StoreError> {
    const VIEWED: &str = "
        SELECT agency, year, state, reason, captures, numbers, findings, edition, report, capture, url,
               (SELECT payload FROM capture c WHERE c.id = coverage.capture)
        FROM coverage";
    let mut statement = connection.prepare(&format!(
        "SELECT * FROM ({VIEWED} UNION ALL {UNTOLD}) ORDER BY agency NULLS LAST, year NULLS LAST, capture"
    ))?;
    let rows = statement.query_map([], coverage_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Reports in whose text no agency was found, the last of each address, in the order of year and capture.
pub fn unnamed(connection: &Connection) -> Result<Vec<CoverageRow>, StoreError> {
    let mut statement = connection
        .prepare_cached(&format!("SELECT * FROM ({UNTOLD}) WHERE agency IS NULL ORDER BY year NULLS LAST, capture"))?;
    let rows = statement.query_map([], coverage_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn coverage_row(row: &Row<'_>) -> rusqlite::Result<CoverageRow> {
    Ok(CoverageRow {
        agency: row.get(0)?,
        year: row.get(1)?,
        state: row.get(2)?,
        reason: row.get(3)?,
        captures: row.get(4)?,
        numbers: row.get(5)?,
        findings: row.get(6)?,
        edition: row.get(7)?,
        report: row.get(8)?,
        capture: row.get(9)?,
        url: row.get(10)?,
        sha256: row.get(11)?,
    })
}
