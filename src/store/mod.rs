//! The SQLite file: opened once for writing, migrated forward, written by one thread.

mod backup;
mod beside;
mod fault;
mod lock;
mod migrate;
mod pages;
mod vfs;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

pub use backup::{backup, backup_until};
pub use beside::beside;
pub use fault::StoreError;
pub use migrate::{SCHEMA_VERSION, differences};
pub use pages::{Pages, check as check_pages};
pub use vfs::connect;

use crate::stop::Stop;

/// An open archive file. Cheap to clone; the file is let go when the last clone is dropped.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    /// None for an archive opened for reading.
    writer: Option<writer::Writer>,
    _lock: Option<lock::Lock>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Creates the file where there is none, takes its lock, migrates it.
    Write,
    /// Single changes beside the process that holds the lock, each when SQLite lets it in: for what no crawl writes, like
    /// a reader's marks. Waits five seconds at most ([`StoreError::Busy`]); the file must exist.
    Beside,
    /// Works beside a writer; the file must exist.
    Read,
}

impl Store {
    pub fn open(path: &Path, access: Access) -> Result<Store, StoreError> {
        let inner = match access {
            Access::Write => {
                let lock = lock::Lock::take(path)?;
                let connection = connect(path, OpenFlags::default())?;
                migrate::expect_ours(&connection, path)?;
                vfs::keep_sums_if_new(&connection)?;
                let connection = configured(connection)?;
                migrate::migrate(&connection, path)?;
                Inner { path: path.into(), writer: Some(writer::Writer::start(connection)?), _lock: Some(lock) }
            }
            Access::Beside => {
                expect(path)?;
                let connection = configured(connect(path, OpenFlags::default())?)?;
                Inner { path: path.into(), writer: Some(writer::Writer::start(connection)?), _lock: None }
            }
            Access::Read => {
                expect(path)?;
                Inner { path: path.into(), writer: None, _lock: None }
            }
        };
        Ok(Store { inner: Arc::new(inner) })
    }

    /// Runs `change` in a transaction on the writer's thread; returns when it is durable, or undone. It is run a second time where
    /// another that shared its transaction failed, which undid both.
    pub async fn write<T, F>(&self, change: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Fn(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.writer()?.send(change)?.await.map_err(|_| StoreError::WriterGone)?
    }

    /// [`Store::write`] for threads that may wait.
    pub fn write_blocking<T, F>(&self, change: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Fn(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.writer()?.send(change)?.blocking_recv().map_err(|_| StoreError::WriterGone)?
    }

    /// A connection that can only read; a snapshot lasts as long as a statement or transaction on it.
    pub fn reader(&self) -> Result<Connection, StoreError> {
        reader(&self.inner.path)
    }

    /// [`Store::reader`] whose statements end with [`StoreError::Interrupted`] once `stop` is asked for.
    pub fn reader_until(&self, stop: &Stop) -> Result<Connection, StoreError> {
        let mut connection = self.reader()?;
        interrupted_by(&mut connection, stop)?;
        Ok(connection)
    }

    /// Writes the file anew without the space of what was replaced, and each page with a sum. Needs as much room again while it runs.
    pub fn vacuum(&self) -> Result<(), StoreError> {
        self.vacuum_until(false, &Stop::default())
    }

    /// [`Store::vacuum`], undone where `stop` is asked for before it is done. Pages that are not as they were written would look as
    /// if they were, so that such a file is refused unless that is accepted.
    pub fn vacuum_until(&self, accept_changed: bool, stop: &Stop) -> Result<(), StoreError> {
        self.writer()?;
        let path = &self.inner.path;
        let fault = |source| StoreError::File { what: "reading", path: path.clone(), source };
        let changed = if accept_changed { 0 } else { check_pages(path).map_err(fault)?.changed.len() };
        if changed > 0 {
            return Err(StoreError::ChangedPages { path: path.clone(), count: changed });
        }
        // Not on the writer's connection, which is always in a transaction.
        let mut connection = configured(connect(path, OpenFlags::default())?)?;
        vfs::keep_sums(&connection)?;
        interrupted_by(&mut connection, stop)?;
        Ok(connection.execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE);")?)
    }

    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    fn writer(&self) -> Result<&writer::Writer, StoreError> {
        self.inner.writer.as_ref().ok_or(StoreError::ReadOnly)
    }
}

/// Steps of SQLite's machine between two looks at a request to stop: some microseconds.
const STEPS: i32 = 1_000;

fn interrupted_by(connection: &mut Connection, stop: &Stop) -> Result<(), StoreError> {
    let stop = stop.clone();
    Ok(connection.progress_handler(STEPS, Some(move || stop.is_asked()))?)
}

/// There is an archive of the schema this program knows.
fn expect(path: &Path) -> Result<(), StoreError> {
    if !path.exists() {
        return Err(StoreError::Missing { path: path.into() });
    }
    let connection = reader(path)?;
    migrate::expect_ours(&connection, path)?;
    migrate::expect_current(&connection)
}

/// Statements kept prepared; a visit uses some forty, and what does not fit is compiled again each time.
const PREPARED: usize = 128;

/// A statement is compiled once, not again for each value that is bound to it: by default those are looked at for the plan.
fn prepared_once(connection: &Connection) -> Result<(), StoreError> {
    connection.set_prepared_statement_cache_capacity(PREPARED);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

fn configured(connection: Connection) -> Result<Connection, StoreError> {
    prepared_once(&connection)?;
    // FULL, not the often advised NORMAL: what was said to be committed survives a power cut (promises R5).
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000;",
    )?;
    Ok(connection)
}

fn reader(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = connect(path, flags)?;
    let is_readable = |connection: &Connection| connection.query_row("SELECT 1 FROM sqlite_schema", [], |_| Ok(()));
    let connection = match is_readable(&connection).map_err(StoreError::from) {
        // Where nothing can be written beside it, SQLite has no place for what readers and writers agree on. Nor can anybody write.
        Err(StoreError::Storage(_)) if !has_wal(path) => connect(unchanging(path), flags | OpenFlags::SQLITE_OPEN_URI)?,
        _ => connection,
    };
    prepared_once(&connection)?;
    // 16 MB of pages: pages of a website ask for the same ones again and again.
    connection.execute_batch("PRAGMA query_only = ON; PRAGMA busy_timeout = 5000; PRAGMA cache_size = -16000;")?;
    Ok(connection)
}

/// Whether a writer left changes beside the file.
fn has_wal(path: &Path) -> bool {
    std::fs::metadata(beside(path, "-wal")).is_ok_and(|wal| wal.len() > 0)
}

/// The file as one that nobody changes (sqlite.org/uri.html).
fn unchanging(path: &Path) -> String {
    let mut address = "file:".to_owned();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'-' | b'_' | b'.' => address.push(char::from(*byte)),
            byte if byte.is_ascii_alphanumeric() => address.push(char::from(*byte)),
            byte => address.push_str(&format!("%{byte:02X}")),
        }
    }
    address + "?immutable=1"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("a.sqlite"), Access::Write).unwrap();
        (folder, store)
    }

    #[test]
    fn a_commit_is_written_through() {
        let (_folder, store) = store();
        let pragmas = store
            .write_blocking(|tx| {
                let text = |name: &str| {
                    tx.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, rusqlite::types::Value>(0))
                };
                Ok((text("journal_mode")?, text("synchronous")?, text("foreign_keys")?))
            })
            .unwrap();
        use rusqlite::types::Value::{Integer, Text};
        assert_eq!(pragmas, (Text("wal".into()), Integer(2), Integer(1)));
    }

    #[test]
    fn a_change_that_fails_undoes_only_itself() {
        let (_folder, store) = store();
        let failed: Result<(), _> = store.write_blocking(|tx| {
            tx.execute("INSERT INTO agency (name) VALUES ('a')", [])?;
            tx.execute("INSERT INTO agency (name) VALUES ('a')", [])?;
            Ok(())
        });
        assert!(matches!(failed, Err(StoreError::Sql(_))));
        let panicked: Result<(), _> = store.write_blocking(|_| panic!("in a change"));
        assert!(matches!(panicked, Err(StoreError::ChangePanicked)));
        store.write_blocking(|tx| Ok(tx.execute("INSERT INTO agency (name) VALUES ('b')", [])?)).unwrap();
        let names: String =
            store.reader().unwrap().query_row("SELECT group_concat(name) FROM agency", [], |r| r.get(0)).unwrap();
        assert_eq!(names, "b");
    }

    #[test]
    fn a_change_that_fails_spares_those_that_share_its_commit() {
        let (_folder, store) = store();
        let (begun, has_begun) = std::sync::mpsc::channel();
        let (go, goes) = std::sync::mpsc::channel();
        let goes = std::sync::Mutex::new(goes);
        let writer = store.writer().unwrap();
        let first = writer.send(move |_| {
            begun.send(()).ok();
            goes.lock().unwrap().recv().ok();
            Ok(())
        });
        has_begun.recv().unwrap();
        // These wait, and so share the next commit.
        let name = |name: &'static str| {
            writer.send(move |tx| Ok(tx.execute("INSERT INTO agency (name) VALUES (?1)", [name])?)).unwrap()
        };
        let (one, again, two) = (name("one"), name("one"), name("two"));
        let panicked = writer.send::<(), _>(|_| panic!("in a change")).unwrap();
        go.send(()).unwrap();
        first.unwrap().blocking_recv().unwrap().unwrap();
        assert_eq!(one.blocking_recv().unwrap().unwrap(), 1);
        assert!(matches!(again.blocking_recv().unwrap(), Err(StoreError::Sql(_))));
        assert_eq!(two.blocking_recv().unwrap().unwrap(), 1);
        assert!(matches!(panicked.blocking_recv().unwrap(), Err(StoreError::ChangePanicked)));
        let agencies: i64 = store.reader().unwrap().query_row("SELECT count(*) FROM agency", [], |r| r.get(0)).unwrap();
        assert_eq!(agencies, 2);
    }

    #[test]
    fn the_second_opener_learns_who_holds_it() {
        let (folder, store) = store();
        let path = folder.path().join("a.sqlite");
        match Store::open(&path, Access::Write) {
            Err(StoreError::InUse { holder, .. }) => {
                assert!(holder.contains(&std::process::id().to_string()), "{holder}")
            }
            other => panic!("{:?}", other.err()),
        }
        assert!(Store::open(&path, Access::Read).is_ok());
        let beside = Store::open(&path, Access::Beside).unwrap();
        beside.write_blocking(|tx| Ok(tx.execute("INSERT INTO agency (name) VALUES ('a')", [])?)).unwrap();
        drop(store);
        assert!(Store::open(&path, Access::Write).is_ok());
    }

    #[test]
    fn a_newer_schema_is_refused() {
        let (folder, store) = store();
        drop(store);
        let path = folder.path().join("a.sqlite");
        Connection::open(&path).unwrap().execute_batch("PRAGMA user_version = 900").unwrap();
        for access in [Access::Write, Access::Beside, Access::Read] {
            assert!(matches!(Store::open(&path, access), Err(StoreError::Newer { found: 900, .. })));
        }
    }

    #[test]
    fn a_file_that_is_no_archive_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.sqlite");
        std::fs::write(&path, b"something else entirely, long enough to be looked at ....").unwrap();
        assert!(matches!(Store::open(&path, Access::Write), Err(StoreError::Damaged(_))));
        assert!(std::fs::read(&path).unwrap().starts_with(b"something else"));
    }

    #[test]
    fn a_file_that_nobody_can_change_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("档案 100%?#a.sqlite");
        drop(Store::open(&path, Access::Write).unwrap());
        assert!(!has_wal(&path));
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
        let connection = Connection::open_with_flags(unchanging(&path), flags).unwrap();
        migrate::expect_current(&connection).unwrap();
        let beside = std::fs::read_dir(folder.path()).unwrap().map(|one| one.unwrap().path());
        assert!(!beside.into_iter().any(|one| one.to_string_lossy().ends_with("-shm")));
    }

    #[test]
    fn a_capture_is_append_only() {
        let (_folder, store) = store();
        store
            .write_blocking(|tx| {
                tx.execute_batch(
                    "INSERT INTO payload (digest, codec, size_bytes, bytes) VALUES ('d', 'plain', 0, x'');
                     INSERT INTO capture (url, urlkey, method, request_headers, status, response_headers, payload, started_at, hop)
                     VALUES ('u', 'u', 'GET', x'', 200, x'', 'd', 't', 'seed');",
                )?;
                assert!(tx.execute("UPDATE capture SET status = 404", []).is_err());
                assert!(tx.execute("DELETE FROM capture", []).is_err());
                Ok(())
            })
            .unwrap();
    }
}
