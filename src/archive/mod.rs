//! Captures: what was asked, what came back, byte for byte. Append-only, chained; bodies by digest, packed.

mod captures;
pub mod chain;
pub mod compact;
mod deflated;
mod dictionary;
mod packer;
mod payload;
mod put;
mod verify;
pub mod warc;

use std::fmt;

pub use captures::{Capture, captures, exchange, exchange_by, is_revisit, latest, of_address};
pub use packer::Packer;
pub use payload::Reader as Bodies;
pub use put::put;
pub use verify::{Damage, Verified, verify};

use crate::digest::Digest;
use crate::store::StoreError;

/// Number of a capture: order of commit, never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CaptureId(pub i64);

impl fmt::Display for CaptureId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    #[error("there is no capture {0}")]
    NoCapture(CaptureId),
    #[error("payload {digest} is damaged: {why}")]
    Damaged { digest: Digest, why: String },
    #[error("capture {id} can't be read: its {field} is {found:?}")]
    Field { id: CaptureId, field: &'static str, found: String },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for ArchiveError {
    fn from(error: rusqlite::Error) -> ArchiveError {
        ArchiveError::Store(error.into())
    }
}
