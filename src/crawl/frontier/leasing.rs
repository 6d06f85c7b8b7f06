//! Taking addresses and settling them.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use url::Url;

use super::{Found, Lease, Role, Season, Verdict, after};
use crate::archive::CaptureId;
use crate::clock::rfc3339;
use crate::crawl::fetch::Condition;
use crate::crawl::{Outcome, Revisit};
use crate::exchange::{Hop, Query};
use crate::store::StoreError;

/// Longer than any attempt can take, pace included: after it the address is anyone's.
pub const LEASE: Duration = Duration::from_secs(1_800);

/// Leases left by a process that ended without settling them; the addresses are due again. How many there were.
pub fn reclaim(tx: &Connection) -> Result<usize, StoreError> {
    // The archive's lock says that no other process works on it: every lease found is a dead one's.
    Ok(tx.execute("UPDATE url SET state = 'due', leased_until = NULL WHERE state = 'leased'", [])?)
}

/// Hosts with something due, not left alone for now, the longest overdue first; at most `limit`.
pub fn due_hosts(
    connection: &Connection,
    now: Timestamp,
    only: Option<&str>,
    limit: usize,
) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT name FROM host
         WHERE due_at <= ?1 AND (blocked_until IS NULL OR blocked_until <= ?1) AND (?2 IS NULL OR name = ?2)
         ORDER BY due_at, name LIMIT ?3",
    )?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let hosts = statement.query_map(params![rfc3339(now), only, limit], |row| row.get(0))?;
    Ok(hosts.collect::<Result<_, _>>()?)
}

/// Takes the host's next address: by what it is and the season, then the longest overdue.
pub fn lease(tx: &Connection, host: &str, now: Timestamp) -> Result<Option<Lease>, StoreError> {
    let at = rfc3339(now);
    let blocked =
        tx.prepare_cached("SELECT 1 FROM host WHERE name = ?1 AND blocked_until > ?2")?.exists(params![host, at])?;
    if blocked {
        return Ok(None);
    }
    let mut first = tx.prepare_cached(
        "SELECT id FROM url
         WHERE host = ?1 AND priority = ?2 AND state IN ('due', 'settled') AND due_at <= ?3 ORDER BY due_at, id LIMIT 1",
    )?;
    for role in Season::at(now).order() {
        let next = first.query_row(params![host, role.priority(), at], |row| row.get(0)).optional()?;
        if let Some(id) = next {
            return take(tx, id, now).map(Some);
        }
    }
    Ok(None)
}

/// Takes one address by name, whenever it is due: the user asks for it now.
pub fn lease_now(tx: &Connection, found: &Found, now: Timestamp) -> Result<Lease, StoreError> {
    let id = tx.query_row("SELECT id FROM url WHERE key = ?1", [found.key().as_str()], |row| row.get(0))?;
    take(tx, id, now)
}

fn take(tx: &Connection, id: i64, now: Timestamp) -> Result<Lease, StoreError> {
    tx.prepare_cached("UPDATE url SET state = 'leased', leased_until = ?2 WHERE id = ?1")?
        .execute(params![id, rfc3339(after(now, LEASE))])?;
    let lease = tx
        .prepare_cached(
            "SELECT address, role, hop, depth, pages, redirects, agency, attempts, etag, last_modified, body, via,
                 (SELECT address FROM url v WHERE v.id = u.via AND u.body IS NOT NULL)
             FROM url u WHERE id = ?1",
        )?
        .query_row([id], |row| {
            let (address, role, hop): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let url = Url::parse(&address).map_err(|error| {
                rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(error))
            })?;
            Ok(Lease {
                id,
                token: 0,
                url,
                query: row.get::<_, Option<String>>(10)?.as_deref().map(Query::from_text),
                via: row.get(11)?,
                referer: row.get::<_, Option<String>>(12)?.and_then(|address| Url::parse(&address).ok()),
                role: Role::from_text(&role),
                hop: Hop::from_text(&hop).unwrap_or(Hop::Link),
                depth: row.get(3)?,
                pages: row.get(4)?,
                redirects: row.get(5)?,
                agency: row.get(6)?,
                attempts: row.get(7)?,
                condition: Condition { etag: row.get(8)?, last_modified: row.get(9)? },
            })
        })?;
    Ok(lease)
}

/// Gives an address back, unless its verdict came in after all.
pub fn release(tx: &Connection, lease: i64) -> Result<(), StoreError> {
    tx.execute("UPDATE url SET state = 'due', leased_until = NULL WHERE id = ?1 AND state = 'leased'", [lease])?;
    Ok(())
}

/// Settles a lease: outcome, when due again, what to ask on condition of.
pub fn settle(
    tx: &Connection,
    lease: &Lease,
    verdict: &Verdict,
    revisit: &Revisit,
    now: Timestamp,
) -> Result<(), StoreError> {
    let ruling = Ruling::of(lease, verdict.outcome, revisit, now);
    let condition = verdict.condition.as_ref().unwrap_or(&lease.condition);
    tx.prepare_cached(
        "UPDATE url SET state = ?2, due_at = ?3, leased_until = NULL, attempts = ?4, outcome = ?5, outcome_at = ?6, detail = ?7,
             capture = coalesce(?8, capture), etag = ?9, last_modified = ?10
         WHERE id = ?1",
    )?
    .execute(params![
        lease.id,
        ruling.state,
        rfc3339(ruling.due_at),
        ruling.attempts,
        ruling.outcome.as_str(),
        rfc3339(now),
        verdict.detail,
        verdict.capture.map(|capture| capture.0),
        condition.etag,
        condition.last_modified,
    ])?;
    Ok(())
}

/// Keeps an address that was only looked at on the way out of later runs, until a seed or a link of a column names it.
pub fn pass(tx: &Connection, lease: i64) -> Result<(), StoreError> {
    tx.execute("UPDATE url SET state = 'passed' WHERE id = ?1 AND state IN ('settled', 'leased')", [lease])?;
    Ok(())
}

/// Corrects the outcome of the address that a capture settled, once it is read.
pub fn amend(tx: &Connection, capture: CaptureId, outcome: Outcome, why: &str) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE url SET outcome = ?2, detail = ?3 WHERE capture = ?1")?.execute(params![
        capture.0,
        outcome.as_str(),
        why
    ])?;
    Ok(())
}

/// What the end of an attempt makes of its address.
#[derive(Clone, Copy, Debug)]
pub struct Ruling {
    /// settled | gone
    pub state: &'static str,
    /// Not found again and again is gone.
    pub outcome: Outcome,
    /// In a row without success.
    pub attempts: u32,
    pub due_at: Timestamp,
}

impl Ruling {
    pub fn of(lease: &Lease, outcome: Outcome, revisit: &Revisit, now: Timestamp) -> Ruling {
        let attempts = if outcome.is_success() { 0 } else { lease.attempts + 1 };
        let gone = outcome == Outcome::Gone || (outcome == Outcome::NotFound && attempts >= 2);
        let due_at = due_again(lease.role, outcome, attempts, revisit, now);
        let (state, outcome) = if gone { ("gone", Outcome::Gone) } else { ("settled", outcome) };
        Ruling { state, outcome, attempts, due_at }
    }
}

fn due_again(role: Role, outcome: Outcome, attempts: u32, revisit: &Revisit, now: Timestamp) -> Timestamp {
    let wait = match outcome {
        _ if outcome.is_success() && matches!(role, Role::Listing | Role::Home) => {
            return Season::at(now).listing_due(now, revisit.listing, revisit.listing_off_season);
        }
        _ if outcome.is_success() => revisit.report,
        Outcome::RefusedByRobots
        | Outcome::OutOfScope
        | Outcome::ForbiddenAddress
        | Outcome::Bounded
        | Outcome::TooManyRedirects => revisit.report,
        _ => (revisit.failed * 2u32.saturating_pow(attempts.saturating_sub(1).min(12))).min(revisit.report),
    };
    after(now, wait)
}
