//! The Spark job, where `GONGKAI_SPARK` names the folder of `spark-submit`: its data set is the archive's, row for row.
//!
//! `GONGKAI_SPARK_CAPTURES` says how many pages there are beside the demo's; more than a few make it a measurement, printed.

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use gongkai::exchange::Exchange;

use super::import::{export, import};
use super::shards::{SETTINGS, begin, demo, exchanges};
use super::{gongkai, root, stderr, stdout};

/// In one process on this machine.
const LOCAL: &str = "local[2]";

fn spark(folder: &Path, bin: &str, program: &Path, arguments: &[&str]) -> Output {
    spark_on(LOCAL, folder, bin, program, arguments)
}

fn spark_on(master: &str, folder: &Path, bin: &str, program: &Path, arguments: &[&str]) -> Output {
    let output = Command::new(Path::new(bin).join("spark-submit"))
        .current_dir(folder)
        .args(["--master", master, "--conf", "spark.ui.enabled=false", "--conf", "spark.sql.shuffle.partitions=4"])
        .args(["--conf", "spark.executor.memory=1g"])
        .args([
            "--driver-memory",
            "2g",
            "--conf",
            "spark.driver.bindAddress=127.0.0.1",
            "--conf",
            "spark.driver.host=127.0.0.1",
        ])
        .arg(program)
        .args(arguments)
        .env("PYSPARK_PYTHON", Path::new(bin).join("python3"))
        .env("PYSPARK_DRIVER_PYTHON", Path::new(bin).join("python3"))
        .env("SPARK_LOCAL_IP", "127.0.0.1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}\n{}", stdout(&output), stderr(&output));
    output
}

/// A cluster on loopback: a master and two workers, each with one core, as processes of their own. It ends with its test.
struct Cluster {
    processes: Vec<Child>,
    master: String,
}

impl Cluster {
    fn start(folder: &Path, bin: &str) -> Cluster {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let master = format!("spark://127.0.0.1:{port}");
        let mut cluster = Cluster { processes: Vec::new(), master };
        cluster.spawn(folder, bin, &["org.apache.spark.deploy.master.Master", "--port", &port.to_string()]);
        for _ in 0..600 {
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                break;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        for _ in 0..2 {
            let master = cluster.master.clone();
            let worker = ["org.apache.spark.deploy.worker.Worker", "--cores", "1", "--memory", "1g", master.as_str()];
            cluster.spawn(folder, bin, &worker);
        }
        cluster
    }

    fn spawn(&mut self, folder: &Path, bin: &str, what: &[&str]) {
        let said = std::fs::File::create(folder.join(format!("spark-{}.log", self.processes.len()))).unwrap();
        let (class, arguments) = what.split_first().unwrap();
        let process = Command::new(Path::new(bin).join("spark-class"))
            .current_dir(folder)
            .arg(class)
            .args(["--host", "127.0.0.1", "--webui-port", "0"])
            .args(arguments)
            .env("SPARK_LOCAL_IP", "127.0.0.1")
            .env("SPARK_WORKER_DIR", folder.join("work"))
            .env("PYSPARK_PYTHON", Path::new(bin).join("python3"))
            .stdout(Stdio::null())
            .stderr(said)
            .spawn()
            .unwrap();
        self.processes.push(process);
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for process in &mut self.processes {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// The demo's captures with `more` pages made of them, and what a site does over time: a page that stays, one that changes
/// and changes back, an answer 304.
fn captures(archive: &Path, more: usize) -> Vec<Exchange> {
    let demo = exchanges(archive);
    let is_report = |exchange: &&Exchange| exchange.response.status == 200 && exchange.response.body.len() > 5_000;
    let reports: Vec<Exchange> = demo.iter().filter(is_report).cloned().collect();
    let begun = demo.iter().map(|exchange| exchange.started_at).max().unwrap();
    let at = |n: usize| begun + jiff::SignedDuration::from_millis(1_000 * n as i64 + 7);
    let mut all = demo.clone();
    for n in 0..more {
        let mut copy = reports[n % reports.len()].clone();
        copy.request.url.set_query(Some(&format!("copy={n}")));
        copy.response.body.extend_from_slice(format!("<!-- {n} -->").as_bytes());
        copy.started_at = at(n);
        all.push(copy);
    }
    for (n, report) in reports.iter().take(3).enumerate() {
        let (mut stays, mut changed, mut back, mut unmodified) =
            (report.clone(), report.clone(), report.clone(), report.clone());
        changed.response.body.extend_from_slice(b"<!-- changed -->");
        unmodified.response.status = 304;
        unmodified.response.body.clear();
        let mut steps = [&mut stays, &mut changed, &mut back, &mut unmodified];
        for (step, exchange) in steps.iter_mut().enumerate() {
            exchange.started_at = at(more + 10 * step + n);
        }
        all.extend([stays, changed, back, unmodified]);
    }
    all.sort_by_key(|exchange| exchange.started_at);
    all
}

/// Two workers in turn, so that pages and what repeats them lie in shards of both.
async fn write(place: &str, all: Vec<Exchange>) {
    let each = (all.len() / 6).max(1);
    for (n, part) in all.chunks(each).enumerate() {
        let shards = begin(place, if n % 2 == 0 { "w" } else { "v" }, SETTINGS).await;
        let flights: Vec<_> = part.iter().map(|_| shards.flight()).collect();
        futures_util::future::join_all(part.iter().map(|exchange| shards.put(exchange.clone()))).await;
        drop(flights);
        shards.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_data_set_of_spark_is_that_of_the_archive() {
    let Ok(bin) = std::env::var("GONGKAI_SPARK") else { return };
    let more = std::env::var("GONGKAI_SPARK_CAPTURES").ok().and_then(|number| number.parse().ok()).unwrap_or(40);
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    demo(folder);
    let place = format!("file://{}/shards", folder.display());
    write(&place, captures(&folder.join("gongkai-demo.sqlite"), more)).await;
    let (status, said) = import(folder, "a.sqlite", &[&place]);
    assert_eq!(status, 0, "{said}");
    assert!(said["revisits"].as_u64() >= Some(6), "{said}");

    let job = folder.join("job.py");
    let printed = gongkai().args(["fleet", "spark-job"]).output().unwrap();
    std::fs::write(&job, printed.stdout).unwrap();
    let out = format!("file://{}/out", folder.display());
    let program = env!("CARGO_BIN_EXE_gongkai");
    let read = ["--shards", &place, "--out", &out, "--gongkai", program, "--batch", "2"];
    let begun = Instant::now();
    let first = read_now(&spark(folder, &bin, &job, &read));
    let by_spark = begun.elapsed();
    let begun = Instant::now();
    let reparsed =
        gongkai().current_dir(folder).args(["--archive", "a.sqlite", "reparse", "--all", "--jobs", "2"]).output();
    println!("{} captures, {first} payloads: Spark {by_spark:.1?}, reparse {:.1?}", said["captures"], begun.elapsed());
    assert!(reparsed.unwrap().status.success());
    export(folder, "a.sqlite", "parquet", "values.parquet");
    let findings = gongkai()
        .current_dir(folder)
        .args(["--archive", "a.sqlite", "export", "parquet", "--shape", "findings", "--out", "findings.parquet"])
        .status();
    assert!(findings.unwrap().success());

    let version = gongkai::parse::PARSER_VERSION;
    let dataset = format!("{out}/dataset/parser_version={version}");
    let equal = root().join("tests/it/spark_equal.py");
    let held = || {
        let local = |name: &str| format!("file://{}/{name}", folder.display());
        let said =
            spark(folder, &bin, &equal, &["equal", &dataset, &local("values.parquet"), &local("findings.parquet")]);
        for line in stdout(&said).lines() {
            let table: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!((table["archive_alone"].as_u64(), table["fleet_alone"].as_u64()), (Some(0), Some(0)), "{table}");
            assert_eq!(table["same_types"], true, "{table}");
            assert!(table["rows"].as_u64() > Some(100), "{table}");
        }
        assert_eq!(stdout(&said).lines().count(), 2);
    };
    held();

    // Broken off in one batch: that one is read again, the others are not, and the data set is the same.
    let batches = folder.join(format!("out/readings/parser_version={version}"));
    let mut batches: Vec<_> = std::fs::read_dir(batches).unwrap().map(|entry| entry.unwrap().path()).collect();
    batches.retain(|path| path.is_dir());
    assert_eq!(batches.len(), 4, "{batches:?}");
    std::fs::remove_file(batches[0].join("_SUCCESS")).unwrap();
    // On a cluster this time, by the same program.
    let cluster = Cluster::start(folder, &bin);
    let again = read_now(&spark_on(&cluster.master, folder, &bin, &job, &read));
    drop(cluster);
    assert!(0 < again && again < first, "{again} of {first}");
    held();

    spark(folder, &bin, &equal, &["earlier", &dataset, &format!("{out}/dataset/parser_version=earlier")]);
    let said = stdout(&spark(folder, &bin, &job, &["--out", &out, "--diff", "earlier", version]));
    let mut changes: Vec<String> = said
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .map(|change| format!("{} {}", change["change"].as_str().unwrap(), change["cell"].as_str().unwrap()))
        .collect();
    changes.sort();
    changes.dedup();
    assert_eq!(
        changes,
        [
            "changed applications.received/total",
            "gained applications.granted/total",
            "lost applications.invented/total"
        ]
    );
}

/// `parser 6: 12 payloads read now`
fn read_now(output: &Output) -> u64 {
    let said = stdout(output);
    let line = said.lines().find(|line| line.ends_with("payloads read now")).unwrap();
    line.split(' ').nth(2).unwrap().parse().unwrap()
}
