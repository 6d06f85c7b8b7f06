//! Which links of a page are worth following, and where redirects lead.

use url::Url;

use super::Visitor;
use crate::crawl::frontier::{Found, Lease, Role};
use crate::exchange::{Exchange, Hop};
use crate::parse::{self, Discovered, LinkHop, PageKind};

/// A next page without a row worth following counts for so many: such pages end soon.
const BARREN: u32 = 5;

impl Visitor {
    /// Links worth following, as addresses of the frontier.
    pub(super) fn followed(&self, lease: &Lease, discovered: &Discovered) -> Vec<Found> {
        let worth = |link: &&parse::Link| match link.hop {
            LinkHop::Link => link.score >= parse::CANDIDATE,
            LinkHop::Page => lease.role == Role::Listing || discovered.page.kind == PageKind::Listing,
            LinkHop::Attachment => lease.role == Role::Report || link.score >= parse::CANDIDATE,
            LinkHop::Redirect | LinkHop::Part => true,
        };
        let worth: Vec<&parse::Link> = discovered.links.iter().filter(worth).collect();
        let is_barren = lease.pages > 0 && worth.iter().all(|link| link.hop == LinkHop::Page);
        let step = if is_barren { BARREN } else { 1 };
        worth.into_iter().filter_map(|link| self.found(lease, link, step)).collect()
    }

    fn found(&self, lease: &Lease, link: &parse::Link, step: u32) -> Option<Found> {
        let (role, hop) = match link.hop {
            LinkHop::Attachment => (Role::Attachment, Hop::Attachment),
            LinkHop::Page => (Role::Listing, Hop::Page),
            LinkHop::Part => (Role::Attachment, Hop::Page),
            LinkHop::Redirect => (lease.role, Hop::Redirect),
            // A report is named with its year, a column without.
            LinkHop::Link if parse::year_in_title(&link.text).is_some() => (Role::Report, Hop::Link),
            LinkHop::Link => (Role::Listing, Hop::Link),
        };
        Some(Found {
            url: as_served(&lease.url, Url::parse(&link.url).ok()?),
            query: link.query.clone(),
            role,
            hop,
            depth: if link.hop == LinkHop::Page || link.hop == LinkHop::Redirect {
                lease.depth
            } else {
                lease.depth + 1
            },
            pages: if link.hop == LinkHop::Page { lease.pages + step } else { 0 },
            redirects: if link.hop == LinkHop::Redirect { lease.redirects + 1 } else { 0 },
            // Further pages of a list are asked for from the page that shows it.
            via: if link.query.is_some() && lease.query.is_some() { lease.via } else { Some(lease.id) },
            agency: lease.agency,
            anchor: link.text.chars().take(200).collect(),
            score: link.score,
        })
    }
}

/// A page that came over https needs no http for what it links to on its own host: that would be one redirect more, or the same
/// page twice.
fn as_served(page: &Url, mut target: Url) -> Url {
    let own = target.host() == page.host() && target.port().is_none() && page.port().is_none();
    if own && page.scheme() == "https" && target.scheme() == "http" {
        // From http to https no host is invalid.
        let _ = target.set_scheme("https");
    }
    target
}

/// 307 and 308 keep what was asked (RFC 9110 15.4.8 and 15.4.9); the others mean a plain request.
pub fn redirected(lease: &Lease, status: u16, target: Url) -> Found {
    Found {
        url: target,
        query: lease.query.clone().filter(|_| matches!(status, 307 | 308)),
        role: lease.role,
        hop: Hop::Redirect,
        depth: lease.depth,
        pages: lease.pages,
        redirects: lease.redirects + 1,
        via: Some(lease.id),
        agency: lease.agency,
        anchor: String::new(),
        score: 0,
    }
}

/// Whether a report's address only leads to the home page of its site: it is gone.
pub fn is_withdrawn(lease: &Lease, exchange: &Exchange) -> bool {
    let is_home = |url: &Url| {
        let path = url.path().trim_start_matches('/').to_ascii_lowercase();
        path.is_empty() || ["index.", "default."].iter().any(|name| path.starts_with(name)) && !path.contains('/')
    };
    let target = location(exchange).filter(|target| target.query().is_none() && is_home(target));
    matches!(lease.role, Role::Report | Role::Attachment) && target.is_some() && !is_home(&lease.url)
}

/// Where Location points; raw GBK in it is percent-encoded octet by octet.
pub fn location(exchange: &Exchange) -> Option<Url> {
    let raw = exchange.response.headers.raw("location")?;
    let text: String = raw
        .iter()
        .map(|byte| if byte.is_ascii_graphic() { char::from(*byte).to_string() } else { format!("%{byte:02X}") })
        .collect();
    let mut url = exchange.request.url.join(text.trim_matches('%').trim()).ok()?;
    url.set_fragment(None);
    Some(url)
}

#[cfg(test)]
mod tests {
    use super::as_served;

    #[test]
    fn a_page_over_https_asks_its_own_host_for_no_http() {
        for (page, link, asked) in [
            ("https://a.gov.cn/nb/", "http://a.gov.cn/1.html", "https://a.gov.cn/1.html"),
            ("https://a.gov.cn/nb/", "http://b.gov.cn/1.html", "http://b.gov.cn/1.html"),
            ("https://a.gov.cn/nb/", "http://a.gov.cn:8080/1.html", "http://a.gov.cn:8080/1.html"),
            ("http://a.gov.cn/nb/", "https://a.gov.cn/1.html", "https://a.gov.cn/1.html"),
            ("http://a.gov.cn/nb/", "http://a.gov.cn/1.html", "http://a.gov.cn/1.html"),
        ] {
            assert_eq!(as_served(&page.parse().unwrap(), link.parse().unwrap()).as_str(), asked, "{page} {link}");
        }
    }
}
