//! `gongkai crawl`: the nightly run.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use rusqlite::Connection;
use tokio::runtime::Runtime;

use super::exit::{Interrupted, counted};
use super::network::{NetworkArgs, time};
use super::worker::{Work, WorkerArgs};
use super::{Context, Exit, beforehand, metrics, planned, print, runtime, spare};
use crate::clock::Clock;
use crate::crawl::{self, Bounds, Changes, ReportAt, Stop, Summary};
use crate::schedule::Standing;
use crate::seed::{self, Seed};
use crate::store::{Access, Store, StoreError};

#[derive(Args, Clone)]
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
    /// Say what would be asked (as JSON lines with --json), and ask nothing
    #[arg(long)]
    dry_run: bool,
    /// When another process holds the archive: end with status 5, end quietly, or wait for it
    #[arg(long, value_enum, default_value = "fail")]
    overlap: Overlap,
    /// Crawl outside the window of the configuration too
    #[arg(long)]
    ignore_window: bool,
    /// What the run did and changed, as JSON on standard output
    #[arg(long)]
    json: bool,
    /// Metrics for Prometheus: served at a loopback ADDR:PORT during the run, or left in FILE at its end
    #[arg(long, value_name = "ADDR:PORT|FILE")]
    metrics: Option<metrics::To>,
    #[command(flatten)]
    network: NetworkArgs,
    #[command(flatten)]
    worker: WorkerArgs,
}

/// What to do where another run is still going.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Overlap {
    Fail,
    Skip,
    Wait,
}

impl Crawl {
    pub fn run(self, context: Context) -> anyhow::Result<Exit> {
        let runtime = runtime()?;
        let stop = context.signals.wind_down();
        self.run_until(&context, &runtime, stop)
    }

    /// What the run will need is there.
    pub fn check(&self, context: &Context) -> anyhow::Result<()> {
        beforehand::extra_ca(&self.network.over(context.config.crawl.clone()))?;
        Ok(beforehand::notify(&context.config.notify)?)
    }

    /// One run, ended by `stop` or by having nothing left to do.
    pub fn run_until(&self, context: &Context, runtime: &Runtime, stop: Stop) -> anyhow::Result<Exit> {
        self.check(context)?;
        if let Some(metrics::To::File(path)) = &self.metrics {
            spare(&context.config.archive, "--metrics", path)?;
        }
        let seeds = seed::read_dir(self.seeds.as_deref().unwrap_or(&context.config.seeds))?;
        if seeds.is_empty() {
            anyhow::bail!("no seed names an address: {} holds none", context.config.seeds.display());
        }
        let archive = if self.dry_run || self.only.is_some() { self.known(context)? } else { None };
        let only = self.only.as_deref().map(|only| planned::host(only, &seeds, archive.as_ref())).transpose()?;
        if self.dry_run {
            planned::say(&seeds, archive.as_ref(), only.as_deref(), self.max_pages, self.json)?;
            return Ok(Exit::Done);
        }
        drop(archive);
        if context.config.crawl.identity.contact.is_none()
            && self.network.over(context.config.crawl.clone()).network.allow.is_empty()
        {
            tracing::warn!("no contact is configured: webmasters can't reach you ([identity] contact in config.toml)");
        }
        let closes = match context.config.window.filter(|_| !self.ignore_window) {
            None => None,
            Some(window) => match window.standing(Clock::system().now()) {
                Standing::Open { for_another } => Some(for_another),
                Standing::Closed { opens_in } => {
                    let minutes = opens_in.as_secs() / 60;
                    tell!(
                        "gongkai: outside the window ({window}), which opens in {} h {} min: nothing was asked (--ignore-window asks all the same)",
                        minutes / 60,
                        minutes % 60
                    );
                    return Ok(Exit::Partial);
                }
            },
        };
        let max_time = [self.max_time, closes].into_iter().flatten().min();
        let bounds = Bounds { only, max_pages: self.max_pages, max_time };
        let summary = match self.worker.place() {
            Some(place) => {
                let settings = self.network.over(context.config.crawl.clone());
                let work =
                    Work { settings, events: self.network.events()?, seeds, bounds, metrics: self.metrics.clone() };
                self.worker.run(place, work, runtime, stop)?
            }
            None => {
                let Some(store) = self.open(context, &stop)? else { return Ok(Exit::Done) };
                self.run_on(&store, context, runtime, seeds, bounds, stop)?
            }
        };
        if !context.quiet {
            say(&summary);
        }
        if !context.config.notify.is_empty() {
            // The run is done and kept: a mail that can't be sent undoes nothing.
            if let Err(error) = notify(&context.config.notify, &summary) {
                tracing::warn!("nobody was notified: {error:#}");
            }
        }
        if self.json {
            say!("{}", serde_json::to_string(&summary)?)?;
        }
        Ok(exit_of(&summary))
    }

    /// The archive as it is, where there is one and it is this machine's.
    fn known(&self, context: &Context) -> anyhow::Result<Option<Connection>> {
        if self.worker.place().is_some() {
            return Ok(None);
        }
        match Store::open(&context.config.archive, Access::Read) {
            Ok(store) => Ok(Some(store.reader()?)),
            // The run makes it, or migrates it.
            Err(StoreError::Missing { .. } | StoreError::Older { .. }) => Ok(None),
            Err(fault) => Err(fault.into()),
        }
    }

    /// On an archive of this machine.
    fn run_on(
        &self,
        store: &Store,
        context: &Context,
        runtime: &Runtime,
        seeds: Vec<Seed>,
        bounds: Bounds,
        stop: Stop,
    ) -> anyhow::Result<Summary> {
        let place = self.network.place(store.clone(), context.config.crawl.clone())?;
        let drawn = context.below.draw(store);
        let summary = runtime.block_on(async {
            if let Some(metrics::To::Serve(address)) = self.metrics {
                metrics::serve(address, metrics::of_archive(store)).await?;
            }
            Ok::<_, anyhow::Error>(crawl::crawl(place, seeds, bounds, stop).await?)
        })?;
        drop(drawn);
        metrics::leave(self.metrics.as_ref(), &metrics::of_archive(store));
        Ok(summary)
    }

    /// The archive for writing; none where another run holds it and that is no fault.
    fn open(&self, context: &Context, stop: &Stop) -> anyhow::Result<Option<Store>> {
        loop {
            match Store::open(&context.config.archive, Access::Write) {
                Err(StoreError::InUse { holder, .. }) if self.overlap == Overlap::Skip => {
                    tell!("gongkai: {holder} is at work on the archive: this run is left out");
                    return Ok(None);
                }
                Err(StoreError::InUse { .. }) if self.overlap == Overlap::Wait => {
                    if stop.is_asked() {
                        return Err(Interrupted("the archive was still in use, and nothing was asked").into());
                    }
                    std::thread::sleep(Duration::from_millis(500));
                }
                opened => return Ok(Some(opened?)),
            }
        }
    }
}

/// Hands the summary to the command of `[notify]` as JSON on its standard input.
fn notify(command: &[String], summary: &Summary) -> anyhow::Result<()> {
    let (program, arguments) = command.split_first().context("[notify] command is empty")?;
    let mut child = std::process::Command::new(program)
        .args(arguments)
        .stdin(std::process::Stdio::piped())
        .spawn()
        .with_context(|| format!("{program} can't be started"))?;
    if let Some(stdin) = child.stdin.take() {
        // A command that reads nothing closes its end; how it ends is what counts.
        let _ = serde_json::to_writer(stdin, summary);
    }
    let status = child.wait()?;
    anyhow::ensure!(status.success(), "{program} ended with {status}");
    Ok(())
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
    tell!("{}:", counted(usize::try_from(summary.attempts()).unwrap_or(usize::MAX), "attempt"));
    for (outcome, count) in &summary.outcomes {
        tell!("  {count:6}  {outcome}: {}", outcome.meaning());
    }
    if summary.reread > 0 {
        tell!("  {} of an interrupted run read first", counted(summary.reread, "capture"));
    }
    const SHOWN: usize = 20;
    for failed in summary.failed.iter().take(SHOWN) {
        tell!("  {} {} ({})", failed.outcome, print::plain(failed.url.as_str()), print::plain(&failed.detail));
    }
    if summary.failed.len() > SHOWN {
        tell!("  and {} more: SELECT address, outcome, detail FROM url", summary.failed.len() - SHOWN);
    }
    for (host, blocked) in &summary.blocked {
        let (outcome, why, until) = (blocked.outcome, print::plain(&blocked.why), &blocked.until);
        tell!("  {host} is left alone for a while: {outcome} {why} (until {until})");
        if !blocked.agencies.is_empty() {
            tell!("    not seen: {}", print::plain(&blocked.agencies.join(", ")));
        }
        tell!("    what a person may try: {}", blocked.advice);
    }
    for limit in &summary.bounded {
        tell!("  the limit {limit} kept addresses out");
    }
    say_changes(&summary.changes);
    if summary.read_nothing() {
        tell!(
            "  NOTHING WAS READ: {} came and none is a report or a listing of reports; the sites have changed, or this parser does not fit them",
            counted(usize::try_from(summary.fetched).unwrap_or(usize::MAX), "page")
        );
    }
    if summary.interrupted {
        tell!("  interrupted: run it again to go on");
    }
}

fn say_changes(changes: &Changes) {
    const SHOWN: usize = 20;
    let name = |report: &ReportAt| {
        let year = report.year.map_or("?".into(), |year| year.to_string());
        format!("{} {year}", print::plain(report.agency.as_deref().unwrap_or("?")))
    };
    if !changes.new.is_empty() {
        tell!("  {}:", counted(changes.new.len(), "new report"));
        changes.new.iter().take(SHOWN).for_each(|report| tell!("    {}", name(report)));
    }
    for revised in &changes.revised {
        let (before, after) = (revised.before, revised.report.capture);
        tell!("  REVISED {}: captures {before} and {after} differ", name(&revised.report));
        for change in revised.cells.iter().take(SHOWN) {
            let shown = |side: &Option<String>| side.as_deref().map_or("-".into(), print::plain);
            tell!("    {}: {} -> {}", print::plain(&change.cell), shown(&change.before), shown(&change.after));
        }
    }
    for gone in &changes.withdrawn {
        let (url, capture) = (print::plain(&gone.report.url), gone.report.capture);
        tell!("  WITHDRAWN {}: {url} answers {}; capture {capture} keeps it", name(&gone.report), gone.outcome);
    }
    if let Some(first) = changes.late.first() {
        let late = changes.late.len();
        tell!(
            "  no report of {} from {late} of the agencies, due by {}: `gongkai list` shows which",
            first.year,
            first.due
        );
    }
    for quiet in changes.quiet.iter().take(SHOWN) {
        tell!("  quiet since its report of {}: {}", quiet.last_year, print::plain(&quiet.agency));
    }
}
