//! The forms before 2019: rows of label, unit and one or two numbers (国办发〔2014〕32号 and provincial forms). Rows are kept
//! by their labels; positions and serial numbers mean nothing.

use super::rows::{Row, RowKind, Slot};
use super::{Read, Reading};
use crate::parse::cell;
use crate::parse::extract::Line;
use crate::parse::label::key;
use crate::parse::reading::{Rule, Series};

const UNITS: [&str; 16] =
    ["条", "件", "次", "个", "人", "元", "万元", "篇", "人次", "份", "场", "期", "部", "项", "千元", "条次"];

/// The number columns of a statistics table.
struct Heads {
    label: usize,
    unit: usize,
    series: Vec<((usize, usize), Series)>,
}

pub fn read(rows: &[Row<'_>], reading: &mut Reading) {
    let mut heads: Option<Heads> = None;
    for row in rows {
        if let Some(found) = heads_of(row) {
            heads = Some(found);
            continue;
        }
        let Some(heads) = &heads else { continue };
        if row.kind == RowKind::Heading {
            continue;
        }
        take(row, heads, reading);
    }
}

fn heads_of(row: &Row<'_>) -> Option<Heads> {
    let find = |words: &[&str]| row.slots.iter().position(|slot| words.contains(&&*slot.key));
    let label = find(&["指标名称", "统计指标", "指标", "项目"])?;
    let unit = find(&["计量单位", "单位"])?;
    let series: Vec<_> = row.slots.iter().filter_map(|slot| Some((slot.columns, series_named(&slot.key)?))).collect();
    (!series.is_empty()).then_some(Heads { label: row.slots[label].columns.0, unit: row.slots[unit].columns.0, series })
}

/// `2017年度`, `统计数`, `本期实际` count the year; `历年累计`, `本年累计` add up.
fn series_named(words: &str) -> Option<Series> {
    if words.contains("累计") {
        return Some(Series::Cumulative);
    }
    let year = words.chars().take(4).all(|c| c.is_ascii_digit()) && words.len() > 4 && words.contains('年');
    (year || ["统计数", "本期实际", "年末统计", "数量", "统计数据", "本年度", "年度"].contains(&words))
        .then_some(Series::Annual)
}

fn take(row: &Row<'_>, heads: &Heads, reading: &mut Reading) {
    let at = |column: usize| row.slots.iter().find(|slot| slot.overlaps((column, column + 1)));
    let Some(label) = at(heads.label).filter(|slot| slot.is_label()) else { return };
    let unit = at(heads.unit).filter(|slot| slot.columns != label.columns);
    let cells: Vec<(&Slot<'_>, Series)> = heads
        .series
        .iter()
        .filter_map(|(columns, series)| {
            row.slots.iter().find(|slot| slot.overlaps(*columns)).map(|slot| (slot, *series))
        })
        .filter(|(slot, _)| slot.columns != label.columns && slot.content.is_value())
        .collect();
    // A heading row of the form (一、主动公开情况) has neither unit nor number.
    let empty = cells.iter().all(|(slot, _)| slot.is_blank()) && unit.is_none_or(Slot::is_blank);
    if empty {
        return;
    }
    for (slot, series) in cells {
        reading.take(
            "statistic".into(),
            None,
            unit.map(|unit| unit.text).filter(|unit| !unit.is_empty()),
            row,
            slot,
            Rule::Label,
        );
        if let Some(value) = reading.values.last_mut() {
            value.label = Some(label.text.to_owned());
            value.series = Some(series);
        }
    }
}

/// A statistics table whose cells stand in one line, separated by spaces: `指标名称 计量单位 2014年度 历年累计 主动公开文件数 条 2543 78967 …`.
pub fn spaced<'a>(lines: impl Iterator<Item = &'a Line>, reading: &mut Reading) {
    for (number, line) in lines.enumerate() {
        let words = spans(line);
        let Some(unit) = words.iter().position(|(word, _)| matches!(&*key(word), "计量单位" | "单位")) else {
            continue;
        };
        if unit == 0 || !matches!(&*key(words[unit - 1].0), "指标名称" | "统计指标") {
            continue;
        }
        let series: Vec<Series> = words[unit + 1..].iter().map_while(|(word, _)| series_named(&key(word))).collect();
        let mut rest = &words[unit + 1 + series.len()..];
        let mut row = 0;
        while let Some(unit) = rest.iter().position(|(word, _)| UNITS.contains(word)) {
            let numbers = &rest[unit + 1..];
            let whole = numbers.len() >= series.len()
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
}

fn spans(line: &Line) -> Vec<(&str, (usize, usize))> {
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
