//! One address, from lease to verdict.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Mutex;
use url::Url;

use super::events::{Events, Kind};
use super::fetch::{Attempt, Condition, Door};
use super::frontier::{self, Found, Lease, Role, Verdict, host_of};
use super::politeness::{Gate, retry_after};
use super::robots::{self, Rules};
use super::{CrawlError, Identity, Outcome, Settings};
use crate::archive::{self, CaptureId};
use crate::clock::Clock;
use crate::dataset;
use crate::exchange::{Exchange, Hop};
use crate::parse::{self, Discovered, Given, LinkHop, PageKind};
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
    robots: Mutex<HashMap<String, Robots>>,
}

/// What robots.txt of an origin says.
#[derive(Clone, Debug)]
enum Robots {
    Rules(Arc<Rules>),
    /// Nothing may be asked; the outcome is the host's own where not even a connection was had.
    Unreachable(Outcome, String),
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
}

/// How long robots.txt is believed (RFC 9309 2.4).
const ROBOTS_DAY: Duration = Duration::from_secs(24 * 3_600);
/// A Retry-After beyond this is taken as this.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(7 * 24 * 3_600);

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
    ) -> Visitor {
        Visitor { store, clock, door, gate, scope, settings, events, crawl, robots: Mutex::default() }
    }

    /// Admits, fetches, keeps, settles, reads.
    pub async fn visit(&self, lease: Lease) -> Result<Visited, CrawlError> {
        if let Some(refusal) = self.refused(&lease).await? {
            return self.settle_without(lease, refusal).await;
        }
        let mut attempt = self.attempt(&lease).await;
        for _ in 1..self.settings.limits.tries {
            if !attempt.outcome.is_transient() {
                break;
            }
            self.gate.slow(&host_of(&lease.url));
            if let Some(exchange) = attempt.exchange.take() {
                self.keep_failed(exchange).await?;
            }
            attempt = self.attempt(&lease).await;
        }
        match attempt.exchange.take() {
            Some(exchange) => self.settle(lease, exchange, attempt).await,
            None => self.settle_without(lease, attempt).await,
        }
    }

    /// Scope, then robots.txt.
    async fn refused(&self, lease: &Lease) -> Result<Option<Attempt>, CrawlError> {
        let refused = |outcome, detail: String| Ok(Some(Attempt { exchange: None, outcome, detail }));
        if !self.scope.holds(&lease.url) {
            return refused(Outcome::OutOfScope, lease.url.host_str().unwrap_or_default().into());
        }
        if lease.redirects > self.settings.limits.redirects {
            return refused(Outcome::TooManyRedirects, format!("more than {}", self.settings.limits.redirects));
        }
        match self.robots(&lease.url).await? {
            Robots::Unreachable(outcome, why) => refused(outcome, why),
            Robots::Rules(rules) => {
                let query = lease.url.query().map_or(String::new(), |query| format!("?{query}"));
                let decision = rules.decide(&format!("{}{query}", lease.url.path()));
                match decision.line {
                    Some((line, rule)) if !decision.allowed => {
                        refused(Outcome::RefusedByRobots, format!("line {line}: {rule}"))
                    }
                    _ => Ok(None),
                }
            }
        }
    }

    async fn attempt(&self, lease: &Lease) -> Attempt {
        let attempt = self.ask(&lease.url, lease.hop, &lease.condition).await;
        let conditional = lease.condition.is_set();
        match attempt.outcome {
            Outcome::NotModified if !conditional => Attempt { outcome: Outcome::UnaskedNotModified, ..attempt },
            _ => attempt,
        }
    }

    /// One request through the gate and the door.
    async fn ask(&self, url: &Url, hop: Hop, condition: &Condition) -> Attempt {
        let address = match self.door.locate(url).await {
            Ok(address) => address,
            Err(attempt) => return attempt,
        };
        let permit = self.gate.permit(&host_of(url), address).await;
        self.door.fetch(permit, url, hop, condition).await
    }

    /// The rules of an origin: from memory, from the archive within a day, else asked for.
    async fn robots(&self, url: &Url) -> Result<Robots, CrawlError> {
        let host = host_of(url);
        let mut known = self.robots.lock().await;
        if let Some(robots) = known.get(&host) {
            return Ok(robots.clone());
        }
        // Hosts ask for their own file only, one at a time; the lock is let go while waiting.
        drop(known);
        let robots = match self.stored_robots(&host).await? {
            Some(robots) => robots,
            None => self.fetch_robots(url, &host).await?,
        };
        if let Robots::Rules(rules) = &robots
            && self.gate.crawl_delay(&host, rules.crawl_delay)
        {
            tracing::warn!(
                "{host} asks for {:?} between requests; {:?} is kept",
                rules.crawl_delay,
                self.settings.pace.max_crawl_delay
            );
        }
        known = self.robots.lock().await;
        known.insert(host, robots.clone());
        Ok(robots)
    }

    async fn stored_robots(&self, host: &str) -> Result<Option<Robots>, CrawlError> {
        let (host, fresh) = (host.to_owned(), self.before(ROBOTS_DAY));
        let row: Option<(String, Option<Vec<u8>>)> = self
            .store
            .write(move |tx| {
                let mut statement = tx.prepare_cached("SELECT robots_state, robots_rules FROM host WHERE name = ?1 AND robots_at > ?2 AND robots_state <> 'unreachable'")?;
                let mut rows = statement.query([&host, &fresh])?;
                Ok(rows.next()?.map(|row| Ok::<_, rusqlite::Error>((row.get(0)?, row.get(1)?))).transpose()?)
            })
            .await?;
        Ok(row.map(|(_, rules)| Robots::Rules(Arc::new(Rules::read(&rules.unwrap_or_default(), Identity::PRODUCT)))))
    }

    /// 4xx means everything is allowed; 5xx and no answer that nothing is (RFC 9309 2.3.1). Redirects are followed five deep.
    async fn fetch_robots(&self, url: &Url, host: &str) -> Result<Robots, CrawlError> {
        let mut target = url.join("/robots.txt").map_err(|error| CrawlError::Address(error.to_string()))?;
        for _ in 0..=5 {
            let attempt = self.ask(&target, Hop::Robots, &Condition::default()).await;
            let Some(exchange) = attempt.exchange else {
                return self.keep_robots(host, None, "unreachable", None, (attempt.outcome, attempt.detail)).await;
            };
            let status = exchange.response.status;
            let next = location(&exchange).filter(|next| self.scope.holds(next));
            let content_type = exchange.response.headers.get("content-type");
            let body = parse::body_of(&exchange.response);
            let wall = discover(&exchange).filter(|discovered| discovered.page.kind == PageKind::Wall);
            match (status, next) {
                (_, None) if wall.is_some() => {
                    let reason = wall.map(|wall| wall.page.reason).unwrap_or_default();
                    return self.keep_robots(host, Some(exchange), "unreachable", None, (Outcome::Wall, reason)).await;
                }
                (301 | 302 | 303 | 307 | 308, Some(next)) => {
                    self.keep_failed(exchange).await?;
                    target = next;
                }
                (200..=299, _) if exchange.truncated.is_some_and(|cut| cut != crate::exchange::Truncation::Length) => {
                    return self
                        .keep_robots(
                            host,
                            Some(exchange),
                            "unreachable",
                            None,
                            unreachable("its answer broke off".into()),
                        )
                        .await;
                }
                (200..=299, _) if robots::is_robots(content_type.as_deref(), &body) => {
                    let body = body[..body.len().min(robots::MAX_BYTES)].to_vec();
                    return self
                        .keep_robots(host, Some(exchange), "rules", Some(body), unreachable(String::new()))
                        .await;
                }
                (500..=599, _) => {
                    return self
                        .keep_robots(host, Some(exchange), "unreachable", None, unreachable(format!("status {status}")))
                        .await;
                }
                _ => {
                    return self
                        .keep_robots(host, Some(exchange), "none", Some(Vec::new()), unreachable(String::new()))
                        .await;
                }
            }
        }
        self.keep_robots(host, None, "none", Some(Vec::new()), unreachable(String::new())).await
    }

    async fn keep_robots(
        &self,
        host: &str,
        exchange: Option<Exchange>,
        state: &'static str,
        rules: Option<Vec<u8>>,
        otherwise: (Outcome, String),
    ) -> Result<Robots, CrawlError> {
        let (name, now, crawl) = (host.to_owned(), self.clock.now(), self.crawl);
        let kept = rules.clone();
        let blocked = exchange.as_ref().and_then(|exchange| self.block_until(otherwise.0, exchange, now));
        self.store
            .write(move |tx| {
                let at = exchange.as_ref().map_or(now, |exchange| exchange.started_at);
                if let Some(exchange) = &exchange {
                    archive::put(tx, exchange, Some(crawl))?;
                }
                frontier::started(tx, &name, at)?;
                if let Some(until) = blocked {
                    frontier::block(tx, &name, until, Outcome::Wall)?;
                }
                tx.prepare_cached(
                    "UPDATE host SET robots_state = ?2, robots_rules = ?3, robots_at = ?4 WHERE name = ?1",
                )?
                .execute(rusqlite::params![name, state, kept, crate::clock::rfc3339(now)])?;
                Ok(())
            })
            .await?;
        Ok(match rules {
            Some(rules) => Robots::Rules(Arc::new(Rules::read(&rules, Identity::PRODUCT))),
            None => Robots::Unreachable(otherwise.0, format!("robots.txt: {}", otherwise.1)),
        })
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
        self.store
            .write(move |tx| {
                if asked {
                    frontier::started(tx, &host, now)?;
                }
                frontier::settle(tx, &lease, &verdict, &revisit, now)
            })
            .await?;
        self.events.say(Kind::Failed, url.as_str(), attempt.outcome.as_str(), None, &attempt.detail);
        Ok(Visited {
            outcome: attempt.outcome,
            detail: attempt.detail,
            capture: None,
            target: None,
            bounded: Vec::new(),
        })
    }

    /// Capture, links and verdict in one transaction; then the reading.
    async fn settle(&self, lease: Lease, exchange: Exchange, attempt: Attempt) -> Result<Visited, CrawlError> {
        let now = self.clock.now();
        let host = host_of(&lease.url);
        let discovered = discover(&exchange);
        let outcome = judged(attempt.outcome, discovered.as_ref());
        let detail = match &discovered {
            Some(discovered) if outcome != attempt.outcome => discovered.page.reason.clone(),
            _ => attempt.detail,
        };
        self.adjust_pace(&host, outcome, &exchange, now);
        let blocked = self.block_until(outcome, &exchange, now);
        let target = (outcome == Outcome::Redirected).then(|| location(&exchange)).flatten();
        let found = match (&target, &discovered) {
            (Some(target), _) => vec![redirected(&lease, target)],
            (None, Some(discovered)) if outcome == Outcome::Captured => self.followed(&lease, discovered),
            _ => Vec::new(),
        };
        let condition = (outcome == Outcome::Captured).then(|| Condition {
            etag: exchange.response.headers.get("etag"),
            last_modified: exchange.response.headers.get("last-modified"),
        });
        let (limits, revisit, crawl) = (self.settings.limits.clone(), self.settings.revisit.clone(), self.crawl);
        let scope = self.scope.clone();
        let (url, said) = (lease.url.clone(), detail.clone());
        let truncated = exchange.truncated.is_some();
        let (capture, bounded, outside) = self
            .store
            .write(move |tx| {
                let capture = archive::put(tx, &exchange, Some(crawl))?;
                let (mut bounded, mut outside) = (Vec::new(), false);
                for found in &found {
                    if !scope.holds(&found.url) {
                        outside |= found.hop == Hop::Redirect;
                    } else if let Some(limit) = frontier::bound(tx, found, &limits)? {
                        bounded.push(limit);
                    } else {
                        frontier::add(tx, found, now)?;
                    }
                }
                frontier::started(tx, &host, exchange.started_at)?;
                if let Some(until) = blocked {
                    frontier::block(tx, &host, until, outcome)?;
                }
                let verdict = Verdict { outcome, detail, capture: Some(capture), condition };
                frontier::settle(tx, &lease, &verdict, &revisit, now)?;
                bounded.dedup();
                Ok((capture, bounded, outside))
            })
            .await?;
        self.tell(url.as_str(), outcome, capture, truncated, &bounded, &said);
        if outcome != Outcome::NotModified {
            self.read(capture).await?;
        }
        let target = target.filter(|target| !outside && self.scope.holds(target));
        let said = if outside { "it redirects to a host out of scope".to_owned() } else { said };
        Ok(Visited { outcome, detail: said, capture: Some(capture), target, bounded })
    }

    /// The reading of what was just committed, by the code that re-reads the archive.
    async fn read(&self, capture: CaptureId) -> Result<(), CrawlError> {
        let store = self.store.clone();
        let parsed = tokio::task::spawn_blocking(move || {
            let connection = store.reader()?;
            crate::crawl::read_capture(&connection, capture)
        })
        .await
        .map_err(|error| CrawlError::Stopped(error.to_string()))??;
        if let Some(parsed) = parsed {
            self.store.write(move |tx| dataset::replace(tx, capture, &parsed, None).map(drop)).await?;
        }
        Ok(())
    }

    /// Links worth following, as addresses of the frontier.
    fn followed(&self, lease: &Lease, discovered: &Discovered) -> Vec<Found> {
        let worth = |link: &&parse::Link| match link.hop {
            LinkHop::Link => link.score >= parse::CANDIDATE,
            LinkHop::Page => lease.role == Role::Listing || discovered.page.kind == PageKind::Listing,
            LinkHop::Attachment => lease.role == Role::Report || link.score >= parse::CANDIDATE,
            LinkHop::Redirect => true,
        };
        discovered.links.iter().filter(worth).filter_map(|link| self.found(lease, link)).collect()
    }

    fn found(&self, lease: &Lease, link: &parse::Link) -> Option<Found> {
        let (role, hop) = match link.hop {
            LinkHop::Attachment => (Role::Attachment, Hop::Attachment),
            LinkHop::Page => (Role::Listing, Hop::Page),
            LinkHop::Redirect => (lease.role, Hop::Redirect),
            // A report is named with its year, a column without.
            LinkHop::Link if parse::year_in_title(&link.text).is_some() => (Role::Report, Hop::Link),
            LinkHop::Link => (Role::Listing, Hop::Link),
        };
        Some(Found {
            url: Url::parse(&link.url).ok()?,
            role,
            hop,
            depth: if link.hop == LinkHop::Page || link.hop == LinkHop::Redirect {
                lease.depth
            } else {
                lease.depth + 1
            },
            pages: if link.hop == LinkHop::Page { lease.pages + 1 } else { 0 },
            redirects: if link.hop == LinkHop::Redirect { lease.redirects + 1 } else { 0 },
            via: Some(lease.id),
            agency: lease.agency,
            anchor: link.text.chars().take(200).collect(),
            score: link.score,
        })
    }

    fn adjust_pace(&self, host: &str, outcome: Outcome, exchange: &Exchange, now: Timestamp) {
        let refused = matches!(exchange.response.status, 403 | 412 | 429 | 500..=599);
        if refused || outcome == Outcome::Wall {
            self.gate.slow(host);
        } else {
            self.gate.ease(host);
        }
        if let Some(wait) = exchange.response.headers.get("retry-after").and_then(|value| retry_after(&value, now)) {
            self.gate.pause(host, wait);
        }
    }

    /// Until when the host is left alone, over restarts.
    fn block_until(&self, outcome: Outcome, exchange: &Exchange, now: Timestamp) -> Option<Timestamp> {
        let asked = exchange.response.headers.get("retry-after").and_then(|value| retry_after(&value, now));
        let wait = match outcome {
            Outcome::Wall => self.settings.pace.cool_down,
            Outcome::RateLimited => asked.unwrap_or(self.settings.pace.cool_down).min(MAX_RETRY_AFTER),
            _ => return None,
        };
        now.checked_add(jiff::SignedDuration::try_from(wait).ok()?).ok()
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

    fn before(&self, age: Duration) -> String {
        let now = self.clock.now();
        let then = jiff::SignedDuration::try_from(age).ok().and_then(|age| now.checked_sub(age).ok()).unwrap_or(now);
        crate::clock::rfc3339(then)
    }
}

fn unreachable(why: String) -> (Outcome, String) {
    (Outcome::RobotsUnreachable, why)
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

/// Kind and links of a page; none where the parser failed on it, which must not cost the capture.
fn discover(exchange: &Exchange) -> Option<Discovered> {
    catch_unwind(AssertUnwindSafe(|| parse::discover(Given::served(&exchange.request.url, &exchange.response)))).ok()
}

fn redirected(lease: &Lease, target: &Url) -> Found {
    Found {
        url: target.clone(),
        role: lease.role,
        hop: Hop::Redirect,
        depth: lease.depth,
        pages: lease.pages,
        redirects: lease.redirects + 1,
        via: Some(lease.id),
        agency: lease.agency,
        anchor: String::new(),
        score: 0,
    }
}

/// Where Location points; raw GBK in it is percent-encoded octet by octet.
fn location(exchange: &Exchange) -> Option<Url> {
    let raw = exchange.response.headers.raw("location")?;
    let text: String = raw
        .iter()
        .map(|byte| if byte.is_ascii_graphic() { char::from(*byte).to_string() } else { format!("%{byte:02X}") })
        .collect();
    let mut url = exchange.request.url.join(text.trim_matches('%').trim()).ok()?;
    url.set_fragment(None);
    Some(url)
}
