//! DOCX: the document inside a sound container.
#![no_main]

mod container;

use libfuzzer_sys::fuzz_target;

const OTHERS: [(&str, &str); 3] = [
    ("[Content_Types].xml", "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>"),
    ("_rels/.rels", "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"/>"),
    ("word/_rels/document.xml.rels", "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"/>"),
];

fuzz_target!(|data: &[u8]| container::read(&OTHERS, "word/document.xml", data));
