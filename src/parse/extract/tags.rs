//! What single tags mean for reading: which hide, which span, which break a line.

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

/// Whether a tag's own style shows what a style sheet may hide.
pub fn shows(attributes: Attributes<'_>) -> bool {
    attributes.get("style").is_some_and(|style| {
        let style = style.to_ascii_lowercase();
        style
            .split(';')
            .filter_map(|declaration| declaration.split_once(':'))
            .any(|(property, value)| property.trim() == "display" && value.trim() != "none")
    })
}

/// Elements whose inside no reader sees while scripts run.
pub fn never_shown(name: &[u8]) -> bool {
    matches!(name, b"template" | b"noscript")
}

/// Elements that can hide whole tables; a paragraph or a list item ends where its end tag is left out.
pub fn can_veil(name: &[u8]) -> bool {
    matches!(name, b"div" | b"section" | b"article" | b"main" | b"aside" | b"form" | b"ul" | b"dl" | b"fieldset")
}

/// Columns and rows that a cell spans, as the standard clamps them (4.9.11).
pub fn spans(attributes: Attributes<'_>) -> (usize, usize) {
    let span = |name, max| attributes.get(name).map_or(1, |value| span(&value, max));
    (span("colspan", 1_000).max(1), span("rowspan", 65_534))
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
pub fn is_inert(name: &[u8]) -> bool {
    matches!(name, b"span" | b"o:p" | b"b" | b"font" | b"strong")
}

/// Elements without an inside.
pub fn is_void(name: &[u8]) -> bool {
    matches!(
        name,
        b"br"
            | b"hr"
            | b"img"
            | b"input"
            | b"meta"
            | b"link"
            | b"col"
            | b"area"
            | b"base"
            | b"embed"
            | b"source"
            | b"wbr"
    )
}

/// Elements that begin a line of their own.
pub fn breaks_line(name: &[u8]) -> bool {
    matches!(
        name,
        b"br"
            | b"p"
            | b"div"
            | b"li"
            | b"ul"
            | b"ol"
            | b"dl"
            | b"dt"
            | b"dd"
            | b"h1"
            | b"h2"
            | b"h3"
            | b"h4"
            | b"h5"
            | b"h6"
            | b"hr"
            | b"section"
            | b"article"
            | b"header"
            | b"footer"
            | b"nav"
            | b"aside"
            | b"main"
            | b"form"
            | b"pre"
            | b"blockquote"
            | b"caption"
            | b"option"
            | b"ucaptitle"
            | b"ucapcontent"
            | b"publishtime"
            | b"fieldset"
            | b"center"
    )
}
