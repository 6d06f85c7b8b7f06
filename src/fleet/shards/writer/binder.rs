//! The one task that fills shards and sends them, one after the other.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use object_store::Error;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until};

use super::{Job, Kept, Settings, ShardError, Shared};
use crate::archive::warc::Original;
use crate::clock::{Clock, rfc3339};
use crate::digest::Digest;
use crate::fleet::shards::again::{again, pauses};
use crate::fleet::shards::manifest::Names;
use crate::fleet::shards::open::{Closed, Open, key_of};
use crate::fleet::shards::place::{Created, Place, is_refusal};

/// So that a store which comes back is noticed soon.
const LAST_PAUSE: Duration = Duration::from_secs(10);

pub struct Binder {
    pub place: Place,
    pub names: Names,
    pub settings: Settings,
    pub clock: Clock,
    pub shared: Arc<Shared>,
    pub queue: mpsc::UnboundedReceiver<Job>,
    /// Had no room in the shard before.
    pub carried: Option<Job>,
    pub sequence: u64,
}

type Waiter = (oneshot::Sender<Result<Kept, ShardError>>, u64, Digest);

impl Binder {
    /// Until nobody can put anything any more.
    pub async fn run(mut self) {
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
        let Shared { away, ending, wake, .. } = &*self.shared;
        let asked = again(pauses(2, LAST_PAUSE), wake, ask, |fault, pause| {
            away.store(true, Ordering::Relaxed);
            let worth = !is_refusal(fault) && !ending.load(Ordering::SeqCst);
            if worth {
                tracing::warn!("{name} can't be written yet, tried again in {pause:?}: {fault}");
            }
            worth
        });
        let asked = asked.await;
        away.store(asked.is_err(), Ordering::Relaxed);
        asked.map_err(|fault| {
            let kind = if is_refusal(&fault) { ShardError::Refused } else { ShardError::Away };
            kind(Arc::new(fault))
        })
    }
}
