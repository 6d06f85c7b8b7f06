//! The sums of the file's pages: is each byte of it as it was written?
//!
//! A sum is the last eight bytes of a page, as SQLite's checksum VFS keeps it (sqlite.org/cksumvfs.html), so that this can be checked
//! without this program too. Files have them that were made, or written anew by `compact`, since they are kept.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use super::beside;

/// Bytes at the end of a page that hold its sum; the header's byte 20 says so (sqlite.org/fileformat2.html, 1.3.4).
pub const RESERVED: u8 = 8;
/// Bytes of the file's header.
pub const HEADER: usize = 100;
/// SQLite locks here, and never writes the page that holds this byte (file format, 1.6).
const LOCKED: u64 = 0x4000_0000;

/// What stands at the end of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seal {
    /// In a file, the sum. Zeros are those of a page that is new in memory and in the log.
    Sum([u8; 8]),
    /// A page that was read whole, or written: not yet in the file, or written there by a program that knows of no sums.
    Open,
    /// A page that was not as written when it was read. It keeps this whatever is changed in it.
    Broken,
}

const NEW: Seal = Seal::Sum([0; 8]);
const OPEN: [u8; 8] = *b"unsummed";
const BROKEN: [u8; 8] = *b"damaged!";

impl Seal {
    pub fn of(page: &[u8]) -> Seal {
        match page.last_chunk().copied().unwrap_or_default() {
            OPEN => Seal::Open,
            BROKEN => Seal::Broken,
            bytes => Seal::Sum(bytes),
        }
    }

    /// What a page is given as it is read from the file.
    pub fn checked(page: &[u8]) -> Seal {
        match Seal::of(page) {
            Seal::Open | NEW => Seal::Open,
            Seal::Sum(bytes) if bytes == sum(page) => Seal::Open,
            Seal::Sum(_) | Seal::Broken => Seal::Broken,
        }
    }

    /// What a page with this seal is given as it is written to the file.
    pub fn as_written(self, page: &[u8]) -> Seal {
        match self {
            Seal::Broken => Seal::Broken,
            Seal::Open | Seal::Sum(_) => Seal::Sum(sum(page)),
        }
    }

    /// What a page with this seal has in memory once it was written.
    pub fn in_memory(self) -> Seal {
        match self {
            Seal::Broken => Seal::Broken,
            Seal::Open | Seal::Sum(_) => Seal::Open,
        }
    }

    pub fn put(self, page: &mut [u8]) {
        if let Some(end) = page.last_chunk_mut() {
            *end = match self {
                Seal::Sum(bytes) => bytes,
                Seal::Open => OPEN,
                Seal::Broken => BROKEN,
            };
        }
    }
}

/// What a look at every page saw.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Pages {
    /// Pages that are as they were written; none where the file keeps no sums.
    pub whole: u64,
    /// Pages that another program wrote back from the log, without a sum: nothing to hold them against.
    pub unsummed: u64,
    /// Numbers of pages that are not as they were written, from 1.
    pub changed: Vec<u64>,
}

/// Looks at every page of the file at `path`, while others write or not. Pages that a log beside it holds anew are left out: they are
/// written again before anybody reads them.
pub fn check(path: &Path) -> io::Result<Pages> {
    let file = File::open(path)?;
    let mut header = [0; HEADER];
    (&file).read_exact(&mut header)?;
    let size = page_size(&header);
    if !(512..=65_536).contains(&size) || !size.is_power_of_two() {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the header gives no size of pages"));
    }
    let mut page = vec![0; size];
    let mut kept = summed_page_size(&header).is_some();
    let (mut pages, mut doubted) = (Pages::default(), Vec::new());
    let mut from_start = BufReader::with_capacity(1 << 20, &file);
    from_start.rewind()?;
    for number in 1.. {
        if !read_page(&mut from_start, &mut page)? {
            break;
        }
        if LOCKED / size as u64 + 1 == number {
            continue;
        }
        match Seal::of(&page) {
            seal if seal == Seal::Sum(sum(&page)) => {
                // A header that says there are none was changed itself.
                kept |= seal != NEW;
                pages.whole += 1;
            }
            Seal::Open => pages.unsummed += 1,
            seal => doubted.push((number, seal)),
        }
    }
    if !kept {
        return Ok(Pages::default());
    }
    // Some may have been written while they were read, or wait in the log by now.
    let waiting = in_log(path)?;
    for (number, seal) in doubted.into_iter().filter(|(number, _)| !waiting.contains(number)) {
        (&file).seek(SeekFrom::Start((number - 1) * size as u64))?;
        match read_page(&mut &file, &mut page)? && Seal::of(&page) == Seal::Sum(sum(&page)) {
            true => pages.whole += 1,
            // A new page, written back as it was found, with others that say so.
            false if seal == NEW && pages.unsummed > 0 => pages.unsummed += 1,
            false => pages.changed.push(number),
        }
    }
    Ok(pages)
}

/// Numbers of the pages that the log beside the file holds (file format, 4.1).
fn in_log(path: &Path) -> io::Result<BTreeSet<u64>> {
    let mut log = match File::open(beside(path, "-wal")) {
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        log => BufReader::new(log?),
    };
    let mut numbers = BTreeSet::new();
    let (mut header, mut frame) = ([0; 32], [0; 24]);
    if log.read_exact(&mut header).is_err() {
        return Ok(numbers);
    }
    let size = i64::from(u32::from_be_bytes([header[8], header[9], header[10], header[11]]));
    // Frames of another salt are left from before the log began anew.
    while log.read_exact(&mut frame).is_ok() && frame[8..16] == header[16..24] {
        numbers.insert(u64::from(u32::from_be_bytes([frame[0], frame[1], frame[2], frame[3]])));
        log.seek_relative(size)?;
    }
    Ok(numbers)
}

/// Bytes of a page of a file whose first bytes are `header`, where its pages have room for sums.
pub fn summed_page_size(header: &[u8]) -> Option<usize> {
    let keeps = header.starts_with(b"SQLite format 3\0") && header.get(20) == Some(&RESERVED);
    keeps.then(|| header.first_chunk().map(page_size)).flatten()
}

fn page_size(header: &[u8; HEADER]) -> usize {
    match u16::from_be_bytes([header[16], header[17]]) {
        1 => 65_536,
        size => size.into(),
    }
}

/// Of all but the end of a page: two sums over little-endian words in turn, each into the other.
fn sum(page: &[u8]) -> [u8; 8] {
    let (mut one, mut two) = (0u32, 0u32);
    for words in page[..page.len().saturating_sub(RESERVED.into())].as_chunks::<8>().0 {
        let [a, b, c, d, e, f, g, h] = *words;
        one = one.wrapping_add(u32::from_le_bytes([a, b, c, d])).wrapping_add(two);
        two = two.wrapping_add(u32::from_le_bytes([e, f, g, h])).wrapping_add(one);
    }
    let ([a, b, c, d], [e, f, g, h]) = (one.to_le_bytes(), two.to_le_bytes());
    [a, b, c, d, e, f, g, h]
}

/// The next page; false at the end of the file. One that is cut off is filled with zeros.
fn read_page(from: &mut impl Read, page: &mut [u8]) -> io::Result<bool> {
    let mut read = 0;
    while read < page.len() {
        match from.read(&mut page[read..]) {
            Ok(0) => break,
            Ok(more) => read += more,
            Err(fault) if fault.kind() == io::ErrorKind::Interrupted => {}
            Err(fault) => return Err(fault),
        }
    }
    page[read..].fill(0);
    Ok(read > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Access, Store};
    use std::io::Write;

    /// Reckoned by another program.
    #[test]
    fn sums_are_those_of_the_checksum_vfs() {
        let bytes: Vec<u8> = (0..512).map(|n: usize| (n * 7 + 3) as u8).collect();
        for (page, expected) in [
            (bytes, [0xfc, 0xce, 0x0c, 0x20, 0x04, 0xc7, 0xd0, 0x10]),
            (vec![0; 512], [0; 8]),
            (vec![0xff; 512], [0xe4, 0x5f, 0x33, 0x64, 0x3c, 0xd5, 0x20, 0x51]),
        ] {
            assert_eq!(sum(&page), expected);
        }
    }

    #[test]
    fn a_page_that_waits_in_the_log_is_no_damage() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.sqlite");
        drop(Store::open(&path, Access::Write).unwrap());
        let store = Store::open(&path, Access::Write).unwrap();
        store.write_blocking(|tx| Ok(tx.execute("INSERT INTO agency (name) VALUES ('a')", [])?)).unwrap();
        let waits = *in_log(&path).unwrap().iter().find(|number| **number > 1).unwrap();
        // As a power cut may leave a page half written.
        let mut file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
        file.seek(SeekFrom::Start((waits - 1) * 4_096 + 2_048)).unwrap();
        file.write_all(&[0xaa; 2_048]).unwrap();
        assert!(check(&path).unwrap().changed.is_empty());
        drop(store);
        let pages = check(&path).unwrap();
        assert!(pages.changed.is_empty() && pages.whole > 50, "{pages:?}");
    }
}
