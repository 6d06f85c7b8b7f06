//! The key of an address in a CDXJ index: SURT, as the Python package `surt` 0.3 makes it, which pywb and cdxj-indexer use.

use url::{Host, Url};

/// `http://www.A.gov.cn/x/?b=2&a=1` gives `cn,gov,a)/x?a=1&b=2`.
pub fn surt(url: &Url) -> String {
    let host = match url.host() {
        Some(Host::Domain(host)) => reversed(without_www(&host.to_ascii_lowercase())),
        Some(Host::Ipv4(ip)) => reversed(&ip.to_string()),
        Some(Host::Ipv6(ip)) => ip.to_string(),
        None => return url.as_str().to_owned(),
    };
    let port = url.port().map_or(String::new(), |port| format!(":{port}"));
    let path = path(&unescaped(url.path().as_bytes()));
    let query = url.query().map(|query| self::query(&unescaped(query.as_bytes()))).filter(|query| !query.is_empty());
    let query = query.map_or(String::new(), |query| format!("?{query}"));
    format!("{host}{port}){path}{query}")
}

fn reversed(host: &str) -> String {
    host.trim_matches('.').split('.').rev().filter(|label| !label.is_empty()).collect::<Vec<_>>().join(",")
}

/// `www.`, `www2.` dropped.
fn without_www(host: &str) -> &str {
    let Some(rest) = host.strip_prefix("www") else { return host };
    rest.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix('.').unwrap_or(host)
}

fn path(path: &[u8]) -> String {
    let mut kept: Vec<&[u8]> = Vec::new();
    for part in path.split(|byte| *byte == b'/').skip(1) {
        match part {
            b"." => {}
            b".." => drop(kept.pop()),
            part => kept.push(part),
        }
    }
    let last = kept.pop().unwrap_or_default();
    let mut joined: Vec<u8> = vec![b'/'];
    for part in kept.iter().filter(|part| !part.is_empty()) {
        joined.extend_from_slice(part);
        joined.push(b'/');
    }
    joined.extend_from_slice(last);
    let path = without_path_session(&escaped(&joined).to_ascii_lowercase());
    match path.strip_suffix('/') {
        Some(shorter) if !shorter.is_empty() => shorter.to_owned(),
        _ => path,
    }
}

/// ASP.NET: `/(4hqa0555fwsecu455xqckv45)/x.aspx`, `/(s(4hqa0555fwsecu455xqckv45))/x.aspx`.
fn without_path_session(path: &str) -> String {
    let is_id = |id: &str| id.len() == 24 && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let is_session = |part: &str| {
        let Some(inner) = part.strip_prefix('(').and_then(|part| part.strip_suffix(')')) else { return false };
        let lettered = |one: &str| {
            one.len() == 27 && one.as_bytes()[0].is_ascii_lowercase() && one[1..].starts_with('(') && is_id(&one[2..26])
        };
        is_id(inner)
            || (!inner.is_empty() && inner.is_ascii() && inner.len() % 27 == 0 && {
                (0..inner.len()).step_by(27).all(|at| lettered(&inner[at..at + 27]))
            })
    };
    let parts: Vec<&str> = path.split('/').collect();
    if !parts.last().is_some_and(|last| last.contains(".aspx")) {
        return path.to_owned();
    }
    parts.into_iter().filter(|part| !is_session(part)).collect::<Vec<_>>().join("/")
}

fn query(query: &[u8]) -> String {
    let query = without_query_session(escaped(query));
    let query = query.to_ascii_lowercase();
    let mut pairs: Vec<(&str, Option<&str>)> = query
        .split('&')
        .map(|pair| pair.split_once('=').map_or((pair, None), |(name, value)| (name, Some(value))))
        .collect();
    pairs.sort();
    let pairs = pairs.iter().map(|(name, value)| value.map_or((*name).to_owned(), |value| format!("{name}={value}")));
    pairs.collect::<Vec<_>>().join("&")
}

/// Session ids of known names and shapes, the last one of each.
fn without_query_session(mut query: String) -> String {
    for (name, length) in [("jsessionid=", 32), ("phpsessid=", 32), ("sid=", 32)] {
        let lower = query.to_ascii_lowercase();
        let Some(at) = lower.rfind(name) else { continue };
        let id: usize = lower[at + name.len()..].bytes().take_while(u8::is_ascii_alphanumeric).count();
        let end = at + name.len() + id;
        match lower.as_bytes().get(end) {
            None if id == length => query.truncate(at),
            Some(b'&') if id == length => query.replace_range(at..=end, ""),
            _ => {}
        }
    }
    query
}

/// Percent-encoding undone until nothing is left of it.
fn unescaped(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    loop {
        let mut out = Vec::with_capacity(bytes.len());
        let mut at = 0;
        while at < bytes.len() {
            let digit = |n: usize| bytes.get(at + n).and_then(|byte| (*byte as char).to_digit(16));
            match (bytes[at], digit(1), digit(2)) {
                (b'%', Some(high), Some(low)) => {
                    out.push((high * 16 + low) as u8);
                    at += 3;
                }
                (byte, ..) => {
                    out.push(byte);
                    at += 1;
                }
            }
        }
        if out.len() == bytes.len() {
            return out;
        }
        bytes = out;
    }
}

/// What is no printable ASCII, and `#` and `%`, escaped.
fn escaped(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        match byte {
            b'#' | b'%' | ..=b' ' | 0x7F.. => text.push_str(&format!("%{byte:02X}")),
            _ => text.push(*byte as char),
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use super::surt;

    /// Right sides are what `surt` 0.3.1 gives.
    #[test]
    fn keys_as_others_make_them() {
        let known = include_str!("surt.tsv");
        assert!(known.lines().count() > 15);
        for (url, key) in known.lines().map(|line| line.split_once('\t').unwrap()) {
            assert_eq!(surt(&url.parse().unwrap()), key, "{url}");
        }
    }
}
