//! Re-reading: what a new parser gains, loses and changes, from the archive alone.

use gongkai::archive::CaptureId;
use gongkai::clock::Clock;
use gongkai::parse::{self, Given, Parsed};
use gongkai::reparse::{Options, reparse};
use gongkai::store::{Access, Store};

use super::archive::{exchange, put};

const OPTIONS: Options = Options { all: false, dry_run: false, jobs: 2 };

fn archive_of_the_replica() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("a.sqlite"), Access::Write).unwrap();
    for page in gongkai::demo::pages().into_iter().filter(|page| page.path != "/robots.txt") {
        let mut kept = exchange(&format!("http://{}{}", page.host, page.path), page.status, &page.body);
        kept.response.headers = gongkai::exchange::Headers::default();
        page.headers.iter().for_each(|(name, value)| kept.response.headers.push(*name, value.as_bytes()));
        put(&store, kept);
    }
    (folder, store)
}

#[test]
fn a_reading_is_made_once_for_each_version() {
    let (_folder, store) = archive_of_the_replica();
    let clock = Clock::system();
    let first = reparse(&store, &clock, OPTIONS, parse::read, |_| ()).unwrap();
    assert_eq!((first.reports, first.delta.gained, first.delta.lost, first.delta.changed), (6, 1_196, 0, 0));
    assert_eq!(reparse(&store, &clock, OPTIONS, parse::read, |_| ()).unwrap().captures, 0);
    let all = reparse(&store, &clock, Options { all: true, ..OPTIONS }, parse::read, |_| ()).unwrap();
    assert_eq!((all.captures, all.delta.gained, all.delta.lost, all.delta.changed), (first.captures, 0, 0, 0));
}

#[test]
fn what_changes_is_shown_cell_by_cell_before_anything_is_written() {
    let (_folder, store) = archive_of_the_replica();
    let clock = Clock::system();
    reparse(&store, &clock, OPTIONS, parse::read, |_| ()).unwrap();
    // A worse parser: it loses a value and misreads another.
    let worse = |given: Given<'_>| -> Parsed {
        let mut parsed = parse::read(given);
        if let Some(report) = &mut parsed.report {
            report.values.pop();
            report.values[0].value = Some("777".into());
        }
        parsed
    };
    let mut lines = Vec::new();
    let dry = Options { all: true, dry_run: true, jobs: 2 };
    let summary = reparse(&store, &clock, dry, worse, |difference| lines.extend(difference.changes)).unwrap();
    assert_eq!((summary.delta.gained, summary.delta.lost, summary.delta.changed), (0, 6, 6));
    assert_eq!(lines.len(), 12);
    assert!(lines.iter().any(|change| change.after.as_deref() == Some("number 777")));
    let misread: i64 = store
        .reader()
        .unwrap()
        .query_row("SELECT count(*) FROM value WHERE value = '777'", [], |row| row.get(0))
        .unwrap();
    assert_eq!(misread, 0);
}

#[test]
fn a_parser_that_panics_costs_one_page() {
    let (_folder, store) = archive_of_the_replica();
    let read = |given: Given<'_>| -> Parsed {
        assert!(!given.url.unwrap().path().contains("e8437c55"), "a fault of the parser");
        parse::read(given)
    };
    let summary = reparse(&store, &Clock::system(), OPTIONS, read, |_| ()).unwrap();
    assert_eq!((summary.panicked.len(), summary.reports), (1, 5));
}

#[test]
fn damage_is_reported_and_the_rest_is_read() {
    let (_folder, store) = archive_of_the_replica();
    store
        .write_blocking(|tx| {
            Ok(tx.execute(
                "UPDATE payload SET bytes = x'00' WHERE digest = (SELECT payload FROM capture WHERE id = 1)",
                [],
            )?)
        })
        .unwrap();
    let summary = reparse(&store, &Clock::system(), OPTIONS, parse::read, |_| ()).unwrap();
    assert_eq!(summary.damaged.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [CaptureId(1)]);
    assert_eq!(summary.reports, 6);
}
