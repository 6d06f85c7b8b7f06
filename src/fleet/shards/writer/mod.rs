//! Exchanges made durable together: those that wait at one time share a shard, and wake when all of it is kept.
//!
//! A shard is closed when it is full, when its first exchange has waited [`Settings::max_age`], or as soon as every address
//! the worker has in flight waits for it: then nothing more can come, and waiting longer would only hold the worker up. While
//! one shard is on its way the next gathers, so that a slow store makes larger shards and not a longer queue.

mod binder;

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use object_store::Error;
use tokio::sync::{Notify, mpsc, oneshot};

use super::manifest::Names;
use super::open::{Bound, bind, key_of};
use super::place::Place;
use super::seen::Seen;
use crate::archive::warc::Original;
use crate::clock::Clock;
use crate::digest::Digest;
use crate::exchange::Exchange;
use binder::Binder;

/// When a shard is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Bytes; only a capture that is larger by itself makes a larger shard.
    pub max_bytes: u64,
    /// The longest that an exchange waits before its shard is sent.
    pub max_age: Duration,
    /// How long after the last exchange a shard for which all wait stays open: addresses that the worker begins meanwhile
    /// still join it, which keeps shards from being as small as the worker has hosts.
    pub quiet: Duration,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { max_bytes: 64 << 20, max_age: Duration::from_secs(60), quiet: Duration::from_secs(1) }
    }
}

/// An exchange to keep, and what is known of it besides.
pub struct Keep {
    pub exchange: Exchange,
    /// What the attempt came to, by its name in the archive.
    pub outcome: Option<&'static str>,
    /// An earlier capture of the same address and the digest of its body, where the frontier knows one that is durable: the
    /// same body again is written as a revisit of it.
    pub original: Option<(Original, Digest)>,
}

impl From<Exchange> for Keep {
    fn from(exchange: Exchange) -> Keep {
        Keep { exchange, outcome: None, original: None }
    }
}

/// Where a durable exchange lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The shard's WARC, from the root of the shards.
    pub shard: String,
    /// Of its first record, bytes.
    pub offset: u64,
    /// SHA-256 of the body.
    pub digest: Digest,
}

/// Why an exchange was not kept: its address must be asked again.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ShardError {
    #[error("the store refuses the shard, and asking again can't help: {0}")]
    Refused(Arc<Error>),
    #[error("the store does not answer, and the run is to end; what it did not take is asked for again: {0}")]
    Away(Arc<Error>),
    #[error("the shard can't be put together: {0}")]
    Pack(Arc<std::io::Error>),
    #[error("the writer of shards has ended")]
    Ended,
}

/// Writes the shards of one worker in one crawl. Many may call [`Shards::put`] at a time.
pub struct Shards {
    jobs: mpsc::UnboundedSender<Job>,
    shared: Arc<Shared>,
    binder: tokio::task::JoinHandle<()>,
}

struct Shared {
    in_flight: AtomicUsize,
    changed: Notify,
    number: AtomicI64,
    written: AtomicUsize,
    away: AtomicBool,
    /// A store that is away is not waited for any more.
    ending: AtomicBool,
    wake: Notify,
    seen: Mutex<Seen>,
}

/// An address being worked on; dropped when it waits for nothing more.
pub struct Flight(Arc<Shared>);

impl Drop for Flight {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::SeqCst);
        self.0.changed.notify_one();
    }
}

struct Job {
    bound: Bound,
    reply: oneshot::Sender<Result<Kept, ShardError>>,
}

impl Shards {
    /// Asks the place which numbers are taken, so that a worker which comes back goes on behind its own shards; that is also
    /// where a wrong key or bucket shows.
    pub async fn begin(
        place: Place,
        names: Names,
        settings: Settings,
        clock: Clock,
    ) -> Result<Shards, super::PlaceError> {
        let there = place
            .list(&names.folder())
            .await
            .map_err(|source| super::PlaceError::Ask { address: place.shown().to_owned(), source })?;
        let taken = there.iter().filter_map(|object| names.sequence(object.location.as_ref())).max();
        let shared = Arc::new(Shared {
            in_flight: AtomicUsize::new(0),
            changed: Notify::new(),
            number: AtomicI64::new(0),
            written: AtomicUsize::new(0),
            away: AtomicBool::new(false),
            ending: AtomicBool::new(false),
            wake: Notify::new(),
            seen: Mutex::new(Seen::default()),
        });
        let (jobs, queue) = mpsc::unbounded_channel();
        let sequence = taken.map_or(0, |taken| taken + 1);
        let binder = Binder { place, names, settings, clock, shared: shared.clone(), queue, carried: None, sequence };
        Ok(Shards { jobs, shared, binder: tokio::spawn(binder.run()) })
    }

    /// Says that an address is being worked on, until what this gives is dropped. A worker that says so for each of its
    /// addresses never waits for a shard that nothing more can join.
    pub fn flight(&self) -> Flight {
        self.shared.in_flight.fetch_add(1, Ordering::SeqCst);
        Flight(self.shared.clone())
    }

    /// Keeps an exchange; returns when the shard that holds it is durable, however long the store is away, unless
    /// [`Shards::end_soon`] was called.
    pub async fn put(&self, keep: impl Into<Keep>) -> Result<Kept, ShardError> {
        let Keep { exchange, outcome, original } = keep.into();
        let number = self.shared.number.fetch_add(1, Ordering::Relaxed) + 1;
        let original = original_of(&exchange, original, &self.shared.seen());
        let bound = tokio::task::spawn_blocking(move || bind(number, exchange, outcome, original.as_ref()))
            .await
            .map_err(|_| ShardError::Ended)?
            .map_err(|fault| ShardError::Pack(Arc::new(fault)))?;
        let (reply, answer) = oneshot::channel();
        self.jobs.send(Job { bound, reply }).map_err(|_| ShardError::Ended)?;
        answer.await.map_err(|_| ShardError::Ended)?
    }

    /// Shards of this process that are durable.
    pub fn written(&self) -> usize {
        self.shared.written.load(Ordering::Relaxed)
    }

    /// Whether the store did not answer when it was last asked: what is fetched meanwhile would only wait.
    pub fn is_away(&self) -> bool {
        self.shared.away.load(Ordering::Relaxed)
    }

    /// From now on a store that does not answer is not waited for.
    pub fn end_soon(&self) {
        self.shared.ending.store(true, Ordering::SeqCst);
        self.shared.wake.notify_one();
    }

    /// Keeps what still waits, then ends.
    pub async fn close(self) {
        drop(self.jobs);
        // A writer that panicked has answered nobody, which those who waited were told.
        let _ = self.binder.await;
    }
}

/// What a body that was had before repeats: only whole answers, and only what is durable.
fn original_of(exchange: &Exchange, told: Option<(Original, Digest)>, seen: &Seen) -> Option<Original> {
    let response = &exchange.response;
    if response.body.is_empty() || !(200..300).contains(&response.status) {
        return None;
    }
    let digest = Digest::of(&response.body);
    let known = seen.original(&key_of(&exchange.request), digest);
    known.or_else(|| told.filter(|(_, known)| *known == digest).map(|(original, _)| original))
}

impl Shared {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn all_wait(&self, waiting: usize) -> bool {
        waiting >= self.in_flight.load(Ordering::SeqCst)
    }
}
