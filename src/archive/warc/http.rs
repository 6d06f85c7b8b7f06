//! HTTP messages as they lie in the blocks of records: head fields, and chunks undone (RFC 9112).

use crate::exchange::Headers;

/// Status, fields, and where the body begins; none where no status line stands at the beginning.
pub fn response(block: &[u8]) -> Option<(u16, Headers, usize)> {
    let (line, headers, body) = message(block)?;
    let mut words = line.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
    words.next().filter(|version| version.starts_with(b"HTTP/"))?;
    let status = std::str::from_utf8(words.next()?).ok()?.parse().ok().filter(|status| (100..1000).contains(status))?;
    Some((status, headers, body))
}

/// Method, fields and body of a request.
pub fn request(block: &[u8]) -> Option<(String, Headers, &[u8])> {
    let (line, headers, body) = message(block)?;
    let method = line.split(|byte| *byte == b' ').next().filter(|method| !method.is_empty())?;
    let named = method.iter().all(u8::is_ascii_alphabetic);
    named.then(|| (String::from_utf8_lossy(method).into_owned(), headers, &block[body..]))
}

fn message(block: &[u8]) -> Option<(&[u8], Headers, usize)> {
    let first = memchr::memchr(b'\n', block).unwrap_or(block.len());
    let line = block[..first].strip_suffix(b"\r").unwrap_or(&block[..first]);
    let (headers, length) = fields(&block[(first + 1).min(block.len())..]);
    Some((line, headers, (first + 1 + length).min(block.len())))
}

/// `name: value` lines up to an empty one, and how many bytes they are. A line that begins with a blank continues the one
/// before (obs-fold); one without a colon is passed over.
pub fn fields(bytes: &[u8]) -> (Headers, usize) {
    let mut headers = Headers::default();
    let mut at = 0;
    while at < bytes.len() {
        let end = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |end| at + end);
        let line = bytes[at..end].strip_suffix(b"\r").unwrap_or(&bytes[at..end]);
        at = (end + 1).min(bytes.len());
        if line.is_empty() {
            break;
        }
        match (line[0], headers.0.last_mut()) {
            (b' ' | b'\t', Some((_, value))) => {
                value.push(b' ');
                value.extend_from_slice(line.trim_ascii());
            }
            _ => {
                if let Some(colon) = memchr::memchr(b':', line) {
                    let name = String::from_utf8_lossy(line[..colon].trim_ascii()).into_owned();
                    headers.push(name, line[colon + 1..].trim_ascii());
                }
            }
        }
    }
    (headers, at)
}

/// A body that was declared chunked.
#[derive(Debug, PartialEq, Eq)]
pub enum Chunked {
    Whole(Vec<u8>),
    /// It ends before its last chunk does.
    Cut(Vec<u8>),
    /// It has no chunks, or something between them: the body stands as it is.
    Not,
}

/// Undoes the chunked transfer-coding (RFC 9112 7.1).
pub fn unchunked(body: &[u8]) -> Chunked {
    let mut out = Vec::new();
    let mut rest = body;
    loop {
        let Some(end) = memchr::memchr(b'\n', rest) else {
            let cut = !out.is_empty() && rest.iter().all(|byte| byte.is_ascii_hexdigit() || *byte == b'\r');
            return if cut { Chunked::Cut(out) } else { Chunked::Not };
        };
        let Some(size) = chunk_size(&rest[..end]) else { return Chunked::Not };
        rest = &rest[end + 1..];
        if size == 0 {
            return Chunked::Whole(out);
        }
        if rest.len() < size {
            out.extend_from_slice(rest);
            return Chunked::Cut(out);
        }
        out.extend_from_slice(&rest[..size]);
        rest = &rest[size..];
        match rest {
            [b'\r', b'\n', after @ ..] | [b'\n', after @ ..] => rest = after,
            [] | [b'\r'] => return Chunked::Cut(out),
            _ => return Chunked::Not,
        }
    }
}

fn chunk_size(line: &[u8]) -> Option<usize> {
    let digits = line.split(|byte| *byte == b';').next()?.trim_ascii();
    (!digits.is_empty() && digits.len() <= 15 && digits.iter().all(u8::is_ascii_hexdigit))
        .then(|| usize::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_as_servers_write_them() {
        let (status, headers, body) =
            response(b"HTTP/1.1  200 OK\r\nLocation: /\xB9\xAB\r\nX:a\r\n  b\r\nno colon\r\n\r\nbody").unwrap();
        assert_eq!((status, body), (200, 55));
        assert_eq!(headers.0, [("Location".into(), b"/\xB9\xAB".to_vec()), ("X".into(), b"a b".to_vec())]);
        assert_eq!(response(b"HTTP/1.0 404\n\nx").unwrap(), (404, Headers::default(), 14));
        assert_eq!(response(b"HTTP/2 301").unwrap().0, 301);
        for nothing in [&b""[..], b"HTTP/1.1 abc\r\n\r\n", b"<html>", b"HTTP/1.1 99999 x\r\n"] {
            assert_eq!(response(nothing), None);
        }
        assert_eq!(request(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n").unwrap().0, "GET");
    }

    #[test]
    fn chunks_undone_or_left_alone() {
        for (body, found) in [
            (&b"4\r\nWiki\r\n5;x=y\r\npedia\r\n0\r\n\r\n"[..], Chunked::Whole(b"Wikipedia".to_vec())),
            (b"4\r\nWiki\r\n", Chunked::Cut(b"Wiki".to_vec())),
            (b"4\r\nWiki\r\n5", Chunked::Cut(b"Wiki".to_vec())),
            (b"4\r\nWiki\r\n5\r\nped", Chunked::Cut(b"Wikiped".to_vec())),
            (b"4\r\nWikipedia", Chunked::Not),
            (b"<html>\r\n", Chunked::Not),
            (b"", Chunked::Not),
            (b"ffffffffffffffff\r\nx", Chunked::Not),
            (b"0\r\n\r\n", Chunked::Whole(Vec::new())),
        ] {
            assert_eq!(unchunked(body), found, "{}", body.escape_ascii());
        }
    }
}
