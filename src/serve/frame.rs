//! A capture as it looked, for a frame that can do nothing: no script, no network, no form. The cell asked for is lit by the
//! bytes it stands at, so that nothing needs to run in the frame to find it.

use axum::body::Body;
use axum::http::{HeaderValue, Response, header};
use encoding_rs::Encoding;
use html5gum::{DefaultEmitter, StartTag, Token, Tokenizer};
use rusqlite::{Connection, OptionalExtension};

use super::Site;
use super::asked::Asked;
use super::door::Trouble;
use crate::archive::{self, CaptureId};
use crate::digest::Digest;
use crate::parse::{self, Given};

/// Beyond this, bytes, a page is not replayed but only given as raw bytes.
const MOST: usize = 8 << 20;

const SEALED: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; \
                      base-uri 'none'; frame-ancestors 'self'";

/// Name of the lit cell in the frame: of the payload, so that no page can know it and have it before.
pub fn name(digest: Digest) -> String {
    format!("lit-{}", &digest.to_string()[..16])
}

pub fn page(_: &Site, connection: &Connection, asked: &Asked) -> Result<Response<Body>, Trouble> {
    let id = CaptureId(asked.segment(1)?);
    let (capture, exchange) = archive::exchange(connection, id)?;
    let place = |name| asked.number::<usize>(name);
    let bytes = place("start")?.zip(place("end")?);
    let grid = match (place("table")?, place("row")?, place("column")?) {
        (Some(table), Some(row), Some(column)) => Some((table, row, column)),
        _ => None,
    };
    let body = parse::body_of(&exchange.response);
    let lit = name(capture.digest);
    let given = Given::served(&exchange.request, &exchange.response);
    let text = if body.len() > MOST {
        note("这一页太大，只能下载原始字节 · too large to be shown: download the bytes")
    } else if is_file(&body) {
        tables(given, grid, &lit)
    } else {
        let encoding = encoding(connection, id)?;
        markup(&body, encoding, bytes, &lit)
    };
    let mut response = Response::new(Body::from(text));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(SEALED));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("max-age=3600"));
    Ok(response)
}

fn is_file(body: &[u8]) -> bool {
    [b"%PDF".as_slice(), b"PK\x03\x04", b"\xD0\xCF\x11\xE0"].iter().any(|magic| body.starts_with(magic))
}

/// As the reading of the capture decided.
fn encoding(connection: &Connection, id: CaptureId) -> Result<&'static Encoding, Trouble> {
    let named: Option<Option<String>> = connection
        .prepare_cached("SELECT encoding FROM page WHERE capture = ?1")?
        .query_row([id.0], |row| row.get(0))
        .optional()?;
    Ok(named.flatten().and_then(|name| Encoding::for_label(name.as_bytes())).unwrap_or(encoding_rs::UTF_8))
}

const HEAD: &str = "<!DOCTYPE html><meta charset=\"utf-8\">";

fn style(lit: &str) -> String {
    format!(
        "<style>#{lit}{{outline:3px solid #b45309!important;outline-offset:1px;background:#fde68a!important;\
         color:#1c1917!important;scroll-margin:min(40vh,6rem) 30vw}}#{lit} *{{background:transparent!important;color:#1c1917!important}}</style>"
    )
}

/// Markup or text, the bytes of the cell lit.
fn markup(body: &[u8], encoding: &'static Encoding, lit: Option<(usize, usize)>, name: &str) -> String {
    // Cells begin and end at ASCII, so the pieces decode as the whole does.
    let (start, end) =
        lit.filter(|(start, end)| start <= end && *end <= body.len()).unwrap_or((body.len(), body.len()));
    let bom = Encoding::for_bom(body).map_or(0, |(_, length)| length).min(start);
    let piece = |bytes: &[u8]| encoding.decode_without_bom_handling(bytes).0.into_owned();
    let before = piece(&body[bom..start]);
    let text = format!("{before}{}{}", piece(&body[start..end]), piece(&body[end..]));
    let at = lit.map(|_| before.len());
    let marked_up = text[..text.floor_char_boundary(8_192)].contains('<');
    let inside =
        if marked_up { sealed(&text, at, name) } else { as_text(&text, at, piece(&body[start..end]).len(), name) };
    format!("{HEAD}{}{inside}{}", "", style(name))
}

fn as_text(text: &str, at: Option<usize>, length: usize, name: &str) -> String {
    let at = at.unwrap_or(text.len());
    let end = (at + length).min(text.len());
    format!(
        "<pre style=\"white-space:pre-wrap\">{}<mark id=\"{name}\">{}</mark>{}</pre>",
        escaped(&text[..at]),
        escaped(&text[at..end]),
        escaped(&text[end..])
    )
}

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

/// The page without what could act or ask: no tag but those that show text, no attribute but those that say how.
fn sealed(text: &str, lit: Option<usize>, name: &str) -> String {
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

/// A file's tables as they were read, cell by cell.
fn tables(given: Given<'_>, lit: Option<(usize, usize, usize)>, name: &str) -> String {
    let (tables, text) = parse::laid_out(given);
    let mut out = format!(
        "{HEAD}<style>body{{font:14px/1.5 sans-serif;margin:12px;color:#1c1917;background:#fff}}table{{border-collapse:collapse;margin:0 0 16px}}\
         td{{border:1px solid #a8a29e;padding:2px 6px;vertical-align:top}}p{{margin:.3em 0}}</style>{}",
        style(name)
    );
    for (n, table) in tables.iter().enumerate() {
        out.push_str("<table>");
        for (y, row) in table.grid.iter().enumerate() {
            out.push_str("<tr>");
            for (x, cell) in row.iter().enumerate() {
                let id = if lit == Some((n, y, x)) { format!(" id=\"{name}\"") } else { String::new() };
                out.push_str(&format!("<td{id}>{}</td>", escaped(cell.as_deref().unwrap_or_default())));
            }
            out.push_str("</tr>");
        }
        out.push_str("</table>");
    }
    text.lines().for_each(|line| out.push_str(&format!("<p>{}</p>", escaped(line))));
    out
}

fn note(words: &str) -> String {
    format!("{HEAD}<p style=\"font:14px sans-serif\">{}</p>", escaped(words))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
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

    #[test]
    fn the_cell_at_the_bytes_is_lit_whatever_the_encoding() {
        let page = "<table><tr><td id=lit-x>甲</td><td class=c id=d>乙</td></tr></table>";
        for encoding in [encoding_rs::UTF_8, encoding_rs::GB18030] {
            let body = encoding.encode(page).0.into_owned();
            let cell = encoding.encode("<td class=c id=d>乙</td>").0.into_owned();
            let start = body.windows(cell.len()).position(|window| window == cell).unwrap();
            let shown = markup(&body, encoding, Some((start, start + cell.len())), "lit-x1");
            assert!(shown.contains("<td id=\"lit-x1\" class=\"c\">乙</td>"), "{shown}");
            assert_eq!(shown.matches("id=\"lit-x1\"").count(), 1);
        }
    }

    #[test]
    fn text_without_markup_is_lit_too() {
        let shown = markup("受理 12 件 & 更多".as_bytes(), encoding_rs::UTF_8, Some((7, 9)), "n");
        assert!(shown.contains("受理 <mark id=\"n\">12</mark> 件 &amp; 更多"), "{shown}");
    }
}
