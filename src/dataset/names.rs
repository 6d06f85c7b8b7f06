//! What values are called and what findings are about: kept once, and referred to by number.

use rusqlite::{Connection, OptionalExtension, Params, params};

use crate::digest::Digest;
use crate::parse::{Finding, Value, word};
use crate::store::StoreError;

/// The numbers of the values' names, in the order of the values.
pub fn of_values(tx: &Connection, values: &[Value]) -> Result<Vec<i64>, StoreError> {
    list(
        tx,
        values.iter().flat_map(|value| Name::of(value).0),
        "SELECT names FROM value_name_list WHERE digest = ?1",
        "INSERT INTO value_name_list (digest, names) VALUES (?1, ?2)",
        || values.iter().map(|value| Name::of(value).number(tx)).collect(),
    )
}

/// The numbers of what findings are about, in their order.
pub fn of_subjects(tx: &Connection, findings: &[Finding]) -> Result<Vec<i64>, StoreError> {
    let words = findings.iter().flat_map(|finding| {
        let own = [finding.rule, word(&finding.severity), &finding.detail, &finding.fingerprint];
        own.into_iter().chain(finding.values.iter().map(String::as_str)).map(Some).chain([None])
    });
    list(
        tx,
        words,
        "SELECT subjects FROM finding_subject_list WHERE digest = ?1",
        "INSERT INTO finding_subject_list (digest, subjects) VALUES (?1, ?2)",
        || findings.iter().map(|finding| of_subject(tx, finding)).collect(),
    )
}

/// Reports of one form mostly have the same words in the same order, so that a whole list is looked up at once: what `select`
/// finds for the words, or what is made where they are new.
fn list<'w>(
    tx: &Connection,
    words: impl Iterator<Item = Option<&'w str>>,
    select: &str,
    insert: &str,
    make: impl FnOnce() -> Result<Vec<i64>, StoreError>,
) -> Result<Vec<i64>, StoreError> {
    let mut told = Vec::new();
    words.for_each(|words| tell(&mut told, words));
    let digest = Digest::of(&told).to_string();
    let known: Option<String> = tx.prepare_cached(select)?.query_row([&digest], |row| row.get(0)).optional()?;
    if let Some(known) = known {
        return serde_json::from_str(&known)
            .map_err(|fault| StoreError::Row(format!("a list of numbers is no JSON: {fault}")));
    }
    let numbers = make()?;
    let known = serde_json::to_string(&numbers).map_err(|fault| StoreError::Row(fault.to_string()))?;
    tx.prepare_cached(insert)?.execute([&digest, &known])?;
    Ok(numbers)
}

/// Adds words so that no two lists are told alike.
fn tell(told: &mut Vec<u8>, words: Option<&str>) {
    let length = words.map_or(u32::MAX, |words| words.len() as u32);
    told.extend_from_slice(&length.to_le_bytes());
    told.extend_from_slice(words.unwrap_or_default().as_bytes());
}

/// Indicator, applicant, label, series, unit, rule.
struct Name<'v>([Option<&'v str>; 6]);

impl Name<'_> {
    fn of(value: &Value) -> Name<'_> {
        let applicant = value.applicant.map(|applicant| applicant.as_str());
        let series = value.series.as_ref().map(word);
        let (label, unit) = (value.label.as_deref(), value.unit.as_deref());
        Name([Some(&value.indicator), applicant, label, series, unit, Some(word(&value.rule))])
    }

    fn number(&self, tx: &Connection) -> Result<i64, StoreError> {
        number(
            tx,
            self.0,
            "SELECT id FROM value_name WHERE indicator = ?1 AND ifnull(applicant, 0) = ifnull(?2, 0)
                 AND ifnull(label, 0) = ifnull(?3, 0) AND ifnull(series, 0) = ifnull(?4, 0)
                 AND ifnull(unit, 0) = ifnull(?5, 0) AND rule = ?6",
            "INSERT INTO value_name (indicator, applicant, label, series, unit, rule) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )
    }
}

fn of_subject(tx: &Connection, finding: &Finding) -> Result<i64, StoreError> {
    let values = serde_json::to_string(&finding.values).map_err(|fault| StoreError::Row(fault.to_string()))?;
    number(
        tx,
        params![finding.rule, word(&finding.severity), finding.detail, values, finding.fingerprint],
        "SELECT id FROM finding_subject WHERE fingerprint = ?5 AND detail = ?3 AND rule = ?1 AND severity = ?2
             AND \"values\" = ?4",
        "INSERT INTO finding_subject (rule, severity, detail, \"values\", fingerprint) VALUES (?1, ?2, ?3, ?4, ?5)",
    )
}

/// The number that `select` finds for these words, or that `insert` gives them where they are new.
fn number(tx: &Connection, words: impl Params + Copy, select: &str, insert: &str) -> Result<i64, StoreError> {
    let known = tx.prepare_cached(select)?.query_row(words, |row| row.get(0)).optional()?;
    if let Some(known) = known {
        return Ok(known);
    }
    tx.prepare_cached(insert)?.execute(words)?;
    Ok(tx.last_insert_rowid())
}
