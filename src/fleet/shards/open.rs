//! A shard being filled, in memory: whole before any of it leaves the machine.

use std::io;

use super::manifest::{FORM, File, Manifest, Names};
use crate::archive::warc::{Compression, Original, Packed, Packer, Place, SOFTWARE, Writer, index, pack};
use crate::archive::{Capture, CaptureId};
use crate::clock::rfc3339;
use crate::digest::Digest;
use crate::exchange::{Exchange, Request};
use crate::urlkey::UrlKey;

/// One exchange as records, and what the index needs of it.
pub struct Bound {
    pub capture: Capture,
    pub packed: Packed,
}

/// Packs an exchange. Without an original the body is written in full.
pub fn bind(number: i64, exchange: Exchange, outcome: Option<&str>, original: Option<&Original>) -> io::Result<Bound> {
    let Exchange { request, response, started_at, peer, hop, truncated, transport } = exchange;
    let capture = Capture {
        id: CaptureId(number),
        url: request.url.clone(),
        status: response.status,
        digest: Digest::of(&response.body),
        size_bytes: response.body.len() as u64,
        started_at: rfc3339(started_at),
        peer: peer.map(|peer| peer.to_string()),
        hop,
        truncated,
        transport,
        // Which capture it is only an archive knows; the index asks whether there is one.
        revisit_of: original.map(|_| CaptureId(0)),
        request,
        headers: response.headers,
    };
    let notes: Vec<(&str, String)> = outcome.map(|outcome| ("outcome", outcome.to_owned())).into_iter().collect();
    let packed = pack(&mut Packer::new(Compression::Gzip)?, &capture, &response.body, original, &notes)?;
    Ok(Bound { capture, packed })
}

/// The address as the archive tells it from others: what is posted to it is part of it.
pub fn key_of(request: &Request) -> UrlKey {
    UrlKey::asked(&request.method, &request.url, &request.body)
}

/// A line of the index, with what decides which captures an archive would read, so that nobody need open the WARC for that.
fn line(capture: &Capture, payload_digest: &str, place: Place, file: &str) -> String {
    let further = [
        ("urlkey", key_of(&capture.request).as_str().to_owned()),
        ("startedAt", capture.started_at.clone()),
        ("sha256", capture.digest.to_string()),
        ("hop", capture.hop.as_str().to_owned()),
    ];
    index::line_with(capture, payload_digest, place, file, &further)
}

/// Records in the order they came.
pub struct Open {
    warc: Writer<Vec<u8>>,
    /// What each line of the index is made of.
    index: Vec<(Capture, String, Place)>,
    empty: u64,
}

/// A shard with nothing more to come, still without a name.
pub struct Closed {
    warc: Vec<u8>,
    records: u64,
    index: Vec<(Capture, String, Place)>,
}

/// A shard as its three objects.
pub struct Named {
    pub warc: Vec<u8>,
    pub cdxj: Vec<u8>,
    pub manifest: Manifest,
}

impl Open {
    pub fn begin(date: &str, names: &Names) -> io::Result<Open> {
        let warc = Writer::new(
            Vec::new(),
            &mut Packer::new(Compression::Gzip)?,
            SOFTWARE,
            date,
            &format!("crawl {}", names.crawl.as_str()),
        )?;
        let empty = warc.size();
        Ok(Open { warc, index: Vec::new(), empty })
    }

    /// Where its records begin, bytes.
    pub fn add(&mut self, bound: Bound) -> io::Result<u64> {
        let place = self.warc.capture(&bound.packed)?;
        self.index.push((bound.capture, bound.packed.payload_digest, place));
        Ok(place.offset)
    }

    /// Whether another of `length` bytes still belongs here; one that is larger than a shard has one to itself.
    pub fn has_room(&self, length: u64, max: u64) -> bool {
        self.warc.size() == self.empty || self.warc.size() + length <= max
    }

    pub fn close(self) -> io::Result<Closed> {
        let records = self.warc.records();
        Ok(Closed { warc: self.warc.finish()?, records, index: self.index })
    }
}

impl Closed {
    /// The objects under the name of `sequence`. The WARC itself does not hold its name.
    pub fn named(&self, names: &Names, sequence: u64) -> Named {
        let stem = names.stem(sequence);
        let file = format!("{}.warc.gz", stem.rsplit('/').next().unwrap_or(&stem));
        let mut lines: Vec<String> =
            self.index.iter().map(|(capture, digest, place)| line(capture, digest, *place, &file)).collect();
        lines.sort();
        let cdxj = lines.concat().into_bytes();
        let dates = || self.index.iter().map(|(capture, ..)| capture.started_at.clone());
        let manifest = Manifest {
            form: FORM,
            crawl: names.crawl.as_str().into(),
            worker: names.worker.as_str().into(),
            sequence,
            warc: File::of(format!("{stem}.warc.gz"), &self.warc),
            cdxj: File::of(format!("{stem}.cdxj"), &cdxj),
            records: self.records,
            captures: self.index.len() as u64,
            revisits: self.index.iter().filter(|(capture, ..)| capture.revisit_of.is_some()).count() as u64,
            first_date: dates().min().unwrap_or_default(),
            last_date: dates().max().unwrap_or_default(),
            software: SOFTWARE.into(),
        };
        Named { warc: self.warc.clone(), cdxj, manifest }
    }

    /// What it holds, in the order it came.
    pub fn captures(&self) -> impl Iterator<Item = &Capture> {
        self.index.iter().map(|(capture, ..)| capture)
    }
}
