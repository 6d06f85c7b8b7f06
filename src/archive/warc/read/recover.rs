//! Behind damage: where the next record is.

use std::io::{BufRead, BufReader, Read};

use flate2::bufread::GzDecoder;

use super::super::arc;
use super::super::tape::Tape;
use super::stream::{At, GZIP};
use super::{Broken, Damage, Format, Reader, Step, format};

/// A file made of nothing but damage is gone back over for so many bytes in all, then only forward.
const MAX_GONE_BACK: u64 = 1 << 30;

impl<R: Read> Reader<R> {
    /// Says what is damaged and goes to the next member or line that holds a record.
    pub(super) fn recover(&mut self, offset: u64, broken: Broken) -> Step {
        self.ahead = None;
        if self.stream.gzip == Some(true) && self.stream.aligned {
            self.stream.leave_member();
        }
        let tape = match &self.stream.at {
            At::Tape(tape) => Some(tape),
            At::Member(member) => Some(member.get_ref().get_ref()),
            At::Ended => None,
        };
        if let Some((tape, fault)) = tape.and_then(|tape| Some((tape, tape.fault()?))) {
            let (offset, why) = (tape.offset(), format!("reading fails: {fault}"));
            self.stream.at = At::Ended;
            return Step::Damage(Damage { offset, why, last: true });
        }
        let found = match &mut self.stream.at {
            At::Tape(tape) => {
                let reached = tape.offset();
                if self.gone_back < MAX_GONE_BACK && tape.rewind() {
                    self.gone_back += reached - tape.offset();
                    tape.consume(1);
                }
                if self.stream.gzip == Some(true) { next_member(tape).unwrap_or(false) } else { self.next_line() }
            }
            _ => self.next_line(),
        };
        if !found {
            self.stream.at = At::Ended;
        }
        Step::Damage(Damage { offset, why: broken.0, last: !found })
    }

    /// Goes behind the next line that a record begins with, and keeps it; false where none comes.
    fn next_line(&mut self) -> bool {
        // Whether a line begins here, and whether the one before it is empty.
        let (mut begins, mut blank) = (false, false);
        loop {
            let offset = self.stream.offset();
            let Ok(part) = self.stream.part_of_line(arc::MAX_LINE) else { return false };
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
