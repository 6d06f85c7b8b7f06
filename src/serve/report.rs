//! One report: the statutory tables with every number leading to its place in the archived page, its findings, its captures.

use std::collections::{BTreeMap, HashMap};

use askama::Template;
use axum::body::Body;
use axum::http::Response;
use rusqlite::Connection;

use super::asked::Asked;
use super::cell::{CellShown, cell_shown, frame_address};
use super::door::Trouble;
use super::form::{self, Numbers, Sheet};
use super::overview::Found;
use super::shell::{Lang, Shell, agency_address, html, minute, named, plain, query};
use super::{Site, findings, wording};
use crate::dataset::{self, FindingRow, Mark, Marked, ReportRow, Wanted};
use crate::parse::Edition;

#[derive(Template)]
#[template(path = "report.html")]
struct ReportPage {
    shell: Shell,
    report: ReportRow,
    agency: String,
    agency_address: String,
    agency_named: String,
    title: String,
    published: String,
    captured: String,
    sheets: Vec<Sheet>,
    failing: Vec<Shown>,
    open: Vec<Shown>,
    held: Vec<(String, usize)>,
    others: Vec<Other>,
    earlier: bool,
    cell: Option<CellShown>,
    frame: String,
    back: String,
    numbers: usize,
}

/// A finding as it is shown, with the reader's mark.
pub struct Shown {
    pub number: usize,
    pub named: String,
    pub severity: String,
    pub detail: String,
    pub sides: Option<(String, String)>,
    pub fingerprint: String,
    pub cells: Vec<(String, String)>,
    pub mark: Option<Mark>,
    pub agency: String,
    pub year: i16,
}

struct Other {
    capture: i64,
    captured: String,
    digest: String,
    url: String,
    parser: String,
    this: bool,
}

pub fn page(site: &Site, connection: &Connection, asked: &Asked) -> Result<Response<Body>, Trouble> {
    let report = report_asked(connection, asked)?;
    let values = dataset::values(connection, report.id)?;
    let found = dataset::findings(connection, report.id)?;
    let marks = dataset::marks(connection)?;
    let lit = asked.get("cell");
    let overview = site.overview();
    let name = report.agency.clone().unwrap_or_default();
    let across = overview.findings.iter().filter(|found| found.capture == report.capture);
    let own: Vec<&FindingRow> = found.iter().filter(|finding| finding.verdict == "fail").collect();
    let known: Vec<&str> = own.iter().map(|finding| finding.fingerprint.as_str()).collect();
    let across = across.filter(|one| !known.contains(&one.fingerprint.as_str()));
    let failing = own.into_iter().map(|finding| about(&report, finding)).chain(across.cloned());
    let shown = |n, one| shown(asked.lang, n, one, &marks);
    let failing: Vec<Shown> = failing.enumerate().map(|(n, one)| shown(n + 1, one)).collect();
    let open = found.iter().filter(|finding| finding.verdict == "not_assessable");
    let open: Vec<Shown> = open.map(|finding| shown(0, about(&report, finding))).collect();
    let mut held: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in found.iter().filter(|finding| finding.verdict == "pass") {
        *held.entry(&finding.rule).or_default() += 1;
    }
    let held = held.into_iter().map(|(rule, count)| (findings::rule(asked.lang, rule), count)).collect();
    let mut concerned: HashMap<String, (String, usize)> = HashMap::new();
    for finding in &failing {
        for (code, _) in &finding.cells {
            concerned.entry(code.clone()).or_insert((finding.fingerprint.clone(), finding.number));
        }
    }
    let numbers = Numbers::new(&values, lit, concerned);
    let sheets = edition(&report).map(|edition| form::sheets(edition, &numbers, &values)).unwrap_or_default();
    let all = dataset::reports_over_time(connection, &report)?;
    let same = |other: &&ReportRow| other.agency == report.agency && other.year == report.year;
    let earlier = all.iter().find(same).is_some_and(|newest| newest.capture != report.capture);
    let others = all.iter().map(|other| Other {
        capture: other.capture,
        captured: minute(&other.captured_at),
        digest: other.sha256[..12.min(other.sha256.len())].to_owned(),
        url: plain(&other.url),
        parser: other.parser_version.clone(),
        this: other.capture == report.capture,
    });
    let cell = lit.map(|code| cell_shown(connection, &report, &values, code, asked.lang)).transpose()?;
    let title = format!("{} {}", name, report.year.map_or("?".into(), |year| year.to_string()));
    let page = ReportPage {
        shell: Shell::new(asked, "coverage", plain(&title)),
        agency_address: agency_address(&name),
        agency_named: named(asked.lang, &name),
        agency: plain(&name),
        title: plain(report.title.as_deref().unwrap_or_default()),
        published: report.published.clone().unwrap_or_default(),
        captured: minute(&report.captured_at),
        sheets,
        failing,
        open,
        held,
        others: others.collect(),
        earlier,
        frame: frame_address(&report, cell.as_ref().map(|cell| &cell.value))?,
        cell,
        back: asked.with(&[]),
        numbers: values.iter().filter(|value| value.value.is_some()).count(),
        report,
    };
    html(asked, &page)
}

pub fn no_report(capture: i64) -> Trouble {
    let en = format!("capture {capture} holds no report that was read");
    Trouble::missing(format!("存档第 {capture} 号里没有读出的报告"), en)
}

pub fn report_asked(connection: &Connection, asked: &Asked) -> Result<ReportRow, Trouble> {
    let at = if asked.path.starts_with("/api") { 2 } else { 1 };
    let capture = asked.segment(at)?;
    dataset::report_of(connection, capture)?.ok_or_else(|| no_report(capture))
}

fn edition(report: &ReportRow) -> Option<Edition> {
    [Edition::Y2021, Edition::Y2019, Edition::Pre2019]
        .into_iter()
        .find(|edition| Some(edition.as_str()) == report.edition.as_deref())
}

pub fn about(report: &ReportRow, finding: &FindingRow) -> Found {
    Found {
        agency: report.agency.clone().unwrap_or_default(),
        year: report.year.unwrap_or_default(),
        capture: report.capture,
        rule: finding.rule.clone(),
        severity: finding.severity.clone(),
        left: finding.left.clone(),
        right: finding.right.clone(),
        detail: finding.detail.clone(),
        values: finding.values.clone(),
        fingerprint: finding.fingerprint.clone(),
    }
}

/// A finding with its mark and its cells.
pub fn shown(lang: Lang, number: usize, one: Found, marks: &HashMap<Marked, Mark>) -> Shown {
    let key = Marked { agency: one.agency.clone(), year: one.year, fingerprint: one.fingerprint.clone() };
    Shown {
        number,
        named: findings::rule(lang, &one.rule),
        severity: one.severity,
        detail: plain(&wording::detail(lang, &one.detail)),
        sides: one.left.zip(one.right).map(|(left, right)| (plain(&left), plain(&right))),
        cells: one.values.into_iter().map(|code| (code.clone(), query(&[("cell", &code)]))).collect(),
        fingerprint: one.fingerprint,
        mark: marks.get(&key).cloned(),
        agency: one.agency,
        year: one.year,
    }
}

/// All current reports of one agency.
pub fn reports_of(connection: &Connection, agency: &str) -> Result<Vec<ReportRow>, Trouble> {
    Ok(dataset::reports(connection, &Wanted { agency: Some(agency.to_owned()), ..Wanted::default() })?)
}
