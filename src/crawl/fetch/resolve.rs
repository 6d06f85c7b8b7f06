//! Names to addresses, as far as they may be connected to.

use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve as Resolver, Resolving};

use crate::crawl::{Guard, Network};

/// Hosts answered without DNS.
pub struct Overrides {
    by_host: HashMap<(String, u16), SocketAddr>,
}

impl Overrides {
    pub fn of(network: &Network) -> Overrides {
        let entries = network.resolve.iter().map(|entry| ((entry.host.clone(), entry.port), entry.address));
        Overrides { by_host: entries.collect() }
    }

    pub fn get(&self, host: &str, port: u16) -> Option<SocketAddr> {
        self.by_host.get(&(host.to_ascii_lowercase(), port)).copied()
    }

    /// The client asks by name only. An entry that keeps its port leaves it to the URL (0): the host may have one for http and
    /// one for https.
    fn by_name(&self, host: &str) -> BTreeSet<SocketAddr> {
        let host = host.to_ascii_lowercase();
        let entries = self.by_host.iter().filter(|((name, _), _)| *name == host);
        let port_of = |asked: u16, given: u16| if given == asked { 0 } else { given };
        entries.map(|((_, port), address)| SocketAddr::new(address.ip(), port_of(*port, address.port()))).collect()
    }
}

/// Resolves names and hands on only addresses that may be connected to.
pub struct GuardedResolver {
    pub guard: Guard,
    pub overrides: Arc<Overrides>,
}

impl Resolver for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.guard.clone();
        let given = self.overrides.by_name(name.as_str());
        Box::pin(async move {
            let found =
                if given.is_empty() { tokio::net::lookup_host((name.as_str(), 0)).await?.collect() } else { given };
            let mut refusal = None;
            let mut open = Vec::new();
            for address in found {
                match guard.check(address.ip()) {
                    Ok(()) => open.push(address),
                    Err(found) => refusal = Some(found),
                }
            }
            match refusal {
                Some(refusal) if open.is_empty() => Err(refusal.into()),
                _ => Ok(Box::new(open.into_iter()) as Addrs),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_with_http_and_https_is_asked_at_the_port_of_the_url() {
        let entry = |text: &str| text.parse::<SocketAddr>().unwrap();
        let by_host = [(80, "127.0.0.9:80"), (443, "127.0.0.9:443"), (81, "127.0.0.8:8081")]
            .map(|(port, address)| (("a.gov.cn".to_owned(), port), entry(address)));
        let overrides = Overrides { by_host: by_host.into_iter().collect() };
        let found: Vec<SocketAddr> = overrides.by_name("A.gov.cn").into_iter().collect();
        assert_eq!(found, ["127.0.0.8:8081", "127.0.0.9:0"].map(entry));
    }
}
