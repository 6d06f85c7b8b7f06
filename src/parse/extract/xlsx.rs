//! Workbooks taken apart: a table a sheet, merged cells as spans.

use std::io::Cursor;

use calamine::{Data, Dimensions, Reader, SheetVisible, Xls, Xlsx};

use super::{Block, Cell, Document, Line, MAX_CELLS, Row, Table, tidy};

/// Takes an XLSX workbook (ECMA-376) apart; the error says why it can't be.
pub fn xlsx(body: &[u8]) -> Result<Document, String> {
    let book = Xlsx::new(Cursor::new(body)).map_err(|fault| unreadable(&fault))?;
    Ok(sheets(book, body.len(), |book, sheet| book.merge_cells_by_sheet_name(sheet).ok()))
}

/// Takes an XLS workbook apart; DOC and WPS files stand in the same container and are none.
pub fn xls(body: &[u8]) -> Result<Document, String> {
    let book = Xls::new(Cursor::new(body)).map_err(|fault| unreadable(&fault))?;
    Ok(sheets(book, body.len(), |book, sheet| book.merge_cells_by_sheet_name(sheet).ok()))
}

fn unreadable(fault: &dyn std::fmt::Display) -> String {
    format!("it is no workbook that can be read: {fault}")
}

fn sheets<'a, B: Reader<Cursor<&'a [u8]>>>(
    mut book: B,
    length: usize,
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
        let index = document.tables.len();
        let row = |(row, y): (&[Data], u32)| Row { cells: row_of(row, y, left, &merges, length), group: 0 };
        let rows: Vec<Row> = range.rows().zip(top..).map(row).collect();
        if !hidden {
            document.blocks.extend(words_over(&rows, length));
        }
        document.tables.push(Table { rows, span: (0, length), depth: 0, hidden });
        document.blocks.push(Block::Table(index));
    }
    document
}

/// Title and sentences, which stand in rows of one cell each.
fn words_over(rows: &[Row], length: usize) -> Vec<Block> {
    let alone = |row: &Row| {
        let mut filled = row.cells.iter().filter(|cell| !cell.text.is_empty());
        let only = filled.next().filter(|cell| cell.text.contains("信息公开") || cell.text.contains("期限"))?;
        filled.next().is_none().then(|| Block::Line(Line { text: only.text.clone(), span: (0, length) }))
    };
    rows.iter().filter_map(alone).collect()
}

/// First and last cell, each row and column.
type Merge = ((u32, u32), (u32, u32));

fn row_of(row: &[Data], y: u32, left: u32, merges: &[Merge], length: usize) -> Vec<Cell> {
    let mut cells = Vec::with_capacity(row.len());
    for (value, x) in row.iter().zip(left..) {
        let merge = merges.iter().find(|((y0, x0), (y1, x1))| (*y0..=*y1).contains(&y) && (*x0..=*x1).contains(&x));
        let (colspan, rowspan) = match merge {
            Some(((y0, x0), _)) if (*y0, *x0) != (y, x) => continue,
            Some(((y0, x0), (y1, x1))) => ((x1 - x0 + 1) as usize, (y1 - y0 + 1) as usize),
            None => (1, 1),
        };
        cells.push(Cell { text: text_of(value), span: (0, length), colspan, rowspan, page_box: None });
    }
    cells
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
