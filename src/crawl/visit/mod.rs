//! One address, from lease to verdict.

mod asking;
mod links;
mod pace;
mod permission;

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::Mutex;
use url::Url;

use links::{location, redirected};
pub use permission::Permission;

use super::cookies::Jar;
use super::events::{Events, Kind};
use super::fetch::{Attempt, Condition, Door};
use super::frontier::{self, Lease, Remembered, Role, Verdict, host_of};
use super::politeness::Gate;
use super::{CrawlError, Outcome, Settings};
use crate::archive::{self, Bodies, CaptureId};
use crate::clock::Clock;
use crate::dataset;
use crate::exchange::{Exchange, Hop, Transport};
use crate::parse::{self, Apart, Discovered, Given, PageKind, Parsed};
use crate::seed::Scope;
use crate::store::Store;

/// Everything a visit needs.
pub struct Visitor {
    pub store: Store,
    pub clock: Clock,
    pub door: Door,
    pub gate: Gate,
    pub scope: Scope,
    pub settings: Settings,
    pub events: Events,
    pub crawl: i64,
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
    pub target: Option<Url>,
    /// Limits that kept links out.
    pub bounded: Vec<&'static str>,
    /// The host is left alone until then.
    pub left_alone: Option<Timestamp>,
}

impl Visited {
    fn with(outcome: Outcome, detail: String) -> Visited {
        Visited { outcome, detail, capture: None, target: None, bounded: Vec::new(), left_alone: None }
    }
}

impl Visitor {
    #[allow(clippy::too_many_arguments, reason = "each is a part of its own; a builder would only repeat the list")]
    pub fn new(
        store: Store,
        clock: Clock,
        door: Door,
        gate: Gate,
        scope: Scope,
        settings: Settings,
        events: Events,
        crawl: i64,
        remembered: &[Remembered],
    ) -> Visitor {
        let ways = remembered.iter().filter_map(|known| Some((known.host.clone(), known.transport?)));
        let transports = Mutex::new(ways.collect());
        let (robots, jar) = (Mutex::default(), Jar::default());
        Visitor { store, clock, door, gate, scope, settings, events, crawl, robots, transports, jar }
    }

    /// Admits, fetches, keeps, settles, reads.
    pub async fn visit(&self, lease: Lease) -> Result<Visited, CrawlError> {
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

    /// An answer that is not the last word on its address: kept all the same.
    async fn keep_failed(&self, exchange: Exchange) -> Result<(), CrawlError> {
        let crawl = self.crawl;
        let host = host_of(&exchange.request.url);
        self.store
            .write(move |tx| {
                frontier::started(tx, &host, exchange.started_at)?;
                archive::put(tx, &exchange, Some(crawl)).map(drop)
            })
            .await?;
        Ok(())
    }

    /// No bytes came: only a verdict.
    async fn settle_without(&self, lease: Lease, attempt: Attempt) -> Result<Visited, CrawlError> {
        let now = self.clock.now();
        let host = host_of(&lease.url);
        let asked = !matches!(
            attempt.outcome,
            Outcome::OutOfScope
                | Outcome::RefusedByRobots
                | Outcome::RobotsUnreachable
                | Outcome::TooManyRedirects
                | Outcome::ForbiddenAddress
        );
        let verdict =
            Verdict { outcome: attempt.outcome, detail: attempt.detail.clone(), capture: None, condition: None };
        let (revisit, url) = (self.settings.revisit.clone(), lease.url.clone());
        let (outcome, cool_down) = (attempt.outcome, self.settings.pace.cool_down);
        let left_alone = self
            .store
            .write(move |tx| {
                if asked {
                    frontier::started(tx, &host, now)?;
                }
                let left_alone = match outcome.is_host_failure() {
                    true => frontier::failed(tx, &host, outcome, cool_down, now)?,
                    false => None,
                };
                frontier::settle(tx, &lease, &verdict, &revisit, now)?;
                Ok(left_alone)
            })
            .await?;
        self.events.say(Kind::Failed, url.as_str(), outcome.as_str(), None, &attempt.detail);
        self.tell_left_alone(&url, outcome, left_alone);
        Ok(Visited { left_alone, ..Visited::with(outcome, attempt.detail) })
    }

    /// Capture, links and verdict in one transaction; then the reading, from the page as it was taken apart for them.
    async fn settle(&self, lease: Lease, exchange: Exchange, attempt: Attempt) -> Result<Visited, CrawlError> {
        let now = self.clock.now();
        let host = host_of(&lease.url);
        let exchange = Arc::new(exchange);
        let given = Given::served(&exchange.request, &exchange.response);
        let content = spared(|| parse::uncoded(given));
        let apart = content.as_ref().and_then(|content| spared(|| Apart::of(given, content)));
        let discovered = apart.as_ref().and_then(|apart| spared(|| apart.discovered()));
        let outcome = judged(attempt.outcome, discovered.as_ref());
        let detail = match &discovered {
            Some(discovered) if outcome != attempt.outcome => discovered.page.reason.clone(),
            _ => attempt.detail,
        };
        let pace = self.adjust_pace(&host, outcome, &exchange, now);
        let blocked = self.block_until(outcome, &exchange, now);
        let cool_down = self.settings.pace.cool_down;
        let target = (outcome == Outcome::Redirected).then(|| location(&exchange)).flatten();
        let mut found = match (&target, &discovered) {
            (Some(target), _) => vec![redirected(&lease, exchange.response.status, target)],
            (None, Some(discovered)) if outcome == Outcome::Captured => self.followed(&lease, discovered),
            _ => Vec::new(),
        };
        // Rows before next pages.
        found.sort_by_key(|found| found.hop == Hop::Page);
        let promising = found.first().is_some_and(|found| found.hop != Hop::Page);
        // A condition is a matter of GET (RFC 9110 13.2.1).
        let condition = (outcome == Outcome::Captured && lease.query.is_none()).then(|| Condition {
            etag: exchange.response.headers.get("etag"),
            last_modified: exchange.response.headers.get("last-modified"),
        });
        let (limits, revisit, crawl) = (self.settings.limits.clone(), self.settings.revisit.clone(), self.crawl);
        let scope = self.scope.clone();
        let (url, role, said) = (lease.url.clone(), lease.role, detail.clone());
        let truncated = exchange.truncated.is_some();
        let kept = exchange.clone();
        let (capture, revisit, bounded, outside, left_alone) = self
            .store
            .write(move |tx| {
                let capture = archive::put(tx, &kept, Some(crawl))?;
                let (mut bounded, mut outside) = (Vec::new(), false);
                let mut new = false;
                for found in &found {
                    if frontier::knows(tx, found)? {
                        continue;
                    }
                    // A page of a listing that brought nothing new leads no further.
                    if found.hop == Hop::Page && lease.pages > 0 && !new {
                        // Without a row worth following it is no listing of reports, and nothing is kept out.
                        bounded.extend(promising.then_some("pagination stalled"));
                    } else if !scope.holds(&found.url) {
                        outside |= found.hop == Hop::Redirect;
                    } else if let Some(limit) = frontier::bound(tx, found, &limits)? {
                        bounded.push(limit);
                    } else {
                        new |= frontier::add(tx, found, now)?;
                    }
                }
                frontier::started(tx, &host, kept.started_at)?;
                let left_alone = if outcome.is_host_failure() {
                    frontier::failed(tx, &host, outcome, cool_down, now)?
                } else {
                    frontier::answered(tx, &host, pace.slowdown, pace.refused, now)?;
                    None
                };
                if let Some(until) = blocked {
                    frontier::block(tx, &host, until, outcome)?;
                }
                let verdict = Verdict { outcome, detail, capture: Some(capture), condition };
                frontier::settle(tx, &lease, &verdict, &revisit, now)?;
                bounded.dedup();
                Ok((capture, archive::is_revisit(tx, capture)?, bounded, outside, blocked.or(left_alone)))
            })
            .await?;
        self.tell(url.as_str(), outcome, capture, truncated, &bounded, &said);
        self.tell_left_alone(&url, outcome, left_alone);
        let (outcome, said) = match outcome {
            Outcome::NotModified => (outcome, said),
            _ if revisit => (outcome, said),
            _ => self.read(capture, &url, role, outcome, apart).await?.unwrap_or((outcome, said)),
        };
        let target = target.filter(|target| !outside && self.scope.holds(target));
        let said = if outside { "it redirects to a host out of scope".to_owned() } else { said };
        Ok(Visited { outcome, detail: said, capture: Some(capture), target, bounded, left_alone })
    }

    /// The reading of what was just committed. A page that was asked for as a report and is none has that for its outcome.
    async fn read(
        &self,
        capture: CaptureId,
        url: &Url,
        role: Role,
        outcome: Outcome,
        apart: Option<Apart<'_>>,
    ) -> Result<Option<(Outcome, String)>, CrawlError> {
        let parsed = match apart.filter(Apart::is_quick) {
            Some(apart) => super::reading(capture, url, || apart.read()),
            None => self.read_at_leisure(capture).await?,
        };
        let Some(parsed) = parsed else { return Ok(None) };
        let disappointed = (outcome == Outcome::Captured && matches!(role, Role::Report | Role::Attachment))
            .then(|| disappointed(parsed.page.kind, parsed.report.is_some()))
            .flatten()
            .map(|outcome| (outcome, parsed.page.reason.clone()));
        let noted = disappointed.clone();
        self.store
            .write(move |tx| {
                dataset::put(tx, capture, &parsed, None)?;
                match noted {
                    Some((outcome, why)) => frontier::amend(tx, capture, outcome, &why),
                    None => Ok(()),
                }
            })
            .await?;
        Ok(disappointed)
    }

    /// By the code that re-reads the archive, off the threads that keep the pace.
    async fn read_at_leisure(&self, capture: CaptureId) -> Result<Option<Parsed>, CrawlError> {
        let store = self.store.clone();
        let read =
            tokio::task::spawn_blocking(move || crate::crawl::read_capture(&Bodies::new(&store.reader()?), capture));
        read.await.map_err(|error| CrawlError::Stopped(error.to_string()))?
    }

    fn tell_left_alone(&self, url: &Url, outcome: Outcome, until: Option<Timestamp>) {
        if let Some(until) = until {
            let detail = format!("{} is left alone until {}", host_of(url), crate::clock::rfc3339(until));
            self.events.say(Kind::Deferred, url.as_str(), outcome.as_str(), None, &detail);
        }
    }

    fn tell(
        &self,
        url: &str,
        outcome: Outcome,
        capture: CaptureId,
        truncated: bool,
        bounded: &[&'static str],
        detail: &str,
    ) {
        let kind = match outcome {
            Outcome::NotModified => Kind::Revisit,
            Outcome::Wall => Kind::Blocked,
            Outcome::RateLimited => Kind::Deferred,
            _ if truncated => Kind::Truncated,
            _ => Kind::Committed,
        };
        self.events.say(kind, url, outcome.as_str(), Some(capture.0), detail);
        for limit in bounded {
            self.events.say(Kind::Bounded, url, Outcome::Bounded.as_str(), Some(capture.0), limit);
        }
    }
}

/// What a page that was to be a report is instead. A listing is a report's year by another name, and leads on.
fn disappointed(kind: PageKind, has_report: bool) -> Option<Outcome> {
    match kind {
        PageKind::Article | PageKind::Other | PageKind::Shell => Some(Outcome::NoReport),
        PageKind::Attachment if !has_report => Some(Outcome::Unreadable),
        _ => None,
    }
}

/// What an answer turns out to be once its body is looked at.
fn judged(by_status: Outcome, discovered: Option<&Discovered>) -> Outcome {
    let Some(discovered) = discovered else { return by_status };
    match (by_status, discovered.page.kind) {
        (Outcome::NotModified | Outcome::Redirected | Outcome::UnaskedNotModified, _) => by_status,
        (_, PageKind::Wall) => Outcome::Wall,
        (Outcome::Captured, PageKind::Soft404) => Outcome::Soft404,
        (Outcome::Captured, _) if discovered.broken_coding => Outcome::BadCoding,
        _ => by_status,
    }
}

/// What the parser makes of an answer; none where it failed on it, which must not cost the capture.
pub fn spared<T>(parse: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(parse)).ok()
}

/// Kind and links of a page.
fn discover(exchange: &Exchange) -> Option<Discovered> {
    spared(|| parse::discover(Given::served(&exchange.request, &exchange.response)))
}
