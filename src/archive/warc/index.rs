//! CDXJ: a line for each response and revisit, as cdxj-indexer writes it and pywb reads it, sorted by key and time.

use serde_json::Value;
use url::Url;

use super::{Place, surt::surt};
use crate::archive::Capture;
use crate::exchange::Query;

/// `com,example)/ 20260131080000 {"url": ..., "mime": ..., "status": ..., "digest": ..., "length": ..., "offset": ..., "filename": ...}`
pub fn line(capture: &Capture, payload_digest: &str, place: Place, file: &str) -> String {
    line_with(capture, payload_digest, place, file, &[])
}

/// [`line()`] with further fields, which readers of CDXJ pass over where they don't know them.
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
    let posted = capture.request.query().map(|query| told(&query));
    let key = match &posted {
        Some(posted) => surt(&with_query(&capture.url, posted)),
        None => surt(&capture.url),
    };
    let fields = [
        ("url", Some(capture.url.to_string())),
        ("mime", mime),
        ("status", Some(capture.status.to_string())),
        ("digest", Some(payload_digest.to_owned())),
        ("length", Some(place.length.to_string())),
        ("offset", Some(place.offset.to_string())),
        ("filename", Some(file.to_owned())),
        ("requestBody", posted.clone()),
        ("method", posted.map(|_| capture.request.method.clone())),
    ];
    let further = further.iter().map(|(name, value)| (*name, Some(value.clone())));
    let fields = fields
        .into_iter()
        .chain(further)
        .filter_map(|(name, value)| Some(format!("\"{name}\": {}", Value::from(value?))));
    format!("{key} {digits} {{{}}}\n", fields.collect::<Vec<_>>().join(", "))
}

/// A query as these tools tell it: a form with its escapes undone, the members of JSON as a form.
fn told(query: &Query) -> String {
    let pairs = query.pairs();
    if query.is_json() {
        return Query::form(&pairs).as_str().to_owned();
    }
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// The address under which these tools look for what was posted.
fn with_query(url: &Url, posted: &str) -> Url {
    let mut url = url.clone();
    let before = url.query().map_or(String::new(), |query| format!("{query}&"));
    url.set_query(Some(&format!("{before}__wb_method=POST&{posted}")));
    url
}
