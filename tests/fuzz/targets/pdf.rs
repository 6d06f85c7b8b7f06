//! PDF: any bytes after the signature.
#![no_main]

use gongkai::exchange::Headers;
use gongkai::parse::{self, Given};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let body = [b"%PDF-1.4\n", data].concat();
    parse::read(Given { url: None, status: None, headers: &Headers::default(), query: None, body: &body });
});
