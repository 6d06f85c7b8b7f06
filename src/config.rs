//! `config.toml`: read once, checked whole, handed out in parts.

use std::path::{Path, PathBuf};

use crate::crawl::Settings;
use crate::handwritten::{Fault, Faults, Sheet};
use crate::schedule::Window;

/// What the program runs with. Paths in the file are relative to the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    pub archive: PathBuf,
    pub seeds: PathBuf,
    pub crawl: Settings,
    /// When the crawl may ask; always where there is none.
    pub window: Option<Window>,
    /// A program and its arguments, given each run's summary; empty is none.
    pub notify: Vec<String>,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            archive: "gongkai.sqlite".into(),
            seeds: "seeds".into(),
            crawl: Settings::default(),
            window: None,
            notify: Vec::new(),
        }
    }
}

/// The file that is read: the one named, else `./config.toml` where it exists.
pub fn file(named: Option<&Path>) -> Option<&Path> {
    named.or(Some(Path::new("config.toml")).filter(|default| default.exists()))
}

/// Reads `path`; without one the defaults hold.
pub fn load(path: Option<&Path>) -> Result<Config, Faults> {
    let Some(path) = path else { return Ok(Config::default()) };
    match std::fs::read_to_string(path) {
        Ok(text) => read(path, &text),
        Err(error) => {
            Err(Faults(vec![Fault { file: path.into(), line: 0, message: format!("can't be read: {error}") }]))
        }
    }
}

/// Reads the text of a configuration file.
pub fn read(path: &Path, text: &str) -> Result<Config, Faults> {
    let (mut sheet, mut top) = Sheet::new(path, text);
    let sheet = &mut sheet;
    let mut config = Config::default();
    let beside = |name: &str| path.parent().map_or_else(|| PathBuf::from(name), |folder| folder.join(name));
    config.archive = beside("gongkai.sqlite");
    config.seeds = beside("seeds");

    let mut archive = top.section(sheet, "archive");
    set(&mut config.archive, archive.text(sheet, "path").map(|(_, name)| beside(&name)));
    archive.finish(sheet);

    let mut seeds = top.section(sheet, "seeds");
    set(&mut config.seeds, seeds.text(sheet, "dir").map(|(_, name)| beside(&name)));
    seeds.finish(sheet);

    let mut identity = top.section(sheet, "identity");
    if let Some((line, contact)) = identity.text(sheet, "contact") {
        let fits = contact.is_ascii() && !contact.contains(|c: char| c.is_control() || matches!(c, '(' | ')'));
        if !fits {
            sheet.fault(line, "contact goes into a header: plain ASCII without brackets");
        }
        config.crawl.identity.contact = Some(contact).filter(|contact| !contact.trim().is_empty());
    }
    identity.finish(sheet);

    let pace = &mut config.crawl.pace;
    let mut section = top.section(sheet, "pace");
    set(&mut pace.gap, section.duration(sheet, "gap"));
    set(&mut pace.max_crawl_delay, section.duration(sheet, "max_crawl_delay"));
    set(&mut pace.hosts_at_once, section.integer(sheet, "hosts_at_once", 1..=256).map(small));
    set(&mut pace.starts_per_second, section.integer(sheet, "starts_per_second", 1..=10_000).map(|n| n as u32));
    set(&mut pace.cool_down, section.duration(sheet, "cool_down"));
    section.finish(sheet);

    let limits = &mut config.crawl.limits;
    let mut section = top.section(sheet, "limits");
    set(&mut limits.connect, section.duration(sheet, "connect"));
    set(&mut limits.first_byte, section.duration(sheet, "first_byte"));
    set(&mut limits.total, section.duration(sheet, "total"));
    set(&mut limits.min_rate, section.integer(sheet, "min_rate_bytes", 0..=1 << 30));
    set(&mut limits.body, section.integer(sheet, "body_mib", 1..=2_048).map(|mib| small(mib) << 20));
    set(&mut limits.redirects, section.integer(sheet, "redirects", 0..=50).map(|n| n as u32));
    set(&mut limits.depth, section.integer(sheet, "depth", 0..=20).map(|n| n as u32));
    set(&mut limits.listing_pages, section.integer(sheet, "listing_pages", 1..=1_000).map(|n| n as u32));
    set(&mut limits.pages_per_host, section.integer(sheet, "pages_per_host", 1..=1_000_000));
    set(&mut limits.tries, section.integer(sheet, "tries", 1..=10).map(|n| n as u32));
    section.finish(sheet);

    let network = &mut config.crawl.network;
    let mut section = top.section(sheet, "network");
    for (line, text) in section.texts(sheet, "allow_net").unwrap_or_default() {
        match text.parse() {
            Ok(net) => network.allow.push(net),
            Err(_) => sheet.fault(line, format!("allow_net: {text:?} is no CIDR block like \"10.0.0.0/8\"")),
        }
    }
    for (line, text) in section.texts(sheet, "resolve").unwrap_or_default() {
        match text.parse() {
            Ok(resolve) => network.resolve.push(resolve),
            Err(why) => sheet.fault(line, format!("resolve: {why}")),
        }
    }
    network.proxy = section.text(sheet, "proxy").map(|(_, url)| url).filter(|url| !url.is_empty());
    network.extra_ca =
        section.text(sheet, "extra_ca").map(|(_, name)| name).filter(|name| !name.is_empty()).map(|name| beside(&name));
    section.finish(sheet);

    let revisit = &mut config.crawl.revisit;
    let mut section = top.section(sheet, "revisit");
    set(&mut revisit.listing, section.duration(sheet, "listing"));
    set(&mut revisit.listing_off_season, section.duration(sheet, "listing_off_season"));
    set(&mut revisit.report, section.duration(sheet, "report"));
    set(&mut revisit.failed, section.duration(sheet, "failed"));
    section.finish(sheet);

    let mut section = top.section(sheet, "schedule");
    if let Some((line, text)) = section.text(sheet, "window").filter(|(_, text)| !text.is_empty()) {
        match text.parse() {
            Ok(window) => config.window = Some(window),
            Err(why) => sheet.fault(line, format!("window: {why}")),
        }
    }
    section.finish(sheet);

    let mut section = top.section(sheet, "notify");
    if let Some(words) = section.texts(sheet, "command") {
        config.notify = words.into_iter().map(|(_, word)| word).collect();
    }
    section.finish(sheet);

    top.finish(sheet);
    let mut faults = std::mem::replace(sheet, Sheet::new(path, "").0).finish();
    faults.sort();
    if faults.is_empty() { Ok(config) } else { Err(Faults(faults)) }
}

fn set<T>(field: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *field = value;
    }
}

fn small(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_file_states_the_defaults() {
        let shipped = read(Path::new("config.toml"), include_str!("../config.toml")).unwrap();
        assert_eq!(shipped, Config::default());
    }
}
