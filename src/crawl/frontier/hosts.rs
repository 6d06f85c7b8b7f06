//! What is remembered of a host over restarts: when it was asked, how it answered, how long it is left alone.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::after;
use crate::clock::rfc3339;
use crate::crawl::{Outcome, Revisit};
use crate::exchange::Transport;
use crate::store::StoreError;

/// A host as an earlier run left it.
#[derive(Clone, Debug)]
pub struct Remembered {
    pub host: String,
    pub last_start_at: Option<String>,
    /// How many gaps lay between two starts.
    pub slowdown: u32,
    /// It refused or failed within 30 days.
    pub refused: bool,
    pub transport: Option<Transport>,
}

impl Remembered {
    /// How long ago it was last asked. A clock that was set back says nothing about the gap: the whole of it is kept.
    pub fn asked_ago(&self, now: Timestamp) -> Option<Duration> {
        let at: Timestamp = self.last_start_at.as_ref()?.parse().ok()?;
        Some(Duration::try_from(now.duration_since(at)).unwrap_or_default())
    }
}

/// How long a host that refused is asked more slowly than others.
const CARE: Duration = Duration::from_secs(30 * 24 * 3_600);

/// Whether a host that refused last at `at` still counts as one that refuses.
pub fn refuses(at: Timestamp, now: Timestamp) -> bool {
    after(at, CARE) > now
}

pub fn remembered(connection: &Connection, now: Timestamp) -> Result<Vec<Remembered>, StoreError> {
    let mut statement = connection.prepare(
        "SELECT name, last_start_at, slowdown, refused_at, transport FROM host
         WHERE last_start_at IS NOT NULL OR slowdown > 1 OR refused_at IS NOT NULL OR transport IS NOT NULL",
    )?;
    let rows = statement.query_map([], |row| {
        let (refused_at, transport): (Option<String>, Option<String>) = (row.get(3)?, row.get(4)?);
        Ok(Remembered {
            host: row.get(0)?,
            last_start_at: row.get(1)?,
            slowdown: row.get(2)?,
            refused: refused_at.and_then(|at| at.parse().ok()).is_some_and(|at| refuses(at, now)),
            transport: transport.as_deref().and_then(Transport::from_text),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Notes when a request to a host started, so that the gap holds over a restart.
pub fn started(tx: &Connection, host: &str, at: Timestamp) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO host (name, last_start_at) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET last_start_at = ?2",
    )?
    .execute(params![host, rfc3339(at)])?;
    Ok(())
}

/// The host answered: its failures in a row are over. `slowdown` is its pace from here.
pub fn answered(tx: &Connection, host: &str, slowdown: u32, refused: bool, now: Timestamp) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE host SET failures = 0, slowdown = ?2, refused_at = CASE WHEN ?3 THEN ?4 ELSE refused_at END WHERE name = ?1",
    )?
    .execute(params![host, slowdown, refused, rfc3339(now)])?;
    Ok(())
}

/// Failures in a row after which a host is left alone; then one request is the probe.
const FAILURES: u32 = 5;
const LONGEST_OPEN: Duration = Duration::from_secs(24 * 3_600);

/// The host gave no answer. Until when it is left alone, once that has come too often: twice as long with each probe that fails.
pub fn failed(
    tx: &Connection,
    host: &str,
    outcome: Outcome,
    cool_down: Duration,
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let failures: u32 = tx
        .prepare_cached(
            "INSERT INTO host (name, failures) VALUES (?1, 1) ON CONFLICT (name) DO UPDATE SET failures = failures + 1 RETURNING failures",
        )?
        .query_row([host], |row| row.get(0))?;
    let until = left_alone(failures, cool_down, now);
    if let Some(until) = until {
        block(tx, host, until, outcome)?;
    }
    Ok(until)
}

/// Until when a host is left alone that gave no answer so many times in a row; none while that is not often enough.
pub fn left_alone(failures: u32, cool_down: Duration, now: Timestamp) -> Option<Timestamp> {
    let probes = failures.checked_sub(FAILURES)?;
    Some(after(now, (cool_down * 2u32.saturating_pow(probes.min(12))).min(LONGEST_OPEN)))
}

/// Leaves a host alone until `until`, over restarts.
pub fn block(tx: &Connection, host: &str, until: Timestamp, outcome: Outcome) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE host SET blocked_until = ?2, blocked_outcome = ?3 WHERE name = ?1")?.execute(params![
        host,
        rfc3339(until),
        outcome.as_str()
    ])?;
    Ok(())
}

/// Which way to the host worked.
pub fn transported(tx: &Connection, host: &str, transport: Transport) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE host SET transport = ?2 WHERE name = ?1 AND transport IS NOT ?2")?
        .execute(params![host, transport.as_str()])?;
    Ok(())
}

/// A host is left alone for a week at most.
pub const LONGEST_BLOCK: Duration = Duration::from_secs(7 * 24 * 3_600);

/// Dates further ahead than any wait come from a clock that has been set back since: they mean now. How many there were.
pub fn mend_dates(tx: &Connection, revisit: &Revisit, now: Timestamp) -> Result<usize, StoreError> {
    let longest = [revisit.report, revisit.listing, revisit.listing_off_season, revisit.failed, LONGEST_BLOCK];
    let at_most = rfc3339(after(now, longest.into_iter().max().unwrap_or_default()));
    let mended = tx.execute("UPDATE url SET due_at = ?2 WHERE due_at > ?1", params![at_most, rfc3339(now)])?;
    tx.execute(
        "UPDATE host SET blocked_until = NULL, blocked_outcome = NULL WHERE blocked_until > ?1",
        [rfc3339(after(now, LONGEST_BLOCK))],
    )?;
    tx.execute("UPDATE host SET robots_at = NULL WHERE robots_at > ?1", [rfc3339(now)])?;
    Ok(mended)
}
