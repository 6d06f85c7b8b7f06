//! Shards in folders and, where `GONGKAI_S3` names an endpoint, in a bucket `gongkai` there: written, damaged, taken in.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gongkai::archive::warc::{Original, Reader, Step};
use gongkai::archive::{self, CaptureId};
use gongkai::clock::Clock;
use gongkai::digest::Digest;
use gongkai::exchange::{Exchange, Headers, Hop, Request, Response};
use gongkai::fleet::shards::{Keep, Kept, Manifest, Names, Place, Settings, Shards};
use gongkai::store::{Access, Store};

use super::import::{captures, export, import};
use super::{gongkai, stderr};

/// Nothing here takes long; what would wait for ever is a failure.
const LIMIT: Duration = Duration::from_secs(60);

/// At once when all wait, never for its age.
pub const SETTINGS: Settings =
    Settings { max_bytes: 64 << 20, max_age: Duration::from_secs(3600), quiet: Duration::from_millis(20) };

fn environment() -> Vec<(String, String)> {
    std::env::vars().collect()
}

/// A folder, and a prefix of its own in the bucket where there is one.
fn places(folder: &Path) -> Vec<String> {
    let mut places = vec![format!("file://{}/shards", folder.display())];
    places.extend(std::env::var("GONGKAI_S3").ok().map(|endpoint| bucket(folder, &endpoint)));
    places
}

pub fn bucket(folder: &Path, endpoint: &str) -> String {
    let own = folder.file_name().unwrap().to_string_lossy().trim_start_matches('.').to_owned();
    format!("s3://gongkai/{}-{own}?endpoint={endpoint}&allow_http=true&region=us-east-1", std::process::id())
}

fn names(worker: &str) -> Names {
    Names { crawl: "c1".parse().unwrap(), worker: worker.parse().unwrap() }
}

pub async fn begin(place: &str, worker: &str, settings: Settings) -> Shards {
    let place = Place::make(place, &environment()).unwrap();
    Shards::begin(place, names(worker), settings, Clock::system()).await.unwrap()
}

async fn within<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(LIMIT, what).await.expect("it waits for something that does not come")
}

fn exchange(url: &str, second: i64, body: &str) -> Exchange {
    let mut headers = Headers::default();
    headers.push("Content-Type", "text/html");
    Exchange {
        request: Request {
            method: "GET".into(),
            url: url.parse().unwrap(),
            headers: Headers::default(),
            body: Vec::new(),
        },
        response: Response { status: 200, headers, body: body.into() },
        started_at: jiff::Timestamp::from_millisecond(1_800_000_000_000 + second * 1000 + 123).unwrap(),
        peer: Some("192.0.2.7:80".parse().unwrap()),
        hop: Hop::Link,
        truncated: None,
        transport: None,
    }
}

/// All at once, as the visits of a worker are.
async fn put_all(shards: &Shards, exchanges: Vec<Exchange>) -> Vec<Kept> {
    let kept = futures_util::future::join_all(exchanges.into_iter().map(|exchange| shards.put(exchange)));
    within(kept).await.into_iter().map(Result::unwrap).collect()
}

async fn manifests(place: &str) -> Vec<Manifest> {
    let place = Place::open(place, &environment()).unwrap();
    let mut manifests: Vec<Manifest> = Vec::new();
    for object in place.list("").await.unwrap() {
        if object.location.as_ref().ends_with(".json") {
            manifests.push(serde_json::from_slice(&place.read(object.location.as_ref()).await.unwrap()).unwrap());
        }
    }
    manifests.sort_by(|a, b| a.warc.name.cmp(&b.warc.name));
    manifests
}

/// Every exchange of an archive, in the order of its captures.
pub fn exchanges(archive: &Path) -> Vec<Exchange> {
    let connection = Store::open(archive, Access::Read).unwrap().reader().unwrap();
    let last: i64 = connection.query_row("SELECT max(id) FROM capture", [], |row| row.get(0)).unwrap();
    (1..=last).map(|id| archive::exchange(&connection, CaptureId(id)).unwrap().1).collect()
}

pub fn demo(folder: &Path) {
    assert!(gongkai().current_dir(folder).args(["-q", "demo"]).output().unwrap().status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_worker_wrote_is_what_one_machine_has() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    demo(folder);
    let one_machine = folder.join("gongkai-demo.sqlite");
    for (n, place) in places(folder).into_iter().enumerate() {
        let shards = begin(&place, "w", SETTINGS).await;
        // One by one, so that the shards have the order of the archive.
        let mut kept = Vec::new();
        for exchange in exchanges(&one_machine) {
            let digest = Digest::of(&exchange.response.body);
            kept.push(within(shards.put(exchange)).await.unwrap());
            assert_eq!(kept.last().unwrap().digest, digest);
        }
        within(shards.close()).await;
        let archive = format!("{n}.sqlite");
        let (status, said) = import(folder, &archive, &[&place]);
        assert_eq!(
            (status, said["shards"].as_u64(), &said["faults"]),
            (0, Some(kept.len() as u64), &serde_json::json!([]))
        );
        assert_eq!(captures(folder, &archive), captures(folder, "gongkai-demo.sqlite"));
        assert_eq!(
            export(folder, &archive, "csv", "fleet.csv"),
            export(folder, "gongkai-demo.sqlite", "csv", "one.csv")
        );
        let (status, again) = import(folder, &archive, &[&place]);
        assert_eq!(
            (status, again["shards"].as_u64(), again["shards_known"].as_u64()),
            (0, Some(0), Some(kept.len() as u64))
        );
        assert_eq!((again["captures"].as_u64(), again["known"].as_u64()), (Some(0), Some(0)), "{again}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn those_that_wait_together_share_a_shard() {
    let folder = tempfile::tempdir().unwrap();
    for place in places(folder.path()) {
        let shards = begin(&place, "w", SETTINGS).await;
        let flights: Vec<_> = (0..40).map(|_| shards.flight()).collect();
        let many = (0..40).map(|n| exchange(&format!("http://a.gov.cn/{n}"), n, &format!("body {n}"))).collect();
        let kept = put_all(&shards, many).await;
        drop(flights);
        assert!(kept.iter().all(|kept| kept.shard == kept_name("w", 0)), "{kept:?}");
        let manifests = manifests(&place).await;
        let [manifest] = manifests.as_slice() else { panic!("{manifests:?}") };
        assert_eq!((manifest.captures, manifest.records, manifest.revisits), (40, 121, 0));
        assert_eq!(manifest.first_date, "2027-01-15T08:00:00.123Z");
        assert_eq!(manifest.last_date, "2027-01-15T08:00:39.123Z");
        let place = Place::open(&place, &environment()).unwrap();
        let (warc, cdxj) =
            (place.read(&manifest.warc.name).await.unwrap(), place.read(&manifest.cdxj.name).await.unwrap());
        for (bytes, file) in [(&warc, &manifest.warc), (&cdxj, &manifest.cdxj)] {
            assert_eq!((Digest::of(bytes).to_string(), bytes.len() as u64), (file.sha256.clone(), file.size_bytes));
        }
        for (n, kept) in kept.iter().enumerate() {
            let record = Reader::new(&warc[usize::try_from(kept.offset).unwrap()..]).next();
            let Some(Step::Record(record)) = record else { panic!("nothing begins at {kept:?}") };
            assert_eq!(record.target().unwrap(), format!("http://a.gov.cn/{n}"));
            assert!(record.block.ends_with(format!("body {n}").as_bytes()));
            assert!(String::from_utf8_lossy(&cdxj).contains(&format!("\"offset\": \"{}\"", kept.offset)));
        }
    }
}

fn kept_name(worker: &str, sequence: u64) -> String {
    format!("{}.warc.gz", names(worker).stem(sequence))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shard_ends_where_the_next_capture_would_be_too_much() {
    let folder = tempfile::tempdir().unwrap();
    let place = format!("file://{}", folder.path().display());
    let shards = begin(&place, "w", Settings { max_bytes: 8_000, ..SETTINGS }).await;
    let flights: Vec<_> = (0..30).map(|_| shards.flight()).collect();
    let many =
        (0..30).map(|n| exchange(&format!("http://a.gov.cn/{n}"), n, &noise(n, if n == 7 { 20_000 } else { 700 })));
    let many = many.map(|exchange| {
        let (shards, flight) = (&shards, shards.flight());
        async move {
            let kept = within(shards.put(exchange)).await.unwrap();
            drop(flight);
            kept
        }
    });
    let visits: Vec<_> = many.collect();
    // The last of them wait for nobody.
    drop(flights);
    futures_util::future::join_all(visits).await;
    let manifests = manifests(&place).await;
    let larger: Vec<u64> = manifests
        .iter()
        .filter(|manifest| manifest.warc.size_bytes > 8_000)
        .map(|manifest| manifest.captures)
        .collect();
    assert_eq!(larger, [1], "only the one that is larger by itself");
    assert!((4..15).contains(&manifests.len()), "{}", manifests.len());
    assert_eq!(manifests.iter().map(|manifest| manifest.captures).sum::<u64>(), 30);
}

/// Text that does not pack well.
fn noise(seed: i64, length: usize) -> String {
    let mut state = seed as u64 + 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(33 + (state % 90) as u8)
    };
    (0..length).map(|_| next()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shard_waits_for_the_addresses_in_flight_and_for_no_others() {
    let folder = tempfile::tempdir().unwrap();
    let place = format!("file://{}", folder.path().display());
    let shards = begin(&place, "w", Settings { quiet: Duration::ZERO, ..SETTINGS }).await;
    let (first, second, failing) = (shards.flight(), shards.flight(), shards.flight());
    let put = |n| shards.put(exchange(&format!("http://a.gov.cn/{n}"), n, "x"));
    let (one, other, ()) = within(async {
        tokio::join!(put(1), put(2), async {
            // The third is still being asked for; it comes to nothing.
            tokio::time::sleep(Duration::from_millis(50)).await;
            assert!(manifests(&place).await.is_empty());
            drop(failing);
        })
    })
    .await;
    assert_eq!(one.unwrap().shard, other.unwrap().shard);
    drop((first, second));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_body_again_is_a_revisit_and_finds_its_original_in_another_shard() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (n, place) in places(folder).into_iter().enumerate() {
        let shards = begin(&place, "w", SETTINGS).await;
        let url = "http://a.gov.cn/1";
        within(shards.put(exchange(url, 0, "same"))).await.unwrap();
        within(shards.put(exchange(url, 60, "same"))).await.unwrap();
        within(shards.put(exchange(url, 120, "other"))).await.unwrap();
        within(shards.close()).await;
        // Another worker, told by the frontier what the first one kept; and told something that is not so.
        let other = begin(&place, "v", SETTINGS).await;
        let told = |of: &str, second, date: &str| Keep {
            outcome: Some("captured"),
            original: Some((Original { url: url.into(), date: date.into() }, Digest::of(of.as_bytes()))),
            exchange: exchange(url, second, "other"),
        };
        within(other.put(told("other", 180, "2027-01-15T08:02:00.123Z"))).await.unwrap();
        within(other.put(told("same", 240, "2027-01-15T08:00:00.123Z"))).await.unwrap();
        within(other.close()).await;
        let manifests = manifests(&place).await;
        let revisits: Vec<u64> = manifests.iter().map(|manifest| manifest.revisits).collect();
        assert_eq!(revisits, [1, 0, 0, 1, 0], "{manifests:?}");
        let (status, said) = import(folder, &format!("{n}.sqlite"), &[&place]);
        assert_eq!((status, said["captures"].as_u64(), said["revisits"].as_u64()), (0, Some(5), Some(3)), "{said}");
        let rows = captures(folder, &format!("{n}.sqlite"));
        let of: Vec<&str> = rows.iter().map(|row| row.split(' ').nth(7).unwrap()).collect();
        assert_eq!(of, ["-", "1", "-", "3", "3"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_shard_is_named_and_the_others_are_taken_in() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let place = format!("file://{}/shards", folder.display());
    let shards = begin(&place, "w", SETTINGS).await;
    for n in 0..3 {
        within(shards.put(exchange(&format!("http://a.gov.cn/{n}"), n, &format!("{n}")))).await.unwrap();
    }
    within(shards.close()).await;
    let file = |sequence, ending| folder.join(format!("shards/{}.{ending}", names("w").stem(sequence)));
    let whole = std::fs::read(file(1, "warc.gz")).unwrap();
    let mut torn = whole.clone();
    torn[whole.len() / 2] ^= 1;
    std::fs::write(file(1, "warc.gz"), &torn).unwrap();
    // And one whose worker died before its manifest.
    std::fs::rename(file(2, "json"), folder.join("kept.json")).unwrap();
    let (status, said) = import(folder, "a.sqlite", &[&place]);
    assert_eq!(
        (status, said["captures"].as_u64(), said["shards_unfinished"].as_u64()),
        (3, Some(1), Some(1)),
        "{said}"
    );
    assert_eq!(said["faults"][0]["file"], kept_name("w", 1));
    assert!(said["faults"][0]["why"].as_str().unwrap().contains("the shard is damaged"), "{said}");
    std::fs::write(file(1, "warc.gz"), &whole).unwrap();
    std::fs::rename(folder.join("kept.json"), file(2, "json")).unwrap();
    let (status, said) = import(folder, "a.sqlite", &[&place]);
    assert_eq!((status, said["captures"].as_u64(), said["shards_known"].as_u64()), (0, Some(2), Some(1)), "{said}");
}

#[test]
fn a_revisit_without_its_original_keeps_its_shard_due() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let place = format!("file://{}/shards", folder.display());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let shards = begin(&place, "w", SETTINGS).await;
        for second in [0, 60] {
            within(shards.put(exchange("http://a.gov.cn/1", second, "same"))).await.unwrap();
        }
        within(shards.close()).await;
    });
    let original = folder.join(format!("shards/{}.json", names("w").stem(0)));
    std::fs::rename(&original, folder.join("away")).unwrap();
    let (status, said) = import(folder, "a.sqlite", &[&place]);
    assert_eq!((status, said["captures"].as_u64()), (3, Some(0)), "{said}");
    std::fs::rename(folder.join("away"), &original).unwrap();
    let (status, said) = import(folder, "a.sqlite", &[&place]);
    assert_eq!((status, said["captures"].as_u64(), said["shards"].as_u64()), (0, Some(2), Some(2)), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_goes_on_behind_its_own_shards_and_never_writes_over_another() {
    let folder = tempfile::tempdir().unwrap();
    for place in places(folder.path()) {
        // Two of one name begin at once: each believes that number 0 is free.
        let (one, other) = (begin(&place, "w", SETTINGS).await, begin(&place, "w", SETTINGS).await);
        let first = within(one.put(exchange("http://a.gov.cn/1", 1, "1"))).await.unwrap();
        let second = within(other.put(exchange("http://a.gov.cn/2", 2, "2"))).await.unwrap();
        within(one.close()).await;
        within(other.close()).await;
        let later = begin(&place, "w", SETTINGS).await;
        let third = within(later.put(exchange("http://a.gov.cn/3", 3, "3"))).await.unwrap();
        assert_eq!([first.shard, second.shard, third.shard], [0, 1, 2].map(|n| kept_name("w", n)));
        within(later.close()).await;
        let (status, said) = import(folder.path(), &format!("{}.sqlite", place.len()), &[&place]);
        assert_eq!((status, said["captures"].as_u64()), (0, Some(3)), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_away_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let place = format!("file://{}/shards", folder.path().display());
    let (there, away) = (folder.path().join("shards"), folder.path().join("away"));
    let shards = begin(&place, "w", SETTINGS).await;
    std::fs::rename(&there, &away).unwrap();
    std::fs::write(&there, "no folder").unwrap();
    let put = async { within(shards.put(exchange("http://a.gov.cn/1", 1, "1"))).await.unwrap() };
    let back = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        std::fs::remove_file(&there).unwrap();
        std::fs::rename(&away, &there).unwrap();
    };
    let (kept, ()) = tokio::join!(put, back);
    assert_eq!(kept.shard, kept_name("w", 0));
    assert_eq!(manifests(&place).await.len(), 1);
}

/// Forwards to the store, or hangs up while it is away.
pub async fn door(endpoint: String, away: Arc<AtomicBool>) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let target = endpoint.trim_start_matches("http://").trim_end_matches('/').to_owned();
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            let (away, target) = (away.clone(), target.clone());
            tokio::spawn(async move {
                let Ok(mut far) = tokio::net::TcpStream::connect(target).await else { return };
                tokio::select! {
                    _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
                    () = async { while !away.load(Ordering::SeqCst) { tokio::time::sleep(Duration::from_millis(5)).await } } => {}
                }
            });
        }
    });
    format!("http://{address}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_is_away_loses_nothing() {
    let Ok(endpoint) = std::env::var("GONGKAI_S3") else { return };
    let folder = tempfile::tempdir().unwrap();
    let away = Arc::new(AtomicBool::new(false));
    let place = bucket(folder.path(), &door(endpoint, away.clone()).await);
    let shards = begin(&place, "w", SETTINGS).await;
    within(shards.put(exchange("http://a.gov.cn/0", 0, "0"))).await.unwrap();
    away.store(true, Ordering::SeqCst);
    let many = (1..20).map(|n| exchange(&format!("http://a.gov.cn/{n}"), n, "x")).collect();
    let back = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        away.store(false, Ordering::SeqCst);
    };
    let (kept, ()) = tokio::join!(put_all(&shards, many), back);
    assert_eq!(kept.len(), 19);
    let captures: u64 = manifests(&place).await.iter().map(|manifest| manifest.captures).sum();
    assert_eq!(captures, 20);
}

#[tokio::test]
async fn a_wrong_key_is_said_at_once() {
    let Ok(endpoint) = std::env::var("GONGKAI_S3") else { return };
    let folder = tempfile::tempdir().unwrap();
    let keys = [("AWS_ACCESS_KEY_ID", "nobody"), ("AWS_SECRET_ACCESS_KEY", "hunter2")];
    let keys = keys.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let place = Place::make(&bucket(folder.path(), &endpoint), &keys).unwrap();
    let fault = within(Shards::begin(place, names("w"), SETTINGS, Clock::system())).await.err().expect("it is let in");
    assert!(!fault.to_string().contains("hunter2"));
}

#[test]
fn a_place_that_is_none_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let output = gongkai().current_dir(folder.path()).args(["import", "file:///nowhere/at/all"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("/nowhere/at/all"), "{}", stderr(&output));
}

/// Two queries that happen to have the same answer are two addresses, as in an archive.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_posted_is_part_of_the_address() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let place = format!("file://{}/shards", folder.display());
    let shards = begin(&place, "w", SETTINGS).await;
    for (second, body) in ["page=1", "page=2", "page=1"].into_iter().enumerate() {
        let mut asked = exchange("http://a.gov.cn/list", second as i64, "no rows");
        (asked.request.method, asked.request.body) = ("POST".into(), body.into());
        within(shards.put(asked)).await.unwrap();
    }
    within(shards.close()).await;
    let manifests = manifests(&place).await;
    let revisits: Vec<u64> = manifests.iter().map(|manifest| manifest.revisits).collect();
    assert_eq!(revisits, [0, 0, 1], "{manifests:?}");
    let opened = Place::open(&place, &environment()).unwrap();
    for (manifest, query) in manifests.iter().zip(["page=1", "page=2", "page=1"]) {
        let index = String::from_utf8(opened.read(&manifest.cdxj.name).await.unwrap()).unwrap();
        assert!(index.contains(&format!("\"urlkey\": \"http://a.gov.cn/list POST {query}\"")), "{index}");
    }
    let (status, said) = import(folder, "a.sqlite", &[&place]);
    assert_eq!((status, said["captures"].as_u64(), said["revisits"].as_u64()), (0, Some(3), Some(1)), "{said}");
}
