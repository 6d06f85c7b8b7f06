//! Is it intact? Passed, failed, or nothing to check: the third is never reported as the first.

use rusqlite::Connection;

use super::{ArchiveError, payload};
use crate::digest::Digest;

/// What a verification saw.
#[derive(Debug, Default)]
pub struct Verified {
    pub captures: u64,
    /// Payloads whose bytes hash to their name.
    pub intact: u64,
    pub bytes: u64,
    pub damaged: Vec<Damage>,
    /// Faults of the file itself: pages, indexes, keys.
    pub file: Vec<String>,
}

/// A payload that failed, and the captures that lose their body with it.
#[derive(Debug)]
pub struct Damage {
    pub digest: String,
    pub why: String,
    pub captures: Vec<i64>,
}

impl Verified {
    pub fn is_intact(&self) -> bool {
        self.damaged.is_empty() && self.file.is_empty()
    }
}

/// Re-hashes every payload and checks the file. Goes on past damage.
pub fn verify(connection: &Connection) -> Result<Verified, ArchiveError> {
    let mut seen = Verified { file: file_faults(connection)?, ..Verified::default() };
    let digests: Vec<String> = connection
        .prepare("SELECT digest FROM payload ORDER BY rowid")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for name in digests {
        let why = match name.parse::<Digest>() {
            Err(fault) => fault.to_string(),
            Ok(digest) => match payload::load(connection, digest) {
                Ok(body) => {
                    seen.intact += 1;
                    seen.bytes += body.len() as u64;
                    continue;
                }
                Err(fault) => fault.to_string(),
            },
        };
        let captures = captures_of(connection, &name)?;
        seen.damaged.push(Damage { digest: name, why, captures });
    }
    seen.captures =
        connection.query_row("SELECT count(*) FROM capture", [], |row| row.get::<_, i64>(0))?.unsigned_abs();
    Ok(seen)
}

fn captures_of(connection: &Connection, digest: &str) -> Result<Vec<i64>, ArchiveError> {
    let mut statement = connection.prepare_cached("SELECT id FROM capture WHERE payload = ?1 ORDER BY id")?;
    Ok(statement.query_map([digest], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

fn file_faults(connection: &Connection) -> Result<Vec<String>, ArchiveError> {
    let mut faults: Vec<String> = connection
        .prepare("PRAGMA integrity_check(50)")?
        .query_map([], |row| row.get::<_, String>(0))?
        .collect::<Result<_, _>>()
        .unwrap_or_else(|fault| vec![fault.to_string()]);
    faults.retain(|fault| fault != "ok");
    let mut keys = connection.prepare("PRAGMA foreign_key_check")?;
    let mut rows = keys.query([])?;
    while let Some(row) = rows.next()? {
        let (table, parent): (String, String) = (row.get(0)?, row.get(2)?);
        faults.push(format!("a row of {table} points at no row of {parent}"));
    }
    Ok(faults)
}
