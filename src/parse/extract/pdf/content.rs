//! A page's content stream run: where its glyphs and its ruling lines stand (ISO 32000-1 8.3 to 9.4).

use std::collections::HashMap;

use lopdf::content::Content;
use lopdf::{Dictionary, Document as Pdf, Object, ObjectId};

use super::font::Font;
use super::turned::Running;
use super::{Box, Glyph};

/// What a page shows.
#[derive(Debug, Default)]
pub struct Page {
    pub glyphs: Vec<Glyph>,
    /// Thin rectangles and lines, as boxes.
    pub rules: Vec<Box>,
}

/// Operations of one page, forms included.
const MAX_OPERATIONS: usize = 3_000_000;
/// Forms within forms.
const MAX_FORMS: usize = 8;
/// A rectangle thinner than this is a line, points.
const THIN: f32 = 2.5;

type Matrix = [f32; 6];

const IDENTITY: Matrix = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];

/// `one` applied before `other`.
fn times(one: &Matrix, other: &Matrix) -> Matrix {
    [
        one[0] * other[0] + one[1] * other[2],
        one[0] * other[1] + one[1] * other[3],
        one[2] * other[0] + one[3] * other[2],
        one[2] * other[1] + one[3] * other[3],
        one[4] * other[0] + one[5] * other[2] + other[4],
        one[4] * other[1] + one[5] * other[3] + other[5],
    ]
}

fn apply(matrix: &Matrix, x: f32, y: f32) -> (f32, f32) {
    (matrix[0] * x + matrix[2] * y + matrix[4], matrix[1] * x + matrix[3] * y + matrix[5])
}

/// Whether text runs askew, as watermarks do across the numbers of a table.
fn is_slanting(matrix: &Matrix) -> bool {
    let (along, across) = (matrix[0].abs(), matrix[1].abs());
    along.min(across) > 0.1 * along.max(across)
}

/// Runs the content of page `id`.
pub fn page(pdf: &Pdf, id: ObjectId, content: &[u8]) -> Page {
    let mut run = Run { pdf, page: Page::default(), operations: 0 };
    let fonts = pdf.get_page_fonts(id).unwrap_or_default();
    let fonts = fonts.into_iter().map(|(name, font)| (name, Font::of(pdf, font))).collect();
    let forms = pdf.get_page_resources(id).ok().map(|(own, inherited)| {
        own.into_iter().chain(inherited.iter().filter_map(|id| pdf.get_dictionary(*id).ok())).collect::<Vec<_>>()
    });
    run.content(content, IDENTITY, &fonts, &forms.unwrap_or_default(), 0);
    run.page
}

struct Run<'a> {
    pdf: &'a Pdf,
    page: Page,
    operations: usize,
}

#[derive(Clone)]
struct State {
    matrix: Matrix,
    font: Vec<u8>,
    size: f32,
    character_space: f32,
    word_space: f32,
    scale: f32,
    leading: f32,
    rise: f32,
    line_width: f32,
}

type Fonts = HashMap<Vec<u8>, Font>;

impl Run<'_> {
    fn content(&mut self, content: &[u8], matrix: Matrix, fonts: &Fonts, resources: &[&Dictionary], depth: usize) {
        let Ok(content) = Content::decode(content) else { return };
        let mut state = State {
            matrix,
            font: Vec::new(),
            size: 0.0,
            character_space: 0.0,
            word_space: 0.0,
            scale: 1.0,
            leading: 0.0,
            rise: 0.0,
            line_width: 1.0,
        };
        let mut saved: Vec<State> = Vec::new();
        let (mut text, mut line) = (IDENTITY, IDENTITY);
        let mut path = Path::default();
        for operation in &content.operations {
            self.operations += 1;
            if self.operations > MAX_OPERATIONS {
                return;
            }
            let operands = &operation.operands;
            let number = |n: usize| operands.get(n).and_then(|operand| operand.as_float().ok()).unwrap_or(0.0);
            let matrix_of = || [number(0), number(1), number(2), number(3), number(4), number(5)];
            match operation.operator.as_str() {
                "q" if saved.len() < 512 => saved.push(state.clone()),
                "Q" => state = saved.pop().unwrap_or(state),
                "cm" => state.matrix = times(&matrix_of(), &state.matrix),
                "w" => state.line_width = number(0),
                "re" => path.rectangle(&state.matrix, number(0), number(1), number(2), number(3)),
                "m" => path.at(apply(&state.matrix, number(0), number(1)), true),
                "l" => path.at(apply(&state.matrix, number(0), number(1)), false),
                "h" => path.close(),
                "f" | "F" | "f*" => self.fill(std::mem::take(&mut path)),
                "S" | "s" => self.stroke(std::mem::take(&mut path), state.line_width),
                "B" | "B*" | "b" | "b*" => self.stroke(std::mem::take(&mut path), state.line_width),
                "n" => path = Path::default(),
                "BT" => (text, line) = (IDENTITY, IDENTITY),
                "Tf" => {
                    state.font = operands.first().and_then(|name| name.as_name().ok()).unwrap_or_default().to_vec();
                    state.size = number(1);
                }
                "Tc" => state.character_space = number(0),
                "Tw" => state.word_space = number(0),
                "Tz" => state.scale = number(0) / 100.0,
                "TL" => state.leading = number(0),
                "Ts" => state.rise = number(0),
                "Tm" => (text, line) = (matrix_of(), matrix_of()),
                "Td" | "TD" => {
                    if operation.operator == "TD" {
                        state.leading = -number(1);
                    }
                    line = times(&[1.0, 0.0, 0.0, 1.0, number(0), number(1)], &line);
                    text = line;
                }
                "T*" => {
                    line = times(&[1.0, 0.0, 0.0, 1.0, 0.0, -state.leading], &line);
                    text = line;
                }
                "Tj" => self.show(&state, &mut text, fonts, operands.first()),
                "'" | "\"" => {
                    if operation.operator == "\"" {
                        (state.word_space, state.character_space) = (number(0), number(1));
                    }
                    line = times(&[1.0, 0.0, 0.0, 1.0, 0.0, -state.leading], &line);
                    text = line;
                    self.show(&state, &mut text, fonts, operands.last());
                }
                "TJ" => {
                    for part in operands.first().and_then(|parts| parts.as_array().ok()).into_iter().flatten() {
                        match part.as_float() {
                            Ok(back) => {
                                let back = -back / 1_000.0 * state.size * state.scale;
                                text = times(&[1.0, 0.0, 0.0, 1.0, back, 0.0], &text);
                            }
                            Err(_) => self.show(&state, &mut text, fonts, Some(part)),
                        }
                    }
                }
                "Do" if depth < MAX_FORMS => {
                    let name = operands.first().and_then(|name| name.as_name().ok()).unwrap_or_default();
                    self.form(name, &state.matrix, fonts, resources, depth);
                }
                _ => {}
            }
        }
    }

    fn show(&mut self, state: &State, text: &mut Matrix, fonts: &Fonts, shown: Option<&Object>) {
        let Some(bytes) = shown.and_then(|shown| shown.as_str().ok()) else { return };
        let Some(font) = fonts.get(&state.font) else { return };
        for (glyph, width) in font.decode(bytes) {
            let width = width / 1_000.0 * state.size;
            let space = if glyph == " " { state.word_space } else { 0.0 };
            let to_page = times(text, &state.matrix);
            let (x0, y0) = apply(&to_page, 0.0, state.rise - 0.2 * state.size);
            let (x1, y1) = apply(&to_page, width * state.scale, state.rise + 0.8 * state.size);
            if !glyph.trim().is_empty() && !is_slanting(&to_page) {
                let running = Running::of(to_page[0], to_page[1]);
                self.page.glyphs.push(Glyph { text: glyph, at: Box::of(x0, y0, x1, y1), running });
            }
            let step = match font.vertical {
                true => [1.0, 0.0, 0.0, 1.0, 0.0, -(state.size + state.character_space)],
                false => [1.0, 0.0, 0.0, 1.0, (width + state.character_space + space) * state.scale, 0.0],
            };
            *text = times(&step, text);
        }
    }

    fn form(&mut self, name: &[u8], matrix: &Matrix, fonts: &Fonts, resources: &[&Dictionary], depth: usize) {
        let found: Option<(Vec<u8>, Matrix, Option<Dictionary>)> = resources.iter().find_map(|resources| {
            let form = self.pdf.dereference(
                self.pdf.dereference(resources.get(b"XObject").ok()?).ok()?.1.as_dict().ok()?.get(name).ok()?,
            );
            let stream = form.ok()?.1.as_stream().ok()?;
            if stream.dict.get(b"Subtype").and_then(Object::as_name).ok()? != b"Form" {
                return None;
            }
            let own: Vec<f32> = stream
                .dict
                .get(b"Matrix")
                .and_then(Object::as_array)
                .map(|m| m.iter().filter_map(|n| n.as_float().ok()).collect())
                .unwrap_or_default();
            let own: Matrix = own.try_into().unwrap_or(IDENTITY);
            let resources = stream
                .dict
                .get(b"Resources")
                .ok()
                .and_then(|r| self.pdf.dereference(r).ok()?.1.as_dict().ok())
                .cloned();
            Some((stream.get_plain_content_with_limit(super::MAX_CONTENT).ok()?, own, resources))
        });
        let Some((content, own, own_resources)) = found else { return };
        let mut own_fonts = fonts.clone();
        if let Some(list) =
            own_resources.as_ref().and_then(|r| self.pdf.dereference(r.get(b"Font").ok()?).ok()?.1.as_dict().ok())
        {
            for (name, font) in list.iter() {
                if let Some(font) = self.pdf.dereference(font).ok().and_then(|(_, font)| font.as_dict().ok()) {
                    own_fonts.insert(name.clone(), Font::of(self.pdf, font));
                }
            }
        }
        let inner: Vec<&Dictionary> = own_resources.iter().chain(resources.iter().copied()).collect();
        self.content(&content, times(&own, matrix), &own_fonts, &inner, depth + 1);
    }

    /// Filled: thin rectangles are lines, others the ground of cells.
    fn fill(&mut self, path: Path) {
        self.page.rules.extend(path.boxes.into_iter().filter(|rect| rect.width() < THIN || rect.height() < THIN));
    }

    /// Stroked: lines, and the four sides of rectangles.
    fn stroke(&mut self, path: Path, width: f32) {
        let half = (width / 2.0).clamp(0.1, 1.0);
        for rect in path.boxes {
            if rect.width() < THIN || rect.height() < THIN {
                self.page.rules.push(rect);
                continue;
            }
            let Box { x0, y0, x1, y1 } = rect;
            for (a, b) in [((x0, y0), (x1, y0)), ((x0, y1), (x1, y1)), ((x0, y0), (x0, y1)), ((x1, y0), (x1, y1))] {
                self.page.rules.push(Box::of(a.0 - half, a.1 - half, b.0 + half, b.1 + half));
            }
        }
        for (a, b) in path.lines {
            let straight = (a.0 - b.0).abs() < 1.0 || (a.1 - b.1).abs() < 1.0;
            if straight {
                self.page.rules.push(Box::of(
                    a.0.min(b.0) - half,
                    a.1.min(b.1) - half,
                    a.0.max(b.0) + half,
                    a.1.max(b.1) + half,
                ));
            }
        }
    }
}

#[derive(Default)]
struct Path {
    boxes: Vec<Box>,
    lines: Vec<((f32, f32), (f32, f32))>,
    start: Option<(f32, f32)>,
    last: Option<(f32, f32)>,
}

impl Path {
    fn rectangle(&mut self, matrix: &Matrix, x: f32, y: f32, width: f32, height: f32) {
        let (one, other) = (apply(matrix, x, y), apply(matrix, x + width, y + height));
        self.boxes.push(Box::of(one.0, one.1, other.0, other.1));
    }

    fn at(&mut self, point: (f32, f32), moved: bool) {
        match (moved, self.last) {
            (false, Some(last)) => self.lines.push((last, point)),
            _ => self.start = Some(point),
        }
        self.last = Some(point);
    }

    fn close(&mut self) {
        if let (Some(start), Some(last)) = (self.start, self.last) {
            self.lines.push((last, start));
        }
    }
}
