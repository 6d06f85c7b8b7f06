//! The crawl against a scripted site whose own log is the witness.

use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use super::site::{Answer, Site, plant};
use super::{gongkai, stderr, stdout};

const HOST: &str = "rsj.test.gov.cn";

/// Runs `crawl` with seeds for these addresses.
pub fn crawl(folder: &Path, site: &Site, hosts: &[&str], seeds: &[String], gap: &str) -> Output {
    crawl_with(folder, site, hosts, seeds, &["--gap", gap])
}

fn crawl_with(folder: &Path, site: &Site, hosts: &[&str], seeds: &[String], more: &[&str]) -> Output {
    command(folder, site, hosts, seeds, more).output().unwrap()
}

/// `crawl` with events, ready to run.
pub fn command(folder: &Path, site: &Site, hosts: &[&str], seeds: &[String], more: &[&str]) -> Command {
    plant(folder, seeds.iter().map(|url| (url, "某局")));
    let mut command = gongkai();
    command
        .current_dir(folder)
        .args(["crawl", "--seeds", "seeds", "--archive", "a.sqlite"])
        .args(more)
        .args(site.flags(hosts));
    command.args(["--events", "events.jsonl"]);
    command
}

pub fn query(folder: &Path, sql: &str) -> Vec<String> {
    let connection = gongkai::store::connect(folder.join("a.sqlite"), rusqlite::OpenFlags::default()).unwrap();
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

fn outcome_of(answer: Answer) -> (String, Output) {
    let folder = tempfile::tempdir().unwrap();
    let site = Site::serve(vec![(HOST, "/x", answer)]);
    let output = crawl(folder.path(), &site, &[HOST], &[site.url(HOST, "/x")], "10ms");
    (query(folder.path(), "SELECT outcome FROM url WHERE address LIKE '%/x'").concat(), output)
}

#[test]
fn every_answer_ends_in_one_named_outcome() {
    let raw = |text: &str| Answer::Raw(text.as_bytes().to_vec());
    for (name, answer, outcome, status) in [
        ("a listing", Answer::html("<a href='/1.html'>2023年政府信息公开工作年度报告</a>".repeat(3)), "captured", 3),
        ("a page of which nothing is read", Answer::html("<p>公开</p>".repeat(50)), "captured", 3),
        ("not there", Answer::status(404, &[]), "not_found", 3),
        ("gone", Answer::status(410, &[]), "gone", 3),
        ("forbidden", Answer::status(403, &[]), "client_error", 3),
        ("broken server", Answer::status(500, &[]), "server_error", 3),
        ("too many requests", Answer::status(429, &[("Retry-After", "86400")]), "rate_limited", 3),
        ("redirect out of scope", Answer::status(302, &[("Location", "http://evil.example.com/")]), "redirected", 0),
        ("unasked 304", Answer::Raw(b"HTTP/1.1 304 X\r\n\r\n".to_vec()), "unasked_not_modified", 3),
        ("a wall", Answer::status(412, &[]), "wall", 3),
        ("soft 404", Answer::html("<p>您访问的页面不存在</p>"), "soft_404", 3),
        ("cut short", raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this"), "disconnected", 3),
        ("cut in a chunk", raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nabc"), "disconnected", 3),
        ("no HTTP", raw("SSH-2.0-OpenSSH\r\n\r\n"), "bad_http", 3),
        ("two lengths", raw("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx"), "bad_http", 3),
        ("nothing at all", raw(""), "disconnected", 3),
        ("a broken gzip", Answer::status(200, &[("Content-Encoding", "gzip")]), "bad_coding", 3),
    ] {
        let (found, output) = outcome_of(answer);
        assert_eq!(found, outcome, "{name}: {}", stderr(&output));
        assert_eq!(output.status.code(), Some(status), "{name}: {}", stderr(&output));
    }
}

#[test]
fn a_report_that_is_none_has_that_for_its_outcome() {
    let folder = tempfile::tempdir().unwrap();
    let listing = Answer::html(
        "<a href='/words'>2020年政府信息公开工作年度报告</a><a href='/file'>2021年政府信息公开工作年度报告</a>",
    );
    let words = Answer::html("<p>近日召开会议，研究部署有关工作。</p>".repeat(20));
    let file = Answer::Page {
        status: 200,
        headers: vec![("Content-Type", "application/octet-stream".into())],
        body: b"\x89PNG\r\n\x1a\n....".to_vec(),
    };
    let site = Site::serve(vec![(HOST, "/list", listing), (HOST, "/words", words), (HOST, "/file", file)]);
    let output = crawl(folder.path(), &site, &[HOST], &[site.url(HOST, "/list")], "10ms");
    assert_eq!(
        query(folder.path(), "SELECT outcome FROM url ORDER BY address"),
        ["unreadable", "captured", "no_report"]
    );
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert!(stderr(&output).contains("PNG image"), "{}", stderr(&output));
}

#[test]
fn a_cut_body_is_kept_and_marked() {
    let folder = tempfile::tempdir().unwrap();
    let site = Site::serve(vec![(
        HOST,
        "/x",
        Answer::Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this".to_vec()),
    )]);
    crawl(folder.path(), &site, &[HOST], &[site.url(HOST, "/x")], "10ms");
    let kept = "SELECT truncated || ' ' || p.size_bytes FROM capture c JOIN payload p ON p.digest = c.payload WHERE hop = 'seed'";
    assert_eq!(query(folder.path(), kept), ["disconnect 9", "disconnect 9"]);
    let events = std::fs::read_to_string(folder.path().join("events.jsonl")).unwrap();
    assert!(events.contains("\"event\":\"truncated\""), "{events}");
}

#[test]
fn robots_first_and_obeyed() {
    let folder = tempfile::tempdir().unwrap();
    let robots = Answer::Page {
        status: 200,
        headers: vec![("Content-Type", "text/plain".into())],
        body: b"User-agent: gongkai\nDisallow: /no".to_vec(),
    };
    let listing = Answer::html(
        "<a href='/no/1'>2020年政府信息公开工作年度报告</a><a href='/yes/1'>2021年政府信息公开工作年度报告</a>",
    );
    let site = Site::serve(vec![
        (HOST, "/robots.txt", robots),
        (HOST, "/list", listing),
        (HOST, "/yes/1", Answer::html("x")),
        (HOST, "/no/1", Answer::html("x")),
    ]);
    crawl(folder.path(), &site, &[HOST], &[site.url(HOST, "/list")], "10ms");
    assert_eq!(site.log()[0].path, "/robots.txt");
    assert_eq!((site.times(HOST, "/yes/1"), site.times(HOST, "/no/1")), (1, 0));
    assert!(site.log()[0].head.contains("gongkai/"), "{}", site.log()[0].head);
}

#[test]
fn no_robots_no_requests() {
    for answer in [Answer::status(500, &[]), Answer::Raw(Vec::new())] {
        let folder = tempfile::tempdir().unwrap();
        let site = Site::serve(vec![(HOST, "/robots.txt", answer), (HOST, "/list", Answer::html("x"))]);
        crawl(folder.path(), &site, &[HOST], &[site.url(HOST, "/list")], "10ms");
        assert_eq!(site.times(HOST, "/list"), 0);
    }
}

#[test]
fn the_gap_is_never_shorter() {
    let folder = tempfile::tempdir().unwrap();
    const OTHER: &str = "www.test.gov.cn";
    let listing = |path: &str| {
        Answer::html(
            (1..5).map(|n| format!("<a href='{path}{n}'>202{n}年政府信息公开工作年度报告</a>")).collect::<String>(),
        )
    };
    let moved = Answer::status(302, &[("Location", "/moved")]);
    let site = Site::serve(vec![
        (HOST, "/list", listing("/a")),
        (HOST, "/a1", moved),
        (HOST, "/a2", Answer::status(503, &[])),
        (OTHER, "/list", listing("/b")),
    ]);
    crawl(folder.path(), &site, &[HOST, OTHER], &[site.url(HOST, "/list"), site.url(OTHER, "/list")], "120ms");
    // Both names stand at one address, so the gap lies between all of them: robots.txt, redirects and retries included.
    let log = site.log();
    assert!(log.len() >= 12, "{}", log.len());
    for pair in log.windows(2) {
        let gap = pair[1].at.duration_since(pair[0].at);
        // The server stamps a request when its head is read, which may lag behind its start by a little.
        assert!(gap >= Duration::from_millis(100), "{gap:?} between {} and {}", pair[0].path, pair[1].path);
    }
}

#[test]
fn redirects_are_followed_hop_by_hop_within_scope() {
    let folder = tempfile::tempdir().unwrap();
    let site = Site::serve(vec![
        (HOST, "/x", Answer::status(301, &[("Location", "/y")])),
        (HOST, "/y", Answer::status(302, &[("Location", "http://elsewhere.example.com/z")])),
        (HOST, "/loop", Answer::status(302, &[("Location", "/loop?a")])),
        (HOST, "/loop?a", Answer::status(302, &[("Location", "/loop")])),
    ]);
    let output = crawl(folder.path(), &site, &[HOST], &[site.url(HOST, "/x"), site.url(HOST, "/loop")], "10ms");
    assert_eq!(site.times(HOST, "/y"), 1);
    assert_eq!(query(folder.path(), "SELECT count(*) || '' FROM url WHERE host LIKE '%elsewhere%'"), ["0"]);
    assert_eq!(site.times(HOST, "/loop"), 1, "{}", stderr(&output));
}

#[test]
fn private_addresses_are_opened_only_on_request() {
    let folder = tempfile::tempdir().unwrap();
    let site = Site::serve(vec![(HOST, "/x", Answer::html("x"))]);
    std::fs::create_dir(folder.path().join("seeds")).unwrap();
    let seed = format!(
        "province = \"四川\"\n[[seed]]\nurl = \"http://127.0.0.1:{}/x\"\nagency = \"某局\"\nkind = \"report\"\n",
        site.port()
    );
    std::fs::write(folder.path().join("seeds/a.toml"), seed).unwrap();
    let output = gongkai()
        .current_dir(folder.path())
        .args(["crawl", "--seeds", "seeds", "--archive", "a.sqlite"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(query(folder.path(), "SELECT outcome FROM url"), ["forbidden_address"]);
    assert!(site.log().is_empty());
}

#[test]
fn an_unchanged_page_is_asked_for_on_condition() {
    let folder = tempfile::tempdir().unwrap();
    let headers = vec![("Content-Type", "text/html".to_owned()), ("ETag", "\"1\"".to_owned())];
    let page = Answer::Page { status: 200, headers, body: "公开".repeat(300).into_bytes() };
    let site = Site::serve(vec![(HOST, "/list", page)]);
    let seeds = [site.url(HOST, "/list")];
    crawl(folder.path(), &site, &[HOST], &seeds, "10ms");
    // Nothing is due: the second run asks nothing.
    crawl(folder.path(), &site, &[HOST], &seeds, "10ms");
    assert_eq!(site.times(HOST, "/list"), 1);
    rusqlite::Connection::open(folder.path().join("a.sqlite"))
        .unwrap()
        .execute("UPDATE url SET due_at = first_seen_at", [])
        .unwrap();
    crawl(folder.path(), &site, &[HOST], &seeds, "10ms");
    assert_eq!(site.times(HOST, "/list"), 2);
    assert_eq!(
        query(folder.path(), "SELECT status || ' ' || coalesce(revisit_of, '-') FROM capture WHERE hop = 'seed'"),
        ["200 -", "304 2"]
    );
}

#[test]
fn a_host_that_hangs_holds_up_no_other() {
    let folder = tempfile::tempdir().unwrap();
    const SLOW: &str = "www.slow.gov.cn";
    let site = Site::serve(vec![(SLOW, "/x", Answer::Hang), (HOST, "/x", Answer::html("x"))]);
    let seeds = [site.url(SLOW, "/x"), site.url(HOST, "/x")];
    std::fs::write(folder.path().join("config.toml"), "[limits]\nconnect = \"1s\"\nfirst_byte = \"1s\"\ntries = 1\n")
        .unwrap();
    let output = crawl(folder.path(), &site, &[SLOW, HOST], &seeds, "10ms");
    assert_eq!(
        query(folder.path(), "SELECT outcome FROM url ORDER BY host"),
        ["captured", "timed_out"],
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_run_that_its_bounds_ended_says_so() {
    let folder = tempfile::tempdir().unwrap();
    // Listings whose rows are known already.
    let page = || {
        Answer::html("<a href='/x'>2022年政府信息公开工作年度报告</a><a href='/y'>2023年政府信息公开工作年度报告</a>")
    };
    let site = Site::serve(vec![(HOST, "/x", page()), (HOST, "/y", page())]);
    let seeds = [site.url(HOST, "/x"), site.url(HOST, "/y")];
    let bounded =
        |limit: &str, value: &str| crawl_with(folder.path(), &site, &[HOST], &seeds, &["--gap", "10ms", limit, value]);
    for (limit, value) in [("max_time", "0s"), ("max_pages", "1")] {
        let output = bounded(&format!("--{}", limit.replace('_', "-")), value);
        assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
        assert!(stderr(&output).contains(&format!("the limit {limit} kept addresses out")), "{}", stderr(&output));
    }
    // The last address is within its bound: nothing is left, and nothing said.
    let output = bounded("--max-pages", "1");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

/// Its pages are asked for and read one by one, and each says that it is not the whole.
#[test]
fn a_report_on_several_pages() {
    let title = "<title>莲都区水利局2023年政府信息公开工作年度报告</title>";
    let rows = |rows: &[&str]| rows.iter().map(|row| format!("<tr>{row}</tr>")).collect::<String>();
    let first = format!(
        "{title}<p>一、总体情况</p><p>二、主动公开政府信息情况</p><table>{}</table>",
        rows(&["<td>信息内容</td><td>本年处理决定数量</td>", "<td>行政许可</td><td>97</td>"])
    );
    let second = format!(
        "{title}<p>四、政府信息公开行政复议、行政诉讼情况</p><table>{}</table>",
        rows(&["<td>信息内容</td><td>本年处理决定数量</td>", "<td>行政处罚</td><td>13</td>"])
    );
    let third = format!("{title}<p>六、其他需要报告的事项</p><p>无。</p>");
    let called = |at: usize| format!("<script>createPageHTML(3, {at}, 't20240119_77001', 'html')</script>");
    let linked =
        |n: &[(&str, &str)]| n.iter().map(|(href, text)| format!("<a href={href}>{text}</a>")).collect::<String>();
    for (addresses, pagers) in [
        (
            ["/nb/t20240119_77001.html", "/nb/t20240119_77001_1.html", "/nb/t20240119_77001_2.html"],
            [called(0), called(1), called(2)],
        ),
        (
            ["/nb/612.html", "/nb/612_2.html", "/nb/612_3.html"],
            [
                linked(&[("612_2.html", "2"), ("612_3.html", "3"), ("612_2.html", "下一页")]),
                linked(&[("612.html", "上一页"), ("612.html", "1"), ("612_3.html", "下一页")]),
                linked(&[("612_2.html", "上一页"), ("612.html", "1"), ("612_2.html", "2")]),
            ],
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let list = format!(
            "<title>政府信息公开年报</title><a href='{}'>莲都区水利局2023年政府信息公开工作年度报告</a>",
            addresses[0]
        );
        let mut pages = vec![(HOST, "/nb/", Answer::html(list))];
        for ((address, text), pager) in addresses.into_iter().zip([&first, &second, &third]).zip(pagers) {
            pages.push((HOST, address, Answer::html(format!("{text}{pager}"))));
        }
        let site = Site::serve(pages);
        let output = crawl(folder.path(), &site, &[HOST], &[site.url(HOST, "/nb/")], "10ms");
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert_eq!(addresses.map(|address| site.times(HOST, address)), [1, 1, 1]);
        let read = "SELECT coalesce(r.year, 'no year') || ': '
             || coalesce((SELECT group_concat(v.indicator || ' ' || v.value) FROM value v WHERE v.report = r.id), 'nothing') || ', '
             || (SELECT group_concat(f.rule) FROM finding f WHERE f.report = r.id AND f.rule IN ('goes_on', 'part'))
             FROM report_current r ORDER BY r.capture";
        assert_eq!(
            query(folder.path(), read),
            [
                "2023: disclosure.licensing.decisions 97, goes_on",
                "no year: disclosure.penalties.decisions 13, goes_on,part",
                "no year: nothing, part"
            ]
        );
        assert_eq!(
            query(folder.path(), "SELECT count(*) || '' FROM url WHERE role = 'attachment' AND outcome = 'captured'"),
            ["2"]
        );
    }
}

#[test]
fn an_address_that_becomes_a_seed_leads_on() {
    let folder = tempfile::tempdir().unwrap();
    let list = "<a href='/1.html'>2023年政府信息公开工作年度报告</a>";
    let site = Site::serve(vec![(HOST, "/nb/", Answer::html(list)), (HOST, "/1.html", Answer::html("<p>公开</p>"))]);
    let column = site.url(HOST, "/nb/");
    let mut fetch = gongkai();
    fetch.current_dir(folder.path()).args(["fetch", "--archive", "a.sqlite", "--gap", "10ms", &column]);
    fetch.args(site.flags(&[HOST])).output().unwrap();
    assert_eq!(site.times(HOST, "/1.html"), 0);
    crawl(folder.path(), &site, &[HOST], &[column], "10ms");
    assert_eq!(site.times(HOST, "/1.html"), 1);
}

#[test]
fn a_trap_ends_under_the_name_of_its_rule() {
    let link = |href: &str| Answer::html(format!("<a href='{href}'>政府信息公开年报</a>"));
    let many: String = (0..13).map(|n| format!("&p{n}=1")).collect();
    for (name, href) in [("repeated segments", "/a/b/a/b/a/"), ("query parameters", &format!("/x?{}", &many[1..]))] {
        let folder = tempfile::tempdir().unwrap();
        let site = Site::serve(vec![(HOST, "/nb/", link(href))]);
        let output = crawl(folder.path(), &site, &[HOST], &[site.url(HOST, "/nb/")], "10ms");
        assert!(stderr(&output).contains(&format!("the limit {name} kept addresses out")), "{}", stderr(&output));
        assert_eq!(site.times(HOST, href), 0);
    }
}

#[test]
fn a_terminal_shows_how_far_the_run_is_and_a_file_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let listing: String = (0..6).map(|n| format!("<a href='/{n}'>2023年政府信息公开工作年度报告</a>")).collect();
    let mut script = vec![(HOST, "/list".to_owned(), Answer::html(listing))];
    let late = || Answer::Late(Duration::from_millis(500), Box::new(Answer::html("<p>公开</p>".repeat(50))));
    script.extend((0..6).map(|n| (HOST, format!("/{n}"), late())));
    let site = Site::serve(script.iter().map(|(host, path, answer)| (*host, path.as_str(), answer.clone())).collect());
    let run = command(folder.path(), &site, &[HOST], &[site.url(HOST, "/list")], &["--gap", "10ms"]);
    let words: Vec<String> = std::iter::once(run.get_program())
        .chain(run.get_args())
        .map(|word| format!("'{}'", word.to_string_lossy()))
        .collect();
    // A terminal of its own, from util-linux.
    let terminal =
        Command::new("script").current_dir(folder.path()).args(["-qec", &words.join(" "), "/dev/null"]).output();
    let Ok(terminal) = terminal else { return eprintln!("not run: there is no `script`") };
    let shown = stdout(&terminal);
    assert!(shown.contains(" due, ") && shown.contains(" a minute, 1 min left"), "{shown}");
    let written =
        command(folder.path(), &site, &[HOST], &[site.url(HOST, "/list")], &["--gap", "10ms"]).output().unwrap();
    assert!(!stderr(&written).contains(" a minute"), "{}", stderr(&written));
}

/// What a run that came to its end had before it is not looked through again: not at a million captures.
#[test]
fn a_run_reads_what_was_left_since_the_last() {
    use gongkai::archive::{self, Packer};
    use gongkai::store::{Access, Store};

    let folder = tempfile::tempdir().unwrap();
    let site = Site::serve(vec![(HOST, "/x", Answer::html("<p>x</p>"))]);
    let run = || {
        let output = crawl_with(folder.path(), &site, &[HOST], &[site.url(HOST, "/x")], &["--gap", "1ms", "--json"]);
        super::json(&output)["reread"].as_u64().unwrap()
    };
    assert_eq!(run(), 0);
    let store = Store::open(&folder.path().join("a.sqlite"), Access::Write).unwrap();
    let late = super::archive::exchange("http://late.gov.cn/", 200, b"<p>late</p>");
    store
        .write_blocking(move |tx| {
            // As where the parser failed on it.
            tx.execute("DELETE FROM page", [])?;
            archive::put(tx, &Packer::default(), &late, None).map(drop)
        })
        .unwrap();
    drop(store);
    // A run that has nothing to ask does not hide the one before it.
    assert_eq!((run(), run()), (1, 0));
    let read = "SELECT c.url FROM page p JOIN capture c ON c.id = p.capture";
    assert_eq!(query(folder.path(), read), ["http://late.gov.cn/"]);
}
