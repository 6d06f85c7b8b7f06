//! What codes of the form are called, in Chinese as the form has it and in English.

use super::shell::Lang;
use crate::parse::Applicant;
use crate::parse::edition::form::{APPLICANTS, BLOCKS, CHALLENGES, OUTCOMES, ROWS};

/// `partially granted` of `applications.partially_granted`.
pub fn gloss(indicator: &str) -> String {
    indicator.rsplit('.').next().unwrap_or(indicator).replace('_', " ")
}

/// What a code means, as the form words it and in English.
pub fn indicator_label(lang: Lang, code: &str) -> String {
    let (indicator, applicant) = code.split_once('/').unwrap_or((code, ""));
    if lang == Lang::En {
        return english(indicator, applicant);
    }
    let of_applicant = Applicant::ALL.iter().zip(APPLICANTS).find(|(known, _)| known.as_str() == applicant);
    let applicant = of_applicant.filter(|(known, _)| **known != Applicant::Total).map_or("", |(_, label)| label);
    let row = ROWS.iter().find(|(known, _)| *known == indicator).map(|(_, label)| (*label).to_owned());
    let label =
        row.or_else(|| challenge(indicator)).or_else(|| disclosure(indicator)).unwrap_or_else(|| indicator.to_owned());
    let label = label.split('（').find(|part| !part.is_empty() && !part.contains('）')).unwrap_or(&label).to_owned();
    let label = if row_is_bracketed(indicator) { bracketed(indicator) } else { label };
    if applicant.is_empty() { label } else { format!("{label} · {applicant}") }
}

fn row_is_bracketed(indicator: &str) -> bool {
    ROWS.iter().any(|(known, label)| *known == indicator && label.starts_with('（'))
}

fn bracketed(indicator: &str) -> String {
    let label = ROWS.iter().find(|(known, _)| *known == indicator).map_or("", |(_, label)| label);
    label.split('）').nth(1).and_then(|rest| rest.split('（').next()).unwrap_or(label).to_owned()
}

fn challenge(indicator: &str) -> Option<String> {
    let (group, outcome) = indicator.split_once('.')?;
    let group = CHALLENGES.iter().find(|(known, _)| *known == group)?.1;
    let outcome = OUTCOMES.iter().find(|(known, _)| *known == outcome)?.1;
    Some(format!("{group} {outcome}"))
}

fn disclosure(indicator: &str) -> Option<String> {
    BLOCKS.iter().find_map(|block| {
        let (row, prefix) = block.rows.iter().find(|(_, prefix)| indicator.starts_with(&format!("{prefix}.")))?;
        let column = block.columns.iter().find(|column| indicator == format!("{prefix}.{}", column.field))?;
        Some(format!("{row} {}", column.label))
    })
}

fn english(indicator: &str, applicant: &str) -> String {
    let words: Vec<&str> = indicator.split('.').collect();
    let own = match words.as_slice() {
        ["applications", rest @ ..] => {
            format!("applications {}", rest.iter().map(|word| gloss(word)).collect::<Vec<_>>().join(", "))
        }
        ["disclosure", rest @ ..] => rest.iter().map(|word| gloss(word)).collect::<Vec<_>>().join(", "),
        all => all.iter().map(|word| gloss(word)).collect::<Vec<_>>().join(", "),
    };
    if applicant.is_empty() || applicant == "total" { own } else { format!("{own} · {}", gloss(applicant)) }
}
