//! Options of every command that asks the network.

use std::fs::File;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use ipnet::IpNet;

use super::{beforehand, spare};
use crate::clock::Clock;
use crate::crawl::{Events, Place, Resolve, Settings};
use crate::handwritten::duration;
use crate::store::Store;

#[derive(Args, Clone)]
pub struct NetworkArgs {
    /// Open this part of the private address space, and nothing else of it
    #[arg(long, value_name = "CIDR")]
    allow_net: Vec<IpNet>,
    /// Answer HOST:PORT with ADDR instead of asking DNS
    #[arg(long, value_name = "HOST:PORT:ADDR")]
    resolve: Vec<Resolve>,
    /// Ask through this proxy; proxies in the environment are ignored
    #[arg(long, value_name = "URL")]
    proxy: Option<String>,
    /// Trust these certificate authorities too (PEM)
    #[arg(long, value_name = "FILE")]
    extra_ca: Option<PathBuf>,
    /// Least time between two requests to one host, like 2s
    #[arg(long, value_name = "TIME", value_parser = time)]
    gap: Option<std::time::Duration>,
    /// Longest body, MiB
    #[arg(long, value_name = "MIB", value_parser = clap::value_parser!(u64).range(1..=2048))]
    max_body_mib: Option<u64>,
    /// Time for one answer, like 120s
    #[arg(long, value_name = "TIME", value_parser = some_time)]
    max_answer_time: Option<std::time::Duration>,
    /// Give a body up that is slower than this over 10 s, bytes per second; 0 waits for any
    #[arg(long, value_name = "BYTES", value_parser = clap::value_parser!(u64).range(0..=1 << 30))]
    min_rate: Option<u64>,
    /// Redirects followed from one address
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=50))]
    max_redirects: Option<u32>,
    /// Links followed from a seed
    #[arg(long, value_name = "N")]
    max_depth: Option<u32>,
    /// Addresses of one host
    #[arg(long, value_name = "N")]
    max_pages_per_host: Option<u64>,
    /// Write a JSON line for each thing that happens; - for standard output
    #[arg(long, value_name = "FILE")]
    events: Option<PathBuf>,
}

/// `2s`, `10min`, `2h`.
pub fn time(text: &str) -> Result<std::time::Duration, String> {
    duration(text).ok_or_else(|| format!("{text:?} is no length of time: write 2s, 10min, 2h"))
}

/// A length of time that is none is no limit.
fn some_time(text: &str) -> Result<std::time::Duration, String> {
    time(text).and_then(|time| if time.is_zero() { Err("no answer comes in no time".into()) } else { Ok(time) })
}

impl NetworkArgs {
    /// The settings with what the command line says over them.
    pub fn over(&self, mut settings: Settings) -> Settings {
        settings.network.allow.extend(&self.allow_net);
        settings.network.resolve.extend(self.resolve.iter().cloned());
        settings.network.proxy = self.proxy.clone().or(settings.network.proxy);
        settings.network.extra_ca = self.extra_ca.clone().or(settings.network.extra_ca);
        settings.pace.gap = self.gap.unwrap_or(settings.pace.gap);
        let limits = &mut settings.limits;
        limits.total = self.max_answer_time.unwrap_or(limits.total);
        limits.min_rate = self.min_rate.unwrap_or(limits.min_rate);
        limits.redirects = self.max_redirects.unwrap_or(limits.redirects);
        limits.depth = self.max_depth.unwrap_or(limits.depth);
        limits.pages_per_host = self.max_pages_per_host.unwrap_or(limits.pages_per_host);
        if let Some(mib) = self.max_body_mib {
            limits.body = usize::try_from(mib << 20).unwrap_or(usize::MAX);
        }
        settings
    }

    pub fn place(&self, store: Store, settings: Settings) -> anyhow::Result<Place> {
        self.events.as_deref().map_or(Ok(()), |events| spare(store.path(), "--events", events))?;
        let settings = self.over(settings);
        beforehand::extra_ca(&settings)?;
        Ok(Place { store, clock: Clock::system(), settings, events: self.events()? })
    }

    /// Where events are written.
    pub fn events(&self) -> anyhow::Result<Events> {
        Ok(match &self.events {
            None => Events::default(),
            Some(path) if path.as_os_str() == "-" => Events::to(Box::new(std::io::stdout())),
            Some(path) => Events::to(Box::new(
                File::create(path).with_context(|| format!("{} can't be written", path.display()))?,
            )),
        })
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::crawl::Limits;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        network: NetworkArgs,
    }

    #[test]
    fn every_limit_of_a_visit_has_its_option() {
        let words = "x --max-body-mib 3 --max-answer-time 7s --min-rate 11 --max-redirects 5 --max-depth 2 --max-pages-per-host 13";
        let limits = Line::parse_from(words.split(' ')).network.over(Settings::default()).limits;
        let expected = Limits {
            body: 3 << 20,
            total: std::time::Duration::from_secs(7),
            min_rate: 11,
            redirects: 5,
            depth: 2,
            pages_per_host: 13,
            ..Settings::default().limits
        };
        assert_eq!(limits, expected);
    }
}
