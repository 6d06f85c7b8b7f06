//! `gongkai check`: what the form's arithmetic says of the data set, within each report and across years.

use clap::Args;
use serde::Serialize;

use super::exit::counted;
use super::{Context, Exit, print};
use crate::dataset::{self, FindingRow, ReportRow, Wanted};
use crate::parse::{Finding, word};
use crate::store::Access;

#[derive(Args)]
pub struct Check {
    /// A JSON line for each finding
    #[arg(long)]
    json: bool,
    /// What holds too, not only what fails
    #[arg(long)]
    all: bool,
    /// End with status 1 where an error is found
    #[arg(long)]
    strict: bool,
    /// Only this agency
    #[arg(long)]
    agency: Option<String>,
    /// Only this year
    #[arg(long)]
    year: Option<i16>,
}

/// A finding with the report it is about.
#[derive(Serialize)]
struct Found<'a> {
    agency: Option<&'a str>,
    year: Option<i16>,
    url: &'a str,
    capture: i64,
    #[serde(flatten)]
    finding: FindingRow,
}

impl Check {
    pub fn run(self, context: &Context) -> anyhow::Result<Exit> {
        let store = context.open(Access::Read)?;
        let connection = store.reader()?;
        let wanted = Wanted { agency: self.agency.clone(), year: self.year, ..Wanted::default() };
        let reports = dataset::reports(&connection, &wanted)?;
        let mut found: Vec<Found<'_>> = Vec::new();
        for report in &reports {
            found.extend(dataset::findings(&connection, report.id)?.into_iter().map(|finding| about(report, finding)));
        }
        found.extend(
            dataset::across_years(&connection, &reports)?
                .into_iter()
                .map(|(report, finding)| about(report, row(finding))),
        );
        let errors =
            found.iter().filter(|found| found.finding.verdict == "fail" && found.finding.severity == "error").count();
        let shown = found.iter().filter(|found| self.all || found.finding.verdict == "fail");
        for found in shown {
            if self.json {
                print::json_line(found)?;
            } else {
                line(found)?;
            }
        }
        if !self.json {
            let held = found.iter().filter(|found| found.finding.verdict == "pass").count();
            let open = found.iter().filter(|found| found.finding.verdict == "not_assessable").count();
            say!(
                "{}: {held} hold, {open} can't be assessed, {} fail, {errors} of them errors",
                counted(reports.len(), "report"),
                found.len() - held - open
            )?;
        }
        Ok(if self.strict && errors > 0 { Exit::Failed } else { Exit::Done })
    }
}

fn about(report: &ReportRow, finding: FindingRow) -> Found<'_> {
    Found { agency: report.agency.as_deref(), year: report.year, url: &report.url, capture: report.capture, finding }
}

fn row(finding: Finding) -> FindingRow {
    FindingRow {
        rule: finding.rule.into(),
        severity: word(&finding.severity).into(),
        verdict: word(&finding.verdict).into(),
        left: finding.left,
        right: finding.right,
        detail: finding.detail,
        values: finding.values,
        fingerprint: finding.fingerprint,
    }
}

fn line(found: &Found<'_>) -> std::io::Result<()> {
    let finding = &found.finding;
    let sides = match (&finding.left, &finding.right) {
        (Some(left), Some(right)) => format!(" ({left} against {right})"),
        _ => String::new(),
    };
    say!(
        "{} {} {:14} {} {}: {}{sides} [{}]",
        print::plain(found.agency.unwrap_or("?")),
        found.year.map_or("?".into(), |year| year.to_string()),
        finding.verdict,
        finding.severity,
        finding.rule,
        print::plain(&finding.detail),
        finding.fingerprint
    )
}
