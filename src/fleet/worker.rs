//! A worker: claims hosts of the shared frontier, asks them, and writes what comes as shards.

use std::sync::Arc;
use std::time::Duration;

use super::frontier::{self, Address, Postgres, Server, ServerError, Standing, Tally};
use super::shards::{Names, Place, PlaceError, Settings as ShardSettings, Shards};
use crate::crawl::frontier::Terms;
use crate::crawl::{self, Bounds, CrawlError, Hands, Pace, Stop, Summary};
use crate::seed::{Scope, Seed};

/// Where a worker works, and as whom.
pub struct Order {
    pub frontier: Address,
    pub place: Place,
    pub names: Names,
    pub shards: ShardSettings,
    pub tally: Arc<Tally>,
}

#[derive(Debug, thiserror::Error)]
pub enum FleetError {
    #[error(transparent)]
    Server(#[from] ServerError),
    #[error(transparent)]
    Place(#[from] PlaceError),
    #[error(transparent)]
    Crawl(#[from] CrawlError),
}

/// Plants the seeds, then works until nothing is due to any worker, or `stop`. What was captured is durable when this returns.
pub async fn crawl(
    order: Order,
    hands: Hands,
    seeds: Vec<Seed>,
    bounds: Bounds,
    stop: Stop,
) -> Result<Summary, FleetError> {
    let Order { frontier: address, place, names, shards, tally } = order;
    let server = Server::open(&address, stop.clone()).await?;
    server.compare_clocks(&hands.clock).await?;
    let shards = Shards::begin(place, names.clone(), shards, hands.clock.clone()).await?;
    frontier::plant(&server, &seeds, hands.clock.now()).await?;
    let standing = Standing::join(&server, &names, tally.clone(), stop.clone()).await?;
    let scope = Scope::of(&seeds);
    let terms = Terms::of(&hands.settings, scope.clone());
    let hosts = hosts_for(&hands.settings.pace);
    let keeper = Postgres::new((server, standing.session()), shards, terms, hands.clock.clone(), hosts, tally);
    let ending = tokio::spawn(end_in_time(keeper.clone(), stop.clone()));
    let summary = crawl::crawl_shared(Arc::new(keeper.clone()), hands, scope, bounds, stop).await;
    keeper.close().await;
    ending.abort();
    // What went wrong first is what is said.
    let left = standing.leave().await;
    let summary = summary?;
    left?;
    Ok(summary)
}

/// Whoever asks a worker to end does not wait for a store that is away.
async fn end_in_time(keeper: Postgres, stop: Stop) {
    /// For a store that is only slow.
    const GRACE: Duration = Duration::from_secs(5);
    stop.asked().await;
    tokio::time::sleep(GRACE).await;
    keeper.end_soon();
}

/// Hosts that keep a worker as busy as its pace allows: twice those that take turns at it, so that slow ones do not hold it up.
fn hosts_for(pace: &Pace) -> usize {
    let turns = pace.gap.as_secs_f64() * f64::from(pace.starts_per_second);
    // Positive and small: both are bounded by the configuration.
    let turns = turns.ceil().clamp(0.0, 10_000.0) as usize;
    (2 * turns).max(pace.hosts_at_once)
}
