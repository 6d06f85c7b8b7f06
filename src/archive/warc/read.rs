//! WARC read (1.0, 1.1 and the drafts before), and ARC: a gzip member for each record, one gzip stream, or plain, told by the
//! bytes.
//!
//! A record counts only when it is whole: its length is there, what follows it is the end or another record, its gzip member
//! passes its check, and its block has the digest it names. What is damaged is told with its offset and never handed out.
//! Behind a damaged member the reader goes on at the next one that holds a record, where every record has had a member of its
//! own; elsewhere at the next line that a record begins with (behind an empty one, in WARC). There, a page that holds the text
//! of a whole record may pass for one behind damage: what was reported says where to look.

use std::io::{BufRead, BufReader, Read};

use flate2::bufread::GzDecoder;

use super::labelled::{self, Check};
use super::tape::Tape;
use super::{arc, http};
use crate::exchange::Headers;

/// A block is kept up to here, bytes; the rest is read past and the record says so.
pub const MAX_BLOCK: usize = 64 << 20;
/// Head of a record, bytes.
const MAX_HEAD: usize = 1 << 20;
/// A file made of nothing but damage is gone back over for so many bytes in all, then only forward.
const MAX_GONE_BACK: u64 = 1 << 30;
const GZIP: [u8; 3] = [0x1F, 0x8B, 8];
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
    /// Of the first record, and so of all.
    format: Option<Format>,
    /// The line that the next record begins with, where it was read already, and its offset.
    ahead: Option<(u64, Vec<u8>)>,
    /// Documents of this ARC have a line end behind them that belongs to none, as the first one has.
    separated: Option<bool>,
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
            format: None,
            ahead: None,
            separated: None,
            aligned: true,
            ended_with_member: 0,
            in_record: false,
            member: 0,
            gone_back: 0,
        }
    }

    fn step(&mut self) -> Option<Step> {
        let begun = self.begin();
        let offset = self.ahead.as_ref().map_or_else(|| self.offset(), |(offset, _)| *offset);
        match begun {
            Ok(false) => {
                self.stream = Stream::Ended;
                None
            }
            Ok(true) => {
                self.in_record = true;
                if let (Stream::Tape(tape), Some(false)) = (&mut self.stream, self.gzip) {
                    tape.mark_before(self.ahead.as_ref().map_or(0, |(_, line)| line.len()));
                }
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
        if self.ahead.is_some() {
            return Ok(true);
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
        let line = match self.ahead.take() {
            Some((_, line)) => line,
            None => self.line(MAX_HEAD)?,
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
            let line = self.line(MAX_HEAD - head.len().min(MAX_HEAD))?;
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

    /// What follows a block: line ends, then the end of the member or of the file, or the next record. Where documents of an ARC
    /// have a line end between them, one without it has a length that is wrong by one.
    fn expect_end(&mut self, is_document: bool) -> Result<(), Broken> {
        let mut separated = false;
        loop {
            let in_member = matches!(self.stream, Stream::Member(_));
            let next = if in_member { self.bytes_of_member()? } else { self.bytes()? };
            match (next.first().copied(), self.format) {
                (None, _) => {
                    self.ended_with_member += u64::from(in_member);
                    return Ok(());
                }
                (Some(b'\r' | b'\n'), _) => {
                    separated = true;
                    self.consume(1);
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
        self.aligned &= !matches!(self.stream, Stream::Member(_));
        if is_document {
            self.separated.get_or_insert(separated);
        }
        Ok(())
    }

    /// Takes the line that another document of an ARC begins with; whether there is one.
    fn look_ahead(&mut self) -> bool {
        let offset = self.offset();
        let Ok(line) = self.line(arc::MAX_LINE) else { return false };
        let begins = arc::begins(&line);
        self.ahead = begins.then_some((offset, line));
        begins
    }

    /// Says what is damaged and goes to the next member or line that holds a record.
    fn recover(&mut self, offset: u64, broken: Broken) -> Step {
        self.ahead = None;
        if self.gzip == Some(true) && self.aligned {
            self.leave_member();
        }
        let tape = match &self.stream {
            Stream::Tape(tape) => Some(tape),
            Stream::Member(member) => Some(member.get_ref().get_ref()),
            Stream::Ended => None,
        };
        if let Some((tape, fault)) = tape.and_then(|tape| Some((tape, tape.fault()?))) {
            let (offset, why) = (tape.offset(), format!("reading fails: {fault}"));
            self.stream = Stream::Ended;
            return Step::Damage(Damage { offset, why, last: true });
        }
        let found = match &mut self.stream {
            Stream::Tape(tape) => {
                let reached = tape.offset();
                if self.gone_back < MAX_GONE_BACK && tape.rewind() {
                    self.gone_back += reached - tape.offset();
                    tape.consume(1);
                }
                if self.gzip == Some(true) { next_member(tape).unwrap_or(false) } else { self.next_line() }
            }
            _ => self.next_line(),
        };
        if !found {
            self.stream = Stream::Ended;
        }
        Step::Damage(Damage { offset, why: broken.0, last: !found })
    }

    /// Goes behind the next line that a record begins with, and keeps it; false where none comes.
    fn next_line(&mut self) -> bool {
        // Whether a line begins here, and whether the one before it is empty.
        let (mut begins, mut blank) = (false, false);
        loop {
            let offset = self.offset();
            let Ok(part) = self.part_of_line(arc::MAX_LINE) else { return false };
            if part.is_empty() {
                return false;
            }
            let known = |format| self.format.is_none_or(|known| known == format);
            if begins && format(&part).is_some_and(|it| known(it) && (it == Format::Arc || blank)) {
                self.ahead = Some((offset, part));
                return true;
            }
            blank = begins && matches!(part.as_slice(), b"\r\n" | b"\n");
            begins = part.ends_with(b"\n");
        }
    }

    fn offset(&self) -> u64 {
        match &self.stream {
            Stream::Tape(tape) => tape.offset(),
            Stream::Member(member) if !self.aligned => member.get_ref().get_ref().offset(),
            _ => self.member,
        }
    }

    fn line(&mut self, limit: usize) -> Result<Vec<u8>, Broken> {
        let line = self.part_of_line(limit + 1)?;
        match line.ends_with(b"\n") {
            _ if line.len() > limit => Err(Broken(format!("the head of the record is longer than {MAX_HEAD} bytes"))),
            true => Ok(line),
            false => Err(Broken("the record breaks off in its head".into())),
        }
    }

    /// What comes next up to the end of its line, at most `limit` bytes; nothing at the end of the file.
    fn part_of_line(&mut self, limit: usize) -> Result<Vec<u8>, Broken> {
        let mut line = Vec::new();
        while line.len() < limit {
            let bytes = self.bytes()?;
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

/// Goes to the next gzip member whose first line is that of a record. Bytes in the middle of a member that look like the
/// beginning of another do not unpack to that.
fn next_member<R: Read>(tape: &mut Tape<R>) -> std::io::Result<bool> {
    /// Compressed bytes in which the first line must appear.
    const TRIED: u64 = 4 << 10;
    while tape.seek_to(&GZIP)? {
        tape.mark();
        let member = GzDecoder::new((&mut *tape).take(TRIED)).take(arc::MAX_LINE as u64);
        // What comes behind the first line, and that the member is cut here, is nothing to it. Some ARCs have an empty one first.
        let mut lines = BufReader::with_capacity(512, member).split(b'\n').map_while(Result::ok);
        let first = lines.find(|line| !line.trim_ascii().is_empty()).unwrap_or_default();
        tape.rewind();
        if format(&[&first[..], b"\n"].concat()).is_some() {
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
    fn a_stream_that_is_torn_ends_there() {
        let records: Vec<Vec<u8>> = bodies().iter().enumerate().map(|(n, body)| record(n, body)).collect();
        let stream = gzip(&records.concat());
        let told_of_torn = told(&stream[..stream.len() * 2 / 3]);
        assert!(told_of_torn.starts_with("0 1 ") && told_of_torn.ends_with(" end"), "{told_of_torn}");
        let plain = records.concat();
        let torn = told(&plain[..plain.len() - 2_000]);
        assert_eq!(torn, format!("0 1 2 !{} end", records[..3].concat().len()));
    }

    /// A record with another number for its length, put in place of `length`.
    fn with_length(record: &[u8], length: usize, other: &str) -> Vec<u8> {
        let length = length.to_string();
        let at = memchr::memmem::find(record, length.as_bytes()).unwrap();
        [&record[..at], other.as_bytes(), &record[at + length.len()..]].concat()
    }

    #[test]
    fn behind_a_wrong_length_the_next_record_is_found() {
        let records: Vec<Vec<u8>> = bodies().iter().enumerate().map(|(n, body)| record(n, body)).collect();
        let at = records[0].len();
        // Too short, too long by more than its line ends, by two records, by more than the file has, and no number.
        for length in ["4999", "0", "5005", "12000", "99999999", "18446744073709551615", "x", ""] {
            let wrong = with_length(&records[1], 5_000, length);
            let file = [&records[0][..], &wrong, &records[2], &records[3]].concat();
            assert_eq!(told(&file), format!("0 !{at} 2 3"), "{length}");
            // Two of them, each told of.
            let file = [&records[0][..], &wrong, &wrong, &records[3]].concat();
            assert_eq!(told(&file), format!("0 !{at} !{} 3", at + wrong.len()), "{length}");
            let file = [&wrong[..], &records[3]].concat();
            assert_eq!(told(&file), "!0 3", "{length}");
            let file = [&records[0][..], &wrong].concat();
            assert_eq!(told(&file), format!("0 !{at} end"), "{length}");
            // In one gzip stream nothing goes back: what the length ran over is lost, what comes behind is not.
            let stream = gzip(&[&records[0][..], &wrong, &records[2], &records[3]].concat());
            let told = told(&stream);
            let (lost, short) = (length.len() > 5, length.parse().is_ok_and(|length: u64| length > 5_000));
            assert!(told.starts_with("0 !") && told.ends_with(if lost { " end" } else { " 3" }), "{length}: {told}");
            assert!(short || told.ends_with(" 2 3"), "{length}: {told}");
        }
        // A line like that of a record counts only behind an empty one.
        let page = b"<p>\nWARC/1.0\r\nContent-Length: 0\r\n\r\n</p>";
        let wrong = with_length(&record(1, page), page.len(), "2");
        assert_eq!(told(&[&records[0][..], &wrong, &records[2]].concat()), format!("0 !{at} 2"));
        assert_eq!(told(b"<html>\nWARC/ is the name of a format\n</html>\n"), "!0 end");
    }

    /// Documents of an ARC behind its version block, as the format's description has them.
    fn arc(version: usize, count: usize) -> Vec<Vec<u8>> {
        let names = ["Archive-length", "Result-code Checksum Location Offset Filename Archive-length"][version - 1];
        let block = format!("{version} 0 Alexa Internet\nURL IP-address Archive-date Content-type {names}\n\n");
        let head = format!("filedesc://a.arc 0.0.0.0 20080102030405 text/plain {}\n", block.len());
        let more = ["", "200 fac069150613fe55599cc7fa88aa089d - 209 a.arc "][version - 1];
        let document = |n: usize| {
            let body = [&b"HTTP/1.1 200 OK\r\n\r\n"[..], &bodies()[n]].concat();
            let line = format!("\nhttp://a.gov.cn/{n} 192.0.2.1 20080102030405 text/html {more}{}\n", body.len());
            [line.as_bytes(), &body].concat()
        };
        [(head + &block).into_bytes()].into_iter().chain((0..count).map(document)).collect()
    }

    #[test]
    fn documents_of_an_arc_are_records() {
        for version in [1, 2] {
            let parts = arc(version, 4);
            let newline_last = |part: &Vec<u8>| {
                let part = part.strip_prefix(b"\n").unwrap_or(part);
                gzip(&[part, b"\n"].concat())
            };
            let members: Vec<u8> = parts.iter().flat_map(newline_last).collect();
            let unseparated: Vec<u8> =
                parts.iter().flat_map(|part| part.strip_prefix(b"\n").unwrap_or(part).to_vec()).collect();
            let newline_first: Vec<u8> = parts.iter().flat_map(|part| gzip(part)).collect();
            for file in [parts.concat(), unseparated, members, newline_first, gzip(&parts.concat())] {
                assert_eq!(told(&file), "a.arc 0 1 2 3", "version {version}");
                let records: Vec<Record> = Reader::new(file.as_slice())
                    .map(|step| match step {
                        Step::Record(record) => record,
                        Step::Damage(damage) => panic!("{damage:?}"),
                    })
                    .collect();
                assert_eq!(records[0].kind(), "warcinfo");
                for (n, record) in records[1..].iter().enumerate() {
                    assert_eq!(record.kind(), "response");
                    assert_eq!(record.block, [&b"HTTP/1.1 200 OK\r\n\r\n"[..], &bodies()[n]].concat());
                    assert_eq!(record.field("WARC-IP-Address").as_deref(), Some("192.0.2.1"));
                }
            }
        }
    }

    #[test]
    fn a_damaged_document_costs_itself() {
        for version in [1, 2] {
            let parts = arc(version, 4);
            let at: Vec<usize> = (0..5).map(|n| parts[..n].concat().len()).collect();
            for length in ["4999", "5018", "5020", "10100", "99999999", "x"] {
                let wrong = with_length(&parts[2], 5_019, length);
                let file = [&parts[0][..], &parts[1], &wrong, &parts[3], &parts[4]].concat();
                assert_eq!(told(&file), format!("a.arc 0 !{} 2 3", at[2] + 1), "{length}");
                let file = [&parts[0][..], &parts[1], &wrong].concat();
                assert_eq!(told(&file), format!("a.arc 0 !{} end", at[2] + 1), "{length}");
                let members = [&parts[0][..], &parts[1], &wrong, &parts[3], &parts[4]].map(gzip);
                let third = members[..2].concat().len();
                assert_eq!(told(&members.concat()), format!("a.arc 0 !{third} 2 3"), "{length}");
            }
            let mut members: Vec<Vec<u8>> = parts.iter().map(|part| gzip(part)).collect();
            let third = members[..2].concat().len();
            members[2][60] ^= 0x10;
            assert_eq!(told(&members.concat()), format!("a.arc 0 !{third} 2 3"));
            let torn = &parts.concat()[..at[3] + 3_000];
            assert_eq!(told(torn), format!("a.arc 0 1 !{} end", at[3] + 1));
            // The version block torn away, documents are documents.
            assert_eq!(told(&parts[1..].concat()), "0 1 2 3");
        }
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
