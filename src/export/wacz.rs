//! WACZ 1.1.1: captures, index, pages with their text, and the digests of all parts in one ZIP. The same archive gives the
//! same bytes: parts have no time of their own.

use std::io::{self, Seek, Write};
use std::path::Path;

use rusqlite::Connection;
use serde_json::json;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::beside::Beside;
use super::lines::Lines;
use super::{ExportError, Fault, warc};
use crate::archive::warc::{Compression, SOFTWARE, index};
use crate::archive::{self, Bodies, CaptureId};
use crate::dataset::Wanted;
use crate::digest::{Digest, Hasher};
use crate::parse::{self, Given};

const WARC: &str = "data.warc.gz";

pub fn to_file(connection: &Connection, wanted: &Wanted, path: &Path) -> Result<u64, ExportError> {
    let mut beside = Beside::create(path)?;
    let records = write(connection, wanted, &mut beside).map_err(|fault| fault.at(path))?;
    beside.finish()?.appear()?;
    Ok(records)
}

fn write(connection: &Connection, wanted: &Wanted, out: &mut (impl Write + Seek)) -> Result<u64, Fault> {
    let ids = warc::chosen(connection, wanted)?;
    let date = warc::newest(connection)?;
    let mut parts = Parts { zip: ZipWriter::new(out), listed: Vec::new() };
    let (mut lines, mut records) = (Lines::new()?, 0);
    parts.part(&format!("archive/{WARC}"), |out| {
        let mut captures = warc::Records::new(connection, Compression::Gzip)?;
        let mut writer = captures.begin(out, &date, 0)?;
        for id in &ids {
            let (capture, packed) = captures.of(*id)?;
            let place = writer.capture(&packed)?;
            lines.push(&index::line(&capture, &packed.payload_digest, place, WARC))?;
        }
        records = writer.records();
        Ok(())
    })?;
    parts.part("indexes/index.cdx", |out| lines.write(out))?;
    parts.part("pages/pages.jsonl", |out| pages(connection, &ids, out))?;
    let package = json!({
        "profile": "data-package",
        "wacz_version": "1.1.1",
        "title": "政府信息公开工作年度报告",
        "software": SOFTWARE,
        "created": date,
        "resources": parts.listed,
    });
    let package = format!("{package:#}\n");
    parts.part("datapackage.json", |out| Ok(out.write_all(package.as_bytes())?))?;
    let digest = json!({"path": "datapackage.json", "hash": format!("sha256:{}", Digest::of(package.as_bytes()))});
    parts.part("datapackage-digest.json", |out| Ok(out.write_all(format!("{digest:#}\n").as_bytes())?))?;
    parts.zip.finish().map_err(io::Error::from)?;
    Ok(records)
}

/// Pages that a reader would open, with what is written on them.
fn pages(connection: &Connection, ids: &[CaptureId], out: &mut dyn Write) -> Result<(), Fault> {
    let head = json!({"format": "json-pages-1.0", "id": "pages", "title": "All Pages", "hasText": true});
    writeln!(out, "{head}")?;
    let mut kind = connection.prepare(
        "SELECT p.title FROM page p JOIN capture c ON c.id = p.capture
         WHERE p.capture = ?1 AND c.status = 200 AND c.revisit_of IS NULL
           AND p.kind IN ('report', 'listing', 'article', 'attachment')",
    )?;
    let bodies = Bodies::new(connection);
    for id in ids {
        let mut rows = kind.query([id.0])?;
        let Some(row) = rows.next()? else { continue };
        let title: Option<String> = row.get(0)?;
        let (capture, exchange) = archive::exchange_by(&bodies, *id)?;
        let given = Given::served(&exchange.request, &exchange.response);
        let page = json!({
            "id": format!("capture-{id}"),
            "url": capture.url.as_str(),
            "ts": capture.started_at,
            "title": title.unwrap_or_else(|| capture.url.to_string()),
            "text": parse::words(given).join("\n"),
        });
        writeln!(out, "{page}")?;
    }
    Ok(())
}

/// The parts of the ZIP, and what the package says of each.
struct Parts<W: Write + Seek> {
    zip: ZipWriter<W>,
    listed: Vec<serde_json::Value>,
}

impl<W: Write + Seek> Parts<W> {
    fn part(&mut self, path: &str, fill: impl FnOnce(&mut dyn Write) -> Result<(), Fault>) -> Result<(), Fault> {
        // Stored, so that a reader can ask for a record by its place; what is worth packing is packed inside.
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .large_file(true)
            .unix_permissions(0o644);
        self.zip.start_file(path, options).map_err(io::Error::from)?;
        let mut part = Hashed { out: &mut self.zip, hash: Hasher::new(), bytes: 0 };
        fill(&mut part)?;
        let (hash, bytes) = (part.hash.finish(), part.bytes);
        let name = path.rsplit('/').next().unwrap_or(path);
        self.listed.push(json!({"name": name, "path": path, "hash": format!("sha256:{hash}"), "bytes": bytes}));
        Ok(())
    }
}

struct Hashed<'a, W> {
    out: &'a mut W,
    hash: Hasher,
    bytes: u64,
}

impl<W: Write> Write for Hashed<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
