//! Names to addresses, as far as they may be connected to.

use std::collections::HashMap;
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

    /// The client asks by name only; the port is the URL's own.
    fn by_name(&self, host: &str) -> Vec<SocketAddr> {
        let host = host.to_ascii_lowercase();
        self.by_host.iter().filter(|((name, _), _)| *name == host).map(|(_, address)| *address).collect()
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
