//! What a frontier promises, the same for both keepers: the archive's own tables and, where `GONGKAI_POSTGRES` names its
//! programs, a PostgreSQL server.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use gongkai::crawl::frontier::{
    self, Found, Keeper, Lease, PaceNow, Robots, Role, Settled, Settlement, Settling, Sqlite, Terms,
};
use gongkai::crawl::{Condition, Outcome, Settings};
use gongkai::exchange::{Exchange, Headers, Hop, Query, Request, Response, Transport};
use gongkai::seed::{Scope, Seed, SeedKind};
use gongkai::store::{Access, Store};
use jiff::Timestamp;

pub const HOST: &str = "rst.test.gov.cn";

/// In the season, by China's calendar.
pub fn start() -> Timestamp {
    "2027-01-10T00:00:00Z".parse().unwrap()
}

fn later(seconds: u64) -> Timestamp {
    frontier::after(start(), Duration::from_secs(seconds))
}

const DAY: u64 = 24 * 3_600;

pub fn seed(url: &str, kind: SeedKind) -> Seed {
    Seed {
        url: url.parse().unwrap(),
        agency: "某局".into(),
        province: "四川".into(),
        kind,
        cms: None,
        verified: true,
        note: None,
    }
}

pub fn terms() -> Terms {
    let mut settings = Settings::default();
    settings.limits.pages_per_host = 5;
    Terms::of(&settings, Scope::default())
}

fn seeds() -> Vec<Seed> {
    vec![
        seed(&format!("http://{HOST}/list"), SeedKind::Listing),
        seed(&format!("http://{HOST}/2025"), SeedKind::Report),
    ]
}

async fn sqlite(folder: &std::path::Path) -> Arc<dyn Keeper> {
    let store = Store::open(&folder.join("a.sqlite"), Access::Write).unwrap();
    let seeds = seeds();
    let planted = store.write(move |tx| {
        frontier::plant(tx, &seeds, start())?;
        tx.execute("INSERT INTO crawl (started_at) VALUES ('2027-01-10T00:00:00.000Z')", [])?;
        Ok(())
    });
    planted.await.unwrap();
    Arc::new(Sqlite::new(store, terms(), 1))
}

#[cfg(feature = "fleet")]
pub mod shared {
    use super::*;
    use crate::postgres::Cluster;
    use gongkai::clock::Clock;
    use gongkai::crawl::Stop;
    use gongkai::fleet::frontier::{Address, Postgres, Server, Standing, Tally, plant};
    use gongkai::fleet::shards::{Names, Place, Settings, Shards};

    /// A worker of this name on the server.
    pub async fn worker(folder: &std::path::Path, cluster: &Cluster, name: &str) -> (Postgres, Standing) {
        let server = Server::open(&Address::argument(&cluster.url(), &[]).unwrap(), Stop::default()).await.unwrap();
        let names = Names { crawl: "c".parse().unwrap(), worker: name.parse().unwrap() };
        let place = Place::make(&format!("file://{}/shards", folder.display()), &[]).unwrap();
        // Some addresses stay leased while others are settled.
        let soon = Settings { max_age: Duration::from_millis(20), ..Settings::default() };
        let shards = Shards::begin(place, names.clone(), soon, Clock::system()).await.unwrap();
        let tally = Arc::new(Tally::default());
        let standing = Standing::join(&server, &names, tally.clone(), Stop::default()).await.unwrap();
        plant(&server, &seeds(), start()).await.unwrap();
        let keeper = Postgres::new((server, standing.session()), shards, terms(), Clock::held_at(start()), 100, tally);
        (keeper, standing)
    }
}

/// Does something with every keeper there is.
async fn with_each<F: Future<Output = ()>>(what: impl Fn(&'static str, Arc<dyn Keeper>) -> F) {
    let folder = tempfile::tempdir().unwrap();
    what("sqlite", sqlite(folder.path()).await).await;
    #[cfg(feature = "fleet")]
    if let Some(cluster) = crate::postgres::Cluster::start(&[]) {
        let (keeper, standing) = shared::worker(folder.path(), &cluster, "w").await;
        what("postgres", Arc::new(keeper.clone())).await;
        keeper.close().await;
        standing.leave().await.unwrap();
        let left = "SELECT count(*) FROM gongkai.host WHERE claimed_by IS NOT NULL OR leased <> 0";
        assert_eq!(cluster.sql("gongkai", left), "0", "whoever has left holds nothing");
    }
}

/// The next address of the host, as a worker gets it: with its host, or after others of it.
pub async fn next(keeper: &Arc<dyn Keeper>, now: Timestamp) -> Option<Lease> {
    if let Some(lease) = keeper.lease(HOST, now).await.unwrap() {
        return Some(lease);
    }
    let mut claims = keeper.claim(Some(HOST), 10, &HashSet::new(), now).await.unwrap();
    let claim = claims.pop()?;
    assert_eq!(claim.host, HOST);
    match claim.first {
        Some(lease) => Some(lease),
        None => keeper.lease(HOST, now).await.unwrap(),
    }
}

fn path(lease: &Lease) -> String {
    lease.url.path().to_owned()
}

fn link(url: &str, role: Role) -> Found {
    Found {
        url: url.parse().unwrap(),
        query: None,
        role,
        hop: Hop::Link,
        depth: 1,
        pages: 0,
        redirects: 0,
        via: None,
        agency: None,
        anchor: "2024年政府信息公开工作年度报告".into(),
        score: 80,
    }
}

fn exchange(lease: &Lease, body: &str) -> Exchange {
    let mut headers = Headers::default();
    headers.push("Content-Type", "text/html");
    Exchange {
        request: Request::get(lease.url.clone(), Headers::default()),
        response: Response { status: 200, headers, body: body.into() },
        started_at: start(),
        peer: None,
        hop: lease.hop,
        truncated: None,
        transport: None,
    }
}

pub fn settlement(lease: &Lease, outcome: Outcome, now: Timestamp) -> Settlement {
    let answered = !outcome.is_host_failure();
    Settlement {
        lease: lease.clone(),
        exchange: answered.then(|| Arc::new(exchange(lease, lease.url.as_str()))),
        outcome,
        detail: String::new(),
        condition: None,
        found: Vec::new(),
        asked_at: Some(now),
        pace: answered.then_some(PaceNow { slowdown: 1, refused: false, not_before: None }),
        blocked: None,
        now,
    }
}

async fn settle(keeper: &Arc<dyn Keeper>, settlement: Settlement) -> Option<Settled> {
    match keeper.settle(settlement).await.unwrap() {
        Settling::Done(settled) => Some(settled),
        Settling::Later(settled) => settled.await.unwrap().unwrap(),
    }
}

async fn let_go(keeper: &Arc<dyn Keeper>) {
    keeper.let_go(HOST).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_one_workers_until_it_is_settled_and_then_due_again_in_time() {
    with_each(|name, keeper| async move {
        let listing = next(&keeper, start()).await.unwrap();
        let report = next(&keeper, start()).await.unwrap();
        assert_eq!(
            (path(&listing), path(&report)),
            ("/list".into(), "/2025".into()),
            "{name}: in season the listing goes first"
        );
        assert!(next(&keeper, start()).await.is_none(), "{name}: both are taken");
        keeper.release(&report).await.unwrap();
        let again = next(&keeper, start()).await.unwrap();
        assert_eq!(path(&again), "/2025", "{name}: what is given back is anyone's");
        for lease in [&listing, &again] {
            settle(&keeper, settlement(lease, Outcome::Captured, start())).await.unwrap();
        }
        let_go(&keeper).await;
        assert!(next(&keeper, later(3_600)).await.is_none(), "{name}: settled is not due");
        let_go(&keeper).await;
        let due = next(&keeper, later(DAY)).await.unwrap();
        assert_eq!(path(&due), "/list", "{name}: a listing comes again next day, a report does not");
        assert!(next(&keeper, later(DAY)).await.is_none(), "{name}");
        keeper.release(&due).await.unwrap();
        let_go(&keeper).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_page_leads_to_is_added_once_and_within_the_limits() {
    with_each(|name, keeper| async move {
        let listing = next(&keeper, start()).await.unwrap();
        let page = |n: u32| link(&format!("http://{HOST}/{n}"), Role::Report);
        let mut found: Vec<Found> = [2025, 1, 1, 2, 3, 4].map(page).into();
        // Longer than an index row of PostgreSQL may be, and not to be packed.
        let long: String = (0..2_000).map(|n: u32| format!("{:x}", n.wrapping_mul(2_654_435_761) >> 3)).collect();
        found.insert(1, link(&format!("http://other.test.gov.cn/{long}"), Role::Report));
        let mut redirect = link("http://evil.example.com/", Role::Report);
        redirect.hop = Hop::Redirect;
        found.push(redirect);
        let mut asked = link(&format!("http://{HOST}/list"), Role::Listing);
        asked.query = Some(Query::from_text("page=2"));
        asked.via = Some(listing.id);
        found.insert(1, asked);
        let settled =
            settle(&keeper, Settlement { found, ..settlement(&listing, Outcome::Captured, start()) }).await.unwrap();
        assert_eq!(settled.bounded, ["pages_per_host"], "{name}");
        assert!(settled.outside, "{name}");
        let mut taken = Vec::new();
        while let Some(lease) = next(&keeper, start()).await {
            if let Some(query) = &lease.query {
                let referer = lease.referer.as_ref().map(url::Url::path);
                assert_eq!((query.as_str(), referer, lease.via), ("page=2", Some("/list"), Some(listing.id)), "{name}");
            }
            taken.push(path(&lease));
            settle(&keeper, settlement(&lease, Outcome::Captured, start())).await.unwrap();
        }
        assert_eq!(taken, ["/list", "/2025", "/1", "/2"], "{name}: one that is asked otherwise is another");
        let_go(&keeper).await;
        let other = keeper.claim(None, 10, &HashSet::new(), start()).await.unwrap();
        assert_eq!(other.iter().map(|claim| claim.host.as_str()).collect::<Vec<_>>(), ["other.test.gov.cn"], "{name}");
        let lease = match other[0].first.clone() {
            Some(lease) => lease,
            None => keeper.lease(&other[0].host, start()).await.unwrap().unwrap(),
        };
        assert_eq!(path(&lease), format!("/{long}"), "{name}");
        keeper.release(&lease).await.unwrap();
        keeper.let_go(&other[0].host).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_fails_or_refuses_is_left_alone() {
    with_each(|name, keeper| async move {
        let lease = next(&keeper, start()).await.unwrap();
        let mut left_alone = None;
        for _ in 0..5 {
            assert_eq!(left_alone, None, "{name}");
            // Failures of one address or of many count alike.
            let taken = keeper.lease_now(link(lease.url.as_str(), Role::Listing), start()).await.unwrap();
            left_alone = settle(&keeper, settlement(&taken, Outcome::ConnectFailed, start())).await.unwrap().left_alone;
        }
        assert_eq!(left_alone, Some(later(600)), "{name}");
        assert!(next(&keeper, later(599)).await.is_none(), "{name}: neither its listing nor its report");
        let_go(&keeper).await;
        let report = next(&keeper, later(600)).await.unwrap();
        assert_eq!(path(&report), "/2025", "{name}");
        let wall = Settlement { blocked: Some(later(5_000)), ..settlement(&report, Outcome::Wall, later(600)) };
        assert_eq!(settle(&keeper, wall).await.unwrap().left_alone, Some(later(5_000)), "{name}");
        let_go(&keeper).await;
        assert!(next(&keeper, later(4_999)).await.is_none(), "{name}");
        let_go(&keeper).await;
        let again = next(&keeper, later(2 * DAY)).await.unwrap();
        keeper.release(&again).await.unwrap();
        let_go(&keeper).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_twice_is_gone() {
    with_each(|name, keeper| async move {
        let listing = next(&keeper, start()).await.unwrap();
        settle(&keeper, settlement(&listing, Outcome::Captured, start())).await.unwrap();
        for now in [start(), later(3_600)] {
            let lease = next(&keeper, now).await.unwrap();
            assert_eq!(path(&lease), "/2025", "{name}");
            settle(&keeper, settlement(&lease, Outcome::NotFound, now)).await.unwrap();
        }
        let_go(&keeper).await;
        let lease = next(&keeper, later(400 * DAY)).await.unwrap();
        assert_eq!(path(&lease), "/list", "{name}");
        settle(&keeper, settlement(&lease, Outcome::Captured, later(400 * DAY))).await.unwrap();
        assert!(next(&keeper, later(400 * DAY)).await.is_none(), "{name}: it is not asked for any more");
        let_go(&keeper).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_only_passed_by_is_out_until_something_names_it() {
    with_each(|name, keeper| async move {
        let listing = next(&keeper, start()).await.unwrap();
        let looked_at = keeper.lease_now(link(&format!("http://{HOST}/about"), Role::Home), start()).await.unwrap();
        settle(&keeper, settlement(&looked_at, Outcome::Captured, start())).await.unwrap();
        keeper.pass(&looked_at).await.unwrap();
        let report = next(&keeper, start()).await.unwrap();
        settle(&keeper, settlement(&report, Outcome::Captured, start())).await.unwrap();
        let_go(&keeper).await;
        assert!(next(&keeper, later(300 * DAY)).await.is_none_or(|lease| path(&lease) != "/about"), "{name}");
        let named = Settlement {
            found: vec![link(&format!("http://{HOST}/about"), Role::Report)],
            ..settlement(&listing, Outcome::Captured, later(300 * DAY))
        };
        settle(&keeper, named).await.unwrap();
        let mut taken = Vec::new();
        while let Some(lease) = next(&keeper, later(300 * DAY)).await {
            taken.push(path(&lease));
        }
        assert!(taken.contains(&"/about".to_owned()), "{name}: {taken:?}");
        let_go(&keeper).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_learned_of_a_host_outlives_its_claim() {
    with_each(|name, keeper| async move {
        let host = HOST.to_owned();
        assert_eq!(keeper.robots(HOST, start()).await.unwrap(), None, "{name}");
        let robots =
            Robots { host, state: "rules", rules: Some(b"x".to_vec()), exchange: None, blocked: None, now: later(5) };
        keeper.keep_robots(robots.clone()).await.unwrap();
        assert_eq!(keeper.robots(HOST, start()).await.unwrap(), Some(b"x".to_vec()), "{name}");
        assert_eq!(keeper.robots(HOST, later(5)).await.unwrap(), None, "{name}: not after that");
        keeper.keep_robots(Robots { state: "unreachable", rules: None, ..robots }).await.unwrap();
        assert_eq!(keeper.robots(HOST, start()).await.unwrap(), None, "{name}: no rules, no permission");

        assert!(keeper.speaks_http(HOST).await.unwrap(), "{name}");
        assert!(!keeper.speaks_http("test.gov.cn").await.unwrap(), "{name}");
        keeper.transported(HOST, Transport::TlsP256).await.unwrap();

        let lease = next(&keeper, start()).await.unwrap();
        let condition = Condition { etag: Some("\"1\"".into()), last_modified: None };
        let mut captured = settlement(&lease, Outcome::Captured, start());
        captured.condition = Some(condition.clone());
        captured.pace = Some(PaceNow { slowdown: 4, refused: true, not_before: Some(later(7)) });
        settle(&keeper, captured).await.unwrap();
        let_go(&keeper).await;
        let claims = keeper.claim(None, 10, &HashSet::new(), later(DAY)).await.unwrap();
        if let Some(known) = &claims[0].known {
            let told = (known.slowdown, known.refused, known.transport);
            assert_eq!(told, (4, true, Some(Transport::TlsP256)), "{name}");
        }
        let again = match claims[0].first.clone() {
            Some(lease) => lease,
            None => keeper.lease(HOST, later(DAY)).await.unwrap().unwrap(),
        };
        assert_eq!((path(&again), again.condition.clone()), ("/list".into(), condition), "{name}");
        settle(&keeper, settlement(&again, Outcome::Captured, later(DAY))).await.unwrap();
        while let Some(lease) = next(&keeper, later(DAY)).await {
            settle(&keeper, settlement(&lease, Outcome::Captured, later(DAY))).await.unwrap();
        }
        let_go(&keeper).await;
        assert!(!keeper.others_at_work(None, later(DAY)).await.unwrap(), "{name}: nothing is held, nothing is due");
    })
    .await;
}
