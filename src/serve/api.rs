//! The same as JSON, with a document that says so (OpenAPI 3.1), and metrics.

use askama::Template;
use axum::body::Body;
use axum::http::{HeaderValue, Response, header};
use rusqlite::Connection;
use serde::Serialize;
use serde_json::json;

use super::asked::Asked;
use super::coverage::Wanted;
use super::door::{Trouble, json_text};
use super::overview::{Found, LastRun, Line};
use super::shell::{Shell, html};
use super::{
    Site, agency as agency_page, cell, compare, findings as findings_page, report as report_page, run as run_page,
    search as search_page,
};
use crate::archive::{self, CaptureId};
use crate::dataset::{self, Query};
use crate::proof;

const OPENAPI: &str = include_str!("pages/openapi.json");
/// Findings in an answer.
const MOST: usize = 500;

type Answer = Result<Response<Body>, Trouble>;

#[derive(Template)]
#[template(path = "api.html")]
struct AboutPage {
    shell: Shell,
    paths: Vec<(String, String)>,
}

/// What there is, for a person: read off the same document.
pub fn about(_: &Site, _: &Connection, asked: &Asked) -> Answer {
    let document: serde_json::Value =
        serde_json::from_str(OPENAPI).map_err(|fault| Trouble::Fault(fault.to_string()))?;
    let paths = document["paths"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(path, says)| (path.clone(), says["get"]["summary"].as_str().unwrap_or_default().to_owned()));
    html(asked, &AboutPage { shell: Shell::new(asked, "api", "API"), paths: paths.collect() })
}

pub fn openapi(_: &Site, _: &Connection, _: &Asked) -> Answer {
    let mut response = Response::new(Body::from(OPENAPI));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

pub fn coverage(site: &Site, _: &Connection, asked: &Asked) -> Answer {
    let overview = site.overview();
    let lines = Wanted::of(asked)?.lines(&overview);
    let total = lines.len();
    let page = asked.page()?;
    let lines: Vec<_> = lines.into_iter().skip((page - 1) * MOST).take(MOST).collect();
    let (years, last_run) = (&overview.years, overview.last_run.as_ref());
    Ok(json_text(&CoverageAnswer { agencies: total, page, years, last_run, lines }))
}

/// Written as it is: a tree of it all would take longer than all else.
#[derive(Serialize)]
struct CoverageAnswer<'a> {
    agencies: usize,
    page: usize,
    years: &'a [i16],
    last_run: Option<&'a LastRun>,
    lines: Vec<&'a Line>,
}

pub fn report(_: &Site, connection: &Connection, asked: &Asked) -> Answer {
    let report = report_page::report_asked(connection, asked)?;
    let values = dataset::values(connection, report.id)?;
    let findings = dataset::findings(connection, report.id)?;
    Ok(json_text(&json!({ "report": report, "values": values, "findings": findings })))
}

pub fn proof(_: &Site, connection: &Connection, asked: &Asked) -> Answer {
    let report = report_page::report_asked(connection, asked)?;
    let values = dataset::values(connection, report.id)?;
    let code = asked.get("cell").ok_or_else(cell::no_cell)?;
    let value = cell::value_named(&values, code)?;
    let proved = proof::prove(connection, &report, value);
    Ok(json_text(&proof::as_json(&report, value, proved.as_ref())))
}

pub fn agency(site: &Site, connection: &Connection, asked: &Asked) -> Answer {
    let name = asked.get("name").ok_or_else(agency_page::no_name)?;
    let overview = site.overview();
    let reports = report_page::reports_of(connection, name)?;
    let across = overview.across_of(connection, name, &reports)?;
    let line = overview.line(name);
    if line.is_none() && reports.is_empty() {
        return Err(Trouble::missing("存档中没有这个机关", "the archive knows no such agency"));
    }
    Ok(json_text(&json!({ "line": line, "reports": reports, "across_years": &*across })))
}

pub fn unnamed(_: &Site, connection: &Connection, asked: &Asked) -> Answer {
    let reports = dataset::unnamed(connection)?;
    let (total, page) = (reports.len(), asked.page()?);
    let reports: Vec<_> = reports.into_iter().skip((page - 1) * MOST).take(MOST).collect();
    Ok(json_text(&json!({ "total": total, "page": page, "reports": reports })))
}

pub fn compare(site: &Site, connection: &Connection, asked: &Asked) -> Answer {
    Ok(json_text(&compare::comparison(site, connection, asked)?))
}

pub fn findings(site: &Site, connection: &Connection, asked: &Asked) -> Answer {
    let overview = site.overview();
    let found = findings_page::wanted(&overview, connection, asked)?;
    let (total, page) = (found.len(), asked.page()?);
    let found: Vec<&Found> = found.into_iter().skip((page - 1) * MOST).take(MOST).collect();
    Ok(json_text(&json!({ "total": total, "page": page, "findings": found })))
}

pub fn search(_: &Site, connection: &Connection, asked: &Asked) -> Answer {
    let page = asked.page()?;
    let query = asked.get("q").and_then(Query::of);
    let mut hits = search_page::found(connection, query.as_ref(), page)?;
    let more = hits.len() > search_page::SHOWN;
    hits.truncate(search_page::SHOWN);
    Ok(json_text(&json!({ "page": page, "more": more, "hits": hits })))
}

pub fn capture(_: &Site, connection: &Connection, asked: &Asked) -> Answer {
    let (capture, _) = archive::exchange(connection, CaptureId(asked.segment(2)?))?;
    let lines = |headers: &crate::exchange::Headers| -> Vec<[String; 2]> {
        headers.0.iter().map(|(name, value)| [name.clone(), String::from_utf8_lossy(value).into_owned()]).collect()
    };
    Ok(json_text(&json!({
        "capture": capture.id.0,
        "url": capture.url.as_str(),
        "status": capture.status,
        "sha256": capture.digest.to_string(),
        "size_bytes": capture.size_bytes,
        "started_at": capture.started_at,
        "peer": capture.peer,
        "hop": capture.hop.as_str(),
        "truncated": capture.truncated.map(|cut| cut.as_str()),
        "revisit_of": capture.revisit_of.map(|original| original.0),
        "method": capture.request.method,
        "request_body": String::from_utf8_lossy(&capture.request.body),
        "request_headers": lines(&capture.request.headers),
        "response_headers": lines(&capture.headers),
    })))
}

pub fn run(_: &Site, connection: &Connection, _: &Asked) -> Answer {
    Ok(json_text(&json!({ "run": run_page::progress(connection)? })))
}

/// Counted with the overview: to count a large archive takes longer than a page may.
pub fn metrics(site: &Site, _: &Connection, _: &Asked) -> Answer {
    let mut response = Response::new(Body::from(site.overview().metrics.clone()));
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    Ok(response)
}
