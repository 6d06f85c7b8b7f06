//! Forward migrations: all that are due, with their records, in one transaction, after a copy of the file as it was.

use std::collections::BTreeMap;
use std::path::Path;

use aws_lc_rs::digest::{SHA256, digest};
use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;

use super::{StoreError, backup, beside};

const MIGRATIONS: [&str; 9] = [
    include_str!("migrations/0001.sql"),
    include_str!("migrations/0002.sql"),
    include_str!("migrations/0003.sql"),
    include_str!("migrations/0004.sql"),
    include_str!("migrations/0005.sql"),
    include_str!("migrations/0006.sql"),
    include_str!("migrations/0007.sql"),
    include_str!("migrations/0008.sql"),
    include_str!("migrations/0009.sql"),
];

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
    connection.create_scalar_function(
        "sha256",
        1,
        FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC,
        |arguments| {
            let text = arguments.get_raw(0).as_bytes()?;
            Ok(data_encoding::HEXLOWER.encode(digest(&SHA256, text).as_ref()))
        },
    )?;
    if found == SCHEMA_VERSION {
        return Ok(());
    }
    // All in one: whoever is killed meanwhile leaves the file as it was, not a schema that no program was released with.
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let migrated = (1..)
        .zip(MIGRATIONS)
        .skip(usize::try_from(found).unwrap_or(0))
        .try_for_each(|(number, sql)| apply(connection, number, sql))
        .and_then(|()| Ok(connection.execute_batch("COMMIT")?));
    if migrated.is_err() {
        // Why it failed is what counts; without this the connection would stay in it.
        let _ = connection.execute_batch("ROLLBACK");
    }
    migrated
}

fn apply(connection: &Connection, number: i64, sql: &str) -> Result<(), StoreError> {
    Ok(connection.execute_batch(&format!(
        "CREATE TABLE IF NOT EXISTS migration (version INTEGER PRIMARY KEY, applied_at TEXT NOT NULL) STRICT;
         {sql}
         INSERT INTO migration VALUES ({number}, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'));
         PRAGMA user_version = {number};"
    ))?)
}

/// A file that has tables has those of an archive.
pub fn expect_ours(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let (objects, captures): (i64, i64) = connection.query_row(
        "SELECT count(*), count(*) FILTER (WHERE type = 'table' AND name = 'capture') FROM sqlite_schema",
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    if objects > 0 && captures == 0 { Err(StoreError::Foreign { path: path.into() }) } else { Ok(()) }
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
    backup(connection, &beside(path, &format!(".before-{}", version + 1)))
}

/// In what the file's schema differs from that of this program: tables, indexes, views, triggers.
pub fn differences(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let fresh = Connection::open_in_memory()?;
    migrate(&fresh, Path::new(":memory:"))?;
    let (expected, found) = (objects(&fresh)?, objects(connection)?);
    let mut differences = Vec::new();
    for (name, sql) in &expected {
        match found.get(name) {
            None => differences.push(format!("{name} is missing")),
            Some(other) if other != sql => differences.push(format!("{name} is not as this program makes it")),
            Some(_) => {}
        }
    }
    differences
        .extend(found.keys().filter(|name| !expected.contains_key(*name)).map(|name| format!("{name} is foreign")));
    Ok(differences)
}

fn objects(connection: &Connection) -> Result<BTreeMap<String, Option<String>>, StoreError> {
    let mut statement =
        connection.prepare("SELECT type || ' ' || name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%'")?;
    let objects = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(objects.collect::<Result<_, _>>()?)
}
