//! The demo: its own output, and every number of its reports against what the replica was made from.

use std::collections::HashMap;

use gongkai::demo;

use super::{gongkai, stderr, stdout};

#[test]
fn the_whole_road_in_one_command() {
    let folder = tempfile::tempdir().unwrap();
    let output = gongkai().current_dir(folder.path()).arg("demo").output().unwrap();
    let said = stdout(&output);
    assert!(output.status.success(), "{said}{}", stderr(&output));
    for words in [
        "四川省人力资源和社会保障厅 2023  form of 2021: 200 of 200 cells",
        "杭州市人力资源和社会保障局 2023  form of 2021: 200 of 200 cells",
        "上海市人民政府办公厅 2019  form of 2019: 198 of 198 cells",
        "平潭综合实验区 2019  form of 2019: 198 of 198 cells",
        "5 of 5 reports",
        "archive: ",
    ] {
        assert!(said.contains(words), "{words}\n{said}");
    }
    for outcome in ["wall", "soft_404", "refused_by_robots"] {
        assert!(stderr(&output).contains(outcome), "{outcome}\n{}", stderr(&output));
    }
    every_number(folder.path());
    look_alike(folder.path());
}

fn every_number(folder: &std::path::Path) {
    let connection = rusqlite::Connection::open(folder.join("gongkai-demo.sqlite")).unwrap();
    for report in demo::expected() {
        let mut statement = connection
            .prepare("SELECT indicator, applicant, text FROM value_current WHERE agency = ?1 AND year = ?2")
            .unwrap();
        let read: HashMap<String, String> = statement
            .query_map(rusqlite::params![report.agency, report.year], |row| {
                let (indicator, applicant): (String, Option<String>) = (row.get(0)?, row.get(1)?);
                Ok((applicant.map_or(indicator.clone(), |applicant| format!("{indicator}/{applicant}")), row.get(2)?))
            })
            .unwrap()
            .map(Result::unwrap)
            .collect();
        let printed = report.numbers.cells();
        assert_eq!(read.len(), printed.len(), "{}", report.agency);
        for (code, text) in printed {
            assert_eq!(read.get(&code).map(String::as_str), Some(text), "{} {} {code}", report.agency, report.year);
        }
    }
}

fn look_alike(folder: &std::path::Path) {
    let connection = rusqlite::Connection::open(folder.join("gongkai-demo.sqlite")).unwrap();
    let explained: i64 =
        connection.query_row("SELECT count(*) FROM url WHERE anchor LIKE '%解读%'", [], |row| row.get(0)).unwrap();
    assert_eq!(explained, 0, "a look-alike is not even asked for");
    let conflict: String = connection
        .query_row("SELECT p.encoding || ' ' || p.declared FROM page p JOIN capture c ON c.id = p.capture WHERE c.url LIKE '%e8437c55%'", [], |row| row.get(0))
        .unwrap();
    assert_eq!(conflict, "gb18030 gb2312");
}
