//! What the parser makes of an answer, and what that means for the outcome.

use std::panic::{AssertUnwindSafe, catch_unwind};

use url::Url;

use super::Visitor;
use crate::archive::{Bodies, CaptureId};
use crate::crawl::frontier::{self, Role};
use crate::crawl::{CrawlError, Outcome};
use crate::dataset;
use crate::exchange::Exchange;
use crate::parse::{self, Apart, Discovered, Given, PageKind, Parsed};
use crate::store::Store;

impl Visitor {
    /// The reading of what was just committed. A page that was asked for as a report and is none has that for its outcome.
    pub(super) async fn read(
        &self,
        archive: &Store,
        capture: CaptureId,
        url: &Url,
        role: Role,
        outcome: Outcome,
        apart: Option<Apart<'_>>,
    ) -> Result<Option<(Outcome, String)>, CrawlError> {
        let parsed = match apart.filter(Apart::is_quick) {
            Some(apart) => crate::crawl::reading(capture, url, || apart.read()),
            None => read_at_leisure(archive, capture).await?,
        };
        let Some(parsed) = parsed else { return Ok(None) };
        let disappointed = (outcome == Outcome::Captured && matches!(role, Role::Report | Role::Attachment))
            .then(|| disappointed(&parsed))
            .flatten()
            .map(|outcome| (outcome, parsed.page.reason.clone()));
        let noted = disappointed.clone();
        archive
            .write(move |tx| {
                dataset::put(tx, capture, &parsed, None)?;
                match &noted {
                    Some((outcome, why)) => frontier::amend(tx, capture, *outcome, why),
                    None => Ok(()),
                }
            })
            .await?;
        Ok(disappointed)
    }
}

/// By the code that re-reads the archive, off the threads that keep the pace.
async fn read_at_leisure(archive: &Store, capture: CaptureId) -> Result<Option<Parsed>, CrawlError> {
    let archive = archive.clone();
    let read =
        tokio::task::spawn_blocking(move || crate::crawl::read_capture(&Bodies::new(&archive.reader()?), capture));
    read.await.map_err(|error| CrawlError::Stopped(error.to_string()))?
}

/// What a page that was to be a report is instead. A listing is a report's year by another name, and leads on.
fn disappointed(parsed: &Parsed) -> Option<Outcome> {
    match parsed.page.kind {
        PageKind::Article | PageKind::Other | PageKind::Shell => Some(Outcome::NoReport),
        // A page of text only says where the file is, which has an outcome of its own.
        PageKind::Attachment if parsed.report.is_none() && parsed.decoded.is_none() => Some(Outcome::Unreadable),
        _ => None,
    }
}

/// What an answer turns out to be once its body is looked at.
pub fn judged(by_status: Outcome, discovered: Option<&Discovered>) -> Outcome {
    let Some(discovered) = discovered else { return by_status };
    match (by_status, discovered.page.kind) {
        (Outcome::NotModified | Outcome::Redirected | Outcome::UnaskedNotModified, _) => by_status,
        (_, PageKind::Wall) => Outcome::Wall,
        (Outcome::Captured, PageKind::Soft404) => Outcome::Soft404,
        (Outcome::Captured, _) if discovered.broken_coding => Outcome::BadCoding,
        _ => by_status,
    }
}

/// What the parser makes of an answer; none where it failed on it, which must not cost the capture.
pub fn spared<T>(parse: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(parse)).ok()
}

/// Kind and links of a page.
pub fn discover(exchange: &Exchange) -> Option<Discovered> {
    spared(|| parse::discover(Given::served(&exchange.request, &exchange.response)))
}
