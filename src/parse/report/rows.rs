//! Rows as the readers of the form see them, whether they come from a grid or from lines of text.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::parse::cell::{self, Content};
use crate::parse::extract::{Document, PageBox, Span, Table};
use crate::parse::grid::{CellAt, grid};
use crate::parse::label::{before_note, key};
use crate::parse::reading::{CellState, OnPage};

/// A row in document order.
#[derive(Clone, Debug)]
pub struct Row<'t> {
    pub table: usize,
    /// Number of the row in its table.
    pub number: usize,
    /// Cells from left to right, each once.
    pub slots: Vec<Slot<'t>>,
    pub kind: RowKind,
    /// It is a column of the table: what heads name stands in rows, what rows name in columns.
    pub turned: bool,
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
pub struct Slot<'t> {
    pub text: &'t str,
    pub key: Cow<'t, str>,
    /// The key up to a bracketed note, where there is one.
    before_note: Option<Cow<'t, str>>,
    pub content: Content<'t>,
    pub span: Span,
    /// Columns of the grid it covers, end exclusive.
    pub columns: (usize, usize),
    /// It starts in this row, not in one above.
    pub fresh: bool,
    pub on_page: Option<OnPage>,
}

impl<'t> Slot<'t> {
    pub fn new(text: &'t str, span: Span, columns: (usize, usize), fresh: bool) -> Slot<'t> {
        // Most cells: a plain number, which is its own key.
        let digits = !text.is_empty() && text.len() < 12 && text.bytes().all(|byte| byte.is_ascii_digit());
        if digits {
            let content = Content { state: CellState::Number, value: Some(text.into()), unit: None };
            return Slot { text, key: text.into(), before_note: None, content, span, columns, fresh, on_page: None };
        }
        let cut = before_note(text);
        let before_note = (cut.len() < text.len()).then(|| key(cut));
        Slot { text, key: key(text), before_note, content: cell::content(text), span, columns, fresh, on_page: None }
    }

    /// The key up to a bracketed note.
    pub fn short(&self) -> &str {
        self.before_note.as_ref().unwrap_or(&self.key)
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

    /// Whether the cell's number is also one of the row below, which has a label of its own in `labels`.
    pub fn reaches(&self, below: Option<&Row<'_>>, labels: (usize, usize)) -> bool {
        let Some(below) = below.filter(|_| self.content.value.is_some()) else { return false };
        below.slots.iter().any(|lower| !lower.fresh && lower.columns == self.columns)
            && below.slots.iter().any(|lower| lower.fresh && lower.is_label() && lower.overlaps(labels))
    }
}

impl<'t> Row<'t> {
    pub fn width(&self) -> usize {
        self.slots.last().map_or(0, |slot| slot.columns.1)
    }

    /// Cells after the last label, with trailing blanks.
    pub fn after_labels(&self) -> &[Slot<'t>] {
        let labels = self.slots.iter().rposition(Slot::is_label).map_or(0, |at| at + 1);
        &self.slots[labels..]
    }

    /// The labels that stand before the values, outermost first.
    pub fn labels(&self) -> Vec<&Slot<'t>> {
        self.slots.iter().filter(|slot| slot.is_label()).collect()
    }

    /// What stands behind a label of the row.
    pub fn after(&self, label: &Slot<'_>) -> &[Slot<'t>] {
        let from = self.slots.iter().position(|slot| slot.columns == label.columns).map_or(0, |at| at + 1);
        &self.slots[from..]
    }

    /// The first cell with a number or a sign for nothing.
    pub fn first_value(&self) -> Option<&Slot<'t>> {
        self.slots.iter().find(|slot| slot.content.is_value() && !slot.is_blank())
    }

    /// Cells after the last label that stands before `first`.
    pub fn after_label_before(&self, first: &Slot<'_>) -> &[Slot<'t>] {
        let before = |slot: &Slot<'_>| slot.is_label() && slot.columns.0 < first.columns.0;
        let from = self.slots.iter().rposition(before).map_or(0, |at| at + 1);
        &self.slots[from..]
    }

    pub fn heads_only(&self) -> bool {
        self.slots.iter().all(|slot| slot.is_label() || slot.is_blank())
    }

    /// The row below in the same table, where there is one.
    pub fn below<'r>(&self, next: Option<&'r Row<'t>>) -> Option<&'r Row<'t>> {
        next.filter(|next| next.kind == RowKind::Grid && self.kind == RowKind::Grid && next.table == self.table)
    }

    /// Row and column of a cell in its table.
    pub fn place(&self, slot: &Slot<'_>) -> (usize, usize) {
        if self.turned { (slot.columns.0, self.number) } else { (self.number, slot.columns.0) }
    }

    /// From the first cell to the last.
    pub fn span(&self) -> Span {
        let start = self.slots.iter().map(|slot| slot.span.0).min().unwrap_or(0);
        (start, self.slots.iter().map(|slot| slot.span.1).max().unwrap_or(start))
    }
}

/// The longest text that can be a heading of the form.
pub const HEADING: usize = 40;

/// Rows of the tables that are shown, or of those that are hidden, with the short lines between them.
pub fn of_tables(document: &Document, hidden: bool) -> Vec<Row<'_>> {
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
                rows.push(Row { table: 0, number: 0, slots: vec![slot], kind: RowKind::Heading, turned: false });
            }
            crate::parse::extract::Block::Line(_) => {}
        }
    }
    rows
}

fn of_table<'t>(index: usize, table: &'t Table, rows: &mut Vec<Row<'t>>) {
    let grid = grid(table);
    let from = rows.len();
    of_lines(index, table, &grid.rows, false, rows);
    if is_turned(&rows[from..]) {
        rows.truncate(from);
        let column = |x: usize| grid.rows.iter().map(|row| row.get(x).copied().flatten()).collect();
        let columns: Vec<Vec<Option<CellAt>>> = (0..grid.width).map(column).collect();
        of_lines(index, table, &columns, true, rows);
    }
}

/// Whether applicants, or the outcomes of reviews, stand one below the other beside their numbers.
fn is_turned(rows: &[Row<'_>]) -> bool {
    const HEADS: [&str; 6] = ["科研机构", "社会公益组织", "法律服务机构", "结果维持", "结果纠正", "尚未审结"];
    let mut found: [Option<(usize, usize)>; 6] = [None; 6];
    for row in rows {
        for slot in row.slots.iter().filter(|slot| slot.fresh && (12..=18).contains(&slot.key.len())) {
            let Some(head) = HEADS.iter().position(|head| *head == slot.key) else { continue };
            found[head].get_or_insert((row.number, slot.columns.0));
        }
    }
    found.chunks(3).any(|three| match three {
        [Some(one), Some(two), Some(three)] => {
            one.0 != two.0 && two.0 != three.0 && one.0 != three.0 && one.1 == two.1 && two.1 == three.1
        }
        _ => false,
    })
}

/// Rows of a grid, or its columns as rows where the table is turned.
fn of_lines<'t>(index: usize, table: &'t Table, lines: &[Vec<Option<CellAt>>], turned: bool, rows: &mut Vec<Row<'t>>) {
    let mut spanning: HashMap<CellAt, Slot<'_>> = HashMap::new();
    for (number, line) in lines.iter().enumerate() {
        let room = if turned { line.len() } else { table.rows.get(number).map_or(0, |row| row.cells.len() + 1) };
        let mut slots: Vec<Slot<'_>> = Vec::with_capacity(room);
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
            if (turned || at.row < number)
                && let Some(slot) = spanning.get(&at)
            {
                slots.push(Slot { columns: (from, x), fresh: false, ..slot.clone() });
                continue;
            }
            let cell = at.of(table);
            let slot = Slot::new(&cell.text, cell.span, (from, x), turned || at.row == number);
            let slot = Slot { on_page: cell.page_box.map(on_page), ..slot };
            if turned || cell.rowspan != 1 {
                spanning.insert(at, slot.clone());
            }
            slots.push(slot);
        }
        if !slots.is_empty() {
            rows.push(Row { table: index, number, slots, kind: RowKind::Grid, turned });
        }
    }
}

fn on_page(at: PageBox) -> OnPage {
    OnPage { page: at.page, sides: [at.x0, at.y0, at.x1, at.y1].map(|side| (side * 100.0).round() as i32) }
}
