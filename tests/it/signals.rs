//! What a signal leaves: what was committed, runs with an end, no half file, the status that was announced.
#![cfg(target_os = "linux")]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use gongkai::archive::{self, Packer};
use gongkai::store::{Access, Store};

use super::archive::exchange;
use super::crawl::query;
use super::pages::failing;
use super::site::{Answer, Site};
use super::{gongkai, json, stderr, stdout};

const HOST: &str = "rst.test.gov.cn";

/// Unread reports, each a little different.
fn filled(path: &Path, captures: u64) {
    let store = Store::open(path, Access::Write).unwrap();
    let all: Vec<_> = (0..captures)
        .map(|n| exchange(&format!("http://a.gov.cn/{n}.html"), 200, failing(&n.to_string()).as_bytes()))
        .collect();
    store
        .write_blocking(move |tx| {
            all.iter().try_for_each(|one| archive::put(tx, &Packer::default(), one, None).map(drop))
        })
        .unwrap();
}

fn start(folder: &Path, words: &[&str]) -> Child {
    let mut command = gongkai();
    command.current_dir(folder).args(["--archive", "a.sqlite"]).args(words);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Until `is`, which is given the number of the process; it must still be at work then.
fn once(child: &mut Child, mut is: impl FnMut(u32) -> bool) {
    let begun = Instant::now();
    while !is(child.id()) {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it could be stopped");
        assert!(begun.elapsed() < Duration::from_secs(120), "it never came so far");
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
}

/// Whether the kernel would hand the program a SIGTERM, by the mask of what it catches (proc(5)).
fn listens(process: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    mask.is_some_and(|mask| u64::from_str_radix(mask.trim(), 16).unwrap() & (1 << 14) != 0)
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|one| one.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_look_up_that_is_stopped_has_an_end() {
    let hanging = |path: &str| Site::serve(vec![(HOST, path, Answer::Hang)]);
    let asked = [("fetch", "/x", "/x"), ("discover", "/", "/"), ("robots", "/x", "/robots.txt")];
    let begun = asked.map(|(command, path, hangs)| {
        let (folder, site) = (tempfile::tempdir().unwrap(), hanging(hangs));
        let mut words = vec![command.to_owned(), site.url(HOST, path)];
        words.extend(site.flags(&[HOST]));
        words.extend(["--gap".to_owned(), "1ms".into(), "--json".into()]);
        let mut child = start(folder.path(), &words.iter().map(String::as_str).collect::<Vec<_>>());
        once(&mut child, |_| site.times(HOST, hangs) > 0);
        signal(&child, "-TERM");
        (command, folder, site, child)
    });
    for (command, folder, _site, child) in begun {
        let said = child.wait_with_output().unwrap();
        assert_eq!(said.status.code(), Some(4), "{command}: {}", stderr(&said));
        assert!(stderr(&said).contains("interrupted"), "{command}: {}", stderr(&said));
        let run = "SELECT ended || (ended_at >= started_at) || is_look_up FROM crawl";
        assert_eq!(query(folder.path(), run), ["interrupted11"], "{command}");
        let held = "SELECT count(*) || '' FROM url WHERE state = 'leased'";
        assert_eq!(query(folder.path(), held), ["0"], "{command}");
    }
}

#[test]
fn the_second_signal_ends_at_once() {
    let (folder, site) = (tempfile::tempdir().unwrap(), Site::serve(vec![(HOST, "/x", Answer::Hang)]));
    let mut words = vec!["fetch".to_owned(), site.url(HOST, "/x"), "--gap".into(), "1ms".into()];
    words.extend(site.flags(&[HOST]));
    let mut child = start(folder.path(), &words.iter().map(String::as_str).collect::<Vec<_>>());
    once(&mut child, |_| site.times(HOST, "/x") > 0);
    signal(&child, "-INT");
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(said.any(|line| line.contains("asked again, it ends at once")));
    signal(&child, "-TERM");
    assert_eq!(child.wait().unwrap().code(), Some(4));
    // It did not wait for what was in flight: there was no time for an end.
    assert_eq!(query(folder.path(), "SELECT coalesce(ended, 'none') FROM crawl"), ["none"]);
}

#[test]
fn where_nothing_winds_down_the_first_signal_ends() {
    let folder = tempfile::tempdir().unwrap();
    // It waits for a file that never ends.
    let mut child = start(folder.path(), &["parse", "-"]);
    once(&mut child, listens);
    signal(&child, "-TERM");
    assert_eq!(child.wait().unwrap().code(), Some(4));
    filled(&folder.path().join("a.sqlite"), 600);
    let mut child = start(folder.path(), &["verify", "--jobs", "1"]);
    once(&mut child, listens);
    signal(&child, "-INT");
    assert_eq!(child.wait().unwrap().code(), Some(4));
    let whole = gongkai().current_dir(folder.path()).args(["verify", "--archive", "a.sqlite"]).output().unwrap();
    assert_eq!(whole.status.code(), Some(0), "{}", stdout(&whole));
}

#[test]
fn a_re_reading_that_is_stopped_keeps_what_it_read() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    const ALL: u64 = 400;
    filled(&folder.join("a.sqlite"), ALL);
    let number = |sql: &str| query(folder, sql)[0].parse::<u64>().unwrap();
    let mut child = start(folder, &["reparse", "--jobs", "1", "--json"]);
    once(&mut child, |_| number("SELECT count(*) || '' FROM page") > 3);
    signal(&child, "-TERM");
    let said = child.wait_with_output().unwrap();
    assert_eq!(said.status.code(), Some(4), "{}", stderr(&said));
    let told = json(&said);
    let read = told["captures"].as_u64().unwrap();
    assert!(told["interrupted"] == true && read < ALL, "{told}");
    assert_eq!(number("SELECT count(*) || '' FROM page"), read);
    assert_eq!(number("SELECT captures || '' FROM parse_run WHERE ended_at >= started_at"), read);
    let rest = gongkai().current_dir(folder).args(["--archive", "a.sqlite", "reparse", "--json"]).output().unwrap();
    assert_eq!((rest.status.code(), &json(&rest)["captures"]), (Some(0), &(ALL - read).into()));
}

#[test]
fn bodies_that_were_not_reached_lie_as_they_did() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    filled(&folder.join("a.sqlite"), 400);
    let packed = "SELECT group_concat(ifnull(dictionary, 0) || length(bytes)) FROM payload";
    let before = query(folder, packed);
    let mut child = start(folder, &["compact", "--level", "22", "--jobs", "1", "--json"]);
    once(&mut child, |_| query(folder, packed) != before);
    signal(&child, "-TERM");
    let said = child.wait_with_output().unwrap();
    assert_eq!(said.status.code(), Some(4), "{}", stderr(&said));
    assert_eq!(json(&said)["interrupted"], true);
    let verified = gongkai().current_dir(folder).args(["--archive", "a.sqlite", "verify", "--json"]).output().unwrap();
    assert_eq!(json(&verified)["outcome"], "intact", "{}", stdout(&verified));
    // What nothing is packed against is gone, as at the end of a whole run.
    let idle = "SELECT count(*) || '' FROM dictionary WHERE id NOT IN (SELECT ifnull(dictionary, 0) FROM payload)";
    assert_eq!(query(folder, idle), ["0"]);
}

#[test]
fn an_import_that_is_stopped_keeps_what_it_was_given() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    filled(&folder.join("from.sqlite"), 40);
    let words = ["--archive", "from.sqlite", "export", "warc", "--out", "all.warc.gz"];
    assert!(gongkai().current_dir(folder).args(words).output().unwrap().status.success());
    let warc = std::fs::read(folder.join("all.warc.gz")).unwrap();
    let mut child = start(folder, &["import", "-", "--json"]);
    let mut given = child.stdin.take().unwrap();
    // Some of its records, and no end.
    let (first, rest) = warc.split_at(warc.len() / 2);
    given.write_all(first).unwrap();
    once(&mut child, |_| folder.join("a.sqlite").exists());
    signal(&child, "-TERM");
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(said.any(|line| line.contains("asked to stop")));
    // It has left by the time it would read the end.
    let _ = given.write_all(rest);
    drop(given);
    let said = child.wait_with_output().unwrap();
    assert_eq!(said.status.code(), Some(4));
    let told = json(&said);
    let taken = told["captures"].as_u64().unwrap();
    assert!(told["interrupted"] == true && taken < 40, "{told}");
    assert_eq!(told["faults"].as_array().unwrap().len(), 0, "{told}");
    assert_eq!(query(folder, "SELECT count(*) || '' FROM capture"), [taken.to_string()]);
    let words = ["--archive", "a.sqlite", "import", "all.warc.gz", "--json"];
    let again = gongkai().current_dir(folder).args(words).output().unwrap();
    assert_eq!((again.status.code(), &json(&again)["known"]), (Some(0), &taken.into()));
}

#[test]
fn an_export_that_is_stopped_leaves_no_half_file() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    filled(&folder.join("a.sqlite"), 1_500);
    for (format, out, part) in [("warc", "x.warc.gz", "x.warc.gz.part"), ("wacz", "x.wacz", "x.wacz.part")] {
        let mut child = start(folder, &["export", format, "--out", out]);
        once(&mut child, |_| folder.join(part).exists());
        signal(&child, "-TERM");
        let said = child.wait_with_output().unwrap();
        assert_eq!(said.status.code(), Some(4), "{format}: {}", stderr(&said));
        assert!(names(folder).iter().all(|name| name.starts_with("a.sqlite")), "{format}: {:?}", names(folder));
    }
    std::fs::create_dir(folder.join("snapshots")).unwrap();
    let mut child = start(folder, &["export", "snapshot", "--out", "snapshots"]);
    let begun = || names(&folder.join("snapshots")).first().cloned();
    once(&mut child, |_| begun().is_some());
    assert!(begun().unwrap().ends_with(".part"));
    signal(&child, "-TERM");
    let said = child.wait_with_output().unwrap();
    assert_eq!(said.status.code(), Some(4), "{}", stderr(&said));
    assert_eq!(begun(), None);
}

#[test]
fn a_run_that_waits_for_the_archive_can_be_stopped() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("seeds")).unwrap();
    let seed = "province = \"四川\"\n[[seed]]\nurl = \"http://127.0.0.1:9/\"\nagency = \"局\"\nkind = \"listing\"\n";
    std::fs::write(folder.path().join("seeds/a.toml"), seed).unwrap();
    let held = Store::open(&folder.path().join("a.sqlite"), Access::Write).unwrap();
    let mut child = start(folder.path(), &["crawl", "--overlap", "wait"]);
    once(&mut child, listens);
    signal(&child, "-TERM");
    assert_eq!(child.wait().unwrap().code(), Some(4));
    drop(held);
}

/// Promises R10: ten seconds, thirty at the most, though an answer in flight would take ten minutes.
#[test]
fn a_site_that_drips_holds_no_end_up() {
    const SLOW: &str = "slow.test.gov.cn";
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let paths: Vec<String> = (0..8).map(|n| format!("/{n}.html")).collect();
    let row = |path: &String| format!("<a href='{path}'>2023年政府信息公开工作年度报告</a>");
    let begin = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 999999\r\n\r\n".to_vec();
    let drip = Answer::Endless { begin, piece: b"a".to_vec(), pause: Duration::from_millis(100) };
    let mut script =
        vec![(SLOW, "/drip", drip), (HOST, "/list", Answer::html(paths.iter().map(row).collect::<String>()))];
    script.extend(paths.iter().map(|path| (HOST, path.as_str(), Answer::html(format!("<p>{path}</p>")))));
    let site = Site::serve_at(2, script);
    std::fs::create_dir(folder.join("seeds")).unwrap();
    let seed = |url: String, kind: &str| format!("[[seed]]\nurl = \"{url}\"\nagency = \"局\"\nkind = \"{kind}\"\n");
    let seeds = [seed(site.url(HOST, "/list"), "listing"), seed(site.url(SLOW, "/drip"), "report")].concat();
    std::fs::write(folder.join("seeds/a.toml"), format!("province = \"四川\"\n{seeds}")).unwrap();
    std::fs::write(folder.join("config.toml"), "[limits]\ntotal = \"10min\"\nmin_rate_bytes = 0\n").unwrap();
    let mut words = vec!["crawl".to_owned(), "--gap".into(), "2ms".into()];
    words.extend(site.flags(&[HOST]));
    // At an address of its own: one that both share is asked one thing at a time.
    let port = site.port();
    words.extend(["--resolve".to_owned(), format!("{SLOW}:{port}:127.0.0.2:{port}")]);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();

    let mut child = start(folder, &words);
    once(&mut child, |_| site.times(SLOW, "/drip") == 1 && paths.iter().all(|path| site.times(HOST, path) == 1));
    signal(&child, "-TERM");
    let signalled = Instant::now();
    let said = child.wait_with_output().unwrap();
    assert!(signalled.elapsed() < Duration::from_secs(30), "{:?}", signalled.elapsed());
    assert_eq!(said.status.code(), Some(4), "{}", stderr(&said));
    assert_eq!(query(folder, "SELECT ended FROM crawl"), ["interrupted"]);
    // What was in flight is given back, what was committed stays.
    assert_eq!(query(folder, "SELECT state FROM url WHERE address LIKE '%/drip'"), ["due"]);

    site.change(SLOW, "/drip", Answer::html("<p>at last</p>"));
    let said = start(folder, &words).wait_with_output().unwrap();
    assert_eq!(said.status.code(), Some(3), "{}", stderr(&said));
    assert_eq!(site.times(SLOW, "/drip"), 2);
    assert!(paths.iter().all(|path| site.times(HOST, path) <= 2));
    assert_eq!(query(folder, "SELECT count(*) || '' FROM url WHERE state = 'due' OR capture IS NULL"), ["0"]);
}
