//! For every agency and year: what is known, and why nothing more is.

use rusqlite::Connection;
use serde::Serialize;

use crate::store::StoreError;

/// A row of the view `coverage`, where each state is explained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CoverageRow {
    pub agency: String,
    pub year: i16,
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
    pub agency: String,
    pub year: i16,
    /// As in [`CoverageRow::state`].
    pub state: String,
    /// Of the report, else the last answer that its address gave.
    pub capture: Option<i64>,
}

/// Every row of the view `coverage`, in no order.
pub fn known_years(connection: &Connection) -> Result<Vec<KnownYear>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT c.agency, c.year, c.state, coalesce(c.capture, (
             SELECT max(u.capture) FROM url u JOIN agency a ON a.id = u.agency WHERE a.name = c.agency AND u.year = c.year))
         FROM coverage c",
    )?;
    let rows = statement.query_map([], |row| {
        Ok(KnownYear { agency: row.get(0)?, year: row.get(1)?, state: row.get(2)?, capture: row.get(3)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// In the order of agency and year.
pub fn coverage(connection: &Connection) -> Result<Vec<CoverageRow>, StoreError> {
    let mut statement = connection.prepare(
        "SELECT agency, year, state, reason, captures, numbers, findings, edition, report, capture, url,
                (SELECT payload FROM capture c WHERE c.id = coverage.capture)
         FROM coverage ORDER BY agency, year",
    )?;
    let rows = statement.query_map([], |row| {
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
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
