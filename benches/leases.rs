//! Leases a second on a shared frontier, beside those of one machine's: `GONGKAI_POSTGRES=/usr/lib/postgresql/15/bin cargo bench
//! --features fleet --bench leases`. A polite lease is an address taken for one worker with its host's and server's turn taken
//! before all others, each durable (`fsync`) when it is given. Four workers, each with its own connections, in one process.

#[allow(dead_code, reason = "it is killed and looked into by tests")]
#[path = "../tests/postgres/mod.rs"]
mod postgres;

use std::collections::HashSet;
use std::future::Future;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::stream::{self, StreamExt};
use gongkai::clock::Clock;
use gongkai::crawl::frontier::{Claim, Gaps, Keeper, Lease, PaceNow, Settlement, Sqlite, Terms};
use gongkai::crawl::{Outcome, Settings, Stop, frontier};
use gongkai::fleet::frontier::{Address, Postgres, Server, Standing, Tally, plant};
use gongkai::fleet::shards::{Names, Place, Settings as ShardSettings, Shards};
use gongkai::seed::{Scope, Seed, SeedKind};
use gongkai::store::{Access, Store};

const HOSTS: usize = 5_000;
/// Of each host.
const ADDRESSES: usize = 4;
const WORKERS: usize = 4;
/// Hosts that a worker asks for at a time.
const ROOM: usize = 256;
/// What a worker does at a time.
const AT_ONCE: usize = 48;

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        println!("{HOSTS} hosts, {ADDRESSES} addresses each, {WORKERS} workers");
        println!(
            "{:10} {:>16} {:>12} {:>16} {:>12}   a second",
            "", "claim and lease", "turn", "lease the next", "settle"
        );
        let Some(cluster) = postgres::Cluster::start(&[]) else { return };
        let folder = tempfile::tempdir().expect("a folder");
        let keepers: Vec<Arc<dyn Keeper>> = {
            let mut keepers: Vec<Arc<dyn Keeper>> = Vec::new();
            for n in 0..WORKERS {
                keepers.push(Arc::new(worker(folder.path(), &cluster, n).await));
            }
            keepers
        };
        let shared = measure("PostgreSQL", &keepers).await;
        let rows = "SELECT pg_stat_force_next_flush(), string_agg(format('%s: %s updates, %s %% of them within their page; %s dead rows of %s',
                        relname, n_tup_upd, 100 * n_tup_hot_upd / greatest(n_tup_upd, 1), n_dead_tup, n_live_tup), E'\n' ORDER BY relname)
                    FROM pg_stat_user_tables WHERE relname IN ('host', 'peer', 'url')";
        println!("{}", cluster.sql("gongkai", rows).trim_start_matches('|'));
        let alone = measure("SQLite", &[sqlite(folder.path()).await]).await;
        println!("PostgreSQL against SQLite: {:.2} of its polite leases", shared / alone);
    });
}

fn seeds() -> Vec<Seed> {
    let seed = |n: usize| Seed {
        url: format!("http://h{}.gov.cn/zfxxgknb/{n}.html", n % HOSTS).parse().expect("an address"),
        agency: format!("局{}", n % HOSTS),
        province: "四川".into(),
        kind: SeedKind::Report,
        cms: None,
        verified: true,
        note: None,
    };
    (0..HOSTS * ADDRESSES).map(seed).collect()
}

fn terms() -> Terms {
    Terms::of(&Settings::default(), Scope::default())
}

async fn worker(folder: &std::path::Path, cluster: &postgres::Cluster, n: usize) -> Postgres {
    let address = Address::argument(&cluster.url(), &[]).expect("an address");
    let server = Server::open(&address, Stop::default()).await.expect("a server");
    if n == 0 {
        plant(&server, &seeds(), Clock::system().now()).await.expect("planted");
        cluster.sql("gongkai", "ANALYZE");
    }
    let names = Names { crawl: "c".parse().expect("a name"), worker: format!("w{n}").parse().expect("a name") };
    let place = Place::make(&format!("file://{}/shards", folder.display()), &[]).expect("a place");
    let shards =
        Shards::begin(place, names.clone(), ShardSettings::default(), Clock::system()).await.expect("a writer");
    let tally = Arc::new(Tally::default());
    let standing = Standing::join(&server, &names, tally.clone(), Stop::default()).await.expect("a worker");
    Postgres::new((server, standing.session()), shards, terms(), Clock::system(), HOSTS, tally)
}

async fn sqlite(folder: &std::path::Path) -> Arc<dyn Keeper> {
    let store = Store::open(&folder.join("a.sqlite"), Access::Write).expect("an archive");
    let (seeds, now) = (seeds(), Clock::system().now());
    let planted = store.write(move |tx| {
        frontier::plant(tx, &seeds, now)?;
        Ok(tx.execute("INSERT INTO crawl (started_at) VALUES ('2027-01-10T00:00:00.000Z')", [])?)
    });
    planted.await.expect("planted");
    Arc::new(Sqlite::new(store, terms(), 1))
}

/// Polite leases a second.
async fn measure(name: &str, keepers: &[Arc<dyn Keeper>]) -> f64 {
    let now = Clock::system().now();
    let begun = Instant::now();
    let claimed = stream::iter(keepers.iter().map(|keeper| claim_all(keeper.clone(), now)))
        .buffer_unordered(WORKERS)
        .collect::<Vec<_>>()
        .await
        .concat();
    assert_eq!(claimed.len(), HOSTS);
    let claim = begun.elapsed();
    let gaps = Gaps { host: Duration::ZERO, address: Duration::ZERO };
    let turn = each(&claimed, |(keeper, lease)| async move {
        drop(keeper.turn(&frontier::host_of(&lease.url), address_of(&lease), gaps).await.expect("a turn"));
    })
    .await;
    let next = each(&claimed, |(keeper, lease)| async move {
        let host = frontier::host_of(&lease.url);
        keeper.lease(&host, now).await.expect("a frontier").expect("its second");
    })
    .await;
    let settle = each(&claimed, |(keeper, lease)| async move {
        let settlement = Settlement {
            lease,
            exchange: None,
            outcome: Outcome::NotFound,
            detail: String::new(),
            condition: None,
            found: Vec::new(),
            asked_at: Some(now),
            pace: Some(PaceNow { slowdown: 1, refused: false, not_before: None }),
            blocked: None,
            now,
        };
        keeper.settle(settlement).await.expect("settled");
    })
    .await;
    let rate = |took: Duration| HOSTS as f64 / took.as_secs_f64();
    println!("{name:10} {:>16.0} {:>12.0} {:>16.0} {:>12.0}", rate(claim), rate(turn), rate(next), rate(settle));
    rate(claim + turn)
}

async fn claim_all(keeper: Arc<dyn Keeper>, now: jiff::Timestamp) -> Vec<(Arc<dyn Keeper>, Lease)> {
    let (mut busy, mut taken) = (HashSet::new(), Vec::new());
    loop {
        let claims = keeper.claim(None, ROOM, &busy, now).await.expect("a frontier");
        if claims.is_empty() {
            return taken;
        }
        for Claim { host, first, .. } in claims {
            let lease = match first {
                Some(lease) => lease,
                None => keeper.lease(&host, now).await.expect("a frontier").expect("its first"),
            };
            busy.insert(host);
            taken.push((keeper.clone(), lease));
        }
    }
}

/// How long it takes to do something with each.
async fn each<F: Future<Output = ()>>(
    claimed: &[(Arc<dyn Keeper>, Lease)],
    what: impl Fn((Arc<dyn Keeper>, Lease)) -> F,
) -> Duration {
    let begun = Instant::now();
    stream::iter(claimed.iter().cloned().map(what)).buffer_unordered(AT_ONCE * WORKERS).collect::<Vec<()>>().await;
    begun.elapsed()
}

/// A server of its own for each host.
fn address_of(lease: &Lease) -> IpAddr {
    let host = lease.url.host_str().unwrap_or_default();
    let number: u32 = host.trim_start_matches('h').trim_end_matches(".gov.cn").parse().unwrap_or_default();
    IpAddr::V4(Ipv4Addr::from(0x0a00_0000 + number))
}
