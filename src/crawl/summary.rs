//! What a run did: attempts by outcome, what failed and why, which limits were reached.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rusqlite::params;
use url::Url;

use super::frontier::host_of;
use super::{Outcome, Visited};
use crate::clock::rfc3339;
use crate::store::{Store, StoreError};

#[derive(Debug, Default)]
pub struct Summary {
    pub outcomes: BTreeMap<Outcome, u64>,
    /// Addresses that were asked for and not had.
    pub failed: Vec<Failed>,
    /// Hosts that put up a wall or asked to be left alone, and what they said.
    pub blocked: BTreeMap<String, String>,
    pub bounded: BTreeSet<&'static str>,
    /// Captures of an earlier run that were read first.
    pub reread: usize,
    pub interrupted: bool,
}

#[derive(Clone, Debug)]
pub struct Failed {
    pub url: Url,
    pub outcome: Outcome,
    pub detail: String,
}

impl Summary {
    pub fn count(&mut self, url: &Url, visited: &Visited) {
        *self.outcomes.entry(visited.outcome).or_default() += 1;
        if let Some(until) = visited.left_alone {
            let why = format!("{}: {} (until {})", visited.outcome, visited.detail, rfc3339(until));
            self.blocked.insert(host_of(url), why);
        }
        if !visited.outcome.is_success() {
            self.failed.push(Failed { url: url.clone(), outcome: visited.outcome, detail: visited.detail.clone() });
        }
        self.bounded.extend(&visited.bounded);
    }

    pub fn attempts(&self) -> u64 {
        self.outcomes.values().sum()
    }

    /// Some hosts blocked, some pages not had.
    pub fn is_partial(&self) -> bool {
        !self.failed.is_empty() || !self.bounded.is_empty()
    }

    pub(super) async fn finish(&self, store: &Store, crawl: i64, now: Timestamp) -> Result<(), StoreError> {
        let ended = if self.interrupted {
            "interrupted"
        } else if self.is_partial() {
            "partial"
        } else {
            "done"
        };
        let outcomes = self.outcomes.clone();
        store
            .write(move |tx| {
                tx.execute(
                    "UPDATE crawl SET ended_at = ?2, ended = ?3 WHERE id = ?1",
                    params![crawl, rfc3339(now), ended],
                )?;
                for (outcome, count) in &outcomes {
                    tx.execute(
                        "INSERT INTO crawl_outcome (crawl, outcome, count) VALUES (?1, ?2, ?3)",
                        params![crawl, outcome.as_str(), *count as i64],
                    )?;
                }
                Ok(())
            })
            .await
    }
}
