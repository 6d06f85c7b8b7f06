//! `gongkai prove`: one number's chain, from the value back to the archived bytes, and derived from them again.

use anyhow::{Context as _, bail, ensure};
use clap::Args;

use super::{Context, Exit, print};
use crate::archive::{self, CaptureId};
use crate::dataset::{self, ReportRow, ValueRow, Wanted};
use crate::parse::{self, Given, PARSER_VERSION, Value};
use crate::store::Access;

#[derive(Args)]
pub struct Prove {
    /// Agency, as the data set names it
    #[arg(long)]
    agency: String,
    #[arg(long)]
    year: i16,
    /// Code of the indicator, like applications.received
    #[arg(long)]
    indicator: String,
    /// Who applied, for indicators of table three, like total
    #[arg(long)]
    applicant: Option<String>,
    /// Label of a row of the forms before 2019
    #[arg(long)]
    label: Option<String>,
    /// annual or cumulative
    #[arg(long)]
    series: Option<String>,
}

impl Prove {
    pub fn run(self, context: &Context) -> anyhow::Result<Exit> {
        let store = context.open(Access::Read)?;
        let connection = store.reader()?;
        let wanted = Wanted { agency: Some(self.agency.clone()), year: Some(self.year), ..Wanted::default() };
        let reports = dataset::reports(&connection, &wanted)?;
        let report = reports
            .first()
            .with_context(|| format!("the archive holds no report of {} for {}", self.agency, self.year))?;
        let stored = self.stored(&dataset::values(&connection, report.id)?)?;
        // Reading the capture back re-hashes its payload.
        let (capture, exchange) = archive::exchange(&connection, CaptureId(report.capture))?;
        ensure!(
            capture.digest.to_string() == report.sha256,
            "the report names payload {} and its capture {}",
            report.sha256,
            capture.digest
        );
        let given = Given::served(&exchange.request.url, &exchange.response);
        let parsed = parse::read(given);
        let derived = parsed.report.iter().flat_map(|report| &report.values).find(|value| same_cell(value, &stored));
        let derived = derived.context("the bytes, read again, hold no such value")?;
        differences(&stored, derived)?;
        let body = parse::body_of(&exchange.response);
        self.say(report, &stored, derived, &capture, &parsed, &body);
        if report.parser_version != PARSER_VERSION {
            bail!(
                "the stored reading is of parser {}, this is {PARSER_VERSION}: run reparse, then prove again",
                report.parser_version
            );
        }
        println!("proved: the archived bytes give this value");
        Ok(Exit::Done)
    }

    fn stored(&self, values: &[ValueRow]) -> anyhow::Result<ValueRow> {
        let matching = |value: &&ValueRow| {
            value.indicator == self.indicator
                && (self.applicant.is_none() || value.applicant == self.applicant)
                && (self.label.is_none() || value.label == self.label)
                && (self.series.is_none() || value.series == self.series)
        };
        let mut found = values.iter().filter(matching);
        match (found.next(), found.next()) {
            (Some(value), None) => Ok(value.clone()),
            (Some(_), Some(_)) => {
                bail!("{} has several values: name the applicant (or label and series)", self.indicator)
            }
            _ => bail!("the report holds no {}", self.indicator),
        }
    }

    fn say(
        &self,
        report: &ReportRow,
        stored: &ValueRow,
        derived: &Value,
        capture: &archive::Capture,
        parsed: &parse::Parsed,
        body: &[u8],
    ) {
        let applicant = stored.applicant.as_deref().map(|applicant| format!("/{applicant}")).unwrap_or_default();
        println!(
            "value      {} {}{applicant} = {}",
            self.year,
            stored.indicator,
            stored.value.as_deref().unwrap_or("no number")
        );
        println!("printed    {:?} ({})", print::plain(&stored.text), stored.state);
        println!("tied by    rule {}, unit {}", stored.rule, stored.unit.as_deref().unwrap_or("none"));
        println!("cell       table {}, row {}, column {}", stored.table, stored.row, stored.column);
        let (start, end) = derived.place.bytes;
        let basis = parsed.decoded.as_ref().and_then(|decoded| decoded.coding.as_deref());
        let basis =
            basis.map_or("of the payload".to_owned(), |coding| format!("of the payload with its {coding} undone"));
        println!("bytes      {start} to {end} {basis}");
        match derived.place.on_page {
            Some(at) => println!("on paper   page {}, box {:?} (hundredths of a point)", at.page, at.sides),
            None => println!("raw        {}", raw(&body[start.min(body.len())..end.min(body.len())])),
        }
        if let Some(decoded) = &parsed.decoded {
            let declared = decoded.declared.as_deref().unwrap_or("nothing");
            let conflict = if decoded.conflict { ", overruled" } else { "" };
            println!(
                "decoded as {} by {} (declared: {}{conflict})",
                decoded.encoding,
                print::word(&decoded.evidence),
                print::plain(declared)
            );
        }
        println!("payload    sha256 {} ({} bytes, hashed again)", capture.digest, capture.size_bytes);
        println!(
            "capture    {} of {} at {}, status {}",
            capture.id,
            print::plain(capture.url.as_str()),
            capture.started_at,
            capture.status
        );
        println!("parser     {}", report.parser_version);
    }
}

fn same_cell(value: &Value, stored: &ValueRow) -> bool {
    value.indicator == stored.indicator
        && value.applicant.map(|applicant| applicant.as_str()) == stored.applicant.as_deref()
        && value.label == stored.label
        && value.series.as_ref().map(print::word) == stored.series
}

/// Everything about the cell must be as it is stored.
fn differences(stored: &ValueRow, derived: &Value) -> anyhow::Result<()> {
    let place = &derived.place;
    for (what, was, is) in [
        ("value", stored.value.clone().unwrap_or_default(), derived.value.clone().unwrap_or_default()),
        ("state", stored.state.clone(), print::word(&derived.state)),
        ("printed text", stored.text.clone(), derived.text.clone()),
        ("first byte", stored.byte_start.to_string(), place.bytes.0.to_string()),
        ("last byte", stored.byte_end.to_string(), place.bytes.1.to_string()),
        ("table", stored.table.to_string(), place.table.to_string()),
        ("row", stored.row.to_string(), place.row.to_string()),
        ("column", stored.column.to_string(), place.column.to_string()),
    ] {
        ensure!(was == is, "not proved: the {what} is stored as {was:?} and the bytes give {is:?}");
    }
    Ok(())
}

/// Bytes as they are, escaped where they are no printable ASCII; the middle of a long run left out.
fn raw(bytes: &[u8]) -> String {
    let shown = |bytes: &[u8]| bytes.escape_ascii().to_string();
    match bytes.len() {
        0..=240 => shown(bytes),
        length => format!("{} … {} bytes … {}", shown(&bytes[..100]), length - 200, shown(&bytes[length - 100..])),
    }
}
