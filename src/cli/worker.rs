//! `gongkai crawl --frontier`: one of many workers.

use clap::Args;
use tokio::runtime::Runtime;

use super::metrics;
use crate::crawl::{Bounds, Events, Settings, Stop, Summary};
use crate::seed::Seed;

#[derive(Args, Clone)]
pub struct WorkerArgs {
    /// Work on this frontier with others: postgres://USER@HOST/DATABASE [default: GONGKAI_FRONTIER]
    #[arg(long, value_name = "URL", requires = "shards", hide = cfg!(not(feature = "fleet")))]
    frontier: Option<String>,
    /// Write what is captured there: s3://BUCKET/PREFIX or file:///FOLDER. With it the archive stays untouched
    #[arg(long, value_name = "PLACE", hide = cfg!(not(feature = "fleet")))]
    shards: Option<String>,
    /// As whom; no two processes at a time [default: the machine's name]
    #[arg(long, value_name = "NAME", requires = "shards", hide = cfg!(not(feature = "fleet")))]
    worker: Option<String>,
    /// In which folder of the shards [default: today's date in China]
    #[arg(long, value_name = "NAME", requires = "shards", hide = cfg!(not(feature = "fleet")))]
    crawl: Option<String>,
    /// A shard ends at this size, MiB
    #[arg(long, value_name = "MIB", default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..=1024), hide = cfg!(not(feature = "fleet")))]
    shard_mib: u64,
    /// A shard ends when its first capture has waited so long
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = super::network::time, hide = cfg!(not(feature = "fleet")))]
    shard_age: std::time::Duration,
}

/// What a worker is to do.
#[cfg_attr(not(feature = "fleet"), allow(dead_code, reason = "a build without the feature only says so"))]
pub struct Work {
    pub settings: Settings,
    pub events: Events,
    pub seeds: Vec<Seed>,
    pub bounds: Bounds,
    pub metrics: Option<metrics::To>,
}

impl WorkerArgs {
    /// Whether the run is a worker's: where its captures go.
    pub fn place(&self) -> Option<&str> {
        self.shards.as_deref()
    }

    #[cfg(not(feature = "fleet"))]
    pub fn run(&self, place: &str, _: Work, _: &Runtime, _: Stop) -> anyhow::Result<Summary> {
        let place = place.split('?').next().unwrap_or_default();
        anyhow::bail!("{place}: this program was built without the feature \"fleet\", which shards need")
    }

    #[cfg(feature = "fleet")]
    pub fn run(&self, place: &str, work: Work, runtime: &Runtime, stop: Stop) -> anyhow::Result<Summary> {
        use std::sync::Arc;

        use crate::clock::Clock;
        use crate::crawl::Hands;
        use crate::fleet::frontier::Tally;
        use crate::fleet::shards::{self, Names, Place};
        use crate::fleet::{self, Order};

        let clock = Clock::system();
        let names = Names {
            crawl: self.crawl.clone().unwrap_or_else(|| today(&clock)).parse()?,
            worker: self.worker.clone().unwrap_or_else(machine).parse()?,
        };
        let tally = Arc::new(Tally::default());
        let order = Order {
            frontier: super::fleet::frontier(self.frontier.as_deref())?,
            place: Place::make(place, &super::environment())?,
            shards: shards::Settings {
                max_bytes: self.shard_mib << 20,
                max_age: self.shard_age,
                ..shards::Settings::default()
            },
            tally: tally.clone(),
            names,
        };
        let worker = order.names.worker.as_str().to_owned();
        let text: metrics::Text = Arc::new(move || Ok(tally.text(&worker)));
        let Work { settings, events, seeds, bounds, metrics: told } = work;
        let hands = Hands { clock, settings, events };
        let summary = runtime.block_on(async {
            if let Some(metrics::To::Serve(address)) = &told {
                metrics::serve(*address, text.clone()).await?;
            }
            Ok::<_, anyhow::Error>(fleet::crawl(order, hands, seeds, bounds, stop).await?)
        })?;
        metrics::leave(told.as_ref(), &text);
        Ok(summary)
    }
}

#[cfg(feature = "fleet")]
fn today(clock: &crate::clock::Clock) -> String {
    jiff::tz::Offset::constant(8).to_datetime(clock.now()).date().to_string()
}

/// The machine's name without its domain; PostgreSQL and object names know no other letters.
#[cfg(feature = "fleet")]
fn machine() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name: String = name
        .trim()
        .split('.')
        .next()
        .unwrap_or_default()
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .collect();
    if name.is_empty() { "worker".into() } else { name }
}
