//! Captures as WARC/1.1, in the order of their commit, with an index beside them.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, params};

use super::beside::{self, Beside, Whole};
use super::lines::Lines;
use super::{ExportError, Fault};
use crate::archive::warc::{Compression, ENDINGS, Original, Packed, Packer, SOFTWARE, Writer, index, pack};
use crate::archive::{self, Bodies, Capture, CaptureId};
use crate::dataset::Wanted;

/// Everything to one stream, without an index.
pub fn write(
    connection: &Connection,
    wanted: &Wanted,
    compression: Compression,
    out: &mut dyn Write,
) -> Result<u64, Fault> {
    let mut records = Records::new(connection, compression)?;
    let mut writer = records.begin(out, &newest(connection)?, 0)?;
    for id in chosen(connection, wanted)? {
        writer.capture(&records.of(id)?.1)?;
    }
    let written = writer.records();
    writer.finish()?;
    Ok(written)
}

/// Files and one index for all of them, `NAME.cdxj`. With a size, `NAME-00000.warc.gz` and so on, none larger unless one
/// capture alone is. Nothing appears under its name before all of it is written.
pub fn to_files(
    connection: &Connection,
    wanted: &Wanted,
    compression: Compression,
    path: &Path,
    max_size: Option<u64>,
) -> Result<u64, ExportError> {
    let fault = |path: &Path| {
        let path = path.to_owned();
        move |fault: Fault| fault.at(&path)
    };
    let date = newest(connection).map_err(fault(path))?;
    let begin = |records: &mut Records<'_>, number: usize| {
        let name = max_size.map_or(path.to_owned(), |_| numbered(path, compression, number));
        let beside = Beside::create(&name)?;
        let writer = records.begin(beside, &date, number).map_err(|source| beside::fault(&name, source))?;
        Ok::<_, ExportError>((name, writer))
    };
    let mut records = Records::new(connection, compression).map_err(|source| beside::fault(path, source))?;
    let (mut name, mut writer) = begin(&mut records, 0)?;
    let (mut whole, mut written, mut begun) = (Vec::new(), 0, writer.size());
    let index = stem(path).with_extension("cdxj");
    let index_fault = |fault: rusqlite::Error| Fault::from(fault).at(&index);
    let mut lines = Lines::new().map_err(index_fault)?;
    for id in chosen(connection, wanted).map_err(fault(path))? {
        let (capture, packed) = records.of(id).map_err(fault(&name))?;
        if max_size.is_some_and(|max| writer.size() > begun && writer.size() + packed.len() > max) {
            let (next_name, next) = begin(&mut records, whole.len() + 1)?;
            let done = std::mem::replace(&mut writer, next);
            written += done.records();
            whole.push(done.finish().map_err(|source| beside::fault(&name, source))?.finish()?);
            (name, begun) = (next_name, writer.size());
        }
        let place = writer.capture(&packed).map_err(|source| beside::fault(&name, source))?;
        let file = name.file_name().map(|file| file.to_string_lossy().into_owned()).unwrap_or_default();
        lines.push(&index::line(&capture, &packed.payload_digest, place, &file)).map_err(index_fault)?;
    }
    written += writer.records();
    whole.push(writer.finish().map_err(|source| beside::fault(&name, source))?.finish()?);
    let mut beside = Beside::create(&index)?;
    lines.write(&mut beside).map_err(fault(&index))?;
    whole.push(beside.finish()?);
    whole.into_iter().try_for_each(Whole::appear)?;
    Ok(written)
}

/// `a/b.warc.gz` and `a/b.warc.zst` are `a/b`.
fn stem(path: &Path) -> PathBuf {
    let text = path.as_os_str().to_string_lossy();
    let stem = ENDINGS.iter().chain(&[".gz", ".zst"]).find_map(|ending| text.strip_suffix(ending));
    stem.map_or(path.to_owned(), PathBuf::from)
}

fn numbered(path: &Path, compression: Compression, number: usize) -> PathBuf {
    let ending = match compression {
        Compression::Gzip => "gz",
        Compression::Zstd => "zst",
    };
    let mut name = stem(path).into_os_string();
    name.push(format!("-{number:05}.warc.{ending}"));
    name.into()
}

/// Captures in the order of their commit: since a date; of reports of an agency, year or form, whatever version of them; and
/// the originals of every revisit among them.
pub fn chosen(connection: &Connection, wanted: &Wanted) -> Result<Vec<CaptureId>, Fault> {
    let mut statement = connection.prepare(
        "WITH chosen AS (
             SELECT c.id, c.revisit_of FROM capture c LEFT JOIN report r ON r.capture = coalesce(c.revisit_of, c.id)
             WHERE (?1 IS NULL OR r.agency = ?1) AND (?2 IS NULL OR r.year = ?2) AND (?3 IS NULL OR r.edition = ?3)
               AND (?4 IS NULL OR c.started_at >= ?4))
         SELECT id FROM chosen UNION SELECT revisit_of FROM chosen WHERE revisit_of IS NOT NULL ORDER BY 1",
    )?;
    let filters = params![wanted.agency, wanted.year, wanted.edition, wanted.since];
    let ids = statement.query_map(filters, |row| Ok(CaptureId(row.get(0)?)))?;
    Ok(ids.collect::<Result<_, _>>()?)
}

/// The date of the newest capture, not of the export: the same archive gives the same file.
pub fn newest(connection: &Connection) -> Result<String, Fault> {
    let newest: Option<String> = connection.query_row("SELECT max(started_at) FROM capture", [], |row| row.get(0))?;
    Ok(newest.unwrap_or_else(|| "1970-01-01T00:00:00.000Z".into()))
}

/// Records of one capture after another, with dictionaries and tables kept from one to the next.
pub struct Records<'c> {
    bodies: Bodies<'c>,
    packer: Packer,
}

impl<'c> Records<'c> {
    pub fn new(connection: &'c Connection, compression: Compression) -> io::Result<Records<'c>> {
        Ok(Records { bodies: Bodies::new(connection), packer: Packer::new(compression)? })
    }

    /// A file for them, which counts the files of one export from 0.
    pub fn begin<W: Write>(&mut self, out: W, date: &str, file: usize) -> io::Result<Writer<W>> {
        Writer::new(out, &mut self.packer, SOFTWARE, date, &format!("file {file} of this export"))
    }

    /// The records of one capture.
    pub fn of(&mut self, id: CaptureId) -> Result<(Capture, Packed), Fault> {
        let (capture, exchange) = archive::exchange_by(&self.bodies, id)?;
        let original = capture.revisit_of.map(|id| archive::exchange_by(&self.bodies, id)).transpose()?;
        // The payload of an answer 304 is the original's.
        let body = original.as_ref().map_or(&exchange.response.body, |(_, original)| &original.response.body);
        let refers_to = original
            .as_ref()
            .map(|(original, _)| Original { url: original.url.to_string(), date: original.started_at.clone() });
        let notes = notes(self.bodies.connection(), id)?;
        let packed = pack(&mut self.packer, &capture, body, refers_to.as_ref(), &notes)?;
        Ok((capture, packed))
    }
}

/// What the frontier made of the answer and what the latest reading says of it.
fn notes(connection: &Connection, id: CaptureId) -> Result<Vec<(&'static str, String)>, Fault> {
    let mut notes = Vec::new();
    let outcome: Option<Option<String>> = connection
        .prepare_cached(
            "SELECT outcome FROM url WHERE key = (SELECT urlkey FROM capture WHERE id = ?1) AND capture = ?1",
        )?
        .query_row([id.0], |row| row.get(0))
        .optional()?;
    notes.extend(outcome.flatten().map(|outcome| ("outcome", outcome)));
    let mut statement = connection.prepare_cached(
        "SELECT parser_version, kind, title, published, encoding, evidence, declared, replacements,
                r.agency, r.year, r.edition,
                (SELECT count(*) FROM value_cell c WHERE c.report = r.id AND c.suggested = 0),
                (SELECT count(*) FROM finding_verdict f WHERE f.report = r.id AND f.verdict = 'fail')
         FROM page p LEFT JOIN report r ON r.capture = p.capture WHERE p.capture = ?1",
    )?;
    let mut rows = statement.query([id.0])?;
    let Some(row) = rows.next()? else { return Ok(notes) };
    let text = |n: usize| row.get::<_, Option<String>>(n);
    notes.extend(text(0)?.map(|version| ("parserVersion", version)));
    if let (Some(encoding), Some(evidence)) = (text(4)?, text(5)?) {
        let declared = text(6)?.unwrap_or_else(|| "nothing".into());
        let replaced: i64 = row.get(7)?;
        notes.push(("decoding", format!("{encoding} by {evidence}, declared {declared}, {replaced} replaced")));
    }
    for (name, column) in [("pageKind", 1), ("title", 2), ("published", 3), ("reportAgency", 8), ("reportEdition", 10)]
    {
        notes.extend(text(column)?.map(|value| (name, value)));
    }
    if let Some(year) = row.get::<_, Option<i64>>(9)? {
        notes.push(("reportYear", year.to_string()));
    }
    let (values, failed): (i64, i64) = (row.get(11)?, row.get(12)?);
    if values > 0 {
        notes.push(("reportValues", values.to_string()));
        notes.push(("reportFindings", failed.to_string()));
    }
    Ok(notes)
}
