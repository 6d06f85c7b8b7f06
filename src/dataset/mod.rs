//! Reports, values and findings: what the latest reading of each capture says. Replaced whole, per capture.

mod across;
mod coverage;
mod replace;
mod rows;

pub use across::across_years;
pub use coverage::{CoverageRow, coverage};
pub use replace::{Cells, Change, Delta, compare, differing, readings_before, replace, stored};
pub use rows::{FindingRow, ReportRow, ValueRow, Wanted, each_report, findings, reports, values};
