use std::io::Write;

use super::*;

fn record(n: usize, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "WARC/1.0\r\nWARC-Type: resource\r\nWARC-Target-URI: <http://a.gov.cn/{n}>\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body, b"\r\n\r\n"].concat()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// `0 1 !34 2` : records by the number in their address, damages by their offset.
fn told(file: &[u8]) -> String {
    let steps = Reader::new(file).map(|step| match step {
        Step::Record(record) => record.target().unwrap().rsplit('/').next().unwrap().to_owned(),
        Step::Damage(damage) => format!("!{}{}", damage.offset, if damage.last { " end" } else { "" }),
    });
    steps.collect::<Vec<_>>().join(" ")
}

fn bodies() -> Vec<Vec<u8>> {
    (0..4usize).map(|n| (0..5_000 * n as u32).map(|at| (at * at / 7 + n as u32) as u8).collect()).collect()
}

#[test]
fn members_streams_and_plain_files_are_one() {
    let records: Vec<Vec<u8>> = bodies().iter().enumerate().map(|(n, body)| record(n, body)).collect();
    let members: Vec<u8> = records.iter().flat_map(|record| gzip(record)).collect();
    let stream = gzip(&records.concat());
    // Members cut where no record ends.
    let odd: Vec<u8> = records.concat().chunks(777).flat_map(gzip).collect();
    for file in [records.concat(), members, stream, odd] {
        assert_eq!(told(&file), "0 1 2 3");
        for (n, step) in Reader::new(file.as_slice()).enumerate() {
            let Step::Record(record) = step else { panic!("damage") };
            assert_eq!(record.block, bodies()[n]);
        }
    }
    assert_eq!(told(b""), "");
}

#[test]
fn a_damaged_member_costs_itself() {
    let members: Vec<Vec<u8>> = bodies().iter().enumerate().map(|(n, body)| gzip(&record(n, body))).collect();
    let at: Vec<usize> = (0..4).map(|n| members[..n].iter().map(Vec::len).sum()).collect();
    for within in [0, 5, 40, members[2].len() - 3] {
        let mut file = members.concat();
        file[at[2] + within] ^= 0x10;
        if within == 5 {
            // Time of the member: says nothing about the record.
            assert_eq!(told(&file), "0 1 2 3");
        } else {
            assert_eq!(told(&file), format!("0 1 !{} 3", at[2]), "byte {within}");
        }
    }
    let file = members.concat();
    assert_eq!(told(&file[..at[3] + 9]), format!("0 1 2 !{} end", at[3]));
    assert_eq!(told(&[&b"garbage"[..], &file].concat()), "!0 end");
    assert_eq!(told(&[&members[0][..], b"garbage", &members[1]].concat()), format!("0 !{} 1", at[1]));
}

#[test]
fn a_stream_that_is_torn_ends_there() {
    let records: Vec<Vec<u8>> = bodies().iter().enumerate().map(|(n, body)| record(n, body)).collect();
    let stream = gzip(&records.concat());
    let told_of_torn = told(&stream[..stream.len() * 2 / 3]);
    assert!(told_of_torn.starts_with("0 1 ") && told_of_torn.ends_with(" end"), "{told_of_torn}");
    let plain = records.concat();
    let torn = told(&plain[..plain.len() - 2_000]);
    assert_eq!(torn, format!("0 1 2 !{} end", records[..3].concat().len()));
}

/// A record with another number for its length, put in place of `length`.
fn with_length(record: &[u8], length: usize, other: &str) -> Vec<u8> {
    let length = length.to_string();
    let at = memchr::memmem::find(record, length.as_bytes()).unwrap();
    [&record[..at], other.as_bytes(), &record[at + length.len()..]].concat()
}

#[test]
fn behind_a_wrong_length_the_next_record_is_found() {
    let records: Vec<Vec<u8>> = bodies().iter().enumerate().map(|(n, body)| record(n, body)).collect();
    let at = records[0].len();
    // Too short, too long by more than its line ends, by two records, by more than the file has, and no number.
    for length in ["4999", "0", "5005", "12000", "99999999", "18446744073709551615", "x", ""] {
        let wrong = with_length(&records[1], 5_000, length);
        let file = [&records[0][..], &wrong, &records[2], &records[3]].concat();
        assert_eq!(told(&file), format!("0 !{at} 2 3"), "{length}");
        // Two of them, each told of.
        let file = [&records[0][..], &wrong, &wrong, &records[3]].concat();
        assert_eq!(told(&file), format!("0 !{at} !{} 3", at + wrong.len()), "{length}");
        let file = [&wrong[..], &records[3]].concat();
        assert_eq!(told(&file), "!0 3", "{length}");
        let file = [&records[0][..], &wrong].concat();
        assert_eq!(told(&file), format!("0 !{at} end"), "{length}");
        // In one gzip stream nothing goes back: what the length ran over is lost, what comes behind is not.
        let stream = gzip(&[&records[0][..], &wrong, &records[2], &records[3]].concat());
        let told = told(&stream);
        let (lost, short) = (length.len() > 5, length.parse().is_ok_and(|length: u64| length > 5_000));
        assert!(told.starts_with("0 !") && told.ends_with(if lost { " end" } else { " 3" }), "{length}: {told}");
        assert!(short || told.ends_with(" 2 3"), "{length}: {told}");
    }
    // A line like that of a record counts only behind an empty one.
    let page = b"<p>\nWARC/1.0\r\nContent-Length: 0\r\n\r\n</p>";
    let wrong = with_length(&record(1, page), page.len(), "2");
    assert_eq!(told(&[&records[0][..], &wrong, &records[2]].concat()), format!("0 !{at} 2"));
    assert_eq!(told(b"<html>\nWARC/ is the name of a format\n</html>\n"), "!0 end");
}

/// Documents of an ARC behind its version block, as the format's description has them.
fn arc(version: usize, count: usize) -> Vec<Vec<u8>> {
    let names = ["Archive-length", "Result-code Checksum Location Offset Filename Archive-length"][version - 1];
    let block = format!("{version} 0 Alexa Internet\nURL IP-address Archive-date Content-type {names}\n\n");
    let head = format!("filedesc://a.arc 0.0.0.0 20080102030405 text/plain {}\n", block.len());
    let more = ["", "200 fac069150613fe55599cc7fa88aa089d - 209 a.arc "][version - 1];
    let document = |n: usize| {
        let body = [&b"HTTP/1.1 200 OK\r\n\r\n"[..], &bodies()[n]].concat();
        let line = format!("\nhttp://a.gov.cn/{n} 192.0.2.1 20080102030405 text/html {more}{}\n", body.len());
        [line.as_bytes(), &body].concat()
    };
    [(head + &block).into_bytes()].into_iter().chain((0..count).map(document)).collect()
}

#[test]
fn documents_of_an_arc_are_records() {
    for version in [1, 2] {
        let parts = arc(version, 4);
        let newline_last = |part: &Vec<u8>| {
            let part = part.strip_prefix(b"\n").unwrap_or(part);
            gzip(&[part, b"\n"].concat())
        };
        let members: Vec<u8> = parts.iter().flat_map(newline_last).collect();
        let unseparated: Vec<u8> =
            parts.iter().flat_map(|part| part.strip_prefix(b"\n").unwrap_or(part).to_vec()).collect();
        let newline_first: Vec<u8> = parts.iter().flat_map(|part| gzip(part)).collect();
        for file in [parts.concat(), unseparated, members, newline_first, gzip(&parts.concat())] {
            assert_eq!(told(&file), "a.arc 0 1 2 3", "version {version}");
            let records: Vec<Record> = Reader::new(file.as_slice())
                .map(|step| match step {
                    Step::Record(record) => record,
                    Step::Damage(damage) => panic!("{damage:?}"),
                })
                .collect();
            assert_eq!(records[0].kind(), "warcinfo");
            for (n, record) in records[1..].iter().enumerate() {
                assert_eq!(record.kind(), "response");
                assert_eq!(record.block, [&b"HTTP/1.1 200 OK\r\n\r\n"[..], &bodies()[n]].concat());
                assert_eq!(record.field("WARC-IP-Address").as_deref(), Some("192.0.2.1"));
            }
        }
    }
}

#[test]
fn a_damaged_document_costs_itself() {
    for version in [1, 2] {
        let parts = arc(version, 4);
        let at: Vec<usize> = (0..5).map(|n| parts[..n].concat().len()).collect();
        for length in ["4999", "5018", "5020", "10100", "99999999", "x"] {
            let wrong = with_length(&parts[2], 5_019, length);
            let file = [&parts[0][..], &parts[1], &wrong, &parts[3], &parts[4]].concat();
            assert_eq!(told(&file), format!("a.arc 0 !{} 2 3", at[2] + 1), "{length}");
            let file = [&parts[0][..], &parts[1], &wrong].concat();
            assert_eq!(told(&file), format!("a.arc 0 !{} end", at[2] + 1), "{length}");
            let members = [&parts[0][..], &parts[1], &wrong, &parts[3], &parts[4]].map(gzip);
            let third = members[..2].concat().len();
            assert_eq!(told(&members.concat()), format!("a.arc 0 !{third} 2 3"), "{length}");
        }
        let mut members: Vec<Vec<u8>> = parts.iter().map(|part| gzip(part)).collect();
        let third = members[..2].concat().len();
        members[2][60] ^= 0x10;
        assert_eq!(told(&members.concat()), format!("a.arc 0 !{third} 2 3"));
        let torn = &parts.concat()[..at[3] + 3_000];
        assert_eq!(told(torn), format!("a.arc 0 1 !{} end", at[3] + 1));
        // The version block torn away, documents are documents.
        assert_eq!(told(&parts[1..].concat()), "0 1 2 3");
    }
}

#[test]
fn a_block_must_have_its_digest() {
    let label = super::super::labelled::sha1_of(&[b"body"]);
    let whole = format!(
        "WARC/1.1\r\nWARC-Type: metadata\r\nWARC-Target-URI: http://a/0\r\nWARC-Block-Digest: {label}\r\nContent-Length: 4\r\n\r\nbody\r\n\r\n"
    );
    assert_eq!(told(whole.as_bytes()), "0");
    assert_eq!(told(format!("{}{whole}", whole.replace("\nbody", "\nBody")).as_bytes()), "!0 0");
}
