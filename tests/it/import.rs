//! What others archived, taken in; and what damage does to it.

use std::io::Write;
use std::path::Path;
use std::process::Output;

use super::site::{Answer, Site};
use super::{gongkai, gzip, stderr, stdout};

fn run(folder: &Path, arguments: &[&str]) -> Output {
    gongkai().current_dir(folder).args(arguments).output().unwrap()
}

pub fn export(folder: &Path, archive: &str, format: &str, out: &str) -> Vec<u8> {
    let output = run(folder, &["--archive", archive, "export", format, "--out", out]);
    assert!(output.status.success(), "{}", stderr(&output));
    std::fs::read(folder.join(out)).unwrap()
}

pub fn import(folder: &Path, archive: &str, arguments: &[&str]) -> (i32, serde_json::Value) {
    let output = run(folder, &[&["--archive", archive, "import", "--json"], arguments].concat());
    let said = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", stderr(&output)));
    (output.status.code().unwrap(), said)
}

/// A record as other tools write it.
pub fn record(fields: &[(&str, &str)], block: &[u8]) -> Vec<u8> {
    let mut record = b"WARC/1.0\r\n".to_vec();
    for (name, value) in fields {
        write!(record, "{name}: {value}\r\n").unwrap();
    }
    write!(record, "Content-Length: {}\r\n\r\n", block.len()).unwrap();
    [&record[..], block, b"\r\n\r\n"].concat()
}

/// Captures as rows of text, in the order of their commit.
pub fn captures(folder: &Path, archive: &str) -> Vec<String> {
    let connection = rusqlite::Connection::open(folder.join(archive)).unwrap();
    let mut statement = connection
        .prepare(
            "SELECT url || ' ' || method || ' ' || status || ' ' || started_at || ' ' || hop || ' ' || coalesce(peer, '-') || ' '
                 || coalesce(truncated, '-') || ' ' || coalesce(revisit_of, '-') || ' ' || payload || ' ' || hex(request_headers)
                 || ' ' || hex(response_headers) FROM capture ORDER BY id",
        )
        .unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

/// A demo archive, crawled twice over so that it holds revisits.
fn demo(folder: &Path) {
    assert!(run(folder, &["-q", "demo"]).status.success());
}

#[test]
fn what_was_exported_and_imported_is_the_same_archive() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    demo(folder);
    revisits(folder);
    export(folder, "gongkai-demo.sqlite", "warc", "a.warc.gz");
    let (status, said) = import(folder, "b.sqlite", &["a.warc.gz"]);
    assert_eq!((status, &said["faults"]), (0, &serde_json::json!([])), "{said}");
    assert_eq!(captures(folder, "b.sqlite"), captures(folder, "gongkai-demo.sqlite"));
    assert!(captures(folder, "b.sqlite").iter().any(|row| row.contains(" robots ")));
    assert!(said["revisits"].as_u64() > Some(0), "{said}");
    for format in ["csv", "jsonl"] {
        assert_eq!(
            export(folder, "b.sqlite", format, "b"),
            export(folder, "gongkai-demo.sqlite", format, "a"),
            "{format}"
        );
    }
    let (status, again) = import(folder, "b.sqlite", &["a.warc.gz", "a.warc.gz"]);
    let held = captures(folder, "b.sqlite").len() as u64;
    assert_eq!((status, again["captures"].as_u64(), again["known"].as_u64()), (0, Some(0), Some(2 * held)));
    let standard_input = gongkai()
        .current_dir(folder)
        .args(["--archive", "c.sqlite", "import", "-"])
        .stdin(std::fs::File::open(folder.join("a.warc.gz")).unwrap())
        .output()
        .unwrap();
    assert!(standard_input.status.success());
    assert_eq!(captures(folder, "c.sqlite"), captures(folder, "b.sqlite"));
    assert_eq!(export(folder, "c.sqlite", "warc", "c.warc.gz"), export(folder, "b.sqlite", "warc", "b.warc.gz"));
}

/// Puts a repeat and an unmodified answer behind the demo's last capture of a report.
fn revisits(folder: &Path) {
    use gongkai::archive::{self, CaptureId, Packer};
    use gongkai::store::{Access, Store};
    let store = Store::open(&folder.join("gongkai-demo.sqlite"), Access::Write).unwrap();
    let id = store
        .reader()
        .unwrap()
        .query_row("SELECT min(capture) FROM report", [], |row| Ok(CaptureId(row.get(0)?)))
        .unwrap();
    let (_, exchange) = archive::exchange(&store.reader().unwrap(), id).unwrap();
    store
        .write_blocking(move |tx| {
            let mut again = exchange.clone();
            again.started_at = "2031-01-01T00:00:00.250Z".parse().unwrap();
            archive::put(tx, &Packer::default(), &again, None)?;
            again.started_at = "2031-01-02T00:00:00.500Z".parse().unwrap();
            again.response.status = 304;
            again.response.body.clear();
            archive::put(tx, &Packer::default(), &again, None)
        })
        .unwrap();
}

const PAGE: &str =
    "<html><head><title>某某县2023年政府信息公开工作年度报告</title></head><body><p>某某县</p></body></html>";

#[test]
fn records_as_other_tools_write_them() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let chunked = format!(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/html\r\n\r\n5\r\n{}\r\n{:x}\r\n{}\r\n0\r\n\r\n",
        &PAGE[..5],
        PAGE.len() - 5,
        &PAGE[5..]
    );
    let request = b"GET /1 HTTP/1.1\r\nHost: a.gov.cn\r\nCookie: secret\r\n\r\n";
    let one = ("WARC-Target-URI", "<http://a.gov.cn/1>");
    let http = ("Content-Type", "application/http; msgtype=response");
    let at = |date| ("WARC-Date", date);
    let records = [
        record(&[("WARC-Type", "warcinfo"), at("2020-01-01T00:00:00Z")], b"software: Wget\r\n"),
        // Request first, as wget writes it; two answers before their requests, as browsers' tools do.
        record(
            &[
                ("WARC-Type", "request"),
                ("WARC-Record-ID", "<urn:q1>"),
                one,
                at("2020-01-01T00:00:01Z"),
                ("Content-Type", "application/http;msgtype=request"),
            ],
            request,
        ),
        record(
            &[
                ("WARC-Type", "response"),
                ("WARC-Record-ID", "<urn:r1>"),
                ("WARC-Concurrent-To", "<urn:q1>"),
                one,
                at("2020-01-01T00:00:01Z"),
                http,
                ("WARC-IP-Address", "192.0.2.7"),
            ],
            chunked.as_bytes(),
        ),
        record(
            &[
                ("WARC-Type", "response"),
                ("WARC-Record-ID", "<urn:r2>"),
                ("WARC-Target-URI", "http://a.gov.cn/2"),
                at("2020-01-01T00:00:02.123456Z"),
                http,
                ("WARC-Truncated", "length"),
            ],
            b"HTTP/1.1 200 OK\r\n\r\npart",
        ),
        record(
            &[
                ("WARC-Type", "response"),
                ("WARC-Record-ID", "<urn:r3>"),
                ("WARC-Target-URI", "http://a.gov.cn/robots.txt"),
                at("2020-01-01T00:00:03Z"),
                http,
            ],
            b"HTTP/1.1 200 OK\nContent-Length: 99\n\nUser-agent: *\n",
        ),
        record(
            &[
                ("WARC-Type", "request"),
                ("WARC-Record-ID", "<urn:q2>"),
                ("WARC-Concurrent-To", "<urn:r2>"),
                ("WARC-Target-URI", "http://a.gov.cn/2"),
                at("2020-01-01T00:00:02Z"),
            ],
            b"POST /2 HTTP/1.1\r\nX: 2\r\n\r\n",
        ),
        record(
            &[
                ("WARC-Type", "metadata"),
                ("WARC-Concurrent-To", "<urn:r2>"),
                ("WARC-Target-URI", "http://a.gov.cn/2"),
                ("Content-Type", "application/warc-fields"),
            ],
            b"hopsFromSeed: LR\r\n",
        ),
        record(
            &[
                ("WARC-Type", "revisit"),
                ("WARC-Record-ID", "<urn:r4>"),
                one,
                at("2020-02-01T00:00:00Z"),
                http,
                ("WARC-Refers-To-Target-URI", "http://a.gov.cn/1"),
                ("WARC-Refers-To-Date", "2020-01-01T00:00:01Z"),
                // As wget has it: the digest of nothing, and cut because the body is left out.
                ("WARC-Block-Digest", "sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ"),
                ("WARC-Truncated", "length"),
            ],
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n",
        ),
        record(
            &[
                ("WARC-Type", "resource"),
                ("WARC-Target-URI", "https://b.gov.cn/x"),
                at("20200301000000"),
                ("Content-Type", "text/html"),
            ],
            PAGE.as_bytes(),
        ),
        record(
            &[("WARC-Type", "response"), ("WARC-Target-URI", "dns:a.gov.cn"), ("Content-Type", "text/dns")],
            b"1.2.3.4",
        ),
        record(&[("WARC-Type", "conversion"), ("WARC-Target-URI", "http://a.gov.cn/1")], b"text"),
    ];
    let dictionary = records.concat();
    let packed = zstd::bulk::compress(&dictionary, 3).unwrap();
    let begun = |dictionary: &[u8]| {
        [&[0x5D, 0x2A, 0x4D, 0x18][..], &(dictionary.len() as u32).to_le_bytes(), dictionary].concat()
    };
    let frames = |dictionary: &[u8]| -> Vec<u8> {
        let mut packer = zstd::bulk::Compressor::with_dictionary(3, dictionary).unwrap();
        records.iter().flat_map(|record| packer.compress(record).unwrap()).collect()
    };
    let shapes: [(&str, Vec<u8>); 6] = [
        ("plain.warc", records.concat()),
        ("members.warc.gz", records.iter().flat_map(|record| gzip(record, 1)).collect()),
        ("stream.warc.gz", gzip(&records.concat(), 1)),
        ("frames.warc.zst", frames(b"")),
        ("dictionary.warc.zst", [begun(&dictionary), frames(&dictionary)].concat()),
        ("packed.dictionary", [begun(&packed), frames(&dictionary)].concat()),
    ];
    for (name, bytes) in &shapes {
        std::fs::write(folder.join(name), bytes).unwrap();
        let archive = format!("{name}.sqlite");
        let (status, said) = import(folder, &archive, &[name]);
        assert_eq!((status, said["captures"].as_u64(), said["revisits"].as_u64()), (0, Some(5), Some(1)), "{said}");
        assert_eq!(said["passed_over"], serde_json::json!({"conversion": 1, "response": 1}));
        let rows = captures(folder, &archive);
        let begins = |n: usize, words: &str| assert!(rows[n].starts_with(words), "{}", rows[n]);
        let page = gongkai::digest::Digest::of(PAGE.as_bytes());
        begins(0, &format!("http://a.gov.cn/1 GET 200 2020-01-01T00:00:01.000Z link 192.0.2.7:80 - - {page}"));
        begins(1, "http://a.gov.cn/2 POST 200 2020-01-01T00:00:02.123Z redirect - length - ");
        begins(2, "http://a.gov.cn/robots.txt GET 200 2020-01-01T00:00:03.000Z robots - disconnect - ");
        begins(3, &format!("http://a.gov.cn/1 GET 200 2020-02-01T00:00:00.000Z link - - 1 {page}"));
        begins(4, &format!("https://b.gov.cn/x GET 200 2020-03-01T00:00:00.000Z link - - - {page}"));
        let text = |hex: &str| String::from_utf8(data_encoding::HEXUPPER.decode(hex.as_bytes()).unwrap()).unwrap();
        let heads: Vec<String> = rows[0].rsplitn(3, ' ').take(2).map(text).collect();
        assert_eq!(heads, ["Transfer-Encoding: chunked\r\nContent-Type: text/html\r\n", "Host: a.gov.cn\r\n"]);
    }
    // Torn, what is whole is taken in.
    std::fs::write(folder.join("torn.warc.zst"), &shapes[3].1[..shapes[3].1.len() - 20]).unwrap();
    let (status, said) = import(folder, "torn.sqlite", &["torn.warc.zst"]);
    assert_eq!(
        (status, said["captures"].as_u64(), said["faults"].as_array().unwrap().len()),
        (3, Some(5), 1),
        "{said}"
    );
    let parsed = run(folder, &["parse", "--warc", "dictionary.warc.zst"]);
    assert_eq!((parsed.status.code(), stdout(&parsed).lines().count()), (Some(0), 4), "{}", stderr(&parsed));
    // The same records in every shape are the same captures.
    let all: Vec<&str> = shapes.iter().map(|(name, _)| *name).collect();
    assert_eq!(import(folder, "all.sqlite", &all).1["captures"].as_u64(), Some(5));
}

#[test]
fn a_revisit_finds_its_original_in_a_later_file_or_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let http = ("Content-Type", "application/http");
    let uri = ("WARC-Target-URI", "http://a.gov.cn/1");
    let revisit = record(
        &[
            ("WARC-Type", "revisit"),
            uri,
            ("WARC-Date", "2020-02-01T00:00:00Z"),
            http,
            ("WARC-Refers-To-Target-URI", "http://a.gov.cn/1"),
            ("WARC-Refers-To-Date", "2020-01-01T00:00:00Z"),
        ],
        b"HTTP/1.1 200 OK\r\n\r\n",
    );
    let original = record(
        &[("WARC-Type", "response"), uri, ("WARC-Date", "2020-01-01T00:00:00Z"), http],
        b"HTTP/1.1 200 OK\r\n\r\nx",
    );
    std::fs::write(folder.join("1.warc"), &revisit).unwrap();
    std::fs::write(folder.join("2.warc"), &original).unwrap();
    let (status, said) = import(folder, "a.sqlite", &["1.warc"]);
    assert_eq!((status, said["captures"].as_u64()), (3, Some(0)));
    assert!(said["faults"][0]["why"].as_str().unwrap().contains("original of this revisit is not here"), "{said}");
    let (status, said) = import(folder, "a.sqlite", &["1.warc", "2.warc"]);
    assert_eq!((status, said["captures"].as_u64()), (0, Some(2)), "{said}");
}

/// pywb and warcprox write revisits without so much as a head.
#[test]
fn a_revisit_without_a_head_is_one_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let uri = ("WARC-Target-URI", "http://a.gov.cn/1");
    let http = ("Content-Type", "application/http; msgtype=response");
    let revisit = |date, profile| {
        let refers_to = ("WARC-Refers-To-Date", "2020-01-01T00:00:00Z");
        record(&[("WARC-Type", "revisit"), uri, ("WARC-Date", date), ("WARC-Profile", profile), refers_to], b"")
    };
    let file = [
        record(
            &[("WARC-Type", "response"), uri, ("WARC-Date", "2020-01-01T00:00:00Z"), http],
            b"HTTP/1.1 200 OK\r\n\r\nx",
        ),
        revisit("2020-02-01T00:00:00Z", "http://netpreserve.org/warc/0.18/revisit/identical-payload-digest"),
        revisit("2020-03-01T00:00:00Z", "http://netpreserve.org/warc/1.0/revisit/server-not-modified"),
    ];
    std::fs::write(folder.join("1.warc"), file.concat()).unwrap();
    let (status, said) = import(folder, "a.sqlite", &["1.warc"]);
    assert_eq!((status, said["captures"].as_u64(), said["revisits"].as_u64()), (0, Some(3), Some(2)), "{said}");
    let rows = captures(folder, "a.sqlite");
    assert!(rows[1].starts_with("http://a.gov.cn/1 GET 200 2020-02-01T00:00:00.000Z link - - 1 "), "{}", rows[1]);
    assert!(rows[2].starts_with("http://a.gov.cn/1 GET 304 2020-03-01T00:00:00.000Z link - - 1 "), "{}", rows[2]);
}

/// As crawlers of the Internet Archive wrote it: a version block, a look-up of the name, robots.txt, a page of GBK with an
/// address in GBK, and one whose length is wrong.
#[test]
fn an_arc_is_taken_in() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let page = gongkai::demo::pages().into_iter().find(|page| page.path.contains("e8437c55")).unwrap();
    let answer = |head: &str, body: &[u8]| [format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n").as_bytes(), body].concat();
    for version in [1, 2] {
        let names = ["Archive-length", "Result-code Checksum Location Offset Filename Archive-length"][version - 1];
        let block = format!("{version} 1 InternetArchive\nURL IP-address Archive-date Content-type {names}\n\n");
        let document = |address: &[u8], kind: &str, body: &[u8], length: usize| {
            let more = ["", "200 - - 0 a.arc "][version - 1];
            let line = format!(" 192.0.2.7 20080304050607 {kind} {more}{length}\n");
            [address, line.as_bytes(), body, b"\n"].concat()
        };
        let whole = |address: &[u8], kind: &str, body: &[u8]| document(address, kind, body, body.len());
        let report = answer("Content-Type: text/html", &page.body);
        let parts = [
            format!("filedesc://a.arc 0.0.0.0 20080304050607 text/plain {}\n{block}", block.len()).into_bytes(),
            whole(b"dns:a.gov.cn", "text/dns", b"20080304050607\na.gov.cn.\t60\tIN\tA\t192.0.2.7\n"),
            whole(b"http://a.gov.cn/robots.txt", "text/plain", &answer("X: y", b"User-agent: *\n")),
            whole(b"http://a.gov.cn/\xB9\xAB.htm", "text/html", &report),
            document(b"http://a.gov.cn/wrong", "text/html", &answer("X: y", b"wrong"), 7_000),
            whole(b"http://a.gov.cn/last", "text/html", &answer("X: y", b"last")),
        ];
        let wrong: usize = parts[..4].iter().map(Vec::len).sum();
        let members: Vec<Vec<u8>> = parts.iter().map(|part| gzip(part, 1)).collect();
        let packed_wrong: usize = members[..4].iter().map(Vec::len).sum();
        for (name, file, wrong) in [
            ("a.arc", parts.concat(), wrong),
            ("a.arc.gz", members.concat(), packed_wrong),
            ("any", parts.concat(), wrong),
        ] {
            std::fs::write(folder.join(name), file).unwrap();
            let archive = format!("{version}-{name}.sqlite");
            let (status, said) = import(folder, &archive, &[name]);
            assert_eq!((status, said["captures"].as_u64(), said["reports"].as_u64()), (3, Some(3), Some(1)), "{said}");
            assert_eq!(said["passed_over"], serde_json::json!({"response": 1}));
            assert_eq!(said["faults"].as_array().map(Vec::len), Some(1), "{said}");
            assert_eq!(said["faults"][0]["offset"].as_u64(), Some(wrong as u64), "{name}: {said}");
            let rows = captures(folder, &archive);
            let at = "2008-03-04T05:06:07.000Z";
            assert!(
                rows[0].starts_with(&format!("http://a.gov.cn/robots.txt GET 200 {at} robots 192.0.2.7:80 ")),
                "{rows:?}"
            );
            assert!(
                rows[1].starts_with(&format!("http://a.gov.cn/%B9%AB.htm GET 200 {at} link 192.0.2.7:80 - - ")),
                "{rows:?}"
            );
            assert!(rows[1].contains(&gongkai::digest::Digest::of(&page.body).to_string()));
            assert!(rows[2].starts_with("http://a.gov.cn/last "), "{rows:?}");
        }
    }
    let parsed = run(folder, &["parse", "--warc", "a.arc"]);
    assert_eq!(stdout(&parsed).lines().count(), 3, "{}", stderr(&parsed));
}

#[test]
fn a_wacz_without_a_warc_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let mut zip = zip::ZipWriter::new(std::fs::File::create(folder.path().join("a.wacz")).unwrap());
    zip.start_file("datapackage.json", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(b"{}").unwrap();
    zip.finish().unwrap();
    let (status, said) = import(folder.path(), "a.sqlite", &["a.wacz"]);
    assert_eq!(
        (status, &said["faults"][0]["why"]),
        (3, &serde_json::json!("it holds no WARC under archive/")),
        "{said}"
    );
}

/// A site of ours, archived by wget; runs where `GONGKAI_WGET` names it.
#[test]
fn what_wget_archives_is_taken_in() {
    let Some(wget) = std::env::var_os("GONGKAI_WGET") else { return };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let page = gongkai::demo::pages().into_iter().find(|page| page.path.contains("e8437c55")).unwrap();
    let headers = vec![("Content-Type", "text/html".to_owned())];
    let answer = Answer::Page { status: 200, headers, body: page.body.clone() };
    let site = Site::serve(vec![("a.gov.cn", "/1.html", answer)]);
    let address = format!("http://127.0.0.1:{}/1.html", site.port());
    let crawled = |name: &str, more: &[&str]| {
        let warc = format!("--warc-file={name}");
        let mut wget = std::process::Command::new(&wget);
        wget.current_dir(folder).args(["-q", "--no-proxy", "--header=Host: a.gov.cn", "-O", "/dev/null", &warc]);
        assert!(wget.args(more).arg(&address).status().unwrap().success());
    };
    crawled("members", &["--warc-cdx"]);
    crawled("plain", &["--no-warc-compression"]);
    // Two captures of one second are one to WARC/1.0.
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    crawled("again", &["--warc-dedup=members.cdx"]);
    for (name, captures, revisits) in [("members.warc.gz", 1, 0), ("plain.warc", 1, 0)] {
        let (status, said) = import(folder, &format!("{name}.sqlite"), &[name]);
        assert_eq!(
            (status, said["captures"].as_u64(), said["reports"].as_u64()),
            (0, Some(captures), Some(1)),
            "{said}"
        );
        assert_eq!(said["revisits"].as_u64(), Some(revisits));
    }
    let (status, said) = import(folder, "both.sqlite", &["again.warc.gz", "members.warc.gz"]);
    assert_eq!((status, said["captures"].as_u64(), said["revisits"].as_u64()), (0, Some(2), Some(1)), "{said}");
}

#[test]
fn a_plain_file_with_its_address_and_date() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let page = gongkai::demo::pages().into_iter().find(|page| page.path.contains("e8437c55")).unwrap();
    std::fs::write(folder.join("r.html"), &page.body).unwrap();
    std::fs::write(folder.join("s.html"), "x").unwrap();
    for (arguments, words) in [
        (&["r.html"][..], "needs --url and --date"),
        (&["r.html", "--url", "http://rst.sc.gov.cn/r"], "--date"),
        (&["r.html", "--url", "http://rst.sc.gov.cn/r", "--date", "soon"], "YYYY-MM-DD"),
        (&["r.html", "s.html", "--url", "http://rst.sc.gov.cn/r", "--date", "2024-01-01"], "--url names one"),
    ] {
        let output = run(folder, &[&["import", "--archive", "a.sqlite"], arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?} {}", stderr(&output));
        assert!(stderr(&output).contains(words), "{arguments:?} {}", stderr(&output));
    }
    let arguments = ["r.html", "--url", "http://rst.sc.gov.cn/rst/r.shtml", "--date", "2023-12-29"];
    let (status, said) = import(folder, "a.sqlite", &arguments);
    assert_eq!((status, said["reports"].as_u64()), (0, Some(1)), "{said}");
    assert_eq!(import(folder, "a.sqlite", &arguments).1["known"].as_u64(), Some(1));
    let shown = stdout(&run(folder, &["--archive", "a.sqlite", "show", "四川省人力资源和社会保障厅", "2023"]));
    assert!(shown.contains("at 2023-12-28T16:00:00.000Z"), "{shown}");
    let missing = run(folder, &["--archive", "a.sqlite", "import", "none.warc"]);
    assert!(missing.status.code() == Some(1) && stderr(&missing).contains("none.warc can't be read"));
}

/// What the archive holds of the intact file, the damaged one gives or reports: over every shape and place of damage.
#[test]
fn damage_is_found_and_never_taken_in() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    demo(folder);
    let whole = export(folder, "gongkai-demo.sqlite", "warc", "a.warc.gz");
    let intact = taken_from(&whole);
    let mut random = 0x2545_F491_4F6C_DD1D_u64;
    let mut next = |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random % below as u64) as usize
    };
    let (mut found, mut lost) = (0, 0);
    for n in 0..100 {
        let mut file = whole.clone();
        let at = next(file.len());
        match n % 4 {
            0 => file.truncate(at),
            1 => file[at] ^= 1 << next(8),
            2 => file[at..(at + 600).min(whole.len())].fill(0),
            _ => drop(file.drain(at..(at + 40).min(whole.len()))),
        }
        let (kept, faults) = taken_from(&file);
        let unknown: Vec<_> = kept.iter().filter(|one| !intact.0.contains(one)).collect();
        assert!(unknown.is_empty(), "damage {n} at {at} spread: {unknown:?}");
        // A cut between two members is a shorter file, not a damaged one; and bits of a member's head say nothing.
        let told = !faults.is_empty() || kept == intact.0 || (n % 4 == 0 && intact.0.starts_with(&kept));
        assert!(told, "damage {n} at {at} was missed");
        found += usize::from(!faults.is_empty());
        lost += intact.0.len() - kept.len();
    }
    assert!(found > 90 && lost < 100 * intact.0.len() / 2, "found {found}, lost {lost}");
}

/// Addresses with the digests of bodies as read, and what was said to be damaged.
fn taken_from(file: &[u8]) -> (Vec<(String, String)>, Vec<u64>) {
    use gongkai::import::{Exchanges, Found};
    let (mut kept, mut faults) = (Vec::new(), Vec::new());
    for found in Exchanges::new(file) {
        match found {
            Found::Answer(_, exchange, _) => kept.push((
                exchange.request.url.to_string(),
                gongkai::digest::Digest::of(&exchange.response.body).to_string(),
            )),
            Found::Revisit(_) => {}
            Found::Unread(offset, _) => faults.push(offset),
        }
    }
    (kept, faults)
}

#[test]
fn a_torn_file_gives_what_is_whole_and_says_where_it_ends() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    demo(folder);
    let whole = export(folder, "gongkai-demo.sqlite", "warc", "a.warc.gz");
    std::fs::write(folder.join("torn.warc.gz"), &whole[..whole.len() * 3 / 5]).unwrap();
    let output = run(folder, &["--archive", "b.sqlite", "import", "torn.warc.gz"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(stderr(&output).contains("torn.warc.gz: offset ") && stderr(&output).contains("breaks off"));
    assert!(run(folder, &["--archive", "b.sqlite", "verify"]).status.success());
    let (status, said) = import(folder, "b.sqlite", &["a.warc.gz"]);
    assert_eq!(status, 0);
    assert!(said["known"].as_u64() > Some(5) && said["captures"].as_u64() > Some(3), "{said}");
    assert_eq!(captures(folder, "b.sqlite").len(), captures(folder, "gongkai-demo.sqlite").len());
}

#[test]
fn a_warc_on_standard_input_gives_a_line_a_response() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    demo(folder);
    revisits(folder);
    export(folder, "gongkai-demo.sqlite", "warc", "a.warc.gz");
    let output = gongkai()
        .current_dir(folder)
        .args(["parse", "--warc", "-"])
        .stdin(std::fs::File::open(folder.join("a.warc.gz")).unwrap())
        .output()
        .unwrap();
    assert!(output.status.success() && stderr(&output).contains("2 revisits passed over"), "{}", stderr(&output));
    let lines: Vec<serde_json::Value> =
        stdout(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len() + 2, captures(folder, "gongkai-demo.sqlite").len());
    assert_eq!(lines.iter().filter(|line| line["report"].is_object()).count(), 6);
    let report = lines.iter().find(|line| line["report"]["agency"] == "四川省人力资源和社会保障厅").unwrap();
    assert_eq!((&report["source"]["status"], &report["decoded"]["encoding"]), (&200.into(), &"gb18030".into()));
    std::fs::write(folder.join("none.warc"), "nothing of the kind").unwrap();
    assert_eq!(run(folder, &["parse", "--warc", "none.warc"]).status.code(), Some(3));
}

#[test]
fn names_in_a_zip_are_no_paths_and_its_parts_are_bounded() {
    use zip::write::SimpleFileOptions;
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("a/b/c");
    std::fs::create_dir_all(&inner).unwrap();
    let page = |n: usize| {
        record(
            &[
                ("WARC-Type", "response"),
                ("WARC-Target-URI", &format!("http://a.gov.cn/../../../../etc/passwd?{n}")),
                ("WARC-Date", "2020-01-01T00:00:00Z"),
                ("Content-Type", "application/http"),
            ],
            b"HTTP/1.1 200 OK\r\nContent-Disposition: attachment; filename=../../../evil\r\n\r\nx",
        )
    };
    let mut zip = zip::ZipWriter::new(std::fs::File::create(inner.join("x.wacz")).unwrap());
    for (n, name) in ["archive/../../../evil.warc.gz", "/archive/evil.warc.gz", "archive/a.warc.gz"].iter().enumerate()
    {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(&gzip(&page(n), 1)).unwrap();
    }
    zip.start_file("pages/pages.jsonl", SimpleFileOptions::default()).unwrap();
    let zeros = vec![0; 1 << 20];
    (0..600).for_each(|_| zip.write_all(&zeros).unwrap());
    zip.finish().unwrap();
    let (status, said) = import(&inner, "a.sqlite", &["x.wacz"]);
    assert_eq!((status, said["captures"].as_u64()), (3, Some(2)), "{said}");
    assert!(said["faults"][0]["why"].as_str().unwrap().starts_with("it is larger than"), "{said}");
    let mut left = Vec::new();
    for entry in ["", "a", "a/b", "a/b/c"] {
        let names = std::fs::read_dir(folder.path().join(entry)).unwrap();
        left.extend(names.map(|name| name.unwrap().file_name().into_string().unwrap()));
    }
    left.retain(|name| !name.starts_with("a.sqlite"));
    left.sort();
    assert_eq!(left, ["a", "b", "c", "x.wacz"]);
}

/// A file as big as it likes: a record too large is cut and marked, a bomb is not unpacked into memory.
#[test]
fn a_record_too_large_is_cut_and_says_so() {
    use gongkai::archive::warc::MAX_BLOCK;
    use gongkai::exchange::Truncation;
    use gongkai::import::{Exchanges, Found};
    let fields = [
        ("WARC-Type", "response"),
        ("WARC-Target-URI", "http://a.gov.cn/1"),
        ("WARC-Date", "2020-01-01T00:00:00Z"),
        ("Content-Type", "application/http"),
    ];
    let mut block = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
    block.resize(MAX_BLOCK + 5_000_000, 0);
    let file = [gzip(&record(&fields, &block), 1), gzip(&record(&fields, b"HTTP/1.1 200 OK\r\n\r\nx"), 1)].concat();
    let sizes: Vec<(usize, Option<Truncation>)> = Exchanges::new(file.as_slice())
        .map(|found| match found {
            Found::Answer(_, exchange, _) => (exchange.response.body.len(), exchange.truncated),
            _ => panic!("nothing is damaged here"),
        })
        .collect();
    assert_eq!(sizes, [(MAX_BLOCK - 19, Some(Truncation::Length)), (1, None)]);
}

#[test]
fn pages_that_browsers_saved_say_where_they_come_from() {
    let folder = tempfile::tempdir().unwrap();
    let page = "<!DOCTYPE html>\r\n<!-- saved from url=(0024)http://a.gov.cn/nb/1.html -->\r\n<title>某县财政局2019年政府信息公开工作年度报告</title><p>一、总体情况</p><p>二、主动公开政府信息情况</p><p>六、其他需要报告的事项</p>";
    std::fs::write(folder.path().join("saved.html"), page).unwrap();
    let message = format!(
        "From: <Saved by Blink>\r\nSnapshot-Content-Location: http://a.gov.cn/nb/2.html\r\nDate: Tue, 2 Jan 2024 03:04:05 -0000\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related;\r\n\tboundary=\"B\"\r\n\r\n--B\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\nContent-Location: http://a.gov.cn/nb/2.html\r\n\r\n{}\r\n--B--\r\n",
        page.replace("2019", "2020")
    );
    std::fs::write(folder.path().join("saved.mhtml"), message).unwrap();
    let undated = run(folder.path(), &["import", "saved.html", "--archive", "a.sqlite"]);
    assert_eq!(undated.status.code(), Some(2));
    assert!(stderr(&undated).contains("names its address, http://a.gov.cn/nb/1.html"), "{}", stderr(&undated));
    for file in [&["saved.html", "--date", "2024-01-02"][..], &["saved.mhtml"]] {
        let taken = run(folder.path(), &[&["import", "--archive", "a.sqlite"], file].concat());
        assert_eq!(taken.status.code(), Some(0), "{}", stderr(&taken));
    }
    let held = super::crawl::query(
        folder.path(),
        "SELECT url || ' ' || captured_at || ' ' || year FROM report_current ORDER BY url",
    );
    assert_eq!(
        held,
        [
            "http://a.gov.cn/nb/1.html 2024-01-01T16:00:00.000Z 2019",
            "http://a.gov.cn/nb/2.html 2024-01-02T03:04:05.000Z 2020"
        ]
    );
    std::fs::write(folder.path().join("a.warc.bz2"), b"BZh91AY").unwrap();
    let packed = run(folder.path(), &["import", "a.warc.bz2", "--archive", "a.sqlite"]);
    assert!(stderr(&packed).contains("packed by bzip2: unpack it first"), "{}", stderr(&packed));
}

/// A body that breaks off twice at the same place is one capture and its revisit; both archives read the first.
#[test]
fn attempts_that_failed_are_read_alike_by_crawl_and_import() {
    const HOST: &str = "cut.test.gov.cn";
    let page = gongkai::demo::pages().into_iter().find(|page| page.path.contains("e8437c55")).unwrap();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\r\n", page.body.len() + 9);
    let site = Site::serve(vec![(HOST, "/1.html", Answer::Raw([head.as_bytes(), &page.body].concat()))]);
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    super::crawl::crawl(folder, &site, &[HOST], &[site.url(HOST, "/1.html")], "1ms");
    export(folder, "a.sqlite", "warc", "a.warc.gz");
    let (_, said) = import(folder, "b.sqlite", &["a.warc.gz"]);
    assert_eq!(said["revisits"].as_u64(), Some(1), "{said}");
    let numbers = |archive: &str, out: &str| {
        let rows = String::from_utf8(export(folder, archive, "csv", out)).unwrap();
        rows.lines().count()
    };
    let (crawled, imported) = (numbers("a.sqlite", "a.csv"), numbers("b.sqlite", "b.csv"));
    assert!(crawled > 100 && crawled == imported, "{crawled} {imported}");
}

/// wget names a payload in chunks by what was sent, and revisits of error pages too; the original may be in another file.
#[test]
fn a_revisit_of_an_answer_in_chunks_is_found() {
    use sha1::Digest as _;
    let folder = tempfile::tempdir().unwrap();
    let digest = |body: &[u8]| format!("sha1:{}", data_encoding::BASE32.encode(&sha1::Sha1::digest(body)));
    let fields = |kind: &'static str, path: &str, at: &str, digest: &str| -> Vec<(&'static str, String)> {
        vec![
            ("WARC-Type", kind.into()),
            ("WARC-Target-URI", format!("<http://a.gov.cn{path}>")),
            ("WARC-Date", at.into()),
            ("WARC-Payload-Digest", digest.into()),
            ("Content-Type", "application/http;msgtype=response".into()),
        ]
    };
    let written = |fields: Vec<(&'static str, String)>, block: &str| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        record(&fields, block.as_bytes())
    };
    let (chunked, missing) = ("5\r\n<p>in\r\n3\r\n</p\r\n1\r\n>\r\n0\r\n\r\n", "<p>404</p>");
    let heads = [
        ("/1.html", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", chunked),
        ("/2.html", "HTTP/1.1 404 Not Found\r\nContent-Length: 10\r\n\r\n", missing),
    ];
    let mut files = [Vec::new(), Vec::new()];
    for (path, head, body) in heads {
        let label = digest(body.as_bytes());
        files[0].extend(written(fields("response", path, "2024-01-01T00:00:00Z", &label), &format!("{head}{body}")));
        files[1].extend(written(fields("revisit", path, "2024-02-01T00:00:00Z", &label), head));
    }
    std::fs::write(folder.path().join("first.warc"), &files[0]).unwrap();
    std::fs::write(folder.path().join("again.warc"), &files[1]).unwrap();
    for (archive, order) in [("a.sqlite", ["first.warc", "again.warc"]), ("b.sqlite", ["again.warc", "first.warc"])] {
        let (status, said) = import(folder.path(), archive, &order);
        assert_eq!((status, said["captures"].as_u64(), said["revisits"].as_u64()), (0, Some(4), Some(1)), "{said}");
    }
}

#[test]
fn a_package_of_wacz_is_taken_in() {
    use zip::write::SimpleFileOptions;
    let folder = tempfile::tempdir().unwrap();
    let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let zipped = |parts: &[(&str, Vec<u8>)]| {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (name, bytes) in parts {
            zip.start_file(*name, options).unwrap();
            zip.write_all(bytes).unwrap();
        }
        zip.finish().unwrap().into_inner()
    };
    let wacz = |n: u8| {
        let address = format!("http://a.gov.cn/{n}.html");
        let fields = [
            ("WARC-Type", "response"),
            ("WARC-Target-URI", address.as_str()),
            ("WARC-Date", "2024-01-01T00:00:00Z"),
            ("Content-Type", "application/http"),
        ];
        let warc = record(&fields, b"HTTP/2 200\r\nContent-Type: text/html\r\n\r\n<p>x");
        zipped(&[("archive/data.warc", warc), ("indexes/index.idx", Vec::new()), ("datapackage.json", b"{}".to_vec())])
    };
    let package = zipped(&[
        ("datapackage.json", br#"{"profile":"multi-wacz-package"}"#.to_vec()),
        ("one.wacz", wacz(1)),
        ("two.wacz", zipped(&[("archive/in.wacz", wacz(3)), ("three.wacz", wacz(3))])),
        ("two/again.wacz", wacz(2)),
    ]);
    std::fs::write(folder.path().join("all.wacz"), package).unwrap();
    let (status, said) = import(folder.path(), "a.sqlite", &["all.wacz"]);
    let held = super::crawl::query(folder.path(), "SELECT url FROM capture ORDER BY url");
    // A WACZ in a WACZ of a package is none of the package's.
    assert_eq!(held, ["http://a.gov.cn/1.html", "http://a.gov.cn/2.html"], "{said}");
    assert_eq!(status, 0, "{said}");
}
