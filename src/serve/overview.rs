//! Agencies by year and what fails, gathered once for all pages that list them, and again when the archive changes.

use std::collections::HashMap;
use std::collections::btree_map::{BTreeMap, Entry};
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension};
use serde::Serialize;

use super::places;
use crate::dataset::{self, ReportRow, Wanted};
use crate::metrics;
use crate::parse;
use crate::store::StoreError;

/// How an agency stands in a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Consistent,
    WithFindings,
    Unread,
    Blocked,
    Missing,
}

impl State {
    pub const ALL: [State; 5] = [State::Consistent, State::WithFindings, State::Unread, State::Blocked, State::Missing];

    /// From a state of the view `coverage`, and how much fails within the report and against the years beside it.
    pub fn of(known: &str, failures: u32) -> State {
        match known {
            "read" | "withdrawn" if failures == 0 => State::Consistent,
            "read" | "withdrawn" | "findings" | "doubtful" => State::WithFindings,
            "found" | "prose" => State::Unread,
            "blocked" => State::Blocked,
            _ => State::Missing,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            State::Consistent => "consistent",
            State::WithFindings => "with_findings",
            State::Unread => "unread",
            State::Blocked => "blocked",
            State::Missing => "missing",
        }
    }

    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            State::Consistent => ("已读取，数据一致", "read and consistent"),
            State::WithFindings => ("已读取，有疑点", "read, with findings"),
            State::Unread => ("已找到，未读取", "found but unread"),
            State::Blocked => ("被拦截", "blocked"),
            State::Missing => ("缺失", "missing"),
        }
    }
}

#[derive(Clone, Debug, Serialize)]
pub struct Standing {
    pub state: State,
    /// The same in the words of the view `coverage`, of which [`State`] is the coarse form.
    pub known: String,
    /// Findings that fail.
    pub failures: u32,
    pub capture: Option<i64>,
}

impl Standing {
    fn missing() -> Standing {
        Standing { state: State::Missing, known: "not_looked_at".into(), failures: 0, capture: None }
    }

    /// With another report of the same year, where no agency tells them apart: as the worse of the two stands.
    fn join(&mut self, other: Standing) {
        self.failures += other.failures;
        self.capture = None;
        if other.state > self.state {
            (self.state, self.known) = (other.state, other.known);
        }
    }
}

#[derive(Clone, Debug, Serialize)]
pub struct Line {
    pub agency: String,
    pub province: &'static str,
    pub system: &'static str,
    pub years: BTreeMap<i16, Standing>,
}

/// A finding that fails, with the report it is about.
#[derive(Clone, Debug, Serialize)]
pub struct Found {
    pub agency: String,
    pub year: i16,
    pub capture: i64,
    pub rule: String,
    pub severity: String,
    pub left: Option<String>,
    pub right: Option<String>,
    pub detail: String,
    pub values: Vec<String>,
    pub fingerprint: String,
}

/// What the last run brought.
#[derive(Clone, Debug, Serialize)]
pub struct LastRun {
    pub crawl: i64,
    pub started_at: String,
    pub ended_at: Option<String>,
    pub ended: Option<String>,
    pub outcomes: Vec<(String, i64)>,
    /// Reports among its new captures, the newest first, cut at [`SHOWN`].
    pub reports: Vec<(i64, String, i16)>,
    pub new_reports: usize,
}

const SHOWN: usize = 12;

pub struct Overview {
    pub lines: Vec<Line>,
    /// Place of a line by its agency.
    pub by_agency: HashMap<String, usize>,
    pub years: Vec<i16>,
    pub findings: Vec<Found>,
    pub last_run: Option<LastRun>,
    /// Findings across years, by agency, with the reports they come from: made again only where those change.
    across: HashMap<String, Across>,
    /// False before the first look across years is done.
    pub across_done: bool,
    /// Reports read before pages were indexed: no search finds them.
    pub unsearched: i64,
    /// What a monitor asks for.
    pub metrics: String,
}

type Across = (Vec<(i64, i64, String)>, Arc<Vec<Found>>);

impl Overview {
    /// Without what holds across years where there is no overview `before`.
    pub fn build(connection: &Connection, before: Option<&Overview>) -> Result<Overview, StoreError> {
        let reports = dataset::reports(connection, &Wanted::default())?;
        let mut findings = within(connection, &reports)?;
        let mut across = HashMap::new();
        if let Some(before) = before {
            across = over_years(connection, &reports, before)?;
            let mut names: Vec<&String> = across.keys().collect();
            names.sort();
            findings.extend(names.into_iter().flat_map(|name| across[name].1.iter().cloned()));
        }
        let rank = |severity: &str| ["error", "warning", "info"].iter().position(|known| *known == severity);
        findings.sort_by(|a, b| {
            (rank(&a.severity), &a.rule, &a.agency, -a.year, &a.fingerprint).cmp(&(
                rank(&b.severity),
                &b.rule,
                &b.agency,
                -b.year,
                &b.fingerprint,
            ))
        });
        let mut lines = lines(connection, &reports, &findings)?;
        let years = axis(&lines);
        for line in lines.values_mut() {
            line.years.retain(|year, _| years.contains(year));
            for year in &years {
                line.years.entry(*year).or_insert_with(Standing::missing);
            }
        }
        let lines: Vec<Line> = lines.into_values().collect();
        let by_agency = lines.iter().enumerate().map(|(n, line)| (line.agency.clone(), n)).collect();
        let last_run = last_run(connection)?;
        let across_done = before.is_some();
        let unsearched = dataset::captures_without_words(connection)?;
        let metrics = metrics::text(connection)?;
        Ok(Overview { lines, by_agency, years, findings, last_run, across, across_done, unsearched, metrics })
    }

    /// What fails between the years of an agency: as it is known, or as it is while the first look across years goes on.
    pub fn across_of(
        &self,
        connection: &Connection,
        agency: &str,
        reports: &[ReportRow],
    ) -> Result<Arc<Vec<Found>>, StoreError> {
        match self.across.get(agency).filter(|(from, _)| *from == made_from(reports)) {
            Some((_, found)) => Ok(found.clone()),
            None => Ok(Arc::new(across_of(connection, reports)?)),
        }
    }

    pub fn line(&self, agency: &str) -> Option<&Line> {
        self.by_agency.get(agency).map(|n| &self.lines[*n])
    }
}

fn within(connection: &Connection, reports: &[ReportRow]) -> Result<Vec<Found>, StoreError> {
    let by_id: HashMap<i64, &ReportRow> = reports.iter().map(|report| (report.id, report)).collect();
    let mut statement = connection.prepare_cached(
        "SELECT report, rule, severity, left, right, detail, \"values\", fingerprint FROM finding WHERE verdict = 'fail'",
    )?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let Some(report) = by_id.get(&row.get(0)?) else { continue };
        found.push(Found {
            agency: report.agency.clone().unwrap_or_default(),
            year: report.year.unwrap_or_default(),
            capture: report.capture,
            rule: row.get(1)?,
            severity: row.get(2)?,
            left: row.get(3)?,
            right: row.get(4)?,
            detail: row.get(5)?,
            values: serde_json::from_str(&row.get::<_, String>(6)?).unwrap_or_default(),
            fingerprint: row.get(7)?,
        });
    }
    Ok(found)
}

fn over_years(
    connection: &Connection,
    reports: &[ReportRow],
    before: &Overview,
) -> Result<HashMap<String, Across>, StoreError> {
    let mut across = HashMap::new();
    for of_one in reports.chunk_by(|a, b| a.agency == b.agency) {
        let Some(agency) = &of_one[0].agency else { continue };
        if of_one.len() < 2 {
            continue;
        }
        let made_from = made_from(of_one);
        let known = before.across.get(agency).filter(|(from, _)| *from == made_from);
        let found = match known {
            Some((_, found)) => found.clone(),
            None => Arc::new(across_of(connection, of_one)?),
        };
        across.insert(agency.clone(), (made_from, found));
    }
    Ok(across)
}

fn made_from(reports: &[ReportRow]) -> Vec<(i64, i64, String)> {
    reports.iter().map(|report| (report.id, report.capture, report.parser_version.clone())).collect()
}

/// What fails between the years of one agency.
fn across_of(connection: &Connection, reports: &[ReportRow]) -> Result<Vec<Found>, StoreError> {
    let found = dataset::across_years(connection, reports)?;
    let failing = found.into_iter().filter(|(_, finding)| finding.verdict == parse::Verdict::Fail);
    let word = |severity| match severity {
        parse::Severity::Error => "error",
        parse::Severity::Warning => "warning",
        parse::Severity::Info => "info",
    };
    Ok(failing
        .map(|(report, finding)| Found {
            agency: report.agency.clone().unwrap_or_default(),
            year: report.year.unwrap_or_default(),
            capture: report.capture,
            rule: finding.rule.into(),
            severity: word(finding.severity).into(),
            left: finding.left,
            right: finding.right,
            detail: finding.detail,
            values: finding.values,
            fingerprint: finding.fingerprint,
        })
        .collect())
}

fn lines(
    connection: &Connection,
    reports: &[ReportRow],
    findings: &[Found],
) -> Result<BTreeMap<String, Line>, StoreError> {
    let mut lines: BTreeMap<String, Line> = BTreeMap::new();
    let line = |agency: String, region: Option<&str>| {
        let (province, system) = (places::province(region, &agency), places::system(&agency));
        Line { agency, province, system, years: BTreeMap::new() }
    };
    let mut statement = connection.prepare_cached("SELECT name, region FROM agency")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (name, region): (String, Option<String>) = (row.get(0)?, row.get(1)?);
        lines.insert(name.clone(), line(name, region.as_deref()));
    }
    let mut failures: HashMap<i64, u32> = HashMap::new();
    for finding in findings {
        *failures.entry(finding.capture).or_default() += 1;
    }
    for report in reports {
        let name = report.agency.clone().unwrap_or_default();
        lines.entry(name.clone()).or_insert_with(|| line(name, report.region.as_deref()));
    }
    for known in dataset::known_years(connection)? {
        let Some(line) = lines.get_mut(known.agency.as_deref().unwrap_or_default()) else { continue };
        let failures = known.capture.and_then(|capture| failures.get(&capture)).copied().unwrap_or_default();
        let standing =
            Standing { state: State::of(&known.state, failures), known: known.state, failures, capture: known.capture };
        match line.years.entry(known.year) {
            Entry::Vacant(new) => drop(new.insert(standing)),
            Entry::Occupied(mut other) => other.get_mut().join(standing),
        }
    }
    Ok(lines)
}

/// The years of the table: from the first of which more is known than that nothing was seen, else the last alone.
fn axis(lines: &BTreeMap<String, Line>) -> Vec<i16> {
    let standings = || lines.values().flat_map(|line| &line.years);
    let Some(last) = standings().map(|(year, _)| *year).max() else { return Vec::new() };
    let told = standings().filter(|(_, standing)| !matches!(standing.state, State::Missing | State::Blocked));
    (told.map(|(year, _)| *year).min().unwrap_or(last)..=last).collect()
}

fn last_run(connection: &Connection) -> Result<Option<LastRun>, StoreError> {
    let run = connection
        .prepare_cached("SELECT id, started_at, ended_at, ended FROM run ORDER BY id DESC LIMIT 1")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
        .optional()?;
    let Some((crawl, started_at, ended_at, ended)) = run else { return Ok(None) };
    let mut statement = connection.prepare_cached(
        "SELECT c.id, r.agency, r.year FROM capture c JOIN report r ON r.capture = c.id
         WHERE c.crawl = ?1 AND c.revisit_of IS NULL ORDER BY c.id DESC",
    )?;
    let rows = statement.query_map([crawl], |row| {
        Ok((
            row.get(0)?,
            row.get::<_, Option<String>>(1)?.unwrap_or_default(),
            row.get::<_, Option<i16>>(2)?.unwrap_or_default(),
        ))
    })?;
    let mut reports: Vec<(i64, String, i16)> = rows.collect::<Result<_, _>>()?;
    let new_reports = reports.len();
    reports.truncate(SHOWN);
    let outcomes = outcomes(connection, crawl)?;
    Ok(Some(LastRun { crawl, started_at, ended_at, ended, outcomes, reports, new_reports }))
}

/// Attempts of a run that ended, by outcome, most first.
pub fn outcomes(connection: &Connection, crawl: i64) -> Result<Vec<(String, i64)>, StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT outcome, count FROM crawl_outcome WHERE crawl = ?1 ORDER BY count DESC, outcome")?;
    let rows = statement.query_map([crawl], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
