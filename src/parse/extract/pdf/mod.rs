//! PDF taken apart: glyphs with their boxes, ruling lines, and the tables those lines draw.
//!
//! A table is what its lines enclose; a cell's text is the glyphs inside its box. Where there are no lines there is no
//! table: text alone is given line by line. Places are page and box, since a cell's bytes are not in one piece.

mod content;
mod font;
mod lattice;
mod turned;

use lopdf::Document as Pdf;

use super::{Block, Document, Line};
use turned::Running;

/// Pages of one file.
const MAX_PAGES: usize = 300;
/// Objects of one file.
const MAX_OBJECTS: usize = 500_000;
/// Content of one page, bytes.
const MAX_CONTENT: usize = 32 << 20;

/// A rectangle on a page, points, y upwards.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Box {
    pub x0: f32,
    pub y0: f32,
    pub x1: f32,
    pub y1: f32,
}

impl Box {
    fn of(x0: f32, y0: f32, x1: f32, y1: f32) -> Box {
        Box { x0: x0.min(x1), y0: y0.min(y1), x1: x0.max(x1), y1: y0.max(y1) }
    }

    fn width(&self) -> f32 {
        self.x1 - self.x0
    }

    fn height(&self) -> f32 {
        self.y1 - self.y0
    }

    fn holds(&self, x: f32, y: f32) -> bool {
        (self.x0..=self.x1).contains(&x) && (self.y0..=self.y1).contains(&y)
    }
}

/// A character as it stands on the page.
#[derive(Clone, Debug)]
struct Glyph {
    text: String,
    at: Box,
    running: Running,
}

impl Glyph {
    fn middle(&self) -> (f32, f32) {
        ((self.at.x0 + self.at.x1) / 2.0, (self.at.y0 + self.at.y1) / 2.0)
    }
}

/// Takes a PDF apart; the error says why it can't be.
pub fn pdf(body: &[u8]) -> Result<Document, String> {
    let pdf = Pdf::load_mem(body).map_err(|fault| format!("it is no PDF that can be read: {fault}"))?;
    if pdf.is_encrypted() {
        return Err("it is encrypted".into());
    }
    if pdf.objects.len() > MAX_OBJECTS {
        return Err(format!("it has more than {MAX_OBJECTS} objects"));
    }
    let mut document = Document { title: title(&pdf), ..Document::default() };
    let mut glyphs_seen = 0;
    for (number, id) in pdf.get_pages() {
        if number as usize > MAX_PAGES {
            document.limits.push("pages");
            break;
        }
        let Ok(content) = pdf.get_page_content_with_limit(id, MAX_CONTENT) else {
            document.limits.push("bytes of a page");
            continue;
        };
        let page = content::page(&pdf, id, &content);
        glyphs_seen += page.glyphs.len();
        add_page(&mut document, number as usize, page, body.len());
    }
    if glyphs_seen == 0 {
        return Err("it holds no text: its pages are images".into());
    }
    Ok(document)
}

fn title(pdf: &Pdf) -> Option<String> {
    let info = pdf.trailer.get(b"Info").ok().and_then(|info| pdf.dereference(info).ok())?.1.as_dict().ok()?;
    let raw = info.get(b"Title").ok()?.as_str().ok()?;
    let text = match raw.strip_prefix(b"\xFE\xFF") {
        Some(utf16) => encoding_rs::UTF_16BE.decode_without_bom_handling(utf16).0.into_owned(),
        None => String::from_utf8_lossy(raw).into_owned(),
    };
    Some(text.trim().to_owned()).filter(|text| !text.is_empty() && !text.contains('\u{FFFD}'))
}

/// Tables and the lines between them, from the top of the page down.
fn add_page(document: &mut Document, number: usize, mut page: content::Page, length: usize) {
    let running = Running::of_most(&page);
    running.upright(&mut page);
    let tables = lattice::tables(&page.rules);
    let (mut inside, mut outside) = (vec![Vec::new(); tables.len()], Vec::new());
    for glyph in page.glyphs {
        let (x, y) = glyph.middle();
        match tables.iter().position(|table| table.bounds().holds(x, y)) {
            Some(table) => inside[table].push(glyph),
            None => outside.push(glyph),
        }
    }
    let mut placed: Vec<(f32, Block)> = Vec::new();
    for (table, glyphs) in tables.iter().zip(inside) {
        let top = table.bounds().y1;
        let index = document.tables.len();
        let mut table = table.filled(&glyphs, number, length);
        running.put_back(&mut table);
        document.tables.push(table);
        placed.push((top, Block::Table(index)));
    }
    for (top, text) in lines(&outside) {
        placed.push((top, Block::Line(Line { text, span: (0, length) })));
    }
    placed.sort_by(|one, other| other.0.total_cmp(&one.0));
    document.blocks.extend(placed.into_iter().map(|(_, block)| block));
}

/// Glyphs in reading order: lines from the top, characters from the left.
fn lines(glyphs: &[Glyph]) -> Vec<(f32, String)> {
    let mut sorted: Vec<&Glyph> = glyphs.iter().collect();
    sorted.sort_by(|one, other| other.middle().1.total_cmp(&one.middle().1));
    let mut lines: Vec<(f32, f32, Vec<&Glyph>)> = Vec::new();
    for glyph in sorted {
        let (_, y) = glyph.middle();
        let height = glyph.at.height().max(4.0);
        match lines.last_mut() {
            Some((middle, _, line)) if (*middle - y).abs() < height * 0.5 => line.push(glyph),
            _ => lines.push((y, glyph.at.y1, vec![glyph])),
        }
    }
    lines
        .into_iter()
        .map(|(_, top, mut line)| {
            line.sort_by(|one, other| one.at.x0.total_cmp(&other.at.x0));
            let mut text = String::new();
            let mut end: Option<f32> = None;
            for glyph in line {
                let gap = end.is_some_and(|end| glyph.at.x0 - end > glyph.at.height().max(4.0) * 0.6);
                if gap && !text.ends_with(' ') {
                    text.push(' ');
                }
                text.push_str(&glyph.text);
                end = Some(glyph.at.x1);
            }
            (top, text.trim().to_owned())
        })
        .filter(|(_, text)| !text.is_empty())
        .collect()
}

/// The text of a cell: its lines, one below the other.
fn text_of(glyphs: &[Glyph]) -> String {
    lines(glyphs).into_iter().map(|(_, text)| text).collect::<Vec<_>>().join("\n")
}
