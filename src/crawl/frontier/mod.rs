//! What is to be asked, in the archive's own tables: addresses with leases that end by themselves, hosts with their state.

mod choosing;
mod hosts;
mod keeper;
mod leasing;
mod planting;
mod season;
mod sqlite;

use jiff::Timestamp;
use url::Url;

pub use choosing::{Chosen, Held, choose};
pub use hosts::{
    LONGEST_BLOCK, Remembered, answered, block, failed, left_alone, mend_dates, refuses, remembered, started,
    transported,
};
pub use keeper::{Claim, Gaps, Keeper, PaceNow, Robots, Settled, Settlement, Settling, Terms, Turn, Turns};
pub use leasing::{LEASE, Ruling, amend, due_hosts, lease, lease_now, pass, reclaim, release, settle};
pub use planting::{add, held, plant};
pub use season::{Season, overdue};
pub use sqlite::Sqlite;

use super::Outcome;
use super::fetch::Condition;
use crate::archive::CaptureId;
use crate::exchange::{Hop, Query};
use crate::seed::SeedKind;
use crate::urlkey::UrlKey;

/// What an address is expected to hold; decides its priority and when it is due again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Listing,
    Report,
    Attachment,
    Home,
}

impl Role {
    const ALL: [Role; 4] = [Role::Listing, Role::Report, Role::Attachment, Role::Home];

    pub fn as_str(self) -> &'static str {
        match self {
            Role::Listing => "listing",
            Role::Report => "report",
            Role::Attachment => "attachment",
            Role::Home => "home",
        }
    }

    pub fn from_text(text: &str) -> Role {
        Role::ALL.into_iter().find(|role| role.as_str() == text).unwrap_or(Role::Home)
    }

    /// The number an address carries in the table; [`Season::order`] says which goes first.
    pub fn priority(self) -> i64 {
        match self {
            Role::Listing => 10,
            Role::Report => 20,
            Role::Attachment => 30,
            Role::Home => 40,
        }
    }
}

impl From<SeedKind> for Role {
    fn from(kind: SeedKind) -> Role {
        match kind {
            SeedKind::Report => Role::Report,
            SeedKind::Listing => Role::Listing,
            SeedKind::Home => Role::Home,
        }
    }
}

/// An address to add.
#[derive(Clone, Debug)]
pub struct Found {
    pub url: Url,
    /// What a list is asked for with.
    pub query: Option<Query>,
    pub role: Role,
    pub hop: Hop,
    pub depth: u32,
    pub pages: u32,
    pub redirects: u32,
    pub via: Option<i64>,
    pub agency: Option<i64>,
    pub anchor: String,
    pub score: i32,
}

impl Found {
    pub fn key(&self) -> UrlKey {
        match &self.query {
            Some(query) => UrlKey::asked("POST", &self.url, query.as_str().as_bytes()),
            None => UrlKey::of(&self.url),
        }
    }
}

/// An address taken, until its time is over or it is settled.
#[derive(Clone, Debug)]
pub struct Lease {
    pub id: i64,
    /// Raised each time the address is taken, where several processes may: a verdict with an old one is not taken in.
    pub token: i64,
    pub url: Url,
    pub query: Option<Query>,
    /// The page that named it.
    pub via: Option<i64>,
    /// That page's address, for queries, which a script of it would send.
    pub referer: Option<Url>,
    pub role: Role,
    pub hop: Hop,
    pub depth: u32,
    pub pages: u32,
    pub redirects: u32,
    pub agency: Option<i64>,
    pub attempts: u32,
    pub condition: Condition,
}

/// The frontier's verdict on an attempt.
#[derive(Clone, Debug)]
pub struct Verdict {
    pub outcome: Outcome,
    pub detail: String,
    pub capture: Option<CaptureId>,
    pub condition: Option<Condition>,
}

/// The name a host has in the frontier: with its port when that is not the scheme's own.
pub fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
    url.port().map_or(host.clone(), |port| format!("{host}:{port}"))
}

/// `now` and a length of time after it.
pub fn after(now: Timestamp, wait: std::time::Duration) -> Timestamp {
    let wait = jiff::SignedDuration::try_from(wait).unwrap_or(jiff::SignedDuration::MAX);
    now.saturating_add(wait).unwrap_or(now)
}
