//! What time it is: a clock that tests can hold still.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

/// Time for dates that are written down. Waiting is tokio's business, not this one's.
#[derive(Clone, Debug)]
pub struct Clock(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Machine { made_at: Timestamp, since: Instant },
    Held(Arc<Mutex<Held>>),
}

#[derive(Debug)]
struct Held {
    now: Timestamp,
    steady: Timestamp,
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Clock {
        Clock(Kind::Machine { made_at: Timestamp::now(), since: Instant::now() })
    }

    /// A clock that stands at `at` until [`Clock::advance`] or [`Clock::set`] moves it.
    pub fn held_at(at: Timestamp) -> Clock {
        Clock(Kind::Held(Arc::new(Mutex::new(Held { now: at, steady: at }))))
    }

    /// Now, cut to milliseconds so that a time read back from text equals the one written.
    pub fn now(&self) -> Timestamp {
        whole(match &self.0 {
            Kind::Machine { .. } => Timestamp::now(),
            Kind::Held(held) => lock(held).now,
        })
    }

    /// Now, as it would be had nobody set the clock since this one was made. It only goes forward.
    pub fn steady(&self) -> Timestamp {
        whole(match &self.0 {
            Kind::Machine { made_at, since } => later(*made_at, since.elapsed()),
            Kind::Held(held) => lock(held).steady,
        })
    }

    /// Time goes by on a held clock; on the machine's it does by itself.
    pub fn advance(&self, by: Duration) {
        if let Kind::Held(held) = &self.0 {
            let mut held = lock(held);
            (held.now, held.steady) = (later(held.now, by), later(held.steady, by));
        }
    }

    /// Sets a held clock, forward or back, as a person or NTP would the machine's.
    pub fn set(&self, to: Timestamp) {
        if let Kind::Held(held) = &self.0 {
            lock(held).now = to;
        }
    }
}

fn lock(held: &Mutex<Held>) -> MutexGuard<'_, Held> {
    held.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

fn later(at: Timestamp, by: Duration) -> Timestamp {
    at.saturating_add(SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX)).unwrap_or(at)
}

fn whole(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
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
        clock.set("2016-01-01T00:00:00Z".parse().unwrap());
        clock.advance(Duration::from_secs(60));
        assert_eq!(rfc3339(clock.now()), "2016-01-01T00:01:00.000Z");
        assert_eq!(rfc3339(clock.steady()), "2026-01-01T00:02:00.000Z");
    }
}
