//! One number of a report: where it stands in the archived page, and how it is proved.

use askama::Template;
use axum::body::Body;
use axum::http::Response;
use rusqlite::Connection;

use super::asked::Asked;
use super::door::Trouble;
use super::report::report_asked;
use super::shell::{Lang, html, plain};
use super::{Site, form, frame, wording};
use crate::dataset::{self, ReportRow, ValueRow};
use crate::proof;

/// Where one number stands, and how it is proved.
pub struct CellShown {
    pub code: String,
    pub value: ValueRow,
    pub text: String,
    pub proved: Result<Chain, String>,
}

pub struct Chain {
    pub raw: String,
    pub coding: String,
    pub decoded: String,
    pub on_paper: String,
    pub digest: String,
    pub size: u64,
    pub capture: i64,
    pub url: String,
    pub at: String,
    pub status: u16,
    pub parser: String,
    pub older: bool,
}

#[derive(Template)]
#[template(path = "cell.html")]
struct CellPage {
    lang: Lang,
    cell: CellShown,
    frame: String,
}

/// What the panel beside the tables shows of one number.
pub fn panel(_: &Site, connection: &Connection, asked: &Asked) -> Result<Response<Body>, Trouble> {
    let report = report_asked(connection, asked)?;
    let values = dataset::values(connection, report.id)?;
    let code = asked.get("cell").ok_or_else(no_cell)?;
    let cell = cell_shown(connection, &report, &values, code, asked.lang)?;
    let frame = frame_address(&report, Some(&cell.value))?;
    html(asked, &CellPage { lang: asked.lang, cell, frame })
}

pub fn no_cell() -> Trouble {
    Trouble::bad("没有指明哪一格：?cell=代码", "which cell is not said: ?cell=CODE")
}

/// The value of a report that a code names.
pub fn value_named<'a>(values: &'a [ValueRow], wanted: &str) -> Result<&'a ValueRow, Trouble> {
    let found = values.iter().find(|value| form::code(value) == wanted);
    found.ok_or_else(|| {
        let wanted = plain(wanted);
        Trouble::missing(format!("这份报告没有 {wanted} 这一格"), format!("this report has no cell {wanted}"))
    })
}

pub fn cell_shown(
    connection: &Connection,
    report: &ReportRow,
    values: &[ValueRow],
    code: &str,
    lang: Lang,
) -> Result<CellShown, Trouble> {
    let value = value_named(values, code)?.clone();
    let unproved = |fault: proof::ProofError| wording::unproved(lang, &fault.to_string());
    let proved = proof::prove(connection, report, &value).map_err(unproved).map(|proof| {
        let (start, end) = proof.derived.place.bytes;
        let decoded = proof.parsed.decoded.as_ref();
        let body = &proof.body;
        let on_page = proof.derived.place.on_page;
        Chain {
            raw: if on_page.is_some() {
                String::new()
            } else {
                proof::raw(&body[start.min(body.len())..end.min(body.len())])
            },
            coding: decoded.and_then(|decoded| decoded.coding.clone()).unwrap_or_default(),
            decoded: decoded.map(|decoded| decoded.encoding.clone()).unwrap_or_default(),
            on_paper: on_page.map(|at| format!("{} {:?}", at.page, at.sides)).unwrap_or_default(),
            digest: proof.capture.digest.to_string(),
            size: proof.capture.size_bytes,
            capture: proof.capture.id.0,
            url: plain(proof.capture.url.as_str()),
            at: proof.capture.started_at.clone(),
            status: proof.capture.status,
            parser: report.parser_version.clone(),
            older: report.parser_version != crate::parse::PARSER_VERSION,
        }
    });
    let (code, text) = (code.to_owned(), plain(&value.text));
    Ok(CellShown { code, text, value, proved })
}

/// The archived page with the cell lit.
pub fn frame_address(report: &ReportRow, value: Option<&ValueRow>) -> Result<String, Trouble> {
    let address = format!("/frame/{}", report.capture);
    let Some(value) = value else { return Ok(address) };
    let digest = report.sha256.parse().map_err(|_| Trouble::Fault("a payload without a digest".into()))?;
    let place = [
        ("start", value.byte_start),
        ("end", value.byte_end),
        ("table", value.table),
        ("row", value.row),
        ("column", value.column),
    ];
    let place: Vec<String> = place.iter().map(|(name, at)| format!("{name}={at}")).collect();
    Ok(format!("{address}?{}#{}", place.join("&"), frame::name(digest)))
}
