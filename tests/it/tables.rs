//! The tabular exports opened again with other readers than wrote them, and compared with the CSV number for number.

use std::collections::BTreeMap;
use std::path::Path;

use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;

use super::{gongkai, stderr};

const SHAPES: [&str; 3] = ["long", "wide", "findings"];

/// The demo's archive, made once for all that only read it.
fn archive(folder: &Path) {
    assert!(gongkai().current_dir(folder).args(["-q", "demo"]).output().unwrap().status.success());
    // A page may print anything: what a spreadsheet would run, quotes, line ends.
    let connection = rusqlite::Connection::open(folder.join("gongkai-demo.sqlite")).unwrap();
    connection
        .execute_batch(
            "UPDATE value_cell SET text = '=1+1', state = 'unreadable', value = NULL WHERE report = 1 AND nth = 6;
             UPDATE value_cell SET text = '@\"a\", b' || char(10) || 'c', state = 'unreadable', value = NULL WHERE report = 1 AND nth = 8;
             UPDATE value_cell SET text = '-18', value = '-18' WHERE report = 1 AND nth = 10;
             UPDATE value_cell SET text = '5949.088667', value = '5949.088667' WHERE report = 1 AND nth = 12;
             UPDATE report SET agency = '+cmd|局' WHERE agency = '杭州市人民政府';",
        )
        .unwrap();
}

fn export(folder: &Path, arguments: &[&str], out: &str) -> Vec<u8> {
    let output = gongkai()
        .current_dir(folder)
        .args(["--archive", "gongkai-demo.sqlite", "export"])
        .args(arguments)
        .args(["--out", out])
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?} {}", stderr(&output));
    std::fs::read(folder.join(out)).unwrap()
}

/// Column name to cell, a row each, as the CSV has them.
fn csv_rows(bytes: &[u8]) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(bytes);
    let heads = reader.headers().unwrap().clone();
    reader
        .records()
        .map(|row| heads.iter().map(str::to_owned).zip(row.unwrap().iter().map(str::to_owned)).collect())
        .collect()
}

/// The CSV's rule against formulas, read backwards.
fn unquoted(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) => rest,
        _ => text,
    }
}

fn parquet_cell(field: &Field) -> String {
    match field {
        Field::Null => String::new(),
        Field::Str(text) => text.clone(),
        Field::Long(number) => number.to_string(),
        Field::Bool(is) => is.to_string(),
        Field::Decimal(decimal) => {
            let bytes: [u8; 16] = decimal.data().try_into().unwrap();
            let (number, scale) = (i128::from_be_bytes(bytes), decimal.scale() as u32);
            let (sign, number) = (if number < 0 { "-" } else { "" }, number.unsigned_abs());
            let (whole, rest) = (number / 10u128.pow(scale), number % 10u128.pow(scale));
            let rest = format!("{rest:0width$}", width = scale as usize);
            format!("{sign}{whole}.{rest}").trim_end_matches('0').trim_end_matches('.').to_owned()
        }
        other => panic!("{other:?}"),
    }
}

fn trimmed(digits: &str) -> String {
    if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.').into() } else { digits.into() }
}

#[test]
fn parquet_and_json_hold_what_the_csv_holds() {
    let folder = tempfile::tempdir().unwrap();
    archive(folder.path());
    let mut compared = 0;
    for shape in SHAPES {
        let expected = csv_rows(&export(folder.path(), &["csv", "--shape", shape], "a.csv"));
        assert!(expected.len() >= 6, "{shape} {}", expected.len());
        let parquet = bytes::Bytes::from(export(folder.path(), &["parquet", "--shape", shape], "a.parquet"));
        let reader = SerializedFileReader::new(parquet).unwrap();
        let rows: Vec<_> = reader.get_row_iter(None).unwrap().map(Result::unwrap).collect();
        assert_eq!(rows.len(), expected.len(), "{shape}");
        let jsonl = String::from_utf8(export(folder.path(), &["jsonl", "--shape", shape], "a.jsonl")).unwrap();
        let objects: Vec<serde_json::Map<String, serde_json::Value>> =
            jsonl.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(objects.len(), expected.len(), "{shape}");
        for ((row, object), expected) in rows.iter().zip(&objects).zip(&expected) {
            assert_eq!(row.get_column_iter().count(), expected.len());
            for (name, field) in row.get_column_iter() {
                let (cell, wanted) = (parquet_cell(field), &expected[name]);
                let same = match field {
                    Field::Decimal(_) => cell == trimmed(wanted),
                    _ => cell == unquoted(wanted),
                };
                assert!(same, "{shape} {name}: {cell:?} in Parquet, {wanted:?} in CSV");
                let json = match &object[name] {
                    serde_json::Value::Null => String::new(),
                    serde_json::Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                assert_eq!(json, unquoted(wanted), "{shape} {name}");
                compared += 1;
            }
        }
    }
    println!("{compared} cells compared");
    assert!(compared > 30_000, "{compared}");
}

#[test]
fn the_wide_shape_holds_every_number_of_the_long_one() {
    let folder = tempfile::tempdir().unwrap();
    archive(folder.path());
    let long = csv_rows(&export(folder.path(), &["csv"], "long.csv"));
    let wide = csv_rows(&export(folder.path(), &["csv", "--shape", "wide"], "wide.csv"));
    let by_capture: BTreeMap<&str, &BTreeMap<String, String>> =
        wide.iter().map(|row| (row["capture"].as_str(), row)).collect();
    let mut numbers = 0;
    for value in long.iter().filter(|value| value["suggested"] == "false") {
        let code = match value["applicant"].as_str() {
            "" => value["indicator"].clone(),
            applicant => format!("{}/{applicant}", value["indicator"]),
        };
        assert_eq!(by_capture[value["capture"].as_str()][&code], value["value"], "{code}");
        numbers += usize::from(!value["value"].is_empty());
    }
    let counted: usize = wide.iter().map(|row| row["numbers"].parse::<usize>().unwrap()).sum();
    assert_eq!(numbers, counted);
    assert!(numbers > 900, "{numbers}");
}

#[test]
fn the_dictionary_names_every_column_of_every_shape() {
    let folder = tempfile::tempdir().unwrap();
    archive(folder.path());
    let dictionary = csv_rows(&export(folder.path(), &["dictionary"], "dictionary.csv"));
    for shape in SHAPES {
        let table = export(folder.path(), &["csv", "--shape", shape], "a.csv");
        let heads = csv::Reader::from_reader(table.as_slice()).headers().unwrap().clone();
        let named: Vec<&str> =
            dictionary.iter().filter(|row| row["shape"] == shape).map(|row| row["column"].as_str()).collect();
        assert_eq!(named, heads.iter().collect::<Vec<_>>(), "{shape}");
    }
    for row in &dictionary {
        assert!(row["chinese"].chars().any(|c| c >= '一') || row["chinese"].contains("SHA"), "{row:?}");
        assert!(row["english"].len() > 3 && row["english"].is_ascii(), "{row:?}");
    }
}

#[test]
fn filters_hold_for_every_table() {
    let folder = tempfile::tempdir().unwrap();
    archive(folder.path());
    for shape in SHAPES {
        for (flag, value, column, reports) in [
            ("--year", "2019", "year", 2),
            ("--edition", "2021", "edition", 4),
            ("--agency", "平潭综合实验区", "agency", 2),
            ("--since", "2999-01-01", "agency", 0),
            ("--since", "2000-01-01", "agency", 6),
        ] {
            let rows = csv_rows(&export(folder.path(), &["csv", "--shape", shape, flag, value], "a.csv"));
            let captures: std::collections::BTreeSet<&String> = rows.iter().map(|row| &row["capture"]).collect();
            assert_eq!(captures.len(), reports, "{shape} {flag} {value}");
            assert!(flag == "--since" || rows.iter().all(|row| row[column] == value), "{shape} {flag}");
        }
    }
    let all = export(folder.path(), &["warc"], "all.warc.gz");
    let some = export(folder.path(), &["warc", "--year", "2019"], "some.warc.gz");
    let records = |warc: &[u8]| {
        let mut text = Vec::new();
        std::io::Read::read_to_end(&mut flate2::read::MultiGzDecoder::new(warc), &mut text).unwrap();
        String::from_utf8_lossy(&text).matches("WARC-Type: response\r\n").count()
    };
    assert_eq!(records(&some), 2);
    assert!(records(&all) > 10);
}

/// The cells of a sheet by row; numbers as Excel has them, in the shortest digits that give them back.
fn sheet(book: &mut calamine::Xlsx<std::io::Cursor<Vec<u8>>>, name: &str) -> Vec<Vec<String>> {
    use calamine::{Data, Reader};
    let range = book.worksheet_range(name).unwrap();
    let text = |cell: &Data| match cell {
        Data::Empty => String::new(),
        Data::String(text) => text.clone(),
        Data::Float(number) => number.to_string(),
        Data::Int(number) => number.to_string(),
        other => panic!("{other:?}"),
    };
    range.rows().map(|row| row.iter().map(text).collect()).collect()
}

#[test]
fn the_workbook_holds_every_number_and_no_formula() {
    use calamine::Reader;
    let folder = tempfile::tempdir().unwrap();
    archive(folder.path());
    let long = csv_rows(&export(folder.path(), &["csv"], "long.csv"));
    let wide = csv_rows(&export(folder.path(), &["csv", "--shape", "wide"], "wide.csv"));
    let dictionary = csv_rows(&export(folder.path(), &["dictionary"], "dictionary.csv"));
    let bytes = export(folder.path(), &["xlsx"], "a.xlsx");
    assert_eq!(bytes, export(folder.path(), &["xlsx"], "b.xlsx"));
    let mut book = calamine::Xlsx::new(std::io::Cursor::new(bytes)).unwrap();
    let names = book.sheet_names();
    for name in ["说明", "报告", "表二（2021）", "表二（2019）", "表三", "表四", "核对"] {
        assert!(names.iter().any(|known| known == name), "{name} is not in {names:?}");
    }
    for name in &names {
        assert_eq!(book.worksheet_formula(name).unwrap().used_cells().count(), 0, "{name} has a formula");
    }
    // Table three: a number for each applicant, found by agency, year, group, row and head.
    let three = sheet(&mut book, "表三");
    let mut compared = 0;
    for row in &three[1..] {
        for column in 5..12 {
            let (group, label) = (row[3].as_str(), row[4].as_str());
            let chinese = format!("{group}{}{label}：{}", if group.is_empty() { "" } else { " " }, three[0][column]);
            let entry =
                dictionary.iter().find(|entry| entry["chinese"] == chinese).unwrap_or_else(|| panic!("{chinese}"));
            let code = &entry["column"];
            let report = wide
                .iter()
                .find(|report| unquoted(&report["agency"]) == row[0] && report["year"] == row[1])
                .unwrap_or_else(|| panic!("{row:?}"));
            let value = &report[code];
            if value.is_empty() {
                assert!(row[column].parse::<f64>().is_err(), "{code} {row:?}");
            } else {
                assert_eq!(&row[column], value, "{code}");
                compared += 1;
            }
        }
    }
    // Tables two and four: heads are the names of the dictionary.
    for (name, first) in [("表二（2021）", 3), ("表二（2019）", 3), ("表四", 3)] {
        let rows = sheet(&mut book, name);
        for row in &rows[1..] {
            let report =
                wide.iter().find(|report| unquoted(&report["agency"]) == row[0] && report["year"] == row[1]).unwrap();
            for column in first..row.len() - 5 {
                let entry = dictionary.iter().find(|entry| entry["chinese"] == rows[0][column]).unwrap();
                let value = &report[&entry["column"]];
                if !value.is_empty() {
                    assert_eq!(trimmed(&row[column]), trimmed(value), "{name} {}", rows[0][column]);
                    compared += 1;
                }
            }
        }
    }
    let numbers: usize = wide.iter().map(|row| row["numbers"].parse::<usize>().unwrap()).sum();
    assert_eq!(compared, numbers);
    // What looks like a formula is the text itself.
    let printed: Vec<String> = names.iter().flat_map(|name| sheet(&mut book, name)).flatten().collect();
    for text in ["=1+1", "@\"a\", b\nc", "+cmd|局"] {
        assert!(long.iter().any(|row| unquoted(&row["text"]) == text || unquoted(&row["agency"]) == text));
        assert!(printed.iter().any(|cell| cell == text), "{text}");
    }
    // A sheet for each report, in the layout of its form.
    assert_eq!(names.iter().filter(|name| name.starts_with(|c: char| c.is_ascii_digit())).count(), 6, "{names:?}");
}

fn named_query(connection: &rusqlite::Connection, name: &str) -> String {
    connection.query_row("SELECT sql FROM query WHERE name = ?1", [name], |row| row.get(0)).unwrap()
}

#[test]
fn the_clean_copy_holds_every_row_and_no_body() {
    let folder = tempfile::tempdir().unwrap();
    archive(folder.path());
    let long = csv_rows(&export(folder.path(), &["csv"], "long.csv"));
    let findings = csv_rows(&export(folder.path(), &["csv", "--shape", "findings"], "findings.csv"));
    let bytes = export(folder.path(), &["sqlite"], "a.sqlite");
    assert_eq!(bytes, export(folder.path(), &["sqlite"], "b.sqlite"));
    let copy = rusqlite::Connection::open(folder.path().join("a.sqlite")).unwrap();
    let mut statement = copy.prepare("SELECT * FROM numbers").unwrap();
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let mut rows = statement.query([]).unwrap();
    let (mut count, mut cells) = (0, 0);
    while let Some(row) = rows.next().unwrap() {
        for (column, name) in names.iter().enumerate() {
            let csv = match name.as_str() {
                "number" => continue,
                "table_index" | "row_index" | "column_index" => name.trim_end_matches("_index"),
                name => name,
            };
            let cell = match row.get::<_, rusqlite::types::Value>(column).unwrap() {
                rusqlite::types::Value::Null => String::new(),
                rusqlite::types::Value::Integer(is) if csv == "suggested" => (is == 1).to_string(),
                rusqlite::types::Value::Integer(number) => number.to_string(),
                rusqlite::types::Value::Text(text) => text,
                other => panic!("{other:?}"),
            };
            assert_eq!(cell, unquoted(&long[count][csv]), "{csv} of row {count}");
            cells += 1;
        }
        count += 1;
    }
    assert_eq!(count, long.len());
    assert!(cells > 20_000, "{cells}");
    let ask = |sql: &str| copy.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(ask("SELECT count(*) FROM finding") as usize, findings.len());
    assert_eq!(
        ask("SELECT count(*) FROM sqlite_schema WHERE sql LIKE '%BLOB%' AND name NOT LIKE 'report_search_%'"),
        0
    );
    assert_eq!(ask("SELECT count(*) FROM pragma_foreign_key_check"), 0);
    assert_eq!(ask("SELECT count(*) FROM report r JOIN capture c ON c.id = r.capture AND c.sha256 = r.sha256"), 6);
}

#[test]
fn the_search_finds_words_of_any_length() {
    let folder = tempfile::tempdir().unwrap();
    archive(folder.path());
    export(folder.path(), &["sqlite"], "a.sqlite");
    let copy = rusqlite::Connection::open(folder.path().join("a.sqlite")).unwrap();
    let sql = named_query(&copy, "search");
    let found = |words: &str| -> Vec<i64> {
        let mut statement = copy.prepare(&sql).unwrap();
        let rows = statement.query_map(rusqlite::named_params! {":words": words}, |row| row.get(0)).unwrap();
        let mut ids: Vec<i64> = rows.map(Result::unwrap).collect();
        ids.sort_unstable();
        ids
    };
    let holding = |words: &str| -> Vec<i64> {
        let mut statement =
            copy.prepare("SELECT report FROM report_text WHERE instr(text, ?1) ORDER BY report").unwrap();
        statement.query_map([words], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    for words in ["公", "公开", "四川省", "信息处理费", "平潭综合实验区", "2023年", "三安全一稳定"]
    {
        let expected = holding(words);
        assert!(!expected.is_empty(), "{words}");
        assert_eq!(found(words), expected, "{words}");
    }
    assert!(found("没有一份报告这样写").is_empty());
    // What a person types is never syntax.
    for words in ["", "\"", "a OR", "text:公", "公 AND", "*", "NEAR(", "^公", "'", "a\"b", "-公", "\0"] {
        found(words);
    }
    let mut series = copy.prepare(&named_query(&copy, "series")).unwrap();
    let rows = series
        .query_map(rusqlite::named_params! {":indicator": "applications.received", ":applicant": "total"}, |row| {
            row.get::<_, Option<String>>("value")
        })
        .unwrap();
    assert_eq!(rows.map(Result::unwrap).filter(Option::is_some).count(), 6);
}

#[test]
fn what_can_not_be_is_said_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    archive(folder.path());
    for (arguments, word) in [
        (&["sqlite", "--out", "-"][..], "name a file"),
        (&["xlsx", "--shape", "wide", "--out", "a.xlsx"], "--shape is for"),
        (&["csv", "--since", "last year", "--out", "a.csv"], "invalid value"),
    ] {
        let said = gongkai()
            .current_dir(folder.path())
            .args(["--archive", "gongkai-demo.sqlite", "export"])
            .args(arguments)
            .output()
            .unwrap();
        assert_eq!(said.status.code(), Some(2), "{arguments:?} {}", stderr(&said));
        assert!(stderr(&said).contains(word), "{}", stderr(&said));
    }
    assert!(!folder.path().join("a.xlsx").exists() && !folder.path().join("a.csv").exists());
}
