//! Labelled digests (WARC/1.1 5.8): `sha1:` in base 32, as most write them, `sha256:` in hexadecimal, the other
//! way round, and in base 64.

use aws_lc_rs::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY as SHA1, SHA256};
use data_encoding::{BASE32, BASE32_NOPAD, BASE64, BASE64URL, HEXLOWER};

/// `sha1:` and 32 characters of base 32, of bytes in several parts.
pub fn sha1_of(parts: &[&[u8]]) -> String {
    let mut hash = Context::new(&SHA1);
    parts.iter().for_each(|part| hash.update(part));
    format!("sha1:{}", BASE32.encode(hash.finish().as_ref()))
}

/// A label to hold bytes against as they pass.
pub struct Check {
    expected: String,
    hash: Context,
}

impl Check {
    /// None for algorithms that are not known here: nothing to check.
    pub fn of(label: &str) -> Option<Check> {
        let (algorithm, expected) = label.trim().split_once(':')?;
        let hash = match algorithm.to_ascii_lowercase().as_str() {
            "sha1" | "sha-1" => &SHA1,
            "sha256" | "sha-256" => &SHA256,
            _ => return None,
        };
        Some(Check { expected: expected.trim().to_owned(), hash: Context::new(hash) })
    }

    pub fn update(&mut self, bytes: &[u8]) {
        self.hash.update(bytes);
    }

    pub fn holds(self) -> bool {
        let digest = self.hash.finish();
        let digest = digest.as_ref();
        let expected = self.expected.as_str();
        let in_any_case = [BASE32.encode(digest), BASE32_NOPAD.encode(digest), HEXLOWER.encode(digest)];
        let as_written = [BASE64.encode(digest), BASE64URL.encode(digest)];
        in_any_case.iter().any(|text| text.eq_ignore_ascii_case(expected)) || as_written.iter().any(|it| it == expected)
    }
}

/// Whether bytes have this digest; none where it can't be checked.
pub fn agrees(label: &str, bytes: &[u8]) -> Option<bool> {
    let mut check = Check::of(label)?;
    check.update(bytes);
    Some(check.holds())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_of_writing_a_digest() {
        let hex = "sha256:BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD";
        for label in ["sha1:VGMT4NSHA2AWVOR6EVYXQUGCNSONBWE5", "sha1:a9993e364706816aba3e25717850c26c9cd0d89d", hex] {
            assert_eq!(agrees(label, b"abc"), Some(true), "{label}");
            assert_eq!(agrees(label, b"abd"), Some(false), "{label}");
        }
        // As some browsers' tools write it.
        assert_eq!(agrees("sha1:qZk+NkcGgWq6PiVxeFDCbJzQ2J0=", b"abc"), Some(true));
        assert_eq!(agrees("sha1:qZk-NkcGgWq6PiVxeFDCbJzQ2J0=", b"abc"), Some(true));
        assert_eq!(agrees("sha1:QZK+NKCGGWQ6PIVXEFDCBJZQ2J0=", b"abc"), Some(false));
        assert_eq!(sha1_of(&[b"a", b"bc"]), "sha1:VGMT4NSHA2AWVOR6EVYXQUGCNSONBWE5");
        assert_eq!(agrees("md5:900150983CD24FB0D6963F7D28E17F72", b"abc"), None);
        assert_eq!(agrees("nonsense", b"abc"), None);
    }
}
