//! HTML as tokens with their byte ranges (HTML standard 13.2.5), as fast as the page can be scanned.
//!
//! Three quarters of reading a page used to be spent in a general tokenizer. This one hands out slices: attributes are parsed
//! only when somebody asks, character references only where there is an ampersand. Left out are the states that change no
//! text, tag or table of a page: the script data escaped ones, CDATA in foreign content, and parse errors.

use std::borrow::Cow;

use memchr::{memchr, memchr2_iter, memmem};

use super::Span;

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

/// A tag's name, lower case, cut after sixteen bytes: no name that matters is longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name {
    bytes: [u8; 16],
    length: u8,
}

impl Name {
    fn of(raw: &[u8]) -> Name {
        let mut name = Name { bytes: [0; 16], length: raw.len().min(16) as u8 };
        for (to, from) in name.bytes.iter_mut().zip(raw) {
            *to = from.to_ascii_lowercase();
        }
        // A name that the cut leaves no text of means nothing here and is none.
        if !name.bytes.is_ascii() && std::str::from_utf8(name.as_bytes()).is_err() {
            name = Name { bytes: [0; 16], length: 0 };
        }
        name
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }
}

/// The inside of a start tag after its name.
#[derive(Clone, Copy, Debug)]
pub struct Attributes<'a> {
    text: &'a str,
    /// From the name's end to the `>`.
    inside: Span,
    /// The first [`KEPT`].
    found: &'a [Attribute],
}

/// Attributes of one tag that are remembered; no tag needs more, and a page of one tag shall not fill the memory.
const KEPT: usize = 64;

impl<'a> Attributes<'a> {
    /// The first attribute of that name, in any case of letters; empty where it has no value.
    pub fn get(&self, name: &str) -> Option<Cow<'a, str>> {
        let bytes = self.text.as_bytes();
        let named =
            |attribute: &&Attribute| bytes[attribute.name.0..attribute.name.1].eq_ignore_ascii_case(name.as_bytes());
        let found = match self.found.iter().find(named) {
            Some(found) => Some(*found),
            None if self.found.len() < KEPT => None,
            None => {
                let mut at = self.inside.0;
                let mut all = std::iter::from_fn(|| attribute(&bytes[..self.inside.1], &mut at));
                all.find(|attribute| named(&attribute))
            }
        };
        found.map(|attribute| decoded(&self.text[attribute.value.0..attribute.value.1]))
    }

    /// Whether the tag can hide what is in it, by a quick look: most tags of a pasted page carry long styles and hide nothing.
    pub fn may_hide(&self) -> bool {
        let raw = &self.text.as_bytes()[self.inside.0..self.inside.1];
        let ends_in = |end: usize, word: &str| {
            raw[..end].last_chunk::<6>().is_some_and(|found| found.eq_ignore_ascii_case(word.as_bytes()))
        };
        // `display` and `visibility` by their last letter, which few other properties have.
        let styled = || memchr2_iter(b'y', b'Y', raw).any(|at| ends_in(at, "displa") || ends_in(at, "ibilit"));
        let named = |at: usize| raw[at..].first_chunk::<6>().is_some_and(|word| word.eq_ignore_ascii_case(b"hidden"));
        raw.len() > 6 && (styled() || memchr2_iter(b'h', b'H', raw).any(named))
    }
}

/// Where an attribute stands in the text.
#[derive(Clone, Copy, Debug)]
struct Attribute {
    name: Span,
    value: Span,
}

/// The attribute at `at`, which moves behind it; none at the end of the tag.
fn attribute(bytes: &[u8], at: &mut usize) -> Option<Attribute> {
    let start = skip(bytes, *at, |byte| SPACE[byte] || byte == usize::from(b'/'));
    *at = start;
    if bytes.get(start).is_none_or(|byte| *byte == b'>') {
        return None;
    }
    // An equals sign that begins a name belongs to it.
    let after_name = skip(bytes, start + 1, |byte| !ENDS_NAME[byte]);
    let name = (start, after_name);
    let equals = skip(bytes, after_name, |byte| SPACE[byte]);
    if bytes.get(equals) != Some(&b'=') {
        *at = after_name;
        return Some(Attribute { name, value: (after_name, after_name) });
    }
    let from = skip(bytes, equals + 1, |byte| SPACE[byte]);
    let value = match bytes.get(from) {
        Some(quote @ (b'"' | b'\'')) => {
            let from = from + 1;
            let to = memchr(*quote, &bytes[from..]).map_or(bytes.len(), |length| from + length);
            *at = (to + 1).min(bytes.len());
            (from, to)
        }
        _ => {
            *at = skip(bytes, from, |byte| !ENDS_VALUE[byte]);
            (from, *at)
        }
    };
    Some(Attribute { name, value })
}

/// Which bytes are one of a few: every byte of a name is asked about.
const fn any_of(few: &[u8]) -> [bool; 256] {
    let mut marked = [false; 256];
    let mut n = 0;
    while n < few.len() {
        marked[few[n] as usize] = true;
        n += 1;
    }
    marked
}

static SPACE: [bool; 256] = any_of(b" \t\n\r\x0C");
static ENDS_TAG_NAME: [bool; 256] = any_of(b" \t\n\r\x0C/>");
static ENDS_NAME: [bool; 256] = any_of(b" \t\n\r\x0C/>=");
static ENDS_VALUE: [bool; 256] = any_of(b" \t\n\r\x0C>");

/// Where the bytes from `at` on that are `wanted` end.
fn skip(bytes: &[u8], at: usize, wanted: impl Fn(usize) -> bool) -> usize {
    bytes[at..].iter().position(|byte| !wanted(usize::from(*byte))).map_or(bytes.len(), |n| n + at)
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
                let Some((name, inside)) = start_tag(bytes, open, &mut found) else {
                    from = bytes.len();
                    break;
                };
                let end = inside.1 + 1;
                let attributes = Attributes { text, inside, found: &found };
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

fn name_end(bytes: &[u8], from: usize) -> usize {
    skip(bytes, from, |byte| !ENDS_TAG_NAME[byte])
}

/// Name and inside; `found` then holds its attributes.
fn start_tag(bytes: &[u8], open: usize, found: &mut Vec<Attribute>) -> Option<(Name, Span)> {
    let after_name = name_end(bytes, open + 1);
    found.clear();
    let mut at = after_name;
    while bytes.get(at) != Some(&b'>') {
        let Some(attribute) = attribute(bytes, &mut at) else { break };
        if found.len() < KEPT {
            found.push(attribute);
        }
    }
    (at < bytes.len()).then(|| (Name::of(&bytes[open + 1..after_name]), (after_name, at)))
}

/// Name and where the tag ends, behind the `>`: one in a quoted value is none.
fn end_tag(bytes: &[u8], open: usize) -> Option<(Name, usize)> {
    let after_name = name_end(bytes, open + 2);
    let mut at = after_name;
    while bytes.get(at) != Some(&b'>') && attribute(bytes, &mut at).is_some() {}
    (at < bytes.len()).then(|| (Name::of(&bytes[open + 2..after_name]), at + 1))
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
