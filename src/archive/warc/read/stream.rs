//! The bytes of a file as its records lie in them: plain, or across gzip members.

use std::io::{BufRead, BufReader, Read};

use flate2::bufread::GzDecoder;

use super::super::tape::Tape;
use super::{Broken, MAX_HEAD};

pub const GZIP: [u8; 3] = [0x1F, 0x8B, 8];

/// Where reading is, and what is known of the members so far.
pub struct Stream<R: Read> {
    pub at: At<R>,
    pub gzip: Option<bool>,
    /// Every record so far had a gzip member of its own.
    pub aligned: bool,
    /// Records that ended where their member did.
    pub ended_with_member: u64,
    pub in_record: bool,
    /// Offset of the member being read.
    member: u64,
}

pub enum At<R: Read> {
    /// Between records, or in a plain file.
    Tape(Tape<R>),
    Member(Box<BufReader<GzDecoder<Tape<R>>>>),
    Ended,
}

impl<R: Read> Stream<R> {
    pub fn new(input: R) -> Stream<R> {
        Stream {
            at: At::Tape(Tape::new(input)),
            gzip: None,
            aligned: true,
            ended_with_member: 0,
            in_record: false,
            member: 0,
        }
    }

    /// Whether there is anything; at the file's beginning, tells by its bytes what it is.
    pub fn tell(&mut self) -> Result<bool, Broken> {
        if let At::Tape(tape) = &mut self.at
            && self.gzip.is_none()
        {
            if tape.fill_buf()?.is_empty() {
                return Ok(false);
            }
            self.gzip = Some(tape.begins_with(&GZIP)?);
        }
        Ok(true)
    }

    /// Whether reading is within a gzip member.
    pub fn in_member(&self) -> bool {
        matches!(self.at, At::Member(_))
    }

    pub fn offset(&self) -> u64 {
        match &self.at {
            At::Tape(tape) => tape.offset(),
            At::Member(member) if !self.aligned => member.get_ref().get_ref().offset(),
            _ => self.member,
        }
    }

    pub fn line(&mut self, limit: usize) -> Result<Vec<u8>, Broken> {
        let line = self.part_of_line(limit + 1)?;
        match line.ends_with(b"\n") {
            _ if line.len() > limit => Err(Broken(format!("the head of the record is longer than {MAX_HEAD} bytes"))),
            true => Ok(line),
            false => Err(Broken("the record breaks off in its head".into())),
        }
    }

    /// What comes next up to the end of its line, at most `limit` bytes; nothing at the end of the file.
    pub fn part_of_line(&mut self, limit: usize) -> Result<Vec<u8>, Broken> {
        let mut line = Vec::new();
        while line.len() < limit {
            let bytes = self.fill()?;
            let bytes = &bytes[..bytes.len().min(limit - line.len())];
            if bytes.is_empty() {
                break;
            }
            let end = memchr::memchr(b'\n', bytes).map(|at| at + 1);
            let taken = end.unwrap_or(bytes.len());
            line.extend_from_slice(&bytes[..taken]);
            self.consume(taken);
            if end.is_some() {
                break;
            }
        }
        Ok(line)
    }

    /// The bytes that come next, across members; empty at the end of the file.
    pub fn fill(&mut self) -> Result<&[u8], Broken> {
        if self.gzip != Some(true) {
            return match &mut self.at {
                At::Tape(tape) => Ok(tape.fill_buf()?),
                _ => Ok(&[]),
            };
        }
        while self.fill_of_member()?.is_empty() {
            if matches!(self.at, At::Member(_)) {
                if self.in_record && self.aligned && self.ended_with_member > 0 {
                    return Err(Broken("the record is longer than its gzip member".into()));
                }
                self.aligned &= !self.in_record;
                self.leave_member();
            }
            if !self.enter_member()? {
                return Ok(&[]);
            }
        }
        self.fill_of_member()
    }

    /// The bytes that come next in the member being read; empty at its end, which is where its check has passed.
    pub fn fill_of_member(&mut self) -> Result<&[u8], Broken> {
        match &mut self.at {
            At::Member(member) => Ok(member.fill_buf()?),
            _ => Ok(&[]),
        }
    }

    pub fn consume(&mut self, count: usize) {
        match &mut self.at {
            At::Tape(tape) => tape.consume(count),
            At::Member(member) => member.consume(count),
            At::Ended => {}
        }
    }

    pub fn leave_member(&mut self) {
        self.at = match std::mem::replace(&mut self.at, At::Ended) {
            At::Member(member) => At::Tape(member.into_inner().into_inner()),
            other => other,
        };
    }

    /// Opens the member that begins here; false at the end of the file.
    fn enter_member(&mut self) -> Result<bool, Broken> {
        let At::Tape(tape) = &mut self.at else { return Ok(false) };
        if tape.fill_buf()?.is_empty() {
            return Ok(false);
        }
        tape.mark();
        self.member = tape.offset();
        if !tape.begins_with(&GZIP)? {
            return Err(Broken("no gzip member begins here".into()));
        }
        self.at = match std::mem::replace(&mut self.at, At::Ended) {
            At::Tape(tape) => At::Member(Box::new(BufReader::new(GzDecoder::new(tape)))),
            other => other,
        };
        Ok(true)
    }
}
