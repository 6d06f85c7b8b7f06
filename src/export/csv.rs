//! CSV (RFC 4180), UTF-8 without a byte order mark, a header line, a row a number.
//!
//! A text cell that a spreadsheet would take for a formula (OWASP: `=`, `+`, `-`, `@`, tab, CR, LF, and their full-width forms)
//! begins with an apostrophe; dropping one leading apostrophe before those characters gives the text back. Numbers are not touched.

use std::io::Write;

use rusqlite::Connection;

use super::{Fault, NumberRow, numbers};
use crate::dataset::Wanted;

pub fn write(connection: &Connection, wanted: &Wanted, out: &mut dyn Write) -> Result<u64, Fault> {
    let mut csv = ::csv::WriterBuilder::new().has_headers(true).from_writer(out);
    let fault = |e: ::csv::Error| Fault::Write(e.into());
    let count = numbers(connection, wanted, |report, value| {
        let (agency, label, text, unit) = (
            report.agency.as_deref().map(plain),
            value.label.as_deref().map(plain),
            plain(&value.text),
            value.unit.as_deref().map(plain),
        );
        let row = NumberRow {
            agency: agency.as_deref(),
            label: label.as_deref(),
            text: &text,
            unit: unit.as_deref(),
            ..NumberRow::new(report, value)
        };
        csv.serialize(row).map_err(fault)
    })?;
    csv.flush()?;
    Ok(count)
}

/// Text that can't start a formula. What reads as a number stays as it is.
pub(super) fn plain(text: &str) -> String {
    const STARTS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    let number = text.parse::<f64>().is_ok();
    if text.starts_with(STARTS) && !number { format!("'{text}") } else { text.to_owned() }
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
