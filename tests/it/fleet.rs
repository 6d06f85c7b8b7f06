//! Workers on one frontier, for real: processes, a PostgreSQL server, shards, and the site's own log as the witness. Where
//! `GONGKAI_POSTGRES` names no programs, nothing here runs.
//!
//! `GONGKAI_FLEET_ADDRESSES=4000` makes the run with faults larger.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gongkai::crawl::frontier::{Gaps, Keeper, Settling, Turns};
use gongkai::crawl::{CrawlError, Outcome, Stop};
use gongkai::fleet::frontier::{Address, Server, ServerError};

use super::frontier::shared::worker;
use super::frontier::{HOST, next, settlement, start as season};
use super::import::import;
use super::postgres::Cluster;
use super::shards::{bucket, demo, door, exchanges};
use super::site::{Answer, Site, plant};
use super::{gongkai, stderr, stdout};

const HOSTS: usize = 20;
const ADDRESSES: u8 = 10;
/// A second, for each worker: few enough that it does not take all hosts.
const STARTS: u32 = 25;

fn host(n: usize) -> String {
    format!("h{n}.fleet.gov.cn")
}

/// A listing on every host, of pages some of which are reports.
fn site(folder: &Path, pages: usize) -> Site {
    demo(folder);
    let reports: Vec<Vec<u8>> = exchanges(&folder.join("gongkai-demo.sqlite"))
        .into_iter()
        .filter(|exchange| {
            exchange.response.status == 200 && exchange.response.headers.get("content-encoding").is_none()
        })
        .filter(|exchange| {
            exchange.response.headers.get("content-type").is_some_and(|kind| kind == "text/html; charset=utf-8")
        })
        .map(|exchange| exchange.response.body)
        .filter(|body| String::from_utf8_lossy(body).contains("<table"))
        .collect();
    assert!(reports.len() >= 3, "{}", reports.len());
    let mut script = Vec::new();
    for n in 0..HOSTS {
        let rows = (0..pages)
            .map(|page| format!("<li><a href='/{page}.html'>{}年政府信息公开工作年度报告</a></li>", 2008 + page % 18));
        script.push((host(n), "/nb/".to_owned(), Answer::html(rows.collect::<String>())));
        for page in 0..pages {
            let answer = match reports.get(n).filter(|_| page == 0) {
                Some(report) => Answer::Page {
                    status: 200,
                    headers: vec![("Content-Type", "text/html; charset=utf-8".into())],
                    body: report.clone(),
                },
                None => Answer::html(format!("<p>{n} {page} 近日召开会议。</p>").repeat(200)),
            };
            script.push((host(n), format!("/{page}.html"), answer));
        }
    }
    let script = script.iter().map(|(host, path, answer)| (host.as_str(), path.as_str(), answer.clone())).collect();
    Site::serve_at(ADDRESSES, script)
}

/// Seeds and configuration for the site.
fn set_up(folder: &Path, site: &Site, gap: &str) {
    plant(folder, (0..HOSTS).map(|n| (site.url(&host(n), "/nb/"), format!("局{n}"))));
    let port = site.port();
    let resolve: Vec<String> = (0..HOSTS)
        .map(|n| format!("\"{}:{port}:127.0.0.{}:{port}\"", host(n), 1 + n % usize::from(ADDRESSES)))
        .collect();
    let config = format!(
        "[pace]\ngap = \"{gap}\"\nhosts_at_once = 4\nstarts_per_second = {STARTS}\n[network]\nallow_net = [\"127.0.0.0/8\"]\nresolve = [{}]\n",
        resolve.join(", ")
    );
    std::fs::write(folder.join("config.toml"), config).unwrap();
}

/// Where shards go: a bucket behind a door that can be shut, where `GONGKAI_S3` names an endpoint, else a folder.
struct Shards {
    place: String,
    folder: PathBuf,
    away: Arc<AtomicBool>,
    /// The door's.
    _runtime: tokio::runtime::Runtime,
}

impl Shards {
    fn at(folder: &Path) -> Shards {
        let (runtime, away) = (tokio::runtime::Runtime::new().unwrap(), Arc::new(AtomicBool::new(false)));
        let place = match std::env::var("GONGKAI_S3") {
            Ok(endpoint) => bucket(folder, &runtime.block_on(door(endpoint, away.clone()))),
            Err(_) => format!("file://{}/shards", folder.display()),
        };
        Shards { place, folder: folder.to_owned(), away, _runtime: runtime }
    }

    /// Can't be reached for a while.
    fn is_away_for(&self, while_: Duration) {
        self.away.store(true, Ordering::SeqCst);
        let (there, away) = (self.folder.join("shards"), self.folder.join("away"));
        let in_folder = self.place.starts_with("file:");
        if in_folder {
            std::fs::rename(&there, &away).unwrap();
            std::fs::write(&there, "no folder").unwrap();
        }
        std::thread::sleep(while_);
        if in_folder {
            std::fs::remove_file(&there).unwrap();
            std::fs::rename(&away, &there).unwrap();
        }
        self.away.store(false, Ordering::SeqCst);
    }
}

fn crawl(folder: &Path, cluster: &Cluster, shards: &Shards, name: &str) -> Command {
    let mut command = gongkai();
    command.current_dir(folder).env("GONGKAI_FRONTIER", cluster.url());
    command.args([
        "crawl",
        "--crawl",
        "c",
        "--worker",
        name,
        "--shard-age",
        "2s",
        "--max-answer-time",
        "5s",
        "--shards",
    ]);
    command.arg(&shards.place).args(["--metrics", &format!("{name}.prom")]);
    command
}

fn spawn(folder: &Path, cluster: &Cluster, shards: &Shards, name: &str) -> Child {
    let said = std::fs::File::create(folder.join(format!("{name}.log"))).unwrap();
    crawl(folder, cluster, shards, name).stdout(Stdio::null()).stderr(said).spawn().unwrap()
}

fn status(folder: &Path, cluster: &Cluster) -> serde_json::Value {
    let output: Output = gongkai()
        .current_dir(folder)
        .args(["fleet", "status", "--json", "--frontier", &cluster.url()])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Everything that was read, and from which bytes.
fn readings(folder: &Path, archive: &str) -> Vec<String> {
    let connection = rusqlite::Connection::open(folder.join(archive)).unwrap();
    let sql = "SELECT agency || '|' || year || '|' || edition || '|' || indicator || '|' || coalesce(applicant, '') || '|' || state || '|' || text
                      || '|' || byte_start || '|' || byte_end || '|' || payload || '|' || url FROM value_current ORDER BY 1";
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

/// Waits until the site was asked so often, while some worker lives.
fn until_asked(folder: &Path, site: &Site, times: usize, workers: &mut [Child]) {
    while site.log().len() < times {
        assert!(
            workers.iter_mut().any(|worker| worker.try_wait().unwrap().is_none()),
            "all workers have ended after {} requests: {}",
            site.log().len(),
            said(folder, "w1")
        );
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// What a worker said on standard error.
fn said(folder: &Path, worker: &str) -> String {
    std::fs::read_to_string(folder.join(format!("{worker}.log"))).unwrap()
}

fn kill(worker: &mut Child) {
    worker.kill().unwrap();
    worker.wait().unwrap();
}

#[test]
fn through_faults_of_workers_server_and_store_nothing_is_lost_and_little_asked_twice() {
    let Some(cluster) = Cluster::start(&[]) else { return };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let addresses: usize = std::env::var("GONGKAI_FLEET_ADDRESSES").ok().and_then(|n| n.parse().ok()).unwrap_or(400);
    let shards = Shards::at(folder);
    let large = addresses >= 4_000;
    let pages = addresses / HOSTS - 1;
    let site = site(folder, pages);
    set_up(folder, &site, "100ms");
    let all = HOSTS * (pages + 2); // with robots.txt
    let mut workers: Vec<Child> = ["w1", "w2", "w3", "w4"].map(|name| spawn(folder, &cluster, &shards, name)).into();

    // A worker is killed and comes back under its name.
    until_asked(folder, &site, all / 5, &mut workers);
    kill(&mut workers[0]);
    let held = |name: &str| {
        let sql = format!(
            "SELECT count(*) FROM gongkai.url u JOIN gongkai.worker w ON w.session = u.leased_by WHERE w.name = '{name}' AND leased_until IS NOT NULL"
        );
        cluster.sql("gongkai", &sql).parse::<usize>().unwrap()
    };
    let mut in_flight = held("w1");
    workers[0] = spawn(folder, &cluster, &shards, "w1");

    // The server is killed, and comes back.
    until_asked(folder, &site, all * 2 / 5, &mut workers);
    cluster.kill();
    std::thread::sleep(Duration::from_millis(if large { 10_000 } else { 1_000 }));
    cluster.up();

    // The store is away for a while.
    until_asked(folder, &site, all * 3 / 5, &mut workers);
    shards.is_away_for(Duration::from_millis(if large { 60_000 } else { 2_000 }));

    // One is killed for good: the others find out, and take over what it held.
    until_asked(folder, &site, all * 4 / 5, &mut workers);
    kill(&mut workers[1]);
    in_flight += held("w2");
    let now = status(folder, &cluster);
    assert!(now["leased"].as_u64().unwrap() >= held("w2") as u64, "{now}");
    let mut ended: Vec<i32> = Vec::new();
    for mut worker in workers.drain(..).enumerate().filter(|(n, _)| *n != 1).map(|(_, worker)| worker) {
        ended.push(worker.wait().unwrap().code().unwrap());
    }
    assert_eq!(ended, [0, 0, 0], "{} {} {}", said(folder, "w1"), said(folder, "w3"), said(folder, "w4"));

    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for asked in site.log().iter().filter(|asked| asked.path != "/robots.txt") {
        *times.entry(format!("{}{}", asked.host, asked.path)).or_default() += 1;
    }
    let repeats: usize = times.values().map(|times| times - 1).sum();
    let left = status(folder, &cluster);
    println!(
        "{} addresses, {} requests, {repeats} repeated of {in_flight} in flight at the two kills; {} shards; {left}",
        times.len(),
        site.log().len(),
        left["shards"]
    );
    assert_eq!(times.len(), HOSTS * (pages + 1), "every page was asked for");
    assert!(repeats <= in_flight, "{repeats} repeats of {in_flight}");
    assert_eq!(
        (left["leased"].as_u64(), left["due"].as_u64(), left["hosts_claimed"].as_u64()),
        (Some(0), Some(0), Some(0)),
        "{left}"
    );

    let metrics = std::fs::read_to_string(folder.join("w3.prom")).unwrap();
    let settled =
        left["workers"].as_array().unwrap().iter().find(|worker| worker["name"] == "w3").unwrap()["settled"].clone();
    assert!(metrics.contains("# TYPE gongkai_worker_settled_total counter\n"), "{metrics}");
    let told =
        metrics.lines().find_map(|line| line.strip_prefix("gongkai_worker_settled_total{worker=\"w3\"} ")).unwrap();
    assert!(told.parse() == Ok(settled.as_u64().unwrap()) && told != "0", "{settled} {metrics}");

    // What the fleet has is what one machine has.
    let (code, imported) = import(folder, "fleet.sqlite", &[&shards.place]);
    assert_eq!((code, &imported["faults"]), (0, &serde_json::json!([])), "{imported}");
    let kept = rusqlite::Connection::open(folder.join("fleet.sqlite")).unwrap();
    let urls: i64 = kept
        .query_row("SELECT count(DISTINCT urlkey) FROM capture WHERE hop <> 'robots'", [], |row| row.get(0))
        .unwrap();
    assert_eq!(urls, times.len() as i64, "every page that was asked for is kept");
    let one = gongkai()
        .current_dir(folder)
        .args(["-q", "crawl", "--archive", "one.sqlite", "--gap", "1ms"])
        .output()
        .unwrap();
    // Most of the pages are no reports, which a run that reads them says.
    assert_eq!(one.status.code(), Some(3), "{}", stderr(&one));
    let (fleet, one) = (readings(folder, "fleet.sqlite"), readings(folder, "one.sqlite"));
    assert!(one.len() > 400, "{}", one.len());
    assert!(fleet == one, "{} values of the fleet's, {} of one machine's", fleet.len(), one.len());
}

#[test]
fn a_worker_that_is_told_to_end_does_so_though_the_store_is_away_and_nothing_is_lost() {
    let Some(cluster) = Cluster::start(&[]) else { return };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let site = site(folder, 6);
    set_up(folder, &site, "100ms");
    let shards = Shards {
        place: format!("file://{}/shards", folder.display()),
        folder: folder.to_owned(),
        away: Arc::default(),
        _runtime: tokio::runtime::Runtime::new().unwrap(),
    };
    let mut workers = vec![spawn(folder, &cluster, &shards, "w1")];
    until_asked(folder, &site, 20, &mut workers);
    std::fs::rename(folder.join("shards"), folder.join("away")).unwrap();
    std::fs::write(folder.join("shards"), "no folder").unwrap();
    while !said(folder, "w1").contains("can't be written yet") {
        std::thread::sleep(Duration::from_millis(20));
    }
    Command::new("kill").args(["-TERM", &workers[0].id().to_string()]).status().unwrap();
    let mut ended = None;
    for _ in 0..600 {
        ended = workers[0].try_wait().unwrap();
        if ended.is_some() {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let ended = ended.unwrap_or_else(|| {
        kill(&mut workers[0]);
        panic!("it waits for the store: {}", said(folder, "w1"))
    });
    assert_eq!(ended.code(), Some(1), "{}", said(folder, "w1"));
    assert!(said(folder, "w1").contains("the run is to end"), "{}", said(folder, "w1"));
    let now = status(folder, &cluster);
    assert_eq!((now["leased"].as_u64(), now["workers"][0]["state"].as_str()), (Some(0), Some("ended")), "{now}");

    std::fs::remove_file(folder.join("shards")).unwrap();
    std::fs::rename(folder.join("away"), folder.join("shards")).unwrap();
    assert_eq!(spawn(folder, &cluster, &shards, "w1").wait().unwrap().code(), Some(0), "{}", said(folder, "w1"));
    let (code, imported) = import(folder, "fleet.sqlite", &[&shards.place]);
    assert_eq!((code, &imported["faults"]), (0, &serde_json::json!([])), "{imported}");
    let kept = rusqlite::Connection::open(folder.join("fleet.sqlite")).unwrap();
    let urls = "SELECT count(DISTINCT urlkey) FROM capture WHERE hop <> 'robots'";
    let urls: i64 = kept.query_row(urls, [], |row| row.get(0)).unwrap();
    assert_eq!(urls, (HOSTS * 7) as i64);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_taken_for_dead_settles_nothing_and_asks_nothing() {
    let Some(cluster) = Cluster::start(&[]) else { return };
    let folder = tempfile::tempdir().unwrap();
    let (old, standing) = worker(folder.path(), &cluster, "w").await;
    let keeper: std::sync::Arc<dyn Keeper> = std::sync::Arc::new(old.clone());
    let lease = next(&keeper, season()).await.unwrap();
    let peer = IpAddr::from([127, 0, 0, 1]);
    let gaps = Gaps { host: Duration::ZERO, address: Duration::ZERO };
    drop(old.turn(HOST, peer, gaps).await.unwrap());

    // Another process of its name: the first one's leases are anyone's.
    let (new, newer) = worker(folder.path(), &cluster, "w").await;
    assert!(newer.session() > standing.session());
    let again: std::sync::Arc<dyn Keeper> = std::sync::Arc::new(new.clone());
    let taken = next(&again, season()).await.unwrap();
    assert_eq!((taken.id, taken.token > lease.token), (lease.id, true));
    assert!(matches!(old.turn(HOST, peer, gaps).await, Err(CrawlError::Taken(host)) if host == HOST));
    let late = old.settle(settlement(&lease, Outcome::Captured, season())).await.unwrap();
    let Settling::Later(late) = late else { panic!("{late:?}") };
    assert!(late.await.unwrap().unwrap().is_none(), "its verdict is not taken in");
    old.release(&lease).await.unwrap();
    assert_eq!(
        cluster.sql("gongkai", "SELECT leased FROM gongkai.host"),
        "1",
        "nor can it give back what is another's"
    );
    let in_time = new.settle(settlement(&taken, Outcome::Captured, season())).await.unwrap();
    let Settling::Later(in_time) = in_time else { panic!("{in_time:?}") };
    assert!(in_time.await.unwrap().unwrap().is_some());
    assert_eq!(cluster.sql("gongkai", "SELECT leased FROM gongkai.host"), "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn turns_are_one_workers_at_a_time_by_host_and_by_server() {
    let Some(cluster) = Cluster::start(&[]) else { return };
    let folder = tempfile::tempdir().unwrap();
    let (a, _a) = worker(folder.path(), &cluster, "a").await;
    let (b, _b) = worker(folder.path(), &cluster, "b").await;
    let (one, two) = (IpAddr::from([127, 0, 0, 1]), IpAddr::from([127, 0, 0, 2]));
    let at_once = Gaps { host: Duration::ZERO, address: Duration::ZERO };
    let refused = |turn| async move { tokio::time::timeout(Duration::from_millis(400), turn).await.is_err() };

    let turn = a.turn("a.gov.cn", one, at_once).await.unwrap();
    assert!(refused(b.turn("b.gov.cn", one, at_once)).await, "the server is being asked");
    assert!(refused(b.turn("a.gov.cn", two, at_once)).await, "the host is being asked");
    drop(b.turn("b.gov.cn", two, at_once).await.unwrap());
    drop(turn);
    drop(b.turn("a.gov.cn", one, at_once).await.unwrap());

    let hour = Duration::from_secs(3_600);
    assert!(refused(a.turn("a.gov.cn", two, Gaps { host: hour, ..at_once })).await, "the host was asked just now");
    assert!(refused(a.turn("c.gov.cn", one, Gaps { address: hour, ..at_once })).await, "the server was asked just now");
    drop(a.turn("c.gov.cn", one, Gaps { host: hour, ..at_once }).await.unwrap());
    cluster.sql(
        "gongkai",
        "UPDATE gongkai.host SET not_before = clock_timestamp() + interval '1 hour' WHERE name = 'b.gov.cn'",
    );
    assert!(refused(a.turn("b.gov.cn", two, at_once)).await, "the host asked to be left alone");
}

#[test]
fn a_frontier_of_a_newer_program_is_refused_and_one_in_use_is_migrated_once() {
    let Some(cluster) = Cluster::start(&[]) else { return };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let address = Address::argument(&cluster.url(), &[]).unwrap();
    let opened = runtime.block_on(async {
        let (a, b) = (Server::open(&address, Stop::default()), Server::open(&address, Stop::default()));
        tokio::join!(a, b)
    });
    assert!(opened.0.is_ok() && opened.1.is_ok());
    cluster.sql("gongkai", "INSERT INTO gongkai.migration (version) VALUES (99)");
    let newer = runtime.block_on(Server::open(&address, Stop::default())).err().unwrap();
    assert!(matches!(newer, ServerError::Newer { found: 99, .. }), "{newer}");
}

/// A certificate for 127.0.0.1 under an authority of its own, as PEM: authority, certificate, key.
fn certificates() -> [String; 3] {
    let mut authority = rcgen::CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority_key = rcgen::KeyPair::generate().unwrap();
    let authority_pem = authority.self_signed(&authority_key).unwrap().pem();
    let issuer = rcgen::Issuer::new(authority, authority_key);
    let key = rcgen::KeyPair::generate().unwrap();
    let own = rcgen::CertificateParams::new(vec!["127.0.0.1".into()]).unwrap().signed_by(&key, &issuer).unwrap();
    [authority_pem, own.pem(), key.serialize_pem()]
}

#[test]
fn a_secure_connection_is_made_to_whom_one_trusts_and_the_password_shown_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let [authority, own, key] = certificates();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let (authority, own, key) = (file("ca.pem", &authority), file("own.pem", &own), file("key.pem", &key));
    let Some(cluster) = Cluster::start(&[]) else { return };
    cluster.take_in(&[&own, &key]);
    let settings = format!(
        "ALTER SYSTEM SET ssl_cert_file = '{own}'; ALTER SYSTEM SET ssl_key_file = '{key}'; ALTER SYSTEM SET ssl = on"
    );
    settings.split("; ").for_each(|setting| {
        cluster.sql("postgres", setting);
    });
    cluster.sql("postgres", "CREATE ROLE me LOGIN PASSWORD 'hunter2'; ALTER DATABASE gongkai OWNER TO me");
    std::fs::write(
        cluster.data().join("pg_hba.conf"),
        "hostssl all me 127.0.0.1/32 scram-sha-256\nhost all gongkai 127.0.0.1/32 trust\n",
    )
    .unwrap();
    cluster.kill();
    cluster.up();
    let address = format!("postgres://me@127.0.0.1:{}/gongkai?sslmode=require", cluster.port());
    let ask = |password: &str, ca: Option<&str>| {
        let mut command = gongkai();
        command.args(["-vv", "fleet", "status", "--frontier", &address]).env("PGPASSWORD", password);
        if let Some(ca) = ca {
            command.env("PGSSLROOTCERT", ca);
        }
        let output = command.output().unwrap();
        let said = format!("{}{}", stdout(&output), stderr(&output));
        assert!(!said.contains("hunter"), "{said}");
        (output.status.success(), said)
    };
    let (trusted, said) = ask("hunter2", Some(&authority));
    assert!(trusted, "{said}");
    let (untrusted, said) = ask("hunter2", None);
    assert!(!untrusted && said.contains("certificate"), "{said}");
    let (wrong, said) = ask("hunter3", Some(&authority));
    assert!(!wrong && said.contains("password"), "{said}");
}

#[test]
fn what_can_not_work_is_said_at_once() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("seeds")).unwrap();
    let seed = "province = \"四川\"\n[[seed]]\nurl = \"http://a.gov.cn/\"\nagency = \"局\"\nkind = \"home\"\n";
    std::fs::write(folder.path().join("seeds/a.toml"), seed).unwrap();
    let run = |arguments: &[&str]| {
        let output = gongkai().current_dir(folder.path()).arg("crawl").args(arguments).output().unwrap();
        (output.status.code(), stderr(&output))
    };
    let (code, said) = run(&["--shards", "file:///tmp/x", "--frontier", "postgres://me:hunter2@127.0.0.1:1/x"]);
    assert!(code == Some(1) && said.contains("PGPASSWORD") && !said.contains("hunter2"), "{said}");
    let place = format!("file://{}/shards", folder.path().display());
    let (code, said) = run(&["--shards", &place, "--frontier", "postgres://me@127.0.0.1:1/x"]);
    assert!(code == Some(1) && said.contains("does not answer"), "{said}");
    let (code, said) = run(&["--shards", &place]);
    assert!(code == Some(1) && said.contains("GONGKAI_FRONTIER"), "{said}");
    let (code, said) = run(&["--frontier", "postgres://me@127.0.0.1:1/x"]);
    assert!(code == Some(2) && said.contains("--shards"), "{said}");
    let (code, said) = run(&["--shards", &place, "--worker", "a/b", "--frontier", "postgres://me@127.0.0.1:1/x"]);
    assert!(code == Some(1) && said.contains("\"a/b\""), "{said}");
}

#[test]
fn every_command_of_the_guide_is_one_the_program_knows() {
    let guide = std::fs::read_to_string(super::root().join("docs/fleet.md")).unwrap();
    let blocks = guide.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    let lines: Vec<&str> = blocks.flat_map(str::lines).filter_map(|line| line.strip_prefix("gongkai ")).collect();
    assert!(lines.len() >= 6, "{lines:?}");
    for line in lines {
        let words = line.trim_end_matches(" &").split(" > ").next().unwrap().split(' ');
        let output = gongkai().args(words).arg("--help").output().unwrap();
        assert!(output.status.success(), "{line}: {}", stderr(&output));
    }
}
