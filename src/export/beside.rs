//! A file that appears under its name only when it is whole.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::ExportError;

/// Written as `NAME.part`.
pub struct Beside {
    to: PathBuf,
    out: BufWriter<File>,
}

/// On disk, and still under the other name.
pub struct Whole {
    to: PathBuf,
}

impl Beside {
    pub fn create(to: &Path) -> Result<Beside, ExportError> {
        let file = File::create(part(to)).map_err(|source| fault(to, source))?;
        Ok(Beside { to: to.into(), out: BufWriter::new(file) })
    }

    pub fn finish(self) -> Result<Whole, ExportError> {
        let synced = self.out.into_inner().map_err(|fault| fault.into_error()).and_then(|file| file.sync_all());
        synced.map_err(|source| fault(&self.to, source))?;
        Ok(Whole { to: self.to })
    }
}

impl Whole {
    pub fn appear(self) -> Result<(), ExportError> {
        std::fs::rename(part(&self.to), &self.to).map_err(|source| fault(&self.to, source))
    }
}

pub fn part(path: &Path) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(".part");
    name.into()
}

pub fn fault(path: &Path, source: io::Error) -> ExportError {
    ExportError::Write { path: path.into(), source }
}

impl Write for Beside {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl io::Seek for Beside {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        self.out.seek(to)
    }
}
