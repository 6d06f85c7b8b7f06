//! The report that a command's words name.

use anyhow::Context as _;
use rusqlite::Connection;

use crate::dataset::{self, ReportRow, Wanted};

/// The one that stands for the agency and year.
pub fn report(connection: &Connection, agency: &str, year: i16) -> anyhow::Result<ReportRow> {
    let wanted = Wanted { agency: Some(agency.to_owned()), year: Some(year), ..Wanted::default() };
    let first = dataset::reports(connection, &wanted)?.into_iter().next();
    first.with_context(|| format!("the archive holds no report of {agency} for {year}"))
}
