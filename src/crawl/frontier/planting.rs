//! Putting addresses in, as far as the limits allow.

use std::collections::hash_map::Entry;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::{Found, Held, host_of};
use crate::clock::rfc3339;
use crate::exchange::{Hop, Query};
use crate::parse;
use crate::seed::Seed;
use crate::store::StoreError;
use crate::urlkey::UrlKey;

impl Found {
    /// The address of a seed; `agency` is its number in the frontier.
    pub fn seed(seed: &Seed, agency: Option<i64>) -> Found {
        Found {
            url: seed.url.clone(),
            query: None,
            role: seed.kind.into(),
            hop: Hop::Seed,
            depth: 0,
            pages: 0,
            redirects: 0,
            via: None,
            agency,
            anchor: String::new(),
            score: 100,
        }
    }
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
        let found = Found::seed(seed, Some(agency));
        add(tx, &found, now)?;
        tx.prepare_cached("UPDATE url SET agency = ?2 WHERE key = ?1 AND agency IS NULL")?
            .execute(params![UrlKey::of(&seed.url).as_str(), agency])?;
        // Found or fetched before it was a seed: from now on it leads on like one.
        tx.prepare_cached(
            "UPDATE url SET role = ?2, hop = ?3, priority = ?4, depth = 0, pages = 0, due_at = ?5,
                 state = CASE state WHEN 'passed' THEN 'due' ELSE state END
             WHERE key = ?1 AND depth > 0",
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

/// Adds an address, due now; whether it is new. One that was only passed by is new.
pub fn add(tx: &Connection, found: &Found, now: Timestamp) -> Result<bool, StoreError> {
    let host = host_of(&found.url);
    tx.prepare_cached("INSERT OR IGNORE INTO host (name) VALUES (?1)")?.execute([&host])?;
    let added = tx
        .prepare_cached(
            "INSERT INTO url (key, address, host, agency, role, hop, depth, pages, redirects, via, anchor, score, priority,
                 state, due_at, first_seen_at, year, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, 'due', ?14, ?14, ?15, ?16)
             ON CONFLICT (key) DO UPDATE SET state = 'due', due_at = ?14, agency = ?4, role = ?5, hop = ?6, depth = ?7,
                 pages = ?8, redirects = ?9, via = ?10, anchor = ?11, score = ?12, priority = ?13, year = ?15
             WHERE state = 'passed'",
        )?
        .execute(params![
            found.key().as_str(),
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
            rfc3339(now),
            parse::year_in_title(&found.anchor),
            found.query.as_ref().map(Query::as_str),
        ])?;
    Ok(added > 0)
}

/// Whether the frontier holds an address that it means to ask for.
fn knows(connection: &Connection, found: &Found) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached("SELECT 1 FROM url WHERE key = ?1 AND state <> 'passed'")?
        .exists([found.key().as_str()])?)
}

/// What the frontier has of addresses that were found.
pub fn held(connection: &Connection, found: &[Found]) -> Result<Held, StoreError> {
    let mut held = Held::default();
    let mut addresses = connection.prepare_cached("SELECT addresses FROM host WHERE name = ?1")?;
    for found in found {
        if knows(connection, found)? {
            held.known.insert(found.key().as_str().to_owned());
            continue;
        }
        if let Entry::Vacant(host) = held.addresses.entry(host_of(&found.url)) {
            let count: Option<i64> = addresses.query_row([host.key()], |row| row.get(0)).optional()?;
            host.insert(count.unwrap_or(0).unsigned_abs());
        }
    }
    Ok(held)
}
