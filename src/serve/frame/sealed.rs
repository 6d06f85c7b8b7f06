//! A page without what could act or ask.

use html5gum::{DefaultEmitter, StartTag, Token, Tokenizer};

use super::escaped;

/// Elements that go with all they hold.
const GONE: [&str; 12] = [
    "script", "iframe", "object", "applet", "frameset", "template", "noembed", "noframes", "audio", "video", "svg",
    "math",
];

/// Tags that go, what stands between them stays.
const BARE: [&str; 22] = [
    "link",
    "meta",
    "base",
    "embed",
    "frame",
    "param",
    "source",
    "track",
    "noscript",
    "form",
    "input",
    "button",
    "select",
    "textarea",
    "option",
    "portal",
    "img",
    "image",
    "dialog",
    "plaintext",
    "xmp",
    "isindex",
];

/// Attributes that say how something looks.
const KEPT: [&str; 30] = [
    "id",
    "class",
    "style",
    "colspan",
    "rowspan",
    "width",
    "height",
    "align",
    "valign",
    "border",
    "cellspacing",
    "cellpadding",
    "bgcolor",
    "color",
    "face",
    "size",
    "lang",
    "dir",
    "start",
    "type",
    "scope",
    "title",
    "nowrap",
    "hidden",
    "span",
    "value",
    "rules",
    "frame",
    "headers",
    "open",
];

/// No tag but those that show text, no attribute but those that say how. At `lit` a tag gets the name.
pub fn sealed(text: &str, lit: Option<usize>, name: &str) -> String {
    let mut emitter = DefaultEmitter::<usize>::new_with_span();
    emitter.naively_switch_states(true);
    let mut out = String::with_capacity(text.len());
    let mut gone: Option<Vec<u8>> = None;
    let mut lit = lit;
    let mut in_style = false;
    for token in Tokenizer::new_with_emitter(text, emitter) {
        let Ok(token) = token;
        match token {
            Token::StartTag(tag) => {
                in_style = false;
                if gone.is_none() && GONE.iter().any(|known| known.as_bytes() == tag.name.0.as_slice()) {
                    gone = (!tag.self_closing).then(|| tag.name.0.clone());
                }
                if gone.is_none() {
                    let is_lit = lit.is_some_and(|at| at <= tag.span.start);
                    if is_lit {
                        lit = None;
                    }
                    in_style = tag.name.0 == b"style";
                    start(&mut out, &tag, is_lit.then_some(name));
                }
            }
            Token::EndTag(tag) => {
                in_style = false;
                if gone.as_ref().is_some_and(|name| *name == tag.name.0) {
                    gone = None;
                } else if gone.is_none() && shown(&tag.name.0) {
                    out.push_str(&format!("</{}>", String::from_utf8_lossy(&tag.name.0)));
                }
            }
            Token::String(string) if gone.is_none() => {
                let string = String::from_utf8_lossy(&string.value.0);
                if in_style { out.push_str(&styles(&string)) } else { out.push_str(&escaped(&string)) }
            }
            _ => {}
        }
    }
    out
}

fn shown(name: &[u8]) -> bool {
    let plain = name.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'-' | b'_'));
    plain && !GONE.iter().chain(&BARE).any(|known| known.as_bytes() == name)
}

fn start(out: &mut String, tag: &StartTag<usize>, lit: Option<&str>) {
    if !shown(&tag.name.0) {
        return;
    }
    out.push('<');
    out.push_str(&String::from_utf8_lossy(&tag.name.0));
    if let Some(name) = lit {
        out.push_str(&format!(" id=\"{name}\""));
    }
    for (key, value) in &tag.attributes {
        let key = String::from_utf8_lossy(&key.0);
        if !KEPT.contains(&key.as_ref()) || (lit.is_some() && key == "id") {
            continue;
        }
        let value = String::from_utf8_lossy(&value.value.0);
        let value = if key == "style" { styles(&value) } else { value.into_owned() };
        out.push_str(&format!(" {key}=\"{}\"", escaped(&value)));
    }
    out.push('>');
}

/// Styles that ask for nothing: the frame's rules would refuse it anyway, with a word in the console.
fn styles(css: &str) -> String {
    let lower = css.to_ascii_lowercase();
    let asks = ["url(", "@import", "image-set(", "src(", "\\"].iter().any(|word| lower.contains(word));
    let ends = lower.contains("</");
    if !asks && !ends {
        return css.to_owned();
    }
    // What hides in an escape is not worth finding.
    if lower.contains('\\') || ends {
        String::new()
    } else {
        lower
            .replace("url(", "none(")
            .replace("@import", "@none")
            .replace("image-set(", "none(")
            .replace("src(", "none(")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_acts_or_asks_is_left() {
        let page = "<html><head><title>t</title><base href=//e><link rel=dns-prefetch href=//e><meta http-equiv=refresh content='0;//e'>\
            <style>p{background:url(//e)}</style><style>@import '//e';</style><script>alert(1)</script></head>\
            <body onload=x()><p style=\"background:url(//e)\" onclick=x()>one<img src=//e onerror=x()><a href=javascript:x()>two</a>\
            <iframe src=//e>gone</iframe><form action=//e><input></form><svg><script>x()</script></svg><noscript>three</noscript></p>\
            <td x=\"><script>y()</script>\">four</td><p STYLE='b\\61ckground:URL(//e)'></p>";
        let sealed = sealed(page, None, "n").to_lowercase();
        for word in [
            "script",
            "url(",
            "onload",
            "onclick",
            "onerror",
            "href",
            "src=",
            "@import",
            "http-equiv",
            "<form",
            "<input",
            "x()",
            "y()",
            "gone",
            "<img",
        ] {
            assert!(!sealed.contains(word), "{word}: {sealed}");
        }
        for word in ["one", "two", "three", "four"] {
            assert!(sealed.contains(word), "{word}: {sealed}");
        }
    }
}
