//! What is said of a visit: events for whoever listens, and its end for the run.

use jiff::Timestamp;
use url::Url;

use super::{Answer, Tail, Visited, Visitor};
use crate::crawl::Outcome;
use crate::crawl::events::Kind;
use crate::crawl::frontier::{Settled, host_of};

impl Visitor {
    /// Says what became of a visit.
    pub(super) fn told(&self, tail: &Tail, settled: &Settled) -> Visited {
        let Tail { url, outcome, detail, target, answer } = tail;
        match answer {
            None => self.events.say(Kind::Failed, url.as_str(), outcome.as_str(), None, detail),
            Some(answer) => self.tell(tail, answer, settled),
        }
        self.tell_left_alone(url, *outcome, settled.left_alone);
        let target = target.clone().filter(|target| !settled.outside && self.scope.holds(&target.url));
        let detail = if settled.outside { "it redirects to a host out of scope".to_owned() } else { detail.clone() };
        let (capture, bounded, left_alone) = (settled.capture, settled.bounded.clone(), settled.left_alone);
        Visited { outcome: *outcome, detail, capture, target, bounded, left_alone }
    }

    fn tell_left_alone(&self, url: &Url, outcome: Outcome, until: Option<Timestamp>) {
        if let Some(until) = until {
            let detail = format!("{} is left alone until {}", host_of(url), crate::clock::rfc3339(until));
            self.events.say(Kind::Deferred, url.as_str(), outcome.as_str(), None, &detail);
        }
    }

    fn tell(&self, tail: &Tail, answer: &Answer, settled: &Settled) {
        let kind = match tail.outcome {
            Outcome::NotModified => Kind::Revisit,
            Outcome::Wall => Kind::Blocked,
            Outcome::RateLimited => Kind::Deferred,
            _ if answer.truncated => Kind::Truncated,
            _ => Kind::Committed,
        };
        let (url, capture) = (tail.url.as_str(), settled.capture.map(|capture| capture.0));
        self.events.say(kind, url, tail.outcome.as_str(), capture, &tail.detail);
        for limit in &settled.bounded {
            self.events.say(Kind::Bounded, url, Outcome::Bounded.as_str(), capture, limit);
        }
    }
}
