//! Labelled digests (WARC/1.1 5.8): `sha1:` in base 32, as most write them, `sha256:` in hexadecimal, the other
//! way round, and in base 64.

use data_encoding::{BASE32, BASE32_NOPAD, BASE64, BASE64URL, HEXLOWER};
use sha1::Digest as _;

use crate::digest::Hasher;

/// `sha1:` and 32 characters of base 32.
pub fn sha1_of(bytes: &[u8]) -> String {
    format!("sha1:{}", BASE32.encode(&sha1::Sha1::digest(bytes)))
}

/// A label to hold bytes against as they pass.
pub struct Check {
    expected: String,
    hash: Hash,
}

enum Hash {
    Sha1(sha1::Sha1),
    Sha256(Hasher),
}

impl Check {
    /// None for algorithms that are not known here: nothing to check.
    pub fn of(label: &str) -> Option<Check> {
        let (algorithm, expected) = label.trim().split_once(':')?;
        let hash = match algorithm.to_ascii_lowercase().as_str() {
            "sha1" | "sha-1" => Hash::Sha1(sha1::Sha1::new()),
            "sha256" | "sha-256" => Hash::Sha256(Hasher::new()),
            _ => return None,
        };
        Some(Check { expected: expected.trim().to_owned(), hash })
    }

    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.hash {
            Hash::Sha1(hash) => hash.update(bytes),
            Hash::Sha256(hash) => hash.update(bytes),
        }
    }

    pub fn holds(self) -> bool {
        let digest = match self.hash {
            Hash::Sha1(hash) => hash.finalize().to_vec(),
            Hash::Sha256(hash) => hash.finish().as_bytes().to_vec(),
        };
        let expected = self.expected.as_str();
        let in_any_case = [BASE32.encode(&digest), BASE32_NOPAD.encode(&digest), HEXLOWER.encode(&digest)];
        let as_written = [BASE64.encode(&digest), BASE64URL.encode(&digest)];
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
        assert_eq!(sha1_of(b"abc"), "sha1:VGMT4NSHA2AWVOR6EVYXQUGCNSONBWE5");
        assert_eq!(agrees("md5:900150983CD24FB0D6963F7D28E17F72", b"abc"), None);
        assert_eq!(agrees("nonsense", b"abc"), None);
    }
}
