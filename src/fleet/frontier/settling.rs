//! What an attempt means: for its host at once, for its address once its bytes are durable.

use deadpool_postgres::Object;
use jiff::Timestamp;
use tokio_postgres::Error;

use super::planting::{add, hosts_of, known, lock};
use super::time::At;
use crate::archive::warc::Original;
use crate::crawl::Outcome;
use crate::crawl::frontier::{Chosen, Ruling, Settled, Settlement, Terms, choose, host_of, left_alone};
use crate::fleet::shards::Kept;

/// The host's pace, failures and rest, before anything of it is asked again. Until when it is left alone for its failures.
pub async fn treat(client: Object, settlement: &Settlement, terms: &Terms) -> Result<Option<Timestamp>, Error> {
    let (host, now) = (host_of(&settlement.lease.url), settlement.now);
    let mut until = settlement.blocked;
    if settlement.outcome.is_host_failure() {
        let statement =
            client.prepare_cached("UPDATE host SET failures = failures + 1 WHERE name = $1 RETURNING failures").await?;
        let failures: i32 = client.query_one(&statement, &[&host]).await?.get(0);
        until = until.or(left_alone(failures.unsigned_abs(), terms.cool_down, now));
    } else if let Some(pace) = settlement.pace {
        let statement = client
            .prepare_cached(
                "UPDATE host SET failures = 0, slowdown = $2, refused_at = CASE WHEN $3 THEN $4 ELSE refused_at END,
                                 not_before = greatest(not_before, $5) WHERE name = $1",
            )
            .await?;
        let slowdown = i32::try_from(pace.slowdown).unwrap_or(i32::MAX);
        client.execute(&statement, &[&host, &slowdown, &pace.refused, &At(now), &pace.not_before.map(At)]).await?;
    }
    if until.is_some() {
        block(&client, &host, until, settlement.outcome).await?;
    }
    Ok(until)
}

pub async fn block(client: &Object, host: &str, until: Option<Timestamp>, outcome: Outcome) -> Result<(), Error> {
    let statement =
        client.prepare_cached("UPDATE host SET blocked_until = $2, blocked_outcome = $3 WHERE name = $1").await?;
    client.execute(&statement, &[&host, &until.map(At), &outcome.as_str()]).await.map(drop)
}

/// The verdict on an address with what it leads to; none where the lease was another's by then.
pub async fn settle(
    mut client: Object,
    settlement: &Settlement,
    kept: Option<&(Kept, Original)>,
    terms: &Terms,
) -> Result<Option<Settled>, Error> {
    let Settlement { lease, outcome, detail, condition, found, now, .. } = settlement;
    let tx = client.transaction().await?;
    let host = host_of(&lease.url);
    let mut hosts = hosts_of(found);
    hosts.insert(host.clone());
    let mut held = lock(&tx, hosts).await?;
    known(&tx, found, &mut held).await?;
    let Chosen { add: chosen, bounded, outside } = choose(found.clone(), lease.pages, &mut held, terms);
    let ruling = Ruling::of(lease, *outcome, &terms.revisit, *now);
    let condition = condition.as_ref().unwrap_or(&lease.condition);
    let attempts = i32::try_from(ruling.attempts).unwrap_or(i32::MAX);
    let detail = detail.replace('\0', " ");
    let place = kept.map(|(kept, original)| {
        (
            &original.url,
            &original.date,
            kept.digest.to_string(),
            &kept.shard,
            i64::try_from(kept.offset).unwrap_or(i64::MAX),
        )
    });
    let (url, date, digest, shard, offset) = match &place {
        Some((url, date, digest, shard, offset)) => {
            (Some(*url), Some(*date), Some(digest), Some(*shard), Some(*offset))
        }
        None => (None, None, None, None, None),
    };
    let statement = tx
        .prepare_cached(
            "UPDATE url SET state = $3, due_at = $4, leased_by = NULL, leased_until = NULL, attempts = $5, outcome = $6, outcome_at = $7,
                            detail = $8, etag = $9, last_modified = $10, captured_url = coalesce($11, captured_url),
                            captured_at = coalesce($12, captured_at), digest = coalesce($13, digest),
                            shard = coalesce($14, shard), shard_offset = coalesce($15, shard_offset)
             WHERE id = $1 AND token = $2 AND leased_until IS NOT NULL",
        )
        .await?;
    let settled = tx
        .execute(
            &statement,
            &[
                &lease.id,
                &lease.token,
                &ruling.state,
                &At(ruling.due_at),
                &attempts,
                &ruling.outcome.as_str(),
                &At(*now),
                &detail,
                &condition.etag,
                &condition.last_modified,
                &url,
                &date,
                &digest,
                &shard,
                &offset,
            ],
        )
        .await?;
    if settled == 0 {
        // Another's, or settled by a try whose answer was lost: then its token is still this one.
        let again = "SELECT 1 FROM url WHERE id = $1 AND token = $2 AND leased_until IS NULL";
        let ours = tx.query_opt(again, &[&lease.id, &lease.token]).await?.is_some();
        tx.rollback().await?;
        return Ok(ours.then(|| Settled { bounded, outside, ..Settled::default() }));
    }
    add(&tx, &chosen, *now).await?;
    let statement =
        tx.prepare_cached("UPDATE host SET leased = leased - 1, due_at = least(due_at, $2) WHERE name = $1").await?;
    tx.execute(&statement, &[&host, &At(ruling.due_at)]).await?;
    tx.commit().await?;
    Ok(Some(Settled { bounded, outside, ..Settled::default() }))
}
