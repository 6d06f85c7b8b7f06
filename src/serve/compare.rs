//! Any indicator over agencies and years: chart, table, and exactly that as CSV. The address says it all, so it reproduces it.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use askama::Template;
use axum::body::Body;
use axum::http::Response;
use rusqlite::Connection;
use serde::Serialize;

use super::Site;
use super::asked::Asked;
use super::chart::{self, Series};
use super::coverage::{Choice, choices};
use super::door::{Trouble, download};
use super::labels::{gloss, indicator_label};
use super::places::{PROVINCES, SYSTEMS};
use super::shell::{Lang, Shell, html, plain, query};
use crate::parse::Applicant;
use crate::parse::edition::form::{APPLICANTS, BLOCKS, Block, CHALLENGES, OUTCOMES, ROWS};

/// Agencies in a table; the chart shows the first [`DRAWN`].
const AGENCIES: usize = 60;
const DRAWN: usize = 8;

/// Indicators that are asked for most, with their applicant: rows of an agency's table.
pub const INDICATORS: [&str; 17] = [
    "applications.received/total",
    "applications.carried_in/total",
    "applications.granted/total",
    "applications.partially_granted/total",
    "applications.total/total",
    "applications.carried_out/total",
    "review.upheld",
    "review.corrected",
    "review.total",
    "litigation_direct.total",
    "litigation_after_review.total",
    "disclosure.normative_documents.issued",
    "disclosure.normative_documents.repealed",
    "disclosure.normative_documents.in_force",
    "disclosure.licensing.decisions",
    "disclosure.penalties.decisions",
    "disclosure.fees.amount",
];

/// An indicator to choose.
struct Indicator {
    code: String,
    zh: String,
    en: String,
}

/// Every indicator of the current forms, in their order.
fn every_indicator() -> &'static [Indicator] {
    static EVERY: LazyLock<Vec<Indicator>> = LazyLock::new(|| {
        let rows = ROWS.iter().map(|(code, _)| (*code).to_owned());
        let outcomes = |group| OUTCOMES.iter().map(move |(outcome, _)| format!("{group}.{outcome}"));
        let challenges = CHALLENGES.iter().flat_map(|(group, _)| outcomes(*group));
        let columns = |prefix, block: &'static Block| {
            block.columns.iter().map(move |column| format!("{prefix}.{}", column.field))
        };
        let disclosure =
            BLOCKS.iter().flat_map(|block| block.rows.iter().flat_map(move |(_, prefix)| columns(*prefix, block)));
        let mut seen = BTreeSet::new();
        let codes = rows.chain(challenges).chain(disclosure).filter(|code| seen.insert(code.clone()));
        let labelled = |code: String| {
            let (zh, en) = (indicator_label(Lang::Zh, &code), indicator_label(Lang::En, &code));
            Indicator { code, zh, en }
        };
        codes.map(labelled).collect()
    });
    &EVERY
}

/// What is compared, and the numbers.
#[derive(Serialize)]
pub struct Comparison {
    pub indicator: String,
    pub applicant: Option<String>,
    pub unit: Option<String>,
    pub years: Vec<i16>,
    pub rows: Vec<Compared>,
    /// Agencies that would be shown but for the limit.
    pub left_out: usize,
}

#[derive(Serialize)]
pub struct Compared {
    pub agency: String,
    pub cells: Vec<Option<Number>>,
}

#[derive(Clone, Serialize)]
pub struct Number {
    pub capture: i64,
    pub state: String,
    pub value: Option<String>,
    pub text: String,
}

/// The comparison that an address asks for.
pub fn comparison(site: &Site, connection: &Connection, asked: &Asked) -> Result<Comparison, Trouble> {
    let indicator = asked.get("indicator").unwrap_or("applications.received").to_owned();
    if every_indicator().iter().all(|known| known.code != indicator) {
        let named = plain(&indicator);
        return Err(Trouble::bad(format!("没有 {named} 这项指标"), format!("there is no indicator {named}")));
    }
    let applicant = if indicator.starts_with("applications.") {
        Some(asked.get("applicant").unwrap_or("total").to_owned())
    } else {
        None
    };
    if applicant.as_ref().is_some_and(|asked| Applicant::ALL.iter().all(|known| known.as_str() != asked)) {
        return Err(Trouble::bad("没有这类申请人", "there is no such applicant"));
    }
    let (from, to) = (asked.number::<i16>("from")?, asked.number::<i16>("to")?);
    let overview = site.overview();
    let named: BTreeSet<&str> = asked.all("agency").collect();
    let agencies: Vec<&str> = if named.is_empty() {
        let province = asked.get("province");
        let system = asked.get("system");
        let lines = overview.lines.iter().filter(|line| {
            province.is_none_or(|code| line.province == code)
                && system.is_none_or(|code| line.system == code)
                && !line.agency.is_empty()
                && line.years.values().any(|standing| standing.capture.is_some())
        });
        lines.map(|line| line.agency.as_str()).collect()
    } else {
        named.into_iter().collect()
    };
    let mut statement = connection.prepare_cached(
        // By name, which the view's joins would be looked up for after each number of the report.
        "SELECT r.year, r.capture, ifnull(c.state, 'number'), c.value, ifnull(c.text, c.value), n.unit
         FROM report_current r CROSS JOIN value_name n CROSS JOIN value_cell c ON c.report = r.id AND c.name = n.id
         WHERE r.agency = ?1 AND r.year BETWEEN ?2 AND ?3 AND n.indicator = ?4 AND n.applicant IS ?5 AND c.suggested = 0
         ORDER BY r.year, c.nth",
    )?;
    let (from, to) = (from.unwrap_or(i16::MIN), to.unwrap_or(i16::MAX));
    let mut unit = None;
    let mut rows: Vec<(String, Vec<(i16, Number)>)> = Vec::new();
    for agency in agencies.iter().take(AGENCIES) {
        let mut found: Vec<(i16, Number)> = Vec::new();
        let mut numbers = statement.query(rusqlite::params![agency, from, to, indicator, applicant])?;
        while let Some(row) = numbers.next()? {
            let year = row.get(0)?;
            let number = Number { capture: row.get(1)?, state: row.get(2)?, value: row.get(3)?, text: row.get(4)? };
            unit = unit.or(row.get::<_, Option<String>>(5)?);
            if found.last().is_none_or(|(last, _)| *last != year) {
                found.push((year, number));
            }
        }
        if !found.is_empty() || asked.get("agency").is_some() {
            rows.push(((*agency).to_owned(), found));
        }
    }
    let held = rows.iter().flat_map(|(_, found)| found.iter().map(|(year, _)| *year));
    let years: Vec<i16> = match (held.clone().min(), held.max()) {
        (Some(first), Some(last)) => (first..=last).collect(),
        _ => Vec::new(),
    };
    let rows = rows.into_iter().map(|(agency, found)| {
        let at = |year: &i16| found.iter().find(|(known, _)| known == year).map(|(_, number)| number.clone());
        Compared { cells: years.iter().map(at).collect(), agency }
    });
    let left_out = agencies.len().saturating_sub(AGENCIES);
    Ok(Comparison { rows: rows.collect(), indicator, applicant, unit, years, left_out })
}

/// Capture, query of the cell, text, state.
type CellShown = (i64, String, String, String);

#[derive(Template)]
#[template(path = "compare.html")]
struct ComparePage {
    shell: Shell,
    heading: String,
    unit: String,
    indicators: Vec<Choice>,
    applicants: Vec<Choice>,
    provinces: Vec<Choice>,
    systems: Vec<Choice>,
    from: String,
    to: String,
    agencies: Vec<(String, String)>,
    years: Vec<i16>,
    rows: Vec<(String, String, Vec<Option<CellShown>>)>,
    chart: String,
    drawn: usize,
    left_out: usize,
    csv: String,
    link: String,
    cell: String,
    known: Vec<String>,
}

pub fn page(site: &Site, connection: &Connection, asked: &Asked) -> Result<Response<Body>, Trouble> {
    let compared = comparison(site, connection, asked)?;
    let lang = asked.lang;
    let code = match &compared.applicant {
        Some(applicant) => format!("{}/{applicant}", compared.indicator),
        None => compared.indicator.clone(),
    };
    let number = |number: &Number| number.value.as_deref().and_then(|value| value.parse::<f64>().ok());
    let drawn = compared.rows.iter().filter(|row| row.cells.iter().flatten().any(|cell| number(cell).is_some()));
    let series: Vec<Series> = drawn
        .take(DRAWN)
        .map(|row| Series {
            name: plain(&row.agency),
            values: row.cells.iter().map(|cell| cell.as_ref().and_then(number)).collect(),
        })
        .collect();
    let chart = if series.is_empty() { String::new() } else { chart::lines(&compared.years, &series) };
    let applicants = Applicant::ALL.iter().zip(APPLICANTS);
    let applicants: Vec<(&str, String)> =
        applicants.map(|(known, zh)| (known.as_str(), lang.w(zh, &gloss(known.as_str())).to_owned())).collect();
    let cell_query = query(&[("cell", &code)]);
    let any = lang.w("全部", "all");
    let chosen_applicant = compared.applicant.as_deref().unwrap_or("total");
    let shown = ComparePage {
        shell: Shell::new(asked, "compare", lang.w("比较", "Compare")),
        heading: indicator_label(lang, &code),
        unit: compared.unit.clone().unwrap_or_default(),
        indicators: every_indicator()
            .iter()
            .map(|known| Choice {
                value: known.code.clone(),
                text: lang.w(&known.zh, &known.en).to_owned(),
                chosen: known.code == compared.indicator,
            })
            .collect(),
        applicants: applicants
            .into_iter()
            .map(|(value, text)| Choice { value: value.into(), text, chosen: value == chosen_applicant })
            .collect(),
        provinces: choices(asked.get("province"), any, PROVINCES.iter().map(|(code, zh, en)| (*code, lang.w(zh, en)))),
        systems: choices(asked.get("system"), any, SYSTEMS.iter().map(|(code, zh, en, _)| (*code, lang.w(zh, en)))),
        from: asked.get("from").map(plain).unwrap_or_default(),
        to: asked.get("to").map(plain).unwrap_or_default(),
        agencies: asked.all("agency").map(|agency| (plain(agency), without(asked, agency))).collect(),
        rows: compared
            .rows
            .iter()
            .map(|row| {
                let shown = |cell: &Number| (cell.capture, cell_query.clone(), plain(&cell.text), cell.state.clone());
                let cells = row.cells.iter().map(|cell| cell.as_ref().map(shown));
                (plain(&row.agency), query(&[("name", &row.agency)]), cells.collect())
            })
            .collect(),
        drawn: series.len(),
        chart,
        left_out: compared.left_out,
        csv: asked.with(&[("lang", "")]).replacen("/compare", "/compare.csv", 1),
        link: asked.with(&[("lang", "")]),
        cell: code,
        known: site
            .overview()
            .lines
            .iter()
            .map(|line| plain(&line.agency))
            .filter(|name| !name.is_empty())
            .take(400)
            .collect(),
        years: compared.years,
    };
    html(asked, &shown)
}

/// The same comparison without one agency.
fn without(asked: &Asked, agency: &str) -> String {
    let rest: Vec<(&str, &str)> =
        asked.all("agency").filter(|known| *known != agency).map(|name| ("agency", name)).collect();
    let mut changes = vec![("agency", "")];
    changes.extend(rest);
    asked.with(&changes)
}

/// Exactly what the page shows, a row a number.
pub fn csv(site: &Site, connection: &Connection, asked: &Asked) -> Result<Response<Body>, Trouble> {
    let compared = comparison(site, connection, asked)?;
    let fault = |fault: ::csv::Error| Trouble::Fault(fault.to_string());
    let mut csv = ::csv::Writer::from_writer(Vec::new());
    csv.write_record(["agency", "year", "indicator", "applicant", "state", "value", "text", "capture"])
        .map_err(fault)?;
    for row in &compared.rows {
        for (year, cell) in compared.years.iter().zip(&row.cells) {
            let Some(cell) = cell else { continue };
            csv.write_record([
                &tame(&row.agency),
                &year.to_string(),
                &compared.indicator,
                compared.applicant.as_deref().unwrap_or_default(),
                &cell.state,
                cell.value.as_deref().unwrap_or_default(),
                &tame(&cell.text),
                &cell.capture.to_string(),
            ])
            .map_err(fault)?;
        }
    }
    let body = csv.into_inner().map_err(|fault| Trouble::Fault(fault.to_string()))?;
    Ok(download("text/csv; charset=utf-8", "compare.csv", body))
}

/// Text that no spreadsheet takes for a formula, as exports have it.
pub fn tame(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
        && text.parse::<f64>().is_err();
    if formula { format!("'{text}") } else { text.to_owned() }
}
