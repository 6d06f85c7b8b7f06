//! JSON taken apart where it carries an article: answers of gkmlpt, UCAP's twin, Epoint and their like, which hold a report's
//! HTML in a string, escaped once or twice. What is said of the article stands in the strings beside it.

use super::escaped::{Unescaped, json_string, references};
use super::{Block, Document, Line, Span, html, lines, tidy};

/// Members that hold an article's title, its publisher and its date, the better ones first.
const TITLES: [&str; 6] = ["title", "infotitle", "realtitle", "titlename", "articletitle", "name"];
const PUBLISHERS: [&str; 5] = ["publisher", "contentsource", "source", "infosource", "deptname"];
const DATES: [&str; 8] = [
    "pubdate",
    "publishdate",
    "publishedtimestr",
    "publishtime",
    "display_publish_time",
    "infodate",
    "date",
    "create_time",
];
/// A string shorter than this is no article, bytes.
const ARTICLE: usize = 300;
/// JSON in strings of JSON.
const DEPTH: usize = 3;

/// Takes an answer apart; none where it is no JSON, or holds no article.
pub fn json(text: &str) -> Option<Document> {
    within(text, DEPTH)
}

fn within(text: &str, depth: usize) -> Option<Document> {
    let start = beginning(text)?;
    let mut walk = Walk { text, depth, open: vec![Open::default()], key: None, document: Document::default() };
    walk.from(start);
    while let Some(open) = walk.open.pop() {
        walk.close(open);
    }
    (!walk.document.blocks.is_empty()).then_some(walk.document)
}

/// Where the value begins: of itself, or as what a function is called with (JSONP).
fn beginning(text: &str) -> Option<usize> {
    let begins = |at: usize| text[at..].trim_start().starts_with(['{', '[']).then_some(at);
    let bare = text.len() - text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{FEFF}').len();
    begins(bare).or_else(|| {
        let call = text.get(bare..text.floor_char_boundary(bare + 80))?.find('(')?;
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | '.');
        (call > 0 && text[bare..bare + call].chars().all(is_name)).then(|| begins(bare + call + 1))?
    })
}

struct Walk<'t> {
    text: &'t str,
    depth: usize,
    /// Objects and lists that are open; the first stands for the whole.
    open: Vec<Open>,
    key: Option<String>,
    document: Document,
}

/// What an object says of itself, by its members' places in the lists above.
#[derive(Default)]
struct Open {
    title: Option<(usize, Line)>,
    publisher: Option<(usize, String)>,
    date: Option<(usize, String)>,
    articles: Vec<Document>,
}

impl Walk<'_> {
    fn from(&mut self, start: usize) {
        let bytes = self.text.as_bytes();
        let mut at = start;
        while let Some(next) = bytes[at..].iter().position(|byte| matches!(byte, b'"' | b'{' | b'[' | b'}' | b']')) {
            at += next;
            match bytes[at] {
                b'"' => {
                    let Some((string, end)) = json_string(self.text, at + 1) else { return };
                    let after = self.text[end..].trim_start();
                    match after.starts_with(':') {
                        true => self.key = Some(string.text.to_ascii_lowercase()),
                        false => self.string(string, (at + 1, end - 1)),
                    }
                    at = end;
                    continue;
                }
                b'{' | b'[' => self.open.push(Open::default()),
                _ if self.open.len() > 1 => {
                    if let Some(open) = self.open.pop() {
                        self.close(open);
                    }
                }
                _ => {}
            }
            at += 1;
        }
    }

    fn string(&mut self, string: Unescaped, span: Span) {
        let key = self.key.take().unwrap_or_default();
        let article = (string.text.len() >= ARTICLE).then(|| article(&string, self.depth)).flatten();
        let Some(open) = self.open.last_mut() else { return };
        if let Some(article) = article {
            return open.articles.push(article);
        }
        let rank = |names: &[&str]| names.iter().position(|name| *name == key);
        let said = || tidy(&without_tags(&string.text));
        if let Some(rank) = rank(&TITLES)
            && open.title.as_ref().is_none_or(|(known, _)| rank < *known)
        {
            open.title = Some((rank, Line { text: said(), span })).filter(|(_, line)| !line.text.is_empty());
        } else if let Some(rank) = rank(&PUBLISHERS)
            && open.publisher.as_ref().is_none_or(|(known, _)| rank < *known)
        {
            open.publisher = Some((rank, said()));
        } else if let Some(rank) = rank(&DATES)
            && open.date.as_ref().is_none_or(|(known, _)| rank < *known)
        {
            open.date = Some((rank, said()));
        }
    }

    /// An object's articles under its title; those of an object without one are its holder's.
    fn close(&mut self, open: Open) {
        if open.articles.is_empty() || open.title.is_none() && !self.open.is_empty() {
            let Some(holder) = self.open.last_mut() else { return };
            let had_articles = !open.articles.is_empty();
            match holder.articles.is_empty() {
                true => holder.articles = open.articles,
                false => holder.articles.extend(open.articles),
            }
            // A title that stands in an object of its own beside the article.
            holder.title = holder.title.take().or(open.title.map(|(_, line)| (usize::MAX, line)));
            if had_articles {
                holder.publisher = holder.publisher.take().or(open.publisher);
                holder.date = holder.date.take().or(open.date);
            }
            return;
        }
        let mut said = |name: &str, text: Option<String>| {
            self.document.metas.extend(text.map(|text| (name.to_owned(), text)));
        };
        said("articletitle", open.title.as_ref().map(|(_, line)| line.text.clone()));
        said("contentsource", open.publisher.map(|(_, text)| text));
        said("pubdate", open.date.map(|(_, text)| text));
        self.document.blocks.extend(open.title.map(|(_, line)| Block::Line(line)));
        for article in open.articles {
            self.document.append(article);
        }
    }
}

/// The document that a string holds: markup, markup escaped once more, JSON, or lines of text.
fn article(string: &Unescaped, depth: usize) -> Option<Document> {
    let text = string.text.as_str();
    let found = if text.trim_start().starts_with(['{', '[']) {
        depth.checked_sub(1).and_then(|depth| within(text, depth))
    } else if is_markup(text, "<") {
        Some(html(text))
    } else if is_markup(text, "&lt;") {
        let inside = references(text, 0);
        Some(html(&inside.text).moved(|at| inside.place(at)))
    } else {
        text.contains("信息公开").then(|| lines(text))
    };
    found.map(|document| document.moved(|at| string.place(at)))
}

/// Whether tags of a document's body stand in a text.
pub fn is_markup(text: &str, open: &str) -> bool {
    const TAGS: [&str; 7] = ["p", "table", "div", "section", "span", "br", "tr"];
    text.match_indices(open).any(|(at, _)| {
        let rest = &text[at + open.len()..];
        TAGS.iter().any(|tag| {
            let named = rest.get(..tag.len()).is_some_and(|found| found.eq_ignore_ascii_case(tag));
            named && rest[tag.len()..].starts_with([' ', '>', '/', '&', '\n', '\r', '\t'])
        })
    })
}

/// Search twins mark the words found with tags.
fn without_tags(text: &str) -> String {
    if !text.contains('<') {
        return text.to_owned();
    }
    html(text).prose().map(|line| line.text.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first_cells(text: &str) -> (Vec<String>, Vec<String>) {
        let document = json(text).unwrap();
        let cells = || document.tables.iter().filter_map(|table| table.rows.first()?.cells.first());
        (
            cells().map(|cell| cell.text.clone()).collect(),
            cells().map(|cell| text[cell.span.0..cell.span.1].to_owned()).collect(),
        )
    }

    #[test]
    fn articles_of_every_shape_and_their_places() {
        let html = format!("<p>{}</p><table><tr><td>\u{4e03}7</td></tr></table>", "文".repeat(200));
        let quoted = serde_json::to_string(&html).unwrap();
        let escaped = html.replace('<', "&lt;").replace('>', "&gt;");
        let ascii: String =
            quoted.chars().map(|c| if c.is_ascii() { c.to_string() } else { format!("\\u{:04x}", c as u32) }).collect();
        let twice = serde_json::to_string(&format!("{{\"content\":{quoted}}}")).unwrap();
        for (name, text, bytes) in [
            ("plain", format!("{{\"title\":\"年报\",\"content\":{quoted}}}"), "<td>七7</td>"),
            ("ascii", format!("{{\"title\":\"年报\",\"content\":{ascii}}}"), "<td>\\u4e037</td>"),
            ("slashes", format!("{{\"content\":{}}}", quoted.replace('/', "\\/")), "<td>七7<\\/td>"),
            ("a call", format!("cb([{{\"content\":{quoted}}}]);"), "<td>七7</td>"),
            ("escaped markup", format!("{{\"content\":\"{escaped}\"}}"), "&lt;td&gt;七7&lt;/td&gt;"),
            ("twice", format!("{{\"content\":{twice}}}"), "<td>七7</td>"),
        ] {
            let (texts, found) = first_cells(&text);
            assert_eq!((texts, found), (vec!["七7".to_owned()], vec![bytes.to_owned()]), "{name}");
        }
    }

    #[test]
    fn what_is_said_of_an_article() {
        let html = format!("<p>{}</p>", "文".repeat(200));
        let beside =
            json(&format!("{{\"info\":{{\"title\":\"<em>年报</em>2023\"}},\"body\":\"{html}\",\"source\":\"某局\"}}"))
                .unwrap();
        assert_eq!((beside.meta("articletitle"), beside.meta("contentsource")), (Some("年报2023"), Some("某局")));
        let around =
            json(&format!("{{\"content\":{{\"html\":\"{html}\"}},\"pubDate\":\"2024-01-02\",\"title\":\"年报\"}}"))
                .unwrap();
        assert_eq!((around.meta("articletitle"), around.meta("pubdate")), (Some("年报"), Some("2024-01-02")));
        for none in
            ["<html>", "{\"title\":\"年报\",\"url\":\"/1.html\"}", "{\"content\":\"<p>短</p>\"}", "{\"content\":\"", ""]
        {
            assert!(json(none).is_none(), "{none}");
        }
    }
}
