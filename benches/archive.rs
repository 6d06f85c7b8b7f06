//! How small an archive is beside a gzip WARC of the same captures, and how fast it is packed and read:
//! `cargo bench --bench archive -- [PAGES] [FILE] [LEVEL,...] [SERVED,...]` (2,000 pages of 50 hosts; FILE keeps the archive, of what
//! was served in gzip beside it; levels 3, 6, 9, 12; served plain, gzip-1, gzip-6, which needs `python3` for its zlib).
//!
//! A host has a frame of its own (head, styles, scripts, navigation: 15 to 60 KB), a markup (plain, or as Word leaves it) and an
//! encoding. A page has its own agency, year, numbers (two of three are zero, as in small bureaus) and 2 to 9 KB of prose put
//! together from sentences with numbers in them. Everything is made from the page's number: the same each time.

use std::fmt;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use gongkai::archive::compact::{self, Options};
use gongkai::archive::{self, CaptureId, Packer};
use gongkai::dataset::Wanted;
use gongkai::demo::form::{self, Markup};
use gongkai::demo::numbers::{self, Numbers};
use gongkai::demo::page::sections;
use gongkai::exchange::{Exchange, Headers, Hop, Request, Response};
use gongkai::export::{self, Compression, Format};
use gongkai::parse::Edition;
use gongkai::store::{Access, Store};

const HOSTS: usize = 50;

/// Numbers that look random and are the same each time (splitmix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % n as u64) as usize
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}

struct Host {
    name: String,
    city: String,
    gbk: bool,
    /// Page with the marks `{{n}}` where a number goes, and what stands around it.
    tables: [String; 3],
    head: String,
    foot: String,
}

const SYLLABLES: [&str; 24] = [
    "安", "平", "江", "河", "山", "海", "宁", "阳", "东", "西", "南", "北", "清", "泰", "兴", "永", "新", "长", "和",
    "丰", "石", "林", "湖", "云",
];
const BUREAUS: [&str; 16] = [
    "财政局",
    "教育局",
    "民政局",
    "司法局",
    "水利局",
    "统计局",
    "审计局",
    "交通运输局",
    "农业农村局",
    "卫生健康委员会",
    "人力资源和社会保障局",
    "自然资源局",
    "生态环境局",
    "住房和城乡建设局",
    "市场监督管理局",
    "应急管理局",
];
const SUBJECTS: [&str; 12] = [
    "全市政务公开工作",
    "主动公开工作",
    "依申请公开工作",
    "政府信息管理",
    "平台建设",
    "监督保障",
    "重点领域信息公开",
    "政策解读",
    "公众参与",
    "基层政务公开标准化规范化",
    "行政许可和行政处罚公示",
    "财政预决算公开",
];
const VERBS: [&str; 12] = [
    "进一步推进",
    "不断完善",
    "扎实开展",
    "持续加强",
    "认真落实",
    "有序规范",
    "全面梳理",
    "及时更新",
    "严格执行",
    "稳步提升",
    "着力优化",
    "切实保障",
];
const OBJECTS: [&str; 16] = [
    "公开目录和公开指南",
    "信息发布审核制度",
    "答复文书格式",
    "门户网站栏目",
    "政务新媒体账号",
    "政策文件库",
    "线下查阅点",
    "咨询电话接听",
    "保密审查程序",
    "工作人员业务培训",
    "年度考核办法",
    "社会评议机制",
    "第三方评估整改",
    "历史文件清理",
    "政民互动渠道",
    "热点问题回应",
];
const ENDINGS: [&str; 8] = [
    "，取得了较好成效",
    "，群众满意度有所提高",
    "，较上年有明显增长",
    "，未发生泄密情况",
    "，工作机制更加健全",
    "，但人员力量仍显不足",
    "，时效性还有待提高",
    "，为优化营商环境提供了支撑",
];

fn host(n: usize) -> Host {
    let mut dice = Dice(n as u64 * 1_000_003);
    let city = format!("{}{}市", dice.one(&SYLLABLES), dice.one(&SYLLABLES));
    let mut head = format!(
        "<!DOCTYPE html>\n<html>\n<head>\n<meta charset=\"{}\">\n<meta name=\"SiteName\" content=\"{city}政府门户网站\">\n<style>\n",
        if n.is_multiple_of(4) { "gb2312" } else { "utf-8" }
    );
    let size = 15_000 + dice.below(45_000);
    let mut foot = String::from("<script>\n");
    while head.len() < size / 2 {
        head += &format!(
            ".{}-{:x} {{ width: {}px; margin: {}px auto; color: #{:06x}; float: {}; }}\n",
            dice.one(&["nav", "list", "con", "foot", "title", "menu", "xxgk"]),
            dice.below(4_096),
            dice.below(1_200),
            dice.below(40),
            dice.below(1 << 24),
            dice.one(&["left", "right", "none"])
        );
    }
    head += "</style>\n</head>\n<body>\n<ul class=\"nav\">\n";
    while head.len() < size {
        head += &format!(
            "<li><a href=\"/zwgk/{}/col{}/index.html\" target=\"_blank\" title=\"{}\">{}</a></li>\n",
            dice.one(&["zfxxgk", "fdzdgknr", "zcwj", "ghjh"]),
            dice.below(90_000),
            dice.one(&OBJECTS),
            dice.one(&OBJECTS)
        );
    }
    while foot.len() < size / 6 {
        foot += &format!(
            "function f{:x}(e) {{ var t = document.getElementById('{}{}'); if (t) {{ t.style.display = e ? 'block' : 'none'; }} }}\n",
            dice.below(1 << 20),
            dice.one(&["tab", "menu", "share"]),
            dice.below(300)
        );
    }
    foot += "</script>\n</body></html>";
    let markup = Markup { word: !n.is_multiple_of(3), split_heads: n.is_multiple_of(2), ..Markup::default() };
    // Every cell a mark of its own: what is printed there is put in page by page.
    let mut marks = 0;
    let marked: String = numbers::PINGTAN_2023
        .lines()
        .map(|line| {
            let mut words = line.split(' ');
            let name = words.next().unwrap_or_default().to_owned();
            let cells = words.map(|_| {
                marks += 1;
                format!(" {{{{{marks}}}}}")
            });
            name + &cells.collect::<String>() + "\n"
        })
        .collect();
    // Numbers borrow their text for as long as the program runs; one for each host.
    let numbers = Numbers::of(Edition::Y2021, marked.leak());
    let tables = [form::two(&numbers, markup), form::three(&numbers, markup), form::four(&numbers, markup)];
    Host { name: format!("www.h{n}.gov.cn"), city, gbk: n.is_multiple_of(4), tables, head, foot }
}

fn prose(dice: &mut Dice, length: usize) -> String {
    let mut prose = String::new();
    while prose.len() < length {
        prose += &format!(
            "{}{}{}，{}{}件、{}{}次{}。",
            dice.one(&["我局", "一是", "二是", "三是", "同时", "此外", "全年", "按照要求"]),
            dice.one(&VERBS),
            dice.one(&SUBJECTS),
            dice.one(&OBJECTS),
            dice.below(3_000),
            dice.one(&OBJECTS),
            dice.below(200),
            dice.one(&ENDINGS)
        );
        if dice.below(5) == 0 {
            prose += "</p>\n<p>";
        }
    }
    prose
}

/// The text with each mark replaced; marks go up.
fn filled(table: &str, dice: &mut Dice) -> String {
    let mut filled = String::with_capacity(table.len());
    let mut rest = table;
    while let Some((before, after)) = rest.split_once("{{") {
        filled += before;
        let digits = 1 + dice.below(4) as u32;
        let number = if dice.below(3) == 0 { dice.below(10usize.pow(digits)) } else { 0 };
        filled += &number.to_string();
        rest = after.split_once("}}").map_or("", |(_, after)| after);
    }
    filled + rest
}

fn page(host: &Host, n: usize) -> Exchange {
    let mut dice = Dice(n as u64 * 7_919 + 17);
    let (bureau, district) = (BUREAUS[(n / HOSTS) % BUREAUS.len()], n / HOSTS / BUREAUS.len());
    let (year, district) = (2025 - district % 5, district / 5);
    let area = ["", "东区", "西区", "南区", "北区", "城区"].get(district).copied().unwrap_or("新区");
    let title = format!("{}{area}{bureau}{year}年政府信息公开工作年度报告", host.city);
    let length = 2_000 + dice.below(7_000);
    let overview = prose(&mut dice, length);
    let [two, three, four] = host.tables.each_ref().map(|table| filled(table, &mut dice));
    let text = format!(
        "{}</ul>\n<title>{title}</title><h1>{title}</h1>\n{}{}",
        host.head,
        sections(&overview, &two, &three, &four),
        host.foot
    );
    let body = if host.gbk { encoding_rs::GB18030.encode(&text).0.into_owned() } else { text.into_bytes() };
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
    headers.push("ETag", format!("\"{:x}-{:x}\"", body.len(), n * 7_919));
    let url = format!("http://{}/art/{year}/1/{}/art_{}_{n}.html", host.name, 1 + n % 28, dice.below(90_000));
    let mut asked = Headers::default();
    asked.push("User-Agent", "gongkai/0.1 (+mailto:someone@example.org)");
    asked.push("Accept-Encoding", "gzip");
    Exchange {
        request: Request::get(url.parse().expect("the address is made above"), asked),
        response: Response { status: 200, headers, body },
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
    let hosts: Vec<Host> = (0..HOSTS).map(host).collect();
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
        let mut batch: Vec<Exchange> = (first..pages.min(first + 200)).map(|n| page(&hosts[n % HOSTS], n)).collect();
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
