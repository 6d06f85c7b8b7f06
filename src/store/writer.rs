//! The single writer: changes queue up, those that wait share a commit, answers go out after it. Where one of them fails, it alone is undone.

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
        F: Fn(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Job { change, made: None, reply };
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
    /// Makes the change; whether it is to be kept. May be asked again after what it made was undone.
    fn make(&mut self, connection: &Connection) -> bool;
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

struct Job<T, F> {
    change: F,
    made: Option<Result<T, StoreError>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> Change for Job<T, F>
where
    T: Send,
    F: Fn(&Connection) -> Result<T, StoreError> + Send,
{
    fn make(&mut self, connection: &Connection) -> bool {
        let made = catch_unwind(AssertUnwindSafe(|| (self.change)(connection)));
        self.made.insert(made.unwrap_or(Err(StoreError::ChangePanicked))).is_ok()
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let Job { change, made, reply } = *self;
        // What the change holds is let go before whoever waits for it goes on.
        drop(change);
        let made = match (committed, made) {
            (_, Some(Err(fault))) => Err(fault),
            (Err(fault), _) => Err(fault),
            (Ok(()), Some(made)) => made,
            (Ok(()), None) => Err(StoreError::WriterGone),
        };
        // Nobody may be waiting any more; the change stands all the same.
        let _ = reply.send(made);
    }
}

fn run(connection: &Connection, jobs: &Receiver<Box<dyn Change>>) {
    while let Ok(first) = jobs.recv() {
        let mut batch = vec![first];
        batch.extend(jobs.try_iter().take(BATCH - 1));
        match commit(connection, &mut batch) {
            Commit::OneFails if batch.len() > 1 => {
                for job in batch {
                    let mut alone = [job];
                    let committed = commit(connection, &mut alone);
                    answer(alone, &committed);
                }
            }
            committed => answer(batch, &committed),
        }
    }
}

fn answer(batch: impl IntoIterator<Item = Box<dyn Change>>, committed: &Commit) {
    for job in batch {
        job.answer(match committed {
            Commit::Done => Ok(()),
            Commit::OneFails => Err(StoreError::WriterGone),
            Commit::Fails(fault) => Err(again(fault)),
        });
    }
}

/// How a commit ended; where it is not done, nothing of it stands.
enum Commit {
    Done,
    /// A change was not made, and says why itself.
    OneFails,
    Fails(StoreError),
}

/// Makes the changes in one transaction. No savepoint lies between them: it costs every change a tenth of its time, and one that fails is rare
/// enough for all to be made again, each by itself.
fn commit(connection: &Connection, batch: &mut [Box<dyn Change>]) -> Commit {
    let made = connection.execute_batch("BEGIN IMMEDIATE").map(|()| batch.iter_mut().all(|job| job.make(connection)));
    let committed = match made {
        Ok(true) => {
            connection.execute_batch("COMMIT").map_or_else(|fault| Commit::Fails(fault.into()), |()| Commit::Done)
        }
        Ok(false) => Commit::OneFails,
        Err(fault) => Commit::Fails(fault.into()),
    };
    if !matches!(committed, Commit::Done) && !connection.is_autocommit() {
        // SQLite may have rolled back by itself; if not, and it can't, the next BEGIN says so.
        let _ = connection.execute_batch("ROLLBACK");
    }
    committed
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
