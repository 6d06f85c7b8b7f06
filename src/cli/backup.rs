//! `gongkai backup`: a consistent copy of the archive, also while a crawl writes to it.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::{Context, Exit, print, spare};
use crate::archive::chain;
use crate::store::{Access, Store, backup_until};

#[derive(Args)]
pub struct Backup {
    /// The copy; one of that name is replaced when the new one is whole
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Print what the copy holds as JSON
    #[arg(long)]
    json: bool,
}

impl Backup {
    pub fn run(self, context: &Context) -> anyhow::Result<Exit> {
        let store = context.open(Access::Read)?;
        spare(store.path(), "--out", &self.out)?;
        backup_until(&store.reader()?, &self.out, &context.signals.wind_down())?;
        let copy = Store::open(&self.out, Access::Read)?;
        let head = chain::head(&copy.reader()?)?;
        if self.json {
            let (capture, link) = head.unzip();
            print::json(&json!({ "out": self.out, "capture": capture.map(|capture| capture.0), "link": link }))?;
            return Ok(Exit::Done);
        }
        match head {
            Some((capture, link)) => {
                tell!("{} holds the captures to {capture}, link {link}", self.out.display());
            }
            None => tell!("{} holds no capture", self.out.display()),
        }
        Ok(Exit::Done)
    }
}
