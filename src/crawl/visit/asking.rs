//! One address asked for: through the gate, by the way that works for its host, with the session the host set.

use super::Visitor;
use super::links::location;
use super::reading::{discover, spared};
use crate::crawl::CrawlError;
use crate::crawl::Outcome;
use crate::crawl::fetch::{Ask, Attempt, Question};
use crate::crawl::frontier::{Lease, host_of};
use crate::exchange::Transport;
use crate::parse::{self, Given, PageKind};
use crate::urlkey::UrlKey;

impl Visitor {
    /// Attempts until one is not worth repeating or there were enough; each failure makes the next wait longer.
    pub(super) async fn attempts(&self, lease: &Lease) -> Result<Attempt, CrawlError> {
        let mut attempt = self.attempt(lease).await?;
        for _ in 1..self.settings.limits.tries {
            // A wall may have the status of a failure (521, 567); asking again would be knocking at it.
            let is_wall =
                || attempt.exchange.as_ref().and_then(discover).is_some_and(|page| page.page.kind == PageKind::Wall);
            if !attempt.outcome.is_transient() || is_wall() {
                break;
            }
            self.gate.slow(&host_of(&lease.url));
            if let Some(exchange) = attempt.exchange.take() {
                self.keeper.keep_failed(exchange).await?;
            }
            attempt = self.attempt(lease).await?;
        }
        Ok(attempt)
    }

    async fn attempt(&self, lease: &Lease) -> Result<Attempt, CrawlError> {
        let question = Question {
            url: &lease.url,
            hop: lease.hop,
            condition: &lease.condition,
            query: lease.query.as_ref(),
            referer: lease.referer.as_ref(),
        };
        let attempt = self.ask(question).await?;
        let conditional = lease.condition.is_set();
        Ok(match attempt.outcome {
            Outcome::NotModified if !conditional => Attempt { outcome: Outcome::UnaskedNotModified, ..attempt },
            _ => attempt,
        })
    }

    /// One request, and a second where the host only wants its cookie back: it set one and sent us to where we were.
    pub(super) async fn ask(&self, question: Question<'_>) -> Result<Attempt, CrawlError> {
        let attempt = self.ask_up_the_ladder(question).await?;
        let Some(exchange) = &attempt.exchange else { return Ok(attempt) };
        let session = self.jar.take(&exchange.request.url, &exchange.response.headers);
        let to_itself = || match attempt.outcome {
            Outcome::Redirected => {
                location(exchange).is_some_and(|target| UrlKey::of(&target) == UrlKey::of(question.url))
            }
            Outcome::Captured => {
                spared(|| parse::sends_back(Given::served(&exchange.request, &exchange.response))).unwrap_or(false)
            }
            _ => false,
        };
        if !(session && to_itself()) {
            return Ok(attempt);
        }
        if let Some(exchange) = attempt.exchange {
            self.keeper.keep_failed(exchange).await?;
        }
        self.ask_up_the_ladder(question).await
    }

    /// The usual key exchange, then P-256 alone, then http where the site itself uses http; what worked is remembered for
    /// the host. Certificates are verified on every rung.
    async fn ask_up_the_ladder(&self, question: Question<'_>) -> Result<Attempt, CrawlError> {
        let url = question.url;
        if url.scheme() != "https" {
            return self.ask_once(question, Transport::Http).await;
        }
        let host = host_of(url);
        let known = self.transports.lock().await.get(&host).copied();
        let mut last = None;
        for transport in [Transport::Tls, Transport::TlsP256, Transport::Http] {
            if known.is_some_and(|known| transport != known && last.is_none()) {
                continue;
            }
            let mut url = url.clone();
            if transport == Transport::Http {
                if !self.keeper.speaks_http(&host).await? || url.set_scheme("http").is_err() {
                    break;
                }
                tracing::warn!("{host} is asked over http, as its own pages do: no secure connection could be made");
            }
            let attempt = self.ask_once(Question { url: &url, ..question }, transport).await?;
            if !attempt.handshake_failed {
                if attempt.exchange.is_some() && known.unwrap_or(Transport::Tls) != transport {
                    self.remember_transport(&host, transport).await?;
                }
                return Ok(attempt);
            }
            last = Some(attempt);
        }
        match last {
            Some(attempt) => Ok(attempt),
            // What was remembered is gone: no http address of the site is known any more.
            None => self.ask_once(question, Transport::Tls).await,
        }
    }

    async fn ask_once(&self, question: Question<'_>, transport: Transport) -> Result<Attempt, CrawlError> {
        let url = question.url;
        let address = match self.door.locate(url).await {
            Ok(address) => address,
            Err(attempt) => return Ok(attempt),
        };
        let host = host_of(url);
        let permit = self.gate.permit(&host, address).await?;
        let ask = Ask { question, transport, cookies: self.jar.field(url) };
        let attempt = self.door.fetch(permit, &ask).await;
        if let Some(took) = attempt.answered_in {
            self.gate.answered_in(&host, took);
        }
        Ok(attempt)
    }

    async fn remember_transport(&self, host: &str, transport: Transport) -> Result<(), CrawlError> {
        self.transports.lock().await.insert(host.to_owned(), transport);
        self.keeper.transported(host, transport).await
    }
}
