//! HTML as tokens with their byte ranges (HTML standard 13.2.5), as fast as the page can be scanned.
//!
//! Three quarters of reading a page used to be spent in a general tokenizer. This one hands out slices: attributes are parsed
//! only when somebody asks, character references only where there is an ampersand. Left out are the states that change no
//! text, tag or table of a page: the script data escaped ones, CDATA in foreign content, and parse errors.

mod references;
mod tag;

use std::borrow::Cow;

use memchr::{memchr, memmem};

pub use references::decoded;
pub use tag::{Attributes, Name};

use super::Span;
use tag::{ENDS_TAG_NAME, end_tag, start_tag};

#[derive(Clone, Debug)]
pub enum Token<'a> {
    Start {
        name: Name,
        attributes: Attributes<'a>,
        span: Span,
    },
    End {
        name: Name,
        span: Span,
    },
    /// Character references decoded, unless it is the inside of a script or style.
    Text {
        text: Cow<'a, str>,
        span: Span,
    },
}

/// Hands every token of `text` to `take`, in order.
pub fn tokens(text: &str, mut take: impl FnMut(Token<'_>)) {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    let mut from = 0;
    while let Some(open) = next_open(bytes, at) {
        let next = bytes.get(open + 1).copied().unwrap_or(b' ');
        let markup = next.is_ascii_alphabetic() || matches!(next, b'!' | b'?' | b'/');
        if !markup || (next == b'/' && bytes.len() <= open + 2) {
            at = open + 1;
            continue;
        }
        if from < open {
            take(Token::Text { text: decoded(&text[from..open]), span: (from, open) });
        }
        at = match next {
            b'!' | b'?' => declaration(bytes, open),
            b'/' if !bytes[open + 2].is_ascii_alphabetic() => bogus(bytes, open + 2),
            b'/' => {
                let Some((name, end)) = end_tag(bytes, open) else {
                    from = bytes.len();
                    break;
                };
                take(Token::End { name, span: (open, end) });
                end
            }
            _ => {
                // A tag that the page ends in is no tag and no text (eof-in-tag).
                let Some((name, attributes, end)) = start_tag(text, open, &mut found) else {
                    from = bytes.len();
                    break;
                };
                take(Token::Start { name, attributes, span: (open, end) });
                raw_text(text, name, end, &mut take)
            }
        };
        from = at;
    }
    if from < bytes.len() {
        take(Token::Text { text: decoded(&text[from..]), span: (from, bytes.len()) });
    }
}

/// The next `<`: tags stand behind one another more often than not.
fn next_open(bytes: &[u8], at: usize) -> Option<usize> {
    if bytes.get(at) == Some(&b'<') {
        return Some(at);
    }
    memchr(b'<', &bytes[at..]).map(|n| n + at)
}

/// Comments, document types and what is neither.
fn declaration(bytes: &[u8], open: usize) -> usize {
    if !bytes[open..].starts_with(b"<!--") {
        return bogus(bytes, open + 2);
    }
    let inside = open + 4;
    for (early, length) in [(&b">"[..], 1), (b"->", 2)] {
        if bytes[inside..].starts_with(early) {
            return inside + length;
        }
    }
    let mut at = inside;
    while let Some(dashes) = memmem::find(&bytes[at..], b"--").map(|n| n + at) {
        match bytes.get(dashes + 2..) {
            Some([b'>', ..]) => return dashes + 3,
            Some([b'!', b'>', ..]) => return dashes + 4,
            _ => at = dashes + 1,
        }
    }
    bytes.len()
}

fn bogus(bytes: &[u8], from: usize) -> usize {
    memchr(b'>', &bytes[from.min(bytes.len())..]).map_or(bytes.len(), |n| n + from + 1)
}

/// Elements whose inside is text whatever it looks like. Where reading goes on.
fn raw_text(text: &str, name: Name, from: usize, take: &mut impl FnMut(Token<'_>)) -> usize {
    let name = name.as_bytes();
    let escapable = matches!(name, b"title" | b"textarea");
    if name == b"plaintext" {
        take(Token::Text { text: text[from..].into(), span: (from, text.len()) });
        return text.len();
    }
    if !escapable && !matches!(name, b"script" | b"style" | b"xmp" | b"iframe" | b"noembed" | b"noframes") {
        return from;
    }
    let bytes = text.as_bytes();
    let mut at = from;
    let end = loop {
        let Some(close) = memmem::find(&bytes[at..], b"</").map(|n| n + at) else { break bytes.len() };
        let after = close + 2 + name.len();
        let named = bytes.get(close + 2..after).is_some_and(|found| found.eq_ignore_ascii_case(name));
        let ended = bytes.get(after).is_none_or(|byte| ENDS_TAG_NAME[usize::from(*byte)]);
        if named && ended {
            break close;
        }
        at = close + 2;
    };
    if from < end {
        let inside = &text[from..end];
        take(Token::Text { text: if escapable { decoded(inside) } else { inside.into() }, span: (from, end) });
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tags and text as both tokenizers see them, texts joined, line ends made one.
    fn ours(text: &str) -> Vec<String> {
        let mut seen = Vec::new();
        tokens(text, |token| match token {
            Token::Start { name, attributes, .. } => {
                let shown = ["href", "title", "colspan", "rowspan", "content"]
                    .map(|name| attributes.get(name).unwrap_or_default());
                seen.push(format!("<{} {shown:?}", String::from_utf8_lossy(name.as_bytes())));
            }
            Token::End { name, .. } => seen.push(format!("/{}", String::from_utf8_lossy(name.as_bytes()))),
            Token::Text { text, .. } => join(&mut seen, &text.replace("\r\n", "\n").replace('\r', "\n")),
        });
        seen
    }

    fn theirs(text: &str) -> Vec<String> {
        use html5gum::emitters::default::DefaultEmitter;
        let mut emitter = DefaultEmitter::default();
        emitter.naively_switch_states(true);
        let mut seen = Vec::new();
        for token in html5gum::Tokenizer::new_with_emitter(text, emitter) {
            let Ok(token) = token;
            match token {
                html5gum::Token::StartTag(tag) => {
                    let get = |name: &str| {
                        tag.attributes.get(name.as_bytes()).map(|value| String::from_utf8_lossy(value).into_owned())
                    };
                    let shown =
                        ["href", "title", "colspan", "rowspan", "content"].map(|name| get(name).unwrap_or_default());
                    let name: String = String::from_utf8_lossy(&tag.name).chars().take(16).collect();
                    seen.push(format!("<{name} {shown:?}"));
                }
                html5gum::Token::EndTag(tag) => {
                    seen.push(format!("/{}", String::from_utf8_lossy(&tag.name).chars().take(16).collect::<String>()))
                }
                html5gum::Token::String(text) => join(&mut seen, &String::from_utf8_lossy(&text)),
                _ => {}
            }
        }
        seen
    }

    fn join(seen: &mut Vec<String>, text: &str) {
        match seen.last_mut() {
            Some(last) if last.starts_with('"') => last.push_str(text),
            _ => seen.push(format!("\"{text}")),
        }
    }

    #[test]
    fn a_general_tokenizer_sees_the_same() {
        let many: String = (0..100).map(|n| format!(" a{n}='>'")).collect();
        let many = format!("<td{many} colspan=2>x");
        for page in [
            "<p>a<br/>b</p>",
            "<TD ROWSPAN=2 colspan='3'>x</TD >",
            "<a href=\"/x?a=1&amp;b=2\" title='1 > 0'>y</a>",
            "<a href=/x/ title = y>z",
            "<td a\"b>x</td><td =c>y</td>",
            "a<b <c>d</c>",
            "1 < 2 <3 &lt; 4",
            "<!-- <td>x --> y <!-->z<!--->w<!-- a --!> b",
            "<!DOCTYPE html><?xml version='1.0'?><![CDATA[x]]>y",
            "<script>var a = '<td>'; </scripty></script><td>",
            "<style>td > p { }</style><title>a &amp; b</title><textarea><td></textarea>",
            "&nbsp;&ensp;&copy;&notit;&#x31;&#50;&#150;&amp;lt; &unknown; &",
            "<p title='&nbsp;&hellip;'>x&hellip;y",
            many.as_str(),
            "</>x</ >y</3>z",
            "<td",
            "<td a='",
            "text <",
            "text </",
            "<!--",
            "<script>x",
            "<ucapcontent>a</ucapcontent>",
            "<o:p>&nbsp;</o:p>",
        ] {
            assert_eq!(ours(page), theirs(page), "{page}");
        }
        for page in crate::demo::pages() {
            let text = encoding_rs::GB18030.decode_without_bom_handling(&page.uncoded().body).0.into_owned();
            assert_eq!(ours(&text), theirs(&text), "{}", page.path);
        }
    }

    #[test]
    fn tokens_follow_one_another_without_gaps_in_text() {
        let page = "<table>\r\n<tr><td x=1>7</td></table>";
        let mut spans = Vec::new();
        tokens(page, |token| match token {
            Token::Start { span, .. } | Token::End { span, .. } | Token::Text { span, .. } => {
                spans.push(&page[span.0..span.1])
            }
        });
        assert_eq!(spans, ["<table>", "\r\n", "<tr>", "<td x=1>", "7", "</td>", "</table>"]);
    }
}
