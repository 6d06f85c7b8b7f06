//! `gongkai compact`: the archive's bodies packed again, each against a page of its site.

use clap::Args;
use comfy_table::{CellAlignment, Table, presets};
use serde_json::{Value, json};

use super::exit::counted;
use super::{Context, Exit, print};
use crate::archive::compact::{self, Options};
use crate::store::StoreError;

#[derive(Args)]
pub struct Compact {
    /// How hard to pack: zstd's level, 1 to 22
    #[arg(long, default_value_t = Options::default().level, value_parser = clap::value_parser!(i32).range(1..=22))]
    level: i32,
    /// Readers and packers at a time [default: one for each core]
    #[arg(long)]
    jobs: Option<usize>,
    /// Leave the file as large as it is; the space is used for what comes
    #[arg(long)]
    keep_space: bool,
    /// Write the file anew though pages of it are not as they were written; verify can't tell them afterwards
    #[arg(long, conflicts_with = "keep_space")]
    accept_damage: bool,
    /// Print what was done as JSON
    #[arg(long)]
    json: bool,
}

impl Compact {
    pub fn run(self, context: &Context) -> anyhow::Result<Exit> {
        let store = context.open_existing()?;
        let jobs = self.jobs.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
        let options = Options { level: self.level, jobs, ..Options::default() };
        let stop = context.signals.wind_down();
        let done = compact::compact_until(&store, options, &stop, |_| {})?;
        let written =
            if self.keep_space || done.interrupted { Ok(()) } else { store.vacuum_until(self.accept_damage, &stop) };
        let kept = refused(written)?;
        let exit = match (done.damaged.is_empty() && kept.is_none(), done.interrupted) {
            (false, _) => Exit::Damaged,
            (true, true) => Exit::Interrupted,
            (true, false) => Exit::Done,
        };
        if self.json {
            print::json(&as_json(&done, kept))?;
            return Ok(exit);
        }
        if !context.quiet {
            say!("{}", table(&done))?;
        }
        for (digest, why) in &done.damaged {
            say!("left as it is: payload {digest}: {why}")?;
        }
        if let Some(fault) = &kept {
            say!("{fault}")?;
        }
        let sum = |of: fn(&compact::HostPacked) -> u64| done.hosts.iter().map(of).sum::<u64>();
        say!(
            "{} on {}: {} bytes before, {} after",
            counted(done.hosts.iter().map(|host| host.bodies).sum(), "payload"),
            counted(done.hosts.iter().map(|host| host.hosts).sum(), "host"),
            sum(|host| host.before),
            sum(|host| host.after)
        )?;
        if done.interrupted {
            tell!("gongkai: interrupted: run it again to go on");
        }
        Ok(exit)
    }
}

/// Why a file that is not as it was written was not written anew.
fn refused(done: Result<(), StoreError>) -> Result<Option<String>, StoreError> {
    match done {
        Err(fault @ StoreError::ChangedPages { .. }) => Ok(Some(fault.to_string())),
        done => done.map(|()| None),
    }
}

/// Hosts with few payloads are one entry, whose `host` is null.
fn as_json(done: &compact::Compacted, kept: Option<String>) -> Value {
    let host = |host: &compact::HostPacked| {
        let of = |(of, size): &(&str, usize)| json!({ "of": of, "size_bytes": size });
        json!({
            "host": Some(&host.host).filter(|name| !name.is_empty()),
            "hosts": host.hosts,
            "payloads": host.bodies,
            "dictionaries": host.dictionaries.iter().map(of).collect::<Vec<_>>(),
            "bytes_before": host.before,
            "bytes_after": host.after,
        })
    };
    let damaged = done.damaged.iter().map(|(digest, why)| json!({ "sha256": digest, "why": why }));
    json!({
        "hosts": done.hosts.iter().map(host).collect::<Vec<_>>(),
        "damaged": damaged.collect::<Vec<_>>(),
        "file": kept,
        "interrupted": done.interrupted,
    })
}

fn table(done: &compact::Compacted) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    table.set_header(["host", "payloads", "dictionaries", "their bytes", "before", "after"]);
    for host in &done.hosts {
        let of_what: Vec<&str> = host.dictionaries.iter().map(|(what, _)| *what).collect();
        let size: usize = host.dictionaries.iter().map(|(_, size)| size).sum();
        let numbers = [
            host.bodies.to_string(),
            if of_what.is_empty() { "none".into() } else { of_what.join(", ") },
            size.to_string(),
            host.before.to_string(),
            host.after.to_string(),
        ];
        let name = match host.host.as_str() {
            "" => format!("{} with few payloads", counted(host.hosts, "host")),
            name => print::plain(name).to_string(),
        };
        table.add_row(std::iter::once(name).chain(numbers));
    }
    for column in [1, 3, 4, 5] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}
