//! Tables alone: rows as the bytes say, with spans a page would not give.
#![no_main]

use gongkai::exchange::Headers;
use gongkai::parse::{self, Given};
use libfuzzer_sys::fuzz_target;

const TAGS: [&str; 16] = [
    "<table>", "</table>", "<tr>", "</tr>", "<td>", "<td rowspan=2>", "<td colspan=3>", "<td rowspan=0>",
    "<td rowspan=65534>", "<td colspan=1000>", "<th>", "<tbody>", "</tbody>", "<thead>", "<tfoot>", "<br>7",
];

fuzz_target!(|data: &[u8]| {
    let body: String = data.iter().map(|byte| TAGS[usize::from(byte % 16)]).collect();
    let headers = Headers(vec![("Content-Type".into(), b"text/html".to_vec())]);
    let given = Given { url: None, status: None, headers: &headers, query: None, body: body.as_bytes() };
    let (tables, _) = parse::laid_out(given);
    for table in tables {
        assert!(table.bytes.0 <= table.bytes.1 && table.bytes.1 <= body.len());
    }
    parse::read(given);
});
