//! `gongkai fetch`: one address now.

use std::net::IpAddr;

use anyhow::Context as _;
use clap::Args;
use url::{Host, Url};

use super::network::NetworkArgs;
use super::reading::{Reading, Source};
use super::{Context, Exit, print, runtime};
use crate::archive::{self, CaptureId};
use crate::clock::rfc3339;
use crate::crawl::{self, Network, Outcome, Visited};
use crate::office;
use crate::parse::{Given, Parsed};
use crate::seed::{self, Scope};
use crate::store::{Access, Store};

#[derive(Args)]
pub struct Fetch {
    /// Addresses, one after the other
    #[arg(required = true)]
    urls: Vec<Url>,
    /// Print each reading as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    network: NetworkArgs,
}

impl Fetch {
    pub fn run(self, context: Context) -> anyhow::Result<Exit> {
        let store = context.open(Access::Write)?;
        let runtime = runtime()?;
        let stop = context.signals.wind_down();
        let mut whole = true;
        for url in &self.urls {
            let place = self.network.place(store.clone(), context.config.crawl.clone())?;
            let scope = scope(&context, &place.settings.network, url);
            let visits = runtime.block_on(crawl::fetch(place, scope, url, &stop))?;
            whole &= self.show(&context, &store, &visits)?;
            if stop.is_asked() {
                tell!("gongkai: interrupted: what came is kept");
                return Ok(Exit::Interrupted);
            }
        }
        Ok(if whole { Exit::Done } else { Exit::Partial })
    }

    /// Prints the last page of a chain of redirects; whether it is a report with numbers.
    fn show(&self, context: &Context, store: &Store, visits: &[(Url, Visited)]) -> anyhow::Result<bool> {
        let Some((url, last)) = visits.last() else { return Ok(false) };
        let detail = if last.detail.is_empty() { last.outcome.meaning() } else { &last.detail };
        if last.outcome != Outcome::Captured {
            tell!("gongkai: {}: {} ({})", print::plain(url.as_str()), last.outcome, print::plain(detail));
        }
        let Some(capture) = last.capture else { return Ok(false) };
        let (source, parsed) = read(store, capture)?;
        if self.json {
            print::json(&Reading::new(source, &parsed))?;
        } else {
            print::reading(&parsed)?;
            say!("capture {capture} in {} (sha256 {})", context.config.archive.display(), source.sha256)?;
        }
        let has_numbers = parsed.report.is_some_and(|report| !report.values.is_empty());
        Ok(has_numbers && last.outcome == Outcome::Captured)
    }
}

/// `*.gov.cn`, what the seeds name, and what the user opened with `--allow-net` or `--resolve`: naming an address alone does
/// not open its host.
pub fn scope(context: &Context, network: &Network, url: &Url) -> Scope {
    let mut scope = seed::read_dir(&context.config.seeds).map(|seeds| Scope::of(&seeds)).unwrap_or_default();
    let opened = match url.host() {
        Some(Host::Ipv4(ip)) => network.allow.iter().any(|net| net.contains(&IpAddr::from(ip))),
        Some(Host::Ipv6(ip)) => network.allow.iter().any(|net| net.contains(&IpAddr::from(ip))),
        // Names that RFC 6761 sets apart are the user's own.
        Some(Host::Domain(host)) => {
            let host = host.to_ascii_lowercase();
            host == "localhost"
                || host.ends_with(".localhost")
                || host.ends_with(".test")
                || network.resolve.iter().any(|resolve| resolve.host == host)
        }
        None => false,
    };
    if opened {
        scope.add(url);
    }
    scope
}

fn read(store: &Store, capture: CaptureId) -> anyhow::Result<(Source, Parsed)> {
    let (row, exchange) =
        archive::exchange(&store.reader()?, capture).context("the page was archived and can't be read back")?;
    let parsed = office::read(Given::served(&exchange.request, &exchange.response));
    let source = Source {
        url: Some(row.url.to_string()),
        sha256: row.digest.to_string(),
        bytes: exchange.response.body.len(),
        status: Some(row.status),
        fetched_at: Some(rfc3339(exchange.started_at)),
    };
    Ok((source, parsed))
}
