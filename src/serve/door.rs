//! The door: who may ask (names of this machine only, against DNS rebinding), what every answer carries, and how trouble is told.

use askama::Template;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};
use axum::middleware::Next;
use axum::response::IntoResponse;

use super::asked::Asked;
use super::shell::{Lang, Shell, html};
use crate::archive::ArchiveError;
use crate::store::StoreError;

/// What keeps a page from being made.
#[derive(Debug)]
pub enum Trouble {
    NotFound(Told),
    Bad(Told),
    NoToken,
    /// Something else was being written for longer than a mark waits.
    InUse,
    Busy,
    /// For the log: SQL is no reader's business.
    Fault(String),
}

/// A sentence in both languages.
#[derive(Debug)]
pub struct Told {
    zh: String,
    en: String,
}

impl Trouble {
    pub fn missing(zh: impl Into<String>, en: impl Into<String>) -> Trouble {
        Trouble::NotFound(Told { zh: zh.into(), en: en.into() })
    }

    pub fn bad(zh: impl Into<String>, en: impl Into<String>) -> Trouble {
        Trouble::Bad(Told { zh: zh.into(), en: en.into() })
    }

    fn told(&self, lang: Lang) -> &str {
        let (zh, en) = match self {
            Trouble::NotFound(told) | Trouble::Bad(told) => (told.zh.as_str(), told.en.as_str()),
            Trouble::NoToken => {
                ("需要启动网页服务时显示的令牌", "this needs the token that was printed when the pages were started")
            }
            Trouble::InUse => (
                "存档正在写入，等了五秒仍未轮到：没有保存，请稍后再试",
                "the archive was being written for longer than five seconds: nothing was kept, try again",
            ),
            Trouble::Busy => ("同时请求的页面太多，请稍后再试", "too many pages are being made: try again"),
            Trouble::Fault(_) => ("页面未能生成，原因见日志", "the page could not be made; the log says why"),
        };
        lang.w(zh, en)
    }

    fn status(&self) -> StatusCode {
        match self {
            Trouble::NotFound(_) => StatusCode::NOT_FOUND,
            Trouble::Bad(_) => StatusCode::BAD_REQUEST,
            Trouble::NoToken => StatusCode::FORBIDDEN,
            Trouble::InUse => StatusCode::CONFLICT,
            Trouble::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Trouble::Fault(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl From<StoreError> for Trouble {
    fn from(fault: StoreError) -> Trouble {
        match fault {
            StoreError::Busy(_) => Trouble::InUse,
            fault => Trouble::Fault(fault.to_string()),
        }
    }
}

impl From<ArchiveError> for Trouble {
    fn from(fault: ArchiveError) -> Trouble {
        match fault {
            ArchiveError::NoCapture(id) => Trouble::missing(format!("存档中没有第 {} 号", id.0), fault.to_string()),
            ArchiveError::Store(fault) => fault.into(),
            fault => Trouble::Fault(fault.to_string()),
        }
    }
}

impl From<rusqlite::Error> for Trouble {
    fn from(fault: rusqlite::Error) -> Trouble {
        StoreError::from(fault).into()
    }
}

#[derive(Template)]
#[template(path = "trouble.html")]
struct TroublePage {
    shell: Shell,
    status: u16,
    what: String,
}

/// The page, or the object, that says what went wrong.
pub fn trouble(asked: &Asked, trouble: &Trouble) -> Response<Body> {
    let status = trouble.status();
    if let Trouble::Fault(why) = trouble {
        tracing::error!("{}: {why}", asked.path);
    }
    let mut response = if asked.path.starts_with("/api") {
        json_text(&serde_json::json!({ "error": trouble.told(Lang::En) }))
    } else {
        let what = trouble.told(asked.lang).to_owned();
        let title = asked.lang.w("无法显示", "Not shown");
        let page = TroublePage { shell: Shell::new(asked, "", title), status: status.as_u16(), what: what.clone() };
        html(asked, &page).unwrap_or_else(|_| Response::new(Body::from(what)))
    };
    *response.status_mut() = status;
    response
}

pub fn json_text(value: &impl serde::Serialize) -> Response<Body> {
    let mut response = Response::new(Body::from(serde_json::to_vec(value).unwrap_or_default()));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// A file to keep.
pub fn download(content_type: &'static str, name: &str, body: Vec<u8>) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    response
}

const PAGES: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; \
                     frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Refuses foreign names and methods, and sets the headers that every answer carries.
pub async fn guard(request: Request, next: Next) -> Response<Body> {
    let mut response = match refused(&request) {
        Some((status, why)) => (status, format!("{why}\n")).into_response(),
        None => next.run(request).await,
    };
    let headers = response.headers_mut();
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        // Not `no-referrer`: with it a browser sends a form of ours with `Origin: null`, which no mark is taken from.
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("x-dns-prefetch-control", "off"),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(PAGES));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-cache"));
    response
}

fn refused(request: &Request) -> Option<(StatusCode, &'static str)> {
    let headers = request.headers();
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    if !host.is_some_and(of_this_machine) || headers.get_all(header::HOST).iter().count() != 1 {
        return Some((StatusCode::MISDIRECTED_REQUEST, "ask for it by a name of this machine: 127.0.0.1 or localhost"));
    }
    if *request.method() == Method::POST && !from_own_pages(headers, host.unwrap_or_default()) {
        return Some((StatusCode::FORBIDDEN, "marks are set from these pages only"));
    }
    None
}

/// `localhost` or a loopback address, at any port: a tunnel may lead here.
fn of_this_machine(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    name.eq_ignore_ascii_case("localhost")
        || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn from_own_pages(headers: &HeaderMap, host: &str) -> bool {
    let said = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    said("origin").is_none_or(|origin| origin.eq_ignore_ascii_case(&format!("http://{host}")))
        && said("sec-fetch-site").is_none_or(|site| site == "same-origin" || site == "none")
}

pub async fn only_get() -> impl IntoResponse {
    (StatusCode::METHOD_NOT_ALLOWED, "these pages are for reading: GET\n")
}

pub async fn style() -> impl IntoResponse {
    fixed("text/css; charset=utf-8", include_str!("pages/style.css"))
}

pub async fn script() -> impl IntoResponse {
    fixed("text/javascript; charset=utf-8", include_str!("pages/page.js"))
}

pub async fn icon() -> impl IntoResponse {
    fixed("image/svg+xml", include_str!("pages/icon.svg"))
}

fn fixed(content_type: &'static str, text: &'static str) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, "max-age=300")], text)
}

impl Lang {
    /// What kind of trouble, as a heading.
    pub fn trouble(&self, status: u16) -> &'static str {
        match (status, self) {
            (404, Lang::Zh) => "没有这一页",
            (404, Lang::En) => "There is no such page",
            (400, Lang::Zh) => "地址有误",
            (400, Lang::En) => "The address is wrong",
            (403, Lang::Zh) => "没有权限",
            (403, Lang::En) => "Not allowed",
            (409, Lang::Zh) => "存档正被使用",
            (409, Lang::En) => "The archive is in use",
            (_, Lang::Zh) => "暂时无法显示",
            (_, Lang::En) => "It can't be shown now",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::of_this_machine;

    #[test]
    fn names_of_this_machine() {
        for host in ["127.0.0.1:8642", "localhost", "LOCALHOST:1", "[::1]:8642", "[::1]", "127.9.9.9"] {
            assert!(of_this_machine(host), "{host}");
        }
        for host in
            ["evil.example", "127.0.0.1.evil.example:80", "localhost.evil.example", "10.0.0.1:1", "", ":80", "0.0.0.0"]
        {
            assert!(!of_this_machine(host), "{host}");
        }
    }
}
