//! Articles that a page holds in a script for it to show: `window.__INITIAL_STATE__ = {…}`, `var data = {…}`,
//! `JSON.parse("…")`, a script of JSON.

use super::super::escaped::json_string;
use super::super::json;
use super::*;

/// Values looked at in one script.
const FEW: usize = 20;

impl Walk<'_> {
    /// The article in a script, where it holds one and no more. Its tables count where the page shows none of their kind.
    pub(super) fn scripted(&mut self, span: Span) {
        let source = &self.source[span.0..span.1];
        let Some(found) = article(source) else { return };
        let found = found.moved(|at| span.0 + at);
        self.flush_line();
        let Document { blocks, metas, anchors, .. } = found.clone();
        let tables = found.tables.into_iter().map(|table| Table { hidden: true, ..table }).collect();
        self.document.append(Document { blocks, tables, metas, anchors, ..Document::default() });
    }
}

fn article(script: &str) -> Option<Document> {
    // Most scripts hold no markup of a table.
    let marked = ["<table", "<TABLE", "\\u003ctable", "\\u003Ctable", "&lt;table"];
    if !marked.iter().any(|mark| memchr::memmem::find(script.as_bytes(), mark.as_bytes()).is_some()) {
        return None;
    }
    let is_one = |document: &Document| {
        !document.tables.is_empty() && document.metas.iter().filter(|(name, _)| name == "articletitle").count() <= 1
    };
    let mut found = values(script).filter_map(|(from, to)| Some(json(&script[from..to])?.moved(|at| from + at)));
    let only = found.find(is_one)?;
    found.all(|other| other.tables.is_empty()).then_some(only)
}

/// Where objects and lists stand that a script begins with or gives a name to.
fn values(script: &str) -> impl Iterator<Item = Span> {
    let (mut at, mut tried) = (0, 0);
    std::iter::from_fn(move || {
        let bytes = script.as_bytes();
        while at < bytes.len() && tried < FEW {
            let begins = match at {
                0 => Some(0),
                _ => memchr::memchr2(b'=', b'(', &bytes[at..]).map(|n| at + n + 1),
            }?;
            let from = begins + (script[begins..].len() - script[begins..].trim_start().len());
            at = begins.max(1);
            if matches!(bytes.get(from), Some(b'{' | b'[')) {
                tried += 1;
                if let Some(to) = end_of(script, from) {
                    at = to;
                    return Some((from, to));
                }
            }
        }
        None
    })
}

/// Where the value that begins at `from` ends: behind the bracket that closes it.
fn end_of(script: &str, from: usize) -> Option<usize> {
    let bytes = script.as_bytes();
    let (mut at, mut depth) = (from, 0_usize);
    while let Some(next) = bytes[at..].iter().position(|byte| matches!(byte, b'"' | b'{' | b'[' | b'}' | b']')) {
        at += next;
        match bytes[at] {
            b'"' => {
                at = json_string(script, at + 1)?.1;
                continue;
            }
            b'{' | b'[' => depth += 1,
            _ => depth -= 1,
        }
        at += 1;
        if depth == 0 {
            return Some(at);
        }
    }
    None
}
