//! Forward migrations: each with its record in one transaction, after a copy of the file as it was.

use std::path::Path;

use rusqlite::Connection;

use super::StoreError;

const MIGRATIONS: [&str; 2] = [include_str!("migrations/0001.sql"), include_str!("migrations/0002.sql")];

/// The schema this program writes.
pub const SCHEMA_VERSION: i64 = MIGRATIONS.len() as i64;

/// Brings the file up to [`SCHEMA_VERSION`]; a newer one is refused.
pub fn migrate(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let found = version(connection)?;
    if found > SCHEMA_VERSION {
        return Err(StoreError::Newer { found, known: SCHEMA_VERSION });
    }
    if found > 0 && found < SCHEMA_VERSION {
        keep_copy(connection, path, found)?;
    }
    for (number, sql) in (1..).zip(MIGRATIONS).skip(usize::try_from(found).unwrap_or(0)) {
        connection.execute_batch(&format!(
            "BEGIN IMMEDIATE;
             CREATE TABLE IF NOT EXISTS migration (version INTEGER PRIMARY KEY, applied_at TEXT NOT NULL) STRICT;
             {sql}
             INSERT INTO migration VALUES ({number}, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'));
             PRAGMA user_version = {number};
             COMMIT;"
        ))?;
    }
    Ok(())
}

/// For readers, which can't migrate.
pub fn expect_current(connection: &Connection) -> Result<(), StoreError> {
    let (found, known) = (version(connection)?, SCHEMA_VERSION);
    match found.cmp(&known) {
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(StoreError::Newer { found, known }),
        std::cmp::Ordering::Less => Err(StoreError::Older { found, known }),
    }
}

fn version(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

fn keep_copy(connection: &Connection, path: &Path, version: i64) -> Result<(), StoreError> {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".before-{}", version + 1));
    Ok(connection.backup("main", Path::new(&name), None::<fn(rusqlite::backup::Progress)>)?)
}
