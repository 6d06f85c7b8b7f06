//! Decode, tokens, grid, report, places: any bytes served as a page under any declaration.
#![no_main]

use gongkai::exchange::Headers;
use gongkai::parse::{self, Given};
use libfuzzer_sys::fuzz_target;

const TYPES: [&str; 6] =
    ["text/html", "text/html; charset=utf-8", "text/html; charset=gbk", "text/html; charset=big5", "text/html; charset=utf-16le", "text/html; charset=iso-2022-jp"];

fuzz_target!(|data: &[u8]| {
    let Some((first, body)) = data.split_first() else { return };
    let mut headers = Headers::default();
    headers.push("Content-Type", TYPES[usize::from(*first) % TYPES.len()]);
    if *first > 200 {
        headers.push("Content-Encoding", "gzip");
    }
    let url = "http://rst.sc.gov.cn/a/".parse().unwrap();
    let given = Given { url: Some(&url), status: Some(200), headers: &headers, query: None, body };
    let parsed = parse::read(given);
    parse::discover(given);
    parse::laid_out(given);
    let content = parse::body_of(&gongkai::exchange::Response { status: 200, headers: headers.clone(), body: body.to_vec() });
    for value in parsed.report.iter().flat_map(|report| &report.values) {
        assert!(value.place.bytes.0 <= value.place.bytes.1 && value.place.bytes.1 <= content.len());
    }
});
