//! What a reader thinks of a finding. Kept by fingerprint: it stands when the report is read again.

use std::collections::HashMap;

use rusqlite::{Connection, params};
use serde::Serialize;

use crate::store::StoreError;

/// The verdicts a reader can give; `open` takes an earlier one back and keeps the note.
pub const MARKS: [&str; 3] = ["confirmed", "dismissed", "open"];

/// Which finding is meant: the agency ('' where none is known), the year (0), the fingerprint.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Marked {
    pub agency: String,
    pub year: i16,
    pub fingerprint: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mark {
    pub verdict: String,
    pub note: String,
    /// RFC 3339.
    pub marked_at: String,
}

/// Every mark: people make few.
pub fn marks(connection: &Connection) -> Result<HashMap<Marked, Mark>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT agency, year, fingerprint, verdict, note, marked_at FROM mark")?;
    let rows = statement.query_map([], |row| {
        let marked = Marked { agency: row.get(0)?, year: row.get(1)?, fingerprint: row.get(2)? };
        Ok((marked, Mark { verdict: row.get(3)?, note: row.get(4)?, marked_at: row.get(5)? }))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Sets or replaces one.
pub fn set_mark(tx: &Connection, marked: &Marked, mark: &Mark) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT OR REPLACE INTO mark (agency, year, fingerprint, verdict, note, marked_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![marked.agency, marked.year, marked.fingerprint, mark.verdict, mark.note, mark.marked_at])?;
    Ok(())
}
