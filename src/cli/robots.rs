//! `gongkai robots`: which rule of robots.txt decides on an address.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use url::Url;

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
            return Ok(say(&Rules::read(&bytes, self.agent.as_deref().unwrap_or(Identity::PRODUCT)), &path));
        }
        let url = address(&self.url)?;
        let place = self.network.place(context.open(Access::Write)?, context.config.crawl.clone())?;
        let scope = fetch::scope(context, &place.settings.network, &url);
        match runtime()?.block_on(crawl::permission(place, scope, &url))? {
            Permission::Rules(rules) => Ok(say(&rules, &crawl::robots::path_of(&url))),
            Permission::Unreachable(outcome, why) => {
                println!("not allowed: {outcome}, {}", print::plain(&why));
                println!("  {}", outcome.meaning());
                Ok(Exit::Failed)
            }
        }
    }
}

fn address(text: &str) -> anyhow::Result<Url> {
    Url::parse(text).with_context(|| format!("{} is no address: write http://host/path", print::plain(text)))
}

fn say(rules: &Rules, path: &str) -> Exit {
    let decision = rules.decide(path);
    let word = if decision.allowed { "allowed" } else { "not allowed" };
    match &decision.line {
        Some((line, rule)) => println!("{word}: line {line} decides, {}", print::plain(rule)),
        None => println!("{word}: no rule says otherwise"),
    }
    if let Some(delay) = rules.crawl_delay {
        println!("  crawl-delay {} s", delay.as_secs_f64());
    }
    for sitemap in &rules.sitemaps {
        println!("  sitemap {}", print::plain(sitemap));
    }
    if decision.allowed { Exit::Done } else { Exit::Failed }
}
