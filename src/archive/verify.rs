//! Is it intact? Passed, failed, or nothing to check: the third is never reported as the first.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use rusqlite::Connection;

use super::{ArchiveError, CaptureId, chain, dictionary, payload};
use crate::digest::Digest;
use crate::store::{self, Store, StoreError};

/// What a verification saw.
#[derive(Debug, Default)]
pub struct Verified {
    pub captures: u64,
    /// Payloads whose bytes hash to their name.
    pub intact: u64,
    pub bytes: u64,
    pub damaged: Vec<Damage>,
    /// Pages of the file whose bytes are as they were written; none where it keeps no sums of them.
    pub pages: Option<u64>,
    /// Pages that another program wrote back from the log, without a sum.
    pub unsummed: u64,
    /// Faults of the file itself: pages, indexes, keys, schema, rows that belong to nothing.
    pub file: Vec<String>,
    /// Where the chain of captures is broken.
    pub chain: Vec<String>,
    /// The newest capture and the link it ends the chain with.
    pub head: Option<(CaptureId, String)>,
}

/// A payload that failed, and the captures that lose their body with it.
#[derive(Debug)]
pub struct Damage {
    pub digest: String,
    pub why: String,
    pub captures: Vec<i64>,
}

impl Verified {
    pub fn is_intact(&self) -> bool {
        self.damaged.is_empty() && self.file.is_empty() && self.chain.is_empty()
    }
}

/// Re-hashes every payload with `jobs` readers and checks the file and the chain. Goes on past damage.
pub fn verify(store: &Store, jobs: usize) -> Result<Verified, ArchiveError> {
    let reader = store.reader()?;
    // What is held against each other is of one moment: a crawl may go on.
    let connection = reader.unchecked_transaction().map_err(StoreError::from)?;
    let mut seen = Verified::default();
    pages(store, &connection, &mut seen);
    file_faults(&connection, &mut seen.file);
    match chain::faults(&connection) {
        Ok(faults) => seen.chain = faults,
        Err(fault) => seen.chain.push(format!("it can't be read to its end: {fault}")),
    }
    seen.head = chain::head(&connection).unwrap_or_default();
    match connection.query_row("SELECT count(*) FROM capture", [], |row| row.get::<_, i64>(0)) {
        Ok(captures) => seen.captures = captures.unsigned_abs(),
        Err(fault) => seen.file.push(format!("the captures can't be counted: {fault}")),
    }
    let names = names(&connection, &mut seen.file);
    drop(connection);
    hash_again(store, &names, jobs.max(1), &mut seen)?;
    Ok(seen)
}

/// Pages that are not as they were written are faults, by what they belong to.
fn pages(store: &Store, connection: &Connection, seen: &mut Verified) {
    let pages = match store::check_pages(store.path()) {
        Ok(pages) => pages,
        Err(fault) => return seen.file.push(format!("the file's pages can't be read to their end: {fault}")),
    };
    seen.unsummed = pages.unsummed;
    seen.pages = (pages != store::Pages::default()).then_some(pages.whole);
    if pages.changed.is_empty() {
        return;
    }
    let owners = owners(connection).unwrap_or_default();
    let mut of: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for number in pages.changed {
        of.entry(owners.get(&number).map_or("no table", String::as_str)).or_default().push(number);
    }
    for (owner, numbers) in of {
        let named = numbers.iter().take(NAMED).map(u64::to_string).collect::<Vec<_>>().join(", ");
        let more = if numbers.len() > NAMED { ", …" } else { "" };
        let pages = if numbers.len() == 1 { "page" } else { "pages" };
        seen.file.push(format!("of {owner}, {} {pages} not as written: {named}{more}", numbers.len()));
    }
}

/// Numbers of pages that are told one by one.
const NAMED: usize = 20;

/// The table or index that each page belongs to; those of free pages are left out.
fn owners(connection: &Connection) -> Result<BTreeMap<u64, String>, rusqlite::Error> {
    let mut statement = connection.prepare("SELECT pageno, name FROM dbstat")?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get(1)?)))?;
    // What is known before the damage ends the walk.
    Ok(rows.map_while(Result::ok).collect())
}

/// Digests of payloads, from their own table and from the captures: where one list breaks off, the other may go on.
fn names(connection: &Connection, faults: &mut Vec<String>) -> Vec<String> {
    let mut names = BTreeSet::new();
    for (what, sql) in [
        ("payloads", "SELECT digest FROM payload ORDER BY rowid"),
        ("captures", "SELECT payload FROM capture ORDER BY id"),
    ] {
        let listed = connection.prepare(sql).and_then(|mut statement| {
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                names.insert(row.get::<_, String>(0)?);
            }
            Ok(())
        });
        if let Err(fault) = listed {
            faults.push(format!("the list of {what} breaks off: {fault}"));
        }
    }
    names.into_iter().collect()
}

fn hash_again(store: &Store, names: &[String], jobs: usize, seen: &mut Verified) -> Result<(), ArchiveError> {
    let next = AtomicUsize::new(0);
    let found = Mutex::new((0u64, 0u64, Vec::new()));
    std::thread::scope(|scope| -> Result<(), ArchiveError> {
        let readers: Vec<_> = (0..jobs.min(names.len()))
            .map(|_| {
                scope.spawn(|| -> Result<(), ArchiveError> {
                    let connection = store.reader()?;
                    let reader = payload::Reader::new(&connection);
                    while let Some(name) = names.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let body = match name.parse::<Digest>() {
                            Err(fault) => Err(fault.to_string()),
                            Ok(digest) => reader.load(digest).map_err(|fault| fault.to_string()),
                        };
                        let mut found = found.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                        match body {
                            Ok(body) => {
                                found.0 += 1;
                                found.1 += body.len() as u64;
                            }
                            Err(why) => found.2.push((name.clone(), why)),
                        }
                    }
                    Ok(())
                })
            })
            .collect();
        for reader in readers {
            if let Ok(read) = reader.join() {
                read?;
            }
        }
        Ok(())
    })?;
    let (intact, bytes, mut damaged) = found.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    (seen.intact, seen.bytes) = (intact, bytes);
    damaged.sort();
    let connection = store.reader()?;
    for (digest, why) in damaged {
        let captures = captures_of(&connection, &digest).unwrap_or_default();
        seen.damaged.push(Damage { digest, why, captures });
    }
    Ok(())
}

fn captures_of(connection: &Connection, digest: &str) -> Result<Vec<i64>, ArchiveError> {
    let mut statement = connection.prepare_cached("SELECT id FROM capture WHERE payload = ?1 ORDER BY id")?;
    Ok(statement.query_map([digest], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

/// Rows that belong to nothing though no key says so.
const ORPHANS: [(&str, &str); 4] = [
    (
        "payloads belong to no capture",
        "SELECT count(*) FROM payload p WHERE NOT EXISTS (SELECT 1 FROM capture c WHERE c.payload = p.digest)",
    ),
    (
        "reports have no page",
        "SELECT count(*) FROM report r WHERE NOT EXISTS (SELECT 1 FROM page p WHERE p.capture = r.capture)",
    ),
    (
        "revisits point at a revisit",
        "SELECT count(*) FROM capture c JOIN capture o ON o.id = c.revisit_of WHERE o.revisit_of IS NOT NULL",
    ),
    ("revisits point at a later capture", "SELECT count(*) FROM capture WHERE revisit_of >= id"),
];

fn file_faults(connection: &Connection, faults: &mut Vec<String>) {
    let mut note = |listed: Result<Vec<String>, rusqlite::Error>, what: &str| match listed {
        Ok(listed) => faults.extend(listed),
        Err(fault) => faults.push(format!("{what} can't be checked: {fault}")),
    };
    let integrity = connection.prepare("PRAGMA integrity_check(50)").and_then(|mut statement| {
        let lines = statement.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
        Ok(lines.into_iter().filter(|line| line != "ok").collect())
    });
    note(integrity, "the file's pages");
    let keys = connection.prepare("PRAGMA foreign_key_check").and_then(|mut statement| {
        let broken = statement.query_map([], |row| {
            let (table, parent): (String, String) = (row.get(0)?, row.get(2)?);
            Ok(format!("a row of {table} points at no row of {parent}"))
        })?;
        broken.collect()
    });
    note(keys, "the keys");
    for (what, sql) in ORPHANS {
        let count = connection.query_row(sql, [], |row| row.get::<_, i64>(0));
        note(count.map(|count| if count > 0 { vec![format!("{count} {what}")] } else { Vec::new() }), what);
    }
    match dictionaries(connection) {
        Ok(broken) => faults.extend(broken),
        Err(fault) => faults.push(format!("the dictionaries can't be listed: {fault}")),
    }
    match store::differences(connection) {
        Ok(differences) => faults.extend(differences.into_iter().map(|difference| format!("schema: {difference}"))),
        Err(fault) => faults.push(format!("the schema can't be checked: {fault}")),
    }
}

fn dictionaries(connection: &Connection) -> Result<Vec<String>, rusqlite::Error> {
    let mut statement = connection.prepare("SELECT id FROM dictionary ORDER BY id")?;
    let ids = statement.query_map([], |row| row.get::<_, i64>(0))?.collect::<Result<Vec<_>, _>>()?;
    Ok(ids.into_iter().filter_map(|id| dictionary::fault(connection, id)).collect())
}
