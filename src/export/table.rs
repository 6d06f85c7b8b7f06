//! What the tabular formats share: named, typed columns, and rows of cells that borrow from what they are made of.

use std::borrow::Cow;

use rusqlite::Connection;

use super::{Fault, findings, long, wide};
use crate::dataset::{ReportRow, Wanted};

/// Which table of the data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A row a number.
    Long,
    /// A row a report, a column a number of the forms since 2019.
    Wide,
    /// A row a finding.
    Findings,
}

impl Shape {
    pub const ALL: [Shape; 3] = [Shape::Long, Shape::Wide, Shape::Findings];

    pub fn as_str(self) -> &'static str {
        match self {
            Shape::Long => "long",
            Shape::Wide => "wide",
            Shape::Findings => "findings",
        }
    }

    pub fn columns(self) -> Vec<Column> {
        match self {
            Shape::Long => long::columns(),
            Shape::Wide => wide::columns(),
            Shape::Findings => findings::columns(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    Integer,
    Boolean,
    /// An exact decimal, written as its digits.
    Decimal,
}

impl Kind {
    /// The word of a Frictionless table schema (Table Schema v1).
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Text => "string",
            Kind::Integer => "integer",
            Kind::Boolean => "boolean",
            Kind::Decimal => "number",
        }
    }
}

/// A column and what it means, in both languages.
#[derive(Clone, Debug)]
pub struct Column {
    pub name: Cow<'static, str>,
    pub kind: Kind,
    pub unit: Option<&'static str>,
    pub chinese: Cow<'static, str>,
    pub english: Cow<'static, str>,
}

impl Column {
    pub const fn new(name: &'static str, kind: Kind, chinese: &'static str, english: &'static str) -> Column {
        let (chinese, english) = (Cow::Borrowed(chinese), Cow::Borrowed(english));
        Column { name: Cow::Borrowed(name), kind, unit: None, chinese, english }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    Nothing,
    Text(&'a str),
    Integer(i64),
    Boolean(bool),
    Decimal(&'a str),
}

impl<'a> Cell<'a> {
    pub fn text(text: Option<&'a str>) -> Cell<'a> {
        text.map_or(Cell::Nothing, Cell::Text)
    }

    pub fn decimal(text: Option<&'a str>) -> Cell<'a> {
        text.map_or(Cell::Nothing, Cell::Decimal)
    }

    pub fn year(year: Option<i16>) -> Cell<'a> {
        year.map_or(Cell::Nothing, |year| Cell::Integer(year.into()))
    }
}

/// Calls `each` with every row wanted, in the order of agency, year and page; how many there were.
pub fn rows(
    connection: &Connection,
    wanted: &Wanted,
    shape: Shape,
    each: &mut dyn FnMut(&[Cell<'_>]) -> Result<(), Fault>,
) -> Result<u64, Fault> {
    match shape {
        Shape::Long => long::rows(connection, wanted, each),
        Shape::Wide => wide::rows(connection, wanted, each),
        Shape::Findings => findings::rows(connection, wanted, each),
    }
}

use Kind::{Integer, Text};

/// Which report a row belongs to.
const REPORT: [Column; 4] = [
    Column::new("agency", Text, "行政机关名称", "name of the agency"),
    Column::new("region", Text, "行政区划代码（GB/T 2260，六位）", "administrative division, GB/T 2260, six digits"),
    Column::new("year", Integer, "报告年度", "year reported on"),
    Column::new(
        "edition",
        Text,
        "表式：2021、2019、pre2019（2019年以前）；没有已知表格为空",
        "form: 2021, 2019, pre2019; nothing where no table is of a known form",
    ),
];

/// A row that says `own` of a report: which it belongs to before, where it comes from behind.
pub fn row<'r>(report: &'r ReportRow, own: &[Cell<'r>]) -> Vec<Cell<'r>> {
    [&report_cells(report)[..], own, &provenance_cells(report)].concat()
}

/// Columns of rows that [`row`] makes.
pub fn columns_around(own: &[Column]) -> Vec<Column> {
    [&REPORT[..], own, &PROVENANCE].concat()
}

/// The cells under [`REPORT`].
fn report_cells(report: &ReportRow) -> [Cell<'_>; 4] {
    [
        Cell::text(report.agency.as_deref()),
        Cell::text(report.region.as_deref()),
        Cell::year(report.year),
        Cell::text(report.edition.as_deref()),
    ]
}

/// Where a row comes from.
const PROVENANCE: [Column; 5] = [
    Column::new("url", Text, "网址", "address it was fetched from"),
    Column::new("captured_at", Text, "采集时间（RFC 3339，UTC）", "when it was fetched, RFC 3339, UTC"),
    Column::new("capture", Integer, "采集序号（存档库内）", "number of the capture in the archive"),
    Column::new("sha256", Text, "存档内容的 SHA-256", "SHA-256 of the archived bytes"),
    Column::new("parser_version", Text, "解析程序版本", "version of the parser that read it"),
];

/// The cells under [`PROVENANCE`].
fn provenance_cells(report: &ReportRow) -> [Cell<'_>; 5] {
    [
        Cell::Text(&report.url),
        Cell::Text(&report.captured_at),
        Cell::Integer(report.capture),
        Cell::Text(&report.sha256),
        Cell::Text(&report.parser_version),
    ]
}
