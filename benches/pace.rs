//! How much of what the pace allows is made use of: `cargo bench --bench pace`.
//!
//! 500 hosts at 500 loopback addresses, a gap of two seconds, a minute. The site's own log is read: starts in the fifty seconds
//! after the first ten, beside what one start every two seconds at each host comes to; and the least gap at any host.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const HOSTS: usize = 500;
const REPORTS: usize = 60;
const GAP: Duration = Duration::from_secs(2);
const FIRST: Duration = Duration::from_secs(10);
const LAST: Duration = Duration::from_secs(60);

type Log = Arc<Mutex<BTreeMap<String, Vec<Instant>>>>;

fn main() {
    let (address, log) = serve();
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    std::fs::create_dir(folder.join("seeds")).expect("a folder for seeds");
    let name = |n: usize| format!("h{n}.pace.gov.cn");
    let seed = |n: usize| {
        format!("[[seed]]\nurl = \"http://{}:{}/\"\nagency = \"局{n}\"\nkind = \"listing\"\n", name(n), address.port())
    };
    let seeds: String = (0..HOSTS).map(seed).collect();
    std::fs::write(folder.join("seeds/a.toml"), format!("province = \"四川\"\n{seeds}")).expect("seeds");
    let config = "[pace]\ngap = \"2s\"\nhosts_at_once = 256\nstarts_per_second = 10000\n";
    std::fs::write(folder.join("config.toml"), config).expect("a configuration");
    let mut crawl = Command::new(env!("CARGO_BIN_EXE_gongkai"));
    crawl.current_dir(folder).args(["-q", "crawl", "--archive", "a.sqlite", "--allow-net", "127.0.0.0/8"]);
    crawl.args(["--max-time", "62s"]);
    for n in 0..HOSTS {
        let at = Ipv4Addr::new(127, 1, (n / 250) as u8, (n % 250 + 1) as u8);
        crawl.args(["--resolve", &format!("{}:{}:{at}", name(n), address.port())]);
    }
    let output = crawl.output().expect("gongkai");

    let log = log.lock().expect("the log");
    let said = String::from_utf8_lossy(&output.stderr);
    let begin = log.values().flatten().min().unwrap_or_else(|| panic!("nothing was asked: {said}"));
    let counted = log.values().flatten().filter(|at| (FIRST..LAST).contains(&at.duration_since(*begin))).count() as f64;
    let allowed = HOSTS as f64 * (LAST - FIRST).as_secs_f64() / GAP.as_secs_f64();
    let gaps = || log.values().flat_map(|starts| starts.windows(2)).map(|pair| pair[1] - pair[0]);
    println!("{} hosts asked, exit {:?}", log.len(), output.status.code());
    println!(
        "{:.1} starts a second of {:.1} that the pace allows: {:.1} %",
        counted / (LAST - FIRST).as_secs_f64(),
        allowed / (LAST - FIRST).as_secs_f64(),
        counted / allowed * 100.0
    );
    println!("least gap at a host as the site stamped it: {:?}", gaps().min().unwrap_or_default());
    // The site stamps a request when its head is read, late on a busy machine, and the next one may be on time.
    println!(
        "gaps more than 100 ms below the set one: {}",
        gaps().filter(|gap| *gap + Duration::from_millis(100) < GAP).count()
    );
}

fn serve() -> (SocketAddr, Log) {
    let listener = TcpListener::bind("0.0.0.0:0").expect("a port");
    let address = listener.local_addr().expect("its address");
    let log = Log::default();
    let kept = log.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let log = kept.clone();
            std::thread::spawn(move || connection(stream, &log));
        }
    });
    (address, log)
}

fn connection(stream: TcpStream, log: &Log) -> Option<()> {
    let _ = stream.set_nodelay(true);
    let mut writer = stream.try_clone().ok()?;
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).ok()? == 0 {
                return None;
            }
        }
        let at = Instant::now();
        let host = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("host: ").map(str::to_owned))?;
        log.lock().ok()?.entry(host).or_default().push(at);
        let row = |n: usize| format!("<li><a href='/{n}.html'>2023年政府信息公开工作年度报告</a></li>");
        let (status, body) = match head.split(' ').nth(1)? {
            "/robots.txt" => (404, String::new()),
            "/" => (200, (0..REPORTS).map(row).collect()),
            path => (200, format!("<title>2023年政府信息公开工作年度报告</title><p>一、总体情况</p><p>{path}</p>")),
        };
        let head = format!(
            "HTTP/1.1 {status} X\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        writer.write_all(head.as_bytes()).and_then(|()| writer.write_all(body.as_bytes())).ok()?;
    }
}
