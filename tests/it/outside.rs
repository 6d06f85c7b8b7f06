//! Exports held against the tools of others: `GONGKAI_WEB_ARCHIVE` names the folder of warcio, fastwarc, cdxj-indexer, wacz and
//! pywb (PyPI), `GONGKAI_CHROMIUM` the browser. `.ci/run` installs them; without them these tests have nothing to ask.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use super::{gongkai, stderr, stdout};

fn tool(name: &str) -> Option<PathBuf> {
    Some(PathBuf::from(std::env::var_os("GONGKAI_WEB_ARCHIVE")?).join(name))
}

fn demo(folder: &Path) {
    assert!(gongkai().current_dir(folder).args(["-q", "demo"]).output().unwrap().status.success());
}

fn export(folder: &Path, arguments: &[&str]) {
    let output = gongkai()
        .current_dir(folder)
        .args(["--archive", "gongkai-demo.sqlite", "export"])
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
}

fn run(folder: &Path, program: &Path, arguments: &[&str]) -> Output {
    Command::new(program).current_dir(folder).args(arguments).output().unwrap()
}

#[test]
fn warcio_and_fastwarc_verify_every_record() {
    let (Some(warcio), Some(fastwarc)) = (tool("warcio"), tool("fastwarc")) else { return };
    let folder = tempfile::tempdir().unwrap();
    demo(folder.path());
    export(folder.path(), &["warc", "--out", "a.warc.gz", "--max-size", "20kB"]);
    let mut files = 0;
    for n in 0..3 {
        let name = format!("a-{n:05}.warc.gz");
        assert!(std::fs::metadata(folder.path().join(&name)).unwrap().len() <= 20_000);
        let checked = run(folder.path(), &warcio, &["check", "-v", &name]);
        assert!(checked.status.success() && !stdout(&checked).contains("failed"), "{}", stdout(&checked));
        let checked = run(folder.path(), &fastwarc, &["check", &name]);
        let said = format!("{}{}", stdout(&checked), stderr(&checked));
        assert!(checked.status.success() && said.contains("verified successfully"), "{said}");
        files += 1;
    }
    assert_eq!(files, 3);
    assert!(!folder.path().join("a-00003.warc.gz").exists());
}

#[test]
fn the_index_is_the_one_that_cdxj_indexer_makes() {
    let Some(indexer) = tool("cdxj-indexer") else { return };
    let folder = tempfile::tempdir().unwrap();
    demo(folder.path());
    export(folder.path(), &["warc", "--out", "a.warc.gz"]);
    export(folder.path(), &["warc", "--out", "b.warc.gz", "--max-size", "20kB"]);
    for (files, index) in
        [(&["a.warc.gz"][..], "a.cdxj"), (&["b-00000.warc.gz", "b-00001.warc.gz", "b-00002.warc.gz"], "b.cdxj")]
    {
        let theirs = run(folder.path(), &indexer, &[&["-s"], files].concat());
        let ours = std::fs::read_to_string(folder.path().join(index)).unwrap();
        assert_eq!(ours, stdout(&theirs));
        assert_eq!(ours.lines().count(), 18);
    }
}

#[test]
fn wacz_finds_the_package_valid() {
    let Some(wacz) = tool("wacz") else { return };
    let folder = tempfile::tempdir().unwrap();
    demo(folder.path());
    export(folder.path(), &["wacz", "--out", "a.wacz"]);
    let validated = run(folder.path(), &wacz, &["validate", "-f", "a.wacz"]);
    let said = format!("{}{}", stdout(&validated), stderr(&validated));
    assert!(validated.status.success() && said.contains("the passed WACZ is valid"), "{said}");
}

/// pywb on a port of its own; ended with the value.
struct Replay(Child);

impl Drop for Replay {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_browser_shows_the_report_that_pywb_replays() {
    let (Some(wayback), Some(manager)) = (tool("wayback"), tool("wb-manager")) else { return };
    let Some(chromium) = std::env::var_os("GONGKAI_CHROMIUM") else { return };
    let folder = tempfile::tempdir().unwrap();
    demo(folder.path());
    export(folder.path(), &["warc", "--out", "a.warc.gz"]);
    assert!(run(folder.path(), &manager, &["init", "demo"]).status.success());
    assert!(run(folder.path(), &manager, &["add", "demo", "a.warc.gz"]).status.success());
    // The page itself, without pywb's frame around it.
    std::fs::write(folder.path().join("config.yaml"), "framed_replay: false\n").unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut server = Command::new(wayback)
        .current_dir(folder.path())
        .args(["-b", "127.0.0.1", "-p", &port.to_string()])
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let log = BufReader::new(server.stderr.take().unwrap());
    let replay = Replay(server);
    let mut log = log.lines().map_while(Result::ok);
    assert!(log.any(|line| line.contains("Starting Gevent Server")), "pywb did not start");
    // What it says from here on is read away, so that it never waits for a reader.
    std::thread::spawn(move || log.for_each(drop));
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        std::thread::yield_now();
    }
    let index = std::fs::read_to_string(folder.path().join("a.cdxj")).unwrap();
    let line = index.lines().find(|line| line.contains("e8437c55c6fa40d4add476101bda6432")).unwrap();
    let entry: serde_json::Value = serde_json::from_str(line.splitn(3, ' ').nth(2).unwrap()).unwrap();
    let url = format!("http://127.0.0.1:{port}/demo/{}", entry["url"].as_str().unwrap());
    let profile = format!("--user-data-dir={}", folder.path().join("profile").display());
    let flags = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        &profile,
        "--dump-dom",
        &url,
    ];
    let shown = Command::new(chromium).args(flags).output().unwrap();
    let document = scraper::Html::parse_document(&stdout(&shown));
    let cells = scraper::Selector::parse("table td").unwrap();
    let written: Vec<String> =
        document.select(&cells).map(|cell| cell.text().collect::<String>().split_whitespace().collect()).collect();
    assert!(written.len() > 200, "{} cells: {}", written.len(), stderr(&shown));
    assert!(written.iter().any(|text| text == "行政规范性文件") && written.iter().any(|text| text == "154"));
    drop(replay);
}
