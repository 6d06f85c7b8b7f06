//! JSON lines: an object a row, the same names as the CSV's columns, text as it is; exact decimals are strings.

use std::io::Write;

use rusqlite::Connection;

use super::Fault;
use super::table::{self, Cell, Shape};
use crate::dataset::Wanted;

pub fn write(connection: &Connection, wanted: &Wanted, shape: Shape, out: &mut dyn Write) -> Result<u64, Fault> {
    let columns = shape.columns();
    let names: Vec<String> =
        columns.iter().map(|column| serde_json::Value::from(column.name.as_ref()).to_string()).collect();
    let mut line = Vec::new();
    table::rows(connection, wanted, shape, &mut |row| {
        line.clear();
        for (name, cell) in names.iter().zip(row) {
            line.push(if line.is_empty() { b'{' } else { b',' });
            line.extend_from_slice(name.as_bytes());
            line.push(b':');
            match cell {
                Cell::Nothing => line.extend_from_slice(b"null"),
                Cell::Text(text) | Cell::Decimal(text) => {
                    serde_json::to_writer(&mut line, text).map_err(std::io::Error::from)?
                }
                Cell::Integer(number) => line.extend_from_slice(number.to_string().as_bytes()),
                Cell::Boolean(is) => line.extend_from_slice(if *is { b"true" } else { b"false" }),
            }
        }
        line.extend_from_slice(b"}\n");
        Ok(out.write_all(&line)?)
    })
}
