//! `gongkai serve`: the archive as pages, until it is stopped.

use std::net::SocketAddr;

use clap::Args;

use super::{Context, Exit, runtime};
use crate::serve;
use crate::stop::Stop;
use crate::store::{Access, Store, StoreError};

#[derive(Args)]
pub struct Serve {
    /// Address of this machine to serve at; port 0 takes a free one
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8642")]
    bind: SocketAddr,
}

impl Serve {
    pub fn run(self, context: &Context) -> anyhow::Result<Exit> {
        let store = match context.open(Access::Read) {
            // Migrated by whoever writes; nothing else of the archive changes.
            Err(fault) if matches!(fault.downcast_ref(), Some(StoreError::Older { .. })) => {
                drop(context.open(Access::Write)?);
                context.open(Access::Read)?
            }
            opened => opened?,
        };
        until(&context.signals.wind_down(), store, self.bind)
    }
}

/// Serves until asked to stop.
pub fn until(stop: &Stop, store: Store, bind: SocketAddr) -> anyhow::Result<Exit> {
    runtime()?.block_on(async {
        let served = serve::start(store, bind).await?;
        say!("pages at http://{}/", served.address)?;
        say!("to mark findings: http://{}/?token={}", served.address, served.token)?;
        stop.asked().await;
        Ok(Exit::Done)
    })
}
