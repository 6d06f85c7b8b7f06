//! The frontier in the archive's own tables: whatever an attempt means is one transaction with its bytes.

use std::collections::HashSet;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::keeper::{Claim, Keeper, Robots, Settled, Settlement, Settling, Terms, Turns};
use super::{
    Found, Lease, Verdict, add, answered, block, choose, due_hosts, failed, held, host_of, lease, lease_now, pass,
    release, settle, started, transported,
};
use crate::archive::{self, Packer};
use crate::clock::rfc3339;
use crate::crawl::{CrawlError, Outcome};
use crate::exchange::{Exchange, Transport};
use crate::store::{Store, StoreError};

/// One run on an archive, whose lock says that there is no other.
pub struct Sqlite {
    store: Store,
    terms: Terms,
    /// Number of the run.
    crawl: i64,
    packer: Arc<Packer>,
}

impl Sqlite {
    pub fn new(store: Store, terms: Terms, crawl: i64) -> Sqlite {
        Sqlite { store, terms, crawl, packer: Arc::default() }
    }
}

impl Turns for Sqlite {}

#[async_trait]
impl Keeper for Sqlite {
    async fn claim(
        &self,
        only: Option<&str>,
        room: usize,
        busy: &HashSet<String>,
        now: Timestamp,
    ) -> Result<Vec<Claim>, CrawlError> {
        let (only, enough) = (only.map(str::to_owned), room + busy.len());
        let hosts = self.store.write(move |tx| due_hosts(tx, now, only.as_deref(), enough)).await?;
        let free = hosts.into_iter().filter(|host| !busy.contains(host)).take(room);
        Ok(free.map(|host| Claim { host, known: None, first: None }).collect())
    }

    async fn lease(&self, host: &str, now: Timestamp) -> Result<Option<Lease>, CrawlError> {
        let host = host.to_owned();
        Ok(self.store.write(move |tx| lease(tx, &host, now)).await?)
    }

    async fn let_go(&self, _: &str) -> Result<(), CrawlError> {
        Ok(())
    }

    async fn lease_now(&self, found: Found, now: Timestamp) -> Result<Lease, CrawlError> {
        let taken = self.store.write(move |tx| {
            add(tx, &found, now)?;
            lease_now(tx, &found, now)
        });
        Ok(taken.await?)
    }

    async fn release(&self, lease: &Lease) -> Result<(), CrawlError> {
        let id = lease.id;
        Ok(self.store.write(move |tx| release(tx, id)).await?)
    }

    async fn pass(&self, lease: &Lease) -> Result<(), CrawlError> {
        let id = lease.id;
        Ok(self.store.write(move |tx| pass(tx, id)).await?)
    }

    async fn settle(&self, settlement: Settlement) -> Result<Settling, CrawlError> {
        let (terms, crawl, packer) = (self.terms.clone(), self.crawl, self.packer.clone());
        let settled = self.store.write(move |tx| settle_all(tx, &packer, &settlement, &terms, crawl)).await?;
        Ok(Settling::Done(settled))
    }

    async fn keep_failed(&self, exchange: Exchange) -> Result<(), CrawlError> {
        let (crawl, packer, host) = (self.crawl, self.packer.clone(), host_of(&exchange.request.url));
        let kept = self.store.write(move |tx| {
            started(tx, &host, exchange.started_at)?;
            archive::put(tx, &packer, &exchange, Some(crawl)).map(drop)
        });
        Ok(kept.await?)
    }

    async fn robots(&self, host: &str, since: Timestamp) -> Result<Option<Vec<u8>>, CrawlError> {
        let (host, since) = (host.to_owned(), rfc3339(since));
        let rules: Option<Option<Vec<u8>>> = self
            .store
            .write(move |tx| {
                let mut statement = tx.prepare_cached(
                    "SELECT robots_rules FROM host WHERE name = ?1 AND robots_at > ?2 AND robots_state <> 'unreachable'",
                )?;
                Ok(statement.query_row([&host, &since], |row| row.get(0)).optional()?)
            })
            .await?;
        Ok(rules.map(Option::unwrap_or_default))
    }

    async fn keep_robots(&self, robots: Robots) -> Result<(), CrawlError> {
        let (crawl, packer) = (self.crawl, self.packer.clone());
        let kept = self.store.write(move |tx| {
            let at = robots.exchange.as_ref().map_or(robots.now, |exchange| exchange.started_at);
            if let Some(exchange) = &robots.exchange {
                archive::put(tx, &packer, exchange, Some(crawl))?;
            }
            started(tx, &robots.host, at)?;
            if let Some(until) = robots.blocked {
                block(tx, &robots.host, until, Outcome::Wall)?;
            }
            tx.prepare_cached("UPDATE host SET robots_state = ?2, robots_rules = ?3, robots_at = ?4 WHERE name = ?1")?
                .execute(params![robots.host, robots.state, robots.rules, rfc3339(robots.now)])?;
            Ok(())
        });
        Ok(kept.await?)
    }

    async fn speaks_http(&self, host: &str) -> Result<bool, CrawlError> {
        // In the order of keys everything of the host lies between these.
        let (from, to) = (format!("http://{host}/"), format!("http://{host}0"));
        let known = self.store.write(move |tx| {
            Ok(tx.prepare_cached("SELECT 1 FROM url WHERE key >= ?1 AND key < ?2 LIMIT 1")?.exists([&from, &to])?)
        });
        Ok(known.await?)
    }

    async fn transported(&self, host: &str, transport: Transport) -> Result<(), CrawlError> {
        let host = host.to_owned();
        Ok(self.store.write(move |tx| transported(tx, &host, transport)).await?)
    }

    async fn others_at_work(&self, _: Option<&str>, _: Timestamp) -> Result<bool, CrawlError> {
        Ok(false)
    }
}

fn settle_all(
    tx: &Connection,
    packer: &Packer,
    settlement: &Settlement,
    terms: &Terms,
    crawl: i64,
) -> Result<Settled, StoreError> {
    let Settlement { lease, exchange, outcome, detail, condition, found, asked_at, pace, blocked, now } = settlement;
    let (now, outcome, blocked) = (*now, *outcome, *blocked);
    let host = host_of(&lease.url);
    let capture = exchange.as_ref().map(|exchange| archive::put(tx, packer, exchange, Some(crawl))).transpose()?;
    let mut held = held(tx, found)?;
    let chosen = choose(found.clone(), lease.pages, &mut held, terms);
    for found in &chosen.add {
        add(tx, found, now)?;
    }
    if let Some(at) = asked_at {
        started(tx, &host, *at)?;
    }
    let mut left_alone = None;
    if outcome.is_host_failure() {
        left_alone = failed(tx, &host, outcome, terms.cool_down, now)?;
    } else if let Some(pace) = pace {
        answered(tx, &host, pace.slowdown, pace.refused, now)?;
    }
    if let Some(until) = blocked {
        block(tx, &host, until, outcome)?;
    }
    let (detail, condition) = (detail.clone(), condition.clone());
    let verdict = Verdict { outcome, detail, capture, condition };
    settle(tx, lease, &verdict, &terms.revisit, now)?;
    let is_revisit = capture.map(|capture| archive::is_revisit(tx, capture)).transpose()?.unwrap_or(false);
    let (bounded, outside) = (chosen.bounded, chosen.outside);
    Ok(Settled { capture, is_revisit, bounded, outside, left_alone: blocked.or(left_alone) })
}
