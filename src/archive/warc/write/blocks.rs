//! What stands in the records of a capture: heads rebuilt from their fields, and notes.

use crate::archive::Capture;
use crate::archive::warc::ADDED;
use crate::exchange::Headers;

/// The head of an answer; of one whose body follows, with `length`.
pub fn http_head(status: u16, headers: &Headers, length: Option<usize>) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status} {}\r\n", reason(status)).into_bytes();
    for (name, value) in &headers.0 {
        let replaced = name.eq_ignore_ascii_case("transfer-encoding") || name.eq_ignore_ascii_case("content-length");
        if replaced && length.is_some() {
            head.extend_from_slice(ADDED.as_bytes());
        }
        field(&mut head, name, value);
    }
    if let Some(length) = length {
        field(&mut head, "Content-Length", length.to_string().as_bytes());
    }
    head.extend_from_slice(b"\r\n");
    head
}

pub fn request_block(capture: &Capture) -> Vec<u8> {
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
    block.extend_from_slice(&capture.request.body);
    block
}

/// What WARC has no field for, so that an import gives the same capture: the time to the millisecond, the port, the hop, and
/// which fields of the heads were added here.
pub fn metadata_block(capture: &Capture, rebuilt: bool, notes: &[(&str, String)]) -> Vec<u8> {
    let mut block = Vec::new();
    let mut say = |name: &str, value: &str| field(&mut block, name, value.as_bytes());
    say("capture", &capture.id.to_string());
    say("startedAt", &capture.started_at);
    say("hop", capture.hop.as_str());
    if let Some(transport) = capture.transport {
        say("transport", transport.as_str());
    }
    if let Some(peer) = &capture.peer {
        say("peer", peer);
    }
    say("payloadDigest", &format!("sha256:{}", capture.digest));
    say("payloadLength", &capture.size_bytes.to_string());
    if rebuilt {
        say("addedToResponse", "Content-Length");
    }
    if capture.request.headers.get("host").is_none() {
        say("addedToRequest", "Host");
    }
    for (name, value) in notes {
        say(name, value);
    }
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
