//! Pages made to break readers: deep, wide, long. Each ends, within memory, with a word about the limit.

use gongkai::exchange::Headers;
use gongkai::parse::{self, Given, PageKind, Parsed};

fn read(body: &[u8]) -> Parsed {
    let headers = Headers(vec![("Content-Type".into(), b"text/html; charset=utf-8".to_vec())]);
    // The stack of a thread, as the crawl's workers have it: depth must not cost any.
    std::thread::scope(|scope| {
        std::thread::Builder::new()
            .stack_size(512 << 10)
            .spawn_scoped(scope, || {
                parse::read(Given { url: None, status: Some(200), headers: &headers, query: None, body })
            })
            .unwrap()
            .join()
            .unwrap()
    })
}

#[test]
fn fifty_megabytes_of_nested_tables() {
    let parsed = read(&b"<table><tr><td>".repeat((50 << 20) / 15));
    assert_eq!(parsed.page.kind, PageKind::Other);
    assert!(parsed.page.reason.contains("more tables than are read"), "{}", parsed.page.reason);
}

#[test]
fn a_hundred_thousand_nested_divs() {
    let parsed = read(&b"<div>".repeat(100_000));
    assert!(parsed.report.is_none());
}

#[test]
fn a_bomb_of_spans() {
    let cell = "<td rowspan=65534 colspan=1000>x</td>";
    let parsed = read(format!("<table>{}</table>", format!("<tr>{}</tr>", cell.repeat(50)).repeat(50)).as_bytes());
    assert!(parsed.report.is_none());
}

#[test]
fn a_million_rows() {
    let parsed = read(format!("<table>{}</table>", "<tr><td>1</td></tr>".repeat(1_000_000)).as_bytes());
    assert!(parsed.report.is_none());
}

#[test]
fn two_hundred_thousand_attributes() {
    let attributes: String = (0..200_000).map(|n| format!(" a{n}=1")).collect();
    assert!(read(format!("<table{attributes}><tr><td>1</table>").as_bytes()).report.is_none());
}

#[test]
fn a_hundred_thousand_links() {
    let links: String = (0..100_000).map(|n| format!("<a href=/{n}>政府信息公开年报</a>")).collect();
    let parsed = read(links.as_bytes());
    assert!(parsed.page.reason.contains("more links than are read"), "{}", parsed.page.reason);
}

#[test]
fn a_binary_file_is_named() {
    for (body, word) in [
        (&b"%PDF-1.7 ..."[..], "PDF"),
        (b"PK\x03\x04....", "ZIP"),
        (b"\xD0\xCF\x11\xE0....", "OLE"),
        (b"\x89PNG....", "PNG"),
    ] {
        let parsed = read(body);
        assert_eq!(parsed.page.kind, PageKind::Attachment);
        assert!(parsed.page.reason.contains(word), "{}", parsed.page.reason);
    }
}
