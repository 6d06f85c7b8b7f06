//! `gongkai verify`: is everything as it was kept?

use clap::Args;

use super::exit::counted;
use super::{Context, Exit};
use crate::archive;
use crate::store::Access;

#[derive(Args)]
pub struct Verify {
    /// Readers at a time [default: one for each core]
    #[arg(long)]
    jobs: Option<usize>,
    /// A link noted earlier (from a snapshot, or an earlier verify): is it still in the chain?
    #[arg(long, value_name = "LINK")]
    holds: Option<String>,
}

impl Verify {
    pub fn run(self, context: &Context) -> anyhow::Result<Exit> {
        let store = context.open(Access::Read)?;
        let seen = archive::verify(&store, self.jobs.unwrap_or_else(cores))?;
        println!(
            "{}: {}",
            context.config.archive.display(),
            counted(usize::try_from(seen.captures).unwrap_or(usize::MAX), "capture")
        );
        println!("  intact   {:8} payloads, {} bytes hashed again", seen.intact, seen.bytes);
        println!("  damaged  {:8} payloads", seen.damaged.len());
        for damage in &seen.damaged {
            println!("    {}: {} (captures {:?})", damage.digest, damage.why, damage.captures);
        }
        for fault in &seen.file {
            println!("  file     {fault}");
        }
        for fault in &seen.chain {
            println!("  chain    {fault}");
        }
        if let Some((capture, link)) = &seen.head {
            let whole = if seen.chain.is_empty() { "whole to" } else { "broken; ends with" };
            println!("  chain    {whole} capture {capture}: {link}");
        }
        if let Some(link) = &self.holds {
            let Some(capture) = archive::chain::holds(&store.reader()?, link)? else {
                println!("  chain    does not hold {link}: captures were cut off, or it is of another archive");
                return Ok(Exit::Damaged);
            };
            println!("  chain    holds {link}, at capture {capture}");
        }
        Ok(match seen.is_intact() {
            true if seen.intact == 0 => {
                println!("  nothing to check");
                Exit::Done
            }
            true => Exit::Done,
            false => Exit::Damaged,
        })
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
