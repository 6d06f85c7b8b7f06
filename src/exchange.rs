//! One HTTP exchange as it happened: what was asked, and what came back.

use std::borrow::Borrow;
use std::net::SocketAddr;

use jiff::Timestamp;
use serde::Serialize;
use url::{Url, form_urlencoded};

/// Header fields in the order they came. Values are bytes: agency sites send raw GBK.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(pub Vec<(String, Vec<u8>)>);

impl Headers {
    /// The first value of `name` (case-insensitive, RFC 9110 5.1), trimmed, undecodable bytes replaced.
    pub fn get(&self, name: &str) -> Option<String> {
        self.raw(name).map(|value| String::from_utf8_lossy(value).trim().to_owned())
    }

    /// The first value of `name` as bytes.
    pub fn raw(&self, name: &str) -> Option<&[u8]> {
        self.0.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_slice())
    }

    /// Every value of `name`.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.0.iter().filter(move |(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_slice())
    }

    pub fn push(&mut self, name: impl Into<String>, value: impl Into<Vec<u8>>) {
        self.0.push((name.into(), value.into()));
    }
}

/// What was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub method: String,
    pub url: Url,
    pub headers: Headers,
    /// Empty for nearly all; a query, for lists that are asked for with one.
    pub body: Vec<u8>,
}

impl Request {
    /// Asks for an address and nothing more.
    pub fn get(url: Url, headers: Headers) -> Request {
        Request { method: "GET".into(), url, headers, body: Vec::new() }
    }

    /// What a list was asked for with.
    pub fn query(&self) -> Option<Query> {
        self.posted().map(Query::from_text)
    }

    /// The text of [`Request::query`].
    pub fn posted(&self) -> Option<&str> {
        if self.method == "POST" { std::str::from_utf8(&self.body).ok() } else { None }
    }
}

/// What a script of a page sends to have the rows of a list: the pairs of a form, or JSON. Sent by POST, and reads only.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Query(String);

impl Query {
    /// `application/x-www-form-urlencoded` (URL standard, 5.2).
    pub fn form<K: AsRef<str>, V: AsRef<str>>(pairs: impl IntoIterator<Item: Borrow<(K, V)>>) -> Query {
        Query(form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
    }

    /// JSON; the text of an object.
    pub fn json(object: &serde_json::Map<String, serde_json::Value>) -> Query {
        Query(serde_json::Value::Object(object.clone()).to_string())
    }

    pub fn from_text(text: &str) -> Query {
        Query(text.to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A form has its braces encoded, so that one at the beginning means JSON.
    pub fn is_json(&self) -> bool {
        self.0.starts_with('{')
    }

    pub fn content_type(&self) -> &'static str {
        if self.is_json() { "application/json" } else { "application/x-www-form-urlencoded" }
    }

    /// The value of one member or pair, as text.
    pub fn get(&self, name: &str) -> Option<String> {
        self.pairs().into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// The same with another number for one member or pair.
    pub fn with(&self, name: &str, number: u64) -> Option<Query> {
        if self.is_json() {
            let mut object = self.object()?;
            object.insert(name.to_owned(), number.into());
            return Some(Query::json(&object));
        }
        let mut pairs = self.pairs();
        pairs.iter_mut().filter(|(key, _)| key == name).for_each(|(_, held)| *held = number.to_string());
        Some(Query::form(&pairs))
    }

    /// Its pairs, or the members of its JSON, as text.
    pub fn pairs(&self) -> Vec<(String, String)> {
        match self.object().filter(|_| self.is_json()) {
            Some(object) => object.into_iter().map(|(name, value)| (name, as_text(value))).collect(),
            None => form_urlencoded::parse(self.0.as_bytes()).into_owned().collect(),
        }
    }

    fn object(&self) -> Option<serde_json::Map<String, serde_json::Value>> {
        serde_json::from_str(&self.0).ok()
    }
}

fn as_text(value: serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text,
        value => value.to_string(),
    }
}

/// What came back: transfer-coding undone, content-coding kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    pub headers: Headers,
    pub body: Vec<u8>,
}

/// Why a body is shorter than the server meant it (the values of WARC-Truncated, WARC/1.1 5.13).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Truncation {
    /// The size limit was reached.
    Length,
    /// The time limit was reached.
    Time,
    /// The connection ended early.
    Disconnect,
}

impl Truncation {
    pub fn as_str(self) -> &'static str {
        match self {
            Truncation::Length => "length",
            Truncation::Time => "time",
            Truncation::Disconnect => "disconnect",
        }
    }

    pub fn from_text(text: &str) -> Option<Truncation> {
        [Truncation::Length, Truncation::Time, Truncation::Disconnect].into_iter().find(|t| t.as_str() == text)
    }
}

/// How an address came to be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Hop {
    /// Named by a seed or by the user.
    Seed,
    /// An ordinary link.
    Link,
    /// The next page of a listing, or of a report.
    Page,
    /// A Location header or its equivalent.
    Redirect,
    /// A file that belongs to a report page.
    Attachment,
    /// robots.txt.
    Robots,
}

impl Hop {
    pub const ALL: [Hop; 6] = [Hop::Seed, Hop::Link, Hop::Page, Hop::Redirect, Hop::Attachment, Hop::Robots];

    pub fn as_str(self) -> &'static str {
        match self {
            Hop::Seed => "seed",
            Hop::Link => "link",
            Hop::Page => "page",
            Hop::Redirect => "redirect",
            Hop::Attachment => "attachment",
            Hop::Robots => "robots",
        }
    }

    pub fn from_text(text: &str) -> Option<Hop> {
        Hop::ALL.into_iter().find(|hop| hop.as_str() == text)
    }
}

/// How the bytes travelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    Http,
    /// TLS 1.2 or 1.3, key exchange over X25519, P-256 or P-384.
    Tls,
    /// The same with P-256 alone, for servers that break on the others.
    TlsP256,
}

impl Transport {
    pub fn as_str(self) -> &'static str {
        match self {
            Transport::Http => "http",
            Transport::Tls => "tls",
            Transport::TlsP256 => "tls-p256",
        }
    }

    pub fn from_text(text: &str) -> Option<Transport> {
        [Transport::Http, Transport::Tls, Transport::TlsP256].into_iter().find(|transport| transport.as_str() == text)
    }
}

/// A request, its response, and the circumstances: everything a capture keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    pub request: Request,
    pub response: Response,
    /// When the request was sent.
    pub started_at: Timestamp,
    /// The address actually connected to; none when it came from an import.
    pub peer: Option<SocketAddr>,
    pub hop: Hop,
    pub truncated: Option<Truncation>,
    /// None where it is not known: an import.
    pub transport: Option<Transport>,
}
