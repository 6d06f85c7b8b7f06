//! The command line: one file to a subcommand.

mod exit;
mod parse;
mod reading;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

pub use exit::Exit;

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
}

#[derive(Subcommand)]
enum Command {
    /// Read a file (HTML or text) without storing anything
    Parse(parse::Parse),
}

/// Runs the program; every way it can end is an [`Exit`].
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(usage) => {
            let _ = usage.print();
            return if usage.use_stderr() { Exit::Usage } else { Exit::Done }.into();
        }
    };
    let ended = match cli.command {
        Command::Parse(parse) => parse.run(),
    };
    ended.unwrap_or_else(exit::report).into()
}
