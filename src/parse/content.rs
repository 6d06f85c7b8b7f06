//! Content-coding undone (RFC 9110 8.4.1), within limits that report themselves.

use std::borrow::Cow;
use std::io::Read;

use crate::exchange::Headers;

/// A decoded body may be this large, bytes.
pub const MAX_DECODED: usize = 256 << 20;
/// A body of more than [`RATIO_FLOOR`] bytes may be at most this many times its coded size.
const MAX_RATIO: usize = 100;
const RATIO_FLOOR: usize = 16 << 20;

/// The body with its codings undone, what they were, and what went wrong on the way.
pub struct Content<'a> {
    pub bytes: Cow<'a, [u8]>,
    /// As declared, in the order they were undone: `gzip`, `gzip, gzip`.
    pub coding: Option<String>,
    pub fault: Option<CodingFault>,
}

/// The bytes before the fault are kept; of too many of them, the first [`RATIO_FLOOR`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodingFault {
    #[error("the {coding} stream breaks off or is damaged after {kept} decoded bytes")]
    Damaged { coding: String, kept: usize },
    #[error("the {coding} stream decodes to more than {limit} bytes")]
    TooLarge { coding: String, limit: usize },
    #[error("the content-coding {coding:?} is not known")]
    Unknown { coding: String },
}

/// Undoes what Content-Encoding declares, last applied first.
pub fn content<'a>(headers: &Headers, body: &'a [u8]) -> Content<'a> {
    let declared: Vec<String> = headers
        .all("content-encoding")
        .flat_map(|value| {
            String::from_utf8_lossy(value).split(',').map(|c| c.trim().to_ascii_lowercase()).collect::<Vec<_>>()
        })
        .filter(|coding| !coding.is_empty() && coding != "identity")
        .collect();
    let mut bytes = Cow::Borrowed(body);
    let mut undone = Vec::new();
    for coding in declared.iter().rev() {
        if undone.is_empty() && is_plain(coding, &bytes) {
            continue;
        }
        let limit = MAX_DECODED.min(bytes.len().saturating_mul(MAX_RATIO).max(RATIO_FLOOR));
        match undo(coding, &bytes, limit) {
            Ok(decoded) => bytes = Cow::Owned(decoded),
            Err((kept, fault)) => {
                let kept = kept.map_or(bytes, Cow::Owned);
                undone.push(coding.clone());
                return Content { bytes: kept, coding: Some(undone.join(", ")), fault: Some(fault) };
            }
        }
        undone.push(coding.clone());
    }
    Content { bytes, coding: (!undone.is_empty()).then(|| undone.join(", ")), fault: None }
}

/// Whether a body is markup, JSON or a PDF as it is, under a head that calls it coded: some servers say so of what they don't pack,
/// and recorders leave the head of what they unpacked. No stream of these codings begins so: gzip and zstd have marks of their own,
/// zlib a first byte of 0x78 and the like; a brotli stream may, and is tried first.
fn is_plain(coding: &str, bytes: &[u8]) -> bool {
    let text = bytes.trim_ascii_start();
    let plain =
        text.starts_with(b"<") || text.starts_with(b"{\"") || text.starts_with(b"[{") || text.starts_with(b"%PDF-");
    let known = matches!(coding, "gzip" | "x-gzip" | "deflate" | "br" | "zstd");
    known
        && plain
        && (coding != "br"
            || drain("br", brotli::Decompressor::new(bytes, 64 << 10), RATIO_FLOOR, &mut Out::new(0)).is_err())
}

type Undone = Result<Vec<u8>, (Option<Vec<u8>>, CodingFault)>;

/// What was decoded: how much, and the first of it.
struct Out {
    bytes: Vec<u8>,
    keep: usize,
    len: usize,
    /// Something of the coding was made out.
    begun: bool,
}

impl Out {
    fn new(keep: usize) -> Out {
        Out { bytes: Vec::new(), keep, len: 0, begun: false }
    }

    fn push(&mut self, chunk: &[u8]) {
        self.len += chunk.len();
        let room = self.keep - self.bytes.len();
        self.bytes.extend_from_slice(&chunk[..chunk.len().min(room)]);
    }
}

fn undo(coding: &str, bytes: &[u8], limit: usize) -> Undone {
    let mut out = Out::new(RATIO_FLOOR);
    let mut end = decode(coding, bytes, limit, &mut out);
    // Room is made only for what is known to fit: that a stream is a bomb shows late.
    if out.len > RATIO_FLOOR && !matches!(end, Err(CodingFault::TooLarge { .. })) {
        out = Out { bytes: Vec::with_capacity(out.len), ..Out::new(out.len) };
        end = decode(coding, bytes, limit, &mut out);
    }
    match end {
        Ok(()) => Ok(out.bytes),
        Err(fault) => Err((out.begun.then_some(out.bytes), fault)),
    }
}

fn decode(coding: &str, bytes: &[u8], limit: usize, out: &mut Out) -> Result<(), CodingFault> {
    match coding {
        "gzip" | "x-gzip" => members(coding, bytes, limit, out),
        // RFC 9110 8.4.1.2 means zlib; some servers send the raw stream.
        "deflate" => match drain(coding, flate2::read::ZlibDecoder::new(bytes), limit, out) {
            Err(CodingFault::Damaged { .. }) if out.len == 0 => {
                drain(coding, flate2::read::DeflateDecoder::new(bytes), limit, out)
            }
            zlib => zlib,
        },
        "br" => drain(coding, brotli::Decompressor::new(bytes, 64 << 10), limit, out),
        "zstd" => match zstd::stream::read::Decoder::new(bytes) {
            Ok(decoder) => drain(coding, decoder, limit, out),
            Err(_) => Err(CodingFault::Damaged { coding: coding.into(), kept: 0 }),
        },
        _ => Err(CodingFault::Unknown { coding: coding.into() }),
    }
}

/// Every gzip member. What is behind the last one and no member is left out, as browsers do: servers end a body with a line.
fn members(coding: &str, bytes: &[u8], limit: usize, out: &mut Out) -> Result<(), CodingFault> {
    let mut rest = bytes;
    loop {
        let mut member = flate2::bufread::GzDecoder::new(rest);
        drain(coding, &mut member, limit, out)?;
        rest = member.into_inner();
        if !rest.starts_with(&[0x1F, 0x8B]) {
            return Ok(());
        }
    }
}

fn drain(coding: &str, mut decoder: impl Read, limit: usize, out: &mut Out) -> Result<(), CodingFault> {
    out.begun = true;
    let mut chunk = [0; 32 << 10];
    loop {
        match decoder.read(&mut chunk) {
            Ok(0) => return Ok(()),
            Ok(n) if out.len + n > limit => {
                out.push(&chunk[..limit - out.len]);
                return Err(CodingFault::TooLarge { coding: coding.into(), limit });
            }
            Ok(n) => out.push(&chunk[..n]),
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return Err(CodingFault::Damaged { coding: coding.into(), kept: out.len }),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn coded(coding: &str, body: &[u8]) -> (Vec<u8>, Option<CodingFault>) {
        let headers = Headers(vec![("Content-Encoding".into(), coding.into())]);
        let content = content(&headers, body);
        (content.bytes.into_owned(), content.fault)
    }

    #[test]
    fn every_gzip_member_is_read() {
        let body = [gzip(b"one "), gzip(b"two")].concat();
        assert_eq!(coded("gzip", &body), (b"one two".to_vec(), None));
    }

    #[test]
    fn what_is_behind_the_last_member_costs_nothing() {
        for behind in [&b"\r\n"[..], &[0; 512], b"x"] {
            assert_eq!(coded("gzip", &[&gzip(b"one"), behind].concat()), (b"one".to_vec(), None));
        }
        let torn = [gzip(b"one "), gzip(b"two")[..12].to_vec()].concat();
        let (kept, fault) = coded("gzip", &torn);
        assert!(
            kept.starts_with(b"one ") && matches!(fault, Some(CodingFault::Damaged { kept: 4.., .. })),
            "{fault:?}"
        );
    }

    #[test]
    fn what_only_claims_to_be_coded_is_read_as_it_is() {
        for coding in ["gzip", "deflate", "br", "zstd"] {
            for body in ["\r\n<!DOCTYPE html><p>年报", "{\"rows\":[]}", "%PDF-1.4 x"] {
                assert_eq!(coded(coding, body.as_bytes()), (body.as_bytes().to_vec(), None), "{coding}");
            }
        }
        assert!(coded("gzip", b"neither").1.is_some());
    }

    #[test]
    fn gzip_twice_is_undone_twice() {
        assert_eq!(coded("gzip, gzip", &gzip(&gzip(b"x"))), (b"x".to_vec(), None));
    }

    #[test]
    fn a_stream_cut_short_keeps_what_came() {
        let body = gzip(&b"0123456789".repeat(5_000));
        let (kept, fault) = coded("gzip", &body[..body.len() - 20]);
        assert!(kept.starts_with(b"0123456789"));
        assert!(matches!(fault, Some(CodingFault::Damaged { .. })));
    }

    #[test]
    fn a_bomb_stops_at_the_limit() {
        let body = gzip(&vec![0; RATIO_FLOOR * 2]);
        let (kept, fault) = coded("gzip", &body);
        assert!(kept.len() < RATIO_FLOOR * 2);
        assert!(matches!(fault, Some(CodingFault::TooLarge { .. })));
    }

    #[test]
    fn raw_deflate_is_read_too() {
        let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(b"raw").unwrap();
        assert_eq!(coded("deflate", &encoder.finish().unwrap()), (b"raw".to_vec(), None));
    }
}
