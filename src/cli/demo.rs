//! `gongkai demo`: the whole road on a replica of agency sites, on this machine alone.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use clap::Args;

use super::exit::counted;
use super::{Context, Exit, crawl::say, print, runtime, serve};
use crate::clock::Clock;
use crate::crawl::{self, Bounds, Events, Place, Resolve, Settings};
use crate::dataset::{self, FindingRow, ReportRow, Wanted};
use crate::demo::{self, Replica};
use crate::parse::edition::form::size;
use crate::store::{self, Access, Store};

#[derive(Args)]
pub struct Demo {
    /// Open the pages on what was found, until stopped
    #[arg(long)]
    serve: bool,
    /// Where, with --serve
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8642", requires = "serve")]
    bind: SocketAddr,
}

/// Where the demo's archive lies when none is named. It is made anew each time.
const ARCHIVE: &str = "gongkai-demo.sqlite";
/// The replica is on this machine; agency sites get two seconds.
const GAP: Duration = Duration::from_millis(100);

impl Demo {
    pub fn run(self, context: Context) -> anyhow::Result<Exit> {
        let archive = if context.archive_named { context.config.archive.clone() } else { ARCHIVE.into() };
        if !context.archive_named {
            remove(&archive)?;
        }
        let store = Store::open(&archive, Access::Write)?;
        let runtime = runtime()?;
        let stop = context.signals.wind_down();
        let (summary, asked) = runtime.block_on(async {
            let replica = Replica::start().await?;
            say!(
                "replica of {} on {}, crawled with a gap of {GAP:?}",
                counted(replica.hosts().len(), "site"),
                replica.address()
            )?;
            let place = Place {
                store: store.clone(),
                clock: Clock::system(),
                settings: settings(&replica)?,
                events: Events::default(),
            };
            let summary = crawl::crawl(place, replica.seeds(), Bounds::default(), stop.clone()).await?;
            anyhow::Ok((summary, replica.asked().len()))
        })?;
        if !context.quiet {
            say(&summary);
        }
        if summary.interrupted {
            return Ok(Exit::Interrupted);
        }
        say!("{} reached the replica", counted(asked, "request"))?;
        let whole = tell(&store)?;
        say!("archive: {}", std::path::absolute(&archive)?.display())?;
        if self.serve {
            drop(store);
            return serve::until(&stop, Store::open(&archive, Access::Read)?, self.bind);
        }
        Ok(if whole { Exit::Done } else { Exit::Failed })
    }
}

fn settings(replica: &Replica) -> anyhow::Result<Settings> {
    let mut settings = Settings::default();
    settings.pace.gap = GAP;
    settings.pace.starts_per_second = 100;
    settings.identity.contact = Some("demo on loopback".into());
    settings.network.allow = vec!["127.0.0.0/8".parse()?];
    let address = replica.address();
    settings.network.resolve =
        replica.hosts().iter().map(|host| Resolve { host: (*host).into(), port: address.port(), address }).collect();
    Ok(settings)
}

/// A line or two for each report; whether all that the replica holds were found.
fn tell(store: &Store) -> anyhow::Result<bool> {
    let connection = store.reader()?;
    let reports = dataset::reports(&connection, &Wanted::default())?;
    say!()?;
    for report in &reports {
        let values = dataset::values(&connection, report.id)?;
        let findings = dataset::findings(&connection, report.id)?;
        let numbers = values.iter().filter(|value| value.value.is_some()).count();
        let edition = report.edition.as_deref().unwrap_or("none");
        let form = demo::expected()
            .into_iter()
            .find(|known| known.edition.as_str() == edition)
            .and_then(|known| size(known.edition));
        say!(
            "{} {}  form of {edition}: {} of {} cells read, {numbers} with numbers",
            print::plain(report.agency.as_deref().unwrap_or("?")),
            report.year.map_or("?".into(), |year| year.to_string()),
            values.len(),
            form.map_or("?".into(), |size| size.to_string()),
        )?;
        say!("    identities that hold: {}", tally(&findings, "pass"))?;
        for finding in findings.iter().filter(|finding| finding.verdict == "fail") {
            say!("    {} fails: {}", finding.rule, print::plain(&finding.detail))?;
        }
    }
    say!("\n{} of {} reports", reports.len(), demo::expected().len())?;
    Ok(found_all(&reports))
}

fn found_all(reports: &[ReportRow]) -> bool {
    demo::expected().iter().all(|known| {
        reports.iter().any(|report| report.agency.as_deref() == Some(known.agency) && report.year == Some(known.year))
    })
}

fn tally(findings: &[FindingRow], verdict: &str) -> String {
    let mut counts: std::collections::BTreeMap<&str, usize> = Default::default();
    for finding in findings.iter().filter(|finding| finding.verdict == verdict) {
        *counts.entry(&finding.rule).or_default() += 1;
    }
    let counts: Vec<String> = counts.iter().map(|(rule, count)| format!("{rule} {count}")).collect();
    if counts.is_empty() { "none".into() } else { counts.join(", ") }
}

fn remove(archive: &Path) -> std::io::Result<()> {
    for suffix in ["", "-wal", "-shm"] {
        match std::fs::remove_file(store::beside(archive, suffix)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}
