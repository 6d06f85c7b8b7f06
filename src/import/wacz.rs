//! WACZ 1.1.1: a ZIP with WARC files under `archive/`; or a package of several (`multi-wacz-package`), each a ZIP in the ZIP. Names
//! in it are looked at and never used as paths.

use std::io::{BufReader, Read, Seek};

use zip::ZipArchive;

use super::{Keeper, take};
use crate::archive::ArchiveError;
use crate::archive::warc::ENDINGS;

/// A part that is no WARC is read for its checksum up to here, bytes.
const MAX_PART: u64 = 512 << 20;

/// Whether a ZIP has what a WACZ has.
pub fn is_wacz(file: impl Read + Seek) -> bool {
    ZipArchive::new(BufReader::new(file))
        .is_ok_and(|zip| zip.file_names().flatten().any(|name| name == "datapackage.json" || is_warc(&name)))
}

fn is_warc(name: &str) -> bool {
    name.starts_with("archive/") && ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// A WACZ within a package. One within a WACZ of a package is none.
fn is_packaged(package: &str, name: &str) -> bool {
    name.ends_with(".wacz") && !package.contains('!')
}

/// Takes in each WARC, and reads every other part through, for its checksum. Without a directory (a torn file) the parts are
/// read in their order, as far as they go.
pub fn take_all(keeper: &mut Keeper<'_>, name: &str, mut file: impl Read + Seek) -> Result<(), ArchiveError> {
    match ZipArchive::new(BufReader::new(&mut file)) {
        Ok(mut zip) => {
            if !zip.file_names().flatten().any(|own| is_warc(&own) || is_packaged(name, &own)) {
                keeper.fault(name, 0, "it holds no WARC under archive/".into());
            }
            for n in 0..zip.len() {
                match zip.by_index(n) {
                    Ok(part) => take_part(keeper, name, part)?,
                    Err(fault) => keeper.fault(name, 0, format!("part {n} of the ZIP can't be read: {fault}")),
                }
            }
            return Ok(());
        }
        Err(fault) => keeper.fault(
            name,
            0,
            format!("the directory of the ZIP can't be read ({fault}); its parts are read in order"),
        ),
    }
    if file.rewind().is_err() {
        return Ok(());
    }
    take_in_order(keeper, name, &mut BufReader::new(file))
}

/// The parts of a ZIP as they come, without its directory.
fn take_in_order(keeper: &mut Keeper<'_>, name: &str, stream: &mut dyn Read) -> Result<(), ArchiveError> {
    let mut stream = Counted { stream, at: 0 };
    loop {
        let at = stream.at;
        match zip::read::read_zipfile_from_stream(&mut stream) {
            Ok(Some(part)) => take_part(keeper, name, part)?,
            Ok(None) => return Ok(()),
            Err(fault) => {
                keeper.fault(name, at, format!("no further part of the ZIP can be read: {fault}"));
                return Ok(());
            }
        }
    }
}

/// How far a stream was read, bytes.
struct Counted<'a> {
    stream: &'a mut dyn Read,
    at: u64,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.stream.read(buffer)?;
        self.at += read as u64;
        Ok(read)
    }
}

fn take_part<R: Read>(
    keeper: &mut Keeper<'_>,
    name: &str,
    mut part: zip::read::ZipFile<'_, R>,
) -> Result<(), ArchiveError> {
    let Ok(own) = part.name().map(|own| own.into_owned()) else {
        keeper.fault(name, 0, "a part of the ZIP has a name that can't be read".into());
        return Ok(());
    };
    let inside = format!("{name}!{own}");
    if is_warc(&own) {
        return take(keeper, &inside, &mut part);
    }
    if is_packaged(name, &own) {
        take_in_order(keeper, &inside, &mut BufReader::new(&mut part))?;
    }
    match std::io::copy(&mut (&mut part).take(MAX_PART + 1), &mut std::io::sink()) {
        Ok(0..=MAX_PART) => {}
        Ok(_) => keeper.fault(&inside, 0, format!("it is larger than {MAX_PART} bytes and was not checked")),
        Err(fault) => keeper.fault(&inside, 0, fault.to_string()),
    }
    Ok(())
}
