//! Numbers claimed in prose against the tables. A claim may stand for several values (收到 means row one, or rows one and
//! two); it fails only when it equals none of them.

use super::claims::{CLAIMS, Claim, OTHERS, OTHERS_IN_SENTENCE};
use super::{Numbers, code_of, finding};
use crate::parse::decimal::Decimal;
use crate::parse::edition::Applicant;
use crate::parse::identity::{Identity, title, year};
use crate::parse::reading::{Finding, Severity, Verdict};

/// How far before its number a claim's words are looked for, characters.
const REACH: usize = 26;

/// Verbs of which a count of applications is the object.
const VERBS: [&str; 7] = ["收到", "受理", "新收", "接收", "共收", "接到", "收悉"];

/// Every claim in `prose` that the tables can answer, one of a kind: the first that holds, else the first that is plainly
/// about the agency's own year.
pub fn narrative<'a>(prose: impl Iterator<Item = &'a str>, numbers: &Numbers, identity: &Identity) -> Vec<Finding> {
    let mut found: Vec<(&'static str, Finding)> = Vec::new();
    for line in prose.filter(|line| line.chars().count() > 12) {
        for said in claims_in(line) {
            for claim in CLAIMS.iter().filter(|claim| claim.matches(&said.before, said.unit)) {
                let known = found.iter().position(|(subject, _)| *subject == claim.subject);
                if known.is_some_and(|at| found[at].1.verdict == Verdict::Pass) {
                    continue;
                }
                let Some(answer) = claim.answer(said.number, numbers) else { continue };
                if answer.holds.is_none() && (known.is_some() || !claim.is_own(&said, line, identity)) {
                    continue;
                }
                let quote: String = format!("{}{}{}", said.before, said.number, said.unit);
                let finding = answer.finding(claim, said.number, &quote);
                match known {
                    Some(at) => found[at].1 = finding,
                    None => found.push((claim.subject, finding)),
                }
            }
        }
    }
    found.into_iter().map(|(_, finding)| finding).collect()
}

/// A number with a counting unit.
struct Said<'t> {
    number: Decimal,
    unit: &'static str,
    /// The clause before it.
    before: String,
    /// From the last comma to the number: 公开规章3件、规范性文件.
    phrase: &'t str,
    sentence: &'t str,
}

impl Claim {
    fn matches(&self, before: &str, unit: &str) -> bool {
        self.units.contains(&unit)
            && self.words.iter().all(|word| before.contains(word))
            && !self.not.iter().any(|word| before.contains(word))
            // 收到 or its like makes a count of applications a claim about them.
            && (self.subject != "received" || VERBS.iter().any(|verb| before.contains(verb)))
    }

    /// Whether it must be the agency's own number of the whole year, so that another number in the table contradicts it.
    fn is_own(&self, said: &Said<'_>, line: &str, identity: &Identity) -> bool {
        let before = said.before.as_str();
        let of_other_year = year::first(before).is_some_and(|named| identity.year.is_some_and(|year| year != named))
            || year::spans_several(said.sentence);
        let of_others = OTHERS.iter().any(|word| before.contains(word))
            || OTHERS_IN_SENTENCE.iter().any(|word| said.sentence.contains(word))
            || who(before).is_some_and(|who| !identity.agency.as_deref().is_some_and(|own| own.contains(who)));
        // Reviews and lawsuits are also about other things, and so are applications.
        let of_disclosure = || line.contains("信息公开") || line.contains("公开申请") || line.contains("申请公开");
        let is_assessable = match self.subject {
            "received" | "reviews" | "lawsuits" => of_disclosure(),
            // What was published is not what was made.
            "normative_documents" => !said.phrase.contains("公开") && !before.contains("转发"),
            _ => true,
        };
        !of_other_year && !of_others && is_assessable
    }

    fn answer(&self, number: Decimal, numbers: &Numbers) -> Option<Answer> {
        let mut known = Vec::new();
        for sum in self.candidates {
            let codes: Vec<String> = sum.iter().flat_map(|code| expand(code, numbers)).collect();
            let terms: Option<Vec<Decimal>> = codes.iter().map(|code| numbers.number(code)).collect();
            if let Some(terms) = terms.filter(|terms| !terms.is_empty() && codes.len() >= sum.len()) {
                known.push((codes, terms.into_iter().sum::<Decimal>()));
            }
        }
        let holds = known.iter().find(|(_, sum)| *sum == number).cloned();
        let first = known.first().cloned()?;
        Some(Answer { holds, first, all: known })
    }
}

struct Answer {
    holds: Option<(Vec<String>, Decimal)>,
    first: (Vec<String>, Decimal),
    all: Vec<(Vec<String>, Decimal)>,
}

impl Answer {
    fn finding(self, claim: &Claim, number: Decimal, quote: &str) -> Finding {
        let verdict = if self.holds.is_some() { Verdict::Pass } else { Verdict::Fail };
        let (codes, sum) = self.holds.unwrap_or(self.first);
        let others: Vec<String> =
            self.all.iter().map(|(codes, sum)| format!("{} = {sum}", codes.join(" + "))).collect();
        let detail = format!("{}: “{quote}” may stand for {}", claim.subject, others.join(", or "));
        finding(
            "narrative",
            Severity::Warning,
            verdict,
            Some((number.to_string(), sum.to_string())),
            detail,
            claim.subject,
            codes,
        )
    }
}

fn expand(code: &str, numbers: &Numbers) -> Vec<String> {
    match code.strip_suffix('*') {
        Some(prefix) => numbers.under(prefix, Applicant::Total),
        None if code.starts_with("applications.") => vec![code_of(code, Applicant::Total)],
        None => vec![code.to_owned()],
    }
}

/// The agency that a clause names before its verb: 县公安局收到….
fn who(clause: &str) -> Option<&str> {
    let verb = VERBS.iter().filter_map(|verb| clause.find(verb)).min()?;
    let named = clause[..verb].trim_end_matches(['共', '新', '总']);
    let named = year::at(named).map_or(named, |at| named[at.span.1..].trim_start_matches(['年', '度']));
    let time = ["全年", "今年", "本年度", "本年", "年内", "其中"];
    let named = time.iter().find_map(|word| named.strip_prefix(word)).unwrap_or(named);
    title::is_agency(named).then_some(named)
}

/// Numbers with a counting unit, and the clause before each.
fn claims_in(line: &str) -> Vec<Said<'_>> {
    const UNITS: [&str; 9] = ["件次", "件", "条", "份", "宗", "个", "起", "部", "篇"];
    let mut found = Vec::new();
    let bytes = line.as_bytes();
    let mut at = 0;
    while at < line.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let end = line[at..].find(|c: char| !(c.is_ascii_digit() || c == '.')).map_or(line.len(), |n| at + n);
        let rest = line[end..].trim_start();
        if let (Some(number), Some(unit)) =
            (Decimal::parse(&line[at..end]), UNITS.iter().find(|unit| rest.starts_with(**unit)))
        {
            let sentence = line[..at].rfind('。').map_or(0, |stop| stop + '。'.len_utf8());
            let length = line[at..].find('。').unwrap_or(line.len() - at);
            let phrase = line[sentence..at].rfind(['，', '；', ',', ';']).map_or(sentence, |stop| sentence + stop);
            let (phrase, sentence) = (&line[phrase..at], &line[sentence..at + length]);
            found.push(Said { number, unit, before: clause_before(&line[..at]), phrase, sentence });
        }
        at = end;
    }
    found
}

/// The words right before a number, back to the sentence's or clause's beginning.
fn clause_before(text: &str) -> String {
    let clause =
        text.rsplit(['。', '；', ';', '，', ',', '：', ':', '、', '（', '(', '）', ')']).next().unwrap_or(text);
    let skip = clause.chars().count().saturating_sub(REACH);
    clause.chars().skip(skip).filter(|c| !c.is_whitespace()).collect()
}
