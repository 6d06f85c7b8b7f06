//! What stands in a cell: number, blank, dash, slash, a number with a remark, or something that can't be read.

use std::borrow::Cow;

use super::label::{folded_text, numeral};
use super::reading::CellState;

/// A cell as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content<'t> {
    pub state: CellState,
    /// Plain decimal, no separators, no plus sign.
    pub value: Option<Cow<'t, str>>,
    /// The unit printed in the cell.
    pub unit: Option<&'static str>,
}

impl Content<'_> {
    fn nothing(state: CellState) -> Content<'static> {
        Content { state, value: None, unit: None }
    }

    /// The same, whatever becomes of the cell.
    pub fn into_owned(self) -> Content<'static> {
        Content { value: self.value.map(|value| Cow::Owned(value.into_owned())), ..self }
    }

    /// Whether the cell can be a value of the form at all.
    pub fn is_value(&self) -> bool {
        self.state != CellState::Unreadable
    }
}

const UNITS: [&str; 24] = [
    "万元", "亿元", "千元", "元", "件次", "人次", "件", "个", "项", "条", "次", "篇", "人", "份", "宗", "起", "部",
    "家", "例", "场", "期", "户", "张", "册",
];

/// Words for nothing, which say no more than a dash does.
const NOTHING: [&str; 9] = ["无", "暂无", "没有", "未发生", "无此项", "不适用", "N/A", "n/a", "NA"];

/// Reads the text of a cell.
pub fn content(text: &str) -> Content<'static> {
    if !may_begin_a_value(text) {
        return Content::nothing(CellState::Unreadable);
    }
    let plain = plain(text);
    if plain.is_empty() {
        return Content::nothing(CellState::Blank);
    }
    if plain.chars().all(|c| c == '-') {
        return Content::nothing(CellState::Dash);
    }
    if matches!(&*plain, "/" | "//" | "\\") {
        return Content::nothing(CellState::Slash);
    }
    if NOTHING.contains(&&*plain) {
        return Content::nothing(CellState::Dash);
    }
    let unreadable = Content::nothing(CellState::Unreadable);
    let words = plain.starts_with(is_numeral).then(|| in_words(&plain)).flatten();
    if let Some((value, unit)) = words {
        return Content { state: CellState::Remark, value: Some(value.to_string().into()), unit };
    }
    if !is_one_number(text) {
        return unreadable;
    }
    let (sign, rest) = signed(&plain);
    let Some((number, rest)) = number(rest) else { return unreadable };
    let value = format!("{sign}{number}");
    let unit = UNITS.iter().find(|unit| rest.starts_with(**unit)).copied();
    let rest = &rest[unit.map_or(0, str::len)..];
    let with_unit = |state| Content { state, value: Some(value.clone().into()), unit };
    match rest {
        "" if unit.is_none() && plain.starts_with(|c: char| c.is_ascii_digit()) => with_unit(CellState::Number),
        "" if unit.is_none() && matches!(plain.chars().next(), Some('-' | '+')) => with_unit(CellState::Number),
        "" => with_unit(CellState::Remark),
        remark if remark.starts_with('(') && remark.ends_with(')') => with_unit(CellState::Remark),
        remark if remark.starts_with('[') && remark.ends_with(']') => with_unit(CellState::Remark),
        mark if mark.chars().count() == 1 && mark.starts_with(is_note_mark) => with_unit(CellState::Remark),
        _ => unreadable,
    }
}

/// Whether the first character is one that a value begins with: most labels are told from values by it.
fn may_begin_a_value(text: &str) -> bool {
    text.chars().find(|c| !is_unseen(*c)).is_none_or(|first| {
        matches!(first, '0'..='9' | '０'..='９' | '-' | '－' | '+' | '＋' | '/' | '／' | '\\' | '＼' | '无' | '减' | '增')
            || matches!(first, '暂' | '没' | '未' | '不' | 'N' | 'n' | '↑' | '↓')
            || is_numeral(first) && may_be_in_words(text)
            || is_dash_like(first, text)
    })
}

/// Signs as printed: `-18`, `+1036`, `减4`, `增3`.
fn signed(text: &str) -> (&'static str, &str) {
    for (mark, sign) in
        [("-", "-"), ("+", ""), ("减少", "-"), ("减", "-"), ("增加", ""), ("增", ""), ("↓", "-"), ("↑", "")]
    {
        if let Some(rest) = text.strip_prefix(mark) {
            return (sign, rest);
        }
    }
    ("", text)
}

/// The leading number without its separators, and what follows.
fn number(text: &str) -> Option<(String, &str)> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ','))).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (digits, None),
    };
    let groups: Vec<&str> = whole.split(',').collect();
    let grouped = groups.len() == 1 || (groups[0].len() <= 3 && groups[1..].iter().all(|group| group.len() == 3));
    let all_digits = groups.iter().all(|group| !group.is_empty() && group.bytes().all(|b| b.is_ascii_digit()));
    let fraction_fits = fraction.is_none_or(|f| !f.is_empty() && f.len() <= 9 && f.bytes().all(|b| b.is_ascii_digit()));
    if !grouped || !all_digits || !fraction_fits || whole.len() > 20 {
        return None;
    }
    let whole = groups.concat();
    Some((fraction.map_or(whole.clone(), |f| format!("{whole}.{f}")), rest))
}

/// A mark that leads to a note below the table: `12①`, `12*`.
fn is_note_mark(c: char) -> bool {
    matches!(c, '①'..='⑳' | '⑴'..='⒇' | '*' | '※' | '#' | '†' | '¹' | '²' | '³')
}

/// Digits apart are one number where they are groups of three (`1 234`) or stand each alone (`1 2`); `12 15` is two.
fn is_one_number(text: &str) -> bool {
    let mut parts = text.split(|c: char| c.is_whitespace()).filter(|part| !part.is_empty() && *part != "\u{FEFF}");
    let Some(first) = parts.next() else { return true };
    let digits = |part: &str| {
        let count = part.chars().count();
        part.chars().all(|c| matches!(c, '0'..='9' | '０'..='９')).then_some(count)
    };
    let Some(first) = digits(first) else { return true };
    let (mut threes, mut ones) = (first <= 3, first == 1);
    for part in parts {
        let point = part.find(['.', '．']);
        let Some(count) = digits(&part[..point.unwrap_or(part.len())]) else { return true };
        if count > 0 {
            (threes, ones) = (threes && count == 3, ones && count == 1);
        }
        // What follows the point is no group of thousands.
        if point.is_some() {
            break;
        }
    }
    threes || ones || digits(text.trim()).is_some()
}

fn is_numeral(c: char) -> bool {
    digit_in_words(c).is_some() || matches!(c, '十' | '百')
}

/// By a quick look: many labels and sentences begin with a numeral, and end in no unit.
fn may_be_in_words(text: &str) -> bool {
    const LONGEST: usize = 16 * '件'.len_utf8();
    text.len() <= LONGEST && (text.len() <= '零'.len_utf8() || UNITS.iter().any(|unit| text.trim_end().ends_with(unit)))
}

fn digit_in_words(c: char) -> Option<u64> {
    numeral(c).or((c == '两').then_some(2)).map(u64::from)
}

/// A number in words with its unit (`一百二十三件`), or 零 alone. Without a unit it may be a numeral that leads a label.
fn in_words(plain: &str) -> Option<(u64, Option<&'static str>)> {
    if matches!(plain, "零" | "〇" | "○") {
        return Some((0, None));
    }
    let end = plain.find(|c: char| digit_in_words(c).is_none() && !matches!(c, '十' | '百' | '千' | '万'))?;
    let (words, rest) = plain.split_at(end);
    // 万 may belong to the number or, in 万元, to the unit.
    let (words, rest) = match words.strip_suffix('万') {
        Some(before) if rest == "元" => (before, &plain[before.len()..]),
        _ => (words, rest),
    };
    let unit = UNITS.iter().find(|unit| **unit == rest).copied()?;
    let (mut total, mut section, mut digit) = (0, 0, None);
    for c in words.chars() {
        match (digit_in_words(c), c) {
            // 二三 without a power between them is a row of digits, as years are written.
            (Some(n), _) if digit.is_none_or(|before| before == 0) => digit = Some(n),
            (None, '万') if total == 0 => {
                total = (section + digit.take().unwrap_or(0)) * 10_000;
                section = 0;
            }
            (None, '十' | '百' | '千') => {
                let power = [('十', 10), ('百', 100), ('千', 1_000)].iter().find(|(word, _)| *word == c)?.1;
                section += digit.take().filter(|n| *n > 0).unwrap_or(1) * power;
            }
            _ => return None,
        }
    }
    (!words.is_empty()).then_some((total + section + digit.unwrap_or(0), Some(unit)))
}

/// Half-width, without white space; every kind of minus and dash as `-`.
fn plain(text: &str) -> Cow<'_, str> {
    folded_text(text, |c| match c {
        _ if is_unseen(c) => None,
        _ if is_dash_like(c, text) => Some('-'),
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0),
        '〔' | '【' => Some('['),
        '〕' | '】' => Some(']'),
        _ => Some(c),
    })
}

fn is_unseen(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{FEFF}' | '\u{200B}'..='\u{200F}' | '\u{AD}' | '\u{2060}'..='\u{2064}')
}

/// Every kind of minus and dash; the numeral 一 alone in a cell is a dash that an editor turned into a character.
fn is_dash_like(c: char, text: &str) -> bool {
    matches!(c, '−' | '—' | '–' | '―' | '‐' | '‑' | '─' | '━' | '‒' | '﹣' | '﹘' | 'ー' | '⸺' | '⸻')
        || (c == '一' && text.trim() == "一")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_a_cell_stands() {
        use CellState::*;
        for (text, state, value) in [
            ("0", Number, Some("0")),
            (" 152 ", Number, Some("152")),
            ("１２", Number, Some("12")),
            ("1,234", Number, Some("1234")),
            ("1，234，567", Number, Some("1234567")),
            ("1 234", Number, Some("1234")),
            ("19761.95", Number, Some("19761.95")),
            ("5949.088667", Number, Some("5949.088667")),
            ("11398889", Number, Some("11398889")),
            ("-18", Number, Some("-18")),
            ("－18", Number, Some("-18")),
            ("+1036", Number, Some("1036")),
            ("减4", Remark, Some("-4")),
            ("增加3项", Remark, Some("3")),
            ("增2", Remark, Some("2")),
            ("22（其中修订 16 件）", Remark, Some("22")),
            ("55(含自然失效29件)", Remark, Some("55")),
            ("251000元", Remark, Some("251000")),
            ("5.2万元", Remark, Some("5.2")),
            ("", Blank, None),
            ("\u{A0}\u{3000}", Blank, None),
            ("-", Dash, None),
            ("——", Dash, None),
            ("—", Dash, None),
            ("一", Dash, None),
            ("/", Slash, None),
            ("／", Slash, None),
            ("1.属于国家秘密", Unreadable, None),
            ("1,23", Unreadable, None),
            ("1..2", Unreadable, None),
            ("2023年", Unreadable, None),
            ("见附件", Unreadable, None),
            ("暂无", Dash, None),
            ("N/A", Dash, None),
            ("━", Dash, None),
            ("↓2", Remark, Some("-2")),
            ("12①", Remark, Some("12")),
            ("12*", Remark, Some("12")),
            ("12[1]", Remark, Some("12")),
            ("\u{AD}21\u{200D}0", Number, Some("210")),
            ("1 2 3", Number, Some("123")),
            ("12 15", Unreadable, None),
            ("12 345.5", Number, Some("12345.5")),
            ("7 1 3 . 2 2", Number, Some("713.22")),
            ("12-15", Unreadable, None),
            ("约12", Unreadable, None),
            ("12%", Unreadable, None),
            ("1O5", Unreadable, None),
            ("零", Remark, Some("0")),
            ("一百二十三件", Remark, Some("123")),
            ("十件", Remark, Some("10")),
            ("一千零五项", Remark, Some("1005")),
            ("二万三千件", Remark, Some("23000")),
            ("五万元", Remark, Some("5")),
            ("二三件", Unreadable, None),
            ("三", Unreadable, None),
            ("十二", Unreadable, None),
            ("3个工作日内", Unreadable, None),
            ("1234567890123456789012", Unreadable, None),
        ] {
            let read = content(text);
            assert_eq!((read.state, read.value.as_deref()), (state, value), "{text:?}");
        }
    }
}
