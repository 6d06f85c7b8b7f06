//! From a document to the numbers of the form.
//!
//! Tables are found by their labels, never by their number; every value is tied to a label and says how. What has lost its
//! cell boundaries is reported and left alone.

mod four;
mod gather;
mod glued;
mod paragraphs;
mod rows;
mod statistics;
mod three;
mod two;
mod words;

use std::collections::{HashMap, HashSet};

use foldhash::quality::RandomState;

use crate::parse::cell::Content;
use crate::parse::edition::{Applicant, Edition};
use crate::parse::extract::{Document, Span};
use crate::parse::reading::{CellState, OnPage, Rule, Series};
use rows::{Row, Slot};
use words::WORDS;

/// What the tables of a document say.
#[derive(Debug, Default)]
pub struct Reading {
    pub values: Vec<Read>,
    pub doubts: Vec<Doubt>,
    /// From the heads of table two, else from the rows of table three.
    pub edition: Option<Edition>,
}

/// A value with its place in the decoded text.
#[derive(Clone, Debug)]
pub struct Read {
    pub indicator: String,
    pub applicant: Option<Applicant>,
    pub label: Option<String>,
    pub series: Option<Series>,
    pub content: Content<'static>,
    pub text: String,
    pub unit: Option<String>,
    pub table: usize,
    pub row: usize,
    pub column: usize,
    pub span: Span,
    pub on_page: Option<OnPage>,
    pub rule: Rule,
    /// What arithmetic proposes; not read.
    pub suggested: bool,
}

/// Something that could not be read, or not surely.
#[derive(Clone, Debug)]
pub struct Doubt {
    pub rule: &'static str,
    pub detail: String,
    pub values: Vec<String>,
    pub span: Span,
}

impl Reading {
    /// What was read, suggestions aside.
    pub fn read(&self) -> impl Iterator<Item = &Read> {
        self.values.iter().filter(|value| !value.suggested)
    }

    fn take(
        &mut self,
        indicator: String,
        applicant: Option<Applicant>,
        unit: Option<&str>,
        row: &Row<'_>,
        slot: &Slot<'_>,
        rule: Rule,
    ) {
        if slot.content.state == CellState::Unreadable {
            let code = applicant.map_or_else(|| indicator.clone(), |applicant| code_of(&indicator, applicant));
            self.doubts.push(Doubt {
                rule: "unreadable",
                detail: format!("a cell of {indicator} holds {:?}", shortened(slot.text)),
                values: vec![code],
                span: slot.span,
            });
        }
        let (row_number, column) = row.place(slot);
        self.values.push(Read {
            indicator,
            applicant,
            label: None,
            series: None,
            content: slot.content.clone().into_owned(),
            text: slot.text.to_owned(),
            unit: unit.map(Into::into),
            table: row.table,
            row: row_number,
            column,
            span: slot.span,
            on_page: slot.on_page,
            rule,
            suggested: false,
        });
    }

    /// What the tables that are not shown say, where none that is shown is of their kind: a tab of its own for each.
    fn add_missing_tables(&mut self, hidden: Reading) {
        if self.values.is_empty() {
            self.values = hidden.values;
            self.doubts.extend(hidden.doubts);
            return;
        }
        for kind in [&["disclosure."][..], &["applications."], &["review.", "litigation_"]] {
            let is_of = |value: &&Read| kind.iter().any(|prefix| value.indicator.starts_with(prefix));
            if !self.values.iter().any(|value| is_of(&value)) {
                self.values.extend(hidden.values.iter().filter(is_of).cloned());
            }
        }
    }

    fn doubt(&mut self, rule: &'static str, detail: String, values: Vec<String>, row: &Row<'_>) {
        self.doubts.push(Doubt { rule, detail, values, span: row.span() });
    }
}

/// Reads the report in `document`; nothing in it is no error.
pub fn report(document: &Document) -> Reading {
    let mut reading = Reading::default();
    of_rows(&rows::of_tables(document, false), &mut reading);
    if document.tables.iter().any(|table| table.hidden) {
        let mut hidden = Reading::default();
        of_rows(&rows::of_tables(document, true), &mut hidden);
        reading.add_missing_tables(hidden);
    }
    if reading.values.is_empty() {
        let (rows, glued) = gather::of_lines(document.prose(), &*WORDS);
        of_rows(&rows, &mut reading);
        if reading.values.is_empty() {
            statistics::spaced(document.prose(), &mut reading);
        }
        if reading.values.is_empty() {
            paragraphs::read(document.prose(), &mut reading);
        }
        for line in glued {
            reading.values.extend(glued::suggested(line));
            reading.doubts.push(Doubt {
                rule: "glued",
                detail: format!(
                    "labels and digits stand in one line of {} characters without cell boundaries ({}…): nothing was read from it",
                    line.text.chars().count(),
                    shortened(&line.text)
                ),
                values: Vec::new(),
                span: line.span,
            });
        }
    }
    settle_repeats(&mut reading);
    reading.edition = edition(&reading);
    reading
}

/// No form of statistics has fewer numbers.
const FEWEST: usize = 4;

fn of_rows(rows: &[Row<'_>], reading: &mut Reading) {
    two::read(rows, reading);
    three::read(rows, reading);
    four::read(rows, reading);
    if reading.values.is_empty() {
        let mut statistics = Reading::default();
        statistics::read(rows, &mut statistics);
        // Tables of other things have a label, a unit and a number too, and so has a box of three counts beside an article.
        if statistics.values.len() >= FEWEST
            && statistics.values.iter().filter_map(|value| value.label.as_deref()).any(is_of_disclosure)
        {
            reading.values.append(&mut statistics.values);
            reading.doubts.append(&mut statistics.doubts);
        }
    }
}

/// Whether a label counts what was disclosed or applied for: 主动公开文件数, 当面申请数; not 行政许可申请 or 公开事项.
fn is_of_disclosure(label: &str) -> bool {
    let named = ["主动公开", "申请公开", "政府信息", "信息公开", "公开信息"].iter().any(|words| label.contains(words));
    named || (label.contains("公开") || label.contains("申请")) && label.contains(['数', '量'])
}

/// One value for each cell of the form: a repeat that agrees is dropped, one that differs is reported and the first kept.
fn settle_repeats(reading: &mut Reading) {
    // Nearly every report prints each cell once.
    let mut cells = HashSet::with_capacity_and_hasher(reading.values.len(), RandomState::default());
    if reading.values.iter().all(|value| cells.insert((&value.indicator, value.applicant, &value.label))) {
        return;
    }
    let cell = |value: &Read| (value.indicator.clone(), value.applicant, value.label.clone(), value.series);
    let mut seen = HashMap::new();
    let mut kept: Vec<Read> = Vec::with_capacity(reading.values.len());
    for value in std::mem::take(&mut reading.values) {
        let key = cell(&value);
        match seen.get(&key) {
            Some(&first) if value.indicator != "statistic" => {
                let known: &Read = &kept[first];
                if known.content == value.content {
                    continue;
                }
                // An empty form before the one filled in says nothing.
                let of_a_form = known.content.state == CellState::Blank;
                let which = if of_a_form { "later one" } else { "first" };
                reading.doubts.push(Doubt {
                    rule: "repeated",
                    detail: format!("printed twice: {:?}, and later {:?}; the {which} is kept", known.text, value.text),
                    values: vec![code(&value)],
                    span: value.span,
                });
                if of_a_form {
                    kept[first] = value;
                }
            }
            _ => {
                seen.insert(key, kept.len());
                kept.push(value);
            }
        }
    }
    reading.values = kept;
}

fn edition(reading: &Reading) -> Option<Edition> {
    let has = |prefix: &str| reading.read().any(|value| value.indicator.starts_with(prefix));
    let with_field = |field: &str| reading.read().any(|value| value.indicator.ends_with(field));
    if with_field(".in_force") || with_field(".issued") || (has("disclosure.fees.amount")) {
        return Some(Edition::Y2021);
    }
    if with_field(".disclosed_total")
        || with_field(".items_last_year")
        || with_field(".change")
        || has("disclosure.procurement")
    {
        return Some(Edition::Y2019);
    }
    if has("statistic") {
        return Some(Edition::Pre2019);
    }
    if has("applications.other.") || has("disclosure.licensing.decisions") {
        return Some(Edition::Y2021);
    }
    if reading.read().any(|value| value.indicator == "applications.other") {
        return Some(Edition::Y2019);
    }
    reading.read().next().map(|_| Edition::Y2021)
}

/// The code of a value as findings name it: `applications.received/total`.
pub fn code(value: &Read) -> String {
    match (value.applicant, &value.label) {
        (Some(applicant), _) => code_of(&value.indicator, applicant),
        (None, Some(label)) => [&value.indicator, "/", label].concat(),
        _ => value.indicator.clone(),
    }
}

/// The code of an application's cell.
pub fn code_of(indicator: &str, applicant: Applicant) -> String {
    [indicator, "/", applicant.as_str()].concat()
}

fn shortened(text: &str) -> String {
    text.chars().take(24).collect()
}
