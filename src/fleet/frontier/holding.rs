//! What a worker holds: hosts with the number of their claim, addresses until they are settled.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use super::claiming::Taken;
use super::workers::Tally;
use crate::archive::warc::Original;
use crate::crawl::frontier::Lease;
use crate::digest::Digest;
use crate::fleet::shards::Flight;

pub struct Holding {
    held: Mutex<Held>,
    tally: Arc<Tally>,
}

#[derive(Default)]
struct Held {
    claims: HashMap<String, i64>,
    leases: HashMap<i64, Leased>,
}

struct Leased {
    token: i64,
    /// The last capture with a body.
    original: Option<(Original, Digest)>,
    /// Tells the writer of shards that something may still come.
    _flight: Flight,
}

impl Holding {
    pub fn new(tally: Arc<Tally>) -> Holding {
        Holding { held: Mutex::default(), tally }
    }

    pub fn leases(&self) -> Vec<i64> {
        self.held().leases.keys().copied().collect()
    }

    /// The number under which a host is held.
    pub fn claim_on(&self, host: &str) -> Option<i64> {
        self.held().claims.get(host).copied()
    }

    pub fn take_up(&self, taken: &Taken, flight: Flight) {
        let mut held = self.held();
        let leased = Leased { token: taken.lease.token, original: taken.original.clone(), _flight: flight };
        if held.leases.insert(taken.lease.id, leased).is_none() {
            Tally::count(&self.tally.in_flight, 1);
        }
        if let Some(claim) = taken.claim {
            held.claims.insert(taken.known.host.clone(), claim);
        }
    }

    pub fn original(&self, lease: &Lease) -> Option<(Original, Digest)> {
        self.held().leases.get(&lease.id).and_then(|leased| leased.original.clone())
    }

    /// Under a newer token the address stays held.
    pub fn put_down(&self, lease: &Lease) {
        let mut held = self.held();
        if held.leases.get(&lease.id).is_some_and(|leased| leased.token == lease.token) {
            held.leases.remove(&lease.id);
            Tally::count(&self.tally.in_flight, -1);
        }
    }

    /// The number under which the host was held.
    pub fn let_go(&self, host: &str) -> Option<i64> {
        self.held().claims.remove(host)
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
