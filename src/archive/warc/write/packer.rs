//! A gzip member or zstd frame for each record.

use std::io::{self, Write};

use libdeflater::{CompressionLvl, Compressor};

use crate::archive::warc::labelled::sha1_of;

/// How records are packed, each by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compression {
    /// `.warc.gz`, which every tool reads.
    #[default]
    Gzip,
    /// `.warc.zst`, which fewer do.
    Zstd,
}

/// Makes records into members or frames, with room and tables that serve for all of them.
pub struct Packer {
    by: By,
    record: Vec<u8>,
    packed: Vec<u8>,
}

enum By {
    Gzip(Compressor),
    Zstd(zstd::bulk::Compressor<'static>),
}

/// libdeflate's level: as small as zlib's 6 where Word's markup is most of a page, 6 % larger where a site's frame is, in half
/// zlib's time. Its own 6 takes half as long again for 2 to 9 % less.
const GZIP_LEVEL: i32 = 3;

/// zstd's level: a quarter of gzip's time for 2 % more; 6 takes as long as gzip and saves as little.
const ZSTD_LEVEL: i32 = 3;

impl Packer {
    pub fn new(compression: Compression) -> io::Result<Packer> {
        let by = match compression {
            Compression::Gzip => By::Gzip(Compressor::new(CompressionLvl::new(GZIP_LEVEL).unwrap_or_default())),
            Compression::Zstd => {
                let mut packer = zstd::bulk::Compressor::new(ZSTD_LEVEL)?;
                packer.include_checksum(true)?;
                By::Zstd(packer)
            }
        };
        Ok(Packer { by, record: Vec::new(), packed: Vec::new() })
    }

    /// Puts a record behind what is in `out`; it gets its own digest and length.
    pub fn record(&mut self, out: &mut Vec<u8>, id: &str, head: &[(&str, &str)], block: &[&[u8]]) -> io::Result<()> {
        let digest = sha1_of(block);
        let length: usize = block.iter().map(|part| part.len()).sum();
        let record = &mut self.record;
        record.clear();
        write!(record, "WARC/1.1\r\nWARC-Record-ID: {id}\r\n")?;
        for (name, value) in head {
            write!(record, "{name}: {value}\r\n")?;
        }
        write!(record, "WARC-Block-Digest: {digest}\r\nContent-Length: {length}\r\n\r\n")?;
        block.iter().for_each(|part| record.extend_from_slice(part));
        record.extend_from_slice(b"\r\n\r\n");
        let bound = match &mut self.by {
            By::Gzip(packer) => packer.gzip_compress_bound(record.len()),
            By::Zstd(_) => zstd::zstd_safe::compress_bound(record.len()),
        };
        if self.packed.len() < bound {
            self.packed.resize(bound, 0);
        }
        let length = match &mut self.by {
            By::Gzip(packer) => packer.gzip_compress(record, &mut self.packed).map_err(io::Error::other)?,
            By::Zstd(packer) => packer.compress_to_buffer(record, &mut self.packed[..])?,
        };
        out.extend_from_slice(&self.packed[..length]);
        Ok(())
    }
}
