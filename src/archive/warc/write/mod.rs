//! WARC/1.1 (ISO 28500:2017) written: a gzip member or zstd frame for each record; for each capture its response or revisit, the request,
//! and metadata.
//!
//! The stored body has its transfer-coding undone, so the head written here says so: Transfer-Encoding is kept under
//! another name and Content-Length set. Record ids are made from what the record is, so that the same archive gives the
//! same bytes.

mod blocks;
mod packer;

use std::io::{self, Write};

pub use packer::{Compression, Packer};

use super::Place;
use super::labelled::sha1_of;
use crate::archive::Capture;
use crate::digest::Digest;
use blocks::{http_head, metadata_block, request_block};

/// Writes records to `out`.
pub struct Writer<W: Write> {
    out: W,
    records: u64,
    offset: u64,
}

/// The original that a revisit points at.
#[derive(Clone)]
pub struct Original {
    pub url: String,
    pub date: String,
}

/// The records of one capture, packed.
pub struct Packed {
    bytes: Vec<u8>,
    records: u64,
    /// The response's (or revisit's) own bytes, from the beginning of `bytes`.
    response: usize,
    pub payload_digest: String,
}

impl Packed {
    /// Bytes it takes in a file.
    pub fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
}

impl<W: Write> Writer<W> {
    /// Begins with a warcinfo record; `part_of` says which file of which export or crawl it is.
    pub fn new(out: W, packer: &mut Packer, software: &str, date: &str, part_of: &str) -> io::Result<Writer<W>> {
        let mut writer = Writer { out, records: 0, offset: 0 };
        let fields = format!(
            "software: {software}\r\nformat: WARC File Format 1.1\r\nconformsTo: https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/\r\ndescription: heads are rebuilt from their fields; transfer-coding is undone and Content-Length set, content-coding kept\r\nisPartOf: {part_of}\r\n"
        );
        let date = seconds(date);
        let head = [("WARC-Type", "warcinfo"), ("WARC-Date", &date), ("Content-Type", FIELDS)];
        let mut bytes = Vec::new();
        let id = record_id(&["warcinfo", software, &date, part_of]);
        packer.record(&mut bytes, &id, &head, &[fields.as_bytes()])?;
        writer.write(&bytes, 1)?;
        Ok(writer)
    }

    /// Writes the records of a capture; where its response (or revisit) lies.
    pub fn capture(&mut self, packed: &Packed) -> io::Result<Place> {
        let place = Place { offset: self.offset, length: packed.response as u64 };
        self.write(&packed.bytes, packed.records)?;
        Ok(place)
    }

    pub fn records(&self) -> u64 {
        self.records
    }

    /// Bytes written so far.
    pub fn size(&self) -> u64 {
        self.offset
    }

    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }

    fn write(&mut self, bytes: &[u8], records: u64) -> io::Result<()> {
        self.out.write_all(bytes)?;
        self.offset += bytes.len() as u64;
        self.records += records;
        Ok(())
    }
}

/// A capture as records: response (or revisit), request, metadata. `notes` are fields of the metadata beside the capture's own.
pub fn pack(
    packer: &mut Packer,
    capture: &Capture,
    body: &[u8],
    original: Option<&Original>,
    notes: &[(&str, String)],
) -> io::Result<Packed> {
    let date = seconds(&capture.started_at);
    let number = capture.id.to_string();
    let id_of = |kind: &str| record_id(&[kind, &number, capture.url.as_str(), &capture.started_at]);
    let response_id = id_of("response");
    let payload_digest = sha1_of(&[body]);
    let url = capture.url.as_str();
    let mut head: Vec<(&str, &str)> = vec![
        ("WARC-Type", if original.is_some() { "revisit" } else { "response" }),
        ("WARC-Target-URI", url),
        ("WARC-Date", &date),
        ("Content-Type", "application/http;msgtype=response"),
        ("WARC-Payload-Digest", &payload_digest),
    ];
    let peer = capture.peer.as_deref();
    let ip = peer.and_then(|peer| peer.parse::<std::net::SocketAddr>().ok()).map(|peer| peer.ip().to_string());
    if let Some(ip) = &ip {
        head.push(("WARC-IP-Address", ip));
    }
    if let Some(truncated) = capture.truncated {
        head.push(("WARC-Truncated", truncated.as_str()));
    }
    let original_date = original.map(|original| seconds(&original.date));
    if let (Some(original), Some(date)) = (original, &original_date) {
        head.push(("WARC-Profile", if capture.status == 304 { NOT_MODIFIED } else { SAME_PAYLOAD }));
        head.push(("WARC-Refers-To-Target-URI", &original.url));
        head.push(("WARC-Refers-To-Date", date));
    }
    let mut bytes = Vec::new();
    let (http_head, body) = match original {
        Some(_) => (http_head(capture.status, &capture.headers, None), &[][..]),
        None => (http_head(capture.status, &capture.headers, Some(body.len())), body),
    };
    packer.record(&mut bytes, &response_id, &head, &[&http_head, body])?;
    let response = bytes.len();

    let beside = |kind: &'static str, content_type: &'static str| {
        let head =
            [("WARC-Type", kind), ("WARC-Target-URI", url), ("WARC-Date", &date), ("Content-Type", content_type)];
        head.into_iter().chain([("WARC-Concurrent-To", response_id.as_str())]).collect::<Vec<_>>()
    };
    let request = request_block(capture);
    packer.record(
        &mut bytes,
        &id_of("request"),
        &beside("request", "application/http;msgtype=request"),
        &[&request],
    )?;
    let metadata = metadata_block(capture, original.is_none(), notes);
    packer.record(&mut bytes, &id_of("metadata"), &beside("metadata", FIELDS), &[&metadata])?;
    Ok(Packed { bytes, records: 3, response, payload_digest })
}

const FIELDS: &str = "application/warc-fields";
const NOT_MODIFIED: &str = "http://netpreserve.org/warc/1.1/revisit/server-not-modified";
const SAME_PAYLOAD: &str = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest";

/// A UUID in the form of version 8 (RFC 9562 5.8): 122 bits of what the record is.
fn record_id(parts: &[&str]) -> String {
    let digest = Digest::of(parts.join("\n").as_bytes());
    let mut bytes = [0u8; 16];
    bytes.copy_from_slice(&digest.as_bytes()[..16]);
    bytes[6] = (bytes[6] & 0x0F) | 0x80;
    bytes[8] = (bytes[8] & 0x3F) | 0x80;
    let hex = data_encoding::HEXLOWER.encode(&bytes);
    format!("<urn:uuid:{}-{}-{}-{}-{}>", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// WARC-Date may carry fractions in 1.1, which readers of 1.0 stumble over.
fn seconds(date: &str) -> String {
    match date.split_once('.') {
        Some((whole, _)) => format!("{whole}Z"),
        None => date.to_owned(),
    }
}
