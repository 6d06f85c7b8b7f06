//! The single writer: changes queue up, those that wait share a commit, answers go out after it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::StoreError;

/// Changes that may share one commit.
const BATCH: usize = 64;

pub struct Writer {
    queue: Option<Sender<Box<dyn Change>>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub fn start(connection: Connection) -> Result<Writer, StoreError> {
        let (queue, jobs) = channel();
        let thread =
            std::thread::Builder::new().name("archive writer".into()).spawn(move || run(&connection, &jobs)).map_err(
                |source| StoreError::File { what: "starting the writer of", path: Default::default(), source },
            )?;
        Ok(Writer { queue: Some(queue), thread: Some(thread) })
    }

    pub fn send<T, F>(&self, change: F) -> Result<oneshot::Receiver<Result<T, StoreError>>, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Job { change: Some(change), made: None, reply };
        self.queue.as_ref().and_then(|queue| queue.send(Box::new(job)).ok()).ok_or(StoreError::WriterGone)?;
        Ok(answer)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            // A writer that panicked has nothing more to finish.
            let _ = thread.join();
        }
    }
}

trait Change: Send {
    /// Applies the change; whether it is to be kept.
    fn apply(&mut self, connection: &Connection) -> bool;
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

struct Job<T, F> {
    change: Option<F>,
    made: Option<Result<T, StoreError>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> Change for Job<T, F>
where
    T: Send,
    F: FnOnce(&Connection) -> Result<T, StoreError> + Send,
{
    fn apply(&mut self, connection: &Connection) -> bool {
        let Some(change) = self.change.take() else { return false };
        let made = catch_unwind(AssertUnwindSafe(|| change(connection))).unwrap_or(Err(StoreError::ChangePanicked));
        let keep = made.is_ok();
        self.made = Some(made);
        keep
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let made = match (committed, self.made) {
            (_, Some(Err(fault))) => Err(fault),
            (Err(fault), _) => Err(fault),
            (Ok(()), Some(made)) => made,
            (Ok(()), None) => Err(StoreError::WriterGone),
        };
        // Nobody may be waiting any more; the change stands all the same.
        let _ = self.reply.send(made);
    }
}

fn run(connection: &Connection, jobs: &Receiver<Box<dyn Change>>) {
    while let Ok(first) = jobs.recv() {
        let mut batch = vec![first];
        batch.extend(jobs.try_iter().take(BATCH - 1));
        let committed = commit(connection, &mut batch);
        for job in batch {
            job.answer(committed.as_ref().copied().map_err(again));
        }
    }
}

fn commit(connection: &Connection, batch: &mut [Box<dyn Change>]) -> Result<(), StoreError> {
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let kept = apply(connection, batch).and_then(|()| Ok(connection.execute_batch("COMMIT")?));
    if kept.is_err() && !connection.is_autocommit() {
        // SQLite may have rolled back by itself; if not, and it can't, the next BEGIN says so.
        let _ = connection.execute_batch("ROLLBACK");
    }
    kept
}

fn apply(connection: &Connection, batch: &mut [Box<dyn Change>]) -> Result<(), StoreError> {
    for job in batch {
        connection.execute_batch("SAVEPOINT change")?;
        let end = if job.apply(connection) { "RELEASE change" } else { "ROLLBACK TO change; RELEASE change" };
        connection.execute_batch(end)?;
    }
    Ok(())
}

/// The same fault for each of those whose commit it was.
fn again(fault: &StoreError) -> StoreError {
    match fault {
        StoreError::Damaged(rusqlite::Error::SqliteFailure(code, text)) => {
            StoreError::Damaged(rusqlite::Error::SqliteFailure(*code, text.clone()))
        }
        StoreError::Storage(rusqlite::Error::SqliteFailure(code, text)) => {
            StoreError::Storage(rusqlite::Error::SqliteFailure(*code, text.clone()))
        }
        StoreError::Busy(rusqlite::Error::SqliteFailure(code, text)) => {
            StoreError::Busy(rusqlite::Error::SqliteFailure(*code, text.clone()))
        }
        other => StoreError::NotCommitted(other.to_string()),
    }
}
