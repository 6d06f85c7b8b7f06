//! Tags: their names, and attributes that are parsed only when somebody asks. Half of what [`tokens`](super::tokens) does: what
//! it calls is inlined there.

use std::borrow::Cow;

use memchr::{memchr, memchr2_iter};

use super::references::decoded;
use crate::parse::extract::Span;

/// A tag's name, lower case, cut after sixteen bytes: no name that matters is longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name {
    bytes: [u8; 16],
    length: u8,
}

impl Name {
    #[inline]
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

    #[inline]
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

/// Name, attributes, and where the tag ends, behind the `>`; none where the page ends in it. `found` gives the attributes room.
#[inline]
pub fn start_tag<'a>(
    text: &'a str,
    open: usize,
    found: &'a mut Vec<Attribute>,
) -> Option<(Name, Attributes<'a>, usize)> {
    let bytes = text.as_bytes();
    let after_name = name_end(bytes, open + 1);
    found.clear();
    let mut at = after_name;
    while bytes.get(at) != Some(&b'>') {
        let Some(attribute) = attribute(bytes, &mut at) else { break };
        if found.len() < KEPT {
            found.push(attribute);
        }
    }
    (at < bytes.len())
        .then(|| (Name::of(&bytes[open + 1..after_name]), Attributes { text, inside: (after_name, at), found }, at + 1))
}

/// Name and where the tag ends, behind the `>`: one in a quoted value is none.
#[inline]
pub fn end_tag(bytes: &[u8], open: usize) -> Option<(Name, usize)> {
    let after_name = name_end(bytes, open + 2);
    let mut at = after_name;
    while bytes.get(at) != Some(&b'>') && attribute(bytes, &mut at).is_some() {}
    (at < bytes.len()).then(|| (Name::of(&bytes[open + 2..after_name]), at + 1))
}

#[inline]
fn name_end(bytes: &[u8], from: usize) -> usize {
    skip(bytes, from, |byte| !ENDS_TAG_NAME[byte])
}

/// Where an attribute stands in the text.
#[derive(Clone, Copy, Debug)]
pub struct Attribute {
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

/// Where the bytes from `at` on that are `wanted` end.
fn skip(bytes: &[u8], at: usize, wanted: impl Fn(usize) -> bool) -> usize {
    bytes[at..].iter().position(|byte| !wanted(usize::from(*byte))).map_or(bytes.len(), |n| n + at)
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
pub static ENDS_TAG_NAME: [bool; 256] = any_of(b" \t\n\r\x0C/>");
static ENDS_NAME: [bool; 256] = any_of(b" \t\n\r\x0C/>=");
static ENDS_VALUE: [bool; 256] = any_of(b" \t\n\r\x0C>");
