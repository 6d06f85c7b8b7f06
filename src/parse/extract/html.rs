//! HTML taken apart in one pass over its tokens: no tree, so depth costs nothing; every cell keeps its byte range.

mod links;
mod scripted;
mod tables;

use std::borrow::Cow;

use super::escaped::{Unescaped, references};
use super::json::is_markup;
use super::sheet::Sheet;
use super::tags::{breaks_line, can_veil, hides, is_inert, is_void, never_shown, shows, spans};
use super::tokens::{Attributes, Name, Token, tokens};
use super::*;

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
    /// The element that the anchor is where it is no `<a>`, and how many of that name are open in it.
    clicked: Option<(Name, usize)>,
    heading: bool,
    inside: Inside,
    /// A hidden element within a cell: its name, and how many of that name are open in it.
    hidden: Option<(Name, usize)>,
    /// The same around whole tables; they are read only where no table is shown.
    veil: Option<(Name, usize)>,
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

    /// Keeps count of hidden elements: text in them is no text, tables in them are copies.
    fn hide(&mut self, name: &Name, tag: Attributes<'_>) {
        if let Some((hidden, open)) = &mut self.hidden {
            *open += usize::from(hidden == name);
        } else if self.in_cell()
            && !is_void(name.as_bytes())
            && !matches!(name.as_bytes(), b"td" | b"th" | b"tr" | b"table")
            && self.hides(name, tag)
        {
            self.hidden = Some((*name, 1));
        }
        if let Some((veil, open)) = &mut self.veil {
            *open += usize::from(veil == name);
        } else if self.open.is_empty()
            && (never_shown(name.as_bytes()) || can_veil(name.as_bytes()) && self.hides(name, tag))
        {
            self.veil = Some((*name, 1));
        }
    }

    /// By its own words, or by the page's style sheets where it says nothing itself.
    fn hides(&self, name: &Name, tag: Attributes<'_>) -> bool {
        hides(tag) || self.sheet.hides(name, tag) && !shows(tag)
    }

    fn end_tag(&mut self, name: &Name, span: Span) {
        if is_inert(name.as_bytes()) && self.hidden.is_none() {
            return;
        }
        if let Some((hidden, open)) = &mut self.hidden
            && hidden == name
        {
            *open -= 1;
            if *open == 0 {
                self.hidden = None;
            }
        }
        if let Some((veil, open)) = &mut self.veil
            && veil == name
        {
            *open -= 1;
            if *open == 0 {
                self.veil = None;
            }
        }
        if let Some((clicked, open)) = &mut self.clicked
            && clicked == name
        {
            *open -= 1;
            if *open == 0 {
                self.close_anchor();
            }
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
            b"select" if self.clicked.is_some_and(|(clicked, _)| clicked.as_bytes() == b"option") => {
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

    fn text(&mut self, text: &str, span: Span) {
        match self.inside {
            Inside::Title => {
                let title = tidy(text);
                if self.document.title.is_none() && !title.is_empty() {
                    self.document.title = Some(title);
                }
                return;
            }
            Inside::Script => {
                let room = MAX_SCRIPTS.saturating_sub(self.document.scripts.len());
                if text.len() > room {
                    self.limit("scripts");
                } else {
                    self.document.scripts.push_str(text);
                    self.document.scripts.push('\n');
                }
                if self.fields {
                    self.scripted(span);
                }
                return;
            }
            Inside::Style => {
                self.sheet.add(text);
                return;
            }
            Inside::Field => {
                if self.markup(span) {
                    return;
                }
            }
            Inside::Body => {}
        }
        if self.hidden.is_some() {
            return;
        }
        if let Some(anchor) = &mut self.anchor
            && anchor.text.len() < 2_000
        {
            anchor.text.push_str(text);
        }
        if self.open.is_empty()
            && let Some(kept) = &mut self.kept
        {
            return kept.append(references(&self.source[span.0..span.1], span.0));
        }
        match self.open.iter_mut().rev().find(|open| open.cell.is_some()) {
            Some(open) => {
                let from = open.text.len();
                open.text.push_str(text);
                let line = open.line.get_or_insert(CellLine { text: (from, from), span });
                (line.text.1, line.span.1) = (open.text.len(), span.1);
            }
            None => {
                if self.line.is_empty() {
                    self.line_span.0 = span.0;
                }
                self.line.push_str(text);
                self.line_span.1 = span.1;
            }
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

    /// A form's field shows what it holds.
    fn field(&mut self, tag: Attributes<'_>) {
        let shown = tag.get("type").is_none_or(|kind| matches!(&*kind.to_ascii_lowercase(), "" | "text" | "number"));
        if self.in_cell()
            && shown
            && self.hidden.is_none()
            && let Some(value) = tag.get("value")
            && let Some(open) = self.open.last_mut()
        {
            open.text.push_str(&value);
        }
    }

    fn break_line(&mut self) {
        match self.open.iter_mut().rev().find(|open| open.cell.is_some()) {
            Some(open) => {
                if self.heading && self.document.heading.is_none() {
                    let heading = open.line.and_then(|line| open.text.get(line.text.0..line.text.1)).map(tidy);
                    self.document.heading = heading.filter(|heading| !heading.is_empty());
                }
                open.end_line();
                open.text.push('\n');
            }
            None => {
                if let Some(kept) = &mut self.kept {
                    kept.append(Unescaped::from("\n"));
                }
                self.flush_line();
            }
        }
    }

    /// What stands in `pre`: its lines, and the tables that its lines are.
    fn flush_kept(&mut self) {
        let Some(kept) = self.kept.as_mut().map(std::mem::take) else { return };
        let mut document = lines(&kept.text).moved(|at| kept.place(at));
        document.tables.iter_mut().for_each(|table| table.hidden = self.veil.is_some());
        self.document.append(document);
    }

    /// A field that holds the page's markup for a script to show. Its tables count where the page shows none of their kind.
    fn markup(&mut self, span: Span) -> bool {
        let source = &self.source[span.0..span.1];
        let document = if !self.fields {
            return false;
        } else if is_markup(source, "<") {
            walked(source, false).moved(|at| span.0 + at)
        } else if is_markup(source, "&lt;") {
            let inside = references(source, span.0);
            walked(&inside.text, false).moved(|at| inside.place(at))
        } else {
            return false;
        };
        if document.tables.is_empty() {
            return false;
        }
        self.flush_line();
        let tables = document.tables.into_iter().map(|table| Table { hidden: true, ..table }).collect();
        let Document { blocks, .. } = document;
        self.document.append(Document { blocks, tables, ..Document::default() });
        true
    }

    fn flush_line(&mut self) {
        let text = tidy(&self.line);
        self.line.clear();
        if text.is_empty() {
            return;
        }
        if self.heading && self.document.heading.is_none() {
            self.document.heading = Some(text.clone());
        }
        self.document.blocks.push(Block::Line(Line { text, span: self.line_span }));
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
