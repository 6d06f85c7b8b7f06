//! Runs: the one in progress as it goes, and those before it.

use askama::Template;
use axum::body::Body;
use axum::http::Response;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};
use serde::Serialize;

use super::asked::Asked;
use super::door::Trouble;
use super::shell::{Shell, html, minute, named, plain};
use super::{Site, overview};
use crate::clock::{Clock, rfc3339};

/// A run that has not said that it ended, and whose last sign is older than this, is taken for one that was killed.
const SILENT: i64 = 15 * 60;
const HOSTS: usize = 40;
/// Seconds over which the pace is taken.
const WINDOW: i64 = 300;

/// A crawl as it stands now.
#[derive(Clone, Debug, Serialize)]
pub struct Progress {
    pub crawl: i64,
    pub started_at: String,
    /// False where it ended, or gave no sign for a quarter of an hour.
    pub running: bool,
    pub captures: i64,
    /// Captures a minute over the last five.
    pub pace_per_minute: f64,
    /// Addresses due by now, at hosts that are not left alone.
    pub due: i64,
    /// For what is due now: at that pace, or as long as the host with the longest queue takes at its own.
    pub seconds_left: Option<i64>,
    pub outcomes: Vec<(String, i64)>,
    pub hosts: Vec<HostNow>,
}

#[derive(Clone, Debug, Serialize)]
pub struct HostNow {
    pub host: String,
    pub last_start_at: Option<String>,
    /// How many gaps lie between two requests; 1 is the usual pace.
    pub slowdown: i64,
    /// Addresses this run has settled, and those due by now.
    pub settled: i64,
    pub due: i64,
    pub blocked: Option<String>,
    pub blocked_until: Option<String>,
}

impl HostNow {
    /// Time of day.
    fn asked_at(&self) -> &str {
        self.last_start_at.as_deref().and_then(|at| at.get(11..19)).unwrap_or_default()
    }

    fn is_slowed(&self) -> bool {
        self.slowdown > 1
    }

    fn until(&self) -> String {
        self.blocked_until.as_deref().map(minute).unwrap_or_default()
    }
}

struct Past {
    id: i64,
    started: String,
    ended: String,
    how: String,
    captures: i64,
    outcomes: Vec<(String, i64)>,
}

/// The latest run.
pub fn progress(connection: &Connection) -> Result<Option<Progress>, Trouble> {
    let now = Clock::system().now();
    let latest: Option<(i64, String, Option<String>)> = connection
        .prepare_cached("SELECT id, started_at, ended_at FROM run ORDER BY id DESC LIMIT 1")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((crawl, started_at, ended_at)) = latest else { return Ok(None) };
    let before = |seconds: i64| rfc3339(now.saturating_sub(jiff::SignedDuration::from_secs(seconds)).unwrap_or(now));
    let captures: i64 = one(connection, "SELECT count(*) FROM capture WHERE crawl = ?1", &[&crawl])?;
    let lately: i64 = one(
        connection,
        "SELECT count(*) FROM capture WHERE crawl = ?1 AND started_at > ?2",
        &[&crawl, &before(WINDOW)],
    )?;
    let age = started_at.parse::<Timestamp>().map(|start| now.duration_since(start).as_secs()).unwrap_or(WINDOW).max(1);
    let minutes = age.min(WINDOW) as f64 / 60.0;
    let pace = (lately as f64 / minutes * 10.0).round() / 10.0;
    let due: i64 = one(
        connection,
        "SELECT count(*) FROM url WHERE state IN ('due', 'leased', 'settled') AND due_at <= ?1
             AND host NOT IN (SELECT name FROM host WHERE blocked_until > ?1)",
        &[&rfc3339(now)],
    )?;
    let last_sign: Option<String> =
        connection.prepare_cached("SELECT max(last_start_at) FROM host")?.query_row([], |row| row.get(0))?;
    let sign = last_sign.filter(|sign| *sign > started_at).unwrap_or_else(|| started_at.clone());
    let running = ended_at.is_none() && sign > before(SILENT);
    let outcomes = if running { so_far(connection, &started_at)? } else { overview::outcomes(connection, crawl)? };
    let hosts = hosts(connection, &started_at, &rfc3339(now))?;
    Ok(Some(Progress {
        crawl,
        running,
        captures,
        pace_per_minute: if running { pace } else { 0.0 },
        due,
        seconds_left: if running { left(due, pace, &hosts, age) } else { None },
        outcomes,
        hosts,
        started_at,
    }))
}

/// Seconds until what is due is done; none where nothing tells. A host is asked one thing at a time, so that it takes as long
/// as its own queue however fast the others are.
fn left(due: i64, pace_per_minute: f64, hosts: &[HostNow], age: i64) -> Option<i64> {
    let all = (pace_per_minute > 0.0).then(|| (due as f64 / pace_per_minute * 60.0) as i64);
    let longest = hosts.iter().filter(|host| host.settled > 0 && host.blocked_until.is_none());
    longest.map(|host| host.due.saturating_mul(age) / host.settled).chain(all).max()
}

fn one(connection: &Connection, sql: &str, given: &[&dyn rusqlite::ToSql]) -> Result<i64, Trouble> {
    Ok(connection.prepare_cached(sql)?.query_row(given, |row| row.get(0))?)
}

/// A run's counts are written at its end; until then the frontier has them.
fn so_far(connection: &Connection, since: &str) -> Result<Vec<(String, i64)>, Trouble> {
    let mut statement = connection.prepare_cached(
        "SELECT outcome, count(*) FROM url WHERE outcome_at >= ?1 AND outcome IS NOT NULL GROUP BY outcome ORDER BY 2 DESC, 1",
    )?;
    let rows = statement.query_map([since], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn hosts(connection: &Connection, since: &str, now: &str) -> Result<Vec<HostNow>, Trouble> {
    let mut statement = connection.prepare_cached(
        "SELECT h.name, h.last_start_at, h.slowdown, iif(h.blocked_until > ?2, h.blocked_outcome, NULL),
             iif(h.blocked_until > ?2, h.blocked_until, NULL),
             (SELECT count(*) FROM url u WHERE u.host = h.name AND u.outcome_at >= ?1),
             (SELECT count(*) FROM url u WHERE u.host = h.name AND u.state IN ('due', 'settled') AND u.due_at <= ?2)
         FROM host h WHERE h.last_start_at >= ?1 ORDER BY h.last_start_at DESC LIMIT ?3",
    )?;
    let rows = statement.query_map(rusqlite::params![since, now, HOSTS as i64], |row| {
        Ok(HostNow {
            host: plain(&row.get::<_, String>(0)?),
            last_start_at: row.get(1)?,
            slowdown: row.get(2)?,
            blocked: row.get(3)?,
            blocked_until: row.get(4)?,
            settled: row.get(5)?,
            due: row.get(6)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

#[derive(Template)]
#[template(path = "runs.html")]
struct RunsPage {
    shell: Shell,
    now: Option<Progress>,
    began: String,
    as_of: String,
    left: String,
    past: Vec<Past>,
}

pub fn page(_: &Site, connection: &Connection, asked: &Asked) -> Result<Response<Body>, Trouble> {
    let now = progress(connection)?;
    let mut statement = connection.prepare_cached(
        "SELECT id, started_at, ended_at, ended, (SELECT count(*) FROM capture c WHERE c.crawl = crawl.id)
         FROM crawl ORDER BY id DESC LIMIT 50",
    )?;
    let mut rows = statement.query([])?;
    let mut past = Vec::new();
    while let Some(row) = rows.next()? {
        let id = row.get(0)?;
        past.push(Past {
            id,
            started: minute(&row.get::<_, String>(1)?),
            ended: row.get::<_, Option<String>>(2)?.map(|at| minute(&at)).unwrap_or_default(),
            how: row.get::<_, Option<String>>(3)?.unwrap_or_default(),
            captures: row.get(4)?,
            outcomes: overview::outcomes(connection, id)?,
        });
    }
    let shown = RunsPage {
        shell: Shell::new(asked, "runs", asked.lang.w("运行", "Runs")),
        began: now.as_ref().map(|now| minute(&now.started_at)).unwrap_or_default(),
        left: now
            .as_ref()
            .and_then(|now| now.seconds_left)
            .map(|left| format!("{} min", left.div_euclid(60) + 1))
            .unwrap_or_default(),
        now,
        as_of: Clock::system().now().strftime("%H:%M:%S").to_string(),
        past,
    };
    html(asked, &shown)
}

#[derive(Template)]
#[template(path = "run.html")]
struct RunPage {
    shell: Shell,
    crawl: i64,
    started: String,
    ended: String,
    outcomes: Vec<(String, i64)>,
    captures: Vec<Kept>,
}

struct Kept {
    id: i64,
    at: String,
    status: u16,
    url: String,
    report: String,
    is_report: bool,
    unchanged: bool,
}

/// What one run kept.
pub fn one_page(_: &Site, connection: &Connection, asked: &Asked) -> Result<Response<Body>, Trouble> {
    let crawl = asked.segment(1)?;
    let run: Option<(String, Option<String>)> = connection
        .prepare_cached("SELECT started_at, ended_at FROM crawl WHERE id = ?1")?
        .query_row([crawl], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (started, ended) =
        run.ok_or_else(|| Trouble::missing(format!("没有第 {crawl} 次运行"), format!("there was no run {crawl}")))?;
    let mut statement = connection.prepare_cached(
        "SELECT c.id, c.started_at, c.status, c.url, c.revisit_of IS NOT NULL, r.agency, r.year, r.id IS NOT NULL
         FROM capture c LEFT JOIN report r ON r.capture = c.id WHERE c.crawl = ?1 ORDER BY r.id IS NULL, c.id DESC LIMIT 200",
    )?;
    let rows = statement.query_map([crawl], |row| {
        let year: Option<i16> = row.get(6)?;
        let agency: Option<String> = row.get(5)?;
        let year = year.map(|year| format!(" {year}")).unwrap_or_default();
        Ok(Kept {
            id: row.get(0)?,
            at: minute(&row.get::<_, String>(1)?),
            status: row.get(2)?,
            url: plain(&row.get::<_, String>(3)?),
            unchanged: row.get(4)?,
            report: format!("{}{year}", named(asked.lang, agency.as_deref().unwrap_or_default())),
            is_report: row.get(7)?,
        })
    })?;
    let captures = rows.collect::<Result<_, _>>()?;
    let page = RunPage {
        shell: Shell::new(asked, "runs", format!("{} {crawl}", asked.lang.w("运行", "Run"))),
        crawl,
        started: minute(&started),
        ended: ended.map(|at| minute(&at)).unwrap_or_default(),
        outcomes: overview::outcomes(connection, crawl)?,
        captures,
    };
    html(asked, &page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_takes_as_long_as_its_longest_queue() {
        let host = |settled, due, blocked: bool| HostNow {
            host: String::new(),
            last_start_at: None,
            slowdown: 1,
            settled,
            due,
            blocked: None,
            blocked_until: blocked.then(String::new),
        };
        let hosts = [host(10, 90, false), host(10, 10, false), host(1, 5_000, true), host(0, 7, false)];
        assert_eq!(left(100, 60.0, &hosts, 20), Some(180));
        assert_eq!(left(400, 60.0, &hosts, 20), Some(400));
        assert_eq!(left(5, 0.0, &hosts[3..], 20), None);
    }
}
