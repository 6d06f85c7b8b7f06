//! The sheets that hold every report: written row by row to disk, so that memory does not grow with the archive.

use rust_xlsxwriter::{Workbook, Worksheet, XlsxError};

use super::cell::{text, value};
use super::looks::Looks;
use super::roll::Roll;
use super::{Cells, cells, form_name};
use crate::dataset::{FindingRow, ReportRow, ValueRow};
use crate::export::indicator::{Indicator, group, indicators};
use crate::parse::Applicant;
use crate::parse::edition::form::{APPLICANTS, BLOCKS, ROWS};

const AGENCY: [(&str, f64); 3] = [("行政机关", 34.0), ("年度", 7.0), ("表式", 11.0)];
const SOURCE: [(&str, f64); 5] =
    [("网址", 60.0), ("采集时间", 25.0), ("采集序号", 9.0), ("SHA-256", 66.0), ("解析版本", 9.0)];

fn heads(own: impl IntoIterator<Item = (String, f64)>) -> Vec<(String, f64)> {
    let fixed =
        |heads: &[(&str, f64)]| heads.iter().map(|(head, width)| ((*head).to_owned(), *width)).collect::<Vec<_>>();
    [fixed(&AGENCY), own.into_iter().collect(), fixed(&SOURCE)].concat()
}

pub struct Sheets<'b> {
    book: &'b mut Workbook,
    looks: &'b Looks,
    reports: Roll,
    two: [(&'static str, Vec<Indicator>, Roll); 2],
    three: Roll,
    four: (Vec<Indicator>, Roll),
    statistics: Roll,
    findings: Roll,
    number: u32,
}

/// Totals that a reader asks for first.
const FIRST: [(&str, &str); 6] = [
    ("applications.received", "本年新收"),
    ("applications.carried_in", "上年结转"),
    ("applications.granted", "予以公开"),
    ("applications.partially_granted", "部分公开"),
    ("applications.total", "办理总计"),
    ("applications.carried_out", "结转下年"),
];

impl<'b> Sheets<'b> {
    pub fn new(book: &'b mut Workbook, looks: &'b Looks) -> Sheets<'b> {
        let own =
            |heads: &[(&str, f64)]| heads.iter().map(|(head, width)| ((*head).to_owned(), *width)).collect::<Vec<_>>();
        let of =
            |table: u8| indicators().into_iter().filter(move |indicator| indicator.table == table).collect::<Vec<_>>();
        let named =
            |indicators: &[Indicator]| heads(indicators.iter().map(|indicator| (indicator.chinese.clone(), 15.0)));
        let two = ["2021", "2019"].map(|edition| {
            let columns: Vec<Indicator> =
                of(2).into_iter().filter(|indicator| in_edition(&indicator.code, edition)).collect();
            let name = if edition == "2021" { "表二（2021）" } else { "表二（2019）" };
            let roll = Roll::new(name, 2, named(&columns));
            (edition, columns, roll)
        });
        let four = of(4);
        let first: Vec<(String, f64)> = FIRST.iter().map(|(_, head)| ((*head).to_owned(), 9.0)).collect();
        let counts = own(&[("有数字的单元格", 10.0), ("成立的核对", 8.0), ("不成立的核对", 8.0)]);
        let page = own(&[("标题", 48.0), ("发布日期", 12.0), ("序号", 6.0)]);
        Sheets {
            reports: Roll::new("报告", 2, heads([first, counts, page].concat())),
            two,
            three: Roll::new(
                "表三",
                5,
                heads(
                    [own(&[("组", 18.0), ("事项", 40.0)]), APPLICANTS.map(|head| (head.to_owned(), 10.0)).to_vec()]
                        .concat(),
                ),
            ),
            four: (four.clone(), Roll::new("表四", 2, named(&four))),
            statistics: Roll::new(
                "统计表",
                2,
                heads(own(&[("指标名称", 48.0), ("口径", 10.0), ("单位", 8.0), ("数", 14.0), ("原文", 14.0)])),
            ),
            findings: Roll::new(
                "核对",
                2,
                heads(own(&[
                    ("规则", 14.0),
                    ("结论", 12.0),
                    ("程度", 9.0),
                    ("左边", 12.0),
                    ("右边", 12.0),
                    ("说明", 80.0),
                ])),
            ),
            book,
            looks,
            number: 0,
        }
    }

    /// A row of the list of reports; `own` is the name of the report's own sheet.
    pub fn report(
        &mut self,
        report: &ReportRow,
        cells: &Cells<'_>,
        findings: &[FindingRow],
        own: Option<&str>,
    ) -> Result<(), XlsxError> {
        self.number += 1;
        let number = self.number;
        let looks = self.looks;
        let (sheet, row) = self.reports.next(self.book, looks)?;
        let mut column = begin(sheet, row, report, looks)?;
        for (code, _) in FIRST {
            if let Some(found) = cells.get(&format!("{code}/total")) {
                value(sheet, row, column, found, looks)?;
            }
            column += 1;
        }
        let numbers = cells.values().filter(|value| value.value.is_some()).count();
        let count = |verdict: &str| findings.iter().filter(|finding| finding.verdict == verdict).count();
        sheet.write_number_with_format(row, column, numbers as f64, &looks.number)?;
        sheet.write_number_with_format(row, column + 1, count("pass") as f64, &looks.number)?;
        let fails = count("fail");
        sheet.write_number_with_format(
            row,
            column + 2,
            fails as f64,
            if fails > 0 { &looks.fails } else { &looks.number },
        )?;
        text(sheet, row, column + 3, report.title.as_deref().unwrap_or_default(), &looks.text)?;
        text(sheet, row, column + 4, report.published.as_deref().unwrap_or_default(), &looks.text)?;
        match own {
            Some(own) => {
                let url = format!("internal:'{}'!A1", own.replace('\'', "''"));
                sheet.write_url_with_options(
                    row,
                    column + 5,
                    url.as_str(),
                    number.to_string(),
                    "原表",
                    Some(&looks.link),
                )?;
            }
            None => {
                sheet.write_number_with_format(row, column + 5, number, &looks.number)?;
            }
        }
        end(sheet, row, column + 6, report, looks)
    }

    /// The report's numbers, in the sheets of its form's tables.
    pub fn tables(&mut self, report: &ReportRow, values: &[ValueRow]) -> Result<(), XlsxError> {
        let (cells, looks) = (cells(values), self.looks);
        if report.edition.as_deref() == Some("pre2019") {
            return self.statistics(report, values);
        }
        if report.edition.is_none() {
            return Ok(());
        }
        for (edition, columns, roll) in &mut self.two {
            if report.edition.as_deref() == Some(edition) {
                line(roll, self.book, looks, report, columns, &cells)?;
            }
        }
        for (indicator, label) in ROWS {
            let found = Applicant::ALL.map(|applicant| cells.get(&format!("{indicator}/{}", applicant.as_str())));
            if found.iter().all(Option::is_none) {
                continue;
            }
            let (sheet, row) = self.three.next(self.book, looks)?;
            let column = begin(sheet, row, report, looks)?;
            text(sheet, row, column, group(indicator).unwrap_or_default(), &looks.text)?;
            text(sheet, row, column + 1, label, &looks.text)?;
            for (column, found) in (column + 2..).zip(found) {
                if let Some(found) = found {
                    value(sheet, row, column, found, looks)?;
                }
            }
            end(sheet, row, column + 9, report, looks)?;
        }
        let (columns, roll) = &mut self.four;
        line(roll, self.book, looks, report, columns, &cells)
    }

    fn statistics(&mut self, report: &ReportRow, values: &[ValueRow]) -> Result<(), XlsxError> {
        let looks = self.looks;
        for found in values.iter().filter(|value| !value.suggested) {
            let (sheet, row) = self.statistics.next(self.book, looks)?;
            let column = begin(sheet, row, report, looks)?;
            let series = match found.series.as_deref() {
                Some("annual") => "本年",
                Some("cumulative") => "历年累计",
                _ => "",
            };
            text(sheet, row, column, found.label.as_deref().unwrap_or(&found.indicator), &looks.text)?;
            text(sheet, row, column + 1, series, &looks.text)?;
            text(sheet, row, column + 2, found.unit.as_deref().unwrap_or_default(), &looks.text)?;
            value(sheet, row, column + 3, found, looks)?;
            text(sheet, row, column + 4, &found.text, &looks.printed)?;
            end(sheet, row, column + 5, report, looks)?;
        }
        Ok(())
    }

    /// Findings that fail or are open, row by row; those that hold are counted in the list of reports.
    pub fn findings(&mut self, report: &ReportRow, findings: &[FindingRow]) -> Result<(), XlsxError> {
        let looks = self.looks;
        for finding in findings {
            let (sheet, row) = self.findings.next(self.book, looks)?;
            let column = begin(sheet, row, report, looks)?;
            let (verdict, format) = match finding.verdict.as_str() {
                "pass" => ("成立", &looks.text),
                "fail" => ("不成立", &looks.fails),
                _ => ("无法核对", &looks.text),
            };
            let severity = match finding.severity.as_str() {
                "error" => "错误",
                "warning" => "提示",
                _ => "信息",
            };
            text(sheet, row, column, &finding.rule, &looks.text)?;
            text(sheet, row, column + 1, verdict, format)?;
            text(sheet, row, column + 2, severity, &looks.text)?;
            text(sheet, row, column + 3, finding.left.as_deref().unwrap_or_default(), &looks.printed)?;
            text(sheet, row, column + 4, finding.right.as_deref().unwrap_or_default(), &looks.printed)?;
            text(sheet, row, column + 5, &finding.detail, &looks.text)?;
            end(sheet, row, column + 6, report, looks)?;
        }
        Ok(())
    }

    pub fn finish(self) -> Result<(), XlsxError> {
        let [(_, _, a), (_, _, b)] = &self.two;
        for roll in [&self.reports, a, b, &self.three, &self.four.1, &self.statistics, &self.findings] {
            roll.end(self.book)?;
        }
        Ok(())
    }
}

/// A row of one cell for each indicator.
fn line(
    roll: &mut Roll,
    book: &mut Workbook,
    looks: &Looks,
    report: &ReportRow,
    columns: &[Indicator],
    cells: &Cells<'_>,
) -> Result<(), XlsxError> {
    let (sheet, row) = roll.next(book, looks)?;
    let mut column = begin(sheet, row, report, looks)?;
    for indicator in columns {
        if let Some(found) = cells.get(&indicator.code) {
            value(sheet, row, column, found, looks)?;
        }
        column += 1;
    }
    end(sheet, row, column, report, looks)
}

/// Whose row it is; the next column.
fn begin(sheet: &mut Worksheet, row: u32, report: &ReportRow, looks: &Looks) -> Result<u16, XlsxError> {
    text(sheet, row, 0, report.agency.as_deref().unwrap_or("（未写明）"), &looks.label)?;
    if let Some(year) = report.year {
        sheet.write_number_with_format(row, 1, year, &looks.text)?;
    }
    text(sheet, row, 2, form_name(report), &looks.text)?;
    Ok(AGENCY.len() as u16)
}

/// Where the row comes from.
fn end(sheet: &mut Worksheet, row: u32, column: u16, report: &ReportRow, looks: &Looks) -> Result<(), XlsxError> {
    text(sheet, row, column, &report.url, &looks.text)?;
    text(sheet, row, column + 1, &report.captured_at, &looks.text)?;
    sheet.write_number_with_format(row, column + 2, report.capture as f64, &looks.number)?;
    text(sheet, row, column + 3, &report.sha256, &looks.text)?;
    text(sheet, row, column + 4, &report.parser_version, &looks.text)
}

fn in_edition(code: &str, edition: &str) -> bool {
    BLOCKS.iter().filter(|block| block.edition.as_str() == edition).any(|block| {
        block
            .rows
            .iter()
            .any(|(_, prefix)| block.columns.iter().any(|column| format!("{prefix}.{}", column.field) == code))
    })
}
