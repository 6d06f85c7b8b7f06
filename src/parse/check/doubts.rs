//! What the reader could not read, or not surely: said, with its place, instead of guessed.

use super::finding;
use crate::parse::edition::form::size;
use crate::parse::reading::{Finding, Severity, Verdict};
use crate::parse::report::{Doubt, Reading};

/// A finding for each doubt, and for what the form has and the report has not. `bytes` are the doubts' places.
pub fn doubts(reading: &Reading, bytes: &[(usize, usize)]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = reading.doubts.iter().zip(bytes).map(|(doubt, bytes)| of(doubt, *bytes)).collect();
    let found = reading.read().count();
    if found == 0 {
        let detail = "no table of the form was found; nothing is taken from prose".into();
        findings.push(open("no_table", Severity::Warning, detail, "report", Vec::new()));
    }
    if let Some(size) = reading.edition.and_then(size)
        && (1..size).contains(&found)
    {
        let detail = format!("{found} of the form's {size} cells were found");
        findings.push(open("incomplete", Severity::Info, detail, "report", Vec::new()));
    }
    findings
}

/// What stands on another page of the same report.
pub fn parts(goes_on: &[&str], is_later: bool) -> Vec<Finding> {
    let said = |rule, detail: String| open(rule, Severity::Warning, detail, "report", Vec::new());
    let on = (!goes_on.is_empty()).then(|| {
        said(
            "goes_on",
            format!("the report goes on at {}: what stands there is not in this reading", goes_on.join(", ")),
        )
    });
    let later = is_later
        .then(|| said("part", "a later page of a report, read by itself: its year is left to the first page".into()));
    on.into_iter().chain(later).collect()
}

fn of(doubt: &Doubt, bytes: (usize, usize)) -> Finding {
    let severity = if doubt.rule == "extra_row" { Severity::Info } else { Severity::Warning };
    let finding = open(doubt.rule, severity, doubt.detail.clone(), &doubt.values.join(","), doubt.values.clone());
    Finding { bytes: Some(bytes), ..finding }
}

fn open(rule: &'static str, severity: Severity, detail: String, subject: &str, values: Vec<String>) -> Finding {
    finding(rule, severity, Verdict::NotAssessable, None, detail, subject, values)
}
