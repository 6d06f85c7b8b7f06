//! The program as a user meets it.

use std::path::Path;

use super::site::{Answer, Site};
use super::{gongkai, json, shared, stderr, stdout};

fn parse(file: &Path) -> serde_json::Value {
    let output = gongkai().arg("parse").arg(file).arg("--json").output().unwrap();
    assert!(matches!(output.status.code(), Some(0 | 3)), "{}", stderr(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn of_rule<'a>(reading: &'a serde_json::Value, rule: &str) -> Vec<&'a serde_json::Value> {
    reading["report"]["findings"].as_array().unwrap().iter().filter(|finding| finding["rule"] == rule).collect()
}

#[test]
fn the_sichuan_document() {
    let Some(shared) = shared() else { return };
    let reading = parse(&shared.join("documents/000_a81d4d537cd9775d.txt"));
    let report = &reading["report"];
    assert_eq!(report["agency"], "四川省人力资源和社会保障厅");
    assert_eq!(
        (&report["year"], &report["edition"], &report["region"]),
        (&2023.into(), &"2021".into(), &"510000".into())
    );
    assert_eq!(reading["page"]["title"], "四川省人力资源和社会保障厅2023年政府信息公开工作年度报告");
    assert_eq!(reading["page"]["published"], "2023-12-29");
    assert_eq!(report["values"].as_array().unwrap().len(), 185);
    // Table four: five tokens for fifteen columns are reported and not assigned.
    let ambiguous = of_rule(&reading, "ambiguous");
    assert_eq!(ambiguous.len(), 1);
    assert!(ambiguous[0]["detail"].as_str().unwrap().contains("2 2 1 1 2"), "{}", ambiguous[0]);
    for (rule, holds) in [("balance", 7), ("outcomes", 7), ("applicants", 25)] {
        let found = of_rule(&reading, rule);
        assert_eq!(
            (found.len(), found.iter().filter(|finding| finding["verdict"] == "pass").count()),
            (holds, holds),
            "{rule}"
        );
    }
    let claims: Vec<&str> = of_rule(&reading, "narrative")
        .iter()
        .filter(|claim| claim["verdict"] == "pass")
        .filter_map(|claim| claim["left"].as_str())
        .collect();
    assert!(claims.contains(&"154") && claims.contains(&"19"), "{claims:?}");
}

#[test]
fn the_hangzhou_document() {
    let Some(shared) = shared() else { return };
    let reading = parse(&shared.join("documents/003_5aa71cea5d71a232.txt"));
    let report = &reading["report"];
    assert_eq!(report["agency"], "杭州市人力资源和社会保障局");
    assert_eq!(
        (&report["year"], &report["edition"], &report["region"]),
        (&2023.into(), &"2021".into(), &"330100".into())
    );
    assert_eq!(reading["page"]["title"], serde_json::Value::Null, "none is printed");
    assert_eq!(
        (&reading["page"]["published"], &reading["page"]["index_number"]),
        (&"2024-01-19".into(), &"580267448/2024-276400".into())
    );
    assert_eq!(report["values"].as_array().unwrap().len(), 200);
    assert!(
        report["findings"].as_array().unwrap().iter().all(|finding| finding["verdict"] == "pass"),
        "{}",
        report["findings"]
    );
    let claims: Vec<&str> = of_rule(&reading, "narrative").iter().filter_map(|claim| claim["left"].as_str()).collect();
    assert!(["50", "7", "3"].iter().all(|claim| claims.contains(claim)), "{claims:?}");
}

#[test]
fn a_value_points_at_its_bytes() {
    let folder = tempfile::tempdir().unwrap();
    for page in gongkai::demo::pages().into_iter().filter(|page| page.host.contains("sc.gov.cn")) {
        let file = folder.path().join("page.html");
        std::fs::write(&file, &page.body).unwrap();
        let reading = parse(&file);
        for value in reading["report"]["values"].as_array().into_iter().flatten() {
            let bytes = &value["place"]["bytes"];
            let (start, end) = (bytes[0].as_u64().unwrap() as usize, bytes[1].as_u64().unwrap() as usize);
            let cell = &page.body[start..end];
            assert!(cell.starts_with(b"<td") && cell.ends_with(b"</td>"));
            let inside = String::from_utf8_lossy(cell).into_owned();
            assert!(inside.contains(&format!(">{}<", value["text"].as_str().unwrap())), "{inside}");
        }
    }
}

#[test]
fn fetch_prints_a_report_for_a_person_and_as_json() {
    let folder = tempfile::tempdir().unwrap();
    const HOST: &str = "rst.sc.gov.cn";
    let page = gongkai::demo::pages().into_iter().find(|page| page.path.contains("e8437c55")).unwrap();
    let answer = Answer::Page { status: 200, headers: vec![("Content-Type", "text/html".into())], body: page.body };
    let site =
        Site::serve(vec![(HOST, "/r.shtml", answer), (HOST, "/old", Answer::status(302, &[("Location", "/r.shtml")]))]);
    let fetch = |path: &str, more: &[&str]| {
        let mut command = gongkai();
        command.current_dir(folder.path()).args([
            "fetch",
            &site.url(HOST, path),
            "--archive",
            "a.sqlite",
            "--gap",
            "10ms",
        ]);
        command.args(site.flags(&[HOST])).args(more).output().unwrap()
    };
    let output = fetch("/old", &[]);
    let said = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{said}{}", stderr(&output));
    for words in
        ["四川省人力资源和社会保障厅", "2023", "行政规范性文件", "结转下年度继续办理", "复议后起诉", "findings"]
    {
        assert!(said.contains(words), "{words}\n{said}");
    }
    let reading: serde_json::Value = serde_json::from_slice(&fetch("/r.shtml", &["--json"]).stdout).unwrap();
    assert_eq!(reading["source"]["status"], 200);
    assert_eq!(reading["decoded"]["encoding"], "gb18030");
    let missing = fetch("/none", &[]);
    assert_eq!(missing.status.code(), Some(3));
    assert!(stderr(&missing).contains("not_found"), "{}", stderr(&missing));
}

#[test]
fn an_address_that_the_user_opened_may_be_fetched() {
    let folder = tempfile::tempdir().unwrap();
    let site = Site::serve(vec![("127.0.0.1", "/x", Answer::html("x"))]);
    let fetch = |more: &[&str]| {
        let url = format!("http://127.0.0.1:{}/x", site.port());
        gongkai()
            .current_dir(folder.path())
            .args(["fetch", &url, "--archive", "a.sqlite", "--gap", "10ms"])
            .args(more)
            .output()
            .unwrap()
    };
    assert!(stderr(&fetch(&[])).contains("out_of_scope"));
    assert!(site.log().is_empty());
    fetch(&["--allow-net", "127.0.0.0/8"]);
    assert_eq!(site.times("127.0.0.1", "/x"), 1);
}

#[test]
fn a_host_out_of_scope_is_not_asked() {
    let folder = tempfile::tempdir().unwrap();
    let output = gongkai()
        .current_dir(folder.path())
        .args(["fetch", "http://saintpaulhem.com/x", "--archive", "a.sqlite"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(stderr(&output).contains("out_of_scope"), "{}", stderr(&output));
}

#[test]
fn what_is_not_there_is_said_plainly() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, status, words) in [
        (&["verify", "--archive", "none.sqlite"][..], 1, "there is no archive at none.sqlite"),
        (&["parse", "none.html"], 1, "none.html can't be read"),
        (&["crawl", "--config", "none.toml"], 2, "none.toml: can't be read"),
        (&["frobnicate"], 2, "unrecognized subcommand"),
        (&["export", "csv"], 2, "--out"),
    ] {
        let output = gongkai().current_dir(folder.path()).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(status), "{arguments:?}");
        assert!(stderr(&output).contains(words), "{arguments:?}: {}", stderr(&output));
    }
    std::fs::write(folder.path().join("bad.sqlite"), "this is not a database, whatever its name says").unwrap();
    let output = gongkai().current_dir(folder.path()).args(["verify", "--archive", "bad.sqlite"]).output().unwrap();
    assert_eq!(output.status.code(), Some(7), "{}", stderr(&output));
}

#[test]
fn robots_says_which_rule_decides() {
    let folder = tempfile::tempdir().unwrap();
    let site = Site::serve(vec![
        ("rsj.test.gov.cn", "/robots.txt", Answer::Raw(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 77\r\nConnection: close\r\n\r\nUser-agent: *\nDisallow: /nb/*.pdf$\nAllow: /nb/2023*.pdf\nCrawl-delay: 4\nXX: 1\n".to_vec())),
        ("down.test.gov.cn", "/robots.txt", Answer::status(503, &[])),
    ]);
    let hosts = ["rsj.test.gov.cn", "down.test.gov.cn"];
    let ask = |url: &str| {
        let mut command = gongkai();
        command.current_dir(folder.path()).args(["--archive", "a.sqlite", "robots", url]).args(site.flags(&hosts));
        let output = command.output().unwrap();
        (output.status.code().unwrap(), stdout(&output))
    };
    let (code, said) = ask(&site.url(hosts[0], "/nb/1.pdf"));
    assert_eq!(code, 1, "{said}");
    assert!(
        said.contains("not allowed: line 2 decides, disallow: /nb/*.pdf$") && said.contains("crawl-delay 4 s"),
        "{said}"
    );
    let (code, said) = ask(&site.url(hosts[0], "/nb/2023a.pdf"));
    assert!(code == 0 && said.contains("allowed: line 3 decides"), "{said}");
    assert_eq!(ask(&site.url(hosts[0], "/nb/1.html")).0, 0);
    // Known for a day: asked for once.
    assert_eq!(site.times(hosts[0], "/robots.txt"), 1);
    let (code, said) = ask(&site.url(hosts[1], "/"));
    assert!(code == 1 && said.contains("robots_unreachable"), "{said}");
    let as_json = |url: &str| {
        let mut command = gongkai();
        command.current_dir(folder.path()).args(["--archive", "a.sqlite", "robots", "--json", url]);
        let output = command.args(site.flags(&hosts)).output().unwrap();
        (output.status.code().unwrap(), json(&output))
    };
    let (code, said) = as_json(&site.url(hosts[0], "/nb/1.pdf"));
    assert_eq!((code, &said["allowed"], &said["line"]), (1, &false.into(), &2.into()), "{said}");
    assert_eq!((&said["rule"], &said["crawl_delay_ms"]), (&"disallow: /nb/*.pdf$".into(), &4_000.into()), "{said}");
    let (code, said) = as_json(&site.url(hosts[0], "/nb/1.html"));
    assert_eq!((code, &said["allowed"], &said["line"]), (0, &true.into(), &serde_json::Value::Null), "{said}");
    let (code, said) = as_json(&site.url(hosts[1], "/"));
    assert_eq!((code, &said["allowed"], &said["outcome"]), (1, &false.into(), &"robots_unreachable".into()), "{said}");
    std::fs::write(folder.path().join("r.txt"), "User-agent: bai\nDisallow: /\n").unwrap();
    for (agent, status) in [("bai", 1), ("other", 0)] {
        let mut command = gongkai();
        command.current_dir(folder.path()).args(["robots", "--file", "r.txt", "--agent", agent, "/x"]);
        assert_eq!(command.status().unwrap().code(), Some(status), "{agent}");
    }
}
