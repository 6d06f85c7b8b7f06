//! Text without markup: one line each, as pasted from a page or made by an extractor.

use super::{Block, Document, Line};

/// Takes plain text or Markdown apart. Headings lose their `#`; nothing else is interpreted here.
pub fn lines(text: &str) -> Document {
    let mut document = Document::default();
    let mut at = 0;
    for raw in text.split_inclusive(['\n', '\r']) {
        let line = raw.trim_end_matches(['\n', '\r']);
        let seen = line.trim_matches(|c: char| c.is_whitespace() || c == '\u{FEFF}');
        if !seen.is_empty() {
            let start = at + line.find(seen).unwrap_or(0);
            document.blocks.push(Block::Line(Line { text: seen.to_owned(), span: (start, start + seen.len()) }));
        }
        at += raw.len();
    }
    document
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_knows_its_bytes() {
        let text = "一\r\n\r\n  7 \n";
        let document = lines(text);
        let found: Vec<&str> = document.prose().map(|line| &text[line.span.0..line.span.1]).collect();
        assert_eq!(found, ["一", "7"]);
    }
}
