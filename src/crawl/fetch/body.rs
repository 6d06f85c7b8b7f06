//! Reading a body within limits: what came is kept, and how it ended is said.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::cause::chain;
use crate::crawl::{Limits, Outcome};
use crate::exchange::Truncation;

/// How a body ended.
pub enum BodyEnd {
    Whole,
    TooLarge,
    Late,
    Slow,
    Broken(String),
}

impl BodyEnd {
    pub fn truncation(&self) -> Option<Truncation> {
        match self {
            BodyEnd::Whole => None,
            BodyEnd::TooLarge => Some(Truncation::Length),
            BodyEnd::Late | BodyEnd::Slow => Some(Truncation::Time),
            BodyEnd::Broken(_) => Some(Truncation::Disconnect),
        }
    }

    /// The outcome and its detail; none for a whole body, which means what its status says.
    pub fn meaning(&self, limits: &Limits) -> Option<(Outcome, String)> {
        match self {
            BodyEnd::Whole => None,
            BodyEnd::TooLarge => Some((Outcome::TooLarge, format!("cut at {} bytes", limits.body))),
            BodyEnd::Late => Some((Outcome::TimedOut, format!("cut after {:?}", limits.total))),
            BodyEnd::Slow => Some((Outcome::TooSlow, format!("less than {} bytes a second", limits.min_rate))),
            BodyEnd::Broken(detail) => Some((Outcome::Disconnected, detail.clone())),
        }
    }
}

/// Reads into `body` until it is whole, too long, too late or too slow.
pub async fn body(answer: &mut reqwest::Response, body: &mut Vec<u8>, limits: &Limits, deadline: Instant) -> BodyEnd {
    const WINDOW: Duration = Duration::from_secs(10);
    let mut window = (Instant::now(), 0u64);
    // To grow into it would hold a large body twice. What is not filled takes no memory.
    let announced = answer.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or_default();
    body.reserve_exact(announced.min(limits.body));
    loop {
        match timeout_at(deadline, answer.chunk()).await {
            Err(_) => return BodyEnd::Late,
            Ok(Err(error)) => return BodyEnd::Broken(chain(&error)),
            Ok(Ok(None)) => return BodyEnd::Whole,
            Ok(Ok(Some(chunk))) => {
                let room = limits.body - body.len();
                body.extend_from_slice(&chunk[..chunk.len().min(room)]);
                if chunk.len() > room {
                    return BodyEnd::TooLarge;
                }
                window.1 += chunk.len() as u64;
            }
        }
        if window.0.elapsed() >= WINDOW {
            if window.1 < limits.min_rate * WINDOW.as_secs() {
                return BodyEnd::Slow;
            }
            window = (Instant::now(), 0);
        }
    }
}
