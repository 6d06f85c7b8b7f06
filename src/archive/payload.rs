//! Bodies by digest: stored once, compressed where it helps, checked whenever they are read.

use rusqlite::{Connection, OptionalExtension, params};

use super::ArchiveError;
use crate::digest::Digest;
use crate::store::StoreError;

const LEVEL: i32 = 3;

/// Stores `body` unless it is there already.
pub fn store(tx: &Connection, body: &[u8]) -> Result<Digest, StoreError> {
    let digest = Digest::of(body);
    let name = digest.to_string();
    let known = tx.prepare_cached("SELECT 1 FROM payload WHERE digest = ?1")?.exists([&name])?;
    if known {
        return Ok(digest);
    }
    let packed = zstd::bulk::compress(body, LEVEL).ok().filter(|packed| packed.len() < body.len());
    let (codec, bytes) = packed.as_deref().map_or(("plain", body), |packed| ("zstd", packed));
    tx.prepare_cached("INSERT INTO payload (digest, codec, size_bytes, bytes) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![name, codec, body.len() as i64, bytes])?;
    Ok(digest)
}

/// The body, unpacked and re-hashed.
pub fn load(connection: &Connection, digest: Digest) -> Result<Vec<u8>, ArchiveError> {
    let row = connection
        .prepare_cached("SELECT codec, size_bytes, bytes FROM payload WHERE digest = ?1")?
        .query_row([digest.to_string()], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?, row.get::<_, Vec<u8>>(2)?))
        })
        .optional()?;
    let damaged = |why: String| ArchiveError::Damaged { digest, why };
    let (codec, size, bytes) = row.ok_or_else(|| damaged("it is not there".into()))?;
    let body = unpack(&codec, size, bytes).map_err(damaged)?;
    let found = Digest::of(&body);
    if found != digest {
        return Err(damaged(format!("its bytes hash to {found}")));
    }
    Ok(body)
}

fn unpack(codec: &str, size: i64, bytes: Vec<u8>) -> Result<Vec<u8>, String> {
    match codec {
        "plain" => Ok(bytes),
        // The size bounds the memory that a damaged frame can ask for.
        "zstd" => zstd::bulk::decompress(&bytes, usize::try_from(size).unwrap_or(0))
            .map_err(|e| format!("it does not unpack ({e})")),
        other => Err(format!("its codec {other:?} is not known")),
    }
}
