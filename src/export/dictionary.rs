//! What every column of the tables means, in Chinese and English.

use std::io::Write;

use super::{Fault, Shape, csv};

pub fn write(out: &mut dyn Write) -> Result<u64, Fault> {
    let head = ["shape", "column", "type", "unit", "chinese", "english"].map(str::to_owned).to_vec();
    let rows = Shape::ALL.into_iter().flat_map(|shape| {
        shape.columns().into_iter().map(move |column| {
            vec![
                shape.as_str().to_owned(),
                column.name.into_owned(),
                column.kind.as_str().to_owned(),
                column.unit.unwrap_or_default().to_owned(),
                column.chinese.into_owned(),
                column.english.into_owned(),
            ]
        })
    });
    csv::records(std::iter::once(head).chain(rows), out)
}
