//! `--metrics`: what a monitor asks for, served during a run or left in a file at its end.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::metrics;
use crate::store::Store;

/// Where to: an address to serve at, else a file (for the textfile collector of node_exporter).
#[derive(Clone, Debug)]
pub enum To {
    Serve(SocketAddr),
    File(PathBuf),
}

impl std::str::FromStr for To {
    type Err = String;

    fn from_str(text: &str) -> Result<To, String> {
        match text.parse::<SocketAddr>() {
            // Nothing of the archive is for other machines unless a proxy of the user's gives it to them.
            Ok(address) if !address.ip().is_loopback() => {
                Err(format!("{address} is not on this machine: write 127.0.0.1:9464"))
            }
            Ok(address) => Ok(To::Serve(address)),
            Err(_) => Ok(To::File(text.into())),
        }
    }
}

/// What is to be told, whenever it is asked for.
pub type Text = Arc<dyn Fn() -> anyhow::Result<String> + Send + Sync>;

/// Of an archive.
pub fn of_archive(store: &Store) -> Text {
    let store = store.clone();
    Arc::new(move || Ok(metrics::text(&store.reader()?)?))
}

/// Serves until the runtime ends.
pub async fn serve(address: SocketAddr, text: Text) -> anyhow::Result<()> {
    let listener = tokio::net::TcpListener::bind(address)
        .await
        .with_context(|| format!("metrics can't be served at {address}"))?;
    tell!("metrics at http://{}/metrics", listener.local_addr()?);
    let page = get(move || {
        let text = text.clone();
        async move { tokio::task::spawn_blocking(move || answer(&text)).await.unwrap_or_else(|_| failed("it stopped")) }
    });
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, Router::new().route("/metrics", page)).await {
            tracing::warn!("metrics are no longer served: {error}");
        }
    });
    Ok(())
}

fn answer(text: &Text) -> Response {
    match text() {
        Ok(text) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response(),
        Err(error) => failed(&error.to_string()),
    }
}

fn failed(why: &str) -> Response {
    (StatusCode::INTERNAL_SERVER_ERROR, format!("{why}\n")).into_response()
}

/// Leaves them in the file, at the end of a run, that `to` may name. What is said about a run undoes nothing of it.
pub fn leave(to: Option<&To>, text: &Text) {
    if let Some(To::File(path)) = to
        && let Err(error) = write(path, text)
    {
        tracing::warn!("no metrics: {error:#}");
    }
}

/// Writes beside the name and renames: a collector never reads half a file.
fn write(path: &PathBuf, text: &Text) -> anyhow::Result<()> {
    let text = text()?;
    let beside = path.with_extension("part");
    std::fs::write(&beside, text)
        .and_then(|()| std::fs::rename(&beside, path))
        .with_context(|| format!("{} can't be written", path.display()))
}
