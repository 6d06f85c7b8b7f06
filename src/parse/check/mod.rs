//! The form's arithmetic and the report's own words, held against its numbers. Findings only: a value is never repaired.

mod across;
mod claims;
mod doubts;
mod identities;
mod narrative;

use std::collections::HashMap;

use foldhash::quality::RandomState;

use super::decimal::Decimal;
use super::edition::Applicant;
use super::reading::{CellState, Finding, Severity, Verdict};
use super::report::{Read, code, code_of};
use crate::digest::Digest;

pub use across::{Year, across};
pub use doubts::{doubts, parts};
pub use identities::identities;
pub use narrative::narrative;

/// The values of one report by code.
pub struct Numbers {
    by_code: HashMap<String, Term, RandomState>,
}

/// What a cell contributes to a sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Term {
    Number(Decimal),
    /// Blank, dash or slash: perhaps nothing, perhaps left out.
    Nothing,
    /// Not read at all.
    Unknown,
}

impl Term {
    fn of(value: &Read) -> Term {
        match value.content.value.as_deref().and_then(Decimal::parse) {
            _ if value.content.state == CellState::Unreadable => Term::Unknown,
            Some(number) => Term::Number(number),
            None => Term::Nothing,
        }
    }
}

impl Numbers {
    pub fn new(values: &[Read]) -> Numbers {
        let mut by_code = HashMap::with_capacity_and_hasher(values.len(), RandomState::default());
        by_code.extend(values.iter().filter(|value| !value.suggested).map(|value| (code(value), Term::of(value))));
        Numbers { by_code }
    }

    /// None for a code that the report has no value of.
    fn held(&self, code: &str) -> Option<Term> {
        self.by_code.get(code).copied()
    }

    fn term(&self, code: &str) -> Term {
        self.held(code).unwrap_or(Term::Unknown)
    }

    fn number(&self, code: &str) -> Option<Decimal> {
        match self.term(code) {
            Term::Number(number) => Some(number),
            Term::Nothing => self.sum_of_applicants(code.strip_suffix("/total")?),
            Term::Unknown => None,
        }
    }

    /// What a total left blank comes to.
    fn sum_of_applicants(&self, indicator: &str) -> Option<Decimal> {
        let codes = Applicant::ALL[..6].iter().map(|applicant| code_of(indicator, *applicant));
        let terms: Vec<Term> = codes.map(|code| self.term(&code)).collect();
        let numbers =
            || terms.iter().filter_map(|term| if let Term::Number(number) = term { Some(*number) } else { None });
        (!terms.contains(&Term::Unknown)).then(|| numbers().sum())
    }

    fn has(&self, code: &str) -> bool {
        self.by_code.contains_key(code)
    }

    /// Codes under a prefix for one applicant, in the order of the form.
    fn under(&self, prefix: &str, applicant: Applicant) -> Vec<String> {
        let belongs = |indicator: &str| {
            indicator.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        super::edition::form::ROWS
            .iter()
            .filter(|(indicator, _)| belongs(indicator))
            .map(|(indicator, _)| code_of(indicator, applicant))
            .filter(|code| self.has(code))
            .collect()
    }
}

/// The year of the title against the year of the period that the report says it is about.
pub fn year(title: Option<i16>, period: Option<i16>) -> Option<Finding> {
    let (title, period) = (title?, period?);
    let detail = format!("the title says {title}, the period {period}");
    let sides = Some((title.to_string(), period.to_string()));
    (title != period).then(|| finding("year", Severity::Warning, Verdict::Fail, sides, detail, "report", Vec::new()))
}

/// Makes a finding with its fingerprint: the rule and the subject, not the numbers, so that it stays the same finding when a
/// number is corrected.
pub fn finding(
    rule: &'static str,
    severity: Severity,
    verdict: Verdict,
    sides: Option<(String, String)>,
    detail: String,
    subject: &str,
    values: Vec<String>,
) -> Finding {
    let digest = Digest::of([rule, "\n", subject].concat().as_bytes());
    let fingerprint = data_encoding::HEXLOWER.encode(&digest.as_bytes()[..8]);
    let (left, right) = sides.unzip();
    Finding { rule, severity, verdict, left, right, detail, values, bytes: None, fingerprint }
}
