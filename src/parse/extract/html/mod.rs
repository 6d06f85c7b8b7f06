//! HTML taken apart in one pass over its tokens: no tree, so depth costs nothing; every cell keeps its byte range.

mod hidden;
mod links;
mod scripted;
mod tables;
mod text;

use std::borrow::Cow;

use super::escaped::{Unescaped, references};
use super::json::is_markup;
use super::sheet::Sheet;
use super::tags::{breaks_line, can_veil, hides, is_inert, is_void, never_shown, shows, spans};
use super::tokens::{Attributes, Name, Token, tokens};
use super::*;
use hidden::Nest;

/// Takes `text` apart. Tables follow the HTML standard's rules for implied tags (13.2.6.4.9 to 15).
pub fn html(text: &str) -> Document {
    walked(text, true)
}

/// `fields` says that markup in the fields of a form is taken apart too.
fn walked(text: &str, fields: bool) -> Document {
    let mut walk = Walk { source: text, fields, ..Walk::default() };
    tokens(text, |token| match token {
        Token::Start { name, attributes, span } => walk.start_tag(&name, attributes, span.0),
        Token::End { name, span } => walk.end_tag(&name, span),
        Token::Text { text, span } => walk.text(&text, span),
    });
    walk.end(text.len())
}

#[derive(Default)]
struct Walk<'t> {
    source: &'t str,
    fields: bool,
    document: Document,
    open: Vec<OpenTable>,
    /// Tables beyond [`MAX_NESTING`] or [`MAX_TABLES`] that are open.
    unread_tables: usize,
    cells: usize,
    line: String,
    line_span: Span,
    anchor: Option<Anchor>,
    /// The element that the anchor is where it is no `<a>`.
    clicked: Option<Nest>,
    heading: bool,
    inside: Inside,
    /// A hidden element within a cell.
    hidden: Option<Nest>,
    /// The same around whole tables; they are read only where no table is shown.
    veil: Option<Nest>,
    sheet: Sheet,
    /// Text whose lines and spaces are kept, outside tables.
    kept: Option<Unescaped>,
    /// Raised or struck text within a cell: its element, and where the cell's text stood when it began.
    aside: Option<(Name, usize)>,
}

#[derive(Default, PartialEq)]
enum Inside {
    #[default]
    Body,
    Title,
    Script,
    Style,
    Field,
}

struct OpenTable {
    index: usize,
    table: Table,
    row: Option<Row>,
    row_hidden: bool,
    cell: Option<Cell>,
    cell_hidden: bool,
    text: String,
    /// Lines of the cell's text that have ended, and where the one begins that has not.
    lines: Vec<CellLine>,
    line: Option<CellLine>,
    /// What is struck through in the cell.
    struck: String,
    group: usize,
}

/// A line within a cell: where it stands in the cell's text, and in the page.
#[derive(Clone, Copy)]
struct CellLine {
    text: Span,
    span: Span,
}

impl Walk<'_> {
    fn start_tag(&mut self, name: &Name, tag: Attributes<'_>, at: usize) {
        if is_inert(name.as_bytes()) {
            return self.hide(name, tag);
        }
        match name.as_bytes() {
            b"title" => self.inside = Inside::Title,
            b"script" => self.inside = Inside::Script,
            b"style" => self.inside = Inside::Style,
            b"textarea" if self.open.is_empty() => self.inside = Inside::Field,
            b"pre" if self.open.is_empty() => {
                self.break_line();
                self.kept = Some(Unescaped::default());
            }
            b"meta" => self.meta(tag),
            b"base" => self.document.base = self.document.base.take().or(tag.get("href").map(Cow::into_owned)),
            b"table" => self.open_table(name, tag, at),
            b"thead" | b"tbody" | b"tfoot" => {
                self.close_row(at);
                if let Some(top) = self.top() {
                    top.group += 1;
                }
            }
            b"tr" => self.open_row(name, tag, at),
            b"td" | b"th" => self.open_cell(name, tag, at),
            b"a" => self.open_anchor(tag),
            b"img" => self.picture(tag),
            b"option" => self.option(name, tag),
            b"sup" | b"sub" | b"del" | b"s" | b"strike" => self.open_aside(name),
            b"input" => {
                self.field(tag);
                self.button(tag);
            }
            b"area" => self.area(tag),
            b"iframe" | b"frame" | b"embed" | b"object" => {
                if let Some(source) = tag.get("src").or_else(|| tag.get("data")) {
                    self.document.frames.push(source.into_owned());
                }
            }
            b"h1" => {
                self.break_line();
                self.heading = true;
            }
            name if breaks_line(name) => self.break_line(),
            _ => {}
        }
        self.click(name, tag);
        self.hide(name, tag);
    }

    fn end_tag(&mut self, name: &Name, span: Span) {
        if is_inert(name.as_bytes()) && self.hidden.is_none() {
            return;
        }
        self.unhide(name);
        if self.clicked.as_mut().is_some_and(|clicked| clicked.ends(name)) {
            self.close_anchor();
        }
        match name.as_bytes() {
            b"title" | b"script" | b"style" | b"textarea" => self.inside = Inside::Body,
            b"pre" => {
                self.flush_kept();
                self.kept = None;
                self.break_line();
            }
            b"table" => {
                self.close_row(span.0);
                self.close_table(span.1);
            }
            b"tr" | b"thead" | b"tbody" | b"tfoot" => self.close_row(span.0),
            b"td" | b"th" => self.close_cell(span.1),
            b"a" => self.close_anchor(),
            b"select" if self.clicked.is_some_and(|clicked| clicked.name.as_bytes() == b"option") => {
                self.close_anchor()
            }
            b"sup" | b"sub" | b"del" | b"s" | b"strike" => self.close_aside(name),
            b"h1" => {
                self.break_line();
                self.heading = false;
            }
            name if breaks_line(name) => self.break_line(),
            _ => {}
        }
    }

    fn meta(&mut self, tag: Attributes<'_>) {
        let Some(content) = tag.get("content").map(|content| tidy(&content)) else { return };
        if let Some(name) = tag.get("name").or_else(|| tag.get("property")) {
            self.document.metas.push((name.trim().to_ascii_lowercase(), content.clone()));
        }
        if tag.get("http-equiv").is_some_and(|kind| kind.eq_ignore_ascii_case("refresh")) {
            self.document.refresh.get_or_insert(content);
        }
    }

    fn end(mut self, at: usize) -> Document {
        self.unread_tables = 0;
        while !self.open.is_empty() {
            self.close_table(at);
        }
        self.close_anchor();
        self.flush_kept();
        self.flush_line();
        self.document
    }

    /// The table whose rows are being read; none while one too deep is skipped.
    fn top(&mut self) -> Option<&mut OpenTable> {
        if self.unread_tables > 0 { None } else { self.open.last_mut() }
    }

    fn in_cell(&self) -> bool {
        self.open.last().is_some_and(|open| open.cell.is_some())
    }

    fn limit(&mut self, what: &'static str) {
        if !self.document.limits.contains(&what) {
            self.document.limits.push(what);
        }
    }
}
