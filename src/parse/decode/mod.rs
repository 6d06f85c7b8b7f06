//! Bytes to text: which encoding, on what evidence, and where each character came from.
//!
//! Order of evidence: byte order mark, HTTP, meta or XML declaration, strict UTF-8, GB18030. A declaration that the bytes
//! contradict is overruled when another encoding reads them clean, and said to be in conflict. UTF-8 that was encoded twice
//! is undone twice.

mod declared;
mod places;
mod twice;

use std::borrow::Cow;
use std::cell::OnceCell;

use encoding_rs::{Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};
use memchr::memmem;

use super::reading::{Decoded, Evidence};
use crate::exchange::Headers;
pub use places::Places;

/// Text with the way back to its bytes.
pub struct Text<'a> {
    pub text: Cow<'a, str>,
    pub decoded: Decoded,
    pub places: Places<'a>,
}

/// Decodes `body` (content-coding already undone).
pub fn decode<'a>(headers: &Headers, body: &'a [u8], coding: Option<String>) -> Text<'a> {
    let body = Body { bytes: body, utf8: OnceCell::new() };
    let choice = choose(headers, &body);
    let skip = choice.bom;
    let (text, errors) = match (choice.encoding == UTF_8).then(|| body.utf8()).flatten() {
        Some(text) => (text[skip..].into(), false),
        None => choice.encoding.decode_without_bom_handling(&body.bytes[skip..]),
    };
    // Replacement characters that the decoder wrote, as against those the page itself holds.
    let replacements = match choice.encoding == UTF_8 && !errors {
        true => 0,
        false => memmem::find_iter(text.as_bytes(), "\u{FFFD}").count(),
    };
    if choice.encoding == UTF_8
        && replacements == 0
        && let Some(inner) = twice::undone(&text)
    {
        let decoded = Decoded {
            encoding: choice.encoding.name().to_ascii_lowercase(),
            evidence: Evidence::Twice,
            declared: choice.declared,
            conflict: true,
            replacements,
            coding,
        };
        return Text { places: Places::twice(body.bytes, skip), decoded, text: inner.into() };
    }
    Text {
        places: Places::new(choice.encoding, body.bytes, skip, replacements == 0),
        decoded: Decoded {
            encoding: choice.encoding.name().to_ascii_lowercase(),
            evidence: choice.evidence,
            declared: choice.declared,
            conflict: choice.conflict,
            replacements,
            coding,
        },
        text,
    }
}

/// A body that is held against UTF-8 once, whoever asks.
struct Body<'a> {
    bytes: &'a [u8],
    utf8: OnceCell<Option<&'a str>>,
}

impl<'a> Body<'a> {
    /// The body as it stands, where it is UTF-8 without a fault.
    fn utf8(&self) -> Option<&'a str> {
        *self.utf8.get_or_init(|| std::str::from_utf8(self.bytes).ok())
    }
}

struct Choice {
    encoding: &'static Encoding,
    evidence: Evidence,
    declared: Option<String>,
    conflict: bool,
    bom: usize,
}

fn choose(headers: &Headers, body: &Body<'_>) -> Choice {
    let http = headers.get("content-type").and_then(|value| declared::in_content_type(&value));
    let named = http.clone().map(|label| (label, Evidence::Http));
    let named = named.or_else(|| declared::in_document(body.bytes).map(|label| (label, Evidence::Meta)));
    let declared = named.as_ref().map(|(label, _)| label.clone());
    if let Some((encoding, bom)) = Encoding::for_bom(body.bytes) {
        let conflict =
            named.as_ref().is_some_and(|(label, _)| declared::encoding(label).is_some_and(|e| e != encoding));
        return Choice { encoding, evidence: Evidence::Bom, declared, conflict, bom };
    }
    let told = named.and_then(|(label, evidence)| Some((declared::encoding(&label)?, evidence)));
    let pick =
        |encoding, evidence, conflict| Choice { encoding, evidence, declared: declared.clone(), conflict, bom: 0 };
    match told {
        Some((encoding, evidence)) => match better_than(encoding, body) {
            Some(other) => pick(other, inferred(other), true),
            None => pick(encoding, evidence, false),
        },
        None => {
            let found = detect(body);
            pick(found, inferred(found), false)
        }
    }
}

fn inferred(encoding: &'static Encoding) -> Evidence {
    if encoding == UTF_8 { Evidence::ValidUtf8 } else { Evidence::Detector }
}

/// Another encoding that reads the bytes when the declared one does not.
fn better_than(told: &'static Encoding, body: &Body<'_>) -> Option<&'static Encoding> {
    if told == UTF_8 {
        // A few damaged bytes do not make a UTF-8 page a GB one.
        return Some(detect(body)).filter(|found| *found != UTF_8);
    }
    // GB text is valid UTF-8 by chance only when it is very short.
    const BY_CHANCE: usize = 6;
    let beyond_ascii = body.bytes.iter().filter(|byte| **byte >= 0x80).take(BY_CHANCE).count();
    let chance = beyond_ascii < BY_CHANCE && reads_clean(told, body.bytes);
    (beyond_ascii > 0 && !chance && body.utf8().is_some()).then_some(UTF_8)
}

fn reads_clean(encoding: &'static Encoding, body: &[u8]) -> bool {
    encoding.decode_without_bom_handling_and_without_replacement(body).is_some()
}

/// Nothing is declared: score the bytes as UTF-8 and as GB18030, tolerating a few damaged ones.
fn detect(body: &Body<'_>) -> &'static Encoding {
    let head = &body.bytes[..body.bytes.len().min(4_096)];
    let nul = head.iter().filter(|byte| **byte == 0).count();
    if nul * 10 > head.len() {
        let odd = head.iter().skip(1).step_by(2).filter(|byte| **byte == 0).count();
        return if odd * 2 > nul { UTF_16LE } else { UTF_16BE };
    }
    if body.utf8().is_some() {
        return UTF_8;
    }
    let (mut good, mut bad) = (0usize, 0usize);
    for chunk in body.bytes.utf8_chunks() {
        good += chunk.valid().bytes().filter(|byte| *byte >= 0xC0).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    if bad == 0 || bad * 50 <= good { UTF_8 } else { GB18030 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(content_type: Option<&str>, body: &[u8]) -> (String, Decoded) {
        let mut headers = Headers::default();
        if let Some(value) = content_type {
            headers.push("Content-Type", value);
        }
        let text = decode(&headers, body, None);
        (text.text.into_owned(), text.decoded)
    }

    fn gbk(text: &str) -> Vec<u8> {
        GB18030.encode(text).0.into_owned()
    }

    const PAGE: &str =
        "<html><head><meta charset=\"CHARSET\"></head><body>四川省朱镕基政府信息公开工作年度报告</body></html>";

    #[test]
    fn who_decides() {
        let utf8 = PAGE.as_bytes().to_vec();
        let bom = [b"\xEF\xBB\xBF".as_slice(), &utf8].concat();
        for (name, content_type, body, encoding, evidence, conflict) in [
            ("gb2312 means gb18030", None, gbk(&PAGE.replace("CHARSET", "gb2312")), "gb18030", Evidence::Meta, false),
            (
                "http before meta",
                Some("text/html; charset=gbk"),
                gbk(&PAGE.replace("CHARSET", "utf-8")),
                "gb18030",
                Evidence::Http,
                false,
            ),
            ("gbk declared utf-8", None, gbk(&PAGE.replace("CHARSET", "utf-8")), "gb18030", Evidence::Detector, true),
            (
                "utf-8 declared gb2312",
                None,
                PAGE.replace("CHARSET", "gb2312").into_bytes(),
                "utf-8",
                Evidence::ValidUtf8,
                true,
            ),
            (
                "latin-1 says nothing",
                Some("text/html; charset=iso-8859-1"),
                gbk(&PAGE.replace("CHARSET", "iso-8859-1")),
                "gb18030",
                Evidence::Detector,
                false,
            ),
            (
                "nothing declared, utf-8",
                None,
                PAGE.replace("charset=\"CHARSET\"", "x").into_bytes(),
                "utf-8",
                Evidence::ValidUtf8,
                false,
            ),
            (
                "nothing declared, gbk",
                None,
                gbk(&PAGE.replace("charset=\"CHARSET\"", "x")),
                "gb18030",
                Evidence::Detector,
                false,
            ),
            ("bom wins", Some("text/html; charset=gbk"), bom, "utf-8", Evidence::Bom, true),
            (
                "label with a semicolon",
                Some("text/html; charset=utf-8;"),
                PAGE.as_bytes().to_vec(),
                "utf-8",
                Evidence::Http,
                false,
            ),
        ] {
            let (text, decoded) = decoded(content_type, &body);
            assert!(text.contains("朱镕基政府信息"), "{name}: {text}");
            assert_eq!(
                (decoded.encoding.as_str(), decoded.evidence, decoded.conflict, decoded.replacements),
                (encoding, evidence, conflict, 0),
                "{name}"
            );
        }
    }

    #[test]
    fn what_was_encoded_twice_is_undone_twice() {
        let page = PAGE.replace("CHARSET", "utf-8");
        let latin: String = page.bytes().map(char::from).collect();
        let windows: String = page
            .bytes()
            .map(|byte| match encoding_rs::WINDOWS_1252.decode(&[byte]).0.chars().next() {
                Some(c) => c,
                None => char::from(byte),
            })
            .collect();
        for twice in [latin, windows] {
            let (text, decoded) = decoded(None, twice.as_bytes());
            assert_eq!((text.as_str(), decoded.evidence, decoded.conflict), (page.as_str(), Evidence::Twice, true));
        }
        for once in ["<p>caf\u{E9}</p>", "<p>Â©</p>", "ä¸", &page] {
            assert_ne!(decoded(None, once.as_bytes()).1.evidence, Evidence::Twice, "{once}");
        }
    }

    #[test]
    fn a_damaged_utf8_page_stays_utf8() {
        let mut body = "政府信息公开工作年度报告".repeat(40).into_bytes();
        body[100] = 0xFF;
        let (_, decoded) = decoded(Some("text/html; charset=utf-8"), &body);
        assert_eq!(decoded.encoding, "utf-8");
        assert!(decoded.replacements > 0);
    }

    #[test]
    fn every_tag_survives_a_lead_byte_before_it() {
        let body = [gbk("<td>公"), vec![0xB9], b"</td>".to_vec()].concat();
        let (text, decoded) = decoded(Some("text/html; charset=gbk"), &body);
        assert!(text.ends_with("</td>"), "{text}");
        assert_eq!(decoded.replacements, 1);
    }
}
