//! The one door to the network. Each attempt spends a permit; redirects, retries, decoding, cookies and proxies of the
//! client are off, since each of them would be a request that nobody admitted or a byte that nobody kept.

mod body;
mod cause;
mod resolve;
mod tls;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout, timeout_at};
use url::Url;

use body::body;
use cause::named;
use resolve::{GuardedResolver, Overrides};
pub use tls::{Groups, tls};

use super::politeness::Permit;
use super::{Guard, Limits, Outcome, Settings};
use crate::clock::Clock;
use crate::exchange::{Exchange, Headers, Hop, Query, Request, Response, Transport};

/// The HTTP clients behind the permits: one for each set of key exchange groups.
pub struct Door {
    usual: reqwest::Client,
    p256: reqwest::Client,
    guard: Guard,
    overrides: Arc<Overrides>,
    limits: Limits,
    user_agent: String,
    clock: Clock,
}

/// One attempt's end. The exchange is what came, whole or not.
#[derive(Debug)]
pub struct Attempt {
    pub exchange: Option<Exchange>,
    pub outcome: Outcome,
    pub detail: String,
    /// The two sides found no common ground in TLS: worth the next rung of the ladder.
    pub handshake_failed: bool,
    /// From the request to the head of its answer.
    pub answered_in: Option<Duration>,
}

impl Attempt {
    /// Nothing came.
    pub fn without(outcome: Outcome, detail: String) -> Attempt {
        Attempt { exchange: None, outcome, detail, handshake_failed: false, answered_in: None }
    }
}

/// The client could not be made.
#[derive(Debug, thiserror::Error)]
pub enum DoorError {
    #[error("extra_ca: {} can't be used, {why}: name a PEM file of certificates under [network] or by --extra-ca, or leave it out", path.display())]
    ExtraCa { path: std::path::PathBuf, why: String },
    #[error("the HTTP client can't be made: {0}")]
    Client(String),
}

/// What a conditional request knows of the last capture (RFC 9110 13).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Condition {
    pub etag: Option<String>,
    pub last_modified: Option<String>,
}

impl Condition {
    pub fn is_set(&self) -> bool {
        self.etag.is_some() || self.last_modified.is_some()
    }
}

/// What to ask.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    pub url: &'a Url,
    pub hop: Hop,
    pub condition: &'a Condition,
    pub query: Option<&'a Query>,
    pub referer: Option<&'a Url>,
}

impl<'a> Question<'a> {
    pub fn plain(url: &'a Url, hop: Hop, condition: &'a Condition) -> Question<'a> {
        Question { url, hop, condition, query: None, referer: None }
    }
}

/// What to ask, and how.
#[derive(Clone, Debug)]
pub struct Ask<'a> {
    pub question: Question<'a>,
    pub transport: Transport,
    /// Sent and never kept: a session is nobody else's (promises S11).
    pub cookies: Option<String>,
}

impl Door {
    pub fn new(settings: &Settings, clock: Clock) -> Result<Door, DoorError> {
        let guard = Guard::new(settings.network.allow.clone());
        let overrides = Arc::new(Overrides::of(&settings.network));
        let client = |groups| {
            let resolver = GuardedResolver { guard: guard.clone(), overrides: overrides.clone() };
            let builder = reqwest::Client::builder()
                .tls_backend_preconfigured(tls(&settings.network, groups)?)
                .redirect(reqwest::redirect::Policy::none())
                .retry(reqwest::retry::never())
                .referer(false)
                .http1_only()
                // Heads that browsers read as well: lines folded, spaces before the colon, names that are none.
                .http1_allow_obsolete_multiline_headers_in_responses(true)
                .http1_allow_spaces_after_header_name_in_responses(true)
                .http1_ignore_invalid_headers_in_responses(true)
                .pool_idle_timeout(Duration::from_secs(20))
                .connect_timeout(settings.limits.connect)
                .dns_resolver(Arc::new(resolver));
            let fault = |error: reqwest::Error| DoorError::Client(error.to_string());
            let builder = match &settings.network.proxy {
                Some(proxy) => builder.proxy(reqwest::Proxy::all(proxy).map_err(fault)?),
                None => builder.no_proxy(),
            };
            builder.build().map_err(fault)
        };
        Ok(Door {
            usual: client(Groups::Usual)?,
            p256: client(Groups::P256)?,
            guard,
            overrides,
            limits: settings.limits.clone(),
            user_agent: settings.identity.user_agent(),
            clock,
        })
    }

    /// Where the host of an address stands, as far as it may be connected to.
    pub async fn locate(&self, url: &Url) -> Result<IpAddr, Attempt> {
        self.guard.admit(url).map_err(|refusal| Attempt::without(Outcome::ForbiddenAddress, refusal.to_string()))?;
        let port = url.port_or_known_default().unwrap_or(80);
        let host = url.host_str().unwrap_or_default();
        if let Some(address) = self.overrides.get(host, port) {
            self.guard
                .check(address.ip())
                .map_err(|refusal| Attempt::without(Outcome::ForbiddenAddress, refusal.to_string()))?;
            return Ok(address.ip());
        }
        let found = timeout(self.limits.connect, tokio::net::lookup_host((host.trim_matches(['[', ']']), port))).await;
        let unknown = |why: String| Attempt::without(Outcome::NameUnknown, format!("{host}{why}"));
        let addresses: Vec<SocketAddr> = match found {
            Err(_) => return Err(unknown(": DNS did not answer in time".into())),
            Ok(Err(error)) => return Err(unknown(format!(": {error}"))),
            Ok(Ok(addresses)) => addresses.collect(),
        };
        let mut refusal = None;
        for address in &addresses {
            match self.guard.check(address.ip()) {
                Ok(()) => return Ok(address.ip()),
                Err(found) => refusal = Some(found),
            }
        }
        match refusal {
            Some(refusal) => Err(Attempt::without(Outcome::ForbiddenAddress, refusal.to_string())),
            None => Err(unknown(" has no address".into())),
        }
    }

    /// Makes one request.
    pub async fn fetch(&self, permit: Permit, ask: &Ask<'_>) -> Attempt {
        let request = self.request(ask);
        let started_at = self.clock.now();
        let deadline = Instant::now() + self.limits.total;
        let attempt = self.attempt(request, ask, started_at, deadline).await;
        drop(permit);
        attempt
    }

    fn request(&self, ask: &Ask<'_>) -> Request {
        let mut headers = Headers::default();
        headers.push("User-Agent", self.user_agent.as_bytes());
        headers.push("Accept", "text/html,application/xhtml+xml,application/pdf;q=0.9,*/*;q=0.8");
        headers.push("Accept-Language", "zh-CN,zh;q=0.9");
        headers.push("Accept-Encoding", "gzip");
        let question = ask.question;
        if let Some(etag) = &question.condition.etag {
            headers.push("If-None-Match", etag.as_bytes());
        }
        if let Some(date) = &question.condition.last_modified {
            headers.push("If-Modified-Since", date.as_bytes());
        }
        let mut url = question.url.clone();
        url.set_fragment(None);
        let Some(query) = question.query else { return Request::get(url, headers) };
        headers.push("Content-Type", query.content_type());
        headers.push("Content-Length", query.as_str().len().to_string());
        if let Some(referer) = question.referer.filter(|referer| referer.origin() == url.origin()) {
            headers.push("Referer", referer.as_str());
        }
        Request { method: "POST".into(), url, headers, body: query.as_str().into() }
    }

    async fn attempt(
        &self,
        request: Request,
        ask: &Ask<'_>,
        started_at: jiff::Timestamp,
        deadline: Instant,
    ) -> Attempt {
        let client = if ask.transport == Transport::TlsP256 { &self.p256 } else { &self.usual };
        let mut builder = match ask.question.query {
            Some(_) => client.post(request.url.clone()).body(request.body.clone()),
            None => client.get(request.url.clone()),
        };
        for (name, value) in &request.headers.0 {
            builder = builder.header(name, value.as_slice());
        }
        if let Some(cookies) = &ask.cookies {
            builder = builder.header("Cookie", cookies);
        }
        let sent = Instant::now();
        let patience = self.limits.connect + self.limits.first_byte;
        let mut answer = match timeout_at(deadline.min(sent + patience), builder.send()).await {
            Err(_) => return Attempt::without(Outcome::TimedOut, format!("no head within {patience:?}")),
            Ok(Err(error)) => return named(&error),
            Ok(Ok(answer)) => answer,
        };
        let answered_in = Some(sent.elapsed());
        let peer = answer.remote_addr();
        // The resolver can't see an address written in a URL, nor what a proxy does: look at what was connected to.
        if let Some(refusal) = peer.and_then(|peer| self.guard.check(peer.ip()).err()) {
            return Attempt::without(Outcome::ForbiddenAddress, refusal.to_string());
        }
        let mut response = Response { status: answer.status().as_u16(), headers: Headers::default(), body: Vec::new() };
        for (name, value) in answer.headers() {
            response.headers.push(name.as_str(), value.as_bytes());
        }
        let end = body(&mut answer, &mut response.body, &self.limits, deadline).await;
        let (outcome, detail) = match end.meaning(&self.limits) {
            Some(meaning) => meaning,
            None => (by_status(&response), String::new()),
        };
        let transport = Some(if request.url.scheme() == "http" { Transport::Http } else { ask.transport });
        let truncated = end.truncation();
        let exchange = Exchange { request, response, started_at, peer, hop: ask.question.hop, truncated, transport };
        Attempt { exchange: Some(exchange), outcome, detail, handshake_failed: false, answered_in }
    }
}

/// What a whole answer means by its status alone.
fn by_status(response: &Response) -> Outcome {
    match response.status {
        304 => Outcome::NotModified,
        // Nothing was asked in parts, so a part is not the whole.
        206 => Outcome::UnaskedPart,
        301 | 302 | 303 | 307 | 308 if response.headers.raw("location").is_some() => Outcome::Redirected,
        404 => Outcome::NotFound,
        410 => Outcome::Gone,
        429 => Outcome::RateLimited,
        503 if response.headers.raw("retry-after").is_some() => Outcome::RateLimited,
        300..=399 => Outcome::NoLocation,
        400..=499 => Outcome::ClientError,
        500..=599 => Outcome::ServerError,
        _ => Outcome::Captured,
    }
}
