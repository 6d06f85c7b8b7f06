//! How a run ends: the exit status (shared with scripts, so its numbers never change).

use std::process::ExitCode;

use crate::archive::ArchiveError;
use crate::crawl::{CrawlError, DoorError};
use crate::export::ExportError;
use crate::handwritten::Faults;
use crate::store::StoreError;

/// Exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Done = 0,
    Failed = 1,
    /// Usage, configuration or seeds: all faults were named at once.
    Usage = 2,
    /// Done in part: hosts blocked, pages unread.
    Partial = 3,
    /// Stopped; the next run goes on where this one was.
    Interrupted = 4,
    /// Another process holds the archive.
    InUse = 5,
    /// Disk full or failing.
    StorageFailed = 6,
    /// The archive is damaged.
    Damaged = 7,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

/// What was asked for can't be meant: worded for the user, ends with [`Exit::Usage`].
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Misused(pub String);

/// Ended by a signal before it was done: worded for the user, ends with [`Exit::Interrupted`].
#[derive(Debug, thiserror::Error)]
#[error("interrupted: {0}")]
pub struct Interrupted(pub &'static str);

/// Says what went wrong, once, and with which status the program ends for it.
pub fn report(error: anyhow::Error) -> Exit {
    // A closed pipe (`gongkai … | head`) is the reader's wish, not a failure.
    let broken_pipe = |cause: &(dyn std::error::Error + 'static)| {
        cause.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe)
    };
    if error.chain().any(broken_pipe) {
        return Exit::Done;
    }
    if let Some(faults) = error.downcast_ref::<Faults>() {
        tell!("{faults}");
        tell!("gongkai: {} in the files above; nothing was done", counted(faults.0.len(), "fault"));
        return Exit::Usage;
    }
    tell!("gongkai: {error:#}");
    error.chain().find_map(status).unwrap_or(Exit::Failed)
}

fn status(cause: &(dyn std::error::Error + 'static)) -> Option<Exit> {
    if cause.is::<Misused>() {
        return Some(Exit::Usage);
    }
    if cause.is::<Interrupted>() {
        return Some(Exit::Interrupted);
    }
    if cause.downcast_ref::<std::io::Error>().is_some_and(|fault| fault.kind() == std::io::ErrorKind::StorageFull) {
        return Some(Exit::StorageFailed);
    }
    let door = match cause.downcast_ref::<CrawlError>() {
        Some(CrawlError::Door(door)) => Some(door),
        _ => cause.downcast_ref::<DoorError>(),
    };
    if matches!(door, Some(DoorError::ExtraCa { .. })) {
        return Some(Exit::Usage);
    }
    if matches!(cause.downcast_ref::<ArchiveError>(), Some(ArchiveError::Damaged { .. })) {
        return Some(Exit::Damaged);
    }
    if matches!(cause.downcast_ref::<ExportError>(), Some(ExportError::Archive(ArchiveError::Damaged { .. }))) {
        return Some(Exit::Damaged);
    }
    if matches!(cause.downcast_ref::<ExportError>(), Some(ExportError::NeedsFile { .. })) {
        return Some(Exit::Usage);
    }
    if matches!(cause.downcast_ref::<ExportError>(), Some(ExportError::Write { .. })) {
        return Some(Exit::StorageFailed);
    }
    // Transparent errors hide their cause from the chain.
    let store = match (
        cause.downcast_ref::<StoreError>(),
        cause.downcast_ref::<ArchiveError>(),
        cause.downcast_ref::<CrawlError>(),
    ) {
        (Some(store), ..) => store,
        (_, Some(ArchiveError::Store(store)), _) => store,
        (_, _, Some(CrawlError::Store(store) | CrawlError::Archive(ArchiveError::Store(store)))) => store,
        _ => match cause.downcast_ref::<ExportError>() {
            Some(ExportError::Archive(ArchiveError::Store(store))) => store,
            _ => return None,
        },
    };
    match store {
        StoreError::InUse { .. } => Some(Exit::InUse),
        StoreError::Interrupted => Some(Exit::Interrupted),
        StoreError::Damaged(_) | StoreError::ChangedPages { .. } => Some(Exit::Damaged),
        StoreError::Missing { .. }
        | StoreError::Newer { .. }
        | StoreError::Older { .. }
        | StoreError::Foreign { .. } => Some(Exit::Failed),
        fault if fault.is_storage() => Some(Exit::StorageFailed),
        _ => None,
    }
}

/// `1 fault`, `3 faults`.
pub fn counted(number: usize, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}
