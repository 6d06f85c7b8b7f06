//! The night: its window, its units, runs that overlap, what a monitor and a person see of it.

use std::path::Path;
use std::process::Output;

use super::crawl::{crawl, query};
use super::site::{Answer, Site};
use super::{gongkai, stderr, stdout};

const HOST: &str = "rsj.test.gov.cn";

fn run(folder: &Path, arguments: &[&str]) -> Output {
    gongkai().current_dir(folder).args(["--archive", "a.sqlite"]).args(arguments).output().unwrap()
}

/// A folder with an archive of one crawl: a page, and one that is not there.
fn crawled() -> (tempfile::TempDir, Site) {
    let folder = tempfile::tempdir().unwrap();
    let site = Site::serve(vec![
        (HOST, "/x", Answer::html("<p>公开</p>".repeat(50))),
        (HOST, "/gone", Answer::status(410, &[])),
    ]);
    crawl(folder.path(), &site, &[HOST], &[site.url(HOST, "/x"), site.url(HOST, "/gone")], "10ms");
    (folder, site)
}

/// `HH:MM-HH:MM` in China, so many hours from now.
fn window(opens: i64, closes: i64) -> String {
    let zone = jiff::tz::TimeZone::fixed(jiff::tz::Offset::constant(8));
    let time = |hours: i64| {
        let then = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(hours);
        zone.to_datetime(then).strftime("%H:%M").to_string()
    };
    format!("{}-{}", time(opens), time(closes))
}

#[test]
fn outside_its_window_a_run_asks_nothing() {
    let (folder, site) = crawled();
    let asked = site.log().len();
    let due = |path: &Path| {
        rusqlite::Connection::open(path.join("a.sqlite")).unwrap().execute("UPDATE url SET due_at = ''", []).unwrap()
    };
    due(folder.path());
    let with = |window: String, more: &[&str]| {
        std::fs::write(folder.path().join("config.toml"), format!("[schedule]\nwindow = \"{window}\"\n")).unwrap();
        let mut arguments = vec!["crawl", "--seeds", "seeds", "--gap", "10ms"];
        arguments.extend(more);
        let flags = site.flags(&[HOST]);
        arguments.extend(flags.iter().map(String::as_str));
        run(folder.path(), &arguments)
    };
    let closed = with(window(2, 5), &[]);
    assert_eq!(closed.status.code(), Some(3), "{}", stderr(&closed));
    assert!(stderr(&closed).contains("outside the window"), "{}", stderr(&closed));
    assert_eq!(site.log().len(), asked);
    with(window(2, 5), &["--ignore-window"]);
    let after = site.log().len();
    assert!(after > asked);
    due(folder.path());
    with(window(-2, 2), &[]);
    assert!(site.log().len() > after);
    let wrong = with("22:00".into(), &[]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(stderr(&wrong).contains("config.toml:2: window: \"22:00\" is no window"), "{}", stderr(&wrong));
}

#[test]
fn a_run_that_overlaps_fails_skips_or_waits() {
    let (folder, _site) = crawled();
    let held = gongkai::store::Store::open(&folder.path().join("a.sqlite"), gongkai::store::Access::Write).unwrap();
    let with =
        |overlap: &str| run(folder.path(), &["crawl", "--seeds", "seeds", "--max-pages", "0", "--overlap", overlap]);
    assert_eq!(with("fail").status.code(), Some(5));
    let skipped = with("skip");
    assert_eq!(skipped.status.code(), Some(0));
    assert!(stderr(&skipped).contains(&format!("process {}", std::process::id())), "{}", stderr(&skipped));
    let mut waiting = gongkai()
        .current_dir(folder.path())
        .args(["--archive", "a.sqlite", "crawl", "--seeds", "seeds", "--max-pages", "0", "--overlap", "wait"])
        .spawn()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert!(waiting.try_wait().unwrap().is_none(), "it did not wait");
    drop(held);
    assert_ne!(waiting.wait().unwrap().code(), Some(5));
}

#[test]
fn units_and_the_crontab_line() {
    let folder = tempfile::tempdir().unwrap();
    let service = stdout(&run(folder.path(), &["schedule", "service"]));
    let archive = folder.path().canonicalize().unwrap().join("a.sqlite");
    assert!(service.contains(&format!("--archive \"{}\" crawl --overlap skip", archive.display())), "{service}");
    assert!(service.contains("ProtectSystem=strict") && service.contains("SuccessExitStatus=3 4"));
    let timer = stdout(&run(folder.path(), &["schedule", "timer", "--at", "23:15"]));
    assert!(timer.contains("OnCalendar=*-*-* 23:15:00 Asia/Shanghai"), "{timer}");
    // The line as a shell reads it: cron hands everything behind the fifth field to sh.
    let cron = stdout(&run(folder.path(), &["schedule", "cron"]));
    let command = cron.trim().splitn(6, ' ').nth(5).unwrap().replace("\\%", "%");
    let ran = std::process::Command::new("sh").args(["-c", &command]).status().unwrap();
    // There are no seeds here: the program ran and said so.
    assert_eq!(ran.code(), Some(2));
    let log = std::fs::read_to_string(folder.path().join("a.log")).unwrap();
    assert!(log.contains("seeds"), "{log}");
}

#[cfg(unix)]
#[test]
fn the_daemon_ends_when_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let mut daemon =
        gongkai().current_dir(folder.path()).args(["--archive", "a.sqlite", "schedule", "--daemon"]).spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(700));
    assert!(daemon.try_wait().unwrap().is_none(), "it did not stay");
    std::process::Command::new("kill").args(["-TERM", &daemon.id().to_string()]).status().unwrap();
    assert_eq!(daemon.wait().unwrap().code(), Some(0));
}

#[test]
fn the_frontier_for_people_and_programs() {
    let (folder, site) = crawled();
    let counts = stdout(&run(folder.path(), &["urls"]));
    assert!(counts.contains("settled  captured") && counts.contains("gone     gone"), "{counts}");
    let gone = stdout(&run(folder.path(), &["urls", "--outcome", "gone", "--json"]));
    let gone: serde_json::Value = serde_json::from_str(gone.trim()).unwrap();
    assert_eq!((gone["url"].as_str(), gone["state"].as_str()), (Some(site.url(HOST, "/gone").as_str()), Some("gone")));
    let unknown = run(folder.path(), &["urls", "--outcome", "lost"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(stderr(&unknown).contains("no attempt ends so"), "{}", stderr(&unknown));
}

#[test]
fn metrics_are_what_the_archive_holds() {
    let (folder, site) = crawled();
    let flags = site.flags(&[HOST]);
    let mut arguments = vec!["crawl", "--seeds", "seeds", "--metrics", "gongkai.prom"];
    arguments.extend(flags.iter().map(String::as_str));
    let output = run(folder.path(), &arguments);
    assert!(output.status.success(), "{}", stderr(&output));
    let text = std::fs::read_to_string(folder.path().join("gongkai.prom")).unwrap();
    let captures = query(folder.path(), "SELECT CAST(count(*) AS TEXT) FROM capture WHERE status = 200").concat();
    for line in [
        format!("gongkai_captures_total{{status=\"2xx\"}} {captures}"),
        "gongkai_addresses{state=\"gone\"} 1".to_owned(),
        "gongkai_reports 0".to_owned(),
        "# TYPE gongkai_payload_bytes gauge".to_owned(),
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    let open = run(folder.path(), &["crawl", "--seeds", "seeds", "--metrics", "0.0.0.0:9464"]);
    assert_eq!(open.status.code(), Some(2), "{}", stderr(&open));
}

#[test]
fn the_doctor_says_what_is_wrong_and_what_to_do() {
    let (folder, _site) = crawled();
    let sick = run(folder.path(), &["doctor", "--offline"]);
    let said = stdout(&sick);
    assert_eq!(sick.status.code(), Some(0), "{said}");
    assert!(said.contains("no contact is set") && said.contains("ok    archive"), "{said}");
    std::fs::write(folder.path().join("seeds/b.toml"), "province = 3\n").unwrap();
    let sick = run(folder.path(), &["doctor", "--offline", "--json"]);
    assert_eq!(sick.status.code(), Some(1));
    let signs: Vec<serde_json::Value> = stdout(&sick).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let seeds = signs.iter().find(|sign| sign["part"] == "seeds").unwrap();
    assert_eq!(seeds["health"], "bad");
    assert!(seeds["found"].as_str().unwrap().contains("b.toml:1"), "{seeds}");
}

#[test]
fn the_log_as_json() {
    let (folder, _site) = crawled();
    let output = run(folder.path(), &["--log", "json", "crawl", "--seeds", "seeds", "--max-pages", "0"]);
    let line = stderr(&output).lines().find(|line| line.starts_with('{')).map(str::to_owned).unwrap();
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(line["level"], "WARN");
    assert!(line["message"].as_str().unwrap().contains("no contact is configured"), "{line}");
}

/// What was found and what changed in the night stays to be seen.
#[test]
fn a_look_up_is_not_the_last_run() {
    let (folder, site) = crawled();
    let archive = rusqlite::Connection::open(folder.path().join("a.sqlite")).unwrap();
    let last =
        |of: &str| -> i64 { archive.query_row(&format!("SELECT max(id) FROM {of}"), [], |row| row.get(0)).unwrap() };
    let night = last("run");
    let (address, flags) = (site.url(HOST, "/x"), site.flags(&[HOST]));
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    for command in ["fetch", "robots", "discover"] {
        let before = last("crawl");
        let said = run(folder.path(), &[&[command, &address, "--gap", "10ms"], &flags[..]].concat());
        assert!(last("crawl") > before, "{command} {}", stderr(&said));
        assert_eq!(last("run"), night, "{command}");
    }
    let metrics = gongkai::metrics::text(&archive).unwrap();
    let started = "SELECT CAST(strftime('%s', started_at) AS INTEGER) FROM crawl WHERE id = ?1";
    let started: i64 = archive.query_row(started, [night], |row| row.get(0)).unwrap();
    assert!(metrics.contains(&format!("gongkai_run_started_timestamp_seconds {started}")), "{metrics}");
}
