//! A capture as it looked, for a frame that can do nothing: no script, no network, no form. The cell asked for is lit by the
//! bytes it stands at, so that nothing needs to run in the frame to find it.

mod sealed;

use axum::body::Body;
use axum::http::{HeaderValue, Response, header};
use encoding_rs::Encoding;
use rusqlite::{Connection, OptionalExtension};

use super::Site;
use super::asked::Asked;
use super::door::Trouble;
use crate::archive::{self, CaptureId};
use crate::digest::Digest;
use crate::parse::{self, Given};
use sealed::sealed;

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
