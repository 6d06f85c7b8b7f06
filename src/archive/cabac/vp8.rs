//! The boolean coder of VP8 (RFC 6386 7). What a bit is expected to be is counted, as in Lepton.

use std::io::{Read, Result, Write};

use crate::{CabacReader, CabacWriter};

/// Zeros and ones met so far; one of each to begin with.
#[derive(Clone, Copy, Debug)]
pub struct VP8Context {
    zeros: u8,
    ones: u8,
}

impl Default for VP8Context {
    fn default() -> VP8Context {
        VP8Context { zeros: 1, ones: 1 }
    }
}

impl VP8Context {
    /// How likely a zero is, of 256.
    fn of_zero(self) -> u32 {
        let (zeros, ones) = (u32::from(self.zeros), u32::from(self.ones));
        match (zeros, ones) {
            // Nothing else was met in 255 times.
            (1, 255) => 0,
            (255, 1) => 255,
            _ => (zeros << 8) / (zeros + ones),
        }
    }

    fn count(&mut self, bit: bool) {
        let (same, other) = if bit { (&mut self.ones, &mut self.zeros) } else { (&mut self.zeros, &mut self.ones) };
        match (*same, *other) {
            (255, 1) => {}
            // Older bits count half.
            (255, _) => (*same, *other) = (129, other.div_ceil(2)),
            _ => *same += 1,
        }
    }
}

/// What splits the range in two: below it lies a zero, so likely of 256.
fn split(range: u32, of_zero: u32) -> u32 {
    1 + ((range - 1) * of_zero >> 8)
}

/// The same where nothing is expected.
fn half(range: u32) -> u32 {
    1 + (range >> 1)
}

/// Kept whole until it is finished, since a carry may run back through all of it.
pub struct VP8Writer<W> {
    out: W,
    written: Vec<u8>,
    range: u32,
    low: u32,
    /// Shifts until a byte is whole.
    until_byte: u32,
}

impl<W: Write> VP8Writer<W> {
    pub fn new(out: W) -> Result<VP8Writer<W>> {
        let mut writer = VP8Writer { out, written: Vec::new(), range: 255, low: 0, until_byte: 24 };
        writer.put_bypass(false)?;
        Ok(writer)
    }

    fn code(&mut self, bit: bool, split: u32) {
        if bit {
            self.low += split;
            self.range -= split;
        } else {
            self.range = split;
        }
        while self.range < 128 {
            self.range <<= 1;
            self.shift();
        }
    }

    fn shift(&mut self) {
        if self.low >> 31 == 1 {
            self.carry();
        }
        self.low <<= 1;
        self.until_byte -= 1;
        if self.until_byte == 0 {
            self.written.push((self.low >> 24) as u8);
            self.low &= 0xFF_FFFF;
            self.until_byte = 8;
        }
    }

    fn carry(&mut self) {
        for byte in self.written.iter_mut().rev() {
            *byte = byte.wrapping_add(1);
            if *byte != 0 {
                break;
            }
        }
    }
}

impl<W: Write> CabacWriter<VP8Context> for VP8Writer<W> {
    fn put(&mut self, bit: bool, context: &mut VP8Context) -> Result<()> {
        self.code(bit, split(self.range, context.of_zero()));
        context.count(bit);
        Ok(())
    }

    fn put_bypass(&mut self, bit: bool) -> Result<()> {
        self.code(bit, half(self.range));
        Ok(())
    }

    fn finish(&mut self) -> Result<()> {
        (0..32).for_each(|_| self.shift());
        // Zeros behind the end are read without being there.
        let needed = self.written.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        self.out.write_all(&self.written[..needed])?;
        self.written.clear();
        Ok(())
    }
}

/// Behind the end there are zeros.
pub struct VP8Reader<R> {
    from: R,
    range: u32,
    value: u32,
    /// Bits of the last byte taken that are used up.
    used: u32,
}

impl<R: Read> VP8Reader<R> {
    pub fn new(from: R) -> Result<VP8Reader<R>> {
        let mut reader = VP8Reader { from, range: 255, value: 0, used: 0 };
        reader.value = reader.byte()? << 8 | reader.byte()?;
        reader.get_bypass()?;
        Ok(reader)
    }

    fn byte(&mut self) -> Result<u32> {
        let mut byte = [0];
        self.from.read(&mut byte)?;
        Ok(u32::from(byte[0]))
    }

    fn decode(&mut self, split: u32) -> Result<bool> {
        let bit = self.value >= split << 8;
        if bit {
            self.range -= split;
            self.value -= split << 8;
        } else {
            self.range = split;
        }
        while self.range < 128 {
            self.range <<= 1;
            self.value <<= 1;
            self.used += 1;
            if self.used == 8 {
                self.used = 0;
                self.value |= self.byte()?;
            }
        }
        Ok(bit)
    }
}

impl<R: Read> CabacReader<VP8Context> for VP8Reader<R> {
    fn get(&mut self, context: &mut VP8Context) -> Result<bool> {
        let bit = self.decode(split(self.range, context.of_zero()))?;
        context.count(bit);
        Ok(bit)
    }

    fn get_bypass(&mut self) -> Result<bool> {
        self.decode(half(self.range))
    }
}
