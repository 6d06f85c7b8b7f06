//! Reports, values and findings: what the latest reading of each capture says. Replaced whole, per capture.

mod across;
mod coverage;
mod mark;
mod names;
mod replace;
mod rows;
mod words;

pub use across::across_years;
pub use coverage::{CoverageRow, KnownYear, coverage, known_years, unnamed};
pub use mark::{MARKS, Mark, Marked, marks, set_mark};
pub use replace::{Cells, Change, Delta, compare, differing, put, readings_before, replace, stored};
pub use rows::{
    FindingRow, ReportRow, ValueRow, Wanted, each_report, findings, report_of, reports, reports_over_time, values,
};
pub use words::{Hit, Passage, Piece, Query, captures_without_words, page_words, search};
