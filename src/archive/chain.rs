//! The chain of captures: each link is a hash over a capture's fields and the link before, so that a capture altered, removed or
//! put in between breaks every link after it.
//!
//! Captures cut off at the end with their links leave a shorter chain that is whole: against that, a link known from elsewhere
//! (a snapshot's manifest, a note on paper) is looked for in the chain.

use rusqlite::{Connection, OptionalExtension, params};

use super::{ArchiveError, CaptureId};
use crate::digest::Digest;
use crate::store::StoreError;

/// Adds the capture's link within the caller's transaction.
pub fn append(tx: &Connection, id: CaptureId) -> Result<(), StoreError> {
    let before: Option<String> = tx
        .prepare_cached("SELECT link FROM capture_link ORDER BY capture DESC LIMIT 1")?
        .query_row([], |row| row.get(0))
        .optional()?;
    let fields: String = tx
        .prepare_cached("SELECT fields FROM capture_fields WHERE capture = ?1")?
        .query_row([id.0], |row| row.get(0))?;
    let link = link(before.as_deref(), &fields);
    tx.prepare_cached("INSERT INTO capture_link (capture, link) VALUES (?1, ?2)")?.execute(params![id.0, link])?;
    Ok(())
}

fn link(before: Option<&str>, fields: &str) -> String {
    Digest::of([before.unwrap_or_default(), "\n", fields].concat().as_bytes()).to_string()
}

/// The end of the chain: the newest capture and its link.
pub fn head(connection: &Connection) -> Result<Option<(CaptureId, String)>, StoreError> {
    Ok(connection
        .prepare("SELECT capture, link FROM capture_link ORDER BY capture DESC LIMIT 1")?
        .query_row([], |row| Ok((CaptureId(row.get(0)?), row.get(1)?)))
        .optional()?)
}

/// The capture that a link known from elsewhere ends with, if the chain holds it.
pub fn holds(connection: &Connection, link: &str) -> Result<Option<CaptureId>, StoreError> {
    Ok(connection
        .prepare("SELECT capture FROM capture_link WHERE link = ?1")?
        .query_row([link], |row| Ok(CaptureId(row.get(0)?)))
        .optional()?)
}

/// Where the chain is broken, in words; the first break makes those after it, so only that is told, and missing links apart.
pub fn faults(connection: &Connection) -> Result<Vec<String>, ArchiveError> {
    let mut faults = Vec::new();
    let mut statement = connection.prepare(
        "SELECT f.capture, f.fields, l.link FROM capture_fields f LEFT JOIN capture_link l ON l.capture = f.capture
         ORDER BY f.capture",
    )?;
    let mut rows = statement.query([])?;
    let mut before: Option<String> = None;
    let mut last = 0;
    while let Some(row) = rows.next()? {
        let capture: i64 = row.get(0)?;
        last = capture;
        let (fields, kept): (Option<String>, Option<String>) = (row.get(1)?, row.get(2)?);
        let expected = fields.as_deref().map(|fields| link(before.as_deref(), fields));
        match &kept {
            None => faults.push(format!("capture {capture} has no link")),
            Some(_) if kept != expected => {
                faults.push(format!("capture {capture} is not as it was kept, or one before it was removed"));
            }
            Some(_) => {}
        }
        // From the link as kept, so that a break shows where it is and not at every capture after it.
        before = kept;
    }
    let without: i64 = connection.query_row(
        "SELECT count(*) FROM capture_link l WHERE NOT EXISTS (SELECT 1 FROM capture c WHERE c.id = l.capture)",
        [],
        |row| row.get(0),
    )?;
    if without > 0 {
        faults.push(format!("{without} links have lost their capture"));
    }
    // Numbers of captures are never used twice: the file remembers the highest.
    let highest: Option<i64> = connection
        .query_row("SELECT seq FROM sqlite_sequence WHERE name = 'capture'", [], |row| row.get(0))
        .optional()?;
    if highest.unwrap_or(0) != last {
        faults.push(format!("the last capture is {last} and {} were made", highest.unwrap_or(0)));
    }
    Ok(faults)
}
