//! Cookies for the length of a run: some sites answer only whoever brings back what they set. Each goes back to the host that
//! set it and to no other, whatever its Domain says; none is kept in the archive.

use std::collections::HashMap;
use std::sync::Mutex;

use cookie::Cookie;
use url::Url;

use crate::exchange::Headers;

/// Cookies of one host, and bytes of a Cookie field: a site that sets more has more than a session in mind.
const MOST: usize = 20;
const MOST_BYTES: usize = 4_096;

#[derive(Default)]
pub struct Jar {
    hosts: Mutex<HashMap<String, Vec<Cookie<'static>>>>,
}

impl Jar {
    /// Takes up what an answer set; whether anything is new or changed.
    pub fn take(&self, url: &Url, headers: &Headers) -> bool {
        let mut changed = false;
        for field in headers.all("set-cookie") {
            let Some(cookie) = std::str::from_utf8(field).ok().and_then(|field| Cookie::parse(field.to_owned()).ok())
            else {
                continue;
            };
            let mut hosts = self.hosts.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            let held = hosts.entry(url.host_str().unwrap_or_default().to_ascii_lowercase()).or_default();
            let known = held.iter().position(|known| known.name() == cookie.name() && known.path() == cookie.path());
            let ends = cookie.max_age().is_some_and(|age| !age.is_positive());
            match known {
                Some(at) if ends => drop(held.remove(at)),
                Some(at) => {
                    changed |= held[at].value() != cookie.value();
                    held[at] = cookie;
                }
                None if !ends && held.len() < MOST => {
                    held.push(cookie);
                    changed = true;
                }
                None => {}
            }
        }
        changed
    }

    /// The Cookie field for a request; none where there is nothing to send.
    pub fn field(&self, url: &Url) -> Option<String> {
        let hosts = self.hosts.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let held = hosts.get(&url.host_str()?.to_ascii_lowercase())?;
        let mut field = String::new();
        for cookie in held.iter().filter(|cookie| fits(cookie, url)) {
            let pair = format!("{}={}", cookie.name(), cookie.value());
            if field.len() + pair.len() + 2 <= MOST_BYTES {
                field.push_str(if field.is_empty() { "" } else { "; " });
                field.push_str(&pair);
            }
        }
        Some(field).filter(|field| !field.is_empty())
    }
}

/// Path and Secure (RFC 6265 5.4).
fn fits(cookie: &Cookie<'_>, url: &Url) -> bool {
    let path = cookie.path().filter(|path| path.starts_with('/')).unwrap_or("/");
    let below = url.path().strip_prefix(path);
    let in_path = below.is_some_and(|rest| rest.is_empty() || path.ends_with('/') || rest.starts_with('/'));
    in_path && (cookie.secure() != Some(true) || url.scheme() == "https")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn set(jar: &Jar, from: &str, fields: &[&str]) -> bool {
        let headers = fields.iter().map(|field| ("Set-Cookie".to_owned(), field.as_bytes().to_vec())).collect();
        jar.take(&url(from), &Headers(headers))
    }

    #[test]
    fn a_cookie_goes_back_to_its_host_and_path_alone() {
        let jar = Jar::default();
        assert!(set(&jar, "http://a.gov.cn/x", &["S=1; Path=/zw; HttpOnly", "T=2; Domain=.gov.cn", "U=3; Secure"]));
        for (to, field) in [
            ("http://a.gov.cn/zw/1.html", Some("S=1; T=2")),
            ("http://a.gov.cn/zwgk", Some("T=2")),
            ("https://A.gov.cn/", Some("T=2; U=3")),
            ("http://b.gov.cn/zw", None),
        ] {
            assert_eq!(jar.field(&url(to)).as_deref(), field, "{to}");
        }
        assert!(!set(&jar, "http://a.gov.cn/x", &["T=2; Domain=.gov.cn"]), "nothing new");
        assert!(set(&jar, "http://a.gov.cn/x", &["T=4"]));
        set(&jar, "http://a.gov.cn/x", &["T=; Max-Age=0", "no cookie at all", "\u{0}"]);
        assert_eq!(jar.field(&url("http://a.gov.cn/")).as_deref(), None);
    }

    #[test]
    fn a_flood_of_cookies_is_bounded() {
        let jar = Jar::default();
        let flood: Vec<String> = (0..5_000).map(|n| format!("c{n}={}", "x".repeat(900))).collect();
        set(&jar, "http://a.gov.cn/", &flood.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(jar.field(&url("http://a.gov.cn/")).unwrap().len() <= MOST_BYTES);
    }
}
