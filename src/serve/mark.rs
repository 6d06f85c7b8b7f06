//! The one write: what a reader thinks of a finding. With the token, from these pages, through the archive's writer.

use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use url::form_urlencoded;

use super::Site;
use super::asked::Asked;
use super::door::{Trouble, trouble};
use super::shell::plain;
use crate::clock::{Clock, rfc3339};
use crate::dataset::{self, MARKS, Mark, Marked};
use crate::store::{Access, Store};

/// A note is a remark, not a file.
const BODY: usize = 16 << 10;
const NOTE: usize = 2_000;

pub async fn set(State(site): State<Arc<Site>>, request: Request) -> Response {
    let asked = Asked::of(&request, &site.token);
    match kept(&site, &asked, request).await {
        Ok(back) => (StatusCode::SEE_OTHER, [(header::LOCATION, back)]).into_response(),
        Err(fault) => trouble(&asked, &fault),
    }
}

async fn kept(site: &Arc<Site>, asked: &Asked, request: Request) -> Result<HeaderValue, Trouble> {
    if !asked.may_mark {
        return Err(Trouble::NoToken);
    }
    let body =
        to_bytes(request.into_body(), BODY).await.map_err(|_| Trouble::bad("备注太长", "the note is too long"))?;
    let given: Vec<(String, String)> = form_urlencoded::parse(&body).into_owned().collect();
    let field = |name: &str| given.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.trim()).to_owned();
    let fingerprint = field("fingerprint");
    if fingerprint.len() != 16 || !fingerprint.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(Trouble::bad("fingerprint 不是 16 位十六进制数", "fingerprint is not 16 hex digits"));
    }
    let verdict = field("verdict");
    if !MARKS.contains(&verdict.as_str()) {
        let known = MARKS.join(", ");
        return Err(Trouble::bad(format!("verdict 只能是 {known}"), format!("verdict is none of {known}")));
    }
    let year = field("year").parse().map_err(|_| Trouble::bad("year 不是数字", "year is no number"))?;
    let marked = Marked { agency: field("agency"), year, fingerprint };
    let note: String = plain(&field("note")).chars().take(NOTE).collect();
    let mark = Mark { verdict, note, marked_at: rfc3339(Clock::system().now()) };
    let path = site.store.path().to_owned();
    let written = tokio::task::spawn_blocking(move || -> Result<(), Trouble> {
        // A crawl may be writing, or begin to, and is not kept out.
        let store = Store::open(&path, Access::Beside)?;
        Ok(store.write_blocking(move |tx| dataset::set_mark(tx, &marked, &mark))?)
    });
    written.await.map_err(|_| Trouble::Fault("a mark was not kept".into()))??;
    let back = field("back");
    // Only to a page of ours: `//host` and `/\host` lead elsewhere.
    let own = back.starts_with('/') && !back[1..].starts_with(['/', '\\']) && !back.contains(['\r', '\n']);
    Ok(HeaderValue::from_str(if own { &back } else { "/findings" }).unwrap_or(HeaderValue::from_static("/findings")))
}
