//! From an answer to a verdict: what it means for its host, its bytes to a shard, and then the frontier.

use std::sync::atomic::Ordering;

use jiff::Timestamp;

use super::{Inner, Postgres};
use crate::archive::warc::Original;
use crate::clock::rfc3339;
use crate::crawl::CrawlError;
use crate::crawl::frontier::{Robots, Settled, Settlement, host_of};
use crate::digest::Digest;
use crate::exchange::Exchange;
use crate::fleet::frontier::robots;
use crate::fleet::frontier::settling::{Answered, Verdict, block, failed, settle_and_add};
use crate::fleet::frontier::workers::Tally;
use crate::fleet::shards::{Keep, Kept};

impl Postgres {
    /// What an attempt means for its host, before anything of it is asked again. Until when it is left alone.
    pub(super) async fn treat(&self, settlement: &Settlement) -> Result<Option<Timestamp>, CrawlError> {
        let (server, host, now) = (&self.inner.server, host_of(&settlement.lease.url), settlement.now);
        let (outcome, until) = (settlement.outcome, settlement.blocked);
        if outcome.is_host_failure() {
            let terms = &self.inner.terms;
            let left_alone = server.ask(|client| failed(client, &host, outcome, terms, now)).await?;
            if until.is_none() {
                return Ok(left_alone);
            }
        } else if let Some(pace) = settlement.pace {
            self.answered.ask(Answered { host: host.clone(), pace, now }).await?;
        }
        if until.is_some() {
            let host = host.as_str();
            server.ask(|client| async move { block(&client, host, until, outcome).await }).await?;
        }
        Ok(until)
    }

    /// Keeps an answer on which nothing waits.
    pub(super) fn keep_aside(&self, exchange: Exchange, then: Option<Robots>) {
        let (keeper, flight) = (self.clone(), self.inner.shards.flight());
        self.spawn(async move {
            let inner = &keeper.inner;
            let kept = inner.put(exchange, None, None).await;
            drop(flight);
            let kept = match (kept, then) {
                (Ok(_), Some(robots)) => inner.server.ask(|client| robots::keep(client, &robots)).await,
                (kept, _) => kept.map(drop),
            };
            if let Err(fault) = kept {
                tracing::warn!("an answer was not kept: {fault}");
            }
        });
    }
}

impl Inner {
    pub(super) async fn put(
        &self,
        exchange: Exchange,
        outcome: Option<&'static str>,
        original: Option<(Original, Digest)>,
    ) -> Result<Kept, CrawlError> {
        let bytes = i64::try_from(exchange.response.body.len()).unwrap_or(i64::MAX);
        let kept = self.shards.put(Keep { exchange, outcome, original }).await;
        let kept = kept.map_err(|fault| CrawlError::Frontier(fault.to_string()))?;
        Tally::count(&self.tally.captures, 1);
        Tally::count(&self.tally.bytes, bytes);
        self.tally.shards.store(i64::try_from(self.shards.written()).unwrap_or(i64::MAX), Ordering::Relaxed);
        Ok(kept)
    }

    /// The verdict, once the bytes are durable.
    pub(super) async fn commit(
        &self,
        settlement: &Settlement,
        kept: Option<(Kept, Original)>,
    ) -> Result<Option<Settled>, CrawlError> {
        let verdict = Verdict::of(settlement, kept, &self.terms);
        let settled = if settlement.found.is_empty() {
            self.settling.ask(verdict).await.map(|settled| settled.then(Settled::default))
        } else {
            self.server.ask(|client| settle_and_add(client, settlement, &verdict, &self.terms)).await
        };
        self.holding.put_down(&settlement.lease);
        match &settled {
            Ok(Some(_)) => Tally::count(&self.tally.settled, 1),
            Ok(None) => Tally::count(&self.tally.lost, 1),
            Err(_) => {}
        }
        settled
    }

    /// What was fetched, to a shard and then into the frontier.
    pub(super) async fn keep(
        &self,
        settlement: &Settlement,
        exchange: &Exchange,
    ) -> Result<Option<Settled>, CrawlError> {
        let original = self.holding.original(&settlement.lease);
        let this = Original { url: exchange.request.url.to_string(), date: rfc3339(exchange.started_at) };
        let whole = exchange.truncated.is_none()
            && !exchange.response.body.is_empty()
            && (200..300).contains(&exchange.response.status);
        let kept = self.put(exchange.clone(), Some(settlement.outcome.as_str()), original.clone()).await?;
        // A body that was had before leads to the capture that has it in full, not to the one that says so.
        let known = original.filter(|(_, digest)| *digest == kept.digest).map(|(original, _)| original);
        let kept = whole.then(|| (kept, known.unwrap_or(this)));
        self.commit(settlement, kept).await
    }
}
