//! `kill -9` in the middle of a crawl, for real, and again.

use std::collections::HashMap;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use super::crawl::query;
use super::site::{Answer, Site, plant};
use super::{gongkai, stdout};

const HOST: &str = "rst.test.gov.cn";
const PAGES: usize = 120;

fn start(folder: &Path, site: &Site) -> Child {
    let mut command = gongkai();
    command.current_dir(folder).args([
        "crawl",
        "--seeds",
        "seeds",
        "--archive",
        "a.sqlite",
        "--gap",
        "10ms",
        "--events",
        "events.jsonl",
    ]);
    command.args(site.flags(&[HOST])).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Addresses that were said to be committed.
fn committed(folder: &Path) -> Vec<String> {
    let events = std::fs::read_to_string(folder.join("events.jsonl")).unwrap_or_default();
    let lines = events.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    lines.filter(|event| event["event"] == "committed").map(|event| event["url"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn nothing_committed_is_lost_and_no_finished_page_is_fetched_again() {
    let folder = tempfile::tempdir().unwrap();
    let paths: Vec<String> = (0..PAGES).map(|n| format!("/report/{n}.html")).collect();
    let listing: String =
        paths.iter().map(|path| format!("<a href='{path}'>2023年政府信息公开工作年度报告</a>")).collect();
    let mut script = vec![(HOST, "/list", Answer::html(listing))];
    script.extend(paths.iter().map(|path| (HOST, path.as_str(), Answer::html(format!("<p>{path}</p>").repeat(200)))));
    let site = Site::serve(script);
    plant(folder.path(), [(site.url(HOST, "/list"), "某局")]);

    let mut said: Vec<String> = Vec::new();
    let mut kills = 0;
    // Killed once a few more pages have come than the last time, wherever the process then is.
    for wanted in (5..PAGES).step_by(6) {
        let mut child = start(folder.path(), &site);
        while site.log().len() < wanted && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(3));
        }
        if child.try_wait().unwrap().is_some() {
            break;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
        said.extend(committed(folder.path()));
        let verify = gongkai().current_dir(folder.path()).args(["verify", "--archive", "a.sqlite"]).output().unwrap();
        assert!(verify.status.success(), "{}", stdout(&verify));
        let kept = query(folder.path(), "SELECT url FROM capture");
        for url in &said {
            assert!(kept.contains(url), "{url} was said to be committed and is lost");
        }
    }
    assert!(kills >= 15, "{kills}");
    // The pages are no reports, which the run says with status 3.
    assert_eq!(start(folder.path(), &site).wait().unwrap().code(), Some(3));

    assert_eq!(
        query(folder.path(), "SELECT count(DISTINCT url) || '' FROM capture WHERE hop = 'link'"),
        [PAGES.to_string()]
    );
    let mut times: HashMap<String, usize> = HashMap::new();
    for asked in site.log() {
        *times.entry(asked.path).or_default() += 1;
    }
    // One request is in flight for the one host: each kill may cost one repeat, and robots.txt is kept for a day.
    let repeats: usize = times.values().map(|times| times - 1).sum();
    assert!(times["/robots.txt"] <= 2, "robots.txt was asked for {} times", times["/robots.txt"]);
    println!("{kills} kills, {} requests for {PAGES} pages, {repeats} repeated", site.log().len());
    assert!(repeats <= kills, "{repeats} repeats for {kills} kills");
    assert_eq!(
        query(folder.path(), "SELECT count(*) || '' FROM page"),
        [(PAGES + 1).to_string()],
        "every capture was read"
    );
}

#[test]
fn a_signal_ends_the_run_and_the_next_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let listing: String = (0..40).map(|n| format!("<a href='/{n}'>2023年政府信息公开工作年度报告</a>")).collect();
    let mut script = vec![(HOST, "/list".to_owned(), Answer::html(listing))];
    script.extend((0..40).map(|n| (HOST, format!("/{n}"), Answer::html("x"))));
    let site = Site::serve(script.iter().map(|(host, path, answer)| (*host, path.as_str(), answer.clone())).collect());
    plant(folder.path(), [(site.url(HOST, "/list"), "某局")]);
    let mut child = start(folder.path(), &site);
    while site.log().len() < 6 {
        std::thread::sleep(Duration::from_millis(3));
    }
    let second = gongkai().current_dir(folder.path()).args(["reparse", "--archive", "a.sqlite"]).output().unwrap();
    assert_eq!(second.status.code(), Some(5), "the archive is in use");
    assert!(super::stderr(&second).contains(&format!("process {}", child.id())), "{}", super::stderr(&second));
    std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(4));
    assert_eq!(start(folder.path(), &site).wait().unwrap().code(), Some(3));
    assert_eq!(site.log().len(), 42);
}
