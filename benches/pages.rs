//! How fast pages are served from an archive of 20,000 reports, beside a file that costs nothing: `cargo bench --bench pages`.
//!
//! 2,000 agencies over ten years, each report archived, read and indexed as a crawl does it; the archive is kept under `target/`
//! for the next run. Then eight clients ask for each page in turn, and the style sheet among them.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use gongkai::archive::{self, Packer};
use gongkai::demo::form::{self, Markup};
use gongkai::demo::numbers::{self, Numbers};
use gongkai::demo::page::sections;
use gongkai::exchange::{Exchange, Headers, Hop, Request, Response};
use gongkai::parse::{self, Edition, Given};
use gongkai::store::{Access, Store};
use gongkai::{dataset, serve};

const AGENCIES: usize = 2_000;
const YEARS: i16 = 10;
const CLIENTS: usize = 8;
const ASKED: usize = 25;

const PLACES: [&str; 8] = ["四川省", "浙江省", "江苏省", "广东省", "湖北省", "福建省", "安徽省", "河南省"];
const OFFICES: [&str; 10] = [
    "人力资源和社会保障局",
    "财政局",
    "教育局",
    "卫生健康局",
    "公安局",
    "自然资源局",
    "农业农村局",
    "民政局",
    "交通运输局",
    "人民政府",
];
const SIGNS: [char; 25] = [
    '安', '北', '昌', '东', '富', '高', '海', '吉', '康', '兰', '明', '宁', '平', '清', '荣', '顺', '泰', '文', '西',
    '兴', '阳', '永', '源', '长', '中',
];

fn agency(n: usize) -> String {
    let (one, two) = (SIGNS[n % 25], SIGNS[n / 25 % 25]);
    format!("{}{one}{two}县{}", PLACES[n % 8], OFFICES[n / 8 % 10])
}

fn page(n: usize, year: i16) -> String {
    let numbers = Numbers::of(Edition::Y2021, numbers::PINGTAN_2023);
    let markup = Markup::default();
    // One report in four fails.
    let three = form::three(&numbers, markup);
    let three = if (n + year as usize).is_multiple_of(4) { three.replacen(">81<", ">87<", 1) } else { three };
    let name = agency(n);
    let prose = format!(
        "<p>{year}年，{name}坚持以公开为常态、不公开为例外，主动公开信息{n}条，办理依申请公开，信访投诉类事项依法告知，政策解读及时准确，监督保障有力。</p>"
    )
    .repeat(12);
    let title = format!("{name}{year}年政府信息公开工作年度报告");
    format!(
        "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><title>{title}</title></head><body><h1>{title}</h1>{}</body></html>",
        sections(&prose, &form::two(&numbers, markup), &three, &form::four(&numbers, markup))
    )
}

fn made(path: &Path) -> Store {
    let store = Store::open(path, Access::Write).unwrap();
    let held: i64 = store.reader().unwrap().query_row("SELECT count(*) FROM report", [], |row| row.get(0)).unwrap();
    for n in held as usize / YEARS as usize..AGENCIES {
        let read: Vec<_> = (0..YEARS)
            .map(|year| {
                let year = 2015 + year;
                let url = format!("http://a{n}.gov.cn/{year}/report.html").parse().unwrap();
                let headers = Headers(vec![("Content-Type".into(), b"text/html; charset=utf-8".to_vec())]);
                let response = Response { status: 200, headers, body: page(n, year).into_bytes() };
                let exchange = Exchange {
                    request: Request::get(url, Headers::default()),
                    response,
                    started_at: "2026-01-31T08:00:00Z".parse().unwrap(),
                    peer: None,
                    hop: Hop::Seed,
                    truncated: None,
                    transport: None,
                };
                let parsed = parse::read(Given::served(&exchange.request, &exchange.response));
                (exchange, parsed)
            })
            .collect();
        store
            .write_blocking(move |tx| {
                let packer = Packer::default();
                for (exchange, parsed) in &read {
                    let id = archive::put(tx, &packer, exchange, None)?;
                    dataset::replace(tx, id, parsed, None)?;
                }
                Ok(())
            })
            .unwrap();
        if n % 200 == 199 {
            println!("{} reports", (n + 1) * YEARS as usize);
        }
    }
    store
}

fn get(address: SocketAddr, path: &str) -> usize {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{path}: {}", String::from_utf8_lossy(&answer[..60]));
    answer.len()
}

fn main() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/pages-20000.sqlite");
    let begun = Instant::now();
    drop(made(&path));
    println!("archive of {} MB in {:.0?}", std::fs::metadata(&path).unwrap().len() >> 20, begun.elapsed());
    let store = Store::open(&path, Access::Read).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let begun = Instant::now();
    let served = runtime.block_on(serve::start(store, "127.0.0.1:0".parse().unwrap())).unwrap();
    println!("first overview in {:.2?}", begun.elapsed());
    while String::from_utf8_lossy(&body(served.address, "/findings?lang=en")).contains("held against one another") {
        std::thread::sleep(Duration::from_millis(200));
    }
    println!("years held against one another after {:.1?}", begun.elapsed());
    let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let name = encoded(&agency(7));
    println!("{:44} {:>9} {:>8} {:>8} {:>8}", "page", "bytes", "median", "95th", "most");
    for path in [
        "/style.css".to_owned(),
        "/".into(),
        "/?province=51&state=with_findings".into(),
        "/report/9000".into(),
        "/report/9000?cell=applications.received/total".into(),
        "/report/9000/cell?cell=review.total".into(),
        "/frame/9000".into(),
        "/report/9000/against/9001".into(),
        format!("/agency?name={name}"),
        "/compare".into(),
        "/compare?province=51&indicator=review.total".into(),
        "/findings".into(),
        "/findings?year=2019".into(),
        format!("/search?q={}", encoded("公开")),
        format!("/search?q={}", encoded("安北县财政局 信访")),
        "/capture/9000".into(),
        "/runs".into(),
        "/api/coverage".into(),
        "/metrics".into(),
    ] {
        let size = get(served.address, &path);
        let mut times: Vec<Duration> = std::thread::scope(|scope| {
            let client = || (0..ASKED).map(|_| timed(served.address, &path)).collect::<Vec<_>>();
            let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(client)).collect();
            clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
        });
        times.sort();
        let at = |share: usize| times[(times.len() - 1) * share / 100].as_secs_f64() * 1e3;
        println!(
            "{:44} {size:9} {:7.1}  {:7.1}  {:7.1}  ms",
            &path[..path.floor_char_boundary(44)],
            at(50),
            at(95),
            at(100)
        );
    }
}

fn timed(address: SocketAddr, path: &str) -> Duration {
    let begun = Instant::now();
    get(address, path);
    begun.elapsed()
}

fn body(address: SocketAddr, path: &str) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    answer
}
