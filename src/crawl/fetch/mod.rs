//! The one door to the network. Each attempt spends a permit; redirects, retries, decoding, cookies and proxies of the
//! client are off, since each of them would be a request that nobody admitted or a byte that nobody kept.

mod resolve;
mod tls;

use std::error::Error as _;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout, timeout_at};
use url::Url;

use resolve::{GuardedResolver, Overrides};
use tls::tls;

use super::politeness::Permit;
use super::{Guard, Limits, Outcome, Refusal, Settings};
use crate::clock::Clock;
use crate::exchange::{Exchange, Headers, Hop, Request, Response, Truncation};

/// The HTTP client behind the permits.
pub struct Door {
    client: reqwest::Client,
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
}

/// The client could not be made.
#[derive(Debug, thiserror::Error)]
pub enum DoorError {
    #[error("{}: {why}", path.display())]
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

impl Door {
    pub fn new(settings: &Settings, clock: Clock) -> Result<Door, DoorError> {
        let guard = Guard::new(settings.network.allow.clone());
        let overrides = Arc::new(Overrides::of(&settings.network));
        let resolver = GuardedResolver { guard: guard.clone(), overrides: overrides.clone() };
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls(&settings.network)?)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .http1_only()
            .pool_idle_timeout(Duration::from_secs(20))
            .connect_timeout(settings.limits.connect)
            .dns_resolver(Arc::new(resolver));
        builder = match &settings.network.proxy {
            Some(proxy) => {
                builder.proxy(reqwest::Proxy::all(proxy).map_err(|error| DoorError::Client(error.to_string()))?)
            }
            None => builder.no_proxy(),
        };
        let client = builder.build().map_err(|error| DoorError::Client(error.to_string()))?;
        Ok(Door {
            client,
            guard,
            overrides,
            limits: settings.limits.clone(),
            user_agent: settings.identity.user_agent(),
            clock,
        })
    }

    /// Where the host of an address stands, as far as it may be connected to.
    pub async fn locate(&self, url: &Url) -> Result<IpAddr, Attempt> {
        let refused = |outcome, detail: String| Attempt { exchange: None, outcome, detail };
        self.guard.admit(url).map_err(|refusal| refused(Outcome::ForbiddenAddress, refusal.to_string()))?;
        let port = url.port_or_known_default().unwrap_or(80);
        let host = url.host_str().unwrap_or_default();
        if let Some(address) = self.overrides.get(host, port) {
            self.guard
                .check(address.ip())
                .map_err(|refusal| refused(Outcome::ForbiddenAddress, refusal.to_string()))?;
            return Ok(address.ip());
        }
        let found = timeout(self.limits.connect, tokio::net::lookup_host((host.trim_matches(['[', ']']), port))).await;
        let addresses: Vec<SocketAddr> = match found {
            Err(_) => return Err(refused(Outcome::NameUnknown, format!("{host}: DNS did not answer in time"))),
            Ok(Err(error)) => return Err(refused(Outcome::NameUnknown, format!("{host}: {error}"))),
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
            Some(refusal) => Err(refused(Outcome::ForbiddenAddress, refusal.to_string())),
            None => Err(refused(Outcome::NameUnknown, format!("{host} has no address"))),
        }
    }

    /// Makes one request.
    pub async fn fetch(&self, permit: Permit, url: &Url, hop: Hop, condition: &Condition) -> Attempt {
        let request = self.request(url, condition);
        let started_at = self.clock.now();
        let deadline = Instant::now() + self.limits.total;
        let attempt = self.attempt(&request, hop, started_at, deadline).await;
        drop(permit);
        attempt
    }

    fn request(&self, url: &Url, condition: &Condition) -> Request {
        let mut headers = Headers::default();
        headers.push("User-Agent", self.user_agent.as_bytes());
        headers.push("Accept", "text/html,application/xhtml+xml,application/pdf;q=0.9,*/*;q=0.8");
        headers.push("Accept-Language", "zh-CN,zh;q=0.9");
        headers.push("Accept-Encoding", "gzip");
        if let Some(etag) = &condition.etag {
            headers.push("If-None-Match", etag.as_bytes());
        }
        if let Some(date) = &condition.last_modified {
            headers.push("If-Modified-Since", date.as_bytes());
        }
        let mut url = url.clone();
        url.set_fragment(None);
        Request { method: "GET".into(), url, headers }
    }

    async fn attempt(&self, request: &Request, hop: Hop, started_at: jiff::Timestamp, deadline: Instant) -> Attempt {
        let failed = |outcome, detail: String| Attempt { exchange: None, outcome, detail };
        let mut builder = self.client.get(request.url.clone());
        for (name, value) in &request.headers.0 {
            builder = builder.header(name, value.as_slice());
        }
        let head_by = deadline.min(Instant::now() + self.limits.connect + self.limits.first_byte);
        let mut answer = match timeout_at(head_by, builder.send()).await {
            Err(_) => {
                return failed(
                    Outcome::TimedOut,
                    format!("no head within {:?}", self.limits.connect + self.limits.first_byte),
                );
            }
            Ok(Err(error)) => {
                let (outcome, detail) = named(&error);
                return failed(outcome, detail);
            }
            Ok(Ok(answer)) => answer,
        };
        let peer = answer.remote_addr();
        // The resolver can't see an address written in a URL, nor what a proxy does: look at what was connected to.
        if let Some(refusal) = peer.and_then(|peer| self.guard.check(peer.ip()).err()) {
            return failed(Outcome::ForbiddenAddress, refusal.to_string());
        }
        let mut response = Response { status: answer.status().as_u16(), headers: Headers::default(), body: Vec::new() };
        for (name, value) in answer.headers() {
            response.headers.push(name.as_str(), value.as_bytes());
        }
        let end = self.body(&mut answer, &mut response.body, deadline).await;
        let (truncated, outcome, detail) = match end {
            BodyEnd::Whole => (None, None, String::new()),
            BodyEnd::TooLarge => {
                (Some(Truncation::Length), Some(Outcome::TooLarge), format!("cut at {} bytes", self.limits.body))
            }
            BodyEnd::Late => {
                (Some(Truncation::Time), Some(Outcome::TimedOut), format!("cut after {:?}", self.limits.total))
            }
            BodyEnd::Slow => (
                Some(Truncation::Time),
                Some(Outcome::TooSlow),
                format!("less than {} bytes a second", self.limits.min_rate),
            ),
            BodyEnd::Broken(detail) => (Some(Truncation::Disconnect), Some(Outcome::Disconnected), detail),
        };
        let outcome = outcome.unwrap_or_else(|| by_status(&response));
        let exchange = Exchange { request: request.clone(), response, started_at, peer, hop, truncated };
        Attempt { exchange: Some(exchange), outcome, detail }
    }

    async fn body(&self, answer: &mut reqwest::Response, body: &mut Vec<u8>, deadline: Instant) -> BodyEnd {
        const WINDOW: Duration = Duration::from_secs(10);
        let mut window = (Instant::now(), 0u64);
        loop {
            match timeout_at(deadline, answer.chunk()).await {
                Err(_) => return BodyEnd::Late,
                Ok(Err(error)) => return BodyEnd::Broken(chain(&error)),
                Ok(Ok(None)) => return BodyEnd::Whole,
                Ok(Ok(Some(chunk))) => {
                    let room = self.limits.body - body.len();
                    body.extend_from_slice(&chunk[..chunk.len().min(room)]);
                    if chunk.len() > room {
                        return BodyEnd::TooLarge;
                    }
                    window.1 += chunk.len() as u64;
                }
            }
            if window.0.elapsed() >= WINDOW {
                if window.1 < self.limits.min_rate * WINDOW.as_secs() {
                    return BodyEnd::Slow;
                }
                window = (Instant::now(), 0);
            }
        }
    }
}

enum BodyEnd {
    Whole,
    TooLarge,
    Late,
    Slow,
    Broken(String),
}

/// What a whole answer means by its status alone.
fn by_status(response: &Response) -> Outcome {
    match response.status {
        304 => Outcome::NotModified,
        301 | 302 | 303 | 307 | 308 if response.headers.raw("location").is_some() => Outcome::Redirected,
        404 => Outcome::NotFound,
        410 => Outcome::Gone,
        429 => Outcome::RateLimited,
        503 if response.headers.raw("retry-after").is_some() => Outcome::RateLimited,
        400..=499 => Outcome::ClientError,
        500..=599 => Outcome::ServerError,
        _ => Outcome::Captured,
    }
}

/// A client error by its cause.
fn named(error: &reqwest::Error) -> (Outcome, String) {
    let detail = chain(error);
    let mut source = error.source();
    while let Some(cause) = source {
        if cause.downcast_ref::<Refusal>().is_some() {
            return (Outcome::ForbiddenAddress, detail);
        }
        if cause.downcast_ref::<rustls::Error>().is_some() {
            return (Outcome::TlsFailed, detail);
        }
        if let Some(io) = cause.downcast_ref::<std::io::Error>() {
            // rustls and the resolver travel inside I/O errors.
            if let Some(inner) = io.get_ref() {
                if inner.downcast_ref::<Refusal>().is_some() {
                    return (Outcome::ForbiddenAddress, detail);
                }
                if inner.downcast_ref::<rustls::Error>().is_some() {
                    return (Outcome::TlsFailed, detail);
                }
            }
            if matches!(
                io.kind(),
                std::io::ErrorKind::ConnectionReset
                    | std::io::ErrorKind::UnexpectedEof
                    | std::io::ErrorKind::BrokenPipe
            ) {
                return (Outcome::Disconnected, detail);
            }
        }
        source = cause.source();
    }
    let outcome = if error.is_timeout() {
        Outcome::TimedOut
    } else if error.is_connect() {
        Outcome::ConnectFailed
    } else if detail.contains("connection closed before message completed") {
        Outcome::Disconnected
    } else {
        Outcome::BadHttp
    };
    (outcome, detail)
}

/// An error with its causes, each said once.
fn chain(error: &reqwest::Error) -> String {
    let mut words = Vec::new();
    let mut source = error.source();
    while let Some(cause) = source {
        words.push(cause.to_string());
        source = cause.source();
    }
    words.dedup();
    if words.is_empty() { error.to_string() } else { words.join(": ") }
}
