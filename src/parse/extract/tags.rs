//! What single tags mean for reading: which hide, which span, which break a line.

use std::borrow::Cow;

use super::tokens::Attributes;

/// Whether a tag hides what is in it.
pub fn hides(attributes: Attributes<'_>) -> bool {
    if !attributes.may_hide() {
        return false;
    }
    attributes.get("hidden").is_some()
        || attributes.get("style").is_some_and(|style| {
            let style: String = style.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_lowercase()).collect();
            style.contains("display:none") || style.contains("visibility:collapse")
        })
}

/// Columns and rows that a cell spans, as the standard clamps them (4.9.11).
pub fn spans(attributes: Attributes<'_>) -> (usize, usize) {
    let [columns, rows] = attributes.of_names(["colspan", "rowspan"]);
    let span = |value: Option<Cow<'_, str>>, max| value.map_or(1, |value| span(&value, max));
    (span(columns, 1_000).max(1), span(rows, 65_534))
}

fn span(value: &str, max: usize) -> usize {
    let value = value.trim();
    let digits = &value[..value.bytes().take_while(u8::is_ascii_digit).count()];
    match digits.parse::<usize>() {
        Ok(n) => n.min(max),
        Err(_) if digits.is_empty() => 1,
        Err(_) => max,
    }
}

/// Tags by the thousand on a pasted page, which only style what is in them.
pub fn is_inert(name: &str) -> bool {
    matches!(name, "span" | "o:p" | "b" | "font" | "strong")
}

/// Elements without an inside.
pub fn is_void(name: &str) -> bool {
    matches!(
        name,
        "br" | "hr" | "img" | "input" | "meta" | "link" | "col" | "area" | "base" | "embed" | "source" | "wbr"
    )
}

/// Elements that begin a line of their own.
pub fn breaks_line(name: &str) -> bool {
    matches!(
        name,
        "br" | "p"
            | "div"
            | "li"
            | "ul"
            | "ol"
            | "dl"
            | "dt"
            | "dd"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "hr"
            | "section"
            | "article"
            | "header"
            | "footer"
            | "nav"
            | "aside"
            | "main"
            | "form"
            | "pre"
            | "blockquote"
            | "caption"
            | "option"
            | "ucaptitle"
            | "ucapcontent"
            | "publishtime"
            | "fieldset"
            | "center"
    )
}
