//! Who publishes, where, and which hosts may be asked.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use url::{Host, Url};

use crate::handwritten::{Fault, Faults, Section, Sheet};

/// An address to begin from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seed {
    pub url: Url,
    /// The agency's full name.
    pub agency: String,
    /// The province, as `seeds/` files it; 中央 for ministries.
    pub province: String,
    pub kind: SeedKind,
    /// Which content system serves it, where known.
    pub cms: Option<String>,
    /// False where the address was inferred and never seen to answer.
    pub verified: bool,
    pub note: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeedKind {
    /// One report.
    Report,
    /// A column of reports.
    Listing,
    /// A home page to find the column from.
    Home,
}

impl SeedKind {
    pub const ALL: [SeedKind; 3] = [SeedKind::Report, SeedKind::Listing, SeedKind::Home];

    pub fn as_str(self) -> &'static str {
        match self {
            SeedKind::Report => "report",
            SeedKind::Listing => "listing",
            SeedKind::Home => "home",
        }
    }
}

/// Which hosts may be asked: `*.gov.cn`, and hosts that seeds name. A bare address is in scope only when a seed names it.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    hosts: BTreeSet<String>,
}

impl Scope {
    pub fn of(seeds: &[Seed]) -> Scope {
        let mut scope = Scope::default();
        seeds.iter().for_each(|seed| scope.add(&seed.url));
        scope
    }

    /// Opens the host of an address that a person named.
    pub fn add(&mut self, url: &Url) {
        self.hosts.extend(url.host_str().map(str::to_ascii_lowercase));
    }

    pub fn holds(&self, url: &Url) -> bool {
        let Some(host) = url.host_str() else { return false };
        if !matches!(url.scheme(), "http" | "https") {
            return false;
        }
        let host = host.to_ascii_lowercase();
        let named = self.hosts.contains(&host);
        let government = matches!(url.host(), Some(Host::Domain(_))) && host.trim_end_matches('.').ends_with(".gov.cn");
        named || government
    }
}

/// Reads every `*.toml` of a folder, in the order of their names; all faults of all files at once.
pub fn read_dir(dir: &Path) -> Result<Vec<Seed>, Faults> {
    let fault = |path: &Path, error: std::io::Error| {
        Faults(vec![Fault { file: path.into(), line: 0, message: format!("can't be read: {error}") }])
    };
    let entries = std::fs::read_dir(dir).map_err(|error| fault(dir, error))?;
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| fault(dir, error))?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            files.push(path);
        }
    }
    files.sort();
    let mut reader = Reader::default();
    for file in &files {
        match std::fs::read_to_string(file) {
            Ok(text) => reader.file(file, &text),
            Err(error) => reader.faults.extend(fault(file, error).0),
        }
    }
    reader.finish()
}

#[derive(Default)]
struct Reader {
    seeds: Vec<Seed>,
    faults: Vec<Fault>,
    seen: BTreeMap<String, (PathBuf, usize)>,
}

impl Reader {
    fn file(&mut self, file: &Path, text: &str) {
        let (mut sheet, mut top) = Sheet::new(file, text);
        let province = top.needed_text(&mut sheet, "province").map(|(_, name)| name).unwrap_or_default();
        for mut entry in top.sections(&mut sheet, "seed") {
            if let Some(seed) = self.entry(file, &mut sheet, &mut entry, &province) {
                self.seeds.push(seed);
            }
            entry.finish(&mut sheet);
        }
        top.finish(&mut sheet);
        self.faults.extend(sheet.finish());
    }

    fn entry<'a>(
        &mut self,
        file: &Path,
        sheet: &mut Sheet<'a>,
        entry: &mut Section<'a>,
        province: &str,
    ) -> Option<Seed> {
        let url = entry.needed_text(sheet, "url").and_then(|(line, text)| self.address(file, sheet, line, &text));
        let agency = entry.needed_text(sheet, "agency").map(|(_, name)| name);
        let kind = entry.needed_text(sheet, "kind").and_then(|(line, word)| {
            let kind = SeedKind::ALL.into_iter().find(|kind| kind.as_str() == word);
            if kind.is_none() {
                sheet.fault(line, format!("kind = {word:?} is none of report, listing, home"));
            }
            kind
        });
        let cms = entry.text(sheet, "cms").map(|(_, text)| text);
        let verified = entry.boolean(sheet, "verified").unwrap_or(true);
        let note = entry.text(sheet, "note").map(|(_, text)| text);
        Some(Seed { url: url?, agency: agency?, province: province.to_owned(), kind: kind?, cms, verified, note })
    }

    fn address(&mut self, file: &Path, sheet: &mut Sheet<'_>, line: usize, text: &str) -> Option<Url> {
        let url = match Url::parse(text) {
            Ok(url) => url,
            Err(error) => {
                sheet.fault(line, format!("url = {text:?} is no address: {error}"));
                return None;
            }
        };
        if !matches!(url.scheme(), "http" | "https") {
            sheet.fault(line, format!("url = {text:?} must begin with http:// or https://"));
            return None;
        }
        if !url.username().is_empty() || url.password().is_some() {
            sheet.fault(line, "url must not hold a user name or password");
            return None;
        }
        if let Some((first, at)) = self.seen.get(url.as_str()) {
            sheet.fault(line, format!("url = {text:?} is named already in {}:{at}", first.display()));
            return None;
        }
        self.seen.insert(url.to_string(), (file.into(), line));
        Some(url)
    }

    fn finish(mut self) -> Result<Vec<Seed>, Faults> {
        if self.faults.is_empty() {
            return Ok(self.seeds);
        }
        self.faults.sort();
        Err(Faults(self.faults))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_scope() {
        let mut scope = Scope::default();
        scope.add(&Url::parse("http://101.230.193.164/x").unwrap());
        for (url, holds) in [
            ("http://rst.sc.gov.cn/x", true),
            ("https://WWW.HANGZHOU.GOV.CN/", true),
            ("http://101.230.193.164/article.html", true),
            ("http://101.230.193.165/article.html", false),
            ("http://saintpaulhem.com/xhq", false),
            ("http://rst.sc.gov.cn.evil.com/", false),
            ("http://evilgov.cn/", false),
            ("ftp://rst.sc.gov.cn/x", false),
        ] {
            assert_eq!(scope.holds(&Url::parse(url).unwrap()), holds, "{url}");
        }
    }
}
