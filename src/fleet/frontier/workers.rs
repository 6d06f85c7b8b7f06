//! Which workers there are: each says every few seconds that it lives, and what a silent one held goes to the others.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use deadpool_postgres::Object;
use tokio_postgres::Error;

use super::server::Server;
use crate::crawl::{CrawlError, Stop};
use crate::fleet::shards::Names;
use crate::metrics::{Exposition, Family, Kind};

/// How often a worker says that it lives, and looks for those that do not.
const BEAT: Duration = Duration::from_secs(5);
/// Who says nothing for so long is given up.
const SILENCE: Duration = Duration::from_secs(30);

/// What a worker did so far.
#[derive(Debug, Default)]
pub struct Tally {
    pub in_flight: AtomicI64,
    pub settled: AtomicI64,
    /// Addresses whose verdict came too late: others had taken them.
    pub lost: AtomicI64,
    pub captures: AtomicI64,
    /// Of bodies kept.
    pub bytes: AtomicI64,
    pub shards: AtomicI64,
}

impl Tally {
    pub fn count(counter: &AtomicI64, by: i64) {
        counter.fetch_add(by, Ordering::Relaxed);
    }

    fn said(&self, per_minute: i64) -> Said {
        let now = |counter: &AtomicI64| counter.load(Ordering::Relaxed);
        let (in_flight, settled) = (now(&self.in_flight), now(&self.settled));
        Said { in_flight, settled, per_minute, shards: now(&self.shards), bytes: now(&self.bytes) }
    }

    /// For Prometheus, in its text format.
    pub fn text(&self, worker: &str) -> String {
        let families = [
            ("gongkai_worker_in_flight", Kind::Gauge, "Addresses leased", &self.in_flight),
            ("gongkai_worker_settled_total", Kind::Counter, "Addresses settled", &self.settled),
            ("gongkai_worker_lost_total", Kind::Counter, "Verdicts that came after others had the address", &self.lost),
            ("gongkai_worker_captures_total", Kind::Counter, "Answers made durable", &self.captures),
            ("gongkai_worker_body_bytes_total", Kind::Counter, "Bodies made durable", &self.bytes),
            ("gongkai_worker_shards_total", Kind::Counter, "Shards written", &self.shards),
        ];
        let mut exposition = Exposition::default();
        for (name, kind, meaning, number) in families {
            let family = Family { name, kind, meaning };
            exposition.family(family).add(&[("worker", worker)], number.load(Ordering::Relaxed));
        }
        exposition.into_text()
    }
}

/// One process among the workers, until [`Standing::leave`].
pub struct Standing {
    server: Server,
    session: i64,
    name: String,
    tally: Arc<Tally>,
    beat: tokio::task::JoinHandle<()>,
}

impl Standing {
    /// Joins under a name. Whoever had it before is given up: a worker that was killed goes on where it stood.
    pub async fn join(server: &Server, names: &Names, tally: Arc<Tally>, stop: Stop) -> Result<Standing, CrawlError> {
        let (name, crawl) = (names.worker.as_str(), names.crawl.as_str());
        let session = server.ask(|client| register(client, name, crawl)).await?;
        let name = name.to_owned();
        let beat = tokio::spawn(beat(server.clone(), name.clone(), session, tally.clone(), stop));
        Ok(Standing { server: server.clone(), session, name, tally, beat })
    }

    /// The number of the process.
    pub fn session(&self) -> i64 {
        self.session
    }

    /// Says goodbye: nothing is leased any more.
    pub async fn leave(self) -> Result<(), CrawlError> {
        self.beat.abort();
        let (session, name, said) = (self.session, self.name.as_str(), self.tally.said(0));
        self.server.ask(|client| say(client, name, session, said)).await?;
        self.server.ask(|client| leave(client, name, session)).await
    }
}

async fn register(mut client: Object, name: &str, crawl: &str) -> Result<i64, Error> {
    let tx = client.transaction().await?;
    let before = tx.query_opt("SELECT session FROM worker WHERE name = $1 FOR UPDATE", &[&name]).await?;
    if let Some(before) = before {
        tx.execute("SELECT bury(ARRAY[$1::bigint])", &[&before.get::<_, i64>(0)]).await?;
    }
    let row = tx
        .query_one(
            "INSERT INTO worker (name, session, crawl) VALUES ($1, nextval('fence'), $2)
             ON CONFLICT (name) DO UPDATE SET session = excluded.session, crawl = excluded.crawl, started_at = clock_timestamp(),
                 heard_at = clock_timestamp(), ended_at = NULL, in_flight = 0, settled = 0, per_minute = 0, shards = 0, bytes = 0
             RETURNING session",
            &[&name, &crawl],
        )
        .await?;
    tx.commit().await?;
    Ok(row.get(0))
}

async fn leave(mut client: Object, name: &str, session: i64) -> Result<(), Error> {
    let tx = client.transaction().await?;
    let left = "UPDATE worker SET ended_at = clock_timestamp(), in_flight = 0, per_minute = 0 WHERE name = $1 AND session = $2";
    tx.execute(left, &[&name, &session]).await?;
    tx.execute("SELECT bury(ARRAY[$1::bigint])", &[&session]).await?;
    tx.commit().await
}

async fn beat(server: Server, name: String, session: i64, tally: Arc<Tally>, stop: Stop) {
    /// Beats in a minute.
    const MINUTE: usize = 12;
    let mut settled = std::collections::VecDeque::from([0]);
    loop {
        tokio::time::sleep(BEAT).await;
        let now = tally.settled.load(Ordering::Relaxed);
        let minute_ago = settled.front().copied().unwrap_or_default();
        let said = tally.said(now - minute_ago);
        settled.push_back(now);
        if settled.len() > MINUTE {
            settled.pop_front();
        }
        match server.ask(|client| say(client, &name, session, said)).await {
            Ok(true) => {}
            Ok(false) => {
                tracing::error!("another process runs as worker {name}: this one ends, and settles nothing more");
                return stop.ask();
            }
            Err(fault) => return tracing::warn!("worker {name} is not heard of any more: {fault}"),
        }
    }
}

#[derive(Clone, Copy)]
struct Said {
    in_flight: i64,
    settled: i64,
    per_minute: i64,
    shards: i64,
    bytes: i64,
}

/// Whether the name is still this process's.
async fn say(client: Object, name: &str, session: i64, said: Said) -> Result<bool, Error> {
    let statement = client
        .prepare_cached(
            "UPDATE worker SET heard_at = clock_timestamp(), ended_at = NULL, in_flight = $3, settled = $4, per_minute = $5, shards = $6,
                               bytes = $7
             WHERE name = $1 AND session = $2",
        )
        .await?;
    let Said { in_flight, settled, per_minute, shards, bytes } = said;
    let heard =
        client.execute(&statement, &[&name, &session, &in_flight, &settled, &per_minute, &shards, &bytes]).await?;
    let statement = client.prepare_cached("SELECT give_up(make_interval(secs => $1))").await?;
    let freed: i64 = client.query_one(&statement, &[&SILENCE.as_secs_f64()]).await?.get(0);
    if freed > 0 {
        tracing::warn!("a worker was not heard of for {SILENCE:?}: {freed} addresses that it held are due again");
    }
    Ok(heard > 0)
}
