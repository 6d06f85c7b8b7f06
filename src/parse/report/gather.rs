//! Rows gathered from text: lines with separators, and lines of one cell each.

use super::rows::{HEADING, Row, RowKind, Slot};
use crate::parse::cell;
use crate::parse::extract::Line;
use crate::parse::label::key;

/// Rows of a text: separated cells where there are separators, else cells gathered line by line.
///
/// `is_form_word` says whether a key is a label, a head or a part of one. Lines that hold several labels and digits
/// without any separator are given back as glued.
pub fn of_lines<'a>(lines: impl Iterator<Item = &'a Line>, words: &dyn FormWords) -> (Vec<Row<'a>>, Vec<&'a Line>) {
    let mut gather = Gather { words, rows: Vec::new(), open: Vec::new(), number: 0 };
    let mut glued = Vec::new();
    for line in lines {
        gather.number += 1;
        if is_glued(line, words) {
            gather.close();
            glued.push(line);
            continue;
        }
        gather.line(line);
    }
    gather.close();
    (gather.rows, glued)
}

/// What a pasted table's cells are separated by.
const BARS: [char; 4] = ['|', '│', '┃', '｜'];

/// A whole table in one line: several row labels and a head of the form.
fn is_glued(line: &Line, words: &dyn FormWords) -> bool {
    let text = key(&line.text);
    let head = ["第二十条第", "信息内容", "申请人情况", "勾稽关系"].iter().any(|head| text.contains(head));
    head && !line.text.contains(BARS) && words.labels_within(&text) >= 3
}

/// What the form's words are, for gathering cells from a text.
pub trait FormWords {
    /// A label at the left of a row that holds values.
    fn is_row_label(&self, slot: &Slot<'_>) -> bool;
    /// A label over several rows.
    fn is_group(&self, slot: &Slot<'_>) -> bool;
    /// A head of columns, a group label, or a piece of one.
    fn is_head(&self, slot: &Slot<'_>) -> bool;
    /// How many different row labels a text contains.
    fn labels_within(&self, key: &str) -> usize;
}

struct Gather<'a, 'w> {
    words: &'w dyn FormWords,
    rows: Vec<Row<'a>>,
    open: Vec<Slot<'a>>,
    number: usize,
}

impl<'a> Gather<'a, '_> {
    fn line(&mut self, line: &'a Line) {
        if let Some(bar) = line.text.chars().find(|c| BARS.contains(c)) {
            let cells = separated(line, bar);
            if cells.iter().all(|cell| cell.text.chars().all(|c| matches!(c, '-' | ':' | ' ')))
                && line.text.contains('-')
            {
                return;
            }
            match cells.iter().filter(|cell| !cell.is_blank()).count() {
                0 => {}
                1 => {
                    if let Some(cell) = cells.into_iter().find(|cell| !cell.is_blank()) {
                        self.token(cell);
                    }
                }
                _ => self.row(cells),
            }
            return;
        }
        if line.text.contains('\t') {
            return self.row(separated(line, '\t'));
        }
        if line.text.matches(',').count() >= 2 {
            let cells = separated(line, ',');
            let values = cells.iter().filter(|cell| cell.content.is_value() && !cell.is_blank()).count();
            let heads = cells.iter().all(|cell| self.words.is_head(cell));
            let begins = cells.iter().find(|cell| !cell.is_blank()).is_some_and(|first| self.begins_row(first));
            // A label may hold commas itself.
            if begins && (values >= 2 || heads) {
                return self.row(cells);
            }
        }
        if let Some(cells) = self.spaced(line) {
            return self.row(cells);
        }
        match self.padded(line) {
            Some(cells) => {
                self.row_of(cells, RowKind::Stream);
            }
            None => self.token(Slot::new(line.text.trim_start_matches('#').trim(), line.span, (0, 1), true)),
        }
    }

    fn begins_row(&self, first: &Slot<'_>) -> bool {
        self.words.is_row_label(first) || self.words.is_head(first)
    }

    /// Cells that several spaces hold apart, as columns of a text are: those that are blank have left no trace.
    fn padded(&self, line: &'a Line) -> Option<Vec<Slot<'a>>> {
        const GAP: [&str; 3] = ["  ", "\u{3000}\u{3000}", "\u{A0}\u{A0}"];
        let text = line.text.as_str();
        GAP.iter().any(|gap| text.contains(gap)).then_some(())?;
        let mut slots: Vec<Slot<'_>> = Vec::new();
        let mut at = 0;
        while at < text.len() {
            let end = GAP.iter().filter_map(|gap| text[at..].find(gap)).min().map_or(text.len(), |n| at + n);
            let column = slots.len();
            slots.push(Slot::new(&text[at..end], (line.span.0 + at, line.span.0 + end), (column, column + 1), true));
            at = end + text[end..].len() - text[end..].trim_start().len();
        }
        (slots.len() > 1 && (self.begins_row(&slots[0]) || slots.iter().all(|slot| slot.content.is_value())))
            .then_some(slots)
    }

    /// `行政许可 97`: a label of the form, then only numbers.
    fn spaced(&self, line: &'a Line) -> Option<Vec<Slot<'a>>> {
        let words: Vec<&str> = line.text.split_whitespace().collect();
        let label = words
            .iter()
            .position(|word| word.starts_with(|c: char| c.is_ascii_digit()) && cell::content(word).is_value())?;
        if label == 0 || !words[label..].iter().all(|word| cell::content(word).is_value()) {
            return None;
        }
        let mut at = line.text.find(words[label])?;
        let head = line.text[..at].trim_end();
        let mut slots = vec![Slot::new(head, (line.span.0, line.span.0 + head.len()), (0, 1), true)];
        if !self.words.is_row_label(&slots[0]) {
            return None;
        }
        for (column, word) in words[label..].iter().enumerate() {
            at += line.text[at..].find(word)?;
            let span = (line.span.0 + at, line.span.0 + at + word.len());
            slots.push(Slot::new(word, span, (column + 1, column + 2), true));
            at += word.len();
        }
        Some(slots)
    }

    fn row(&mut self, slots: Vec<Slot<'a>>) {
        self.row_of(slots, RowKind::Line);
    }

    fn row_of(&mut self, slots: Vec<Slot<'a>>, kind: RowKind) {
        self.close();
        self.rows.push(Row { table: 0, number: self.number, slots, kind, turned: false });
    }

    fn token(&mut self, slot: Slot<'a>) {
        let heads_open =
            !self.open.is_empty() && self.open.iter().all(|open| open.is_label() && !self.words.is_row_label(open));
        if self.words.is_row_label(&slot) {
            // A group label stays in front of the row label it stands over; heads of columns don't.
            if !self.open.iter().all(|open| self.words.is_group(open)) {
                self.close();
            }
            self.open.push(slot);
        } else if self.words.is_head(&slot) {
            if !heads_open {
                self.close();
            }
            self.open.push(slot);
        } else if slot.content.is_value() {
            if heads_open {
                self.close();
            }
            self.open.push(slot);
        } else {
            self.close();
            if slot.text.chars().count() <= HEADING {
                self.rows.push(Row {
                    table: 0,
                    number: self.number,
                    slots: vec![slot],
                    kind: RowKind::Heading,
                    turned: false,
                });
            }
        }
    }

    fn close(&mut self) {
        if self.open.is_empty() {
            return;
        }
        let mut slots = std::mem::take(&mut self.open);
        for (column, slot) in slots.iter_mut().enumerate() {
            slot.columns = (column, column + 1);
        }
        self.rows.push(Row { table: 0, number: self.number, slots, kind: RowKind::Stream, turned: false });
    }
}

/// Cells of a line; an outer separator opens no cell.
fn separated(line: &Line, by: char) -> Vec<Slot<'_>> {
    let mut slots = Vec::new();
    let mut at = 0;
    let text = line.text.as_str();
    let parts: Vec<&str> = text.split(by).collect();
    for (n, part) in parts.iter().enumerate() {
        let seen = part.trim();
        let outer = (n == 0 || n + 1 == parts.len()) && seen.is_empty() && parts.len() > 1;
        if !outer {
            let start = line.span.0 + at + part.find(seen).unwrap_or(0);
            let column = slots.len();
            slots.push(Slot::new(seen, (start, start + seen.len()), (column, column + 1), true));
        }
        at += part.len() + by.len_utf8();
    }
    slots
}
