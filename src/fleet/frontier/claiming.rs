//! Taking hosts and addresses, and giving them back.

use std::str::FromStr;

use deadpool_postgres::Object;
use jiff::Timestamp;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error, Row};
use url::Url;

use super::time::At;
use crate::archive::warc::Original;
use crate::clock::rfc3339;
use crate::crawl::Condition;
use crate::crawl::frontier::{Claim, LEASE, Lease, Remembered, Role, Season, after, refuses};
use crate::digest::Digest;
use crate::exchange::{Hop, Query, Transport};

/// What is told of an address `taken` and its host `held`, as [`taken`] reads it.
macro_rules! lease {
    () => {
        "SELECT held.name, held.claim, held.last_start_at, held.slowdown, held.refused_at, held.transport,
                taken.id, taken.token, taken.address, taken.body, taken.via, taken.role, taken.hop, taken.depth, taken.pages,
                taken.redirects, taken.agency, taken.attempts, taken.etag, taken.last_modified,
                taken.captured_url, taken.captured_at, taken.digest,
                (SELECT address FROM url v WHERE v.id = taken.via AND taken.body IS NOT NULL)
         FROM held JOIN taken ON taken.host = held.name"
    };
}

/// Locks the hosts that `$ready` names and leases the first address of each. Parameters:
///   $1 now, $2 session, $3 end of leases, $4 roles in their order, $5 leases this session knows of
///
/// An address that this session leased and does not know of is one whose answer was lost: it is taken again.
macro_rules! taking {
    ($ready:literal) => {
        concat!(
            "WITH ready AS MATERIALIZED (",
            $ready,
            "), next AS MATERIALIZED (
                SELECT ready.name, first.id, first.was_free FROM ready LEFT JOIN LATERAL (
                    SELECT waiting.id, waiting.was_free FROM unnest($4::bigint[]) WITH ORDINALITY AS role (priority, place), LATERAL (
                        SELECT id, leased_until IS NULL AS was_free FROM url
                        WHERE host = ready.name AND url.priority = role.priority AND state IN ('due', 'settled') AND due_at <= $1
                          AND (leased_until IS NULL OR leased_until <= $1 OR (leased_by = $2 AND id <> ALL ($5::bigint[])))
                        ORDER BY due_at, id LIMIT 1
                    ) waiting ORDER BY place LIMIT 1
                ) first ON true
            ), taken AS (
                UPDATE url SET leased_until = $3, leased_by = $2, token = nextval('fence') FROM next WHERE url.id = next.id
                RETURNING url.*
            ), held AS (
                UPDATE host SET claimed_by = CASE WHEN next.id IS NOT NULL THEN $2 END,
                                claim = CASE WHEN next.id IS NULL THEN NULL WHEN claimed_by = $2 THEN coalesce(claim, nextval('fence'))
                                             ELSE nextval('fence') END,
                                leased = leased + CASE WHEN next.was_free THEN 1 ELSE 0 END,
                                due_at = CASE WHEN next.id IS NULL THEN wake(host.name, $1) ELSE due_at END
                FROM next WHERE host.name = next.name
                RETURNING host.*
            )
            ",
            lease!()
        )
    };
}

const CLAIM: &str = taking!(
    "SELECT name FROM host
     WHERE due_at <= $1 AND (blocked_until IS NULL OR blocked_until <= $1)
       AND (claimed_by IS NULL OR (claimed_by = $2 AND name <> ALL ($6::text[])))
       AND ($7::text IS NULL OR name = $7)
     ORDER BY due_at, name LIMIT $8 FOR NO KEY UPDATE SKIP LOCKED"
);
const NEXT: &str = taking!(
    "SELECT host.name FROM host, unnest($6::text[], $7::bigint[]) AS held (name, claim)
     WHERE host.name = held.name AND claimed_by = $2 AND host.claim = held.claim AND (blocked_until IS NULL OR blocked_until <= $1)
     ORDER BY host.name FOR NO KEY UPDATE OF host"
);
const NOW: &str = concat!(
    "WITH next AS MATERIALIZED (
        SELECT id, leased_until IS NULL AS was_free FROM url WHERE key_digest = $1 FOR NO KEY UPDATE
    ), taken AS (
        UPDATE url SET leased_until = $2, leased_by = $3, token = nextval('fence') FROM next WHERE url.id = next.id RETURNING url.*
    ), held AS (
        UPDATE host SET leased = leased + CASE WHEN next.was_free THEN 1 ELSE 0 END FROM taken, next WHERE host.name = taken.host
        RETURNING host.*
    )
    ",
    lease!()
);

/// An address taken, and what only the keeper needs of it.
pub struct Taken {
    pub lease: Lease,
    /// Its last capture with a body, and that body's digest.
    pub original: Option<(Original, Digest)>,
    /// The number under which its host is held.
    pub claim: Option<i64>,
    pub known: Remembered,
}

impl Taken {
    pub fn claim(&self) -> Claim {
        Claim { host: self.known.host.clone(), known: Some(self.known.clone()), first: Some(self.lease.clone()) }
    }
}

/// Who takes, and when.
pub struct Taker<'a> {
    pub session: i64,
    /// Addresses it holds.
    pub leases: &'a [i64],
    pub now: Timestamp,
}

impl Taker<'_> {
    pub async fn claim(
        &self,
        client: Object,
        only: Option<&str>,
        room: i64,
        busy: &[&str],
    ) -> Result<Vec<Taken>, Error> {
        self.take(&client, CLAIM, &[&busy, &only, &room]).await
    }

    /// The next address of each of these hosts that has one.
    pub async fn next(&self, client: Object, hosts: &[&str], claims: &[i64]) -> Result<Vec<Taken>, Error> {
        self.take(&client, NEXT, &[&hosts, &claims]).await
    }

    async fn take(&self, client: &Object, sql: &str, more: &[&(dyn ToSql + Sync)]) -> Result<Vec<Taken>, Error> {
        let (now, until) = (At(self.now), At(after(self.now, LEASE)));
        let order = Season::at(self.now).order().map(Role::priority);
        let order = order.as_slice();
        let statement = client.prepare_cached(sql).await?;
        let mut parameters: Vec<&(dyn ToSql + Sync)> = vec![&now, &self.session, &until, &order, &self.leases];
        parameters.extend_from_slice(more);
        let rows = client.query(&statement, &parameters).await?;
        Ok(rows.iter().filter_map(|row| taken(row, self.now)).collect())
    }
}

/// Takes one address whenever it is due.
pub async fn take_now(client: &Object, key: &[u8], session: i64, now: Timestamp) -> Result<Option<Taken>, Error> {
    let statement = client.prepare_cached(NOW).await?;
    let row = client.query_opt(&statement, &[&key, &At(after(now, LEASE)), &session]).await?;
    Ok(row.as_ref().and_then(|row| taken(row, now)))
}

/// None where the address is none, which the frontier never wrote.
fn taken(row: &Row, now: Timestamp) -> Option<Taken> {
    let (last_start_at, slowdown, refused_at): (Option<At>, i32, Option<At>) = (row.get(2), row.get(3), row.get(4));
    let known = Remembered {
        host: row.get(0),
        last_start_at: last_start_at.map(|At(at)| rfc3339(at)),
        slowdown: slowdown.unsigned_abs(),
        refused: refused_at.is_some_and(|At(at)| refuses(at, now)),
        transport: row.get::<_, Option<&str>>(5).and_then(Transport::from_text),
    };
    let number = |column: usize| row.get::<_, i32>(column).unsigned_abs();
    let lease = Lease {
        id: row.get(6),
        token: row.get(7),
        url: Url::from_str(row.get(8)).ok()?,
        query: row.get::<_, Option<&str>>(9).map(Query::from_text),
        via: row.get(10),
        role: Role::from_text(row.get(11)),
        hop: Hop::from_text(row.get(12)).unwrap_or(Hop::Link),
        depth: number(13),
        pages: number(14),
        redirects: number(15),
        agency: row.get(16),
        attempts: number(17),
        condition: Condition { etag: row.get(18), last_modified: row.get(19) },
        referer: row.get::<_, Option<&str>>(23).and_then(|address| Url::parse(address).ok()),
    };
    let (url, date, digest): (Option<String>, Option<String>, Option<&str>) = (row.get(20), row.get(21), row.get(22));
    let original = match (url, date, digest.and_then(|digest| digest.parse().ok())) {
        (Some(url), Some(date), Some(digest)) => Some((Original { url, date }, digest)),
        _ => None,
    };
    Some(Taken { lease, original, claim: row.get(1), known })
}

/// Lets a host go that is held under this number.
pub async fn let_go(client: Object, host: &str, claim: i64, now: Timestamp) -> Result<(), Error> {
    let statement = client
        .prepare_cached(
            "UPDATE host SET claimed_by = NULL, claim = NULL, due_at = wake(name, $3) WHERE name = $1 AND claim = $2",
        )
        .await?;
    client.execute(&statement, &[&host, &claim, &At(now)]).await.map(drop)
}

/// Gives an address back, unless it is another's or settled.
pub async fn release(client: Object, lease: &Lease, now: Timestamp) -> Result<(), Error> {
    let statement = client
        .prepare_cached(
            "WITH free AS (
                UPDATE url SET leased_by = NULL, leased_until = NULL
                WHERE id = $1 AND token = $2 AND leased_until IS NOT NULL RETURNING host
            )
            UPDATE host SET leased = leased - 1, due_at = least(due_at, $3) FROM free WHERE name = free.host",
        )
        .await?;
    client.execute(&statement, &[&lease.id, &lease.token, &At(now)]).await.map(drop)
}

/// Keeps an address that was only looked at on the way out of later runs.
pub async fn pass(client: Object, lease: &Lease) -> Result<(), Error> {
    client.execute("UPDATE url SET state = 'passed' WHERE id = $1 AND state <> 'gone'", &[&lease.id]).await.map(drop)
}

/// Whether some worker holds anything. What is due and was not to be had another is just claiming, unseen until it has.
pub async fn at_work(client: Object, only: Option<&str>, now: Timestamp) -> Result<bool, Error> {
    let statement = client
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM host WHERE ($1::text IS NULL OR name = $1) AND (claimed_by IS NOT NULL OR leased > 0
                 OR (due_at <= $2 AND (blocked_until IS NULL OR blocked_until <= $2))))",
        )
        .await?;
    Ok(client.query_one(&statement, &[&only, &At(now)]).await?.get(0))
}
