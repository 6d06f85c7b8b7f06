//! What an answer means for the host's pace, in this run and over restarts.

use jiff::Timestamp;

use super::Visitor;
use crate::crawl::Outcome;
use crate::crawl::frontier::LONGEST_BLOCK;
use crate::crawl::politeness::retry_after;
use crate::exchange::Exchange;

/// The host's pace after an answer.
#[derive(Clone, Copy, Debug)]
pub struct PaceNow {
    pub slowdown: u32,
    /// The answer was a refusal or a failure.
    pub refused: bool,
}

impl Visitor {
    pub(super) fn adjust_pace(&self, host: &str, outcome: Outcome, exchange: &Exchange, now: Timestamp) -> PaceNow {
        let refused = matches!(exchange.response.status, 403 | 412 | 429 | 500..=599) || outcome == Outcome::Wall;
        let slowdown = if refused { self.gate.slow(host) } else { self.gate.ease(host) };
        if let Some(wait) = exchange.response.headers.get("retry-after").and_then(|value| retry_after(&value, now)) {
            self.gate.pause(host, wait);
        }
        PaceNow { slowdown, refused }
    }

    /// Until when the host is left alone, over restarts.
    pub(super) fn block_until(&self, outcome: Outcome, exchange: &Exchange, now: Timestamp) -> Option<Timestamp> {
        let asked = exchange.response.headers.get("retry-after").and_then(|value| retry_after(&value, now));
        let wait = match outcome {
            Outcome::Wall => self.settings.pace.cool_down,
            Outcome::RateLimited => asked.unwrap_or(self.settings.pace.cool_down).min(LONGEST_BLOCK),
            _ => return None,
        };
        now.checked_add(jiff::SignedDuration::try_from(wait).ok()?).ok()
    }
}
