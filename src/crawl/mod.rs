//! Courteous, once: lease an address, be admitted, make one attempt, commit bytes, links and verdict together.
//!
//! [`crawl`] works through everything that is due and then stops; [`fetch`] does one address through the same gate.

mod changes;
mod cookies;
mod events;
mod fetch;
pub mod frontier;
mod guard;
pub mod inventory;
mod outcome;
mod politeness;
pub mod robots;
mod settings;
mod summary;
mod visit;
mod walk;

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use rusqlite::params;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::Instant;
use url::Url;

pub use changes::{Changes, Late, Quiet, ReportAt, Revised, Withdrawn};
pub use events::{Events, Kind as EventKind};
pub use fetch::DoorError;
pub use guard::{Guard, Refusal};
pub use outcome::Outcome;
pub use settings::{Identity, Limits, Network, Pace, Resolve, Revisit, Settings};
pub use summary::{Blocked, Failed, Summary};
pub use visit::{Permission, Visited};
pub use walk::{Column, Tried, Walk, walk};

use crate::archive::{self, ArchiveError, Bodies, CaptureId};
use crate::clock::{Clock, rfc3339};
use crate::dataset;
use crate::exchange::Hop;
use crate::office;
use crate::parse::{Given, PARSER_VERSION, Parsed};
use crate::seed::{Scope, Seed};
use crate::store::{Store, StoreError};
use fetch::Door;
use frontier::{Found, Remembered, Role};
use politeness::Gate;
use visit::Visitor;

#[derive(Debug, thiserror::Error)]
pub enum CrawlError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error(transparent)]
    Door(#[from] DoorError),
    #[error("{0}")]
    Address(String),
    #[error("a task of the crawl ended early: {0}")]
    Stopped(String),
}

/// What bounds one run.
#[derive(Clone, Debug, Default)]
pub struct Bounds {
    pub only: Option<String>,
    pub max_pages: Option<u64>,
    pub max_time: Option<Duration>,
}

/// A request to stop, from a signal or a test. Work in flight is finished, nothing new is begun.
#[derive(Clone, Default)]
pub struct Stop {
    inner: Arc<(AtomicBool, Notify)>,
}

impl Stop {
    pub fn ask(&self) {
        self.inner.0.store(true, Ordering::SeqCst);
        self.inner.1.notify_waiters();
    }

    pub fn is_asked(&self) -> bool {
        self.inner.0.load(Ordering::SeqCst)
    }

    /// Returns once it is.
    pub async fn asked(&self) {
        let notified = self.inner.1.notified();
        if !self.is_asked() {
            notified.await;
        }
    }
}

/// Where a crawl happens.
pub struct Place {
    pub store: Store,
    pub clock: Clock,
    pub settings: Settings,
    pub events: Events,
}

/// Works through everything due, then stops.
pub async fn crawl(place: Place, seeds: Vec<Seed>, bounds: Bounds, stop: Stop) -> Result<Summary, CrawlError> {
    let store = place.store.clone();
    let scope = Scope::of(&seeds);
    let begun = begin(&place, seeds).await?;
    let unread = read_unread(&store).await?;
    let visitor = Arc::new(visitor(place, scope, &begun).await?);
    let mut summary = Summary { reread: unread, ..Summary::default() };
    work(&visitor, &bounds, &stop, &mut summary).await?;
    summary.interrupted = stop.is_asked();
    Ok(summary.finish(&store, begun.crawl, visitor.clock.now()).await?)
}

/// One address now, and where its redirects lead: a visit each.
pub async fn fetch(place: Place, scope: Scope, url: &Url) -> Result<Vec<(Url, Visited)>, CrawlError> {
    let begun = begin(&place, Vec::new()).await?;
    let store = place.store.clone();
    let visitor = visitor(place, scope, &begun).await?;
    let mut visits = Vec::new();
    let mut summary = Summary::default();
    let mut next = Some((url.clone(), 0));
    while let Some((url, redirects)) = next.take() {
        let now = visitor.clock.now();
        let found = Found {
            url: url.clone(),
            query: None,
            role: Role::Report,
            hop: if redirects == 0 { Hop::Seed } else { Hop::Redirect },
            depth: visitor.settings.limits.depth,
            pages: 0,
            redirects,
            via: None,
            agency: None,
            anchor: String::new(),
            score: 100,
        };
        let lease = store
            .write(move |tx| {
                frontier::add(tx, &found, now)?;
                frontier::lease_now(tx, &found, now)
            })
            .await?;
        // Asked for by a person: whole, not on condition.
        let lease = frontier::Lease { condition: fetch::Condition::default(), redirects, ..lease };
        let visited = visitor.visit(lease).await?;
        summary.count(&url, &visited);
        next = visited.target.clone().map(|target| (target, redirects + 1));
        visits.push((url, visited));
    }
    summary.finish(&store, begun.crawl, visitor.clock.now()).await?;
    Ok(visits)
}

/// What robots.txt of an address's host says: as the archive knows it from the last day, else asked for through the gate.
pub async fn permission(place: Place, scope: Scope, url: &Url) -> Result<Permission, CrawlError> {
    let begun = begin(&place, Vec::new()).await?;
    let store = place.store.clone();
    let visitor = visitor(place, scope, &begun).await?;
    let permission = if visitor.scope.holds(url) {
        visitor.robots(url).await?
    } else {
        Permission::Unreachable(Outcome::OutOfScope, url.host_str().unwrap_or_default().into())
    };
    Summary::default().finish(&store, begun.crawl, visitor.clock.now()).await?;
    Ok(permission)
}

struct Begun {
    crawl: i64,
    /// An earlier run was stopped with requests in flight.
    reclaimed: usize,
    remembered: Vec<Remembered>,
}

async fn begin(place: &Place, seeds: Vec<Seed>) -> Result<Begun, CrawlError> {
    let (now, revisit) = (place.clock.now(), place.settings.revisit.clone());
    let begun = place
        .store
        .write(move |tx| {
            let reclaimed = frontier::reclaim(tx)?;
            let mended = frontier::mend_dates(tx, &revisit, now)?;
            if mended > 0 {
                tracing::warn!(
                    "{mended} addresses were due further ahead than any wait: the clock was set back, they are due now"
                );
            }
            frontier::plant(tx, &seeds, now)?;
            tx.execute("INSERT INTO crawl (started_at) VALUES (?1)", [rfc3339(now)])?;
            let crawl = tx.last_insert_rowid();
            Ok(Begun { crawl, reclaimed, remembered: frontier::remembered(tx, now)? })
        })
        .await?;
    Ok(begun)
}

async fn visitor(place: Place, scope: Scope, begun: &Begun) -> Result<Visitor, CrawlError> {
    let Place { store, clock, settings, events } = place;
    let door = Door::new(&settings, clock.clone())?;
    let now = clock.now();
    let ago = |known: &Remembered| {
        let at: jiff::Timestamp = known.last_start_at.as_ref()?.parse().ok()?;
        // A clock that was set back says nothing about the gap: the whole of it is kept.
        Some(Duration::try_from(now.duration_since(at)).unwrap_or_default())
    };
    let recent = begun.remembered.iter().filter_map(ago).any(|ago| ago < settings.pace.gap);
    let gate = Gate::new(settings.pace.clone(), begun.reclaimed > 0 || recent);
    for known in &begun.remembered {
        gate.remember(&known.host, ago(known), known.slowdown, known.refused);
    }
    Ok(Visitor::new(store, clock, door, gate, scope, settings, events, begun.crawl, &begun.remembered))
}

/// A task for each host with work, until no host has any.
async fn work(visitor: &Arc<Visitor>, bounds: &Bounds, stop: &Stop, summary: &mut Summary) -> Result<(), CrawlError> {
    /// Hosts with a task; the gate lets fewer of them ask at a time.
    const TASKS: usize = 1_024;
    let left = Arc::new(AtomicU64::new(bounds.max_pages.unwrap_or(u64::MAX)));
    let deadline = bounds.max_time.map(|time| Instant::now() + time);
    let mut busy = HashSet::new();
    let mut tasks = JoinSet::new();
    loop {
        let over = stop.is_asked()
            || deadline.is_some_and(|deadline| Instant::now() >= deadline)
            || left.load(Ordering::SeqCst) == 0;
        if !over {
            let (now, only) = (visitor.clock.now(), bounds.only.clone());
            let enough = TASKS + busy.len();
            let hosts = visitor.store.write(move |tx| frontier::due_hosts(tx, now, only.as_deref(), enough)).await?;
            for host in hosts {
                if tasks.len() < TASKS && busy.insert(host.clone()) {
                    let (visitor, stop, left) = (visitor.clone(), stop.clone(), left.clone());
                    tasks.spawn(async move { (host.clone(), work_host(&visitor, host, &stop, &left, deadline).await) });
                }
            }
        }
        match tasks.join_next().await {
            None if over && !stop.is_asked() => return say_what_is_left(visitor, bounds, deadline, summary).await,
            None => return Ok(()),
            Some(ended) => {
                let (host, visits) = ended.map_err(|error| CrawlError::Stopped(error.to_string()))?;
                busy.remove(&host);
                for (url, visited) in visits? {
                    summary.count(&url, &visited);
                }
            }
        }
    }
}

/// A run that its bounds ended while something was due did its work in part.
async fn say_what_is_left(
    visitor: &Visitor,
    bounds: &Bounds,
    deadline: Option<Instant>,
    summary: &mut Summary,
) -> Result<(), CrawlError> {
    let (now, only) = (visitor.clock.now(), bounds.only.clone());
    let due = visitor.store.write(move |tx| frontier::due_hosts(tx, now, only.as_deref(), 1)).await?;
    if !due.is_empty() {
        let late = deadline.is_some_and(|deadline| Instant::now() >= deadline);
        summary.bounded.insert(if late { "max_time" } else { "max_pages" });
    }
    Ok(())
}

/// A host's addresses one after the other. Ends early now and then, so that hosts just found get their turn.
async fn work_host(
    visitor: &Visitor,
    host: String,
    stop: &Stop,
    left: &AtomicU64,
    deadline: Option<Instant>,
) -> Result<Vec<(Url, Visited)>, CrawlError> {
    const TURN: usize = 16;
    let mut visits = Vec::new();
    while visits.len() < TURN && !stop.is_asked() && deadline.is_none_or(|deadline| Instant::now() < deadline) {
        if left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_err() {
            break;
        }
        let (name, now) = (host.clone(), visitor.clock.now());
        let Some(lease) = visitor.store.write(move |tx| frontier::lease(tx, &name, now)).await? else {
            left.fetch_add(1, Ordering::SeqCst);
            break;
        };
        let (id, url) = (lease.id, lease.url.clone());
        // Asked to stop while waiting for the host's turn or its answer: the address is given back, nothing is half done.
        let visited = tokio::select! {
            visited = visitor.visit(lease) => visited?,
            () = finished_waiting(stop) => {
                visitor.store.write(move |tx| frontier::release(tx, id)).await?;
                break;
            }
        };
        visits.push((url, visited));
    }
    Ok(visits)
}

/// How long work in flight may go on after a request to stop.
const GRACE: Duration = Duration::from_secs(5);

async fn finished_waiting(stop: &Stop) {
    stop.asked().await;
    tokio::time::sleep(GRACE).await;
}

/// Captures that an earlier run committed and did not come to read.
async fn read_unread(store: &Store) -> Result<usize, CrawlError> {
    let store = store.clone();
    let read = tokio::task::spawn_blocking(move || -> Result<usize, CrawlError> {
        let connection = store.reader()?;
        let mut statement = connection
            .prepare(
                "SELECT c.id FROM capture c LEFT JOIN page p ON p.capture = c.id
             WHERE p.capture IS NULL AND c.hop <> ?1 AND c.revisit_of IS NULL ORDER BY c.id",
            )
            .map_err(StoreError::from)?;
        let ids: Vec<i64> = statement
            .query_map(params![Hop::Robots.as_str()], |row| row.get(0))
            .and_then(Iterator::collect)
            .map_err(StoreError::from)?;
        let bodies = Bodies::new(&connection);
        for id in &ids {
            let capture = CaptureId(*id);
            if let Some(parsed) = read_capture(&bodies, capture)? {
                store.write_blocking(move |tx| dataset::replace(tx, capture, &parsed, None).map(drop))?;
            }
        }
        Ok(ids.len())
    });
    read.await.map_err(|error| CrawlError::Stopped(error.to_string()))?
}

/// The reading of one capture; none for a revisit, whose original is read, and where the parser fails, which `reparse` reports.
fn read_capture(bodies: &Bodies<'_>, id: CaptureId) -> Result<Option<Parsed>, CrawlError> {
    let (capture, exchange) = archive::exchange_by(bodies, id)?;
    if capture.revisit_of.is_some() {
        return Ok(None);
    }
    Ok(reading(id, &capture.url, || office::read(Given::served(&exchange.request, &exchange.response))))
}

/// What the parser makes of a capture; none, and a word in the log, where it fails on it.
fn reading(id: CaptureId, url: &Url, read: impl FnOnce() -> Parsed) -> Option<Parsed> {
    let parsed = visit::spared(read);
    if parsed.is_none() {
        tracing::error!("the parser ({PARSER_VERSION}) failed on capture {id} of {url}");
    }
    parsed
}
