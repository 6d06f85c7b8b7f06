//! The forms before 2019: rows of label, unit and one or two numbers (国办发〔2014〕32号 and provincial forms). Rows are kept
//! by their labels; positions and serial numbers mean nothing.

use super::rows::{Row, RowKind, Slot};
use super::{Read, Reading};
use crate::parse::cell;
use crate::parse::extract::Line;
use crate::parse::identity::year;
use crate::parse::label::key;
use crate::parse::reading::{Rule, Series};

pub(super) const UNITS: [&str; 16] =
    ["条", "件", "次", "个", "人", "元", "万元", "篇", "人次", "份", "场", "期", "部", "项", "千元", "条次"];

/// Who filled the form in, at its foot.
pub(super) const SIGNED: [&str; 11] = [
    "单位负责人",
    "负责人",
    "审核人",
    "填报人",
    "填表人",
    "制表人",
    "联系人",
    "联系电话",
    "填报日期",
    "填报单位",
    "填表日期",
];

/// Label, unit and number columns of a statistics table; several where halves of a long table stand side by side.
struct Heads {
    label: usize,
    /// None where units stand in the labels.
    unit: Option<usize>,
    series: Vec<Counted>,
}

/// A column of numbers.
struct Counted {
    columns: (usize, usize),
    series: Series,
    /// The year that its head names.
    year: Option<i16>,
}

pub fn read(rows: &[Row<'_>], reading: &mut Reading) {
    let mut heads: Vec<Heads> = Vec::new();
    for row in rows {
        let found = heads_of(row);
        if !found.is_empty() {
            heads = found;
        } else if row.kind != RowKind::Heading {
            heads.iter().for_each(|heads| take(row, heads, reading));
        }
    }
}

fn heads_of(row: &Row<'_>) -> Vec<Heads> {
    let mut found: Vec<Heads> = Vec::new();
    let mut label: Option<&Slot<'_>> = None;
    for slot in &row.slots {
        if ["指标名称", "统计指标", "统计项目", "指标内容", "指标", "项目"].contains(&&*slot.key) {
            label = Some(slot);
        } else if ["计量单位", "单位"].contains(&&*slot.key) {
            let Some(label) = label.take() else { continue };
            found.push(Heads { label: label.columns.0, unit: Some(slot.columns.0), series: Vec::new() });
        } else if let Some(series) = series_named(&slot.key) {
            // Without units only the words of the form itself are heads: 项目 and 数量 are those of many tables.
            if let Some(label) = label.take().filter(|label| matches!(&*label.key, "指标名称" | "统计指标")) {
                found.push(Heads { label: label.columns.0, unit: None, series: Vec::new() });
            }
            if let Some(last) = found.last_mut() {
                last.series.push(Counted { columns: slot.columns, series, year: year::first(slot.text) });
            }
        }
    }
    for heads in &mut found {
        // 2015年 beside 2016年: the latest is the report's.
        let latest = heads.series.iter().filter(|of| of.series == Series::Annual).filter_map(|of| of.year).max();
        heads.series.retain(|of| of.series == Series::Cumulative || of.year.is_none() || of.year == latest);
    }
    found.retain(|heads| !heads.series.is_empty());
    found
}

/// `2017年度`, `统计数`, `本期实际` count the year; `历年累计`, `本年累计` add up.
pub(super) fn series_named(words: &str) -> Option<Series> {
    if words.contains("累计") {
        return Some(Series::Cumulative);
    }
    // 2018年计划, 2017年比2016年增减.
    if ["计划", "预计", "目标", "增", "减", "同比"].iter().any(|word| words.contains(word)) {
        return None;
    }
    let year = words.chars().take(4).all(|c| c.is_ascii_digit()) && words.len() > 4 && words.contains('年');
    (year
        || [
            "统计数",
            "本期实际",
            "年末统计",
            "数量",
            "统计数据",
            "统计数值",
            "数值",
            "本年统计数",
            "本年度数",
            "本年数",
            "本年度",
            "年度",
        ]
        .contains(&words))
    .then_some(Series::Annual)
}

fn take(row: &Row<'_>, heads: &Heads, reading: &mut Reading) {
    // Of labels in several columns (a group's beside the row's own) the last is the row's own.
    let labels = heads.label..heads.unit.unwrap_or(heads.series[0].columns.0);
    let is_label = |slot: &&Slot<'_>| labels.contains(&slot.columns.0) && slot.is_label();
    let Some(label) = row.slots.iter().rev().find(is_label) else { return };
    if SIGNED.iter().any(|word| label.key.starts_with(word)) {
        return;
    }
    let at_unit = |slot: &&Slot<'_>| {
        heads.unit.is_some_and(|unit| slot.overlaps((unit, unit + 1))) && slot.columns != label.columns
    };
    let unit = row.slots.iter().find(at_unit);
    let has_unit = unit.is_some_and(|unit| !unit.is_blank());
    let cells: Vec<(&Slot<'_>, Series)> = heads
        .series
        .iter()
        .filter_map(|of| row.slots.iter().find(|slot| slot.overlaps(of.columns)).map(|slot| (slot, of.series)))
        .filter(|(slot, _)| slot.columns != label.columns && (slot.content.is_value() || has_unit))
        .collect();
    // A heading row of the form (一、主动公开情况) has neither unit nor number.
    let empty = cells.iter().all(|(slot, _)| slot.is_blank()) && unit.is_none_or(Slot::is_blank);
    if empty {
        return;
    }
    let printed = unit.map(|unit| unit.text).filter(|unit| !unit.is_empty());
    let unit = printed.or_else(|| unit_in(label.text));
    for (slot, series) in cells {
        reading.take("statistic".into(), None, unit, row, slot, Rule::Label);
        if let Some(value) = reading.values.last_mut() {
            value.label = Some(label.text.to_owned());
            value.series = Some(series);
            let code = super::code(value);
            if let Some(doubt) = reading.doubts.last_mut().filter(|doubt| doubt.span == slot.span) {
                doubt.values = vec![code];
            }
        }
    }
}

/// The unit that a label ends in: `1.当面申请数（单位：件）`.
pub(super) fn unit_in(label: &str) -> Option<&'static str> {
    let inside = label.trim_end().strip_suffix(['）', ')'])?.rsplit(['（', '(']).next()?;
    let unit = inside.trim_start_matches("单位").trim_start_matches(['：', ':']).trim();
    UNITS.into_iter().find(|known| *known == unit)
}

/// A statistics table whose cells are separated by spaces, in one line (`指标名称 计量单位 2014年度 历年累计 主动公开文件数 条 2543
/// 78967 …`) or in a line a row.
pub fn spaced<'a>(lines: impl Iterator<Item = &'a Line>, reading: &mut Reading) {
    let mut series: Vec<Series> = Vec::new();
    for (number, line) in lines.enumerate() {
        let words = spans(line);
        let unit = words.iter().position(|(word, _)| matches!(&*key(word), "计量单位" | "单位"));
        let heads = unit.filter(|unit| *unit > 0 && matches!(&*key(words[unit - 1].0), "指标名称" | "统计指标"));
        match heads {
            Some(unit) => {
                series = words[unit + 1..].iter().map_while(|(word, _)| series_named(&key(word))).collect();
                take_spaced(&words[unit + 1 + series.len()..], &series, number, reading);
            }
            // A row and nothing else.
            None if !series.is_empty() && is_spaced_row(&words, series.len()) => {
                take_spaced(&words, &series, number, reading);
            }
            None => {}
        }
    }
}

fn is_spaced_row(words: &[(&str, (usize, usize))], numbers: usize) -> bool {
    let Some(unit) = words.len().checked_sub(numbers + 1).filter(|unit| *unit > 0) else { return false };
    UNITS.contains(&words[unit].0) && words[unit + 1..].iter().all(|(word, _)| cell::content(word).value.is_some())
}

/// Label, unit and numbers, again and again.
fn take_spaced(words: &[(&str, (usize, usize))], series: &[Series], number: usize, reading: &mut Reading) {
    let mut rest = words;
    let mut row = 0;
    while let Some(unit) = rest.iter().position(|(word, _)| UNITS.contains(word)) {
        let numbers = &rest[unit + 1..];
        let whole = !series.is_empty()
            && numbers.len() >= series.len()
            && numbers[..series.len()].iter().all(|(word, _)| cell::content(word).value.is_some());
        if unit == 0 || !whole {
            break;
        }
        let label: Vec<&str> = rest[..unit].iter().map(|(word, _)| *word).collect();
        for (column, (series, (word, span))) in series.iter().zip(numbers).enumerate() {
            reading.values.push(Read {
                indicator: "statistic".into(),
                applicant: None,
                label: Some(label.concat()),
                series: Some(*series),
                content: cell::content(word),
                text: (*word).to_owned(),
                unit: Some(rest[unit].0.to_owned()),
                table: 0,
                row: number + row,
                column: column + 2,
                span: *span,
                on_page: None,
                rule: Rule::Order,
                suggested: false,
            });
        }
        row += 1;
        rest = &numbers[series.len()..];
    }
}

pub(super) fn spans(line: &Line) -> Vec<(&str, (usize, usize))> {
    let mut at = 0;
    line.text
        .split_whitespace()
        .map(|word| {
            at += line.text[at..].find(word).unwrap_or(0);
            let start = line.span.0 + at;
            at += word.len();
            (word, (start, start + word.len()))
        })
        .collect()
}
