//! One reading as JSON: `parse --json`, `fetch --json`.

use serde::Serialize;

use crate::clock::rfc3339;
use crate::digest::Digest;
use crate::exchange::Exchange;
use crate::parse::{PARSER_VERSION, Parsed, TableGrid};

#[derive(Serialize)]
pub struct Reading<'a> {
    parser_version: &'static str,
    source: Source,
    #[serde(flatten)]
    parsed: &'a Parsed,
    #[serde(skip_serializing_if = "Option::is_none")]
    tables: Option<&'a [TableGrid]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
}

/// Where the bytes came from.
#[derive(Clone, Debug, Serialize)]
pub struct Source {
    pub url: Option<String>,
    pub sha256: String,
    pub bytes: usize,
    pub status: Option<u16>,
    pub fetched_at: Option<String>,
}

impl Source {
    pub fn of_file(url: Option<String>, body: &[u8]) -> Source {
        Source { url, sha256: Digest::of(body).to_string(), bytes: body.len(), status: None, fetched_at: None }
    }

    pub fn of_exchange(exchange: &Exchange) -> Source {
        Source {
            status: Some(exchange.response.status),
            fetched_at: Some(rfc3339(exchange.started_at)),
            ..Source::of_file(Some(exchange.request.url.to_string()), &exchange.response.body)
        }
    }
}

impl<'a> Reading<'a> {
    pub fn new(source: Source, parsed: &'a Parsed) -> Reading<'a> {
        Reading { parser_version: PARSER_VERSION, source, parsed, tables: None, text: None }
    }

    pub fn with(mut self, tables: Option<&'a [TableGrid]>, text: Option<&'a str>) -> Reading<'a> {
        self.tables = tables;
        self.text = text;
        self
    }
}
