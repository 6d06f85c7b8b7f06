//! One agency: its years side by side, its charts, what fails between its years, where it publishes.

use std::collections::{BTreeMap, HashMap};

use askama::Template;
use axum::body::Body;
use axum::http::Response;
use rusqlite::Connection;

use super::asked::Asked;
use super::chart::{self, Series};
use super::compare;
use super::door::Trouble;
use super::labels::indicator_label;
use super::overview::State;
use super::report::{self, Shown};
use super::shell::{Shell, html, minute, plain, query};
use super::{Site, places};
use crate::dataset::{self, ReportRow};

/// What the charts show: heading, and indicators with applicants.
const CHARTS: [(&str, &str, &[&str]); 3] = [
    (
        "申请",
        "Applications",
        &["applications.received/total", "applications.total/total", "applications.carried_out/total"],
    ),
    (
        "办理结果",
        "Outcomes",
        &[
            "applications.granted/total",
            "applications.partially_granted/total",
            "refused",
            "unavailable",
            "rejected",
            "other",
        ],
    ),
    ("复议与诉讼", "Reviews and suits", &["review.total", "litigation_direct.total", "litigation_after_review.total"]),
];

/// Groups of table three that are sums of rows.
const SUMS: [(&str, &str, &str); 4] = [
    ("refused", "（三）不予公开", "refused"),
    ("unavailable", "（四）无法提供", "not available"),
    ("rejected", "（五）不予处理", "rejected"),
    ("other", "（六）其他处理", "other"),
];

#[derive(Template)]
#[template(path = "agency.html")]
struct AgencyPage {
    shell: Shell,
    name: String,
    place: String,
    compare_query: String,
    years: Vec<Year>,
    charts: Vec<(String, Vec<(String, String)>)>,
    rows: Vec<(String, String, Vec<String>)>,
    across: Vec<Shown>,
    sources: Vec<Source>,
    back: String,
}

struct Year {
    year: String,
    capture: Option<i64>,
    state: &'static str,
    words: String,
    failures: u32,
}

struct Source {
    address: String,
    role: String,
    outcome: String,
    at: String,
    capture: Option<i64>,
    detail: String,
}

pub fn no_name() -> Trouble {
    Trouble::bad("没有指明哪个机关：?name=", "which agency is not said: ?name=")
}

pub fn page(site: &Site, connection: &Connection, asked: &Asked) -> Result<Response<Body>, Trouble> {
    let name = asked.get("name").ok_or_else(no_name)?;
    let overview = site.overview();
    let reports = report::reports_of(connection, name)?;
    let line = overview.line(name);
    if line.is_none() && reports.is_empty() {
        let name = plain(name);
        return Err(Trouble::missing(format!("存档中没有“{name}”"), format!("the archive knows no agency {name}")));
    }
    let lang = asked.lang;
    let years = line.map(|line| &line.years).into_iter().flatten().map(|(year, standing)| Year {
        year: year.to_string(),
        capture: standing.capture.filter(|_| matches!(standing.state, State::Consistent | State::WithFindings)),
        state: standing.state.as_str(),
        words: lang.w(standing.state.words().0, standing.state.words().1).to_owned(),
        failures: standing.failures,
    });
    let years = years.collect();
    let numbers = numbers(connection, &reports)?;
    let axis: Vec<i16> = match (numbers.keys().next(), numbers.keys().last()) {
        (Some(first), Some(last)) => (*first..=*last).collect(),
        _ => Vec::new(),
    };
    let charts = CHARTS.iter().map(|(zh, en, codes)| {
        let panels = codes.iter().map(|code| {
            let name = words(lang, code);
            let values = axis.iter().map(|year| numbers.get(year).and_then(|cells| amount(cells, code))).collect();
            (name.clone(), chart::bars(&axis, &Series { name, values }))
        });
        (lang.w(zh, en).to_owned(), panels.collect())
    });
    let charts = if axis.is_empty() { Vec::new() } else { charts.collect() };
    let all = compare::INDICATORS.iter().copied();
    let rows = all.filter_map(|code| {
        let cells: Vec<Option<String>> =
            axis.iter().map(|year| numbers.get(year).and_then(|cells| cells.get(code).cloned())).collect();
        let cells_shown = cells.iter().map(|cell| cell.clone().unwrap_or_default()).collect();
        cells.iter().any(Option::is_some).then(|| (indicator_label(lang, code), code.to_owned(), cells_shown))
    });
    let rows = rows.collect();
    let marks = dataset::marks(connection)?;
    let across = overview.across_of(connection, name, &reports)?;
    let region = reports.iter().find_map(|report| report.region.as_deref());
    let (province, system) = (places::province(region, name), places::system(name));
    let province =
        places::PROVINCES.iter().find(|(code, ..)| *code == province).map_or("", |(_, zh, en)| lang.w(zh, en));
    let system = places::SYSTEMS.iter().find(|(code, ..)| *code == system).map_or("", |(_, zh, en, _)| lang.w(zh, en));
    let shown = AgencyPage {
        shell: Shell::new(asked, "coverage", plain(name)),
        name: plain(name),
        place: [province, system, region.unwrap_or_default()]
            .into_iter()
            .filter(|w| !w.is_empty())
            .collect::<Vec<_>>()
            .join(" · "),
        compare_query: query(&[("agency", name)]),
        years,
        charts,
        across: across.iter().zip(1..).map(|(one, n)| report::shown(lang, n, one.clone(), &marks)).collect(),
        rows: with_axis(rows, &axis),
        sources: sources(connection, name)?,
        back: asked.with(&[]),
    };
    html(asked, &shown)
}

/// The years stand as a first row.
fn with_axis(mut rows: Vec<(String, String, Vec<String>)>, axis: &[i16]) -> Vec<(String, String, Vec<String>)> {
    if !rows.is_empty() {
        rows.insert(0, (String::new(), String::new(), axis.iter().map(i16::to_string).collect()));
    }
    rows
}

type Cells = HashMap<String, String>;

/// Numbers of each year by code: those of no applicant, and of all together.
fn numbers(connection: &Connection, reports: &[ReportRow]) -> Result<BTreeMap<i16, Cells>, Trouble> {
    let mut statement = connection.prepare_cached(
        "SELECT indicator, applicant, value FROM value
         WHERE report = ?1 AND (applicant IS NULL OR applicant = 'total') AND label IS NULL AND series IS NULL
           AND suggested = 0 AND value IS NOT NULL",
    )?;
    let mut years = BTreeMap::new();
    for report in reports {
        let Some(year) = report.year else { continue };
        let cells = statement.query_map([report.id], |row| {
            let (indicator, applicant): (String, Option<String>) = (row.get(0)?, row.get(1)?);
            Ok((applicant.map_or(indicator.clone(), |applicant| format!("{indicator}/{applicant}")), row.get(2)?))
        })?;
        years.insert(year, cells.collect::<Result<Cells, _>>()?);
    }
    Ok(years)
}

/// Of a cell, or the sum of a group's rows.
fn amount(cells: &Cells, wanted: &str) -> Option<f64> {
    let number = |code: &str| cells.get(code).and_then(|text| text.parse::<f64>().ok());
    if SUMS.iter().all(|(group, ..)| *group != wanted) {
        return number(wanted);
    }
    let prefix = format!("applications.{wanted}");
    let rows = cells.keys().filter(|code| code.ends_with("/total"));
    let rows = rows.filter(|code| code.strip_prefix(&prefix).is_some_and(|rest| rest.starts_with(['.', '/'])));
    let numbers: Vec<f64> = rows.filter_map(|code| number(code)).collect();
    (!numbers.is_empty()).then(|| numbers.iter().sum())
}

fn words(lang: super::shell::Lang, code: &str) -> String {
    match SUMS.iter().find(|(group, ..)| *group == code) {
        Some((_, zh, en)) => lang.w(zh, en).to_owned(),
        None => indicator_label(lang, code),
    }
}

fn sources(connection: &Connection, name: &str) -> Result<Vec<Source>, Trouble> {
    let mut statement = connection.prepare_cached(
        "SELECT u.address, u.role, u.outcome, u.outcome_at, u.capture, u.detail FROM url u
         JOIN agency a ON a.id = u.agency WHERE a.name = ?1 ORDER BY u.depth, u.id LIMIT 60",
    )?;
    let rows = statement.query_map([name], |row| {
        Ok(Source {
            address: plain(&row.get::<_, String>(0)?),
            role: row.get(1)?,
            outcome: row.get::<_, Option<String>>(2)?.unwrap_or_default(),
            at: row.get::<_, Option<String>>(3)?.map(|at| minute(&at)).unwrap_or_default(),
            capture: row.get(4)?,
            detail: row.get::<_, Option<String>>(5)?.map(|detail| plain(&detail)).unwrap_or_default(),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
