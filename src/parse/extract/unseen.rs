//! Rows and columns of an XLSX sheet that are hidden (ECMA-376 18.3.1.73, 18.3.1.13): what stands in them nobody was shown.

use std::collections::{HashMap, HashSet};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::docx::member;

/// Hidden rows and columns of one sheet, from 0.
#[derive(Debug, Default)]
pub struct Unseen {
    rows: HashSet<u32>,
    columns: Vec<(u32, u32)>,
}

impl Unseen {
    pub fn row(&self, row: u32) -> bool {
        self.rows.contains(&row)
    }

    pub fn column(&self, column: u32) -> bool {
        self.columns.iter().any(|(first, last)| (*first..=*last).contains(&column))
    }
}

/// What is hidden in each sheet, by its name. A part that can't be read hides nothing.
pub fn unseen(book: &[u8]) -> HashMap<String, Unseen> {
    let (Ok(sheets), Ok(parts)) = (member(book, "xl/workbook.xml"), member(book, "xl/_rels/workbook.xml.rels")) else {
        return HashMap::new();
    };
    let mut targets = HashMap::new();
    each_tag(&parts, "Relationship", |tag| {
        targets.extend(attribute(tag, "Id").zip(attribute(tag, "Target")));
    });
    let mut found = HashMap::new();
    each_tag(&sheets, "sheet", |tag| {
        let Some((name, target)) = attribute(tag, "name").zip(attribute(tag, "id").and_then(|id| targets.get(&id)))
        else {
            return;
        };
        let path = target.strip_prefix('/').map_or_else(|| format!("xl/{target}"), str::to_owned);
        found.insert(name, member(book, &path).map(|xml| in_sheet(&xml)).unwrap_or_default());
    });
    found
}

fn in_sheet(xml: &str) -> Unseen {
    let mut unseen = Unseen::default();
    let is_hidden = |tag: &BytesStart<'_>, size: &str| {
        attribute(tag, "hidden").is_some_and(|value| matches!(value.as_str(), "1" | "true"))
            || attribute(tag, size).is_some_and(|size| size.parse() == Ok(0.0))
    };
    let number = |tag: &BytesStart<'_>, name: &str| attribute(tag, name)?.parse::<u32>().ok()?.checked_sub(1);
    each_tag(xml, "col", |tag| {
        if is_hidden(tag, "width") {
            unseen.columns.extend(number(tag, "min").zip(number(tag, "max")));
        }
    });
    // A row without a number follows the one before.
    let mut next = 0;
    each_tag(xml, "row", |tag| {
        let row = number(tag, "r").unwrap_or(next);
        next = row.saturating_add(1);
        if is_hidden(tag, "ht") {
            unseen.rows.insert(row);
        }
    });
    unseen
}

fn each_tag(xml: &str, name: &str, mut take: impl FnMut(&BytesStart<'_>)) {
    let mut reader = Reader::from_str(xml);
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag) | Event::Empty(tag)) if tag.local_name().as_ref() == name => take(&tag),
            Ok(Event::Eof) | Err(_) => return,
            Ok(_) => {}
        }
    }
}

/// An attribute by its name, whatever stands before its colon.
fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = tag.attributes().flatten().find(|attribute| attribute.key.local_name().as_ref() == name)?;
    Some(found.value.into_owned())
}
