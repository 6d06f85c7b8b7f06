//! How small an archive is beside a gzip WARC of the same captures, and how fast it is packed and read:
//! `cargo bench --bench archive -- [PAGES] [FILE] [LEVEL,...] [SERVED,...]` (2,000 pages of 50 hosts; FILE keeps the archive, of what
//! was served in gzip beside it; levels 3, 6, 9, 12; served plain, gzip-1, gzip-6, which needs `python3` for its zlib).
//!
//! The pages are those of the made-up [`province`].

mod province;

use std::fmt;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use gongkai::archive::compact::{self, Options};
use gongkai::archive::{self, CaptureId, Packer};
use gongkai::dataset::Wanted;
use gongkai::exchange::{Exchange, Headers, Hop, Request, Response};
use gongkai::export::{self, Compression, Format};
use gongkai::store::{Access, Store};
use province::{HOSTS, Host};

/// A page as it is met; its validators are made from its number.
fn met(host: &Host, n: usize) -> Exchange {
    let page = province::page(host, n);
    let mut headers = Headers::default();
    for (name, value) in [
        ("Server", "nginx"),
        ("Date", "Sat, 31 Jan 2026 08:00:00 GMT"),
        ("Content-Type", "text/html"),
        ("Connection", "keep-alive"),
        ("Last-Modified", "Fri, 30 Jan 2026 01:02:03 GMT"),
        ("X-Frame-Options", "SAMEORIGIN"),
    ] {
        headers.push(name, value);
    }
    headers.push("ETag", format!("\"{:x}-{:x}\"", page.body.len(), n * 7_919));
    let url = format!("http://{}{}", host.name, page.path);
    let mut asked = Headers::default();
    asked.push("User-Agent", "gongkai/0.1 (+mailto:someone@example.org)");
    asked.push("Accept-Encoding", "gzip");
    Exchange {
        request: Request::get(url.parse().expect("the address is made above"), asked),
        response: Response { status: 200, headers, body: page.body },
        started_at: "2026-01-31T08:00:00Z".parse().expect("a constant"),
        peer: Some(([192, 0, 2, 1], 80).into()),
        hop: Hop::Link,
        truncated: None,
        transport: None,
    }
}

fn size(path: &Path) -> u64 {
    let of = |path: PathBuf| std::fs::metadata(path).map_or(0, |file| file.len());
    of(path.into()) + of(path.with_extension("sqlite-wal"))
}

/// How servers send the bodies.
#[derive(Clone, Copy)]
enum Served {
    Plain,
    /// As nginx does at this level, its `gzip_hash` as it comes, a body's length being known.
    Gzip(u8),
}

impl Served {
    fn of(name: &str) -> Option<Served> {
        match name.strip_prefix("gzip-") {
            None => (name == "plain").then_some(Served::Plain),
            Some(level) => level.parse().ok().map(Served::Gzip),
        }
    }
}

impl fmt::Display for Served {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Served::Plain => f.write_str("plain"),
            Served::Gzip(level) => write!(f, "gzip-{level}"),
        }
    }
}

/// zlib itself, which servers have and this program has not: bodies in, bodies out, each behind its length.
struct Zlib(Child);

const ZLIB: &str = r#"
import sys, zlib
read, write, level = sys.stdin.buffer.read, sys.stdout.buffer.write, int(sys.argv[1])
while head := read(4):
    body = read(int.from_bytes(head, "little"))
    wbits, mem = 15, 8
    while len(body) < (1 << (wbits - 1)) - 262:
        wbits, mem = wbits - 1, mem - 1
    packer = zlib.compressobj(level, zlib.DEFLATED, 16 + wbits, max(mem, 1))
    packed = packer.compress(body) + packer.flush()
    write(len(packed).to_bytes(4, "little") + packed)
    sys.stdout.flush()
"#;

impl Zlib {
    fn at(level: u8) -> Zlib {
        let mut python = Command::new("python3");
        python.args(["-c", ZLIB, &level.to_string()]).stdin(Stdio::piped()).stdout(Stdio::piped());
        Zlib(python.spawn().expect("python3, for its zlib"))
    }

    fn gzip(&mut self, body: &[u8]) -> Vec<u8> {
        let (to, from) = (self.0.stdin.as_mut().expect("piped"), self.0.stdout.as_mut().expect("piped"));
        to.write_all(&(body.len() as u32).to_le_bytes()).and_then(|()| to.write_all(body)).expect("python3 reads");
        let mut head = [0; 4];
        from.read_exact(&mut head).expect("python3 answers");
        let mut packed = vec![0; u32::from_le_bytes(head) as usize];
        from.read_exact(&mut packed).expect("python3 answers");
        packed
    }
}

impl Drop for Zlib {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// Wall and CPU seconds since it was made; CPU of this process where Linux tells it.
struct Watch(Instant, f64);

impl Watch {
    fn start() -> Watch {
        Watch(Instant::now(), cpu())
    }

    fn stop(&self) -> (f64, f64) {
        (self.0.elapsed().as_secs_f64(), cpu() - self.1)
    }
}

fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split(' ');
    // utime and stime, in hundredths of a second (proc(5)).
    fields.skip(12).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    let pages: usize = arguments.next().and_then(|pages| pages.parse().ok()).unwrap_or(2_000);
    let keep = arguments.next().filter(|file| !file.is_empty()).map(PathBuf::from);
    let levels = arguments.next().unwrap_or_else(|| "3,6,9,12".into());
    let levels: Vec<i32> = levels.split(',').filter_map(|level| level.parse().ok()).collect();
    let served = arguments.next().unwrap_or_else(|| "plain,gzip-1,gzip-6".into());
    let hosts: Vec<Host> = (0..HOSTS).map(province::host).collect();
    for served in served.split(',').filter_map(Served::of) {
        let folder = tempfile::tempdir().expect("a folder to work in");
        let path = match (&keep, served) {
            (None, _) => folder.path().join("a.sqlite"),
            (Some(file), Served::Plain) => file.clone(),
            (Some(file), _) => file.with_added_extension(served.to_string()),
        };
        measure(pages, &hosts, served, &path, folder.path(), &levels);
    }
}

fn measure(pages: usize, hosts: &[Host], served: Served, path: &Path, folder: &Path, levels: &[i32]) {
    let store = Store::open(path, Access::Write).expect("a new archive");
    let packer = Arc::new(Packer::default());
    let mut zlib = match served {
        Served::Plain => None,
        Served::Gzip(level) => Some(Zlib::at(level)),
    };
    let watch = Watch::start();
    let (mut bytes, mut sent) = (0, 0);
    let (mut smallest, mut largest) = (usize::MAX, 0);
    for first in (0..pages).step_by(200) {
        let mut batch: Vec<Exchange> = (first..pages.min(first + 200)).map(|n| met(&hosts[n % HOSTS], n)).collect();
        for exchange in &mut batch {
            let length = exchange.response.body.len();
            bytes += length as u64;
            (smallest, largest) = (smallest.min(length), largest.max(length));
            if let Some(zlib) = &mut zlib {
                exchange.response.body = zlib.gzip(&exchange.response.body);
                exchange.response.headers.push("Content-Encoding", "gzip");
            }
            sent += exchange.response.body.len() as u64;
        }
        let packer = packer.clone();
        store
            .write_blocking(move |tx| {
                batch.iter().try_for_each(|exchange| archive::put(tx, &packer, exchange, None).map(drop))
            })
            .expect("the pages are kept");
    }
    let (put, put_cpu) = watch.stop();
    store.vacuum().expect("vacuum");
    let megabytes = bytes as f64 / 1e6;
    println!(
        "{pages} pages of {HOSTS} hosts served {served}, {} to {} KB, {megabytes:.0} MB, {:.1} MB as served",
        smallest / 1_000,
        largest / 1_000,
        sent as f64 / 1e6
    );
    let line = |what: &str, (wall, cpu): (f64, f64)| {
        println!(
            "{what:20} {wall:7.1} s  {cpu:7.1} CPU s  {:8.1} MB/s  {:8.0} pages/s  {:6.2} CPU ms a page",
            megabytes / wall,
            pages as f64 / wall,
            cpu * 1e3 / pages as f64
        );
    };
    line("made and put", (put, put_cpu));

    let warc = folder.join("a.warc.gz");
    let write_warc = |what: &str| {
        let watch = Watch::start();
        let connection = store.reader().expect("a reader");
        export::export(&connection, Format::Warc(Compression::Gzip), &Wanted::default(), &warc, None).expect("a WARC");
        line(what, watch.stop());
        size(&warc)
    };
    let gzip = write_warc("gzip WARC");
    let before = size(path);

    for level in levels {
        let options = Options { level: *level, ..Options::default() };
        let watch = Watch::start();
        let done = compact::compact(&store, options, |_| {}).expect("compact");
        line(&format!("compact, level {level:2}"), watch.stop());
        store.vacuum().expect("vacuum");
        let packed: u64 = done.hosts.iter().map(|host| host.after).sum();
        let mut kinds: std::collections::BTreeMap<usize, usize> = Default::default();
        for host in &done.hosts {
            *kinds.entry(host.dictionaries.len()).or_default() += 1;
        }
        println!(
            "  bodies {:.2} MB, file {:.2} MB, {:.3} of the WARC; dictionaries {kinds:?}",
            packed as f64 / 1e6,
            size(path) as f64 / 1e6,
            size(path) as f64 / gzip as f64
        );
        let connection = store.reader().expect("a reader");
        let watch = Watch::start();
        for id in 1..=pages as i64 {
            archive::exchange(&connection, CaptureId(id)).expect("every capture is read");
        }
        line("  read one by one", watch.stop());
        let watch = Watch::start();
        assert!(archive::verify(&store, 2).expect("verify").is_intact());
        line("  verify, 2 cores", watch.stop());
        assert_eq!(write_warc("  gzip WARC of it"), gzip, "the same WARC as before");
    }
    println!(
        "gzip WARC {:.2} MB; archive as crawled {:.2} MB, {:.3} of the WARC\n",
        gzip as f64 / 1e6,
        before as f64 / 1e6,
        before as f64 / gzip as f64
    );
}
