//! Putting addresses in, many at a time.

use std::collections::{BTreeMap, BTreeSet};

use deadpool_postgres::{Object, Transaction};
use jiff::Timestamp;
use tokio_postgres::Error;

use super::server::Server;
use super::time::At;
use crate::crawl::CrawlError;
use crate::crawl::frontier::{Found, Held, host_of};
use crate::digest::Digest;
use crate::exchange::Query;
use crate::parse;
use crate::seed::Seed;

/// Seeds in one transaction.
const BATCH: usize = 1_000;

/// Puts the seeds in. What is known already keeps its state and learns its agency. Any number of workers may do so at once.
pub async fn plant(server: &Server, seeds: &[Seed], now: Timestamp) -> Result<(), CrawlError> {
    for batch in seeds.chunks(BATCH) {
        server.ask(|client| plant_batch(client, batch, now)).await?;
    }
    Ok(())
}

async fn plant_batch(mut client: Object, seeds: &[Seed], now: Timestamp) -> Result<(), Error> {
    let tx = client.transaction().await?;
    let names: BTreeSet<&str> = seeds.iter().map(|seed| seed.agency.as_str()).collect();
    let names: Vec<&str> = names.into_iter().collect();
    tx.execute("INSERT INTO agency (name) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING", &[&names]).await?;
    let rows = tx.query("SELECT name, id FROM agency WHERE name = ANY ($1)", &[&names]).await?;
    let ids: BTreeMap<String, i64> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let mut found: Vec<Found> = seeds.iter().map(|seed| Found::seed(seed, ids.get(&seed.agency).copied())).collect();
    let mut keys = BTreeSet::new();
    found.retain(|found| keys.insert(digest_of(found)));
    lock(&tx, hosts_of(&found)).await?;
    add(&tx, &found, now).await?;
    // Found or fetched before it was a seed: from now on it leads on like one.
    let rows = Rows::of(&found);
    tx.execute(
        "UPDATE url SET role = new.role, hop = new.hop, priority = new.priority, depth = 0, pages = 0, due_at = $6,
                        agency = coalesce(url.agency, new.agency)
         FROM unnest($1::bytea[], $2::text[], $3::text[], $4::bigint[], $5::bigint[]) AS new (key_digest, role, hop, priority, agency)
         WHERE url.key_digest = new.key_digest AND depth > 0",
        &[&rows.digests, &rows.roles, &rows.hops, &rows.priorities, &rows.agencies, &At(now)],
    )
    .await?;
    tx.commit().await
}

/// What the index tells addresses apart by.
pub fn digest_of(found: &Found) -> Vec<u8> {
    Digest::of(found.key().as_str().as_bytes()).as_bytes().to_vec()
}

pub fn hosts_of(found: &[Found]) -> BTreeSet<String> {
    found.iter().map(|found| host_of(&found.url)).collect()
}

/// Locks hosts, in the order in which everybody does, and makes those that are new.
pub async fn lock(tx: &Transaction<'_>, hosts: BTreeSet<String>) -> Result<Held, Error> {
    let hosts: Vec<String> = hosts.into_iter().collect();
    let statement =
        tx.prepare_cached("INSERT INTO host (name) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING").await?;
    tx.execute(&statement, &[&hosts]).await?;
    let statement = tx
        .prepare_cached("SELECT name, addresses FROM host WHERE name = ANY ($1) ORDER BY name FOR NO KEY UPDATE")
        .await?;
    let rows = tx.query(&statement, &[&hosts]).await?;
    let addresses = rows.iter().map(|row| (row.get(0), row.get::<_, i64>(1).unsigned_abs())).collect();
    Ok(Held { addresses, ..Held::default() })
}

/// Which of them the frontier means to ask for already. Their hosts are locked.
pub async fn known(tx: &Transaction<'_>, found: &[Found], held: &mut Held) -> Result<(), Error> {
    let digests: Vec<Vec<u8>> = found.iter().map(digest_of).collect();
    let statement = tx.prepare_cached("SELECT key FROM url WHERE key_digest = ANY ($1) AND state <> 'passed'").await?;
    held.known.extend(tx.query(&statement, &[&digests]).await?.iter().map(|row| row.get::<_, String>(0)));
    Ok(())
}

/// Adds addresses, due now. Those that were only passed by are new; others stay as they are. Their hosts are locked.
pub async fn add(tx: &Transaction<'_>, found: &[Found], now: Timestamp) -> Result<(), Error> {
    if found.is_empty() {
        return Ok(());
    }
    let rows = Rows::of(found);
    let statement = tx
        .prepare_cached(
            "WITH added AS (
                INSERT INTO url (key_digest, key, address, body, host, agency, role, hop, depth, pages, redirects, via, anchor, score,
                                 priority, year, state, due_at, first_seen_at)
                SELECT *, 'due', $17, $17
                FROM unnest($1::bytea[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::text[],
                            $9::integer[], $10::integer[], $11::integer[], $12::bigint[], $13::text[], $14::integer[],
                            $15::bigint[], $16::integer[]) AS new (key_digest)
                ORDER BY new.key_digest
                ON CONFLICT (key_digest) DO UPDATE SET
                    state = 'due', due_at = $17, agency = excluded.agency, role = excluded.role, hop = excluded.hop,
                    depth = excluded.depth, pages = excluded.pages, redirects = excluded.redirects, via = excluded.via,
                    anchor = excluded.anchor, score = excluded.score, priority = excluded.priority, year = excluded.year
                    WHERE url.state = 'passed'
                RETURNING host, xmax = 0 AS is_new
            ), by_host AS (
                SELECT host AS name, count(*) FILTER (WHERE is_new) AS number FROM added GROUP BY host
            )
            UPDATE host SET addresses = addresses + number, due_at = least(due_at, $17) FROM by_host WHERE host.name = by_host.name",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            &rows.digests,
            &rows.keys,
            &rows.addresses,
            &rows.bodies,
            &rows.hosts,
            &rows.agencies,
            &rows.roles,
            &rows.hops,
            &rows.depths,
            &rows.pages,
            &rows.redirects,
            &rows.vias,
            &rows.anchors,
            &rows.scores,
            &rows.priorities,
            &rows.years,
            &At(now),
        ],
    )
    .await
    .map(drop)
}

/// Addresses column by column, as they are sent.
#[derive(Default)]
struct Rows<'a> {
    digests: Vec<Vec<u8>>,
    keys: Vec<String>,
    addresses: Vec<&'a str>,
    bodies: Vec<Option<&'a str>>,
    hosts: Vec<String>,
    agencies: Vec<Option<i64>>,
    roles: Vec<&'static str>,
    hops: Vec<&'static str>,
    depths: Vec<i32>,
    pages: Vec<i32>,
    redirects: Vec<i32>,
    vias: Vec<Option<i64>>,
    anchors: Vec<String>,
    scores: Vec<i32>,
    priorities: Vec<i64>,
    years: Vec<Option<i32>>,
}

impl<'a> Rows<'a> {
    fn of(found: &'a [Found]) -> Rows<'a> {
        let mut rows = Rows::default();
        for found in found {
            rows.digests.push(digest_of(found));
            rows.keys.push(found.key().as_str().to_owned());
            rows.addresses.push(found.url.as_str());
            rows.bodies.push(found.query.as_ref().map(Query::as_str));
            rows.hosts.push(host_of(&found.url));
            rows.agencies.push(found.agency);
            rows.roles.push(found.role.as_str());
            rows.hops.push(found.hop.as_str());
            rows.depths.push(number(found.depth));
            rows.pages.push(number(found.pages));
            rows.redirects.push(number(found.redirects));
            rows.vias.push(found.via);
            // PostgreSQL's text knows no NUL.
            rows.anchors.push(found.anchor.replace('\0', " "));
            rows.scores.push(found.score);
            rows.priorities.push(found.role.priority());
            rows.years.push(parse::year_in_title(&found.anchor).map(i32::from));
        }
        rows
    }
}

fn number(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
