//! An Office file around one part: damaging the container itself (target `file`) seldom reaches what is inside.

use std::io::{Cursor, Write};

use gongkai::exchange::Headers;
use gongkai::parse::{self, Given};
use zip::CompressionMethod::Stored;
use zip::write::SimpleFileOptions;

/// Reads a sound container of `others` and the part `name` with these bytes.
pub fn read(others: &[(&str, &str)], name: &str, data: &[u8]) {
    let mut file = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let plain = SimpleFileOptions::default().compression_method(Stored);
    for (name, bytes) in others.iter().map(|(name, text)| (*name, text.as_bytes())).chain([(name, data)]) {
        file.start_file(name, plain).unwrap();
        file.write_all(bytes).unwrap();
    }
    let body = file.finish().unwrap().into_inner();
    parse::read(Given { url: None, status: None, headers: &Headers::default(), query: None, body: &body });
}
