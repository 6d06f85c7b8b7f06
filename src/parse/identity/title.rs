//! Titles and anchors: how much their words promise an annual report (shared/sites.md 5.3), and the agency in them.

use std::borrow::Cow;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::year;
use crate::parse::label::folded_text;

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
    let words = Words::of(&text);
    let core = words.disclosure && core(&text).is_some();
    let mut score = if core {
        60
    } else if words.soft {
        15
    } else {
        0
    };
    if year::first(&text).is_some() {
        score += 20;
    }
    if words.disclosure {
        score += 10;
    }
    if words.strong {
        score -= 70;
    }
    if !core && words.weak {
        score -= 70;
    }
    score
}

/// Which kinds of words a text has: each link of a page is asked for all of them.
#[derive(Default)]
struct Words {
    disclosure: bool,
    soft: bool,
    strong: bool,
    weak: bool,
}

impl Words {
    fn of(text: &str) -> Words {
        const SOFT: [&str; 2] = ["年度报告", "年报"];
        const FIRST_STRONG: usize = 1 + SOFT.len();
        const FIRST_WEAK: usize = FIRST_STRONG + STRONG.len();
        static ALL: LazyLock<AhoCorasick> = LazyLock::new(|| {
            let words = ["信息公开"].into_iter().chain(SOFT).chain(STRONG).chain(WEAK);
            AhoCorasick::builder().kind(Some(AhoCorasickKind::DFA)).build(words).expect("a few short words")
        });
        let mut words = Words::default();
        for found in ALL.find_overlapping_iter(text) {
            match found.pattern().as_usize() {
                0 => words.disclosure = true,
                1..FIRST_STRONG => words.soft = true,
                FIRST_STRONG..FIRST_WEAK => words.strong = true,
                _ => words.weak = true,
            }
        }
        words
    }
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
        let rest = &text[at + "信息公开".len()..];
        for optional in ["", "工作", "的", "工作的"] {
            let Some(after) = rest.strip_prefix(optional) else { continue };
            // 2023年度…政府信息公开工作2023年年度报告: a year between the two halves.
            let year = year::at(after).filter(|found| found.span.0 == 0);
            let behind = year.map_or("", |found| &after[found.span.1..]);
            let tails = [after, behind, behind.strip_prefix('年').unwrap_or_default()];
            for rest in tails {
                if let Some(tail) = TAILS.iter().find(|tail| rest.starts_with(**tail)) {
                    return Some((start, text.len() - rest.len() + tail.len()));
                }
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
    "情况的报告",
    "情况报告",
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

/// The agency in a title: what is left without year, core words and 关于.
pub fn agency(title: &str) -> Option<String> {
    let title = squeezed(title);
    let (start, end) = core(&title)?;
    // …市人民政府信息公开工作年度报告: the government's own last word is the first of the report's.
    let start = if title[..start].ends_with("人民") { start + "政府".len() } else { start };
    let before = without_years(&title[..start]);
    // …局关于公布《2021年政府信息公开工作年度报告》的公告.
    let announced_by = before.split_once("关于").map(|(by, _)| by).filter(|by| is_agency(by));
    let name = announced_by.map_or_else(|| before.replace("关于", ""), str::to_owned);
    let name = name.trim_matches(|c: char| {
        matches!(c, '《' | '》' | '-' | '—' | '_' | '·' | ':' | '：' | '|' | '的' | '"' | '“' | '”' | '　')
            || c.is_ascii_digit()
    });
    let name = name.rsplit(['】', ']', '|', '：', '的']).next().unwrap_or(name);
    let after = title[end..].trim();
    let name = if name.is_empty() { after.trim_matches(['(', ')', '-', '_']) } else { name };
    is_agency(name).then(|| name.to_owned())
}

/// `2023年度`, `2023年`, `二〇二三年年度`, `2023年1月25日` taken out.
fn without_years(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(found) = year::at(rest) {
        out.push_str(&rest[..found.span.0]);
        let after = found.after(rest);
        rest = after.strip_prefix("年度").or(after.strip_prefix('度')).unwrap_or_else(|| without_day(after));
    }
    out.push_str(rest);
    out
}

/// What follows `1月25日`, or the text itself.
fn without_day(text: &str) -> &str {
    let number = |text: &'_ str| text.bytes().take(3).take_while(u8::is_ascii_digit).count();
    let part = |text: &'_ str, unit: char| match number(text) {
        digits @ 1..=2 => text[digits..].strip_prefix(unit).map(str::len),
        _ => None,
    };
    let tail = |length: Option<usize>| length.map_or(text, |length| &text[text.len() - length..]);
    let day = tail(part(text, '月'));
    part(day, '日').map_or(day, |length| &text[text.len() - length..])
}

/// Whether a text can be the name of an agency or a place that reports.
pub fn is_agency(name: &str) -> bool {
    const ENDINGS: [&str; 46] = [
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
        "海关",
        "中学",
        "小学",
        "幼儿园",
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
    fn year_and_agency_of_a_title() {
        for (title, year_of, agency_of) in [
            (
                "四川省人力资源和社会保障厅2023年政府信息公开工作年度报告",
                Some(2023),
                Some("四川省人力资源和社会保障厅"),
            ),
            ("2019年上海市人民政府办公厅政府信息公开工作年度报告", Some(2019), Some("上海市人民政府办公厅")),
            ("平潭综合实验区2017 年度政府信息公开工作年度报告", Some(2017), Some("平潭综合实验区")),
            ("2019年大冶市人民政府信息公开工作年度报告", Some(2019), Some("大冶市人民政府")),
            ("2024年政府信息公开工作年度报告", Some(2024), None),
            ("丽水市农业农村局二〇二三年政府信息公开工作年度报告", Some(2023), Some("丽水市农业农村局")),
            ("丽水市农业农村局二0二三年度政府信息公开年报", Some(2023), Some("丽水市农业农村局")),
            ("丽水市农业农村局二○一九年政府信息公开年度报告", Some(2019), Some("丽水市农业农村局")),
            ("沐阳县人民政府 2025 年 政府信息公开工作年度报告", Some(2025), Some("沐阳县人民政府")),
        ] {
            assert_eq!((year::first(&squeezed(title)), agency(title).as_deref()), (year_of, agency_of), "{title}");
        }
    }
}
