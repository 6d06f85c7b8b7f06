//! A table laid out on its grid: the HTML standard's algorithm (4.9.12), bounded in slots.

use super::extract::{Cell, Table};

/// Slots of one grid.
pub const MAX_SLOTS: usize = 400_000;

/// Rows of slots; each slot names the cell that covers it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grid {
    pub rows: Vec<Vec<Option<CellAt>>>,
    pub width: usize,
    /// Two cells claim one slot (the later one has it, as the standard says is an error and browsers show).
    pub overlaps: usize,
    /// The slot limit was reached: rows after it are missing.
    pub cut: bool,
}

/// A cell by its row and its number in that row, as they stand in the markup.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CellAt {
    pub row: usize,
    pub cell: usize,
}

impl CellAt {
    pub fn of(self, table: &Table) -> &Cell {
        &table.rows[self.row].cells[self.cell]
    }
}

/// A row span that is still running in a column.
#[derive(Clone, Copy)]
struct Growing {
    at: CellAt,
    rows_left: usize,
}

/// Lays out `table`.
pub fn grid(table: &Table) -> Grid {
    let mut grid = Grid::default();
    let mut growing: Vec<Option<Growing>> = Vec::new();
    let mut slots = 0;
    for (y, row) in table.rows.iter().enumerate() {
        if y > 0 && table.rows[y - 1].group != row.group {
            growing.clear();
        }
        let rows_in_group = table.rows[y..].iter().take_while(|later| later.group == row.group);
        let mut line: Vec<Option<CellAt>> = growing.iter().map(|column| column.map(|g| g.at)).collect();
        let mut x = 0;
        let mut started: Vec<(usize, usize, Growing)> = Vec::new();
        let mut group_height = None;
        for (number, cell) in row.cells.iter().enumerate() {
            while line.get(x).is_some_and(|slot| slot.is_some()) {
                x += 1;
            }
            let at = CellAt { row: y, cell: number };
            let room = MAX_SLOTS.saturating_sub(slots + line.len());
            let colspan = cell.colspan.min(room);
            if colspan < cell.colspan {
                grid.cut = true;
            }
            if line.len() < x + colspan {
                line.resize(x + colspan, None);
            }
            for slot in &mut line[x..x + colspan] {
                grid.overlaps += usize::from(slot.is_some());
                *slot = Some(at);
            }
            let height = match cell.rowspan {
                1 => 1,
                span => {
                    let in_group = *group_height.get_or_insert_with(|| rows_in_group.clone().count());
                    if span == 0 { in_group } else { span.min(in_group) }
                }
            };
            if height > 1 {
                started.push((x, x + colspan, Growing { at, rows_left: height }));
            }
            x += colspan;
        }
        slots += line.len();
        growing.resize(line.len().max(growing.len()), None);
        for (from, to, cell) in started {
            for column in &mut growing[from..to] {
                *column = Some(cell);
            }
        }
        for column in &mut growing {
            *column = column.and_then(|g| (g.rows_left > 1).then_some(Growing { rows_left: g.rows_left - 1, ..g }));
        }
        grid.width = grid.width.max(line.len());
        grid.rows.push(line);
        if slots >= MAX_SLOTS {
            grid.cut = true;
            break;
        }
    }
    for row in &mut grid.rows {
        if grid.width * table.rows.len() <= MAX_SLOTS {
            row.resize(grid.width, None);
        }
    }
    grid
}

#[cfg(test)]
mod tests {
    use super::super::extract::html;
    use super::*;

    fn laid_out(markup: &str) -> Vec<String> {
        let document = html(markup);
        let table = document.tables.last().unwrap();
        grid(table)
            .rows
            .iter()
            .map(|row| row.iter().map(|slot| slot.map_or("·", |at| &at.of(table).text)).collect::<Vec<_>>().join(" "))
            .collect()
    }

    #[test]
    fn spans_as_the_standard_lays_them_out() {
        for (name, markup, expected) in [
            (
                "column and row span",
                "<table><tr><td colspan=2>a<td rowspan=2>b<tr><td>c<td>d</table>",
                &["a a b", "c d b"][..],
            ),
            (
                "rowspan=0 to the end of the group",
                "<table><tbody><tr><td rowspan=0>a<td>b<tr><td>c<tbody><tr><td>d<td>e</table>",
                &["a b", "a c", "d e"],
            ),
            (
                "row span ends with its group",
                "<table><thead><tr><td rowspan=9>a<td>b</thead><tbody><tr><td>c<td>d</table>",
                &["a b", "c d"],
            ),
            ("colspan=0 is 1", "<table><tr><td colspan=0>a<td>b</table>", &["a b"]),
            ("ragged rows", "<table><tr><td>a<tr><td>b<td>c</table>", &["a ·", "b c"]),
            ("missing tr", "<table><td>a<td>b</table>", &["a b"]),
            ("cells close cells", "<table><tr><td>a<td>b</tr><tr><td>c</table>", &["a b", "c ·"]),
            ("hidden row", "<table><tr style='display: none'><td>x<tr><td>a</table>", &["a"]),
            ("hidden in capitals", "<table><tr style='Display: None'><td>x<tr><td>a</table>", &["a"]),
            ("hidden text", "<table><tr><td>1<span style=display:none>9</span>2</table>", &["12"]),
            ("upper case, unquoted", "<TABLE><TR><TD ROWSPAN=2>a<TD>b<TR><TD>c</TABLE>", &["a b", "a c"]),
            ("table opened outside a cell", "<table><tr><td>x</td><table><tr><td>a</table>", &["a"]),
            ("script is not a cell", "<table><tr><td>a<script>'<td>b'</script></table>", &["a"]),
        ] {
            assert_eq!(laid_out(markup), expected, "{name}");
        }
    }

    #[test]
    fn a_nested_table_stands_apart() {
        let document = html("<table><tr><td>a<table><tr><td>b</table>c<td>d</table>");
        let texts: Vec<Vec<&str>> = document
            .tables
            .iter()
            .map(|t| t.rows.iter().flat_map(|r| r.cells.iter().map(|c| c.text.as_str())).collect())
            .collect();
        assert_eq!(texts, [vec!["a c", "d"], vec!["b"]]);
    }

    #[test]
    fn a_cell_knows_its_bytes() {
        let text = "<p>x\r\n</p><table>\r\n<tr><td align=\"a&amp;b\">\r\n1&nbsp;</td ><TD>2<tr><td>3</table>";
        let document = html(text);
        let cells: Vec<&str> =
            document.tables[0].rows.iter().flat_map(|r| &r.cells).map(|c| &text[c.span.0..c.span.1]).collect();
        assert_eq!(cells, ["<td align=\"a&amp;b\">\r\n1&nbsp;</td >", "<TD>2", "<td>3"]);
    }

    #[test]
    fn a_million_columns_are_cut_and_said_to_be() {
        let wide = "<td colspan=1000>x".repeat(1_000);
        let document = html(&format!("<table><tr>{wide}</table>"));
        let grid = grid(&document.tables[0]);
        assert!(grid.cut && grid.width <= MAX_SLOTS);
    }
}
