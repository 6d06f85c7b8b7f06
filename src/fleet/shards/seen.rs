//! What this worker has made durable of each address, so that the same body again is a revisit.

use std::collections::HashMap;

use crate::archive::warc::Original;
use crate::digest::Digest;

/// Addresses remembered before the older half is forgotten: some 20 MB. One that was forgotten is written in full again.
const REMEMBERED: usize = 50_000;

#[derive(Default)]
pub struct Seen {
    recent: HashMap<String, (Digest, String)>,
    older: HashMap<String, (Digest, String)>,
}

impl Seen {
    pub fn remember(&mut self, url: String, digest: Digest, date: String) {
        if self.recent.len() >= REMEMBERED {
            self.older = std::mem::take(&mut self.recent);
        }
        self.recent.insert(url, (digest, date));
    }

    /// The capture of this address that has this very body, where its last one has.
    pub fn original(&self, url: &str, digest: Digest) -> Option<Original> {
        let (known, date) = self.recent.get(url).or_else(|| self.older.get(url))?;
        (*known == digest).then(|| Original { url: url.to_owned(), date: date.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_body_of_an_address_and_no_other() {
        let (a, b) = (Digest::of(b"a"), Digest::of(b"b"));
        let mut seen = Seen::default();
        seen.remember("u".into(), a, "1".into());
        assert_eq!(seen.original("u", a).unwrap().date, "1");
        seen.remember("u".into(), b, "2".into());
        assert!(seen.original("u", a).is_none() && seen.original("v", b).is_none());
        for n in 0..REMEMBERED {
            seen.remember(n.to_string(), a, "3".into());
        }
        assert_eq!(seen.original("u", b).unwrap().date, "2");
        for n in 0..2 * REMEMBERED {
            seen.remember(n.to_string(), a, "3".into());
        }
        assert!(seen.original("u", b).is_none());
    }
}
