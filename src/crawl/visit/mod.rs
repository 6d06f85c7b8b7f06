//! One address, from lease to verdict.

mod asking;
mod links;
mod pace;
mod permission;
mod reading;
mod telling;

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::{Mutex, oneshot};
use url::Url;

pub use permission::Permission;
pub use reading::spared;

use super::cookies::Jar;
use super::events::Events;
use super::fetch::{Attempt, Condition, Door};
use super::frontier::{Keeper, Lease, Remembered, Settled, Settlement, Settling, host_of};
use super::politeness::Gate;
use super::{CrawlError, Outcome, Settings};
use crate::archive::CaptureId;
use crate::clock::Clock;
use crate::exchange::{Exchange, Hop, Query, Transport};
use crate::parse::{self, Apart, Given};
use crate::seed::Scope;
use crate::store::Store;
use links::{location, redirected};
use reading::judged;

/// Everything a visit needs.
pub struct Visitor {
    pub keeper: Arc<dyn Keeper>,
    /// Where captures are read as they come; none where they are kept as shards, which are read later.
    pub archive: Option<Store>,
    pub clock: Clock,
    pub door: Door,
    pub gate: Gate,
    pub scope: Scope,
    pub settings: Settings,
    pub events: Events,
    robots: Mutex<HashMap<String, Permission>>,
    /// How a host is reached where that is not the usual way.
    transports: Mutex<HashMap<String, Transport>>,
    jar: Jar,
}

/// The end of a visit.
#[derive(Clone, Debug)]
pub struct Visited {
    pub outcome: Outcome,
    pub detail: String,
    pub capture: Option<CaptureId>,
    /// Where a redirect leads, when it may be followed.
    pub target: Option<Target>,
    /// Limits that kept links out.
    pub bounded: Vec<&'static str>,
    /// The host is left alone until then.
    pub left_alone: Option<Timestamp>,
}

/// Where a redirect leads, and what is asked there.
#[derive(Clone, Debug)]
pub struct Target {
    pub url: Url,
    pub query: Option<Query>,
}

/// How far a visit is.
pub enum Visit {
    Ended(Visited),
    /// The host may be asked on; what became of the address shows once its bytes are durable.
    Later(Tail, oneshot::Receiver<Result<Option<Settled>, CrawlError>>),
}

/// What is to be said of a visit when it is settled.
pub struct Tail {
    pub url: Url,
    outcome: Outcome,
    detail: String,
    target: Option<Target>,
    /// None where no bytes came.
    answer: Option<Answer>,
}

struct Answer {
    truncated: bool,
}

impl Visit {
    /// Waits for the end; none where the lease was another's by then.
    pub async fn ended(self, visitor: &Visitor) -> Result<Option<Visited>, CrawlError> {
        let (tail, settled) = match self {
            Visit::Ended(visited) => return Ok(Some(visited)),
            Visit::Later(tail, settled) => (tail, settled),
        };
        let settled = settled.await.map_err(|_| CrawlError::Stopped("an address was not settled".into()))??;
        Ok(settled.map(|settled| visitor.told(&tail, &settled)))
    }
}

impl Visitor {
    #[allow(clippy::too_many_arguments, reason = "each is a part of its own; a builder would only repeat the list")]
    pub fn new(
        keeper: Arc<dyn Keeper>,
        archive: Option<Store>,
        clock: Clock,
        door: Door,
        gate: Gate,
        scope: Scope,
        settings: Settings,
        events: Events,
        remembered: &[Remembered],
    ) -> Visitor {
        let ways = remembered.iter().filter_map(|known| Some((known.host.clone(), known.transport?)));
        let transports = Mutex::new(ways.collect());
        let (robots, jar) = (Mutex::default(), Jar::default());
        Visitor { keeper, archive, clock, door, gate, scope, settings, events, robots, transports, jar }
    }

    /// Takes up how a host was left by whoever asked it last.
    pub async fn remember(&self, known: &Remembered) {
        self.gate.remember(&known.host, known.asked_ago(self.clock.now()), known.slowdown, known.refused);
        if let Some(transport) = known.transport {
            self.transports.lock().await.insert(known.host.clone(), transport);
        }
    }

    /// Admits, fetches, keeps, settles, reads.
    pub async fn visit(&self, lease: Lease) -> Result<Visit, CrawlError> {
        if let Some(refusal) = self.refused(&lease).await? {
            return self.settle_without(lease, refusal).await;
        }
        let mut attempt = self.attempts(&lease).await?;
        match attempt.exchange.take() {
            Some(exchange) => self.settle(lease, exchange, attempt).await,
            None => self.settle_without(lease, attempt).await,
        }
    }

    /// Scope, then robots.txt.
    async fn refused(&self, lease: &Lease) -> Result<Option<Attempt>, CrawlError> {
        let refused = |outcome, detail: String| Ok(Some(Attempt::without(outcome, detail)));
        if !self.scope.holds(&lease.url) {
            return refused(Outcome::OutOfScope, lease.url.host_str().unwrap_or_default().into());
        }
        if lease.redirects > self.settings.limits.redirects {
            return refused(Outcome::TooManyRedirects, format!("more than {}", self.settings.limits.redirects));
        }
        match self.robots(&lease.url).await? {
            Permission::Unreachable(outcome, why) => refused(outcome, why),
            Permission::Rules(rules) => {
                let decision = rules.decide(&super::robots::path_of(&lease.url));
                match decision.line {
                    Some((line, rule)) if !decision.allowed => {
                        refused(Outcome::RefusedByRobots, format!("line {line}: {rule}"))
                    }
                    _ => Ok(None),
                }
            }
        }
    }

    /// No bytes came: only a verdict.
    async fn settle_without(&self, lease: Lease, attempt: Attempt) -> Result<Visit, CrawlError> {
        let now = self.now();
        let asked = !matches!(
            attempt.outcome,
            Outcome::OutOfScope
                | Outcome::RefusedByRobots
                | Outcome::RobotsUnreachable
                | Outcome::TooManyRedirects
                | Outcome::ForbiddenAddress
        );
        let Attempt { outcome, detail, .. } = attempt;
        let tail = Tail { url: lease.url.clone(), outcome, detail: detail.clone(), target: None, answer: None };
        let settlement = Settlement {
            lease,
            exchange: None,
            outcome,
            detail,
            condition: None,
            found: Vec::new(),
            asked_at: asked.then_some(now),
            pace: None,
            blocked: None,
            now,
        };
        Ok(match self.keeper.settle(settlement).await? {
            Settling::Done(settled) => Visit::Ended(self.told(&tail, &settled)),
            Settling::Later(settled) => Visit::Later(tail, settled),
        })
    }

    /// Capture, links and verdict in one transaction; then the reading, from the page as it was taken apart for them.
    async fn settle(&self, lease: Lease, exchange: Exchange, attempt: Attempt) -> Result<Visit, CrawlError> {
        let now = self.now();
        let host = host_of(&lease.url);
        let exchange = Arc::new(exchange);
        let given = Given::served(&exchange.request, &exchange.response);
        let content = spared(|| parse::uncoded(given));
        let apart = content.as_ref().and_then(|content| spared(|| Apart::of(given, content)));
        let discovered = apart.as_ref().and_then(|apart| spared(|| apart.discovered()));
        let outcome = judged(attempt.outcome, discovered.as_ref());
        let left = outcome == Outcome::Redirected && links::is_withdrawn(&lease, &exchange);
        let outcome = if left { Outcome::Soft404 } else { outcome };
        let detail = match &discovered {
            _ if left => "it redirects to the home page".into(),
            Some(discovered) if outcome != attempt.outcome => discovered.page.reason.clone(),
            _ => attempt.detail,
        };
        let pace = self.adjust_pace(&host, outcome, &exchange, now);
        let blocked = self.block_until(outcome, &exchange, now);
        let target = (outcome == Outcome::Redirected).then(|| location(&exchange)).flatten();
        let redirected = target.map(|target| redirected(&lease, exchange.response.status, target));
        let target = redirected.as_ref().map(|found| Target { url: found.url.clone(), query: found.query.clone() });
        let mut found = match (redirected, &discovered) {
            (Some(redirected), _) => vec![redirected],
            (None, Some(discovered)) if outcome == Outcome::Captured => self.followed(&lease, discovered),
            _ => Vec::new(),
        };
        // Rows before next pages.
        found.sort_by_key(|found| found.hop == Hop::Page);
        // A condition is a matter of GET (RFC 9110 13.2.1).
        let condition = (outcome == Outcome::Captured && lease.query.is_none()).then(|| Condition {
            etag: exchange.response.headers.get("etag"),
            last_modified: exchange.response.headers.get("last-modified"),
        });
        let (url, role) = (lease.url.clone(), lease.role);
        let answer = Some(Answer { truncated: exchange.truncated.is_some() });
        let tail = Tail { url: url.clone(), outcome, detail: detail.clone(), target, answer };
        let settlement = Settlement {
            lease,
            exchange: Some(exchange.clone()),
            outcome,
            detail,
            condition,
            found,
            asked_at: Some(exchange.started_at),
            pace: Some(pace),
            blocked,
            now,
        };
        let settled = match self.keeper.settle(settlement).await? {
            Settling::Done(settled) => settled,
            Settling::Later(settled) => return Ok(Visit::Later(tail, settled)),
        };
        let visited = self.told(&tail, &settled);
        let read = match (&self.archive, settled.capture) {
            (Some(archive), Some(capture)) if outcome != Outcome::NotModified && !settled.is_revisit => {
                self.read(archive, capture, &url, role, outcome, apart).await?
            }
            _ => None,
        };
        Ok(Visit::Ended(match read {
            Some((outcome, detail)) => Visited { outcome, detail, ..visited },
            None => visited,
        }))
    }
}
