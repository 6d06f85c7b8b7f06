//! One cell: a number where there is one, else text that stays text.

use rust_xlsxwriter::{Format, Worksheet, XlsxError};

use super::looks::Looks;
use crate::dataset::ValueRow;
use crate::export::csv::starts_a_formula;

/// Characters of a cell, by Excel's limit.
const CELL: usize = 32_767;

/// A number with more digits would be changed by Excel's floating point.
const DIGITS: usize = 15;

/// Writes text that stays text.
pub fn text(sheet: &mut Worksheet, row: u32, column: u16, text: &str, format: &Format) -> Result<(), XlsxError> {
    if text.is_empty() {
        return Ok(());
    }
    let cut: String;
    let text = if text.encode_utf16().count() > CELL {
        const MARK: &str = "……（超出单元格长度，未全部列出）";
        cut = text.chars().take(CELL / 2 - MARK.chars().count()).collect::<String>() + MARK;
        &cut
    } else {
        text
    };
    if starts_a_formula(text) {
        sheet.write_string_with_format(row, column, text, &format.clone().set_quote_prefix())?;
    } else {
        sheet.write_string_with_format(row, column, text, format)?;
    }
    Ok(())
}

/// Writes a value as a number where it is one, as printed where not.
pub fn value(sheet: &mut Worksheet, row: u32, column: u16, value: &ValueRow, looks: &Looks) -> Result<(), XlsxError> {
    let format = match value.state.as_str() {
        "number" => &looks.number,
        "remark" => &looks.remark,
        "unreadable" => &looks.unreadable,
        _ => &looks.printed,
    };
    match value.value.as_deref().map(|digits| (digits, digits.parse::<f64>())) {
        Some((digits, Ok(number))) if digits.bytes().filter(u8::is_ascii_digit).count() <= DIGITS => {
            sheet.write_number_with_format(row, column, number, format).map(drop)
        }
        Some((digits, _)) => text(sheet, row, column, digits, format),
        None => text(sheet, row, column, &value.text, format),
    }
}
