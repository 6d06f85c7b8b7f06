//! Captures in an object store: WARC files that are written once, each with its CDXJ and a manifest beside it.
//!
//! `CRAWL/WORKER/CRAWL-WORKER-00000000.warc.gz`, `.cdxj`, `.json`. The manifest is written last: a shard without one is not
//! complete, and nobody reads it. Names follow from worker, crawl and number, and no object is ever written twice.

mod again;
mod credentials;
mod import;
mod manifest;
mod open;
mod place;
mod seen;
mod writer;

pub use import::{Imported, ShardImportError, import};
pub use manifest::{File, Manifest, Name, Names, NotAName};
pub use place::{Place, PlaceError};
pub use writer::{Flight, Keep, Kept, Settings, ShardError, Shards};
