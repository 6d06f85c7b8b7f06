//! The command line: one file to a subcommand.

#[macro_use]
mod say;

mod backup;
mod beforehand;
mod check;
mod compact;
mod crawl;
mod demo;
mod discover;
mod doctor;
mod exit;
mod export;
mod fetch;
#[cfg(feature = "fleet")]
mod fleet;
mod import;
mod list;
mod metrics;
mod named;
mod network;
mod parse;
mod planned;
mod print;
mod progress;
mod prove;
mod reading;
mod reparse;
mod robots;
mod schedule;
mod serve;
mod show;
mod signals;
mod urls;
mod verify;
mod worker;

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand, ValueEnum};

pub use exit::Exit;
use progress::Below;
use signals::Signals;

use crate::config::{self, Config};
use crate::store::{self, Access, Store, StoreError};

/// Collects, archives and reads the annual reports on government information disclosure of Chinese agencies.
#[derive(Parser)]
#[command(name = "gongkai", version, max_term_width = 120)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Args)]
struct Global {
    /// Configuration file [default: ./config.toml where there is one]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Archive file [default: the one the configuration names]
    #[arg(long, global = true, value_name = "FILE")]
    archive: Option<PathBuf>,
    /// Say more on standard error
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    /// Say only what went wrong
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// How the log on standard error is written
    #[arg(long, global = true, value_enum, default_value = "text")]
    log: LogFormat,
}

#[derive(Clone, Copy, ValueEnum)]
enum LogFormat {
    Text,
    /// An object a line
    Json,
}

#[derive(Subcommand)]
enum Command {
    /// Work through everything due, then stop; interrupted, the next run goes on
    Crawl(crawl::Crawl),
    /// Fetch one address now: archive it, read it, print the report
    Fetch(fetch::Fetch),
    /// Read a file (HTML or text) without storing anything
    Parse(parse::Parse),
    /// Read the archive again with this parser
    Reparse(reparse::Reparse),
    /// Findings over the data set, within each report and across years
    Check(check::Check),
    /// One number's chain back to the archived bytes, derived from them again
    Prove(prove::Prove),
    /// Agencies by year: read, found, blocked, expected, and why
    List(list::List),
    /// One report: its tables, its findings, its capture
    Show(show::Show),
    /// Write what the archive holds: tables, workbook, SQLite, WARC, WACZ, evidence of one report, or a snapshot of all of it
    Export(export::Export),
    /// Take in WARC, WACZ and plain files
    Import(import::Import),
    /// Copy the archive as it is now, also while a crawl writes to it
    Backup(backup::Backup),
    /// Pack the archive's bodies again, each against a page of its site
    Compact(compact::Compact),
    /// The archive as pages in a browser, read-only, on this machine
    Serve(serve::Serve),
    /// Hash everything again: intact, damaged, nothing to check
    Verify(verify::Verify),
    /// From a home page to its column of annual reports, as a seed to paste
    Discover(discover::Discover),
    /// The frontier: addresses by state and outcome
    Urls(urls::Urls),
    /// Which rule of robots.txt decides on an address: status 0 allowed, 1 not
    Robots(robots::Robots),
    /// What starts the nightly run: systemd units and a crontab line; or the run itself, night after night
    Schedule(schedule::Schedule),
    /// What is wrong with configuration, seeds, archive, clock, names and sites, and what to do
    Doctor(doctor::Doctor),
    /// Past one machine: what a fleet of workers needs
    #[cfg(feature = "fleet")]
    #[command(subcommand)]
    Fleet(fleet::Fleet),
    /// Serve a replica of agency sites on loopback, crawl it, print what was found
    Demo(demo::Demo),
}

/// What every command starts from.
struct Context {
    config: Config,
    /// The file it was read from; none where the defaults hold.
    config_file: Option<PathBuf>,
    /// Whether the user named the archive.
    archive_named: bool,
    quiet: bool,
    below: Below,
    signals: Signals,
}

impl Context {
    /// An archive that is there, for writing: what works on an archive makes none where a name was mistyped.
    fn open_existing(&self) -> anyhow::Result<Store> {
        let path = &self.config.archive;
        if !path.exists() {
            return Err(StoreError::Missing { path: path.clone() }.into());
        }
        self.open(Access::Write)
    }

    fn open(&self, access: Access) -> anyhow::Result<Store> {
        Ok(Store::open(&self.config.archive, access)?)
    }
}

/// Runs the program; every way it can end is an [`Exit`].
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(usage) => {
            // Where even the usage can't be printed there is nobody to tell.
            let _ = usage.print();
            return if usage.use_stderr() { Exit::Usage } else { Exit::Done }.into();
        }
    };
    let below = Below::standard_error(cli.global.quiet);
    log(cli.global.verbose, cli.global.quiet, cli.global.log, below.clone());
    run(cli, below).unwrap_or_else(exit::report).into()
}

fn run(cli: Cli, below: Below) -> anyhow::Result<Exit> {
    let signals = Signals::watch().context("signals can't be listened for")?;
    // A reading of a file needs no configuration, so a broken one is no hindrance.
    if let Command::Parse(parse) = cli.command {
        return parse.run();
    }
    let config_file = config::file(cli.global.config.as_deref());
    let mut config = config::load(config_file)?;
    let archive_named = cli.global.archive.is_some();
    if let Some(archive) = cli.global.archive {
        config.archive = archive;
    }
    let (config_file, quiet) = (config_file.map(Into::into), cli.global.quiet);
    let context = Context { config, config_file, archive_named, quiet, below, signals };
    match cli.command {
        Command::Crawl(crawl) => crawl.run(context),
        Command::Fetch(fetch) => fetch.run(context),
        Command::Parse(parse) => parse.run(),
        Command::Reparse(reparse) => reparse.run(&context),
        Command::Check(check) => check.run(&context),
        Command::Prove(prove) => prove.run(&context),
        Command::List(list) => list.run(&context),
        Command::Show(show) => show.run(&context),
        Command::Export(export) => export.run(&context),
        Command::Import(import) => import.run(&context),
        Command::Backup(backup) => backup.run(&context),
        Command::Compact(compact) => compact.run(&context),
        Command::Serve(serve) => serve.run(&context),
        Command::Verify(verify) => verify.run(&context),
        Command::Discover(discover) => discover.run(&context),
        Command::Urls(urls) => urls.run(&context),
        Command::Robots(robots) => robots.run(&context),
        Command::Schedule(schedule) => schedule.run(context),
        Command::Doctor(doctor) => doctor.run(&context),
        #[cfg(feature = "fleet")]
        Command::Fleet(fleet) => fleet.run(),
        Command::Demo(demo) => demo.run(context),
    }
}

fn log(verbose: u8, quiet: bool, format: LogFormat, below: Below) {
    let level = match (quiet, verbose) {
        (true, _) => "error",
        (_, 0) => "warn",
        (_, 1) => "gongkai=info,warn",
        _ => "gongkai=debug,info",
    };
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| level.into());
    let colours = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|no| no.is_empty());
    let log =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(below).with_target(false).with_ansi(colours);
    match format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
}

/// Refuses to write over `archive`, and what lies beside it, by `option`.
fn spare(archive: &Path, option: &str, path: &Path) -> anyhow::Result<()> {
    let real = |path: &Path| path.canonicalize().ok();
    let files = ["", "-wal", "-shm", ".lock"].map(|end| store::beside(archive, end));
    if files.iter().any(|file| file == path || (real(file).is_some() && real(file) == real(path))) {
        let why = format!("{option} names the archive itself, {}: name another file", path.display());
        return Err(exit::Misused(why).into());
    }
    Ok(())
}

/// The machine that a command which asks the network runs on.
fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

/// The environment as the commands of a fleet are handed it: keys are there, and nowhere else.
#[cfg(feature = "fleet")]
fn environment() -> Vec<(String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}
