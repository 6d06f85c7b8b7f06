//! What a record says that the server answered, and how whole that is: writers of WARC differ in all of it.

use crate::archive::warc::http::{self, Chunked};
use crate::archive::warc::{ADDED, MAX_BLOCK, Record, labelled};
use crate::exchange::{Headers, Response, Truncation};
use crate::import::plain::ORIGIN;
use crate::parse;

/// A resource record has no head; what stands for one says so.
pub fn resource(record: &mut Record) -> Response {
    let mut headers = Headers::default();
    if let Some(content_type) = record.field("Content-Type") {
        headers.push("Content-Type", content_type);
    }
    headers.push(ORIGIN, "resource record");
    Response { status: 200, headers, body: std::mem::take(&mut record.block) }
}

/// A revisit of which only its profile says what the answer was.
pub fn headless(record: &Record) -> Response {
    let unmodified = record.field("WARC-Profile").is_some_and(|profile| profile.contains("server-not-modified"));
    let mut headers = Headers::default();
    headers.push(ORIGIN, "revisit record");
    Response { status: if unmodified { 304 } else { 200 }, headers, body: Vec::new() }
}

/// Whether the end is missing, by the length that was read and by what the record says.
pub fn truncation(record: &Record) -> Option<Truncation> {
    if (record.block.len() as u64) < record.length {
        tracing::warn!("a record of {} bytes was cut at {MAX_BLOCK}: {:?}", record.length, record.target());
        return Some(Truncation::Length);
    }
    // The first segment of several holds the beginning only.
    let segmented = record.field("WARC-Segment-Number").map(|_| Truncation::Length);
    let declared = record.field("WARC-Truncated").map(|why| {
        // `unspecified`, and words that the standard doesn't know: the end is missing, nobody says why.
        Truncation::from_text(&why.to_ascii_lowercase()).unwrap_or(Truncation::Disconnect)
    });
    declared.or(segmented)
}

/// The payload digest that fails, where nothing else vouches for the block. Writers disagree on what a payload is: with its
/// chunks, without them, without its content-coding.
pub fn payload_fault(record: &Record, status: u16, headers: &Headers, body: &[u8]) -> Option<String> {
    let label = record.field("WARC-Payload-Digest")?;
    let vouched = record.field("WARC-Block-Digest").as_deref().and_then(labelled::Check::of).is_some();
    if vouched || (record.block.len() + body.len()) as u64 != record.length || labelled::agrees(&label, body)? {
        return None;
    }
    let unchunked = match http::unchunked(body) {
        Chunked::Whole(body) | Chunked::Cut(body) => body,
        Chunked::Not => body.to_vec(),
    };
    if labelled::agrees(&label, &unchunked)? {
        return None;
    }
    let plain = parse::body_of(&Response { status, headers: headers.clone(), body: unchunked });
    (!labelled::agrees(&label, &plain)?).then_some(label)
}

/// Undoes what an export of ours did to a head: fields under their own names again, the one it added taken away.
pub fn restore(headers: &mut Headers, notes: &Headers, added: &str) {
    let Some(added) = notes.get(added) else { return };
    if let Some(at) = headers.0.iter().rposition(|(name, _)| name.eq_ignore_ascii_case(&added)) {
        headers.0.remove(at);
    }
    for (name, _) in &mut headers.0 {
        if let Some(own) = name.strip_prefix(ADDED) {
            *name = own.to_owned();
        }
    }
}

pub fn undo_chunks(headers: &Headers, body: &mut Vec<u8>, truncated: &mut Option<Truncation>) {
    let declared =
        headers.get("Transfer-Encoding").is_some_and(|coding| coding.to_ascii_lowercase().contains("chunked"));
    if !declared {
        return;
    }
    match http::unchunked(body) {
        Chunked::Whole(whole) => *body = whole,
        Chunked::Cut(part) => {
            *body = part;
            truncated.get_or_insert(Truncation::Disconnect);
        }
        // Already undone by whoever wrote the file.
        Chunked::Not => {}
    }
}

/// Whether the server meant more than is there; some writers keep a cut body without a word.
pub fn body_is_short(status: u16, headers: &Headers, body: &[u8], request: Option<&Record>) -> bool {
    let bodiless = matches!(status, 100..=199 | 204 | 304) || request.is_some_and(|it| it.block.starts_with(b"HEAD "));
    let chunked = headers.get("Transfer-Encoding").is_some();
    let length = headers.get("Content-Length").and_then(|length| length.parse::<u64>().ok());
    !bodiless && !chunked && length.is_some_and(|length| length > body.len() as u64)
}
