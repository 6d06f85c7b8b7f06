//! robots.txt of hosts, for all workers.

use deadpool_postgres::Object;
use jiff::Timestamp;
use tokio_postgres::Error;

use super::time::At;
use crate::crawl::frontier::Robots;
use crate::exchange::Transport;

/// As it was had after `since`.
pub async fn rules(client: Object, host: &str, since: Timestamp) -> Result<Option<Vec<u8>>, Error> {
    let statement = client
        .prepare_cached(
            "SELECT coalesce(robots_rules, '') FROM host WHERE name = $1 AND robots_at > $2 AND robots_state <> 'unreachable'",
        )
        .await?;
    Ok(client.query_opt(&statement, &[&host, &At(since)]).await?.map(|row| row.get(0)))
}

pub async fn keep(client: Object, robots: &Robots) -> Result<(), Error> {
    let statement = client
        .prepare_cached(
            "INSERT INTO host (name, robots_state, robots_rules, robots_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (name) DO UPDATE SET robots_state = $2, robots_rules = $3, robots_at = $4",
        )
        .await?;
    client.execute(&statement, &[&robots.host, &robots.state, &robots.rules, &At(robots.now)]).await.map(drop)
}

/// Whether a seed or a link names an http address of the host.
pub async fn speaks_http(client: Object, host: &str) -> Result<bool, Error> {
    let statement =
        client.prepare_cached("SELECT EXISTS (SELECT 1 FROM url WHERE host = $1 AND address LIKE 'http:%')").await?;
    Ok(client.query_one(&statement, &[&host]).await?.get(0))
}

pub async fn transported(client: Object, host: &str, transport: Transport) -> Result<(), Error> {
    let statement = client
        .prepare_cached("UPDATE host SET transport = $2 WHERE name = $1 AND transport IS DISTINCT FROM $2")
        .await?;
    client.execute(&statement, &[&host, &transport.as_str()]).await.map(drop)
}
