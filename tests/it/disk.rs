//! Power cuts, a full disk, and writes that fail: a disk that tells what was asked of it (`tests/disk/disk.c`) stands before
//! the program, and from what it told the file is put together as a cut at that moment may have left it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use gongkai::archive::{self, CaptureId};
use gongkai::store::{Access, Store};

use super::crawl::query;
use super::damage::Dice;
use super::site::{Answer, Site};
use super::{gongkai, root, stderr};

const HOST: &str = "disk.test.gov.cn";
const PAGES: usize = 24;

/// The disk, made by the C compiler that the program itself is built with.
fn disk(folder: &Path) -> PathBuf {
    let library = folder.join("disk.so");
    let mut compiler = Command::new(std::env::var_os("CC").unwrap_or("cc".into()));
    compiler.args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(root().join("tests/disk/disk.c")).arg("-ldl");
    let made = compiler.output().unwrap();
    assert!(made.status.success(), "{}", stderr(&made));
    library
}

fn site() -> Site {
    let paths: Vec<String> = (0..PAGES).map(|n| format!("/{n}.html")).collect();
    let row = |path: &String| format!("<a href='{path}'>2023年政府信息公开工作年度报告</a>");
    let mut script = vec![(HOST, "/list", Answer::html(paths.iter().map(row).collect::<String>()))];
    script.extend(paths.iter().map(|path| (HOST, path.as_str(), Answer::html(format!("<p>{path}</p>").repeat(900)))));
    Site::serve(script)
}

fn crawl(folder: &Path, site: &Site, more: &[(&str, &str)]) -> Output {
    let seeds = [site.url(HOST, "/list")];
    let mut crawl = super::crawl::command(folder, site, &[HOST], &seeds, &["--gap", "1ms"]);
    crawl.envs(more.iter().copied()).output().unwrap()
}

/// One change of one file.
struct Asked {
    kind: u8,
    offset: usize,
    bytes: Vec<u8>,
    name: String,
}

fn told(log: &[u8]) -> Vec<Asked> {
    let (mut all, mut rest) = (Vec::new(), log);
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let head = std::str::from_utf8(&rest[..end]).unwrap();
        let mut parts = head.splitn(4, ' ');
        let mut part = || parts.next().unwrap();
        let (kind, offset, length, name) = (part(), part().parse().unwrap(), part().parse::<usize>().unwrap(), part());
        let bytes = rest[end + 1..end + 1 + length].to_vec();
        rest = &rest[end + 1 + length..];
        all.push(Asked { kind: kind.as_bytes()[0], offset, bytes, name: name.to_owned() });
    }
    all
}

/// A file as the disk has it: what was synced, and what was asked since.
#[derive(Default)]
struct Kept<'a> {
    synced: Option<Vec<u8>>,
    since: Vec<&'a Asked>,
}

fn apply(file: &mut Option<Vec<u8>>, asked: &Asked, bytes: &[u8]) {
    match asked.kind {
        b'W' => {
            let file = file.get_or_insert_default();
            file.resize(file.len().max(asked.offset + bytes.len()), 0);
            file[asked.offset..asked.offset + bytes.len()].copy_from_slice(bytes);
        }
        b'T' => file.get_or_insert_default().resize(asked.offset, 0),
        b'U' => *file = None,
        _ => {}
    }
}

/// The files as a power cut may leave them: of what was not synced each change is there, or not, or in part.
fn after_a_cut(asked: &[Asked], dice: &mut Dice) -> BTreeMap<String, Vec<u8>> {
    let mut files: BTreeMap<&str, Kept<'_>> = BTreeMap::new();
    for one in asked {
        // To sync a folder is to make it last that a file was removed from it.
        if one.kind == b'S' && one.name == "." {
            for file in files.values_mut() {
                let removed = file.since.iter().rposition(|change| change.kind == b'U').map_or(0, |last| last + 1);
                for change in file.since.drain(..removed) {
                    apply(&mut file.synced, change, &change.bytes);
                }
            }
            continue;
        }
        let file = files.entry(&one.name).or_default();
        if one.kind == b'S' {
            for change in std::mem::take(&mut file.since) {
                apply(&mut file.synced, change, &change.bytes);
            }
        } else {
            file.since.push(one);
        }
    }
    let mut left = BTreeMap::new();
    for (name, kept) in files {
        let mut file = kept.synced;
        for change in kept.since {
            let sectors = change.bytes.len() / 512;
            match dice.below(3) {
                0 => {}
                1 if sectors > 0 => {
                    apply(&mut file, change, &change.bytes[..512 * dice.below(sectors as u64) as usize])
                }
                _ => apply(&mut file, change, &change.bytes),
            }
        }
        left.extend(file.map(|file| (name.to_owned(), file)));
    }
    left
}

/// Captures that the events name as kept.
fn said(asked: &[Asked]) -> Vec<i64> {
    let events = asked.iter().filter(|one| one.kind == b'W' && one.name == "events.jsonl");
    let text: Vec<u8> = events.flat_map(|one| one.bytes.iter().copied()).collect();
    let lines = text.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok());
    lines.filter_map(|event: serde_json::Value| event["sequence"].as_i64()).collect()
}

#[test]
fn a_power_cut_loses_nothing_that_was_said_to_be_kept() {
    const CUTS: u64 = 150;
    let (folder, site) = (tempfile::tempdir().unwrap(), site());
    let library = disk(folder.path());
    let place = folder.path().join("place");
    std::fs::create_dir(&place).unwrap();
    let log = folder.path().join("log");
    let (library, place_name, log_name) = (library.to_string_lossy(), place.to_string_lossy(), log.to_string_lossy());
    let disk = [("LD_PRELOAD", &*library), ("DISK_FOLDER", &*place_name), ("DISK_LOG", &*log_name)];
    let output = crawl(&place, &site, &disk);
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    let asked = told(&std::fs::read(&log).unwrap());
    assert!(said(&asked).len() > PAGES, "{} captures were said to be kept", said(&asked).len());

    let mut dice = Dice(0x9E37_79B9);
    let (mut checked, mut with_some) = (0, 0);
    for cut in 0..CUTS {
        let at = dice.below(asked.len() as u64) as usize;
        let promised = said(&asked[..at]);
        let left = folder.path().join(format!("cut{cut}"));
        std::fs::create_dir(&left).unwrap();
        for (name, bytes) in after_a_cut(&asked[..at], &mut dice) {
            // The index of the log lives in memory, and the lock is the process's.
            if !name.ends_with("-shm") && !name.ends_with(".lock") {
                std::fs::write(left.join(name), bytes).unwrap();
            }
        }
        if promised.is_empty() {
            continue;
        }
        let store = Store::open(&left.join("a.sqlite"), Access::Write).unwrap_or_else(|e| panic!("cut at {at}: {e}"));
        let connection = store.reader().unwrap();
        let sound: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(sound, "ok", "cut at {at}");
        for id in &promised {
            let kept = archive::exchange(&connection, CaptureId(*id));
            assert!(kept.is_ok(), "cut at {at}: capture {id} was said to be kept: {:?}", kept.err());
            checked += 1;
        }
        with_some += 1;
        drop((connection, store));
        std::fs::remove_dir_all(left).unwrap();
    }
    assert!(with_some >= 100 && checked > 1_000, "{with_some} cuts, {checked} captures");
}

#[test]
fn a_write_that_fails_is_named_and_the_next_run_completes() {
    let folder = tempfile::tempdir().unwrap();
    let library = disk(folder.path());
    let library = library.to_string_lossy();
    // Kinds, how, error: EIO once, ENOSPC from then on, half of the bytes.
    for (kinds, how, error) in [("W", "once", "5"), ("S", "once", "5"), ("W", "from", "28"), ("WT", "short", "0")] {
        for nth in [3, 12, 60] {
            let name = format!("{kinds} {how} {nth}");
            let (place, site) = (folder.path().join(&name), site());
            std::fs::create_dir(&place).unwrap();
            let rule = format!("{kinds}:{nth}:{how}:{error}");
            let place_name = place.to_string_lossy();
            let disk = [("LD_PRELOAD", &*library), ("DISK_FOLDER", &*place_name), ("DISK_FAIL", &rule)];
            let output = crawl(&place, &site, &disk);
            let told = stderr(&output);
            assert!(!told.contains("panicked"), "{name}: {told}");
            assert_ne!(output.status.code(), None, "{name}: {told}");
            if how == "from" {
                assert!(!matches!(output.status.code(), Some(0 | 3)), "{name}: {told}");
                // Where its index of the log can't grow, SQLite says so without the system's word for it.
                let named = ["full", "No space left", "disk I/O error"].iter().any(|word| told.contains(word));
                assert!(named, "{name}: {told}");
            }
            let again = crawl(&place, &site, &[]);
            // 0 where the failure was one that cost nothing, and nothing is due any more.
            assert!(matches!(again.status.code(), Some(0 | 3)), "{name}: {}", stderr(&again));
            let verify = gongkai().current_dir(&place).args(["verify", "--archive", "a.sqlite"]).output().unwrap();
            assert!(verify.status.success(), "{name}: {}", stderr(&verify));
            let kept = query(&place, "SELECT DISTINCT url FROM capture WHERE hop = 'link'");
            assert_eq!(kept.len(), PAGES, "{name}: {told}");
        }
    }
}
