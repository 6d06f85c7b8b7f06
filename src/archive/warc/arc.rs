//! ARC (the Internet Archive's format before WARC, versions 1 and 2): a line of words before each document, told as the fields
//! that a WARC record of it would have.
//!
//! `URL IP-address Archive-date Content-type Archive-length`, and in version 2
//! `URL IP-address Archive-date Content-type Result-code Checksum Location Offset Filename Archive-length`.

use std::net::IpAddr;

use crate::exchange::Headers;

/// A line longer than this begins no document, bytes.
pub const MAX_LINE: usize = 16 << 10;
/// Scheme of the address in the line that an ARC file begins with.
const FILE: &str = "filedesc:";

/// The words that every such line has.
struct Words<'a> {
    url: String,
    peer: &'a [u8],
    date: String,
    content_type: &'a [u8],
    length: &'a [u8],
}

/// Whether a document begins with this line, whatever its length is said to be.
pub fn begins(line: &[u8]) -> bool {
    words(line).is_some()
}

/// Whether an ARC file begins with this line.
pub fn begins_file(line: &[u8]) -> bool {
    line.starts_with(FILE.as_bytes())
}

/// What the line says; none where it is no such line or names no length.
pub fn fields(line: &[u8]) -> Option<Headers> {
    let words = words(line)?;
    let length = std::str::from_utf8(words.length).ok()?;
    length.parse::<u64>().ok()?;
    let is_http = ["http:", "https:"].iter().any(|scheme| words.url.to_ascii_lowercase().starts_with(scheme));
    let mut fields = Headers::default();
    fields.push("WARC-Type", if words.url.starts_with(FILE) { "warcinfo" } else { "response" });
    fields.push("WARC-Target-URI", words.url);
    fields.push("WARC-Date", words.date);
    if ![&b"0.0.0.0"[..], b"0", b"-"].contains(&words.peer) {
        fields.push("WARC-IP-Address", words.peer);
    }
    fields.push("Content-Type", if is_http { b"application/http;msgtype=response" } else { words.content_type });
    fields.push("Content-Length", length);
    Some(fields)
}

/// What stands before the address of the peer and the time is the URL (some writers left blanks in it), the last word is the
/// length, whatever stands between: so both versions read the same.
fn words(line: &[u8]) -> Option<Words<'_>> {
    let line = line.strip_suffix(b"\n").filter(|line| line.len() <= MAX_LINE)?;
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let words: Vec<&[u8]> = line.split(|byte| *byte == b' ').collect();
    let last = words.len().checked_sub(2)?;
    let (at, date) = (2..last).find_map(|at| Some((at, date(words[at]).filter(|_| is_peer(words[at - 1]))?)))?;
    let url = escaped(&words[..at - 1].join(&b' '));
    let scheme = url.split_once(':')?.0;
    let named = !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let (peer, content_type, length) = (words[at - 1], words[at + 1], words[words.len() - 1]);
    named.then_some(Words { url, peer, date, content_type, length })
}

/// An address, or what stands for none.
fn is_peer(word: &[u8]) -> bool {
    matches!(word, b"0" | b"-") || std::str::from_utf8(word).is_ok_and(|word| word.parse::<IpAddr>().is_ok())
}

/// Fourteen digits; the oldest files have no seconds.
fn date(word: &[u8]) -> Option<String> {
    let digits = std::str::from_utf8(word).ok().filter(|word| word.bytes().all(|byte| byte.is_ascii_digit()))?;
    match digits.len() {
        12 => Some(format!("{digits}00")),
        14 => Some(digits.to_owned()),
        _ => None,
    }
}

/// Addresses lie in ARC as some link had them, in any encoding: each byte that no address may hold is escaped as it is.
fn escaped(url: &[u8]) -> String {
    let plain = |byte: u8| if byte.is_ascii_graphic() { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    url.iter().map(|byte| plain(*byte)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Type, address, time, peer and length.
    fn told(line: &[u8]) -> Option<String> {
        let fields = fields(line)?;
        let names = ["WARC-Type", "WARC-Target-URI", "WARC-Date", "WARC-IP-Address", "Content-Type", "Content-Length"];
        Some(names.map(|name| fields.get(name).unwrap_or("-".into())).join(" "))
    }

    #[test]
    fn lines_of_both_versions() {
        const HTTP: &str = "application/http;msgtype=response";
        for (line, found) in [
            // The examples of the format's description.
            (
                &b"filedesc://IA-001102.arc 0 19960923142103 text/plain 76\n"[..],
                "warcinfo filedesc://IA-001102.arc 19960923142103 - text/plain 76".to_owned(),
            ),
            (
                b"http://www.dryswamp.edu:80/index.html 127.10.100.2 19961104142103 text/html 202\n",
                format!("response http://www.dryswamp.edu:80/index.html 19961104142103 127.10.100.2 {HTTP} 202"),
            ),
            (
                b"http://www.dryswamp.edu:80/index.html 127.10.100.2 19961104142103 text/html 200 fac069150613fe55599cc7fa88aa089d - 209 IA-001102.arc 202\n",
                format!("response http://www.dryswamp.edu:80/index.html 19961104142103 127.10.100.2 {HTTP} 202"),
            ),
            (
                b"http://a.gov.cn/\xB9\xAB \xBF\xAA.htm 0.0.0.0 200801020304 text/html; charset=gb2312 7\r\n",
                format!("response http://a.gov.cn/%B9%AB%20%BF%AA.htm 20080102030400 - {HTTP} 7"),
            ),
            (
                b"dns:a.gov.cn 2001:db8::1 20080102030405 text/dns 57\n",
                "response dns:a.gov.cn 20080102030405 2001:db8::1 text/dns 57".to_owned(),
            ),
        ] {
            assert_eq!(told(line), Some(found), "{}", line.escape_ascii());
        }
    }

    #[test]
    fn lines_that_begin_no_document() {
        for line in [
            &b"\n"[..],
            b"http://a.gov.cn/\n",
            b"URL IP-address Archive-date Content-type Archive-length\n",
            b"http://a.gov.cn/ 192.0.2.1 20080102030405 text/html\n",
            b"http://a.gov.cn/ 192.0.2.1 2008 text/html 5\n",
            b"http://a.gov.cn/ 192.0.2.x 20080102030405 text/html 5\n",
            b"a.gov.cn/ 192.0.2.1 20080102030405 text/html 5\n",
            b"http://a.gov.cn/ 192.0.2.1 20080102030405 text/html 5",
            b"WARC/1.0\r\n",
        ] {
            assert!(told(line).is_none() && !begins(line), "{}", line.escape_ascii());
        }
        let no_length = b"http://a.gov.cn/ 192.0.2.1 20080102030405 text/html long\n";
        assert!(told(no_length).is_none() && begins(no_length));
    }
}
