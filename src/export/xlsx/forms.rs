//! A report in the layout of its form: the three tables as they are printed.

use rust_xlsxwriter::{Color, Format, FormatBorder, Workbook, Worksheet, XlsxError};

use super::super::indicator::group;
use super::cell::{text, value};
use super::looks::Looks;
use super::{Cells, cells, form_name};
use crate::dataset::{ReportRow, ValueRow};
use crate::parse::Applicant;
use crate::parse::edition::form::{APPLICANTS, BLOCKS, CHALLENGES, OUTCOMES, ROWS};

/// Characters of a label that its column shows on one line.
const WIDTH: usize = 25;

/// Name of the report's sheet: at most 31 characters without those that Excel refuses.
pub fn name(number: u32, report: &ReportRow) -> String {
    let year = report.year.map_or(String::new(), |year| format!(" {year}"));
    let agency: String = report
        .agency
        .as_deref()
        .unwrap_or("未写明")
        .chars()
        .filter(|c| !matches!(c, '[' | ']' | ':' | '*' | '?' | '/' | '\\' | '\'') && !c.is_control())
        .collect();
    let start = format!("{number} ");
    // Excel counts UTF-16 units.
    let mut room = 31 - start.len() - year.len();
    let agency: String = agency
        .chars()
        .take_while(|c| {
            let fits = room >= c.len_utf16();
            room = room.saturating_sub(c.len_utf16());
            fits
        })
        .collect();
    format!("{start}{agency}{year}")
}

pub fn sheet(
    book: &mut Workbook,
    looks: &Looks,
    number: u32,
    report: &ReportRow,
    values: &[ValueRow],
) -> Result<(), XlsxError> {
    let sheet = book.add_worksheet().set_name(name(number, report))?;
    sheet.set_column_width(0, 20)?.set_column_width(1, 44)?;
    for column in 2..=16 {
        sheet.set_column_width(column, 11)?;
    }
    let year = report.year.map_or(String::new(), |year| format!("{year}年"));
    let agency = report.agency.as_deref().unwrap_or("（未写明）");
    text(sheet, 0, 0, &format!("{agency}{year}政府信息公开工作年度报告"), &looks.title)?;
    text(sheet, 1, 0, &format!("{}  采集于 {}  {}", form_name(report), report.captured_at, report.url), &looks.text)?;
    sheet.set_freeze_panes(2, 0)?.set_landscape().set_print_fit_to_pages(1, 0);
    let boxed =
        looks.text.clone().set_border(FormatBorder::Thin).set_border_color(Color::RGB(0xD9D9D9)).set_text_wrap();
    let mut page = Page { sheet, looks, boxed, row: 3 };
    let cells = cells(values);
    match report.edition.as_deref() {
        Some("pre2019") => page.statistics(values),
        Some(edition) => {
            page.two(edition, &cells)?;
            page.three(&cells)?;
            page.four(&cells)
        }
        None => text(page.sheet, 3, 0, "正文中没有已知格式的表格。", &looks.text),
    }
}

struct Page<'s> {
    sheet: &'s mut Worksheet,
    looks: &'s Looks,
    boxed: Format,
    row: u32,
}

impl Page<'_> {
    fn heading(&mut self, words: &str) -> Result<(), XlsxError> {
        text(self.sheet, self.row, 0, words, &self.looks.label)?;
        self.row += 1;
        Ok(())
    }

    fn cell(&mut self, column: u16, found: Option<&&ValueRow>) -> Result<(), XlsxError> {
        match found {
            Some(found) => {
                // A frame, so that a blank cell is seen to be there.
                self.sheet.write_blank(self.row, column, &self.boxed)?;
                value(self.sheet, self.row, column, found, self.looks)
            }
            None => Ok(()),
        }
    }

    fn two(&mut self, edition: &str, cells: &Cells<'_>) -> Result<(), XlsxError> {
        self.heading("二、主动公开政府信息情况")?;
        for block in BLOCKS.iter().filter(|block| block.edition.as_str() == edition) {
            text(self.sheet, self.row, 0, &format!("第二十条第（{}）项", block.item), &self.looks.head)?;
            text(self.sheet, self.row, 1, "信息内容", &self.looks.head)?;
            for (column, head) in (2..).zip(block.columns) {
                text(self.sheet, self.row, column, head.label, &self.looks.head)?;
            }
            self.sheet.set_row_height(self.row, 42)?;
            self.row += 1;
            for (label, prefix) in block.rows {
                text(self.sheet, self.row, 1, label, &self.boxed)?;
                for (column, head) in (2..).zip(block.columns) {
                    self.cell(column, cells.get(&format!("{prefix}.{}", head.field)))?;
                }
                self.row += 1;
            }
        }
        self.row += 1;
        Ok(())
    }

    fn three(&mut self, cells: &Cells<'_>) -> Result<(), XlsxError> {
        self.heading("三、收到和处理政府信息公开申请情况")?;
        text(self.sheet, self.row, 0, "办理结果", &self.looks.head)?;
        text(self.sheet, self.row, 1, "申请人情况", &self.looks.head)?;
        for (column, head) in (2..).zip(APPLICANTS) {
            text(self.sheet, self.row, column, head, &self.looks.head)?;
        }
        self.sheet.set_row_height(self.row, 32)?;
        self.row += 1;
        let mut over = None;
        for (indicator, label) in ROWS {
            let found = Applicant::ALL.map(|applicant| cells.get(&format!("{indicator}/{}", applicant.as_str())));
            if found.iter().all(Option::is_none) {
                continue;
            }
            let group = group(indicator);
            if group != over {
                text(self.sheet, self.row, 0, group.unwrap_or_default(), &self.looks.label)?;
                over = group;
            }
            text(self.sheet, self.row, 1, label, &self.boxed)?;
            if label.chars().count() > WIDTH {
                self.sheet.set_row_height(self.row, 28)?;
            }
            for (column, found) in (2..).zip(found) {
                self.cell(column, found)?;
            }
            self.row += 1;
        }
        self.row += 1;
        Ok(())
    }

    fn four(&mut self, cells: &Cells<'_>) -> Result<(), XlsxError> {
        self.heading("四、政府信息公开行政复议、行政诉讼情况")?;
        for (column, (_, head)) in (2..).zip(OUTCOMES) {
            text(self.sheet, self.row, column, head, &self.looks.head)?;
        }
        self.row += 1;
        for (group, label) in CHALLENGES {
            text(self.sheet, self.row, 1, label, &self.boxed)?;
            for (column, (outcome, _)) in (2..).zip(OUTCOMES) {
                self.cell(column, cells.get(&format!("{group}.{outcome}")))?;
            }
            self.row += 1;
        }
        Ok(())
    }

    fn statistics(&mut self, values: &[ValueRow]) -> Result<(), XlsxError> {
        for (column, head) in [(0, "口径"), (1, "指标名称"), (2, "单位"), (3, "统计数")] {
            text(self.sheet, self.row, column, head, &self.looks.head)?;
        }
        self.row += 1;
        for found in values.iter().filter(|value| !value.suggested) {
            let series = match found.series.as_deref() {
                Some("annual") => "本年",
                Some("cumulative") => "历年累计",
                _ => "",
            };
            text(self.sheet, self.row, 0, series, &self.looks.text)?;
            text(self.sheet, self.row, 1, found.label.as_deref().unwrap_or(&found.indicator), &self.boxed)?;
            text(self.sheet, self.row, 2, found.unit.as_deref().unwrap_or_default(), &self.looks.text)?;
            self.cell(3, Some(&found))?;
            self.row += 1;
        }
        Ok(())
    }
}
