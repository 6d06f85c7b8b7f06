//! How fast a page is read, beside what others need for less: `cargo bench --bench reading`.
//!
//! Pages are the replica's reports in Word's markup, padded with prose to 40, 90 and 120 KB, in GBK and UTF-8. The last lines
//! give CPU seconds per 1,000 pages of one core and the ratio to a `scraper` grid, measured in turn in one run.

use std::hint::black_box;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput};
use gongkai::demo::form::{self, Markup};
use gongkai::demo::numbers::{self, Numbers};
use gongkai::demo::page::sections;
use gongkai::exchange::Headers;
use gongkai::parse::{self, Edition, Given};
use html5gum::Tokenizer;

struct Sample {
    name: String,
    body: Vec<u8>,
    headers: Headers,
}

fn samples() -> Vec<Sample> {
    let numbers = Numbers::of(Edition::Y2021, numbers::PINGTAN_2023);
    let markup = Markup { word: true, split_heads: true, ..Markup::default() };
    let tables =
        sections("概况", &form::two(&numbers, markup), &form::three(&numbers, markup), &form::four(&numbers, markup));
    let paragraph = "<p class=\"MsoNormal\" style=\"text-indent:32pt;mso-char-indent-count:2.0000;\"><span style=\"mso-spacerun:'yes';font-family:仿宋_GB2312;font-size:16pt;\">一年来，我局坚持以公开为常态、不公开为例外，全面推进政务公开。<o:p></o:p></span></p>\n";
    let mut samples = Vec::new();
    for kilobytes in [90, 120] {
        let head = "<!DOCTYPE html><html><head><meta charset=\"CHARSET\"><title>某市某局2023年政府信息公开工作年度报告</title></head><body>";
        let padding = (kilobytes * 1_000usize).saturating_sub(tables.len()) / paragraph.len();
        let page = format!("{head}{}{tables}</body></html>", paragraph.repeat(padding));
        for charset in ["utf-8", "gbk"] {
            let text = page.replace("CHARSET", charset);
            let body =
                if charset == "gbk" { encoding_rs::GB18030.encode(&text).0.into_owned() } else { text.into_bytes() };
            let headers = Headers(vec![("Content-Type".into(), b"text/html".to_vec())]);
            samples.push(Sample { name: format!("{charset} {} KB", body.len() / 1_000), body, headers });
        }
    }
    samples
}

/// Decode, tables, report, places, findings.
fn whole(sample: &Sample) -> usize {
    let parsed =
        parse::read(Given { url: None, status: Some(200), headers: &sample.headers, query: None, body: &sample.body });
    let values = parsed.report.map_or(0, |report| report.values.len());
    assert_eq!(values, 200);
    values
}

fn decoded(sample: &Sample) -> String {
    let encoding = if sample.name.starts_with("gbk") { encoding_rs::GB18030 } else { encoding_rs::UTF_8 };
    encoding.decode_without_bom_handling(&sample.body).0.into_owned()
}

/// The DOM and a span-expanded grid of cell texts, as scripts do it.
fn scraper_grid(sample: &Sample) -> usize {
    let text = decoded(sample);
    let document = scraper::Html::parse_document(&text);
    let select = |css: &str| scraper::Selector::parse(css).unwrap();
    let (tables, rows, cells) = (select("table"), select("tr"), select("td, th"));
    let mut filled = 0;
    for table in document.select(&tables) {
        let mut grid: Vec<Vec<Option<String>>> = Vec::new();
        for (y, row) in table.select(&rows).enumerate() {
            let mut x = 0;
            for cell in row.select(&cells) {
                let span = |name: &str| cell.value().attr(name).and_then(|span| span.parse().ok()).unwrap_or(1usize);
                let text: String = cell.text().collect();
                while grid.get(y).is_some_and(|line| line.get(x).is_some_and(Option::is_some)) {
                    x += 1;
                }
                for line in y..y + span("rowspan") {
                    if grid.len() <= line {
                        grid.resize(line + 1, Vec::new());
                    }
                    let end = x + span("colspan");
                    if grid[line].len() < end {
                        grid[line].resize(end, None);
                    }
                    grid[line][x..end].fill(Some(text.trim().to_owned()));
                }
                x += span("colspan");
            }
        }
        filled += grid.iter().flatten().flatten().count();
    }
    filled
}

fn tokens(sample: &Sample) -> usize {
    let text = decoded(sample);
    Tokenizer::new(text.as_str()).count()
}

type Reader = fn(&Sample) -> usize;

const READERS: [(&str, Reader); 4] = [
    ("gongkai, whole reading", whole),
    ("scraper, DOM and grid", scraper_grid),
    ("html5gum, tokens alone", tokens),
    ("decoding alone", |sample| decoded(sample).len()),
];

fn benches(criterion: &mut Criterion) {
    for sample in &samples() {
        let mut group = criterion.benchmark_group(&sample.name);
        group
            .throughput(Throughput::Bytes(sample.body.len() as u64))
            .sample_size(20)
            .measurement_time(Duration::from_secs(2));
        for (name, read) in READERS {
            group.bench_with_input(BenchmarkId::from_parameter(name), sample, |bencher, sample| {
                bencher.iter(|| black_box(read(sample)))
            });
        }
        group.finish();
    }
}

/// What this thread has spent on a core so far, where the kernel says (proc(5), schedstat); else the time of day.
fn cpu() -> Duration {
    static BEGUN: LazyLock<Instant> = LazyLock::new(Instant::now);
    let said = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = said.and_then(|said| said.split(' ').next()?.parse().ok());
    nanoseconds.map_or_else(|| BEGUN.elapsed(), Duration::from_nanos)
}

/// Readers take turns, so that a noisy machine is noisy to all of them.
fn ratios() {
    const ROUNDS: usize = 40;
    /// The kernel's count moves with its clock's ticks of a few milliseconds; a turn takes many.
    const TURN: usize = 5;
    let samples = samples();
    let mut spent = [Duration::ZERO; READERS.len()];
    for _ in 0..ROUNDS {
        for (spent, (_, read)) in spent.iter_mut().zip(READERS) {
            let begun = cpu();
            for sample in std::iter::repeat_n(&samples, TURN).flatten() {
                black_box(read(sample));
            }
            *spent += cpu() - begun;
        }
    }
    let pages = ROUNDS * TURN * samples.len();
    let bytes: usize = samples.iter().map(|sample| sample.body.len()).sum::<usize>() * ROUNDS * TURN;
    println!("\n{pages} pages of {} KB on average, one core, in turn:", bytes / pages / 1_000);
    for (spent_here, (name, _)) in spent.iter().zip(READERS) {
        let seconds = spent_here.as_secs_f64();
        println!(
            "{name:24} {:7.3} CPU s per 1,000 pages  {:6.0} pages/s  {:6.1} MB/s  {:5.2} of the scraper grid",
            seconds * 1_000.0 / pages as f64,
            pages as f64 / seconds,
            bytes as f64 / seconds / 1e6,
            seconds / spent[1].as_secs_f64()
        );
    }
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    benches(&mut criterion);
    criterion.final_summary();
    ratios();
}
