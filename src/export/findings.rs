//! A row a finding: what the form's arithmetic and the report's own words say against its numbers.

use rusqlite::Connection;

use super::Fault;
use super::table::{Cell, Column, Kind::Text, columns_around, row};
use crate::dataset::{self, Wanted};

const FINDING: [Column; 8] = [
    Column::new("rule", Text, "核对规则", "rule: balance, outcomes, applicants, challenges, narrative, ..."),
    Column::new("severity", Text, "程度：error、warning、info", "severity: error, warning, info"),
    Column::new(
        "verdict",
        Text,
        "结论：pass 成立、fail 不成立、not_assessable 无法核对",
        "verdict: pass, fail, not_assessable",
    ),
    Column::new("left", Text, "等式左边", "left side"),
    Column::new("right", Text, "等式右边", "right side"),
    Column::new("detail", Text, "说明", "in words"),
    Column::new("values", Text, "所用指标代码（空格分隔）", "codes of the values it used, separated by spaces"),
    Column::new("fingerprint", Text, "编号（重新解析后不变）", "stable over re-readings: 16 hex digits"),
];

pub fn columns() -> Vec<Column> {
    columns_around(&FINDING)
}

pub fn rows(
    connection: &Connection,
    wanted: &Wanted,
    each: &mut dyn FnMut(&[Cell<'_>]) -> Result<(), Fault>,
) -> Result<u64, Fault> {
    let mut count = 0;
    dataset::each_report(connection, wanted, |report| {
        for finding in dataset::findings(connection, report.id)? {
            let values = finding.values.join(" ");
            let finding = [
                Cell::Text(&finding.rule),
                Cell::Text(&finding.severity),
                Cell::Text(&finding.verdict),
                Cell::text(finding.left.as_deref()),
                Cell::text(finding.right.as_deref()),
                Cell::Text(&finding.detail),
                Cell::Text(&values),
                Cell::Text(&finding.fingerprint),
            ];
            each(&row(&report, &finding))?;
            count += 1;
        }
        Ok::<_, Fault>(())
    })?;
    Ok(count)
}
