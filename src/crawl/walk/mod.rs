//! From a home page to its column of annual reports: best first, few hops, few requests (shared/sites.md 5.1).

mod column;
mod way;

use std::collections::HashSet;

use url::Url;

pub use column::Column;

use super::fetch::Condition;
use super::frontier::{Found, Lease, Role};
use super::visit::Target;
use super::work::or_stopped;
use super::{CrawlError, Outcome, Place, Stop, Summary, begin, visitor};
use crate::archive;
use crate::exchange::{Hop, Query};
use crate::parse::{self, Given, LinkHop};
use crate::seed::Scope;
use column::{Named, column, named};
use way::{Way, is_row, towards};

/// Hops from the home page, and addresses asked for.
const HOPS: u32 = 3;
const REQUESTS: usize = 30;

/// What a walk saw.
#[derive(Debug, Default)]
pub struct Walk {
    pub column: Option<Column>,
    /// Columns that agencies beside the one whose column it is have on the same platform, by their links: not looked at.
    pub beside: Vec<(String, Url)>,
    /// In the order they were asked for.
    pub tried: Vec<Tried>,
}

#[derive(Clone, Debug)]
pub struct Tried {
    pub url: Url,
    pub outcome: Outcome,
    /// A script builds the page: what was served holds nothing.
    pub is_shell: bool,
    /// Words of the link that led there.
    pub anchor: String,
}

/// A page still to be looked at.
struct Step {
    url: Url,
    /// What a list is asked for with.
    query: Option<Query>,
    rank: i32,
    hops: u32,
    redirects: u32,
    trail: Vec<String>,
    /// The column whose rows this address serves: the one to name in a seed.
    column: Option<Named>,
}

/// Walks from `home` towards the column, until `stop`. What it looked at is archived and stays out of the nightly crawl.
pub async fn walk(place: Place, scope: Scope, home: &Url, stop: &Stop) -> Result<Walk, CrawlError> {
    let begun = begin(&place, None).await?;
    let store = place.store.clone();
    let visitor = visitor(place, scope, &begun).await?;
    let mut summary = Summary::default();
    let mut walk = Walk::default();
    let mut seen = HashSet::from([(home.clone(), None)]);
    let first =
        Step { url: home.clone(), query: None, rank: 0, hops: 0, redirects: 0, trail: Vec::new(), column: None };
    let mut open = vec![first];
    let mut agencies: Vec<(String, Url)> = Vec::new();
    while let Some(step) = next(&mut open).filter(|_| walk.tried.len() < REQUESTS && !stop.is_asked()) {
        let lease = passing(&visitor, &step).await?;
        let passed = lease.clone();
        let visited = match or_stopped(stop, visitor.visit(lease)).await {
            Some(visit) => visit?.ended(&visitor).await?,
            None => None,
        };
        visitor.keeper.pass(&passed).await?;
        let Some(visited) = visited else { continue };
        summary.count(&step.url, &visited);
        let anchor = step.trail.last().cloned().unwrap_or_default();
        walk.tried.push(Tried { url: step.url.clone(), outcome: visited.outcome, is_shell: false, anchor });
        if let Some(target) = &visited.target
            && step.redirects < visitor.settings.limits.redirects
            && seen.insert((target.url.clone(), target.query.clone()))
        {
            let Target { url, query } = target.clone();
            open.push(Step { url, query, redirects: step.redirects + 1, rank: i32::MAX, ..step });
            continue;
        }
        let Some(capture) = visited.capture.filter(|_| visited.outcome == Outcome::Captured) else { continue };
        let connection = store.reader()?;
        let (_, exchange) = archive::exchange(&connection, capture)?;
        let discovered = parse::discover(Given::served(&exchange.request, &exchange.response));
        if let Some(tried) = walk.tried.last_mut() {
            tried.is_shell = discovered.page.kind == parse::PageKind::Shell;
        }
        let of_agency = |link: &parse::Link| {
            let url =
                Url::parse(&link.url).ok().filter(|url| parse::is_agency(&link.text) && visitor.scope.holds(url))?;
            Some((link.text.clone(), url))
        };
        agencies.extend(discovered.links.iter().filter_map(of_agency));
        let column = column(&step, &discovered);
        if column.worth() > walk.column.as_ref().map_or((0, 0), Column::worth) {
            walk.column = Some(column);
        }
        if walk.column.as_ref().is_some_and(Column::is_certain) {
            break;
        }
        for link in &discovered.links {
            let Ok(url) = Url::parse(&link.url) else { continue };
            let (rank, way) = match link.hop {
                // The page itself, elsewhere: it costs no hop.
                LinkHop::Redirect => (i32::MAX, Way::Same),
                LinkHop::Page => (90, Way::Rows),
                LinkHop::Link if is_row(&step.url, &discovered, link, &url) => (85, Way::Rows),
                LinkHop::Link => towards(link, &url),
                LinkHop::Attachment | LinkHop::Part => continue,
            };
            let hops = step.hops + u32::from(way == Way::On);
            let redirects = if way == Way::Same { step.redirects + 1 } else { 0 };
            let bounded = rank <= 0 || hops > HOPS || redirects > visitor.settings.limits.redirects;
            if bounded || !visitor.scope.holds(&url) || !seen.insert((url.clone(), link.query.clone())) {
                continue;
            }
            let mut trail = step.trail.clone();
            trail.extend(Some(link.text.clone()).filter(|words| !words.is_empty()));
            let column = match way {
                Way::Rows => Some(named(&step, &discovered)),
                // The script that tells where the rows are is no column.
                Way::Same if url.path().ends_with(".js") => Some(named(&step, &discovered)),
                Way::Same => step.column.clone(),
                Way::On => None,
            };
            open.push(Step { url, query: link.query.clone(), rank, hops, redirects, trail, column });
        }
    }
    if let Some(column) = &walk.column {
        for (agency, page) in agencies {
            if let Some(url) = parse::column_of_another(&column.url, &page)
                && walk.beside.iter().all(|(_, known)| *known != url)
            {
                walk.beside.push((agency, url));
            }
        }
    }
    summary.interrupted = stop.is_asked();
    summary.finish(&store, begun.crawl, visitor.clock.now()).await?;
    Ok(walk)
}

/// The most promising page; of equals the one with fewer hops, then the one found first.
fn next(open: &mut Vec<Step>) -> Option<Step> {
    let best = (0..open.len()).max_by_key(|at| (open[*at].rank, std::cmp::Reverse((open[*at].hops, *at))))?;
    Some(open.remove(best))
}

async fn passing(visitor: &super::Visitor, step: &Step) -> Result<Lease, CrawlError> {
    let now = visitor.now();
    let found = Found {
        url: step.url.clone(),
        query: step.query.clone(),
        role: Role::Home,
        hop: if step.redirects > 0 { Hop::Redirect } else { Hop::Link },
        // As deep as may be: its links are looked at here and put nowhere.
        depth: visitor.settings.limits.depth,
        pages: visitor.settings.limits.listing_pages,
        redirects: step.redirects,
        via: None,
        agency: None,
        anchor: step.trail.last().cloned().unwrap_or_default(),
        score: step.rank,
    };
    let lease = visitor.keeper.lease_now(found, now).await?;
    Ok(Lease { condition: Condition::default(), ..lease })
}
