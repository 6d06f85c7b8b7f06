//! From a home page to its column of annual reports: best first, few hops, few requests (shared/sites.md 5.1).

use std::collections::{BTreeSet, HashSet};

use url::Url;

use super::fetch::Condition;
use super::frontier::{Found, Lease, Role};
use super::visit::Target;
use super::work::or_stopped;
use super::{CrawlError, Outcome, Place, Stop, Summary, begin, visitor};
use crate::archive;
use crate::exchange::{Hop, Query};
use crate::parse::{self, Given, LinkHop};
use crate::seed::Scope;

/// Hops from the home page, and addresses asked for.
const HOPS: u32 = 3;
const REQUESTS: usize = 30;
/// So many years, or reports, named in one place leave no doubt that it is the column.
const ENOUGH: usize = 3;

/// What a walk saw.
#[derive(Debug, Default)]
pub struct Walk {
    pub column: Option<Column>,
    /// Columns that agencies beside the one whose column it is have on the same platform, by their links: not looked at.
    pub beside: Vec<(String, Url)>,
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
    /// Reports that it names, or pages below it that turned out to be one.
    pub reports: usize,
    /// It names itself a column of annual reports.
    pub by_name: bool,
    /// An agency that most of its rows name; none where they leave it out.
    pub agency: Option<String>,
    /// Words of the links that led there.
    pub trail: Vec<String>,
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

/// A column as its own page names it.
#[derive(Clone)]
struct Named {
    url: Url,
    title: Option<String>,
    by_name: bool,
    trail: Vec<String>,
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

impl Column {
    fn worth(&self) -> (usize, usize) {
        (self.years.len(), self.reports)
    }

    /// By its years; or, on the page of a year or of many agencies, by its rows and its own name.
    fn is_certain(&self) -> bool {
        self.years.len() >= ENOUGH || self.reports >= ENOUGH && self.by_name
    }
}

/// How a link lies to the page that it stands on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// The page itself at another address.
    Same,
    /// Rows of the column that the page is.
    Rows,
    /// Another page.
    On,
}

/// The column that a page is, or serves rows of.
fn named(step: &Step, discovered: &parse::Discovered) -> Named {
    step.column.clone().unwrap_or_else(|| Named {
        url: step.url.clone(),
        title: discovered.page.title.clone(),
        by_name: discovered.is_column,
        trail: step.trail.clone(),
    })
}

/// The reports that a page names.
fn column(step: &Step, discovered: &parse::Discovered) -> Column {
    let Named { url, title, by_name, trail } = named(step, discovered);
    let reports = discovered.links.iter().filter(|link| link.score >= parse::CANDIDATE && link.hop != LinkHop::Page);
    let mut years = BTreeSet::new();
    let mut named = 0;
    let mut agencies: Vec<String> = Vec::new();
    for link in reports {
        let Some(year) = parse::year_in_title(&link.text) else { continue };
        years.insert(year);
        named += 1;
        agencies.extend(parse::agency_in_title(&link.text));
    }
    // A portal's page of everybody's reports is nobody's column.
    let agency = agencies.first().filter(|first| agencies.iter().all(|agency| agency == *first)).cloned();
    // A row below a column that turned out to be a report names no other.
    let is_report = usize::from(step.column.is_some() && discovered.page.kind == parse::PageKind::Report);
    Column { url, title, years, reports: named + is_report, by_name, agency, trail }
}

/// Whether a link leads to rows of the column that its page is: a year, a group of agencies, or a report that says no year.
fn is_row(page: &Url, discovered: &parse::Discovered, link: &parse::Link, url: &Url) -> bool {
    let promising = discovered.is_column && link.score >= parse::CANDIDATE;
    let folder = page.path().rsplit_once('/').map_or("", |(folder, _)| folder);
    let below = || !folder.is_empty() && url.host() == page.host() && url.path().starts_with(folder);
    // Words that say nothing of reports were made promising by their page.
    promising && (by_words(&link.text) == 0 || below() && parse::year_in_title(&link.text).is_none())
}

/// How far a link leads towards the column, by its words and its address; 0 leads nowhere.
fn towards(link: &parse::Link, url: &Url) -> (i32, Way) {
    // A report is the column only where there is no other.
    let is_report = link.score >= parse::CANDIDATE && parse::year_in_title(&link.text).is_some();
    if is_report {
        return (30, Way::On);
    }
    (by_words(&link.text).max(by_address(url)), Way::On)
}

/// Products whose addresses tell the column of annual reports, or an agency's part of a portal, whatever the words.
fn by_address(url: &Url) -> i32 {
    const MARKS: [(&str, i32); 5] = [
        ("/xxgkannualreport.jsp", 75),
        ("/opennessannualreport/", 75),
        ("/gkmlpt/annualreport", 75),
        ("/module/xxgk/tree.jsp", 45),
        ("/public/column/", 40),
    ];
    let path = url.path().to_ascii_lowercase();
    MARKS.iter().find(|(mark, _)| path.contains(mark)).map_or(0, |(_, rank)| *rank)
}

/// Names fixed by 国办公开办函〔2019〕61号.
fn by_words(words: &str) -> i32 {
    let words: String = words.chars().filter(|c| !c.is_whitespace()).collect();
    const WAYS: [(&str, i32); 14] = [
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
        // Of a page that is a picture with a door.
        ("进入", 12),
        ("网站首页", 8),
    ];
    let way = WAYS.iter().find(|(name, _)| words.contains(name)).map_or(0, |(_, rank)| *rank);
    // Of two links that say the same, the shorter one is the column and the longer one an article about it.
    if way == 0 { 0 } else { (way - i32::try_from(words.chars().count()).unwrap_or(i32::MAX) / 4).max(1) }
}

#[cfg(test)]
mod tests {
    use super::by_words;

    #[test]
    fn the_columns_own_name_leads_before_what_lies_around_it() {
        let order = ["政府信息公开年报", "年报", "政府信息公开", "信息公开指南", "政务公开", "公开招聘"];
        let ranks: Vec<i32> = order.iter().map(|words| by_words(words)).collect();
        assert!(ranks.windows(2).all(|pair| pair[0] > pair[1]), "{ranks:?}");
        assert!(by_words("政府信息公开年报") > by_words("关于报送2023年政府信息公开年报有关事项的通知"));
        assert_eq!(by_words("新闻中心"), 0);
    }
}
