//! `gongkai fleet`: what many workers need besides the commands of one machine.

use anyhow::Context as _;
use clap::{Args, Subcommand};
use comfy_table::{Table, presets};

use super::{Exit, environment, print, runtime};
use crate::crawl::Stop;
use crate::fleet::SPARK_JOB;
use crate::fleet::frontier::{Address, Server, Status, status};

#[derive(Subcommand)]
pub enum Fleet {
    /// Say what the workers on a frontier are doing
    Status(StatusArgs),
    /// Print the PySpark program that re-reads the shards of a fleet
    SparkJob,
}

#[derive(Args)]
pub struct StatusArgs {
    /// The frontier: postgres://USER@HOST/DATABASE [default: GONGKAI_FRONTIER]
    #[arg(long, value_name = "URL")]
    frontier: Option<String>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

impl Fleet {
    pub fn run(self) -> anyhow::Result<Exit> {
        match self {
            Fleet::Status(asked) => asked.run()?,
            Fleet::SparkJob => say_part!("{SPARK_JOB}")?,
        }
        Ok(Exit::Done)
    }
}

/// The frontier that an argument names, or else the environment.
pub fn frontier(argument: Option<&str>) -> anyhow::Result<Address> {
    let environment = environment();
    if let Some(text) = argument {
        return Ok(Address::argument(text, &environment)?);
    }
    let named = environment.iter().find(|(name, _)| name == Address::VARIABLE);
    let (_, text) = named.context("no frontier is named: --frontier, or GONGKAI_FRONTIER in the environment")?;
    Ok(Address::read(text, &environment)?)
}

impl StatusArgs {
    fn run(self) -> anyhow::Result<()> {
        let address = frontier(self.frontier.as_deref())?;
        // Asked once: a server that is away is no reason to wait.
        let once = Stop::default();
        once.ask();
        let status = runtime()?.block_on(async {
            let server = Server::open(&address, once).await?;
            Ok::<_, anyhow::Error>(status(&server).await?)
        })?;
        if self.json {
            print::json(&status)?;
        } else {
            say(address.shown(), &status)?;
        }
        Ok(())
    }
}

fn say(address: &str, status: &Status) -> std::io::Result<()> {
    say!("{address}")?;
    say!(
        "addresses {}, due {}, leased {}; settled in the last minute {}; the longest overdue waits for {} s",
        status.addresses,
        status.due,
        status.leased,
        status.per_minute,
        status.lag_s
    )?;
    say!(
        "hosts {}, worked through {}, left alone {}; shards {}, {:.1} MB of bodies",
        status.hosts,
        status.hosts_claimed,
        status.hosts_blocked.len(),
        status.shards,
        status.bytes as f64 / 1e6
    )?;
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    table.set_header(["worker", "crawl", "state", "heard", "in flight", "settled", "a minute", "shards"]);
    for worker in &status.workers {
        table.add_row([
            worker.name.clone(),
            worker.crawl.clone(),
            worker.state.to_owned(),
            format!("{} s ago", worker.heard_ago_s),
            worker.in_flight.to_string(),
            worker.settled.to_string(),
            worker.per_minute.to_string(),
            worker.shards.to_string(),
        ]);
    }
    say!("{table}")?;
    for alone in &status.hosts_blocked {
        say!("{} is left alone until {}: {}", print::plain(&alone.host), alone.until, alone.outcome)?;
    }
    Ok(())
}
