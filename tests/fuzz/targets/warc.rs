//! WARC: any bytes as a file, and the same bytes as what one gzip member holds.
#![no_main]

use std::io::Write;

use gongkai::import::{Exchanges, Found};
use libfuzzer_sys::fuzz_target;

fn read(file: &[u8]) {
    for found in Exchanges::new(file) {
        if let Found::Answer(offset, exchange, _) = found {
            assert!(offset <= file.len() as u64 && exchange.response.status < 1_000);
        }
    }
}

fuzz_target!(|data: &[u8]| {
    read(data);
    let mut member = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    member.write_all(data).unwrap();
    let member = member.finish().unwrap();
    read(&member);
    read(&[&member[..member.len() / 2], &member].concat());
});
