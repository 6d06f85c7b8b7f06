//! `prove`, `check`, `show`: the data set held against the bytes and against itself.

use std::path::Path;
use std::process::Output;

use super::{gongkai, json, stderr, stdout};

fn run(folder: &Path, arguments: &[&str]) -> Output {
    gongkai().current_dir(folder).args(["--archive", "gongkai-demo.sqlite"]).args(arguments).output().unwrap()
}

fn demo() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    assert!(gongkai().current_dir(folder.path()).args(["-q", "demo"]).output().unwrap().status.success());
    folder
}

const SICHUAN: [&str; 7] =
    ["prove", "--agency", "四川省人力资源和社会保障厅", "--year", "2023", "--indicator", "disclosure.fees.amount"];

fn sql(folder: &Path, statement: &str) {
    rusqlite::Connection::open(folder.join("gongkai-demo.sqlite")).unwrap().execute_batch(statement).unwrap();
}

#[test]
fn a_number_is_derived_again_from_its_bytes() {
    let folder = demo();
    let output = run(folder.path(), &SICHUAN);
    let said = stdout(&output);
    assert!(output.status.success(), "{said}{}", stderr(&output));
    for words in ["= 19761.95", ">19761.95<", "gb18030 by meta (declared: gb2312)", "sha256", "proved"] {
        assert!(said.contains(words), "{words}\n{said}");
    }
    let chain = json(&run(folder.path(), &[&SICHUAN[..], &["--json"]].concat()));
    assert_eq!((&chain["proved"], &chain["value"]["value"]), (&true.into(), &"19761.95".into()), "{chain}");
    assert_eq!((&chain["derived"]["value"], &chain["decoded"]["encoding"]), (&"19761.95".into(), &"gb18030".into()));
    assert_eq!(chain["sha256"].as_str().unwrap().len(), 64);
    let gzipped = run(
        folder.path(),
        &["prove", "--agency", "杭州市人力资源和社会保障局", "--year", "2023", "--indicator", "review.total"],
    );
    assert!(stdout(&gzipped).contains("with its gzip undone"), "{}", stdout(&gzipped));
}

#[test]
fn whatever_differs_is_no_proof() {
    for (name, tampered) in [
        (
            "the value",
            "UPDATE value_cell SET value = '19761.96' WHERE name IN (SELECT id FROM value_name WHERE indicator = 'disclosure.fees.amount')",
        ),
        (
            "the printed text",
            "UPDATE value_cell SET text = '1' WHERE name IN (SELECT id FROM value_name WHERE indicator = 'disclosure.fees.amount')",
        ),
        (
            "the place",
            "UPDATE value_cell SET byte_start = byte_start + 1 WHERE name IN (SELECT id FROM value_name WHERE indicator = 'disclosure.fees.amount')",
        ),
        ("the payload", "UPDATE payload SET bytes = zeroblob(length(bytes))"),
        ("the parser", "UPDATE page SET parser_version = '0'"),
    ] {
        let folder = demo();
        sql(folder.path(), tampered);
        let output = run(folder.path(), &SICHUAN);
        assert!(!output.status.success() && !stdout(&output).contains("proved:"), "{name}: {}", stdout(&output));
        let as_json = run(folder.path(), &[&SICHUAN[..], &["--json"]].concat());
        assert_eq!(as_json.status.code(), output.status.code(), "{name}");
        let chain = json(&as_json);
        assert!(chain["proved"] == false && !chain["why"].as_str().unwrap().is_empty(), "{name}: {chain}");
    }
}

#[test]
fn check_tells_what_fails_within_a_report_and_across_years() {
    let folder = demo();
    assert!(stdout(&run(folder.path(), &["check"])).contains("0 fail"));
    // The report of 2019 passes for one of 2022, with other numbers: years in a row, a chain that breaks.
    sql(
        folder.path(),
        "UPDATE report SET year = 2022, edition = '2021' WHERE year = 2019 AND agency = '平潭综合实验区';
         UPDATE value_cell SET value = '9' WHERE name IN (SELECT id FROM value_name WHERE indicator = 'applications.carried_out' AND applicant = 'total')
             AND report = (SELECT id FROM report WHERE year = 2022);",
    );
    let output = run(folder.path(), &["check", "--json", "--strict"]);
    assert_eq!(output.status.code(), Some(1));
    let found: Vec<serde_json::Value> =
        stdout(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        (&found[0]["rule"], &found[0]["year"], &found[0]["left"], &found[0]["right"]),
        (&"carried_over".into(), &2023.into(), &"0".into(), &"9".into())
    );
    assert_eq!(found[0]["fingerprint"].as_str().unwrap().len(), 16);
}

#[test]
fn earlier_readings_stay_to_be_compared() {
    let folder = demo();
    sql(
        folder.path(),
        "UPDATE page SET parser_version = '1'; UPDATE value_cell SET value = '0' WHERE name IN (SELECT id FROM value_name WHERE indicator = 'disclosure.fees.amount'); DELETE FROM value_cell WHERE name IN (SELECT id FROM value_name WHERE indicator = 'review.total');",
    );
    let dry = json(&run(folder.path(), &["reparse", "--dry-run", "--diff", "--json"]));
    assert_eq!((&dry["gained"], &dry["lost"], &dry["changed"]), (&6.into(), &0.into(), &3.into()), "{dry}");
    let cells: Vec<_> =
        dry["differences"].as_array().unwrap().iter().flat_map(|of| of["cells"].as_array().unwrap()).collect();
    assert_eq!((cells.len(), &dry["dry_run"], &dry["damaged"]), (9, &true.into(), &serde_json::json!([])), "{dry}");
    let reparsed = stdout(&run(folder.path(), &["reparse"]));
    assert!(reparsed.contains("numbers gained 6, lost 0, changed 3"), "{reparsed}");
    let said = stdout(&run(folder.path(), &["show", "四川省人力资源和社会保障厅", "2023", "--versions"]));
    for words in [
        "parser 1: 199 cells, 2 differ",
        "disclosure.fees.amount: number 0 -> number 19761.95",
        "review.total: - -> number 2",
    ] {
        assert!(said.contains(words), "{words}\n{said}");
    }
    let versions = json(&run(folder.path(), &["show", "四川省人力资源和社会保障厅", "2023", "--versions", "--json"]));
    let before = &versions["before"][0];
    assert_eq!((&before["parser_version"], &before["values"]), (&"1".into(), &199.into()), "{versions}");
    let gained = serde_json::json!({ "cell": "review.total", "before": null, "after": "number 2" });
    assert!(before["cells"].as_array().unwrap().contains(&gained), "{versions}");
}

#[test]
fn a_report_is_shown_as_json() {
    let folder = demo();
    let show =
        |more: &[&str]| run(folder.path(), &[&["show", "四川省人力资源和社会保障厅", "2023", "--json"], more].concat());
    let shown = json(&show(&[]));
    assert_eq!((&shown["report"]["year"], &shown["page"]["kind"]), (&2023.into(), &"report".into()));
    assert_eq!(shown["parser_version"], shown["stored_parser_version"]);
    let captures: Vec<serde_json::Value> =
        stdout(&show(&["--captures"])).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let current: Vec<_> = captures.iter().filter(|capture| capture["shown"] == true).collect();
    assert_eq!(current.len(), 1, "{captures:?}");
    assert_eq!((&current[0]["capture"], &current[0]["sha256"]), (&shown["capture"], &shown["source"]["sha256"]));
}

#[test]
fn list_shows_agencies_by_year() {
    let folder = demo();
    let said = stdout(&run(folder.path(), &["list"]));
    assert!(said.contains("平潭综合实验区") && said.contains("2019") && said.contains("2023"), "{said}");
    let rows = stdout(&run(folder.path(), &["list", "--json"]));
    assert_eq!(rows.lines().filter(|row| row.contains("\"state\":\"read\"")).count(), 6, "{rows}");
    // Zongyang's site put up a wall: every year of it is blocked, and says by what.
    assert!(rows.lines().any(|row| row.contains("\"state\":\"blocked\"") && row.contains("wall")), "{rows}");
}
