//! Bytes, headers and address in; findings out. Pure: no clock, file, network, database or randomness.

pub mod edition;
mod reading;

pub use edition::{Applicant, Edition};
pub use reading::*;

use url::Url;

use crate::exchange::{Headers, Response};

/// Raised with every change of behaviour, with a line in [`HISTORY`].
pub const PARSER_VERSION: &str = "1";

/// What each parser version changed, oldest first.
pub const HISTORY: [(&str, &str); 1] = [("1", "first reader: forms of 2021 and 2019, HTML and text")];

/// What a reading is made from.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    pub url: Option<&'a Url>,
    pub status: Option<u16>,
    pub headers: &'a Headers,
    /// Transfer-coding undone, content-coding kept.
    pub body: &'a [u8],
}

impl<'a> Given<'a> {
    pub fn served(url: &'a Url, response: &'a Response) -> Given<'a> {
        Given { url: Some(url), status: Some(response.status), headers: &response.headers, body: &response.body }
    }
}

/// Reads one response whole.
pub fn read(_given: Given<'_>) -> Parsed {
    todo!("the reader")
}

/// Only what the crawl needs before it settles an address: the links, without reading tables.
pub fn discover(_given: Given<'_>) -> Discovered {
    todo!("the reader")
}

/// What kind of page came back, and where it leads.
#[derive(Clone, Debug)]
pub struct Discovered {
    pub page: Page,
    pub links: Vec<Link>,
}
