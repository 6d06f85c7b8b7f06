//! DOCX: the document inside a sound container, as damaging the container itself (target `file`) seldom reaches it.
#![no_main]

use std::io::{Cursor, Write};

use gongkai::exchange::Headers;
use gongkai::parse::{self, Given};
use libfuzzer_sys::fuzz_target;
use zip::CompressionMethod::Stored;
use zip::write::SimpleFileOptions;

const OTHERS: [(&str, &str); 3] = [
    ("[Content_Types].xml", "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>"),
    ("_rels/.rels", "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"/>"),
    ("word/_rels/document.xml.rels", "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"/>"),
];

fuzz_target!(|data: &[u8]| {
    let mut file = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let plain = SimpleFileOptions::default().compression_method(Stored);
    for (name, text) in OTHERS.iter().map(|(name, text)| (*name, text.as_bytes())).chain([("word/document.xml", data)]) {
        file.start_file(name, plain).unwrap();
        file.write_all(text).unwrap();
    }
    let body = file.finish().unwrap().into_inner();
    parse::read(Given { url: None, status: None, headers: &Headers::default(), body: &body });
});
