//! The archive as pages for people who write no SQL, and the same as JSON: read-only, on this machine alone, in Chinese and
//! English. One file a page; what all of them share is the door (who may ask, with which headers) and the overview.

mod against;
mod agency;
mod api;
mod asked;
mod cell;
mod chart;
mod codes;
mod compare;
mod coverage;
mod door;
mod findings;
mod form;
mod frame;
mod labels;
mod mark;
mod overview;
mod places;
mod replay;
mod report;
mod run;
mod search;
mod shell;
mod unnamed;
mod wording;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::{MethodRouter, get, post};
use rusqlite::Connection;
use tokio::sync::Semaphore;

use crate::store::Store;
use asked::Asked;
use door::Trouble;
use overview::Overview;

pub use codes::in_chinese;
pub use run::{Progress, progress};
pub use wording::is_worded;

/// Pages made at a time; who comes more waits, up to [`PATIENCE`].
const AT_ONCE: usize = 8;
const PATIENCE: Duration = Duration::from_secs(10);
/// Connections kept open between pages.
const KEPT: usize = AT_ONCE;
/// How often the archive is looked at for changes; more seldom where looking takes long.
const LOOK: Duration = Duration::from_secs(2);
const REST: u32 = 10;

/// What every page is made from.
struct Site {
    store: Store,
    token: String,
    kept: Mutex<Vec<Connection>>,
    overview: Mutex<Arc<Overview>>,
    gate: Semaphore,
}

/// A page, from a connection to the archive and what was asked.
type Page = fn(&Site, &Connection, &Asked) -> Result<Response, Trouble>;

/// Where it is served, and the token that lets a reader mark findings.
#[derive(Clone, Debug)]
pub struct Served {
    pub address: SocketAddr,
    pub token: String,
}

#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("{0} is not on this machine: pages are served at a loopback address, like 127.0.0.1:8642")]
    NotLoopback(SocketAddr),
    #[error("{address} can't be served at: {source}")]
    Bind { address: SocketAddr, source: std::io::Error },
    #[error("there is no randomness for a token: {0}")]
    Token(String),
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
}

/// Serves `store` until the runtime ends.
pub async fn start(store: Store, bind: SocketAddr) -> Result<Served, ServeError> {
    if !bind.ip().is_loopback() {
        return Err(ServeError::NotLoopback(bind));
    }
    let fault = |source| ServeError::Bind { address: bind, source };
    let listener = tokio::net::TcpListener::bind(bind).await.map_err(fault)?;
    let address = listener.local_addr().map_err(fault)?;
    let token = token()?;
    let connection = store.reader()?;
    let overview = Overview::build(&connection, None)?;
    let site = Arc::new(Site {
        store,
        token: token.clone(),
        kept: Mutex::new(vec![connection]),
        overview: Mutex::new(Arc::new(overview)),
        gate: Semaphore::new(AT_ONCE),
    });
    tokio::spawn(keep_current(Arc::downgrade(&site)));
    let router = router(site);
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!("pages are no longer served: {error}");
        }
    });
    Ok(Served { address, token })
}

fn token() -> Result<String, ServeError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|fault| ServeError::Token(fault.to_string()))?;
    Ok(data_encoding::HEXLOWER.encode(&bytes))
}

fn router(site: Arc<Site>) -> Router {
    Router::new()
        .route("/", at(coverage::page))
        .route("/report/{capture}", at(report::page))
        .route("/report/{capture}/cell", at(cell::panel))
        .route("/report/{capture}/against/{other}", at(against::page))
        .route("/frame/{capture}", at(frame::page))
        .route("/agency", at(agency::page))
        .route("/unnamed", at(unnamed::page))
        .route("/compare", at(compare::page))
        .route("/compare.csv", at(compare::csv))
        .route("/findings", at(findings::page))
        .route("/findings.csv", at(findings::csv))
        .route("/mark", post(mark::set))
        .route("/search", at(search::page))
        .route("/capture/{capture}", at(replay::page))
        .route("/raw/{capture}", at(replay::raw))
        .route("/runs", at(run::page))
        .route("/runs/{crawl}", at(run::one_page))
        .route("/api", at(api::about))
        .route("/api/openapi.json", at(api::openapi))
        .route("/api/coverage", at(api::coverage))
        .route("/api/reports/{capture}", at(api::report))
        .route("/api/reports/{capture}/proof", at(api::proof))
        .route("/api/agency", at(api::agency))
        .route("/api/unnamed", at(api::unnamed))
        .route("/api/compare", at(api::compare))
        .route("/api/findings", at(api::findings))
        .route("/api/search", at(api::search))
        .route("/api/captures/{capture}", at(api::capture))
        .route("/api/run", at(api::run))
        .route("/metrics", at(api::metrics))
        .route("/style.css", get(door::style))
        .route("/page.js", get(door::script))
        .route("/icon.svg", get(door::icon))
        .fallback(at(|_, _, asked| Err(asked.nowhere())))
        .method_not_allowed_fallback(door::only_get)
        .layer(axum::middleware::from_fn(door::guard))
        .with_state(site)
}

fn at(page: Page) -> MethodRouter<Arc<Site>> {
    get(move |State(site): State<Arc<Site>>, request: Request| async move {
        let asked = Asked::of(&request, &site.token);
        answer(site, page, asked).await
    })
}

async fn answer(site: Arc<Site>, page: Page, asked: Asked) -> Response {
    let Ok(Ok(permit)) = tokio::time::timeout(PATIENCE, site.gate.acquire()).await else {
        return door::trouble(&asked, &Trouble::Busy);
    };
    let inside = site.clone();
    let made = tokio::task::spawn_blocking(move || {
        let made = inside.with_connection(|connection| page(&inside, connection, &asked));
        made.unwrap_or_else(|trouble| door::trouble(&asked, &trouble))
    });
    let response =
        made.await.unwrap_or_else(|_| door::trouble(&Asked::default(), &Trouble::Fault("the page failed".into())));
    drop(permit);
    response
}

impl Site {
    /// Lends a kept connection; each page reads from one snapshot.
    fn with_connection<T>(&self, work: impl FnOnce(&Connection) -> Result<T, Trouble>) -> Result<T, Trouble> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match kept {
            Some(connection) => connection,
            None => self.store.reader()?,
        };
        connection.execute_batch("BEGIN")?;
        let made = work(&connection);
        connection.execute_batch("COMMIT")?;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < KEPT {
            kept.push(connection);
        }
        made
    }

    fn overview(&self) -> Arc<Overview> {
        self.overview.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Rebuilds the overview when the archive has changed; first of all with what holds across years, which takes longest.
async fn keep_current(site: std::sync::Weak<Site>) {
    let mut seen: Option<i64> = None;
    let mut watcher: Option<Connection> = None;
    loop {
        let Some(held) = site.upgrade() else { return };
        let begun = tokio::time::Instant::now();
        let looked = tokio::task::spawn_blocking(move || {
            let connection = match watcher {
                Some(connection) => connection,
                None => held.store.reader()?,
            };
            // Of this one connection: it changes when any other has written.
            let version: i64 = connection.query_row("PRAGMA data_version", [], |row| row.get(0))?;
            if seen != Some(version) {
                let built = Overview::build(&connection, Some(&held.overview()))?;
                *held.overview.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(built);
            }
            Ok::<_, crate::store::StoreError>((connection, version))
        })
        .await;
        match looked {
            Ok(Ok((connection, version))) => (watcher, seen) = (Some(connection), Some(version)),
            Ok(Err(fault)) => {
                tracing::warn!("the overview is not current: {fault}");
                (watcher, seen) = (None, None);
            }
            Err(fault) => {
                tracing::error!("the overview failed: {fault}");
                (watcher, seen) = (None, None);
            }
        }
        tokio::time::sleep(LOOK.max(begun.elapsed() * REST)).await;
    }
}
