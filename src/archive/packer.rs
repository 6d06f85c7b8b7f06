//! How a body is packed as it comes: by itself, or against a page of its host that is like it.

use std::cell::LazyCell;
use std::sync::{Mutex, PoisonError};

use rusqlite::{Connection, OptionalExtension};
use zstd::zstd_safe::{CCtx, CDict, compress_bound};

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
/// Dictionaries kept taken in, half a megabyte each: those of as many hosts as are asked at once.
const KEPT: usize = 64;
/// Text that a dictionary leaves less than this part of packs to twice as much alone: that need not be tried.
const FAR: usize = 32;

/// What a body became.
#[derive(Default)]
pub struct Packed {
    /// None where it does not get smaller.
    pub bytes: Option<Vec<u8>>,
    pub dictionary: Option<i64>,
}

/// Packs bodies as they come, and keeps the dictionaries that were used last.
#[derive(Default)]
pub struct Packer {
    taken_in: Mutex<TakenIn>,
}

#[derive(Default)]
struct TakenIn {
    context: CCtx<'static>,
    /// By the dictionary's digest: a number may be given again where a transaction was undone. The one used last is last.
    dictionaries: Vec<(String, CDict<'static>)>,
}

impl Packer {
    /// Packs a body that came from `host` under `key`. Where no dictionary halves it, it becomes one itself as long as its host
    /// has room: that costs nothing, as the body is a few bytes then.
    pub fn pack(&self, tx: &Connection, host: &str, key: &UrlKey, body: &[u8]) -> Result<Packed, StoreError> {
        let alone = |level| zstd::bulk::compress(body, level).ok().filter(|packed| packed.len() < body.len());
        let about = LazyCell::new(|| alone(QUICK).map_or(body.len(), |packed| packed.len()));
        // What is packed already (pictures, PDFs) has nothing in common with anything. Answers in gzip wait for `compact`: to take
        // one apart costs 2 to 4 ms, keeping it half of one.
        let is_packed = || *about * 2 >= body.len();
        if !(SMALL..=dictionary::LARGEST).contains(&body.len()) || !is_text(body) && is_packed() {
            return Ok(Packed { bytes: alone(LEVEL), dictionary: None });
        }
        let own = dictionary::own(tx, host)?;
        let mut best: Option<(Vec<u8>, i64)> = None;
        for id in likely(tx, &own, key)? {
            let packed = self.against(tx, id, body)?;
            let is_least = |packed: &Vec<u8>| best.as_ref().is_none_or(|(least, _)| packed.len() < least.len());
            if let Some(packed) = packed.filter(is_least) {
                best = Some((packed, id));
            }
            let is_enough = |size: usize| size * FAR < body.len() || size * 2 < *about;
            if best.as_ref().is_some_and(|(packed, _)| is_enough(packed.len())) {
                return Ok(Packed::against(best));
            }
        }
        if is_packed() {
            return Ok(Packed { bytes: alone(LEVEL), dictionary: None });
        }
        let by_itself = alone(LEVEL);
        if own.len() < dictionary::OWN {
            let Some(alone) = by_itself else { return Ok(Packed::default()) };
            let id = dictionary::keep(tx, host, body, &alone)?;
            return Ok(match self.against(tx, id, body)? {
                Some(bytes) => Packed { bytes: Some(bytes), dictionary: Some(id) },
                None => Packed { bytes: Some(alone), dictionary: None },
            });
        }
        let size = by_itself.as_ref().map_or(body.len(), Vec::len);
        Ok(match best {
            Some((bytes, id)) if bytes.len() < size => Packed { bytes: Some(bytes), dictionary: Some(id) },
            _ => Packed { bytes: by_itself, dictionary: None },
        })
    }

    /// None where the dictionary can't be read, which is verify's to report: the body is kept all the same.
    fn against(&self, tx: &Connection, id: i64, body: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(digest) = dictionary::digest(tx, id)? else { return Ok(None) };
        let mut taken_in = self.taken_in.lock().unwrap_or_else(PoisonError::into_inner);
        let TakenIn { context, dictionaries } = &mut *taken_in;
        let known = dictionaries.iter().position(|(known, _)| *known == digest);
        // In the quick way, for one use, a dictionary finds half as much.
        let take_in = || Some((digest, CDict::try_create(&dictionary::load(tx, id).ok()?, LEVEL)?));
        let Some(taken) = known.map_or_else(take_in, |at| Some(dictionaries.remove(at))) else { return Ok(None) };
        let mut packed = Vec::with_capacity(compress_bound(body.len()));
        let is_packed = context.compress_using_cdict(&mut packed, body, &taken.1).is_ok();
        if dictionaries.len() >= KEPT {
            dictionaries.remove(0);
        }
        dictionaries.push(taken);
        Ok(is_packed.then_some(packed))
    }
}

/// Begins as text does: markup, JSON, a byte order mark.
fn is_text(body: &[u8]) -> bool {
    body.first().is_some_and(|first| matches!(first, b'<' | b'{' | b'[' | 0xEF) || first.is_ascii_whitespace())
}

impl Packed {
    fn against(best: Option<(Vec<u8>, i64)>) -> Packed {
        let (bytes, dictionary) = best.unzip();
        Packed { bytes, dictionary }
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
