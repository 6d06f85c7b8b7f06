//! What others archived, taken in: WARC, ARC, WACZ and plain files become captures like those of a crawl.
//!
//! Bytes first: exchanges are committed, a few at a time, and only then read, by the code that re-reads the archive. Neither
//! memory nor a transaction grows with the file. A capture that is there already (same address, method, status,
//! payload digest, and time to the millisecond, or to the second where one of the two is known no better) is not put again, so that a file can be imported twice, or again after an interruption.
//! The frontier is not touched: what was imported leads nowhere.

mod exchanges;
mod keep;
mod plain;
mod saved;
mod wacz;

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::Serialize;

pub use exchanges::{Exchanges, Found, RefersTo, Revisit};
pub use keep::Keeper;
pub use plain::Plain;

use crate::archive::ArchiveError;
use crate::archive::warc::ENDINGS;
use crate::archive::warc::frames::{self, unpacked};
use crate::stop::Stop;
use crate::store::{Store, StoreError};

/// What an import did.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Summary {
    /// Captures that are new.
    pub captures: u64,
    /// Of these, answers that repeat an original.
    pub revisits: u64,
    /// Captures that were there already.
    pub known: u64,
    /// Reports read.
    pub reports: u64,
    /// Records passed over because they hold no HTTP answer, by type.
    pub passed_over: std::collections::BTreeMap<String, u64>,
    pub faults: Vec<ImportFault>,
    /// Stopped before the end of the files; the next import of them goes on.
    pub interrupted: bool,
}

/// A place in a file that could not be taken in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ImportFault {
    /// The file, and the member of it in a WACZ.
    pub file: String,
    pub offset: u64,
    pub why: String,
}

#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("{} can't be read: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{} is neither WARC nor ARC nor WACZ: a plain file needs --url and --date{packed}", path.display())]
    NeedsAddress { path: PathBuf, packed: &'static str },
    #[error("{} names its address, {url}, and not when it was saved: it needs --date", path.display())]
    NeedsDate { path: PathBuf, url: url::Url },
    #[error("{} and {} are both plain files, and --url names one", one.display(), other.display())]
    OneAddress { one: PathBuf, other: PathBuf },
    #[error(transparent)]
    Archive(#[from] ArchiveError),
}

/// What a file is, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Or ARC: one reader tells which.
    Warc,
    Wacz,
    Plain,
}

/// Takes in every file, until `stop`; `plain` says what is known of those that are no archives. All files are looked at before
/// any is taken in.
pub fn import(store: &Store, paths: &[PathBuf], plain: &Plain, stop: &Stop) -> Result<Summary, ImportError> {
    let mut files = Vec::new();
    for path in paths {
        files.push((path, kind(path).map_err(|source| ImportError::Read { path: path.clone(), source })?));
    }
    let singles: Vec<&PathBuf> = files.iter().filter(|(_, kind)| *kind == Kind::Plain).map(|(path, _)| *path).collect();
    if let ([one, other, ..], Some(_)) = (singles.as_slice(), &plain.url) {
        return Err(ImportError::OneAddress { one: (*one).clone(), other: (*other).clone() });
    }
    let of_file = |path: &PathBuf| {
        let file = std::fs::read(path).map_err(|source| ImportError::Read { path: path.clone(), source })?;
        plain.exchange(path, &file)
    };
    for path in singles {
        of_file(path)?;
    }
    let mut keeper = Keeper::until(store, stop.clone());
    for (path, kind) in files {
        let fault = |source| ImportError::Read { path: path.clone(), source };
        let name = path.display().to_string();
        let taken = match kind {
            Kind::Warc if path == Path::new("-") => take(&mut keeper, &name, io::stdin().lock()),
            Kind::Warc => take(&mut keeper, &name, File::open(path).map_err(fault)?),
            Kind::Wacz => wacz::take_all(&mut keeper, &name, File::open(path).map_err(fault)?),
            Kind::Plain => keeper.answer(&name, of_file(path)?),
        };
        match taken {
            // What was read so far is kept all the same.
            Err(ArchiveError::Store(StoreError::Interrupted)) => break,
            taken => taken?,
        }
    }
    Ok(keeper.finish()?)
}

/// Takes in the records of one WARC or ARC, known as `name` where it has faults.
pub fn take(keeper: &mut Keeper<'_>, name: &str, input: impl Read) -> Result<(), ArchiveError> {
    let input = match unpacked(input) {
        Ok(input) => input,
        Err(fault) => {
            keeper.fault(name, 0, format!("it can't be unpacked: {fault}"));
            return Ok(());
        }
    };
    let mut exchanges = Exchanges::new(input);
    for found in exchanges.by_ref() {
        match found {
            Found::Answer(_, exchange, sent) => {
                if let Some(label) = sent {
                    keeper.sent_as(label, &exchange);
                }
                keeper.answer(name, *exchange)?;
            }
            Found::Revisit(revisit) => keeper.revisit(name, *revisit)?,
            Found::Unread(offset, why) => keeper.fault(name, offset, why),
        }
    }
    keeper.passed_over(exchanges.passed_over());
    if exchanges.records() == 0 {
        keeper.fault(name, 0, "it holds no record of a WARC or ARC".into());
    }
    Ok(())
}

fn kind(path: &Path) -> io::Result<Kind> {
    if path == Path::new("-") {
        return Ok(Kind::Warc);
    }
    let mut first = Vec::new();
    File::open(path)?.take(9).read_to_end(&mut first)?;
    let name = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    Ok(match first.as_slice() {
        _ if ENDINGS.iter().chain(&[".arc", ".arc.gz"]).any(|ending| name.ends_with(ending)) => Kind::Warc,
        _ if name.ends_with(".wacz") => Kind::Wacz,
        [b'W', b'A', b'R', b'C', b'/', ..] | b"filedesc:" | [0x1F, 0x8B, ..] => Kind::Warc,
        _ if [frames::FRAME, frames::DICTIONARY].iter().any(|it| first.starts_with(it)) => Kind::Warc,
        _ if frames::is_skippable(&first) => Kind::Warc,
        [b'P', b'K', 3, 4, ..] if wacz::is_wacz(File::open(path)?) => Kind::Wacz,
        _ => Kind::Plain,
    })
}
