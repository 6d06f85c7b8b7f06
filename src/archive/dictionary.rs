//! Dictionaries: pages that other bodies are packed against. Packed by themselves, never against another.

use rusqlite::{Connection, OptionalExtension, params};

use crate::digest::Digest;
use crate::store::StoreError;

/// The host of a dictionary that all hosts share.
pub const ANY_HOST: &str = "";
/// A dictionary larger than this costs more memory than it saves bytes.
pub const LARGEST: usize = 512 << 10;
/// A host's own: as many as a site has kinds of pages (a home page, listings, articles, reports).
pub const OWN: usize = 4;

/// Numbers of a host's own, the newest first.
pub fn own(connection: &Connection, host: &str) -> Result<Vec<i64>, StoreError> {
    let mut select =
        connection.prepare_cached("SELECT id FROM dictionary WHERE host = ?1 ORDER BY id DESC LIMIT ?2")?;
    let ids = select.query_map(params![host, OWN as i64], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(ids)
}

/// The newest that all hosts share.
pub fn shared(connection: &Connection) -> Result<Option<i64>, StoreError> {
    let mut select = connection.prepare_cached("SELECT max(id) FROM dictionary WHERE host = ?1")?;
    Ok(select.query_row([ANY_HOST], |row| row.get(0))?)
}

/// SHA-256 of a dictionary; none where it is not there.
pub fn digest(connection: &Connection, id: i64) -> Result<Option<String>, StoreError> {
    let mut select = connection.prepare_cached("SELECT digest FROM dictionary WHERE id = ?1")?;
    Ok(select.query_row([id], |row| row.get(0)).optional()?)
}

/// Its bytes. They are not held against their digest: what counts is that each body unpacked with them has its own.
pub fn load(connection: &Connection, id: i64) -> Result<Vec<u8>, String> {
    let (size, packed) = connection
        .prepare_cached("SELECT size_bytes, bytes FROM dictionary WHERE id = ?1")
        .and_then(|mut select| select.query_row([id], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?))))
        .map_err(|fault| format!("dictionary {id} can't be read ({fault})"))?;
    let size = usize::try_from(size).unwrap_or(0).min(LARGEST);
    zstd::bulk::decompress(&packed, size).map_err(|fault| format!("dictionary {id} does not unpack ({fault})"))
}

/// Why it is not what it was; none where it is.
pub fn fault(connection: &Connection, id: i64) -> Option<String> {
    let bytes = match load(connection, id) {
        Ok(bytes) => bytes,
        Err(fault) => return Some(fault),
    };
    match digest(connection, id) {
        Ok(Some(digest)) if digest == Digest::of(&bytes).to_string() => None,
        Ok(_) => Some(format!("dictionary {id} is not what it was")),
        Err(fault) => Some(format!("dictionary {id} can't be read ({fault})")),
    }
}

/// Keeps `bytes`, given packed too, for a host; its number. One that is there already and whole is used again.
pub fn keep(tx: &Connection, host: &str, bytes: &[u8], packed: &[u8]) -> Result<i64, StoreError> {
    let digest = Digest::of(bytes).to_string();
    let known = tx
        .prepare_cached("SELECT id FROM dictionary WHERE host = ?1 AND digest = ?2")?
        .query_row(params![host, digest], |row| row.get(0))
        .optional()?;
    if let Some(known) = known.filter(|known| fault(tx, *known).is_none()) {
        return Ok(known);
    }
    tx.prepare_cached("INSERT INTO dictionary (host, digest, size_bytes, bytes) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![host, digest, bytes.len() as i64, packed])?;
    Ok(tx.last_insert_rowid())
}
