//! Packing the archive's bodies again, each against a page of its own site.
//!
//! For each host candidates are measured on a sample: no dictionary, one page or several together. Hosts with too few pages for
//! one of their own share one, as do hosts that are met later; for these a trained one is measured too, which for a single host
//! never was the best. A page of the host itself beats what hosts with the same markup could share: by a quarter with three
//! pages a host, by three quarters with forty. The best is kept, and the host's bodies are packed against it batch by batch, a transaction each: a body is replaced only once its new
//! packing was undone, compared and hashed, so that whatever ends the run, every body can be read at every moment.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};

use super::{ArchiveError, payload};
use crate::digest::Digest;
use crate::store::{Store, StoreError};

/// What was chosen for one host and what came of it.
#[derive(Clone, Debug)]
pub struct HostPacked {
    /// Empty for all hosts with few bodies together.
    pub host: String,
    /// How many hosts that is.
    pub hosts: usize,
    /// Of what the dictionary is made, and its size; none where bodies are smaller by themselves.
    pub dictionary: Option<(&'static str, usize)>,
    pub bodies: usize,
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
    fn default() -> Options {
        Options { level: 12, batch: 64, jobs: 2 }
    }
}

/// Bodies of a host that candidates are measured on.
const SAMPLE: usize = 24;
/// Pages put together into one dictionary.
const PAGES: usize = 3;
/// A dictionary larger than this costs more memory than it saves bytes.
const LARGEST: usize = 512 << 10;
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
    let mut rows = statement.query([payload::SMALL as i64])?;
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
        let host = if digests.len() < FEW { payload::ANY_HOST.to_owned() } else { host };
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
        None
    } else {
        choose(&sample, digests.len(), options.level, host == payload::ANY_HOST)
    };
    let dictionary = match &chosen {
        Some((_, bytes)) => Some(keep(store, &host, bytes)?),
        None => None,
    };
    let bytes = chosen.as_ref().map(|(_, bytes)| bytes.as_slice());
    for batch in digests.chunks(options.batch.max(1)) {
        pack_batch(store, batch, dictionary, bytes, options, damaged)?;
    }
    let after = stored_bytes(connection, digests)? + chosen.as_ref().map_or(0, |(_, bytes)| alone(bytes).len() as u64);
    let dictionary = chosen.map(|(what, bytes)| (what, bytes.len()));
    Ok(HostPacked { host, hosts: 1, dictionary, bodies: digests.len(), before, after })
}

fn stored_bytes(connection: &Connection, digests: &[Digest]) -> Result<u64, ArchiveError> {
    let mut select = connection.prepare_cached("SELECT length(bytes) FROM payload WHERE digest = ?1")?;
    let mut sum = 0;
    for digest in digests {
        sum += select.query_row([digest.to_string()], |row| row.get::<_, i64>(0))?.unsigned_abs();
    }
    Ok(sum)
}

/// At most `count` of them, evenly over the whole.
fn spread<T>(of: &[T], count: usize) -> impl Iterator<Item = &T> {
    of.iter().step_by(of.len().div_ceil(count).max(1))
}

/// The candidate that makes the host smallest, its own bytes counted.
fn choose(sample: &[Vec<u8>], bodies: usize, level: i32, train: bool) -> Option<(&'static str, Vec<u8>)> {
    // Odd ones are made into dictionaries, even ones measured: a page packed against itself would flatter.
    let (measured, sources): (Vec<_>, Vec<_>) = sample.iter().enumerate().partition(|(n, _)| n % 2 == 0);
    let measured: Vec<&[u8]> = measured.into_iter().map(|(_, body)| body.as_slice()).collect();
    let sources: Vec<&[u8]> = sources.into_iter().map(|(_, body)| body.as_slice()).collect();
    let mut candidates: Vec<(&'static str, Vec<u8>)> = Vec::new();
    candidates.extend(sources.iter().take(2).map(|body| ("one page", body.to_vec())));
    // A page of the most common size stands for the template that the host has most of.
    let mut by_size = sources.clone();
    by_size.sort_by_key(|body| body.len());
    candidates.extend(by_size.get(by_size.len() / 2).map(|body| ("one page", body.to_vec())));
    candidates.extend(by_size.last().map(|body| ("one page", body.to_vec())));
    let together: Vec<u8> = spread(&sources, PAGES).copied().collect::<Vec<_>>().concat();
    candidates.push(("pages together", together));
    if train {
        candidates.extend(zstd::dict::from_samples(&sources, TRAINED).ok().map(|trained| ("trained", trained)));
    }
    candidates.retain(|(_, bytes)| !bytes.is_empty() && bytes.len() <= LARGEST);
    let by_itself = |body: &[u8]| zstd::bulk::compress(body, level).map_or(body.len(), |packed| packed.len());
    let cost = |dictionary: Option<&[u8]>| -> usize {
        // Made once for all bodies: taking a dictionary in costs more than packing a page.
        let mut packer = dictionary.and_then(|bytes| zstd::bulk::Compressor::with_dictionary(level, bytes).ok());
        let mut packed = |body: &[u8]| match &mut packer {
            Some(packer) => packer.compress(body).map_or(body.len(), |packed| packed.len()),
            None => by_itself(body),
        };
        let sum: usize = measured.iter().map(|body| packed(body)).sum();
        sum * bodies / measured.len().max(1) + dictionary.map_or(0, by_itself)
    };
    let nothing = cost(None);
    candidates
        .into_iter()
        .map(|(what, bytes)| (cost(Some(&bytes)), what, bytes))
        .min_by_key(|(cost, ..)| *cost)
        .filter(|(cost, ..)| *cost < nothing)
        .map(|(_, what, bytes)| (what, bytes))
}

/// Level for what is packed by itself and read seldom.
const DICTIONARY_LEVEL: i32 = 19;

fn alone(bytes: &[u8]) -> Vec<u8> {
    // Compression into memory fails only for want of it.
    zstd::bulk::compress(bytes, DICTIONARY_LEVEL).unwrap_or_default()
}

/// The dictionary's number; one that is kept already is used again.
fn keep(store: &Store, host: &str, bytes: &[u8]) -> Result<i64, StoreError> {
    let (host, digest, size, packed) =
        (host.to_owned(), Digest::of(bytes).to_string(), bytes.len() as i64, alone(bytes));
    store.write_blocking(move |tx| {
        let known = tx
            .prepare_cached("SELECT id FROM dictionary WHERE host = ?1 AND digest = ?2")?
            .query_map(params![host, digest], |row| row.get(0))?
            .next();
        // A damaged one is not used again.
        if let Some(known) = known.transpose()?.filter(|known| payload::dictionary(tx, *known).is_ok()) {
            return Ok(known);
        }
        tx.execute(
            "INSERT INTO dictionary (host, digest, size_bytes, bytes) VALUES (?1, ?2, ?3, ?4)",
            params![host, digest, size, packed],
        )?;
        Ok(tx.last_insert_rowid())
    })
}

/// One body as it will be kept.
struct Repacked {
    digest: Digest,
    codec: &'static str,
    bytes: Vec<u8>,
    dictionary: Option<i64>,
}

fn pack_batch(
    store: &Store,
    batch: &[Digest],
    id: Option<i64>,
    dictionary: Option<&[u8]>,
    options: Options,
    damaged: &mut Vec<String>,
) -> Result<(), ArchiveError> {
    let share = batch.len().div_ceil(options.jobs.max(1)).max(1);
    let results = std::thread::scope(|scope| {
        let workers: Vec<_> = batch
            .chunks(share)
            .map(|part| scope.spawn(move || repack_part(store, part, id, dictionary, options.level)))
            .collect();
        workers.into_iter().filter_map(|worker| worker.join().ok()).collect::<Vec<_>>()
    });
    let mut ready = Vec::new();
    for result in results {
        for one in result? {
            match one {
                Ok(repacked) => ready.extend(repacked),
                Err(ArchiveError::Damaged { digest, why }) => damaged.push(format!("{digest}: {why}")),
                Err(fault) => return Err(fault),
            }
        }
    }
    store.write_blocking(move |tx| {
        let mut update =
            tx.prepare_cached("UPDATE payload SET codec = ?2, bytes = ?3, dictionary = ?4 WHERE digest = ?1")?;
        for one in &ready {
            update.execute(params![one.digest.to_string(), one.codec, one.bytes, one.dictionary])?;
        }
        Ok(())
    })?;
    Ok(())
}

type Part = Vec<Result<Option<Repacked>, ArchiveError>>;

fn repack_part(
    store: &Store,
    part: &[Digest],
    id: Option<i64>,
    dictionary: Option<&[u8]>,
    level: i32,
) -> Result<Part, ArchiveError> {
    let connection = store.reader()?;
    let reader = payload::Reader::new(&connection);
    let mut packer = match dictionary {
        Some(dictionary) => zstd::bulk::Compressor::with_dictionary(level, dictionary).ok(),
        None => None,
    };
    let mut unpacker = dictionary.and_then(|dictionary| zstd::bulk::Decompressor::with_dictionary(dictionary).ok());
    Ok(part
        .iter()
        .map(|digest| {
            let body = reader.load(*digest)?;
            let against = packer.as_mut().and_then(|packer| packer.compress(&body).ok());
            // By itself, a high level takes as long again and hardly ever halves what the lowest gives.
            let far_shorter = against.as_ref().is_some_and(|against| {
                zstd::bulk::compress(&body, 1).is_ok_and(|quick| against.len() * 2 < quick.len())
            });
            let by_itself = if far_shorter { None } else { zstd::bulk::compress(&body, level).ok() };
            let shorter = |packed: &Vec<u8>| packed.len() < by_itself.as_ref().map_or(body.len(), Vec::len);
            let repacked = match (against.filter(shorter), by_itself.filter(|packed| packed.len() < body.len())) {
                (Some(bytes), _) => {
                    let back = unpacker.as_mut().and_then(|unpacker| unpacker.decompress(&bytes, body.len()).ok());
                    (back.as_ref() == Some(&body)).then_some(Repacked {
                        digest: *digest,
                        codec: "zstd",
                        bytes,
                        dictionary: id,
                    })
                }
                (None, Some(bytes)) => {
                    let back = zstd::bulk::decompress(&bytes, body.len()).ok();
                    (back.as_ref() == Some(&body)).then_some(Repacked {
                        digest: *digest,
                        codec: "zstd",
                        bytes,
                        dictionary: None,
                    })
                }
                (None, None) => Some(Repacked { digest: *digest, codec: "plain", bytes: body, dictionary: None }),
            };
            // One that does not come back as it went in stays as it is.
            Ok(repacked)
        })
        .collect())
}
