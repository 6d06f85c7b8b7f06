//! One request at a time and never too soon, over all workers: by the server's clock.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use deadpool_postgres::Object;
use tokio::time::sleep;
use tokio_postgres::{Error, Row};

use super::batch::Batch;
use super::server::Server;
use crate::crawl::CrawlError;
use crate::crawl::frontier::{Gaps, Turn};

/// The turns of one worker. Cheap to clone.
#[derive(Clone)]
pub struct Turnstile {
    asking: Batch<Asked, Answer>,
    ending: Batch<Ended, ()>,
}

struct Asked {
    host: String,
    /// The number under which the host is held, none where it is not.
    claim: Option<i64>,
    peer: String,
    gaps: Gaps,
}

struct Ended {
    host: String,
    peer: String,
    turn: i64,
    began: Instant,
}

#[derive(Clone, Copy)]
enum Answer {
    Given(i64),
    Wait(Duration),
    Taken,
}

/// How soon a host or server that others hold is looked at again.
const LOOK: Duration = Duration::from_millis(50);

impl Turnstile {
    /// No request lasts longer than `lasts`.
    pub fn begin(server: &Server, lasts: Duration) -> Turnstile {
        let (asked, ended) = (server.clone(), server.clone());
        let known = Arc::new(Mutex::new(HashSet::new()));
        let asking = Batch::begin(move |turns: Vec<Asked>| {
            let (server, known) = (asked.clone(), known.clone());
            async move {
                make_known(&server, &turns, &known).await?;
                server.ask(|client| take(client, &turns, lasts)).await
            }
        });
        let ending = Batch::begin(move |turns: Vec<Ended>| {
            let server = ended.clone();
            async move { server.ask(|client| end(client, &turns)).await }
        });
        Turnstile { asking, ending }
    }

    /// Waits for the turn of a host and a server.
    pub async fn turn(&self, host: &str, claim: Option<i64>, peer: IpAddr, gaps: Gaps) -> Result<Turn, CrawlError> {
        let (host, peer) = (host.to_owned(), peer.to_string());
        loop {
            let asked = Asked { host: host.clone(), claim, peer: peer.clone(), gaps };
            match self.asking.ask(asked).await? {
                Answer::Given(turn) => {
                    let (began, ending) = (Instant::now(), self.ending.clone());
                    return Ok(Turn::until(move || {
                        let ended = Ended { host, peer, turn, began };
                        // Nobody waits for this one; where the runtime ends with it, the turn ends by itself.
                        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
                            runtime.spawn(async move {
                                if let Err(fault) = ending.ask(ended).await {
                                    tracing::warn!("a turn ends by itself: {fault}");
                                }
                            });
                        }
                    }));
                }
                Answer::Wait(wait) => sleep(wait).await,
                Answer::Taken => return Err(CrawlError::Taken(host)),
            }
        }
    }
}

/// Makes rows for hosts and servers that this worker asks for the first time.
async fn make_known(server: &Server, turns: &[Asked], known: &Mutex<HashSet<String>>) -> Result<(), CrawlError> {
    let (mut hosts, mut peers) = (Vec::new(), Vec::new());
    {
        let mut known = known.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        for turn in turns {
            if known.insert(turn.host.clone()) {
                hosts.push(turn.host.clone());
            }
            // Marked, as a host may have an address for its name.
            if known.insert(format!("@{}", turn.peer)) {
                peers.push(turn.peer.clone());
            }
        }
    }
    if hosts.is_empty() && peers.is_empty() {
        return Ok(());
    }
    hosts.sort_unstable();
    peers.sort_unstable();
    let made = server.ask(|client| {
        let (hosts, peers) = (&hosts, &peers);
        async move {
            let statement = client
                .prepare_cached("INSERT INTO host (name) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING")
                .await?;
            client.execute(&statement, &[hosts]).await?;
            let statement = client
                .prepare_cached("INSERT INTO peer (ip) SELECT unnest($1::text[])::inet ON CONFLICT DO NOTHING")
                .await?;
            client.execute(&statement, &[peers]).await.map(drop)
        }
    });
    made.await
}

/// Rows that others lock are passed over and looked at again: nobody waits for a lock, and nobody dies of one.
const TAKE: &str = "
WITH asked AS MATERIALIZED (
    SELECT host, claim, ip::inet, make_interval(secs => host_gap) AS host_gap, make_interval(secs => peer_gap) AS peer_gap, place
    FROM unnest($1::text[], $2::bigint[], $3::text[], $4::float8[], $5::float8[])
         WITH ORDINALITY AS asked (host, claim, ip, host_gap, peer_gap, place)
), p AS MATERIALIZED (
    SELECT ip, last_start_at, asking_until FROM peer WHERE ip = ANY (SELECT ip FROM asked) FOR NO KEY UPDATE SKIP LOCKED
), h AS MATERIALIZED (
    SELECT name, claim, last_start_at, asking_until, not_before FROM host
    WHERE name = ANY (SELECT host FROM asked) FOR NO KEY UPDATE SKIP LOCKED
), judged AS MATERIALIZED (
    SELECT asked.place, asked.host, asked.ip, clock_timestamp() AS now_at,
           asked.claim IS NOT NULL AND h.name IS NOT NULL AND h.claim IS DISTINCT FROM asked.claim AS taken,
           h.name IS NULL OR p.ip IS NULL AS locked,
           greatest(h.last_start_at + asked.host_gap, p.last_start_at + asked.peer_gap, h.not_before, '-infinity') AS free_at,
           greatest(h.asking_until, p.asking_until, '-infinity') AS busy_until
    FROM asked LEFT JOIN h ON h.name = asked.host LEFT JOIN p ON p.ip = asked.ip
), first_of_host AS (
    SELECT DISTINCT ON (host) * FROM judged
    WHERE NOT taken AND NOT locked AND free_at <= now_at AND busy_until <= now_at ORDER BY host, place
), first_of_both AS MATERIALIZED (
    SELECT DISTINCT ON (ip) * FROM first_of_host ORDER BY ip, place
), given AS MATERIALIZED (
    SELECT *, nextval('fence') AS turn FROM first_of_both
), peers AS (
    UPDATE peer SET last_start_at = now_at, asking = turn, asking_until = now_at + make_interval(secs => $6)
    FROM given WHERE peer.ip = given.ip
), hosts AS (
    UPDATE host SET last_start_at = now_at, asking = turn, asking_until = now_at + make_interval(secs => $6)
    FROM given WHERE host.name = given.host
)
SELECT given.turn, judged.taken,
       CASE WHEN judged.free_at > judged.now_at THEN extract(epoch FROM judged.free_at - judged.now_at)::float8 END
FROM judged LEFT JOIN given USING (place) ORDER BY place";

async fn take(client: Object, turns: &[Asked], lasts: Duration) -> Result<Vec<Answer>, Error> {
    let hosts: Vec<&str> = turns.iter().map(|turn| turn.host.as_str()).collect();
    let claims: Vec<Option<i64>> = turns.iter().map(|turn| turn.claim).collect();
    let peers: Vec<&str> = turns.iter().map(|turn| turn.peer.as_str()).collect();
    let seconds = |of: fn(&Gaps) -> Duration| turns.iter().map(|turn| of(&turn.gaps).as_secs_f64()).collect::<Vec<_>>();
    let (host_gaps, peer_gaps) = (seconds(|gaps| gaps.host), seconds(|gaps| gaps.address));
    let statement = client.prepare_cached(TAKE).await?;
    let rows =
        client.query(&statement, &[&hosts, &claims, &peers, &host_gaps, &peer_gaps, &lasts.as_secs_f64()]).await?;
    Ok(rows.iter().map(answer).collect())
}

fn answer(row: &Row) -> Answer {
    match (row.get::<_, Option<i64>>(0), row.get::<_, bool>(1), row.get::<_, Option<f64>>(2)) {
        (Some(turn), ..) => Answer::Given(turn),
        (None, true, _) => Answer::Taken,
        // A millisecond more, so that it is not asked for in vain.
        (None, false, Some(seconds)) => Answer::Wait(Duration::from_secs_f64(seconds.max(0.0) + 0.001)),
        (None, false, None) => Answer::Wait(LOOK),
    }
}

/// Requests are over. They began `ago`, which is later than their turns were given: the gap counts from there.
async fn end(client: Object, turns: &[Ended]) -> Result<Vec<()>, Error> {
    let hosts: Vec<&str> = turns.iter().map(|turn| turn.host.as_str()).collect();
    let peers: Vec<&str> = turns.iter().map(|turn| turn.peer.as_str()).collect();
    let numbers: Vec<i64> = turns.iter().map(|turn| turn.turn).collect();
    let ago: Vec<f64> = turns.iter().map(|turn| turn.began.elapsed().as_secs_f64()).collect();
    let statement = client
        .prepare_cached(
            "WITH ended AS MATERIALIZED (
                SELECT host, ip::inet, turn, clock_timestamp() - make_interval(secs => ago) AS began_at
                FROM unnest($1::text[], $2::text[], $3::bigint[], $4::float8[]) AS ended (host, ip, turn, ago)
            ), peers AS (
                UPDATE peer SET last_start_at = greatest(last_start_at, began_at), asking = NULL, asking_until = NULL
                FROM ended WHERE peer.ip = ended.ip AND asking = turn
            )
            UPDATE host SET last_start_at = greatest(last_start_at, began_at), asking = NULL, asking_until = NULL
            FROM ended WHERE name = ended.host AND asking = turn",
        )
        .await?;
    client.execute(&statement, &[&hosts, &peers, &numbers, &ago]).await?;
    Ok(turns.iter().map(|_| ()).collect())
}
