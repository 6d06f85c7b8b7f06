//! What robots.txt of a host permits: from memory, from the archive within a day, else asked for through the gate.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use url::Url;

use super::Visitor;
use super::links::location;
use super::reading::discover;
use crate::crawl::fetch::{Condition, Question};
use crate::crawl::frontier::{Robots, host_of};
use crate::crawl::robots::{self, Rules};
use crate::crawl::{CrawlError, Identity, Outcome};
use crate::exchange::{Exchange, Hop};
use crate::parse::{self, PageKind};

/// What robots.txt of an origin says.
#[derive(Clone, Debug)]
pub enum Permission {
    Rules(Arc<Rules>),
    /// Nothing may be asked; the outcome is the host's own where not even a connection was had.
    Unreachable(Outcome, String),
}

/// How long robots.txt is believed (RFC 9309 2.4).
const ROBOTS_DAY: Duration = Duration::from_secs(24 * 3_600);

impl Visitor {
    /// The rules of an origin: from memory, from the archive within a day, else asked for.
    pub async fn robots(&self, url: &Url) -> Result<Permission, CrawlError> {
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
        if let Permission::Rules(rules) = &robots
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

    async fn stored_robots(&self, host: &str) -> Result<Option<Permission>, CrawlError> {
        let since = before(self.clock.now(), ROBOTS_DAY);
        let rules = self.keeper.robots(host, since).await?;
        Ok(rules.map(|rules| Permission::Rules(Arc::new(Rules::read(&rules, Identity::PRODUCT)))))
    }

    /// 4xx means everything is allowed; 5xx and no answer that nothing is (RFC 9309 2.3.1). Redirects are followed five deep.
    async fn fetch_robots(&self, url: &Url, host: &str) -> Result<Permission, CrawlError> {
        let mut target = url.join("/robots.txt").map_err(|error| CrawlError::Address(error.to_string()))?;
        for _ in 0..=5 {
            let attempt = self.ask(Question::plain(&target, Hop::Robots, &Condition::default())).await?;
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
                    self.keeper.keep_failed(exchange).await?;
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
    ) -> Result<Permission, CrawlError> {
        let now = self.now();
        let blocked = exchange.as_ref().and_then(|exchange| self.block_until(otherwise.0, exchange, now));
        let robots = Robots { host: host.to_owned(), state, rules: rules.clone(), exchange, blocked, now };
        self.keeper.keep_robots(robots).await?;
        Ok(match rules {
            Some(rules) => Permission::Rules(Arc::new(Rules::read(&rules, Identity::PRODUCT))),
            None => Permission::Unreachable(otherwise.0, format!("robots.txt: {}", otherwise.1)),
        })
    }
}

fn before(now: Timestamp, age: Duration) -> Timestamp {
    jiff::SignedDuration::try_from(age).ok().and_then(|age| now.checked_sub(age).ok()).unwrap_or(now)
}

fn unreachable(why: String) -> (Outcome, String) {
    (Outcome::RobotsUnreachable, why)
}
