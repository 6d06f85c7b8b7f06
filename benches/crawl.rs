//! What a crawl costs beside `wget --warc-file` on the same pages in the same run: `cargo bench --bench crawl`.
//!
//! Sites on loopback serve 40 reports on each of the 50 hosts of the made-up [`province`], with the pace off. gongkai fetches, archives
//! and reads them; wget fetches and archives them. Then a second night on which nothing has changed. CPU is that of the crawling
//! process. With another number of reports for an argument it is a longer crawl: `cargo bench --bench crawl -- 500`.

mod province;

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use province::{HOSTS, Host, Page};

/// Reports on a host, unless another number is asked for.
const PAGES: usize = 40;

fn main() {
    let asked = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
    let of_each: usize = asked.unwrap_or(PAGES);
    let (address, sites) = serve(of_each);
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    std::fs::create_dir(folder.join("seeds")).expect("a folder for seeds");
    let seed = |n: usize| {
        format!(
            "[[seed]]\nurl = \"http://{}:{}/list{n}.html\"\nagency = \"局{n}\"\nkind = \"listing\"\n",
            sites.hosts[n].name,
            address.port()
        )
    };
    let seeds: String = (0..HOSTS).map(seed).collect();
    std::fs::write(folder.join("seeds/a.toml"), format!("province = \"四川\"\n{seeds}")).expect("seeds");
    let config = "[pace]\nhosts_at_once = 64\nstarts_per_second = 10000\n[limits]\npages_per_host = 5000\n";
    std::fs::write(folder.join("config.toml"), config).expect("a configuration");

    let mut crawl =
        format!("{} -q crawl --archive a.sqlite --gap 0s --allow-net 127.0.0.0/8", env!("CARGO_BIN_EXE_gongkai"));
    for host in &sites.hosts {
        crawl.push_str(&format!(" --resolve {}:{}:127.0.0.1", host.name, address.port()));
    }
    let pages = (HOSTS * of_each) as f64;
    let night = timed(folder, &crawl);
    let bytes = sites.served.swap(0, Ordering::SeqCst);
    say("gongkai: fetch, archive, read", pages, &night);
    let lists: String = (0..HOSTS).map(|n| format!(" http://{address}/list{n}.html")).collect();
    let wget = timed(folder, &format!("wget -q -e robots=off -r -l 1 --delete-after --warc-file=w{lists}"));
    say("wget --warc-file", pages, &wget);
    println!("gongkai / wget, CPU: {:.2}", night.cpu / wget.cpu);
    let stored = std::fs::metadata(folder.join("a.sqlite")).map_or(0, |file| file.len());
    println!("bodies served {} MB, archive {} MB", bytes >> 20, stored >> 20);

    let due = "UPDATE url SET due_at = first_seen_at";
    rusqlite::Connection::open(folder.join("a.sqlite"))
        .and_then(|archive| archive.execute(due, []))
        .expect("all due again");
    sites.served.store(0, Ordering::SeqCst);
    let unchanged = timed(folder, &crawl);
    say("gongkai: a night on which nothing changed", pages, &unchanged);
    println!("bodies served on it: {} bytes", sites.served.load(Ordering::SeqCst));
}

struct Took {
    cpu: f64,
    wall: f64,
}

fn say(what: &str, pages: f64, took: &Took) {
    println!(
        "{what}: {:.2} CPU s per 1,000 pages, {:.0} pages a second, {:.0} % of a core",
        took.cpu * 1_000.0 / pages,
        pages / took.wall,
        took.cpu / took.wall * 100.0
    );
}

fn timed(folder: &Path, command: &str) -> Took {
    let script = format!("TIMEFORMAT='%U %S %R'; time {command}");
    let output = Command::new("bash").current_dir(folder).args(["-c", &script]).output().expect("bash");
    let said = String::from_utf8_lossy(&output.stderr);
    let numbers: Vec<f64> =
        said.lines().last().unwrap_or_default().split(' ').filter_map(|number| number.parse().ok()).collect();
    match numbers[..] {
        [user, system, wall] => Took { cpu: user + system, wall },
        _ => panic!("{command}: {said}"),
    }
}

/// `/listN.html` names the pages of host N, each by its number among all.
struct Sites {
    hosts: Vec<Host>,
    of_each: usize,
    served: AtomicU64,
}

fn serve(of_each: usize) -> (SocketAddr, Arc<Sites>) {
    let hosts = (0..HOSTS).map(province::host).collect();
    let sites = Arc::new(Sites { hosts, of_each, served: AtomicU64::new(0) });
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address");
    let serving = sites.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let sites = serving.clone();
            std::thread::spawn(move || sites.answer_all(stream));
        }
    });
    (address, sites)
}

impl Sites {
    fn answer_all(&self, stream: TcpStream) -> Option<()> {
        let _ = stream.set_nodelay(true);
        let mut writer = stream.try_clone().ok()?;
        let mut reader = BufReader::new(stream);
        loop {
            let (mut path, mut conditional) = (String::new(), false);
            loop {
                let mut line = String::new();
                if reader.read_line(&mut line).ok()? == 0 {
                    return None;
                }
                if line == "\r\n" {
                    break;
                }
                if path.is_empty() {
                    path = line.split(' ').nth(1)?.to_owned();
                }
                conditional |= line.to_ascii_lowercase().starts_with("if-none-match");
            }
            let number = |before| path.strip_suffix(".html")?.rsplit_once(before)?.1.parse::<usize>().ok();
            let (status, body) = match (number("list"), number("_")) {
                (None, None) => (404, Vec::new()),
                _ if conditional => (304, Vec::new()),
                (Some(host), _) => (200, self.list(host).into_bytes()),
                (_, Some(page)) => (200, self.page(page).body),
            };
            self.served.fetch_add(body.len() as u64, Ordering::SeqCst);
            let length = if status == 304 { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
            let head = format!("HTTP/1.1 {status} X\r\nContent-Type: text/html\r\nETag: \"1\"\r\n{length}\r\n");
            writer.write_all(head.as_bytes()).and_then(|()| writer.write_all(&body)).ok()?;
        }
    }

    fn page(&self, n: usize) -> Page {
        province::page(&self.hosts[n % HOSTS], n)
    }

    fn list(&self, host: usize) -> String {
        let link = |n: usize| format!("<li><a href=\"{}\">政府信息公开工作年度报告</a></li>\n", self.page(n).path);
        let links: String = (0..self.of_each).map(|nth| link(nth * HOSTS + host)).collect();
        format!("<!DOCTYPE html><meta charset=utf-8>\n{links}")
    }
}
