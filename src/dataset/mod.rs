//! Reports, values and findings: what the latest reading of each capture says. Replaced whole, per capture.

mod replace;
mod rows;

pub use replace::{Change, Delta, compare, replace, stored};
pub use rows::{FindingRow, ReportRow, ValueRow, Wanted, findings, reports, values};
