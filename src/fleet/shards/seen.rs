//! What this worker has made durable of each address, so that the same body again is a revisit.

use std::collections::HashMap;

use crate::archive::warc::Original;
use crate::digest::Digest;
use crate::urlkey::UrlKey;

/// Addresses remembered before the older half is forgotten: some 20 MB. One that was forgotten is written in full again.
const REMEMBERED: usize = 50_000;

#[derive(Default)]
pub struct Seen {
    recent: HashMap<UrlKey, (Digest, Original)>,
    older: HashMap<UrlKey, (Digest, Original)>,
}

impl Seen {
    pub fn remember(&mut self, key: UrlKey, digest: Digest, original: Original) {
        if self.recent.len() >= REMEMBERED {
            self.older = std::mem::take(&mut self.recent);
        }
        self.recent.insert(key, (digest, original));
    }

    /// The capture of this address that has this very body, where its last one has.
    pub fn original(&self, key: &UrlKey, digest: Digest) -> Option<Original> {
        let (known, original) = self.recent.get(key).or_else(|| self.older.get(key))?;
        (*known == digest).then(|| original.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_body_of_an_address_and_no_other() {
        let (a, b) = (Digest::of(b"a"), Digest::of(b"b"));
        let key = |path: &str| UrlKey::of(&format!("http://a.gov.cn/{path}").parse().unwrap());
        let at = |date: &str| Original { url: "http://a.gov.cn/".into(), date: date.into() };
        let mut seen = Seen::default();
        seen.remember(key("u"), a, at("1"));
        assert_eq!(seen.original(&key("u"), a).unwrap().date, "1");
        seen.remember(key("u"), b, at("2"));
        assert!(seen.original(&key("u"), a).is_none() && seen.original(&key("v"), b).is_none());
        for n in 0..REMEMBERED {
            seen.remember(key(&n.to_string()), a, at("3"));
        }
        assert_eq!(seen.original(&key("u"), b).unwrap().date, "2");
        for n in 0..2 * REMEMBERED {
            seen.remember(key(&n.to_string()), a, at("3"));
        }
        assert!(seen.original(&key("u"), b).is_none());
    }
}
