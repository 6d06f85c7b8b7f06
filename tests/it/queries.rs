//! Lists asked for with a query: paced, permitted, archived and given out as any other answer. The site's log is the witness.

use std::path::Path;

use super::crawl::{crawl, query};
use super::site::{Answer, Site};
use super::{gongkai, stderr};

const HOST: &str = "zrzy.test.gov.cn";
const LIST: &str = "/gtapp/nrglIndex.action?classID=2c90&type=1";

fn list(years: &[u16]) -> Answer {
    let rows: String = years
        .iter()
        .map(|year| format!("<li><a href='/{year}.html'>{year}年政府信息公开工作年度报告</a></li>"))
        .collect();
    let headers = vec![("Content-Type", "text/html; charset=utf-8".to_owned()), ("ETag", "\"1\"".to_owned())];
    let controls = "<a href=\"javascript:page('2')\">下一页</a><a href=\"javascript:page('3')\">尾页</a>";
    Answer::Page { status: 200, headers, body: (rows + controls).into_bytes() }
}

/// A list of three pages, two of them to be posted for.
fn site(robots: &str) -> Site {
    let (second, third) = (format!("{LIST} POST cpage=2"), format!("{LIST} POST cpage=3"));
    let rules = Answer::Page {
        status: 200,
        headers: vec![("Content-Type", "text/plain".to_owned())],
        body: robots.as_bytes().to_vec(),
    };
    Site::serve(vec![
        (HOST, "/robots.txt", rules),
        (HOST, LIST, list(&[2023])),
        (HOST, &second, list(&[2022])),
        (HOST, &third, list(&[2021])),
    ])
}

fn run(folder: &Path, arguments: &[&str]) -> String {
    let output = gongkai().current_dir(folder).args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
    super::stdout(&output)
}

#[test]
fn a_query_is_asked_as_the_page_would_and_kept_apart_by_what_is_posted() {
    let site = site("User-agent: *\nAllow: /\n");
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let seeds = [site.url(HOST, LIST)];
    crawl(folder, &site, &[HOST], &seeds, "20ms");
    query(folder, "UPDATE url SET due_at = first_seen_at, state = 'due' RETURNING address");
    crawl(folder, &site, &[HOST], &seeds, "20ms");

    let log = site.log();
    for body in ["cpage=2", "cpage=3"] {
        let posted: Vec<_> = log.iter().filter(|asked| asked.name() == format!("{LIST} POST {body}")).collect();
        assert_eq!(posted.len(), 2, "{body}: a night each");
        for asked in posted {
            let head = asked.head.to_ascii_lowercase();
            assert!(head.contains("content-type: application/x-www-form-urlencoded\r\n"), "{head}");
            assert!(head.contains(&format!("referer: {}\r\n", seeds[0].to_ascii_lowercase())), "{head}");
            assert!(!head.contains("if-none-match"), "a condition on a query: {head}");
        }
    }
    let gaps = log.windows(2).map(|pair| pair[1].at - pair[0].at);
    assert!(gaps.min().unwrap() >= std::time::Duration::from_millis(20), "queries wait their turn");

    let held = "SELECT c.method || ' ' || coalesce(CAST(c.request_body AS TEXT), '-') || ' ' || coalesce(CAST(o.request_body AS TEXT), '-')
                FROM capture c LEFT JOIN capture o ON o.id = c.revisit_of WHERE c.url LIKE '%/gtapp/%' ORDER BY c.id";
    let both =
        ["GET - -", "POST cpage=2 -", "POST cpage=3 -", "GET - -", "POST cpage=2 cpage=2", "POST cpage=3 cpage=3"];
    assert_eq!(query(folder, held), both, "each repeats the same query's answer");
    let frontier = "SELECT method || ' ' || body || ' ' || outcome FROM url WHERE body IS NOT NULL ORDER BY id";
    assert_eq!(query(folder, frontier), ["POST cpage=2 captured", "POST cpage=3 captured"]);

    // Out as WARC and in again, the same: the request with its body, revisits at the original of the same query.
    run(folder, &["--archive", "a.sqlite", "verify"]);
    run(folder, &["--archive", "a.sqlite", "export", "warc", "--out", "a.warc.gz"]);
    let before = query(folder, held);
    let keys = "SELECT urlkey || ' ' || hex(request_headers) FROM capture ORDER BY id";
    let keys_before = query(folder, keys);
    let cdxj = std::fs::read_to_string(folder.join("a.cdxj")).unwrap();
    let posted = "gov,test,zrzy:PORT)/gtapp/nrglindex.action?__wb_method=post&classid=2c90&cpage=2&type=1 ";
    let posted = format!("cn,{}", posted.replace("PORT", &site.port().to_string()));
    assert_eq!(cdxj.lines().filter(|line| line.starts_with(&posted)).count(), 2, "{cdxj}");
    assert!(cdxj.contains("\"requestBody\": \"cpage=2\", \"method\": \"POST\"}"), "{cdxj}");
    std::fs::rename(folder.join("a.sqlite"), folder.join("first.sqlite")).unwrap();
    run(folder, &["--archive", "a.sqlite", "import", "a.warc.gz"]);
    assert_eq!(query(folder, held), before);
    assert_eq!(query(folder, keys), keys_before);
    run(folder, &["--archive", "a.sqlite", "verify"]);

    if let Some(tools) = std::env::var_os("GONGKAI_WEB_ARCHIVE") {
        let indexer = Path::new(&tools).join("cdxj-indexer");
        let output = std::process::Command::new(indexer)
            .current_dir(folder)
            .args(["--post-append", "--sort", "a.warc.gz"])
            .output()
            .unwrap();
        // It takes no request to a revisit, which so stands under the key of a GET; a replay looks under the query's.
        let of_query = |line: &&str| line.contains("warc/revisit") && line.contains("requestBody");
        let offset =
            |line: &str| line.split("\"offset\": ").nth(1).map(|rest| rest.split('"').nth(1).map(str::to_owned));
        let left_out: Vec<_> = cdxj.lines().filter(of_query).map(offset).collect();
        assert_eq!(left_out.len(), 2, "{cdxj}");
        let kept = |text: &str| {
            text.lines().filter(|line| !left_out.contains(&offset(line))).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(kept(&cdxj), kept(&super::stdout(&output)), "as cdxj-indexer has it");
    }
}

#[test]
fn what_robots_txt_forbids_is_not_posted_to() {
    // Only the query is forbidden: EWB-FRONT, which the column page and the script are not below.
    const COLUMN: &str = "/dynamic/zwgk/govInfoPub.html?categorynum=003006";
    let script = "var siteInfo = {\"projectName\":\"/EWB-FRONT\",\"siteGuid\":\"bc6e-1\"};";
    let rules = Answer::Page {
        status: 200,
        headers: vec![("Content-Type", "text/plain".to_owned())],
        body: b"User-agent: *\nDisallow: /EWB-FRONT/\n".to_vec(),
    };
    let site = Site::serve(vec![
        (HOST, "/robots.txt", rules),
        (HOST, COLUMN, Answer::html("<div id=list></div>")),
        (HOST, "/js/webBuilderCommon.js?deptcode=&categorynum=003006", Answer::html(script)),
    ]);
    let folder = tempfile::tempdir().unwrap();
    crawl(folder.path(), &site, &[HOST], &[site.url(HOST, COLUMN)], "1ms");
    let asked: Vec<String> = site.log().iter().map(|asked| asked.path.clone()).collect();
    assert_eq!(asked, ["/robots.txt", COLUMN, "/js/webBuilderCommon.js?deptcode=&categorynum=003006"]);
    let refused = query(
        folder.path(),
        "SELECT method || ' ' || outcome || ' ' || detail FROM url WHERE address LIKE '%/EWB-FRONT/%'",
    );
    assert_eq!(refused, ["POST refused_by_robots line 2: disallow: /EWB-FRONT/"]);
}

#[test]
fn a_query_that_is_sent_elsewhere_stays_a_query_only_where_the_status_says_so() {
    for (status, asked) in [(302, "/moved"), (307, "/moved POST cpage=2"), (308, "/moved POST cpage=2")] {
        let second = format!("{LIST} POST cpage=2");
        let site = Site::serve(vec![
            (HOST, LIST, list(&[2023])),
            (HOST, &second, Answer::status(status, &[("Location", "/moved")])),
        ]);
        let folder = tempfile::tempdir().unwrap();
        crawl(folder.path(), &site, &[HOST], &[site.url(HOST, LIST)], "1ms");
        let mut walk = super::gongkai();
        walk.args(["discover", &site.url(HOST, LIST), "--archive", "b.sqlite", "--gap", "1ms"])
            .args(site.flags(&[HOST]));
        let walked = walk.current_dir(folder.path()).output().unwrap();
        let moved: Vec<String> =
            site.log().iter().filter(|asked| asked.path == "/moved").map(|asked| asked.name()).collect();
        assert_eq!(moved, [asked, asked], "{status}, crawled and walked: {}", super::stderr(&walked));
    }
}
