//! What a run did: attempts by outcome, what failed and why, which hosts could not be seen, what changed. Kept with the run.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rusqlite::{Connection, params};
use serde::Serialize;
use url::Url;

use super::changes::{Changes, changes};
use super::frontier::host_of;
use super::{Outcome, Visited};
use crate::clock::rfc3339;
use crate::store::{Store, StoreError};

/// Serialized it is the JSON of `crawl --json`, of the column `crawl.summary` and of `[notify]`.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Summary {
    /// Number of the run.
    pub crawl: i64,
    pub outcomes: BTreeMap<Outcome, u64>,
    /// Addresses that were asked for and not had.
    pub failed: Vec<Failed>,
    /// Hosts that are left alone for a while.
    pub blocked: BTreeMap<String, Blocked>,
    pub bounded: BTreeSet<&'static str>,
    /// Captures of an earlier run that were read first.
    pub reread: usize,
    pub interrupted: bool,
    /// Pages that came with a new body.
    pub fetched: u64,
    /// Of them, reports and listings.
    pub read: u64,
    pub changes: Changes,
}

#[derive(Clone, Debug, Serialize)]
pub struct Failed {
    pub url: Url,
    pub outcome: Outcome,
    pub detail: String,
}

/// A host that could not be seen.
#[derive(Clone, Debug, Serialize)]
pub struct Blocked {
    pub outcome: Outcome,
    pub why: String,
    /// RFC 3339.
    pub until: String,
    /// Whose pages stand there.
    pub agencies: Vec<String>,
    /// What a person may try.
    pub advice: &'static str,
}

impl Summary {
    pub fn count(&mut self, url: &Url, visited: &Visited) {
        let outcome = visited.outcome;
        *self.outcomes.entry(outcome).or_default() += 1;
        if let Some(until) = visited.left_alone {
            let (why, until) = (visited.detail.clone(), rfc3339(until));
            let blocked = Blocked { outcome, why, until, agencies: Vec::new(), advice: outcome.advice() };
            self.blocked.insert(host_of(url), blocked);
        }
        if !outcome.is_success() {
            self.failed.push(Failed { url: url.clone(), outcome, detail: visited.detail.clone() });
        }
        self.bounded.extend(&visited.bounded);
    }

    pub fn attempts(&self) -> u64 {
        self.outcomes.values().sum()
    }

    /// Pages came, and none of them was a report or a listing: the sites have changed, or the parser no longer fits them.
    pub fn read_nothing(&self) -> bool {
        self.fetched > 0 && self.read == 0
    }

    /// Some hosts blocked, some pages not had, or nothing read of what came.
    pub fn is_partial(&self) -> bool {
        !self.failed.is_empty() || !self.bounded.is_empty() || self.read_nothing()
    }

    pub(super) fn ended(&self) -> &'static str {
        if self.interrupted {
            "interrupted"
        } else if self.is_partial() {
            "partial"
        } else {
            "done"
        }
    }

    /// Looks at what the run left in the archive, and keeps the whole beside the run.
    pub(super) async fn finish(mut self, store: &Store, crawl: i64, now: Timestamp) -> Result<Summary, StoreError> {
        self.crawl = crawl;
        let seen = store.write(move |tx| {
            let mut seen = self.clone();
            seen.look(tx, now)?;
            seen.keep(tx, now)?;
            Ok(seen)
        });
        seen.await
    }

    fn look(&mut self, tx: &Connection, now: Timestamp) -> Result<(), StoreError> {
        let counts = "SELECT count(*), count(*) FILTER (WHERE p.kind IN ('report', 'listing'))
                      FROM capture c LEFT JOIN page p ON p.capture = c.id
                      WHERE c.crawl = ?1 AND c.revisit_of IS NULL AND c.status = 200 AND c.hop <> 'robots'";
        (self.fetched, self.read) = tx.query_row(counts, [self.crawl], |row| {
            Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get::<_, i64>(1)?.unsigned_abs()))
        })?;
        let mut agencies = tx.prepare(
            "SELECT DISTINCT a.name FROM url u JOIN agency a ON a.id = u.agency WHERE u.host = ?1 ORDER BY a.name",
        )?;
        for (host, blocked) in &mut self.blocked {
            blocked.agencies = agencies.query_map([host], |row| row.get(0))?.collect::<Result<_, _>>()?;
        }
        self.changes = changes(tx, self.crawl, now)?;
        Ok(())
    }

    fn keep(&self, tx: &Connection, now: Timestamp) -> Result<(), StoreError> {
        let summary = serde_json::to_string(self).map_err(|fault| StoreError::Row(fault.to_string()))?;
        tx.execute(
            "UPDATE crawl SET ended_at = ?2, ended = ?3, summary = ?4 WHERE id = ?1",
            params![self.crawl, rfc3339(now), self.ended(), summary],
        )?;
        for (outcome, count) in &self.outcomes {
            tx.execute(
                "INSERT INTO crawl_outcome (crawl, outcome, count) VALUES (?1, ?2, ?3)",
                params![self.crawl, outcome.as_str(), *count as i64],
            )?;
        }
        Ok(())
    }
}
