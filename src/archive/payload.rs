//! Bodies by digest: stored once, packed where it helps, checked whenever they are read.
//!
//! A body is packed by itself, or against a dictionary: another page of its site, whose frame and furniture it shares. The first
//! pages of a host that have little in common become its dictionaries as they come, which costs nothing: the page itself is
//! then a few bytes. A dictionary is packed by itself, so that a body needs at most one row besides its own.
//!
//! `codec` says what `bytes` are: `plain` (the body), `zstd` (a frame of it, against `dictionary` where there is one), or
//! [`TAKEN_APART`] (a body in gzip or deflate, taken apart; its text is a frame likewise).

use std::cell::RefCell;
use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};
use zstd::bulk::Decompressor;

use super::deflated::{Row, Shell};
use super::packer::Packer;
use super::{ArchiveError, dictionary};
use crate::digest::Digest;
use crate::store::StoreError;
use crate::urlkey::UrlKey;

/// The codec of a body in gzip or deflate that lies taken apart, by the library and its version that put it together.
pub const TAKEN_APART: &str = "gzip-preflate-0.7";

/// Stores `body`, which came from `host` under `key`, unless it is there already.
pub fn store(tx: &Connection, packer: &Packer, host: &str, key: &UrlKey, body: &[u8]) -> Result<Digest, StoreError> {
    let digest = Digest::of(body);
    let name = digest.to_string();
    let known = tx.prepare_cached("SELECT 1 FROM payload WHERE digest = ?1")?.exists([&name])?;
    if known {
        return Ok(digest);
    }
    let packed = packer.pack(tx, host, key, body)?;
    let codec = if packed.bytes.is_some() { "zstd" } else { "plain" };
    let bytes = packed.bytes.as_deref().unwrap_or(body);
    tx.prepare_cached(
        "INSERT INTO payload (digest, codec, size_bytes, bytes, dictionary) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![name, codec, body.len() as i64, bytes, packed.dictionary])?;
    Ok(digest)
}

/// Reads bodies one after another and keeps the dictionaries it met, up to a bound.
pub struct Reader<'c> {
    connection: &'c Connection,
    met: RefCell<HashMap<i64, Decompressor<'static>>>,
    /// For bodies packed by themselves.
    plain: RefCell<Option<Decompressor<'static>>>,
}

/// A body whose bytes have its digest.
pub(super) struct Loaded {
    pub body: Vec<u8>,
    /// Where it lies taken apart.
    pub apart: Option<(Shell, Vec<u8>)>,
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
        self.load_apart(digest).map(|loaded| loaded.body)
    }

    /// The body, unpacked and re-hashed, and its parts where it lies taken apart.
    pub(super) fn load_apart(&self, digest: Digest) -> Result<Loaded, ArchiveError> {
        let row = self
            .connection
            .prepare_cached("SELECT codec, size_bytes, bytes, dictionary FROM payload WHERE digest = ?1")?
            .query_row([digest.to_string()], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?, row.get::<_, Vec<u8>>(2)?, row.get(3)?))
            })
            .optional()?;
        let damaged = |why: String| ArchiveError::Damaged { digest, why };
        let (codec, size, bytes, dictionary): (String, _, _, Option<i64>) =
            row.ok_or_else(|| damaged("it is not there".into()))?;
        let of_dictionary = || dictionary.and_then(|id| dictionary::fault(self.connection, id));
        let loaded =
            self.unpack(&codec, size, bytes, dictionary).map_err(|why| damaged(of_dictionary().unwrap_or(why)))?;
        if i64::try_from(loaded.body.len()) != Ok(size) {
            return Err(damaged(format!("it has {} bytes and should have {size}", loaded.body.len())));
        }
        let found = Digest::of(&loaded.body);
        if found != digest {
            return Err(damaged(of_dictionary().unwrap_or_else(|| format!("its bytes hash to {found}"))));
        }
        Ok(loaded)
    }

    fn unpack(&self, codec: &str, size: i64, bytes: Vec<u8>, dictionary: Option<i64>) -> Result<Loaded, String> {
        match codec {
            "plain" => Ok(Loaded { body: bytes, apart: None }),
            "zstd" => Ok(Loaded { body: self.unpack_frame(&bytes, bound(size), dictionary)?, apart: None }),
            TAKEN_APART => {
                let row = Row::read(&bytes)?;
                let text = self.unpack_frame(row.frame, row.shell.text_len(), dictionary)?;
                Ok(Loaded { body: row.put_together(&text)?, apart: Some((row.shell, text)) })
            }
            other => Err(format!("its codec {other:?} is not known")),
        }
    }

    /// At most `size` bytes.
    fn unpack_frame(&self, packed: &[u8], size: usize, dictionary: Option<i64>) -> Result<Vec<u8>, String> {
        if let Some(id) = dictionary {
            return self.unpack_against(id, size, packed);
        }
        let mut plain = self.plain.borrow_mut();
        let unpacker = match &mut *plain {
            Some(unpacker) => unpacker,
            none => none.insert(Decompressor::new().map_err(|fault| format!("zstd fails ({fault})"))?),
        };
        unpacker.decompress(packed, size).map_err(|fault| format!("it does not unpack ({fault})"))
    }

    fn unpack_against(&self, id: i64, size: usize, packed: &[u8]) -> Result<Vec<u8>, String> {
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
        unpacker.decompress(packed, size).map_err(|fault| format!("it does not unpack ({fault})"))
    }
}

/// The size bounds the memory that a damaged frame can ask for, and a damaged size is bounded by what is ever kept.
fn bound(size: i64) -> usize {
    usize::try_from(size).unwrap_or(0).min(1 << 30)
}
