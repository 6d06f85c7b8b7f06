//! What a crawl would ask: addresses that are due, and seeds that the archive does not know yet.

use anyhow::bail;
use rusqlite::{Connection, params};
use serde_json::json;

use super::print::{json_line, plain};
use crate::clock::{Clock, rfc3339};
use crate::crawl::host_of;
use crate::seed::Seed;
use crate::urlkey::UrlKey;

/// The name that the frontier has for a host the user names, with its port or without; a fault where nothing is on it, since
/// a crawl of it would end at once and look done.
pub fn host(only: &str, seeds: &[Seed], archive: Option<&Connection>) -> anyhow::Result<String> {
    let only = only.to_ascii_lowercase();
    let mut names: Vec<String> = seeds.iter().map(|seed| host_of(&seed.url)).collect();
    if let Some(archive) = archive {
        let mut select = archive.prepare("SELECT name FROM host WHERE name = ?1 OR name GLOB ?1 || ':*'")?;
        names.extend(select.query_map([&only], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?);
    }
    let is_it = |name: &String| *name == only || name.strip_prefix(&only).is_some_and(|port| port.starts_with(':'));
    names.retain(is_it);
    names.sort();
    names.dedup();
    match names.as_slice() {
        [one] => Ok(one.clone()),
        many if many.contains(&only) => Ok(only),
        [] => bail!("--only {only}: no seed and no address of the archive is on this host"),
        many => bail!("--only {only}: it is asked at several ports, name one: {}", many.join(", ")),
    }
}

/// One address that would be asked.
struct Planned {
    role: String,
    url: String,
    agency: String,
    verified: bool,
}

/// Prints them, most urgent first, seeds that are new before all; `only` and `most` as a crawl has them.
pub fn say(
    seeds: &[Seed],
    archive: Option<&Connection>,
    only: Option<&str>,
    most: Option<u64>,
    as_json: bool,
) -> anyhow::Result<()> {
    let most = most.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX);
    let mut planned = Vec::new();
    for seed in seeds.iter().filter(|seed| only.is_none_or(|only| host_of(&seed.url) == only)) {
        if !is_known(archive, seed)? {
            planned.push(Planned {
                role: seed.kind.as_str().into(),
                url: seed.url.to_string(),
                agency: seed.agency.clone(),
                verified: seed.verified,
            });
        }
    }
    if let Some(archive) = archive {
        planned.extend(due(archive, only)?);
    }
    for one in planned.iter().take(most) {
        let Planned { role, url, agency, verified } = one;
        if as_json {
            json_line(&json!({ "role": role, "url": url, "agency": agency, "verified": verified }))?;
        } else {
            let unverified = if *verified { "" } else { "  (never seen to answer)" };
            say!("{role:8} {}  {}{unverified}", plain(url), plain(agency))?;
        }
    }
    Ok(())
}

fn is_known(archive: Option<&Connection>, seed: &Seed) -> anyhow::Result<bool> {
    let Some(archive) = archive else { return Ok(false) };
    let mut select = archive.prepare_cached("SELECT 1 FROM url WHERE key = ?1 AND state <> 'passed'")?;
    Ok(select.exists([UrlKey::of(&seed.url).as_str()])?)
}

fn due(archive: &Connection, only: Option<&str>) -> anyhow::Result<Vec<Planned>> {
    let mut select = archive.prepare(
        "SELECT u.role, u.address, ifnull(a.name, ''), u.outcome IS NOT NULL
         FROM url u JOIN host h ON h.name = u.host LEFT JOIN agency a ON a.id = u.agency
         WHERE u.state IN ('due', 'leased', 'settled') AND u.due_at <= ?1 AND (?2 IS NULL OR u.host = ?2)
           AND (h.blocked_until IS NULL OR h.blocked_until <= ?1)
         ORDER BY u.priority, u.due_at, u.id",
    )?;
    let now = rfc3339(Clock::system().now());
    let rows = select.query_map(params![now, only], |row| {
        Ok(Planned { role: row.get(0)?, url: row.get(1)?, agency: row.get(2)?, verified: row.get(3)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
