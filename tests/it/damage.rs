//! Damage done to the archive's file: all of it found, nothing crashes, what is not hit is read as it was.

use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use gongkai::archive::compact::{Options, compact};
use gongkai::archive::{self, CaptureId};
use gongkai::exchange::Exchange;
use gongkai::store::{self, Access, Store};
use rusqlite::{Connection, OpenFlags};

use super::archive::{exchange, put};
use super::gzip;

/// Numbers that look random and are the same each time (xorshift64*).
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % n
    }
}

const CAPTURES: u64 = 60;

/// A connection of someone whose writes keep the pages' sums, so that these don't give a change away.
fn keeping_sums(path: &Path) -> Connection {
    store::connect(path, OpenFlags::default()).unwrap()
}

/// An archive of pages of some size, a few of them met again; what each capture held.
fn filled(path: &Path) -> Vec<Exchange> {
    let store = Store::open(path, Access::Write).unwrap();
    let mut dice = Dice(7);
    let mut kept: Vec<Exchange> = Vec::new();
    for n in 0..CAPTURES {
        let again = n > 10 && n % 9 == 0;
        let next = if again {
            kept[usize::try_from(n - 7).unwrap()].clone()
        } else {
            let words: String = (0..2_000 + dice.below(6_000)).map(|_| format!("{:x}", dice.below(1 << 20))).collect();
            let url = format!("http://{}.gov.cn/{n}", ["a", "b", "c"][n as usize % 3]);
            // Some of it served in gzip.
            let body = if n % 4 == 2 { gzip(words.as_bytes(), 6) } else { words.into_bytes() };
            exchange(&url, if n % 11 == 5 { 404 } else { 200 }, &body)
        };
        put(&store, next.clone());
        kept.push(next);
    }
    drop(store);
    let connection = Connection::open(path).unwrap();
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    kept
}

/// Bodies as `compact` leaves them: packed, some against others, those served in gzip taken apart.
fn compacted(path: &Path) {
    let store = Store::open(path, Access::Write).unwrap();
    compact(&store, Options::default(), |_| {}).unwrap();
    store.vacuum().unwrap();
    drop(store);
    let connection = Connection::open(path).unwrap();
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    let codecs = "SELECT count(*) FROM payload WHERE codec = 'gzip-preflate-0.7'";
    let apart: i64 = connection.query_row(codecs, [], |row| row.get(0)).unwrap();
    assert!(apart > 10, "{apart}");
}

/// Where in the file bytes of payloads lie: page by page, used bytes only.
fn payload_places(path: &Path) -> Vec<(u64, u64)> {
    let connection = Connection::open(path).unwrap();
    let mut pages = connection
        .prepare("SELECT pgoffset, pgsize, payload, pagetype FROM dbstat WHERE name = 'payload' ORDER BY pageno")
        .unwrap();
    let file = std::fs::read(path).unwrap();
    let rows = pages
        .query_map([], |row| {
            let number = |n| row.get::<_, i64>(n).map(i64::unsigned_abs);
            Ok((number(0)?, number(1)?, number(2)?, row.get::<_, String>(3)?))
        })
        .unwrap();
    rows.map(|row| {
        let (offset, size, payload, kind) = row.unwrap();
        if kind == "overflow" {
            return (offset, offset + 4 + payload);
        }
        // From where the page says that its cells begin (file format 1.6).
        let at = usize::try_from(offset).unwrap();
        let cells = u64::from(u16::from_be_bytes([file[at + 5], file[at + 6]]));
        (offset + cells, offset + size)
    })
    .collect()
}

fn flip(path: &Path, dice: &mut Dice, places: &[(u64, u64)]) -> String {
    let (from, to) = places[usize::try_from(dice.below(places.len() as u64)).unwrap()];
    let at = from + dice.below(to - from);
    let mut file = std::fs::OpenOptions::new().read(true).write(true).open(path).unwrap();
    let mut byte = [0];
    file.seek(SeekFrom::Start(at)).unwrap();
    file.read_exact(&mut byte).unwrap();
    byte[0] ^= 1 << dice.below(8);
    file.seek(SeekFrom::Start(at)).unwrap();
    file.write_all(&byte).unwrap();
    format!("bit of byte {at}")
}

/// A change by someone who knows SQL, takes the triggers away and puts them back.
fn alter(path: &Path, dice: &mut Dice) -> String {
    let connection = keeping_sums(path);
    connection.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    let mut triggers = connection.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").unwrap();
    let triggers: Vec<(String, String)> =
        triggers.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect();
    for (name, _) in &triggers {
        connection.execute_batch(&format!("DROP TRIGGER {name}")).unwrap();
    }
    let id = 1 + dice.below(CAPTURES);
    let other = 1 + dice.below(CAPTURES - 1);
    let other = if other >= id { other + 1 } else { other };
    let set = |column: &str, value: &str| format!("UPDATE capture SET {column} = {value} WHERE id = {id}");
    let body = format!("(SELECT payload FROM capture WHERE id = {id})");
    let changes = [
        set("url", "url || 'x'"),
        set("urlkey", "'cn,gov,z)/'"),
        set("method", "'POST'"),
        set("status", "status + 1"),
        set("request_headers", "x'00'"),
        set("response_headers", "CAST(response_headers || x'0a' AS BLOB)"),
        set("started_at", "'2019-12-31T23:59:59.000Z'"),
        set("peer", "NULL"),
        set("request_body", "x'01'"),
        set("hop", "'link'"),
        set("truncated", "'length'"),
        set(
            "payload",
            &format!(
                "(SELECT payload FROM capture WHERE id = {other} AND payload <> capture.payload UNION ALL SELECT digest FROM payload WHERE digest <> capture.payload LIMIT 1)"
            ),
        ),
        format!("UPDATE capture SET id = 1000 + id WHERE id = {id}"),
        format!("DELETE FROM capture WHERE id = {id}"),
        format!("DELETE FROM capture WHERE id = {id}; DELETE FROM capture_link WHERE capture = {id}"),
        format!("DELETE FROM capture WHERE id >= {id}; DELETE FROM capture_link WHERE capture >= {id}"),
        format!(
            "UPDATE capture_link SET link = (SELECT link FROM capture_link WHERE capture = {other}) WHERE capture = {id}"
        ),
        format!("DELETE FROM capture_link WHERE capture = {id}"),
        format!("UPDATE payload SET size_bytes = size_bytes + 1 WHERE digest = {body}"),
        format!("UPDATE payload SET size_bytes = size_bytes - 1 WHERE digest = {body}"),
        format!("UPDATE payload SET codec = 'plain' WHERE digest = {body}"),
        format!("UPDATE payload SET bytes = CAST(substr(bytes, 1, length(bytes) / 2) AS BLOB) WHERE digest = {body}"),
        format!(
            "UPDATE payload SET digest = replace(digest, substr(digest, 1, 1), 'f') || '' WHERE digest = {body} AND digest NOT LIKE 'f%'; DELETE FROM payload WHERE digest = {body} AND digest LIKE 'f%'"
        ),
        format!("DELETE FROM payload WHERE digest = {body}"),
        "INSERT INTO payload (digest, codec, size_bytes, bytes) VALUES ('00', 'plain', 0, x'')".to_owned(),
        format!("INSERT INTO report (capture, agency) VALUES ({id}, 'forged')"),
        format!(
            "INSERT INTO capture SELECT NULL, url, urlkey, method, request_headers, status, response_headers, payload, NULL, started_at, peer, hop, truncated, crawl, transport, request_body FROM capture WHERE id = {id}"
        ),
    ];
    let change = &changes[usize::try_from(dice.below(changes.len() as u64)).unwrap()];
    connection.execute_batch(change).unwrap();
    for (_, sql) in &triggers {
        connection.execute_batch(sql).unwrap();
    }
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    change.clone()
}

#[test]
fn a_hundred_random_damages_are_all_found() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole.sqlite");
    let kept = filled(&whole);
    compacted(&whole);
    let store = Store::open(&whole, Access::Read).unwrap();
    let seen = archive::verify(&store, 2).unwrap();
    assert!(seen.is_intact() && seen.captures == CAPTURES, "{seen:?}");
    let places = payload_places(&whole);
    assert!(places.len() > 100, "{}", places.len());
    let path = folder.path().join("damaged.sqlite");
    let mut dice = Dice(2026);
    let (mut missed, mut readable, mut lost) = (Vec::new(), 0, 0);
    for n in 0..100 {
        std::fs::copy(&whole, &path).unwrap();
        let damage = if n % 2 == 0 { flip(&path, &mut dice, &places) } else { alter(&path, &mut dice) };
        let store = Store::open(&path, Access::Read).unwrap();
        let seen = archive::verify(&store, 2).unwrap();
        if seen.is_intact() {
            missed.push(format!("{n}: {damage}"));
        }
        let connection = store.reader().unwrap();
        for (id, kept) in (1..).zip(&kept) {
            match archive::exchange(&connection, CaptureId(id)) {
                Ok((_, back)) => {
                    // Fields may have been altered, which the chain says; the body never comes back wrong.
                    let own = back.response.body == kept.response.body;
                    assert!(own || damage.contains("SET payload"), "{damage}: capture {id} came back with other bytes");
                    readable += 1;
                }
                Err(_) => lost += 1,
            }
        }
    }
    println!("100 damages, {} missed; {readable} captures read, {lost} not", missed.len());
    assert!(missed.is_empty(), "{missed:#?}");
    assert!(lost < readable / 10, "{lost} of {}", readable + lost);
}

#[test]
fn captures_cut_off_with_all_traces_show_against_a_link_noted_before() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.sqlite");
    filled(&path);
    let head = |path: &Path| {
        let store = Store::open(path, Access::Read).unwrap();
        let seen = archive::verify(&store, 2).unwrap();
        (seen.is_intact(), seen.head.unwrap())
    };
    let (intact, (last, link)) = head(&path);
    assert!(intact && last == CaptureId(CAPTURES as i64));
    keeping_sums(&path)
        .execute_batch(
            "PRAGMA foreign_keys = OFF;
             DROP TRIGGER capture_kept; DROP TRIGGER capture_link_kept;
             DELETE FROM payload WHERE digest IN (SELECT payload FROM capture WHERE id > 55) AND digest NOT IN (SELECT payload FROM capture WHERE id <= 55);
             DELETE FROM capture WHERE id > 55; DELETE FROM capture_link WHERE capture > 55;
             UPDATE sqlite_sequence SET seq = 55 WHERE name = 'capture';
             CREATE TRIGGER capture_kept BEFORE DELETE ON capture BEGIN SELECT RAISE(ABORT, 'a capture is never removed'); END;
             CREATE TRIGGER capture_link_kept BEFORE DELETE ON capture_link BEGIN SELECT RAISE(ABORT, 'a link is never removed'); END;",
        )
        .unwrap();
    let (intact, (last, _)) = head(&path);
    assert!(intact && last == CaptureId(55), "a chain cut short with all traces is whole in itself");
    let store = Store::open(&path, Access::Read).unwrap();
    assert_eq!(archive::chain::holds(&store.reader().unwrap(), &link).unwrap(), None);
    let said = super::gongkai().args(["verify", "--holds", &link, "--archive"]).arg(&path).output().unwrap();
    assert_eq!(said.status.code(), Some(7), "{}", super::stdout(&said));
    let said = super::gongkai().args(["verify", "--json", "--holds", &link, "--archive"]).arg(&path).output().unwrap();
    let seen = super::json(&said);
    assert_eq!((said.status.code(), &seen["outcome"]), (Some(7), &"damaged".into()), "{seen}");
    assert_eq!((&seen["holds"]["capture"], &seen["head"]["capture"]), (&serde_json::Value::Null, &55.into()), "{seen}");
}

#[test]
fn a_link_is_a_hash_that_others_can_compute() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.sqlite");
    filled(&path);
    let connection = Connection::open(&path).unwrap();
    let mut statement = connection
        .prepare("SELECT f.fields, l.link FROM capture_fields f JOIN capture_link l USING (capture) ORDER BY capture")
        .unwrap();
    let mut before = String::new();
    let mut rows = statement.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let (fields, link): (String, String) = (row.get(0).unwrap(), row.get(1).unwrap());
        before = gongkai::digest::Digest::of(format!("{before}\n{fields}").as_bytes()).to_string();
        assert_eq!(link, before);
    }
    assert_eq!(before.len(), 64);
}

/// A page of some archive, of which a run of bytes, from 1 bit to a sector, is replaced.
fn overwrite(file: &mut [u8], dice: &mut Dice) -> String {
    let at = usize::try_from(dice.below(file.len() as u64)).unwrap();
    let length = [1, 4, 64, 512][usize::try_from(dice.below(4)).unwrap()].min(file.len() - at);
    let place = format!("{length} bytes at {at}");
    match (length, dice.below(3)) {
        (1, _) => file[at] ^= 1 << dice.below(8),
        (_, 0) => file[at..at + length].fill(0),
        (_, 1) => file[at..at + length].fill(0xff),
        _ => file[at..at + length].iter_mut().for_each(|byte| *byte = dice.below(256) as u8),
    }
    place
}

#[test]
fn a_change_anywhere_in_the_file_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let demo = super::gongkai().current_dir(folder.path()).args(["-q", "demo"]).output().unwrap();
    assert!(demo.status.success());
    let whole = std::fs::read(folder.path().join("gongkai-demo.sqlite")).unwrap();
    let path = folder.path().join("damaged.sqlite");
    let bodies = |path: &Path| -> Option<Vec<Option<Vec<u8>>>> {
        let connection = Store::open(path, Access::Read).ok()?.reader().ok()?;
        let captures: i64 = connection.query_row("SELECT count(*) FROM capture", [], |row| row.get(0)).ok()?;
        let body = |id| archive::exchange(&connection, CaptureId(id)).ok().map(|(_, met)| met.response.body);
        Some((1..=captures).map(body).collect())
    };
    let kept = bodies(&folder.path().join("gongkai-demo.sqlite")).unwrap();
    let mut dice = Dice(20_261_128);
    let (mut done, mut missed, mut readable, mut lost) = (0, Vec::new(), 0, 0);
    while done < 100 {
        let mut file = whole.clone();
        let damage = overwrite(&mut file, &mut dice);
        if file == whole {
            continue;
        }
        done += 1;
        std::fs::write(&path, &file).unwrap();
        // What can't be opened is found as well.
        let seen = Store::open(&path, Access::Read).map(|store| archive::verify(&store, 2).unwrap());
        if seen.is_ok_and(|seen| seen.is_intact()) {
            missed.push(damage);
        }
        for (kept, read) in kept.iter().zip(bodies(&path).unwrap_or_default()) {
            assert!(read.is_none() || read == *kept, "a body never comes back wrong");
            if read.is_some() { readable += 1 } else { lost += 1 }
        }
        assert_eq!(std::fs::read(&path).unwrap(), file, "what is damaged is left as it is");
    }
    println!("{done} damages, {} missed; {readable} captures read, {lost} not", missed.len());
    assert!(missed.is_empty(), "{missed:#?}");
    assert!(lost < readable / 10, "{lost} of {}", readable + lost);
}

/// The page of the file that begins with the table of that name.
fn page_of(path: &Path, name: &str) -> usize {
    let root = "SELECT rootpage FROM sqlite_schema WHERE name = ?1";
    let page: i64 = keeping_sums(path).query_row(root, [name], |row| row.get(0)).unwrap();
    usize::try_from(page - 1).unwrap()
}

const PAGE: usize = 4_096;

#[test]
fn a_changed_page_is_named_and_neither_copied_nor_packed_away() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.sqlite");
    filled(&path);
    let at = page_of(&path, "agency");
    let mut file = std::fs::read(&path).unwrap();
    // In the page's free space, where no row and no rule of SQLite's would show it.
    file[at * PAGE + PAGE / 2] ^= 1;
    std::fs::write(&path, &file).unwrap();
    let named = format!("of agency, 1 page not as written: {}", at + 1);
    let said = super::gongkai().args(["verify", "--archive"]).arg(&path).output().unwrap();
    assert_eq!(said.status.code(), Some(7));
    assert!(super::stdout(&said).contains(&named), "{}", super::stdout(&said));

    let copy = folder.path().join("copy.sqlite");
    let backup = super::gongkai().args(["backup", "--out"]).arg(&copy).arg("--archive").arg(&path).output().unwrap();
    assert!(backup.status.success(), "{}", super::stderr(&backup));
    let seen = archive::verify(&Store::open(&copy, Access::Read).unwrap(), 2).unwrap();
    assert_eq!(seen.file, [named]);

    let compact = super::gongkai().args(["compact", "--archive"]).arg(&path).output().unwrap();
    assert_eq!(compact.status.code(), Some(7), "{}", super::stderr(&compact));
    assert!(super::stdout(&compact).contains("not as they were written (1)"), "{}", super::stdout(&compact));
    assert!(!archive::verify(&Store::open(&path, Access::Read).unwrap(), 2).unwrap().is_intact());

    let compact = super::gongkai().args(["compact", "--accept-damage", "--archive"]).arg(&path).output().unwrap();
    assert!(compact.status.success(), "{}", super::stdout(&compact));
    assert!(archive::verify(&Store::open(&path, Access::Read).unwrap(), 2).unwrap().is_intact());
}

#[test]
fn a_copy_made_while_the_log_is_full_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let (path, copy) = (folder.path().join("a.sqlite"), folder.path().join("copy.sqlite"));
    filled(&path);
    let store = Store::open(&path, Access::Write).unwrap();
    for n in 0..40 {
        put(&store, exchange(&format!("http://a.gov.cn/late/{n}"), 200, &[n; 3_000]));
    }
    assert!(std::fs::metadata(folder.path().join("a.sqlite-wal")).unwrap().len() > 100_000, "pages wait in the log");
    store::backup(&store.reader().unwrap(), &copy).unwrap();
    for path in [&path, &copy] {
        let seen = archive::verify(&Store::open(path, Access::Read).unwrap(), 2).unwrap();
        assert!(seen.is_intact() && seen.pages.is_some_and(|pages| pages > 100), "{seen:?}");
    }
}

#[test]
fn a_log_that_another_program_writes_back_is_no_damage_and_hides_none() {
    let folder = tempfile::tempdir().unwrap();
    let (path, found) = (folder.path().join("a.sqlite"), folder.path().join("found.sqlite"));
    filled(&path);
    let store = Store::open(&path, Access::Write).unwrap();
    put(&store, exchange("http://a.gov.cn/late", 200, &[7; 30_000]));
    // What a kill -9 leaves.
    for end in ["", "-wal"] {
        std::fs::copy(format!("{}{end}", path.display()), format!("{}{end}", found.display())).unwrap();
    }
    drop(store);
    let captures = |path: &Path| -> i64 {
        let connection = Connection::open(path).unwrap();
        connection.query_row("SELECT count(*) FROM capture", [], |row| row.get(0)).unwrap()
    };
    assert_eq!(captures(&found), CAPTURES as i64 + 1);
    assert!(!folder.path().join("found.sqlite-wal").exists(), "the last to close the file writes the log back");
    let look = || archive::verify(&Store::open(&found, Access::Read).unwrap(), 2).unwrap();
    let seen = look();
    assert!(seen.is_intact() && seen.unsummed > 3 && seen.pages.is_some_and(|pages| pages > 100), "{seen:?}");
    // Read and written by this program, they get their sums; and damage that was there before does not.
    let at = page_of(&found, "agency");
    let mut file = std::fs::read(&found).unwrap();
    file[at * PAGE + PAGE / 2] ^= 1;
    std::fs::write(&found, &file).unwrap();
    let store = Store::open(&found, Access::Write).unwrap();
    let name = |tx: &Connection| Ok(tx.execute("INSERT INTO agency (name) VALUES ('a')", [])?);
    store.write_blocking(name).unwrap();
    put(&store, exchange("http://a.gov.cn/later", 200, &[8; 30_000]));
    drop(store);
    assert!(look().unsummed < seen.unsummed);
    assert_eq!(look().file, [format!("of agency, 1 page not as written: {}", at + 1)]);
}

#[test]
fn nothing_is_found_while_another_writes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.sqlite");
    let store = Store::open(&path, Access::Write).unwrap();
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let stopped = stopped;
            for n in 0u32.. {
                if stopped.try_recv() == Err(std::sync::mpsc::TryRecvError::Disconnected) {
                    break;
                }
                put(&store, exchange(&format!("http://a.gov.cn/{n}"), 200, &n.to_be_bytes().repeat(1_000)));
            }
        });
        for _ in 0..40 {
            let seen = archive::verify(&Store::open(&path, Access::Read).unwrap(), 1).unwrap();
            assert!(seen.is_intact(), "{seen:?}");
        }
        drop(stop);
    });
}

#[test]
fn a_file_without_sums_gets_them_as_it_is_written_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.sqlite");
    of_the_first_schema(&path);
    let store = Store::open(&path, Access::Write).unwrap();
    put(&store, exchange("http://a.gov.cn/new", 200, &[7; 9_000]));
    assert_eq!(archive::verify(&store, 2).unwrap().pages, None);
    store.vacuum().unwrap();
    put(&store, exchange("http://a.gov.cn/newer", 200, &[8; 9_000]));
    drop(store);
    let seen = archive::verify(&Store::open(&path, Access::Read).unwrap(), 2).unwrap();
    assert!(seen.is_intact() && seen.pages.is_some_and(|pages| pages > 50), "{seen:?}");
    let mut file = std::fs::read(&path).unwrap();
    // A header that says there are no sums.
    file[20] = 0;
    std::fs::write(&path, file).unwrap();
    let seen = archive::verify(&Store::open(&path, Access::Read).unwrap(), 2).unwrap();
    assert!(!seen.is_intact() && seen.file.iter().any(|fault| fault.contains("not as written: 1")), "{seen:?}");
}

/// A file as the first schema left it, made by the first schema's own SQL.
fn of_the_first_schema(path: &Path) -> i64 {
    let connection = Connection::open(path).unwrap();
    connection
        .execute_batch(&format!(
            "PRAGMA journal_mode = WAL; BEGIN;
             CREATE TABLE migration (version INTEGER PRIMARY KEY, applied_at TEXT NOT NULL) STRICT;
             {}
             INSERT INTO migration VALUES (1, '2026-01-31T08:00:00.000Z');
             PRAGMA user_version = 1;
             COMMIT;",
            include_str!("../../src/store/migrations/0001.sql")
        ))
        .unwrap();
    for n in 0..5 {
        let body = format!("page {n}");
        let digest = gongkai::digest::Digest::of(body.as_bytes()).to_string();
        connection
            .execute(
                "INSERT INTO payload (digest, codec, size_bytes, bytes) VALUES (?1, 'plain', ?2, CAST(?3 AS BLOB))",
                rusqlite::params![digest, body.len() as i64, body],
            )
            .unwrap();
        connection
            .execute(
                "INSERT INTO capture (url, urlkey, method, request_headers, status, response_headers, payload, started_at, hop)
                 VALUES (?1, ?1, 'GET', x'', 200, x'B9AB', ?2, '2026-01-31T08:00:00.000Z', 'seed')",
                rusqlite::params![format!("http://a.gov.cn/{n}"), digest],
            )
            .unwrap();
    }
    connection.execute_batch(READ_BY_THE_FIRST).unwrap();
    connection.query_row("SELECT count(*) FROM capture", [], |row| row.get(0)).unwrap()
}

/// Two reports: numbers with and without each of the words of a name, printed as they are read and otherwise, twice under one
/// name, and not in the order of their names; findings that agree in all but one thing.
const READ_BY_THE_FIRST: &str = r#"
    INSERT INTO page (capture, parser_version, kind, reason) VALUES (1, '1', 'report', ''), (2, '1', 'report', '');
    INSERT INTO report (id, capture, year) VALUES (1, 1, 2022), (4, 2, 2023);
    INSERT INTO value (report, indicator, applicant, label, series, state, value, text, unit, table_index, row_index, column_index,
        byte_start, byte_end, rule, suggested) VALUES
        (1, 'b', 'total', NULL, NULL, 'number', '1', '1', '件', 0, 1, 2, 70, 80, 'label', 0),
        (4, 'a', NULL, NULL, NULL, 'blank', NULL, '', NULL, 1, 1, 1, 5, 9, 'label', 0),
        (1, 'a', NULL, NULL, NULL, 'number', '1', '１', NULL, 1, 1, 1, 81, 90, 'label', 0),
        (1, 'statistic', NULL, '受理', 'annual', 'remark', '2', '2（略）', '件', 2, 0, 0, 91, 91, 'label', 1),
        (1, 'a', NULL, NULL, NULL, 'number', '3', '3', NULL, 1, 1, 2, 95, 99, 'label', 0),
        (1, 'a', '', '', '', 'number', '3', '3', '', 1, 1, 2, 95, 99, 'text', 0);
    INSERT INTO finding (report, rule, severity, verdict, left, right, detail, "values", fingerprint) VALUES
        (4, 'balance', 'error', 'pass', '1', '1', '自然人: 新收', '["a","b"]', '00'),
        (1, 'balance', 'error', 'fail', '1', NULL, '自然人: 新收', '["a","b"]', '00'),
        (1, 'balance', 'warning', 'fail', '1', '2', '自然人: 新收', '["a","b"]', '00'),
        (1, 'balance', 'error', 'fail', '1', '2', '自然人: 新收 12', '["a","b"]', '00'),
        (1, 'balance', 'error', 'fail', '1', '2', '自然人: 新收', '["a"]', '00');
"#;

/// Values and findings of each report in their order, a line each.
fn readings(path: &Path, nth: &str) -> Vec<String> {
    let connection = Connection::open(path).unwrap();
    let lines = |sql: &str| {
        let mut statement = connection.prepare(sql).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<Vec<String>, _>>().unwrap()
    };
    let values = "SELECT json_array(report, indicator, applicant, label, series, state, value, text, unit, table_index, row_index,
        column_index, byte_start, byte_end, rule, suggested) FROM value";
    let findings =
        "SELECT json_array(report, rule, severity, verdict, left, right, detail, \"values\", fingerprint) FROM finding";
    [values, findings].iter().flat_map(|sql| lines(&format!("{sql} ORDER BY report, {nth}"))).collect()
}

#[test]
fn a_file_of_the_first_schema_is_migrated_and_a_copy_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.sqlite");
    let captures = of_the_first_schema(&path);
    let read = readings(&path, "id");
    assert_eq!(read.len(), 11);
    assert!(Store::open(&path, Access::Read).is_err(), "a reader can't migrate");
    let store = Store::open(&path, Access::Write).unwrap();
    assert_eq!(readings(&path, "nth"), read);
    put(&store, exchange("http://a.gov.cn/new", 200, b"new"));
    let seen = archive::verify(&store, 2).unwrap();
    assert!(seen.is_intact(), "{seen:?}");
    assert_eq!(seen.head.map(|(capture, _)| capture), Some(CaptureId(captures + 1)));
    let links: i64 =
        store.reader().unwrap().query_row("SELECT count(*) FROM capture_link", [], |row| row.get(0)).unwrap();
    assert_eq!(links, captures + 1);
    let copy = Connection::open(folder.path().join("a.sqlite.before-2")).unwrap();
    let (version, kept): (i64, i64) = copy
        .query_row("SELECT user_version, (SELECT count(*) FROM capture) FROM pragma_user_version", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    assert_eq!((version, kept), (1, captures));
    let whole: String = copy.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(whole, "ok");
}
