//! Tables that ruling lines draw: lines meet in a lattice, and slots without a line between them are one cell.

use super::{Box, Glyph, text_of};
use crate::parse::extract::{Cell, PageBox, Row, Table, tidy};

/// Lines nearer than this are one line, points.
const NEAR: f32 = 3.0;
/// Lines of one page.
const MAX_RULES: usize = 50_000;
/// Columns or rows of one table.
const MAX_SIDE: usize = 400;

/// A table as its lines draw it.
pub struct Lattice {
    /// Left to right.
    xs: Vec<f32>,
    /// Top to bottom.
    ys: Vec<f32>,
    cells: Vec<Drawn>,
}

/// A cell: first row and column, and how many of each it spans.
struct Drawn {
    row: usize,
    column: usize,
    height: usize,
    width: usize,
}

/// The tables of a page, from its lines.
pub fn tables(rules: &[Box]) -> Vec<Lattice> {
    let rules = &rules[..rules.len().min(MAX_RULES)];
    groups(rules).into_iter().filter_map(|group| Lattice::of(&group)).collect()
}

/// Lines that touch one another, directly or through others.
fn groups(rules: &[Box]) -> Vec<Vec<Box>> {
    let mut order: Vec<&Box> = rules.iter().collect();
    order.sort_by(|one, other| other.y1.total_cmp(&one.y1));
    let mut groups: Vec<(Box, Vec<Box>)> = Vec::new();
    for rule in order {
        let touches = |bounds: &Box| {
            rule.x0 <= bounds.x1 + NEAR
                && bounds.x0 <= rule.x1 + NEAR
                && rule.y0 <= bounds.y1 + NEAR
                && bounds.y0 <= rule.y1 + NEAR
        };
        let mut joined = (*rule, vec![*rule]);
        let mut kept = Vec::with_capacity(groups.len() + 1);
        for group in groups {
            if touches(&group.0) {
                joined.0 = Box {
                    x0: joined.0.x0.min(group.0.x0),
                    y0: joined.0.y0.min(group.0.y0),
                    x1: joined.0.x1.max(group.0.x1),
                    y1: joined.0.y1.max(group.0.y1),
                };
                joined.1.extend(group.1);
            } else {
                kept.push(group);
            }
        }
        kept.push(joined);
        groups = kept;
    }
    groups.into_iter().map(|(_, rules)| rules).filter(|rules| rules.len() >= 4).collect()
}

impl Lattice {
    fn of(rules: &[Box]) -> Option<Lattice> {
        let upright: Vec<&Box> = rules.iter().filter(|rule| rule.height() > rule.width()).collect();
        let level: Vec<&Box> = rules.iter().filter(|rule| rule.width() >= rule.height()).collect();
        let xs = clustered(upright.iter().map(|rule| (rule.x0 + rule.x1) / 2.0));
        // A page break leaves the last row without its lower line, and the first without its upper one.
        let ends = upright.iter().flat_map(|rule| [rule.y0, rule.y1]);
        let ends = [ends.clone().fold(f32::INFINITY, f32::min), ends.fold(f32::NEG_INFINITY, f32::max)];
        let mut ys = clustered(level.iter().map(|rule| (rule.y0 + rule.y1) / 2.0).chain(ends));
        ys.reverse();
        let fits = |side: &Vec<f32>| (2..=MAX_SIDE).contains(&side.len());
        if !fits(&xs) || !fits(&ys) {
            return None;
        }
        let (columns, rows) = (xs.len() - 1, ys.len() - 1);
        // Whether a line stands at the left of a slot, and above it.
        let wall = |x: f32, top: f32, bottom: f32| {
            let middle = (top + bottom) / 2.0;
            upright.iter().any(|rule| {
                ((rule.x0 + rule.x1) / 2.0 - x).abs() <= NEAR && rule.y0 - NEAR <= middle && middle <= rule.y1 + NEAR
            })
        };
        let floor = |y: f32, left: f32, right: f32| {
            let middle = (left + right) / 2.0;
            level.iter().any(|rule| {
                ((rule.y0 + rule.y1) / 2.0 - y).abs() <= NEAR && rule.x0 - NEAR <= middle && middle <= rule.x1 + NEAR
            })
        };
        let mut taken = vec![vec![false; columns]; rows];
        let mut cells = Vec::new();
        for row in 0..rows {
            for column in 0..columns {
                if taken[row][column] {
                    continue;
                }
                let mut width = 1;
                while column + width < columns
                    && !taken[row][column + width]
                    && !wall(xs[column + width], ys[row], ys[row + 1])
                {
                    width += 1;
                }
                let open_below = |below: usize| {
                    (column..column + width).all(|x| !floor(ys[below], xs[x], xs[x + 1]))
                        && (column + 1..column + width).all(|x| !wall(xs[x], ys[below], ys[below + 1]))
                };
                let mut height = 1;
                while row + height < rows && open_below(row + height) {
                    height += 1;
                }
                for line in &mut taken[row..row + height] {
                    line[column..column + width].fill(true);
                }
                cells.push(Drawn { row, column, height, width });
            }
        }
        (cells.len() > 1).then_some(Lattice { xs, ys, cells })
    }

    pub fn bounds(&self) -> Box {
        Box::of(self.xs[0], self.ys[0], self.xs[self.xs.len() - 1], self.ys[self.ys.len() - 1])
    }

    /// The table with its glyphs in its cells.
    pub fn filled(&self, glyphs: &[Glyph], page: usize, length: usize) -> Table {
        let mut rows: Vec<Row> = vec![Row::default(); self.ys.len() - 1];
        for cell in &self.cells {
            let at = Box::of(
                self.xs[cell.column],
                self.ys[cell.row],
                self.xs[cell.column + cell.width],
                self.ys[cell.row + cell.height],
            );
            let inside: Vec<Glyph> = glyphs
                .iter()
                .filter(|glyph| {
                    let (x, y) = glyph.middle();
                    at.holds(x, y)
                })
                .cloned()
                .collect();
            rows[cell.row].cells.push(Cell {
                text: tidy(&text_of(&inside)),
                span: (0, length),
                colspan: cell.width,
                rowspan: cell.height,
                page_box: Some(PageBox { page, x0: at.x0, y0: at.y0, x1: at.x1, y1: at.y1 }),
            });
        }
        Table { rows, span: (0, length), depth: 0, hidden: false }
    }
}

/// Values nearer than [`NEAR`] taken together, each as their middle, from the smallest.
fn clustered(values: impl Iterator<Item = f32>) -> Vec<f32> {
    let mut values: Vec<f32> = values.filter(|value| value.is_finite()).collect();
    values.sort_by(f32::total_cmp);
    let mut clusters: Vec<(f32, f32)> = Vec::new();
    for value in values {
        match clusters.last_mut() {
            Some((_, last)) if value - *last <= NEAR => *last = value,
            _ => clusters.push((value, value)),
        }
    }
    clusters.into_iter().map(|(first, last)| (first + last) / 2.0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(x0: f32, y0: f32, x1: f32, y1: f32) -> Box {
        Box::of(x0 - 0.2, y0 - 0.2, x1 + 0.2, y1 + 0.2)
    }

    #[test]
    fn slots_without_a_line_between_them_are_one_cell() {
        // Two columns and two rows; the left cell spans both rows.
        let rules = [
            line(0.0, 0.0, 100.0, 0.0),
            line(0.0, 40.0, 100.0, 40.0),
            line(0.0, 0.0, 0.0, 40.0),
            line(50.0, 0.0, 50.0, 40.0),
            line(100.0, 0.0, 100.0, 40.0),
            line(50.0, 20.0, 100.0, 20.0),
        ];
        let tables = tables(&rules);
        assert_eq!(tables.len(), 1);
        let glyph = |text: &str, x: f32, y: f32| Glyph {
            text: text.into(),
            at: Box::of(x, y, x + 5.0, y + 5.0),
            running: Default::default(),
        };
        let table = tables[0].filled(&[glyph("a", 10.0, 18.0), glyph("b", 60.0, 28.0), glyph("c", 60.0, 8.0)], 1, 9);
        let cells: Vec<Vec<(&str, usize)>> = table
            .rows
            .iter()
            .map(|row| row.cells.iter().map(|cell| (cell.text.as_str(), cell.rowspan)).collect())
            .collect();
        assert_eq!(cells, [vec![("a", 2), ("b", 1)], vec![("c", 1)]]);
    }
}
