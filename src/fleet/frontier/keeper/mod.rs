//! The keeper that workers share, over [`crate::crawl::frontier::Keeper`].

mod keeping;

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinSet;

use super::batch::Batch;
use super::claiming::{self, Taken, Taker};
use super::holding::Holding;
use super::server::Server;
use super::settling::{Answered, Verdict, answered, block, settle};
use super::turns::Turnstile;
use super::workers::Tally;
use super::{planting, robots};
use crate::clock::Clock;
use crate::crawl::frontier::{
    Claim, Found, Gaps, Keeper, Lease, Robots, Settled, Settlement, Settling, Terms, Turn, Turns,
};
use crate::crawl::{CrawlError, Outcome};
use crate::exchange::{Exchange, Transport};
use crate::fleet::shards::Shards;

/// Bodies that wait for their shard before hosts wait too, KiB.
const PENDING: u32 = 256 << 10;

/// One worker's share of the frontier. Cheap to clone.
#[derive(Clone)]
pub struct Postgres {
    inner: Arc<Inner>,
    turns: Turnstile,
    /// Next addresses of hosts that are held: host, number of its claim, now.
    next: Batch<(String, i64, Timestamp), Option<Lease>>,
    answered: Batch<Answered, ()>,
}

struct Inner {
    server: Server,
    shards: Shards,
    terms: Terms,
    session: i64,
    clock: Clock,
    /// Hosts that the worker holds at a time: what its pace needs, so that others have theirs.
    hosts: usize,
    tally: Arc<Tally>,
    /// Verdicts on addresses that lead nowhere.
    settling: Batch<Verdict, bool>,
    holding: Holding,
    pending: Arc<Semaphore>,
    /// What is on its way to a shard.
    tasks: Mutex<JoinSet<()>>,
}

impl Postgres {
    /// `session` is the number of the process ([`super::Standing::session`]), `hosts` how many it holds at a time.
    pub fn new(
        (server, session): (Server, i64),
        shards: Shards,
        terms: Terms,
        clock: Clock,
        hosts: usize,
        tally: Arc<Tally>,
    ) -> Postgres {
        let turns = Turnstile::begin(&server, terms.request);
        let asked = server.clone();
        let settling = Batch::begin(move |verdicts: Vec<Verdict>| {
            let server = asked.clone();
            async move {
                let verdicts = verdicts.as_slice();
                server.ask(|client| async move { settle(&client, verdicts).await }).await
            }
        });
        let inner = Arc::new(Inner {
            server,
            shards,
            terms,
            session,
            clock,
            hosts: hosts.max(1),
            settling,
            holding: Holding::new(tally.clone()),
            tally,
            pending: Arc::new(Semaphore::new(PENDING as usize)),
            tasks: Mutex::default(),
        });
        let asked = inner.clone();
        let next = Batch::begin(move |hosts: Vec<(String, i64, Timestamp)>| {
            let inner = asked.clone();
            async move { inner.next(&hosts).await }
        });
        let asked = inner.server.clone();
        let answered = Batch::begin(move |answers: Vec<Answered>| {
            let server = asked.clone();
            async move { server.ask(|client| answered(client, &answers)).await }
        });
        Postgres { inner, turns, next, answered }
    }

    /// A store that is away is not waited for any more: what it did not take is asked for again, by whoever is left.
    pub fn end_soon(&self) {
        self.inner.shards.end_soon();
    }

    /// Waits until everything that was to be kept is.
    pub async fn close(&self) {
        loop {
            let mut tasks = std::mem::take(&mut *lock(&self.inner.tasks));
            if tasks.is_empty() {
                return;
            }
            while tasks.join_next().await.is_some() {}
        }
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = lock(&self.inner.tasks);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

impl Inner {
    fn take_up(&self, taken: &Taken) {
        self.holding.take_up(taken, self.shards.flight());
    }

    /// The next address of each host, in their order.
    async fn next(&self, hosts: &[(String, i64, Timestamp)]) -> Result<Vec<Option<Lease>>, CrawlError> {
        let (names, claims): (Vec<&str>, Vec<i64>) =
            hosts.iter().map(|(host, claim, _)| (host.as_str(), *claim)).unzip();
        let leases = self.holding.leases();
        let now = hosts.iter().map(|(.., now)| *now).max().unwrap_or_default();
        let taker = Taker { session: self.session, leases: &leases, now };
        let taken = self.server.ask(|client| taker.next(client, &names, &claims)).await?;
        taken.iter().for_each(|taken| self.take_up(taken));
        let mut by_host: HashMap<String, Lease> =
            taken.into_iter().map(|taken| (taken.known.host, taken.lease)).collect();
        Ok(names.iter().map(|host| by_host.remove(*host)).collect())
    }
}

#[async_trait]
impl Turns for Postgres {
    async fn turn(&self, host: &str, address: IpAddr, gaps: Gaps) -> Result<Turn, CrawlError> {
        let claim = self.inner.holding.claim_on(host);
        self.turns.turn(host, claim, address, gaps).await
    }
}

#[async_trait]
impl Keeper for Postgres {
    async fn claim(
        &self,
        only: Option<&str>,
        room: usize,
        busy: &HashSet<String>,
        now: Timestamp,
    ) -> Result<Vec<Claim>, CrawlError> {
        let inner = &self.inner;
        let room = room.min(inner.hosts.saturating_sub(busy.len()));
        if room == 0 || inner.shards.is_away() {
            return Ok(Vec::new());
        }
        let room = i64::try_from(room).unwrap_or(i64::MAX);
        let busy: Vec<&str> = busy.iter().map(String::as_str).collect();
        let leases = inner.holding.leases();
        let taker = Taker { session: inner.session, leases: &leases, now };
        let taken = inner.server.ask(|client| taker.claim(client, only, room, &busy)).await?;
        taken.iter().for_each(|taken| inner.take_up(taken));
        Ok(taken.iter().map(Taken::claim).collect())
    }

    async fn lease(&self, host: &str, now: Timestamp) -> Result<Option<Lease>, CrawlError> {
        match self.inner.holding.claim_on(host) {
            // Asked again later, by this worker or by one that reaches the store.
            _ if self.inner.shards.is_away() => Ok(None),
            Some(claim) => self.next.ask((host.to_owned(), claim, now)).await,
            None => Ok(None),
        }
    }

    async fn let_go(&self, host: &str) -> Result<(), CrawlError> {
        let Some(claim) = self.inner.holding.let_go(host) else { return Ok(()) };
        let now = self.inner.clock.now();
        self.inner.server.ask(|client| claiming::let_go(client, host, claim, now)).await
    }

    async fn lease_now(&self, found: Found, now: Timestamp) -> Result<Lease, CrawlError> {
        let inner = &self.inner;
        let (key, one, session) = (planting::digest_of(&found), std::slice::from_ref(&found), inner.session);
        let taken = inner.server.ask(|mut client| {
            let key = &key;
            async move {
                let tx = client.transaction().await?;
                planting::lock(&tx, planting::hosts_of(one)).await?;
                planting::add(&tx, one, now).await?;
                tx.commit().await?;
                claiming::take_now(&client, key, session, now).await
            }
        });
        let taken = taken.await?.ok_or_else(|| CrawlError::Address(format!("{} can't be taken", found.url)))?;
        // Its host may be held by whoever works through it.
        let taken = Taken { claim: None, ..taken };
        inner.take_up(&taken);
        Ok(taken.lease)
    }

    async fn release(&self, lease: &Lease) -> Result<(), CrawlError> {
        self.inner.holding.put_down(lease);
        let now = self.inner.clock.now();
        self.inner.server.ask(|client| claiming::release(client, lease, now)).await
    }

    async fn pass(&self, lease: &Lease) -> Result<(), CrawlError> {
        self.inner.server.ask(|client| claiming::pass(client, lease)).await
    }

    async fn settle(&self, settlement: Settlement) -> Result<Settling, CrawlError> {
        let inner = &self.inner;
        let left_alone = self.treat(&settlement).await?;
        let and_left_alone = move |settled: Settled| Settled { left_alone, ..settled };
        let Some(exchange) = settlement.exchange.clone() else {
            let settled = inner.commit(&settlement, None).await?;
            return Ok(Settling::Done(and_left_alone(settled.unwrap_or_default())));
        };
        let size = u32::try_from(exchange.response.body.len() >> 10).unwrap_or(u32::MAX).clamp(1, PENDING);
        // Closed it never is.
        let room = inner.pending.clone().acquire_many_owned(size).await.ok();
        let (tell, told) = oneshot::channel();
        let keeper = self.clone();
        self.spawn(async move {
            let settled = keeper.inner.keep(&settlement, &exchange).await;
            drop(room);
            // A run that broke off no longer asks.
            let _ = tell.send(settled.map(|settled| settled.map(and_left_alone)));
        });
        Ok(Settling::Later(told))
    }

    async fn keep_failed(&self, exchange: Exchange) -> Result<(), CrawlError> {
        self.keep_aside(exchange, None);
        Ok(())
    }

    async fn robots(&self, host: &str, since: Timestamp) -> Result<Option<Vec<u8>>, CrawlError> {
        self.inner.server.ask(|client| robots::rules(client, host, since)).await
    }

    async fn keep_robots(&self, robots: Robots) -> Result<(), CrawlError> {
        let server = &self.inner.server;
        if let Some(until) = robots.blocked {
            let host = robots.host.as_str();
            server.ask(|client| async move { block(&client, host, Some(until), Outcome::Wall).await }).await?;
        }
        match robots.exchange.clone() {
            Some(exchange) => self.keep_aside(exchange, Some(robots)),
            None => server.ask(|client| robots::keep(client, &robots)).await?,
        }
        Ok(())
    }

    async fn speaks_http(&self, host: &str) -> Result<bool, CrawlError> {
        self.inner.server.ask(|client| robots::speaks_http(client, host)).await
    }

    async fn transported(&self, host: &str, transport: Transport) -> Result<(), CrawlError> {
        self.inner.server.ask(|client| robots::transported(client, host, transport)).await
    }

    async fn others_at_work(&self, only: Option<&str>, now: Timestamp) -> Result<bool, CrawlError> {
        self.inner.server.ask(|client| claiming::at_work(client, only, now)).await
    }
}
