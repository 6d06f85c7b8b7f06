//! What a request asks: path, query, language, and whether it comes with the token.

use axum::extract::Request;
use axum::http::header;
use url::form_urlencoded;

use super::door::Trouble;
use super::shell::Lang;

/// Longest query string that is read, bytes.
const QUERY: usize = 8 << 10;

#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub path: String,
    query: Vec<(String, String)>,
    pub lang: Lang,
    /// The address named a language: it is to be kept.
    pub lang_named: bool,
    /// The reader may mark findings.
    pub may_mark: bool,
    /// The token stood in the address and is right.
    pub token_given: bool,
}

impl Asked {
    pub fn of(request: &Request, token: &str) -> Asked {
        let raw = request.uri().query().unwrap_or_default();
        let raw = &raw[..raw.floor_char_boundary(QUERY)];
        let query: Vec<(String, String)> = form_urlencoded::parse(raw.as_bytes()).into_owned().collect();
        let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let named = query.iter().rev().find(|(key, _)| key == "lang").and_then(|(_, value)| Lang::from_text(value));
        let cookies = header(header::COOKIE);
        let lang = named
            .or_else(|| cookie(cookies, "lang").and_then(Lang::from_text))
            .unwrap_or_else(|| Lang::preferred(header(header::ACCEPT_LANGUAGE)));
        let token_given = query.iter().any(|(key, value)| key == "token" && same(value, token));
        let bearer = header(header::AUTHORIZATION).strip_prefix("Bearer ").is_some_and(|given| same(given, token));
        let may_mark = bearer || cookie(cookies, "gongkai").is_some_and(|given| same(given, token));
        Asked { path: request.uri().path().to_owned(), query, lang, lang_named: named.is_some(), may_mark, token_given }
    }

    /// The last value of `name`; none where it is missing or empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .rev()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.trim())
            .filter(|value| !value.is_empty())
    }

    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.query.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.trim()).filter(|v| !v.is_empty())
    }

    /// A number, none where it is missing; what is no number is refused.
    pub fn number<N: std::str::FromStr>(&self, name: &str) -> Result<Option<N>, Trouble> {
        self.get(name)
            .map(|text| {
                text.parse().map_err(|_| Trouble::bad(format!("{name} 不是数字"), format!("{name} is no number")))
            })
            .transpose()
    }

    /// Page of a list, from 1.
    pub fn page(&self) -> Result<usize, Trouble> {
        Ok(self.number::<usize>("page")?.unwrap_or(1).clamp(1, 100_000))
    }

    /// The number at a place of the path, from 0.
    pub fn segment(&self, at: usize) -> Result<i64, Trouble> {
        let number = self.path.split('/').filter(|part| !part.is_empty()).nth(at).and_then(|part| part.parse().ok());
        number.ok_or_else(|| self.nowhere())
    }

    /// There is nothing at this address.
    pub fn nowhere(&self) -> Trouble {
        Trouble::missing(format!("没有 {} 这个地址", self.path), format!("there is no page {}", self.path))
    }

    /// The same address with `changes` in its query; an empty value takes a name away.
    pub fn with(&self, changes: &[(&str, &str)]) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (key, value) in &self.query {
            if !changes.iter().any(|(name, _)| name == key) && !value.is_empty() && key != "token" {
                query.append_pair(key, value);
            }
        }
        for (name, value) in changes.iter().filter(|(_, value)| !value.is_empty()) {
            query.append_pair(name, value);
        }
        let query = query.finish();
        if query.is_empty() { self.path.clone() } else { format!("{}?{query}", self.path) }
    }
}

fn cookie<'a>(cookies: &'a str, name: &str) -> Option<&'a str> {
    cookies
        .split(';')
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

/// Compared without telling by its time how much was right.
fn same(given: &str, token: &str) -> bool {
    given.len() == token.len() && given.bytes().zip(token.bytes()).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}
