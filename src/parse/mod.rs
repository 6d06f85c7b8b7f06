//! Bytes, headers and address in; findings out. Pure: no clock, file, network, database or randomness.
//!
//! [`read`] undoes the content-coding, decides the encoding, takes the document apart, reads the form's tables by their
//! labels, says whose report it is and what kind of page, holds its arithmetic against it, and lists where it leads.

mod apart;
mod cell;
mod check;
mod content;
mod decimal;
mod decode;
mod discover;
pub mod edition;
mod extract;
mod grid;
mod identity;
mod label;
mod layout;
mod page;
mod reading;
mod report;
mod section;
mod version;

pub use apart::{Apart, Discovered};
pub use check::{Year, across};
pub use content::Content;
pub use discover::column_of_another;
pub use edition::{Applicant, Edition};
pub use identity::title::{CANDIDATE, REPORT, agency as agency_in_title, is_agency, score as score_of_title};
pub use identity::year::first as year_in_title;
pub use layout::{laid_out, words};
pub use reading::*;
pub use version::{HISTORY, PARSER_VERSION};

use url::Url;

use crate::exchange::{Headers, Request, Response};

/// What a reading is made from.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    pub url: Option<&'a Url>,
    pub status: Option<u16>,
    pub headers: &'a Headers,
    /// Transfer-coding undone, content-coding kept.
    pub body: &'a [u8],
    /// What the address was asked with, where that was no plain request.
    pub query: Option<&'a str>,
}

impl<'a> Given<'a> {
    pub fn served(request: &'a Request, response: &'a Response) -> Given<'a> {
        Given {
            url: Some(&request.url),
            status: Some(response.status),
            headers: &response.headers,
            body: &response.body,
            query: request.posted(),
        }
    }
}

/// The body with its content-coding undone, as far as that goes.
pub fn body_of(response: &Response) -> Vec<u8> {
    content::content(&response.headers, &response.body).bytes.into_owned()
}

/// The body with its content-coding undone, which [`Apart`] is made from.
pub fn uncoded<'a>(given: Given<'a>) -> Content<'a> {
    content::content(given.headers, given.body)
}

/// Reads one response whole.
pub fn read(given: Given<'_>) -> Parsed {
    let content = uncoded(given);
    Apart::of(given, &content).read()
}

/// Only what the crawl needs before it settles an address: kind of page and links, without reading the form.
pub fn discover(given: Given<'_>) -> Discovered {
    let content = uncoded(given);
    Apart::of(given, &content).discovered()
}

/// Whether a short answer only sends the reader to where he is.
pub fn sends_back(given: Given<'_>) -> bool {
    const SHORT: usize = 4 << 10;
    let Some(url) = given.url.filter(|_| given.body.len() <= SHORT) else { return false };
    let content = uncoded(given);
    let text = decode::decode(given.headers, &content.bytes, content.coding.clone());
    discover::sends_back(&taken_apart(given.headers, &text.text), url)
}

/// JSON with an article, markup or plain text: by the declared type, and by what is there.
fn taken_apart(headers: &Headers, text: &str) -> extract::Document {
    let plain = headers.get("content-type").is_some_and(|value| value.starts_with("text/plain"));
    if let Some(answer) = extract::json(text) {
        return answer;
    }
    let head = &text[..text.floor_char_boundary(4_096)];
    let tag = |name: &str| {
        head.match_indices('<').any(|(at, _)| {
            head.as_bytes()[at + 1..].get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes()))
        })
    };
    let marked_up = [
        "!doctype", "html", "head", "body", "frameset", "table", "div", "td", "p>", "p ", "meta", "script", "span",
        "?xml", "tr", "br", "li", "ul", "a ",
    ];
    if !plain && marked_up.into_iter().any(tag) { extract::html(text) } else { extract::lines(text) }
}
