//! When two addresses are the same address: the key of the frontier.

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::HEXLOWER;
use url::Url;

/// Query parameters that never select content on these sites.
const TRACKING: [&str; 7] = ["jsessionid", "phpsessid", "spm", "utm_source", "utm_medium", "utm_campaign", "timestamp"];

/// Parameters that only keep caches from answering, where their value is a time in seconds or finer, or a random fraction.
const BUSTERS: [&str; 12] = ["t", "_t", "ts", "_", "v", "r", "rnd", "rand", "random", "time", "_time", "nocache"];

/// Bytes of a query that stand in a key as they are.
const LONGEST: usize = 2_048;

/// A canonical form of an address, equal for addresses that name the same page: scheme, lower-case host, no default port,
/// no fragment, no session id, parameters for tracking and against caches dropped, other parameters in their order.
///
/// `www.` and scheme are kept: they are aliases only when the bodies agree, which this does not see.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UrlKey(String);

impl UrlKey {
    pub fn of(url: &Url) -> UrlKey {
        let mut key = url.clone();
        key.set_fragment(None);
        let _ = key.set_username("");
        let _ = key.set_password(None);
        if let Some(cut) = key.path().to_ascii_lowercase().find(";jsessionid=") {
            let path = key.path()[..cut].to_owned();
            key.set_path(&path);
        }
        if let Some(query) = key.query() {
            let kept: Vec<&str> = query
                .split('&')
                .filter(|pair| {
                    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                    let name = name.to_ascii_lowercase();
                    let busts = || BUSTERS.contains(&name.as_str()) && is_of_a_moment(value);
                    !pair.is_empty() && !TRACKING.contains(&name.as_str()) && !busts()
                })
                .collect();
            let kept = kept.join("&");
            key.set_query(if kept.is_empty() { None } else { Some(&kept) });
        }
        UrlKey(key.into())
    }

    /// The key of a request: what is posted to an address makes it another one.
    pub fn asked(method: &str, url: &Url, body: &[u8]) -> UrlKey {
        let UrlKey(key) = UrlKey::of(url);
        if method != "POST" {
            return UrlKey(key);
        }
        match std::str::from_utf8(body) {
            Ok(text) if text.len() <= LONGEST && !text.contains(char::is_control) => {
                UrlKey(format!("{key} POST {text}"))
            }
            // What others' browsers sent: a file, a report on the reader.
            _ => UrlKey(format!("{key} POST sha256:{}", HEXLOWER.encode(digest(&SHA256, body).as_ref()))),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// `1706000000`, `1706000000123`, `0.8473920174`: what no two requests have alike.
fn is_of_a_moment(value: &str) -> bool {
    let digits = value.strip_prefix("0.").unwrap_or(value);
    digits.len() >= 10 && digits.bytes().all(|byte| byte.is_ascii_digit())
}

impl std::fmt::Display for UrlKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> String {
        UrlKey::of(&Url::parse(text).unwrap()).to_string()
    }

    #[test]
    fn what_is_the_same_address() {
        for (one, other) in [
            ("http://RST.sc.gov.cn:80/a#top", "http://rst.sc.gov.cn/a"),
            ("http://a.gov.cn/x;jsessionid=9F?p=1", "http://a.gov.cn/x?p=1"),
            ("http://a.gov.cn/x?spm=1.2&id=7", "http://a.gov.cn/x?id=7"),
            ("http://a.gov.cn/x?", "http://a.gov.cn/x"),
            ("http://a.gov.cn/x?id=7&t=1706000000123", "http://a.gov.cn/x?id=7"),
            ("http://a.gov.cn/x?_=0.84739201746", "http://a.gov.cn/x"),
        ] {
            assert_eq!(key(one), key(other));
        }
    }

    #[test]
    fn what_is_posted_makes_another_address() {
        let url = Url::parse("http://a.gov.cn/x?spm=1").unwrap();
        let asked = |method: &str, body: &[u8]| UrlKey::asked(method, &url, body).to_string();
        assert_eq!(asked("GET", b""), "http://a.gov.cn/x");
        assert_eq!(asked("POST", b"cpage=2"), "http://a.gov.cn/x POST cpage=2");
        assert_ne!(asked("POST", b""), asked("GET", b""));
        for body in [&b"\xFF"[..], &[b'a'; 4_000], b"a\nb"] {
            assert_eq!(asked("POST", body).len(), "http://a.gov.cn/x POST sha256:".len() + 64);
        }
    }

    #[test]
    fn what_is_another_address() {
        for (one, other) in [
            ("http://a.gov.cn/x", "https://a.gov.cn/x"),
            ("http://a.gov.cn/x", "http://www.a.gov.cn/x"),
            ("http://a.gov.cn/x?wbnewsid=1", "http://a.gov.cn/x?wbnewsid=2"),
            ("http://a.gov.cn/x?t=20240119", "http://a.gov.cn/x"),
            ("http://a.gov.cn/x?id=1706000000123", "http://a.gov.cn/x"),
        ] {
            assert_ne!(key(one), key(other));
        }
    }
}
