//! Files that people write: TOML read key by key, every fault with its file and line, all of them at once.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// One thing wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    pub file: PathBuf,
    /// From 1; 0 for the file as a whole.
    pub line: usize,
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file.display(), self.message),
            line => write!(f, "{}:{line}: {}", self.file.display(), self.message),
        }
    }
}

/// Everything wrong with the files that were read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults(pub Vec<Fault>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(Fault::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for Faults {}

/// A file being read: hands out its tables and collects what is wrong.
pub struct Sheet<'a> {
    file: &'a Path,
    text: &'a str,
    faults: Vec<Fault>,
    /// The file is no TOML: what else seems wrong with it follows from that.
    broken: bool,
}

/// A table of the file; keys that nobody asked for are faults.
pub struct Section<'a> {
    table: DeTable<'a>,
    /// As it is written: `[pace]`, `[[seed]]`.
    name: String,
    line: usize,
}

impl<'a> Sheet<'a> {
    /// The sheet and its top table; syntax errors are faults already.
    pub fn new(file: &'a Path, text: &'a str) -> (Sheet<'a>, Section<'a>) {
        let mut sheet = Sheet { file, text, faults: Vec::new(), broken: false };
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            let at = error.span().map_or(0, |span| span.start);
            let line = sheet.line(at);
            sheet.fault(line, error.message());
        }
        sheet.broken = !sheet.faults.is_empty();
        (sheet, Section { table: table.into_inner(), name: "the file".into(), line: 1 })
    }

    pub fn fault(&mut self, line: usize, message: impl Into<String>) {
        if !self.broken {
            self.faults.push(Fault { file: self.file.into(), line, message: message.into() });
        }
    }

    pub fn finish(self) -> Vec<Fault> {
        self.faults
    }

    fn line(&self, at: usize) -> usize {
        self.text[..at.min(self.text.len())].matches('\n').count() + 1
    }
}

impl<'a> Section<'a> {
    pub fn line(&self) -> usize {
        self.line
    }

    fn take(&mut self, sheet: &Sheet<'a>, key: &str) -> Option<(usize, DeValue<'a>)> {
        let found = self.table.keys().find(|known| known.get_ref().as_ref() == key).cloned()?;
        let value = self.table.remove(&found)?;
        Some((sheet.line(value.span().start), value.into_inner()))
    }

    /// A subtable; an empty one where it is left out.
    pub fn section(&mut self, sheet: &mut Sheet<'a>, key: &str) -> Section<'a> {
        let name = format!("[{key}]");
        match self.take(sheet, key) {
            Some((line, DeValue::Table(table))) => Section { table, name, line },
            Some((line, _)) => {
                sheet.fault(line, format!("{key} must be a table: {name}"));
                Section { table: DeTable::default(), name, line }
            }
            None => Section { table: DeTable::default(), name, line: self.line },
        }
    }

    /// An array of tables.
    pub fn sections(&mut self, sheet: &mut Sheet<'a>, key: &str) -> Vec<Section<'a>> {
        let name = format!("[[{key}]]");
        match self.take(sheet, key) {
            Some((_, DeValue::Array(entries))) => entries
                .into_iter()
                .filter_map(|entry| {
                    let line = sheet.line(Spanned::span(&entry).start);
                    match entry.into_inner() {
                        DeValue::Table(table) => Some(Section { table, name: name.clone(), line }),
                        _ => {
                            sheet.fault(line, format!("{key} must hold tables: {name}"));
                            None
                        }
                    }
                })
                .collect(),
            Some((line, _)) => {
                sheet.fault(line, format!("{key} must be written as {name}"));
                Vec::new()
            }
            None => Vec::new(),
        }
    }

    /// A string with its line.
    pub fn text(&mut self, sheet: &mut Sheet<'a>, key: &str) -> Option<(usize, String)> {
        match self.take(sheet, key)? {
            (line, DeValue::String(text)) => Some((line, text.into_owned())),
            (line, other) => self.wrong(sheet, line, key, "a string in quotes", &other),
        }
    }

    /// A string that must be there.
    pub fn needed_text(&mut self, sheet: &mut Sheet<'a>, key: &str) -> Option<(usize, String)> {
        if !self.table.keys().any(|known| known.get_ref().as_ref() == key) {
            sheet.fault(self.line, format!("{} has no {key}", self.name));
            return None;
        }
        self.text(sheet, key)
    }

    pub fn boolean(&mut self, sheet: &mut Sheet<'a>, key: &str) -> Option<bool> {
        match self.take(sheet, key)? {
            (_, DeValue::Boolean(value)) => Some(value),
            (line, other) => self.wrong(sheet, line, key, "true or false", &other),
        }
    }

    /// A whole number within `range`.
    pub fn integer(&mut self, sheet: &mut Sheet<'a>, key: &str, range: std::ops::RangeInclusive<u64>) -> Option<u64> {
        match self.take(sheet, key)? {
            (line, DeValue::Integer(value)) => {
                let number = u64::from_str_radix(&value.as_str().replace('_', ""), value.radix()).ok();
                let number = number.filter(|number| range.contains(number));
                if number.is_none() {
                    sheet.fault(
                        line,
                        format!("{key} must be from {} to {}, not {}", range.start(), range.end(), value.as_str()),
                    );
                }
                number
            }
            (line, other) => self.wrong(sheet, line, key, "a whole number", &other),
        }
    }

    /// A length of time: `"2s"`, `"10min"`, `"20h"`, `"30d"`.
    pub fn duration(&mut self, sheet: &mut Sheet<'a>, key: &str) -> Option<Duration> {
        let (line, text) = self.text(sheet, key)?;
        let parsed = duration(&text);
        if parsed.is_none() {
            sheet.fault(
                line,
                format!("{key} = {text:?} is no length of time: write \"2s\", \"10min\", \"20h\" or \"30d\""),
            );
        }
        parsed
    }

    /// A list of strings, each with its line.
    pub fn texts(&mut self, sheet: &mut Sheet<'a>, key: &str) -> Option<Vec<(usize, String)>> {
        match self.take(sheet, key)? {
            (_, DeValue::Array(entries)) => {
                let mut texts = Vec::new();
                for entry in entries {
                    let line = sheet.line(Spanned::span(&entry).start);
                    match entry.into_inner() {
                        DeValue::String(text) => texts.push((line, text.into_owned())),
                        other => {
                            self.wrong::<()>(sheet, line, key, "strings in quotes", &other);
                        }
                    }
                }
                Some(texts)
            }
            (line, other) => self.wrong(sheet, line, key, "a list of strings", &other),
        }
    }

    /// Everything left over is unknown.
    pub fn finish(self, sheet: &mut Sheet<'a>) {
        for key in self.table.keys() {
            let line = sheet.line(key.span().start);
            sheet.fault(line, format!("{} has no option {:?}", self.name, key.get_ref()));
        }
    }

    fn wrong<T>(&self, sheet: &mut Sheet<'a>, line: usize, key: &str, wanted: &str, found: &DeValue<'_>) -> Option<T> {
        sheet.fault(line, format!("{key} must be {wanted}, not {}", article(found.type_str())));
        None
    }
}

fn article(kind: &str) -> String {
    let an = kind.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {kind}", if an { "an" } else { "a" })
}

/// A length of time in words: a number and `ms`, `s`, `min`, `h` or `d`, or several of them (`1h30min`).
pub fn duration(text: &str) -> Option<Duration> {
    let span: jiff::Span = text.trim().parse().ok()?;
    let duration = span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).ok()?;
    Duration::try_from(duration).ok()
}
