//! Packing the archive's bodies again, each against pages of its own site.
//!
//! For each host candidates are measured on a sample: pages of it, several pages together. Those are kept that make the host
//! smallest, mostly one for each kind of its pages. Hosts with too few pages for one of their own share them, as do hosts that
//! are met later; there a trained one is measured too, which for a single host never was the best. A page of the host itself
//! beats what hosts with the same markup could share: by a quarter with three pages a host, by three quarters with forty.
//!
//! Bodies are packed batch by batch, a transaction each: a body is replaced only once its new packing was undone, compared and
//! hashed, so that whatever ends the run, every body can be read at every moment.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;

use rusqlite::{Connection, params};
use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::{DecoderDictionary, EncoderDictionary};

use super::{ArchiveError, dictionary, packer, payload};
use crate::digest::Digest;
use crate::store::{Store, StoreError};

/// What was chosen for one host and what came of it.
#[derive(Clone, Debug)]
pub struct HostPacked {
    /// Empty for all hosts with few bodies together.
    pub host: String,
    /// How many hosts that is.
    pub hosts: usize,
    /// Of what each dictionary is made, and its size; none where bodies are smaller by themselves.
    pub dictionaries: Vec<(&'static str, usize)>,
    pub bodies: usize,
    /// Bytes of bodies and dictionaries as they were kept.
    pub before: u64,
    pub after: u64,
}

#[derive(Debug, Default)]
pub struct Compacted {
    pub hosts: Vec<HostPacked>,
    /// Bodies that can't be read and were left as they are.
    pub damaged: Vec<String>,
}

#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// zstd's level, 1 to 22.
    pub level: i32,
    /// Bodies to a transaction.
    pub batch: usize,
    pub jobs: usize,
}

impl Default for Options {
    /// 2,000 pages of 50 hosts (212 MB), whose gzip WARC is 23.8 MB, take on two cores at level 3 3.5 s and 3.5 MB, at 6 4.6 s
    /// and 3.0 MB, at 9 5.3 s and 2.8 MB, at 12 17.4 s and 2.6 MB: from 10 on zstd sorts in trees, which costs more than it saves.
    fn default() -> Options {
        Options { level: 9, batch: 64, jobs: 2 }
    }
}

/// Bodies of a host that candidates are measured on.
const SAMPLE: usize = 24;
/// Pages that are tried on their own.
const CANDIDATES: usize = 6;
/// Pages put together into one dictionary.
const PAGES: usize = 3;
/// Training for more gave worse dictionaries (zstd's own default is 110 KB).
const TRAINED: usize = 112 << 10;
/// A host needs so many bodies for a dictionary to pay.
const FEW: usize = 3;

/// Chooses a dictionary for each host and packs its bodies; `each` hears of every host.
pub fn compact(store: &Store, options: Options, mut each: impl FnMut(&HostPacked)) -> Result<Compacted, ArchiveError> {
    let connection = store.reader()?;
    let mut done = Compacted::default();
    for (host, (hosts, digests)) in with_few_together(bodies(&connection)?) {
        let packed = pack_host(store, &connection, host, &digests, options, &mut done.damaged)?;
        let packed = HostPacked { hosts, ..packed };
        each(&packed);
        done.hosts.push(packed);
    }
    // Nothing is packed against these any more.
    store.write_blocking(|tx| {
        tx.execute(
            "DELETE FROM dictionary WHERE id NOT IN (SELECT dictionary FROM payload WHERE dictionary IS NOT NULL)",
            [],
        )?;
        Ok(())
    })?;
    Ok(done)
}

/// Digests of what each host gave, in the order it came; a body that two hosts gave belongs to the first.
fn bodies(connection: &Connection) -> Result<BTreeMap<String, Vec<Digest>>, ArchiveError> {
    let mut statement = connection.prepare(
        "SELECT p.digest, c.url FROM payload p JOIN capture c ON c.id = (SELECT min(id) FROM capture WHERE payload = p.digest)
         WHERE p.size_bytes >= ?1 ORDER BY c.id",
    )?;
    let mut rows = statement.query([packer::SMALL as i64])?;
    let mut hosts: BTreeMap<String, Vec<Digest>> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let (digest, url): (String, String) = (row.get(0)?, row.get(1)?);
        let host = url::Url::parse(&url).ok().and_then(|url| url.host_str().map(str::to_owned));
        if let (Some(host), Ok(digest)) = (host, digest.parse()) {
            hosts.entry(host).or_default().push(digest);
        }
    }
    Ok(hosts)
}

/// Hosts with too few bodies for a dictionary of their own as one; how many they are, and their bodies.
fn with_few_together(hosts: BTreeMap<String, Vec<Digest>>) -> BTreeMap<String, (usize, Vec<Digest>)> {
    let mut together: BTreeMap<String, (usize, Vec<Digest>)> = BTreeMap::new();
    for (host, digests) in hosts {
        let host = if digests.len() < FEW { dictionary::ANY_HOST.to_owned() } else { host };
        let (hosts, bodies) = together.entry(host).or_default();
        *hosts += 1;
        bodies.extend(digests);
    }
    together
}

fn pack_host(
    store: &Store,
    connection: &Connection,
    host: String,
    digests: &[Digest],
    options: Options,
    damaged: &mut Vec<String>,
) -> Result<HostPacked, ArchiveError> {
    let before = stored_bytes(connection, digests)?;
    let reader = payload::Reader::new(connection);
    let sample: Vec<Vec<u8>> = spread(digests, SAMPLE).filter_map(|digest| reader.load(*digest).ok()).collect();
    let chosen = if digests.len() < FEW {
        Vec::new()
    } else {
        choose(&sample, digests.len(), options, host == dictionary::ANY_HOST)
    };
    let kept = chosen
        .iter()
        .map(|(_, bytes)| {
            let id = keep(store, &host, bytes)?;
            let (packs, unpacks) = (EncoderDictionary::copy(bytes, options.level), DecoderDictionary::copy(bytes));
            Ok(Kept { id, packs, unpacks })
        })
        .collect::<Result<Vec<_>, StoreError>>()?;
    pack_all(store, digests, &kept, options, damaged)?;
    let after = stored_bytes(connection, digests)?;
    let dictionaries = chosen.into_iter().map(|(what, bytes)| (what, bytes.len())).collect();
    Ok(HostPacked { host, hosts: 1, dictionaries, bodies: digests.len(), before, after })
}

/// Of these bodies and of the dictionaries they are packed against.
fn stored_bytes(connection: &Connection, digests: &[Digest]) -> Result<u64, ArchiveError> {
    let mut select = connection.prepare_cached("SELECT length(bytes), dictionary FROM payload WHERE digest = ?1")?;
    let (mut sum, mut dictionaries) = (0, BTreeSet::new());
    for digest in digests {
        let (bytes, dictionary) =
            select.query_row([digest.to_string()], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Option<i64>>(1)?)))?;
        sum += bytes.unsigned_abs();
        dictionaries.extend(dictionary);
    }
    let mut select = connection.prepare_cached("SELECT length(bytes) FROM dictionary WHERE id = ?1")?;
    for id in dictionaries {
        sum += select.query_row([id], |row| row.get::<_, i64>(0))?.unsigned_abs();
    }
    Ok(sum)
}

/// At most `count` of them, evenly over the whole.
fn spread<T>(of: &[T], count: usize) -> impl Iterator<Item = &T> {
    of.iter().step_by(of.len().div_ceil(count).max(1))
}

/// The candidates that together make the host smallest, their own bytes counted.
fn choose(sample: &[Vec<u8>], bodies: usize, options: Options, train: bool) -> Vec<(&'static str, Vec<u8>)> {
    // Odd ones are made into dictionaries, even ones measured: a page packed against itself would flatter.
    let (measured, sources): (Vec<_>, Vec<_>) = sample.iter().enumerate().partition(|(n, _)| n % 2 == 0);
    let measured: Vec<&[u8]> = measured.into_iter().map(|(_, body)| body.as_slice()).collect();
    let sources: Vec<&[u8]> = sources.into_iter().map(|(_, body)| body.as_slice()).collect();
    let mut candidates: Vec<(&'static str, Vec<u8>)> =
        spread(&sources, CANDIDATES).map(|body| ("one page", body.to_vec())).collect();
    let together: Vec<u8> = spread(&sources, PAGES).copied().collect::<Vec<_>>().concat();
    candidates.push(("pages together", together));
    if train {
        candidates.extend(zstd::dict::from_samples(&sources, TRAINED).ok().map(|trained| ("trained", trained)));
    }
    candidates.retain(|(_, bytes)| !bytes.is_empty() && bytes.len() <= dictionary::LARGEST);
    let by_itself = |body: &[u8]| zstd::bulk::compress(body, options.level).map_or(body.len(), |packed| packed.len());
    // What each costs, and the sizes of the measured bodies against it; last without any.
    let against = |candidate: Option<&(&str, Vec<u8>)>| -> (usize, Vec<usize>) {
        let Some((_, bytes)) = candidate else { return (0, measured.iter().map(|body| by_itself(body)).collect()) };
        // Made once for all bodies: taking a dictionary in costs more than packing a page.
        let mut packer = Compressor::with_dictionary(options.level, bytes).ok();
        let mut packed =
            |body: &[u8]| packer.as_mut().and_then(|it| it.compress(body).ok()).map_or(body.len(), |it| it.len());
        (by_itself(bytes), measured.iter().map(|body| packed(body)).collect())
    };
    let tried: Vec<_> = candidates.iter().map(Some).chain([None]).collect();
    let mut sizes = on_threads(options.jobs, &tried, |candidate| against(*candidate));
    let Some((_, mut least)) = sizes.pop() else { return Vec::new() };
    let mut chosen = Vec::new();
    while chosen.len() < dictionary::OWN {
        let gain = |(cost, sizes): &(usize, Vec<usize>)| {
            let saved: usize = least.iter().zip(sizes).map(|(least, size)| least.saturating_sub(*size)).sum();
            (saved * bodies / measured.len().max(1)).saturating_sub(*cost)
        };
        let best = sizes.iter().map(gain).enumerate().max_by_key(|(_, gain)| *gain).filter(|(_, gain)| *gain > 0);
        let Some((best, _)) = best else { break };
        let (_, against) = sizes.remove(best);
        least.iter_mut().zip(against).for_each(|(least, size)| *least = size.min(*least));
        chosen.push(candidates.remove(best));
    }
    chosen
}

/// What `of` makes of each, in order, on so many threads.
fn on_threads<T: Sync, U: Send>(jobs: usize, all: &[T], of: impl Fn(&T) -> U + Sync) -> Vec<U> {
    let (next, made) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, all.len().max(1)) {
            scope.spawn(|| {
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    let Some(one) = all.get(n) else { break };
                    let one = of(one);
                    made.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push((n, one));
                }
            });
        }
    });
    let mut made = made.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    made.sort_by_key(|(n, _)| *n);
    made.into_iter().map(|(_, one)| one).collect()
}

/// Level for what is packed by itself and read seldom.
const DICTIONARY_LEVEL: i32 = 19;

fn alone(bytes: &[u8]) -> Vec<u8> {
    // Compression into memory fails only for want of it.
    zstd::bulk::compress(bytes, DICTIONARY_LEVEL).unwrap_or_default()
}

/// The dictionary's number.
fn keep(store: &Store, host: &str, bytes: &[u8]) -> Result<i64, StoreError> {
    let (host, bytes, packed) = (host.to_owned(), bytes.to_vec(), alone(bytes));
    store.write_blocking(move |tx| dictionary::keep(tx, &host, &bytes, &packed))
}

/// A dictionary made ready once for all bodies.
struct Kept {
    id: i64,
    packs: EncoderDictionary<'static>,
    unpacks: DecoderDictionary<'static>,
}

/// One body as it will be kept.
struct Repacked {
    digest: Digest,
    codec: &'static str,
    bytes: Vec<u8>,
    dictionary: Option<i64>,
}

/// Packs these bodies on all threads while a thread writes what is ready, a batch at a time.
fn pack_all(
    store: &Store,
    digests: &[Digest],
    against: &[Kept],
    options: Options,
    damaged: &mut Vec<String>,
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
                    while let Some(digest) = digests.get(next.fetch_add(1, Ordering::Relaxed)) {
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
    mut ready: impl Iterator<Item = Result<Option<Repacked>, ArchiveError>>,
    batch: usize,
    damaged: &mut Vec<String>,
) -> Result<(), ArchiveError> {
    loop {
        let part: Vec<_> = ready.by_ref().take(batch).collect();
        if part.is_empty() {
            return Ok(());
        }
        let mut whole = Vec::with_capacity(part.len());
        for one in part {
            match one {
                Ok(repacked) => whole.extend(repacked),
                Err(ArchiveError::Damaged { digest, why }) => damaged.push(format!("{digest}: {why}")),
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

/// The body packed anew; none where it does not come back as it went in.
fn repack(
    reader: &payload::Reader<'_>,
    packer: &mut Packer<'_>,
    digest: Digest,
    level: i32,
) -> Result<Option<Repacked>, ArchiveError> {
    let body = reader.load(digest)?;
    let against = packer
        .against
        .iter_mut()
        .filter_map(|(id, packs, unpacks)| Some((*id, packs.compress(&body).ok()?, unpacks)))
        .min_by_key(|(_, packed, _)| packed.len());
    // By itself, a high level takes as long again and hardly ever halves what the lowest gives.
    let far_shorter = against.as_ref().is_some_and(|(_, against, _)| {
        zstd::bulk::compress(&body, 1).is_ok_and(|quick| against.len() * 2 < quick.len())
    });
    let by_itself = if far_shorter { None } else { zstd::bulk::compress(&body, level).ok() };
    let by_itself = by_itself.filter(|packed| packed.len() < body.len());
    let least = by_itself.as_ref().map_or(body.len(), Vec::len);
    let (bytes, dictionary, back) = match (against.filter(|(_, packed, _)| packed.len() < least), by_itself) {
        (Some((id, bytes, unpacks)), _) => {
            let back = unpacks.decompress(&bytes, body.len());
            (bytes, Some(id), back)
        }
        (None, Some(bytes)) => {
            let back = zstd::bulk::decompress(&bytes, body.len());
            (bytes, None, back)
        }
        (None, None) => return Ok(Some(Repacked { digest, codec: "plain", bytes: body, dictionary: None })),
    };
    let same = back.is_ok_and(|back| back == body);
    Ok(same.then_some(Repacked { digest, codec: "zstd", bytes, dictionary }))
}
