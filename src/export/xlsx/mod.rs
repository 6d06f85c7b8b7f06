//! One workbook for a person: what it is, the reports, their numbers as the forms print them, the findings.
//!
//! Numbers are numbers; what stands in a cell without being one is text as printed, and text is never a formula: it is written
//! as a string, and where a spreadsheet would take it for a formula once edited, with Excel's own quote prefix.

mod cell;
mod forms;
mod looks;
mod roll;
mod sheets;

use std::collections::BTreeMap;
use std::io::Write;

use rusqlite::Connection;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook, XlsxError};

use super::Fault;
use crate::dataset::{self, ReportRow, ValueRow, Wanted};
use crate::parse::PARSER_VERSION;
use looks::Looks;
use sheets::Sheets;

/// Reports up to which each has a sheet of its own in the form's layout.
const FORMS: u64 = 60;

pub fn write(connection: &Connection, wanted: &Wanted, out: &mut (dyn Write + Send)) -> Result<u64, Fault> {
    let looks = Looks::new();
    let mut book = Workbook::new();
    book.set_properties(&properties(connection)?);
    let mut tally = Tally::default();
    dataset::each_report(connection, wanted, |report| {
        tally.reports += 1;
        let newest = tally.newest.get_or_insert_with(|| report.captured_at.clone());
        if report.captured_at > *newest {
            newest.clone_from(&report.captured_at);
        }
        Ok::<_, Fault>(())
    })?;
    let with_forms = tally.reports <= FORMS;
    about(&mut book, &looks, &tally, with_forms).map_err(fault)?;

    let mut sheets = Sheets::new(&mut book, &looks);
    let mut number = 0;
    dataset::each_report(connection, wanted, |report| {
        number += 1;
        let values = dataset::values(connection, report.id)?;
        let findings = dataset::findings(connection, report.id)?;
        let own = with_forms.then(|| forms::name(number, &report));
        sheets.report(&report, &cells(&values), &findings, own.as_deref()).map_err(fault)?;
        sheets.tables(&report, &values).map_err(fault)?;
        sheets.findings(&report, &findings).map_err(fault)
    })?;
    sheets.finish().map_err(fault)?;
    if with_forms {
        number = 0;
        dataset::each_report(connection, wanted, |report| {
            number += 1;
            let values = dataset::values(connection, report.id)?;
            forms::sheet(&mut book, &looks, number, &report, &values).map_err(fault)
        })?;
    }
    book.save_to_writer(out).map_err(fault)?;
    Ok(tally.reports)
}

#[derive(Default)]
struct Tally {
    reports: u64,
    newest: Option<String>,
}

/// What was read, by code; what arithmetic only suggests is left out.
type Cells<'a> = BTreeMap<String, &'a ValueRow>;

fn cells(values: &[ValueRow]) -> Cells<'_> {
    let mut cells = Cells::new();
    for value in values.iter().filter(|value| !value.suggested) {
        cells.entry(value.code()).or_insert(value);
    }
    cells
}

fn fault(fault: XlsxError) -> Fault {
    match fault {
        XlsxError::IoError(source) => Fault::Write(source),
        other => Fault::Write(std::io::Error::other(other)),
    }
}

/// The date is the newest capture's: the same archive gives the same file.
fn properties(connection: &Connection) -> Result<DocProperties, Fault> {
    let newest: Option<String> = connection.query_row("SELECT max(started_at) FROM capture", [], |row| row.get(0))?;
    let seconds = newest.as_deref().and_then(|date| date.get(..19)).unwrap_or("2000-01-01T00:00:00");
    let date = ExcelDateTime::parse_from_str(seconds).map_err(fault)?;
    Ok(DocProperties::new().set_title("政府信息公开工作年度报告").set_author("gongkai").set_creation_datetime(&date))
}

fn about(book: &mut Workbook, looks: &Looks, tally: &Tally, with_forms: bool) -> Result<(), XlsxError> {
    let sheet = book.add_worksheet().set_name("说明")?;
    sheet.set_column_width(0, 16)?.set_column_width(1, 96)?.set_screen_gridlines(false);
    sheet.set_landscape().set_print_fit_to_pages(1, 0);
    sheet.write_string_with_format(0, 0, "政府信息公开工作年度报告数据", &looks.title)?;
    let forms = if with_forms {
        "名称以序号开头的工作表按原表格式列出每份报告的三张表；“报告”表中的序号可点击跳转。".to_owned()
    } else {
        format!("报告超过 {FORMS} 份，不再逐份列出原表；各表均可按行政机关和年度筛选。")
    };
    let lines = [
        ("报告份数", tally.reports.to_string()),
        ("最近采集时间", tally.newest.clone().unwrap_or_else(|| "无".into())),
        ("解析程序版本", PARSER_VERSION.to_owned()),
        ("报告", "每份报告一行：主要数字、核对结果、网址、采集时间、存档内容的 SHA-256。".into()),
        (
            "表二 表三 表四",
            "国办公开办函〔2021〕30号、〔2019〕60号两种表式的全部数字；两年表式不同，表二分为两张。".into(),
        ),
        ("统计表", "2019 年以前的报告：指标名称、单位和数字照原样列出。".into()),
        ("核对", "按表内勾稽关系和正文文字核对的结果；报告公布的数字一律不作改动。".into()),
        ("原表", forms),
        (
            "空白不是零",
            "没有数字的单元格照原文显示（空白、“/”、“-”）；黄色底色表示数字带有文字说明，斜体灰色表示无法识别。".into(),
        ),
        ("数字出处", "每个数字在网页中的字节位置见 csv、jsonl、parquet 导出（byte_start、byte_end）。".into()),
    ];
    for (row, (name, text)) in (2..).zip(lines) {
        sheet.write_string_with_format(row, 0, name, &looks.label)?;
        sheet.write_string_with_format(row, 1, text, &looks.text)?;
    }
    Ok(())
}

/// `2019` and `2021` in words.
fn form_name(report: &ReportRow) -> &'static str {
    match report.edition.as_deref() {
        Some("2021") => "2021年表式",
        Some("2019") => "2019年表式",
        Some("pre2019") => "2019年以前",
        _ => "无表格",
    }
}
