//! Exports, read back by other means than those that wrote them.

use std::io::Read;
use std::path::Path;
use std::process::Command;

use data_encoding::BASE32;
use sha1::Digest as _;

use super::{gongkai, stderr};

fn demo(folder: &Path) {
    assert!(gongkai().current_dir(folder).args(["-q", "demo"]).output().unwrap().status.success());
}

fn export(folder: &Path, format: &str, out: &str) -> Vec<u8> {
    let output = gongkai()
        .current_dir(folder)
        .args(["export", format, "--out", out, "--archive", "gongkai-demo.sqlite"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    std::fs::read(folder.join(out)).unwrap()
}

#[test]
fn the_same_archive_gives_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    demo(folder.path());
    for format in ["csv", "jsonl", "parquet", "xlsx", "sqlite", "warc", "dictionary"] {
        assert_eq!(export(folder.path(), format, "one"), export(folder.path(), format, "two"), "{format}");
    }
    assert!(!folder.path().join("one.part").exists());
}

#[test]
fn a_row_is_a_number_with_where_it_comes_from() {
    let folder = tempfile::tempdir().unwrap();
    demo(folder.path());
    let csv = export(folder.path(), "csv", "numbers.csv");
    let mut reader = csv::Reader::from_reader(csv.as_slice());
    let heads = reader.headers().unwrap().clone();
    let column = |name: &str| heads.iter().position(|head| head == name).unwrap_or_else(|| panic!("no column {name}"));
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 200 + 200 + 198 + 198 + 200 + 200);
    let received = rows.iter().find(|row| {
        row[column("agency")] == *"四川省人力资源和社会保障厅"
            && row[column("indicator")] == *"applications.received"
            && row[column("applicant")] == *"total"
    });
    let received = received.unwrap();
    for (name, value) in [
        ("year", "2023"),
        ("edition", "2021"),
        ("state", "number"),
        ("value", "154"),
        ("text", "154"),
        ("parser_version", gongkai::parse::PARSER_VERSION),
    ] {
        assert_eq!(received[column(name)], *value, "{name}");
    }
    let connection = rusqlite::Connection::open(folder.path().join("gongkai-demo.sqlite")).unwrap();
    let digest: String = connection
        .query_row("SELECT payload FROM capture WHERE id = ?1", [&received[column("capture")]], |row| row.get(0))
        .unwrap();
    assert_eq!(received[column("sha256")], *digest);

    let lines = String::from_utf8(export(folder.path(), "jsonl", "numbers.jsonl")).unwrap();
    assert_eq!(lines.lines().count(), rows.len());
    let first: serde_json::Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!(first.as_object().unwrap().len(), heads.len());
}

/// A WARC record as its bytes say: head fields and block.
struct Record {
    head: Vec<(String, String)>,
    block: Vec<u8>,
}

impl Record {
    fn get(&self, name: &str) -> &str {
        self.head.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
    }
}

fn records(warc: &[u8]) -> Vec<Record> {
    let mut bytes = Vec::new();
    flate2::read::MultiGzDecoder::new(warc).read_to_end(&mut bytes).unwrap();
    let mut records = Vec::new();
    let mut rest = bytes.as_slice();
    while !rest.is_empty() {
        let end = rest.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
        let head = std::str::from_utf8(&rest[..end]).unwrap();
        let mut lines = head.split("\r\n");
        assert_eq!(lines.next(), Some("WARC/1.1"));
        let head: Vec<(String, String)> =
            lines.map(|line| line.split_once(": ").map(|(key, value)| (key.into(), value.into())).unwrap()).collect();
        let length: usize = head.iter().find(|(key, _)| key == "Content-Length").unwrap().1.parse().unwrap();
        let block = rest[end + 4..end + 4 + length].to_vec();
        assert_eq!(&rest[end + 4 + length..end + 8 + length], b"\r\n\r\n");
        rest = &rest[end + 8 + length..];
        records.push(Record { head, block });
    }
    records
}

fn sha1_of(bytes: &[u8]) -> String {
    format!("sha1:{}", BASE32.encode(&sha1::Sha1::digest(bytes)))
}

#[test]
fn every_warc_record_holds_what_it_says() {
    let folder = tempfile::tempdir().unwrap();
    demo(folder.path());
    let records = records(&export(folder.path(), "warc", "a.warc.gz"));
    let connection = rusqlite::Connection::open(folder.path().join("gongkai-demo.sqlite")).unwrap();
    let captures: i64 = connection.query_row("SELECT count(*) FROM capture", [], |row| row.get(0)).unwrap();
    assert_eq!(records.len() as i64, 1 + 2 * captures);
    for record in &records {
        assert_eq!(record.get("WARC-Block-Digest"), sha1_of(&record.block));
        if record.get("WARC-Type") != "response" {
            continue;
        }
        let body = record.block.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
        assert_eq!(record.get("WARC-Payload-Digest"), sha1_of(&record.block[body..]));
        let sha256 = gongkai::digest::Digest::of(&record.block[body..]).to_string();
        let kept: i64 = connection
            .query_row("SELECT count(*) FROM payload WHERE digest = ?1", [&sha256], |row| row.get(0))
            .unwrap();
        assert_eq!(kept, 1, "the payload is the bytes as archived");
    }
}

/// Runs where `GONGKAI_WARCIO` names the `warcio` of PyPI; `.ci/run` installs it.
#[test]
fn warcio_accepts_the_export() {
    let Some(warcio) = std::env::var_os("GONGKAI_WARCIO") else { return };
    let folder = tempfile::tempdir().unwrap();
    demo(folder.path());
    export(folder.path(), "warc", "a.warc.gz");
    let output = Command::new(warcio).args(["check", "-v", "a.warc.gz"]).current_dir(folder.path()).output().unwrap();
    assert!(output.status.success(), "{}{}", super::stdout(&output), stderr(&output));
    assert!(!super::stdout(&output).contains("failed"), "{}", super::stdout(&output));
}
