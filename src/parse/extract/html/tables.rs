//! Tables, rows and cells as they open and close (HTML standard 13.2.6.4.9 to 15).

use super::*;

impl Walk<'_> {
    pub(super) fn open_table(&mut self, name: &Name, tag: Attributes<'_>, at: usize) {
        if self.top().is_some_and(|top| top.cell.is_none()) {
            self.close_table(at);
        }
        if self.open.len() >= MAX_NESTING || self.document.tables.len() >= MAX_TABLES {
            self.limit("tables");
            self.unread_tables += 1;
            return;
        }
        if self.open.is_empty() {
            self.flush_kept();
            self.flush_line();
        } else {
            self.break_line();
            self.spill();
        }
        // Its place in the document is where it opens; it is filled when it closes.
        let index = self.document.tables.len();
        self.document.tables.push(Table::default());
        self.document.blocks.push(Block::Table(index));
        // What hides in the cell around it hides the whole table.
        self.veil = self.veil.take().or_else(|| self.hidden.take());
        let hidden = self.veil.is_some() || self.hides(name, tag);
        self.open.push(OpenTable {
            index,
            table: Table { span: (at, at), depth: self.open.len(), rows: Vec::new(), hidden },
            row: None,
            row_hidden: false,
            cell: None,
            cell_hidden: false,
            text: String::new(),
            lines: Vec::new(),
            line: None,
            struck: String::new(),
            group: 0,
        });
    }

    pub(super) fn close_table(&mut self, end: usize) {
        if self.unread_tables > 0 {
            self.unread_tables -= 1;
            return;
        }
        self.close_row(end);
        let Some(mut open) = self.open.pop() else { return };
        open.table.span.1 = end;
        if let Some(parent) = self.open.last_mut()
            && parent.text.trim().is_empty()
            && let Some(only) = only_text(&open.table)
        {
            // A table of one cell is only a frame around what the cell that holds it says.
            parent.text.push_str(only);
        }
        self.document.tables[open.index] = open.table;
    }

    pub(super) fn open_row(&mut self, name: &Name, tag: Attributes<'_>, at: usize) {
        self.close_row(at);
        let hidden = self.hides(name, tag);
        if let Some(top) = self.top() {
            top.row = Some(Row { cells: Vec::new(), group: top.group });
            top.row_hidden = hidden;
        }
    }

    pub(super) fn close_row(&mut self, at: usize) {
        self.close_cell(at);
        let Some(top) = self.top() else { return };
        if let Some(row) = top.row.take()
            && !top.row_hidden
        {
            top.table.rows.push(row);
        }
    }

    pub(super) fn open_cell(&mut self, name: &Name, tag: Attributes<'_>, at: usize) {
        self.close_cell(at);
        if self.top().is_none() {
            return;
        }
        if self.cells >= MAX_CELLS {
            self.limit("cells");
            return;
        }
        self.cells += 1;
        let hidden = self.hides(name, tag);
        let (colspan, rowspan) = spans(tag);
        let Some(top) = self.top() else { return };
        let group = top.group;
        top.row.get_or_insert_with(|| Row { cells: Vec::new(), group });
        top.cell = Some(Cell { span: (at, at), colspan, rowspan, ..Cell::default() });
        top.cell_hidden = hidden;
        top.text.clear();
        top.lines.clear();
        top.line = None;
        top.struck.clear();
        self.aside = None;
    }

    pub(super) fn close_cell(&mut self, end: usize) {
        if self.unread_tables > 0 {
            return;
        }
        if self.open.last_mut().is_some_and(OpenTable::holds_prose) {
            self.spill();
        }
        let Some(top) = self.open.last_mut() else { return };
        let Some(mut cell) = top.cell.take() else { return };
        self.hidden = None;
        cell.span.1 = end;
        cell.text = tidy(&top.text);
        if cell.text.is_empty() && !top.struck.trim().is_empty() {
            // All of it was struck through: not a number any more, and not blank either.
            cell.text = ["[", tidy(&top.struck).as_str(), "]"].concat();
        }
        if let Some(row) = &mut top.row
            && !top.cell_hidden
        {
            row.cells.push(cell);
        }
    }

    /// The lines of a cell that is a part of the page's layout: what it says is said on the page, before the table that opens in
    /// it or behind the last.
    fn spill(&mut self) {
        let Some(top) = self.open.last_mut().filter(|open| open.cell.is_some()) else { return };
        let lines = std::mem::take(&mut top.lines);
        if top.cell_hidden || top.row_hidden || top.table.hidden {
            return;
        }
        for line in lines {
            let text = top.text.get(line.text.0..line.text.1).map(tidy).unwrap_or_default();
            if !text.is_empty() {
                self.document.blocks.push(Block::Line(Line { text, span: line.span }));
            }
        }
    }

    pub(super) fn open_aside(&mut self, name: &Name) {
        if let Some(open) = self.open.last().filter(|open| open.cell.is_some() && self.aside.is_none()) {
            self.aside = Some((*name, open.text.len()));
        }
    }

    /// A raised figure after a number is a note's mark (`12<sup>1</sup>`), and what is struck through is no text.
    pub(super) fn close_aside(&mut self, name: &Name) {
        let Some((_, from)) = self.aside.take_if(|(open, _)| open == name) else { return };
        let Some(open) = self.open.last_mut().filter(|open| open.cell.is_some() && from <= open.text.len()) else {
            return;
        };
        let aside = open.text.split_off(from);
        let mark = aside.trim();
        match name.as_bytes() {
            b"sup" | b"sub"
                if open.text.trim().is_empty() || mark.is_empty() || mark.starts_with(['[', '(', '（', '〔']) =>
            {
                open.text.push_str(&aside);
            }
            b"sup" | b"sub" => open.text.extend(["[", mark, "]"]),
            _ => open.struck.push_str(mark),
        }
    }
}

impl OpenTable {
    pub(super) fn end_line(&mut self) {
        self.lines.extend(self.line.take());
    }

    /// Whether the cell's own text is several paragraphs, longer than any cell of a form.
    fn holds_prose(&mut self) -> bool {
        const LONG: usize = 100 * '年'.len_utf8();
        if self.text.len() < LONG || self.cell.is_none() {
            return false;
        }
        self.end_line();
        let texts = self.lines.iter().filter_map(|line| self.text.get(line.text.0..line.text.1));
        let filled = || texts.clone().map(str::trim).filter(|text| !text.is_empty());
        filled().count() >= 3
            && filled().map(str::len).sum::<usize>() >= LONG
            && filled().any(|text| text.contains('。'))
    }
}

/// The text of a table in which one cell has any.
fn only_text(table: &Table) -> Option<&str> {
    let mut texts =
        table.rows.iter().flat_map(|row| &row.cells).map(|cell| cell.text.as_str()).filter(|text| !text.is_empty());
    match (texts.next(), texts.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    }
}
