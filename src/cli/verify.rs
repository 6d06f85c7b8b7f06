//! `gongkai verify`: is everything as it was kept?

use clap::Args;

use super::exit::counted;
use super::{Context, Exit};
use crate::archive;
use crate::store::Access;

#[derive(Args)]
pub struct Verify {}

impl Verify {
    pub fn run(self, context: &Context) -> anyhow::Result<Exit> {
        let store = context.open(Access::Read)?;
        let seen = archive::verify(&store.reader()?)?;
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
