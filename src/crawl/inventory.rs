//! What the frontier holds, for people: counts by state and outcome, addresses one by one.

use rusqlite::{Connection, params};
use serde::Serialize;

use crate::store::StoreError;

/// Addresses in one state with one outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Count {
    pub state: String,
    /// None where nothing was tried yet.
    pub outcome: Option<String>,
    pub addresses: i64,
    /// Of them, due by now.
    pub due: i64,
}

/// One address of the frontier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Address {
    pub url: String,
    /// What it is asked with by POST.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    pub role: String,
    pub hop: String,
    pub state: String,
    pub outcome: Option<String>,
    pub outcome_at: Option<String>,
    pub detail: Option<String>,
    pub due_at: String,
    pub attempts: i64,
    pub depth: i64,
    pub agency: Option<String>,
    /// The page that named it.
    pub via: Option<String>,
    pub capture: Option<i64>,
}

/// Which addresses to show; every part left out lets all pass.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub state: Option<String>,
    pub outcome: Option<String>,
    pub host: Option<String>,
    pub limit: Option<u32>,
}

/// A host that is left alone, or whose robots.txt is not to be had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HeldHost {
    pub host: String,
    pub until: Option<String>,
    pub outcome: Option<String>,
    /// rules | none | unreachable.
    pub robots: Option<String>,
    pub failures: i64,
}

pub fn counts(connection: &Connection, now: &str) -> Result<Vec<Count>, StoreError> {
    let mut statement = connection.prepare(
        "SELECT state, outcome, count(*), sum(state IN ('due', 'settled') AND due_at <= ?1) FROM url
         GROUP BY state, outcome ORDER BY state, count(*) DESC, outcome",
    )?;
    let rows = statement.query_map([now], |row| {
        Ok(Count { state: row.get(0)?, outcome: row.get(1)?, addresses: row.get(2)?, due: row.get(3)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// In the order they would be asked.
pub fn addresses(connection: &Connection, wanted: &Wanted) -> Result<Vec<Address>, StoreError> {
    let mut statement = connection.prepare(
        "SELECT u.address, u.role, u.hop, u.state, u.outcome, u.outcome_at, u.detail, u.due_at, u.attempts, u.depth, a.name, v.address,
                u.capture, u.body
         FROM url u LEFT JOIN agency a ON a.id = u.agency LEFT JOIN url v ON v.id = u.via
         WHERE (?1 IS NULL OR u.state = ?1) AND (?2 IS NULL OR u.outcome = ?2)
           AND (?3 IS NULL OR u.host = ?3 OR u.host LIKE ?3 || ':%')
         ORDER BY u.state, u.priority, u.due_at, u.id LIMIT ?4",
    )?;
    let limit = wanted.limit.map_or(-1, i64::from);
    let rows = statement.query_map(params![wanted.state, wanted.outcome, wanted.host, limit], |row| {
        Ok(Address {
            url: row.get(0)?,
            role: row.get(1)?,
            hop: row.get(2)?,
            state: row.get(3)?,
            outcome: row.get(4)?,
            outcome_at: row.get(5)?,
            detail: row.get(6)?,
            due_at: row.get(7)?,
            attempts: row.get(8)?,
            depth: row.get(9)?,
            agency: row.get(10)?,
            via: row.get(11)?,
            capture: row.get(12)?,
            body: row.get(13)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub fn held_hosts(connection: &Connection, now: &str) -> Result<Vec<HeldHost>, StoreError> {
    let mut statement = connection.prepare(
        "SELECT name, blocked_until, blocked_outcome, robots_state, failures FROM host
         WHERE blocked_until > ?1 OR robots_state = 'unreachable' ORDER BY name",
    )?;
    let rows = statement.query_map([now], |row| {
        Ok(HeldHost {
            host: row.get(0)?,
            until: row.get(1)?,
            outcome: row.get(2)?,
            robots: row.get(3)?,
            failures: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
