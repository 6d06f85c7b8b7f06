//! A file that appears under its name only when it is whole.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::ExportError;
use crate::store;

/// A file or folder under another name than its own, `NAME.part`; gone when it is dropped before it is whole.
pub struct Part {
    path: PathBuf,
    to: PathBuf,
    is_folder: bool,
    appeared: bool,
}

impl Part {
    /// An empty file.
    pub fn file(to: &Path) -> io::Result<(Part, File)> {
        let path = part(to);
        let file = File::create(&path)?;
        Ok((Part { path, to: to.into(), is_folder: false, appeared: false }, file))
    }

    /// An empty folder at `path`; what a run that was killed left there is cleared.
    pub fn folder(path: PathBuf, to: &Path) -> io::Result<Part> {
        if path.exists() {
            fs::remove_dir_all(&path)?;
        }
        fs::create_dir_all(&path)?;
        Ok(Part { path, to: to.into(), is_folder: true, appeared: false })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// It is whole: takes its own name.
    pub fn appear(mut self) -> io::Result<()> {
        fs::rename(&self.path, &self.to)?;
        self.appeared = true;
        Ok(())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.appeared {
            // Half of it is nobody's; why there is no more is what is told.
            let _ = if self.is_folder { fs::remove_dir_all(&self.path) } else { fs::remove_file(&self.path) };
        }
    }
}

/// A file being written.
pub struct Beside {
    out: BufWriter<File>,
    part: Part,
}

/// On disk, and still under the other name.
pub struct Whole {
    part: Part,
}

impl Beside {
    pub fn create(to: &Path) -> Result<Beside, ExportError> {
        let (part, file) = Part::file(to).map_err(|source| fault(to, source))?;
        Ok(Beside { out: BufWriter::new(file), part })
    }

    pub fn finish(self) -> Result<Whole, ExportError> {
        let Beside { out, part } = self;
        let synced = out.into_inner().map_err(|fault| fault.into_error()).and_then(|file| file.sync_all());
        synced.map_err(|source| fault(&part.to, source))?;
        Ok(Whole { part })
    }
}

impl Whole {
    pub fn appear(self) -> Result<(), ExportError> {
        let to = self.part.to.clone();
        self.part.appear().map_err(|source| fault(&to, source))
    }
}

pub fn part(path: &Path) -> PathBuf {
    store::beside(path, ".part")
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
