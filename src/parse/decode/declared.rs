//! What encoding a response declares: labels in HTTP and in the head of the document.

use encoding_rs::{Encoding, GB18030, GBK};
use memchr::{memchr, memmem};

/// How far into a document a declaration is looked for, bytes. The standard says 1,024; inline scripts push it further.
const PRESCAN: usize = 8_192;

/// Labels seen on agency sites that the Encoding Standard does not list.
const ALIASES: [(&str, &str); 8] = [
    ("cp936", "gbk"),
    ("ms936", "gbk"),
    ("windows-936", "gbk"),
    ("gb-2312", "gbk"),
    ("gb18030-2022", "gb18030"),
    ("gb18030-2000", "gb18030"),
    ("utf8mb4", "utf-8"),
    ("utf_8", "utf-8"),
];

/// The encoding that `label` names; none for labels that in practice say nothing (latin-1 is what servers send unasked).
/// Everything GB is read as GB18030, which holds the others.
pub fn encoding(label: &str) -> Option<&'static Encoding> {
    let label = label.trim().trim_matches(['"', '\'', ';', ' ']).to_ascii_lowercase();
    let label = ALIASES.iter().find(|(alias, _)| *alias == label).map_or(label.as_str(), |(_, known)| known);
    let encoding = Encoding::for_label(label.as_bytes())?;
    match encoding.name() {
        "windows-1252" => None,
        _ if encoding == GBK => Some(GB18030),
        _ => Some(encoding),
    }
}

/// The `charset` parameter of a Content-Type value.
pub fn in_content_type(value: &str) -> Option<String> {
    let lower = value.to_ascii_lowercase();
    let at = lower.find("charset")? + "charset".len();
    let rest = lower[at..].trim_start().strip_prefix('=')?.trim_start();
    let label = match rest.chars().next()? {
        quote @ ('"' | '\'') => rest[1..].split(quote).next()?,
        _ => rest.split([';', ' ', ',', '\t']).next()?,
    };
    (!label.is_empty()).then(|| label.to_owned())
}

/// The first meta or XML declaration (HTML standard, "prescan a byte stream"), comments skipped. A label of UTF-16 found
/// this way means UTF-8, since the declaration itself was readable as ASCII.
pub fn in_document(body: &[u8]) -> Option<String> {
    // Nearly always in the first of them; a tag that the first cuts in two is whole in the second.
    in_head(&body[..body.len().min(1_024)]).or_else(|| in_head(&body[..body.len().min(PRESCAN)]))
}

fn in_head(head: &[u8]) -> Option<String> {
    let text = |bytes: &[u8]| -> String { bytes.iter().map(|byte| char::from(*byte).to_ascii_lowercase()).collect() };
    let begins = |bytes: &[u8], with: &[u8]| bytes.get(..with.len()).is_some_and(|b| b.eq_ignore_ascii_case(with));
    let start = head.iter().position(|byte| !char::from(*byte).is_whitespace()).unwrap_or(head.len());
    if begins(&head[start..], b"<?xml") {
        let inside = &head[start + 5..];
        let declaration = &inside[..memmem::find(inside, b"?>").unwrap_or(inside.len())];
        if let Some(label) = attribute(&text(declaration), "encoding") {
            return Some(label);
        }
    }
    let mut rest = head;
    while let Some(at) = memchr(b'<', rest) {
        rest = &rest[at..];
        if let Some(comment) = rest.strip_prefix(b"<!--") {
            rest = memmem::find(comment, b"-->").map_or(&[], |at| &comment[at + 3..]);
            continue;
        }
        let Some(end) = memchr(b'>', rest) else { break };
        if begins(rest, b"<meta") {
            let tag = text(&rest[5..end]);
            let label = attribute(&tag, "charset")
                .or_else(|| attribute(&tag, "content").and_then(|content| in_content_type(&content)));
            if let Some(label) = label {
                return Some(if label.starts_with("utf-16") { "utf-8".into() } else { label });
            }
        }
        rest = &rest[end..];
    }
    None
}

/// The value of attribute `name` in the inside of a tag.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let mut rest = tag;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        let end = rest.find(|c: char| c.is_ascii_whitespace() || matches!(c, '=' | '/')).unwrap_or(rest.len());
        let found = &rest[..end];
        if found.is_empty() && rest.is_empty() {
            return None;
        }
        rest = rest[end..].trim_start();
        let Some(value) = rest.strip_prefix('=') else {
            continue;
        };
        let value = value.trim_start();
        let (value, after) = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => value[1..].split_once(quote).unwrap_or((&value[1..], "")),
            _ => value.split_at(value.find(|c: char| c.is_ascii_whitespace()).unwrap_or(value.len())),
        };
        rest = after;
        if found == name {
            return (!value.is_empty()).then(|| value.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_document_declares() {
        for (head, label) in [
            ("<meta charset=gb2312>", Some("gb2312")),
            ("<META http-equiv=Content-Type content='text/html; charset=GBK'>", Some("gbk")),
            ("<!-- <meta charset=big5> --><meta charset=\"utf-8\">", Some("utf-8")),
            ("<?xml version='1.0' encoding='gb18030'?><html>", Some("gb18030")),
            ("<meta name=x content=y><meta charset=utf-16le>", Some("utf-8")),
            ("<meta name=keywords content='charset'>", None),
            ("<p>charset=gbk</p>", None),
        ] {
            assert_eq!(in_document(head.as_bytes()).as_deref(), label, "{head}");
        }
    }

    #[test]
    fn labels_of_everything_gb_mean_gb18030() {
        for label in ["gb2312", "GBK", "x-gbk", "gb_2312-80", "chinese", "cp936", "gb18030-2022", "gb2312;"] {
            assert_eq!(encoding(label), Some(GB18030), "{label}");
        }
        assert_eq!(encoding("iso-8859-1"), None);
    }
}
