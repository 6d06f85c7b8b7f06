//! Where the frontier is, and with which secrets it is reached: from the environment or a file, never from an argument.

use std::path::PathBuf;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};
use url::Url;

use super::passwords;

/// A server and a database on it.
#[derive(Clone)]
pub struct Address {
    pub(super) config: Config,
    /// Whose certificates are believed besides the system's.
    pub(super) extra_ca: Option<PathBuf>,
    shown: String,
}

#[derive(Debug, thiserror::Error)]
pub enum AddressError {
    #[error("{shown:?} is no address of a frontier: postgres://USER@HOST/DATABASE is expected ({why})")]
    Address { shown: String, why: String },
    #[error(
        "{shown}: a password does not belong in an argument, which every user of the machine can read; set PGPASSWORD or PGPASSFILE, or give the whole address in GONGKAI_FRONTIER"
    )]
    Secret { shown: String },
    #[error("the passwords in {} can't be read: {source}", path.display())]
    PassFile { path: PathBuf, source: std::io::Error },
    #[error("the passwords in {} can be read by others than you: chmod 600 it", path.display())]
    OpenPassFile { path: PathBuf },
}

impl Address {
    /// Where the environment names a frontier, and the command does not.
    pub const VARIABLE: &'static str = "GONGKAI_FRONTIER";

    /// As an argument: without a password.
    pub fn argument(text: &str, environment: &[(String, String)]) -> Result<Address, AddressError> {
        if Url::parse(text)
            .is_ok_and(|url| url.password().is_some() || url.query_pairs().any(|(name, _)| name == "password"))
        {
            return Err(AddressError::Secret { shown: shown(text) });
        }
        Address::read(text, environment)
    }

    /// From the environment, where a password may be part of it.
    pub fn read(text: &str, environment: &[(String, String)]) -> Result<Address, AddressError> {
        let wrong = |why: String| AddressError::Address { shown: shown(text), why };
        if !["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme)) {
            return Err(wrong("it begins otherwise".into()));
        }
        let mut config: Config = text.parse().map_err(|fault: tokio_postgres::Error| wrong(fault.to_string()))?;
        let variable = |name: &str| environment.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        if config.get_user().is_none() {
            let user = variable("PGUSER").or_else(|| variable("USER")).ok_or_else(|| wrong("no user".into()))?;
            config.user(user);
        }
        if config.get_hosts().is_empty() {
            return Err(wrong("no host".into()));
        }
        if config.get_password().is_none()
            && let Some(password) = password(&config, &variable)?
        {
            config.password(password);
        }
        // Between machines nothing goes in the clear unless somebody says so.
        if config.get_ssl_mode() == SslMode::Prefer {
            let near = config.get_hosts().iter().all(is_near);
            config.ssl_mode(if near && !text.contains("sslmode=") { SslMode::Disable } else { SslMode::Require });
        }
        config.connect_timeout(Duration::from_secs(5)).keepalives_idle(Duration::from_secs(15));
        config.tcp_user_timeout(Duration::from_secs(20));
        config.options("-c search_path=gongkai -c statement_timeout=30s -c lock_timeout=20s -c synchronous_commit=on");
        Ok(Address { config, extra_ca: variable("PGSSLROOTCERT").map(Into::into), shown: shown(text) })
    }

    /// As it may be printed.
    pub fn shown(&self) -> &str {
        &self.shown
    }
}

fn password(config: &Config, variable: &impl Fn(&str) -> Option<String>) -> Result<Option<String>, AddressError> {
    if let Some(password) = variable("PGPASSWORD") {
        return Ok(Some(password));
    }
    let Some(path) = variable("PGPASSFILE").map(PathBuf::from) else { return Ok(None) };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let others = std::fs::metadata(&path).is_ok_and(|file| file.permissions().mode() & 0o077 != 0);
        if others {
            return Err(AddressError::OpenPassFile { path });
        }
    }
    let file = std::fs::read_to_string(&path).map_err(|source| AddressError::PassFile { path, source })?;
    let user = config.get_user().unwrap_or_default();
    let host = match config.get_hosts().first() {
        Some(Host::Tcp(host)) => host.as_str(),
        _ => "localhost",
    };
    let port = config.get_ports().first().copied().unwrap_or(5432).to_string();
    Ok(passwords::find(&file, [host, &port, config.get_dbname().unwrap_or(user), user]))
}

/// On this machine.
fn is_near(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback()),
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}

/// Without password and options.
fn shown(text: &str) -> String {
    match Url::parse(text) {
        Ok(mut url) => {
            url.set_query(None);
            url.set_fragment(None);
            // Only what has no host can't have its password taken, and that has none.
            let _ = url.set_password(None);
            url.into()
        }
        Err(_) => text.split(['@', '?']).next_back().unwrap_or_default().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_refused_in_an_argument_and_never_shown() {
        for text in ["postgres://me:hunter2@db/gongkai", "postgres://me@db/gongkai?password=hunter2"] {
            let fault = Address::argument(text, &[]).err().unwrap();
            assert!(matches!(fault, AddressError::Secret { .. }), "{fault}");
            assert!(!format!("{fault} {fault:?}").contains("hunter2"), "{fault:?}");
            let address = Address::read(text, &[]).unwrap();
            assert!(!format!("{} {:?}", address.shown(), address.config).contains("hunter2"));
        }
        let fault = Address::read("mysql://me:hunter2@db/x", &[]).err().unwrap();
        assert!(!format!("{fault} {fault:?}").contains("hunter2"), "{fault:?}");
    }

    #[test]
    fn another_machine_is_reached_by_tls_unless_somebody_says_otherwise() {
        for (text, mode) in [
            ("postgres://me@db.example/x", SslMode::Require),
            ("postgres://me@db.example/x?sslmode=disable", SslMode::Disable),
            ("postgres://me@127.0.0.1/x", SslMode::Disable),
            ("postgres://me@localhost/x?sslmode=require", SslMode::Require),
            ("postgres://me@localhost,db.example/x", SslMode::Require),
            ("postgres:///x?host=/run/postgresql&user=me", SslMode::Disable),
        ] {
            assert_eq!(Address::read(text, &[]).unwrap().config.get_ssl_mode(), mode, "{text}");
        }
    }

    #[test]
    fn passwords_come_from_the_environment_or_a_file_of_ones_own() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pgpass");
        std::fs::write(&file, "db:5433:x:me:hunter2\n").unwrap();
        let with = |pairs: &[(&str, &str)]| {
            let environment: Vec<_> = pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
            Address::argument("postgres://me@db:5433/x", &environment)
        };
        assert_eq!(with(&[("PGPASSWORD", "a")]).unwrap().config.get_password(), Some(b"a".as_slice()));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let path = file.to_str().unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
            assert!(matches!(with(&[("PGPASSFILE", path)]), Err(AddressError::OpenPassFile { .. })));
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
            assert_eq!(with(&[("PGPASSFILE", path)]).unwrap().config.get_password(), Some(b"hunter2".as_slice()));
        }
    }
}
