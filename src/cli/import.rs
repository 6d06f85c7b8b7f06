//! `gongkai import`: what others archived, taken in.

use std::path::PathBuf;

use anyhow::ensure;
use clap::Args;
use jiff::Timestamp;
use url::Url;

use super::exit::counted;
use super::{Context, Exit, print};
use crate::import::{self, ImportError, Plain, Summary};
use crate::store::Access;

#[derive(Args)]
pub struct Import {
    /// WARC (.warc, .warc.gz, .warc.zst; - for standard input), ARC (.arc, .arc.gz), WACZ, one plain file with --url and --date, pages
    /// saved by browsers (HTML that names its address, MHTML), or a fleet's shards (s3://BUCKET/PREFIX, file:///FOLDER)
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// The address that a plain file came from
    #[arg(long, value_name = "URL")]
    url: Option<Url>,
    /// When a plain file was fetched: YYYY-MM-DD or RFC 3339
    #[arg(long, value_name = "DATE", value_parser = date)]
    date: Option<Timestamp>,
    /// The Content-Type that a plain file came with, when known
    #[arg(long, value_name = "TYPE")]
    content_type: Option<String>,
    /// Print what was done as JSON
    #[arg(long)]
    json: bool,
}

impl Import {
    pub fn run(self, context: &Context) -> anyhow::Result<Exit> {
        if let Some(url) = &self.url {
            ensure!(matches!(url.scheme(), "http" | "https"), "{url} is no address of a web page");
        }
        let plain = Plain { url: self.url, date: self.date, content_type: self.content_type };
        if let [place] = self.paths.as_slice()
            && let Some(address) = place.to_str().filter(|text| is_place(text))
        {
            return shards(context, address, self.json);
        }
        ensure!(
            !self.paths.iter().any(|path| path.to_str().is_some_and(is_place)),
            "shards are taken in by themselves: name their place and nothing else"
        );
        if let Some(missing) = self.paths.iter().find(|path| path.as_os_str() != "-" && !path.exists()) {
            anyhow::bail!("{} can't be read: it is not there, and nothing was taken in", missing.display());
        }
        let stop = context.signals.wind_down();
        let store = context.open(Access::Write)?;
        let summary = match import::import(&store, &self.paths, &plain, &stop) {
            Err(
                fault @ (ImportError::NeedsAddress { .. }
                | ImportError::NeedsDate { .. }
                | ImportError::OneAddress { .. }),
            ) => {
                tell!("gongkai: {fault}");
                return Ok(Exit::Usage);
            }
            Err(ImportError::Archive(fault)) => return Err(fault.into()),
            imported => imported?,
        };
        if self.json {
            print::json(&summary)?;
        } else {
            say(&summary)?;
        }
        Ok(match summary.faults.is_empty() {
            _ if summary.interrupted => Exit::Interrupted,
            true => Exit::Done,
            false => Exit::Partial,
        })
    }
}

fn is_place(path: &str) -> bool {
    ["s3://", "file://"].iter().any(|scheme| path.starts_with(scheme))
}

#[cfg(feature = "fleet")]
fn shards(context: &Context, address: &str, json: bool) -> anyhow::Result<Exit> {
    use crate::clock::Clock;
    use crate::fleet::shards::{self, Place};
    let place = Place::open(address, &super::environment())?;
    let store = context.open(Access::Write)?;
    let runtime = super::runtime()?;
    let imported = match shards::import(&store, &place, &Clock::system(), runtime.handle()) {
        Err(shards::ShardImportError::Archive(fault)) => return Err(fault.into()),
        imported => imported?,
    };
    if json {
        print::json(&imported)?;
    } else {
        say!(
            "{}: {} taken in, {} known already, {} without a manifest",
            place.shown(),
            count(imported.shards, "shard"),
            imported.shards_known,
            imported.shards_unfinished
        )?;
        say(&imported.summary)?;
    }
    Ok(if imported.summary.faults.is_empty() { Exit::Done } else { Exit::Partial })
}

#[cfg(not(feature = "fleet"))]
fn shards(_: &Context, address: &str, _: bool) -> anyhow::Result<Exit> {
    let address = address.split('?').next().unwrap_or_default();
    anyhow::bail!("{address}: this program was built without the feature \"fleet\", which shards need")
}

fn count(number: u64, word: &str) -> String {
    counted(usize::try_from(number).unwrap_or(usize::MAX), word)
}

fn say(summary: &Summary) -> std::io::Result<()> {
    say!(
        "{} taken in, {} of them; {} known already; {} read",
        count(summary.captures, "capture"),
        count(summary.revisits, "revisit"),
        summary.known,
        count(summary.reports, "report")
    )?;
    for (kind, number) in &summary.passed_over {
        let of_kind = format!("{} record", print::plain(kind));
        say!("{} passed over: no HTTP answer", counted(usize::try_from(*number).unwrap_or(usize::MAX), &of_kind))?;
    }
    for fault in &summary.faults {
        tell!("gongkai: {}: offset {}: {}", print::plain(&fault.file), fault.offset, print::plain(&fault.why));
    }
    if !summary.faults.is_empty() {
        tell!("gongkai: {} not taken in", counted(summary.faults.len(), "place"));
    }
    if summary.interrupted {
        tell!("gongkai: interrupted: import the same again to go on");
    }
    Ok(())
}

/// A day is its beginning in China, where the files come from.
fn date(text: &str) -> Result<Timestamp, String> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    let day: jiff::civil::Date = text.parse().map_err(|_| "YYYY-MM-DD or RFC 3339 is expected".to_owned())?;
    let china = jiff::tz::TimeZone::fixed(jiff::tz::offset(8));
    china.to_timestamp(day.to_datetime(jiff::civil::Time::midnight())).map_err(|fault| fault.to_string())
}
