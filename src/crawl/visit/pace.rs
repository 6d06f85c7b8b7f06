//! What an answer means for the host's pace, in this run and over restarts.

use std::time::Duration;

use jiff::Timestamp;

use super::Visitor;
use crate::crawl::Outcome;
use crate::crawl::politeness::retry_after;
use crate::exchange::Exchange;

/// A Retry-After beyond this is taken as this.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(7 * 24 * 3_600);

impl Visitor {
    pub(super) fn adjust_pace(&self, host: &str, outcome: Outcome, exchange: &Exchange, now: Timestamp) {
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
    pub(super) fn block_until(&self, outcome: Outcome, exchange: &Exchange, now: Timestamp) -> Option<Timestamp> {
        let asked = exchange.response.headers.get("retry-after").and_then(|value| retry_after(&value, now));
        let wait = match outcome {
            Outcome::Wall => self.settings.pace.cool_down,
            Outcome::RateLimited => asked.unwrap_or(self.settings.pace.cool_down).min(MAX_RETRY_AFTER),
            _ => return None,
        };
        now.checked_add(jiff::SignedDuration::try_from(wait).ok()?).ok()
    }
}
