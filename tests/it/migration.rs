//! `kill -9` in the middle of a migration: the file is as it was or as it is to be, never between (promises R14).

use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use gongkai::digest::Digest;
use gongkai::store::SCHEMA_VERSION;
use rusqlite::{Connection, params};

use super::{gongkai, json, stderr};

/// So many that a migration takes its time.
const CAPTURES: i64 = 30_000;

/// A file as the first schema left it.
fn of_the_first_schema(path: &Path) {
    let connection = Connection::open(path).unwrap();
    let first = include_str!("../../src/store/migrations/0001.sql");
    connection
        .execute_batch(&format!(
            "PRAGMA journal_mode = WAL; BEGIN;
             CREATE TABLE migration (version INTEGER PRIMARY KEY, applied_at TEXT NOT NULL) STRICT;
             {first}
             INSERT INTO migration VALUES (1, '2026-01-31T08:00:00.000Z');
             PRAGMA user_version = 1;"
        ))
        .unwrap();
    let digest = Digest::of(b"page").to_string();
    connection.execute("INSERT INTO payload VALUES (?1, 'plain', 4, CAST('page' AS BLOB))", [&digest]).unwrap();
    let mut insert = connection
        .prepare(
            "INSERT INTO capture (url, urlkey, method, request_headers, status, response_headers, payload, started_at, hop)
             VALUES (?1, ?1, 'GET', x'', 200, x'', ?2, '2026-01-31T08:00:00.000Z', 'seed')",
        )
        .unwrap();
    for n in 0..CAPTURES {
        insert.execute(params![format!("http://a.gov.cn/{n}"), digest]).unwrap();
    }
    drop(insert);
    connection.execute_batch("COMMIT").unwrap();
}

/// The version, captures and whether links of the schema to come are there.
fn state(path: &Path) -> (i64, i64, bool) {
    let connection = Connection::open(path).unwrap();
    let whole: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(whole, "ok", "{}", path.display());
    let state = "SELECT user_version, (SELECT count(*) FROM capture),
                        EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'capture_link') FROM pragma_user_version";
    connection.query_row(state, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap()
}

fn start(folder: &Path) -> Child {
    let words = ["--archive", "a.sqlite", "import", "a.html", "--url", "http://a.gov.cn/", "--date", "2024-01-20"];
    gongkai().current_dir(folder).args(words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

#[test]
fn a_migration_that_is_killed_leaves_the_old_or_the_new() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("a.html"), "<p>公开</p>").unwrap();
    let (path, copy) = (folder.join("a.sqlite"), folder.join("a.sqlite.before-2"));
    of_the_first_schema(&path);
    let old = (1, CAPTURES, false);
    let mut killed_within = 0;
    // Later and later after the copy was made, until it comes too late.
    for wait in (0..).map(|n| Duration::from_millis(n * 15)) {
        let _ = std::fs::remove_file(&copy);
        let mut child = start(folder);
        while !copy.exists() {
            assert!(child.try_wait().unwrap().is_none(), "it ended without a copy");
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(wait);
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(state(&copy), old, "the copy");
        let (version, captures, linked) = state(&path);
        if version == SCHEMA_VERSION {
            assert!(captures >= CAPTURES && linked);
            break;
        }
        assert_eq!((version, captures, linked), old, "killed after {wait:?}");
        killed_within += 1;
    }
    println!("killed {killed_within} times within the migration");
    assert!(killed_within > 0);
    assert!(start(folder).wait().unwrap().success());
    let verify = gongkai().current_dir(folder).args(["--archive", "a.sqlite", "verify", "--json"]).output().unwrap();
    assert_eq!(verify.status.code(), Some(0), "{}", stderr(&verify));
    assert_eq!(json(&verify)["captures"], CAPTURES + 1);
}

#[test]
fn a_copy_that_was_cut_short_has_another_name() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("a.html"), "<p>公开</p>").unwrap();
    let (path, copy) = (folder.join("a.sqlite"), folder.join("a.sqlite.before-2"));
    of_the_first_schema(&path);
    let mut child = start(folder);
    while !folder.join("a.sqlite.before-2.part").exists() && child.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let old = (1, CAPTURES, false);
    assert_eq!(state(&path).1, CAPTURES);
    assert!(!copy.exists() || state(&copy) == old);
    assert!(start(folder).wait().unwrap().success());
    assert_eq!(state(&copy), old);
}
