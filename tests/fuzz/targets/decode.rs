//! Decoding alone: any declaration in the head, any bytes under it.
#![no_main]

use gongkai::exchange::Headers;
use gongkai::parse::{self, Given};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let at = data.iter().position(|byte| *byte == b'\n').unwrap_or(0);
    let (declared, body) = data.split_at(at);
    let headers = Headers(vec![("Content-Type".into(), declared.to_vec())]);
    let (_, text) = parse::laid_out(Given { url: None, status: None, headers: &headers, query: None, body });
    assert!(text.len() <= 3 * body.len() + 3);
});
