//! PDF, DOCX, XLSX and XLS: the seeds are real files, so the first bytes decide which reader is tried.
#![no_main]

use gongkai::exchange::Headers;
use gongkai::parse::{self, Given};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    parse::read(Given { url: None, status: None, headers: &Headers::default(), query: None, body: data });
});
