//! A dated folder of everything: the tables in each format, the captures, a Frictionless Data Package and SHA256SUMS.
//!
//! Built in a folder beside and renamed when whole. Its date is the newest capture's, so that the same archive gives the same
//! folder, file by file.

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use serde_json::{Value, json};

use super::beside::Part;
use super::{Compression, ExportError, Fault, Format, Shape, file};
use crate::archive::{ArchiveError, chain};
use crate::dataset::Wanted;
use crate::digest::Hasher;
use crate::parse::PARSER_VERSION;
use crate::store::SCHEMA_VERSION;

/// The files with what each is, in the order of the manifest.
const FILES: [(&str, Format, &str); 13] = [
    ("numbers.csv", Format::Csv(Shape::Long), "每行一个数字 / a row a number"),
    ("reports.csv", Format::Csv(Shape::Wide), "每行一份报告，每列一个数字 / a row a report, a column a number"),
    ("findings.csv", Format::Csv(Shape::Findings), "每行一项核对结果 / a row a finding"),
    ("dictionary.csv", Format::Dictionary, "各列含义 / what every column means"),
    ("numbers.jsonl", Format::Jsonl(Shape::Long), "numbers.csv as JSON lines"),
    ("reports.jsonl", Format::Jsonl(Shape::Wide), "reports.csv as JSON lines"),
    ("findings.jsonl", Format::Jsonl(Shape::Findings), "findings.csv as JSON lines"),
    ("numbers.parquet", Format::Parquet(Shape::Long), "numbers.csv as Apache Parquet"),
    ("reports.parquet", Format::Parquet(Shape::Wide), "reports.csv as Apache Parquet"),
    ("findings.parquet", Format::Parquet(Shape::Findings), "findings.csv as Apache Parquet"),
    ("gongkai.xlsx", Format::Xlsx, "供人阅读的工作簿 / a workbook for a person"),
    ("gongkai.sqlite", Format::Sqlite, "SQLite with full-text search, without bodies"),
    ("captures.warc.gz", Format::Warc(Compression::Gzip), "存档的网页原件 / the captures, WARC/1.1"),
];

/// Writes the folder `gongkai-DATE` into `into`; where it is.
pub fn snapshot(connection: &Connection, wanted: &Wanted, into: &Path) -> Result<PathBuf, ExportError> {
    let moment = connection.unchecked_transaction().map_err(ArchiveError::from)?;
    let state = State::of(&moment).map_err(|fault| fault.at(into))?;
    let name = format!("gongkai-{}", state.date());
    let (whole, beside) = (into.join(&name), into.join(format!(".{name}.part")));
    let fault = |path: &Path| {
        let path = path.to_owned();
        move |source| ExportError::Write { path, source }
    };
    let part = Part::folder(beside.clone(), &whole).map_err(fault(&beside))?;
    fill(&moment, wanted, &state, &name, &beside).map_err(|fault| fault.at(&beside))?;
    if whole.exists() {
        let sums = |folder: &Path| fs::read(folder.join("SHA256SUMS"));
        let same = sums(&whole).ok() == Some(sums(&beside).map_err(fault(&beside))?);
        return if same { Ok(whole) } else { Err(ExportError::Exists { path: whole }) };
    }
    part.appear().map_err(fault(&whole))?;
    File::open(into).and_then(|folder| folder.sync_all()).map_err(fault(into))?;
    Ok(whole)
}

/// What the archive was when the snapshot was made.
struct State {
    captures: i64,
    payloads: i64,
    first: String,
    last: String,
    /// The end of the chain of captures: `verify --holds` finds it later.
    link: Option<String>,
}

impl State {
    fn of(connection: &Connection) -> Result<State, Fault> {
        let (captures, first, last): (i64, Option<String>, Option<String>) =
            connection.query_row("SELECT count(*), min(started_at), max(started_at) FROM capture", [], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })?;
        let payloads = connection.query_row("SELECT count(*) FROM payload", [], |row| row.get(0))?;
        let link = chain::head(connection)?.map(|(_, link)| link);
        let never = || "1970-01-01T00:00:00Z".to_owned();
        Ok(State { captures, payloads, first: first.unwrap_or_else(never), last: last.unwrap_or_else(never), link })
    }

    fn date(&self) -> &str {
        // RFC 3339 begins with the date; anything else of an altered archive must not name a path.
        let date = self.last.get(..10).unwrap_or_default();
        let is_date = date.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        if date.len() == 10 && is_date { date } else { "undated" }
    }
}

fn fill(connection: &Connection, wanted: &Wanted, state: &State, name: &str, folder: &Path) -> Result<(), Fault> {
    let mut sums = Vec::new();
    let mut resources = Vec::new();
    for (file_name, format, description) in FILES {
        let path = folder.join(file_name);
        let rows = file(connection, format, wanted, &path)?;
        let (sha256, bytes) = hashed(&path)?;
        resources.push(resource(file_name, format, description, &sha256, bytes, rows));
        sums.push((file_name, sha256));
    }
    let metadata = serde_json::to_vec_pretty(&datasette(&folder.join("gongkai.sqlite"))?).map_err(io::Error::from)?;
    sums.push(("datasette.json", written(&folder.join("datasette.json"), &metadata)?));
    let package = serde_json::to_vec_pretty(&package(wanted, state, name, resources)).map_err(io::Error::from)?;
    sums.push(("datapackage.json", written(&folder.join("datapackage.json"), &package)?));
    let sums: String = sums.iter().map(|(name, sha256)| format!("{sha256}  {name}\n")).collect();
    written(&folder.join("SHA256SUMS"), sums.as_bytes())?;
    Ok(File::open(folder)?.sync_all()?)
}

fn package(wanted: &Wanted, state: &State, name: &str, resources: Vec<Value>) -> Value {
    json!({
        "profile": "data-package",
        "name": name,
        "title": "政府信息公开工作年度报告数据 / annual reports on government information disclosure of Chinese agencies",
        "description": "In CSV, text that a spreadsheet would take for a formula begins with an apostrophe. Blank is not zero: see the column state.",
        "version": concat!("gongkai ", env!("CARGO_PKG_VERSION")),
        "created": state.last,
        "archive": {
            "schema": SCHEMA_VERSION,
            "captures": state.captures,
            "payloads": state.payloads,
            "first_capture": state.first,
            "last_capture": state.last,
            "link": state.link,
        },
        "parser_version": PARSER_VERSION,
        "filters": {
            "agency": wanted.agency,
            "year": wanted.year,
            "edition": wanted.edition,
            "since": wanted.since,
        },
        "resources": resources,
    })
}

fn resource(file_name: &str, format: Format, description: &str, sha256: &str, bytes: u64, rows: u64) -> Value {
    let extension = file_name.rsplit('.').next().unwrap_or_default();
    let mediatype = match extension {
        "csv" => "text/csv",
        "jsonl" => "application/jsonl",
        "parquet" => "application/vnd.apache.parquet",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "sqlite" => "application/vnd.sqlite3",
        _ => "application/warc",
    };
    let mut resource = json!({
        "name": file_name.replace('.', "-"),
        "path": file_name,
        "description": description,
        "format": extension,
        "mediatype": mediatype,
        "bytes": bytes,
        "hash": format!("sha256:{sha256}"),
        "count": rows,
    });
    let schema = match format {
        Format::Csv(shape) => schema(shape),
        Format::Dictionary => {
            let fields = ["shape", "column", "type", "unit", "chinese", "english"]
                .map(|name| json!({ "name": name, "type": "string" }));
            json!({ "fields": fields, "missingValues": [] })
        }
        _ => return resource,
    };
    resource["profile"] = "tabular-data-resource".into();
    resource["encoding"] = "utf-8".into();
    resource["schema"] = schema;
    resource
}

/// Table Schema (Frictionless v1).
fn schema(shape: Shape) -> Value {
    let fields = shape.columns().into_iter().map(|column| {
        let mut field = json!({
            "name": column.name,
            "type": column.kind.as_str(),
            "title": column.chinese,
            "description": column.english,
        });
        if let Some(unit) = column.unit {
            field["unit"] = unit.into();
        }
        field
    });
    json!({ "fields": fields.collect::<Vec<_>>(), "missingValues": [""] })
}

/// Datasette's metadata: the queries that the copy carries, under the name of its file.
fn datasette(copy: &Path) -> Result<Value, Fault> {
    let copy = Connection::open_with_flags(copy, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut statement = copy.prepare("SELECT name, note, sql FROM query ORDER BY name")?;
    let mut rows = statement.query([])?;
    let mut queries = serde_json::Map::new();
    while let Some(row) = rows.next()? {
        let (name, note, sql): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        queries.insert(name, json!({ "title": note, "sql": sql }));
    }
    Ok(json!({ "title": "政府信息公开工作年度报告", "databases": { "gongkai": { "queries": queries } } }))
}

fn written(path: &Path, bytes: &[u8]) -> Result<String, Fault> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    Ok(hashed(path)?.0)
}

fn hashed(path: &Path) -> io::Result<(String, u64)> {
    let mut file = BufReader::new(File::open(path)?);
    let (mut hasher, mut size, mut buffer) = (Hasher::new(), 0, vec![0; 1 << 16]);
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok((hasher.finish().to_string(), size));
        }
        hasher.update(&buffer[..read]);
        size += read as u64;
    }
}
