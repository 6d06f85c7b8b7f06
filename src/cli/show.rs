//! `gongkai show`: one report of the archive.

use anyhow::Context as _;
use clap::Args;

use super::{Context, Exit, print};
use crate::archive::{self, CaptureId};
use crate::dataset::{self, Wanted};
use crate::parse::{self, Given};
use crate::store::Access;

#[derive(Args)]
pub struct Show {
    agency: String,
    year: i16,
    /// What earlier parsers read differently, cell by cell
    #[arg(long, conflicts_with = "captures")]
    versions: bool,
    /// Every capture of its address: number, when it was asked for, status, bytes, digest
    #[arg(long)]
    captures: bool,
}

impl Show {
    pub fn run(self, context: &Context) -> anyhow::Result<Exit> {
        let store = context.open(Access::Read)?;
        let connection = store.reader()?;
        let wanted = Wanted { agency: Some(self.agency.clone()), year: Some(self.year), ..Wanted::default() };
        let reports = dataset::reports(&connection, &wanted)?;
        let report = reports
            .first()
            .with_context(|| format!("the archive holds no report of {} for {}", self.agency, self.year))?;
        let capture = CaptureId(report.capture);
        if self.versions {
            let now = dataset::stored(&connection, capture)?;
            println!("parser {}: {} cells", report.parser_version, now.len());
            for (version, cells) in dataset::readings_before(&connection, capture)? {
                let changes = dataset::differing(&cells, &now);
                println!("parser {version}: {} cells, {} differ", cells.len(), changes.len());
                for change in changes {
                    let shown = |side: &Option<String>| side.as_deref().map_or("-".into(), print::plain);
                    println!("  {}: {} -> {}", print::plain(&change.cell), shown(&change.before), shown(&change.after));
                }
            }
            return Ok(Exit::Done);
        }
        if self.captures {
            for of_it in archive::of_address(&connection, capture)? {
                let what = match (of_it.revisit_of, of_it.truncated, of_it.id == capture) {
                    (Some(original), ..) => format!("  the same as {original}"),
                    (_, Some(cut), _) => format!("  cut short: {}", cut.as_str()),
                    (_, _, true) => "  the one that is shown".to_owned(),
                    _ => String::new(),
                };
                let (at, status, digest) = (&of_it.started_at, of_it.status, of_it.digest);
                println!("{:>8}  {at}  {status}  {:>9}  {digest}{what}", of_it.id.0, of_it.size_bytes);
            }
            return Ok(Exit::Done);
        }
        let (row, exchange) = archive::exchange(&connection, capture)?;
        let parsed = parse::read(Given::served(&exchange.request, &exchange.response));
        print::reading(&mut std::io::stdout().lock(), &parsed)?;
        println!(
            "\ncapture {} of {} at {} (sha256 {})",
            row.id,
            print::plain(row.url.as_str()),
            row.started_at,
            row.digest
        );
        println!("parser {}", report.parser_version);
        Ok(Exit::Done)
    }
}
