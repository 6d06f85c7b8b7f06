//! CSV (RFC 4180), UTF-8 without a byte order mark, a header line.
//!
//! A text cell that a spreadsheet would take for a formula (OWASP: `=`, `+`, `-`, `@`, tab, CR, LF, and their full-width forms)
//! begins with an apostrophe; dropping one leading apostrophe before those characters gives the text back. Numbers are not touched.

use std::borrow::Cow;
use std::io::Write;

use rusqlite::Connection;

use super::Fault;
use super::table::{self, Cell, Shape};
use crate::dataset::Wanted;

pub fn write(connection: &Connection, wanted: &Wanted, shape: Shape, out: &mut dyn Write) -> Result<u64, Fault> {
    let mut csv = ::csv::Writer::from_writer(out);
    csv.write_record(shape.columns().iter().map(|column| column.name.as_bytes())).map_err(fault)?;
    let count = table::rows(connection, wanted, shape, &mut |row| {
        for cell in row {
            csv.write_field(field(cell).as_bytes()).map_err(fault)?;
        }
        csv.write_record(None::<&[u8]>).map_err(fault)
    })?;
    csv.flush()?;
    Ok(count)
}

/// The dictionary of every column: see [`super::dictionary`].
pub fn records(records: impl Iterator<Item = Vec<String>>, out: &mut dyn Write) -> Result<u64, Fault> {
    let mut csv = ::csv::Writer::from_writer(out);
    let mut count: u64 = 0;
    for record in records {
        csv.write_record(record.iter().map(|text| plain(text).into_owned())).map_err(fault)?;
        count += 1;
    }
    csv.flush()?;
    Ok(count.saturating_sub(1))
}

/// What the stream said, as it said it: a reader that closed it is no fault.
fn fault(fault: ::csv::Error) -> Fault {
    Fault::Write(match fault.into_kind() {
        ::csv::ErrorKind::Io(fault) => fault,
        other => std::io::Error::other(format!("{other:?}")),
    })
}

fn field<'a>(cell: &'a Cell<'_>) -> Cow<'a, str> {
    match cell {
        Cell::Nothing => Cow::Borrowed(""),
        Cell::Text(text) => plain(text),
        Cell::Decimal(digits) => Cow::Borrowed(digits),
        Cell::Integer(number) => Cow::Owned(number.to_string()),
        Cell::Boolean(is) => Cow::Borrowed(if *is { "true" } else { "false" }),
    }
}

/// Whether a spreadsheet would take the text for a formula. What reads as a number is none.
pub fn starts_a_formula(text: &str) -> bool {
    const STARTS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    text.starts_with(STARTS) && text.parse::<f64>().is_err()
}

pub fn plain(text: &str) -> Cow<'_, str> {
    if starts_a_formula(text) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn no_text_starts_a_formula() {
        for (text, written) in [
            ("=1+1", "'=1+1"),
            ("+cmd", "'+cmd"),
            ("-", "'-"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("＝1", "'＝1"),
            ("\tx", "'\tx"),
            ("-18", "-18"),
            ("+1036", "+1036"),
            ("22（其中修订 16 件）", "22（其中修订 16 件）"),
        ] {
            assert_eq!(plain(text), written);
        }
    }
}
