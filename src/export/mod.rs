//! The archive given out: numbers, reports and findings as tables, captures as WARC and WACZ. Written beside the name and renamed when
//! whole; everything in a file is of one moment, whatever a crawl adds meanwhile.

mod beside;
mod csv;
mod dictionary;
pub mod evidence;
mod findings;
mod indicator;
mod jsonl;
mod lines;
mod long;
mod parquet;
mod snapshot;
mod sqlite;
mod table;
mod wacz;
mod warc;
mod wide;
mod xlsx;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use beside::Part;

use crate::archive::ArchiveError;
use crate::dataset::Wanted;
use crate::store::StoreError;

pub use crate::archive::warc::Compression;
pub use snapshot::snapshot;
pub use table::Shape;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Csv(Shape),
    Jsonl(Shape),
    Parquet(Shape),
    Xlsx,
    Sqlite,
    Warc(Compression),
    Wacz,
    Dictionary,
}

#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error("{} can't be written: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("{what} can't go to standard output: name a file")]
    NeedsFile { what: &'static str },
    #[error("{} is there already and holds something else: move it away first", path.display())]
    Exists { path: PathBuf },
    #[error(transparent)]
    Archive(#[from] ArchiveError),
}

/// Writes `format` to `path` (`-` for standard output); how many rows or records. `max_size` cuts a WARC into files, bytes.
pub fn export(
    connection: &Connection,
    format: Format,
    wanted: &Wanted,
    path: &Path,
    max_size: Option<u64>,
) -> Result<u64, ExportError> {
    let moment = connection.unchecked_transaction().map_err(ArchiveError::from)?;
    let connection = &*moment;
    if path == Path::new("-") {
        return write(connection, format, wanted, &mut io::stdout()).map_err(|fault| fault.at(path));
    }
    match format {
        Format::Warc(compression) => return warc::to_files(connection, wanted, compression, path, max_size),
        Format::Wacz => return wacz::to_file(connection, wanted, path),
        _ => {}
    }
    let (part, _) = Part::file(path).map_err(|source| beside::fault(path, source))?;
    let rows = file(connection, format, wanted, part.path()).map_err(|fault| fault.at(path))?;
    part.appear().map_err(|source| beside::fault(path, source))?;
    Ok(rows)
}

/// Writes a whole file through to the disk.
fn file(connection: &Connection, format: Format, wanted: &Wanted, path: &Path) -> Result<u64, Fault> {
    if format == Format::Sqlite {
        let rows = sqlite::write(connection, wanted, path)?;
        File::open(path)?.sync_all()?;
        return Ok(rows);
    }
    let mut out = BufWriter::new(File::create(path)?);
    let rows = write(connection, format, wanted, &mut out)?;
    out.into_inner().map_err(|e| e.into_error())?.sync_all()?;
    Ok(rows)
}

fn write(connection: &Connection, format: Format, wanted: &Wanted, out: &mut (dyn Write + Send)) -> Result<u64, Fault> {
    match format {
        Format::Csv(shape) => csv::write(connection, wanted, shape, out),
        Format::Jsonl(shape) => jsonl::write(connection, wanted, shape, out),
        Format::Parquet(shape) => parquet::write(connection, wanted, shape, out),
        Format::Xlsx => xlsx::write(connection, wanted, out),
        Format::Sqlite => Err(Fault::NeedsFile("a SQLite file")),
        Format::Warc(compression) => warc::write(connection, wanted, compression, out),
        Format::Wacz => Err(Fault::NeedsFile("a WACZ")),
        Format::Dictionary => dictionary::write(out),
    }
}

/// What stops a writer of one format.
enum Fault {
    Write(io::Error),
    Archive(ArchiveError),
    NeedsFile(&'static str),
}

impl Fault {
    fn at(self, path: &Path) -> ExportError {
        match self {
            Fault::Write(source) => ExportError::Write { path: path.into(), source },
            Fault::Archive(fault) => ExportError::Archive(fault),
            Fault::NeedsFile(what) => ExportError::NeedsFile { what },
        }
    }
}

impl From<io::Error> for Fault {
    fn from(source: io::Error) -> Fault {
        Fault::Write(source)
    }
}

impl From<ArchiveError> for Fault {
    fn from(fault: ArchiveError) -> Fault {
        Fault::Archive(fault)
    }
}

impl From<StoreError> for Fault {
    fn from(fault: StoreError) -> Fault {
        Fault::Archive(fault.into())
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(fault: rusqlite::Error) -> Fault {
        Fault::Archive(fault.into())
    }
}
