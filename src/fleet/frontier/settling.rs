//! What an attempt means: for its host at once, for its address once its bytes are durable.

use std::collections::BTreeMap;

use deadpool_postgres::{GenericClient, Object};
use jiff::Timestamp;
use tokio_postgres::Error;

use super::planting::{add, hosts_of, known, lock};
use super::time::At;
use crate::archive::warc::Original;
use crate::crawl::frontier::{Chosen, PaceNow, Ruling, Settled, Settlement, Terms, choose, host_of, left_alone};
use crate::crawl::{Condition, Outcome};
use crate::fleet::shards::Kept;

/// A host that answered: its failures are over, and this is its pace from here.
pub struct Answered {
    pub host: String,
    pub pace: PaceNow,
    pub now: Timestamp,
}

/// Takes in what answers mean for their hosts. Most change nothing, and cost nothing.
pub async fn answered(client: Object, answers: &[Answered]) -> Result<Vec<()>, Error> {
    // Of several answers of a host the last one counts.
    let last: BTreeMap<&str, &Answered> = answers.iter().map(|answer| (answer.host.as_str(), answer)).collect();
    let hosts: Vec<&str> = last.keys().copied().collect();
    let slowdowns: Vec<i32> =
        last.values().map(|answer| i32::try_from(answer.pace.slowdown).unwrap_or(i32::MAX)).collect();
    let refused_at: Vec<Option<At>> =
        last.values().map(|answer| answer.pace.refused.then_some(At(answer.now))).collect();
    let not_before: Vec<Option<At>> = last.values().map(|answer| answer.pace.not_before.map(At)).collect();
    let statement = client
        .prepare_cached(
            "WITH new AS MATERIALIZED (
                SELECT * FROM unnest($1::text[], $2::integer[], $3::timestamptz[], $4::timestamptz[])
                    AS new (host, slowdown, refused_at, not_before)
            ), changed AS MATERIALIZED (
                SELECT name, new.* FROM host JOIN new ON name = new.host
                WHERE failures > 0 OR host.slowdown <> new.slowdown OR new.refused_at IS NOT NULL OR new.not_before IS NOT NULL
                ORDER BY name FOR NO KEY UPDATE OF host
            )
            UPDATE host SET failures = 0, slowdown = changed.slowdown, refused_at = coalesce(changed.refused_at, host.refused_at),
                            not_before = greatest(host.not_before, changed.not_before)
            FROM changed WHERE host.name = changed.name",
        )
        .await?;
    client.execute(&statement, &[&hosts, &slowdowns, &refused_at, &not_before]).await?;
    Ok(answers.iter().map(|_| ()).collect())
}

/// A host that gave no answer. Until when it is left alone, once that has come too often.
pub async fn failed(
    client: Object,
    host: &str,
    outcome: Outcome,
    terms: &Terms,
    now: Timestamp,
) -> Result<Option<Timestamp>, Error> {
    let statement =
        client.prepare_cached("UPDATE host SET failures = failures + 1 WHERE name = $1 RETURNING failures").await?;
    let failures: i32 = client.query_one(&statement, &[&host]).await?.get(0);
    let until = left_alone(failures.unsigned_abs(), terms.cool_down, now);
    if until.is_some() {
        block(&client, host, until, outcome).await?;
    }
    Ok(until)
}

pub async fn block(client: &Object, host: &str, until: Option<Timestamp>, outcome: Outcome) -> Result<(), Error> {
    let statement =
        client.prepare_cached("UPDATE host SET blocked_until = $2, blocked_outcome = $3 WHERE name = $1").await?;
    client.execute(&statement, &[&host, &until.map(At), &outcome.as_str()]).await.map(drop)
}

/// A verdict, and where what it goes by is kept.
#[derive(Clone)]
pub struct Verdict {
    lease: i64,
    token: i64,
    ruling: Ruling,
    now: Timestamp,
    detail: String,
    condition: Condition,
    kept: Option<(Kept, Original)>,
}

impl Verdict {
    pub fn of(settlement: &Settlement, kept: Option<(Kept, Original)>, terms: &Terms) -> Verdict {
        let Settlement { lease, outcome, detail, condition, now, .. } = settlement;
        Verdict {
            lease: lease.id,
            token: lease.token,
            ruling: Ruling::of(lease, *outcome, &terms.revisit, *now),
            now: *now,
            // PostgreSQL's text knows no NUL.
            detail: detail.replace('\0', " "),
            condition: condition.as_ref().unwrap_or(&lease.condition).clone(),
            kept,
        }
    }
}

/// Takes in verdicts on addresses that lead nowhere; whether each was taken in, or had been by a try whose answer was lost:
/// then the address has still its token.
const SETTLE: &str = "
WITH new AS MATERIALIZED (
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::timestamptz[], $5::integer[], $6::text[], $7::timestamptz[], $8::text[],
                         $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::bigint[]) WITH ORDINALITY
        AS new (id, token, state, due_at, attempts, outcome, outcome_at, detail, etag, last_modified, captured_url, captured_at, digest,
                shard, shard_offset, place)
), settled AS (
    UPDATE url SET state = new.state, due_at = new.due_at, leased_by = NULL, leased_until = NULL, attempts = new.attempts,
                   outcome = new.outcome, outcome_at = new.outcome_at, detail = new.detail, etag = new.etag,
                   last_modified = new.last_modified, captured_url = coalesce(new.captured_url, url.captured_url),
                   captured_at = coalesce(new.captured_at, url.captured_at), digest = coalesce(new.digest, url.digest),
                   shard = coalesce(new.shard, url.shard), shard_offset = coalesce(new.shard_offset, url.shard_offset)
    FROM new WHERE url.id = new.id AND url.token = new.token AND url.leased_until IS NOT NULL
    RETURNING url.id, url.host, url.due_at
), by_host AS (
    SELECT host AS name, count(*) AS number, min(due_at) AS due_at FROM settled GROUP BY host
), hosts AS (
    UPDATE host SET leased = leased - number, due_at = least(host.due_at, by_host.due_at) FROM by_host WHERE host.name = by_host.name
)
SELECT settled.id IS NOT NULL OR EXISTS (SELECT 1 FROM url u WHERE u.id = new.id AND u.token = new.token AND u.leased_until IS NULL)
FROM new LEFT JOIN settled ON settled.id = new.id ORDER BY place";

pub async fn settle(client: &impl GenericClient, verdicts: &[Verdict]) -> Result<Vec<bool>, Error> {
    let column = |of: fn(&Verdict) -> Option<String>| verdicts.iter().map(of).collect::<Vec<_>>();
    let ids: Vec<i64> = verdicts.iter().map(|verdict| verdict.lease).collect();
    let tokens: Vec<i64> = verdicts.iter().map(|verdict| verdict.token).collect();
    let states: Vec<&str> = verdicts.iter().map(|verdict| verdict.ruling.state).collect();
    let due_at: Vec<At> = verdicts.iter().map(|verdict| At(verdict.ruling.due_at)).collect();
    let attempts: Vec<i32> =
        verdicts.iter().map(|verdict| i32::try_from(verdict.ruling.attempts).unwrap_or(i32::MAX)).collect();
    let outcomes: Vec<&str> = verdicts.iter().map(|verdict| verdict.ruling.outcome.as_str()).collect();
    let now: Vec<At> = verdicts.iter().map(|verdict| At(verdict.now)).collect();
    let details: Vec<&str> = verdicts.iter().map(|verdict| verdict.detail.as_str()).collect();
    let etags = column(|verdict| verdict.condition.etag.clone());
    let last_modified = column(|verdict| verdict.condition.last_modified.clone());
    let urls = column(|verdict| Some(verdict.kept.as_ref()?.1.url.clone()));
    let dates = column(|verdict| Some(verdict.kept.as_ref()?.1.date.clone()));
    let digests = column(|verdict| Some(verdict.kept.as_ref()?.0.digest.to_string()));
    let shards = column(|verdict| Some(verdict.kept.as_ref()?.0.shard.clone()));
    let offsets: Vec<Option<i64>> =
        verdicts.iter().map(|verdict| i64::try_from(verdict.kept.as_ref()?.0.offset).ok()).collect();
    let statement = client.prepare_cached(SETTLE).await?;
    let rows = client
        .query(
            &statement,
            &[
                &ids,
                &tokens,
                &states,
                &due_at,
                &attempts,
                &outcomes,
                &now,
                &details,
                &etags,
                &last_modified,
                &urls,
                &dates,
                &digests,
                &shards,
                &offsets,
            ],
        )
        .await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// The verdict on an address and what it leads to, at once; none where the lease was another's by then.
pub async fn settle_and_add(
    mut client: Object,
    settlement: &Settlement,
    verdict: &Verdict,
    terms: &Terms,
) -> Result<Option<Settled>, Error> {
    let Settlement { lease, found, now, .. } = settlement;
    let tx = client.transaction().await?;
    let mut hosts = hosts_of(found);
    hosts.insert(host_of(&lease.url));
    let mut held = lock(&tx, hosts).await?;
    known(&tx, found, &mut held).await?;
    let Chosen { add: chosen, bounded, outside } = choose(found.clone(), lease.pages, &mut held, terms);
    if settle(&tx, std::slice::from_ref(verdict)).await? != [true] {
        return Ok(None);
    }
    add(&tx, &chosen, *now).await?;
    tx.commit().await?;
    Ok(Some(Settled { bounded, outside, ..Settled::default() }))
}
