//! The frontier on PostgreSQL, for any number of workers.
//!
//! A worker claims hosts and works through each alone; every request takes a turn that all workers see, by host and by
//! server. Addresses are leased under a number that rises with each lease, so that whoever was taken for dead can settle
//! nothing, and are settled once their shard is durable. Workers say every few seconds that they live; what a silent one
//! held goes to the others. No transaction lasts longer than a few statements.

mod address;
mod batch;
mod claiming;
mod holding;
mod keeper;
mod passwords;
mod planting;
mod robots;
mod server;
mod settling;
mod status;
mod time;
mod turns;
mod workers;

pub use address::{Address, AddressError};
pub use keeper::Postgres;
pub use planting::plant;
pub use server::{Server, ServerError};
pub use status::{HostAlone, Status, WorkerNow, status};
pub use workers::{Standing, Tally};
