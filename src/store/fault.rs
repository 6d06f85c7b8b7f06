//! What can go wrong with the archive file, told apart where someone acts on it.

use std::path::PathBuf;

use rusqlite::ErrorCode;

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("{} is in use by {holder}: wait for it to end, or stop it", path.display())]
    InUse { path: PathBuf, holder: String },
    #[error("the archive has schema {found} and this program knows {known}: use the newer program")]
    Newer { found: i64, known: i64 },
    #[error(
        "the archive has schema {found} and this program needs {known}: run a command that writes (crawl, reparse) to migrate it"
    )]
    Older { found: i64, known: i64 },
    #[error("{} is a SQLite file of another program, and was left alone: name another archive", path.display())]
    Foreign { path: PathBuf },
    #[error("there is no archive at {}: crawl or fetch makes one", path.display())]
    Missing { path: PathBuf },
    #[error("the archive was being written for longer than five seconds: try again")]
    Busy(#[source] rusqlite::Error),
    #[error("the archive is damaged: {0}")]
    Damaged(#[source] rusqlite::Error),
    #[error(
        "{} was not written anew: pages of it are not as they were written ({count}), and would look as if they were: see verify, and \
         compact --accept-damage", path.display()
    )]
    ChangedPages { path: PathBuf, count: usize },
    #[error("the archive can't be written: {0}")]
    Storage(#[source] rusqlite::Error),
    #[error("{what} {} failed: {source}", path.display())]
    File { what: &'static str, path: PathBuf, source: std::io::Error },
    #[error("stopped on request: what was committed stays")]
    Interrupted,
    #[error("the archive was opened for reading")]
    ReadOnly,
    #[error("the archive's writer has stopped")]
    WriterGone,
    #[error("a change to the archive panicked and was undone")]
    ChangePanicked,
    #[error("the commit failed and nothing of it was kept: {0}")]
    NotCommitted(String),
    #[error(transparent)]
    Sql(rusqlite::Error),
    /// What a room above makes of its own rows.
    #[error("{0}")]
    Row(String),
}

impl StoreError {
    /// Disk full, read-only or failing, as against a fault of ours.
    pub fn is_storage(&self) -> bool {
        matches!(self, StoreError::Storage(_) | StoreError::File { .. } | StoreError::NotCommitted(_))
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> StoreError {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Damaged(error),
            Some(ErrorCode::DiskFull | ErrorCode::SystemIoFailure | ErrorCode::CannotOpen | ErrorCode::ReadOnly) => {
                StoreError::Storage(error)
            }
            Some(ErrorCode::DatabaseBusy) => StoreError::Busy(error),
            Some(ErrorCode::OperationInterrupted) => StoreError::Interrupted,
            _ => StoreError::Sql(error),
        }
    }
}
