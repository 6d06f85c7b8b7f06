//! WARC (ISO 28500), written and read, and the CDXJ index beside it; ARC, which came before it, read.

mod arc;
pub mod frames;
pub mod http;
pub mod index;
pub mod labelled;
mod read;
pub mod surt;
mod tape;
mod write;

pub use read::{Damage, MAX_BLOCK, Reader, Record, Step, unbracketed};
pub use write::{Compression, Original, Packed, Packer, Writer, pack};

/// What WARC, WACZ and shards say they were made by.
pub const SOFTWARE: &str = concat!("gongkai/", env!("CARGO_PKG_VERSION"));

/// How the names of WARC files end.
pub const ENDINGS: [&str; 3] = [".warc.gz", ".warc.zst", ".warc"];

/// What stands before the name of a head field of which the archive wrote its own.
pub const ADDED: &str = "X-Archive-Orig-";

/// Where a record lies in its file, bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub offset: u64,
    pub length: u64,
}
