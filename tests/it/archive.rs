//! The archive as a whole: what is kept, what damage does.

use gongkai::archive::{self, CaptureId, Packer};
use gongkai::clock::Clock;
use gongkai::exchange::{Exchange, Headers, Hop, Request, Response};
use gongkai::store::{Access, Store, StoreError};

pub fn exchange(url: &str, status: u16, body: &[u8]) -> Exchange {
    let mut headers = Headers::default();
    headers.push("content-type", "text/html; charset=utf-8");
    headers.push("x-raw", b"\xB9\xAB".to_vec());
    Exchange {
        request: Request::get(url.parse().unwrap(), Headers::default()),
        response: Response { status, headers, body: body.to_vec() },
        started_at: Clock::held_at("2026-01-31T08:00:00Z".parse().unwrap()).now(),
        peer: Some("192.0.2.1:80".parse().unwrap()),
        hop: Hop::Seed,
        truncated: None,
        transport: None,
    }
}

pub fn put(store: &Store, exchange: Exchange) -> CaptureId {
    store.write_blocking(move |tx| archive::put(tx, &Packer::default(), &exchange, None)).unwrap()
}

#[test]
fn what_was_put_comes_back_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("a.sqlite"), Access::Write).unwrap();
    for body in [Vec::new(), b"short".to_vec(), vec![7; 100_000], (0..=255).cycle().take(70_000).collect()] {
        let kept = exchange("http://a.gov.cn/x", 200, &body);
        let id = put(&store, kept.clone());
        let (_, back) = archive::exchange(&store.reader().unwrap(), id).unwrap();
        assert_eq!(back, kept);
    }
}

/// The pages of a site, whose frame is its own.
fn page_of(site: u32, page: u32) -> Vec<u8> {
    let frame: String = (0..400).map(|n| format!("<a href=/{}>{}</a>", site * 7_919 + n * n, site + n)).collect();
    format!("{frame}<p>{page}</p>").into_bytes()
}

#[test]
fn a_dictionary_that_was_undone_is_not_taken_for_the_next_of_its_number() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("a.sqlite"), Access::Write).unwrap();
    let packer = std::sync::Arc::new(Packer::default());
    let keep = |site: u32, pages: std::ops::Range<u32>, undo: bool| {
        let packer = packer.clone();
        store.write_blocking(move |tx| {
            for page in pages.clone() {
                let url = format!("http://s{site}.gov.cn/{page}");
                archive::put(tx, &packer, &exchange(&url, 200, &page_of(site, page)), None)?;
            }
            if undo { Err(StoreError::Row("undone".into())) } else { Ok(()) }
        })
    };
    assert!(keep(1, 0..2, true).is_err());
    keep(2, 0..3, false).unwrap();
    keep(1, 0..3, false).unwrap();
    let packed: i64 = store
        .reader()
        .unwrap()
        .query_row("SELECT count(*) FROM payload WHERE dictionary IS NOT NULL", [], |row| row.get(0))
        .unwrap();
    assert_eq!(packed, 6);
    let seen = archive::verify(&store, 1).unwrap();
    assert!(seen.is_intact(), "{seen:?}");
}

#[test]
fn a_repeat_points_at_the_original_never_at_a_repeat() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("a.sqlite"), Access::Write).unwrap();
    let url = "http://a.gov.cn/x";
    let original = put(&store, exchange(url, 200, b"one"));
    let again = put(&store, exchange(url, 200, b"one"));
    let not_modified = put(&store, exchange(url, 304, b""));
    let changed = put(&store, exchange(url, 200, b"two"));
    let elsewhere = put(&store, exchange("http://a.gov.cn/y", 200, b"one"));
    let mut revisits = Vec::new();
    archive::captures(&store.reader().unwrap(), |capture| {
        revisits.push((capture.id, capture.revisit_of));
        Ok(())
    })
    .unwrap();
    let expected =
        [(original, None), (again, Some(original)), (not_modified, Some(original)), (changed, None), (elsewhere, None)];
    assert_eq!(revisits, expected);
}

#[test]
fn verify_finds_exactly_the_damage() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.sqlite");
    let store = Store::open(&path, Access::Write).unwrap();
    let damaged = put(&store, exchange("http://a.gov.cn/1", 200, &b"public ".repeat(500)));
    let intact = put(&store, exchange("http://a.gov.cn/2", 200, b"something else"));
    assert!(archive::verify(&store, 2).unwrap().is_intact());
    store
        .write_blocking(move |tx| {
            tx.execute(
                "UPDATE payload SET bytes = CAST(substr(bytes, 1, 20) || x'FF' || substr(bytes, 22) AS BLOB) WHERE digest = (SELECT payload FROM capture WHERE id = ?1)",
                [damaged.0],
            )?;
            Ok(())
        })
        .unwrap();
    let seen = archive::verify(&store, 2).unwrap();
    assert_eq!(seen.damaged.iter().map(|damage| damage.captures.clone()).collect::<Vec<_>>(), [[damaged.0]]);
    assert_eq!(seen.intact, 1);
    assert!(archive::exchange(&store.reader().unwrap(), damaged).is_err());
    assert!(archive::exchange(&store.reader().unwrap(), intact).is_ok());
}
