//! What a page shows, without a reading of it: its words, its tables with spans expanded.

use super::extract;
use super::reading::TableGrid;
use super::{Given, content, decode, grid, taken_apart};

/// What a person reads on the page, a line a paragraph or cell: for search.
pub fn words(given: Given<'_>) -> Vec<String> {
    let content = content::content(given.headers, given.body);
    let document = match extract::attachment(&content.bytes) {
        Some(file) => file.document.unwrap_or_default(),
        None => {
            let text = decode::decode(given.headers, &content.bytes, content.coding.clone());
            taken_apart(given.headers, &text.text)
        }
    };
    let mut words = Vec::new();
    for block in document.blocks {
        match block {
            extract::Block::Line(line) => words.push(line.text),
            extract::Block::Table(table) => {
                let rows = document.tables.get(table).into_iter().flat_map(|table| &table.rows);
                words.extend(rows.flat_map(|row| &row.cells).map(|cell| cell.text.clone()));
            }
        }
    }
    words.retain(|line| !line.trim().is_empty());
    words
}

/// Every table with its spans expanded, and the decoded text: what `--tables` and `--text` print.
pub fn laid_out(given: Given<'_>) -> (Vec<TableGrid>, String) {
    let content = content::content(given.headers, given.body);
    if let Some(file) = extract::attachment(&content.bytes) {
        let document = file.document.unwrap_or_default();
        let text: Vec<&str> = document.prose().map(|line| line.text.as_str()).collect();
        return (
            document.tables.iter().map(|table| grid_of(table, (0, content.bytes.len()))).collect(),
            text.join("\n"),
        );
    }
    let text = decode::decode(given.headers, &content.bytes, content.coding.clone());
    let document = taken_apart(given.headers, &text.text);
    let tables = document.tables.iter().map(|table| {
        let bytes = text.places.bytes_of(&text.text, &[table.span.0, table.span.1]);
        grid_of(table, (bytes[0], bytes[1]))
    });
    (tables.collect(), text.text.clone().into_owned())
}

fn grid_of(table: &extract::Table, bytes: (usize, usize)) -> TableGrid {
    let slot = |slot: &Option<grid::CellAt>| slot.map(|at| at.of(table).text.clone());
    TableGrid { grid: grid::grid(table).rows.iter().map(|row| row.iter().map(slot).collect()).collect(), bytes }
}
