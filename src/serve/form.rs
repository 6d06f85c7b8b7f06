//! A report's numbers laid out as the statutory form prints them (国办公开办函〔2021〕30号, 〔2019〕60号).

use std::collections::HashMap;

use super::labels::gloss;
use super::shell::plain;
use crate::dataset::ValueRow;
use crate::parse::edition::form::{APPLICANTS, BLOCKS, CHALLENGES, OUTCOMES, ROWS};
use crate::parse::{Applicant, Edition};

/// One table of the form.
pub struct Sheet {
    pub heading: &'static str,
    pub english: &'static str,
    /// Class of the table, for its column widths.
    pub kind: &'static str,
    pub rows: Vec<Vec<Box>>,
}

/// A cell as it is shown: a label, or a number that leads to its place.
#[derive(Clone, Default)]
pub struct Box {
    pub text: String,
    pub across: usize,
    pub down: usize,
    /// Of a number.
    pub code: Option<String>,
    pub state: String,
    /// In the query of an address.
    pub query: String,
    pub lit: bool,
    /// Fingerprint and place, from 1, of the first finding that it concerns.
    pub finding: Option<(String, usize)>,
    pub head: bool,
    /// What a label means in English, where it is not obvious.
    pub gloss: String,
}

/// The name of a value in addresses and findings: indicator, applicant, label, series.
pub fn code(value: &ValueRow) -> String {
    let parts =
        [Some(value.indicator.as_str()), value.applicant.as_deref(), value.label.as_deref(), value.series.as_deref()];
    parts.into_iter().flatten().collect::<Vec<_>>().join("/")
}

/// Everything a cell is drawn from.
pub struct Numbers<'a> {
    by_code: HashMap<String, &'a ValueRow>,
    lit: Option<&'a str>,
    findings: HashMap<String, (String, usize)>,
}

impl<'a> Numbers<'a> {
    /// `findings` are codes with the finding that concerns them.
    pub fn new(
        values: &'a [ValueRow],
        lit: Option<&'a str>,
        findings: HashMap<String, (String, usize)>,
    ) -> Numbers<'a> {
        let mut by_code = HashMap::new();
        for value in values {
            by_code.entry(code(value)).or_insert(value);
        }
        Numbers { by_code, lit, findings }
    }

    fn number(&self, code: String) -> Box {
        let Some(value) = self.by_code.get(&code) else {
            return Box { state: "unread".into(), across: 1, down: 1, ..Box::default() };
        };
        let query = super::shell::query(&[("cell", &code)]);
        Box {
            text: plain(&value.text),
            across: 1,
            down: 1,
            state: if value.suggested { "suggested".into() } else { value.state.clone() },
            query,
            lit: self.lit == Some(code.as_str()),
            finding: self.findings.get(&code).cloned(),
            code: Some(code),
            ..Box::default()
        }
    }
}

fn label(text: &str, across: usize, down: usize) -> Box {
    Box { text: text.to_owned(), across, down, head: true, ..Box::default() }
}

fn explained(text: &str, across: usize, gloss: String) -> Box {
    Box { gloss, ..label(text, across, 1) }
}

/// The three tables of an edition.
pub fn sheets(edition: Edition, numbers: &Numbers<'_>, values: &[ValueRow]) -> Vec<Sheet> {
    match edition {
        Edition::Pre2019 => vec![statistics(numbers, values)],
        edition => vec![two(edition, numbers), three(edition, numbers), four(numbers)],
    }
}

const TWO: usize = 4;

fn two(edition: Edition, numbers: &Numbers<'_>) -> Sheet {
    let mut rows = Vec::new();
    for block in BLOCKS.iter().filter(|block| block.edition == edition) {
        rows.push(vec![label(&format!("第二十条第（{}）项", block.item), TWO, 1)]);
        let widths = widths(block.columns.len());
        let heads = block.columns.iter().zip(&widths);
        let heads = heads.map(|(column, width)| explained(column.label, *width, column.field.replace('_', " ")));
        rows.push(std::iter::once(label("信息内容", 1, 1)).chain(heads).collect());
        for (name, prefix) in block.rows {
            let cells = block
                .columns
                .iter()
                .zip(&widths)
                .map(|(column, width)| Box { across: *width, ..numbers.number(format!("{prefix}.{}", column.field)) });
            rows.push(std::iter::once(explained(name, 1, gloss(prefix))).chain(cells).collect());
        }
    }
    Sheet {
        heading: "二、主动公开政府信息情况",
        english: "Disclosure on the agency's own initiative",
        kind: "two",
        rows,
    }
}

/// Columns over the three of the widest block, the last one wider.
fn widths(columns: usize) -> Vec<usize> {
    let mut widths = vec![1; columns];
    if let Some(last) = widths.last_mut() {
        *last = TWO - columns;
    }
    widths
}

fn three(edition: Edition, numbers: &Numbers<'_>) -> Sheet {
    let mut rows = vec![
        vec![
            label("（本列数据的勾稽关系为：第一项加第二项之和，等于第三项加第四项之和）", 3, 3),
            label("申请人情况", 7, 1),
        ],
        vec![label(APPLICANTS[0], 1, 2), label("法人或其他组织", 5, 1), label(APPLICANTS[6], 1, 2)],
        APPLICANTS[1..6].iter().map(|head| label(head, 1, 1)).collect(),
    ];
    let cells = |indicator: &str| {
        let indicator = indicator.to_owned();
        Applicant::ALL.map(|applicant| numbers.number(format!("{indicator}/{}", applicant.as_str())))
    };
    let groups = groups(edition);
    let results: usize = groups.iter().map(|(_, rows)| rows.len()).sum();
    let mut first = true;
    for (indicator, name) in ROWS.iter().filter(|(indicator, _)| outside(indicator) != Outside::Below).take(2) {
        rows.push(std::iter::once(explained(name, 3, gloss(indicator))).chain(cells(indicator)).collect());
    }
    for (group, members) in &groups {
        for (n, (indicator, name)) in members.iter().enumerate() {
            let mut row = Vec::new();
            if first {
                row.push(label("三、本年度办理结果", 1, results));
                first = false;
            }
            if group.is_empty() {
                row.push(explained(name, 2, gloss(indicator)));
            } else {
                if n == 0 {
                    row.push(label(group, 1, members.len()));
                }
                row.push(explained(name, 1, gloss(indicator)));
            }
            row.extend(cells(indicator));
            rows.push(row);
        }
    }
    for (indicator, name) in ROWS.iter().filter(|(indicator, _)| outside(indicator) == Outside::Below) {
        rows.push(std::iter::once(explained(name, 3, gloss(indicator))).chain(cells(indicator)).collect());
    }
    Sheet {
        heading: "三、收到和处理政府信息公开申请情况",
        english: "Applications received and handled",
        kind: "three",
        rows,
    }
}

#[derive(PartialEq, Eq)]
enum Outside {
    Above,
    Below,
    No,
}

/// Rows that stand before or after 三、本年度办理结果.
fn outside(indicator: &str) -> Outside {
    match indicator {
        "applications.received" | "applications.carried_in" => Outside::Above,
        "applications.carried_out" => Outside::Below,
        _ => Outside::No,
    }
}

type Group = (&'static str, Vec<(&'static str, &'static str)>);

/// Rows under 三、本年度办理结果 by the label that stands over them; none over some.
fn groups(edition: Edition) -> Vec<Group> {
    let under = |prefix: &str| -> Vec<(&'static str, &'static str)> {
        ROWS.iter().copied().filter(|(indicator, _)| indicator.starts_with(prefix)).collect()
    };
    let only = |wanted: &[&str]| -> Vec<(&'static str, &'static str)> {
        ROWS.iter().copied().filter(|(indicator, _)| wanted.contains(indicator)).collect()
    };
    let other = match edition {
        Edition::Y2021 => ("（六）其他处理", under("applications.other.")),
        _ => ("", only(&["applications.other"])),
    };
    vec![
        ("", only(&["applications.granted", "applications.partially_granted"])),
        ("（三）不予公开", under("applications.refused.")),
        ("（四）无法提供", under("applications.unavailable.")),
        ("（五）不予处理", under("applications.rejected.")),
        other,
        ("", only(&["applications.total"])),
    ]
}

fn four(numbers: &Numbers<'_>) -> Sheet {
    let tall = |(_, name): &(&str, &'static str)| label(name, 1, 2);
    let rows = vec![
        vec![label("行政复议", 5, 1), label("行政诉讼", 10, 1)],
        OUTCOMES.iter().map(tall).chain(CHALLENGES[1..].iter().map(|(_, name)| label(name, 5, 1))).collect(),
        OUTCOMES.iter().chain(OUTCOMES.iter()).map(|(_, name)| label(name, 1, 1)).collect(),
        CHALLENGES
            .iter()
            .flat_map(|(group, _)| OUTCOMES.iter().map(move |(outcome, _)| format!("{group}.{outcome}")))
            .map(|code| numbers.number(code))
            .collect(),
    ];
    Sheet {
        heading: "四、政府信息公开行政复议、行政诉讼情况",
        english: "Administrative review and litigation",
        kind: "four",
        rows,
    }
}

/// The forms before 2019: rows as the report has them.
fn statistics(numbers: &Numbers<'_>, values: &[ValueRow]) -> Sheet {
    let mut rows = vec![["指标", "单位", "口径", "数"].map(|head| label(head, 1, 1)).to_vec()];
    for value in values {
        let series = match value.series.as_deref() {
            Some("annual") => "本年",
            Some("cumulative") => "累计",
            _ => "",
        };
        let words =
            [value.label.as_deref().unwrap_or(&value.indicator), value.unit.as_deref().unwrap_or_default(), series];
        let heads = words.map(|words| label(&plain(words), 1, 1));
        rows.push(heads.into_iter().chain([numbers.number(code(value))]).collect());
    }
    Sheet { heading: "统计表", english: "Statistics", kind: "old", rows }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::edition::form::size;

    #[test]
    fn every_cell_of_the_form_has_its_place() {
        for edition in [Edition::Y2021, Edition::Y2019] {
            let numbers = Numbers::new(&[], None, HashMap::new());
            let sheets = sheets(edition, &numbers, &[]);
            let cells = sheets.iter().flat_map(|sheet| sheet.rows.iter().flatten()).filter(|cell| !cell.head).count();
            assert_eq!(Some(cells), size(edition), "{edition:?}");
            for sheet in &sheets {
                let width = |row: &Vec<Box>| row.iter().map(|cell| cell.across).sum::<usize>();
                let area: usize = sheet.rows.iter().flatten().map(|cell| cell.across * cell.down).sum();
                assert_eq!(area, width(&sheet.rows[0]) * sheet.rows.len(), "{} has no holes", sheet.heading);
            }
        }
    }
}
