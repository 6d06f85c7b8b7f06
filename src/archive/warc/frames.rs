//! WARC in zstd frames (`.warc.zst`, IIPC "Use of zstd compression in WARC files" 1.0): a frame for each record, and where they
//! share a dictionary, that dictionary first, in a skippable frame, as it is or packed.

use std::io::{self, BufReader, Cursor, Read};

use zstd::stream::read::Decoder;

pub const FRAME: [u8; 4] = 0xFD2F_B528_u32.to_le_bytes();
/// A skippable frame that holds a dictionary.
pub const DICTIONARY: [u8; 4] = 0x184D_2A5D_u32.to_le_bytes();
/// A dictionary larger than this is refused, bytes.
const MAX_DICTIONARY: u64 = 16 << 20;
/// Memory that a frame may ask for, as a power of two: 128 MB.
const WINDOW: u32 = 27;

/// The file without its zstd frames; any other is handed on as it is. The offsets of what is read from it are those of the
/// bytes unpacked.
pub fn unpacked<'a>(mut input: impl Read + 'a) -> io::Result<Box<dyn Read + 'a>> {
    let mut first = Vec::new();
    input.by_ref().take(4).read_to_end(&mut first)?;
    while is_skippable(&first) {
        let mut length = [0; 4];
        input.read_exact(&mut length)?;
        io::copy(&mut input.by_ref().take(u32::from_le_bytes(length).into()), &mut io::sink())?;
        first.clear();
        input.by_ref().take(4).read_to_end(&mut first)?;
    }
    let dictionary = match <[u8; 4]>::try_from(first.as_slice()) {
        Ok(FRAME) => Vec::new(),
        Ok(DICTIONARY) => {
            first.clear();
            dictionary(&mut input)?
        }
        _ => return Ok(Box::new(Cursor::new(first).chain(input))),
    };
    let frames = BufReader::with_capacity(64 << 10, Cursor::new(first).chain(input));
    let mut decoder = Decoder::with_dictionary(frames, &dictionary)?;
    decoder.window_log_max(WINDOW)?;
    Ok(Box::new(decoder))
}

/// Whether a frame is one that decoders pass over (RFC 8878 3.1.2), and no dictionary.
pub fn is_skippable(first: &[u8]) -> bool {
    first.get(1..4) == Some(&DICTIONARY[1..]) && (0x50..0x60).contains(&first[0]) && !first.starts_with(&DICTIONARY)
}

fn dictionary(input: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    input.read_exact(&mut length)?;
    let length = u64::from(u32::from_le_bytes(length));
    let refused = || io::Error::other(format!("its dictionary is larger than {MAX_DICTIONARY} bytes"));
    if length > MAX_DICTIONARY {
        return Err(refused());
    }
    let mut bytes = Vec::new();
    if input.take(length).read_to_end(&mut bytes)? as u64 != length {
        return Err(io::Error::other("it breaks off in its dictionary"));
    }
    if !bytes.starts_with(&FRAME) {
        return Ok(bytes);
    }
    let mut plain = Vec::new();
    Decoder::new(bytes.as_slice())?.take(MAX_DICTIONARY + 1).read_to_end(&mut plain)?;
    if plain.len() as u64 > MAX_DICTIONARY { Err(refused()) } else { Ok(plain) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(file: &[u8]) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        let mut input = unpacked(file).map_err(|fault| fault.to_string())?;
        input.read_to_end(&mut bytes).map(|_| bytes).map_err(|fault| fault.to_string())
    }

    fn skippable(bytes: &[u8]) -> Vec<u8> {
        [&DICTIONARY[..], &(bytes.len() as u32).to_le_bytes(), bytes].concat()
    }

    #[test]
    fn frames_with_a_dictionary_and_without() {
        let page = |n: usize| format!("<p>第{n}页</p>").repeat(200 + n).into_bytes();
        let samples: Vec<Vec<u8>> = (0..300).map(page).collect();
        let trained = zstd::dict::from_samples(&samples, 2_000).unwrap();
        let raw = page(1);
        let pages = [page(7), page(8)].concat();
        let packed_by = |dictionary: &[u8]| {
            let mut packer = zstd::bulk::Compressor::with_dictionary(3, dictionary).unwrap();
            [packer.compress(&page(7)).unwrap(), packer.compress(&page(8)).unwrap()].concat()
        };
        assert_eq!(read(&packed_by(b"")).as_ref(), Ok(&pages));
        for dictionary in [&trained, &raw] {
            let frames = packed_by(dictionary);
            let packed = zstd::bulk::compress(dictionary, 3).unwrap();
            assert_eq!(read(&[skippable(dictionary), frames.clone()].concat()).as_ref(), Ok(&pages));
            assert_eq!(read(&[skippable(&packed), frames.clone()].concat()).as_ref(), Ok(&pages));
            assert_ne!(read(&frames).as_ref(), Ok(&pages));
        }
    }

    #[test]
    fn other_skippable_frames_are_passed_over() {
        let skipped = [&[0x50, 0x2A, 0x4D, 0x18, 3, 0, 0, 0][..], b"abc"].concat();
        let frame = zstd::bulk::compress(b"WARC/1.0", 3).unwrap();
        assert_eq!(read(&[&skipped[..], &skipped, &frame].concat()).as_deref(), Ok(&b"WARC/1.0"[..]));
    }

    #[test]
    fn what_is_no_zstd_is_handed_on() {
        for file in [&b""[..], b"WA", b"WARC/1.0\r\n", &[0x1F, 0x8B, 8, 0, 0]] {
            assert_eq!(read(file).as_deref(), Ok(file));
        }
    }

    #[test]
    fn a_dictionary_that_would_not_fit_is_refused() {
        let bomb = zstd::bulk::compress(&vec![0; (MAX_DICTIONARY + 1) as usize], 3).unwrap();
        for file in [skippable(&bomb), [&DICTIONARY[..], &[0xFF; 4]].concat()] {
            assert!(read(&file).unwrap_err().contains("larger than"), "{:?}", read(&file));
        }
        assert!(read(&skippable(b"dictionary")[..12]).unwrap_err().contains("breaks off"));
    }
}
