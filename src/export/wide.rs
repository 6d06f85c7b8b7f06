//! A row a report, a column a number: the cells of both forms since 2019. Forms before have labels of their own, which only
//! the long shape holds; of those reports the row says that they are there.

use std::borrow::Cow;
use std::collections::HashMap;

use rusqlite::Connection;

use super::Fault;
use super::indicator::indicators;
use super::table::{Cell, Column, Kind, columns_around, row};
use crate::dataset::{self, Wanted};

const PAGE: [Column; 4] = [
    Column::new("title", Kind::Text, "标题", "title of the page"),
    Column::new("published", Kind::Text, "发布日期", "date of publication"),
    Column::new("cells", Kind::Integer, "已识别的单元格数", "cells read"),
    Column::new(
        "numbers",
        Kind::Integer,
        "其中有数字的单元格数；其余为空白、短横或斜线",
        "cells with a number; the others are blank, dash or slash",
    ),
];

pub fn columns() -> Vec<Column> {
    let indicators = indicators().into_iter().map(|indicator| Column {
        kind: Kind::Decimal,
        unit: indicator.unit,
        name: Cow::Owned(indicator.code),
        chinese: Cow::Owned(indicator.chinese),
        english: Cow::Owned(indicator.english),
    });
    columns_around(&PAGE.into_iter().chain(indicators).collect::<Vec<_>>())
}

pub fn rows(
    connection: &Connection,
    wanted: &Wanted,
    each: &mut dyn FnMut(&[Cell<'_>]) -> Result<(), Fault>,
) -> Result<u64, Fault> {
    let codes: Vec<String> = indicators().into_iter().map(|indicator| indicator.code).collect();
    let mut count = 0;
    dataset::each_report(connection, wanted, |report| {
        let mut values = dataset::values(connection, report.id)?;
        values.retain(|value| !value.suggested);
        let mut numbers: HashMap<String, &str> = HashMap::new();
        for value in &values {
            if let Some(number) = &value.value {
                numbers.entry(value.code()).or_insert(number);
            }
        }
        let with_number = values.iter().filter(|value| value.value.is_some()).count();
        let mut own = vec![
            Cell::text(report.title.as_deref()),
            Cell::text(report.published.as_deref()),
            Cell::Integer(values.len() as i64),
            Cell::Integer(with_number as i64),
        ];
        own.extend(codes.iter().map(|code| Cell::decimal(numbers.get(code).copied())));
        each(&row(&report, &own))?;
        count += 1;
        Ok::<_, Fault>(())
    })?;
    Ok(count)
}
