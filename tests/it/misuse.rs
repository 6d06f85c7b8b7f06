//! What a slip of the hand must not cost.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::{Output, Stdio};

use super::site::plant;
use super::{gongkai, stderr, stdout};

fn run(folder: &Path, arguments: &[&str]) -> Output {
    gongkai().current_dir(folder).args(arguments).output().unwrap()
}

/// A folder with the demo's archive as `a.sqlite`.
fn with_archive() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let made = run(folder.path(), &["-q", "demo", "--archive", "a.sqlite"]);
    assert!(made.status.success(), "{}", stderr(&made));
    folder
}

#[test]
fn nothing_is_written_over_the_archive() {
    let folder = with_archive();
    plant(folder.path(), [("http://127.0.0.1:9/", "局")]);
    std::os::unix::fs::symlink(folder.path().join("a.sqlite"), folder.path().join("link")).unwrap();
    let before = std::fs::read(folder.path().join("a.sqlite")).unwrap();
    for words in [
        &["export", "csv", "--out", "a.sqlite"][..],
        &["export", "sqlite", "--out", "./a.sqlite"],
        &["export", "warc", "--out", "link"],
        &["crawl", "--metrics", "a.sqlite"],
        &["crawl", "--events", "a.sqlite"],
        &["fetch", "http://a.gov.cn/", "--events", "a.sqlite"],
    ] {
        let said = run(folder.path(), &[words, &["--archive", "a.sqlite"]].concat());
        assert_eq!(said.status.code(), Some(2), "{words:?} {}", stderr(&said));
        assert!(stderr(&said).contains("names the archive itself"), "{words:?} {}", stderr(&said));
        assert!(std::fs::read(folder.path().join("a.sqlite")).unwrap() == before, "{words:?}");
    }
}

#[test]
fn a_sqlite_file_of_another_program_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.sqlite");
    for version in [0, 3] {
        let _ = std::fs::remove_file(&path);
        let mine = rusqlite::Connection::open(&path).unwrap();
        mine.execute_batch(&format!("CREATE TABLE customer (name TEXT); PRAGMA user_version = {version};")).unwrap();
        drop(mine);
        let before = std::fs::read(&path).unwrap();
        for command in ["serve", "reparse", "compact", "list", "verify"] {
            let said = run(folder.path(), &["--archive", "mine.sqlite", command]);
            assert_eq!(said.status.code(), Some(1), "{command} {}", stderr(&said));
            assert!(stderr(&said).contains("of another program"), "{command} {}", stderr(&said));
            assert!(std::fs::read(&path).unwrap() == before, "{command}");
        }
    }
}

#[test]
fn a_mistyped_archive_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    for words in [&["reparse"][..], &["compact"], &["import", "nowhere.warc"], &["list"]] {
        let said = run(folder.path(), &[&["--archive", "typo.sqlite"], words].concat());
        assert_eq!(said.status.code(), Some(1), "{words:?} {}", stderr(&said));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "{words:?}");
    }
}

#[test]
fn a_reader_that_goes_away_and_a_disk_that_is_full() {
    let folder = with_archive();
    for words in [&["list", "--json"][..], &["export", "csv", "--out", "-"], &["schedule"], &["urls"], &["check"]] {
        let to = |out: Stdio| {
            gongkai()
                .current_dir(folder.path())
                .args(words)
                .args(["--archive", "a.sqlite"])
                .stdout(out)
                .output()
                .unwrap()
        };
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let said = to(writer.into());
        assert_eq!(said.status.code(), Some(0), "{words:?} {}", stderr(&said));
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let said = to(full.into());
        assert_eq!(said.status.code(), Some(6), "{words:?} {}", stderr(&said));
        assert!(!stderr(&said).contains("panicked"), "{words:?} {}", stderr(&said));
    }
}

#[test]
fn a_name_that_is_no_utf8_is_a_name() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("a.html");
    std::fs::write(&page, "<p>").unwrap();
    let archive = folder.path().join(OsStr::from_bytes(b"a\xFF%20 b.sqlite"));
    let mut import = gongkai();
    import
        .args(["import", "--url", "http://a.gov.cn/", "--date", "2024-01-20"])
        .arg(&page)
        .arg("--archive")
        .arg(&archive);
    let said = import.output().unwrap();
    assert_eq!(said.status.code(), Some(0), "{}", stderr(&said));
    assert!(archive.exists());
}

#[test]
fn a_crawl_of_one_host_finds_it_by_its_name_or_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let hosts = ["www.a.gov.cn:8399", "www.b.gov.cn"];
    plant(folder.path(), hosts.map(|host| (format!("http://{host}/list.html"), "局")));
    let planned = |only: &str| run(folder.path(), &["crawl", "--dry-run", "--json", "--only", only]);
    for name in ["www.a.gov.cn", "WWW.a.gov.cn:8399"] {
        let said = stdout(&planned(name));
        let lines: Vec<serde_json::Value> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 1, "{said}");
        assert_eq!(lines[0]["url"], "http://www.a.gov.cn:8399/list.html");
    }
    let said = planned("www.c.gov.cn");
    assert_eq!(said.status.code(), Some(1));
    assert!(stderr(&said).contains("no seed and no address of the archive is on this host"), "{}", stderr(&said));
    let said = run(folder.path(), &["crawl", "--dry-run", "--max-pages", "1"]);
    assert_eq!(stdout(&said).lines().count(), 1);
}

/// Seeds that were asked and are not due are left out; what they led to and is due is not.
#[test]
fn what_would_be_asked_is_what_is_due() {
    let folder = with_archive();
    let archive = rusqlite::Connection::open(folder.path().join("a.sqlite")).unwrap();
    let host: String =
        archive.query_row("SELECT host FROM url WHERE role = 'report' LIMIT 1", [], |row| row.get(0)).unwrap();
    plant(folder.path(), [(format!("http://{host}/known.html"), "局")]);
    let planned = || stdout(&run(folder.path(), &["crawl", "--dry-run", "--archive", "a.sqlite"]));
    assert_eq!(planned().lines().count(), 1);
    let due =
        "UPDATE url SET due_at = '2020-01-01T00:00:00.000Z' WHERE id = (SELECT min(id) FROM url WHERE role = 'report')";
    archive.execute(due, []).unwrap();
    let said = planned();
    assert_eq!(said.lines().count(), 2, "{said}");
    assert!(said.lines().last().unwrap().starts_with("report "), "{said}");
}

#[test]
fn the_nightly_run_is_the_one_that_was_described() {
    let folder = tempfile::tempdir().unwrap();
    let words =
        ["--log", "json", "schedule", "cron", "--at", "23:15", "--max-time=2h", "--only", "cron", "--overlap", "wait"];
    let said = stdout(&run(folder.path(), &words));
    assert!(said.contains(" -q crawl '--log' 'json' '--max-time=2h' '--only' 'cron' '--overlap' 'wait' >>"), "{said}");
}

#[test]
fn options_that_mean_nothing_are_refused() {
    let folder = with_archive();
    for words in [
        &["export", "csv", "--out", "x", "--edition", "2020"][..],
        &["export", "csv", "--out", "x", "--max-size", "1GB"],
        &["export", "csv", "--out", "x", "--report", "1"],
        &["export", "snapshot", "--out", "-"],
        &["export", "warc", "--out", "-", "--max-size", "1GB"],
        &["export", "xlsx", "--out", "x", "--shape", "wide"],
        &["export", "csv", "--out", "x", "--compression", "zstd"],
        &["fetch", "http://a.gov.cn/", "--max-redirects", "1000"],
        &["fetch", "http://a.gov.cn/", "--max-answer-time", "0s"],
    ] {
        let said = run(folder.path(), &[words, &["--archive", "a.sqlite"]].concat());
        assert_eq!(said.status.code(), Some(2), "{words:?} {}", stderr(&said));
        let unopened = run(folder.path(), &[words, &["--archive", "none.sqlite"]].concat());
        assert_eq!(unopened.status.code(), Some(2), "without an archive: {words:?} {}", stderr(&unopened));
    }
    let said = run(folder.path(), &["backup", "--out", ".", "--archive", "a.sqlite"]);
    assert_ne!(said.status.code(), Some(0));
    let left = std::fs::read_dir(folder.path()).unwrap().map(|one| one.unwrap().file_name());
    let left: Vec<_> = left.filter(|name| name.to_string_lossy().contains(".part")).collect();
    assert!(left.is_empty(), "{left:?}");
}

/// What a night would need is missed before it begins, by its key, and nothing is begun.
#[test]
fn what_a_run_will_need_is_looked_at_first() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("seeds")).unwrap();
    let seed = "province = \"四川\"\n[[seed]]\nurl = \"http://127.0.0.1:9/\"\nagency = \"局\"\nkind = \"listing\"\n";
    std::fs::write(folder.path().join("seeds/a.toml"), seed).unwrap();
    std::fs::write(folder.path().join("empty.pem"), "").unwrap();
    std::fs::write(folder.path().join("mail"), "#!/bin/sh\n").unwrap();
    let commands: [&[&str]; 5] = [
        &["crawl"],
        &["schedule"],
        &["schedule", "--daemon"],
        &["fetch", "http://a.gov.cn/"],
        &["robots", "http://a.gov.cn/"],
    ];
    let missing = [
        ("[network]\nextra_ca = \"none.pem\"\n", "extra_ca: none.pem can't be used", 5),
        ("[network]\nextra_ca = \"empty.pem\"\n", "it holds no certificate", 5),
        ("[notify]\ncommand = [\"/nowhere/mail\", \"me\"]\n", "[notify] command: /nowhere/mail is not there", 3),
        ("[notify]\ncommand = [\"no-such-program\"]\n", "[notify] command: no-such-program is not there", 3),
        ("[notify]\ncommand = [\"./mail\"]\n", "[notify] command: ./mail can't be run", 3),
    ];
    for (config, why, needing) in missing {
        std::fs::write(folder.path().join("config.toml"), config).unwrap();
        for words in &commands[..needing] {
            let said = run(folder.path(), words);
            assert_eq!(said.status.code(), Some(2), "{words:?} {}", stderr(&said));
            assert!(stderr(&said).contains(why), "{words:?} {}", stderr(&said));
        }
        let doctor = run(folder.path(), &["doctor", "--offline"]);
        assert!(stdout(&doctor).contains(why) && doctor.status.code() == Some(1), "{}", stdout(&doctor));
    }
    let archive = folder.path().join("gongkai.sqlite");
    let begun: i64 = rusqlite::Connection::open(archive)
        .and_then(|archive| archive.query_row("SELECT count(*) FROM crawl", [], |row| row.get(0)))
        .unwrap();
    assert_eq!(begun, 0, "no run was begun");
}
