//! A copy of the file as it is at one moment, made beside its name while others write.

use std::fs::{File, remove_file, rename};
use std::path::Path;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use super::{StoreError, beside, vfs};
use crate::stop::Stop;

/// Copies what `connection` sees to `path`; the name is taken only when the copy is whole and on the disk.
pub fn backup(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    backup_until(connection, path, &Stop::default())
}

/// [`backup`], given up where `stop` is asked for before the copy is whole.
pub fn backup_until(connection: &Connection, path: &Path, stop: &Stop) -> Result<(), StoreError> {
    let fault = |what| {
        let path = path.to_owned();
        move |source| StoreError::File { what, path, source }
    };
    let part = beside(path, ".part");
    for left in [part.clone(), beside(&part, "-journal"), beside(&part, "-wal")] {
        match remove_file(&left) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => return Err(fault("clearing")(source)),
            _ => {}
        }
    }
    // A read transaction holds the moment, so that a writer can't make the copy begin again.
    let moment = connection.unchecked_transaction()?;
    moment.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    let made = copy_to(&moment, &part, stop)
        .and_then(|()| File::open(&part).and_then(|file| file.sync_all()).map_err(fault("writing")))
        .and_then(|()| rename(&part, path).map_err(fault("renaming")));
    if made.is_err() {
        // Half a copy is nobody's; why there is none is what counts.
        let _ = remove_file(&part);
    }
    made
}

fn copy_to(moment: &Connection, part: &Path, stop: &Stop) -> Result<(), StoreError> {
    let mut copy = vfs::connect(part, OpenFlags::default())?;
    // Pages may be written before the first: a header says that they have sums. One that is damaged stays so.
    if vfs::keeps_sums(moment)? {
        vfs::keep_sums(&copy)?;
        copy.execute_batch("PRAGMA user_version = 1")?;
    }
    {
        let backup = Backup::new(moment, &mut copy)?;
        while backup.step(1_024)? != StepResult::Done {
            if stop.is_asked() {
                return Err(StoreError::Interrupted);
            }
        }
    }
    // One file and nothing beside it: whoever opens it for writing makes a WAL again.
    copy.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(()))?;
    Ok(copy.close().map_err(|(_, fault)| fault)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_that_was_given_up_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let of = Connection::open(folder.path().join("a.sqlite")).unwrap();
        of.execute_batch("CREATE TABLE t (b); INSERT INTO t VALUES (zeroblob(9000000))").unwrap();
        let stop = Stop::default();
        stop.ask();
        let made = backup_until(&of, &folder.path().join("b.sqlite"), &stop);
        assert!(matches!(made, Err(StoreError::Interrupted)), "{made:?}");
        let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|one| one.unwrap().file_name()).collect();
        assert_eq!(names, ["a.sqlite"]);
        backup(&of, &folder.path().join("b.sqlite")).unwrap();
    }
}
