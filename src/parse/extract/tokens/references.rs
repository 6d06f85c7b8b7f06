//! Character references (HTML standard 13.5).

use std::borrow::Cow;

use memchr::memchr;

/// Character references decoded. Those seen on nearly every page here; all others as html5gum decodes them.
pub fn decoded(text: &str) -> Cow<'_, str> {
    const COMMON: [(&str, &str); 8] = [
        ("&nbsp;", "\u{A0}"),
        ("&ensp;", "\u{2002}"),
        ("&emsp;", "\u{2003}"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&ldquo;", "“"),
        ("&rdquo;", "”"),
    ];
    let Some(mut at) = memchr(b'&', text.as_bytes()) else { return text.into() };
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    loop {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        match COMMON.iter().find(|(reference, _)| rest.starts_with(reference)) {
            Some((reference, character)) => {
                out.push_str(character);
                rest = &rest[reference.len()..];
            }
            None => {
                // Up to the next one, so that the common ones stay fast beside a rare one.
                let end = memchr(b'&', &rest.as_bytes()[1..]).map_or(rest.len(), |n| n + 1);
                out.push_str(&any_reference(&rest[..end]));
                rest = &rest[end..];
            }
        }
        match memchr(b'&', rest.as_bytes()) {
            Some(next) => at = next,
            None => {
                out.push_str(rest);
                return out.into();
            }
        }
    }
}

fn any_reference(text: &str) -> String {
    let mut out = Vec::new();
    // What follows an ampersand is text here, whatever it looks like.
    let mut pieces = text.split('<');
    for token in html5gum::Tokenizer::new(pieces.next().unwrap_or_default()) {
        let Ok(token) = token;
        if let html5gum::Token::String(text) = token {
            out.extend_from_slice(&text);
        }
    }
    for piece in pieces {
        out.push(b'<');
        out.extend_from_slice(piece.as_bytes());
    }
    String::from_utf8_lossy(&out).into_owned()
}
