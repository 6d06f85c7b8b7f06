//! JSON lines: an object a number, the same names as the CSV's columns, text as it is.

use std::io::Write;

use rusqlite::Connection;

use super::{Fault, NumberRow, numbers};
use crate::dataset::Wanted;

pub fn write(connection: &Connection, wanted: &Wanted, mut out: &mut dyn Write) -> Result<u64, Fault> {
    numbers(connection, wanted, |report, value| {
        serde_json::to_writer(&mut out, &NumberRow::new(report, value)).map_err(std::io::Error::from)?;
        Ok(out.write_all(b"\n")?)
    })
}
