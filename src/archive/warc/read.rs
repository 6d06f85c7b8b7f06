//! WARC read (1.0, 1.1 and the drafts before): a gzip member for each record, one gzip stream, or plain, told by the bytes.
//!
//! A record counts only when it is whole: its length is there, what follows it is the end or another record, its gzip member
//! passes its check, and its block has the digest it names. What is damaged is told with its offset and never handed out.
//! Behind a damaged member the reader goes on at the next one that holds a record, where every record has had a member of its
//! own; elsewhere nothing says where the next record begins, and the reading ends there.

use std::io::{BufRead, BufReader, Read};

use flate2::bufread::GzDecoder;

use super::http;
use super::labelled::{self, Check};
use super::tape::Tape;
use crate::exchange::Headers;

/// A block is kept up to here, bytes; the rest is read past and the record says so.
pub const MAX_BLOCK: usize = 64 << 20;
/// Head of a record, bytes.
const MAX_HEAD: usize = 1 << 20;
/// A file made of nothing but damage is gone back over for so many bytes in all, then only forward.
const MAX_GONE_BACK: u64 = 1 << 30;
const GZIP: [u8; 3] = [0x1F, 0x8B, 8];
const VERSION: &[u8] = b"WARC/";

/// A record as it lies in the file.
#[derive(Clone, Debug)]
pub struct Record {
    /// Of its first byte or of its gzip member; in one gzip stream, of the bytes being unpacked.
    pub offset: u64,
    /// Named fields, without the version line.
    pub fields: Headers,
    pub block: Vec<u8>,
    /// The block's length as declared, bytes: more than `block` holds where it passed [`MAX_BLOCK`].
    pub length: u64,
}

impl Record {
    /// A field; empty values count as none.
    pub fn field(&self, name: &str) -> Option<String> {
        self.fields.get(name).filter(|value| !value.is_empty())
    }

    /// WARC-Type, lower case.
    pub fn kind(&self) -> String {
        self.field("WARC-Type").unwrap_or_default().to_ascii_lowercase()
    }

    /// WARC-Target-URI, without the angle brackets that some writers put around it.
    pub fn target(&self) -> Option<String> {
        self.field("WARC-Target-URI").map(|uri| unbracketed(&uri).to_owned())
    }
}

/// `<x>` or `x`.
pub fn unbracketed(text: &str) -> &str {
    text.strip_prefix('<').and_then(|text| text.strip_suffix('>')).unwrap_or(text)
}

/// A place that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    pub offset: u64,
    pub why: String,
    /// Nothing behind it was read.
    pub last: bool,
}

pub enum Step {
    Record(Record),
    Damage(Damage),
}

/// Records in the order of the file.
pub struct Reader<R: Read> {
    stream: Stream<R>,
    gzip: Option<bool>,
    /// Every record so far had a gzip member of its own.
    aligned: bool,
    /// Records that ended where their member did.
    ended_with_member: u64,
    in_record: bool,
    /// Offset of the member being read.
    member: u64,
    /// Bytes gone back over after damage.
    gone_back: u64,
}

enum Stream<R: Read> {
    /// Between records, or in a plain file.
    Tape(Tape<R>),
    Member(Box<BufReader<GzDecoder<Tape<R>>>>),
    Ended,
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
        Reader {
            stream: Stream::Tape(Tape::new(input)),
            gzip: None,
            aligned: true,
            ended_with_member: 0,
            in_record: false,
            member: 0,
            gone_back: 0,
        }
    }

    fn step(&mut self) -> Option<Step> {
        let begun = self.begin();
        let offset = self.offset();
        match begun {
            Ok(false) => {
                self.stream = Stream::Ended;
                None
            }
            Ok(true) => {
                self.in_record = true;
                let record = self.record(offset);
                self.in_record = false;
                Some(record.unwrap_or_else(|broken| self.recover(offset, broken)))
            }
            Err(broken) => Some(self.recover(offset, broken)),
        }
    }

    /// Goes to the first byte of a record; false at the end.
    fn begin(&mut self) -> Result<bool, Broken> {
        if let Stream::Tape(tape) = &mut self.stream
            && self.gzip.is_none()
        {
            if tape.fill_buf()?.is_empty() {
                return Ok(false);
            }
            self.gzip = Some(tape.begins_with(&GZIP)?);
        }
        loop {
            let line_end = match self.bytes()? {
                [] => return Ok(false),
                [b'\r' | b'\n', ..] => 1,
                _ => return Ok(true),
            };
            self.consume(line_end);
        }
    }

    fn record(&mut self, offset: u64) -> Result<Step, Broken> {
        let version = self.line(MAX_HEAD)?;
        if !version.starts_with(VERSION) {
            return Err(Broken("no WARC record begins here".into()));
        }
        let mut head = Vec::new();
        loop {
            let line = self.line(MAX_HEAD - head.len().min(MAX_HEAD))?;
            let end = line.iter().all(|byte| matches!(byte, b'\r' | b'\n'));
            head.extend_from_slice(&line);
            if end {
                break;
            }
        }
        let (fields, _) = http::fields(&head);
        let length: u64 = fields
            .get("Content-Length")
            .and_then(|length| length.parse().ok())
            .ok_or_else(|| Broken("the record names no Content-Length".into()))?;
        let label = fields.get("WARC-Block-Digest");
        let mut check = label.as_deref().and_then(Check::of);
        let block = self.block(length, check.as_mut())?;
        self.expect_end()?;
        // wget gives its revisits the digest of nothing.
        let is_revisit = fields.get("WARC-Type").is_some_and(|kind| kind.eq_ignore_ascii_case("revisit"));
        let excused = is_revisit && label.as_deref().is_some_and(|label| labelled::agrees(label, b"") == Some(true));
        if check.is_some_and(|check| !check.holds()) && !excused {
            let why = format!("the block does not have the digest {}", label.unwrap_or_default());
            return Ok(Step::Damage(Damage { offset, why, last: false }));
        }
        Ok(Step::Record(Record { offset, fields, block, length }))
    }

    fn block(&mut self, length: u64, mut check: Option<&mut Check>) -> Result<Vec<u8>, Broken> {
        let mut block = Vec::new();
        let mut left = length;
        while left > 0 {
            let bytes = self.bytes()?;
            if bytes.is_empty() {
                return Err(Broken(format!("the record breaks off after {} of {length} bytes", length - left)));
            }
            let taken = bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            let room = MAX_BLOCK - block.len();
            block.extend_from_slice(&bytes[..taken.min(room)]);
            if let Some(check) = &mut check {
                check.update(&bytes[..taken]);
            }
            self.consume(taken);
            left -= taken as u64;
        }
        Ok(block)
    }

    /// What follows a block: line ends, then the end of the member or of the file, or the next record.
    fn expect_end(&mut self) -> Result<(), Broken> {
        loop {
            let in_member = matches!(self.stream, Stream::Member(_));
            let next = if in_member { self.bytes_of_member()? } else { self.bytes()? };
            match next {
                [] => {
                    self.ended_with_member += u64::from(in_member);
                    return Ok(());
                }
                [b'\r' | b'\n', ..] => self.consume(1),
                [first, ..] if *first == VERSION[0] => {
                    self.aligned &= !in_member;
                    return Ok(());
                }
                _ => return Err(Broken("the record's length does not lead to its end".into())),
            }
        }
    }

    /// Says what is damaged and goes to the next member, where that is safe.
    fn recover(&mut self, offset: u64, broken: Broken) -> Step {
        let mut tape = match std::mem::replace(&mut self.stream, Stream::Ended) {
            Stream::Tape(tape) => tape,
            Stream::Member(member) => member.into_inner().into_inner(),
            Stream::Ended => return Step::Damage(Damage { offset, why: broken.0, last: true }),
        };
        if let Some(fault) = tape.fault() {
            return Step::Damage(Damage { offset: tape.offset(), why: format!("reading fails: {fault}"), last: true });
        }
        let safe = self.gzip == Some(true) && self.aligned;
        let reached = tape.offset();
        if self.gone_back < MAX_GONE_BACK && tape.rewind() {
            self.gone_back += reached - tape.offset();
            tape.consume(1);
        }
        if safe && matches!(next_member(&mut tape), Ok(true)) {
            self.stream = Stream::Tape(tape);
            return Step::Damage(Damage { offset, why: broken.0, last: false });
        }
        Step::Damage(Damage { offset, why: broken.0, last: true })
    }

    fn offset(&self) -> u64 {
        match &self.stream {
            Stream::Tape(tape) => tape.offset(),
            Stream::Member(member) if !self.aligned => member.get_ref().get_ref().offset(),
            _ => self.member,
        }
    }

    fn line(&mut self, limit: usize) -> Result<Vec<u8>, Broken> {
        let mut line = Vec::new();
        loop {
            let bytes = self.bytes()?;
            if bytes.is_empty() {
                return Err(Broken("the record breaks off in its head".into()));
            }
            let end = memchr::memchr(b'\n', bytes).map(|at| at + 1);
            let taken = end.unwrap_or(bytes.len());
            line.extend_from_slice(&bytes[..taken]);
            self.consume(taken);
            if line.len() > limit {
                return Err(Broken(format!("the head of the record is longer than {MAX_HEAD} bytes")));
            }
            if end.is_some() {
                return Ok(line);
            }
        }
    }

    /// The bytes that come next, across members; empty at the end of the file.
    fn bytes(&mut self) -> Result<&[u8], Broken> {
        if self.gzip != Some(true) {
            return match &mut self.stream {
                Stream::Tape(tape) => Ok(tape.fill_buf()?),
                _ => Ok(&[]),
            };
        }
        while self.bytes_of_member()?.is_empty() {
            if matches!(self.stream, Stream::Member(_)) {
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
        self.bytes_of_member()
    }

    /// The bytes that come next in the member being read; empty at its end, which is where its check has passed.
    fn bytes_of_member(&mut self) -> Result<&[u8], Broken> {
        match &mut self.stream {
            Stream::Member(member) => Ok(member.fill_buf()?),
            _ => Ok(&[]),
        }
    }

    fn consume(&mut self, count: usize) {
        match &mut self.stream {
            Stream::Tape(tape) => tape.consume(count),
            Stream::Member(member) => member.consume(count),
            Stream::Ended => {}
        }
    }

    fn leave_member(&mut self) {
        self.stream = match std::mem::replace(&mut self.stream, Stream::Ended) {
            Stream::Member(member) => Stream::Tape(member.into_inner().into_inner()),
            other => other,
        };
    }

    /// Opens the member that begins here; false at the end of the file.
    fn enter_member(&mut self) -> Result<bool, Broken> {
        let Stream::Tape(tape) = &mut self.stream else { return Ok(false) };
        if tape.fill_buf()?.is_empty() {
            return Ok(false);
        }
        tape.mark();
        self.member = tape.offset();
        if !tape.begins_with(&GZIP)? {
            return Err(Broken("no gzip member begins here".into()));
        }
        self.stream = match std::mem::replace(&mut self.stream, Stream::Ended) {
            Stream::Tape(tape) => Stream::Member(Box::new(BufReader::new(GzDecoder::new(tape)))),
            other => other,
        };
        Ok(true)
    }
}

impl<R: Read> Iterator for Reader<R> {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        self.step()
    }
}

/// Goes to the next gzip member whose first bytes are those of a record. Bytes in the middle of a member that look like the
/// beginning of another do not unpack to that.
fn next_member<R: Read>(tape: &mut Tape<R>) -> std::io::Result<bool> {
    /// Compressed bytes in which the first few must appear.
    const TRIED: u64 = 4 << 10;
    while tape.seek_to(&GZIP)? {
        tape.mark();
        let mut first = [0; VERSION.len()];
        let unpacked = GzDecoder::new((&mut *tape).take(TRIED)).read_exact(&mut first);
        tape.rewind();
        if unpacked.is_ok() && first == VERSION {
            return Ok(true);
        }
        tape.consume(1);
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn record(n: usize, body: &[u8]) -> Vec<u8> {
        let head = format!(
            "WARC/1.0\r\nWARC-Type: resource\r\nWARC-Target-URI: <http://a.gov.cn/{n}>\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        [head.as_bytes(), body, b"\r\n\r\n"].concat()
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    /// `0 1 !34 2` : records by the number in their address, damages by their offset.
    fn told(file: &[u8]) -> String {
        let steps = Reader::new(file).map(|step| match step {
            Step::Record(record) => record.target().unwrap().rsplit('/').next().unwrap().to_owned(),
            Step::Damage(damage) => format!("!{}{}", damage.offset, if damage.last { " end" } else { "" }),
        });
        steps.collect::<Vec<_>>().join(" ")
    }

    fn bodies() -> Vec<Vec<u8>> {
        (0..4usize).map(|n| (0..5_000 * n as u32).map(|at| (at * at / 7 + n as u32) as u8).collect()).collect()
    }

    #[test]
    fn members_streams_and_plain_files_are_one() {
        let records: Vec<Vec<u8>> = bodies().iter().enumerate().map(|(n, body)| record(n, body)).collect();
        let members: Vec<u8> = records.iter().flat_map(|record| gzip(record)).collect();
        let stream = gzip(&records.concat());
        // Members cut where no record ends.
        let odd: Vec<u8> = records.concat().chunks(777).flat_map(gzip).collect();
        for file in [records.concat(), members, stream, odd] {
            assert_eq!(told(&file), "0 1 2 3");
            for (n, step) in Reader::new(file.as_slice()).enumerate() {
                let Step::Record(record) = step else { panic!("damage") };
                assert_eq!(record.block, bodies()[n]);
            }
        }
        assert_eq!(told(b""), "");
    }

    #[test]
    fn a_damaged_member_costs_itself() {
        let members: Vec<Vec<u8>> = bodies().iter().enumerate().map(|(n, body)| gzip(&record(n, body))).collect();
        let at: Vec<usize> = (0..4).map(|n| members[..n].iter().map(Vec::len).sum()).collect();
        for within in [0, 5, 40, members[2].len() - 3] {
            let mut file = members.concat();
            file[at[2] + within] ^= 0x10;
            if within == 5 {
                // Time of the member: says nothing about the record.
                assert_eq!(told(&file), "0 1 2 3");
            } else {
                assert_eq!(told(&file), format!("0 1 !{} 3", at[2]), "byte {within}");
            }
        }
        let file = members.concat();
        assert_eq!(told(&file[..at[3] + 9]), format!("0 1 2 !{} end", at[3]));
        assert_eq!(told(&[&b"garbage"[..], &file].concat()), "!0 end");
        assert_eq!(told(&[&members[0][..], b"garbage", &members[1]].concat()), format!("0 !{} 1", at[1]));
    }

    #[test]
    fn where_records_share_a_stream_the_reading_ends_at_the_damage() {
        let records: Vec<Vec<u8>> = bodies().iter().enumerate().map(|(n, body)| record(n, body)).collect();
        let stream = gzip(&records.concat());
        let told_of_torn = told(&stream[..stream.len() * 2 / 3]);
        assert!(told_of_torn.starts_with("0 1 ") && told_of_torn.ends_with(" end"), "{told_of_torn}");
        let plain = records.concat();
        let torn = told(&plain[..plain.len() - 2_000]);
        assert_eq!(torn, format!("0 1 2 !{} end", records[..3].concat().len()));
        let mut wrong_length = plain.clone();
        let at = wrong_length.windows(20).position(|bytes| bytes == b"Content-Length: 5000").unwrap();
        wrong_length[at + 16] = b'4';
        assert_eq!(told(&wrong_length), format!("0 !{} end", records[0].len()));
    }

    #[test]
    fn a_block_must_have_its_digest() {
        let label = super::super::labelled::sha1_of(b"body");
        let whole = format!(
            "WARC/1.1\r\nWARC-Type: metadata\r\nWARC-Target-URI: http://a/0\r\nWARC-Block-Digest: {label}\r\nContent-Length: 4\r\n\r\nbody\r\n\r\n"
        );
        assert_eq!(told(whole.as_bytes()), "0");
        assert_eq!(told(format!("{}{whole}", whole.replace("\nbody", "\nBody")).as_bytes()), "!0 0");
    }
}
