//! What a file holds: records, and places that could not be read.

use crate::exchange::Headers;

/// A record as it lies in the file.
#[derive(Clone, Debug)]
pub struct Record {
    /// Of its first byte or of its gzip member; in one gzip stream, of the bytes being unpacked.
    pub offset: u64,
    /// Named fields, without the version line.
    pub fields: Headers,
    pub block: Vec<u8>,
    /// The block's length as declared, bytes: more than `block` holds where it passed [`MAX_BLOCK`](super::MAX_BLOCK).
    pub length: u64,
}

impl Record {
    /// A field; empty values count as none.
    pub fn field(&self, name: &str) -> Option<String> {
        self.fields.get(name).filter(|value| !value.is_empty())
    }

    /// WARC-Type, lower case.
    pub fn kind(&self) -> String {
        self.field("WARC-Type").unwrap_or_default().to_ascii_lowercase()
    }

    /// WARC-Target-URI, without the angle brackets that some writers put around it.
    pub fn target(&self) -> Option<String> {
        self.field("WARC-Target-URI").map(|uri| unbracketed(&uri).to_owned())
    }
}

/// `<x>` or `x`.
pub fn unbracketed(text: &str) -> &str {
    text.strip_prefix('<').and_then(|text| text.strip_suffix('>')).unwrap_or(text)
}

/// A place that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    pub offset: u64,
    pub why: String,
    /// Nothing behind it was read.
    pub last: bool,
}

pub enum Step {
    Record(Record),
    Damage(Damage),
}
