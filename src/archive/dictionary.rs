//! Dictionaries: pages that other bodies are packed against. Packed by themselves, never against another.

use rusqlite::{Connection, OptionalExtension, params};

use crate::digest::Digest;
use crate::store::StoreError;

/// The host of a dictionary that all hosts share.
pub const ANY_HOST: &str = "";
/// A dictionary larger than this costs more memory than it saves bytes.
pub const LARGEST: usize = 512 << 10;
/// A host's own, of which each is tried: as many as a site has kinds of pages (a home page, listings, articles, reports).
pub const OWN: usize = 4;

/// Numbers of those that a body of the host may be packed against: the host's own, the newest first.
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

/// Unpacked and checked against its digest.
pub fn load(connection: &Connection, id: i64) -> Result<Vec<u8>, String> {
    let (digest, size, packed) = connection
        .prepare_cached("SELECT digest, size_bytes, bytes FROM dictionary WHERE id = ?1")
        .and_then(|mut select| {
            select
                .query_row([id], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?, row.get::<_, Vec<u8>>(2)?)))
        })
        .map_err(|fault| format!("dictionary {id} can't be read ({fault})"))?;
    let bytes = zstd::bulk::decompress(&packed, usize::try_from(size).unwrap_or(0))
        .map_err(|fault| format!("dictionary {id} does not unpack ({fault})"))?;
    if Digest::of(&bytes).to_string() != digest {
        return Err(format!("dictionary {id} is not what it was"));
    }
    Ok(bytes)
}

/// Keeps `bytes`, given packed too, for a host; its number. One that is there already and whole is used again.
pub fn keep(tx: &Connection, host: &str, bytes: &[u8], packed: &[u8]) -> Result<i64, StoreError> {
    let digest = Digest::of(bytes).to_string();
    let known = tx
        .prepare_cached("SELECT id FROM dictionary WHERE host = ?1 AND digest = ?2")?
        .query_row(params![host, digest], |row| row.get(0))
        .optional()?;
    if let Some(known) = known.filter(|known| load(tx, *known).is_ok()) {
        return Ok(known);
    }
    tx.prepare_cached("INSERT INTO dictionary (host, digest, size_bytes, bytes) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![host, digest, bytes.len() as i64, packed])?;
    Ok(tx.last_insert_rowid())
}
