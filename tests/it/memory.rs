//! What is kept in memory: of an export and an import the same peak with four times the captures; of a crawl of what would fill it
//! no more than is promised (N3).
#![cfg(target_os = "linux")]

use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use gongkai::archive::{self, Packer};
use gongkai::store::{Access, Store};

use super::archive::exchange;
use super::crawl::query;
use super::site::{Answer, Site};
use super::{gongkai, gzip};

/// Bytes of a body.
const BODY: usize = 64 << 10;
/// What the peak may grow by, KB: less than half of what 450 more bodies weigh. It grows by some 2,000.
const GROWTH: u64 = 12_000;

/// An archive of bodies that do not pack.
fn filled(path: &Path, captures: u64) {
    let store = Store::open(path, Access::Write).unwrap();
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut body = || -> Vec<u8> {
        let words = std::iter::repeat_with(|| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()
        });
        // A picture, which nobody reads.
        b"\x89PNG\r\n\x1A\n".iter().copied().chain(words.take(BODY / 8).flatten()).collect()
    };
    for first in (0..captures).step_by(50) {
        let batch: Vec<_> =
            (first..first + 50).map(|n| exchange(&format!("http://a.gov.cn/{n}.png"), 200, &body())).collect();
        store
            .write_blocking(move |tx| {
                batch.iter().try_for_each(|one| archive::put(tx, &Packer::default(), one, None).map(drop))
            })
            .unwrap();
    }
}

/// Highest resident size of the program over its run, KB, as the kernel counts it; the status it ended with.
fn peak(folder: &Path, arguments: &[&str]) -> (u64, Option<i32>) {
    let mut child =
        gongkai().current_dir(folder).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        peak = line.map_or(peak, |line| line.trim().trim_end_matches(" kB").parse().unwrap());
        match child.try_wait().unwrap() {
            Some(status) => return (peak, status.code()),
            None => std::thread::sleep(std::time::Duration::from_millis(2)),
        }
    }
}

#[test]
fn four_times_the_captures_take_the_same_memory() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (name, captures) in [("few", 150), ("many", 600)] {
        filled(&folder.join(format!("{name}.sqlite")), captures);
    }
    let peaks = |arguments: &[&str]| {
        ["few", "many"].map(|name| {
            let arguments: Vec<String> = arguments.iter().map(|part| part.replace("NAME", name)).collect();
            let (peak, status) = peak(folder, &arguments.iter().map(String::as_str).collect::<Vec<_>>());
            assert_eq!(status, Some(0), "{arguments:?}");
            peak
        })
    };
    for arguments in [
        &["--archive", "NAME.sqlite", "export", "warc", "--out", "NAME.warc.gz"][..],
        &["--archive", "NAME.sqlite", "export", "wacz", "--out", "NAME.wacz"],
        &["--archive", "NAME-again.sqlite", "import", "NAME.warc.gz"],
    ] {
        let [few, many] = peaks(arguments);
        assert!(few > 1_000 && many < few + GROWTH, "{arguments:?}: {few} KB, then {many} KB");
    }
}

/// 256 MiB of zeros.
fn br_bomb() -> Vec<u8> {
    let mut packed = brotli::CompressorWriter::new(Vec::new(), 64 << 10, 1, 22);
    let zeros = vec![0; 1 << 20];
    (0..256).for_each(|_| packed.write_all(&zeros).unwrap());
    packed.into_inner()
}

#[test]
fn what_would_fill_the_memory_does_not() {
    /// Promises N3, KB.
    const MOST: u64 = 512 << 10;
    const OK: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n";
    let endless =
        |begin: String, piece: Vec<u8>| Answer::Endless { begin: begin.into_bytes(), piece, pause: Duration::ZERO };
    let coded = |coding: &str, body: Vec<u8>| Answer::Page {
        status: 200,
        headers: vec![("Content-Type", "text/html".into()), ("Content-Encoding", coding.into())],
        body,
    };
    // A gigabyte of zeros, in members.
    let bomb = gzip(&vec![0; 8 << 20], 1).repeat(128);
    let chunk = [b"10000\r\n".to_vec(), vec![0; 64 << 10], b"\r\n".to_vec()].concat();
    let answers = [
        ("body-1gb", endless(format!("{OK}Content-Length: {}\r\n\r\n", 1 << 30), vec![0; 1 << 20]), "too_large"),
        ("chunked-endless", endless(format!("{OK}Transfer-Encoding: chunked\r\n\r\n"), chunk), "too_large"),
        (
            "header-10mb",
            Answer::Raw(format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "a".repeat(10 << 20)).into_bytes()),
            "bad_http",
        ),
        ("headers-endless", endless("HTTP/1.1 200 OK\r\n".into(), b"X: a\r\n".repeat(1_000)), "bad_http"),
        ("gzip-bomb", coded("gzip", bomb.clone()), "bad_coding"),
        ("gzip-bomb-double", coded("gzip, gzip", gzip(&bomb, 1)), "bad_coding"),
        ("br-bomb", coded("br", br_bomb()), "bad_coding"),
        ("fine", Answer::html("<p>公开</p>".repeat(100)), "no_report"),
    ];
    // A host and an address each, so that two are asked at the same time.
    let hosts: Vec<String> = answers.iter().map(|(name, ..)| format!("{name}.test.gov.cn")).collect();
    let script = hosts.iter().zip(&answers).map(|(host, (_, answer, _))| (host.as_str(), "/x", answer.clone()));
    let site = Site::serve_at(answers.len() as u8, script.collect());
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let seed =
        |host: &String| format!("[[seed]]\nurl = \"{}\"\nagency = \"局\"\nkind = \"report\"\n", site.url(host, "/x"));
    std::fs::create_dir(folder.join("seeds")).unwrap();
    let seeds: String = hosts.iter().map(seed).collect();
    std::fs::write(folder.join("seeds/a.toml"), format!("province = \"四川\"\n{seeds}")).unwrap();
    std::fs::write(folder.join("config.toml"), "[limits]\ntries = 1\n[pace]\nhosts_at_once = 2\n").unwrap();
    let mut words: Vec<String> =
        ["crawl", "--archive", "a.sqlite", "--gap", "1ms", "--allow-net", "127.0.0.0/8"].map(str::to_owned).to_vec();
    for (host, last) in hosts.iter().zip(1..) {
        let port = site.port();
        words.extend(["--resolve".to_owned(), format!("{host}:{port}:127.0.0.{last}:{port}")]);
    }
    let (peak, status) = peak(folder, &words.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(status, Some(3));
    let outcomes = query(folder, "SELECT host || ' ' || outcome FROM url WHERE address LIKE '%/x' ORDER BY id");
    let expected: Vec<String> =
        hosts.iter().zip(&answers).map(|(host, (.., outcome))| format!("{host}:{} {outcome}", site.port())).collect();
    assert_eq!(outcomes, expected);
    println!("{peak} KB at the most");
    assert!(peak > 1_000 && peak < MOST, "{peak} KB");
}
