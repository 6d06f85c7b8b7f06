//! What happened, a JSON line each, for whoever watches a crawl. `committed` is said only of what is durable.

use std::io::Write;
use std::sync::Mutex;

use serde::Serialize;

/// Where events go; nowhere by default.
#[derive(Default)]
pub struct Events {
    out: Option<Mutex<Box<dyn Write + Send>>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Committed,
    Revisit,
    Failed,
    Truncated,
    Blocked,
    Deferred,
    Bounded,
}

#[derive(Serialize)]
struct Line<'a> {
    event: Kind,
    url: &'a str,
    outcome: &'a str,
    /// Number of the capture, where there is one: order of commit.
    sequence: Option<i64>,
    detail: &'a str,
}

impl Events {
    pub fn to(out: Box<dyn Write + Send>) -> Events {
        Events { out: Some(Mutex::new(out)) }
    }

    pub fn say(&self, event: Kind, url: &str, outcome: &str, sequence: Option<i64>, detail: &str) {
        let Some(out) = &self.out else { return };
        let Ok(mut line) = serde_json::to_vec(&Line { event, url, outcome, sequence, detail }) else { return };
        line.push(b'\n');
        let mut out = out.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Err(error) = out.write_all(&line).and_then(|()| out.flush()) {
            tracing::warn!("an event could not be written: {error}");
        }
    }
}
