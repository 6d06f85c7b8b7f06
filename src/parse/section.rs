//! A page that holds the reports of several years: which part is of which.

use std::sync::LazyLock;

use memchr::memmem;

use super::extract::{Block, Document};
use super::identity::{title, year};

/// The document without what stands under the title of another year's report. None where all of it is one report: most
/// pages. Places stay as they are.
pub fn of_year(document: &Document, year: i16) -> Option<Document> {
    let mut current = year;
    let mut with_tables: Vec<i16> = Vec::new();
    let years: Vec<i16> = document
        .blocks
        .iter()
        .map(|block| {
            match block {
                Block::Line(line) => current = titled(&line.text).unwrap_or(current),
                Block::Table(index) => {
                    let rows = document.tables.get(*index).map_or(0, |table| table.rows.len());
                    if rows >= 4 && !with_tables.contains(&current) {
                        with_tables.push(current);
                    }
                }
            }
            current
        })
        .collect();
    // Links to other years' reports stand under titles too, but no tables do.
    if with_tables.len() < 2 || !with_tables.contains(&year) {
        return None;
    }
    let own = document.blocks.iter().zip(years).filter(|(_, of)| *of == year).map(|(block, _)| block.clone());
    Some(Document { blocks: own.collect(), ..document.clone() })
}

/// The year of a line that is a report's title.
fn titled(line: &str) -> Option<i16> {
    const TITLE: usize = 60 * '年'.len_utf8();
    static WORDS: LazyLock<memmem::Finder<'static>> = LazyLock::new(|| memmem::Finder::new("信息公开"));
    if line.len() > TITLE || WORDS.find(line.as_bytes()).is_none() || line.contains(['。', '，']) {
        return None;
    }
    year::first(&title::squeezed(line)).filter(|_| title::score(line) >= title::REPORT)
}
