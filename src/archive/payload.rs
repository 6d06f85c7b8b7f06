//! Bodies by digest: stored once, packed where it helps, checked whenever they are read.
//!
//! A body is packed by itself, or against a dictionary: another page of its site, whose frame and furniture it shares. The first
//! pages of a host that have little in common become its dictionaries as they come, which costs nothing: the page itself is
//! then a few bytes. A dictionary is packed by itself, so that a body needs at most one row besides its own.

use std::cell::RefCell;
use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};
use zstd::bulk::{Compressor, Decompressor};

use super::{ArchiveError, dictionary};
use crate::digest::Digest;
use crate::store::StoreError;

pub const LEVEL: i32 = 3;

/// Stores `body` unless it is there already; packed against one of its host's dictionaries, or of all hosts', where it is
/// smaller so.
pub fn store(tx: &Connection, host: &str, body: &[u8]) -> Result<Digest, StoreError> {
    let digest = Digest::of(body);
    let name = digest.to_string();
    let known = tx.prepare_cached("SELECT 1 FROM payload WHERE digest = ?1")?.exists([&name])?;
    if known {
        return Ok(digest);
    }
    let alone = zstd::bulk::compress(body, LEVEL).ok().filter(|packed| packed.len() < body.len());
    let against = match &alone {
        Some(alone) if body.len() >= SMALL => against(tx, host, body, alone)?,
        _ => None,
    };
    let (codec, bytes, dictionary) = match (&against, &alone) {
        (Some((packed, id)), _) => ("zstd", packed.as_slice(), Some(*id)),
        (None, Some(packed)) => ("zstd", packed.as_slice(), None),
        (None, None) => ("plain", body, None),
    };
    tx.prepare_cached(
        "INSERT INTO payload (digest, codec, size_bytes, bytes, dictionary) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![name, codec, body.len() as i64, bytes, dictionary])?;
    Ok(digest)
}

/// Bodies below this gain too little from a dictionary to be worth looking one up.
pub const SMALL: usize = 1_000;

/// `body` packed against the dictionary that makes it smallest, and that one's number; none where it is smaller by itself.
/// Where none halves it, it becomes a dictionary itself, as long as its host has room for one.
fn against(tx: &Connection, host: &str, body: &[u8], alone: &[u8]) -> Result<Option<(Vec<u8>, i64)>, StoreError> {
    let own = dictionary::own(tx, host)?;
    let mut best: Option<(Vec<u8>, i64)> = None;
    for id in own.iter().copied().chain(dictionary::shared(tx)?) {
        // A dictionary that can't be read is verify's to report; the body is kept all the same.
        let packed = dictionary::load(tx, id).ok().and_then(|bytes| pack(&bytes, LEVEL, body));
        let least = best.as_ref().map_or(alone.len(), |(packed, _)| packed.len());
        best = packed.filter(|packed| packed.len() < least).map(|packed| (packed, id)).or(best);
        if best.as_ref().is_some_and(|(packed, _)| packed.len() * FITS < alone.len()) {
            break;
        }
    }
    let halved = best.as_ref().is_some_and(|(packed, _)| packed.len() * 2 < alone.len());
    let serves = body.len() <= dictionary::LARGEST && alone.len() * 2 < body.len();
    if !halved && serves && own.len() < dictionary::OWN {
        let id = dictionary::keep(tx, host, body, alone)?;
        best = pack(body, LEVEL, body).map(|packed| (packed, id)).or(best);
    }
    Ok(best)
}

/// What a dictionary makes so many times smaller than it is by itself, no other is tried on.
const FITS: usize = 6;

/// `body` packed against `dictionary`; none where zstd refuses.
pub fn pack(dictionary: &[u8], level: i32, body: &[u8]) -> Option<Vec<u8>> {
    Compressor::with_dictionary(level, dictionary).and_then(|mut packer| packer.compress(body)).ok()
}

/// Reads bodies one after another and keeps the dictionaries it met, up to a bound.
pub struct Reader<'c> {
    connection: &'c Connection,
    met: RefCell<HashMap<i64, Decompressor<'static>>>,
    /// For bodies packed by themselves.
    plain: RefCell<Option<Decompressor<'static>>>,
}

/// Dictionaries kept at a time: some 100 KB each.
const KEPT: usize = 64;

impl<'c> Reader<'c> {
    pub fn new(connection: &'c Connection) -> Reader<'c> {
        Reader { connection, met: RefCell::default(), plain: RefCell::default() }
    }

    pub fn connection(&self) -> &'c Connection {
        self.connection
    }

    /// The body, unpacked and re-hashed.
    pub fn load(&self, digest: Digest) -> Result<Vec<u8>, ArchiveError> {
        let row = self
            .connection
            .prepare_cached("SELECT codec, size_bytes, bytes, dictionary FROM payload WHERE digest = ?1")?
            .query_row([digest.to_string()], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?, row.get::<_, Vec<u8>>(2)?, row.get(3)?))
            })
            .optional()?;
        let damaged = |why: String| ArchiveError::Damaged { digest, why };
        let (codec, size, bytes, dictionary) = row.ok_or_else(|| damaged("it is not there".into()))?;
        let body = match dictionary {
            Some(id) if codec == "zstd" => self.unpack_against(id, size, &bytes),
            _ => self.unpack(&codec, size, bytes),
        };
        let body = body.map_err(damaged)?;
        if i64::try_from(body.len()) != Ok(size) {
            return Err(damaged(format!("it has {} bytes and should have {size}", body.len())));
        }
        let found = Digest::of(&body);
        if found != digest {
            return Err(damaged(format!("its bytes hash to {found}")));
        }
        Ok(body)
    }

    fn unpack(&self, codec: &str, size: i64, bytes: Vec<u8>) -> Result<Vec<u8>, String> {
        match codec {
            "plain" => Ok(bytes),
            "zstd" => {
                let mut plain = self.plain.borrow_mut();
                let unpacker = match &mut *plain {
                    Some(unpacker) => unpacker,
                    none => none.insert(Decompressor::new().map_err(|fault| format!("zstd fails ({fault})"))?),
                };
                unpacker.decompress(&bytes, bound(size)).map_err(|fault| format!("it does not unpack ({fault})"))
            }
            other => Err(format!("its codec {other:?} is not known")),
        }
    }

    fn unpack_against(&self, id: i64, size: i64, packed: &[u8]) -> Result<Vec<u8>, String> {
        let mut met = self.met.borrow_mut();
        if !met.contains_key(&id) {
            if met.len() >= KEPT {
                met.clear();
            }
            let bytes = dictionary::load(self.connection, id)?;
            let unpacker = Decompressor::with_dictionary(&bytes).map_err(|fault| format!("zstd fails ({fault})"))?;
            met.insert(id, unpacker);
        }
        let unpacker = met.get_mut(&id).ok_or("its dictionary is gone")?;
        unpacker.decompress(packed, bound(size)).map_err(|fault| format!("it does not unpack ({fault})"))
    }
}

/// The size bounds the memory that a damaged frame can ask for, and a damaged size is bounded by what is ever kept.
fn bound(size: i64) -> usize {
    usize::try_from(size).unwrap_or(0).min(1 << 30)
}
