//! From a home page to its column of annual reports: best first, few hops, few requests (shared/sites.md 5.1).

use std::collections::{BTreeSet, HashSet};

use url::Url;

use super::fetch::Condition;
use super::frontier::{Found, Lease, Role};
use super::visit::Target;
use super::{CrawlError, Outcome, Place, Summary, begin, visitor};
use crate::archive;
use crate::exchange::{Hop, Query};
use crate::parse::{self, Given, LinkHop};
use crate::seed::Scope;

/// Hops from the home page, and addresses asked for.
const HOPS: u32 = 3;
const REQUESTS: usize = 30;
/// So many years named in one place leave no doubt that it is the column.
const ENOUGH_YEARS: usize = 3;

/// What a walk saw.
#[derive(Debug, Default)]
pub struct Walk {
    pub column: Option<Column>,
    /// In the order they were asked for.
    pub tried: Vec<Tried>,
}

/// A page that names annual reports.
#[derive(Clone, Debug)]
pub struct Column {
    pub url: Url,
    pub title: Option<String>,
    /// The years it names, as far as its first page goes.
    pub years: BTreeSet<i16>,
    /// An agency that most of its rows name; none where they leave it out.
    pub agency: Option<String>,
    /// Words of the links that led there.
    pub trail: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct Tried {
    pub url: Url,
    pub outcome: Outcome,
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
    column: Option<(Url, Option<String>)>,
}

/// Walks from `home` towards the column. What it looked at is archived and stays out of the nightly crawl.
pub async fn walk(place: Place, scope: Scope, home: &Url) -> Result<Walk, CrawlError> {
    let begun = begin(&place, Vec::new()).await?;
    let store = place.store.clone();
    let visitor = visitor(place, scope, &begun).await?;
    let mut summary = Summary::default();
    let mut walk = Walk::default();
    let mut seen = HashSet::from([(home.clone(), None)]);
    let first =
        Step { url: home.clone(), query: None, rank: 0, hops: 0, redirects: 0, trail: Vec::new(), column: None };
    let mut open = vec![first];
    while let Some(step) = next(&mut open).filter(|_| walk.tried.len() < REQUESTS) {
        let lease = passing(&visitor, &step).await?;
        let passed = lease.clone();
        let visited = visitor.visit(lease).await?.ended(&visitor).await?;
        visitor.keeper.pass(&passed).await?;
        let Some(visited) = visited else { continue };
        summary.count(&step.url, &visited);
        let anchor = step.trail.last().cloned().unwrap_or_default();
        walk.tried.push(Tried { url: step.url.clone(), outcome: visited.outcome, anchor });
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
        let column = named(&step, &discovered);
        if column.years.len() > walk.column.as_ref().map_or(0, |best| best.years.len()) {
            walk.column = Some(column);
        }
        if walk.column.as_ref().is_some_and(|best| best.years.len() >= ENOUGH_YEARS) {
            break;
        }
        for link in &discovered.links {
            let Ok(url) = Url::parse(&link.url) else { continue };
            let rows = link.hop == LinkHop::Page;
            let rank = if rows { 90 } else { towards(&link.text) };
            let leads = matches!(link.hop, LinkHop::Link | LinkHop::Page | LinkHop::Redirect) && rank > 0;
            let hops = step.hops + u32::from(!rows);
            if !leads || hops > HOPS || !visitor.scope.holds(&url) || !seen.insert((url.clone(), link.query.clone())) {
                continue;
            }
            let mut trail = step.trail.clone();
            trail.push(link.text.clone());
            let column = rows.then(|| (step.url.clone(), discovered.page.title.clone()));
            open.push(Step { url, query: link.query.clone(), rank, hops, redirects: 0, trail, column });
        }
    }
    summary.finish(&store, begun.crawl, visitor.clock.now()).await?;
    Ok(walk)
}

/// The most promising page; of equals the one with fewer hops, then the one found first.
fn next(open: &mut Vec<Step>) -> Option<Step> {
    let best = (0..open.len()).max_by_key(|at| (open[*at].rank, std::cmp::Reverse((open[*at].hops, *at))))?;
    Some(open.remove(best))
}

async fn passing(visitor: &super::Visitor, step: &Step) -> Result<Lease, CrawlError> {
    let now = visitor.clock.now();
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

/// The reports that a page names.
fn named(step: &Step, discovered: &parse::Discovered) -> Column {
    let (url, title) = step.column.clone().unwrap_or((step.url.clone(), discovered.page.title.clone()));
    let reports = discovered.links.iter().filter(|link| link.score >= parse::CANDIDATE && link.hop != LinkHop::Page);
    let mut years = BTreeSet::new();
    let mut agencies: Vec<String> = Vec::new();
    for link in reports {
        let Some(year) = parse::year_in_title(&link.text) else { continue };
        years.insert(year);
        agencies.extend(parse::agency_in_title(&link.text));
    }
    // A portal's page of everybody's reports is nobody's column.
    let agency = agencies.first().filter(|first| agencies.iter().all(|agency| agency == *first)).cloned();
    Column { url, title, years, agency, trail: step.trail.clone() }
}

/// How far a link's words lead towards the column (names fixed by 国办公开办函〔2019〕61号); 0 leads nowhere.
fn towards(words: &str) -> i32 {
    let words: String = words.chars().filter(|c| !c.is_whitespace()).collect();
    const WAYS: [(&str, i32); 12] = [
        ("政府信息公开年报", 120),
        ("信息公开年报", 115),
        ("政府信息公开工作年度报告", 110),
        ("信息公开年度报告", 110),
        ("公开年报", 105),
        ("年度报告", 80),
        ("年报", 80),
        ("政府信息公开", 70),
        ("信息公开", 60),
        ("政务公开", 50),
        ("公开", 20),
        ("网站地图", 15),
    ];
    let way = WAYS.iter().find(|(name, _)| words.contains(name)).map_or(0, |(_, rank)| *rank);
    // Of two links that say the same, the shorter one is the column and the longer one an article about it.
    if way == 0 { 0 } else { (way - i32::try_from(words.chars().count()).unwrap_or(i32::MAX) / 4).max(1) }
}

#[cfg(test)]
mod tests {
    use super::towards;

    #[test]
    fn the_columns_own_name_leads_before_what_lies_around_it() {
        let order = ["政府信息公开年报", "年报", "政府信息公开", "信息公开指南", "政务公开", "公开招聘"];
        let ranks: Vec<i32> = order.iter().map(|words| towards(words)).collect();
        assert!(ranks.windows(2).all(|pair| pair[0] > pair[1]), "{ranks:?}");
        assert!(towards("政府信息公开年报") > towards("关于报送2023年政府信息公开年报有关事项的通知"));
        assert_eq!(towards("新闻中心"), 0);
    }
}
