//! `gongkai backup`: a consistent copy of the archive, also while a crawl writes to it.

use std::path::PathBuf;

use clap::Args;

use super::{Context, Exit};
use crate::archive::chain;
use crate::store::{Access, Store, backup};

#[derive(Args)]
pub struct Backup {
    /// The copy; one of that name is replaced when the new one is whole
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl Backup {
    pub fn run(self, context: &Context) -> anyhow::Result<Exit> {
        let store = context.open(Access::Read)?;
        if same_file(store.path(), &self.out) {
            eprintln!("gongkai: {} is the archive itself: name another file", self.out.display());
            return Ok(Exit::Usage);
        }
        backup(&store.reader()?, &self.out)?;
        let copy = Store::open(&self.out, Access::Read)?;
        match chain::head(&copy.reader()?)? {
            Some((capture, link)) => {
                eprintln!("{} holds the captures to {capture}, link {link}", self.out.display());
            }
            None => eprintln!("{} holds no capture", self.out.display()),
        }
        Ok(Exit::Done)
    }
}

fn same_file(a: &std::path::Path, b: &std::path::Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}
