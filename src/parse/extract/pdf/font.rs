//! What a font's codes mean and how wide they are (ISO 32000-1 9.6 to 9.10).

use std::collections::HashMap;

use lopdf::{Dictionary, Document as Pdf, Object};

use crate::parse::label::radical;

/// A font as far as reading needs it.
#[derive(Clone, Debug, Default)]
pub struct Font {
    /// Codes of two bytes.
    wide: bool,
    to_unicode: HashMap<u32, String>,
    /// How codes are read where ToUnicode says nothing.
    fallback: Fallback,
    widths: HashMap<u32, f32>,
    default_width: f32,
    pub vertical: bool,
}

#[derive(Clone, Copy, Debug, Default)]
enum Fallback {
    /// Codes of glyphs: nothing is known of them.
    #[default]
    Nothing,
    Latin,
    Gbk,
    Utf16,
}

/// Mappings of one font.
const MAX_MAPPINGS: usize = 200_000;
/// A mapping's stream, bytes.
const MAX_CMAP: usize = 8 << 20;

impl Font {
    pub fn of(pdf: &Pdf, dictionary: &Dictionary) -> Font {
        let mut font = Font { default_width: 500.0, ..Font::default() };
        let composite = named(dictionary, b"Subtype") == b"Type0";
        let encoding = String::from_utf8_lossy(named(dictionary, b"Encoding")).into_owned();
        font.wide = composite;
        font.vertical = composite && encoding.ends_with("-V");
        font.fallback = match encoding.as_str() {
            _ if !composite => Fallback::Latin,
            "GBK-EUC-H" | "GBK-EUC-V" | "GBKp-EUC-H" | "GBK2K-H" | "GB-EUC-H" => Fallback::Gbk,
            "UniGB-UCS2-H" | "UniGB-UCS2-V" | "UniGB-UTF16-H" | "UniGB-UTF16-V" => Fallback::Utf16,
            _ => Fallback::Nothing,
        };
        if let Some(stream) = resolved(pdf, dictionary, b"ToUnicode").and_then(|object| object.as_stream().ok())
            && let Ok(bytes) = stream.get_plain_content_with_limit(MAX_CMAP)
        {
            font.to_unicode = to_unicode(&bytes);
            font.to_unicode.values_mut().for_each(|text| *text = text.chars().map(radical).collect());
        }
        match composite {
            true => font.composite_widths(pdf, dictionary),
            false => font.simple_widths(pdf, dictionary),
        }
        font
    }

    /// The characters of a shown string: text and width in thousandths of the font's size.
    pub fn decode(&self, bytes: &[u8]) -> Vec<(String, f32)> {
        if matches!(self.fallback, Fallback::Gbk) && self.to_unicode.is_empty() {
            let text = encoding_rs::GB18030.decode_without_bom_handling(bytes).0;
            return text.chars().map(|c| (c.to_string(), if c.is_ascii() { 500.0 } else { 1_000.0 })).collect();
        }
        let size = if self.wide { 2 } else { 1 };
        bytes
            .chunks(size)
            .map(|code| code.iter().fold(0u32, |sum, byte| (sum << 8) | u32::from(*byte)))
            .map(|code| (self.text(code), self.widths.get(&code).copied().unwrap_or(self.default_width)))
            .collect()
    }

    fn text(&self, code: u32) -> String {
        if let Some(text) = self.to_unicode.get(&code) {
            return text.clone();
        }
        match self.fallback {
            Fallback::Latin | Fallback::Utf16 => {
                char::from_u32(code).filter(|c| !c.is_control()).map(String::from).unwrap_or_default()
            }
            _ => "\u{FFFD}".into(),
        }
    }

    fn composite_widths(&mut self, pdf: &Pdf, dictionary: &Dictionary) {
        self.default_width = 1_000.0;
        let descendant = resolved(pdf, dictionary, b"DescendantFonts")
            .and_then(|object| object.as_array().ok())
            .and_then(|fonts| fonts.first())
            .and_then(|font| pdf.dereference(font).ok())
            .and_then(|(_, font)| font.as_dict().ok());
        let Some(descendant) = descendant else { return };
        if let Some(width) = resolved(pdf, descendant, b"DW").and_then(|width| width.as_float().ok()) {
            self.default_width = width;
        }
        let Some(widths) = resolved(pdf, descendant, b"W").and_then(|widths| widths.as_array().ok()) else { return };
        let mut at = 0;
        while let (Some(first), Some(next)) = (widths.get(at).and_then(code), widths.get(at + 1)) {
            match pdf.dereference(next).map(|(_, next)| next) {
                Ok(Object::Array(each)) => {
                    let each = each.iter().filter_map(|width| width.as_float().ok());
                    self.widths.extend((first..).zip(each).take(MAX_MAPPINGS));
                    at += 2;
                }
                Ok(last) => {
                    let (Some(last), Some(width)) =
                        (code(last), widths.get(at + 2).and_then(|width| width.as_float().ok()))
                    else {
                        return;
                    };
                    self.widths.extend((first..=last.min(first.saturating_add(65_535))).map(|code| (code, width)));
                    at += 3;
                }
                Err(_) => return,
            }
        }
    }

    fn simple_widths(&mut self, pdf: &Pdf, dictionary: &Dictionary) {
        let first = resolved(pdf, dictionary, b"FirstChar").and_then(code).unwrap_or(0);
        let Some(widths) = resolved(pdf, dictionary, b"Widths").and_then(|widths| widths.as_array().ok()) else {
            return;
        };
        self.widths.extend((first..).zip(widths.iter().filter_map(|width| width.as_float().ok())));
    }
}

fn code(object: &Object) -> Option<u32> {
    u32::try_from(object.as_i64().ok()?).ok()
}

fn named<'a>(dictionary: &'a Dictionary, key: &[u8]) -> &'a [u8] {
    dictionary.get(key).and_then(Object::as_name).unwrap_or_default()
}

fn resolved<'a>(pdf: &'a Pdf, dictionary: &'a Dictionary, key: &[u8]) -> Option<&'a Object> {
    pdf.dereference(dictionary.get(key).ok()?).ok().map(|(_, object)| object)
}

/// `beginbfchar` and `beginbfrange` of a ToUnicode CMap (9.10.3).
fn to_unicode(bytes: &[u8]) -> HashMap<u32, String> {
    let text = String::from_utf8_lossy(bytes);
    let mut map = HashMap::new();
    for section in text.split("beginbfchar").skip(1) {
        let codes = hex_strings(section.split("endbfchar").next().unwrap_or_default());
        for pair in codes.chunks_exact(2) {
            if let (Word::Hex(code), Word::Hex(text)) = (&pair[0], &pair[1]) {
                map.insert(number(code), utf16(text));
            }
        }
    }
    for section in text.split("beginbfrange").skip(1) {
        let words = hex_strings(section.split("endbfrange").next().unwrap_or_default());
        let mut at = 0;
        while let (Some(Word::Hex(first)), Some(Word::Hex(last)), Some(target)) =
            (words.get(at), words.get(at + 1), words.get(at + 2))
        {
            let (first, last) = (number(first), number(last).min(number(first).saturating_add(65_535)));
            match target {
                Word::Hex(text) => {
                    for (step, code) in (first..=last).enumerate() {
                        map.insert(code, raised(text, step));
                    }
                    at += 3;
                }
                Word::Open => {
                    at += 3;
                    let mut code = first;
                    while let Some(Word::Hex(text)) = words.get(at) {
                        map.insert(code, utf16(text));
                        code += 1;
                        at += 1;
                    }
                    at += 1;
                }
                Word::Close => break,
            }
            if map.len() > MAX_MAPPINGS {
                return map;
            }
        }
    }
    map
}

enum Word {
    Hex(Vec<u8>),
    Open,
    Close,
}

fn hex_strings(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['<', '[', ']']) {
        let mark = rest.as_bytes()[at];
        rest = &rest[at + 1..];
        match mark {
            b'[' => words.push(Word::Open),
            b']' => words.push(Word::Close),
            _ => {
                let Some((hex, after)) = rest.split_once('>') else { break };
                let digits: Vec<u32> = hex.chars().filter_map(|c| c.to_digit(16)).collect();
                words.push(Word::Hex(
                    digits.chunks(2).map(|pair| (pair[0] * 16 + pair.get(1).unwrap_or(&0)) as u8).collect(),
                ));
                rest = after;
            }
        }
    }
    words
}

fn number(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0u32, |sum, byte| (sum << 8) | u32::from(*byte))
}

fn utf16(bytes: &[u8]) -> String {
    encoding_rs::UTF_16BE.decode_without_bom_handling(bytes).0.into_owned()
}

/// The target of the `step`-th code of a range: its last unit counted up.
fn raised(bytes: &[u8], step: usize) -> String {
    let mut units: Vec<u16> = bytes.chunks(2).map(|pair| number(pair) as u16).collect();
    if let Some(last) = units.last_mut() {
        *last = last.wrapping_add(step as u16);
    }
    String::from_utf16_lossy(&units)
}
