//! Agencies by year, and how each stands there.

use std::collections::HashMap;
use std::collections::btree_map::{BTreeMap, Entry};

use rusqlite::Connection;
use serde::Serialize;

use super::Found;
use crate::dataset::{self, ReportRow};
use crate::serve::places;
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
    pub fn missing() -> Standing {
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

/// By name; years that nothing is known of are not among them.
pub fn lines(
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
pub fn axis(lines: &BTreeMap<String, Line>) -> Vec<i16> {
    let standings = || lines.values().flat_map(|line| &line.years);
    let Some(last) = standings().map(|(year, _)| *year).max() else { return Vec::new() };
    let told = standings().filter(|(_, standing)| !matches!(standing.state, State::Missing | State::Blocked));
    (told.map(|(year, _)| *year).min().unwrap_or(last)..=last).collect()
}
