//! A report laid out for a person.

use std::collections::HashMap;
use std::io;

use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;

use crate::parse::edition::form::{APPLICANTS, BLOCKS, CHALLENGES, OUTCOMES, ROWS};
use crate::parse::{Applicant, Edition, Finding, Parsed, Report, Severity, Value, Verdict, word};

/// Text from a page without what could move a terminal's cursor or hide in it.
pub fn plain(text: &str) -> String {
    text.chars()
        .filter(|c| {
            !c.is_control() && !matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
        })
        .collect()
}

/// One JSON object on standard output, on a line of its own.
pub fn json_line(object: &impl Serialize) -> io::Result<()> {
    say!("{}", serde_json::to_string(object)?)
}

/// One JSON object on standard output, laid out over lines.
pub fn json(object: &impl Serialize) -> io::Result<()> {
    say!("{}", serde_json::to_string_pretty(object)?)
}

/// Title, agency, year, the tables, the findings.
pub fn reading(parsed: &Parsed) -> io::Result<()> {
    let page = &parsed.page;
    let shown = |text: &Option<String>| text.as_deref().map_or("not printed".into(), plain);
    let Some(report) = &parsed.report else {
        say!("no report: {} ({})", word(&page.kind), plain(&page.reason))?;
        return say!("title      {}", shown(&page.title));
    };
    say!("title      {}", shown(&page.title))?;
    say!("agency     {}", shown(&report.agency))?;
    say!("year       {}", report.year.map_or("not printed".into(), |year| year.to_string()))?;
    say!("published  {}", shown(&page.published))?;
    say!("form       {}", report.edition.map_or("no table of a known form", Edition::as_str))?;
    let cells: HashMap<(&str, Option<Applicant>), &Value> =
        report.values.iter().map(|value| ((value.indicator.as_str(), value.applicant), value)).collect();
    if report.edition == Some(Edition::Pre2019) {
        return statistics(report).and_then(|()| findings(report));
    }
    if let Some(edition) = report.edition {
        table_two(edition, &cells)?;
        table_three(&cells)?;
        table_four(&cells)?;
    }
    findings(report)
}

type Cells<'a> = HashMap<(&'a str, Option<Applicant>), &'a Value>;

fn table_two(edition: Edition, cells: &Cells<'_>) -> io::Result<()> {
    let mut table = new_table();
    for block in BLOCKS.iter().filter(|block| block.edition == edition) {
        let heads = block.columns.iter().map(|column| column.label);
        table.add_row(std::iter::once(format!("第二十条第（{}）项", block.item)).chain(heads.map(str::to_owned)));
        for (label, prefix) in block.rows {
            let values = block
                .columns
                .iter()
                .map(|column| text(cells.get(&(format!("{prefix}.{}", column.field).as_str(), None))));
            table.add_row(std::iter::once((*label).to_owned()).chain(values));
        }
    }
    heading("二、主动公开政府信息情况")?;
    print(table)
}

fn table_three(cells: &Cells<'_>) -> io::Result<()> {
    let mut table = new_table();
    table.set_header(std::iter::once("").chain(APPLICANTS));
    for (indicator, label) in ROWS {
        let row = Applicant::ALL.map(|applicant| cells.get(&(indicator, Some(applicant))));
        if row.iter().any(Option::is_some) {
            let short: String = label.chars().take(24).collect();
            table.add_row(std::iter::once(short).chain(row.into_iter().map(text)));
        }
    }
    heading("三、收到和处理政府信息公开申请情况")?;
    print(table)
}

fn table_four(cells: &Cells<'_>) -> io::Result<()> {
    let mut table = new_table();
    table.set_header(std::iter::once("").chain(OUTCOMES.map(|(_, label)| label)));
    for (group, label) in CHALLENGES {
        let values = OUTCOMES.map(|(outcome, _)| text(cells.get(&(format!("{group}.{outcome}").as_str(), None))));
        table.add_row(std::iter::once(label.to_owned()).chain(values));
    }
    heading("四、政府信息公开行政复议、行政诉讼情况")?;
    print(table)
}

fn statistics(report: &Report) -> io::Result<()> {
    let mut table = new_table();
    table.set_header(["指标", "单位", "", "数"]);
    for value in &report.values {
        let label = value.label.as_deref().unwrap_or_default();
        let series = value.series.as_ref().map(word).unwrap_or_default().to_owned();
        table.add_row([plain(label), value.unit.as_deref().map(plain).unwrap_or_default(), series, plain(&value.text)]);
    }
    print(table)
}

/// Failures and doubts one by one, what holds in a line.
fn findings(report: &Report) -> io::Result<()> {
    heading("findings")?;
    let (passed, open): (Vec<&Finding>, Vec<&Finding>) =
        report.findings.iter().partition(|finding| finding.verdict == Verdict::Pass);
    say!("{} hold: {}", passed.len(), tally(&passed))?;
    for finding in open {
        let mark = match (finding.verdict, finding.severity) {
            (Verdict::Fail, Severity::Error) => "fails",
            (Verdict::Fail, _) => "differs",
            _ => "open",
        };
        let sides = match (&finding.left, &finding.right) {
            (Some(left), Some(right)) if finding.verdict == Verdict::Fail => format!(" ({left} against {right})"),
            _ => String::new(),
        };
        say!("{mark:8} {}: {}{sides}", finding.rule, plain(&finding.detail))?;
    }
    Ok(())
}

/// `applicants 25, balance 7`.
pub fn tally(findings: &[&Finding]) -> String {
    let mut counts: std::collections::BTreeMap<&str, usize> = Default::default();
    findings.iter().for_each(|finding| *counts.entry(finding.rule).or_default() += 1);
    let counts: Vec<String> = counts.iter().map(|(rule, count)| format!("{rule} {count}")).collect();
    if counts.is_empty() { "none".into() } else { counts.join(", ") }
}

fn text(value: Option<&&Value>) -> String {
    value.map_or("·".into(), |value| plain(&value.text))
}

fn heading(words: &str) -> io::Result<()> {
    say!("\n{words}")
}

fn new_table() -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    table
}

/// Numbers stand at the right of their columns.
fn print(mut table: Table) -> io::Result<()> {
    for column in 1..8 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    say!("{table}")
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn nothing_from_a_page_moves_the_cursor() {
        assert_eq!(plain("a\u{1b}[2Jb\r\n\u{202E}c"), "a[2Jbc");
    }
}
