//! Exchanges put into the archive a few at a time, and read once they are there.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};

use super::{ImportFault, Revisit, Summary};
use crate::archive::warc::labelled;
use crate::archive::{self, ArchiveError, Bodies, CaptureId, Packer};
use crate::clock::rfc3339;
use crate::dataset;
use crate::digest::Digest;
use crate::exchange::{Exchange, Hop};
use crate::office;
use crate::reparse;
use crate::stop::Stop;
use crate::store::{Store, StoreError};
use crate::urlkey::UrlKey;

/// Exchanges that share a commit, and bytes of them.
const BATCH: usize = 64;
const BATCH_BYTES: usize = 16 << 20;
/// Revisits that may wait for an original that comes later, in this file or another.
const LATE: usize = 10_000;
/// Digests of bytes as they were sent that are remembered for revisits.
const SENT: usize = 100_000;

/// Takes exchanges in and counts what became of them.
pub struct Keeper<'a> {
    store: &'a Store,
    stop: Stop,
    packer: Arc<Packer>,
    batch: Vec<(String, Item)>,
    bytes: usize,
    late: Vec<(String, Revisit)>,
    /// Digests of bodies as they were sent, in chunks, to those of the bodies: wget's revisits name the former.
    sent: HashMap<String, String>,
    summary: Summary,
}

enum Item {
    Answer(Exchange),
    Revisit(Revisit),
}

/// What became of an item.
enum Kept {
    New { id: CaptureId, revisit: bool, unread: bool },
    Known { id: CaptureId, unread: bool },
    NoOriginal,
}

impl<'a> Keeper<'a> {
    pub fn new(store: &'a Store) -> Keeper<'a> {
        Keeper {
            store,
            stop: Stop::default(),
            packer: Arc::default(),
            batch: Vec::new(),
            bytes: 0,
            late: Vec::new(),
            sent: HashMap::new(),
            summary: Summary::default(),
        }
    }

    /// Takes nothing more in once `stop` is asked for: [`StoreError::Interrupted`].
    pub fn until(store: &'a Store, stop: Stop) -> Keeper<'a> {
        Keeper { stop, ..Keeper::new(store) }
    }

    pub fn answer(&mut self, file: &str, exchange: Exchange) -> Result<(), ArchiveError> {
        self.bytes += exchange.response.body.len();
        self.push(file, Item::Answer(exchange))
    }

    /// A digest that revisits may name an answer by, though it is not its body's.
    pub fn sent_as(&mut self, label: String, exchange: &Exchange) {
        if self.sent.len() < SENT {
            self.sent.insert(label, format!("sha256:{}", Digest::of(&exchange.response.body)));
        }
    }

    pub fn revisit(&mut self, file: &str, mut revisit: Revisit) -> Result<(), ArchiveError> {
        let named = revisit.refers_to.payload_digest.as_ref();
        if let Some(body) = named.and_then(|label| self.sent.get(label)) {
            revisit.refers_to.payload_digest = Some(body.clone());
        }
        self.push(file, Item::Revisit(revisit))
    }

    pub fn fault(&mut self, file: &str, offset: u64, why: String) {
        self.summary.faults.push(ImportFault { file: file.to_owned(), offset, why });
    }

    pub fn passed_over(&mut self, counts: &BTreeMap<String, u64>) {
        for (kind, count) in counts {
            *self.summary.passed_over.entry(kind.clone()).or_default() += count;
        }
    }

    /// Places that could not be taken in so far.
    pub fn faults(&self) -> usize {
        self.summary.faults.len()
    }

    /// Whether a revisit of this file still waits for its original.
    pub fn waits(&self, file: &str) -> bool {
        self.late.iter().any(|(of, _)| of == file)
    }

    /// Keeps what is left, and, unless it was stopped, the revisits whose originals came after them.
    pub fn finish(mut self) -> Result<Summary, ArchiveError> {
        self.flush()?;
        self.summary.interrupted = self.stop.is_asked();
        if self.summary.interrupted {
            return Ok(self.summary);
        }
        let late = std::mem::take(&mut self.late);
        for (file, revisit) in late {
            self.revisit(&file, revisit)?;
        }
        self.flush()?;
        let orphans = std::mem::take(&mut self.late);
        for (file, revisit) in &orphans {
            self.orphan(file, revisit);
        }
        Ok(self.summary)
    }

    fn push(&mut self, file: &str, item: Item) -> Result<(), ArchiveError> {
        if self.stop.is_asked() {
            return Err(StoreError::Interrupted.into());
        }
        self.batch.push((file.to_owned(), item));
        if self.batch.len() >= BATCH || self.bytes >= BATCH_BYTES { self.flush() } else { Ok(()) }
    }

    /// Bytes first, in one transaction; then their readings in another.
    /// Makes durable what was given so far, but for revisits whose original was not among it.
    pub fn flush(&mut self) -> Result<(), ArchiveError> {
        self.bytes = 0;
        let batch = Arc::new(std::mem::take(&mut self.batch));
        if batch.is_empty() {
            return Ok(());
        }
        let (packer, items) = (self.packer.clone(), batch.clone());
        let kept = self.store.write_blocking(move |tx| {
            items.iter().map(|(_, item)| keep(tx, &packer, item)).collect::<Result<Vec<_>, _>>()
        })?;
        let mut unread = Vec::new();
        for ((file, item), kept) in batch.iter().zip(kept) {
            match (kept, item) {
                (Kept::New { id, revisit, unread: due }, _) => {
                    self.summary.captures += 1;
                    self.summary.revisits += u64::from(revisit);
                    unread.extend(due.then_some(id));
                }
                (Kept::Known { id, unread: due }, _) => {
                    self.summary.known += 1;
                    unread.extend(due.then_some(id));
                }
                (Kept::NoOriginal, Item::Revisit(revisit)) if self.late.len() < LATE => {
                    self.late.push((file.clone(), revisit.clone()));
                }
                (Kept::NoOriginal, Item::Revisit(revisit)) => self.orphan(file, revisit),
                (Kept::NoOriginal, Item::Answer(_)) => {}
            }
        }
        // The same record twice in one batch is one capture to read.
        unread.sort();
        unread.dedup();
        self.read(&unread)
    }

    fn orphan(&mut self, file: &str, revisit: &Revisit) {
        let original = &revisit.refers_to;
        let date = original.date.map_or("no date".into(), |date| date.to_string());
        self.fault(
            file,
            revisit.offset,
            format!("the original of this revisit is not here: {} of {date}", original.url),
        );
    }

    /// Readings of what was just committed, by the code that re-reads the archive.
    fn read(&mut self, captures: &[CaptureId]) -> Result<(), ArchiveError> {
        let connection = self.store.reader()?;
        let bodies = Bodies::new(&connection);
        let mut readings = Vec::new();
        for id in captures {
            let (_, parsed, panicked) = reparse::read_one(&bodies, *id, &office::read)?;
            if panicked {
                tracing::error!("the parser failed on capture {id}");
            }
            self.summary.reports += u64::from(parsed.report.is_some());
            readings.push((*id, parsed));
        }
        self.store.write_blocking(move |tx| {
            readings.iter().try_for_each(|(id, parsed)| dataset::replace(tx, *id, parsed, None).map(drop))
        })?;
        Ok(())
    }
}

fn keep(tx: &Connection, packer: &Packer, item: &Item) -> Result<Kept, StoreError> {
    let completed;
    let exchange = match item {
        Item::Answer(exchange) => exchange,
        // An answer 304 has no body of its own: `put` ties it to the capture it confirms.
        Item::Revisit(revisit) if revisit.exchange.response.status == 304 => &revisit.exchange,
        Item::Revisit(revisit) => match original(tx, revisit)? {
            None => return Ok(Kept::NoOriginal),
            Some(body) => {
                let mut exchange = revisit.exchange.clone();
                exchange.response.body = body;
                completed = exchange;
                &completed
            }
        },
    };
    if let Some(id) = known(tx, exchange)? {
        return Ok(Kept::Known { id, unread: is_unread(tx, id)? });
    }
    let id = archive::put(tx, packer, exchange, None)?;
    Ok(Kept::New { id, revisit: archive::is_revisit(tx, id)?, unread: is_unread(tx, id)? })
}

/// The capture that is this exchange: same address, method, status, payload, and time to the millisecond, or to the second
/// where one of the two is known no better.
fn known(tx: &Connection, exchange: &Exchange) -> Result<Option<CaptureId>, StoreError> {
    let id = tx
        .prepare_cached(
            "SELECT min(id) FROM capture
             WHERE urlkey = ?1 AND url = ?2 AND method = ?3 AND status = ?4 AND payload = ?6 AND (started_at = ?5
                 OR (substr(started_at, 1, 19) = substr(?5, 1, 19) AND (started_at LIKE '%.000Z' OR ?5 LIKE '%.000Z')))",
        )?
        .query_row(
            params![
                UrlKey::asked(&exchange.request.method, &exchange.request.url, &exchange.request.body).as_str(),
                exchange.request.url.as_str(),
                exchange.request.method,
                exchange.response.status,
                rfc3339(exchange.started_at),
                Digest::of(&exchange.response.body).to_string(),
            ],
            |row| row.get::<_, Option<i64>>(0),
        )
        .optional()?;
    Ok(id.flatten().map(CaptureId))
}

/// What `reparse` would read.
fn is_unread(tx: &Connection, id: CaptureId) -> Result<bool, StoreError> {
    let unread = tx
        .prepare_cached(
            "SELECT c.hop <> ?2 AND c.revisit_of IS NULL AND p.capture IS NULL
             FROM capture c LEFT JOIN page p ON p.capture = c.id WHERE c.id = ?1",
        )?
        .query_row(params![id.0, Hop::Robots.as_str()], |row| row.get(0))?;
    Ok(unread)
}

/// The body that a revisit stands for: of the capture it names by address and second, or, where it names no time, the latest
/// of that address. It must have the digest that the revisit names.
fn original(tx: &Connection, revisit: &Revisit) -> Result<Option<Vec<u8>>, StoreError> {
    let refers_to = &revisit.refers_to;
    let second = refers_to.date.map(|date| rfc3339(date)[..19].to_owned());
    let mut statement = tx.prepare_cached(
        "SELECT id FROM capture
         WHERE urlkey = ?1 AND (status BETWEEN 200 AND 299 OR status = ?3) AND (?2 IS NULL OR substr(started_at, 1, 19) = ?2)
         ORDER BY id DESC LIMIT 16",
    )?;
    let request = &revisit.exchange.request;
    let key = UrlKey::asked(&request.method, &refers_to.url, &request.body);
    let ids = statement
        .query_map(params![key.as_str(), second, revisit.exchange.response.status], |row| row.get(0))?
        .collect::<Result<Vec<i64>, _>>()?;
    for id in ids {
        let body = match archive::exchange(tx, CaptureId(id)) {
            Ok((_, exchange)) => exchange.response.body,
            Err(ArchiveError::Store(fault)) => return Err(fault),
            Err(_) => continue,
        };
        let agrees = refers_to.payload_digest.as_deref().and_then(|label| labelled::agrees(label, &body));
        if agrees.unwrap_or(second.is_some()) {
            return Ok(Some(body));
        }
    }
    Ok(None)
}
