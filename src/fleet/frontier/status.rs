//! What the fleet is doing, as the server knows it.

use serde::Serialize;
use tokio_postgres::{Error, Row};

use super::server::Server;
use super::time::At;
use crate::clock::rfc3339;
use crate::crawl::CrawlError;

/// `gongkai fleet status --json`.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    pub workers: Vec<WorkerNow>,
    pub hosts: u64,
    /// Worked through now.
    pub hosts_claimed: u64,
    pub hosts_blocked: Vec<HostAlone>,
    pub addresses: u64,
    /// Due and not leased.
    pub due: u64,
    pub leased: u64,
    /// Settled in the last minute, over all workers.
    pub per_minute: u64,
    /// For how long the address that waits longest has been due, seconds.
    pub lag_s: u64,
    /// Of the workers in this list, since each began.
    pub shards: u64,
    pub bytes: u64,
}

#[derive(Clone, Debug, Serialize)]
pub struct WorkerNow {
    pub name: String,
    pub crawl: String,
    /// working | silent | ended
    pub state: &'static str,
    /// Seconds.
    pub heard_ago_s: u64,
    pub in_flight: u64,
    pub settled: u64,
    pub per_minute: u64,
    pub shards: u64,
    pub bytes: u64,
}

/// A host that is left alone for now.
#[derive(Clone, Debug, Serialize)]
pub struct HostAlone {
    pub host: String,
    pub outcome: String,
    /// RFC 3339.
    pub until: String,
}

/// Hosts named in a status.
const NAMED: i64 = 50;

pub async fn status(server: &Server) -> Result<Status, CrawlError> {
    server.ask(|client| async move { read(&client).await }).await
}

async fn read(client: &deadpool_postgres::Object) -> Result<Status, Error> {
    let workers = client
        .query(
            "SELECT name, crawl, CASE WHEN ended_at IS NOT NULL THEN 'ended' WHEN heard_at < clock_timestamp() - interval '15 s' THEN 'silent'
                    ELSE 'working' END, greatest(extract(epoch FROM clock_timestamp() - heard_at)::bigint, 0),
                    in_flight, settled, per_minute, shards, bytes
             FROM worker WHERE ended_at IS NULL OR ended_at > clock_timestamp() - interval '1 day' ORDER BY name",
            &[],
        )
        .await?;
    let workers: Vec<WorkerNow> = workers.iter().map(worker).collect();
    let hosts = client
        .query_one(
            "SELECT count(*), count(*) FILTER (WHERE claimed_by IS NOT NULL), coalesce(sum(leased), 0)::bigint,
                    coalesce(sum(addresses), 0)::bigint FROM host",
            &[],
        )
        .await?;
    let blocked = client
        .query(
            "SELECT name, coalesce(blocked_outcome, ''), blocked_until FROM host WHERE blocked_until > clock_timestamp()
             ORDER BY blocked_until DESC LIMIT $1",
            &[&NAMED],
        )
        .await?;
    let due = client
        .query_one(
            "SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - min(due_at))::bigint, 0) FROM url
             WHERE state IN ('due', 'settled') AND due_at <= clock_timestamp()
               AND (leased_until IS NULL OR leased_until <= clock_timestamp())",
            &[],
        )
        .await?;
    let sum = |of: fn(&WorkerNow) -> u64| workers.iter().map(of).sum();
    Ok(Status {
        hosts: count(&hosts, 0),
        hosts_claimed: count(&hosts, 1),
        leased: count(&hosts, 2),
        addresses: count(&hosts, 3),
        hosts_blocked: blocked.iter().map(alone).collect(),
        due: count(&due, 0),
        lag_s: count(&due, 1),
        per_minute: sum(|worker| worker.per_minute),
        shards: sum(|worker| worker.shards),
        bytes: sum(|worker| worker.bytes),
        workers,
    })
}

fn worker(row: &Row) -> WorkerNow {
    WorkerNow {
        name: row.get(0),
        crawl: row.get(1),
        state: match row.get(2) {
            "ended" => "ended",
            "silent" => "silent",
            _ => "working",
        },
        heard_ago_s: count(row, 3),
        in_flight: count(row, 4),
        settled: count(row, 5),
        per_minute: count(row, 6),
        shards: count(row, 7),
        bytes: count(row, 8),
    }
}

fn alone(row: &Row) -> HostAlone {
    HostAlone { host: row.get(0), outcome: row.get(1), until: rfc3339(row.get::<_, At>(2).0) }
}

fn count(row: &Row, column: usize) -> u64 {
    row.get::<_, i64>(column).unsigned_abs()
}
