//! The archive packed again: the same bodies in fewer bytes, readable whatever ends the run; and copies made while others write.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use gongkai::archive::compact::{Options, compact};
use gongkai::archive::{self, CaptureId};
use gongkai::demo::form::{self, Markup};
use gongkai::demo::numbers::{self, Numbers};
use gongkai::demo::page::sections;
use gongkai::parse::Edition;
use gongkai::store::{Access, Store, backup};

use super::archive::{exchange, put};
use super::{gongkai, gzip, stderr, stdout};

fn filled(path: &Path, pages: usize) -> Vec<Vec<u8>> {
    filled_as_served(path, pages, |_, body| body)
}

/// Reports of a few hosts: a host's frame, its own numbers and words on each page; what was served for each.
pub fn filled_as_served(path: &Path, pages: usize, served: impl Fn(usize, Vec<u8>) -> Vec<u8>) -> Vec<Vec<u8>> {
    let store = Store::open(path, Access::Write).unwrap();
    let numbers = Numbers::of(Edition::Y2021, numbers::PINGTAN_2023);
    let mut kept = Vec::new();
    for n in 0..pages {
        let host = n % 3;
        let markup = Markup { word: host == 0, split_heads: host == 1, ..Markup::default() };
        let tables = [form::two(&numbers, markup), form::three(&numbers, markup), form::four(&numbers, markup)]
            .map(|table| table.replace(">0<", &format!(">{}<", n * 7)));
        let words: String = (0..40).map(|m| format!("第{}项工作{}件。", n * m % 97, n * 31 + m * 17)).collect();
        let frame: String =
            (0..200).map(|m| format!("<li class=\"h{host}\">{:x}</li>", host * 7_919 + m * m)).collect();
        let body = format!("<html>{frame}{}</html>", sections(&words, &tables[0], &tables[1], &tables[2])).into_bytes();
        let body = served(n, body);
        put(&store, exchange(&format!("http://h{host}.gov.cn/{n}"), 200, &body));
        kept.push(body);
    }
    kept
}

/// What bodies take that are packed by themselves.
fn alone<'a>(bodies: impl Iterator<Item = &'a Vec<u8>>) -> u64 {
    bodies.map(|body| zstd::bulk::compress(body, 3).unwrap().len() as u64).sum()
}

pub fn all_there(path: &Path, kept: &[Vec<u8>]) {
    let store = Store::open(path, Access::Read).unwrap();
    let connection = store.reader().unwrap();
    for (id, body) in (1..).zip(kept) {
        assert_eq!(&archive::exchange(&connection, CaptureId(id)).unwrap().1.response.body, body, "capture {id}");
    }
    let seen = archive::verify(&store, 2).unwrap();
    assert!(seen.is_intact(), "{seen:?}");
}

#[test]
fn every_body_is_the_same_in_fewer_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.sqlite");
    let kept = filled(&path, 60);
    let store = Store::open(&path, Access::Write).unwrap();
    let done = compact(&store, Options::default(), |_| {}).unwrap();
    assert_eq!((done.hosts.len(), done.damaged.len()), (3, 0));
    for (n, host) in done.hosts.iter().enumerate() {
        assert_eq!(host.dictionaries.len(), 1, "{host:?}");
        // Before, too: against the host's first page, from the second on.
        let alone = alone(kept.iter().skip(n).step_by(3));
        assert!(host.before * 4 < alone && host.after < host.before, "{alone} {host:?}");
    }
    all_there(&path, &kept);

    // What comes after is packed against the dictionary at once, and a dictionary is never packed against another.
    let next = [kept[0].clone(), b"<p>one more</p>".to_vec()].concat();
    let id = put(&store, exchange("http://h0.gov.cn/next", 200, &next));
    let (size, dictionary): (i64, Option<i64>) = store
        .reader()
        .unwrap()
        .query_row(
            "SELECT length(bytes), dictionary FROM payload p JOIN capture c ON c.payload = p.digest WHERE c.id = ?1",
            [id.0],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    assert!(dictionary.is_some() && size < 3_000, "{size} {dictionary:?}");
    let dictionaries = |store: &Store| -> Vec<(String, String)> {
        let connection = store.reader().unwrap();
        let mut select = connection.prepare("SELECT host, digest FROM dictionary ORDER BY host").unwrap();
        select.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect()
    };
    assert_eq!(dictionaries(&store).len(), 3);

    // Renewed: what is not used any more is let go, and the bodies are there all the same.
    compact(&store, Options { level: 3, batch: 5, jobs: 1 }, |_| {}).unwrap();
    store.vacuum().unwrap();
    assert_eq!(dictionaries(&store).len(), 3);
    drop(store);
    all_there(&path, &[kept, vec![next]].concat());
}

/// A host of pages with nothing in common but with those of their own kind, and of bodies that do not pack.
#[test]
fn the_first_of_each_kind_of_page_serves_those_that_follow() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.sqlite");
    let store = Store::open(&path, Access::Write).unwrap();
    let page = |kind: u64, n: u64| -> Vec<u8> {
        let line = |m: u64| {
            format!("<li class=\"k{}\">{:x}</li>", kind * 31, (kind + 7) * (m + 3) * (m + kind) * 2_654_435_761)
        };
        let frame: String = (0..400).map(line).collect();
        // One kind packs by itself to a tenth, which is no sign that a dictionary fits.
        let same = "<p class=\"MsoNormal\">一年来，坚持以公开为常态。</p>".repeat(if kind == 2 { 900 } else { 0 });
        format!("<html>{frame}{same}<p>第{n}页，共{}件</p></html>", n * 977 + 13).into_bytes()
    };
    let picture = |n: usize| -> Vec<u8> {
        let digests =
            (0..200).map(|m: usize| gongkai::digest::Digest::of(&[n.to_le_bytes(), m.to_le_bytes()].concat()));
        digests.flat_map(|digest| *digest.as_bytes()).collect()
    };
    let mut kept = Vec::new();
    for n in 0..8 {
        let bodies = [page(0, n), page(1, n), page(2, n), picture(n as usize), page(10 + n, 0), b"small".repeat(9)];
        for (kind, body) in bodies.into_iter().enumerate() {
            put(&store, exchange(&format!("http://a.gov.cn/{kind}/{n}"), 200, &body));
            kept.push(body);
        }
    }
    let connection = store.reader().unwrap();
    let stored = |body: &[u8]| -> (i64, bool) {
        let select = "SELECT length(bytes), dictionary IS NOT NULL FROM payload WHERE digest = ?1";
        let digest = gongkai::digest::Digest::of(body).to_string();
        connection.query_row(select, [digest], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
    };
    for kind in 0..3 {
        for n in 0..8 {
            let body = page(kind, n);
            let (size, against) = stored(&body);
            assert!(against && size * 20 < alone([body].iter()) as i64, "kind {kind}, page {n}: {size}");
        }
    }
    assert!((0..8).all(|n| stored(&picture(n)) == (6_400, false)));
    // Of the kinds that came once, the first had room to be a dictionary; the others gain from none.
    let dictionaries = |store: &Store| -> (i64, i64) {
        let select = "SELECT count(*), (SELECT count(*) FROM dictionary d WHERE NOT EXISTS (SELECT 1 FROM payload WHERE dictionary = d.id)) FROM dictionary";
        store.reader().unwrap().query_row(select, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
    };
    assert_eq!(dictionaries(&store), (4, 0));
    assert!(stored(&page(17, 0)).0 * 2 > alone([page(17, 0)].iter()) as i64);
    let done = compact(&store, Options::default(), |_| {}).unwrap();
    assert!(done.hosts[0].after <= done.hosts[0].before, "{done:?}");
    assert!((2..5).contains(&dictionaries(&store).0) && dictionaries(&store).1 == 0, "{done:?}");
    for kind in 0..3 {
        let (size, against) = stored(&page(kind, 5));
        assert!(against && size * 20 < alone([page(kind, 5)].iter()) as i64, "kind {kind}: {size}");
    }
    drop((connection, store));
    all_there(&path, &kept);
}

#[test]
fn hosts_with_one_page_each_share_a_dictionary_and_new_ones_use_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.sqlite");
    let kept = filled(&folder.path().join("sources.sqlite"), 40);
    let store = Store::open(&path, Access::Write).unwrap();
    for (n, body) in kept[..30].iter().enumerate() {
        put(&store, exchange(&format!("http://one{n}.gov.cn/"), 200, body));
    }
    let done = compact(&store, Options::default(), |_| {}).unwrap();
    assert_eq!(done.hosts.len(), 1);
    let all = &done.hosts[0];
    assert!(all.host.is_empty() && (all.hosts, all.bodies) == (30, 30), "{all:?}");
    assert!(all.after * 2 < all.before, "{all:?}");
    let used = |id: i64| -> String {
        let connection = store.reader().unwrap();
        let select = "SELECT coalesce(d.host, 'none') FROM capture c JOIN payload p ON p.digest = c.payload
             LEFT JOIN dictionary d ON d.id = p.dictionary WHERE c.id = ?1";
        connection.query_row(select, [id], |row| row.get(0)).unwrap()
    };
    let id = put(&store, exchange("http://new.gov.cn/", 200, &kept[30]));
    assert_eq!(used(id.0), "");
    // With enough pages a host has its own, and what comes later is packed against that.
    for (n, body) in kept[31..39].iter().enumerate() {
        put(&store, exchange(&format!("http://new.gov.cn/{n}"), 200, body));
    }
    compact(&store, Options::default(), |_| {}).unwrap();
    let id = put(&store, exchange("http://new.gov.cn/last", 200, &kept[39]));
    assert_eq!((used(id.0).as_str(), used(1).as_str()), ("new.gov.cn", ""));
    drop(store);
    all_there(&path, &kept);
}

#[test]
fn killed_in_the_middle_every_body_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.sqlite");
    let kept = filled_as_served(&path, 300, |n, body| if n % 4 == 1 { gzip(&body, 6) } else { body });
    let mut killed = 0;
    for wait in (20..).step_by(25).take(16) {
        let level = if killed % 2 == 0 { "19" } else { "12" };
        let mut child = gongkai()
            .args(["-q", "compact", "--level", level, "--archive"])
            .arg(&path)
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(wait));
        child.kill().unwrap();
        killed += usize::from(!child.wait().unwrap().success());
        all_there(&path, &kept);
    }
    assert!(killed >= 5, "{killed}");
    let done = gongkai().args(["compact", "--archive"]).arg(&path).output().unwrap();
    assert!(
        done.status.success() && stdout(&done).contains("300 payloads on 3 hosts"),
        "{}{}",
        stdout(&done),
        stderr(&done)
    );
    all_there(&path, &kept);
    let codecs = "SELECT count(*) FROM payload WHERE codec = 'gzip-preflate-0.7'";
    let store = Store::open(&path, Access::Read).unwrap();
    let apart: i64 = store.reader().unwrap().query_row(codecs, [], |row| row.get(0)).unwrap();
    assert_eq!(apart, 75);
}

#[test]
fn a_damaged_dictionary_shows_and_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.sqlite");
    filled_as_served(&path, 30, |n, body| if n >= 24 { gzip(&body, 1) } else { body });
    let store = Store::open(&path, Access::Write).unwrap();
    compact(&store, Options::default(), |_| {}).unwrap();
    store
        .write_blocking(|tx| {
            tx.execute(
                "UPDATE dictionary SET bytes = CAST(substr(bytes, 1, 500) AS BLOB) WHERE host = 'h1.gov.cn'",
                [],
            )?;
            Ok(())
        })
        .unwrap();
    let seen = archive::verify(&store, 2).unwrap();
    assert!(seen.file.iter().any(|fault| fault.contains("dictionary")), "{seen:?}");
    assert_eq!(seen.damaged.len(), 10);
    assert!(seen.damaged.iter().all(|damage| damage.why.contains("dictionary")), "{seen:?}");
    assert_eq!(seen.intact, 20);
    // Packing again leaves what can't be read as it is, and says so.
    let done = compact(&store, Options::default(), |_| {}).unwrap();
    assert_eq!(done.damaged.len(), 10);
    drop(store);
    let said = gongkai().args(["compact", "--json", "--archive"]).arg(&path).output().unwrap();
    let told = super::json(&said);
    assert_eq!((said.status.code(), told["damaged"].as_array().unwrap().len()), (Some(7), 10), "{told}");
    assert_eq!(told["damaged"][0]["sha256"].as_str().unwrap().len(), 64, "{told}");
    let packed: u64 = told["hosts"].as_array().unwrap().iter().map(|host| host["payloads"].as_u64().unwrap()).sum();
    assert_eq!(packed, 30, "{told}");
    let said = gongkai().args(["verify", "--json", "--archive"]).arg(&path).output().unwrap();
    let seen = super::json(&said);
    assert_eq!(
        (said.status.code(), &seen["outcome"], &seen["intact"]),
        (Some(7), &"damaged".into(), &20.into()),
        "{seen}"
    );
    let damage = &seen["damaged"][0];
    assert!(damage["why"].as_str().unwrap().contains("dictionary") && damage["captures"].is_array(), "{seen}");
    assert_eq!(seen["damaged"].as_array().unwrap().len(), 10, "{seen}");
}

#[test]
fn a_backup_made_while_a_writer_works_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.sqlite");
    filled(&path, 20);
    let store = Store::open(&path, Access::Write).unwrap();
    let stop = AtomicBool::new(false);
    let mut copies = Vec::new();
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut n = 0u32;
            while !stop.load(Ordering::Relaxed) {
                n += 1;
                put(&store, exchange(&format!("http://w.gov.cn/{n}"), 200, n.to_string().repeat(3_000).as_bytes()));
            }
            n
        });
        for n in 0..8 {
            let copy = folder.path().join(format!("copy-{n}.sqlite"));
            let before: i64 =
                store.reader().unwrap().query_row("SELECT count(*) FROM capture", [], |row| row.get(0)).unwrap();
            backup(&store.reader().unwrap(), &copy).unwrap();
            copies.push((copy, before));
        }
        // Another process, as a person makes it.
        let copy = folder.path().join("other.sqlite");
        let said = gongkai().args(["backup", "--out"]).arg(&copy).arg("--archive").arg(&path).output().unwrap();
        assert!(said.status.success(), "{}", stderr(&said));
        copies.push((copy, 0));
        stop.store(true, Ordering::Relaxed);
        assert!(writer.join().unwrap() > 8, "the writer worked meanwhile");
    });
    for (copy, before) in copies {
        assert!(!copy.with_extension("sqlite.part").exists());
        let copy = Store::open(&copy, Access::Read).unwrap();
        let seen = archive::verify(&copy, 2).unwrap();
        assert!(seen.is_intact(), "{seen:?}");
        assert!(seen.captures as i64 >= before && seen.captures >= 20);
    }
    let copy = folder.path().join("last.sqlite");
    let said = gongkai().args(["backup", "--json", "--out"]).arg(&copy).arg("--archive").arg(&path).output().unwrap();
    let held = super::json(&said);
    let head = archive::verify(&Store::open(&copy, Access::Read).unwrap(), 2).unwrap().head.unwrap();
    assert_eq!((&held["capture"], &held["link"]), (&head.0.0.into(), &head.1.into()), "{held}");
    let refused = gongkai().args(["backup", "--out"]).arg(&path).arg("--archive").arg(&path).output().unwrap();
    assert_eq!(refused.status.code(), Some(2), "{}", stderr(&refused));
}
