//! Full text: every Han character is a word of its own, and what is looked for are phrases of them. Two characters are
//! found as well as ten, which an index of trigrams can't do.

use rusqlite::{Connection, OptionalExtension, params};
use unicode_normalization::UnicodeNormalization;

use crate::archive::CaptureId;
use crate::parse::Parsed;
use crate::store::StoreError;

/// Bytes of a page's text that are searched; a report has a tenth of it. What is cut is marked so.
const MOST: usize = 512 << 10;
/// Characters of a question that are read.
const QUESTION: usize = 100;
const TERMS: usize = 8;
/// Tokens shown before and after what was found.
const AROUND: usize = 24;
const PASSAGES: usize = 3;

/// Replaces the words of a page.
pub fn put(tx: &Connection, capture: CaptureId, parsed: &Parsed) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM page_index WHERE rowid = ?1")?.execute([capture.0])?;
    tx.prepare_cached("DELETE FROM page_text WHERE capture = ?1")?.execute([capture.0])?;
    let title = parsed.page.title.as_deref().unwrap_or_default();
    let whole = &parsed.text;
    let text = &whole[..whole.floor_char_boundary(MOST)];
    if title.is_empty() && text.is_empty() {
        return Ok(());
    }
    let packed = zstd::bulk::compress(text.as_bytes(), 3).map_err(|fault| StoreError::Row(fault.to_string()))?;
    tx.prepare_cached("INSERT INTO page_text (capture, title, text, cut) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![capture.0, title, packed, text.len() < whole.len()])?;
    let agency = parsed.report.as_ref().and_then(|report| report.agency.as_deref()).unwrap_or_default();
    let words = [agency, title, text].map(spaced).join(" \u{2016} ");
    tx.prepare_cached("INSERT INTO page_index (rowid, words) VALUES (?1, ?2)")?.execute(params![capture.0, words])?;
    Ok(())
}

/// Title and text of a page as they were indexed.
pub fn page_words(connection: &Connection, capture: CaptureId) -> Result<Option<(String, String)>, StoreError> {
    let row = connection
        .prepare_cached("SELECT title, text FROM page_text WHERE capture = ?1")?
        .query_row([capture.0], |row| Ok((row.get::<_, String>(0)?, row.get::<_, Vec<u8>>(1)?)))
        .optional()?;
    let Some((title, packed)) = row else { return Ok(None) };
    let text = zstd::bulk::decompress(&packed, MOST).map_err(|fault| StoreError::Row(fault.to_string()))?;
    Ok(Some((title, String::from_utf8_lossy(&text).into_owned())))
}

/// Pages read before there was an index, which only a new reading puts there.
pub fn captures_without_words(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT count(*) FROM report r WHERE NOT EXISTS (SELECT 1 FROM page_text t WHERE t.capture = r.capture)",
        )?
        .query_row([], |row| row.get(0))?)
}

/// A token and where it stands, in bytes.
struct Token {
    key: String,
    start: usize,
    end: usize,
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3007}' | '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{323AF}')
}

/// The tokens of a text, piece by piece: `put` is given a piece, where it stands, and whether it goes on with the one before.
fn pieces(text: &str, mut put: impl FnMut(&str, std::ops::Range<usize>, bool)) {
    let mut joins = false;
    for (start, c) in text.char_indices() {
        let place = start..start + c.len_utf8();
        // Han, ASCII: nothing to normalise, and nearly all there is.
        if c.is_ascii() {
            let is_part = c.is_ascii_alphanumeric();
            if is_part {
                put(c.to_ascii_lowercase().encode_utf8(&mut [0; 4]), place, joins);
            }
            joins = is_part;
        } else if is_han(c) {
            // Of the common ones this need not be looked up.
            if matches!(c, '\u{4E00}'..='\u{9FFF}') || c.is_alphanumeric() {
                put(c.encode_utf8(&mut [0; 4]), place, false);
            }
            joins = false;
        } else {
            let key: String = c.nfkc().flat_map(char::to_lowercase).collect();
            let is_part = !key.is_empty() && key.chars().all(char::is_alphanumeric);
            let alone = key.chars().any(is_han);
            if is_part {
                put(&key, place, joins && !alone);
            }
            joins = is_part && !alone;
        }
    }
}

fn tokens(text: &str) -> Vec<Token> {
    let mut found: Vec<Token> = Vec::new();
    pieces(text, |key, place, joins| match found.last_mut() {
        Some(last) if joins => {
            last.key.push_str(key);
            last.end = place.end;
        }
        _ => found.push(Token { key: key.to_owned(), start: place.start, end: place.end }),
    });
    found
}

/// The tokens with a space between them.
fn spaced(text: &str) -> String {
    let mut words = String::with_capacity(text.len() + text.len() / 3);
    pieces(text, |key, _, joins| {
        if !joins && !words.is_empty() {
            words.push(' ');
        }
        words.push_str(key);
    });
    words
}

/// What somebody looks for: phrases that must all be there. Nothing of it is read as syntax.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    phrases: Vec<Vec<String>>,
}

impl Query {
    /// None where there is no letter, digit or character in it.
    pub fn of(asked: &str) -> Option<Query> {
        let asked: String = asked.chars().take(QUESTION).collect();
        let words = asked.split(|c: char| c.is_whitespace() || c.is_control());
        let phrases = words.map(|word| tokens(word).into_iter().map(|token| token.key).collect::<Vec<_>>());
        let phrases: Vec<_> = phrases.filter(|phrase| !phrase.is_empty()).take(TERMS).collect();
        (!phrases.is_empty()).then_some(Query { phrases })
    }

    fn fts(&self) -> String {
        let quoted = self.phrases.iter().map(|phrase| format!("\"{}\"", phrase.join(" ").replace('"', "\"\"")));
        quoted.collect::<Vec<_>>().join(" AND ")
    }

    /// Passages of `text` around the first places, the found parts told apart.
    pub fn passages(&self, text: &str) -> Vec<Passage> {
        let tokens = tokens(text);
        let mut found: Vec<(usize, usize)> = Vec::new();
        for phrase in &self.phrases {
            let at = |n: &usize| {
                tokens[*n..].len() >= phrase.len()
                    && tokens[*n..].iter().zip(phrase).all(|(token, key)| token.key == *key)
            };
            found.extend((0..tokens.len()).filter(at).take(PASSAGES).map(|n| (n, n + phrase.len())));
        }
        found.sort_unstable();
        let mut passages: Vec<Passage> = Vec::new();
        let mut done = 0;
        for (n, &(start, end)) in found.iter().enumerate() {
            if start < done || passages.len() == PASSAGES {
                continue;
            }
            let from = start.saturating_sub(AROUND);
            let to = (end + AROUND).min(tokens.len());
            let near: Vec<(usize, usize)> = found[n..].iter().copied().filter(|&(_, end)| end <= to).collect();
            passages.push(passage(text, &tokens, (from, to), &near));
            done = to;
        }
        passages
    }
}

fn passage(text: &str, tokens: &[Token], (from, to): (usize, usize), found: &[(usize, usize)]) -> Passage {
    let mut at = if from == 0 { 0 } else { tokens[from].start };
    let end = if to == tokens.len() { text.len() } else { tokens[to - 1].end };
    let mut pieces = Vec::new();
    for &(start, stop) in found {
        let (start, stop) = (tokens[start].start, tokens[stop - 1].end);
        if start < at {
            continue;
        }
        pieces.push(Piece { text: text[at..start].into(), found: false });
        pieces.push(Piece { text: text[start..stop].into(), found: true });
        at = stop;
    }
    pieces.push(Piece { text: text[at..end.max(at)].into(), found: false });
    pieces.retain(|piece| !piece.text.is_empty());
    Passage { pieces, before: from > 0, after: to < tokens.len() }
}

/// A few words around what was found; whether the text goes on before and after.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Passage {
    pub pieces: Vec<Piece>,
    pub before: bool,
    pub after: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Piece {
    pub text: String,
    pub found: bool,
}

/// A page that has every phrase.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Hit {
    pub capture: i64,
    pub url: String,
    pub captured_at: String,
    pub kind: String,
    pub title: String,
    /// Where it is a report.
    pub agency: Option<String>,
    pub year: Option<i16>,
    pub is_report: bool,
    pub passages: Vec<Passage>,
}

/// Captures that hold `query`, newest first, at most `most`, after the first `skip`.
pub fn search(connection: &Connection, query: &Query, skip: usize, most: usize) -> Result<Vec<Hit>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT i.rowid, c.url, c.started_at, p.kind, t.title, r.agency, r.year, r.id IS NOT NULL
         FROM (SELECT rowid FROM page_index WHERE page_index MATCH ?1 ORDER BY rowid DESC LIMIT ?3 OFFSET ?2) i
         JOIN capture c ON c.id = i.rowid JOIN page p ON p.capture = i.rowid JOIN page_text t ON t.capture = i.rowid
         LEFT JOIN report r ON r.capture = i.rowid ORDER BY i.rowid DESC",
    )?;
    let rows = statement.query_map(params![query.fts(), skip as i64, most as i64], |row| {
        Ok(Hit {
            capture: row.get(0)?,
            url: row.get(1)?,
            captured_at: row.get(2)?,
            kind: row.get(3)?,
            title: row.get(4)?,
            agency: row.get(5)?,
            year: row.get(6)?,
            is_report: row.get(7)?,
            passages: Vec::new(),
        })
    })?;
    let mut hits: Vec<Hit> = rows.collect::<Result<_, _>>()?;
    for hit in &mut hits {
        if let Some((title, text)) = page_words(connection, CaptureId(hit.capture))? {
            hit.passages = query.passages(&text);
            if hit.passages.is_empty() {
                hit.passages = query.passages(&title);
            }
        }
    }
    Ok(hits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn han_alone_and_words_whole() {
        assert_eq!(spaced("杭州市ABC１２年，GB18030"), "杭 州 市 abc12 年 gb18030");
    }

    #[test]
    fn nothing_asked_is_syntax() {
        for (asked, fts) in [
            ("公开 申请", Some("\"公 开\" AND \"申 请\"")),
            ("a OR", Some("\"a\" AND \"or\"")),
            ("a:b", Some("\"a b\"")),
            ("\"公开", Some("\"公 开\"")),
            ("公\0开", Some("\"公\" AND \"开\"")),
            ("* ^ - \" ( )", None),
            ("", None),
        ] {
            assert_eq!(Query::of(asked).map(|query| query.fts()).as_deref(), fts, "{asked:?}");
        }
    }

    #[test]
    fn a_passage_shows_what_was_found() {
        let query = Query::of("信访 公开").unwrap();
        let passages = query.passages("一、主动公开情况。二、信 访件数");
        let found: Vec<&str> = passages[0].pieces.iter().filter(|piece| piece.found).map(|p| p.text.as_str()).collect();
        assert_eq!(found, ["公开", "信 访"]);
        let whole: String = passages[0].pieces.iter().map(|piece| piece.text.as_str()).collect();
        assert_eq!(whole, "一、主动公开情况。二、信 访件数");
    }
}
