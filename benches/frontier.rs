//! Whether the frontier stays flat: `cargo bench --bench frontier` fills an archive with 10 thousand, 100 thousand and a million
//! addresses of up to five thousand hosts, takes and settles some, and prints microseconds each, with the memory used.
//!
//! Changes are applied in transactions of 64, as the writer does when hosts queue up.

use std::time::{Duration, Instant};

use gongkai::clock::Clock;
use gongkai::crawl::frontier::{self, Found, Role, Verdict};
use gongkai::crawl::{Outcome, Settings};
use gongkai::exchange::Hop;
use gongkai::store::{Access, Store};
use url::Url;

/// Addresses taken and settled at each size.
const TAKEN: usize = 4_096;
const BATCH: usize = 64;

fn main() {
    println!("{:>9} addresses {:>6} hosts   add µs   due hosts µs   lease µs   settle µs   RSS MB", "", "");
    let mut first = None;
    for (addresses, hosts) in [(10_000, 500), (100_000, 5_000), (1_000_000, 5_000)] {
        let row = measure(addresses, hosts);
        println!(
            "{addresses:>9} addresses {hosts:>6} hosts {:>8.1} {:>14.1} {:>10.1} {:>11.1} {:>8}",
            micros(row.add),
            micros(row.due_hosts),
            micros(row.lease),
            micros(row.settle),
            resident_megabytes()
        );
        let first = first.get_or_insert(row);
        println!(
            "          against the smallest: lease x{:.2}, settle x{:.2}",
            row.lease.as_secs_f64() / first.lease.as_secs_f64(),
            row.settle.as_secs_f64() / first.settle.as_secs_f64()
        );
    }
}

/// Each for one call.
#[derive(Clone, Copy)]
struct Row {
    add: Duration,
    due_hosts: Duration,
    lease: Duration,
    settle: Duration,
}

fn measure(addresses: usize, hosts: usize) -> Row {
    let folder = tempfile::tempdir().expect("a folder for the archive");
    let store = Store::open(&folder.path().join("a.sqlite"), Access::Write).expect("an archive");
    let now = Clock::system().now();
    let begun = Instant::now();
    for from in (0..addresses).step_by(1_000) {
        let added = store.write_blocking(move |tx| {
            for n in from..(from + 1_000).min(addresses) {
                frontier::add(tx, &found(n, hosts), now)?;
            }
            Ok(())
        });
        added.expect("addresses added");
    }
    let add = begun.elapsed() / u32::try_from(addresses).unwrap_or(u32::MAX);

    let begun = Instant::now();
    let due = store.write_blocking(move |tx| frontier::due_hosts(tx, now, None, 1_024)).expect("hosts");
    let due_hosts = begun.elapsed();
    let (mut lease, mut settle) = (Duration::ZERO, Duration::ZERO);
    let revisit = Settings::default().revisit;
    for batch in 0..TAKEN / BATCH {
        let names: Vec<String> = (0..BATCH).map(|n| due[(batch * BATCH + n) % due.len()].clone()).collect();
        let revisit = revisit.clone();
        let (took, settled) = store
            .write_blocking(move |tx| {
                let begun = Instant::now();
                let mut leases = Vec::new();
                for name in &names {
                    leases.extend(frontier::lease(tx, name, now)?);
                }
                let took = begun.elapsed();
                let begun = Instant::now();
                for lease in &leases {
                    let verdict =
                        Verdict { outcome: Outcome::Captured, detail: String::new(), capture: None, condition: None };
                    frontier::settle(tx, lease, &verdict, &revisit, now)?;
                }
                assert_eq!(leases.len(), BATCH);
                Ok((took, begun.elapsed()))
            })
            .expect("leases");
        lease += took;
        settle += settled;
    }
    let each = u32::try_from(TAKEN).unwrap_or(u32::MAX);
    Row { add, due_hosts, lease: lease / each, settle: settle / each }
}

fn found(n: usize, hosts: usize) -> Found {
    let url = Url::parse(&format!("http://h{}.gov.cn/zfxxgknb/2023/t2023_{n}.html", n % hosts)).expect("an address");
    let role = if n / hosts == 0 { Role::Listing } else { Role::Report };
    let anchor = "2023年政府信息公开工作年度报告".to_owned();
    let (via, agency) = (None, None);
    Found { url, query: None, role, hop: Hop::Link, depth: 1, pages: 0, redirects: 0, via, agency, anchor, score: 50 }
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// Resident memory of this process (Linux); 0 where it is not told.
fn resident_megabytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().split(' ').next()?.parse::<u64>().ok()).unwrap_or(0) / 1_024
}
