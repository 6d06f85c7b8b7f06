//! XLSX, XLS and ODS taken apart: a table a sheet, merged cells as spans.

use std::io::Cursor;

use calamine::{Data, Reader, Sheets, open_workbook_auto_from_rs};

use super::{Block, Cell, Document, MAX_CELLS, Row, Table, tidy};

/// Takes a workbook apart; the error says why it can't be.
pub fn xlsx(body: &[u8]) -> Result<Document, String> {
    let mut book = open_workbook_auto_from_rs(Cursor::new(body))
        .map_err(|fault| format!("it is no workbook that can be read: {fault}"))?;
    let mut document = Document::default();
    let mut cells = 0;
    for name in book.sheet_names() {
        let Ok(range) = book.worksheet_range(&name) else { continue };
        let (height, width) = range.get_size();
        cells += height * width;
        if cells > MAX_CELLS {
            document.limits.push("cells");
            break;
        }
        let merges = merges_of(&mut book, &name);
        let (top, left) = range.start().unwrap_or((0, 0));
        let index = document.tables.len();
        let rows =
            range.rows().zip(top..).map(|(row, y)| Row { cells: row_of(row, y, left, &merges, body.len()), group: 0 });
        document.tables.push(Table { rows: rows.collect(), span: (0, body.len()), depth: 0 });
        document.blocks.push(Block::Table(index));
    }
    Ok(document)
}

type Merge = ((u32, u32), (u32, u32));

fn merges_of(book: &mut Sheets<Cursor<&[u8]>>, name: &str) -> Vec<Merge> {
    let found = match book {
        Sheets::Xlsx(book) => book.merge_cells_by_sheet_name(name).ok(),
        Sheets::Xls(book) => book.merge_cells_by_sheet_name(name).ok(),
        _ => None,
    };
    found.unwrap_or_default().into_iter().map(|merge| (merge.start, merge.end)).collect()
}

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
        other => tidy(&other.to_string()),
    }
}
