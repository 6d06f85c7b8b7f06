//! Fifty hosts on twenty addresses, some of them failing, and a crawl that is killed on the way: the site's own log is read for
//! two starts too close together, by host and by address, and for two requests at once. A binary of its own, so that no other
//! test makes the site's stamps late.

#[allow(dead_code, reason = "the site is scripted for other tests too")]
#[path = "../site/mod.rs"]
mod site;

#[cfg(feature = "fleet")]
#[allow(dead_code, reason = "as the site")]
#[path = "../postgres/mod.rs"]
mod postgres;

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use site::{Answer, Asked, Site, plant};

const HOSTS: usize = 50;
const ADDRESSES: u8 = 20;
const GAP: Duration = Duration::from_millis(200);
/// The site stamps a request when its head is read, which lags behind its start on a busy machine, the more so on a new
/// connection. A start without any gap is still far below; that the gap is exact is shown under a clock that stands still.
const LAG: Duration = Duration::from_millis(100);

fn host(n: usize) -> String {
    format!("h{n}.pace.gov.cn")
}

fn script() -> Vec<(String, String, Answer)> {
    let mut script = Vec::new();
    for n in 0..HOSTS {
        let report = |y: u16| format!("<li><a href='/{y}.html'>{y}年政府信息公开工作年度报告</a></li>");
        let listing: String = (2020..=2023).map(report).collect();
        let robots = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 29\r\n\r\nUser-agent: *\nDisallow: /adm/\n".to_vec();
        let page = || Answer::html("<p>近日召开会议。</p>".repeat(30));
        let late = |ms| Answer::Late(Duration::from_millis(ms), Box::new(page()));
        let odd = match n % 10 {
            1 => Answer::status(503, &[]),
            2 => Answer::status(302, &[("Location", "/2023.html?again")]),
            3 => Answer::status(429, &[("Retry-After", "1")]),
            4 => late(400),
            5 => Answer::status(403, &[]),
            6 => Answer::Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\ncut".to_vec()),
            7 => Answer::status(412, &[]),
            8 => Answer::Raw(Vec::new()),
            _ => page(),
        };
        let name = host(n);
        script.push((name.clone(), "/robots.txt".into(), Answer::Raw(robots)));
        script.push((name.clone(), "/nb/".into(), Answer::html(listing)));
        script.extend([2020, 2021, 2022].map(|y| (name.clone(), format!("/{y}.html"), late(20))));
        script.push((name.clone(), "/2023.html".into(), odd));
        script.push((name, "/2023.html?again".into(), page()));
    }
    script
}

fn start(folder: &std::path::Path, site: &Site, arguments: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gongkai"));
    command.env_remove("RUST_LOG");
    command.current_dir(folder).arg("crawl").args(arguments).args(["--allow-net", "127.0.0.0/8"]);
    for n in 0..HOSTS {
        let address = 1 + n as u8 % ADDRESSES;
        command.args(["--resolve", &format!("{}:{}:127.0.0.{address}:{}", host(n), site.port(), site.port())]);
    }
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Pairs of starts closer than the gap, and pairs that overlap, among requests with the same key.
fn violations<K: Ord + std::fmt::Debug>(log: &[Asked], key: impl Fn(&Asked) -> K) -> Vec<String> {
    let mut by_key: BTreeMap<K, Vec<&Asked>> = BTreeMap::new();
    for asked in log {
        by_key.entry(key(asked)).or_default().push(asked);
    }
    let mut found = Vec::new();
    for (key, asked) in &by_key {
        for pair in asked.windows(2) {
            let gap = pair[1].at.duration_since(pair[0].at);
            if gap + LAG < GAP {
                found.push(format!("{key:?}: {gap:?} between {} and {}", pair[0].path, pair[1].path));
            }
            if pair[0].answered.is_some_and(|answered| answered > pair[1].at + LAG) {
                found.push(format!("{key:?}: {} was asked while {} was not answered", pair[1].path, pair[0].path));
            }
        }
    }
    found
}

/// Site and configuration: `starts` a second for each process.
fn set_up(folder: &std::path::Path, starts: u32) -> Site {
    let script = script();
    let site = Site::serve_at(ADDRESSES, script.iter().map(|(h, p, a)| (h.as_str(), p.as_str(), a.clone())).collect());
    plant(folder, (0..HOSTS).map(|n| (site.url(&host(n), "/nb/"), format!("局{n}"))));
    let config = format!(
        "[pace]\ngap = \"{}ms\"\nhosts_at_once = 8\nstarts_per_second = {starts}\n[limits]\ntotal = \"5s\"\n",
        GAP.as_millis()
    );
    std::fs::write(folder.join("config.toml"), config).unwrap();
    site
}

/// Every host was asked, none too soon.
fn hold(site: &Site, processes: &str) {
    let log = site.log();
    let asked: BTreeSet<&str> = log.iter().map(|asked| asked.host.as_str()).collect();
    assert_eq!(asked.len(), HOSTS);
    assert!(log.len() >= HOSTS * 6, "{}", log.len());
    let (by_host, by_address) = (violations(&log, |asked| asked.host.clone()), violations(&log, |asked| asked.to));
    println!(
        "{} requests to {HOSTS} hosts on {ADDRESSES} addresses over {processes}: {} violations by host, {} by address",
        log.len(),
        by_host.len(),
        by_address.len()
    );
    assert!(by_host.is_empty() && by_address.is_empty(), "{}", [by_host, by_address].concat().join("\n"));
}

/// Two at a time would make each other's stamps late.
static ALONE: std::sync::Mutex<()> = std::sync::Mutex::new(());

#[test]
fn fifty_hosts_are_never_asked_too_soon() {
    let _alone = ALONE.lock();
    let folder = tempfile::tempdir().unwrap();
    let site = set_up(folder.path(), 1_000);
    let archive = ["--archive", "a.sqlite"];
    for wanted in [40, 120] {
        let mut child = start(folder.path(), &site, &archive);
        while site.log().len() < wanted && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(5));
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert_eq!(start(folder.path(), &site, &archive).wait().unwrap().code(), Some(3));
    hold(&site, "3 processes, 2 of them killed");
}

#[cfg(feature = "fleet")]
#[test]
fn nor_by_four_workers_that_come_and_go() {
    let _alone = ALONE.lock();
    let Some(cluster) = postgres::Cluster::start(&[]) else { return };
    let folder = tempfile::tempdir().unwrap();
    // So few that each worker has room for a quarter of the hosts.
    let site = set_up(folder.path(), 30);
    let (frontier, shards) = (cluster.url(), format!("file://{}/shards", folder.path().display()));
    let worker = |name: &str| {
        start(
            folder.path(),
            &site,
            &["--frontier", &frontier, "--shards", &shards, "--crawl", "c", "--worker", name, "--shard-age", "1s"],
        )
    };
    let mut workers: Vec<Child> = ["w1", "w2", "w3", "w4"].map(worker).into();
    for (wanted, n) in [(60, 0), (110, 1), (160, 2), (200, 0)] {
        while site.log().len() < wanted {
            assert!(workers.iter_mut().any(|worker| worker.try_wait().unwrap().is_none()), "all have ended");
            std::thread::sleep(Duration::from_millis(5));
        }
        workers[n].kill().unwrap();
        workers[n].wait().unwrap();
        workers[n] = worker(&format!("w{}", n + 1));
    }
    for mut worker in workers {
        worker.wait().unwrap();
    }
    let by_worker =
        cluster.sql("gongkai", "SELECT string_agg(name || ' ' || settled, ', ' ORDER BY name) FROM gongkai.worker");
    hold(
        &site,
        &format!("8 processes of 4 workers, 4 of them killed (addresses settled by the last of each: {by_worker})"),
    );
}
