//! The year in a text: where it stands, in digits or Chinese numerals, and which of several is meant.

use std::sync::LazyLock;

use memchr::memmem;

use crate::parse::label::numeral;

/// A year where a text has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct YearAt {
    pub year: i16,
    /// Byte range of its four digits or numerals.
    pub span: (usize, usize),
    pub form: Numerals,
}

/// How a year is written: `2023年`, `二〇二三年`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numerals {
    Arabic,
    Chinese,
}

impl YearAt {
    /// What follows the year and its 年.
    pub fn after<'t>(&self, text: &'t str) -> &'t str {
        text[self.span.1..].trim_start().strip_prefix('年').unwrap_or(&text[self.span.1..])
    }

    /// Whether it is a month's year (2024年1月, 二〇二四年一月), which says when something happened.
    fn of_a_month(&self, text: &str) -> bool {
        let after = self.after(text).trim_start();
        match self.form {
            Numerals::Arabic => after.starts_with(|c: char| c.is_ascii_digit()),
            Numerals::Chinese => after.trim_start_matches(|c| numeral(c).is_some() || c == '十').starts_with('月'),
        }
    }
}

/// The first year directly before 年 or 年度.
pub fn at(text: &str) -> Option<YearAt> {
    static YEAR: LazyLock<memmem::Finder<'static>> = LazyLock::new(|| memmem::Finder::new("年"));
    YEAR.find_iter(text.as_bytes()).find_map(|at| {
        let before = text[..at].trim_end();
        in_digits(before).or_else(|| in_numerals(before))
    })
}

/// The first year directly before 年 or 年度, however it is written.
pub fn first(text: &str) -> Option<i16> {
    at(text).map(|at| at.year)
}

/// Four digits, no more, at a text's end.
fn in_digits(text: &str) -> Option<YearAt> {
    let digits = text.bytes().rev().take(5).take_while(u8::is_ascii_digit).count();
    let from = text.len() - digits;
    let year = (digits == 4).then(|| text[from..].parse().ok()).flatten().filter(is_plausible)?;
    Some(YearAt { year, span: (from, text.len()), form: Numerals::Arabic })
}

/// 二〇二三, 二○二三 or 二0二三 at a text's end.
fn in_numerals(text: &str) -> Option<YearAt> {
    fn digit(c: char) -> Option<u32> {
        match c {
            '◯' | 'O' | 'o' | 'Ｏ' => Some(0),
            _ => numeral(c).or(c.to_digit(10)),
        }
    }
    let (from, _) = text.char_indices().rev().nth(3).filter(|(_, first)| *first == '二')?;
    let year = text[from..].chars().try_fold(0, |year, c| Some(year * 10 + digit(c)? as i16)).filter(is_plausible)?;
    Some(YearAt { year, span: (from, text.len()), form: Numerals::Chinese })
}

fn is_plausible(year: &i16) -> bool {
    (2003..=2099).contains(year)
}

/// The year of a title: one of a month (2024年1月公布的…2023年…) only where there is no other; else four digits that no 年 follows.
pub fn of_title(title: &str) -> Option<i16> {
    let mut rest = title;
    while let Some(found) = at(rest) {
        if !found.of_a_month(rest) {
            return Some(found.year);
        }
        rest = found.after(rest);
    }
    first(title).or_else(|| bare_year(title))
}

/// `…年度报告(2023)`, `2023政府信息公开年报`: four digits alone.
fn bare_year(title: &str) -> Option<i16> {
    let runs = title.split(|c: char| !c.is_ascii_digit()).filter(|run| run.len() == 4);
    let mut years = runs.filter_map(|run| run.parse().ok()).filter(is_plausible);
    years.next().filter(|_| years.next().is_none() && !title.contains('号'))
}

/// The year that a period ends in: `2022年12月1日至2023年11月30日`.
pub fn of_period(sentence: &str) -> Option<i16> {
    let begins = at(sentence)?;
    let near: String = begins.after(sentence).chars().take(24).take_while(|c| *c != '。').collect();
    let ends =
        first(&near).filter(|ends| *ends == begins.year + 1 && near.contains(['至', '到', '—', '-', '~', '～', '－']));
    ends.or(Some(begins.year))
}

/// The year a sentence about the report begins with: not that of the law it names (2019年修订的《…条例》, （2019年4月3日…）).
pub fn of_sentence(sentence: &str) -> Option<i16> {
    let mut rest = sentence;
    while let Some(found) = at(rest) {
        let after = found.after(rest);
        let of_a_law = ["修订", "修正", "新修订", "施行", "颁布"].iter().any(|word| after.starts_with(word));
        if !of_a_law && !found.of_a_month(rest) {
            return Some(found.year);
        }
        rest = after;
    }
    first(sentence)
}

/// Whether a sentence counts over several years: 2019年至2023年.
pub fn spans_several(sentence: &str) -> bool {
    let mut rest = sentence;
    while let Some(found) = at(rest) {
        let after = found.after(rest);
        let to =
            after.trim_start_matches(|c: char| !matches!(c, '至' | '到' | '—' | '-' | '~' | '～' | '－' | '。' | '，'));
        let near = after.len() - to.len() <= 24 && to.starts_with(['至', '到', '—', '-', '~', '～', '－']);
        if near && at(to).is_some_and(|ends| ends.span.0 <= 6 && ends.year != found.year) {
            return true;
        }
        rest = after;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_of_titles_and_periods() {
        for (title, year) in [
            ("2024年1月公布的水利局2023年政府信息公开工作年度报告", Some(2023)),
            ("水利局政府信息公开工作年度报告(2023)", Some(2023)),
            ("水利局2023政府信息公开工作年度报告", Some(2023)),
            ("水利局2023年1月至12月政府信息公开年报", Some(2023)),
            ("水利局〔2021〕30号政府信息公开年报", None),
        ] {
            assert_eq!(of_title(title), year, "{title}");
        }
        for (period, year) in [
            ("统计期限自2022年12月1日至2023年11月30日", 2023),
            ("统计期限为2023年1月1日至12月31日。2024年", 2023),
            ("统计期限自2023年1月1日起至2023年12月31日止", 2023),
        ] {
            assert_eq!(of_period(period), Some(year), "{period}");
        }
    }

    #[test]
    fn where_a_year_stands() {
        for (text, found, form) in [
            ("统计期限自二〇二三年起", "二〇二三", Numerals::Chinese),
            ("于二0二三 年度", "二0二三", Numerals::Chinese),
            ("第12023号, 2023 年", "2023", Numerals::Arabic),
        ] {
            let at = at(text).unwrap();
            assert_eq!((at.year, &text[at.span.0..at.span.1], at.form), (2023, found, form), "{text}");
        }
        for none in ["12023年", "二三年", "1999年", "2023"] {
            assert_eq!(at(none), None, "{none}");
        }
    }
}
