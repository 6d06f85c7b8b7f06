//! Text between the tags: of cells and lines, kept as it stands, or in the fields of a form.

use super::*;

impl Walk<'_> {
    pub(super) fn text(&mut self, text: &str, span: Span) {
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

    /// A form's field shows what it holds.
    pub(super) fn field(&mut self, tag: Attributes<'_>) {
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

    pub(super) fn break_line(&mut self) {
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
    pub(super) fn flush_kept(&mut self) {
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

    pub(super) fn flush_line(&mut self) {
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
}
