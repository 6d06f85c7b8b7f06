//! What time it is: a clock that tests can hold still.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;

/// Wall-clock time for dates that are written down. Waiting is tokio's business, not this one's.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    held: Option<Arc<Mutex<Timestamp>>>,
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Clock {
        Clock::default()
    }

    /// A clock that stands at `at` until [`Clock::advance`] moves it.
    pub fn held_at(at: Timestamp) -> Clock {
        Clock { held: Some(Arc::new(Mutex::new(at))) }
    }

    /// Now, cut to milliseconds so that a time read back from text equals the one written.
    pub fn now(&self) -> Timestamp {
        let now = match &self.held {
            Some(held) => *held.lock().unwrap_or_else(|poisoned| poisoned.into_inner()),
            None => Timestamp::now(),
        };
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }

    /// Moves a held clock forward; the machine's clock does not move.
    pub fn advance(&self, by: Duration) {
        if let Some(held) = &self.held {
            let mut at = held.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            *at = at
                .saturating_add(jiff::SignedDuration::try_from(by).unwrap_or(jiff::SignedDuration::MAX))
                .unwrap_or(*at);
        }
    }
}

/// A time as the archive writes it: RFC 3339, UTC, milliseconds (`2026-01-31T08:00:00.000Z`), so that text order is time order.
pub fn rfc3339(at: Timestamp) -> String {
    format!("{at:.3}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_order_is_time_order() {
        let whole: Timestamp = "2026-01-31T08:00:00Z".parse().unwrap();
        let later = Timestamp::from_millisecond(whole.as_millisecond() + 5).unwrap();
        assert_eq!(rfc3339(whole), "2026-01-31T08:00:00.000Z");
        assert!(rfc3339(whole) < rfc3339(later));
    }

    #[test]
    fn a_held_clock_moves_only_when_told() {
        let clock = Clock::held_at("2026-01-01T00:00:00Z".parse().unwrap());
        assert_eq!(clock.now(), clock.now());
        clock.advance(Duration::from_secs(60));
        assert_eq!(rfc3339(clock.now()), "2026-01-01T00:01:00.000Z");
    }
}
