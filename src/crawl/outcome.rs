//! Every way an attempt can end: exactly one of these, counted in every run.

use std::fmt;

/// The end of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    Captured,
    NotModified,
    Redirected,
    NotFound,
    Gone,
    Soft404,
    Wall,
    ClientError,
    ServerError,
    RateLimited,
    RefusedByRobots,
    RobotsUnreachable,
    OutOfScope,
    ForbiddenAddress,
    NameUnknown,
    ConnectFailed,
    TlsFailed,
    TimedOut,
    TooSlow,
    TooLarge,
    Disconnected,
    BadHttp,
    BadCoding,
    TooManyRedirects,
    UnaskedNotModified,
    UnaskedPart,
    NoLocation,
    Bounded,
    NoReport,
    Unreadable,
}

impl Outcome {
    pub const ALL: [Outcome; 30] = [
        Outcome::Captured,
        Outcome::NotModified,
        Outcome::Redirected,
        Outcome::NotFound,
        Outcome::Gone,
        Outcome::Soft404,
        Outcome::Wall,
        Outcome::ClientError,
        Outcome::ServerError,
        Outcome::RateLimited,
        Outcome::RefusedByRobots,
        Outcome::RobotsUnreachable,
        Outcome::OutOfScope,
        Outcome::ForbiddenAddress,
        Outcome::NameUnknown,
        Outcome::ConnectFailed,
        Outcome::TlsFailed,
        Outcome::TimedOut,
        Outcome::TooSlow,
        Outcome::TooLarge,
        Outcome::Disconnected,
        Outcome::BadHttp,
        Outcome::BadCoding,
        Outcome::TooManyRedirects,
        Outcome::UnaskedNotModified,
        Outcome::UnaskedPart,
        Outcome::NoLocation,
        Outcome::Bounded,
        Outcome::NoReport,
        Outcome::Unreadable,
    ];

    /// The name in the archive, in events and summaries.
    pub fn as_str(self) -> &'static str {
        self.words().0
    }

    /// One line for a person.
    pub fn meaning(self) -> &'static str {
        self.words().1
    }

    fn words(self) -> (&'static str, &'static str) {
        match self {
            Outcome::Captured => ("captured", "an answer with its whole body was kept"),
            Outcome::NotModified => ("not_modified", "the site says nothing changed since the last capture"),
            Outcome::Redirected => ("redirected", "the answer points elsewhere; the target is an address of its own"),
            Outcome::NotFound => ("not_found", "404"),
            Outcome::Gone => ("gone", "410, or 404 again and again"),
            Outcome::Soft404 => ("soft_404", "status 200 on a page that says there is none"),
            Outcome::Wall => {
                ("wall", "a challenge, block or captcha stands before the page; the host is left alone for a while")
            }
            Outcome::ClientError => ("client_error", "another status of the 400s"),
            Outcome::ServerError => ("server_error", "a status of the 500s"),
            Outcome::RateLimited => ("rate_limited", "429, or 503 with Retry-After"),
            Outcome::RefusedByRobots => ("refused_by_robots", "robots.txt forbids it"),
            Outcome::RobotsUnreachable => {
                ("robots_unreachable", "robots.txt could not be had, so nothing may be asked (RFC 9309 2.3.1.4)")
            }
            Outcome::OutOfScope => ("out_of_scope", "its host is neither under gov.cn nor named by a seed"),
            Outcome::ForbiddenAddress => {
                ("forbidden_address", "its host stands at a private or reserved address that --allow-net does not open")
            }
            Outcome::NameUnknown => ("name_unknown", "DNS knows no such host"),
            Outcome::ConnectFailed => ("connect_failed", "no connection"),
            Outcome::TlsFailed => ("tls_failed", "no secure connection: certificate or protocol"),
            Outcome::TimedOut => ("timed_out", "no answer in time"),
            Outcome::TooSlow => ("too_slow", "the body came more slowly than the least rate"),
            Outcome::TooLarge => {
                ("too_large", "the body is longer than the limit; its beginning was kept, marked as cut")
            }
            Outcome::Disconnected => ("disconnected", "the connection ended early; what came was kept, marked as cut"),
            Outcome::BadHttp => ("bad_http", "the answer is no HTTP"),
            Outcome::BadCoding => ("bad_coding", "the body's content-coding is broken; the bytes were kept"),
            Outcome::TooManyRedirects => ("too_many_redirects", "a chain of redirects longer than the limit"),
            Outcome::UnaskedNotModified => ("unasked_not_modified", "304 to a request that set no condition"),
            Outcome::UnaskedPart => ("unasked_part", "206 with a part of the page, which nobody asked for in parts"),
            Outcome::NoLocation => ("no_location", "a status of the 300s that names no place to go"),
            Outcome::NoReport => ("no_report", "the page was kept and read, and is no report"),
            Outcome::Unreadable => ("unreadable", "the file was kept and can't be read"),
            Outcome::Bounded => {
                ("bounded", "a limit of the crawl stopped it: depth, pages of a host, pages of a listing")
            }
        }
    }

    /// What a person may try where a host is left alone for this.
    pub fn advice(self) -> &'static str {
        match self {
            Outcome::Wall => {
                "look whether a browser sees the page; ask the agency to let this crawler in; the portal of its government often has a copy"
            }
            Outcome::RateLimited => {
                "nothing: the site said when to come back; a longer [pace] gap keeps within its limit"
            }
            Outcome::TlsFailed => {
                "`gongkai doctor` names the fault; --extra-ca FILE adds a missing intermediate; a seed may name the http address"
            }
            Outcome::RobotsUnreachable => "open its robots.txt in a browser: the site is not asked while that fails",
            Outcome::NameUnknown => "the host may have moved: look for the agency's new address and correct its seed",
            Outcome::ConnectFailed | Outcome::TimedOut => {
                "some sites answer only some networks: try from another one, or the portal of its government"
            }
            _ => "wait: it is asked again by a later run",
        }
    }

    /// The host gave no usable answer: too many of these in a row and it is left alone.
    pub fn is_host_failure(self) -> bool {
        matches!(
            self,
            Outcome::NameUnknown
                | Outcome::ConnectFailed
                | Outcome::TlsFailed
                | Outcome::TimedOut
                | Outcome::TooSlow
                | Outcome::Disconnected
                | Outcome::BadHttp
                | Outcome::ServerError
                | Outcome::RobotsUnreachable
        )
    }

    /// Worth another attempt in the same run.
    pub fn is_transient(self) -> bool {
        matches!(
            self,
            Outcome::ServerError
                | Outcome::ConnectFailed
                | Outcome::TimedOut
                | Outcome::TooSlow
                | Outcome::Disconnected
                | Outcome::BadHttp
        )
    }

    /// The attempt got what it was for.
    pub fn is_success(self) -> bool {
        matches!(self, Outcome::Captured | Outcome::NotModified | Outcome::Redirected)
    }
}

impl serde::Serialize for Outcome {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
