//! DOCX (ECMA-376) taken apart: paragraphs, and tables with their merged cells. Nothing outside the file is looked at.

use std::io::{Cursor, Read};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::{Block, Cell, Document, Line, MAX_CELLS, MAX_NESTING, Row, Table, tidy};

/// `word/document.xml` unpacked, bytes.
const MAX_XML: u64 = 64 << 20;

/// Takes a DOCX apart; the error says why it can't be.
pub fn docx(body: &[u8]) -> Result<Document, String> {
    let xml = member(body, "word/document.xml")?;
    let mut walk = Walk { length: body.len(), ..Walk::default() };
    let mut reader = Reader::from_str(&xml);
    loop {
        match reader.read_event().map_err(|fault| format!("its XML is broken: {fault}"))? {
            Event::Start(tag) => walk.start(&tag),
            Event::Empty(tag) => walk.empty(&tag),
            Event::End(tag) => walk.end(tag.name().as_ref()),
            Event::Text(text) => walk.text(&text),
            Event::GeneralRef(name) => walk.entity(&name),
            // A document type could name outside entities: none is read.
            Event::DocType(_) => return Err("its XML has a document type, which is not read".into()),
            Event::Eof => return Ok(walk.document),
            _ => {}
        }
    }
}

/// One member of a ZIP container as text, bounded.
pub fn member(body: &[u8], name: &str) -> Result<String, String> {
    let mut archive =
        zip::ZipArchive::new(Cursor::new(body)).map_err(|fault| format!("its container is broken: {fault}"))?;
    let file = archive.by_name(name).map_err(|_| format!("it holds no {name}"))?;
    let mut text = String::new();
    let read = file
        .take(MAX_XML + 1)
        .read_to_string(&mut text)
        .map_err(|fault| format!("{name} can't be unpacked: {fault}"))?;
    if read as u64 > MAX_XML {
        return Err(format!("{name} unpacks to more than {MAX_XML} bytes"));
    }
    Ok(text)
}

#[derive(Default)]
struct Walk {
    document: Document,
    length: usize,
    open: Vec<Open>,
    paragraph: String,
    in_text: bool,
    cells: usize,
    run: Run,
    /// Elements open whose text is not shown: what was moved away, the copy for older programs.
    unseen: usize,
}

/// What a run's properties say of its text.
#[derive(Clone, Copy, Default)]
struct Run {
    hidden: bool,
    raised: bool,
    /// Within what the properties were before a change.
    earlier: bool,
}

/// A table being read, with the row and cell that are open.
struct Open {
    index: usize,
    rows: Vec<Vec<Merging>>,
    row: Vec<Merging>,
    cell: Option<Merging>,
}

/// A cell and what its properties say of merging.
#[derive(Clone, Default)]
struct Merging {
    text: String,
    colspan: usize,
    goes_on: bool,
}

impl Walk {
    fn start(&mut self, tag: &BytesStart<'_>) {
        match tag.name().as_ref() {
            "w:tbl" => self.open_table(),
            "w:tr" => {
                if let Some(open) = self.open.last_mut() {
                    open.row.clear();
                }
            }
            "w:tc" => {
                if let Some(open) = self.open.last_mut() {
                    open.cell = Some(Merging { colspan: 1, ..Merging::default() });
                }
            }
            "w:t" => self.in_text = true,
            "w:r" => self.run = Run::default(),
            "w:moveFrom" | "mc:Fallback" => self.unseen += 1,
            "w:rPrChange" => self.run.earlier = true,
            _ => self.property(tag),
        }
    }

    fn empty(&mut self, tag: &BytesStart<'_>) {
        match tag.name().as_ref() {
            "w:br" | "w:cr" => self.paragraph.push('\n'),
            "w:tab" => self.paragraph.push(' '),
            "w:tc" | "w:tr" | "w:tbl" | "w:t" => {}
            _ => self.property(tag),
        }
    }

    fn property(&mut self, tag: &BytesStart<'_>) {
        let value = || {
            tag.attributes()
                .flatten()
                .find(|attribute| attribute.key.as_ref() == "w:val")
                .map(|attribute| attribute.value.into_owned())
        };
        let is_on = || value().is_none_or(|value| !matches!(&*value, "0" | "false" | "none"));
        match tag.name().as_ref() {
            _ if self.run.earlier => {}
            "w:vanish" | "w:strike" | "w:dstrike" => self.run.hidden |= is_on(),
            "w:vertAlign" => self.run.raised = value().is_some_and(|value| &*value == "superscript"),
            _ => {}
        }
        let Some(cell) = self.open.last_mut().and_then(|open| open.cell.as_mut()) else { return };
        match tag.name().as_ref() {
            "w:gridSpan" => cell.colspan = value().and_then(|span| span.parse().ok()).unwrap_or(1).clamp(1, 1_000),
            "w:vMerge" => cell.goes_on = value().is_none_or(|kind| kind != "restart"),
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        if !self.in_text || self.run.hidden || self.unseen > 0 {
            return;
        }
        // A raised figure after a number is a note's mark.
        if self.run.raised && self.paragraph.ends_with(|c: char| c.is_ascii_digit()) {
            self.paragraph.extend(["[", text, "]"]);
        } else {
            self.paragraph.push_str(text);
        }
    }

    fn entity(&mut self, name: &str) {
        let text = match name {
            "lt" => "<",
            "gt" => ">",
            "amp" => "&",
            "quot" => "\"",
            "apos" => "'",
            _ => "",
        };
        self.text(text);
    }

    fn end(&mut self, name: &str) {
        match name {
            "w:t" => self.in_text = false,
            "w:r" => self.run = Run::default(),
            "w:rPrChange" => self.run.earlier = false,
            "w:moveFrom" | "mc:Fallback" => self.unseen = self.unseen.saturating_sub(1),
            "w:p" => self.end_paragraph(),
            "w:tc" => {
                if let Some(open) = self.open.last_mut()
                    && let Some(cell) = open.cell.take()
                {
                    open.row.push(cell);
                    self.cells += 1;
                }
            }
            "w:tr" => {
                if let Some(open) = self.open.last_mut() {
                    let row = std::mem::take(&mut open.row);
                    open.rows.push(row);
                }
            }
            "w:tbl" => self.close_table(),
            _ => {}
        }
    }

    fn end_paragraph(&mut self) {
        let text = std::mem::take(&mut self.paragraph);
        match self.open.iter_mut().rev().find_map(|open| open.cell.as_mut()) {
            Some(cell) => {
                cell.text.push_str(&text);
                cell.text.push('\n');
            }
            None => {
                let text = tidy(&text);
                if !text.is_empty() {
                    self.document.blocks.push(Block::Line(Line { text, span: (0, self.length) }));
                }
            }
        }
    }

    fn open_table(&mut self) {
        let index = self.document.tables.len();
        if self.open.len() >= MAX_NESTING || self.cells >= MAX_CELLS {
            self.document.limits.push("tables");
        }
        self.document.tables.push(Table {
            span: (0, self.length),
            depth: self.open.len(),
            rows: Vec::new(),
            hidden: false,
        });
        self.document.blocks.push(Block::Table(index));
        self.open.push(Open { index, rows: Vec::new(), row: Vec::new(), cell: None });
    }

    fn close_table(&mut self) {
        let Some(open) = self.open.pop() else { return };
        self.document.tables[open.index].rows = merged(&open.rows, self.length);
    }
}

/// vMerge as row spans: a cell that goes on belongs to the one above it in the same grid column.
fn merged(rows: &[Vec<Merging>], length: usize) -> Vec<Row> {
    let columns = |row: &Vec<Merging>| -> Vec<usize> {
        row.iter()
            .scan(0, |at, cell| {
                let from = *at;
                *at += cell.colspan;
                Some(from)
            })
            .collect()
    };
    let starts: Vec<Vec<usize>> = rows.iter().map(columns).collect();
    let goes_on = |row: usize, column: usize| {
        rows.get(row)
            .is_some_and(|cells| starts[row].iter().zip(cells).any(|(start, cell)| *start == column && cell.goes_on))
    };
    rows.iter()
        .enumerate()
        .map(|(y, row)| {
            let cells = row.iter().zip(&starts[y]).filter(|(cell, _)| !cell.goes_on || y == 0);
            let cells = cells.map(|(cell, column)| Cell {
                text: tidy(&cell.text),
                span: (0, length),
                colspan: cell.colspan,
                rowspan: 1 + (y + 1..).take_while(|below| goes_on(*below, *column)).count(),
                page_box: None,
            });
            Row { cells: cells.collect(), group: 0 }
        })
        .collect()
}
