//! The demo: its own output, and every number of its reports against what the replica was made from.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use gongkai::demo::{self, Replica};

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
        "6 of 6 reports",
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

#[test]
fn every_page_over_a_bare_connection() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let replica = runtime.block_on(Replica::start()).unwrap();
    let ask = |host: &str, path: &str, accept: &str| ask(replica.address(), host, path, accept);
    for page in demo::pages() {
        assert!(replica.hosts().contains(&page.host) && page.host.ends_with(".gov.cn.localhost"), "{}", page.host);
        let (head, body) = ask(page.host, page.path, "Accept-Encoding: gzip\r\n");
        assert!(head.starts_with(&format!("HTTP/1.1 {} ", page.status)), "{} {head}", page.path);
        assert_eq!(body, page.body, "{}", page.path);
        let (head, body) = ask(page.host, page.path, "");
        assert!(!head.to_lowercase().contains("content-encoding"), "{} {head}", page.path);
        assert_eq!(body, page.uncoded().body, "{}", page.path);
    }
    for (host, path, accept, status) in [
        (replica.hosts()[0], "/nowhere", "", "404"),
        ("www.other.gov.cn.localhost", "/", "", "404"),
        ("www.zongyang.gov.cn.localhost", "/openness/OpennessAnnualReport/", "", "521"),
    ] {
        let (head, _) = ask(host, path, accept);
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{host}{path} {head}");
        assert_eq!(head.to_lowercase().contains("set-cookie: __jsluid_h="), status == "521", "{head}");
    }
    let asked = replica.asked();
    assert_eq!(asked.len(), 2 * demo::pages().len() + 3);
    assert_eq!(asked.last().map(|asked| asked.host.as_str()), Some("www.zongyang.gov.cn.localhost"));
}

#[test]
fn the_encodings_are_what_the_sites_have() {
    let page = |part: &str| demo::pages().into_iter().find(|page| page.path.contains(part)).unwrap();
    let sichuan = page("e8437c55");
    assert!(String::from_utf8(sichuan.body.clone()).is_err());
    assert_eq!(sichuan.headers, [("Content-Type", "text/html".to_owned())]);
    let (text, _, broken) = encoding_rs::GB18030.decode(&sichuan.body);
    // 镕 is in GBK and not in GB2312.
    assert!(!broken && text.contains("charset=gb2312") && text.contains('镕'));
    let hangzhou = page("art_1229063423_4327350");
    assert!(hangzhou.body.starts_with(&[0x1F, 0x8B]));
    assert!(String::from_utf8(hangzhou.uncoded().body.clone()).unwrap().contains("580267448/2024-276400"));
}

#[test]
fn the_markup_holds_every_number() {
    let texts: Vec<String> = demo::pages()
        .iter()
        .map(|page| match String::from_utf8(page.uncoded().body.clone()) {
            Ok(text) => text,
            Err(_) => encoding_rs::GB18030.decode(&page.body).0.into_owned(),
        })
        .collect();
    for report in demo::expected() {
        let title = format!("{}{}年", report.agency, report.year);
        let holds = |text: &&String| {
            let cells: Vec<String> = scraper::Html::parse_document(text)
                .select(&scraper::Selector::parse("td").unwrap())
                .map(|cell| cell.text().collect::<String>().trim().to_owned())
                .filter(|text| text.is_empty() || text.starts_with(|c: char| c.is_ascii_digit()))
                .collect();
            let printed = report.numbers.cells();
            let count = |wanted: &str| cells.iter().filter(|cell| *cell == wanted).count();
            let times = |wanted: &str| printed.iter().filter(|(_, text)| *text == wanted).count();
            printed.iter().filter(|(_, text)| !text.is_empty()).all(|(_, text)| count(text) == times(text))
        };
        assert_eq!(texts.iter().filter(holds).count(), 1, "{title}");
    }
}

#[test]
fn a_dropped_replica_answers_no_more() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let replica = runtime.block_on(Replica::start()).unwrap();
    let address = replica.address();
    drop(replica);
    // The task ends at its next turn: a connection refused is the sign, and only an endless wait would be a failure.
    while TcpStream::connect(address).is_ok() {
        std::thread::yield_now();
    }
}

/// Head and body of one answer, asked for in so many bytes.
fn ask(address: SocketAddr, host: &str, path: &str, accept: &str) -> (String, Vec<u8>) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}:{}\r\n{accept}Connection: close\r\n\r\n", address.port())
        .unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    (String::from_utf8_lossy(&answer[..end]).into_owned(), answer[end + 4..].to_vec())
}
