//! Pages whose text runs up, down or upside down: read as they are once the sheet is turned.

use super::Box;
use super::content::Page;
use crate::parse::extract::{PageBox, Table};

/// Which way text runs on a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Running {
    #[default]
    Right,
    Up,
    Left,
    Down,
}

impl Running {
    /// From where a step along the text leads.
    pub fn of(x: f32, y: f32) -> Running {
        match x.abs() >= y.abs() {
            true if x >= 0.0 => Running::Right,
            true => Running::Left,
            false if y >= 0.0 => Running::Up,
            false => Running::Down,
        }
    }

    /// Which way most of a page's text runs.
    pub fn of_most(page: &Page) -> Running {
        let count = |way: Running| page.glyphs.iter().filter(|glyph| glyph.running == way).count();
        let ways = [Running::Up, Running::Left, Running::Down];
        ways.into_iter().find(|way| count(*way) * 2 > page.glyphs.len()).unwrap_or_default()
    }

    /// Turns what such a page shows so that its text runs to the right.
    pub fn upright(self, page: &mut Page) {
        if self != Running::Right {
            page.glyphs.iter_mut().for_each(|glyph| glyph.at = self.turned(glyph.at));
            page.rules.iter_mut().for_each(|rule| *rule = self.turned(*rule));
        }
    }

    fn turned(self, at: Box) -> Box {
        match self {
            Running::Right => at,
            Running::Up => Box::of(at.y0, -at.x0, at.y1, -at.x1),
            Running::Left => Box::of(-at.x0, -at.y0, -at.x1, -at.y1),
            Running::Down => Box::of(-at.y0, at.x0, -at.y1, at.x1),
        }
    }

    /// The places of a table's cells on the page as it is.
    pub fn put_back(self, table: &mut Table) {
        let back = match self {
            Running::Right => return,
            Running::Up => Running::Down,
            Running::Left => Running::Left,
            Running::Down => Running::Up,
        };
        for place in table.rows.iter_mut().flat_map(|row| &mut row.cells).filter_map(|cell| cell.page_box.as_mut()) {
            let Box { x0, y0, x1, y1 } = back.turned(Box::of(place.x0, place.y0, place.x1, place.y1));
            *place = PageBox { page: place.page, x0, y0, x1, y1 };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let at = Box::of(10.0, 20.0, 30.0, 25.0);
        for (way, back) in [(Running::Up, Running::Down), (Running::Left, Running::Left), (Running::Down, Running::Up)]
        {
            assert_eq!(back.turned(way.turned(at)), at);
        }
        // What stands further up comes later where text runs up.
        let (lower, higher) = (Box::of(0.0, 10.0, 5.0, 15.0), Box::of(0.0, 50.0, 5.0, 55.0));
        assert!(Running::Up.turned(lower).x0 < Running::Up.turned(higher).x0);
        assert!(Running::Down.turned(lower).x0 > Running::Down.turned(higher).x0);
        assert_eq!(
            [Running::of(1.0, 0.0), Running::of(0.0, 1.0), Running::of(-1.0, 0.0), Running::of(0.0, -1.0)],
            [Running::Right, Running::Up, Running::Left, Running::Down]
        );
    }
}
