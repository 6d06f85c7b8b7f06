//! What robots.txt of a host permits: from memory, from the archive within a day, else asked for through the gate.

use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::links::location;
use super::{Visitor, discover};
use crate::archive;
use crate::crawl::fetch::{Condition, Question};
use crate::crawl::frontier::{self, host_of};
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
        let (host, fresh) = (host.to_owned(), self.before(ROBOTS_DAY));
        let row: Option<(String, Option<Vec<u8>>)> = self
            .store
            .write(move |tx| {
                let mut statement = tx.prepare_cached("SELECT robots_state, robots_rules FROM host WHERE name = ?1 AND robots_at > ?2 AND robots_state <> 'unreachable'")?;
                let mut rows = statement.query([&host, &fresh])?;
                Ok(rows.next()?.map(|row| Ok::<_, rusqlite::Error>((row.get(0)?, row.get(1)?))).transpose()?)
            })
            .await?;
        Ok(row
            .map(|(_, rules)| Permission::Rules(Arc::new(Rules::read(&rules.unwrap_or_default(), Identity::PRODUCT)))))
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
    ) -> Result<Permission, CrawlError> {
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
            Some(rules) => Permission::Rules(Arc::new(Rules::read(&rules, Identity::PRODUCT))),
            None => Permission::Unreachable(otherwise.0, format!("robots.txt: {}", otherwise.1)),
        })
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
