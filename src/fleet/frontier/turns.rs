//! One request at a time and never too soon, over all workers: by the server's clock.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::server::Server;
use crate::crawl::CrawlError;
use crate::crawl::frontier::{Gaps, Turn};

/// Waits for the turn of a host and a server. `claim` is the number under which the host is held, none where it is not.
pub async fn turn(
    server: &Server,
    (host, claim): (&str, Option<i64>),
    peer: IpAddr,
    gaps: Gaps,
    lasts: Duration,
) -> Result<Turn, CrawlError> {
    let (name, ip) = (host.to_owned(), peer.to_string());
    loop {
        match ask(server, &name, claim, &ip, gaps, lasts).await? {
            Answer::Given(turn) => {
                let (began, server) = (Instant::now(), server.clone());
                return Ok(Turn::until(move || {
                    // Nobody waits for this one; where the runtime ends with it, the turn ends by itself.
                    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
                        runtime.spawn(async move { end(&server, &name, &ip, turn, began).await });
                    }
                }));
            }
            Answer::Wait(wait) => sleep(wait).await,
            Answer::Taken => return Err(CrawlError::Taken(host.to_owned())),
        }
    }
}

enum Answer {
    Given(i64),
    Wait(Duration),
    Taken,
}

async fn ask(
    server: &Server,
    host: &str,
    claim: Option<i64>,
    peer: &str,
    gaps: Gaps,
    lasts: Duration,
) -> Result<Answer, CrawlError> {
    let (host_gap, peer_gap, lasts) = (gaps.host.as_secs_f64(), gaps.address.as_secs_f64(), lasts.as_secs_f64());
    server
        .ask(|client| async move {
                let statement = client
                    .prepare_cached(
                        "SELECT turn, extract(epoch FROM wait)::float8, taken
                         FROM take_turn($1, $2, $3::text::inet, make_interval(secs => $4), make_interval(secs => $5), make_interval(secs => $6))",
                    )
                    .await?;
                let row =
                    client.query_one(&statement, &[&host, &claim, &peer, &host_gap, &peer_gap, &lasts]).await?;
                let (turn, wait): (Option<i64>, Option<f64>) = (row.get(0), row.get(1));
                Ok(match turn {
                    Some(turn) => Answer::Given(turn),
                    None if row.get(2) => Answer::Taken,
                    None => Answer::Wait(Duration::from_secs_f64(wait.unwrap_or_default().max(0.001))),
                })
        })
        .await
}

async fn end(server: &Server, host: &str, peer: &str, turn: i64, began: Instant) {
    let ended = server.ask(|client| async move {
        let ago = began.elapsed().as_secs_f64();
        let statement =
            client.prepare_cached("SELECT end_turn($1, $2::text::inet, $3, make_interval(secs => $4))").await?;
        client.execute(&statement, &[&host, &peer, &turn, &ago]).await.map(drop)
    });
    if let Err(fault) = ended.await {
        tracing::warn!("the turn of {host} ends by itself: {fault}");
    }
}
