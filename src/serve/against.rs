//! Two captures of a report held against one another, number by number and as text.

use askama::Template;
use axum::body::Body;
use axum::http::Response;
use rusqlite::Connection;
use similar::{ChangeTag, TextDiff};

use super::Site;
use super::asked::Asked;
use super::door::Trouble;
use super::labels::indicator_label;
use super::report::no_report;
use super::shell::{Lang, Shell, html, minute, plain, query};
use crate::archive::CaptureId;
use crate::dataset::{self, Change, ReportRow};

#[derive(Template)]
#[template(path = "against.html")]
struct AgainstPage {
    shell: Shell,
    earlier: ReportRow,
    later: ReportRow,
    earlier_at: String,
    later_at: String,
    same_bytes: bool,
    changes: Vec<Moved>,
    lines: Vec<(&'static str, String)>,
    lines_left: usize,
}

struct Moved {
    cell: String,
    label: String,
    query: String,
    before: String,
    after: String,
}

impl Moved {
    fn of(lang: Lang, change: Change) -> Moved {
        let printed = |cell: Option<String>| match cell {
            // `number 7`, `dash —`, `blank`: of a number only what is printed.
            Some(cell) if cell == "blank" => lang.w("空白", "blank").to_owned(),
            Some(cell) => cell.strip_prefix("number ").map(str::to_owned).unwrap_or(cell),
            None => "–".to_owned(),
        };
        Moved {
            label: plain(&indicator_label(lang, &change.cell)),
            query: query(&[("cell", &change.cell)]),
            before: printed(change.before),
            after: printed(change.after),
            cell: change.cell,
        }
    }
}

/// Lines of difference shown; a page replaced whole differs in all of them.
const LINES: usize = 400;

/// What changed between two captures: number by number, and as text.
pub fn page(_: &Site, connection: &Connection, asked: &Asked) -> Result<Response<Body>, Trouble> {
    let (one, other) = (asked.segment(1)?, asked.segment(3)?);
    let report = |capture| -> Result<ReportRow, Trouble> {
        dataset::report_of(connection, capture)?.ok_or_else(|| no_report(capture))
    };
    let (earlier, later) = (report(one.min(other))?, report(one.max(other))?);
    let cells = |report: &ReportRow| dataset::stored(connection, CaptureId(report.capture));
    let changes = dataset::differing(&cells(&earlier)?, &cells(&later)?);
    let words = |report: &ReportRow| -> Result<String, Trouble> {
        Ok(dataset::page_words(connection, CaptureId(report.capture))?.map(|(_, text)| text).unwrap_or_default())
    };
    let (before, after) = (words(&earlier)?, words(&later)?);
    let diff = TextDiff::configure().timeout(std::time::Duration::from_millis(300)).diff_lines(&before, &after);
    let lines = diff.grouped_ops(1).into_iter().flatten();
    let lines: Vec<(&'static str, String)> = lines
        .flat_map(|op| diff.iter_changes(&op).collect::<Vec<_>>())
        .map(|change| {
            let kind = match change.tag() {
                ChangeTag::Delete => "gone",
                ChangeTag::Insert => "new",
                ChangeTag::Equal => "same",
            };
            (kind, plain(change.value()))
        })
        .collect();
    let title = format!("{} {}", earlier.agency.as_deref().unwrap_or("?"), asked.lang.w("的变化", "over time"));
    let page = AgainstPage {
        shell: Shell::new(asked, "coverage", plain(&title)),
        earlier_at: minute(&earlier.captured_at),
        later_at: minute(&later.captured_at),
        same_bytes: earlier.sha256 == later.sha256,
        changes: changes.into_iter().map(|change| Moved::of(asked.lang, change)).collect(),
        lines_left: lines.len().saturating_sub(LINES),
        lines: lines.into_iter().take(LINES).collect(),
        earlier,
        later,
    };
    html(asked, &page)
}
