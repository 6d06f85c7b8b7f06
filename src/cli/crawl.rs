//! `gongkai crawl`: the nightly run.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::exit::counted;
use super::network::{NetworkArgs, time};
use super::{Context, Exit, print, runtime};
use crate::crawl::{self, Bounds, Stop, Summary};
use crate::seed;
use crate::store::Access;

#[derive(Args)]
pub struct Crawl {
    /// Folder of seeds [default: the one the configuration names]
    #[arg(long, value_name = "DIR")]
    seeds: Option<PathBuf>,
    /// Only this host
    #[arg(long, value_name = "HOST")]
    only: Option<String>,
    /// Stop after so many addresses
    #[arg(long, value_name = "N")]
    max_pages: Option<u64>,
    /// Stop after so long, like 2h
    #[arg(long, value_name = "TIME", value_parser = time)]
    max_time: Option<Duration>,
    /// Say what would be asked, and ask nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    network: NetworkArgs,
}

impl Crawl {
    pub fn run(self, context: Context) -> anyhow::Result<Exit> {
        let seeds = seed::read_dir(self.seeds.as_deref().unwrap_or(&context.config.seeds))?;
        if seeds.is_empty() {
            anyhow::bail!("no seed names an address: {} holds none", context.config.seeds.display());
        }
        if self.dry_run {
            for seed in &seeds {
                let unverified = if seed.verified { "" } else { "  (never seen to answer)" };
                println!(
                    "{:8} {}  {}{unverified}",
                    seed.kind.as_str(),
                    print::plain(seed.url.as_str()),
                    print::plain(&seed.agency)
                );
            }
            return Ok(Exit::Done);
        }
        if context.config.crawl.identity.contact.is_none()
            && self.network.over(context.config.crawl.clone()).network.allow.is_empty()
        {
            tracing::warn!("no contact is configured: webmasters can't reach you ([identity] contact in config.toml)");
        }
        let store = context.open(Access::Write)?;
        let place = self.network.place(store, context.config.crawl.clone())?;
        let bounds = Bounds { only: self.only, max_pages: self.max_pages, max_time: self.max_time };
        let runtime = runtime()?;
        let summary = runtime.block_on(async {
            let stop = Stop::default();
            stop_on_signal(stop.clone());
            crawl::crawl(place, seeds, bounds, stop).await
        })?;
        if !context.quiet {
            say(&summary);
        }
        Ok(exit_of(&summary))
    }
}

pub fn exit_of(summary: &Summary) -> Exit {
    match summary {
        summary if summary.interrupted => Exit::Interrupted,
        summary if summary.is_partial() => Exit::Partial,
        _ => Exit::Done,
    }
}

/// The run in a few lines on standard error.
pub fn say(summary: &Summary) {
    eprintln!("{}:", counted(usize::try_from(summary.attempts()).unwrap_or(usize::MAX), "attempt"));
    for (outcome, count) in &summary.outcomes {
        eprintln!("  {count:6}  {outcome}: {}", outcome.meaning());
    }
    if summary.reread > 0 {
        eprintln!("  {} of an interrupted run read first", counted(summary.reread, "capture"));
    }
    const SHOWN: usize = 20;
    for failed in summary.failed.iter().take(SHOWN) {
        eprintln!("  {} {} ({})", failed.outcome, print::plain(failed.url.as_str()), print::plain(&failed.detail));
    }
    if summary.failed.len() > SHOWN {
        eprintln!("  and {} more: SELECT address, outcome, detail FROM url", summary.failed.len() - SHOWN);
    }
    for (host, why) in &summary.blocked {
        eprintln!("  {host} is left alone for a while: {}", print::plain(why));
    }
    for limit in &summary.bounded {
        eprintln!("  the limit {limit} kept addresses out");
    }
    if summary.interrupted {
        eprintln!("  interrupted: run it again to go on");
    }
}

/// The first signal asks to stop, the second ends at once.
fn stop_on_signal(stop: Stop) {
    tokio::spawn(async move {
        signalled().await;
        stop.ask();
        signalled().await;
        std::process::exit(Exit::Interrupted as i32);
    });
}

async fn signalled() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    // Without signals nothing stops the run but its end.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
