//! Titles and anchors: how much their words promise an annual report (shared/sites.md 5.3), and the year and agency in them.

use std::borrow::Cow;

use crate::parse::label::{folded_text, numeral};

/// Words that mean something else whatever stands beside them.
const STRONG: [&str; 15] = [
    "解读",
    "图解",
    "一图读懂",
    "编制说明",
    "起草说明",
    "通知",
    "通报",
    "格式",
    "模板",
    "填报",
    "培训",
    "会议",
    "报表",
    "学年",
    "报告制度",
];
/// Words that mean something else unless the title says 政府信息公开…年度报告 outright: agency names contain them.
const WEAK: [&str; 17] = [
    "法治政府",
    "决算",
    "预算",
    "绩效",
    "指南",
    "制度",
    "目录",
    "办法",
    "规定",
    "清单",
    "企业",
    "事业单位法人",
    "学校",
    "大学",
    "统计年报",
    "政府工作报告",
    "基金",
];

/// At least this much: worth a look.
pub const CANDIDATE: i32 = 35;
/// At least this much: a report, or the column that lists them.
pub const REPORT: i32 = 60;

/// The score of a title or anchor text.
pub fn score(text: &str) -> i32 {
    let text = squeezed(text);
    let core = core(&text).is_some();
    let soft = text.contains("年度报告") || text.contains("年报");
    let mut score = if core {
        60
    } else if soft {
        15
    } else {
        0
    };
    if year(&text).is_some() {
        score += 20;
    }
    if text.contains("信息公开") {
        score += 10;
    }
    if STRONG.iter().any(|word| text.contains(word)) {
        score -= 70;
    }
    if !core && WEAK.iter().any(|word| text.contains(word)) {
        score -= 70;
    }
    score
}

/// White space dropped, brackets as full-width ones are folded to ASCII.
pub fn squeezed(text: &str) -> Cow<'_, str> {
    folded_text(text, |c| match c {
        '\u{FEFF}' => None,
        '（' => Some('('),
        '）' => Some(')'),
        '０'..='９' => char::from_u32(c as u32 - 0xFEE0),
        '報' => Some('报'),
        '開' => Some('开'),
        '總' => Some('总'),
        _ => (!c.is_whitespace()).then_some(c),
    })
}

/// Where `(政府)?信息公开(工作)?(的)?(年度(工作)?(总结)?报告|年报|工作报告|…总结(报告)?)` stands: byte range.
pub fn core(text: &str) -> Option<(usize, usize)> {
    let mut from = 0;
    while let Some(at) = text[from..].find("信息公开").map(|n| n + from) {
        let start = text[..at].strip_suffix("政府").map_or(at, str::len);
        let mut end = at + "信息公开".len();
        let mut rest = &text[end..];
        for (optional, tails) in [("", TAILS), ("工作", TAILS), ("的", TAILS), ("工作的", TAILS)] {
            if let Some(after) = rest.strip_prefix(optional)
                && let Some(tail) = tails.iter().find(|tail| after.starts_with(**tail))
            {
                end += optional.len() + tail.len();
                return Some((start, end));
            }
        }
        // 2023年度…政府信息公开2023年年度报告: a year between the two halves.
        if let Some(years) = rest.find(|c: char| !c.is_ascii_digit()).filter(|n| *n == 4) {
            rest = rest[years..].trim_start_matches(['年', '度']);
            if let Some(tail) = TAILS.iter().find(|tail| rest.starts_with(**tail)) {
                end = text.len() - rest.len() + tail.len();
                return Some((start, end));
            }
        }
        from = at + "信息公开".len();
    }
    None
}

const TAILS: &[&str] = &[
    "年度工作总结报告",
    "年度工作报告",
    "年度总结报告",
    "年度报告",
    "年度总结",
    "工作年度报告",
    "工作年度总结",
    "工作总结报告",
    "工作总结",
    "工作报告",
    "年报",
    "总结报告",
    "总结",
    "情况年度报告",
    "情况的年度报告",
    "工作情况年度报告",
    "工作情况报告",
];

/// Whether a title is of something about the report, though it names the report: its explanation, its template.
pub fn is_about_reports(text: &str) -> bool {
    ["解读", "图解", "读懂", "编制说明", "起草说明", "格式", "模板", "报告制度"].iter().any(|word| text.contains(word))
}

/// Whether a title is plainly of another document, whatever else stands on the page.
pub fn is_of_something_else(text: &str) -> bool {
    const OTHERS: [&str; 8] = ["法治政府", "法治建设", "决算", "预算", "学年", "报表", "统计年报", "政府工作报告"];
    let text = squeezed(text);
    is_about_reports(&text) || core(&text).is_none() && OTHERS.iter().any(|word| text.contains(word))
}

/// The first year directly before 年 or 年度 (or the last letters of a directory name, `2023n`).
pub fn year(text: &str) -> Option<i16> {
    let text = &*with_digits(text);
    let bytes = text.as_bytes();
    let mut at = 0;
    while at + 4 <= bytes.len() {
        let digits = bytes[at..].iter().take_while(|b| b.is_ascii_digit()).count();
        if digits == 4
            && let Ok(year @ 2003..=2099) = text[at..at + 4].parse::<i16>()
        {
            let after = text[at + 4..].trim_start();
            if after.starts_with('年') {
                return Some(year);
            }
        }
        at += digits.max(1);
    }
    None
}

/// The year of a title: one of a month (2024年1月公布的…2023年…) only where there is no other; else four digits that no 年 follows.
pub fn year_of_title(title: &str) -> Option<i16> {
    let title = &*with_digits(title);
    let mut rest = title;
    while let Some(found) = year(rest) {
        let at = rest.find(&found.to_string())? + 4;
        if !rest[at..].trim_start_matches('年').starts_with(|c: char| c.is_ascii_digit()) {
            return Some(found);
        }
        rest = &rest[at..];
    }
    year(title).or_else(|| bare_year(title))
}

/// `…年度报告(2023)`, `2023政府信息公开年报`: four digits alone.
fn bare_year(title: &str) -> Option<i16> {
    let runs = title.split(|c: char| !c.is_ascii_digit()).filter(|run| run.len() == 4);
    let mut years = runs.filter_map(|run| run.parse().ok()).filter(|year| (2003..=2099).contains(year));
    years.next().filter(|_| years.next().is_none() && !title.contains('号'))
}

/// The year that a period ends in: `2022年12月1日至2023年11月30日`.
pub fn year_of_period(sentence: &str) -> Option<i16> {
    let begins = year(sentence)?;
    let rest = &sentence[sentence.find(&begins.to_string())? + 4..];
    let near: String = rest.chars().take(24).take_while(|c| *c != '。').collect();
    let ends = year(&near).filter(|ends| *ends == begins + 1 && near.contains(['至', '到', '—', '-', '~', '～', '－']));
    ends.or(Some(begins))
}

/// A year in Chinese numerals (二〇二三年, 二○二三年, 二0二三年) in digits.
fn with_digits(text: &str) -> Cow<'_, str> {
    fn digit(c: char) -> Option<u32> {
        match c {
            '◯' | 'O' | 'o' | 'Ｏ' => Some(0),
            _ => numeral(c).or(c.to_digit(10)),
        }
    }
    for (at, _) in text.match_indices('二') {
        let mut end = at;
        let mut digits = String::new();
        for c in text[at..].chars().take(4) {
            end += c.len_utf8();
            digits.extend(digit(c).and_then(|n| char::from_digit(n, 10)));
        }
        if digits.len() == 4 && digits.starts_with("20") && text[end..].starts_with('年') {
            return [&text[..at], &digits, &text[end..]].concat().into();
        }
    }
    text.into()
}

/// The agency in a title: what is left without year, core words and 关于.
pub fn agency(title: &str) -> Option<String> {
    let title = squeezed(title);
    let title = with_digits(&title);
    let (start, end) = core(&title)?;
    let before = &title[..start];
    let name = without_years(&before.replace("关于", ""));
    let name = name.trim_matches(|c: char| {
        matches!(c, '《' | '》' | '-' | '—' | '_' | '·' | ':' | '：' | '|' | '的' | '"' | '“' | '”' | '　')
            || c.is_ascii_digit()
    });
    let name = name.rsplit(['】', ']', '|', '：', '的']).next().unwrap_or(name);
    let after = title[end..].trim();
    let name = if name.is_empty() { after.trim_matches(['(', ')', '-', '_']) } else { name };
    is_agency(name).then(|| name.to_owned())
}

/// `2023年度`, `2023年`, `2023年年度` taken out.
fn without_years(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let after = rest[digits..].strip_prefix('年').filter(|_| digits == 4);
        match after {
            Some(after) => rest = after.strip_prefix("年度").or(after.strip_prefix('度')).unwrap_or(after),
            None => {
                out.push_str(&rest[..digits]);
                rest = &rest[digits..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// Whether a text can be the name of an agency or a place that reports.
pub fn is_agency(name: &str) -> bool {
    const ENDINGS: [&str; 42] = [
        "局",
        "厅",
        "委",
        "委员会",
        "办公室",
        "办",
        "政府",
        "部",
        "署",
        "院",
        "所",
        "中心",
        "队",
        "总队",
        "支队",
        "会",
        "处",
        "站",
        "区",
        "县",
        "市",
        "省",
        "镇",
        "乡",
        "街道",
        "办事处",
        "公司",
        "室",
        "馆",
        "台",
        "社",
        "行",
        "旗",
        "盟",
        "州",
        "场",
        "校",
        "大学",
        "医院",
        "机关",
        "党组",
        "联社",
    ];
    let length = name.chars().count();
    (3..=40).contains(&length)
        && name.chars().all(|c| matches!(c, '\u{3400}'..='\u{9FFF}' | '(' | ')' | '、' | '·'))
        && ENDINGS.iter().any(|ending| name.trim_end_matches(')').ends_with(ending))
        && !["我局", "我厅", "我委", "我市", "我县", "我区", "本局", "本机关", "本单位", "政府信息公开办"]
            .iter()
            .any(|word| name.starts_with(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_titles_pass_and_look_alikes_fail() {
        for title in [
            "四川省人力资源和社会保障厅2023年政府信息公开工作年度报告",
            "2023年度信息公开工作年度报告",
            "2021年度政府信息公开工作报告(文字版)",
            "2020年度政府信息公开工作报告",
            "2017年通化市人力资源和社会保障局政府信息公开年度报告",
            "2023年度静安区政府信息公开年度工作报告",
            "信息公开工作总结报告",
            "政府信息公开年报",
            "人社分局2021年度政府信息公开工作年度报告",
            "某大学所在街道2022年政府信息公开工作年度报告",
        ] {
            assert!(score(title) >= REPORT, "{title}: {}", score(title));
        }
        for title in [
            "《莘县2022年政府信息公开工作年度报告》解读",
            "政府网站工作年度报表",
            "2023年法治政府建设年度报告",
            "2023年部门决算",
            "关于做好2023年政府信息公开工作年度报告编制工作的通知",
            "政府信息公开工作年度报告格式",
            "政府信息公开工作年度报告制度",
            "政府信息公开指南",
        ] {
            assert!(score(title) < CANDIDATE, "{title}: {}", score(title));
        }
    }

    #[test]
    fn years_of_titles_and_periods() {
        for (title, year) in [
            ("2024年1月公布的水利局2023年政府信息公开工作年度报告", Some(2023)),
            ("水利局政府信息公开工作年度报告(2023)", Some(2023)),
            ("水利局2023政府信息公开工作年度报告", Some(2023)),
            ("水利局2023年1月至12月政府信息公开年报", Some(2023)),
            ("水利局〔2021〕30号政府信息公开年报", None),
        ] {
            assert_eq!(year_of_title(title), year, "{title}");
        }
        for (period, year) in [
            ("统计期限自2022年12月1日至2023年11月30日", 2023),
            ("统计期限为2023年1月1日至12月31日。2024年", 2023),
            ("统计期限自2023年1月1日起至2023年12月31日止", 2023),
        ] {
            assert_eq!(year_of_period(period), Some(year), "{period}");
        }
    }

    #[test]
    fn year_and_agency_of_a_title() {
        for (title, year_of, agency_of) in [
            (
                "四川省人力资源和社会保障厅2023年政府信息公开工作年度报告",
                Some(2023),
                Some("四川省人力资源和社会保障厅"),
            ),
            ("2019年上海市人民政府办公厅政府信息公开工作年度报告", Some(2019), Some("上海市人民政府办公厅")),
            ("平潭综合实验区2017 年度政府信息公开工作年度报告", Some(2017), Some("平潭综合实验区")),
            ("2024年政府信息公开工作年度报告", Some(2024), None),
            ("丽水市农业农村局二〇二三年政府信息公开工作年度报告", Some(2023), Some("丽水市农业农村局")),
            ("丽水市农业农村局二0二三年度政府信息公开年报", Some(2023), Some("丽水市农业农村局")),
            ("丽水市农业农村局二○一九年政府信息公开年度报告", Some(2019), Some("丽水市农业农村局")),
            ("沐阳县人民政府 2025 年 政府信息公开工作年度报告", Some(2025), Some("沐阳县人民政府")),
        ] {
            assert_eq!((year(&squeezed(title)), agency(title).as_deref()), (year_of, agency_of), "{title}");
        }
    }
}
