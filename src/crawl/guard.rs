//! Which addresses may be connected to. Decided on the address itself, for every hop, robots.txt and attachment.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use url::{Host, Url};

/// Address rules: the public address space, and what `--allow-net` opens of the rest.
#[derive(Clone, Debug, Default)]
pub struct Guard {
    allow: Vec<IpNet>,
}

/// Why an address is not connected to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("{0} is a {1} address: --allow-net opens it")]
    Address(IpAddr, &'static str),
    #[error("port {0} is not a web port")]
    Port(u16),
    #[error("the address holds a user name or password")]
    Credentials,
    #[error("only http and https are asked")]
    Scheme,
}

/// Ports that services other than web servers listen on are never asked, whatever a link says.
const PORTS: [u16; 12] = [80, 443, 81, 88, 8000, 8001, 8008, 8080, 8081, 8088, 8443, 9090];

impl Guard {
    pub fn new(allow: Vec<IpNet>) -> Guard {
        Guard { allow }
    }

    /// Checks what can be seen before any name is resolved: scheme, port, credentials, and an address written as such.
    pub fn admit(&self, url: &Url) -> Result<(), Refusal> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Refusal::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refusal::Credentials);
        }
        match url.host() {
            Some(Host::Ipv4(ip)) => self.check(ip.into())?,
            Some(Host::Ipv6(ip)) => self.check(ip.into())?,
            _ => {}
        }
        match url.port_or_known_default() {
            Some(port) if PORTS.contains(&port) => Ok(()),
            // Where a part of the private space is opened, a test site or intranet may listen anywhere.
            Some(port) if port > 1_024 && !self.allow.is_empty() => Ok(()),
            port => Err(Refusal::Port(port.unwrap_or(0))),
        }
    }

    /// Checks an address that is about to be, or was, connected to.
    pub fn check(&self, ip: IpAddr) -> Result<(), Refusal> {
        let plain = unwrapped(ip);
        if self.allow.iter().any(|net| net.contains(&ip) || net.contains(&plain)) {
            return Ok(());
        }
        match kind(plain) {
            Some(kind) => Err(Refusal::Address(ip, kind)),
            None => Ok(()),
        }
    }
}

/// The IPv4 address inside a mapped, compatible, NAT64 or 6to4 one.
fn unwrapped(ip: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = ip else { return ip };
    let s = v6.segments();
    let low = |high: u16, low: u16| IpAddr::V4(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
    match s {
        [0, 0, 0, 0, 0, 0xFFFF | 0, high, end] if (high, end) != (0, 0) && (high, end) != (0, 1) => low(high, end),
        [0x64, 0xFF9B, 0, 0, 0, 0, high, end] => low(high, end),
        [0x2002, high, end, ..] => low(high, end),
        _ => ip,
    }
}

/// What kind of special address it is; none for a public one (IANA special-purpose registries).
fn kind(ip: IpAddr) -> Option<&'static str> {
    match ip {
        IpAddr::V4(ip) => kind_v4(ip),
        IpAddr::V6(ip) => kind_v6(ip),
    }
}

fn kind_v4(ip: Ipv4Addr) -> Option<&'static str> {
    let [a, b, c, _] = ip.octets();
    match (a, b, c) {
        (0, ..) => Some("unspecified"),
        (127, ..) => Some("loopback"),
        (10, ..) | (172, 16..=31, _) | (192, 168, _) => Some("private"),
        (169, 254, _) => Some("link-local or metadata"),
        (100, 64..=127, _) => Some("shared (carrier or metadata)"),
        (192, 0, 0 | 2) | (198, 51, 100) | (203, 0, 113) => Some("reserved"),
        (198, 18..=19, _) => Some("benchmarking"),
        (192, 88, 99) => Some("6to4 relay"),
        (224..=239, ..) => Some("multicast"),
        (240..=255, ..) => Some("reserved"),
        _ => None,
    }
}

fn kind_v6(ip: Ipv6Addr) -> Option<&'static str> {
    let s = ip.segments();
    match s[0] {
        _ if ip.is_unspecified() => Some("unspecified"),
        _ if ip.is_loopback() => Some("loopback"),
        0xFC00..=0xFDFF => Some("unique local"),
        0xFE80..=0xFEBF => Some("link-local"),
        0xFEC0..=0xFEFF => Some("site-local"),
        0xFF00..=0xFFFF => Some("multicast"),
        0x2001 if s[1] == 0x0DB8 || s[1] < 0x0200 => Some("reserved"),
        0x0064 if s[1] == 0xFF9B => Some("NAT64"),
        0x0100 => Some("discard"),
        0 => Some("reserved"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_way_in_to_private_addresses() {
        let guard = Guard::default();
        for url in [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://017700000001/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::127.0.0.1]/",
            "http://[64:ff9b::10.0.0.1]/",
            "http://[2002:7f00:1::]/",
            "http://10.1.2.3/",
            "http://172.31.0.1/",
            "http://192.168.1.1/",
            "http://169.254.169.254/latest/meta-data",
            "http://100.100.100.200/",
            "http://169.254.0.23/",
            "http://0.0.0.0/",
            "http://[fd00::1]/",
            "http://[fe80::1]/",
            "http://224.0.0.1/",
            "http://rst.sc.gov.cn:22/",
            "http://rst.sc.gov.cn:6379/",
            "http://user:pass@rst.sc.gov.cn/",
            "file:///etc/passwd",
            "gopher://rst.sc.gov.cn/",
        ] {
            assert!(guard.admit(&Url::parse(url).unwrap()).is_err(), "{url}");
        }
        for url in ["http://rst.sc.gov.cn/", "https://101.230.193.164/x", "http://rst.sc.gov.cn:8080/"] {
            assert_eq!(guard.admit(&Url::parse(url).unwrap()), Ok(()), "{url}");
        }
    }

    #[test]
    fn only_what_is_allowed_is_opened() {
        let guard = Guard::new(vec!["127.0.0.0/30".parse().unwrap()]);
        assert!(guard.check("127.0.0.1".parse().unwrap()).is_ok());
        assert!(guard.check("::ffff:127.0.0.1".parse().unwrap()).is_ok());
        for other in ["127.0.0.9", "10.0.0.1", "::1"] {
            assert!(guard.check(other.parse().unwrap()).is_err(), "{other}");
        }
    }
}
