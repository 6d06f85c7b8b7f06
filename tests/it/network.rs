//! Every fault a network or a server can serve ends under its own name (promises N1 to N13), and the page beside it is had.

use std::io::Write;
use std::path::Path;
use std::process::Output;
use std::time::Duration;

use flate2::Compression;
use flate2::write::DeflateEncoder;

use super::crawl::{crawl, query};
use super::site::{Answer, Site};
use super::{gzip, stderr, stdout};

const HOST: &str = "rsj.faults.gov.cn";
const LIMITS: &str = "[limits]\nconnect = \"1s\"\nfirst_byte = \"1s\"\ntotal = \"3s\"\nbody_mib = 1\ntries = 1\n[pace]\ncool_down = \"1s\"\n";

/// Serves the answer beside an innocent page of the same host; what became of both, and how it was kept.
struct Seen {
    _folder: tempfile::TempDir,
    output: Output,
    outcome: String,
    truncated: Vec<String>,
    innocent: String,
    site: Site,
}

fn serve(answer: Answer) -> Seen {
    let folder = tempfile::tempdir().unwrap();
    let innocent = Answer::html("<p>公开</p>".repeat(50));
    let site = Site::serve(vec![(HOST, "/x", answer), (HOST, "/y", innocent)]);
    std::fs::write(folder.path().join("config.toml"), LIMITS).unwrap();
    let output = crawl(folder.path(), &site, &[HOST], &[site.url(HOST, "/x"), site.url(HOST, "/y")], "5ms");
    let outcome = |path: &str| {
        query(folder.path(), &format!("SELECT coalesce(outcome, 'unasked') FROM url WHERE address LIKE '%{path}'"))
            .concat()
    };
    let truncated = "SELECT coalesce(truncated, 'whole') FROM capture WHERE url LIKE '%/x'";
    Seen {
        outcome: outcome("/x"),
        innocent: outcome("/y"),
        truncated: query(folder.path(), truncated),
        output,
        site,
        _folder: folder,
    }
}

fn with_coding(coding: &str, body: Vec<u8>) -> Answer {
    Answer::Page {
        status: 200,
        headers: vec![("Content-Type", "text/html".into()), ("Content-Encoding", coding.into())],
        body,
    }
}

/// A gigabyte of zeros: 128 members of 8 MiB.
fn bomb() -> Vec<u8> {
    gzip(&vec![0; 8 << 20], 1).repeat(128)
}

fn page() -> Vec<u8> {
    "<p>公开</p>".repeat(400).into_bytes()
}

fn endless(begin: &str, piece: &[u8], pause: u64) -> Answer {
    Answer::Endless { begin: begin.into(), piece: piece.into(), pause: Duration::from_millis(pause) }
}

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n";

#[test]
fn every_fault_ends_under_its_name_and_spares_the_next_page() {
    let raw = |text: String| Answer::Raw(text.into_bytes());
    let chunk = format!("1000\r\n{}\r\n", "a".repeat(4_096));
    let mut bad_crc = gzip(&page(), 1);
    let end = bad_crc.len() - 6;
    bad_crc[end] ^= 0xFF;
    let deflated = {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&page()).unwrap();
        encoder.finish().unwrap()
    };
    let cut_gzip = gzip(&page(), 1)[..40].to_vec();
    for (name, answer, outcome, truncated) in [
        ("a body that drips", endless(&format!("{OK}Content-Length: 9999\r\n\r\n"), b"a", 100), "timed_out", "time"),
        ("a head that drips", endless("HTTP/1.1 200 OK\r\nX: ", b"a", 100), "timed_out", ""),
        ("no answer", Answer::Hang, "timed_out", ""),
        (
            "endless slow chunks",
            endless(&format!("{OK}Transfer-Encoding: chunked\r\n\r\n"), b"1\r\na\r\n", 100),
            "timed_out",
            "time",
        ),
        (
            "endless fast chunks",
            endless(&format!("{OK}Transfer-Encoding: chunked\r\n\r\n"), chunk.as_bytes(), 0),
            "too_large",
            "length",
        ),
        ("a body without end or length", endless(&format!("{OK}\r\n"), &[b'a'; 65_536], 0), "too_large", "length"),
        (
            "a body beyond the limit",
            raw(format!("{OK}Content-Length: 3000000\r\n\r\n{}", "a".repeat(3_000_000))),
            "too_large",
            "length",
        ),
        ("a header of 10 MB", raw(format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "a".repeat(10 << 20))), "bad_http", ""),
        ("headers without end", endless("HTTP/1.1 200 OK\r\n", "X: a\r\n".repeat(1_000).as_bytes(), 0), "bad_http", ""),
        ("a gzip bomb", with_coding("gzip", bomb()), "too_large", "length"),
        ("a gzip bomb within the size", with_coding("gzip", gzip(&vec![0; 64 << 20], 1)), "bad_coding", "whole"),
        ("a double gzip bomb", with_coding("gzip, gzip", gzip(&bomb(), 1)), "bad_coding", "whole"),
        ("a gzip cut where its length says", with_coding("gzip", cut_gzip), "bad_coding", "whole"),
        ("a gzip with a wrong checksum", with_coding("gzip", bad_crc), "bad_coding", "whole"),
        ("a coding nobody knows", with_coding("compress", page()), "bad_coding", "whole"),
        ("raw deflate", with_coding("deflate", deflated), "captured", "whole"),
        (
            "gzip in two members",
            with_coding("gzip", [gzip(&page(), 1), gzip(&page(), 1)].concat()),
            "captured",
            "whole",
        ),
        (
            "gzip with a line behind it",
            with_coding("gzip", [&gzip(&page(), 1)[..], b"\r\n"].concat()),
            "captured",
            "whole",
        ),
        ("a page that is only called gzip", with_coding("gzip", page()), "captured", "whole"),
        ("a folded head", raw(format!("{OK}X-A: b\r\n c\r\n\r\n<p>x")), "captured", "whole"),
        ("a head with a name that is none", raw(format!("{OK}X 公开: b\r\n\r\n<p>x")), "captured", "whole"),
        ("a part nobody asked for", Answer::status(206, &[("Content-Range", "bytes 0-0/9")]), "unasked_part", "whole"),
        ("cut by length", raw(format!("{OK}Content-Length: 100\r\n\r\nonly this")), "disconnected", "disconnect"),
        (
            "cut in a chunk",
            raw(format!("{OK}Transfer-Encoding: chunked\r\n\r\n10\r\nabc")),
            "disconnected",
            "disconnect",
        ),
        (
            "a chunk of a wrong size",
            raw(format!("{OK}Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n")),
            "disconnected",
            "disconnect",
        ),
        ("two lengths", raw(format!("{OK}Content-Length: 1\r\nContent-Length: 2\r\n\r\nx")), "bad_http", ""),
        (
            "more after the body",
            raw(format!("{OK}Content-Length: 1\r\n\r\nxHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison")),
            "captured",
            "whole",
        ),
        ("a redirect to nowhere", Answer::status(302, &[]), "no_location", "whole"),
        (
            "a redirect to another scheme",
            Answer::status(302, &[("Location", "ftp://rsj.faults.gov.cn/")]),
            "redirected",
            "whole",
        ),
        (
            "a challenge in a script",
            Answer::html(
                "<script>document.cookie=('__jsl_clearance')+('=1');location.href=location.pathname+location.search</script>",
            ),
            "wall",
            "whole",
        ),
        ("a challenge with 412", Answer::status(412, &[]), "wall", "whole"),
        ("a wall of 521", Answer::status(521, &[("Set-Cookie", "__jsluid_h=1")]), "wall", "whole"),
    ] {
        let seen = serve(answer);
        let said = stderr(&seen.output);
        assert_eq!(seen.outcome, outcome, "{name}: {said}");
        assert_eq!(seen.truncated.concat(), truncated, "{name}: {said}");
        // A wall stops work on its host; nothing else does.
        if outcome != "wall" {
            assert_eq!(seen.innocent, "captured", "the page beside {name}: {said}");
        }
        assert!(
            !said.contains("panicked") && seen.output.status.code().is_some(),
            "{name}: {said}{}",
            stdout(&seen.output)
        );
        assert!(seen.site.times(HOST, "/x") <= 1, "{name} was asked for again");
    }
}

/// 521 and 567 are failures by their number; asking a second time would be knocking.
#[test]
fn a_wall_is_asked_once_whatever_its_status() {
    let wall = |status: u16| Answer::Page {
        status,
        headers: vec![("Content-Type", "text/html".into())],
        body: "<p>当前访问疑似黑客攻击</p>".into(),
    };
    for (answer, times) in [(wall(521), 1), (wall(567), 1), (Answer::status(567, &[]), 2)] {
        let folder = tempfile::tempdir().unwrap();
        let site = Site::serve(vec![(HOST, "/x", answer)]);
        crawl(folder.path(), &site, &[HOST], &[site.url(HOST, "/x")], "5ms");
        assert_eq!(site.times(HOST, "/x"), times);
    }
}

/// The home page in a report's place; a column may well lead there.
#[test]
fn a_report_that_leads_home_is_gone() {
    let row = "<a href=/nb/1.html>2023年政府信息公开工作年度报告</a><a href=/nb/>政府信息公开年报</a>";
    let home = || Answer::status(302, &[("Location", "/index.html")]);
    let script = vec![(HOST, "/x", Answer::html(row)), (HOST, "/nb/1.html", home()), (HOST, "/nb/", home())];
    let folder = tempfile::tempdir().unwrap();
    crawled(folder.path(), script, "/x");
    let outcomes = query(folder.path(), "SELECT outcome FROM url WHERE address LIKE '%/nb/%' ORDER BY address DESC");
    assert_eq!(outcomes, ["soft_404", "redirected"]);
}

fn crawled(folder: &Path, script: Vec<(&str, &str, Answer)>, path: &str) -> (Site, Output) {
    let site = Site::serve(script);
    std::fs::write(folder.join("config.toml"), LIMITS).unwrap();
    let output = crawl(folder, &site, &[HOST], &[site.url(HOST, path)], "5ms");
    (site, output)
}

#[test]
fn a_location_in_raw_gbk_is_followed_octet_by_octet() {
    let folder = tempfile::tempdir().unwrap();
    let moved = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: /\xB9\xAB\xBF\xAA/\r\n\r\n".to_vec();
    let script = vec![(HOST, "/x", Answer::Raw(moved)), (HOST, "/%B9%AB%BF%AA/", Answer::html("<p>公开</p>"))];
    let (site, output) = crawled(folder.path(), script, "/x");
    assert_eq!(site.times(HOST, "/%B9%AB%BF%AA/"), 1, "{}", stderr(&output));
}

#[test]
fn a_chain_of_redirects_ends_by_its_limit() {
    let folder = tempfile::tempdir().unwrap();
    let paths: Vec<(String, String)> = (0..40).map(|n| (format!("/hop{n}"), format!("/hop{}", n + 1))).collect();
    let script = paths.iter().map(|(from, to)| (HOST, from.as_str(), Answer::status(302, &[("Location", to)])));
    let (site, _) = crawled(folder.path(), script.collect(), "/hop0");
    assert_eq!(site.log().iter().filter(|asked| asked.path.starts_with("/hop")).count(), 11);
    let last = query(folder.path(), "SELECT outcome FROM url ORDER BY id DESC LIMIT 1");
    assert_eq!(last, ["too_many_redirects"]);
}

#[test]
fn a_session_is_brought_back_and_never_kept() {
    let refresh = "<meta http-equiv=\"refresh\" content=\"0\">";
    for reload in [None, Some(refresh), Some("<script>window.location.reload()</script>")] {
        let folder = tempfile::tempdir().unwrap();
        let session = Answer::Session { cookie: "SERVERID=s3cret", reload, body: "<p>公开</p>".repeat(50) };
        let (site, output) = crawled(folder.path(), vec![(HOST, "/x", session)], "/x");
        assert_eq!(query(folder.path(), "SELECT outcome FROM url"), ["captured"], "{}", stderr(&output));
        assert_eq!(site.times(HOST, "/x"), 2, "{reload:?}");
        let kept = query(folder.path(), "SELECT CAST(request_headers AS TEXT) FROM capture").concat();
        assert!(kept.contains("User-Agent") && !kept.to_ascii_lowercase().contains("cookie"), "{kept}");
    }
}

#[test]
fn a_flood_of_cookies_makes_no_flood_of_requests() {
    let folder = tempfile::tempdir().unwrap();
    let flood: String = (0..90).map(|n| format!("Set-Cookie: c{n}={}\r\n", "x".repeat(3_000))).collect();
    let links = "<a href='/1.html'>2023年政府信息公开工作年度报告</a>";
    let answer = format!("{OK}{flood}Content-Length: {}\r\n\r\n{links}", links.len());
    let (site, output) = crawled(folder.path(), vec![(HOST, "/x", Answer::Raw(answer.into_bytes()))], "/x");
    let log = site.log();
    let next = log.iter().find(|asked| asked.path == "/1.html").unwrap_or_else(|| panic!("{}", stderr(&output)));
    assert!(next.head.contains("c0=") && next.head.len() < 16_384, "{}", next.head.len());
}

#[test]
fn a_host_that_fails_again_and_again_is_left_alone_and_probed_once() {
    let folder = tempfile::tempdir().unwrap();
    let links: String = (0..12).map(|n| format!("<a href='/{n}.html'>2023年政府信息公开工作年度报告</a>")).collect();
    let paths: Vec<String> = (0..12).map(|n| format!("/{n}.html")).collect();
    let mut script = vec![(HOST, "/x", Answer::html(links))];
    script.extend(paths.iter().map(|path| (HOST, path.as_str(), Answer::status(500, &[]))));
    let site = Site::serve(script);
    std::fs::write(folder.path().join("config.toml"), "[limits]\ntries = 1\n").unwrap();
    let seeds = [site.url(HOST, "/x")];
    let failed = || site.log().iter().filter(|asked| asked.path.ends_with(".html")).count();
    let output = crawl(folder.path(), &site, &[HOST], &seeds, "2ms");
    assert_eq!(failed(), 5, "{}", stderr(&output));
    assert!(stderr(&output).contains("is left alone for a while: server_error"), "{}", stderr(&output));
    assert_eq!(output.status.code(), Some(3));
    crawl(folder.path(), &site, &[HOST], &seeds, "2ms");
    assert_eq!(failed(), 5, "the circuit is open");
    let wait = "UPDATE host SET blocked_until = '2020-01-01T00:00:00.000Z'";
    rusqlite::Connection::open(folder.path().join("a.sqlite")).unwrap().execute(wait, []).unwrap();
    crawl(folder.path(), &site, &[HOST], &seeds, "2ms");
    assert_eq!(failed(), 6, "one request is the probe");
}
