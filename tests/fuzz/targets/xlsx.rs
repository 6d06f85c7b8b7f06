//! XLSX: a sheet inside a sound container, as damaging the container itself (target `file`) seldom reaches it.
#![no_main]

use std::io::{Cursor, Write};

use gongkai::exchange::Headers;
use gongkai::parse::{self, Given};
use libfuzzer_sys::fuzz_target;
use zip::CompressionMethod::Stored;
use zip::write::SimpleFileOptions;

const OTHERS: [(&str, &str); 3] = [
    ("[Content_Types].xml", "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>"),
    ("xl/workbook.xml", "<workbook xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><sheets><sheet name=\"a\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"),
    ("xl/_rels/workbook.xml.rels", "<Relationships><Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>"),
];

fuzz_target!(|data: &[u8]| {
    let mut file = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let plain = SimpleFileOptions::default().compression_method(Stored);
    for (name, text) in OTHERS.iter().map(|(name, text)| (*name, text.as_bytes())).chain([("xl/worksheets/sheet1.xml", data)]) {
        file.start_file(name, plain).unwrap();
        file.write_all(text).unwrap();
    }
    let body = file.finish().unwrap().into_inner();
    parse::read(Given { url: None, status: None, headers: &Headers::default(), body: &body });
});
