//! The column of annual reports, as the pages tell it.

use std::collections::BTreeSet;

use url::Url;

use super::Step;
use crate::parse::{self, LinkHop};

/// So many years, or reports, named in one place leave no doubt that it is the column.
const ENOUGH: usize = 3;

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

impl Column {
    pub fn worth(&self) -> (usize, usize) {
        (self.years.len(), self.reports)
    }

    /// By its years; or, on the page of a year or of many agencies, by its rows and its own name.
    pub fn is_certain(&self) -> bool {
        self.years.len() >= ENOUGH || self.reports >= ENOUGH && self.by_name
    }
}

/// A column as its own page names it.
#[derive(Clone)]
pub struct Named {
    url: Url,
    title: Option<String>,
    by_name: bool,
    trail: Vec<String>,
}

/// The column that a page is, or serves rows of.
pub fn named(step: &Step, discovered: &parse::Discovered) -> Named {
    step.column.clone().unwrap_or_else(|| Named {
        url: step.url.clone(),
        title: discovered.page.title.clone(),
        by_name: discovered.is_column,
        trail: step.trail.clone(),
    })
}

/// The reports that a page names.
pub fn column(step: &Step, discovered: &parse::Discovered) -> Column {
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
