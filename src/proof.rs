//! One number derived again from its archived bytes: the payload re-hashed, the page read anew, the cell compared.

use rusqlite::Connection;
use serde_json::json;

use crate::archive::{self, ArchiveError, Capture, CaptureId};
use crate::dataset::{ReportRow, ValueRow};
use crate::exchange::Exchange;
use crate::parse::{self, Given, Parsed, Value};

/// The chain from a stored value to the bytes, walked.
pub struct Proof {
    pub capture: Capture,
    /// The reading made just now.
    pub parsed: Parsed,
    /// The same cell in it.
    pub derived: Value,
    /// The payload with its content-coding undone: what places count in.
    pub body: Vec<u8>,
}

#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error("the report names payload {report} and its capture {capture}")]
    OtherPayload { report: String, capture: String },
    #[error("the bytes, read again, hold no such value")]
    Lost,
    #[error("not proved: the {what} is stored as {stored:?} and the bytes give {found:?}")]
    Differs { what: &'static str, stored: String, found: String },
}

/// Derives `stored` again. Everything about the cell must be as it is stored.
pub fn prove(connection: &Connection, report: &ReportRow, stored: &ValueRow) -> Result<Proof, ProofError> {
    // Reading the capture back re-hashes its payload.
    let (capture, exchange) = archive::exchange(connection, CaptureId(report.capture))?;
    if capture.digest.to_string() != report.sha256 {
        return Err(ProofError::OtherPayload { report: report.sha256.clone(), capture: capture.digest.to_string() });
    }
    prove_in(capture, &exchange, stored)
}

fn prove_in(capture: Capture, exchange: &Exchange, stored: &ValueRow) -> Result<Proof, ProofError> {
    let parsed = parse::read(Given::served(&exchange.request, &exchange.response));
    let derived = parsed.report.iter().flat_map(|report| &report.values).find(|value| same_cell(value, stored));
    let derived = derived.cloned().ok_or(ProofError::Lost)?;
    differences(stored, &derived)?;
    Ok(Proof { capture, derived, body: parse::body_of(&exchange.response), parsed })
}

fn same_cell(value: &Value, stored: &ValueRow) -> bool {
    value.indicator == stored.indicator
        && value.applicant.map(|applicant| applicant.as_str()) == stored.applicant.as_deref()
        && value.label == stored.label
        && value.series.as_ref().map(parse::word) == stored.series.as_deref()
}

fn differences(stored: &ValueRow, derived: &Value) -> Result<(), ProofError> {
    let place = &derived.place;
    for (what, was, is) in [
        ("value", stored.value.clone().unwrap_or_default(), derived.value.clone().unwrap_or_default()),
        ("state", stored.state.clone(), parse::word(&derived.state).to_owned()),
        ("printed text", stored.text.clone(), derived.text.clone()),
        ("first byte", stored.byte_start.to_string(), place.bytes.0.to_string()),
        ("last byte", stored.byte_end.to_string(), place.bytes.1.to_string()),
        ("table", stored.table.to_string(), place.table.to_string()),
        ("row", stored.row.to_string(), place.row.to_string()),
        ("column", stored.column.to_string(), place.column.to_string()),
    ] {
        if was != is {
            return Err(ProofError::Differs { what, stored: was, found: is });
        }
    }
    Ok(())
}

/// The chain, or what broke it.
pub fn as_json(report: &ReportRow, stored: &ValueRow, proved: Result<&Proof, &ProofError>) -> serde_json::Value {
    match proved {
        Ok(proof) => json!({
            "proved": true,
            "agency": report.agency,
            "year": report.year,
            "value": stored,
            "derived": proof.derived,
            "decoded": proof.parsed.decoded,
            "sha256": proof.capture.digest.to_string(),
            "capture": proof.capture.id.0,
            "url": proof.capture.url.as_str(),
            "captured_at": proof.capture.started_at,
            "parser_version": report.parser_version,
        }),
        Err(fault) => json!({
            "proved": false,
            "agency": report.agency,
            "year": report.year,
            "value": stored,
            "why": fault.to_string(),
        }),
    }
}

/// Bytes as they are, escaped where they are no printable ASCII; the middle of a long run left out.
pub fn raw(bytes: &[u8]) -> String {
    let shown = |bytes: &[u8]| bytes.escape_ascii().to_string();
    match bytes.len() {
        0..=240 => shown(bytes),
        length => format!("{} … {} bytes … {}", shown(&bytes[..100]), length - 200, shown(&bytes[length - 100..])),
    }
}
