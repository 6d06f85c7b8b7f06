//! WARC read (1.0, 1.1 and the drafts before), and ARC: a gzip member for each record, one gzip stream, or plain, told by the
//! bytes.
//!
//! A record counts only when it is whole: its length is there, what follows it is the end or another record, its gzip member
//! passes its check, and its block has the digest it names. What is damaged is told with its offset and never handed out.
//! Behind a damaged member the reader goes on at the next one that holds a record, where every record has had a member of its
//! own; elsewhere at the next line that a record begins with (behind an empty one, in WARC). There, a page that holds the text
//! of a whole record may pass for one behind damage: what was reported says where to look.

mod record;
mod recover;
mod stream;
#[cfg(test)]
mod tests;

use std::io::Read;

pub use record::{Damage, Record, Step, unbracketed};
use stream::{At, Stream};

use super::labelled::{self, Check};
use super::{arc, http};
use crate::exchange::Headers;

/// A block is kept up to here, bytes; the rest is read past and the record says so.
pub const MAX_BLOCK: usize = 64 << 20;
/// Head of a record, bytes.
const MAX_HEAD: usize = 1 << 20;
const VERSION: &[u8] = b"WARC/";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Warc,
    Arc,
}

/// The format of which a record begins with this line.
fn format(line: &[u8]) -> Option<Format> {
    match line {
        _ if line.starts_with(VERSION) => Some(Format::Warc),
        _ if arc::fields(line).is_some() => Some(Format::Arc),
        _ => None,
    }
}

/// Records in the order of the file.
pub struct Reader<R: Read> {
    stream: Stream<R>,
    /// Of the first record, and so of all.
    format: Option<Format>,
    /// The line that the next record begins with, where it was read already, and its offset.
    ahead: Option<(u64, Vec<u8>)>,
    /// Documents of this ARC have a line end behind them that belongs to none, as the first one has.
    separated: Option<bool>,
    /// Bytes gone back over after damage.
    gone_back: u64,
}

/// Why a record can't be had: words for a person.
struct Broken(String);

impl From<std::io::Error> for Broken {
    fn from(error: std::io::Error) -> Broken {
        match error.kind() {
            std::io::ErrorKind::UnexpectedEof => Broken("the gzip stream breaks off".into()),
            _ => Broken(error.to_string()),
        }
    }
}

impl<R: Read> Reader<R> {
    pub fn new(input: R) -> Reader<R> {
        Reader { stream: Stream::new(input), format: None, ahead: None, separated: None, gone_back: 0 }
    }

    fn step(&mut self) -> Option<Step> {
        let begun = self.begin();
        let offset = self.ahead.as_ref().map_or_else(|| self.stream.offset(), |(offset, _)| *offset);
        match begun {
            Ok(false) => {
                self.stream.at = At::Ended;
                None
            }
            Ok(true) => {
                self.stream.in_record = true;
                if let (At::Tape(tape), Some(false)) = (&mut self.stream.at, self.stream.gzip) {
                    tape.mark_before(self.ahead.as_ref().map_or(0, |(_, line)| line.len()));
                }
                let record = self.record(offset);
                self.stream.in_record = false;
                Some(record.unwrap_or_else(|broken| self.recover(offset, broken)))
            }
            Err(broken) => Some(self.recover(offset, broken)),
        }
    }

    /// Goes to the first byte of a record; false at the end.
    fn begin(&mut self) -> Result<bool, Broken> {
        if !self.stream.tell()? {
            return Ok(false);
        }
        if self.ahead.is_some() {
            return Ok(true);
        }
        loop {
            let line_end = match self.stream.fill()? {
                [] => return Ok(false),
                [b'\r' | b'\n', ..] => 1,
                _ => return Ok(true),
            };
            self.stream.consume(line_end);
        }
    }

    fn record(&mut self, offset: u64) -> Result<Step, Broken> {
        let line = match self.ahead.take() {
            Some((_, line)) => line,
            None => self.stream.line(MAX_HEAD)?,
        };
        let begun = format(&line).filter(|format| self.format.is_none_or(|known| known == *format));
        self.format = self.format.or(begun);
        let fields = match begun {
            Some(Format::Warc) => self.named_fields()?,
            Some(Format::Arc) => arc::fields(&line).unwrap_or_default(),
            None => return Err(Broken("no record begins here".into())),
        };
        let length: u64 = fields
            .get("Content-Length")
            .and_then(|length| length.parse().ok())
            .ok_or_else(|| Broken("the record names no Content-Length".into()))?;
        let label = fields.get("WARC-Block-Digest");
        let mut check = label.as_deref().and_then(Check::of);
        let block = self.block(length, check.as_mut())?;
        self.expect_end(begun == Some(Format::Arc) && !arc::begins_file(&line))?;
        // wget gives its revisits the digest of nothing.
        let is_revisit = fields.get("WARC-Type").is_some_and(|kind| kind.eq_ignore_ascii_case("revisit"));
        let excused = is_revisit && label.as_deref().is_some_and(|label| labelled::agrees(label, b"") == Some(true));
        if check.is_some_and(|check| !check.holds()) && !excused {
            let why = format!("the block does not have the digest {}", label.unwrap_or_default());
            return Ok(Step::Damage(Damage { offset, why, last: false }));
        }
        Ok(Step::Record(Record { offset, fields, block, length }))
    }

    /// The lines of a WARC record's head behind the first.
    fn named_fields(&mut self) -> Result<Headers, Broken> {
        let mut head = Vec::new();
        loop {
            let line = self.stream.line(MAX_HEAD - head.len().min(MAX_HEAD))?;
            let end = line.iter().all(|byte| matches!(byte, b'\r' | b'\n'));
            head.extend_from_slice(&line);
            if end {
                return Ok(http::fields(&head).0);
            }
        }
    }

    fn block(&mut self, length: u64, mut check: Option<&mut Check>) -> Result<Vec<u8>, Broken> {
        let mut block = Vec::new();
        let mut left = length;
        while left > 0 {
            let bytes = self.stream.fill()?;
            if bytes.is_empty() {
                return Err(Broken(format!("the record breaks off after {} of {length} bytes", length - left)));
            }
            let taken = bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            let room = MAX_BLOCK - block.len();
            block.extend_from_slice(&bytes[..taken.min(room)]);
            if let Some(check) = &mut check {
                check.update(&bytes[..taken]);
            }
            self.stream.consume(taken);
            left -= taken as u64;
        }
        Ok(block)
    }

    /// What follows a block: line ends, then the end of the member or of the file, or the next record. Where documents of an ARC
    /// have a line end between them, one without it has a length that is wrong by one.
    fn expect_end(&mut self, is_document: bool) -> Result<(), Broken> {
        let mut separated = false;
        loop {
            let in_member = self.stream.in_member();
            let next = if in_member { self.stream.fill_of_member()? } else { self.stream.fill()? };
            match (next.first().copied(), self.format) {
                (None, _) => {
                    self.stream.ended_with_member += u64::from(in_member);
                    return Ok(());
                }
                (Some(b'\r' | b'\n'), _) => {
                    separated = true;
                    self.stream.consume(1);
                }
                (Some(first), Some(Format::Warc)) if first == VERSION[0] => break,
                (_, Some(Format::Arc))
                    if (separated || !is_document || self.separated != Some(true)) && self.look_ahead() =>
                {
                    break;
                }
                _ => return Err(Broken("the record's length does not lead to its end".into())),
            }
        }
        self.stream.aligned &= !self.stream.in_member();
        if is_document {
            self.separated.get_or_insert(separated);
        }
        Ok(())
    }

    /// Takes the line that another document of an ARC begins with; whether there is one.
    fn look_ahead(&mut self) -> bool {
        let offset = self.stream.offset();
        let Ok(line) = self.stream.line(arc::MAX_LINE) else { return false };
        let begins = arc::begins(&line);
        self.ahead = begins.then_some((offset, line));
        begins
    }
}

impl<R: Read> Iterator for Reader<R> {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        self.step()
    }
}
