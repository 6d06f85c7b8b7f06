//! What is known of each agency and year, and what a run changed in it: the site changes between two runs.

use std::path::Path;

use gongkai::demo::form::{self, Markup};
use gongkai::demo::numbers::{self, Numbers};
use gongkai::demo::page::sections;
use gongkai::parse::Edition;
use gongkai::store::{Access, Store};
use serde_json::Value;

use super::crawl::query;
use super::site::{Answer, Site};
use super::{gongkai, stderr, stdout};

const HOST: &str = "rsj.covered.gov.cn";
const WALLED: &str = "www.walled.gov.cn";
const AGENCY: &str = "平潭综合实验区";

fn report(year: u16, change: (&str, &str)) -> String {
    let numbers = Numbers::of(Edition::Y2021, numbers::PINGTAN_2023);
    let markup = Markup::default();
    let (two, three, four) = (form::two(&numbers, markup), form::three(&numbers, markup), form::four(&numbers, markup));
    let text = sections("概况", &two, &three, &four).replace(change.0, change.1);
    format!(
        "<title>{AGENCY}{year}年政府信息公开工作年度报告</title><h1>{AGENCY}{year}年政府信息公开工作年度报告</h1>{text}"
    )
}

fn site() -> Site {
    let row = |year: u16| format!("<li><a href='/{year}.html'>{AGENCY}{year}年政府信息公开工作年度报告</a></li>");
    let listing: String = (2020..=2024).map(row).collect();
    Site::serve(vec![
        (HOST, "/nb/", Answer::html(listing)),
        (HOST, "/2021.html", Answer::html("<p>近日召开会议，研究部署有关工作。</p>".repeat(20))),
        (HOST, "/2022.html", Answer::html(report(2022, ("", "")))),
        (HOST, "/2023.html", Answer::html(report(2023, ("", "")))),
        (HOST, "/2024.html", {
            let body = report(2024, ("", ""));
            let cut = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 999999\r\n\r\n{body}"
            );
            Answer::Raw(cut.into_bytes())
        }),
        (WALLED, "/nb/", Answer::status(412, &[])),
    ])
}

fn crawl(folder: &Path, site: &Site) -> (Value, String) {
    std::fs::create_dir_all(folder.join("seeds")).unwrap();
    let seed = |host: &str, agency: &str| {
        format!("[[seed]]\nurl = \"{}\"\nagency = \"{agency}\"\nkind = \"listing\"\n", site.url(host, "/nb/"))
    };
    let seeds = format!("province = \"福建\"\n{}{}", seed(HOST, AGENCY), seed(WALLED, "某厅"));
    std::fs::write(folder.join("seeds/a.toml"), seeds).unwrap();
    std::fs::write(
        folder.join("config.toml"),
        "[limits]\ntries = 1\n[notify]\ncommand = [\"tee\", \"notified.json\"]\n",
    )
    .unwrap();
    let mut command = gongkai();
    command.current_dir(folder).args(["crawl", "--archive", "a.sqlite", "--gap", "2ms", "--json"]);
    let output = command.args(site.flags(&[HOST, WALLED])).output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    let printed = stdout(&output);
    // `tee` says it once more.
    let json = printed.lines().next().unwrap_or_default().split("}{").next().unwrap();
    let said = std::fs::read_to_string(folder.join("notified.json")).unwrap();
    assert!(json.starts_with(&said[..said.len() - 1]), "{said}\n{json}");
    (serde_json::from_str(&said).unwrap(), stderr(&output))
}

fn states(folder: &Path) -> Vec<String> {
    query(
        folder,
        "SELECT agency || ' ' || year || ' ' || state FROM coverage WHERE year BETWEEN 2019 AND 2024 ORDER BY agency DESC, year",
    )
}

#[test]
fn every_year_has_its_state_and_every_change_is_told() {
    let (folder, site) = (tempfile::tempdir().unwrap(), site());
    let folder = folder.path();
    let (first, said) = crawl(folder, &site);
    let years = |list: &Value| list.as_array().unwrap().iter().map(|r| r["year"].as_i64().unwrap()).collect::<Vec<_>>();
    assert_eq!(years(&first["changes"]["new"]), [2022, 2023, 2024], "{said}");
    assert!(said.contains("3 new reports"), "{said}");
    let blocked = &first["blocked"][format!("{WALLED}:{}", site.port())];
    assert_eq!(blocked["agencies"][0], "某厅", "{said}");
    assert!(said.contains("what a person may try"), "{said}");
    let last = i64::from(jiff::tz::Offset::constant(8).to_datetime(jiff::Timestamp::now()).year()) - 1;
    let mut expected: Vec<String> =
        [(2019, "expected"), (2020, "expected"), (2021, "found"), (2022, "read"), (2023, "read"), (2024, "doubtful")]
            .map(|(year, state)| format!("{AGENCY} {year} {state}"))
            .to_vec();
    expected.extend((2019..=2024.min(last)).map(|year| format!("某厅 {year} blocked")));
    let mut found = states(folder);
    found.sort();
    expected.sort();
    assert_eq!(found, expected);

    site.change(HOST, "/2022.html", Answer::status(404, &[]));
    site.change(HOST, "/2023.html", Answer::html(report(2023, (">81<", ">83<"))));
    let due = "UPDATE url SET due_at = first_seen_at; UPDATE host SET blocked_until = NULL";
    rusqlite::Connection::open(folder.join("a.sqlite")).unwrap().execute_batch(due).unwrap();
    let (second, said) = crawl(folder, &site);
    let changes = &second["changes"];
    assert_eq!(years(&changes["new"]), [0i64; 0], "{said}");
    assert_eq!(years(&changes["withdrawn"]), [2022]);
    assert_eq!(years(&changes["revised"]), [2023]);
    let cells = changes["revised"][0]["cells"].as_array().unwrap();
    assert!(cells.iter().any(|cell| cell["before"] == "number 81" && cell["after"] == "number 83"), "{cells:?}");
    assert!(said.contains("WITHDRAWN") && said.contains("REVISED"), "{said}");
    // Both captures are there as exhibits.
    let exhibits = changes["revised"][0]["before"].as_i64().unwrap();
    assert_eq!(query(folder, &format!("SELECT count(*) || '' FROM report WHERE capture = {exhibits}")), ["1"]);
    let shown =
        gongkai().current_dir(folder).args(["show", AGENCY, "2023", "--captures", "--archive", "a.sqlite"]).output();
    let shown = stdout(&shown.unwrap());
    let rows: Vec<&str> = shown.lines().collect();
    assert!(rows.len() == 2 && rows[0].trim_start().starts_with(&format!("{exhibits} ")), "{shown}");
    assert!(rows[1].ends_with("the one that is shown") && !rows[0].contains("the one"), "{shown}");
    assert!(states(folder).contains(&format!("{AGENCY} 2022 withdrawn")));
    let kept = query(folder, "SELECT summary FROM crawl ORDER BY id DESC LIMIT 1").concat();
    assert_eq!(serde_json::from_str::<Value>(&kept).unwrap(), second);

    let list = gongkai().current_dir(folder).args(["list", "--archive", "a.sqlite", "--reasons"]).output().unwrap();
    let list = stdout(&list);
    assert!(list.contains("2021x") && list.contains("2021?") && list.contains("某厅 2023: blocked (wall"), "{list}");
    the_pages_say_the_same(folder);
}

/// The table of years on the first page has its states from the view that the list and the export have them from.
fn the_pages_say_the_same(folder: &Path) {
    let serving = super::pages::serve(&folder.join("a.sqlite"));
    let head = format!("GET /api/coverage HTTP/1.1\r\nHost: {}", serving.address);
    let answer: Value = serde_json::from_str(&super::pages::send(serving.address, &head, "").body).unwrap();
    let mut told = Vec::new();
    let mut coarse = std::collections::BTreeSet::new();
    for line in answer["lines"].as_array().unwrap() {
        for (year, standing) in line["years"].as_object().unwrap() {
            let (known, state) = (standing["known"].as_str().unwrap(), standing["state"].as_str().unwrap());
            told.push(format!("{} {year} {known}", line["agency"].as_str().unwrap()));
            coarse.insert(format!("{known} {state}"));
        }
    }
    told.sort();
    let from = answer["years"][0].as_i64().unwrap();
    let mut viewed = query(
        folder,
        &format!("SELECT agency || ' ' || year || ' ' || state FROM coverage WHERE year >= {from} ORDER BY 1"),
    );
    viewed.sort();
    assert_eq!(told, viewed);
    assert_eq!(from, 2021, "the first year of which more is known than that nothing was seen");
    for expected in ["found unread", "doubtful with_findings", "blocked blocked", "withdrawn consistent"] {
        assert!(coarse.contains(expected), "{expected}: {coarse:?}");
    }
}

#[test]
fn a_run_that_reads_nothing_says_so_loudly() {
    let folder = tempfile::tempdir().unwrap();
    let site = Site::serve(vec![(HOST, "/nb/", Answer::html("<div id=app></div>".to_owned()))]);
    let output = super::crawl::crawl(folder.path(), &site, &[HOST], &[site.url(HOST, "/nb/")], "2ms");
    assert_eq!(output.status.code(), Some(3));
    assert!(stderr(&output).contains("NOTHING WAS READ: 1 page came"), "{}", stderr(&output));
}

/// A text that names no agency; where it names no year either, nothing of it can stand in a table of agencies by year.
fn unsigned(year: &str) -> String {
    let text = report(2023, ("", "")).replace(&format!("{AGENCY}2023年"), year).replace(AGENCY, "本单位");
    assert!(!text.contains(AGENCY), "{text}");
    text
}

#[test]
fn a_report_without_an_agency_is_seen_where_reports_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.sqlite");
    let store = Store::open(&path, Access::Write).unwrap();
    let put = |name: &str, body: &str| super::pages::put(&store, &format!("http://a.gov.cn/{name}.html"), body);
    let named = put("named", &report(2022, ("", "")));
    let alone = put("alone", &unsigned("2022年"));
    // Two of one year, one of which was read twice; and one without a year.
    put("twice", &unsigned("2023年").replace(">81<", ">83<"));
    let (twice, other) = (put("twice", &unsigned("2023年")), put("other", &unsigned("2023年")));
    let undated = put("undated", &unsigned(""));
    drop(store);
    let listed = |more: &[&str]| {
        let words = [&["list", "--archive", "a.sqlite"][..], more].concat();
        stdout(&gongkai().current_dir(folder.path()).args(words).output().unwrap())
    };
    let table = listed(&["--reasons"]);
    let row: Vec<&str> = table
        .lines()
        .find(|line| line.contains("(no agency found)"))
        .unwrap()
        .split(['│', '┆'])
        .map(str::trim)
        .collect();
    assert_eq!(row[1..row.len() - 1], ["(no agency found)", "2021", "2 reports", "2021"], "{table}");
    assert!(table.contains("2022: read (no agency was found in its text) http://a.gov.cn/alone.html"), "{table}");
    let json = listed(&["--json"]);
    let lines = json.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let told: Vec<(i64, i64)> = lines
        .filter(|line| line["agency"].is_null())
        .map(|line| (line["year"].as_i64().unwrap_or_default(), line["capture"].as_i64().unwrap()))
        .collect();
    assert_eq!(told, [(2022, alone), (2023, twice), (2023, other), (0, undated)]);

    let serving = super::pages::serve(&path);
    let get = |path: &str| {
        let head = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nAccept-Language: en", serving.address);
        super::pages::send(serving.address, &head, "")
    };
    let first = get("/").body;
    let row = first.lines().find(|line| line.contains("(no agency found)")).unwrap();
    assert!(row.contains("<a href=\"/unnamed\">(no agency found)</a>"), "{row}");
    // One by itself is led to; several are listed.
    assert!(row.contains(&format!("href=\"/report/{alone}\"")) && row.matches("/unnamed").count() == 2, "{row}");
    let list = get("/unnamed");
    assert_eq!(list.status, 200);
    for capture in [alone, twice, other, undated] {
        assert!(list.body.contains(&format!("href=\"/report/{capture}\"")), "{capture}: {}", list.body);
        let shown = get(&format!("/report/{capture}")).body;
        assert!(shown.contains("<a href=\"/unnamed\">(no agency found)</a>"), "{capture}");
    }
    assert!(!list.body.contains(&format!("/report/{named}\"")), "{}", list.body);
    let answer: Value = serde_json::from_str(&get("/api/unnamed").body).unwrap();
    assert_eq!(answer["total"], 4);
    // No page leads to an address that is refused.
    for page in ["/", "/unnamed", "/findings", "/compare", &format!("/report/{alone}")] {
        let body = get(page).body;
        for address in body.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            if address.starts_with('/') {
                let address = address.replace("&amp;", "&").replace("&#38;", "&");
                assert_eq!(get(&address).status, 200, "{page} leads to {address}");
            }
        }
    }
}
