//! How a body is packed as it comes: by itself, or against a page of its host that is like it.

use rusqlite::{Connection, OptionalExtension};
use zstd::bulk::Compressor;

use super::dictionary;
use crate::store::StoreError;
use crate::urlkey::UrlKey;

const LEVEL: i32 = 3;
/// A level that only says whether a body packs, and about how well.
const QUICK: i32 = 1;
/// Bodies below this gain too little from a dictionary to be worth looking one up.
pub const SMALL: usize = 1_000;
/// Dictionaries that are tried: to take one in costs as much as to pack a page.
const TRIED: usize = 2;

/// What a body became.
#[derive(Default)]
pub struct Packed {
    /// None where it does not get smaller.
    pub bytes: Option<Vec<u8>>,
    pub dictionary: Option<i64>,
}

/// Packs a body that came from `host` under `key`. Where no dictionary halves it, it becomes one itself as long as its host has
/// room: that costs nothing, as the body is a few bytes then.
pub fn pack(tx: &Connection, host: &str, key: &UrlKey, body: &[u8]) -> Result<Packed, StoreError> {
    let alone = |level| packed(body, level, None).filter(|packed| packed.len() < body.len());
    let by_itself = || Packed { bytes: alone(LEVEL), dictionary: None };
    let about = alone(QUICK).map_or(body.len(), |packed| packed.len());
    // What is packed already (pictures, PDFs) has nothing in common with anything. Answers in gzip wait for `compact`: to take one
    // apart costs 2 to 4 ms, keeping it half of one.
    if about * 2 >= body.len() || !(SMALL..=dictionary::LARGEST).contains(&body.len()) {
        return Ok(by_itself());
    }
    let own = dictionary::own(tx, host)?;
    let mut best: Option<(Vec<u8>, i64)> = None;
    for id in likely(tx, &own, key)? {
        // A dictionary that can't be read is verify's to report; the body is kept all the same.
        let packed = dictionary::load(tx, id).ok().and_then(|dictionary| packed(body, LEVEL, Some(&dictionary)));
        let is_least = |packed: &Vec<u8>| best.as_ref().is_none_or(|(least, _)| packed.len() < least.len());
        if let Some(packed) = packed.filter(is_least) {
            best = Some((packed, id));
        }
        if best.as_ref().is_some_and(|(packed, _)| packed.len() * 2 < about) {
            break;
        }
    }
    match best {
        Some((bytes, id)) if bytes.len() * 2 < about => Ok(Packed { bytes: Some(bytes), dictionary: Some(id) }),
        _ if own.len() < dictionary::OWN => {
            let Packed { bytes: Some(alone), .. } = by_itself() else { return Ok(Packed::default()) };
            let id = dictionary::keep(tx, host, body, &alone)?;
            Ok(match packed(body, LEVEL, Some(body)) {
                Some(bytes) => Packed { bytes: Some(bytes), dictionary: Some(id) },
                None => Packed { bytes: Some(alone), dictionary: None },
            })
        }
        best => {
            let by_itself = by_itself();
            let size = by_itself.bytes.as_ref().map_or(body.len(), Vec::len);
            Ok(match best {
                Some((bytes, id)) if bytes.len() < size => Packed { bytes: Some(bytes), dictionary: Some(id) },
                _ => by_itself,
            })
        }
    }
}

/// The dictionary of the page whose address is most like `key`, an earlier state of the same page before all; the host's newest;
/// where it has none, the one that all share.
fn likely(tx: &Connection, own: &[i64], key: &UrlKey) -> Result<Vec<i64>, StoreError> {
    if own.is_empty() {
        return Ok(dictionary::shared(tx)?.into_iter().collect());
    }
    let near: Option<Option<i64>> = tx
        .prepare_cached(
            "SELECT p.dictionary FROM capture c JOIN payload p ON p.digest = c.payload
             WHERE c.urlkey <= ?1 ORDER BY c.urlkey DESC, c.id DESC LIMIT 1",
        )?
        .query_row([key.as_str()], |row| row.get(0))
        .optional()?;
    let near = near.flatten().filter(|near| own.contains(near));
    let others = own.iter().copied().filter(|id| Some(*id) != near);
    Ok(near.into_iter().chain(others).take(TRIED).collect())
}

fn packed(body: &[u8], level: i32, dictionary: Option<&[u8]>) -> Option<Vec<u8>> {
    // A dictionary taken in the quick way, for one use, finds half as much.
    Compressor::with_dictionary(level, dictionary.unwrap_or_default()).and_then(|mut packer| packer.compress(body)).ok()
}
