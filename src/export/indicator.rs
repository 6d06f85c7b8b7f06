//! The numbers of the forms since 2019, one by one, with their names in both languages (国办公开办函〔2021〕30号,
//! 国办公开办函〔2019〕60号).

use crate::parse::Applicant;
use crate::parse::edition::form::{APPLICANTS, BLOCKS, CHALLENGES, GROUPS, OUTCOMES, ROWS};

/// One cell of a form; a cell that both forms have is one indicator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Indicator {
    /// `disclosure.fees.amount`, `applications.received/total`, `review.upheld`.
    pub code: String,
    /// Number of the form's table: 2, 3 or 4.
    pub table: u8,
    pub unit: Option<&'static str>,
    pub chinese: String,
    pub english: String,
}

/// In the order of the forms: table two of 2021, then what only that of 2019 has; tables three and four.
pub fn indicators() -> Vec<Indicator> {
    let mut all: Vec<Indicator> = Vec::new();
    for block in &BLOCKS {
        for (label, prefix) in block.rows {
            for column in block.columns {
                let code = format!("{prefix}.{}", column.field);
                if all.iter().any(|known| known.code == code) {
                    continue;
                }
                let chinese = format!("第二十条第（{}）项 {label}：{}", block.item, column.label);
                let english = format!("{}: {}", english(prefix), english(column.field));
                all.push(Indicator { code, table: 2, unit: column.unit, chinese, english });
            }
        }
    }
    for (indicator, label) in ROWS {
        for (applicant, head) in Applicant::ALL.into_iter().zip(APPLICANTS) {
            let group = group(indicator).map_or(String::new(), |group| format!("{group} "));
            all.push(Indicator {
                code: format!("{indicator}/{}", applicant.as_str()),
                table: 3,
                unit: Some("件"),
                chinese: format!("{group}{label}：{head}"),
                english: format!("{}: {}", english(indicator), english(applicant.as_str())),
            });
        }
    }
    for (group, label) in CHALLENGES {
        for (outcome, head) in OUTCOMES {
            all.push(Indicator {
                code: format!("{group}.{outcome}"),
                table: 4,
                unit: Some("件"),
                chinese: format!("{label}：{head}"),
                english: format!("{}: {}", english(group), english(&format!("outcome.{outcome}"))),
            });
        }
    }
    all
}

/// The label printed over the row's group, where it stands in one.
pub fn group(indicator: &str) -> Option<&'static str> {
    let starts = [
        ("applications.refused.", GROUPS[1]),
        ("applications.unavailable.", GROUPS[2]),
        ("applications.rejected.", GROUPS[3]),
        ("applications.other.", GROUPS[4]),
    ];
    starts.into_iter().find(|(start, _)| indicator.starts_with(start)).map(|(_, group)| group)
}

fn english(part: &str) -> &'static str {
    ENGLISH.iter().find(|(known, _)| *known == part).map_or("", |(_, words)| words)
}

const ENGLISH: [(&str, &str); 60] = [
    ("disclosure.regulations", "regulations (Art. 20 (1))"),
    ("disclosure.normative_documents", "administrative normative documents (Art. 20 (1))"),
    ("disclosure.licensing", "administrative licences (Art. 20 (5))"),
    ("disclosure.other_services", "other external management and service matters (Art. 20 (5))"),
    ("disclosure.penalties", "administrative penalties (Art. 20 (6))"),
    ("disclosure.coercion", "administrative coercive measures (Art. 20 (6))"),
    ("disclosure.fees", "administrative fees (Art. 20 (8))"),
    ("disclosure.procurement", "centralized government procurement (Art. 20 (9))"),
    ("issued", "issued this year"),
    ("repealed", "repealed this year"),
    ("in_force", "in force"),
    ("decisions", "decisions made this year"),
    ("amount", "amount"),
    ("made", "newly made this year"),
    ("disclosed", "newly disclosed this year"),
    ("disclosed_total", "disclosed in all"),
    ("items_last_year", "items of the year before"),
    ("change", "items added or dropped this year"),
    ("projects", "procurement projects"),
    ("applications.received", "applications received this year"),
    ("applications.carried_in", "applications carried over from the year before"),
    ("applications.granted", "granted"),
    ("applications.partially_granted", "partially granted"),
    ("applications.refused.state_secret", "refused, state secret"),
    ("applications.refused.forbidden_by_law", "refused, disclosure forbidden by other laws or regulations"),
    (
        "applications.refused.security_and_stability",
        "refused, endangers national, public or economic security or social stability",
    ),
    ("applications.refused.third_party", "refused, legitimate interests of a third party"),
    ("applications.refused.internal_affairs", "refused, internal affairs"),
    ("applications.refused.deliberative", "refused, deliberative process"),
    ("applications.refused.enforcement_file", "refused, administrative enforcement file"),
    ("applications.refused.administrative_inquiry", "refused, matter of administrative inquiry"),
    ("applications.unavailable.not_held", "unavailable, not held by the agency"),
    ("applications.unavailable.needs_creation", "unavailable, would have to be created"),
    ("applications.unavailable.still_unclear", "unavailable, still unclear after correction"),
    ("applications.rejected.petition", "not processed, petition, report or complaint"),
    ("applications.rejected.duplicate", "not processed, duplicate application"),
    ("applications.rejected.publication", "not processed, asks for a public publication"),
    ("applications.rejected.excessive", "not processed, excessive applications without good reason"),
    ("applications.rejected.confirmation", "not processed, asks to confirm or reissue information already obtained"),
    ("applications.other.not_corrected", "otherwise closed, not corrected in time"),
    ("applications.other.fee_unpaid", "otherwise closed, fee not paid in time"),
    ("applications.other.other", "otherwise closed, other"),
    ("applications.other", "otherwise closed (one row, form of 2019)"),
    ("applications.total", "outcomes in all"),
    ("applications.carried_out", "carried over to the next year"),
    ("natural_person", "natural persons"),
    ("enterprise", "businesses"),
    ("research", "research institutions"),
    ("public_welfare", "social and public-welfare organizations"),
    ("legal_service", "legal service organizations"),
    ("other", "other organizations"),
    ("total", "all applicants"),
    ("review", "administrative reconsideration"),
    ("litigation_direct", "administrative litigation without reconsideration"),
    ("litigation_after_review", "administrative litigation after reconsideration"),
    ("outcome.upheld", "upheld"),
    ("outcome.corrected", "corrected"),
    ("outcome.other", "other outcome"),
    ("outcome.pending", "pending"),
    ("outcome.total", "in all"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_indicator_has_one_code_and_both_names() {
        let all = indicators();
        let mut codes: Vec<&str> = all.iter().map(|indicator| indicator.code.as_str()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), all.len());
        for indicator in &all {
            let (left, right) = indicator.english.split_once(": ").unwrap();
            assert!(!left.is_empty() && !right.is_empty() && !indicator.chinese.is_empty(), "{indicator:?}");
        }
    }

    #[test]
    fn every_cell_of_both_forms_is_there() {
        let all = indicators();
        for numbers in [crate::demo::numbers::PINGTAN_2019, crate::demo::numbers::PINGTAN_2023]
            .iter()
            .zip([crate::parse::Edition::Y2019, crate::parse::Edition::Y2021])
        {
            for (code, _) in crate::demo::numbers::Numbers::of(numbers.1, numbers.0).cells() {
                assert!(all.iter().any(|indicator| indicator.code == code), "{code}");
            }
        }
    }
}
