//! Bodies packed against what was chosen for them, and put in place of what was there.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;

use rusqlite::params;
use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::{DecoderDictionary, EncoderDictionary};

use super::super::payload::Loaded;
use super::super::{ArchiveError, deflated, payload};
use super::Options;
use crate::digest::Digest;
use crate::stop::Stop;
use crate::store::Store;

/// A dictionary made ready once for all bodies.
pub struct Kept {
    pub id: i64,
    pub packs: EncoderDictionary<'static>,
    pub unpacks: DecoderDictionary<'static>,
}

/// One body as it will be kept.
struct Repacked {
    digest: Digest,
    codec: &'static str,
    bytes: Vec<u8>,
    dictionary: Option<i64>,
}

/// Packs these bodies on all threads, until asked to stop, while a thread writes what is ready, a batch at a time.
pub fn pack_all(
    (store, stop): (&Store, &Stop),
    digests: &[Digest],
    against: &[Kept],
    options: Options,
    damaged: &mut Vec<(String, String)>,
) -> Result<(), ArchiveError> {
    let next = AtomicUsize::new(0);
    let batch = options.batch.max(1);
    let (sender, ready) = sync_channel(batch);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..options.jobs.clamp(1, digests.len().max(1)))
            .map(|_| {
                let (sender, next) = (sender.clone(), &next);
                scope.spawn(move || -> Result<(), ArchiveError> {
                    let connection = store.reader()?;
                    let reader = payload::Reader::new(&connection);
                    let mut packer = Packer::new(against)?;
                    while !stop.is_asked()
                        && let Some(digest) = digests.get(next.fetch_add(1, Ordering::Relaxed))
                    {
                        let repacked = repack(&reader, &mut packer, *digest, options.level);
                        // Nobody takes it where writing failed, which is told by whoever wrote.
                        if sender.send(repacked).is_err() {
                            break;
                        }
                    }
                    Ok(())
                })
            })
            .collect();
        drop(sender);
        let written = write_all(store, ready.into_iter(), batch, damaged);
        for worker in workers {
            if let Ok(worked) = worker.join() {
                worked?;
            }
        }
        written
    })
}

fn write_all(
    store: &Store,
    mut ready: impl Iterator<Item = Result<Repacked, ArchiveError>>,
    batch: usize,
    damaged: &mut Vec<(String, String)>,
) -> Result<(), ArchiveError> {
    loop {
        let part: Vec<_> = ready.by_ref().take(batch).collect();
        if part.is_empty() {
            return Ok(());
        }
        let mut whole = Vec::with_capacity(part.len());
        for one in part {
            match one {
                Ok(repacked) => whole.push(repacked),
                Err(ArchiveError::Damaged { digest, why }) => damaged.push((digest.to_string(), why)),
                Err(fault) => return Err(fault),
            }
        }
        store.write_blocking(move |tx| {
            let mut update =
                tx.prepare_cached("UPDATE payload SET codec = ?2, bytes = ?3, dictionary = ?4 WHERE digest = ?1")?;
            for one in &whole {
                update.execute(params![one.digest.to_string(), one.codec, one.bytes, one.dictionary])?;
            }
            Ok(())
        })?;
    }
}

/// Contexts of one thread, and the dictionaries they use.
struct Packer<'a> {
    against: Vec<(i64, Compressor<'a>, Decompressor<'a>)>,
}

impl<'a> Packer<'a> {
    fn new(kept: &'a [Kept]) -> Result<Packer<'a>, ArchiveError> {
        let ready = |kept: &'a Kept| {
            let packs = Compressor::with_prepared_dictionary(&kept.packs).ok()?;
            Some((kept.id, packs, Decompressor::with_prepared_dictionary(&kept.unpacks).ok()?))
        };
        Ok(Packer { against: kept.iter().filter_map(ready).collect() })
    }
}

/// A zstd frame that was unpacked again and compared.
struct Frame {
    bytes: Vec<u8>,
    dictionary: Option<i64>,
}

impl Packer<'_> {
    /// The least of `text`; none where it does not get smaller, or does not come back as it went in.
    fn pack(&mut self, text: &[u8], level: i32) -> Option<Frame> {
        let against = self
            .against
            .iter_mut()
            .filter_map(|(id, packs, unpacks)| Some((*id, packs.compress(text).ok()?, unpacks)))
            .min_by_key(|(_, packed, _)| packed.len());
        // By itself, a high level takes as long again and hardly ever halves what the lowest gives.
        let far_shorter = against.as_ref().is_some_and(|(_, against, _)| {
            zstd::bulk::compress(text, 1).is_ok_and(|quick| against.len() * 2 < quick.len())
        });
        let by_itself = if far_shorter { None } else { zstd::bulk::compress(text, level).ok() };
        let by_itself = by_itself.filter(|packed| packed.len() < text.len());
        let least = by_itself.as_ref().map_or(text.len(), Vec::len);
        let (bytes, dictionary, back) = match (against.filter(|(_, packed, _)| packed.len() < least), by_itself) {
            (Some((id, bytes, unpacks)), _) => {
                let back = unpacks.decompress(&bytes, text.len());
                (bytes, Some(id), back)
            }
            (None, Some(bytes)) => {
                let back = zstd::bulk::decompress(&bytes, text.len());
                (bytes, None, back)
            }
            (None, None) => return None,
        };
        back.is_ok_and(|back| back == text).then_some(Frame { bytes, dictionary })
    }
}

/// The body packed anew: taken apart where that makes it smaller, else whole, else as it is.
fn repack(
    reader: &payload::Reader<'_>,
    packer: &mut Packer<'_>,
    digest: Digest,
    level: i32,
) -> Result<Repacked, ArchiveError> {
    let Loaded { body, apart } = reader.load_apart(digest)?;
    // One that lies taken apart was put together again and hashed just now, any other while it was taken apart.
    if let Some((shell, text)) = apart.or_else(|| deflated::take_apart(&body))
        && let Some(Frame { bytes, dictionary }) = packer.pack(&text, level)
        && let Some(bytes) = shell.row(&text, &bytes).filter(|row| row.len() < body.len())
    {
        return Ok(Repacked { digest, codec: payload::TAKEN_APART, bytes, dictionary });
    }
    Ok(match packer.pack(&body, level) {
        Some(Frame { bytes, dictionary }) => Repacked { digest, codec: "zstd", bytes, dictionary },
        None => Repacked { digest, codec: "plain", bytes: body, dictionary: None },
    })
}
