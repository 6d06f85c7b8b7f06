//! `gongkai verify`: is everything as it was kept?

use clap::Args;
use serde_json::json;

use super::exit::counted;
use super::{Context, Exit, print};
use crate::archive::{self, Damage, Verified, chain};
use crate::store::{Access, Store};

#[derive(Args)]
pub struct Verify {
    /// Readers at a time [default: one for each core]
    #[arg(long)]
    jobs: Option<usize>,
    /// A link noted earlier (from a snapshot, or an earlier verify): is it still in the chain?
    #[arg(long, value_name = "LINK")]
    holds: Option<String>,
    /// Print what was seen as JSON
    #[arg(long)]
    json: bool,
}

impl Verify {
    pub fn run(self, context: &Context) -> anyhow::Result<Exit> {
        let store = context.open(Access::Read)?;
        let seen = archive::verify(&store, self.jobs.unwrap_or_else(cores))?;
        if self.json {
            return self.tell(context, &store, &seen);
        }
        say!(
            "{}: {}",
            context.config.archive.display(),
            counted(usize::try_from(seen.captures).unwrap_or(usize::MAX), "capture")
        )?;
        say!("  intact   {:8} payloads, {} bytes hashed again", seen.intact, seen.bytes)?;
        say!("  damaged  {:8} payloads", seen.damaged.len())?;
        for damage in &seen.damaged {
            say!("    {}: {} (captures {:?})", damage.digest, damage.why, damage.captures)?;
        }
        match seen.pages {
            Some(whole) => say!("  pages    {whole:8} of the file are as they were written")?,
            None => say!("  pages    the file keeps no sums of them: compact gives it some")?,
        }
        if seen.unsummed > 0 {
            let pages = seen.unsummed;
            say!("  pages    {pages:8} were written back by another program, without a sum: compact gives them one")?;
        }
        for fault in &seen.file {
            say!("  file     {fault}")?;
        }
        for fault in &seen.chain {
            say!("  chain    {fault}")?;
        }
        if let Some((capture, link)) = &seen.head {
            let whole = if seen.chain.is_empty() { "whole to" } else { "broken; ends with" };
            say!("  chain    {whole} capture {capture}: {link}")?;
        }
        if let Some(link) = &self.holds {
            let Some(capture) = chain::holds(&store.reader()?, link)? else {
                say!("  chain    does not hold {link}: captures were cut off, or it is of another archive")?;
                return Ok(Exit::Damaged);
            };
            say!("  chain    holds {link}, at capture {capture}")?;
        }
        Ok(match seen.is_intact() {
            true if seen.intact == 0 => {
                say!("  nothing to check")?;
                Exit::Done
            }
            true => Exit::Done,
            false => Exit::Damaged,
        })
    }

    fn tell(&self, context: &Context, store: &Store, seen: &Verified) -> anyhow::Result<Exit> {
        let held = match &self.holds {
            Some(link) => Some((link, chain::holds(&store.reader()?, link)?)),
            None => None,
        };
        let cut = matches!(held, Some((_, None)));
        let outcome = match (seen.is_intact() && !cut, seen.intact) {
            (false, _) => "damaged",
            (true, 0) => "nothing_to_check",
            (true, _) => "intact",
        };
        let damaged = seen
            .damaged
            .iter()
            .map(|Damage { digest, why, captures }| json!({ "sha256": digest, "why": why, "captures": captures }));
        print::json(&json!({
            "archive": context.config.archive,
            "outcome": outcome,
            "captures": seen.captures,
            "intact": seen.intact,
            "bytes": seen.bytes,
            "damaged": damaged.collect::<Vec<_>>(),
            "pages": seen.pages,
            "pages_without_sum": seen.unsummed,
            "file": seen.file,
            "chain": seen.chain,
            "head": seen.head.as_ref().map(|(capture, link)| json!({ "capture": capture.0, "link": link })),
            "holds": held.map(|(link, at)| json!({ "link": link, "capture": at.map(|capture| capture.0) })),
        }))?;
        Ok(if outcome == "damaged" { Exit::Damaged } else { Exit::Done })
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
