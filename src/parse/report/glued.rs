//! Text whose cells have run together (`一、本年新收政府信息公开申请数量230000023`): what arithmetic can suggest of it.
//!
//! The digits after a label of table three are cut into seven numbers, none with a leading zero, of which the first six sum
//! to the last. Where exactly one cut does, it is suggested; a suggestion is never a reading. Table two has no sum, so
//! nothing is suggested for it.

use super::Read;
use crate::parse::cell;
use crate::parse::edition::Applicant;
use crate::parse::edition::form::ROWS;
use crate::parse::extract::Line;
use crate::parse::reading::Rule;

/// Digits of one row; more would mean more than a row.
const MAX_DIGITS: usize = 60;

/// Suggested cells of every row of table three in a glued line.
pub fn suggested(line: &Line) -> Vec<Read> {
    let mut found = Vec::new();
    for (indicator, label) in ROWS {
        let Some(at) = line.text.find(label) else { continue };
        // 3.其他 is also how 3.其他法律… begins: the digits must follow at once.
        let rest = &line.text[at + label.len()..];
        let digits: String = rest.chars().take_while(char::is_ascii_digit).take(MAX_DIGITS + 1).collect();
        let Some(cut) = only_cut(&without_next_number(&digits, &rest[digits.len()..])) else { continue };
        let span = (line.span.0 + at, line.span.0 + at + label.len() + digits.len());
        for (column, (applicant, number)) in Applicant::ALL.into_iter().zip(cut).enumerate() {
            found.push(Read {
                indicator: indicator.into(),
                applicant: Some(applicant),
                label: None,
                series: None,
                content: cell::content(&number),
                text: number,
                unit: Some("件".into()),
                table: 0,
                row: 0,
                column,
                span,
                on_page: None,
                rule: Rule::Order,
                suggested: true,
            });
        }
    }
    found
}

/// The number of the next label (`…00000002.其他法律`) is no digit of this row.
fn without_next_number(digits: &str, after: &str) -> String {
    let numbered = after.starts_with(['.', '．', '、']);
    digits[..digits.len() - usize::from(numbered && !digits.is_empty())].to_owned()
}

/// The only way to cut `digits` into seven numbers that sum; none where there are several.
fn only_cut(digits: &str) -> Option<Vec<String>> {
    if !(7..=MAX_DIGITS).contains(&digits.len()) {
        return None;
    }
    let mut search = Search { digits, cut: Vec::new(), found: Vec::new(), steps: 0 };
    search.go(0, 0);
    match search.found.as_slice() {
        [only] if search.steps < MAX_STEPS => {
            Some(only.iter().map(|(from, to)| digits[*from..*to].to_owned()).collect())
        }
        _ => None,
    }
}

const MAX_STEPS: usize = 200_000;

struct Search<'a> {
    digits: &'a str,
    cut: Vec<(usize, usize)>,
    found: Vec<Vec<(usize, usize)>>,
    steps: usize,
}

impl Search<'_> {
    fn go(&mut self, at: usize, sum: u64) {
        self.steps += 1;
        if self.steps >= MAX_STEPS || self.found.len() > 1 {
            return;
        }
        if self.cut.len() == 6 {
            let last = &self.digits[at..];
            if last == sum.to_string() {
                let mut cut = self.cut.clone();
                cut.push((at, self.digits.len()));
                self.found.push(cut);
            }
            return;
        }
        let left = 6 - self.cut.len();
        for end in at + 1..=(self.digits.len() - left).min(at + 9) {
            let part = &self.digits[at..end];
            if part.len() > 1 && part.starts_with('0') {
                return;
            }
            let Ok(number) = part.parse::<u64>() else { return };
            self.cut.push((at, end));
            self.go(end, sum + number);
            self.cut.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::only_cut;

    #[test]
    fn one_cut_or_none() {
        for (digits, cut) in [
            ("0000000", Some("0 0 0 0 0 0 0")),
            ("230000023", Some("23 0 0 0 0 0 23")),
            ("136122520451283214069", Some("13612 252 0 45 128 32 14069")),
            ("7000007", Some("7 0 0 0 0 0 7")),
            ("1100002", Some("1 1 0 0 0 0 2")),
            // 11 + 0 and 1 + 10 both make 11.
            ("110000011", None),
            ("123", None),
        ] {
            assert_eq!(only_cut(digits).map(|cut| cut.join(" ")).as_deref(), cut, "{digits}");
        }
    }
}
