//! Workbooks taken apart: a table a sheet, merged cells as spans.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::io::Cursor;

use calamine::{Data, Dimensions, Range, Reader, SheetVisible, Xls, Xlsx};

use super::unseen::{Unseen, unseen};
use super::{Block, Cell, Document, MAX_CELLS, Row, Table, sentence, tidy};

/// Takes an XLSX workbook (ECMA-376) apart; the error says why it can't be.
pub fn xlsx(body: &[u8]) -> Result<Document, String> {
    let book = Xlsx::new(Cursor::new(body)).map_err(|fault| unreadable(&fault))?;
    Ok(sheets(book, body.len(), &unseen(body), |book, sheet| book.merge_cells_by_sheet_name(sheet).ok()))
}

/// Takes an XLS workbook apart; DOC and WPS files stand in the same container and are none. Its hidden rows and columns can't
/// be told from others.
pub fn xls(body: &[u8]) -> Result<Document, String> {
    let book = Xls::new(Cursor::new(body)).map_err(|fault| unreadable(&fault))?;
    Ok(sheets(book, body.len(), &HashMap::new(), |book, sheet| book.merge_cells_by_sheet_name(sheet).ok()))
}

fn unreadable(fault: &dyn std::fmt::Display) -> String {
    format!("it is no workbook that can be read: {fault}")
}

fn sheets<'a, B: Reader<Cursor<&'a [u8]>>>(
    mut book: B,
    length: usize,
    unseen: &HashMap<String, Unseen>,
    merges_of: impl Fn(&mut B, &str) -> Option<Vec<Dimensions>>,
) -> Document {
    let mut document = Document::default();
    let mut cells = 0;
    let sheets: Vec<(String, bool)> = book
        .sheets_metadata()
        .iter()
        .map(|sheet| (sheet.name.clone(), sheet.visible != SheetVisible::Visible))
        .collect();
    for (name, hidden) in sheets {
        let Ok(range) = book.worksheet_range(&name) else { continue };
        let (height, width) = range.get_size();
        cells += height * width;
        if cells > MAX_CELLS {
            document.limits.push("cells");
            break;
        }
        let merges: Vec<Merge> =
            merges_of(&mut book, &name).unwrap_or_default().into_iter().map(|merge| (merge.start, merge.end)).collect();
        let (top, left) = range.start().unwrap_or((0, 0));
        let none = Unseen::default();
        let unseen = unseen.get(&name).unwrap_or(&none);
        let (rows, columns) = (top..top + height as u32, left..left + width as u32);
        let sheet = Sheet {
            range: &range,
            merges,
            unseen,
            rows: rows.clone().filter(|row| !unseen.row(*row)).collect(),
            columns: columns.clone().filter(|column| !unseen.column(*column)).collect(),
            length,
        };
        if !hidden {
            document.unseen.0 += height - sheet.rows.len();
            document.unseen.1 += width - sheet.columns.len();
        }
        let index = document.tables.len();
        let rows: Vec<Row> = rows.map(|y| Row { cells: sheet.cells(y, columns.clone()), group: 0 }).collect();
        if !hidden {
            document.blocks.extend(rows.iter().filter_map(sentence));
        }
        document.tables.push(Table { rows, span: (0, length), depth: 0, hidden });
        document.blocks.push(Block::Table(index));
    }
    document
}

/// First and last cell, each row and column.
type Merge = ((u32, u32), (u32, u32));

struct Sheet<'s> {
    range: &'s Range<Data>,
    merges: Vec<Merge>,
    unseen: &'s Unseen,
    /// Those that are shown.
    rows: Vec<u32>,
    columns: Vec<u32>,
    length: usize,
}

impl Sheet<'_> {
    /// What is shown of a row. Hidden rows have no cells and hidden columns empty ones, so that others keep their places.
    fn cells(&self, y: u32, columns: std::ops::Range<u32>) -> Vec<Cell> {
        let mut cells = Vec::with_capacity(columns.len());
        if self.unseen.row(y) {
            return cells;
        }
        let cell = |text, colspan, rowspan| Cell { text, span: (0, self.length), colspan, rowspan, page_box: None };
        let of_row: Vec<&Merge> = self.merges.iter().filter(|((y0, _), (y1, _))| (*y0..=*y1).contains(&y)).collect();
        for x in columns {
            let merge = of_row.iter().find(|((_, x0), (_, x1))| (*x0..=*x1).contains(&x)).copied();
            let ((y0, x0), (y1, x1)) = *merge.unwrap_or(&((y, x), (y, x)));
            // A merged cell begins where the first of its rows and columns is shown.
            let first = |shown: &[u32], from: u32| shown.get(shown.partition_point(|line| *line < from)).copied();
            let top = first(&self.rows, y0).unwrap_or(y);
            let left = first(&self.columns, x0).filter(|left| *left <= x1).unwrap_or(u32::MAX);
            match (top == y, left.cmp(&x)) {
                (true, Ordering::Equal) => {
                    let text = self.range.get_value((y0, x0)).map(text_of).unwrap_or_default();
                    cells.push(cell(text, (x1 - x + 1) as usize, (y1 - y + 1) as usize));
                }
                (_, Ordering::Greater) => cells.push(cell(String::new(), 1, 1)),
                _ => {}
            }
        }
        cells
    }
}

/// Numbers as a person reads them: workbooks keep 152 as 152.0.
fn text_of(value: &Data) -> String {
    match value {
        Data::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => format!("{number:.0}"),
        // Sums leave 0.30000000000000004 for 0.3.
        Data::Float(number) if number.abs() < 1e9 => {
            format!("{number:.6}").trim_end_matches('0').trim_end_matches('.').to_owned()
        }
        other => tidy(&other.to_string()),
    }
}
