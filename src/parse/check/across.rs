//! What two consecutive years of one agency owe each other.

use std::collections::BTreeMap;

use super::finding;
use crate::parse::decimal::Decimal;
use crate::parse::edition::Applicant;
use crate::parse::reading::{Finding, Severity, Verdict};

/// One year of an agency: its form and its numbers by code (`applications.received/total`, `statistic/LABEL/SERIES`).
#[derive(Clone, Debug, Default)]
pub struct Year {
    pub year: i16,
    pub edition: String,
    pub numbers: BTreeMap<String, String>,
}

impl Year {
    fn number(&self, code: &str) -> Option<Decimal> {
        Decimal::parse(self.numbers.get(code)?)
    }
}

/// Every identity between `earlier` and the year after it that both can answer.
pub fn across(earlier: &Year, later: &Year) -> Vec<Finding> {
    if later.year != earlier.year + 1 {
        return Vec::new();
    }
    let mut findings = Vec::new();
    if later.edition != "pre2019" && earlier.edition != "pre2019" {
        findings.extend(Applicant::ALL.into_iter().filter_map(|applicant| carried_over(earlier, later, applicant)));
    }
    if earlier.edition == later.edition {
        match later.edition.as_str() {
            "2021" => findings.extend(IN_FORCE.into_iter().filter_map(|kind| in_force(earlier, later, kind))),
            "2019" => {
                findings.extend(IN_FORCE.into_iter().filter_map(|kind| disclosed_total(earlier, later, kind)));
                findings.extend(ITEMS.into_iter().filter_map(|kind| items_last_year(earlier, later, kind)));
            }
            _ => findings.extend(cumulative(earlier, later)),
        }
    }
    findings
}

const IN_FORCE: [&str; 2] = ["disclosure.regulations", "disclosure.normative_documents"];
const ITEMS: [&str; 5] = [
    "disclosure.licensing",
    "disclosure.other_services",
    "disclosure.penalties",
    "disclosure.coercion",
    "disclosure.fees",
];

fn carried_over(earlier: &Year, later: &Year, applicant: Applicant) -> Option<Finding> {
    let applicant = applicant.as_str();
    let (now, before) =
        (format!("applications.carried_in/{applicant}"), format!("applications.carried_out/{applicant}"));
    let sides = (later.number(&now)?, earlier.number(&before)?);
    Some(judged(
        "carried_over",
        Severity::Error,
        (earlier, later),
        sides,
        applicant,
        "上年结转 = 上一年度结转下年度",
        vec![now, before],
    ))
}

fn in_force(earlier: &Year, later: &Year, kind: &str) -> Option<Finding> {
    let code = |field: &str| format!("{kind}.{field}");
    let expected = earlier.number(&code("in_force"))? + later.number(&code("issued"))?;
    let repealed = later.number(&code("repealed"))?;
    let sides = (later.number(&code("in_force"))? + repealed, expected);
    let codes = ["in_force", "issued", "repealed"].map(code).to_vec();
    Some(judged(
        "in_force",
        Severity::Warning,
        (earlier, later),
        sides,
        kind,
        "现行有效 + 本年废止 = 上年现行有效 + 本年制发",
        codes,
    ))
}

fn disclosed_total(earlier: &Year, later: &Year, kind: &str) -> Option<Finding> {
    let code = |field: &str| format!("{kind}.{field}");
    let expected = earlier.number(&code("disclosed_total"))? + later.number(&code("disclosed"))?;
    let sides = (later.number(&code("disclosed_total"))?, expected);
    let codes = ["disclosed_total", "disclosed"].map(code).to_vec();
    Some(judged(
        "disclosed_total",
        Severity::Warning,
        (earlier, later),
        sides,
        kind,
        "对外公开总数量 = 上年总数量 + 本年新公开",
        codes,
    ))
}

fn items_last_year(earlier: &Year, later: &Year, kind: &str) -> Option<Finding> {
    let code = |field: &str| format!("{kind}.{field}");
    let expected = earlier.number(&code("items_last_year"))? + earlier.number(&code("change"))?;
    let sides = (later.number(&code("items_last_year"))?, expected);
    let codes = ["items_last_year", "change"].map(code).to_vec();
    Some(judged(
        "items_last_year",
        Severity::Warning,
        (earlier, later),
        sides,
        kind,
        "上一年项目数量 = 上年报告的项目数量 + 增减",
        codes,
    ))
}

fn cumulative(earlier: &Year, later: &Year) -> Vec<Finding> {
    let labels = later.numbers.keys().filter_map(|code| code.strip_suffix("/cumulative"));
    labels
        .filter_map(|label| {
            let (total, annual) = (format!("{label}/cumulative"), format!("{label}/annual"));
            let expected = earlier.number(&total)? + later.number(&annual)?;
            let sides = (later.number(&total)?, expected);
            Some(judged(
                "cumulative",
                Severity::Warning,
                (earlier, later),
                sides,
                label,
                "历年累计 = 上年累计 + 本年",
                vec![total, annual],
            ))
        })
        .collect()
}

fn judged(
    rule: &'static str,
    severity: Severity,
    years: (&Year, &Year),
    sides: (Decimal, Decimal),
    subject: &str,
    detail: &str,
    codes: Vec<String>,
) -> Finding {
    let verdict = if sides.0 == sides.1 { Verdict::Pass } else { Verdict::Fail };
    let (earlier, later) = (years.0.year, years.1.year);
    let detail = format!("{earlier} to {later}, {subject}: {detail}");
    finding(
        rule,
        severity,
        verdict,
        Some((sides.0.to_string(), sides.1.to_string())),
        detail,
        &format!("{later} {subject}"),
        codes,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn year(year: i16, edition: &str, numbers: &[(&str, &str)]) -> Year {
        let numbers = numbers.iter().map(|(code, number)| ((*code).into(), (*number).into())).collect();
        Year { year, edition: edition.into(), numbers }
    }

    /// Real chains of years (forms.md 4.3, 4.7).
    #[test]
    fn chains_that_hold_and_chains_that_break() {
        let documents = |in_force: &'static str, issued: &'static str, repealed: &'static str| {
            vec![
                ("disclosure.normative_documents.in_force", in_force),
                ("disclosure.normative_documents.issued", issued),
                ("disclosure.normative_documents.repealed", repealed),
            ]
        };
        for (earlier, later, verdict) in [
            (
                year(2021, "2021", &documents("665", "0", "0")),
                year(2022, "2021", &documents("698", "88", "55")),
                Verdict::Pass,
            ),
            (
                year(2022, "2021", &documents("698", "88", "55")),
                year(2023, "2021", &documents("470", "77", "132")),
                Verdict::Fail,
            ),
            (
                year(2014, "pre2019", &[("statistic/主动公开文件数/cumulative", "78967")]),
                year(
                    2015,
                    "pre2019",
                    &[("statistic/主动公开文件数/cumulative", "81916"), ("statistic/主动公开文件数/annual", "2949")],
                ),
                Verdict::Pass,
            ),
            (
                year(2016, "pre2019", &[("statistic/主动公开文件数/cumulative", "85376")]),
                year(
                    2017,
                    "pre2019",
                    &[("statistic/主动公开文件数/cumulative", "10037"), ("statistic/主动公开文件数/annual", "2122")],
                ),
                Verdict::Fail,
            ),
            (
                year(2020, "2019", &[("applications.carried_out/total", "3")]),
                year(2021, "2021", &[("applications.carried_in/total", "3")]),
                Verdict::Pass,
            ),
            (
                year(2019, "2019", &[("disclosure.normative_documents.disclosed_total", "89")]),
                year(
                    2020,
                    "2019",
                    &[
                        ("disclosure.normative_documents.disclosed_total", "166"),
                        ("disclosure.normative_documents.disclosed", "77"),
                    ],
                ),
                Verdict::Pass,
            ),
        ] {
            let found = across(&earlier, &later);
            assert_eq!(found.iter().map(|finding| finding.verdict).collect::<Vec<_>>(), [verdict], "{earlier:?}");
        }
    }

    #[test]
    fn years_apart_owe_nothing() {
        let (earlier, later) = (
            year(2020, "2019", &[("applications.carried_out/total", "3")]),
            year(2022, "2021", &[("applications.carried_in/total", "9")]),
        );
        assert!(across(&earlier, &later).is_empty());
    }
}
