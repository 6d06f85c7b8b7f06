//! `gongkai urls`: what the frontier holds, by state and outcome.

use clap::Args;

use super::exit::counted;
use super::{Context, Exit, print};
use crate::clock::{Clock, rfc3339};
use crate::crawl::{Outcome, inventory};
use crate::store::Access;

#[derive(Args)]
pub struct Urls {
    /// Addresses in this state
    #[arg(long, value_parser = ["due", "leased", "settled", "gone"])]
    state: Option<String>,
    /// Addresses whose last attempt ended so
    #[arg(long, value_name = "OUTCOME", value_parser = outcome)]
    outcome: Option<Outcome>,
    /// Addresses of this host
    #[arg(long, value_name = "HOST")]
    host: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N")]
    limit: Option<u32>,
    /// An object a line: each address
    #[arg(long)]
    json: bool,
}

fn outcome(text: &str) -> Result<Outcome, String> {
    let known = || Outcome::ALL.map(Outcome::as_str).join(", ");
    Outcome::ALL
        .into_iter()
        .find(|outcome| outcome.as_str() == text)
        .ok_or_else(|| format!("no attempt ends so; outcomes are {}", known()))
}

impl Urls {
    pub fn run(self, context: &Context) -> anyhow::Result<Exit> {
        let connection = context.open(Access::Read)?.reader()?;
        let now = rfc3339(Clock::system().now());
        let narrowed = self.state.is_some() || self.outcome.is_some() || self.host.is_some() || self.limit.is_some();
        if self.json || narrowed {
            let wanted = inventory::Wanted {
                state: self.state,
                outcome: self.outcome.map(|outcome| outcome.as_str().into()),
                host: self.host.map(|host| host.to_ascii_lowercase()),
                limit: self.limit,
            };
            for address in inventory::addresses(&connection, &wanted)? {
                if self.json {
                    print::json_line(&address)?;
                    continue;
                }
                let outcome = address.outcome.as_deref().unwrap_or("not tried");
                say_part!("{:8} {outcome:18} {:10} {}", address.state, address.role, print::plain(&address.url))?;
                if let Some(body) = &address.body {
                    say_part!(" POST {}", print::plain(body))?;
                }
                let detail = address.detail.as_deref().filter(|detail| !detail.is_empty());
                say!("{}", detail.map_or(String::new(), |detail| format!("  ({})", print::plain(detail))))?;
            }
            return Ok(Exit::Done);
        }
        for count in inventory::counts(&connection, &now)? {
            let outcome = count.outcome.as_deref().unwrap_or("not tried");
            let due = if count.due > 0 { format!(", {} due now", count.due) } else { String::new() };
            say!("{:8}  {:8} {outcome}{due}", count.addresses, count.state)?;
        }
        let held = inventory::held_hosts(&connection, &now)?;
        if !held.is_empty() {
            say!("{} left alone:", counted(held.len(), "host"))?;
        }
        for host in held {
            let why = host.outcome.as_deref().unwrap_or("its robots.txt can't be had");
            let until = host.until.map_or(String::new(), |until| format!(" until {until}"));
            say!("  {}{until}: {why}", print::plain(&host.host))?;
        }
        Ok(Exit::Done)
    }
}
