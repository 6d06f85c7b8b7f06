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
mod work;

use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, params};
use url::Url;

pub use crate::stop::Stop;
pub use changes::{Changes, Late, Quiet, ReportAt, Revised, Withdrawn};
pub use events::{Events, Kind as EventKind};
pub use fetch::{Condition, DoorError, Groups, tls as trusting};
pub use frontier::host_of;
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
use frontier::{Found, Keeper, Remembered, Role, Sqlite, Terms};
use politeness::Gate;
use visit::Visitor;
use work::{or_stopped, work};

#[derive(Debug, thiserror::Error)]
pub enum CrawlError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error(transparent)]
    Door(#[from] DoorError),
    /// Of a frontier that is no archive; worded by whoever keeps it.
    #[error("{0}")]
    Frontier(String),
    #[error("{0}")]
    Address(String),
    /// The process was taken for dead, and its work given to others; what it was about to ask, they ask.
    #[error("{0} is another worker's by now")]
    Taken(String),
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
    let begun = begin(&place, Some(seeds)).await?;
    let unread = read_unread(&store, &stop).await?;
    let visitor = Arc::new(visitor(place, scope, &begun).await?);
    let mut summary = Summary { reread: unread, ..Summary::default() };
    work(&visitor, &bounds, &stop, &mut summary).await?;
    summary.interrupted = stop.is_asked();
    if !summary.interrupted {
        // Attempts that were not the last word on their address: an import of the same captures reads them as well.
        read_unread(&store, &stop).await?;
        summary.interrupted = stop.is_asked();
    }
    Ok(summary.finish(&store, begun.crawl, visitor.clock.now()).await?)
}

/// What a crawl works with besides its frontier.
pub struct Hands {
    pub clock: Clock,
    pub settings: Settings,
    pub events: Events,
}

/// Works through everything due of a frontier that others work on too, until nothing is left to any of them. What comes is
/// kept, not read.
pub async fn crawl_shared(
    keeper: Arc<dyn Keeper>,
    hands: Hands,
    scope: Scope,
    bounds: Bounds,
    stop: Stop,
) -> Result<Summary, CrawlError> {
    let Hands { clock, settings, events } = hands;
    let door = Door::new(&settings, clock.clone())?;
    let gate = Gate::new(settings.pace.clone(), false, keeper.clone());
    let visitor = Arc::new(Visitor::new(keeper, None, clock, door, gate, scope, settings, events, &[]));
    let mut summary = Summary::default();
    work(&visitor, &bounds, &stop, &mut summary).await?;
    summary.interrupted = stop.is_asked();
    Ok(summary)
}

/// One address now, and where its redirects lead: a visit each. Those that were ended by `stop` are not among them.
pub async fn fetch(place: Place, scope: Scope, url: &Url, stop: &Stop) -> Result<Vec<(Url, Visited)>, CrawlError> {
    let begun = begin(&place, None).await?;
    let store = place.store.clone();
    let visitor = visitor(place, scope, &begun).await?;
    let mut visits = Vec::new();
    let mut summary = Summary::default();
    let mut next = Some((url.clone(), 0));
    while let Some((url, redirects)) = next.take().filter(|_| !stop.is_asked()) {
        let now = visitor.now();
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
        let lease = visitor.keeper.lease_now(found, now).await?;
        // Asked for by a person: whole, not on condition.
        let lease = frontier::Lease { condition: fetch::Condition::default(), redirects, ..lease };
        let taken = lease.clone();
        let Some(visit) = or_stopped(stop, visitor.visit(lease)).await else {
            visitor.keeper.release(&taken).await?;
            break;
        };
        let Some(visited) = visit?.ended(&visitor).await? else { break };
        summary.count(&url, &visited);
        next = visited.target.clone().map(|target| (target.url, redirects + 1));
        visits.push((url, visited));
    }
    summary.interrupted = stop.is_asked();
    summary.finish(&store, begun.crawl, visitor.clock.now()).await?;
    Ok(visits)
}

/// What robots.txt of an address's host says: as the archive knows it from the last day, else asked for through the gate. None
/// where `stop` ended it.
pub async fn permission(place: Place, scope: Scope, url: &Url, stop: &Stop) -> Result<Option<Permission>, CrawlError> {
    let begun = begin(&place, None).await?;
    let store = place.store.clone();
    let visitor = visitor(place, scope, &begun).await?;
    let permission = if visitor.scope.holds(url) {
        or_stopped(stop, visitor.robots(url)).await.transpose()?
    } else {
        Some(Permission::Unreachable(Outcome::OutOfScope, url.host_str().unwrap_or_default().into()))
    };
    let summary = Summary { interrupted: stop.is_asked(), ..Summary::default() };
    summary.finish(&store, begun.crawl, visitor.clock.now()).await?;
    Ok(permission)
}

struct Begun {
    crawl: i64,
    /// An earlier run was stopped with requests in flight.
    reclaimed: usize,
    remembered: Vec<Remembered>,
}

/// Makes the row of a run on its seeds, or of a look-up, which has none.
async fn begin(place: &Place, seeds: Option<Vec<Seed>>) -> Result<Begun, CrawlError> {
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
            frontier::plant(tx, seeds.as_deref().unwrap_or_default(), now)?;
            tx.execute(
                "INSERT INTO crawl (started_at, is_look_up) VALUES (?1, ?2)",
                params![rfc3339(now), seeds.is_none()],
            )?;
            let crawl = tx.last_insert_rowid();
            Ok(Begun { crawl, reclaimed, remembered: frontier::remembered(tx, now)? })
        })
        .await?;
    Ok(begun)
}

async fn visitor(place: Place, scope: Scope, begun: &Begun) -> Result<Visitor, CrawlError> {
    let Place { store, clock, settings, events } = place;
    let door = Door::new(&settings, clock.clone())?;
    let keeper = Arc::new(Sqlite::new(store.clone(), Terms::of(&settings, scope.clone()), begun.crawl));
    let now = clock.now();
    let recent = begun.remembered.iter().filter_map(|known| known.asked_ago(now)).any(|ago| ago < settings.pace.gap);
    let gate = Gate::new(settings.pace.clone(), begun.reclaimed > 0 || recent, keeper.clone());
    for known in &begun.remembered {
        gate.remember(&known.host, known.asked_ago(now), known.slowdown, known.refused);
    }
    Ok(Visitor::new(keeper, Some(store), clock, door, gate, scope, settings, events, &begun.remembered))
}

/// Captures that were committed and not read: by an earlier run that was stopped, or attempts that another followed. Those on
/// which the parser failed in a run that came to its end are left to `reparse`, so that no run looks through the whole archive.
async fn read_unread(store: &Store, stop: &Stop) -> Result<usize, CrawlError> {
    let (store, stop) = (store.clone(), stop.clone());
    let read = tokio::task::spawn_blocking(move || -> Result<usize, CrawlError> {
        let connection = store.reader()?;
        let ids = unread_since(&connection, read_to(&connection)?)?;
        let bodies = Bodies::new(&connection);
        let mut read = 0;
        for id in ids.iter().take_while(|_| !stop.is_asked()) {
            let capture = CaptureId(*id);
            read += 1;
            if let Some(parsed) = read_capture(&bodies, capture)? {
                store.write_blocking(move |tx| dataset::replace(tx, capture, &parsed, None).map(drop))?;
            }
        }
        Ok(read)
    });
    read.await.map_err(|error| CrawlError::Stopped(error.to_string()))?
}

/// The last capture of the last run that came to its end, and so had read all before it.
fn read_to(connection: &Connection) -> Result<i64, StoreError> {
    // Runs that captured nothing are passed over; both look-ups are of an index.
    let mut statement = connection.prepare(
        "SELECT (SELECT max(id) FROM capture WHERE crawl = r.id) FROM run r WHERE r.ended IN ('done', 'partial') ORDER BY r.id DESC",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        if let Some(capture) = row.get(0)? {
            return Ok(capture);
        }
    }
    Ok(0)
}

fn unread_since(connection: &Connection, capture: i64) -> Result<Vec<i64>, StoreError> {
    let mut statement = connection.prepare(
        "SELECT c.id FROM capture c LEFT JOIN page p ON p.capture = c.id
         WHERE c.id > ?2 AND p.capture IS NULL AND c.hop <> ?1 AND c.revisit_of IS NULL ORDER BY c.id",
    )?;
    let ids = statement.query_map(params![Hop::Robots.as_str(), capture], |row| row.get(0))?;
    Ok(ids.collect::<Result<_, _>>()?)
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
