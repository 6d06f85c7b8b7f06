//! A copy of the file as it is at one moment, made beside its name while others write.

use std::fs::{File, remove_file, rename};
use std::path::{Path, PathBuf};

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use super::{StoreError, vfs};

/// Copies what `connection` sees to `path`; the name is taken only when the copy is whole and on the disk.
pub fn backup(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let fault = |what| {
        let path = path.to_owned();
        move |source| StoreError::File { what, path, source }
    };
    let beside = with(path, ".part");
    for left in [beside.clone(), with(&beside, "-journal"), with(&beside, "-wal")] {
        match remove_file(&left) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => return Err(fault("clearing")(source)),
            _ => {}
        }
    }
    // A read transaction holds the moment, so that a writer can't make the copy begin again.
    let moment = connection.unchecked_transaction()?;
    moment.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    let made = copy_to(&moment, &beside)
        .and_then(|()| File::open(&beside).and_then(|file| file.sync_all()).map_err(fault("writing")))
        .and_then(|()| rename(&beside, path).map_err(fault("renaming")));
    if made.is_err() {
        // Half a copy is nobody's; why there is none is what counts.
        let _ = remove_file(&beside);
    }
    made
}

fn copy_to(moment: &Connection, beside: &Path) -> Result<(), StoreError> {
    let mut copy = vfs::connect(beside, OpenFlags::default())?;
    // Pages may be written before the first: a header says that they have sums. One that is damaged stays so.
    if vfs::keeps_sums(moment)? {
        vfs::keep_sums(&copy)?;
        copy.execute_batch("PRAGMA user_version = 1")?;
    }
    {
        let backup = Backup::new(moment, &mut copy)?;
        while backup.step(1_024)? != StepResult::Done {}
    }
    // One file and nothing beside it: whoever opens it for writing makes a WAL again.
    copy.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(()))?;
    Ok(copy.close().map_err(|(_, fault)| fault)?)
}

fn with(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}
