//! XLSX: a sheet inside a sound container.
#![no_main]

mod container;

use libfuzzer_sys::fuzz_target;

const OTHERS: [(&str, &str); 3] = [
    ("[Content_Types].xml", "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>"),
    ("xl/workbook.xml", "<workbook xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><sheets><sheet name=\"a\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"),
    ("xl/_rels/workbook.xml.rels", "<Relationships><Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>"),
];

fuzz_target!(|data: &[u8]| container::read(&OTHERS, "xl/worksheets/sheet1.xml", data));
