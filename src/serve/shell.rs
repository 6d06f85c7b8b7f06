//! What stands around every page: language, navigation, and what templates say in both languages.

use askama::Template;
use axum::body::Body;
use axum::http::{HeaderValue, Response, header};

use super::asked::Asked;
use super::door::Trouble;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    #[default]
    Zh,
    En,
}

impl Lang {
    pub fn from_text(text: &str) -> Option<Lang> {
        match text {
            "zh" => Some(Lang::Zh),
            "en" => Some(Lang::En),
            _ => None,
        }
    }

    /// The first of Accept-Language that is one of the two.
    pub fn preferred(accepted: &str) -> Lang {
        let tags = accepted.split(',').map(|tag| tag.trim().get(..2).unwrap_or_default().to_ascii_lowercase());
        tags.filter_map(|tag| Lang::from_text(&tag)).next().unwrap_or_default()
    }

    /// The one of the two that is spoken.
    pub fn w<'a>(&self, zh: &'a str, en: &'a str) -> &'a str {
        match self {
            Lang::Zh => zh,
            Lang::En => en,
        }
    }

    pub fn tag(&self) -> &'static str {
        match self {
            Lang::Zh => "zh-CN",
            Lang::En => "en",
        }
    }
}

/// Head, navigation and foot.
pub struct Shell {
    pub lang: Lang,
    pub title: String,
    /// Which entry of the navigation this is.
    pub here: &'static str,
    pub in_zh: String,
    pub in_en: String,
    pub may_mark: bool,
    /// What is looked for, in the field at the top.
    pub looked_for: String,
}

impl Shell {
    pub fn new(asked: &Asked, here: &'static str, title: impl Into<String>) -> Shell {
        Shell {
            lang: asked.lang,
            title: title.into(),
            here,
            in_zh: asked.with(&[("lang", "zh")]),
            in_en: asked.with(&[("lang", "en")]),
            may_mark: asked.may_mark,
            looked_for: String::new(),
        }
    }
}

/// A page as it is sent.
pub fn html(asked: &Asked, page: &impl Template) -> Result<Response<Body>, Trouble> {
    let text = page.render().map_err(|fault| Trouble::Fault(fault.to_string()))?;
    let mut response = Response::new(Body::from(text));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    if asked.lang_named {
        let cookie = format!("lang={}; Path=/; SameSite=Strict; Max-Age=31536000", asked.lang.w("zh", "en"));
        headers.extend(HeaderValue::from_str(&cookie).ok().map(|cookie| (header::SET_COOKIE, cookie)));
    }
    Ok(response)
}

/// Query strings in templates.
pub fn query(pairs: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    pairs.iter().filter(|(_, value)| !value.is_empty()).for_each(|(name, value)| {
        query.append_pair(name, value);
    });
    query.finish()
}

/// Where an agency's page is; of reports in whose text none was found, where those are.
pub fn agency_address(name: &str) -> String {
    if name.is_empty() { "/unnamed".into() } else { format!("/agency?{}", query(&[("name", name)])) }
}

/// An agency's name, or that none was found.
pub fn named(lang: Lang, agency: &str) -> String {
    if agency.is_empty() {
        lang.w("（正文中未见机关名称）", "(no agency found)").into()
    } else {
        plain(agency)
    }
}

/// Text from a page without what could turn the line around or hide in it.
pub fn plain(text: &str) -> String {
    let hidden = |c: char| matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    text.chars().filter(|c| !c.is_control() && !hidden(*c)).collect()
}

/// `2026-11-27 10:26` of an RFC 3339 time, UTC.
pub fn minute(time: &str) -> String {
    time.get(..16).unwrap_or(time).replace('T', " ")
}

/// Digits in groups of three.
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_asked_for_first() {
        for (accepted, lang) in
            [("en-GB,en;q=0.9,zh;q=0.8", Lang::En), ("fr, zh-CN;q=0.9, en", Lang::Zh), ("", Lang::Zh), ("é", Lang::Zh)]
        {
            assert_eq!(Lang::preferred(accepted), lang, "{accepted}");
        }
    }
}
