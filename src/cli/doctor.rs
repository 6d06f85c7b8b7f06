//! `gongkai doctor`: configuration, seeds, archive, clock, names and sites looked at; what is wrong and what to do.

use std::collections::BTreeSet;
use std::net::ToSocketAddrs;
use std::path::Path;

use clap::Args;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};
use serde::Serialize;

use super::exit::counted;
use super::{Context, Exit, beforehand, print};
use crate::clock::{Clock, rfc3339};
use crate::crawl::inventory;
use crate::office;
use crate::parse::PARSER_VERSION;
use crate::seed::{self, Seed};
use crate::store::{Access, SCHEMA_VERSION, Store, StoreError};

#[derive(Args)]
pub struct Doctor {
    /// Ask no name server
    #[arg(long)]
    offline: bool,
    /// An object a line: each thing looked at
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Health {
    Good,
    /// Works, and could work better.
    Doubtful,
    Bad,
}

/// One thing looked at.
#[derive(Serialize)]
struct Sign {
    part: &'static str,
    health: Health,
    found: String,
    /// What to do; empty where nothing is.
    advice: String,
}

fn good(part: &'static str, found: impl Into<String>) -> Sign {
    Sign { part, health: Health::Good, found: found.into(), advice: String::new() }
}

fn doubtful(part: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Sign {
    Sign { part, health: Health::Doubtful, found: found.into(), advice: advice.into() }
}

fn bad(part: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Sign {
    Sign { part, health: Health::Bad, found: found.into(), advice: advice.into() }
}

impl Doctor {
    pub fn run(self, context: &Context) -> anyhow::Result<Exit> {
        let now = Clock::system().now();
        let mut signs = vec![config(context)];
        let needs = [
            beforehand::extra_ca(&context.config.crawl).map_err(|fault| fault.to_string()),
            beforehand::notify(&context.config.notify).map_err(|fault| fault.to_string()),
        ];
        signs.extend(
            needs.into_iter().filter_map(Result::err).map(|fault| bad("config", fault, "until then no crawl begins")),
        );
        let seeds = seed::read_dir(&context.config.seeds);
        signs.push(match &seeds {
            Ok(seeds) => of_seeds(&context.config.seeds, seeds),
            Err(faults) => bad("seeds", faults.to_string(), "correct the lines named"),
        });
        signs.extend(archive(&context.config.archive, now));
        if !self.offline {
            signs.extend(names(&seeds.unwrap_or_default()));
        }
        signs.push(if office::is_installed() {
            good("office", "LibreOffice is installed: legacy DOC and WPS files are read")
        } else {
            doubtful(
                "office",
                "LibreOffice is not installed: legacy DOC and WPS files are kept and not read",
                "install it and run gongkai reparse --all",
            )
        });
        for sign in &signs {
            if self.json {
                print::json_line(sign)?;
                continue;
            }
            let mark = match sign.health {
                Health::Good => "ok  ",
                Health::Doubtful => "note",
                Health::Bad => "BAD ",
            };
            say!("{mark}  {:8}  {}", sign.part, print::plain(&sign.found))?;
            if !sign.advice.is_empty() {
                say!("                {}", print::plain(&sign.advice))?;
            }
        }
        Ok(if signs.iter().any(|sign| sign.health == Health::Bad) { Exit::Failed } else { Exit::Done })
    }
}

fn config(context: &Context) -> Sign {
    let file = context.config_file.as_deref();
    let shown = file.map_or("no config.toml: the defaults".into(), |file| file.display().to_string());
    match &context.config.crawl.identity.contact {
        Some(contact) => good("config", format!("{shown}; webmasters reach you at {contact}")),
        None => doubtful(
            "config",
            format!("{shown}; no contact is set"),
            "put a mail or web address under [identity] contact, so that webmasters can reach you",
        ),
    }
}

fn of_seeds(dir: &Path, seeds: &[Seed]) -> Sign {
    let agencies: BTreeSet<&str> = seeds.iter().map(|seed| seed.agency.as_str()).collect();
    let unverified = seeds.iter().filter(|seed| !seed.verified).count();
    let found = format!(
        "addresses: {}, of agencies: {}, in {}; never seen to answer: {unverified}",
        seeds.len(),
        agencies.len(),
        dir.display()
    );
    if seeds.is_empty() { bad("seeds", found, "add [[seed]] entries") } else { good("seeds", found) }
}

/// What to do about a file that is damaged.
const DAMAGED: &str = "leave the file as it is and work on a copy; gongkai verify says what is intact";

fn archive(path: &Path, now: Timestamp) -> Vec<Sign> {
    let store = match Store::open(path, Access::Read) {
        Ok(store) => store,
        Err(StoreError::Missing { .. }) => {
            return vec![good(
                "archive",
                format!("{} is not there yet: the first crawl or fetch makes it", path.display()),
            )];
        }
        Err(error @ StoreError::Older { .. }) => {
            return vec![doubtful("archive", error.to_string(), "the next crawl brings it up, after a copy of it")];
        }
        Err(error @ StoreError::Newer { .. }) => {
            return vec![bad("archive", error.to_string(), "use the newer program")];
        }
        Err(error) => {
            return vec![bad("archive", error.to_string(), DAMAGED)];
        }
    };
    let looked = store.reader().and_then(|connection| inside(&connection, path, now));
    looked.unwrap_or_else(|error| vec![bad("archive", error.to_string(), "gongkai verify says what is intact")])
}

fn inside(connection: &Connection, path: &Path, now: Timestamp) -> Result<Vec<Sign>, StoreError> {
    let now = rfc3339(now);
    let mut signs = Vec::new();
    let check: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    let captures: i64 = connection.query_row("SELECT count(*) FROM capture", [], |row| row.get(0))?;
    let captured = counted(usize::try_from(captures).unwrap_or_default(), "capture");
    let found = format!("{}: schema {SCHEMA_VERSION}, {captured}", path.display());
    signs.push(if check == "ok" {
        good("archive", found)
    } else {
        bad("archive", format!("{found}; SQLite says: {check}"), DAMAGED)
    });
    let wal = std::fs::metadata(format!("{}-wal", path.display())).map_or(0, |file| file.len());
    if wal > 1 << 30 {
        signs.push(doubtful(
            "archive",
            format!("its log file has grown to {} MiB", wal >> 20),
            "close readers that stay open; the next crawl empties it",
        ));
    }

    let older: i64 =
        connection
            .query_row("SELECT count(*) FROM page WHERE parser_version <> ?1", [PARSER_VERSION], |row| row.get(0))?;
    if older > 0 {
        signs.push(doubtful(
            "readings",
            format!("{older} were made by another parser than {PARSER_VERSION}"),
            "gongkai reparse --dry-run --diff, then gongkai reparse",
        ));
    }
    let latest: Option<String> = connection
        .query_row("SELECT started_at FROM capture ORDER BY id DESC LIMIT 1", [], |row| row.get(0))
        .optional()?;
    signs.push(match latest {
        Some(latest) if latest > now => bad(
            "clock",
            format!("it shows {now}, before the last capture ({latest})"),
            "set the clock; captures keep the date it showed, and their order is their number",
        ),
        _ => good("clock", now.as_str()),
    });
    let held = inventory::held_hosts(connection, &now)?;
    if held.is_empty() {
        signs.push(good("sites", "no host is left alone"));
    }
    for host in held {
        let (found, advice) = match (&host.until, host.outcome.as_deref()) {
            (Some(until), Some("wall")) => (
                format!("{} put up a wall and is left alone until {until}", host.host),
                "try the site in a browser; ask the office for the report or look for it on the government's portal",
            ),
            (Some(until), why) => (
                format!("{} is left alone until {until} ({})", host.host, why.unwrap_or("it asked to be")),
                "nothing: it is asked again then",
            ),
            (None, _) => (
                format!("robots.txt of {} can't be had, so nothing there may be asked", host.host),
                "gongkai robots says why; it is asked for again each run",
            ),
        };
        signs.push(doubtful("sites", found, advice));
    }
    let run: Option<(String, Option<String>)> = connection
        .query_row("SELECT started_at, ended FROM run ORDER BY id DESC LIMIT 1", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    if let Some((started, ended)) = run {
        signs.push(match ended {
            Some(ended) => good("runs", format!("the last began at {started} and ended {ended}")),
            None => doubtful(
                "runs",
                format!("the last began at {started} and has not ended"),
                "where it is not running: gongkai crawl goes on from there",
            ),
        });
    }
    Ok(signs)
}

/// Whether names are answered: a few hosts of the seeds, each asked once.
fn names(seeds: &[Seed]) -> Vec<Sign> {
    const ASKED: usize = 3;
    let hosts: BTreeSet<&str> = seeds.iter().filter_map(|seed| seed.url.domain()).collect();
    let asked: Vec<&str> = hosts.into_iter().take(ASKED).collect();
    let unknown: Vec<&str> = asked.iter().copied().filter(|host| (*host, 443).to_socket_addrs().is_err()).collect();
    if asked.is_empty() {
        return Vec::new();
    }
    vec![if unknown.is_empty() {
        good("names", format!("DNS answers for {}", asked.join(", ")))
    } else if unknown.len() == asked.len() {
        bad(
            "names",
            format!("DNS answers for none of {}", asked.join(", ")),
            "check the network, or name addresses with --resolve",
        )
    } else {
        doubtful(
            "names",
            format!("DNS does not know {}", unknown.join(", ")),
            "where the site has moved, correct its seed",
        )
    }]
}
