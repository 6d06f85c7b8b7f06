//! Everything that is tested from outside the crate, as one binary.

#[allow(dead_code, reason = "the site is scripted for the pace too")]
#[path = "../site/mod.rs"]
mod site;

#[cfg(feature = "fleet")]
#[path = "../postgres/mod.rs"]
mod postgres;

mod archive;
mod attachments;
mod browser;
mod cli;
mod clock;
mod compact;
mod coverage;
mod crawl;
mod damage;
mod demo;
mod departures;
mod disk;
mod export;
mod families;
mod faults;
#[cfg(feature = "fleet")]
mod fleet;
mod frontier;
mod hostile;
mod import;
mod kill;
mod layers;
mod memory;
mod migration;
mod misuse;
mod network;
mod nightly;
mod outside;
mod pages;
mod proof;
mod quality;
mod queries;
mod quirks;
mod readme;
mod reparse;
mod replay;
mod robots;
mod seeds;
mod served_in_gzip;
#[cfg(feature = "fleet")]
mod shards;
mod signals;
mod sizes;
mod snapshot;
#[cfg(feature = "fleet")]
mod spark;
mod tables;
mod tls;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use flate2::Compression;
use flate2::write::GzEncoder;

/// The program under test.
fn gongkai() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gongkai"));
    command.env_remove("RUST_LOG");
    command
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The reference material that lies beside the project where it is developed; not everywhere else.
fn shared() -> Option<PathBuf> {
    let shared = root().parent()?.join("shared");
    shared.join("reports").is_dir().then_some(shared)
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// All of standard output as one JSON value.
fn json(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|fault| panic!("{fault}: {}{}", stdout(output), stderr(output)))
}

fn gzip(bytes: &[u8], level: u32) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(level));
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
