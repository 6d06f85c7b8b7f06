//! Re-reading: captures whose reading is older than the parser, from the archive alone.
//!
//! The reading of each capture is promoted by itself, all or nothing, so that a run that is interrupted goes on where it was.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::mpsc::sync_channel;

use rusqlite::{Connection, params};

use crate::archive::{self, ArchiveError, Bodies, CaptureId};
use crate::clock::{Clock, rfc3339};
use crate::dataset::{self, Change, Delta};
use crate::exchange::Hop;
use crate::parse::{Given, PARSER_VERSION, Page, PageKind, Parsed};
use crate::stop::Stop;
use crate::store::{Store, StoreError};

/// What to re-read and how.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Every capture, not only those whose reading is older.
    pub all: bool,
    /// Nothing is written.
    pub dry_run: bool,
    /// Readings at a time.
    pub jobs: usize,
}

/// What a run of re-reading did.
#[derive(Debug, Default)]
pub struct Summary {
    pub captures: usize,
    pub reports: usize,
    pub delta: Delta,
    /// Captures whose bytes can't be read; their readings stand as they were.
    pub damaged: Vec<(CaptureId, String)>,
    /// Captures on which the parser panicked: read as pages that can't be read.
    pub panicked: Vec<CaptureId>,
    /// Stopped before the last; the next run goes on.
    pub interrupted: bool,
}

/// The cells of one capture that differ, for `--diff`.
#[derive(Debug)]
pub struct Difference {
    pub capture: CaptureId,
    pub url: String,
    pub agency: Option<String>,
    pub year: Option<i16>,
    pub changes: Vec<Change>,
}

/// Re-reads with `read`, calling `each` for every capture in order.
pub fn reparse(
    store: &Store,
    clock: &Clock,
    options: Options,
    read: impl Fn(Given<'_>) -> Parsed + Sync,
    each: impl FnMut(Difference),
) -> Result<Summary, ArchiveError> {
    reparse_until(store, clock, options, &Stop::default(), read, each)
}

/// [`reparse`], ended early by `stop`.
pub fn reparse_until(
    store: &Store,
    clock: &Clock,
    options: Options,
    stop: &Stop,
    read: impl Fn(Given<'_>) -> Parsed + Sync,
    mut each: impl FnMut(Difference),
) -> Result<Summary, ArchiveError> {
    let connection = store.reader()?;
    let due = due(&connection, options.all)?;
    let run = if options.dry_run || due.is_empty() { None } else { Some(begin(store, clock)?) };
    let mut summary = Summary::default();
    in_order((store, stop), &due, options.jobs.max(1), &read, |id, outcome| {
        summary.captures += 1;
        let (url, parsed, panicked) = match outcome {
            Err(ArchiveError::Damaged { digest, why }) => {
                summary.damaged.push((id, format!("payload {digest}: {why}")));
                return Ok(());
            }
            Err(fault) => return Err(fault),
            Ok(read) => read,
        };
        if panicked {
            summary.panicked.push(id);
        }
        summary.reports += usize::from(parsed.report.is_some());
        let changes = dataset::compare(&dataset::stored(&connection, id)?, &parsed);
        summary.delta.add(Delta::of(&changes));
        let report = parsed.report.as_ref();
        each(Difference {
            capture: id,
            url,
            agency: report.and_then(|report| report.agency.clone()),
            year: report.and_then(|report| report.year),
            changes,
        });
        if let Some(run) = run {
            store.write_blocking(move |tx| dataset::replace(tx, id, &parsed, Some(run)))?;
        }
        Ok(())
    })?;
    summary.interrupted = summary.captures < due.len();
    if let Some(run) = run {
        finish(store, clock, run, &summary)?;
    }
    Ok(summary)
}

/// Reads one capture; a parser that panics gives a page that can't be read.
pub fn read_one(
    bodies: &Bodies<'_>,
    id: CaptureId,
    read: &(impl Fn(Given<'_>) -> Parsed + Sync),
) -> Result<(String, Parsed, bool), ArchiveError> {
    let (capture, exchange) = archive::exchange_by(bodies, id)?;
    let url = capture.url.to_string();
    let given = Given::served(&exchange.request, &exchange.response);
    match catch_unwind(AssertUnwindSafe(|| read(given))) {
        Ok(parsed) => Ok((url, parsed, false)),
        Err(_) => Ok((url, unreadable(), true)),
    }
}

fn unreadable() -> Parsed {
    let reason = "the parser failed on this page: a fault of the program, kept for its next version".into();
    let page = Page { kind: PageKind::Other, reason, title: None, published: None, site_id: None, index_number: None };
    Parsed { decoded: None, page, report: None, tables: Vec::new(), links: Vec::new(), text: String::new() }
}

/// Captures to read: not robots.txt, not revisits (their original is read), not answers without a body.
fn due(connection: &Connection, all: bool) -> Result<Vec<CaptureId>, StoreError> {
    let mut statement = connection.prepare(
        "SELECT c.id FROM capture c LEFT JOIN page p ON p.capture = c.id
         WHERE c.hop <> ?1 AND c.revisit_of IS NULL AND (?2 OR p.parser_version IS NULL OR p.parser_version <> ?3)
         ORDER BY c.id",
    )?;
    let ids =
        statement.query_map(params![Hop::Robots.as_str(), all, PARSER_VERSION], |row| Ok(CaptureId(row.get(0)?)))?;
    Ok(ids.collect::<Result<_, _>>()?)
}

type Outcome = Result<(String, Parsed, bool), ArchiveError>;

/// Reads on several threads, until asked to stop, and hands the readings over in the order of the captures.
fn in_order(
    (store, stop): (&Store, &Stop),
    due: &[CaptureId],
    jobs: usize,
    read: &(impl Fn(Given<'_>) -> Parsed + Sync),
    mut take: impl FnMut(CaptureId, Outcome) -> Result<(), ArchiveError>,
) -> Result<(), ArchiveError> {
    let next = Mutex::new(0..due.len());
    std::thread::scope(|scope| {
        // Bounded, so that a slow writer holds the readers back and not the memory.
        let (sender, readings) = sync_channel::<(usize, Outcome)>(jobs * 4);
        for _ in 0..jobs.min(due.len()) {
            let (sender, next) = (sender.clone(), &next);
            scope.spawn(move || {
                let connection = store.reader();
                let bodies = connection.as_ref().map(Bodies::new);
                while !stop.is_asked() {
                    let Some(n) = next.lock().ok().and_then(|mut next| next.next()) else { return };
                    let outcome = match &bodies {
                        Ok(bodies) => read_one(bodies, due[n], read),
                        Err(fault) => Err(StoreError::Row(fault.to_string()).into()),
                    };
                    if sender.send((n, outcome)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        let mut waiting = std::collections::BTreeMap::new();
        let mut expected = 0;
        for (n, outcome) in readings {
            waiting.insert(n, outcome);
            while let Some(outcome) = waiting.remove(&expected) {
                take(due[expected], outcome)?;
                expected += 1;
            }
        }
        Ok(())
    })
}

fn begin(store: &Store, clock: &Clock) -> Result<i64, StoreError> {
    let now = rfc3339(clock.now());
    store.write_blocking(move |tx| {
        tx.execute("INSERT INTO parse_run (parser_version, started_at) VALUES (?1, ?2)", params![PARSER_VERSION, now])?;
        Ok(tx.last_insert_rowid())
    })
}

fn finish(store: &Store, clock: &Clock, run: i64, summary: &Summary) -> Result<(), StoreError> {
    let now = rfc3339(clock.now());
    let (captures, delta) = (summary.captures as i64, summary.delta);
    store.write_blocking(move |tx| {
        tx.execute(
            "UPDATE parse_run SET ended_at = ?2, captures = ?3, gained = ?4, lost = ?5, changed = ?6 WHERE id = ?1",
            params![run, now, captures, delta.gained as i64, delta.lost as i64, delta.changed as i64],
        )?;
        Ok(())
    })
}
