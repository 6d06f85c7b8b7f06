//! A task for each host with work, until there is none.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep};
use url::Url;

use super::frontier::{Claim, Lease};
use super::visit::{Visit, Visited, Visitor};
use super::{Bounds, CrawlError, Stop, Summary};

/// Hosts with a task; the gate lets fewer of them ask at a time.
const TASKS: usize = 1_024;
/// Addresses of a host in a row; then hosts just found get their turn.
const TURN: usize = 16;
/// How often a frontier that others work on is looked at for what they found.
const LOOK: Duration = Duration::from_millis(500);
/// How long work in flight may go on after a request to stop.
const GRACE: Duration = Duration::from_secs(5);

/// What bounds the tasks of one run.
#[derive(Clone)]
struct Limit {
    stop: Stop,
    /// Addresses that may still be asked for.
    left: Arc<AtomicU64>,
    deadline: Option<Instant>,
}

impl Limit {
    fn is_late(&self) -> bool {
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }

    fn is_over(&self) -> bool {
        self.stop.is_asked() || self.is_late() || self.left.load(Ordering::SeqCst) == 0
    }
}

type Visits = Vec<(Url, Visit)>;
type Settled = Result<(Url, Option<Visited>), CrawlError>;

/// Works through everything due.
pub async fn work(
    visitor: &Arc<Visitor>,
    bounds: &Bounds,
    stop: &Stop,
    summary: &mut Summary,
) -> Result<(), CrawlError> {
    let limit = Limit {
        stop: stop.clone(),
        left: Arc::new(AtomicU64::new(bounds.max_pages.unwrap_or(u64::MAX))),
        deadline: bounds.max_time.map(|time| Instant::now() + time),
    };
    let mut busy = HashSet::new();
    let mut hosts: JoinSet<(String, Result<Visits, CrawlError>)> = JoinSet::new();
    let mut settling: JoinSet<Settled> = JoinSet::new();
    loop {
        let over = limit.is_over();
        if !over {
            let room = TASKS.saturating_sub(hosts.len());
            for claim in visitor.keeper.claim(bounds.only.as_deref(), room, &busy, visitor.now()).await? {
                busy.insert(claim.host.clone());
                let (visitor, limit) = (visitor.clone(), limit.clone());
                hosts.spawn(async move { (claim.host.clone(), work_host(&visitor, claim, &limit).await) });
            }
        }
        if hosts.is_empty() && settling.is_empty() {
            if over && !stop.is_asked() {
                return say_what_is_left(visitor, bounds, &limit, summary).await;
            }
            if over || !visitor.keeper.others_at_work(bounds.only.as_deref(), visitor.now()).await? {
                return Ok(());
            }
            tokio::select! {
                () = sleep(LOOK) => {}
                () = stop.asked() => {}
            }
            continue;
        }
        tokio::select! {
            Some(ended) = hosts.join_next() => {
                let (host, visits) = ended.map_err(stopped)?;
                busy.remove(&host);
                for (url, visit) in visits? {
                    match visit {
                        Visit::Ended(visited) => summary.count(&url, &visited),
                        later => {
                            let visitor = visitor.clone();
                            settling.spawn(async move { Ok((url, later.ended(&visitor).await?)) });
                        }
                    }
                }
            }
            Some(settled) = settling.join_next() => {
                if let (url, Some(visited)) = settled.map_err(stopped)?? {
                    summary.count(&url, &visited);
                }
            }
            // What others found shows only when it is looked for.
            () = sleep(LOOK), if visitor.archive.is_none() => {}
        }
    }
}

fn stopped(error: JoinError) -> CrawlError {
    CrawlError::Stopped(error.to_string())
}

/// A run that its bounds ended while something was due did its work in part.
async fn say_what_is_left(
    visitor: &Visitor,
    bounds: &Bounds,
    limit: &Limit,
    summary: &mut Summary,
) -> Result<(), CrawlError> {
    let (now, nothing) = (visitor.now(), HashSet::new());
    let due = visitor.keeper.claim(bounds.only.as_deref(), 1, &nothing, now).await?;
    for claim in &due {
        give_back(visitor, claim.first.as_ref(), &claim.host).await?;
    }
    if !due.is_empty() {
        summary.bounded.insert(if limit.is_late() { "max_time" } else { "max_pages" });
    }
    Ok(())
}

async fn give_back(visitor: &Visitor, lease: Option<&Lease>, host: &str) -> Result<(), CrawlError> {
    if let Some(lease) = lease {
        visitor.keeper.release(lease).await?;
    }
    visitor.keeper.let_go(host).await
}

/// A host's addresses one after the other. Ends early now and then, so that hosts just found get their turn.
async fn work_host(visitor: &Visitor, claim: Claim, limit: &Limit) -> Result<Visits, CrawlError> {
    let Claim { host, known, mut first } = claim;
    if let Some(known) = known {
        visitor.remember(&known).await;
    }
    let mut visits = Vec::new();
    while visits.len() < TURN && !limit.stop.is_asked() && !limit.is_late() {
        if limit.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_err() {
            break;
        }
        let lease = match first.take() {
            Some(lease) => Some(lease),
            None => visitor.keeper.lease(&host, visitor.now()).await?,
        };
        let Some(lease) = lease else {
            limit.left.fetch_add(1, Ordering::SeqCst);
            break;
        };
        let taken = lease.clone();
        // Asked to stop while waiting for the host's turn or its answer: the address is given back, nothing is half done.
        match or_stopped(&limit.stop, visitor.visit(lease)).await {
            Some(Err(taken_away @ CrawlError::Taken(_))) => {
                tracing::warn!("{taken_away}: this one was not heard of for too long");
                visitor.keeper.release(&taken).await?;
                break;
            }
            Some(visit) => visits.push((taken.url, visit?)),
            None => {
                visitor.keeper.release(&taken).await?;
                break;
            }
        }
    }
    give_back(visitor, first.as_ref(), &host).await?;
    Ok(visits)
}

/// What comes of `work`; none where it is not done a while after a request to stop.
pub async fn or_stopped<T>(stop: &Stop, work: impl Future<Output = T>) -> Option<T> {
    let waited = async {
        stop.asked().await;
        sleep(GRACE).await;
    };
    tokio::select! {
        done = work => Some(done),
        () = waited => None,
    }
}
