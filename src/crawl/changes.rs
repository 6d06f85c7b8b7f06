//! What a run changed in what is known: new reports, silently revised ones, withdrawn ones, and who is late or quiet.

use jiff::Timestamp;
use jiff::tz::Offset;
use rusqlite::{Connection, params};
use serde::Serialize;

use super::frontier::overdue;
use crate::archive::CaptureId;
use crate::dataset::{self, Change};
use crate::store::StoreError;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Changes {
    pub new: Vec<ReportAt>,
    pub revised: Vec<Revised>,
    pub withdrawn: Vec<Withdrawn>,
    /// Nothing of the last year, though its date is past.
    pub late: Vec<Late>,
    /// Reports of earlier years, none of the last two.
    pub quiet: Vec<Quiet>,
}

/// A report had for the first time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReportAt {
    pub agency: Option<String>,
    pub year: Option<i16>,
    pub url: String,
    pub capture: i64,
}

/// The same address with other numbers; both captures are kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Revised {
    #[serde(flatten)]
    pub report: ReportAt,
    /// The capture that said otherwise.
    pub before: i64,
    pub cells: Vec<Change>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Withdrawn {
    #[serde(flatten)]
    pub report: ReportAt,
    /// What the address answers now.
    pub outcome: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Late {
    pub agency: String,
    pub year: i16,
    /// The statutory date that is past.
    pub due: &'static str,
    pub state: String,
    pub reason: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Quiet {
    pub agency: String,
    pub last_year: i16,
}

/// What run `crawl` changed, as the archive stands at its end.
pub fn changes(connection: &Connection, crawl: i64, now: Timestamp) -> Result<Changes, StoreError> {
    let mut changes = Changes::default();
    for (report, before) in read_in(connection, crawl)? {
        match before {
            None => changes.new.push(report),
            Some(before) => {
                let cells = dataset::differing(
                    &dataset::stored(connection, CaptureId(before))?,
                    &dataset::stored(connection, CaptureId(report.capture))?,
                );
                if !cells.is_empty() {
                    changes.revised.push(Revised { report, before, cells });
                }
            }
        }
    }
    changes.withdrawn = withdrawn_in(connection, crawl)?;
    (changes.late, changes.quiet) = missing(connection, now)?;
    Ok(changes)
}

/// Reports read from answers of the run, each with the capture of the same address that was a report before. A copy of a known
/// report at another address is neither new nor a revision.
fn read_in(connection: &Connection, crawl: i64) -> Result<Vec<(ReportAt, Option<i64>)>, StoreError> {
    let mut statement = connection.prepare(
        "SELECT r.agency, r.year, c.url, c.id,
                (SELECT max(o.id) FROM capture o JOIN report p ON p.capture = o.id WHERE o.urlkey = c.urlkey AND o.id < c.id) AS before
         FROM capture c JOIN report r ON r.capture = c.id
         WHERE c.crawl = ?1
           AND (before IS NOT NULL OR NOT EXISTS
                (SELECT 1 FROM report p WHERE p.agency = r.agency AND p.year = r.year AND p.capture < c.id))
         ORDER BY c.id",
    )?;
    let rows = statement.query_map([crawl], |row| Ok((report_at(row)?, row.get(4)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn report_at(row: &rusqlite::Row<'_>) -> rusqlite::Result<ReportAt> {
    Ok(ReportAt { agency: row.get(0)?, year: row.get(1)?, url: row.get(2)?, capture: row.get(3)? })
}

fn withdrawn_in(connection: &Connection, crawl: i64) -> Result<Vec<Withdrawn>, StoreError> {
    let mut statement = connection.prepare(
        "SELECT r.agency, r.year, o.url, o.id, u.outcome
         FROM capture c JOIN url u ON u.key = c.urlkey
         JOIN capture o ON o.id = (SELECT max(p.capture) FROM report p JOIN capture q ON q.id = p.capture
                                   WHERE q.urlkey = c.urlkey AND q.id < c.id)
         JOIN report r ON r.capture = o.id
         WHERE c.crawl = ?1 AND u.outcome IN ('not_found', 'gone', 'soft_404')
         GROUP BY o.id ORDER BY o.id",
    )?;
    let rows = statement.query_map([crawl], |row| Ok(Withdrawn { report: report_at(row)?, outcome: row.get(4)? }))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Agencies of the seeds without a report that should be there.
fn missing(connection: &Connection, now: Timestamp) -> Result<(Vec<Late>, Vec<Quiet>), StoreError> {
    let year = Offset::constant(8).to_datetime(now).year() - 1;
    let Some(due) = overdue(year, now) else { return Ok((Vec::new(), Vec::new())) };
    let mut statement = connection.prepare(
        "SELECT a.name, c.state, c.reason,
                (SELECT max(r.year) FROM report r WHERE r.agency = a.name) AS last_year
         FROM agency a JOIN coverage c ON c.agency = a.name AND c.year = ?1
         WHERE a.in_seeds = 1 AND c.report IS NULL ORDER BY a.name",
    )?;
    let mut rows = statement.query(params![year])?;
    let (mut late, mut quiet) = (Vec::new(), Vec::new());
    while let Some(row) = rows.next()? {
        let agency: String = row.get(0)?;
        match row.get::<_, Option<i16>>(3)? {
            Some(last_year) if last_year + 2 <= year => quiet.push(Quiet { agency: agency.clone(), last_year }),
            _ => {}
        }
        late.push(Late { agency, year, due, state: row.get(1)?, reason: row.get(2)? });
    }
    Ok((late, quiet))
}
