//! robots.txt as RFC 9309 has it: groups by product token, the longest match, Allow before Disallow.

use std::time::Duration;

/// What is read of a file, bytes (RFC 9309 2.5 asks for at least 500 KiB).
pub const MAX_BYTES: usize = 512 << 10;

/// The rules of a file for one product token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    rules: Vec<Rule>,
    pub crawl_delay: Option<Duration>,
    pub sitemaps: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    allow: bool,
    pattern: Vec<u8>,
    line: usize,
    text: String,
}

/// Whether a path may be asked for, and which line says so; no line where none matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    pub allowed: bool,
    pub line: Option<(usize, String)>,
}

impl Rules {
    /// The rules that hold for `token` in the bytes of a file. Never fails: what is no line of the format is skipped.
    pub fn read(bytes: &[u8], token: &str) -> Rules {
        let bytes = &bytes[..bytes.len().min(MAX_BYTES)];
        let text = String::from_utf8_lossy(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes));
        let mut own = Rules::default();
        let mut any = Rules::default();
        let mut sitemaps = Vec::new();
        let mut named_own = false;
        let (mut for_own, mut for_any, mut in_agents) = (false, false, false);
        for (number, line) in lines(&text) {
            let Some((key, value)) = line.split('#').next().unwrap_or_default().split_once(':') else { continue };
            let (key, value) = (key.trim().to_ascii_lowercase(), value.trim());
            match key.as_str() {
                "user-agent" | "useragent" | "user agent" => {
                    if !in_agents {
                        (for_own, for_any) = (false, false);
                    }
                    in_agents = true;
                    let agent: String =
                        value.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')).collect();
                    for_any |= value.starts_with('*');
                    if agent.eq_ignore_ascii_case(token) {
                        (for_own, named_own) = (true, true);
                    }
                }
                "sitemap" => sitemaps.push(value.to_owned()),
                "allow" | "disallow" | "crawl-delay" => {
                    // Only rules end the agents of a group; other records must not (RFC 9309 2.2.4).
                    in_agents &= key == "crawl-delay";
                    for (wanted, rules) in [(for_own, &mut own), (for_any, &mut any)] {
                        if wanted {
                            rules.add(&key, value, number);
                        }
                    }
                }
                _ => {}
            }
        }
        Rules { sitemaps, ..if named_own { own } else { any } }
    }

    fn add(&mut self, key: &str, value: &str, line: usize) {
        if key == "crawl-delay" {
            let seconds: Option<f64> =
                value.parse().ok().filter(|seconds: &f64| seconds.is_finite() && *seconds >= 0.0);
            self.crawl_delay =
                self.crawl_delay.max(seconds.map(|seconds| Duration::from_secs_f64(seconds.min(86_400.0))));
        } else if !value.is_empty() {
            let text = format!("{key}: {value}");
            self.rules.push(Rule { allow: key == "allow", pattern: normalised(value), line, text });
        }
    }

    /// Decides on a path with its query.
    pub fn decide(&self, path: &str) -> Decision {
        if path == "/robots.txt" {
            return Decision { allowed: true, line: None };
        }
        let path = normalised(path);
        let matching = self.rules.iter().filter(|rule| matches(&rule.pattern, &path));
        match matching.max_by_key(|rule| (rule.pattern.len(), rule.allow)) {
            Some(rule) => Decision { allowed: rule.allow, line: Some((rule.line, rule.text.clone())) },
            None => Decision { allowed: true, line: None },
        }
    }
}

/// What rules are matched against: path and query (RFC 9309 2.2.2).
pub fn path_of(url: &url::Url) -> String {
    let query = url.query().map_or(String::new(), |query| format!("?{query}"));
    format!("{}{query}", url.path())
}

/// Whether an answer is a robots.txt at all: sites put their error pages there, with status 200.
pub fn is_robots(content_type: Option<&str>, body: &[u8]) -> bool {
    let head = String::from_utf8_lossy(&body[..body.len().min(4_096)]).to_ascii_lowercase();
    let rules = head.lines().any(|line| line.trim_start_matches('\u{FEFF}').trim_start().starts_with("user-agent"));
    let html = content_type.is_some_and(|kind| kind.contains("html"))
        || head.trim_start().starts_with("<!doctype")
        || head.contains("<html");
    rules || !html
}

/// Lines end with LF, CR or CRLF.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut number = 0;
    let mut after_cr = false;
    text.split_inclusive(['\n', '\r']).filter_map(move |line| {
        let lone_lf = after_cr && line == "\n";
        after_cr = line.ends_with('\r');
        number += usize::from(!lone_lf);
        (!lone_lf).then_some((number, line.trim_end_matches(['\n', '\r'])))
    })
}

/// Percent-encoding made the same on both sides (RFC 9309 2.2.2): unreserved characters plain, all else upper-case escapes.
fn normalised(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escaped = (bytes[at] == b'%').then(|| bytes.get(at + 1..at + 3)).flatten();
        let decoded = escaped.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        match decoded {
            Some(byte) if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') => out.push(byte),
            Some(byte) => out.extend_from_slice(format!("%{byte:02X}").as_bytes()),
            None if bytes[at].is_ascii() => out.push(bytes[at]),
            None => out.extend_from_slice(format!("%{:02X}", bytes[at]).as_bytes()),
        }
        at += if decoded.is_some() { 3 } else { 1 };
    }
    out
}

/// `*` is any run, `$` at the end is the end; else a prefix. Greedy with one point to go back to, so no pattern explodes.
fn matches(pattern: &[u8], path: &[u8]) -> bool {
    let (pattern, to_end) = match pattern.split_last() {
        Some((b'$', rest)) => (rest, true),
        _ => (pattern, false),
    };
    let (mut p, mut at) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    loop {
        if p == pattern.len() && (!to_end || at == path.len()) {
            return true;
        }
        if p < pattern.len() && pattern[p] == b'*' {
            star = Some((p + 1, at));
            p += 1;
        } else if p < pattern.len() && at < path.len() && pattern[p] == path[at] {
            p += 1;
            at += 1;
        } else if let Some((after, from)) = star
            && from < path.len()
        {
            star = Some((after, from + 1));
            p = after;
            at = from + 1;
        } else {
            return false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_ask_for_what() {
        for (name, file, path, allowed) in [
            ("nothing said", "", "/a", true),
            ("disallow all", "User-agent: *\nDisallow: /", "/a", false),
            ("empty disallow", "User-agent: *\nDisallow:", "/a", true),
            ("own group before the general", "User-agent: *\nDisallow: /\nUser-agent: gongkai\nAllow: /", "/a", true),
            ("own group, whatever its case", "User-agent: GongKai/2.0\nDisallow: /x\n", "/x", false),
            (
                "own groups are merged",
                "User-agent: gongkai\nDisallow: /a\n\nUser-agent: gongkai\nDisallow: /b",
                "/b",
                false,
            ),
            ("several agents, one group", "User-agent: other\nUser-agent: gongkai\nDisallow: /a", "/a", false),
            ("another's group", "User-agent: baiduspider\nDisallow: /", "/a", true),
            ("a token is not a prefix", "User-agent: gongkaibot\nDisallow: /", "/a", true),
            ("rules before any agent", "Disallow: /\nUser-agent: x\nDisallow:", "/a", true),
            ("longest match", "User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b/c", true),
            ("allow wins a tie", "User-agent: *\nDisallow: /a\nAllow: /a", "/a", true),
            ("wildcard", "User-agent: *\nDisallow: /*.pdf", "/x/y.pdf?z", false),
            ("anchored", "User-agent: *\nDisallow: /*.pdf$", "/x/y.pdf?z", true),
            ("anchored at the end", "User-agent: *\nDisallow: /*.pdf$", "/x.pdf/y.pdf", false),
            ("star and end", "User-agent: *\nDisallow: /a*b*c$", "/axxbyyc", false),
            ("escapes, either case", "User-agent: *\nDisallow: /a%3cd", "/a%3Cd", false),
            ("escaped unreserved", "User-agent: *\nDisallow: /%7Ejoe", "/~joe", false),
            ("raw and escaped Chinese", "User-agent: *\nDisallow: /公开", "/%E5%85%AC%E5%BC%80/1", false),
            ("CR only", "User-agent: *\rDisallow: /a\r", "/a", false),
            ("byte order mark", "\u{FEFF}User-agent: *\nDisallow: /a", "/a", false),
            ("comment on the line", "User-agent: * # all\nDisallow: /a # no", "/a", false),
            ("the file itself", "User-agent: *\nDisallow: /", "/robots.txt", true),
            ("blank lines don't end a group", "User-agent: *\n\n\nDisallow: /a", "/a", false),
            ("case of the path counts", "User-agent: *\nDisallow: /A", "/a", true),
        ] {
            assert_eq!(Rules::read(file.as_bytes(), "gongkai").decide(path).allowed, allowed, "{name}");
        }
    }

    #[test]
    fn the_deciding_line_is_named() {
        let rules = Rules::read(b"User-agent: *\r\nCrawl-delay: 2.5\r\nDisallow: /a\r\n", "gongkai");
        assert_eq!(rules.decide("/a").line, Some((3, "disallow: /a".into())));
        assert_eq!(rules.crawl_delay, Some(Duration::from_millis(2_500)));
    }

    #[test]
    fn absurd_delays_and_patterns_do_no_harm() {
        for delay in ["1e30", "-1", "NaN", "inf", "x"] {
            let rules = Rules::read(format!("User-agent: *\nCrawl-delay: {delay}").as_bytes(), "gongkai");
            assert!(rules.crawl_delay.is_none_or(|delay| delay <= Duration::from_secs(86_400)), "{delay}");
        }
        let file = format!("User-agent: *\nDisallow: /{}b$", "*a".repeat(200));
        assert!(Rules::read(file.as_bytes(), "gongkai").decide(&format!("/{}", "a".repeat(4_000))).allowed);
    }

    #[test]
    fn an_error_page_is_no_robots_file() {
        assert!(!is_robots(Some("text/html"), b"<html>\xE6\x89\xBE\xE4\xB8\x8D\xE5\x88\xB0</html>"));
        assert!(is_robots(Some("text/html"), b"User-agent: *\nDisallow: /"));
        assert!(is_robots(Some("text/plain"), b"# nothing"));
    }
}
