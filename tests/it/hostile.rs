//! Input nobody wrote on purpose: pages cut, spliced and mutated at random. Nothing panics, and every place lies in the page.

use gongkai::exchange::Headers;
use gongkai::parse::{self, Given};
use proptest::prelude::*;

fn corpus() -> Vec<Vec<u8>> {
    gongkai::demo::pages().into_iter().map(|page| page.body).filter(|body| body.len() > 1_000).collect()
}

/// One way of breaking a page.
#[derive(Clone, Debug)]
enum Break {
    Cut(prop::sample::Index),
    Flip(prop::sample::Index, u8),
    Drop(prop::sample::Index, usize),
    Insert(prop::sample::Index, &'static str),
    Splice(prop::sample::Index, prop::sample::Index),
}

fn breaks() -> impl Strategy<Value = Break> {
    let pieces = prop::sample::select(vec![
        "<table>",
        "</table>",
        "<tr>",
        "<td rowspan=0>",
        "<td colspan=9999>",
        "</td>",
        "<!--",
        "<script>",
        "\u{0}",
        "规章",
        "<td>9",
        "|",
        "'",
        "<![CDATA[",
        "<plaintext>",
        "&#x110000;",
        "\u{FFFD}",
    ]);
    prop_oneof![
        any::<prop::sample::Index>().prop_map(Break::Cut),
        (any::<prop::sample::Index>(), any::<u8>()).prop_map(|(at, byte)| Break::Flip(at, byte)),
        (any::<prop::sample::Index>(), 1..400usize).prop_map(|(at, length)| Break::Drop(at, length)),
        (any::<prop::sample::Index>(), pieces).prop_map(|(at, piece)| Break::Insert(at, piece)),
        (any::<prop::sample::Index>(), any::<prop::sample::Index>()).prop_map(|(one, other)| Break::Splice(one, other)),
    ]
}

fn broken(mut body: Vec<u8>, breaks: &[Break]) -> Vec<u8> {
    for way in breaks {
        if body.is_empty() {
            return body;
        }
        match way {
            Break::Cut(at) => body.truncate(at.index(body.len())),
            Break::Flip(at, byte) => {
                let at = at.index(body.len());
                body[at] ^= byte;
            }
            Break::Drop(at, length) => {
                let at = at.index(body.len());
                body.drain(at..(at + length).min(body.len()));
            }
            Break::Insert(at, piece) => {
                let at = at.index(body.len());
                body.splice(at..at, piece.bytes());
            }
            Break::Splice(one, other) => {
                let (one, other) = (one.index(body.len()), other.index(body.len()));
                let piece: Vec<u8> = body[one.min(other)..one.max(other)].iter().copied().take(2_000).collect();
                body.splice(one..one, piece);
            }
        }
    }
    body
}

fn check(body: &[u8], content_type: &str) -> Result<(), TestCaseError> {
    let headers = Headers(vec![("Content-Type".into(), content_type.into())]);
    let url = "http://rst.sc.gov.cn/a/".parse().unwrap();
    let given = Given { url: Some(&url), status: Some(200), headers: &headers, query: None, body };
    let parsed = parse::read(given);
    parse::discover(given);
    for value in parsed.report.iter().flat_map(|report| &report.values) {
        let (start, end) = value.place.bytes;
        prop_assert!(start <= end && end <= body.len(), "{:?} of {}", value.place, body.len());
    }
    prop_assert_eq!(parse::read(given).report, parsed.report, "the same input, the same output");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_broken_page(which in any::<prop::sample::Index>(), breaks in prop::collection::vec(breaks(), 1..12), type_of in prop::sample::select(vec!["text/html", "text/html; charset=gbk", "text/html; charset=utf-8", "text/plain", "text/html; charset=big5"])) {
        let corpus = corpus();
        check(&broken(corpus[which.index(corpus.len())].clone(), &breaks), type_of)?;
    }

    #[test]
    fn bytes_of_any_kind(body in prop::collection::vec(any::<u8>(), 0..3_000)) {
        check(&body, "text/html")?;
    }

    #[test]
    fn text_of_any_kind(body in "[规章行政许可0-9|一二三四（）、.#\n\t ]{0,400}") {
        check(body.as_bytes(), "text/plain")?;
    }
}
