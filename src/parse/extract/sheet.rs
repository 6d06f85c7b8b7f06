//! Which elements a page's own style sheets hide: a copy of the report for phones, another year's tab.
//!
//! Only what can be told from the element itself: a tag with classes or an id. What depends on where it stands, or on the
//! width of the window, hides nothing here.

use super::tokens::{Attributes, Name};

/// Rules about showing and hiding, in order.
#[derive(Default)]
pub struct Sheet {
    rules: Vec<Rule>,
    /// One of them hides: in most pages' sheets none does.
    one_hides: bool,
}

struct Rule {
    /// Empty for any tag.
    tag: String,
    classes: Vec<String>,
    id: Option<String>,
    important: bool,
    hides: bool,
}

/// Rules of one page; a style sheet that needs more is no hand-written one.
const MAX_RULES: usize = 200;

impl Sheet {
    /// Adds the inside of a style element.
    pub fn add(&mut self, css: &str) {
        let named = |word: &str| memchr::memmem::find(css.as_bytes(), word.as_bytes()).is_some();
        if named("none") || named("NONE") || named("collapse") {
            self.rules_in(&without_comments(css));
        }
    }

    fn rules_in(&mut self, css: &str) {
        let mut rest = css;
        while let Some(open) = rest.find('{') {
            // What stands before is a charset, an import, or the end of a rule that was not opened.
            let head = rest[..open].rsplit([';', '}']).next().unwrap_or_default().trim();
            let inside = &rest[open + 1..];
            let close = if head.starts_with('@') { end_of_block(inside) } else { inside.find('}') };
            let close = close.unwrap_or(inside.len());
            if head.starts_with('@') {
                // For every screen, however wide.
                if head.starts_with("@media") && head.contains("screen") && !head.contains('(') {
                    self.rules_in(&inside[..close]);
                }
            } else if let Some((hides, important)) = display(&inside[..close]) {
                self.rules_for(head, hides, important);
            }
            rest = inside.get(close + 1..).unwrap_or_default();
        }
    }

    fn rules_for(&mut self, selectors: &str, hides: bool, important: bool) {
        for selector in selectors.split(',').map(str::trim) {
            let simple = selector.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.#".contains(&b) || b >= 0x80);
            if !simple || !selector.contains(['.', '#']) || self.rules.len() >= MAX_RULES {
                continue;
            }
            let mut rule = Rule { tag: String::new(), classes: Vec::new(), id: None, important, hides };
            let mut rest = selector;
            while !rest.is_empty() {
                let end = rest[1..].find(['.', '#']).map_or(rest.len(), |at| at + 1);
                match rest.as_bytes()[0] {
                    b'.' => rule.classes.push(rest[1..end].into()),
                    b'#' => rule.id = Some(rest[1..end].into()),
                    _ => rule.tag = rest[..end].to_ascii_lowercase(),
                }
                rest = &rest[end..];
            }
            self.one_hides |= hides;
            self.rules.push(rule);
        }
    }

    /// Whether the rule that decides on this element hides it.
    pub fn hides(&self, name: &Name, tag: Attributes<'_>) -> bool {
        if !self.one_hides {
            return false;
        }
        let (classes, id) = (tag.get("class").unwrap_or_default(), tag.get("id").unwrap_or_default());
        if classes.is_empty() && id.is_empty() {
            return false;
        }
        let has = |class: &String| classes.split_ascii_whitespace().any(|of| of == class);
        let fits = |rule: &&Rule| {
            (rule.tag.is_empty() || rule.tag.as_bytes() == name.as_bytes())
                && rule.id.as_ref().is_none_or(|wanted| *wanted == id)
                && rule.classes.iter().all(has)
        };
        // Of rules that weigh the same the later one holds.
        let weight = |rule: &&Rule| (rule.important, rule.id.is_some(), rule.classes.len(), !rule.tag.is_empty());
        self.rules.iter().filter(fits).max_by_key(weight).is_some_and(|rule| rule.hides)
    }
}

/// Whether the declarations say `display: none` or the like, and how strongly; none where they say nothing of it.
fn display(declarations: &str) -> Option<(bool, bool)> {
    let mut found = None;
    for declaration in declarations.split(';') {
        let Some((property, value)) = declaration.split_once(':') else { continue };
        let property = property.trim();
        // Most are about something else.
        if !property.eq_ignore_ascii_case("display") && !property.eq_ignore_ascii_case("visibility") {
            continue;
        }
        let value = value.trim().to_ascii_lowercase();
        let important = value.contains("!important");
        if property.eq_ignore_ascii_case("display") {
            found = Some((value.starts_with("none"), important));
        } else if value.starts_with("collapse") {
            found = Some((true, important));
        }
    }
    found
}

/// The end of a block that holds blocks.
fn end_of_block(css: &str) -> Option<usize> {
    let mut depth = 0usize;
    css.char_indices().find_map(|(at, c)| {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => return Some(at),
            '}' => depth -= 1,
            _ => {}
        }
        None
    })
}

fn without_comments(css: &str) -> String {
    let mut out = String::with_capacity(css.len());
    let mut rest = css;
    while let Some(at) = rest.find("/*") {
        out.push_str(&rest[..at]);
        rest = rest[at + 2..].find("*/").map_or("", |end| &rest[at + 2 + end + 2..]);
    }
    out.push_str(rest);
    out.replace("<!--", "").replace("-->", "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::extract::tokens::{Token, tokens};

    #[test]
    fn what_a_sheet_hides_by_itself() {
        let css = "@charset 'utf-8'; <!-- .wap{display:none} .tab { DISPLAY : NONE !important } /* .a{display:none} */
            .tab.on{display:block!important} p.x,#old{display:none} .list .y{display:none}
            @media (max-width:700px){.pc{display:none}} @media screen{.z{display:none}} .z:hover{display:block} -->";
        let mut sheet = Sheet::default();
        sheet.add(css);
        for (tag, hidden) in [
            ("<div class=wap>", true),
            ("<div class='a wap'>", true),
            ("<div class='tab'>", true),
            ("<div class='tab on'>", false),
            ("<div class=a>", false),
            ("<p class=x>", true),
            ("<div class=x>", false),
            ("<div id=old>", true),
            ("<div class=y>", false),
            ("<div class=pc>", false),
            ("<div class=z>", true),
            ("<div>", false),
        ] {
            let mut found = None;
            tokens(tag, |token| {
                if let Token::Start { name, attributes, .. } = token {
                    found = Some(sheet.hides(&name, attributes));
                }
            });
            assert_eq!(found, Some(hidden), "{tag}");
        }
    }
}
