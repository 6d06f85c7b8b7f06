//! The server, and asking it again when it was away.

use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod};
use jiff::Timestamp;
use tokio::time::sleep;
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Error, NoTls};

use super::address::Address;
use super::time::At;
use crate::clock::Clock;
use crate::crawl::{CrawlError, DoorError, Groups, Network, Stop, trusting};

const MIGRATIONS: [&str; 1] = [include_str!("migrations/0001.sql")];

/// Connections of one process. What a worker does at a time is bounded by its hosts, not by these.
const CONNECTIONS: usize = 12;
/// A clock this far off would see leases end that have not, and days begin that have not.
const SKEW: Duration = Duration::from_secs(5);

/// A database with the frontier's tables. Cheap to clone.
#[derive(Clone)]
pub struct Server {
    pool: Pool,
    stop: Stop,
    shown: String,
}

#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    #[error("{address} does not answer: {source}")]
    Away { address: String, source: PoolError },
    #[error("{address} refuses: {source}")]
    Refused { address: String, source: Error },
    #[error("secure connections can't be made: {0}")]
    Tls(#[from] DoorError),
    #[error("connections can't be held: {0}")]
    Pool(#[from] deadpool_postgres::BuildError),
    #[error("{address} has a frontier of version {found}, this program knows {known}: use a newer one")]
    Newer { address: String, found: i32, known: i32 },
    #[error(
        "this machine's clock is {apart:?} apart from {address}'s, and leases go by both: set it (timedatectl set-ntp true)"
    )]
    Clock { address: String, apart: Duration },
}

impl Server {
    /// Connects, and brings the tables up to date. `stop` is how long a server that went away is waited for.
    pub async fn open(address: &Address, stop: Stop) -> Result<Server, ServerError> {
        let manager = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = if address.config.get_ssl_mode() == SslMode::Disable {
            Manager::from_config(address.config.clone(), NoTls, manager)
        } else {
            let trust = Network { extra_ca: address.extra_ca.clone(), ..Network::default() };
            let tls = tokio_postgres_rustls::MakeRustlsConnect::new(trusting(&trust, Groups::Usual)?);
            Manager::from_config(address.config.clone(), tls, manager)
        };
        let pool = Pool::builder(manager).max_size(CONNECTIONS).build()?;
        let server = Server { pool, stop, shown: address.shown().to_owned() };
        let mut client =
            server.pool.get().await.map_err(|source| ServerError::Away { address: server.shown.clone(), source })?;
        server.migrate(&mut client).await?;
        Ok(server)
    }

    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// Holds this machine's clock against the server's.
    pub async fn compare_clocks(&self, clock: &Clock) -> Result<(), ServerError> {
        let address = || self.shown.clone();
        let client = self.pool.get().await.map_err(|source| ServerError::Away { address: address(), source })?;
        let before = clock.now();
        let row = client.query_one("SELECT clock_timestamp()", &[]).await.map_err(|fault| self.refused(fault))?;
        let At(theirs) = row.get(0);
        let apart = |ours: Timestamp| theirs.duration_since(ours).unsigned_abs();
        // The answer took a while: the nearer end of it counts.
        let apart = apart(before).min(apart(clock.now()));
        if apart > SKEW { Err(ServerError::Clock { address: address(), apart }) } else { Ok(()) }
    }

    /// One process at a time; the others find it done.
    async fn migrate(&self, client: &mut Object) -> Result<(), ServerError> {
        let known = i32::try_from(MIGRATIONS.len()).unwrap_or(i32::MAX);
        let refused = |fault| self.refused(fault);
        let tx = client.transaction().await.map_err(refused)?;
        // Any number will do as long as it is the same for all.
        tx.execute("SELECT pg_advisory_xact_lock(7316540215)", &[]).await.map_err(refused)?;
        tx.batch_execute(
            "CREATE SCHEMA IF NOT EXISTS gongkai;
             CREATE TABLE IF NOT EXISTS migration (version integer PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now());",
        )
        .await
        .map_err(refused)?;
        let row = tx.query_one("SELECT coalesce(max(version), 0) FROM migration", &[]).await.map_err(refused)?;
        let found: i32 = row.get(0);
        if found > known {
            return Err(ServerError::Newer { address: self.shown.clone(), found, known });
        }
        for (version, sql) in (1..).zip(MIGRATIONS).skip(usize::try_from(found).unwrap_or(0)) {
            tx.batch_execute(sql).await.map_err(refused)?;
            tx.execute("INSERT INTO migration (version) VALUES ($1)", &[&version]).await.map_err(refused)?;
        }
        tx.commit().await.map_err(refused)
    }

    fn refused(&self, source: Error) -> ServerError {
        ServerError::Refused { address: self.shown.clone(), source }
    }

    /// Does something that may be done again: where the server was away, or others were in the way, until it is done or the
    /// run is to end.
    pub async fn ask<T, F>(&self, ask: impl Fn(Object) -> F) -> Result<T, CrawlError>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let mut pause = FIRST_PAUSE;
        loop {
            let fault = match self.pool.get().await {
                Ok(client) => match ask(client).await {
                    Ok(answer) => return Ok(answer),
                    Err(fault) if in_the_way(&fault) => {
                        sleep(FIRST_PAUSE).await;
                        continue;
                    }
                    Err(fault) if is_passing(&fault) => fault.to_string(),
                    Err(fault) => return Err(CrawlError::Frontier(format!("{} refuses: {}", self.shown, why(&fault)))),
                },
                Err(PoolError::Backend(fault)) if !is_passing(&fault) => {
                    return Err(CrawlError::Frontier(format!("{} refuses: {}", self.shown, why(&fault))));
                }
                Err(fault) => fault.to_string(),
            };
            if self.stop.is_asked() {
                return Err(CrawlError::Frontier(format!("{} does not answer: {fault}", self.shown)));
            }
            if pause == FIRST_PAUSE {
                tracing::warn!("{} does not answer and is asked again until it does: {fault}", self.shown);
            }
            tokio::select! {
                () = sleep(pause) => {}
                () = self.stop.asked() => {}
            }
            pause = (pause * 2).min(LAST_PAUSE);
        }
    }
}

const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// So that a server which comes back is noticed soon.
const LAST_PAUSE: Duration = Duration::from_secs(2);

/// Two transactions in each other's way, one of which PostgreSQL ends.
fn in_the_way(fault: &Error) -> bool {
    fault
        .code()
        .is_some_and(|code| [SqlState::T_R_DEADLOCK_DETECTED, SqlState::T_R_SERIALIZATION_FAILURE].contains(code))
}

/// Whether the server may answer later.
fn is_passing(fault: &Error) -> bool {
    let Some(code) = fault.code() else {
        // No answer of the server's: the connection, or what was sent over it.
        return fault.is_closed()
            || std::error::Error::source(fault).is_some_and(|source| source.is::<std::io::Error>());
    };
    code.code().starts_with("08")
        || [
            SqlState::ADMIN_SHUTDOWN,
            SqlState::CRASH_SHUTDOWN,
            SqlState::CANNOT_CONNECT_NOW,
            SqlState::TOO_MANY_CONNECTIONS,
            SqlState::QUERY_CANCELED,
            SqlState::LOCK_NOT_AVAILABLE,
        ]
        .contains(code)
}

/// PostgreSQL's own words, which its library keeps to itself.
pub fn why(fault: &Error) -> String {
    fault.as_db_error().map_or_else(|| fault.to_string(), ToString::to_string)
}
