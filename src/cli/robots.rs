//! `gongkai robots`: which rule of robots.txt decides on an address.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use serde_json::json;
use url::Url;

use super::exit::Interrupted;
use super::network::NetworkArgs;
use super::{Context, Exit, fetch, print, runtime};
use crate::crawl::robots::Rules;
use crate::crawl::{self, Identity, Permission};
use crate::store::Access;

#[derive(Args)]
pub struct Robots {
    /// The address asked about; with --file a path alone will do
    url: String,
    /// Read this file instead of asking the site
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// For this product token [default: our own]
    #[arg(long, value_name = "TOKEN", requires = "file")]
    agent: Option<String>,
    /// Print the decision as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    network: NetworkArgs,
}

impl Robots {
    /// Done where the address may be asked, failed where not.
    pub fn run(self, context: &Context) -> anyhow::Result<Exit> {
        if let Some(file) = &self.file {
            let bytes = std::fs::read(file).with_context(|| format!("{} can't be read", file.display()))?;
            let path = match self.url.starts_with('/') {
                true => self.url.clone(),
                false => crawl::robots::path_of(&address(&self.url)?),
            };
            return self.say(&Rules::read(&bytes, self.agent.as_deref().unwrap_or(Identity::PRODUCT)), &path);
        }
        let url = address(&self.url)?;
        let place = self.network.place(context.open(Access::Write)?, context.config.crawl.clone())?;
        let scope = fetch::scope(context, &place.settings.network, &url);
        let stop = context.signals.wind_down();
        let Some(permission) = runtime()?.block_on(crawl::permission(place, scope, &url, &stop))? else {
            return Err(Interrupted("the site had not answered yet").into());
        };
        match permission {
            Permission::Rules(rules) => self.say(&rules, &crawl::robots::path_of(&url)),
            Permission::Unreachable(outcome, why) => {
                if self.json {
                    print::json(&json!({ "url": url, "allowed": false, "outcome": outcome, "detail": why }))?;
                    return Ok(Exit::Failed);
                }
                say!("not allowed: {outcome}, {}", print::plain(&why))?;
                say!("  {}", outcome.meaning())?;
                Ok(Exit::Failed)
            }
        }
    }

    fn say(&self, rules: &Rules, path: &str) -> anyhow::Result<Exit> {
        let decision = rules.decide(path);
        let exit = if decision.allowed { Exit::Done } else { Exit::Failed };
        if self.json {
            let (line, rule) = decision.line.unzip();
            print::json(&json!({
                "url": self.url,
                "allowed": decision.allowed,
                "line": line,
                "rule": rule,
                "crawl_delay_ms": rules.crawl_delay.map(|delay| u64::try_from(delay.as_millis()).unwrap_or(u64::MAX)),
                "sitemaps": rules.sitemaps,
            }))?;
            return Ok(exit);
        }
        let word = if decision.allowed { "allowed" } else { "not allowed" };
        match &decision.line {
            Some((line, rule)) => say!("{word}: line {line} decides, {}", print::plain(rule))?,
            None => say!("{word}: no rule says otherwise")?,
        }
        if let Some(delay) = rules.crawl_delay {
            say!("  crawl-delay {} s", delay.as_secs_f64())?;
        }
        for sitemap in &rules.sitemaps {
            say!("  sitemap {}", print::plain(sitemap))?;
        }
        Ok(exit)
    }
}

fn address(text: &str) -> anyhow::Result<Url> {
    Url::parse(text).with_context(|| format!("{} is no address: write http://host/path", print::plain(text)))
}
