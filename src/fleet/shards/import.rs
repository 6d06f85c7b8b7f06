//! Shards taken into an archive, in the order of their first capture, by the importer that takes in any WARC.
//!
//! A shard counts as taken in only when all of it is committed and none of its revisits waits for its original; it is then
//! known by name and digest and not read again. A shard that came with faults stays due, and says so in every run.

use std::collections::BTreeSet;
use std::io::{Seek, Write};
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use object_store::Error;
use rusqlite::params;
use serde::Serialize;
use tokio::runtime::Handle;
use tokio::sync::Notify;

use super::again::{again, pauses};
use super::manifest::{FORM, Manifest};
use super::place::{LOCAL, Place, is_refusal, local};
use crate::archive::ArchiveError;
use crate::clock::{Clock, rfc3339};
use crate::digest::Hasher;
use crate::import::{self, ImportFault, Keeper};
use crate::store::{Store, StoreError};

/// Manifests asked for at a time.
const AT_ONCE: usize = 16;
/// Tries at one object before the run goes on without it.
const TRIES: usize = 5;

/// What an import of shards did.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Imported {
    #[serde(flatten)]
    pub summary: import::Summary,
    /// Shards taken in by this run.
    pub shards: u64,
    /// Shards that an earlier run had taken in.
    pub shards_known: u64,
    /// Shards without a manifest: being written, or left by a worker that died. None of their captures were settled.
    pub shards_unfinished: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum ShardImportError {
    #[error("{address} can't be listed: {source}")]
    List { address: String, source: Error },
    #[error("no room for a copy of a shard in the folder for temporary files: {0}")]
    Copy(std::io::Error),
    #[error(transparent)]
    Archive(#[from] ArchiveError),
}

impl From<StoreError> for ShardImportError {
    fn from(fault: StoreError) -> ShardImportError {
        ShardImportError::Archive(fault.into())
    }
}

/// Why one shard was passed over.
enum Bad {
    Unreadable(String),
    Copy(std::io::Error),
}

/// Takes in every complete shard of a place that the archive does not have. Waits on `runtime`, so not to be called on it.
pub fn import(store: &Store, place: &Place, clock: &Clock, runtime: &Handle) -> Result<Imported, ShardImportError> {
    let listing = runtime.block_on(list(place))?;
    let mut imported = Imported { shards_unfinished: listing.unfinished, ..Imported::default() };
    let mut keeper = Keeper::new(store);
    for fault in listing.faults {
        keeper.fault(&fault.file, fault.offset, fault.why);
    }
    let known = known(store)?;
    let mut waiting = Vec::new();
    for manifest in listing.manifests {
        let warc = &manifest.warc;
        if known.contains(&(warc.name.clone(), warc.sha256.clone())) {
            imported.shards_known += 1;
            continue;
        }
        let faults = keeper.faults();
        match runtime.block_on(copy(place, &manifest)) {
            Err(Bad::Copy(fault)) => return Err(ShardImportError::Copy(fault)),
            Err(Bad::Unreadable(why)) => {
                keeper.fault(&warc.name, 0, why);
                continue;
            }
            Ok(file) => import::take(&mut keeper, &warc.name, file)?,
        }
        keeper.flush()?;
        imported.shards += 1;
        if keeper.faults() > faults {
            continue;
        }
        if keeper.waits(&warc.name) {
            waiting.push(manifest);
        } else {
            taken_in(store, clock, &manifest)?;
        }
    }
    imported.summary = keeper.finish()?;
    for manifest in waiting {
        if !imported.summary.faults.iter().any(|fault| fault.file == manifest.warc.name) {
            taken_in(store, clock, &manifest)?;
        }
    }
    Ok(imported)
}

struct Listing {
    /// In the order of their first capture.
    manifests: Vec<Manifest>,
    faults: Vec<ImportFault>,
    unfinished: u64,
}

async fn list(place: &Place) -> Result<Listing, ShardImportError> {
    let objects = a_few_times(|| place.list(""))
        .await
        .map_err(|source| ShardImportError::List { address: place.shown().to_owned(), source })?;
    let names: BTreeSet<String> = objects.into_iter().map(|object| object.location.to_string()).collect();
    let complete: Vec<&String> = names.iter().filter(|name| name.ends_with(".json")).collect();
    let unfinished = names
        .iter()
        .filter_map(|name| name.strip_suffix(".warc.gz"))
        .filter(|stem| !names.contains(&format!("{stem}.json")))
        .count() as u64;
    let read: Vec<(String, Result<Manifest, String>)> = stream::iter(complete)
        .map(|name| async move { Ok::<_, ShardImportError>((name.clone(), manifest(place, name).await)) })
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    let mut listing = Listing { manifests: Vec::new(), faults: Vec::new(), unfinished };
    for (file, manifest) in read {
        match manifest {
            Ok(manifest) => listing.manifests.push(manifest),
            Err(why) => listing.faults.push(ImportFault { file, offset: 0, why }),
        }
    }
    // Originals come before what repeats them, whichever worker had them.
    listing.manifests.sort_by(|a, b| (&a.first_date, &a.warc.name).cmp(&(&b.first_date, &b.warc.name)));
    Ok(listing)
}

/// A manifest, with the place of its WARC made to be beside it, whatever folder the listing began in.
async fn manifest(place: &Place, name: &str) -> Result<Manifest, String> {
    let text =
        a_few_times(|| place.read(name)).await.map_err(|fault| format!("the manifest can't be read: {fault}"))?;
    let mut manifest: Manifest =
        serde_json::from_slice(&text).map_err(|fault| format!("it is no manifest of a shard: {fault}"))?;
    if manifest.form != FORM {
        return Err(format!("its form is {}, and this program knows {FORM}", manifest.form));
    }
    let stem = name.strip_suffix(".json").unwrap_or(name);
    let own = format!("{}.warc.gz", stem.rsplit('/').next().unwrap_or(stem));
    if manifest.warc.name.rsplit('/').next() != Some(own.as_str()) {
        return Err(format!("it is about {}, not about the shard beside it", manifest.warc.name));
    }
    manifest.warc.name = format!("{stem}.warc.gz");
    Ok(manifest)
}

/// The shard's WARC on this machine, once it has proved to be what its manifest says.
async fn copy(place: &Place, manifest: &Manifest) -> Result<std::fs::File, Bad> {
    let warc = &manifest.warc;
    let fetch = || async {
        let mut file = tempfile::tempfile().map_err(local)?;
        let (mut hash, mut bytes) = (Hasher::new(), 0u64);
        place
            .stream(&warc.name, |piece| {
                hash.update(piece);
                bytes += piece.len() as u64;
                file.write_all(piece)
            })
            .await?;
        Ok((file, hash.finish(), bytes))
    };
    let (mut file, digest, bytes) = a_few_times(fetch).await.map_err(|fault| match fault {
        Error::Generic { store: LOCAL, source } => Bad::Copy(std::io::Error::other(source)),
        fault => Bad::Unreadable(format!("the shard can't be read: {fault}")),
    })?;
    if digest.to_string() != warc.sha256 {
        return Err(Bad::Unreadable(format!(
            "the shard is damaged: {bytes} bytes with SHA-256 {digest}, its manifest says {} with {}",
            warc.size_bytes, warc.sha256
        )));
    }
    file.rewind().map_err(Bad::Copy)?;
    Ok(file)
}

/// Asks a few times: a store that is away for a moment must not cost a run of hours.
async fn a_few_times<T, F>(ask: impl Fn() -> F) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    let pauses = pauses(3, Duration::MAX).take(TRIES - 1);
    again(pauses, &Notify::new(), ask, |fault, pause| {
        let is_final =
            is_refusal(fault) || matches!(fault, Error::NotFound { .. } | Error::Generic { store: LOCAL, .. });
        if !is_final {
            tracing::warn!("asked again in {pause:?}: {fault}");
        }
        !is_final
    })
    .await
}

fn known(store: &Store) -> Result<BTreeSet<(String, String)>, StoreError> {
    let connection = store.reader()?;
    let mut statement = connection.prepare("SELECT name, sha256 FROM shard")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn taken_in(store: &Store, clock: &Clock, manifest: &Manifest) -> Result<(), StoreError> {
    let (name, sha256) = (manifest.warc.name.clone(), manifest.warc.sha256.clone());
    let (captures, at) = (manifest.captures as i64, rfc3339(clock.now()));
    store.write_blocking(move |tx| {
        tx.execute("INSERT OR IGNORE INTO shard VALUES (?1, ?2, ?3, ?4)", params![name, sha256, captures, at])?;
        Ok(())
    })
}
