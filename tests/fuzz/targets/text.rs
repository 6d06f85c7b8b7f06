//! Reports pasted as text.
#![no_main]

use gongkai::exchange::Headers;
use gongkai::parse::{self, Given};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let headers = Headers(vec![("Content-Type".into(), b"text/plain".to_vec())]);
    parse::read(Given { url: None, status: None, headers: &headers, query: None, body: data });
});
