//! A body served in gzip, zlib or deflate, taken apart into its text and a shell that makes the same body of it again.
//!
//! The text packs against pages of its site, which the deflate stream never does. Two encoders hardly ever make the same stream
//! of a text: `preflate-rs` guesses which made this one, and how, and notes what it did otherwise (the corrections). zlib of
//! any level needs some 30 bytes of them, other encoders more.
//!
//! A row with codec [`TAKEN_APART`](super::payload::TAKEN_APART) holds, numbers as LEB128 unless said otherwise:
//!
//! ```text
//! CRC-32 (RFC 1952 8) of all that follows, the frame unpacked         4 bytes, little-endian
//! streams                                                              count
//!   of each: bytes before it (gzip or zlib head, trailer of the last)  length, bytes
//!            corrections (preflate-rs 0.7)                             length, bytes
//!            its text                                                  length
//! bytes behind the last stream (trailer, anything else)                length, bytes
//! texts of all streams, one after another                              a zstd frame, to the end of the row
//! ```
//!
//! The frame is packed as a row with codec `zstd` is: by itself, or against the row's dictionary. The check keeps damage away from
//! `preflate-rs`, which is made for rows of its own. Its corrections are not promised to be read by its next version: the
//! codec names the version, `Cargo.toml` pins it, and a test reads rows that this one wrote.

use std::panic::{AssertUnwindSafe, catch_unwind};

use flate2::{Crc, Decompress, FlushDecompress, Status};
use preflate_rs::{PreflateConfig, preflate_whole_deflate_stream, recreate_whole_deflate_stream};

/// Texts of a body together, bytes; a body with more stays as it is. The worst of this size (two letters in no order, level 9)
/// takes seconds to take apart.
pub const LARGEST: usize = 4 << 20;
/// Streams of a body that are taken apart; those behind stay as they are.
const STREAMS: usize = 16;

/// All of a body but its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shell {
    streams: Vec<Stream>,
    /// What comes behind the last stream.
    rest: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Stream {
    /// What comes before it and behind the one before.
    before: Vec<u8>,
    corrections: Vec<u8>,
    /// Bytes of its text.
    text: usize,
}

/// A row, its texts still packed.
pub struct Row<'a> {
    pub shell: Shell,
    /// zstd.
    pub frame: &'a [u8],
    /// What the check is over, besides the text.
    checked: &'a [u8],
    expected: u32,
}

/// The text alone; none where the body is no whole stream.
pub fn text(body: &[u8]) -> Option<Vec<u8>> {
    streams(body).map(|(_, text)| text)
}

/// The body as shell and text, which were put together again and compared; none where that does not succeed.
pub fn take_apart(body: &[u8]) -> Option<(Shell, Vec<u8>)> {
    // What comes out is compared at the end, not stream by stream.
    let config = PreflateConfig { plain_text_limit: LARGEST, verify_compression: false, ..PreflateConfig::default() };
    let (spans, text) = streams(body)?;
    let mut shell = Shell { streams: Vec::with_capacity(spans.len()), rest: Vec::new() };
    let (mut behind, mut begun) = (0, 0);
    for span in &spans {
        let stream = body.get(span.from..span.to)?;
        let (chunk, plain) = guarded(|| preflate_whole_deflate_stream(stream, &config)).ok()?;
        if plain.text() != text.get(begun..begun + span.text)? {
            return None;
        }
        let before = body.get(behind..span.from)?.to_vec();
        shell.streams.push(Stream { before, corrections: chunk.corrections, text: span.text });
        (behind, begun) = (span.to, begun + span.text);
    }
    shell.rest = body.get(behind..)?.to_vec();
    let back = shell.put_together(&text).ok()?;
    (back == body).then_some((shell, text))
}

impl Shell {
    /// Bytes of all texts together.
    pub fn text_len(&self) -> usize {
        self.streams.iter().map(|stream| stream.text).sum()
    }

    /// The row, given the text and the same as a zstd frame; none where it would not be read as it was written.
    pub fn row(&self, text: &[u8], frame: &[u8]) -> Option<Vec<u8>> {
        let mut shell = Vec::new();
        put_number(&mut shell, self.streams.len());
        for stream in &self.streams {
            put_bytes(&mut shell, &stream.before);
            put_bytes(&mut shell, &stream.corrections);
            put_number(&mut shell, stream.text);
        }
        put_bytes(&mut shell, &self.rest);
        let row = [&check(&shell, text).to_le_bytes()[..], &shell, frame].concat();
        Row::read(&row).is_ok_and(|row| row.shell == *self && row.frame == frame).then_some(row)
    }

    fn put_together(&self, text: &[u8]) -> Result<Vec<u8>, String> {
        let (mut body, mut text) = (Vec::new(), text);
        for stream in &self.streams {
            let (own, others) = text.split_at_checked(stream.text).ok_or("its text breaks off")?;
            body.extend_from_slice(&stream.before);
            body.extend(guarded(|| recreate_whole_deflate_stream(own, &stream.corrections))?);
            text = others;
        }
        body.extend_from_slice(&self.rest);
        Ok(body)
    }
}

impl<'a> Row<'a> {
    pub fn read(row: &'a [u8]) -> Result<Row<'a>, String> {
        Row::parts(row).ok_or_else(|| "its parts can't be told".to_owned())
    }

    fn parts(row: &'a [u8]) -> Option<Row<'a>> {
        let (expected, all) = row.split_first_chunk()?;
        let mut left = all;
        let count = number(&mut left)?;
        let mut streams = Vec::new();
        for _ in 0..count.min(STREAMS) {
            let (before, corrections) = (bytes(&mut left)?.to_vec(), bytes(&mut left)?.to_vec());
            streams.push(Stream { before, corrections, text: number(&mut left)? });
        }
        let shell = Shell { streams, rest: bytes(&mut left)?.to_vec() };
        let text = shell.streams.iter().try_fold(0usize, |sum, stream| sum.checked_add(stream.text))?;
        if count > STREAMS || text > LARGEST {
            return None;
        }
        let (checked, frame) = all.split_at(all.len() - left.len());
        Some(Row { shell, frame, checked, expected: u32::from_le_bytes(*expected) })
    }

    /// The body, given what its frame unpacks to.
    pub fn put_together(&self, text: &[u8]) -> Result<Vec<u8>, String> {
        if check(self.checked, text) != self.expected {
            return Err("its parts are not what they were".into());
        }
        self.shell.put_together(text)
    }
}

fn check(shell: &[u8], text: &[u8]) -> u32 {
    let mut check = Crc::new();
    check.update(shell);
    check.update(text);
    check.sum()
}

/// What the library makes, or why it made nothing: it is written by others, and a panic of it is a fault of this body alone.
fn guarded<T>(work: impl FnOnce() -> preflate_rs::Result<T>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(made)) => Ok(made),
        Ok(Err(fault)) => Err(format!("its deflate stream can't be made again ({fault})")),
        Err(_) => Err("its deflate stream can't be made again (preflate-rs panicked)".into()),
    }
}

/// Where a deflate stream lies in a body, and how long its text is.
struct Span {
    from: usize,
    to: usize,
    text: usize,
}

/// The whole streams a body begins with, and their texts one after another.
fn streams(body: &[u8]) -> Option<(Vec<Span>, Vec<u8>)> {
    let (mut spans, mut text) = (Vec::new(), Vec::new());
    let mut at = 0;
    while let Some(head) = body.get(at..).and_then(gzip_head)
        && spans.len() < STREAMS
    {
        match inflate(body, at + head, &mut text) {
            Some(span) => {
                at = span.to + GZIP_TRAILER;
                spans.push(span);
            }
            None => break,
        }
    }
    if spans.is_empty() {
        let zlib = has_zlib_head(body).then(|| inflate(body, 2, &mut text)).flatten();
        // Nothing says where a bare stream begins or that it is one: it is all of the body.
        let span = zlib.or_else(|| inflate(body, 0, &mut text).filter(|span| span.to == body.len()))?;
        spans.push(span);
    }
    (!text.is_empty()).then_some((spans, text))
}

/// The whole stream that begins here; its text is put behind `text`, which stays as it was where there is none.
fn inflate(body: &[u8], from: usize, text: &mut Vec<u8>) -> Option<Span> {
    let begun = text.len();
    let mut inflater = Decompress::new(false);
    let ended = loop {
        let read = usize::try_from(inflater.total_in()).ok()?;
        let Some(left) = body.get(from + read..) else { break false };
        if text.len() == text.capacity() {
            text.reserve(text.len().clamp(64 << 10, 4 << 20));
        }
        let (before, length) = (inflater.total_in(), text.len());
        match inflater.decompress_vec(left, text, FlushDecompress::None) {
            _ if text.len() > LARGEST => break false,
            Ok(Status::StreamEnd) => break true,
            Ok(_) if inflater.total_in() > before || text.len() > length => {}
            _ => break false,
        }
    };
    if !ended {
        text.truncate(begun);
        return None;
    }
    let to = from + usize::try_from(inflater.total_in()).ok()?;
    Some(Span { from, to, text: text.len() - begun })
}

/// CRC-32 and size (RFC 1952 2.3.1).
const GZIP_TRAILER: usize = 8;

/// Length of the gzip head (RFC 1952 2.3) this begins with.
fn gzip_head(bytes: &[u8]) -> Option<usize> {
    const FIXED: usize = 10;
    let [0x1F, 0x8B, 8, flags, ..] = *bytes else { return None };
    let mut at = FIXED;
    if flags & 0b0100 != 0 {
        let length = bytes.get(at..at + 2)?;
        at += 2 + usize::from(u16::from_le_bytes([length[0], length[1]]));
    }
    // Name and comment, each to its zero byte.
    for flag in [0b1000, 0b1_0000] {
        if flags & flag != 0 {
            at += 1 + memchr::memchr(0, bytes.get(at..)?)?;
        }
    }
    if flags & 0b0010 != 0 {
        at += 2;
    }
    (at <= bytes.len()).then_some(at)
}

/// A zlib head without a preset dictionary (RFC 1950 2.2).
fn has_zlib_head(bytes: &[u8]) -> bool {
    let [method, flags, ..] = *bytes else { return false };
    method & 0x0F == 8 && method >> 4 <= 7 && flags & 0x20 == 0 && u16::from_be_bytes([method, flags]) % 31 == 0
}

fn put_number(row: &mut Vec<u8>, mut number: usize) {
    while number > 0x7F {
        row.push((number & 0x7F) as u8 | 0x80);
        number >>= 7;
    }
    row.push(number as u8);
}

fn put_bytes(row: &mut Vec<u8>, bytes: &[u8]) {
    put_number(row, bytes.len());
    row.extend_from_slice(bytes);
}

/// Takes a number off the front. Five bytes hold more than any length here.
fn number(left: &mut &[u8]) -> Option<usize> {
    let mut number = 0u64;
    for shift in (0..35).step_by(7) {
        let (byte, others) = left.split_first()?;
        *left = others;
        number |= u64::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return usize::try_from(number).ok();
        }
    }
    None
}

fn bytes<'a>(left: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = number(left)?;
    let (bytes, others) = left.split_at_checked(length)?;
    *left = others;
    Some(bytes)
}
