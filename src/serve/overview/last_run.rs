//! What the last run brought.

use rusqlite::{Connection, OptionalExtension};
use serde::Serialize;

use crate::store::StoreError;

/// What the last run brought.
#[derive(Clone, Debug, Serialize)]
pub struct LastRun {
    pub crawl: i64,
    pub started_at: String,
    pub ended_at: Option<String>,
    pub ended: Option<String>,
    pub outcomes: Vec<(String, i64)>,
    /// Reports among its new captures, the newest first, cut at [`SHOWN`].
    pub reports: Vec<(i64, String, i16)>,
    pub new_reports: usize,
}

const SHOWN: usize = 12;

pub fn last_run(connection: &Connection) -> Result<Option<LastRun>, StoreError> {
    let run = connection
        .prepare_cached("SELECT id, started_at, ended_at, ended FROM run ORDER BY id DESC LIMIT 1")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
        .optional()?;
    let Some((crawl, started_at, ended_at, ended)) = run else { return Ok(None) };
    let mut statement = connection.prepare_cached(
        "SELECT c.id, r.agency, r.year FROM capture c JOIN report r ON r.capture = c.id
         WHERE c.crawl = ?1 AND c.revisit_of IS NULL ORDER BY c.id DESC",
    )?;
    let rows = statement.query_map([crawl], |row| {
        Ok((
            row.get(0)?,
            row.get::<_, Option<String>>(1)?.unwrap_or_default(),
            row.get::<_, Option<i16>>(2)?.unwrap_or_default(),
        ))
    })?;
    let mut reports: Vec<(i64, String, i16)> = rows.collect::<Result<_, _>>()?;
    let new_reports = reports.len();
    reports.truncate(SHOWN);
    let outcomes = outcomes(connection, crawl)?;
    Ok(Some(LastRun { crawl, started_at, ended_at, ended, outcomes, reports, new_reports }))
}

/// Attempts of a run that ended, by outcome, most first.
pub fn outcomes(connection: &Connection, crawl: i64) -> Result<Vec<(String, i64)>, StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT outcome, count FROM crawl_outcome WHERE crawl = ?1 ORDER BY count DESC, outcome")?;
    let rows = statement.query_map([crawl], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
