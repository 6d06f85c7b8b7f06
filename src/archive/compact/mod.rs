//! Packing the archive's bodies again, each against pages of its own site.
//!
//! For each host candidates are measured on a sample: pages of it, several pages together. Those are kept that make the host
//! smallest, mostly one for each kind of its pages. Hosts with too few pages for one of their own share them, as do hosts that
//! are met later; there a trained one is measured too, which for a single host never was the best. A page of the host itself
//! beats what hosts with the same markup could share: by a quarter with three pages a host, by three quarters with forty.
//!
//! A body served in gzip or deflate is taken apart first, and its text packed as that of any other page.
//!
//! Bodies are packed batch by batch, a transaction each: a body is replaced only once its new packing was undone, compared and
//! hashed, so that whatever ends the run, every body can be read at every moment.

mod choose;
mod repack;

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;
use zstd::dict::{DecoderDictionary, EncoderDictionary};

use choose::{choose, spread};
use repack::Kept;

use super::{ArchiveError, deflated, dictionary, packer, payload};
use crate::digest::Digest;
use crate::stop::Stop;
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
    /// Bodies that can't be read and were left as they are: digest, and why.
    pub damaged: Vec<(String, String)>,
    /// Stopped before the last; what was not reached lies as it did.
    pub interrupted: bool,
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
/// A host needs so many bodies for a dictionary to pay.
const FEW: usize = 3;

/// Chooses a dictionary for each host and packs its bodies; `each` hears of every host.
pub fn compact(store: &Store, options: Options, each: impl FnMut(&HostPacked)) -> Result<Compacted, ArchiveError> {
    compact_until(store, options, &Stop::default(), each)
}

/// [`compact`], ended early by `stop`.
pub fn compact_until(
    store: &Store,
    options: Options,
    stop: &Stop,
    mut each: impl FnMut(&HostPacked),
) -> Result<Compacted, ArchiveError> {
    let connection = store.reader()?;
    let mut done = Compacted::default();
    for (host, (hosts, digests)) in with_few_together(bodies(&connection)?) {
        if stop.is_asked() {
            break;
        }
        let packed = pack_host((store, stop), &connection, host, &digests, options, &mut done.damaged)?;
        let packed = HostPacked { hosts, ..packed };
        each(&packed);
        done.hosts.push(packed);
    }
    done.interrupted = stop.is_asked();
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
    (store, stop): (&Store, &Stop),
    connection: &Connection,
    host: String,
    digests: &[Digest],
    options: Options,
    damaged: &mut Vec<(String, String)>,
) -> Result<HostPacked, ArchiveError> {
    let before = stored_bytes(connection, digests)?;
    let reader = payload::Reader::new(connection);
    let sample: Vec<Vec<u8>> = spread(digests, SAMPLE).filter_map(|digest| text(&reader, *digest)).collect();
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
    repack::pack_all((store, stop), digests, &kept, options, damaged)?;
    let after = stored_bytes(connection, digests)?;
    let dictionaries = chosen.into_iter().map(|(what, bytes)| (what, bytes.len())).collect();
    Ok(HostPacked { host, hosts: 1, dictionaries, bodies: digests.len(), before, after })
}

/// What of a body is packed.
fn text(reader: &payload::Reader<'_>, digest: Digest) -> Option<Vec<u8>> {
    let payload::Loaded { body, apart } = reader.load_apart(digest).ok()?;
    Some(apart.map(|(_, text)| text).or_else(|| deflated::text(&body)).unwrap_or(body))
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
