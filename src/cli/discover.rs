//! `gongkai discover`: from a host's home page to its column of annual reports, as a seed to paste.

use anyhow::Context as _;
use clap::Args;
use serde_json::{Value, json};
use url::Url;

use super::exit::counted;
use super::network::NetworkArgs;
use super::{Context, Exit, fetch, print, runtime};
use crate::crawl::{self, Column, Outcome, Walk};
use crate::store::Access;

#[derive(Args)]
pub struct Discover {
    /// A host like rst.sc.gov.cn, or the address of a page to begin from
    host: String,
    /// Print what was looked at and the column as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    network: NetworkArgs,
}

impl Discover {
    /// Done where a column was found, in part where not.
    pub fn run(self, context: &Context) -> anyhow::Result<Exit> {
        let text = if self.host.contains("://") { self.host.clone() } else { format!("http://{}/", self.host) };
        let home = Url::parse(&text).with_context(|| format!("{} is no host", print::plain(&self.host)))?;
        let place = self.network.place(context.open(Access::Write)?, context.config.crawl.clone())?;
        let scope = fetch::scope(context, &place.settings.network, &home);
        let stop = context.signals.wind_down();
        let walk = runtime()?.block_on(crawl::walk(place, scope, &home, &stop))?;
        let exit = match walk.column {
            _ if stop.is_asked() => Exit::Interrupted,
            Some(_) => Exit::Done,
            None => Exit::Partial,
        };
        if stop.is_asked() {
            tell!("gongkai: interrupted: what came is kept");
        }
        if self.json {
            print::json(&as_json(&walk))?;
            return Ok(exit);
        }
        say_tried(&walk);
        match &walk.column {
            Some(column) => {
                say!("{}", seed(column))?;
                for (agency, url) in &walk.beside {
                    say!("\n{}", seed_beside(agency, url))?;
                }
            }
            None if stop.is_asked() => {}
            None => {
                tell!(
                    "gongkai: no column of annual reports within three hops; a seed may name the address if you know it"
                );
                if let Some(advice) = advice(&walk) {
                    tell!("    what a person may try: {advice}");
                }
            }
        }
        Ok(exit)
    }
}

fn as_json(walk: &Walk) -> Value {
    let column = walk.column.as_ref().map(|column| {
        json!({
            "url": column.url,
            "title": column.title,
            "agency": column.agency,
            "years": column.years,
            "trail": column.trail,
        })
    });
    let tried =
        walk.tried.iter().map(|tried| json!({ "url": tried.url, "outcome": tried.outcome, "text": tried.anchor }));
    let beside = walk.beside.iter().map(|(agency, url)| json!({ "url": url, "agency": agency }));
    let advice = advice(walk).filter(|_| walk.column.is_none());
    json!({ "column": column, "beside": beside.collect::<Vec<_>>(), "tried": tried.collect::<Vec<_>>(), "advice": advice })
}

/// What a person may try where the walk saw no more.
fn advice(walk: &Walk) -> Option<&'static str> {
    const SCRIPTED: &str = "no script is run here, and this site's pages are built by one: open it in a browser, go to \
        its column 政府信息公开年报, and name in a seed what has an address of its own there (the column, each report or its file); \
        `gongkai import` takes in pages that a browser saved; the portal of its government often has a copy";
    let failed = walk.tried.last().map(|tried| tried.outcome).filter(|outcome| !outcome.is_success());
    walk.tried.iter().any(|tried| tried.is_shell).then_some(SCRIPTED).or_else(|| failed.map(Outcome::advice))
}

fn say_tried(walk: &Walk) {
    tell!("{} looked at:", counted(walk.tried.len(), "page"));
    for tried in &walk.tried {
        let (url, anchor) = (print::plain(tried.url.as_str()), print::plain(&tried.anchor));
        let shell = if tried.is_shell { " (a script builds it: the bytes served hold no content)" } else { "" };
        tell!("  {} {url} {anchor}{shell}", tried.outcome);
    }
}

fn quoted(text: &str) -> String {
    toml::Value::String(print::plain(text)).to_string()
}

/// An entry for an agency that the walk only passed by.
fn seed_beside(agency: &str, url: &Url) -> String {
    format!(
        "[[seed]]\nurl = {}\nagency = {}\nkind = \"listing\"\nverified = false\nnote = \"by the address of the column above, not looked at\"",
        quoted(url.as_str()),
        quoted(agency)
    )
}

/// An entry for a file of `seeds/`. What could not be learned is left for a person to fill in.
fn seed(column: &Column) -> String {
    let years: Vec<String> = column.years.iter().map(i16::to_string).collect();
    let trail: Vec<String> = column.trail.iter().map(|words| print::plain(words)).collect();
    let agency = match &column.agency {
        Some(agency) => quoted(agency),
        None => format!(
            "\"\"  # whose column is it? its title: {}",
            print::plain(column.title.as_deref().unwrap_or("none"))
        ),
    };
    let named = if years.is_empty() {
        counted(column.reports, "report")
    } else {
        format!("the reports of {}", years.join(", "))
    };
    format!(
        "[[seed]]\nurl = {}\nagency = {agency}\nkind = \"listing\"\nnote = {}",
        quoted(column.url.as_str()),
        quoted(&format!("names {named}; by way of {}", trail.join(" > ")))
    )
}
