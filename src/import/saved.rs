//! What browsers save: an HTML file that names its address in a comment (`<!-- saved from url=(0026)http://… -->`), and MHTML
//! (RFC 2557), whose page is one part of a message that says where and when.

use std::borrow::Cow;

use data_encoding::BASE64;
use jiff::Timestamp;
use url::Url;

/// Where the comment stands at the latest, bytes.
const HEAD: usize = 2_048;

/// What a file says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Saved<'a> {
    pub url: Option<Url>,
    pub date: Option<Timestamp>,
    pub content_type: Option<String>,
    /// The page; the file itself where it is no message.
    pub body: Cow<'a, [u8]>,
}

/// Looks at a file; most say nothing of themselves.
pub fn saved(file: &[u8]) -> Saved<'_> {
    message(file).unwrap_or_else(|| Saved { url: comment(file), body: file.into(), ..Saved::default() })
}

/// `<!-- saved from url=(0026)http://a.gov.cn/b.html -->`: the number is the length of the address.
fn comment(file: &[u8]) -> Option<Url> {
    let head = String::from_utf8_lossy(&file[..file.len().min(HEAD)]);
    let rest = head.split_once("saved from url=(")?.1.split_once(')')?.1;
    let url = Url::parse(rest.split([' ', '\r', '\n']).next()?.trim_end_matches("-->")).ok()?;
    matches!(url.scheme(), "http" | "https").then_some(url)
}

/// The page of a message: the part that it calls its own, or its first of HTML.
fn message(file: &[u8]) -> Option<Saved<'_>> {
    let (head, rest) = part(file)?;
    head.get("mime-version")?;
    let content_type = head.get("content-type")?;
    let own = head.get("snapshot-content-location");
    let parts: Vec<(Head, &[u8])> = match parameter(content_type, "boundary") {
        Some(boundary) => between(rest, boundary.as_bytes()).filter_map(part).collect(),
        None => vec![(head.clone(), rest)],
    };
    let is_html =
        |head: &Head| head.get("content-type").is_some_and(|kind| kind.to_ascii_lowercase().starts_with("text/html"));
    let is_own = |head: &Head| own.is_some() && head.get("content-location") == own;
    let chosen = parts.iter().find(|(head, _)| is_html(head) && is_own(head));
    let (of_page, body) = chosen.or_else(|| parts.iter().find(|(head, _)| is_html(head)))?;
    let location = own.or(of_page.get("content-location"));
    Some(Saved {
        url: location
            .and_then(|url| Url::parse(url.trim()).ok())
            .filter(|url| matches!(url.scheme(), "http" | "https")),
        date: head.get("date").and_then(|date| jiff::fmt::rfc2822::parse(date.trim()).ok()).map(|at| at.timestamp()),
        content_type: of_page.get("content-type").map(str::to_owned),
        body: decoded(of_page.get("content-transfer-encoding").unwrap_or_default(), body),
    })
}

/// Fields of a head, names lower case, lines unfolded.
#[derive(Clone)]
struct Head(Vec<(String, String)>);

impl Head {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}

/// Head and body of a message or a part of one; none where no head is.
fn part(bytes: &[u8]) -> Option<(Head, &[u8])> {
    /// A head longer than this is none, bytes.
    const LONG: usize = 16 << 10;
    let mut fields: Vec<(String, String)> = Vec::new();
    let mut at = 0;
    loop {
        let line = bytes[at..].split(|byte| *byte == b'\n').next()?;
        at = (at + line.len() + 1).min(bytes.len());
        let text = std::str::from_utf8(line).ok()?.trim_end_matches('\r');
        if text.is_empty() && !fields.is_empty() {
            return Some((Head(fields), &bytes[at..]));
        }
        match (text.strip_prefix([' ', '\t']), fields.last_mut()) {
            (Some(more), Some((_, value))) => value.extend([" ", more.trim_start()]),
            _ => {
                let (name, value) = text.split_once(':').filter(|(name, _)| !name.contains([' ', '<']))?;
                fields.push((name.to_ascii_lowercase(), value.trim().to_owned()));
            }
        }
        if at >= bytes.len() || at > LONG {
            return None;
        }
    }
}

fn parameter<'a>(field: &'a str, name: &str) -> Option<&'a str> {
    let pairs = field.split(';').skip(1).filter_map(|pair| pair.trim().split_once('='));
    pairs.into_iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim_matches('"'))
}

/// What lies between the lines `--boundary` (RFC 2046 5.1.1).
fn between<'a>(bytes: &'a [u8], boundary: &[u8]) -> impl Iterator<Item = &'a [u8]> {
    let mark = [b"--", boundary].concat();
    let places: Vec<usize> =
        memchr::memmem::find_iter(bytes, &mark).filter(|at| *at == 0 || bytes[at - 1] == b'\n').collect();
    let ends: Vec<usize> = places.iter().skip(1).copied().chain([bytes.len()]).collect();
    places.into_iter().zip(ends).filter_map(move |(begin, end)| {
        let inside = &bytes[begin + mark.len()..end];
        let line = inside.iter().position(|byte| *byte == b'\n')?;
        (!inside.starts_with(b"--")).then(|| &inside[line + 1..])
    })
}

fn decoded<'a>(coding: &str, body: &'a [u8]) -> Cow<'a, [u8]> {
    match coding.trim().to_ascii_lowercase().as_str() {
        "quoted-printable" => unquoted(body).into(),
        "base64" => {
            let packed: Vec<u8> = body.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
            BASE64.decode(&packed).map_or(Cow::Borrowed(body), Cow::Owned)
        }
        _ => body.into(),
    }
}

/// Quoted-printable undone (RFC 2045 6.7); what is no escape stays.
fn unquoted(body: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some(at) = memchr::memchr(b'=', rest) {
        plain.extend_from_slice(&rest[..at]);
        rest = &rest[at + 1..];
        let digits = rest.get(..2).filter(|two| two.iter().all(u8::is_ascii_hexdigit));
        let escaped = digits.and_then(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok());
        if let Some(left) = rest.strip_prefix(b"\r\n").or(rest.strip_prefix(b"\n")) {
            rest = left;
        } else if let Some(byte) = escaped {
            plain.push(byte);
            rest = &rest[2..];
        } else {
            plain.push(b'=');
        }
    }
    plain.extend_from_slice(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_html_file_names_its_address() {
        let file = "<!DOCTYPE html>\r\n<!-- saved from url=(0022)http://a.gov.cn/1.html -->\r\n<p>年报".as_bytes();
        let saved = saved(file);
        assert_eq!(saved.url.as_ref().map(Url::as_str), Some("http://a.gov.cn/1.html"));
        assert_eq!((saved.date, &*saved.body), (None, file));
        for none in ["", "<p>年报", "<!-- saved from url=(0014)about:internet -->", "a: b\n\nx"] {
            assert_eq!(super::saved(none.as_bytes()).url, None, "{none}");
        }
    }

    #[test]
    fn a_message_has_a_page_an_address_and_a_date() {
        let blink = "From: <Saved by Blink>\r\nSnapshot-Content-Location: http://a.gov.cn/1.html\r\nDate: Tue, 2 Jan 2024 03:04:05 -0000\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related;\r\n\ttype=\"text/html\";\r\n\tboundary=\"----B\"\r\n\r\n\r\n------B\r\nContent-Type: text/css\r\nContent-Location: http://a.gov.cn/1.css\r\n\r\np{}\r\n------B\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\nContent-Location: http://a.gov.cn/1.html\r\n\r\n<p a=3D1>=E5=B9=B4=\r\n=E6=8A=A5=+1\r\n------B--\r\n";
        let saved_by_blink = saved(blink.as_bytes());
        assert_eq!(saved_by_blink.url.as_ref().map(Url::as_str), Some("http://a.gov.cn/1.html"));
        assert_eq!(saved_by_blink.date.map(|at| at.to_string()).as_deref(), Some("2024-01-02T03:04:05Z"));
        assert_eq!(&*saved_by_blink.body, "<p a=1>年报=+1\r\n".as_bytes());
        let single = "From: x\nDate: Tue, 2 Jan 2024 11:04:05 +0800\nMIME-Version: 1.0\nContent-Type: text/html;\n\tcharset=\"gb2312\"\nContent-Transfer-Encoding: base64\nContent-Location: http://a.gov.cn/2.htm\n\nPHA+\neA==\n";
        let single = saved(single.as_bytes());
        assert_eq!(
            (&*single.body, single.content_type.as_deref()),
            (&b"<p>x"[..], Some("text/html; charset=\"gb2312\""))
        );
        assert_eq!(single.date, saved_by_blink.date);
    }
}
