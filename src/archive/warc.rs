//! WARC/1.1 (ISO 28500:2017) written: a gzip member for each record, request and response pairs, revisits.
//!
//! The stored body has its transfer-coding undone, so the head written here says so: Transfer-Encoding is kept under
//! another name and Content-Length set. Record ids are made from what the record is, so that the same archive gives the
//! same bytes.

use std::io::{self, Write};

use data_encoding::BASE32;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha1::Digest as _;

use super::Capture;
use crate::digest::Digest;
use crate::exchange::Headers;

/// Writes records to `out`.
pub struct Writer<W: Write> {
    out: W,
    records: u64,
}

/// The original that a revisit points at.
pub struct Original {
    pub url: String,
    pub date: String,
}

impl<W: Write> Writer<W> {
    /// Begins with a warcinfo record.
    pub fn new(out: W, software: &str, date: &str) -> io::Result<Writer<W>> {
        let mut writer = Writer { out, records: 0 };
        let fields = format!(
            "software: {software}\r\nformat: WARC File Format 1.1\r\nconformsTo: https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/\r\ndescription: heads are rebuilt from their fields; transfer-coding is undone and Content-Length set, content-coding kept\r\n"
        );
        let head = [("WARC-Type", "warcinfo"), ("WARC-Date", date), ("Content-Type", "application/warc-fields")];
        writer.record(&record_id(&["warcinfo", software, date]), &head, fields.as_bytes())?;
        Ok(writer)
    }

    /// A capture: its response (or revisit) and the request that asked for it.
    pub fn capture(&mut self, capture: &Capture, body: &[u8], original: Option<&Original>) -> io::Result<()> {
        let date = seconds(&capture.started_at);
        let number = capture.id.to_string();
        let response_id = record_id(&["response", &number, capture.url.as_str(), &capture.started_at]);
        let payload_digest = sha1_of(body);
        let mut head: Vec<(&str, &str)> = vec![
            ("WARC-Type", if original.is_some() { "revisit" } else { "response" }),
            ("WARC-Target-URI", capture.url.as_str()),
            ("WARC-Date", &date),
            ("Content-Type", "application/http;msgtype=response"),
            ("WARC-Payload-Digest", &payload_digest),
        ];
        let ip = capture
            .peer
            .as_deref()
            .and_then(|peer| peer.parse::<std::net::SocketAddr>().ok())
            .map(|peer| peer.ip().to_string());
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
        let block = match original {
            Some(_) => http_head(capture.status, &capture.headers, None),
            None => [http_head(capture.status, &capture.headers, Some(body.len())), body.to_vec()].concat(),
        };
        self.record(&response_id, &head, &block)?;

        let request_head = [
            ("WARC-Type", "request"),
            ("WARC-Target-URI", capture.url.as_str()),
            ("WARC-Date", &date),
            ("Content-Type", "application/http;msgtype=request"),
            ("WARC-Concurrent-To", response_id.as_str()),
        ];
        self.record(
            &record_id(&["request", &number, capture.url.as_str(), &capture.started_at]),
            &request_head,
            &request_block(capture),
        )
    }

    pub fn records(&self) -> u64 {
        self.records
    }

    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }

    fn record(&mut self, id: &str, head: &[(&str, &str)], block: &[u8]) -> io::Result<()> {
        let mut member = GzEncoder::new(&mut self.out, Compression::default());
        write!(member, "WARC/1.1\r\nWARC-Record-ID: {id}\r\n")?;
        for (name, value) in head {
            write!(member, "{name}: {value}\r\n")?;
        }
        write!(member, "WARC-Block-Digest: {}\r\nContent-Length: {}\r\n\r\n", sha1_of(block), block.len())?;
        member.write_all(block)?;
        member.write_all(b"\r\n\r\n")?;
        member.finish()?;
        self.records += 1;
        Ok(())
    }
}

const NOT_MODIFIED: &str = "http://netpreserve.org/warc/1.1/revisit/server-not-modified";
const SAME_PAYLOAD: &str = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest";

fn http_head(status: u16, headers: &Headers, length: Option<usize>) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status} {}\r\n", reason(status)).into_bytes();
    for (name, value) in &headers.0 {
        let replaced = name.eq_ignore_ascii_case("transfer-encoding") || name.eq_ignore_ascii_case("content-length");
        if replaced && length.is_some() {
            head.extend_from_slice(b"X-Archive-Orig-");
        }
        field(&mut head, name, value);
    }
    if let Some(length) = length {
        field(&mut head, "Content-Length", length.to_string().as_bytes());
    }
    head.extend_from_slice(b"\r\n");
    head
}

fn request_block(capture: &Capture) -> Vec<u8> {
    let url = &capture.request.url;
    let query = url.query().map_or(String::new(), |query| format!("?{query}"));
    let mut block = format!("{} {}{query} HTTP/1.1\r\n", capture.request.method, url.path()).into_bytes();
    if capture.request.headers.get("host").is_none() {
        let port = url.port().map_or(String::new(), |port| format!(":{port}"));
        field(&mut block, "Host", format!("{}{port}", url.host_str().unwrap_or_default()).as_bytes());
    }
    for (name, value) in &capture.request.headers.0 {
        field(&mut block, name, value);
    }
    block.extend_from_slice(b"\r\n");
    block
}

fn field(block: &mut Vec<u8>, name: &str, value: &[u8]) {
    block.extend_from_slice(name.as_bytes());
    block.extend_from_slice(b": ");
    block.extend(value.iter().filter(|byte| !matches!(byte, b'\r' | b'\n' | 0)));
    block.extend_from_slice(b"\r\n");
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        301 => "Moved Permanently",
        302 => "Found",
        304 => "Not Modified",
        403 => "Forbidden",
        404 => "Not Found",
        412 => "Precondition Failed",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "-",
    }
}

fn sha1_of(bytes: &[u8]) -> String {
    format!("sha1:{}", BASE32.encode(&sha1::Sha1::digest(bytes)))
}

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
