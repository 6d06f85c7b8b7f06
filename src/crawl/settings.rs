//! How a crawl behaves: what the configuration hands to this room.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;

/// Who we say we are (RFC 9110 10.1.5). The product token is also what robots.txt is read for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// A mail or web address where a webmaster reaches the operator.
    pub contact: Option<String>,
}

impl Identity {
    pub const PRODUCT: &'static str = "gongkai";

    pub fn user_agent(&self) -> String {
        let version = env!("CARGO_PKG_VERSION");
        match &self.contact {
            Some(contact) => format!("{}/{version} (+{contact})", Identity::PRODUCT),
            None => format!("{}/{version} (no contact configured)", Identity::PRODUCT),
        }
    }
}

/// How fast.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Between the starts of two requests to one host, and to one address.
    pub gap: Duration,
    /// A longer crawl-delay is cut to this, and said to be.
    pub max_crawl_delay: Duration,
    pub hosts_at_once: usize,
    /// Request starts per second over all hosts.
    pub starts_per_second: u32,
    /// How long a host that put up a wall is left alone.
    pub cool_down: Duration,
}

/// How much of anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    pub connect: Duration,
    /// From the request to the head of its answer.
    pub first_byte: Duration,
    /// From the request to the end of its answer.
    pub total: Duration,
    /// A body slower than this over ten seconds is given up, bytes per second.
    pub min_rate: u64,
    /// Bytes.
    pub body: usize,
    pub redirects: u32,
    /// Links from a seed.
    pub depth: u32,
    /// Next pages of one listing.
    pub listing_pages: u32,
    pub pages_per_host: u64,
    /// Attempts at an address in one run when the network or the server fails.
    pub tries: u32,
}

/// What of the network is open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Network {
    /// Parts of the private address space that may be connected to.
    pub allow: Vec<IpNet>,
    /// Host and port answered with this address instead of asking DNS.
    pub resolve: Vec<Resolve>,
    pub proxy: Option<String>,
    /// PEM file with further certificate authorities.
    pub extra_ca: Option<PathBuf>,
}

/// `HOST:PORT:ADDR`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolve {
    pub host: String,
    pub port: u16,
    pub address: SocketAddr,
}

impl std::str::FromStr for Resolve {
    type Err = String;

    fn from_str(text: &str) -> Result<Resolve, String> {
        let wrong = || format!("{text:?} is not HOST:PORT:ADDRESS");
        let (host, rest) = text.split_once(':').ok_or_else(wrong)?;
        let (port, address) = rest.split_once(':').ok_or_else(wrong)?;
        let port: u16 = port.parse().map_err(|_| wrong())?;
        let ip = address.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
        let address = ip.map(|ip| SocketAddr::new(ip, port)).or_else(|_| address.parse()).map_err(|_| wrong())?;
        Ok(Resolve { host: host.to_ascii_lowercase(), port, address })
    }
}

/// When an address is due again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revisit {
    /// While reports come out, 20 December to 15 March.
    pub listing: Duration,
    pub listing_off_season: Duration,
    pub report: Duration,
    /// After a failure; doubled with each further one, at most to `report`.
    pub failed: Duration,
}

/// All of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    pub identity: Identity,
    pub pace: Pace,
    pub limits: Limits,
    pub network: Network,
    pub revisit: Revisit,
}

impl Default for Settings {
    fn default() -> Settings {
        let minutes = |n: u64| Duration::from_secs(n * 60);
        Settings {
            identity: Identity { contact: None },
            pace: Pace {
                gap: Duration::from_secs(2),
                max_crawl_delay: Duration::from_secs(300),
                hosts_at_once: 8,
                starts_per_second: 8,
                cool_down: minutes(10),
            },
            limits: Limits {
                connect: Duration::from_secs(15),
                first_byte: Duration::from_secs(45),
                total: Duration::from_secs(120),
                min_rate: 512,
                body: 64 << 20,
                redirects: 10,
                depth: 4,
                listing_pages: 20,
                pages_per_host: 2_000,
                tries: 2,
            },
            network: Network::default(),
            revisit: Revisit {
                listing: minutes(20 * 60),
                listing_off_season: minutes(7 * 24 * 60),
                report: minutes(30 * 24 * 60),
                failed: minutes(60),
            },
        }
    }
}
