//! What a response holds, whatever its format: lines of text and tables of cells, each with its byte range.

mod attachment;
mod delimited;
mod docx;
mod escaped;
mod html;
mod json;
mod lines;
mod pdf;
mod sheet;
mod tags;
mod tokens;
mod unseen;
mod xlsx;

pub use attachment::{Attachment, attachment, kind};
pub use docx::docx;
pub use html::html;
pub use json::json;
pub use lines::lines;
pub use pdf::pdf;
pub use xlsx::{xls, xlsx};

/// Byte range in the decoded text, end exclusive.
pub type Span = (usize, usize);

/// A response taken apart.
#[derive(Clone, Debug, Default)]
pub struct Document {
    /// Lines and tables in document order.
    pub blocks: Vec<Block>,
    pub tables: Vec<Table>,
    /// `<meta name content>` in order, names lower case.
    pub metas: Vec<(String, String)>,
    /// The first `<title>`.
    pub title: Option<String>,
    /// The first `<h1>` with text.
    pub heading: Option<String>,
    pub anchors: Vec<Anchor>,
    /// Addresses of frames, embeds and objects.
    pub frames: Vec<String>,
    /// Insides of script elements, up to [`MAX_SCRIPTS`] bytes together.
    pub scripts: String,
    pub base: Option<String>,
    pub refresh: Option<String>,
    /// Limits that were reached: nothing is cut in silence.
    pub limits: Vec<&'static str>,
    /// Rows and columns of sheets that are hidden, and not here.
    pub unseen: (usize, usize),
}

/// Script text kept from one page, bytes.
pub const MAX_SCRIPTS: usize = 2 << 20;
/// Tables inside tables deeper than this are read as text of the one that holds them.
pub const MAX_NESTING: usize = 32;
/// Tables of one page.
pub const MAX_TABLES: usize = 5_000;
/// Cells of one page.
pub const MAX_CELLS: usize = 1_000_000;
/// Links of one page.
pub const MAX_ANCHORS: usize = 20_000;

#[derive(Clone, Debug)]
pub enum Block {
    Line(Line),
    /// Index into [`Document::tables`].
    Table(usize),
}

/// A paragraph, heading or line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub text: String,
    pub span: Span,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    pub rows: Vec<Row>,
    pub span: Span,
    /// How many tables hold this one.
    pub depth: usize,
    /// It stands in an element that is not displayed: another tab, or a copy left behind.
    pub hidden: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    pub cells: Vec<Cell>,
    /// Which thead, tbody or tfoot it stands in: row spans end with it.
    pub group: usize,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cell {
    pub text: String,
    /// In formats whose cells are not in one piece (PDF, DOCX, XLSX), the whole file.
    pub span: Span,
    pub colspan: usize,
    /// 0 means to the end of the row group.
    pub rowspan: usize,
    /// Where it stands on paper.
    pub page_box: Option<PageBox>,
}

/// Page (from 1) and box in points, y upwards from the page's foot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PageBox {
    pub page: usize,
    pub x0: f32,
    pub y0: f32,
    pub x1: f32,
    pub y1: f32,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Anchor {
    pub href: String,
    /// The title attribute, which listings don't cut short.
    pub title: String,
    pub text: String,
}

impl Document {
    /// Every line outside tables, in order.
    pub fn prose(&self) -> impl Iterator<Item = &Line> {
        self.blocks.iter().filter_map(|block| match block {
            Block::Line(line) => Some(line),
            Block::Table(_) => None,
        })
    }

    /// With every span at the place that it has in the text around.
    fn moved(mut self, place: impl Fn(usize) -> usize) -> Document {
        let move_span = |span: &mut Span| *span = (place(span.0), place(span.1));
        for block in &mut self.blocks {
            if let Block::Line(line) = block {
                move_span(&mut line.span);
            }
        }
        for table in &mut self.tables {
            move_span(&mut table.span);
            table.rows.iter_mut().flat_map(|row| &mut row.cells).for_each(|cell| move_span(&mut cell.span));
        }
        self
    }

    /// Another document of the same text behind this one.
    fn append(&mut self, other: Document) {
        let tables = self.tables.len();
        self.blocks.extend(other.blocks.into_iter().map(|block| match block {
            Block::Table(index) => Block::Table(index + tables),
            line => line,
        }));
        self.tables.extend(other.tables);
        self.metas.extend(other.metas);
        self.anchors.extend(other.anchors);
        self.frames.extend(other.frames);
        self.title = self.title.take().or(other.title);
        self.heading = self.heading.take().or(other.heading);
        self.limits.extend(other.limits);
    }

    /// The first non-empty meta of that name.
    pub fn meta(&self, name: &str) -> Option<&str> {
        self.metas
            .iter()
            .find(|(key, value)| key == name && !value.is_empty() && value != "null")
            .map(|(_, value)| value.as_str())
    }
}

/// A title or a sentence that stands in a row of its own, as in tables that are whole documents.
fn sentence(row: &Row) -> Option<Block> {
    let mut filled = row.cells.iter().filter(|cell| !cell.text.is_empty());
    let only = filled.next().filter(|cell| cell.text.contains("信息公开") || cell.text.contains("期限"))?;
    filled.next().is_none().then(|| Block::Line(Line { text: only.text.clone(), span: only.span }))
}

/// White space collapsed, breaks between Han characters closed up, leaked conditional comments dropped.
pub fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in without_leaks(text).split(is_space) {
        if word.is_empty() {
            continue;
        }
        let wide = |c: Option<char>| c.is_some_and(|c| !c.is_ascii());
        let closed_up = wide(out.chars().next_back()) && wide(word.chars().next());
        if !out.is_empty() && !closed_up {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// Han characters, nearly all that is asked about, are none; the standard library would look each up.
fn is_space(c: char) -> bool {
    match c {
        '\0'..='\x7F' => c.is_ascii_whitespace() || c == '\x0B',
        '\u{3001}'.. => c == '\u{FEFF}',
        _ => c.is_whitespace() || c == '\u{200B}',
    }
}

/// Word's conditional comments that an editor turned into text (`<!--[if !supportMisalignedColumns]-->`).
fn without_leaks(text: &str) -> std::borrow::Cow<'_, str> {
    let leaks = text.contains('[') && (text.contains("[if ") || text.contains("[endif]"));
    if !leaks {
        return text.into();
    }
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("[if ").into_iter().chain(rest.find("[endif]")).min() {
        let Some(end) = rest[at..].find(']') else { break };
        out.push_str(rest[..at].trim_end_matches(['<', '!', '-']));
        rest = rest[at + end + 1..].trim_start_matches(['-', '>']);
    }
    out.push_str(rest);
    out.into()
}

#[cfg(test)]
mod tests {
    use super::tidy;

    #[test]
    fn what_a_person_would_see() {
        for (text, seen) in [
            ("  1\u{A0}\u{3000} ", "1"),
            ("商业\n企业", "商业企业"),
            ("1\n2", "1 2"),
            ("<!--[if !supportMisalignedColumns]-->7<!--[endif]-->", "7"),
            ("第[2021]号", "第[2021]号"),
        ] {
            assert_eq!(tidy(text), seen);
        }
    }
}
