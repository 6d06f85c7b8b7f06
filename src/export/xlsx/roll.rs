//! Rows without end, in as many sheets as they need.

use rust_xlsxwriter::{Workbook, Worksheet, XlsxError};

use super::looks::Looks;

/// Rows of a sheet, its head included, by Excel's limit; what is more goes on in another sheet.
const ROWS_OF_A_SHEET: u32 = 1 << 20;

/// One kind of sheet: where its next row goes, and in which sheet of the workbook.
pub struct Roll {
    name: &'static str,
    heads: Vec<(String, f64)>,
    frozen: u16,
    /// Place in the workbook and next row; none until there is a first row.
    open: Option<(usize, u32)>,
    sheets: u32,
}

impl Roll {
    pub fn new(name: &'static str, frozen: u16, heads: Vec<(String, f64)>) -> Roll {
        Roll { name, heads, frozen, open: None, sheets: 0 }
    }

    /// The sheet with room for another row, and the row.
    pub fn next<'b>(&mut self, book: &'b mut Workbook, looks: &Looks) -> Result<(&'b mut Worksheet, u32), XlsxError> {
        let (place, row) = match self.open {
            Some((place, row)) if row < ROWS_OF_A_SHEET => (place, row),
            _ => {
                self.begin(book, looks)?;
                (book.worksheets().len() - 1, 1)
            }
        };
        self.open = Some((place, row + 1));
        Ok((book.worksheet_from_index(place)?, row))
    }

    fn begin(&mut self, book: &mut Workbook, looks: &Looks) -> Result<(), XlsxError> {
        self.end(book)?;
        self.sheets += 1;
        let name = if self.sheets == 1 { self.name.to_owned() } else { format!("{}（{}）", self.name, self.sheets) };
        let sheet = book.add_worksheet_with_constant_memory()?.set_name(name)?;
        for (column, (_, width)) in (0..).zip(&self.heads) {
            sheet.set_column_width(column, *width)?;
        }
        sheet.set_freeze_panes(1, self.frozen)?.set_row_height(0, 48)?;
        sheet.set_landscape().set_print_fit_to_pages(1, 0).set_repeat_rows(0, 0)?;
        for (column, (head, _)) in (0..).zip(&self.heads) {
            sheet.write_string_with_format(0, column, head, &looks.head)?;
        }
        Ok(())
    }

    /// The filter spans the rows there are.
    pub fn end(&self, book: &mut Workbook) -> Result<(), XlsxError> {
        if let (Some((place, row)), Ok(last)) = (self.open, u16::try_from(self.heads.len())) {
            book.worksheet_from_index(place)?.autofilter(0, 0, row - 1, last - 1)?;
        }
        Ok(())
    }
}
