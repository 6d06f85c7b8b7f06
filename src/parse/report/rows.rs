//! Rows as the readers of the form see them, whether they come from a grid or from lines of text.

use crate::parse::cell::{self, Content};
use crate::parse::extract::{Document, Line, PageBox, Span, Table};
use crate::parse::grid::{CellAt, grid};
use crate::parse::label::{before_note, key};
use crate::parse::reading::{CellState, OnPage};

/// A row in document order.
#[derive(Clone, Debug)]
pub struct Row {
    pub table: usize,
    /// Number of the row in its table.
    pub number: usize,
    /// Cells from left to right, each once.
    pub slots: Vec<Slot>,
    pub kind: RowKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowKind {
    /// From a grid: columns mean something.
    Grid,
    /// From a line with separators: cells are counted, trailing blanks may be what spans left behind.
    Line,
    /// Gathered from lines of one cell each: blank cells have left no trace.
    Stream,
    /// A line outside any table, kept for the headings between tables.
    Heading,
}

/// A cell within a row.
#[derive(Clone, Debug)]
pub struct Slot {
    pub text: String,
    pub key: String,
    /// The key up to a bracketed note.
    pub short: String,
    pub content: Content,
    pub span: Span,
    /// Columns of the grid it covers, end exclusive.
    pub columns: (usize, usize),
    /// It starts in this row, not in one above.
    pub fresh: bool,
    pub on_page: Option<OnPage>,
}

impl Slot {
    fn new(text: &str, span: Span, columns: (usize, usize), fresh: bool) -> Slot {
        if !text.is_empty() && text.len() < 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Slot::of_digits(text, span, columns, fresh);
        }
        let whole = key(text);
        let cut = before_note(text);
        Slot {
            short: if cut.len() == text.len() { whole.clone() } else { key(cut) },
            key: whole,
            content: cell::content(text),
            text: text.to_owned(),
            span,
            columns,
            fresh,
            on_page: None,
        }
    }

    /// Most cells: a plain number, which is its own key.
    fn of_digits(text: &str, span: Span, columns: (usize, usize), fresh: bool) -> Slot {
        let content = Content { state: CellState::Number, value: Some(text.to_owned()), unit: None };
        let (key, text) = (text.to_owned(), text.to_owned());
        Slot { short: String::new(), key, content, text, span, columns, fresh, on_page: None }
    }

    pub fn is_blank(&self) -> bool {
        self.text.is_empty()
    }

    /// Words, not a number or a sign for nothing.
    pub fn is_label(&self) -> bool {
        !self.content.is_value() && !self.key.is_empty()
    }

    pub fn overlaps(&self, columns: (usize, usize)) -> bool {
        self.columns.0 < columns.1 && columns.0 < self.columns.1
    }
}

impl Row {
    pub fn width(&self) -> usize {
        self.slots.last().map_or(0, |slot| slot.columns.1)
    }

    /// Cells after the last label, with trailing blanks.
    pub fn after_labels(&self) -> &[Slot] {
        let labels = self.slots.iter().rposition(Slot::is_label).map_or(0, |at| at + 1);
        &self.slots[labels..]
    }

    /// The labels that stand before the values, outermost first.
    pub fn labels(&self) -> Vec<&Slot> {
        self.slots.iter().filter(|slot| slot.is_label()).collect()
    }

    pub fn heads_only(&self) -> bool {
        self.slots.iter().all(|slot| slot.is_label() || slot.is_blank())
    }

    /// From the first cell to the last.
    pub fn span(&self) -> Span {
        let start = self.slots.iter().map(|slot| slot.span.0).min().unwrap_or(0);
        (start, self.slots.iter().map(|slot| slot.span.1).max().unwrap_or(start))
    }
}

/// The longest text that can be a heading of the form.
const HEADING: usize = 40;

/// Rows of the tables that are shown, or of those that are hidden, with the short lines between them.
pub fn of_tables(document: &Document, hidden: bool) -> Vec<Row> {
    let mut rows = Vec::new();
    for block in &document.blocks {
        match block {
            crate::parse::extract::Block::Table(index) => {
                let table = &document.tables[*index];
                if table.hidden == hidden {
                    of_table(*index, table, &mut rows);
                }
            }
            crate::parse::extract::Block::Line(line) if line.text.chars().count() <= HEADING => {
                let slot = Slot::new(&line.text, line.span, (0, 1), true);
                rows.push(Row { table: 0, number: 0, slots: vec![slot], kind: RowKind::Heading });
            }
            crate::parse::extract::Block::Line(_) => {}
        }
    }
    rows
}

fn of_table(index: usize, table: &Table, rows: &mut Vec<Row>) {
    let grid = grid(table);
    let mut spanning: std::collections::HashMap<CellAt, Slot> = std::collections::HashMap::new();
    for (number, line) in grid.rows.iter().enumerate() {
        let mut slots: Vec<Slot> = Vec::new();
        let mut x = 0;
        while x < line.len() {
            let Some(at) = line[x] else {
                x += 1;
                continue;
            };
            let from = x;
            while x < line.len() && line[x] == Some(at) {
                x += 1;
            }
            let fresh = at.row == number;
            let slot = match spanning.get(&at) {
                Some(slot) => Slot { columns: (from, x), fresh, ..slot.clone() },
                None => {
                    let cell = at.of(table);
                    let on_page = cell.page_box.map(on_page);
                    let slot = Slot { on_page, ..Slot::new(&cell.text, cell.span, (from, x), fresh) };
                    if cell.rowspan != 1 {
                        spanning.insert(at, slot.clone());
                    }
                    slot
                }
            };
            slots.push(slot);
        }
        if !slots.is_empty() {
            rows.push(Row { table: index, number, slots, kind: RowKind::Grid });
        }
    }
}

fn on_page(at: PageBox) -> OnPage {
    OnPage { page: at.page, sides: [at.x0, at.y0, at.x1, at.y1].map(|side| (side * 100.0).round() as i32) }
}

/// Rows of a text: separated cells where there are separators, else cells gathered line by line.
///
/// `is_form_word` says whether a key is a label, a head or a part of one. Lines that hold several labels and digits
/// without any separator are given back as glued.
pub fn of_lines<'a>(lines: impl Iterator<Item = &'a Line>, words: &dyn FormWords) -> (Vec<Row>, Vec<&'a Line>) {
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

/// A whole table in one line: several row labels and a head of the form.
fn is_glued(line: &Line, words: &dyn FormWords) -> bool {
    let text = key(&line.text);
    let head = ["第二十条第", "信息内容", "申请人情况", "勾稽关系"].iter().any(|head| text.contains(head));
    head && !line.text.contains('|') && words.labels_within(&text) >= 3
}

/// What the form's words are, for gathering cells from a text.
pub trait FormWords {
    /// A label at the left of a row that holds values.
    fn is_row_label(&self, slot: &Slot) -> bool;
    /// A label over several rows.
    fn is_group(&self, slot: &Slot) -> bool;
    /// A head of columns, a group label, or a piece of one.
    fn is_head(&self, slot: &Slot) -> bool;
    /// How many different row labels a text contains.
    fn labels_within(&self, key: &str) -> usize;
}

struct Gather<'a> {
    words: &'a dyn FormWords,
    rows: Vec<Row>,
    open: Vec<Slot>,
    number: usize,
}

impl Gather<'_> {
    fn line(&mut self, line: &Line) {
        if line.text.contains('|') {
            let cells = separated(line, '|');
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
        match self.spaced(line) {
            Some(cells) => self.row(cells),
            None => self.token(Slot::new(line.text.trim_start_matches('#').trim(), line.span, (0, 1), true)),
        }
    }

    /// `行政许可 97`: a label of the form, then only numbers.
    fn spaced(&self, line: &Line) -> Option<Vec<Slot>> {
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

    fn row(&mut self, slots: Vec<Slot>) {
        self.close();
        self.rows.push(Row { table: 0, number: self.number, slots, kind: RowKind::Line });
    }

    fn token(&mut self, slot: Slot) {
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
                self.rows.push(Row { table: 0, number: self.number, slots: vec![slot], kind: RowKind::Heading });
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
        self.rows.push(Row { table: 0, number: self.number, slots, kind: RowKind::Stream });
    }
}

/// Cells of a line; an outer separator opens no cell.
fn separated(line: &Line, by: char) -> Vec<Slot> {
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
