//! Text without markup: one line each, as pasted from a page or made by an extractor.

use super::delimited::{self, Raw};
use super::{Block, Document, Line, Table, sentence};

/// Takes plain text or Markdown apart: lines, and tables where they are plain. Headings lose their `#`.
pub fn lines(text: &str) -> Document {
    let mut document = Document::default();
    let mut at = 0;
    let mut raw: Vec<Raw<'_>> = Vec::new();
    for line in text.split_inclusive(['\n', '\r']) {
        let seen = line.trim_end_matches(['\n', '\r']);
        if !seen.trim_matches(is_space).is_empty() {
            raw.push((at, seen));
        }
        at += line.len();
    }
    let mut runs: Vec<(&[Raw<'_>], Option<Table>)> = Vec::new();
    let mut rest = raw.as_slice();
    while !rest.is_empty() {
        let (count, table) = delimited::table(rest);
        let (run, behind) = rest.split_at(count);
        runs.push((run, table));
        rest = behind;
    }
    // A row of numbers that is in none of the tables: its cells, or theirs, are not what they seem.
    let whole = runs.iter().all(|(run, table)| table.is_some() || !run.iter().any(delimited::holds_numbers));
    for (run, table) in runs {
        match table.filter(|_| whole) {
            Some(table) => {
                document.blocks.extend(table.rows.iter().filter_map(sentence));
                document.blocks.push(Block::Table(document.tables.len()));
                document.tables.push(table);
            }
            None => document.blocks.extend(run.iter().map(|raw| Block::Line(line(raw)))),
        }
    }
    document
}

fn line((at, raw): &Raw<'_>) -> Line {
    let seen = raw.trim_matches(is_space);
    let start = at + raw.find(seen).unwrap_or(0);
    Line { text: seen.to_owned(), span: (start, start + seen.len()) }
}

fn is_space(c: char) -> bool {
    c.is_whitespace() || c == '\u{FEFF}'
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
