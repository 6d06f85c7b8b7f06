//! Tables as text: consecutive lines with the same number of cells, separated by tabs or by commas (RFC 4180).

use super::{Cell, Row, Span, Table, tidy};
use crate::parse::label::key;

/// A line as it stands, and where it begins.
pub type Raw<'t> = (usize, &'t str);

/// Lines of one table at least, and cells of one line.
const ROWS: usize = 3;
const CELLS: usize = 3;
/// A table of the form has one of these heads; other tables stay lines.
const HEADS: [&str; 5] = ["信息内容", "自然人", "结果维持", "统计指标", "指标名称"];

/// The lines that begin with the first and have as many cells as it: how many they are, and the table that they are.
pub fn table(lines: &[Raw<'_>]) -> (usize, Option<Table>) {
    let Some(first) = lines.first().filter(|line| line.1.contains(['\t', ','])) else { return (1, None) };
    let by = if first.1.contains('\t') { '\t' } else { ',' };
    let Some(width) = cells(first, by).map(|cells| cells.len()).filter(|width| *width >= CELLS) else {
        return (1, None);
    };
    let rows: Vec<Row> = lines
        .iter()
        .map_while(|line| cells(line, by).filter(|cells| cells.len() == width))
        .map(|cells| Row { cells, group: 0 })
        .collect();
    let count = rows.len().max(1);
    let is_head = |cell: &Cell| cell.text.len() < 60 && HEADS.contains(&&*key(&cell.text));
    if count < ROWS || !rows.iter().flat_map(|row| &row.cells).any(is_head) {
        return (count, None);
    }
    let last = lines[count - 1];
    let span = (first.0, last.0 + last.1.len());
    let rows = rows.into_iter().filter(|row| row.cells.iter().any(|cell| !cell.text.is_empty())).collect();
    (count, Some(Table { rows, span, depth: 0, hidden: false }))
}

/// Whether a line holds several numbers between tabs or commas.
pub fn holds_numbers(line: &Raw<'_>) -> bool {
    let number = |cell: &str| {
        let cell = cell.trim().trim_matches('"');
        !cell.is_empty() && cell.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
    };
    ['\t', ','].into_iter().any(|by| {
        let cells = line.1.split(by);
        line.1.contains(by) && cells.clone().count() >= CELLS && cells.filter(|cell| number(cell)).count() >= 2
    })
}

/// The cells of a line; none where its quotes don't close.
fn cells(line: &Raw<'_>, by: char) -> Option<Vec<Cell>> {
    let (start, text) = *line;
    let cell = |text: &str, span: Span| Cell {
        text: tidy(text),
        span: (start + span.0, start + span.1),
        colspan: 1,
        rowspan: 1,
        page_box: None,
    };
    let mut cells = Vec::new();
    let mut at = 0;
    loop {
        let rest = &text[at..];
        if by == ',' && rest.starts_with('"') {
            let mut end = 1;
            while rest[end..].starts_with("\"\"") || !rest[end..].starts_with('"') {
                end += if rest[end..].starts_with('"') { 2 } else { rest[end..].chars().next()?.len_utf8() };
            }
            cells.push(cell(&rest[1..end].replace("\"\"", "\""), (at, at + end + 1)));
            at += end + 1;
        } else {
            let end = rest.find(by).unwrap_or(rest.len());
            cells.push(cell(&rest[..end], (at, at + end)));
            at += end;
        }
        match text[at..].chars().next() {
            None => return Some(cells),
            Some(next) if next == by => at += by.len_utf8(),
            Some(_) => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Block, lines};

    #[test]
    fn lines_of_as_many_cells_are_a_table() {
        for (name, text, rows) in [
            ("tabs", "文\n信息内容\t甲\t乙\n规章\t\t2\n行政许可\t3\t\n完", "信息内容 甲 乙/规章  2/行政许可 3 "),
            ("commas", "信息内容,甲,乙\n规章,\"1,234\",2\n\"a\"\"b\",3,4", "信息内容 甲 乙/规章 1,234 2/a\"b 3 4"),
            ("another number of cells", "信息内容,甲,乙\n规章,1,234,2\n行政许可,3,4", ""),
            ("two lines", "信息内容,甲,乙\n规章,1,2", ""),
            ("no head of the form", "名称,甲,乙\n规章,1,2\n许可,1,2", ""),
        ] {
            let document = lines(text);
            let read: Vec<String> = document
                .tables
                .iter()
                .flat_map(|table| &table.rows)
                .map(|row| row.cells.iter().map(|cell| cell.text.as_str()).collect::<Vec<_>>().join(" "))
                .collect();
            assert_eq!(read.join("/"), rows, "{name}");
            for cell in document.tables.iter().flat_map(|table| &table.rows).flat_map(|row| &row.cells) {
                assert_eq!(text[cell.span.0..cell.span.1].trim_matches('"').replace("\"\"", "\""), cell.text, "{name}");
            }
            let around = if name == "tabs" { 2 } else { 0 };
            let kept = document.blocks.iter().filter(|block| matches!(block, Block::Line(_))).count();
            assert_eq!(kept, if rows.is_empty() { text.lines().count() } else { around }, "{name}");
        }
    }
}
