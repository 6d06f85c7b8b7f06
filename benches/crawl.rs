//! What a crawl costs beside `wget --warc-file` on the same pages in the same run: `cargo bench --bench crawl`.
//!
//! A site on loopback serves 250 reports of 90 KB on each of eight hosts with the pace off. gongkai fetches, archives and reads them;
//! wget fetches and archives them. Then a second night on which nothing has changed. CPU is that of the crawling process. With
//! another number of hosts for an argument it is a longer crawl: `cargo bench --bench crawl -- 200`.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use gongkai::demo::form::{self, Markup};
use gongkai::demo::numbers::{self, Numbers};
use gongkai::demo::page::sections;
use gongkai::parse::Edition;

/// Hosts, unless another number is asked for.
const HOSTS: usize = 8;
const PAGES: usize = 250;

fn main() {
    let asked = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
    let hosts: usize = asked.unwrap_or(HOSTS);
    let (address, served) = serve();
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    std::fs::create_dir(folder.join("seeds")).expect("a folder for seeds");
    let seed = |n: usize| {
        format!(
            "[[seed]]\nurl = \"http://h{n}.bench.gov.cn:{}/list{n}.html\"\nagency = \"局{n}\"\nkind = \"listing\"\n",
            address.port()
        )
    };
    let seeds: String = (0..hosts).map(seed).collect();
    std::fs::write(folder.join("seeds/a.toml"), format!("province = \"四川\"\n{seeds}")).expect("seeds");
    let config = "[pace]\nhosts_at_once = 64\nstarts_per_second = 10000\n[limits]\npages_per_host = 5000\n";
    std::fs::write(folder.join("config.toml"), config).expect("a configuration");

    let mut crawl =
        format!("{} -q crawl --archive a.sqlite --gap 0s --allow-net 127.0.0.0/8", env!("CARGO_BIN_EXE_gongkai"));
    for n in 0..hosts {
        crawl.push_str(&format!(" --resolve h{n}.bench.gov.cn:{}:127.0.0.1", address.port()));
    }
    let pages = (hosts * PAGES) as f64;
    let night = timed(folder, &crawl);
    let bytes = served.swap(0, Ordering::SeqCst);
    say("gongkai: fetch, archive, read", pages, &night);
    let lists: String = (0..hosts).map(|n| format!(" http://{address}/list{n}.html")).collect();
    let wget = timed(folder, &format!("wget -q -e robots=off -r -l 1 --delete-after --warc-file=w{lists}"));
    say("wget --warc-file", pages, &wget);
    println!("gongkai / wget, CPU: {:.2}", night.cpu / wget.cpu);
    let stored = std::fs::metadata(folder.join("a.sqlite")).map_or(0, |file| file.len());
    println!("bodies served {} MB, archive {} MB", bytes >> 20, stored >> 20);

    let due = "UPDATE url SET due_at = first_seen_at";
    rusqlite::Connection::open(folder.join("a.sqlite"))
        .and_then(|archive| archive.execute(due, []))
        .expect("all due again");
    served.store(0, Ordering::SeqCst);
    let unchanged = timed(folder, &crawl);
    say("gongkai: a night on which nothing changed", pages, &unchanged);
    println!("bodies served on it: {} bytes", served.load(Ordering::SeqCst));
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

/// `/listN.html` names the pages of host N; all others are reports that differ in their year and an overview.
fn serve() -> (SocketAddr, Arc<AtomicU64>) {
    let numbers = Numbers::of(Edition::Y2021, numbers::PINGTAN_2023);
    let markup = Markup { word: true, ..Markup::default() };
    let body =
        sections("概况", &form::two(&numbers, markup), &form::three(&numbers, markup), &form::four(&numbers, markup));
    let paragraph = "<p class=\"MsoNormal\"><span style=\"font-family:仿宋_GB2312\">一年来，我局坚持以公开为常态、不公开为例外。</span></p>\n";
    let padding = 90_000usize.saturating_sub(body.len()) / paragraph.len();
    let body = body + &paragraph.repeat(padding);
    let body = Arc::new(body);
    let served = Arc::new(AtomicU64::new(0));
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address");
    let count = served.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (body, count) = (body.clone(), count.clone());
            std::thread::spawn(move || connection(stream, &body, &count));
        }
    });
    (address, served)
}

fn connection(stream: TcpStream, body: &str, served: &AtomicU64) -> Option<()> {
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
        let (status, page) = match path.as_str() {
            "/robots.txt" => (404, String::new()),
            _ if conditional => (304, String::new()),
            path if path.starts_with("/list") => (200, list(path)),
            path => {
                let title = format!("局{}{}年政府信息公开工作年度报告", &path[1..], 2021);
                (
                    200,
                    format!(
                        "<!DOCTYPE html><meta charset=utf-8><title>{title}</title><h1>{title}</h1><p>{path}</p>{body}"
                    ),
                )
            }
        };
        served.fetch_add(page.len() as u64, Ordering::SeqCst);
        let length = if status == 304 { String::new() } else { format!("Content-Length: {}\r\n", page.len()) };
        let head =
            format!("HTTP/1.1 {status} X\r\nContent-Type: text/html; charset=utf-8\r\nETag: \"1\"\r\n{length}\r\n");
        writer.write_all(head.as_bytes()).and_then(|()| writer.write_all(page.as_bytes())).ok()?;
    }
}

fn list(path: &str) -> String {
    let host: String = path.chars().filter(char::is_ascii_digit).collect();
    (0..PAGES).map(|n| format!("<li><a href=\"/{host}-{n}.html\">2021年政府信息公开工作年度报告</a></li>\n")).collect()
}
