//! The identities within one report (勾稽关系): balance, outcomes, applicants, challenges.
//!
//! A blank cell is not zero: where the printed numbers of a sum fall short of the total and cells are blank, the identity
//! can't be assessed; where they exceed it, or nothing is blank, it fails.

use super::{Numbers, Term, code_of, finding};
use crate::parse::decimal::Decimal;
use crate::parse::edition::Applicant;
use crate::parse::edition::form::{APPLICANTS, CHALLENGES, OUTCOMES, ROWS};
use crate::parse::reading::{Finding, Severity, Verdict};

/// The groups of rows under 本年度办理结果.
const RESULTS: [&str; 6] = [
    "applications.granted",
    "applications.partially_granted",
    "applications.refused",
    "applications.unavailable",
    "applications.rejected",
    "applications.other",
];

/// Every identity that the report's values touch, with its verdict.
pub fn identities(numbers: &Numbers) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (applicant, label) in Applicant::ALL.into_iter().zip(APPLICANTS) {
        findings.extend(balance(numbers, applicant, label));
        findings.extend(outcomes(numbers, applicant, label));
    }
    for (indicator, label) in ROWS {
        findings.extend(applicants(numbers, indicator, label));
    }
    for (group, label) in CHALLENGES {
        findings.extend(challenges(numbers, group, label));
    }
    findings
}

fn balance(numbers: &Numbers, applicant: Applicant, label: &str) -> Option<Finding> {
    let code = |indicator| code_of(indicator, applicant);
    let left = vec![code("applications.received"), code("applications.carried_in")];
    let right = vec![code("applications.total"), code("applications.carried_out")];
    let detail = [label, ": 新收 + 上年结转 = 办理结果总计 + 结转下年度"].concat();
    compare(numbers, "balance", applicant.as_str(), detail, left, right)
}

fn outcomes(numbers: &Numbers, applicant: Applicant, label: &str) -> Option<Finding> {
    let mut parts = Vec::new();
    for group in RESULTS {
        parts.extend(numbers.under(group, applicant));
    }
    let total = code_of("applications.total", applicant);
    // Every group must have been read, or the sum means nothing.
    let complete = parts.len() >= 19;
    if !complete && numbers.has(&total) && !parts.is_empty() {
        let detail = format!("{label}: {} of the rows under 本年度办理结果 were read", parts.len());
        return Some(finding(
            "outcomes",
            Severity::Error,
            Verdict::NotAssessable,
            None,
            detail,
            applicant.as_str(),
            vec![total],
        ));
    }
    // Of the form of 2021, which has three rows under （六）, or of 2019, which has one.
    let rows = if parts.iter().any(|code| code.starts_with("applications.other.")) { 21 } else { 19 };
    let missing = usize::saturating_sub(rows, parts.len());
    let detail = [label, ": 各项办理结果之和 = 总计"].concat();
    let mut found = compare(numbers, "outcomes", applicant.as_str(), detail, parts, vec![total])?;
    if missing > 0 && found.verdict == Verdict::Fail {
        // What is missing may be what it falls short by.
        found.verdict = Verdict::NotAssessable;
        found.detail.push_str(&format!(" ({missing} rows not read)"));
    }
    Some(found)
}

fn applicants(numbers: &Numbers, indicator: &str, label: &str) -> Option<Finding> {
    let mut codes: Vec<String> = Applicant::ALL.map(|applicant| code_of(indicator, applicant)).into();
    let total = codes.pop().into_iter().collect();
    compare(numbers, "applicants", indicator, [label, ": 各类申请人之和 = 总计"].concat(), codes, total)
}

fn challenges(numbers: &Numbers, group: &str, label: &str) -> Option<Finding> {
    let mut codes: Vec<String> = OUTCOMES.iter().map(|(outcome, _)| [group, ".", outcome].concat()).collect();
    let total = codes.pop().into_iter().collect();
    compare(numbers, "challenges", group, [label, ": 各种结果之和 = 总计"].concat(), codes, total)
}

struct Side {
    /// Codes that the report has a value of, readable or not.
    held: usize,
    sum: Decimal,
    nothing: usize,
    unknown: usize,
    numbers: usize,
}

fn side(numbers: &Numbers, codes: &[String]) -> Side {
    let mut side = Side { held: 0, sum: Decimal::ZERO, nothing: 0, unknown: 0, numbers: 0 };
    for code in codes {
        let held = numbers.held(code);
        side.held += usize::from(held.is_some());
        match held.unwrap_or(Term::Unknown) {
            Term::Number(number) => {
                side.sum = side.sum + number;
                side.numbers += 1;
            }
            Term::Nothing => side.nothing += 1,
            Term::Unknown => side.unknown += 1,
        }
    }
    side
}

fn compare(
    numbers: &Numbers,
    rule: &'static str,
    subject: &str,
    detail: String,
    left_codes: Vec<String>,
    right_codes: Vec<String>,
) -> Option<Finding> {
    let (left, right) = (side(numbers, &left_codes), side(numbers, &right_codes));
    if left.held + right.held == 0 {
        return None;
    }
    let mut codes = left_codes;
    codes.extend(right_codes);
    let blanks = left.nothing + right.nothing;
    let unread = left.unknown + right.unknown;
    let verdict = if unread > 0 || left.numbers == 0 && right.numbers == 0 {
        // A row of blanks throughout says nothing; it is no finding either.
        if unread == 0 {
            return None;
        }
        Verdict::NotAssessable
    } else if right.numbers == 0 && right.nothing > 0 {
        Verdict::NotAssessable
    } else if left.sum == right.sum {
        Verdict::Pass
    } else if (left.sum < right.sum && left.nothing > 0) || (left.sum > right.sum && right.nothing > 0) {
        Verdict::NotAssessable
    } else {
        Verdict::Fail
    };
    let detail = match (blanks, unread) {
        (0, 0) => detail,
        (blanks, 0) => format!("{detail} ({blanks} cells without a number)"),
        (_, unread) => format!("{detail} ({unread} cells not read)"),
    };
    let sides = Some((left.sum.to_string(), right.sum.to_string()));
    Some(finding(rule, Severity::Error, verdict, sides, detail, subject, codes))
}
