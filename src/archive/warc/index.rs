//! CDXJ: a line for each response and revisit, as cdxj-indexer writes it and pywb reads it, sorted by key and time.

use serde_json::Value;

use super::{Place, surt::surt};
use crate::archive::Capture;

/// `com,example)/ 20260131080000 {"url": ..., "mime": ..., "status": ..., "digest": ..., "length": ..., "offset": ..., "filename": ...}`
pub fn line(capture: &Capture, payload_digest: &str, place: Place, file: &str) -> String {
    line_with(capture, payload_digest, place, file, &[])
}

/// [`line`] with further fields, which readers of CDXJ pass over where they don't know them.
pub fn line_with(
    capture: &Capture,
    payload_digest: &str,
    place: Place,
    file: &str,
    further: &[(&str, String)],
) -> String {
    let digits: String = capture.started_at.chars().filter(char::is_ascii_digit).take(14).collect();
    let mime = match capture.revisit_of {
        Some(_) => Some("warc/revisit".to_owned()),
        None => capture.headers.get("content-type").and_then(|kind| {
            kind.split(|c: char| c == ';' || c.is_whitespace())
                .next()
                .filter(|mime| !mime.is_empty())
                .map(str::to_owned)
        }),
    };
    let fields = [
        ("url", Some(capture.url.to_string())),
        ("mime", mime),
        ("status", Some(capture.status.to_string())),
        ("digest", Some(payload_digest.to_owned())),
        ("length", Some(place.length.to_string())),
        ("offset", Some(place.offset.to_string())),
        ("filename", Some(file.to_owned())),
    ];
    let further = further.iter().map(|(name, value)| (*name, Some(value.clone())));
    let fields = fields
        .into_iter()
        .chain(further)
        .filter_map(|(name, value)| Some(format!("\"{name}\": {}", Value::from(value?))));
    format!("{} {digits} {{{}}}\n", surt(&capture.url), fields.collect::<Vec<_>>().join(", "))
}
