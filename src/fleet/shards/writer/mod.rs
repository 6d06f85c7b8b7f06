//! Exchanges made durable together: those that wait at one time share a shard, and wake when all of it is kept.
//!
//! A shard is closed when it is full, when its first exchange has waited [`Settings::max_age`], or as soon as every address
//! the worker has in flight waits for it: then nothing more can come, and waiting longer would only hold the worker up. While
//! one shard is on its way the next gathers, so that a slow store makes larger shards and not a longer queue.

use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use object_store::Error;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::{Instant, sleep, sleep_until};

use super::manifest::Names;
use super::open::{Bound, Closed, Open, bind, key_of};
use super::place::{Created, Place, is_refusal};
use super::seen::Seen;
use crate::archive::warc::Original;
use crate::clock::{Clock, rfc3339};
use crate::digest::Digest;
use crate::exchange::Exchange;

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

/// The one task that fills shards and sends them, one after the other.
struct Binder {
    place: Place,
    names: Names,
    settings: Settings,
    clock: Clock,
    shared: Arc<Shared>,
    queue: mpsc::UnboundedReceiver<Job>,
    /// Had no room in the shard before.
    carried: Option<Job>,
    sequence: u64,
}

type Waiter = (oneshot::Sender<Result<Kept, ShardError>>, u64, Digest);

impl Binder {
    async fn run(mut self) {
        while let Some(first) = self.next().await {
            let (closed, waiters) = self.fill(first).await;
            let kept = match closed {
                Ok(closed) => self.keep(closed).await,
                Err(fault) => Err(ShardError::Pack(Arc::new(fault))),
            };
            for (reply, offset, digest) in waiters {
                // Nobody may be waiting any more; the capture is kept all the same.
                let _ = reply.send(kept.clone().map(|shard| Kept { shard, offset, digest }));
            }
        }
    }

    async fn next(&mut self) -> Option<Job> {
        match self.carried.take() {
            Some(job) => Some(job),
            None => self.queue.recv().await,
        }
    }

    /// Gathers what belongs into one shard.
    async fn fill(&mut self, first: Job) -> (std::io::Result<Closed>, Vec<Waiter>) {
        let mut waiters = Vec::new();
        let mut open = match Open::begin(&rfc3339(self.clock.now()), &self.names) {
            Ok(open) => open,
            Err(fault) => return (Err(fault), vec![(first.reply, 0, first.bound.capture.digest)]),
        };
        let deadline = Instant::now() + self.settings.max_age;
        let shared = self.shared.clone();
        let mut next = Some(first);
        loop {
            if let Some(Job { bound, reply }) = next.take() {
                let digest = bound.capture.digest;
                match open.add(bound) {
                    Ok(offset) => waiters.push((reply, offset, digest)),
                    Err(fault) => {
                        waiters.push((reply, 0, digest));
                        return (Err(fault), waiters);
                    }
                }
            }
            let last = Instant::now();
            let job = loop {
                let quiet = if shared.all_wait(waiters.len()) { last + self.settings.quiet } else { deadline };
                tokio::select! {
                    biased;
                    job = self.queue.recv() => break job,
                    () = sleep_until(quiet.min(deadline)) => break None,
                    // One less may mean that the others all wait.
                    () = shared.changed.notified() => {}
                }
            };
            match job {
                Some(job) if open.has_room(job.bound.packed.len(), self.settings.max_bytes) => next = Some(job),
                job => {
                    self.carried = job;
                    return (open.close(), waiters);
                }
            }
        }
    }

    /// Sends a shard's objects, its manifest last; the name of its WARC.
    async fn keep(&mut self, closed: Closed) -> Result<String, ShardError> {
        loop {
            let named = closed.named(&self.names, self.sequence);
            let manifest = named.manifest.clone();
            self.sequence += 1;
            let mut text =
                serde_json::to_vec_pretty(&manifest).map_err(|fault| ShardError::Pack(Arc::new(fault.into())))?;
            text.push(b'\n');
            let json = format!("{}.json", self.names.stem(manifest.sequence));
            let objects = [(&manifest.warc.name, named.warc), (&manifest.cdxj.name, named.cdxj), (&json, text)];
            if !self.create_all(objects).await? {
                tracing::warn!(
                    "{} holds something else: does another process write as worker {} in crawl {}?",
                    manifest.warc.name,
                    manifest.worker,
                    manifest.crawl
                );
                continue;
            }
            self.shared.written.fetch_add(1, Ordering::Relaxed);
            let mut seen = self.shared.seen();
            for capture in
                closed.captures().filter(|capture| capture.revisit_of.is_none() && capture.truncated.is_none())
            {
                if capture.size_bytes > 0 && (200..300).contains(&capture.status) {
                    let original = Original { url: capture.url.to_string(), date: capture.started_at.clone() };
                    seen.remember(key_of(&capture.request), capture.digest, original);
                }
            }
            return Ok(manifest.warc.name);
        }
    }

    /// Whether all of them are there; false where a name was taken.
    async fn create_all(&self, objects: [(&String, Vec<u8>); 3]) -> Result<bool, ShardError> {
        for (name, bytes) in objects {
            let created = self.until_it_answers(name, || self.place.create(name, bytes.clone())).await?;
            if created == Created::Taken {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Asks again until the store answers or says that it never will.
    async fn until_it_answers<T, F>(&self, name: &str, ask: impl Fn() -> F) -> Result<T, ShardError>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let mut pause = FIRST_PAUSE;
        loop {
            let asked = ask().await;
            self.shared.away.store(asked.is_err(), Ordering::Relaxed);
            match asked {
                Ok(answer) => return Ok(answer),
                Err(fault) if is_refusal(&fault) => return Err(ShardError::Refused(Arc::new(fault))),
                Err(fault) if self.shared.ending.load(Ordering::SeqCst) => {
                    return Err(ShardError::Away(Arc::new(fault)));
                }
                Err(fault) => {
                    tracing::warn!("{name} can't be written yet, tried again in {pause:?}: {fault}");
                    tokio::select! {
                        () = sleep(pause) => {}
                        () = self.shared.wake.notified() => {}
                    }
                    pause = (pause * 2).min(LAST_PAUSE);
                }
            }
        }
    }
}

const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// So that a store which comes back is noticed soon.
const LAST_PAUSE: Duration = Duration::from_secs(10);
