//! Text that stands escaped in another: strings of JSON, markup shown as text. Every place leads back to where it stands.

use memchr::{memchr, memchr2};

use super::tokens::decoded;

/// Unescaped text with the way back.
#[derive(Debug, Default)]
pub struct Unescaped {
    pub text: String,
    /// Where runs begin in this text, and where they begin in the text it was taken from.
    runs: Vec<(usize, usize)>,
}

impl Unescaped {
    /// The place, in the text around, of a place in this text.
    pub fn place(&self, at: usize) -> usize {
        let run = self.runs.partition_point(|(from, _)| *from <= at);
        run.checked_sub(1).map_or(at, |run| self.runs[run].1 + (at - self.runs[run].0))
    }

    /// Another text behind this one.
    pub fn append(&mut self, other: Unescaped) {
        let length = self.text.len();
        self.runs.extend(other.runs.into_iter().map(|(at, from)| (length + at, from)));
        self.text.push_str(&other.text);
    }

    fn push(&mut self, text: &str, from: usize) {
        self.runs.push((self.text.len(), from));
        self.text.push_str(text);
    }
}

/// A text that stands nowhere: a line's end that a tag makes.
impl From<&str> for Unescaped {
    fn from(text: &str) -> Unescaped {
        Unescaped { text: text.into(), runs: Vec::new() }
    }
}

/// The string of JSON (RFC 8259, 7) whose inside begins at `from`, and where it ends, behind its quote; none where it never
/// does. An escape that JSON does not have stands for the character after it.
pub fn json_string(text: &str, from: usize) -> Option<(Unescaped, usize)> {
    let bytes = text.as_bytes();
    let mut out = Unescaped::default();
    let mut at = from;
    loop {
        let stop = at + memchr2(b'"', b'\\', &bytes[at..])?;
        if at < stop {
            out.push(&text[at..stop], at);
        }
        if bytes[stop] == b'"' {
            // What ends with the string ends before its quote.
            out.runs.push((out.text.len(), stop));
            return Some((out, stop + 1));
        }
        let escaped = text[stop + 1..].chars().next()?;
        let (c, length) = match escaped {
            'n' => ('\n', 2),
            'r' => ('\r', 2),
            't' => ('\t', 2),
            'b' | 'f' => (' ', 2),
            'u' => unit(text, stop),
            other => (other, 1 + other.len_utf8()),
        };
        out.push(c.encode_utf8(&mut [0; 4]), stop);
        at = stop + length;
    }
}

/// The character that `\u4e2d` at `at` stands for, two of them beyond the basic plane; and how long it is.
fn unit(text: &str, at: usize) -> (char, usize) {
    let number = |at: usize| {
        let digits = text.get(at..).filter(|rest| rest.starts_with("\\u"))?.get(2..6)?;
        u32::from_str_radix(digits, 16).ok()
    };
    let Some(first) = number(at) else { return ('\u{FFFD}', 2) };
    let pair = (0xD800..0xDC00).contains(&first).then(|| number(at + 6)).flatten();
    match pair.filter(|low| (0xDC00..0xE000).contains(low)) {
        Some(low) => {
            let c = 0x10000 + ((first - 0xD800) << 10) + (low - 0xDC00);
            (char::from_u32(c).unwrap_or('\u{FFFD}'), 12)
        }
        None => (char::from_u32(first).unwrap_or('\u{FFFD}'), 6),
    }
}

/// `text` with its character references decoded; it stands at `from` in the text around.
pub fn references(text: &str, from: usize) -> Unescaped {
    /// No name of a reference is longer.
    const LONGEST: usize = 34;
    let mut out = Unescaped::default();
    let mut at = 0;
    while let Some(reference) = memchr(b'&', &text.as_bytes()[at..]).map(|n| n + at) {
        if at < reference {
            out.push(&text[at..reference], from + at);
        }
        let end = text.as_bytes()[reference..].iter().take(LONGEST).position(|byte| *byte == b';');
        let end = end.map_or(reference + 1, |n| reference + n + 1);
        out.push(&decoded(&text[reference..end]), from + reference);
        at = end;
    }
    out.push(&text[at..], from + at);
    out.runs.push((out.text.len(), from + text.len()));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A text, and what stands in the text around from the beginning of `seven` to its end.
    fn around<'t>(inside: &Unescaped, text: &'t str, seven: &str) -> &'t str {
        let at = inside.text.find(seven).unwrap();
        &text[inside.place(at)..inside.place(at + seven.len())]
    }

    #[test]
    fn a_string_of_json_and_its_places() {
        let text = r#"{"a":"\u4e2d<td class=\"x\">\u4e03\ud840\udc00<\/td>\n\q"}"#;
        let (inside, end) = json_string(text, 6).unwrap();
        assert_eq!(inside.text, "中<td class=\"x\">七𠀀</td>\nq");
        assert_eq!(&text[end..], "}");
        assert_eq!(around(&inside, text, "七"), r"\u4e03");
        assert_eq!(around(&inside, text, "𠀀</td>"), r"\ud840\udc00<\/td>");
        assert_eq!(inside.place(inside.text.len()), end - 1);
        for broken in [r#""abc"#, r#""abc\"#] {
            assert!(json_string(broken, 1).is_none(), "{broken}");
        }
        assert_eq!(json_string(r#""\u12"#.to_owned().as_str(), 1).map(|_| ()), None);
        assert_eq!(json_string(r#""\u12x""#, 1).unwrap().0.text, "\u{FFFD}12x");
        assert_eq!(json_string(r#""\ud840x""#, 1).unwrap().0.text, "\u{FFFD}x");
    }

    #[test]
    fn references_and_their_places() {
        let text = "x&lt;td&gt;七&nbsp;7&lt;/td&gt; & y";
        let inside = references(&text[1..], 1);
        assert_eq!(inside.text, "<td>七\u{A0}7</td> & y");
        assert_eq!(around(&inside, text, "<td>七\u{A0}7</td>"), "&lt;td&gt;七&nbsp;7&lt;/td&gt;");
        assert_eq!(inside.place(inside.text.len()), text.len());
    }
}
