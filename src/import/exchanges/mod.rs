//! Records put together again: an answer with the request that asked for it and what was noted about it.
//!
//! Writers differ in their order (request first, response first, metadata after), so answers wait a little for the records
//! that name them by WARC-Concurrent-To. How many wait, and how much they weigh, is bounded.

mod answer;
mod date;

use std::collections::{BTreeMap, VecDeque};
use std::io::Read;
use std::net::{IpAddr, SocketAddr};

use jiff::Timestamp;
use url::Url;

use crate::archive::warc::{Reader, Record, Step, http, labelled, unbracketed};
use crate::exchange::{Exchange, Headers, Hop, Request, Response, Transport, Truncation};
use answer::{body_is_short, headless, payload_fault, resource, restore, truncation, undo_chunks};
use date::{cut_to_milliseconds, date_of};

/// Answers that may wait for their request, and bytes of them.
const WAITING: usize = 32;
const WAITING_BYTES: usize = 32 << 20;
/// Requests that may wait for their answer.
const REQUESTS: usize = 64;

/// What was found, with its offset in the file.
pub enum Found {
    /// With the payload digest that holds for the bytes as they were sent, where those are not the body's: revisits name it.
    Answer(u64, Box<Exchange>, Option<String>),
    Revisit(Box<Revisit>),
    /// Damaged, or no answer that can be kept.
    Unread(u64, String),
}

/// An answer whose body is an earlier one's.
#[derive(Clone, Debug)]
pub struct Revisit {
    pub offset: u64,
    /// The body is empty.
    pub exchange: Exchange,
    pub refers_to: RefersTo,
}

/// What a revisit says of its original.
#[derive(Clone, Debug)]
pub struct RefersTo {
    pub url: Url,
    /// RFC 3339, as written; none where the writer named none.
    pub date: Option<Timestamp>,
    pub payload_digest: Option<String>,
}

pub struct Exchanges<R: Read> {
    records: Reader<R>,
    waiting: VecDeque<Waiting>,
    requests: VecDeque<Record>,
    read: u64,
    passed_over: BTreeMap<String, u64>,
    ended: bool,
}

struct Waiting {
    answer: Record,
    request: Option<Record>,
    notes: Headers,
}

impl<R: Read> Exchanges<R> {
    pub fn new(input: R) -> Exchanges<R> {
        Exchanges {
            records: Reader::new(input),
            waiting: VecDeque::new(),
            requests: VecDeque::new(),
            read: 0,
            passed_over: BTreeMap::new(),
            ended: false,
        }
    }

    /// Whole records read so far.
    pub fn records(&self) -> u64 {
        self.read
    }

    /// Records without an HTTP answer, by type.
    pub fn passed_over(&self) -> &BTreeMap<String, u64> {
        &self.passed_over
    }

    fn sort(&mut self, record: Record) {
        self.read += 1;
        match record.kind().as_str() {
            "response" | "revisit" if is_http(&record) => self.wait(record),
            // Some writers leave the head out too.
            "revisit" if record.block.is_empty() && is_page(&record) => self.wait(record),
            "resource" if is_page(&record) => self.wait(record),
            "request" => self.attach_request(record),
            "metadata" => self.attach_notes(record),
            "warcinfo" => {}
            other => *self.passed_over.entry(other.to_owned()).or_default() += 1,
        }
    }

    fn wait(&mut self, answer: Record) {
        let asked = self.requests.iter().position(|request| belong(&answer, request));
        let request = asked.and_then(|at| self.requests.remove(at));
        self.waiting.push_back(Waiting { answer, request, notes: Headers::default() });
    }

    fn attach_request(&mut self, request: Record) {
        let answer = self.waiting.iter_mut().rev().find(|it| it.request.is_none() && belong(&it.answer, &request));
        match answer {
            Some(waiting) => waiting.request = Some(request),
            None => {
                self.requests.push_back(request);
                if self.requests.len() > REQUESTS {
                    self.requests.pop_front();
                }
            }
        }
    }

    fn attach_notes(&mut self, record: Record) {
        if let Some(waiting) = self.waiting.iter_mut().rev().find(|it| belong(&it.answer, &record)) {
            waiting.notes.0.extend(http::fields(&record.block).0.0);
        }
    }

    fn is_full(&self) -> bool {
        let bytes: usize = self.waiting.iter().map(|waiting| waiting.answer.block.len()).sum();
        self.waiting.len() > 1 && (self.waiting.len() > WAITING || bytes > WAITING_BYTES)
    }
}

impl<R: Read> Iterator for Exchanges<R> {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        while !self.ended && !self.is_full() {
            match self.records.next() {
                Some(Step::Record(record)) => self.sort(record),
                Some(Step::Damage(damage)) => return Some(Found::Unread(damage.offset, damage.why)),
                None => self.ended = true,
            }
        }
        let waiting = self.waiting.pop_front()?;
        let offset = waiting.answer.offset;
        Some(together(waiting).unwrap_or_else(|why| Found::Unread(offset, why)))
    }
}

/// Whether a record names another, or, where neither names any, has its address and time.
fn belong(answer: &Record, other: &Record) -> bool {
    let names = |one: &Record, other: &Record| match (one.field("WARC-Concurrent-To"), other.field("WARC-Record-ID")) {
        (Some(named), Some(id)) => Some(named == id),
        (None, _) => None,
        (Some(_), None) => Some(false),
    };
    match (names(answer, other), names(other, answer)) {
        (None, None) => answer.target() == other.target() && answer.field("WARC-Date") == other.field("WARC-Date"),
        (one, another) => one == Some(true) || another == Some(true),
    }
}

fn is_http(record: &Record) -> bool {
    record.field("Content-Type").is_some_and(|kind| kind.to_ascii_lowercase().starts_with("application/http"))
        && is_page(record)
}

fn is_page(record: &Record) -> bool {
    record.target().is_some_and(|uri| {
        let uri = uri.to_ascii_lowercase();
        uri.starts_with("http://") || uri.starts_with("https://")
    })
}

/// The exchange that the records tell of.
fn together(waiting: Waiting) -> Result<Found, String> {
    let Waiting { mut answer, request, notes } = waiting;
    let uri = answer.target().unwrap_or_default();
    let mut url = Url::parse(&uri).map_err(|fault| format!("its address {uri:?} is none: {fault}"))?;
    url.set_fragment(None);
    let date = answer.field("WARC-Date").unwrap_or_default();
    let dated = date_of(&date).ok_or_else(|| format!("its date {date:?} is none"))?;
    let started_at = notes.get("startedAt").and_then(|at| at.parse().ok()).unwrap_or(dated);
    let kind = answer.kind();
    let mut sent = None;
    let mut truncated = truncation(&answer);
    if kind == "revisit" && notes.get("startedAt").is_none() {
        // WARC/1.0 calls a revisit cut because its body is left out.
        truncated = None;
    }
    let response = match kind.as_str() {
        "resource" => resource(&mut answer),
        "revisit" if answer.block.is_empty() => headless(&answer),
        _ => {
            let (status, mut headers, at) =
                http::response(&answer.block).ok_or_else(|| "no HTTP head stands at its beginning".to_owned())?;
            let mut body = answer.block.split_off(at);
            if kind == "response" {
                if let Some(label) = payload_fault(&answer, status, &headers, &body) {
                    return Err(format!("the payload does not have the digest {label}"));
                }
                restore(&mut headers, &notes, "addedToResponse");
                let label =
                    answer.field("WARC-Payload-Digest").filter(|label| labelled::agrees(label, &body) == Some(true));
                undo_chunks(&headers, &mut body, &mut truncated);
                sent = label.filter(|label| labelled::agrees(label, &body) == Some(false));
                if body_is_short(status, &headers, &body, request.as_ref()) {
                    truncated.get_or_insert(Truncation::Disconnect);
                }
            } else {
                body.clear();
            }
            Response { status, headers, body }
        }
    };
    let request = request_of(request, &url, &notes);
    let hop = hop_of(&notes, &url);
    let peer = peer_of(&answer, &notes, &url);
    let started_at = cut_to_milliseconds(started_at);
    let transport = notes.get("transport").and_then(|name| Transport::from_text(&name));
    let exchange = Exchange { request, response, started_at, peer, hop, truncated, transport };
    if kind != "revisit" {
        return Ok(Found::Answer(answer.offset, Box::new(exchange), sent));
    }
    let original = answer.field("WARC-Refers-To-Target-URI");
    let original = original.as_deref().map(unbracketed).and_then(|uri| Url::parse(uri).ok());
    let refers_to = RefersTo {
        url: original.unwrap_or_else(|| exchange.request.url.clone()),
        date: answer.field("WARC-Refers-To-Date").as_deref().and_then(date_of),
        payload_digest: answer.field("WARC-Payload-Digest"),
    };
    Ok(Found::Revisit(Box::new(Revisit { offset: answer.offset, exchange, refers_to })))
}

/// What others sent with their requests, files among it, is kept up to this.
const MAX_REQUEST_BODY: usize = 64 << 10;

fn request_of(record: Option<Record>, url: &Url, notes: &Headers) -> Request {
    let request = record.as_ref().and_then(|record| http::request(&record.block));
    let (method, mut headers, body) = request.unwrap_or_else(|| ("GET".to_owned(), Headers::default(), &[]));
    let body = if body.len() > MAX_REQUEST_BODY { Vec::new() } else { body.to_vec() };
    // Secrets of whoever asked are not the archive's (promises S11).
    headers.0.retain(|(name, _)| {
        !["authorization", "cookie", "proxy-authorization"].iter().any(|secret| name.eq_ignore_ascii_case(secret))
    });
    restore(&mut headers, notes, "addedToRequest");
    Request { method, url: url.clone(), headers, body }
}

/// Ours says it; Heritrix says it by the last letter of its path from the seed; robots.txt is known by its address.
fn hop_of(notes: &Headers, url: &Url) -> Hop {
    if let Some(hop) = notes.get("hop").and_then(|hop| Hop::from_text(&hop)) {
        return hop;
    }
    if url.path() == "/robots.txt" {
        return Hop::Robots;
    }
    match notes.get("hopsFromSeed").as_deref().map(|path| path.chars().next_back()) {
        Some(None) => Hop::Seed,
        Some(Some('R')) => Hop::Redirect,
        _ => Hop::Link,
    }
}

fn peer_of(answer: &Record, notes: &Headers, url: &Url) -> Option<SocketAddr> {
    if let Some(peer) = notes.get("peer").and_then(|peer| peer.parse().ok()) {
        return Some(peer);
    }
    let ip: IpAddr = answer.field("WARC-IP-Address")?.parse().ok()?;
    Some(SocketAddr::new(ip, url.port_or_known_default()?))
}
