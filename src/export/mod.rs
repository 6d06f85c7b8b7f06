//! The archive given out: numbers, reports and findings as tables, captures as WARC. Written beside the name and renamed when
//! whole; everything in a file is of one moment, whatever a crawl adds meanwhile.

mod csv;
mod dictionary;
mod findings;
mod indicator;
mod jsonl;
mod long;
mod parquet;
mod table;
mod warc;
mod wide;
mod xlsx;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::archive::ArchiveError;
use crate::dataset::Wanted;
use crate::store::StoreError;

pub use table::Shape;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Csv(Shape),
    Jsonl(Shape),
    Parquet(Shape),
    Xlsx,
    Warc,
    Dictionary,
}

#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error("{} can't be written: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Archive(#[from] ArchiveError),
}

/// Writes `format` to `path` (`-` for standard output); how many rows or records.
pub fn export(connection: &Connection, format: Format, wanted: &Wanted, path: &Path) -> Result<u64, ExportError> {
    let moment = connection.unchecked_transaction().map_err(ArchiveError::from)?;
    let connection = &*moment;
    let fault = |source| ExportError::Write { path: path.into(), source };
    if path == Path::new("-") {
        return write(connection, format, wanted, &mut io::stdout(), path);
    }
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    let beside = PathBuf::from(beside);
    let mut out = BufWriter::new(File::create(&beside).map_err(fault)?);
    let rows = write(connection, format, wanted, &mut out, path)?;
    out.into_inner().map_err(|e| fault(e.into_error()))?.sync_all().map_err(fault)?;
    std::fs::rename(&beside, path).map_err(fault)?;
    Ok(rows)
}

fn write(
    connection: &Connection,
    format: Format,
    wanted: &Wanted,
    out: &mut (dyn Write + Send),
    path: &Path,
) -> Result<u64, ExportError> {
    let written = match format {
        Format::Csv(shape) => csv::write(connection, wanted, shape, out),
        Format::Jsonl(shape) => jsonl::write(connection, wanted, shape, out),
        Format::Parquet(shape) => parquet::write(connection, wanted, shape, out),
        Format::Xlsx => xlsx::write(connection, wanted, out),
        Format::Warc => warc::write(connection, wanted, out),
        Format::Dictionary => dictionary::write(out),
    };
    written.map_err(|fault| match fault {
        Fault::Write(source) => ExportError::Write { path: path.into(), source },
        Fault::Archive(fault) => ExportError::Archive(fault),
    })
}

/// What stops a writer of one format.
enum Fault {
    Write(io::Error),
    Archive(ArchiveError),
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
