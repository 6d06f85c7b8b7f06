//! What a shard is called, and what its manifest says of it.

use serde::{Deserialize, Serialize};

use crate::digest::Digest;

/// The manifest's own form; a reader refuses one it does not know.
pub const FORM: u32 = 1;

/// A word that may stand in the name of an object: a worker's or a crawl's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(String);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} can't stand in the name of a shard: 1 to 64 letters, digits, dots, dashes or underscores are expected")]
pub struct NotAName(String);

impl std::str::FromStr for Name {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Name, NotAName> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        let fits = (1..=64).contains(&text.len()) && text.bytes().all(plain) && !text.starts_with('.');
        fits.then(|| Name(text.into())).ok_or_else(|| NotAName(text.into()))
    }
}

impl Name {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whose shards: one worker's in one crawl. No two processes at a time may share both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    pub crawl: Name,
    pub worker: Name,
}

impl Names {
    /// The folder of this worker's shards.
    pub fn folder(&self) -> String {
        format!("{}/{}", self.crawl.0, self.worker.0)
    }

    /// The shard's name without its endings.
    pub fn stem(&self, sequence: u64) -> String {
        format!("{}/{}-{}-{sequence:08}", self.folder(), self.crawl.0, self.worker.0)
    }

    /// The number in the name of an object of this worker's.
    pub fn sequence(&self, object: &str) -> Option<u64> {
        let file = object.rsplit('/').next()?;
        let number = file.strip_prefix(&format!("{}-{}-", self.crawl.0, self.worker.0))?;
        number.split('.').next()?.parse().ok()
    }
}

/// An object beside the manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// From the root of the shards: `CRAWL/WORKER/….warc.gz`.
    pub name: String,
    pub sha256: String,
    pub size_bytes: u64,
}

impl File {
    pub fn of(name: String, bytes: &[u8]) -> File {
        File { name, sha256: Digest::of(bytes).to_string(), size_bytes: bytes.len() as u64 }
    }
}

/// What a complete shard holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub form: u32,
    pub crawl: String,
    pub worker: String,
    pub sequence: u64,
    pub warc: File,
    pub cdxj: File,
    /// WARC records, warcinfo included.
    pub records: u64,
    pub captures: u64,
    /// Of these, answers whose body is in an earlier shard.
    pub revisits: u64,
    /// When the first and the last of its requests were sent, RFC 3339.
    pub first_date: String,
    pub last_date: String,
    pub software: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_their_number() {
        let names = Names { crawl: "2026-w1".parse().unwrap(), worker: "a.7".parse().unwrap() };
        assert_eq!(names.stem(12), "2026-w1/a.7/2026-w1-a.7-00000012");
        for (object, number) in [
            ("x/2026-w1/a.7/2026-w1-a.7-00000012.warc.gz", Some(12)),
            ("2026-w1-a.7-100000000.json", Some(100_000_000)),
            ("2026-w1-a.70-00000012.json", None),
            ("other", None),
        ] {
            assert_eq!(names.sequence(object), number, "{object}");
        }
    }

    #[test]
    fn what_would_leave_its_folder_is_no_name() {
        for text in ["", "..", ".a", "a/b", "a b", "县", &"a".repeat(65)] {
            assert!(text.parse::<Name>().is_err(), "{text}");
        }
    }
}
