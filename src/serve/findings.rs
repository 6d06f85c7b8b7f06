//! Everything that fails, by rule and severity; filtered, counted, given out as CSV.

use std::collections::BTreeMap;

use askama::Template;
use axum::body::Body;
use axum::http::Response;
use rusqlite::Connection;

use super::Site;
use super::asked::Asked;
use super::compare::tame;
use super::coverage::{Choice, choices};
use super::door::{Trouble, download};
use super::overview::{Found, Overview};
use super::report::{self, Shown};
use super::shell::{Lang, Shell, grouped, html, named, plain, query};
use crate::dataset::{self, Mark, Marked};

const SHOWN: usize = 50;

/// What a rule is about.
pub fn rule(lang: Lang, rule: &str) -> String {
    rule_named(rule).map_or_else(|| rule.replace('_', " "), |(zh, en)| lang.w(zh, en).to_owned())
}

/// None for a rule that has no name yet.
pub fn rule_named(rule: &str) -> Option<(&'static str, &'static str)> {
    Some(match rule {
        "balance" => ("收办平衡", "balance"),
        "outcomes" => ("结果合计", "outcomes add up"),
        "applicants" => ("申请人合计", "applicants add up"),
        "challenges" => ("复议诉讼合计", "reviews and suits add up"),
        "narrative" => ("正文与表不符", "text against tables"),
        "carried_over" => ("结转衔接", "carried over"),
        "in_force" => ("现行有效衔接", "in force over years"),
        "disclosed_total" => ("公开总数衔接", "disclosed over years"),
        "items_last_year" => ("项目数衔接", "items over years"),
        "cumulative" => ("累计数衔接", "cumulative over years"),
        "year" => ("年份不一", "years differ"),
        "unit" => ("单位不一", "units differ"),
        "merged" => ("单元格合并", "merged cells"),
        "ambiguous" => ("含义不明", "ambiguous"),
        "glued" => ("数字粘连", "glued digits"),
        "no_table" => ("没有表格", "no table"),
        "incomplete" => ("表格不全", "incomplete"),
        "unreadable" => ("不能辨认", "unreadable"),
        "unmatched" => ("对不上栏目", "unmatched"),
        "extra_row" => ("多出的行", "extra row"),
        "repeated" => ("重复出现", "repeated"),
        "goes_on" => ("另有续页", "goes on elsewhere"),
        "part" => ("报告的续页", "a later page"),
        _ => return None,
    })
}

#[derive(Template)]
#[template(path = "findings.html")]
struct FindingsPage {
    shell: Shell,
    counts: Vec<Count>,
    severities: Vec<Choice>,
    rules: Vec<Choice>,
    years: Vec<Choice>,
    marks: Vec<Choice>,
    agency: String,
    found: String,
    shown: Vec<(i64, String, Shown)>,
    earlier: String,
    later: String,
    page: usize,
    pages: usize,
    csv: String,
    back: String,
    looking: bool,
}

struct Count {
    rule: String,
    severity: String,
    count: String,
    address: String,
}

struct Wanted<'a> {
    rule: Option<&'a str>,
    severity: Option<&'a str>,
    year: Option<i16>,
    agency: Option<&'a str>,
    mark: Option<&'a str>,
}

impl<'a> Wanted<'a> {
    fn of(asked: &'a Asked) -> Result<Wanted<'a>, Trouble> {
        Ok(Wanted {
            rule: asked.get("rule"),
            severity: asked.get("severity"),
            year: asked.number("year")?,
            agency: asked.get("agency"),
            mark: asked.get("mark"),
        })
    }

    fn holds(&self, one: &Found, marks: &std::collections::HashMap<Marked, Mark>) -> bool {
        let marked = || {
            let key = Marked { agency: one.agency.clone(), year: one.year, fingerprint: one.fingerprint.clone() };
            marks.get(&key).map_or("none", |mark| mark.verdict.as_str())
        };
        self.rule.is_none_or(|rule| one.rule == rule)
            && self.severity.is_none_or(|severity| one.severity == severity)
            && self.year.is_none_or(|year| one.year == year)
            && self.agency.is_none_or(|agency| one.agency.contains(agency))
            && self.mark.is_none_or(|mark| marked() == mark)
    }
}

/// Findings that an address asks for, of all pages.
pub fn wanted<'o>(overview: &'o Overview, connection: &Connection, asked: &Asked) -> Result<Vec<&'o Found>, Trouble> {
    let (wanted, marks) = (Wanted::of(asked)?, dataset::marks(connection)?);
    Ok(overview.findings.iter().filter(|one| wanted.holds(one, &marks)).collect())
}

pub fn page(site: &Site, connection: &Connection, asked: &Asked) -> Result<Response<Body>, Trouble> {
    let overview = site.overview();
    let found = wanted(&overview, connection, asked)?;
    let marks = dataset::marks(connection)?;
    let lang = asked.lang;
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for one in &found {
        *counts.entry((&one.rule, &one.severity)).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|((rule, _), count)| (std::cmp::Reverse(*count), *rule));
    let rules: std::collections::BTreeSet<&str> = overview.findings.iter().map(|one| one.rule.as_str()).collect();
    let rules: Vec<(String, &str)> = rules.into_iter().map(|code| (rule(lang, code), code)).collect();
    let any = lang.w("全部", "all");
    let years: Vec<String> = overview.years.iter().rev().map(i16::to_string).collect();
    let severities =
        [("error", lang.w("错误", "error")), ("warning", lang.w("警告", "warning")), ("info", lang.w("提示", "info"))];
    let mark_words = [
        ("none", lang.w("未标记", "not marked")),
        ("confirmed", lang.w("已确认", "confirmed")),
        ("dismissed", lang.w("已排除", "dismissed")),
        ("open", lang.w("待定", "open")),
    ];
    let pages = found.len().div_ceil(SHOWN).max(1);
    let page = asked.page()?.min(pages);
    let at = |page: usize| asked.with(&[("page", &page.to_string())]);
    let start = (page - 1) * SHOWN;
    let shown = found.iter().enumerate().skip(start).take(SHOWN).map(|(n, one)| {
        let title =
            format!("{} {}", named(lang, &one.agency), if one.year == 0 { "?".into() } else { one.year.to_string() });
        (one.capture, title, report::shown(lang, n + 1, (*one).clone(), &marks))
    });
    let shown = shown.collect();
    let page_shown = FindingsPage {
        shell: Shell::new(asked, "findings", lang.w("疑点", "Findings")),
        counts: counts
            .into_iter()
            .map(|((code, severity), count)| Count {
                rule: rule(lang, code),
                severity: severity.into(),
                count: grouped(count),
                address: asked.with(&[("rule", code), ("severity", severity), ("page", "")]),
            })
            .collect(),
        severities: choices(asked.get("severity"), any, severities.into_iter()),
        rules: choices(asked.get("rule"), any, rules.iter().map(|(text, code)| (*code, text.as_str()))),
        years: choices(asked.get("year"), any, years.iter().map(|year| (year.as_str(), year.as_str()))),
        marks: choices(asked.get("mark"), any, mark_words.into_iter()),
        agency: plain(asked.get("agency").unwrap_or_default()),
        found: grouped(found.len()),
        shown,
        earlier: if page > 1 { at(page - 1) } else { String::new() },
        later: if page < pages { at(page + 1) } else { String::new() },
        page,
        pages,
        csv: asked.with(&[("lang", ""), ("page", "")]).replacen("/findings", "/findings.csv", 1),
        back: asked.with(&[]),
        looking: !overview.across_done,
    };
    html(asked, &page_shown)
}

pub fn csv(site: &Site, connection: &Connection, asked: &Asked) -> Result<Response<Body>, Trouble> {
    let overview = site.overview();
    let marks = dataset::marks(connection)?;
    let fault = |fault: ::csv::Error| Trouble::Fault(fault.to_string());
    let mut csv = ::csv::Writer::from_writer(Vec::new());
    let heads = [
        "agency",
        "year",
        "rule",
        "severity",
        "left",
        "right",
        "detail",
        "values",
        "fingerprint",
        "capture",
        "mark",
        "note",
    ];
    csv.write_record(heads).map_err(fault)?;
    for one in wanted(&overview, connection, asked)? {
        let key = Marked { agency: one.agency.clone(), year: one.year, fingerprint: one.fingerprint.clone() };
        let mark = marks.get(&key);
        csv.write_record([
            tame(&one.agency).as_str(),
            &one.year.to_string(),
            &one.rule,
            &one.severity,
            &tame(one.left.as_deref().unwrap_or_default()),
            &tame(one.right.as_deref().unwrap_or_default()),
            &tame(&one.detail),
            &one.values.join(" "),
            &one.fingerprint,
            &one.capture.to_string(),
            mark.map_or("", |mark| mark.verdict.as_str()),
            &tame(mark.map_or("", |mark| mark.note.as_str())),
        ])
        .map_err(fault)?;
    }
    let body = csv.into_inner().map_err(|fault| Trouble::Fault(fault.to_string()))?;
    Ok(download("text/csv; charset=utf-8", "findings.csv", body))
}

impl FindingsPage {
    /// The cell of a report that a finding is about first.
    fn first(&self, one: &Shown) -> String {
        one.cells.first().map(|(code, _)| query(&[("cell", code)])).unwrap_or_default()
    }
}
