//! Who keeps the frontier: the archive's own tables where one machine crawls, a server where several do. The crawl asks no more
//! of either than what stands here.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::oneshot;

use super::{Found, Lease, Remembered};
use crate::archive::CaptureId;
use crate::crawl::fetch::Condition;
use crate::crawl::{CrawlError, Limits, Outcome, Revisit, Settings};
use crate::exchange::{Exchange, Transport};
use crate::seed::Scope;

/// Who may ask a host or an address next, over all processes on a frontier.
#[async_trait]
pub trait Turns: Send + Sync {
    /// Waits until no other process asks the host or the address, and the gap since anybody's last request has passed. At once
    /// where there is no other: the gate of this process is the only one.
    async fn turn(&self, _host: &str, _address: IpAddr, _gaps: Gaps) -> Result<Turn, CrawlError> {
        Ok(Turn::default())
    }
}

/// The frontier of a run that was begun.
#[async_trait]
pub trait Keeper: Turns {
    /// Up to `room` hosts with something due that are not left alone for now, `busy` ones left out, the longest overdue first.
    /// They are this process's until let go.
    async fn claim(
        &self,
        only: Option<&str>,
        room: usize,
        busy: &HashSet<String>,
        now: Timestamp,
    ) -> Result<Vec<Claim>, CrawlError>;

    /// The next address of a host that was claimed.
    async fn lease(&self, host: &str, now: Timestamp) -> Result<Option<Lease>, CrawlError>;

    /// The turn of a host that was claimed is over.
    async fn let_go(&self, host: &str) -> Result<(), CrawlError>;

    /// Takes one address, known or new, whenever it is due: a person asks for it.
    async fn lease_now(&self, found: Found, now: Timestamp) -> Result<Lease, CrawlError>;

    /// Gives an address back, unless its verdict came in after all.
    async fn release(&self, lease: &Lease) -> Result<(), CrawlError>;

    /// Keeps an address that was only looked at on the way out of later runs, until something names it.
    async fn pass(&self, lease: &Lease) -> Result<(), CrawlError>;

    /// Takes in everything an attempt means, at once: bytes, links, verdict, the host's pace.
    async fn settle(&self, settlement: Settlement) -> Result<Settling, CrawlError>;

    /// Keeps an answer that is not the last word on its address.
    async fn keep_failed(&self, exchange: Exchange) -> Result<(), CrawlError>;

    /// robots.txt of a host, where it was had after `since`.
    async fn robots(&self, host: &str, since: Timestamp) -> Result<Option<Vec<u8>>, CrawlError>;

    async fn keep_robots(&self, robots: Robots) -> Result<(), CrawlError>;

    /// Whether a seed or a link names an http address of the host.
    async fn speaks_http(&self, host: &str) -> Result<bool, CrawlError>;

    /// Which way to a host worked.
    async fn transported(&self, host: &str, transport: Transport) -> Result<(), CrawlError>;

    /// Whether others work on the same frontier and may still find something, or are just about to.
    async fn others_at_work(&self, only: Option<&str>, now: Timestamp) -> Result<bool, CrawlError>;
}

/// A host to work through.
#[derive(Clone, Debug)]
pub struct Claim {
    pub host: String,
    /// How it was left, where that may have changed since the run began.
    pub known: Option<Remembered>,
    /// Its first address, where it was taken with it.
    pub first: Option<Lease>,
}

/// Everything that one attempt means for the frontier.
#[derive(Clone, Debug)]
pub struct Settlement {
    pub lease: Lease,
    /// None where no bytes came.
    pub exchange: Option<Arc<Exchange>>,
    pub outcome: Outcome,
    pub detail: String,
    /// None leaves the old one.
    pub condition: Option<Condition>,
    /// What the answer leads to, rows before next pages.
    pub found: Vec<Found>,
    /// When the host was asked; none where it was not.
    pub asked_at: Option<Timestamp>,
    /// None where it gave no answer.
    pub pace: Option<PaceNow>,
    /// The host is left alone until then.
    pub blocked: Option<Timestamp>,
    pub now: Timestamp,
}

/// A host's pace after an answer.
#[derive(Clone, Copy, Debug)]
pub struct PaceNow {
    /// How many gaps lie between two starts.
    pub slowdown: u32,
    /// The answer was a refusal or a failure.
    pub refused: bool,
    /// The host said how long it wants to be left alone (Retry-After, RFC 9110 10.2.3).
    pub not_before: Option<Timestamp>,
}

/// How far a settlement is.
#[derive(Debug)]
pub enum Settling {
    Done(Settled),
    /// The bytes are not durable yet: comes once they are; the host may go on meanwhile. None where the lease was another's by then.
    Later(oneshot::Receiver<Result<Option<Settled>, CrawlError>>),
}

/// What became of a settlement.
#[derive(Clone, Debug, Default)]
pub struct Settled {
    /// The capture, where an archive numbers it.
    pub capture: Option<CaptureId>,
    /// Its body is known from an earlier capture.
    pub is_revisit: bool,
    /// Limits that kept links out.
    pub bounded: Vec<&'static str>,
    /// It redirects to a host out of scope.
    pub outside: bool,
    /// The host is left alone until then.
    pub left_alone: Option<Timestamp>,
}

/// What was learned of a host's robots.txt.
#[derive(Clone, Debug)]
pub struct Robots {
    pub host: String,
    /// rules | none | unreachable
    pub state: &'static str,
    pub rules: Option<Vec<u8>>,
    pub exchange: Option<Exchange>,
    /// A wall stood before it.
    pub blocked: Option<Timestamp>,
    pub now: Timestamp,
}

/// What lies between two starts.
#[derive(Clone, Copy, Debug)]
pub struct Gaps {
    pub host: Duration,
    pub address: Duration,
}

/// The right to ask before all other processes, until it is dropped.
#[derive(Debug, Default)]
pub struct Turn {
    _ends: Option<Ends>,
}

impl Turn {
    /// `end` is called when the request is over.
    pub fn until(end: impl FnOnce() + Send + 'static) -> Turn {
        Turn { _ends: Some(Ends(Some(Box::new(end)))) }
    }
}

struct Ends(Option<Box<dyn FnOnce() + Send>>);

impl std::fmt::Debug for Ends {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ends")
    }
}

impl Drop for Ends {
    fn drop(&mut self) {
        if let Some(end) = self.0.take() {
            end();
        }
    }
}

/// What a keeper goes by when it settles.
#[derive(Clone, Debug)]
pub struct Terms {
    pub scope: Scope,
    pub limits: Limits,
    pub revisit: Revisit,
    /// How long a host is left alone at first.
    pub cool_down: Duration,
    /// No request lasts longer.
    pub request: Duration,
}

impl Terms {
    pub fn of(settings: &Settings, scope: Scope) -> Terms {
        let (limits, revisit) = (settings.limits.clone(), settings.revisit.clone());
        let request = limits.connect + limits.total;
        Terms { scope, limits, revisit, cool_down: settings.pace.cool_down, request }
    }
}
