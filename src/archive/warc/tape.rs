//! Bytes read once, with the last of them kept so that a reader can go back.

use std::io::{self, BufRead, Read};

/// Bytes that are kept to go back over; a longer stretch is only gone forward over.
const KEPT: usize = 64 << 20;
const CHUNK: usize = 64 << 10;

/// A reader that knows its offset and can go back to where it was last marked.
pub struct Tape<R> {
    inner: R,
    bytes: Vec<u8>,
    /// Offset of `bytes[0]` in the file.
    start: u64,
    at: usize,
    mark: Option<usize>,
    /// What the file itself failed with, which decoders pass on as one of their own.
    fault: Option<String>,
}

impl<R: Read> Tape<R> {
    pub fn new(inner: R) -> Tape<R> {
        Tape { inner, bytes: Vec::new(), start: 0, at: 0, mark: None, fault: None }
    }

    /// Offset of the next byte.
    pub fn offset(&self) -> u64 {
        self.start + self.at as u64
    }

    pub fn mark(&mut self) {
        self.mark = Some(self.at);
    }

    /// Marks a place so many bytes back, if they are there still.
    pub fn mark_before(&mut self, bytes: usize) {
        self.mark = self.at.checked_sub(bytes);
    }

    /// Goes back to the mark, if that is not too far; the mark is spent.
    pub fn rewind(&mut self) -> bool {
        self.mark.take().map(|mark| self.at = mark).is_some()
    }

    pub fn fault(&self) -> Option<&str> {
        self.fault.as_deref()
    }

    /// Whether the next bytes are these; nothing is taken.
    pub fn begins_with(&mut self, wanted: &[u8]) -> io::Result<bool> {
        while self.bytes.len() - self.at < wanted.len() && self.more()? {}
        Ok(self.bytes[self.at..].starts_with(wanted))
    }

    /// Goes forward to the next place where `wanted` stands; whether there is one.
    pub fn seek_to(&mut self, wanted: &[u8]) -> io::Result<bool> {
        loop {
            if let Some(found) = memchr::memmem::find(&self.bytes[self.at..], wanted) {
                self.at += found;
                return Ok(true);
            }
            self.at = self.bytes.len().saturating_sub(wanted.len() - 1).max(self.at);
            if !self.more()? {
                self.at = self.bytes.len();
                return Ok(false);
            }
        }
    }

    /// Reads another chunk behind what is there; false at the end.
    fn more(&mut self) -> io::Result<bool> {
        self.forget();
        let length = self.bytes.len();
        self.bytes.resize(length + CHUNK, 0);
        let read = loop {
            match self.inner.read(&mut self.bytes[length..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        self.bytes.truncate(length + *read.as_ref().unwrap_or(&0));
        let read = read.inspect_err(|error| self.fault = Some(error.to_string()))?;
        Ok(read > 0)
    }

    /// Lets go of what can't be gone back to. Moving what stays costs no more than reading it did.
    fn forget(&mut self) {
        if self.mark.is_some_and(|mark| self.at - mark > KEPT) {
            self.mark = None;
        }
        let done = self.mark.unwrap_or(self.at).min(self.at);
        if done > 0 && done >= self.bytes.len() / 2 {
            self.bytes.drain(..done);
            self.start += done as u64;
            self.at -= done;
            self.mark = self.mark.map(|mark| mark - done);
        }
    }
}

impl<R: Read> Read for Tape<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(out)?;
        self.consume(read);
        Ok(read)
    }
}

impl<R: Read> BufRead for Tape<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at == self.bytes.len() {
            self.more()?;
        }
        Ok(&self.bytes[self.at..])
    }

    fn consume(&mut self, count: usize) {
        self.at = (self.at + count).min(self.bytes.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn going_back_gives_the_same_bytes() {
        let file: Vec<u8> = (0..=255).cycle().take(400_000).collect();
        let mut tape = Tape::new(file.as_slice());
        let mut first = vec![0; 150_001];
        tape.read_exact(&mut first).unwrap();
        tape.mark();
        let mut ahead = vec![0; 200_000];
        tape.read_exact(&mut ahead).unwrap();
        assert!(tape.rewind() && !tape.rewind());
        assert_eq!(tape.offset(), 150_001);
        let mut rest = Vec::new();
        tape.read_to_end(&mut rest).unwrap();
        assert_eq!([first, rest].concat(), file);
        assert_eq!(tape.offset(), 400_000);
    }

    #[test]
    fn seeking_finds_what_lies_across_chunks() {
        let mut file = vec![b'.'; CHUNK - 1];
        file.extend_from_slice(b"WARC/1.0");
        let mut tape = Tape::new(file.as_slice());
        assert!(tape.seek_to(b"WARC/").unwrap());
        assert_eq!(tape.offset(), CHUNK as u64 - 1);
        tape.consume(1);
        assert!(!tape.seek_to(b"WARC/").unwrap());
        assert_eq!(tape.offset(), file.len() as u64);
    }
}
