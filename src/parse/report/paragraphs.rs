//! Statistics whose rows are paragraphs of a label and its number, the unit in the label, before the number, behind it or nowhere
//! (`主动公开政府信息数 1234`).

use super::rows::HEADING;
use super::statistics::{SIGNED, UNITS, series_named, spans, unit_in};
use super::{Read, Reading};
use crate::parse::cell;
use crate::parse::extract::Line;
use crate::parse::label::key;
use crate::parse::reading::{CellState, Rule, Series};

/// Its title, or heads, stand before it; so few or so unlike rows that they may be something else are none.
pub fn read<'a>(lines: impl Iterator<Item = &'a Line>, reading: &mut Reading) {
    let mut begun = false;
    let mut rows = Vec::new();
    for (number, line) in lines.enumerate() {
        let words = spans(line);
        let is_title = line.text.len() <= HEADING * '年'.len_utf8() && line.text.contains("统计表");
        // White space between Han characters is none: 统计指标 统计数.
        let is_heads = || {
            let heads = key(&line.text);
            let counted = ["指标名称", "统计指标"].iter().find_map(|words| heads.strip_prefix(words));
            counted.is_some_and(|words| series_named(words) == Some(Series::Annual))
        };
        if is_title || line.text.len() <= HEADING && is_heads() {
            begun = true;
            continue;
        }
        match (begun, Paragraph::of(&words)) {
            (true, Some(row)) => rows.push((number, row)),
            // A sentence: the table is over.
            (true, None) if line.text.contains('。') => begun = false,
            // Two numbers in a row: which of them is the year's can't be told.
            (true, None) if words.len() > 2 && words[words.len() - 2..].iter().all(|(word, _)| is_number(word)) => {
                return;
            }
            _ => {}
        }
    }
    let of_disclosure = rows.iter().filter(|(_, row)| super::is_of_disclosure(&row.label)).count();
    if rows.len() < super::FEWEST || of_disclosure * 4 < rows.len() {
        return;
    }
    for (number, row) in rows {
        let Paragraph { label, number: (word, span), unit } = row;
        reading.values.push(Read {
            indicator: "statistic".into(),
            applicant: None,
            label: Some(label),
            series: Some(Series::Annual),
            content: cell::content(word).into_owned(),
            text: word.to_owned(),
            unit,
            table: 0,
            row: number,
            column: 1,
            span,
            on_page: None,
            rule: Rule::Order,
            suggested: false,
        });
    }
}

/// A row that is a paragraph.
struct Paragraph<'l> {
    label: String,
    number: (&'l str, (usize, usize)),
    unit: Option<String>,
}

impl<'l> Paragraph<'l> {
    fn of(words: &[(&'l str, (usize, usize))]) -> Option<Paragraph<'l>> {
        const LABEL: usize = 4;
        let is_unit = |word: &str| UNITS.contains(&word);
        let (rest, last) = words.split_last().map(|(last, rest)| (rest, *last))?;
        let (before, number, behind) = match is_unit(last.0) {
            true => (rest.split_last()?.1, *rest.last()?, Some(last.0)),
            false => (rest, last, None),
        };
        let (labels, unit) = match before.split_last() {
            Some(((word, _), labels)) if is_unit(word) && behind.is_none() => (labels, Some(*word)),
            _ => (before, behind),
        };
        let label: String = labels.iter().map(|(word, _)| *word).collect();
        let is_label = label.chars().filter(|c| matches!(c, '\u{3400}'..='\u{9FFF}')).count() >= LABEL
            && !label.contains(['。', '；', '！'])
            && !labels.last().is_some_and(|(word, _)| is_number(word))
            && !SIGNED.iter().any(|word| key(&label).starts_with(word));
        // 当面申请数 件: white space between Han characters is none.
        let glued =
            UNITS.into_iter().filter(|_| unit.is_none()).filter_map(|unit| Some((label.strip_suffix(unit)?, unit)));
        let glued = glued
            .filter(|(label, _)| label.ends_with(['数', '量', '费', '）', ')']))
            .min_by_key(|(label, _)| label.len());
        let unit = unit.or(glued.map(|(_, unit)| unit));
        let label = glued.map_or(label.clone(), |(label, _)| label.to_owned());
        let digits = number.0.trim_end_matches(|c: char| !c.is_ascii_digit());
        let own_unit = &number.0[digits.len()..];
        (is_label && is_number(digits) && (own_unit.is_empty() || is_unit(own_unit))).then(|| Paragraph {
            unit: unit
                .or(Some(own_unit).filter(|unit| !unit.is_empty()))
                .or_else(|| unit_in(&label))
                .map(str::to_owned),
            label,
            number,
        })
    }
}

fn is_number(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit()) && cell::content(word).state == CellState::Number
}
