//! What is to be asked, in the archive's own tables: addresses with leases that end by themselves, hosts with their state.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use url::Url;

use super::fetch::Condition;
use super::{Limits, Outcome, Revisit};
use crate::archive::CaptureId;
use crate::clock::rfc3339;
use crate::exchange::Hop;
use crate::seed::{Seed, SeedKind};
use crate::store::StoreError;
use crate::urlkey::UrlKey;

/// What an address is expected to hold; decides its priority and when it is due again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Listing,
    Report,
    Attachment,
    Home,
}

impl Role {
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Listing => "listing",
            Role::Report => "report",
            Role::Attachment => "attachment",
            Role::Home => "home",
        }
    }

    fn from_text(text: &str) -> Role {
        [Role::Listing, Role::Report, Role::Attachment]
            .into_iter()
            .find(|role| role.as_str() == text)
            .unwrap_or(Role::Home)
    }

    /// Smaller goes first: listings find reports, reports name attachments.
    fn priority(self) -> i64 {
        match self {
            Role::Listing => 10,
            Role::Report => 20,
            Role::Attachment => 30,
            Role::Home => 40,
        }
    }
}

impl From<SeedKind> for Role {
    fn from(kind: SeedKind) -> Role {
        match kind {
            SeedKind::Report => Role::Report,
            SeedKind::Listing => Role::Listing,
            SeedKind::Home => Role::Home,
        }
    }
}

/// An address to add.
#[derive(Clone, Debug)]
pub struct Found {
    pub url: Url,
    pub role: Role,
    pub hop: Hop,
    pub depth: u32,
    pub pages: u32,
    pub redirects: u32,
    pub via: Option<i64>,
    pub agency: Option<i64>,
    pub anchor: String,
    pub score: i32,
}

/// An address taken, until its time is over or it is settled.
#[derive(Clone, Debug)]
pub struct Lease {
    pub id: i64,
    pub url: Url,
    pub role: Role,
    pub hop: Hop,
    pub depth: u32,
    pub pages: u32,
    pub redirects: u32,
    pub agency: Option<i64>,
    pub attempts: u32,
    pub condition: Condition,
}

/// Longer than any attempt can take, pace included: after it the address is anyone's.
const LEASE: Duration = Duration::from_secs(1_800);

/// The name a host has in the frontier: with its port when that is not the scheme's own.
pub fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
    url.port().map_or(host.clone(), |port| format!("{host}:{port}"))
}

/// Puts the seeds in. What is known already keeps its state and learns its agency.
pub fn plant(tx: &Connection, seeds: &[Seed], now: Timestamp) -> Result<(), StoreError> {
    for seed in seeds {
        tx.prepare_cached(
            "INSERT INTO agency (name, in_seeds) VALUES (?1, 1) ON CONFLICT (name) DO UPDATE SET in_seeds = 1",
        )?
        .execute([&seed.agency])?;
        let agency: i64 =
            tx.prepare_cached("SELECT id FROM agency WHERE name = ?1")?.query_row([&seed.agency], |row| row.get(0))?;
        let found = Found {
            url: seed.url.clone(),
            role: seed.kind.into(),
            hop: Hop::Seed,
            depth: 0,
            pages: 0,
            redirects: 0,
            via: None,
            agency: Some(agency),
            anchor: String::new(),
            score: 100,
        };
        add(tx, &found, now)?;
        tx.prepare_cached("UPDATE url SET agency = ?2 WHERE key = ?1 AND agency IS NULL")?
            .execute(params![UrlKey::of(&seed.url).as_str(), agency])?;
        // Found or fetched before it was a seed: from now on it leads on like one.
        tx.prepare_cached(
            "UPDATE url SET role = ?2, hop = ?3, priority = ?4, depth = 0, pages = 0, due_at = ?5 WHERE key = ?1 AND depth > 0",
        )?
        .execute(params![
            UrlKey::of(&seed.url).as_str(),
            found.role.as_str(),
            found.hop.as_str(),
            found.role.priority(),
            rfc3339(now)
        ])?;
    }
    Ok(())
}

/// Adds an address, due now; whether it is new.
pub fn add(tx: &Connection, found: &Found, now: Timestamp) -> Result<bool, StoreError> {
    let host = host_of(&found.url);
    tx.prepare_cached("INSERT OR IGNORE INTO host (name) VALUES (?1)")?.execute([&host])?;
    let now = rfc3339(now);
    let added = tx
        .prepare_cached(
            "INSERT OR IGNORE INTO url (key, address, host, agency, role, hop, depth, pages, redirects, via, anchor, score, priority,
                 state, due_at, first_seen_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, 'due', ?14, ?14)",
        )?
        .execute(params![
            UrlKey::of(&found.url).as_str(),
            found.url.as_str(),
            host,
            found.agency,
            found.role.as_str(),
            found.hop.as_str(),
            found.depth,
            found.pages,
            found.redirects,
            found.via,
            found.anchor,
            found.score,
            found.role.priority(),
            now,
        ])?;
    Ok(added > 0)
}

/// Whether the frontier holds an address.
pub fn knows(connection: &Connection, url: &Url) -> Result<bool, StoreError> {
    Ok(connection.prepare_cached("SELECT 1 FROM url WHERE key = ?1")?.exists([UrlKey::of(url).as_str()])?)
}

/// How many addresses of a host the frontier holds.
pub fn held_of(connection: &Connection, host: &str) -> Result<u64, StoreError> {
    let count: i64 =
        connection.prepare_cached("SELECT count(*) FROM url WHERE host = ?1")?.query_row([host], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}

/// Leases left by a process that ended without settling them; the addresses are due again. How many there were.
pub fn reclaim(tx: &Connection) -> Result<usize, StoreError> {
    // The archive's lock says that no other process works on it: every lease found is a dead one's.
    Ok(tx.execute("UPDATE url SET state = 'due', leased_until = NULL WHERE state = 'leased'", [])?)
}

/// Hosts with something due, not left alone for now.
pub fn due_hosts(connection: &Connection, now: Timestamp, only: Option<&str>) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT u.host FROM url u JOIN host h ON h.name = u.host
         WHERE u.state IN ('due', 'settled') AND u.due_at <= ?1 AND (h.blocked_until IS NULL OR h.blocked_until <= ?1)
           AND (?2 IS NULL OR h.name = ?2)
         GROUP BY u.host ORDER BY min(u.priority), min(u.due_at), u.host",
    )?;
    let hosts = statement.query_map(params![rfc3339(now), only], |row| row.get(0))?;
    Ok(hosts.collect::<Result<_, _>>()?)
}

/// Takes the host's next address.
pub fn lease(tx: &Connection, host: &str, now: Timestamp) -> Result<Option<Lease>, StoreError> {
    let next: Option<i64> = tx
        .prepare_cached(
            "SELECT u.id FROM url u JOIN host h ON h.name = u.host
             WHERE u.host = ?1 AND u.state IN ('due', 'settled') AND u.due_at <= ?2 AND (h.blocked_until IS NULL OR h.blocked_until <= ?2)
             ORDER BY u.priority, u.due_at, u.id LIMIT 1",
        )?
        .query_row(params![host, rfc3339(now)], |row| row.get(0))
        .optional()?;
    next.map(|id| take(tx, id, now)).transpose()
}

/// Takes one address by name, whenever it is due: the user asks for it now.
pub fn lease_now(tx: &Connection, url: &Url, now: Timestamp) -> Result<Lease, StoreError> {
    let id = tx.query_row("SELECT id FROM url WHERE key = ?1", [UrlKey::of(url).as_str()], |row| row.get(0))?;
    take(tx, id, now)
}

fn take(tx: &Connection, id: i64, now: Timestamp) -> Result<Lease, StoreError> {
    let until = now.saturating_add(jiff::SignedDuration::try_from(LEASE).unwrap_or_default()).unwrap_or(now);
    tx.prepare_cached("UPDATE url SET state = 'leased', leased_until = ?2 WHERE id = ?1")?
        .execute(params![id, rfc3339(until)])?;
    let lease = tx
        .prepare_cached(
            "SELECT address, role, hop, depth, pages, redirects, agency, attempts, etag, last_modified FROM url WHERE id = ?1",
        )?
        .query_row([id], |row| {
            let (address, role, hop): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let url = Url::parse(&address)
                .map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(error)))?;
            Ok(Lease {
                id,
                url,
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
pub fn release(tx: &Connection, id: i64) -> Result<(), StoreError> {
    tx.execute("UPDATE url SET state = 'due', leased_until = NULL WHERE id = ?1 AND state = 'leased'", [id])?;
    Ok(())
}

/// The frontier's verdict on an attempt.
#[derive(Clone, Debug)]
pub struct Verdict {
    pub outcome: Outcome,
    pub detail: String,
    pub capture: Option<CaptureId>,
    pub condition: Option<Condition>,
}

/// Settles a lease: outcome, when due again, what to ask on condition of.
pub fn settle(
    tx: &Connection,
    lease: &Lease,
    verdict: &Verdict,
    revisit: &Revisit,
    now: Timestamp,
) -> Result<(), StoreError> {
    let attempts = if verdict.outcome.is_success() { 0 } else { lease.attempts + 1 };
    let gone = verdict.outcome == Outcome::Gone || (verdict.outcome == Outcome::NotFound && attempts >= 2);
    let due = now.saturating_add(
        jiff::SignedDuration::try_from(wait(lease.role, verdict.outcome, attempts, revisit)).unwrap_or_default(),
    );
    tx.prepare_cached(
        "UPDATE url SET state = ?2, due_at = ?3, leased_until = NULL, attempts = ?4, outcome = ?5, outcome_at = ?6, detail = ?7,
             capture = coalesce(?8, capture), etag = ?9, last_modified = ?10
         WHERE id = ?1",
    )?
    .execute(params![
        lease.id,
        if gone { "gone" } else { "settled" },
        rfc3339(due.unwrap_or(now)),
        attempts,
        if gone { Outcome::Gone.as_str() } else { verdict.outcome.as_str() },
        rfc3339(now),
        verdict.detail,
        verdict.capture.map(|capture| capture.0),
        verdict.condition.as_ref().map_or(lease.condition.etag.clone(), |condition| condition.etag.clone()),
        verdict.condition.as_ref().map_or(lease.condition.last_modified.clone(), |condition| condition.last_modified.clone()),
    ])?;
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

fn wait(role: Role, outcome: Outcome, attempts: u32, revisit: &Revisit) -> Duration {
    match outcome {
        _ if outcome.is_success() && matches!(role, Role::Listing | Role::Home) => revisit.listing,
        _ if outcome.is_success() => revisit.report,
        Outcome::RefusedByRobots
        | Outcome::OutOfScope
        | Outcome::ForbiddenAddress
        | Outcome::Bounded
        | Outcome::TooManyRedirects => revisit.report,
        _ => (revisit.failed * 2u32.saturating_pow(attempts.saturating_sub(1).min(12))).min(revisit.report),
    }
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

/// Notes when a request to a host started, so that the gap holds over a restart.
pub fn started(tx: &Connection, host: &str, at: Timestamp) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO host (name, last_start_at) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET last_start_at = ?2",
    )?
    .execute(params![host, rfc3339(at)])?;
    Ok(())
}

/// Parameters in a query; content systems of these sites use nine at most.
const MAX_PARAMETERS: usize = 12;

/// Whether one more page may be added, else which limit says no.
pub fn bound(connection: &Connection, found: &Found, limits: &Limits) -> Result<Option<&'static str>, StoreError> {
    if found.depth > limits.depth {
        return Ok(Some("depth"));
    }
    if found.pages >= limits.listing_pages {
        return Ok(Some("listing_pages"));
    }
    if repeats(found.url.path()) {
        return Ok(Some("repeated segments"));
    }
    if found.url.query().is_some_and(|query| query.split('&').count() > MAX_PARAMETERS) {
        return Ok(Some("query parameters"));
    }
    Ok((held_of(connection, &host_of(&found.url))? >= limits.pages_per_host).then_some("pages_per_host"))
}

/// A path in which one segment comes three times is a trap that links to itself.
fn repeats(path: &str) -> bool {
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    segments.iter().any(|segment| segments.iter().filter(|other| *other == segment).count() >= 3)
}
