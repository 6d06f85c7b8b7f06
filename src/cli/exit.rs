//! How a run ends: the exit status (shared with scripts, so its numbers never change).

use std::process::ExitCode;

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

/// Says what went wrong, once, and with which status the program ends for it.
pub fn report(error: anyhow::Error) -> Exit {
    // A closed pipe (`gongkai … | head`) is the reader's wish, not a failure.
    if error
        .chain()
        .any(|cause| cause.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe))
    {
        return Exit::Done;
    }
    eprintln!("gongkai: {error:#}");
    Exit::Failed
}
