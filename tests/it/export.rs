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
    for format in ["csv", "jsonl", "parquet", "xlsx", "sqlite", "warc", "wacz", "dictionary"] {
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
    assert_eq!(records.len() as i64, 1 + 3 * captures);
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

#[test]
fn a_warc_cut_into_files_holds_the_same_records() {
    let folder = tempfile::tempdir().unwrap();
    demo(folder.path());
    let export = |out: &str, more: &[&str]| {
        let arguments = [&["--archive", "gongkai-demo.sqlite", "export", "warc", "--out", out], more].concat();
        let output = gongkai().current_dir(folder.path()).args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
    };
    let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    let kept = |warc: &[u8]| -> Vec<Vec<u8>> { records(warc).into_iter().skip(1).map(|record| record.block).collect() };
    export("whole.warc.gz", &[]);
    let whole = kept(&read("whole.warc.gz"));
    // A byte is less than any capture: each has a file of its own.
    for (size, files, largest) in [("20kB", 3, 20_000), ("1", 18, usize::MAX)] {
        export("cut.warc.gz", &["--max-size", size]);
        let index = String::from_utf8(read("cut.cdxj")).unwrap();
        let mut found = Vec::new();
        for n in 0..files {
            let name = format!("cut-{n:05}.warc.gz");
            let file = read(&name);
            assert!(file.len() <= largest && file.len() > 1_000, "{name}: {}", file.len());
            let info = &records(&file)[0];
            assert!(String::from_utf8_lossy(&info.block).contains(&format!("file {n} of this export")));
            found.extend(kept(&file));
            for line in index.lines().filter(|line| line.contains(&name)) {
                let entry: serde_json::Value = serde_json::from_str(line.splitn(3, ' ').nth(2).unwrap()).unwrap();
                let number = |field: &str| entry[field].as_str().unwrap().parse::<usize>().unwrap();
                let member = &file[number("offset")..number("offset") + number("length")];
                assert_eq!(records(member)[0].get("WARC-Target-URI"), entry["url"].as_str().unwrap());
            }
        }
        assert!(found == whole, "{size}");
        assert!(!folder.path().join(format!("cut-{files:05}.warc.gz")).exists());
        assert_eq!(index.lines().count(), 18);
    }
    assert!(!folder.path().join("cut.warc.gz").exists());
}

/// The standard tool unpacks it into the same records, and it comes in again.
#[test]
fn a_warc_in_zstd_frames_holds_the_same_records() {
    let folder = tempfile::tempdir().unwrap();
    demo(folder.path());
    let gzip = export(folder.path(), "warc", "a.warc.gz");
    let run = |arguments: &[&str]| gongkai().current_dir(folder.path()).args(arguments).output().unwrap();
    let zstd = ["--archive", "gongkai-demo.sqlite", "export", "warc", "--compression", "zstd", "--out", "b.warc.zst"];
    assert!(run(&zstd).status.success());
    let frames = std::fs::read(folder.path().join("b.warc.zst")).unwrap();
    let mut plain = Vec::new();
    flate2::read::MultiGzDecoder::new(gzip.as_slice()).read_to_end(&mut plain).unwrap();
    assert!(zstd::decode_all(frames.as_slice()).unwrap() == plain);
    let index = std::fs::read_to_string(folder.path().join("b.cdxj")).unwrap();
    for line in index.lines() {
        let entry: serde_json::Value = serde_json::from_str(line.splitn(3, ' ').nth(2).unwrap()).unwrap();
        let number = |field: &str| entry[field].as_str().unwrap().parse::<usize>().unwrap();
        let frame = &frames[number("offset")..number("offset") + number("length")];
        let record = zstd::bulk::decompress(frame, 1 << 20).unwrap();
        let target = format!("WARC-Target-URI: {}\r\n", entry["url"].as_str().unwrap());
        assert!(memchr::memmem::find(&record, target.as_bytes()).is_some(), "{target}");
    }
    assert_eq!(index.lines().count(), 18);
    for file in ["a.warc.gz", "b.warc.zst"] {
        assert_eq!(run(&["--archive", &format!("{file}.sqlite"), "import", file]).status.code(), Some(0));
        assert!(
            run(&["--archive", &format!("{file}.sqlite"), "export", "csv", "--out", &format!("{file}.csv")])
                .status
                .success()
        );
    }
    let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    assert_eq!(read("a.warc.gz.csv"), read("b.warc.zst.csv"));
    let refused = run(&["--archive", "gongkai-demo.sqlite", "export", "csv", "--compression", "zstd", "--out", "x"]);
    assert_eq!(refused.status.code(), Some(2));
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

#[test]
fn filters_choose_the_captures_of_such_reports() {
    let folder = tempfile::tempdir().unwrap();
    demo(folder.path());
    let responses = |arguments: &[&str]| {
        let output = gongkai()
            .current_dir(folder.path())
            .args(["--archive", "gongkai-demo.sqlite", "export", "warc", "--out", "-"])
            .args(arguments)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        let all = records(&output.stdout);
        let answers = all.iter().filter(|record| record.get("WARC-Type") == "response");
        answers.map(|record| record.get("WARC-Target-URI").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(responses(&["--year", "2019"]).len(), 2);
    let one = responses(&["--year", "2023", "--agency", "四川省人力资源和社会保障厅"]);
    assert!(one.len() == 1 && one[0].contains("e8437c55"), "{one:?}");
    assert_eq!(responses(&["--since", "2999-01-01"]).len(), 0);
    assert_eq!(responses(&[]).len(), 18);
}

#[test]
fn a_wacz_that_is_imported_is_the_same_data_set_and_its_damage_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    demo(folder);
    let whole = export(folder, "wacz", "a.wacz");
    let import = |archive: &str, file: &str| {
        let output = gongkai().current_dir(folder).args(["--archive", archive, "import", file]).output().unwrap();
        (output.status.code().unwrap(), format!("{}{}", super::stdout(&output), stderr(&output)))
    };
    assert_eq!(import("b.sqlite", "a.wacz").0, 0);
    let again = gongkai()
        .current_dir(folder)
        .args(["--archive", "b.sqlite", "export", "csv", "--out", "b.csv"])
        .output()
        .unwrap();
    assert!(again.status.success());
    assert_eq!(std::fs::read(folder.join("b.csv")).unwrap(), export(folder, "csv", "a.csv"));

    // Torn, its directory is gone: what is whole is taken in all the same.
    std::fs::write(folder.join("torn.wacz"), &whole[..40_000]).unwrap();
    let (status, said) = import("c.sqlite", "torn.wacz");
    assert_eq!(status, 3, "{said}");
    assert!(
        said.contains("the directory of the ZIP can't be read")
            && said.contains("torn.wacz!archive/data.warc.gz: offset")
    );
    let taken: u64 = said.split(' ').next().unwrap().parse().unwrap();
    assert!(taken > 10, "{said}");
    for (n, at) in [200, 9_000, 30_000, 46_500, 60_000].into_iter().enumerate() {
        let mut file = whole.clone();
        file[at] ^= 0x20;
        let name = format!("{n}.wacz");
        std::fs::write(folder.join(&name), file).unwrap();
        let (status, said) = import(&format!("{n}.sqlite"), &name);
        assert_eq!(status, 3, "byte {at}: {said}");
    }
}

/// Every check that the page in the folder names, done.
#[test]
fn evidence_of_a_report_can_be_checked_with_common_tools() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    demo(folder);
    let evidence = |report: &str, out: &str| {
        let arguments = ["--archive", "gongkai-demo.sqlite", "export", "evidence", "--report", report, "--out", out];
        gongkai().current_dir(folder).args(arguments).output().unwrap()
    };
    let listed =
        gongkai().current_dir(folder).args(["--archive", "gongkai-demo.sqlite", "list", "--json"]).output().unwrap();
    let listed = super::stdout(&listed);
    let years = listed.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let reports: Vec<_> = years.filter(|year| !year["report"].is_null()).collect();
    assert_eq!(reports.len(), 6);
    for report in reports {
        let out = format!("report-{}", report["report"]);
        let written = evidence(&report["report"].to_string(), &out);
        assert!(written.status.success(), "{}", stderr(&written));
        let read = |name: &str| std::fs::read(folder.join(&out).join(name)).unwrap();
        let readme = String::from_utf8(read("README.txt")).unwrap();
        for words in
            [report["agency"].as_str().unwrap(), report["url"].as_str().unwrap(), "如何核对", "How to check it"]
        {
            assert!(readme.contains(words), "{words}");
        }
        let sums = String::from_utf8(read("SHA256SUMS")).unwrap();
        let files = std::fs::read_dir(folder.join(&out)).unwrap().count();
        assert_eq!(sums.lines().count() + 1, files);
        for (sum, name) in sums.lines().map(|line| line.split_once("  ").unwrap()) {
            assert_eq!(gongkai::digest::Digest::of(&read(name)).to_string(), sum, "{name}");
        }
        assert_eq!(gongkai::digest::Digest::of(&read("payload.bin")).to_string(), report["sha256"].as_str().unwrap());
        let answers = records(&read("captures.warc.gz"));
        assert!(answers.iter().any(|record| record.block.ends_with(&read("payload.bin"))));
        let basis = if sums.contains("payload.decoded.bin") { "payload.decoded.bin" } else { "payload.bin" };
        let command = readme.lines().find(|line| line.contains("tail -c +")).unwrap();
        assert!(command.contains(basis));
        let body = read(basis);
        let mut numbers = csv::Reader::from_reader(std::io::Cursor::new(read("numbers.csv")));
        let rows: Vec<std::collections::HashMap<String, String>> = numbers.deserialize().map(Result::unwrap).collect();
        assert!(rows.len() >= 198);
        for row in rows {
            let at = |name: &str| row[name].parse::<usize>().unwrap();
            let cell = &body[at("byte_start")..at("byte_end")];
            assert_eq!(row["bytes"].trim_start_matches('\''), cell.escape_ascii().to_string());
            assert!(String::from_utf8_lossy(cell).contains(&row["printed"]) || row["state"] != "number");
        }
        let reading: serde_json::Value = serde_json::from_slice(&read("reading.json")).unwrap();
        assert_eq!(reading["report"]["agency"], report["agency"]);
    }
    assert!(stderr(&evidence("1", "report-1")).contains("is there already"));
    assert!(stderr(&evidence("99", "none")).contains("holds no report 99"));
    assert!(!folder.join("none").exists());
}
