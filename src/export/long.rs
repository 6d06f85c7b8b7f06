//! A row a number, with where it stands on the page and where the page comes from.

use rusqlite::Connection;

use super::Fault;
use super::table::{Cell, Column, Kind, columns_around, row};
use crate::dataset::{self, Wanted};

use Kind::{Boolean, Decimal, Integer, Text};

const NUMBER: [Column; 15] = [
    Column::new("indicator", Text, "指标代码（见 wide 各行）", "code of the indicator, see the rows of the wide shape"),
    Column::new("applicant", Text, "申请人类别（仅表三）", "kind of applicant, table three only"),
    Column::new("label", Text, "指标名称（仅 2019 年以前的表）", "row label as printed, forms before 2019 only"),
    Column::new(
        "series",
        Text,
        "annual 本年、cumulative 历年累计（仅 2019 年以前的表）",
        "annual or cumulative, forms before 2019 only",
    ),
    Column::new(
        "state",
        Text,
        "单元格状态：number 数字、blank 空白、dash 短横、slash 斜线、remark 数字带说明、unreadable 无法识别；空白不等于零",
        "what stands in the cell: number, blank, dash, slash, remark (a number with words), unreadable; blank is not zero",
    ),
    Column::new("value", Decimal, "数值（十进制精确值）", "the number, exact decimal; nothing where there is none"),
    Column::new("text", Text, "单元格原文", "the cell as printed"),
    Column::new("unit", Text, "计量单位", "unit"),
    Column::new(
        "suggested",
        Boolean,
        "是否为按勾稽关系推算的建议值（不是公布值）",
        "proposed by the form's arithmetic, not published",
    ),
    Column::new(
        "rule",
        Text,
        "对应方式：label 名称一致、near 名称相近、order 按表内次序",
        "how the cell was tied to the indicator: label, near, order",
    ),
    Column::new("table", Integer, "网页中第几个表格（从 0 起）", "table in the page, from 0"),
    Column::new("row", Integer, "行（从 0 起）", "row of the table, from 0"),
    Column::new("column", Integer, "列（从 0 起）", "column of the table, from 0"),
    Column::new(
        "byte_start",
        Integer,
        "单元格在内容（解除压缩后）中的起始字节",
        "first byte of the cell in the payload, content-coding undone",
    ),
    Column::new("byte_end", Integer, "单元格结束字节（不含）", "end of the cell in bytes, exclusive"),
];

pub fn columns() -> Vec<Column> {
    columns_around(&NUMBER)
}

pub fn rows(
    connection: &Connection,
    wanted: &Wanted,
    each: &mut dyn FnMut(&[Cell<'_>]) -> Result<(), Fault>,
) -> Result<u64, Fault> {
    let mut count = 0;
    dataset::each_report(connection, wanted, |report| {
        for value in dataset::values(connection, report.id)? {
            let number = [
                Cell::Text(&value.indicator),
                Cell::text(value.applicant.as_deref()),
                Cell::text(value.label.as_deref()),
                Cell::text(value.series.as_deref()),
                Cell::Text(&value.state),
                Cell::decimal(value.value.as_deref()),
                Cell::Text(&value.text),
                Cell::text(value.unit.as_deref()),
                Cell::Boolean(value.suggested),
                Cell::Text(&value.rule),
                Cell::Integer(value.table),
                Cell::Integer(value.row),
                Cell::Integer(value.column),
                Cell::Integer(value.byte_start),
                Cell::Integer(value.byte_end),
            ];
            each(&row(&report, &number))?;
            count += 1;
        }
        Ok::<_, Fault>(())
    })?;
    Ok(count)
}
