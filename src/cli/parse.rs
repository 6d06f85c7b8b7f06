//! `gongkai parse`: reads a file and stores nothing.

use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use url::Url;

use super::exit::counted;
use super::reading::{Reading, Source};
use super::{Exit, print};
use crate::archive::warc::frames::unpacked;
use crate::exchange::Headers;
use crate::import::{Exchanges, Found};
use crate::office;
use crate::parse::{self, Given};

#[derive(Args)]
pub struct Parse {
    /// The file to read; - for standard input
    file: PathBuf,
    /// Print the reading as JSON
    #[arg(long)]
    json: bool,
    /// The address it came from: resolves links, tells whose site it is; repeated as given when it is no address
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Its Content-Type, when known
    #[arg(long, value_name = "TYPE")]
    content_type: Option<String>,
    /// With --json: every table with its spans expanded
    #[arg(long, requires = "json")]
    tables: bool,
    /// With --json: the decoded text
    #[arg(long, requires = "json")]
    text: bool,
    /// Read a WARC and print a line of JSON for each response
    #[arg(long, conflicts_with_all = ["url", "content_type", "tables", "text"])]
    warc: bool,
}

impl Parse {
    pub fn run(self) -> anyhow::Result<Exit> {
        if self.warc {
            return self.responses();
        }
        let body = read(&self.file)?;
        let mut headers = Headers::default();
        if let Some(content_type) = &self.content_type {
            headers.push("Content-Type", content_type.as_bytes());
        }
        let url = self.url.as_deref().and_then(|url| Url::parse(url).ok());
        let given = Given { url: url.as_ref(), status: None, headers: &headers, query: None, body: &body };
        let parsed = office::read(given);
        let exit = if parsed.report.as_ref().is_some_and(|report| !report.values.is_empty()) {
            Exit::Done
        } else {
            Exit::Partial
        };
        let source = Source::of_file(self.url.clone(), &body);
        let laid_out = (self.tables || self.text).then(|| parse::laid_out(given));
        let tables = laid_out.as_ref().filter(|_| self.tables).map(|(tables, _)| tables.as_slice());
        let text = laid_out.as_ref().filter(|_| self.text).map(|(_, text)| text.as_str());
        print::json(&Reading::new(source, &parsed).with(tables, text))?;
        Ok(exit)
    }

    /// A line for each response as it comes; nothing for revisits, whose body is elsewhere.
    fn responses(&self) -> anyhow::Result<Exit> {
        let name = self.file.display();
        let input: Box<dyn Read> = if self.file == Path::new("-") {
            Box::new(std::io::stdin().lock())
        } else {
            Box::new(std::fs::File::open(&self.file).with_context(|| format!("{name} can't be read"))?)
        };
        let input = unpacked(input).with_context(|| format!("{name} can't be unpacked"))?;
        let mut exchanges = Exchanges::new(input);
        let (mut revisits, mut whole) = (0, true);
        for found in exchanges.by_ref() {
            match found {
                Found::Answer(offset, exchange, _) => {
                    let given = Given::served(&exchange.request, &exchange.response);
                    // One page that the parser fails on must not cost those behind it.
                    let Ok(parsed) = catch_unwind(AssertUnwindSafe(|| office::read(given))) else {
                        whole = false;
                        tell!("gongkai: {name}: offset {offset}: the parser failed on this page");
                        continue;
                    };
                    let reading = Reading::new(Source::of_exchange(&exchange), &parsed);
                    print::json_line(&reading)?;
                }
                Found::Revisit(_) => revisits += 1,
                Found::Unread(offset, why) => {
                    whole = false;
                    tell!("gongkai: {name}: offset {offset}: {}", print::plain(&why));
                }
            }
        }
        if revisits > 0 {
            tell!("{} passed over: their bodies are those of their originals", counted(revisits, "revisit"));
        }
        if exchanges.records() == 0 {
            tell!("gongkai: {name}: it holds no record of a WARC or ARC");
        }
        Ok(if whole && exchanges.records() > 0 { Exit::Done } else { Exit::Partial })
    }
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    if file == Path::new("-") {
        let mut body = Vec::new();
        std::io::stdin().read_to_end(&mut body).context("standard input can't be read")?;
        return Ok(body);
    }
    std::fs::read(file).with_context(|| format!("{} can't be read", file.display()))
}
