//! Adaptive binary arithmetic coding, as `preflate-rs` asks for it from a crate of this name.
//!
//! That crate is LGPL; this one stands in its place (`[patch.crates-io]` in `Cargo.toml`), holds as much of its interface as is
//! used, and reads and writes the same bytes: the boolean coder of VP8 (RFC 6386 7), with probabilities that follow what was
//! coded before.

pub mod vp8;

use std::io::{Error, ErrorKind, Result};

/// Bits of the longest number; one that claims more is damaged.
const MOST: usize = 64;

/// Writes bits, each by what its context expects.
pub trait CabacWriter<Context> {
    fn put(&mut self, bit: bool, context: &mut Context) -> Result<()>;

    /// A bit that nothing is expected of.
    fn put_bypass(&mut self, bit: bool) -> Result<()>;

    /// Writes what is held back. Nothing may be put behind it.
    fn finish(&mut self) -> Result<()>;

    /// The lower `count` bits, highest first; each place has its context, the last one serves all above.
    fn put_n_bits<const N: usize>(&mut self, bits: u64, count: usize, contexts: &mut [Context; N]) -> Result<()> {
        (0..count).rev().try_for_each(|place| self.put(bits >> place & 1 == 1, &mut contexts[place.min(N - 1)]))
    }

    /// As many ones, and a zero.
    fn put_unary_encoded<const N: usize>(&mut self, ones: usize, contexts: &mut [Context; N]) -> Result<()> {
        (0..=ones).try_for_each(|place| self.put(place < ones, &mut contexts[place.min(N - 1)]))
    }
}

/// Reads what a [`CabacWriter`] wrote, in the same contexts.
pub trait CabacReader<Context> {
    fn get(&mut self, context: &mut Context) -> Result<bool>;

    fn get_bypass(&mut self) -> Result<bool>;

    fn get_n_bits<const N: usize>(&mut self, count: usize, contexts: &mut [Context; N]) -> Result<u64> {
        if count > MOST {
            return Err(Error::new(ErrorKind::InvalidData, "a number is too long"));
        }
        (0..count)
            .rev()
            .try_fold(0, |bits, place| Ok(bits << 1 | u64::from(self.get(&mut contexts[place.min(N - 1)])?)))
    }

    fn get_unary_encoded<const N: usize>(&mut self, contexts: &mut [Context; N]) -> Result<usize> {
        for ones in 0..=MOST {
            if !self.get(&mut contexts[ones.min(N - 1)])? {
                return Ok(ones);
            }
        }
        Err(Error::new(ErrorKind::InvalidData, "a number is too long"))
    }
}
