//! `gongkai prove`: one number's chain, from the value back to the archived bytes, and derived from them again.

use anyhow::bail;
use clap::Args;

use super::{Context, Exit, named, print};
use crate::dataset::{self, ReportRow, ValueRow};
use crate::parse::{PARSER_VERSION, word};
use crate::proof::{self, Proof};
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
    /// Print the chain as JSON
    #[arg(long)]
    json: bool,
}

impl Prove {
    pub fn run(self, context: &Context) -> anyhow::Result<Exit> {
        let store = context.open(Access::Read)?;
        let connection = store.reader()?;
        let report = &named::report(&connection, &self.agency, self.year)?;
        let stored = self.stored(&dataset::values(&connection, report.id)?)?;
        let proved = proof::prove(&connection, report, &stored);
        let older = report.parser_version != PARSER_VERSION;
        let why = format!(
            "the stored reading is of parser {}, this is {PARSER_VERSION}: run reparse, then prove again",
            report.parser_version
        );
        if self.json {
            let mut told = proof::as_json(report, &stored, proved.as_ref());
            if older && proved.is_ok() {
                told["proved"] = false.into();
                told["why"] = why.as_str().into();
            }
            print::json(&told)?;
        }
        let proof = proved?;
        if !self.json {
            self.say(report, &stored, &proof)?;
        }
        if older {
            bail!(why);
        }
        if !self.json {
            say!("proved: the archived bytes give this value")?;
        }
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

    fn say(&self, report: &ReportRow, stored: &ValueRow, proof: &Proof) -> std::io::Result<()> {
        let Proof { capture, parsed, derived, body } = proof;
        let applicant = stored.applicant.as_deref().map(|applicant| format!("/{applicant}")).unwrap_or_default();
        say!(
            "value      {} {}{applicant} = {}",
            self.year,
            stored.indicator,
            stored.value.as_deref().unwrap_or("no number")
        )?;
        say!("printed    {:?} ({})", print::plain(&stored.text), stored.state)?;
        say!("tied by    rule {}, unit {}", stored.rule, stored.unit.as_deref().unwrap_or("none"))?;
        say!("cell       table {}, row {}, column {}", stored.table, stored.row, stored.column)?;
        let (start, end) = derived.place.bytes;
        let basis = parsed.decoded.as_ref().and_then(|decoded| decoded.coding.as_deref());
        let basis =
            basis.map_or("of the payload".to_owned(), |coding| format!("of the payload with its {coding} undone"));
        say!("bytes      {start} to {end} {basis}")?;
        match derived.place.on_page {
            Some(at) => say!("on paper   page {}, box {:?} (hundredths of a point)", at.page, at.sides)?,
            None => say!("raw        {}", proof::raw(&body[start.min(body.len())..end.min(body.len())]))?,
        }
        if let Some(decoded) = &parsed.decoded {
            let declared = decoded.declared.as_deref().unwrap_or("nothing");
            let conflict = if decoded.conflict { ", overruled" } else { "" };
            say!(
                "decoded as {} by {} (declared: {}{conflict})",
                decoded.encoding,
                word(&decoded.evidence),
                print::plain(declared)
            )?;
        }
        say!("payload    sha256 {} ({} bytes, hashed again)", capture.digest, capture.size_bytes)?;
        let asked =
            capture.request.query().map_or(String::new(), |query| format!(" POST {}", print::plain(query.as_str())));
        say!(
            "capture    {} of {} at {}, status {}",
            capture.id,
            print::plain(capture.url.as_str()) + &asked,
            capture.started_at,
            capture.status
        )?;
        say!("parser     {}", report.parser_version)?;
        Ok(())
    }
}
