//! What an answer means for the host's pace, in this run and over restarts.

use std::time::Duration;

use jiff::Timestamp;

use super::Visitor;
use crate::crawl::Outcome;
use crate::crawl::frontier::{LONGEST_BLOCK, PaceNow, after};
use crate::crawl::politeness::retry_after;
use crate::exchange::Exchange;

impl Visitor {
    /// Now, for what is due and until when: a clock that is set during a run makes nothing of it due, nor holds it up. Where
    /// others work on the same frontier it is the clock that all of them go by.
    pub fn now(&self) -> Timestamp {
        if self.archive.is_some() { self.clock.steady() } else { self.clock.now() }
    }

    pub(super) fn adjust_pace(&self, host: &str, outcome: Outcome, exchange: &Exchange, now: Timestamp) -> PaceNow {
        let refused = matches!(exchange.response.status, 403 | 412 | 429 | 500..=599) || outcome == Outcome::Wall;
        let slowdown = if refused { self.gate.slow(host) } else { self.gate.ease(host) };
        let wait = asked_wait(exchange, now);
        if let Some(wait) = wait {
            self.gate.pause(host, wait);
        }
        let not_before = wait.map(|wait| after(now, wait.min(LONGEST_BLOCK)));
        PaceNow { slowdown, refused, not_before }
    }

    /// Until when the host is left alone, over restarts.
    pub(super) fn block_until(&self, outcome: Outcome, exchange: &Exchange, now: Timestamp) -> Option<Timestamp> {
        let wait = match outcome {
            Outcome::Wall => self.settings.pace.cool_down,
            Outcome::RateLimited => {
                asked_wait(exchange, now).unwrap_or(self.settings.pace.cool_down).min(LONGEST_BLOCK)
            }
            _ => return None,
        };
        Some(after(now, wait))
    }
}

fn asked_wait(exchange: &Exchange, now: Timestamp) -> Option<Duration> {
    exchange.response.headers.get("retry-after").and_then(|value| retry_after(&value, now))
}
