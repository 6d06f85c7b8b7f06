//! Which of the addresses an answer leads to go into the frontier.

use std::collections::{HashMap, HashSet};

use super::{Found, Terms, host_of};
use crate::crawl::Limits;
use crate::exchange::Hop;

/// What of the frontier the choice goes by.
#[derive(Debug, Default)]
pub struct Held {
    /// Keys of those found that it means to ask for already.
    pub known: HashSet<String>,
    /// How many addresses it has of their hosts.
    pub addresses: HashMap<String, u64>,
}

/// What is chosen, and why the rest is not.
#[derive(Debug, Default)]
pub struct Chosen {
    pub add: Vec<Found>,
    /// Limits that kept links out.
    pub bounded: Vec<&'static str>,
    /// A redirect leads to a host out of scope.
    pub outside: bool,
}

/// Chooses among the links of a page that lies `pages` next pages behind its listing's first.
pub fn choose(found: Vec<Found>, pages: u32, held: &mut Held, terms: &Terms) -> Chosen {
    let mut chosen = Chosen::default();
    let promising = found.first().is_some_and(|found| found.hop != Hop::Page);
    for found in found {
        let key = found.key();
        if held.known.contains(key.as_str()) {
            continue;
        }
        let addresses = held.addresses.entry(host_of(&found.url)).or_default();
        // A page of a listing whose reports are all known leads no further. One that names none may be full of other papers.
        if found.hop == Hop::Page && pages > 0 && promising && chosen.add.is_empty() {
            chosen.bounded.push("pagination stalled");
        } else if !terms.scope.holds(&found.url) {
            chosen.outside |= found.hop == Hop::Redirect;
        } else if let Some(limit) = bound(&found, *addresses, &terms.limits) {
            chosen.bounded.push(limit);
        } else {
            *addresses += 1;
            held.known.insert(key.as_str().to_owned());
            chosen.add.push(found);
        }
    }
    chosen.bounded.dedup();
    chosen
}

/// Parameters in a query; content systems of these sites use nine at most.
const MAX_PARAMETERS: usize = 12;

/// Which limit says no to one more page of a host that has so many addresses.
fn bound(found: &Found, addresses: u64, limits: &Limits) -> Option<&'static str> {
    if found.depth > limits.depth {
        return Some("depth");
    }
    if found.pages >= limits.listing_pages {
        return Some("listing_pages");
    }
    if repeats(found.url.path()) {
        return Some("repeated segments");
    }
    if found.url.query().is_some_and(|query| query.split('&').count() > MAX_PARAMETERS) {
        return Some("query parameters");
    }
    (addresses >= limits.pages_per_host).then_some("pages_per_host")
}

/// A path in which one segment comes three times is a trap that links to itself.
fn repeats(path: &str) -> bool {
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    segments.iter().any(|segment| segments.iter().filter(|other| *other == segment).count() >= 3)
}
