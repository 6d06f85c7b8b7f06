//! The gate: nobody asks a host anything without a permit, and a permit comes only when the host's pace allows it.
//!
//! One request in flight per host, and per address where several hosts share one; between starts at least the gap, or the
//! host's crawl-delay where that is longer; over all hosts a ceiling kept by governor.

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex as StdMutex};
use std::time::Duration;

use governor::{DefaultDirectRateLimiter, Jitter, Quota, RateLimiter};
use tokio::sync::{Mutex, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until};

use super::frontier::{Gaps, Turn, Turns};
use super::{CrawlError, Pace};

/// The right to one request. Can't be copied; the host stays taken until it is dropped.
#[derive(Debug)]
pub struct Permit {
    _host: OwnedMutexGuard<Track>,
    _address: OwnedMutexGuard<Track>,
    _slot: Option<OwnedSemaphorePermit>,
    _turn: Turn,
}

/// When a host or an address was last asked.
#[derive(Debug, Default)]
struct Track {
    last_start: Option<Instant>,
}

pub struct Gate {
    pace: Pace,
    /// What other processes ask, where there are any.
    turns: Arc<dyn Turns>,
    hosts: StdMutex<HashMap<String, Host>>,
    addresses: StdMutex<HashMap<IpAddr, Arc<Mutex<Track>>>>,
    ceiling: DefaultDirectRateLimiter,
    slots: Arc<Semaphore>,
    /// Nothing starts before: what an earlier run was doing when it was stopped is not known.
    not_before: Option<Instant>,
}

#[derive(Clone, Default)]
struct Host {
    track: Arc<Mutex<Track>>,
    crawl_delay: Option<Duration>,
    /// Doubled by refusals and errors, halved by answers.
    slowdown: u32,
    /// It refused or failed lately: never as fast as others.
    refused: bool,
    /// From a request to the head of its answer, lately.
    answers_in: Duration,
    not_before: Option<Instant>,
}

/// A pause longer than this is not waited for: the host is left for another run.
const MAX_PAUSE: Duration = Duration::from_secs(600);
const MAX_SLOWDOWN: u32 = 16;
/// Gaps between two starts at a host that refused lately, in quarters: 5 s where others are given 2 s.
const CARE_QUARTERS: u32 = 10;

impl Gate {
    /// `hold` keeps every first request back for one gap.
    pub fn new(pace: Pace, hold: bool, turns: Arc<dyn Turns>) -> Gate {
        let per_second = NonZeroU32::new(pace.starts_per_second).unwrap_or(NonZeroU32::MIN);
        // Burst 1: a ceiling that allows bursts is none.
        let quota = Quota::per_second(per_second).allow_burst(NonZeroU32::MIN);
        let not_before = hold.then(|| Instant::now() + pace.gap);
        Gate {
            slots: Arc::new(Semaphore::new(pace.hosts_at_once.max(1))),
            ceiling: RateLimiter::direct(quota),
            hosts: StdMutex::default(),
            addresses: StdMutex::default(),
            pace,
            turns,
            not_before,
        }
    }

    /// Waits for the host's turn, in this process and then before all others.
    pub async fn permit(&self, host: &str, address: IpAddr) -> Result<Permit, CrawlError> {
        let track = self.with(host, |known| known.track.clone());
        let shared = self.lock(&self.addresses).entry(address).or_default().clone();
        let mut host_track = track.lock_owned().await;
        let mut address_track = shared.lock_owned().await;
        let after = |track: &Track, gap: Duration| track.last_start.map(|start| start + gap);
        let (gap, not_before) = self.with(host, |known| (known.gap(&self.pace), known.not_before));
        let turn = [after(&host_track, gap), after(&address_track, self.pace.gap), not_before, self.not_before];
        if let Some(turn) = turn.into_iter().flatten().max() {
            sleep_until(turn).await;
        }
        let slot = self.slots.clone().acquire_owned().await.ok();
        self.ceiling.until_ready().await;
        let turn = self.turns.turn(host, address, Gaps { host: gap, address: self.pace.gap }).await?;
        let now = Instant::now();
        host_track.last_start = Some(now);
        address_track.last_start = Some(now);
        Ok(Permit { _host: host_track, _address: address_track, _slot: slot, _turn: turn })
    }

    /// Takes up a host's crawl-delay; whether it was cut to the cap.
    pub fn crawl_delay(&self, host: &str, delay: Option<Duration>) -> bool {
        let capped = delay.map(|delay| delay.min(self.pace.max_crawl_delay));
        self.with(host, |known| known.crawl_delay = capped);
        delay > capped
    }

    /// The host refused or failed: slower from here. Its slowdown now.
    pub fn slow(&self, host: &str) -> u32 {
        self.with(host, |known| {
            known.refused = true;
            known.slowdown = (known.slowdown * 2).clamp(2, MAX_SLOWDOWN);
            known.slowdown
        })
    }

    /// The host answered: back towards its pace. Its slowdown now.
    pub fn ease(&self, host: &str) -> u32 {
        self.with(host, |known| {
            known.slowdown /= 2;
            known.slowdown.max(1)
        })
    }

    /// How long the host took to answer: one that grows slow is given more time, and less again once it is quick.
    pub fn answered_in(&self, host: &str, took: Duration) {
        self.with(host, |known| known.answers_in = (known.answers_in + took) / 2);
    }

    /// Leaves the host alone for a while; false where that is too long to wait for in this run.
    pub fn pause(&self, host: &str, pause: Duration) -> bool {
        self.with(host, |known| known.not_before = Some(Instant::now() + pause.min(MAX_PAUSE)));
        pause <= MAX_PAUSE
    }

    /// Takes up what an earlier run knew of a host; `ago` is when it was last asked.
    pub fn remember(&self, host: &str, ago: Option<Duration>, slowdown: u32, refused: bool) {
        let now = Instant::now();
        let track = self.with(host, |known| {
            known.slowdown = slowdown.min(MAX_SLOWDOWN);
            known.refused = refused;
            known.track.clone()
        });
        // Nobody holds a permit before the run begins.
        if let Ok(mut track) = track.try_lock() {
            track.last_start = ago.and_then(|ago| now.checked_sub(ago));
        }
    }

    fn with<T>(&self, host: &str, change: impl FnOnce(&mut Host) -> T) -> T {
        let mut hosts = self.lock(&self.hosts);
        match hosts.get_mut(host) {
            Some(known) => change(known),
            None => change(hosts.entry(host.into()).or_default()),
        }
    }

    fn lock<'a, T>(&self, map: &'a StdMutex<T>) -> std::sync::MutexGuard<'a, T> {
        map.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Host {
    /// What lies between two starts at this host now: never less than the set gap, nor so much that a lease would end.
    fn gap(&self, pace: &Pace) -> Duration {
        let base = pace.gap.max(self.crawl_delay.unwrap_or_default());
        let slowed = base * self.slowdown.max(1);
        let slowed = if self.slowdown > 1 { Jitter::up_to(base / 4) + slowed } else { slowed };
        let careful = if self.refused { pace.gap * CARE_QUARTERS / 4 } else { pace.gap };
        let unhurried = self.answers_in * 2;
        slowed.max(careful).max(unhurried).min(pace.max_crawl_delay.max(base))
    }
}

/// Retry-After in seconds or as a date (RFC 9110 10.2.3); none for what is neither.
pub fn retry_after(value: &str, now: jiff::Timestamp) -> Option<Duration> {
    if let Ok(seconds) = value.trim().parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let until = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(value.trim()).ok()?;
    Some(Duration::try_from(until.duration_since(now)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(gap: u64) -> Pace {
        let mut pace = crate::crawl::Settings::default().pace;
        (pace.gap, pace.starts_per_second, pace.hosts_at_once) = (Duration::from_secs(gap), 10_000, 100);
        pace
    }

    /// Where no other process asks anything.
    struct Alone;

    impl Turns for Alone {}

    fn gate(pace: Pace, hold: bool) -> Gate {
        Gate::new(pace, hold, Arc::new(Alone))
    }

    const ONE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(1, 1, 1, 1));
    const OTHER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(2, 2, 2, 2));

    async fn starts(gate: &Gate, asks: &[(&str, IpAddr)]) -> Vec<u64> {
        let begin = Instant::now();
        let mut starts = Vec::new();
        for (host, address) in asks {
            let permit = gate.permit(host, *address).await.unwrap();
            starts.push(begin.elapsed().as_secs());
            drop(permit);
        }
        starts
    }

    #[tokio::test(start_paused = true)]
    async fn the_gap_lies_between_starts_at_one_host() {
        assert_eq!(
            starts(&gate(pace(2), false), &[("a", ONE), ("a", ONE), ("b", OTHER), ("a", ONE)]).await,
            [0, 2, 2, 4]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn hosts_at_one_address_share_its_pace() {
        assert_eq!(starts(&gate(pace(2), false), &[("a", ONE), ("b", ONE), ("c", ONE)]).await, [0, 2, 4]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_longer_crawl_delay_rules_up_to_its_cap() {
        let gate = gate(pace(2), false);
        assert!(!gate.crawl_delay("a", Some(Duration::from_secs(10))));
        assert_eq!(starts(&gate, &[("a", ONE), ("a", ONE)]).await, [0, 10]);
        assert!(gate.crawl_delay("b", Some(Duration::from_secs(86_400))));
        assert_eq!(starts(&gate, &[("b", OTHER), ("b", OTHER)]).await, [0, 300]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_slows_and_answers_bring_the_pace_back_with_care() {
        let gate = gate(pace(2), false);
        for slowdown in [2, 4, 8, 16, 16] {
            assert_eq!(gate.slow("a"), slowdown);
        }
        let slow = starts(&gate, &[("a", ONE), ("a", ONE)]).await;
        assert!((32..=33).contains(&slow[1]), "{slow:?}");
        for slowdown in [8, 4, 2, 1, 1] {
            assert_eq!(gate.ease("a"), slowdown);
        }
        // Who refused once is asked every five seconds where others are asked every two.
        assert_eq!(starts(&gate, &[("a", ONE), ("a", ONE)]).await, [5, 10]);
        assert_eq!(starts(&gate, &[("b", OTHER), ("b", OTHER)]).await, [0, 2]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_that_grows_slow_is_given_time_and_quick_again_less() {
        let gate = gate(pace(2), false);
        (0..8).for_each(|_| gate.answered_in("a", Duration::from_secs(10)));
        assert_eq!(starts(&gate, &[("a", ONE), ("a", ONE)]).await, [0, 19]);
        (0..8).for_each(|_| gate.answered_in("a", Duration::from_millis(50)));
        assert_eq!(starts(&gate, &[("a", ONE)]).await, [2]);
    }

    #[tokio::test(start_paused = true)]
    async fn the_gap_holds_over_a_restart_and_so_does_what_was_learned() {
        let known = gate(pace(10), false);
        tokio::time::advance(Duration::from_secs(60)).await;
        known.remember("a", Some(Duration::from_secs(3)), 1, false);
        known.remember("b", Some(Duration::from_secs(3)), 2, true);
        // A crawl-delay read after the restart counts from the start before it.
        known.crawl_delay("c", Some(Duration::from_secs(30)));
        known.remember("c", Some(Duration::from_secs(3)), 1, false);
        assert_eq!(starts(&known, &[("a", ONE)]).await, [7]);
        let slowed = starts(&known, &[("b", OTHER)]).await[0];
        assert!((14..=20).contains(&slowed), "{slowed}");
        assert_eq!(starts(&gate(pace(10), true), &[("b", ONE)]).await, [10]);
    }

    #[tokio::test(start_paused = true)]
    async fn one_request_is_in_flight() {
        let gate = gate(pace(0), false);
        let first = gate.permit("a", ONE).await.unwrap();
        assert!(tokio::time::timeout(Duration::from_secs(60), gate.permit("a", ONE)).await.is_err());
        drop(first);
        gate.permit("a", ONE).await.unwrap();
    }

    #[test]
    fn retry_after_in_both_forms() {
        let now: jiff::Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        for (value, seconds) in [
            ("120", Some(120)),
            ("Thu, 01 Jan 2026 00:02:00 GMT", Some(120)),
            ("Wed, 31 Dec 2025 00:00:00 GMT", Some(0)),
            ("soon", None),
            ("-5", None),
        ] {
            assert_eq!(retry_after(value, now).map(|wait| wait.as_secs()), seconds, "{value}");
        }
    }
}
