//! One report: the statutory tables with every number leading to its place in the archived page, its findings, its captures.

use std::collections::{BTreeMap, HashMap};

use askama::Template;
use axum::body::Body;
use axum::http::Response;
use rusqlite::Connection;
use similar::{ChangeTag, TextDiff};

use super::asked::Asked;
use super::compare::indicator_label;
use super::door::Trouble;
use super::form::{self, Numbers, Sheet};
use super::overview::Found;
use super::shell::{Lang, Shell, html, minute, plain, query};
use super::{Site, findings, frame, wording};
use crate::archive::CaptureId;
use crate::dataset::{self, Change, FindingRow, Mark, Marked, ReportRow, ValueRow, Wanted};
use crate::parse::Edition;
use crate::proof;

#[derive(Template)]
#[template(path = "report.html")]
struct ReportPage {
    shell: Shell,
    report: ReportRow,
    agency: String,
    agency_query: String,
    title: String,
    published: String,
    captured: String,
    sheets: Vec<Sheet>,
    failing: Vec<Shown>,
    open: Vec<Shown>,
    held: Vec<(String, usize)>,
    others: Vec<Other>,
    earlier: bool,
    cell: Option<CellShown>,
    frame: String,
    back: String,
    numbers: usize,
}

/// A finding as it is shown, with the reader's mark.
pub struct Shown {
    pub number: usize,
    pub named: String,
    pub severity: String,
    pub detail: String,
    pub sides: Option<(String, String)>,
    pub fingerprint: String,
    pub cells: Vec<(String, String)>,
    pub mark: Option<Mark>,
    pub agency: String,
    pub year: i16,
}

struct Other {
    capture: i64,
    captured: String,
    digest: String,
    url: String,
    parser: String,
    this: bool,
}

/// Where one number stands, and how it is proved.
struct CellShown {
    code: String,
    value: ValueRow,
    text: String,
    proved: Result<Chain, String>,
}

struct Chain {
    raw: String,
    coding: String,
    decoded: String,
    on_paper: String,
    digest: String,
    size: u64,
    capture: i64,
    url: String,
    at: String,
    status: u16,
    parser: String,
    older: bool,
}

#[derive(Template)]
#[template(path = "cell.html")]
struct CellPage {
    lang: Lang,
    cell: CellShown,
    frame: String,
}

pub fn page(site: &Site, connection: &Connection, asked: &Asked) -> Result<Response<Body>, Trouble> {
    let report = report_asked(connection, asked)?;
    let values = dataset::values(connection, report.id)?;
    let found = dataset::findings(connection, report.id)?;
    let marks = dataset::marks(connection)?;
    let lit = asked.get("cell");
    let overview = site.overview();
    let name = report.agency.clone().unwrap_or_default();
    let across = overview.findings.iter().filter(|found| found.capture == report.capture);
    let own: Vec<&FindingRow> = found.iter().filter(|finding| finding.verdict == "fail").collect();
    let known: Vec<&str> = own.iter().map(|finding| finding.fingerprint.as_str()).collect();
    let across = across.filter(|one| !known.contains(&one.fingerprint.as_str()));
    let failing = own.into_iter().map(|finding| about(&report, finding)).chain(across.cloned());
    let shown = |n, one| shown(asked.lang, n, one, &marks);
    let failing: Vec<Shown> = failing.enumerate().map(|(n, one)| shown(n + 1, one)).collect();
    let open = found.iter().filter(|finding| finding.verdict == "not_assessable");
    let open: Vec<Shown> = open.map(|finding| shown(0, about(&report, finding))).collect();
    let mut held: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in found.iter().filter(|finding| finding.verdict == "pass") {
        *held.entry(&finding.rule).or_default() += 1;
    }
    let held = held.into_iter().map(|(rule, count)| (findings::rule(asked.lang, rule), count)).collect();
    let mut concerned: HashMap<String, (String, usize)> = HashMap::new();
    for finding in &failing {
        for (code, _) in &finding.cells {
            concerned.entry(code.clone()).or_insert((finding.fingerprint.clone(), finding.number));
        }
    }
    let numbers = Numbers::new(&values, lit, concerned);
    let sheets = edition(&report).map(|edition| form::sheets(edition, &numbers, &values)).unwrap_or_default();
    let all = dataset::reports_over_time(connection, &report)?;
    let same = |other: &&ReportRow| other.agency == report.agency && other.year == report.year;
    let earlier = all.iter().find(same).is_some_and(|newest| newest.capture != report.capture);
    let others = all.iter().map(|other| Other {
        capture: other.capture,
        captured: minute(&other.captured_at),
        digest: other.sha256[..12.min(other.sha256.len())].to_owned(),
        url: plain(&other.url),
        parser: other.parser_version.clone(),
        this: other.capture == report.capture,
    });
    let cell = lit.map(|code| cell_shown(connection, &report, &values, code)).transpose()?;
    let title = format!("{} {}", name, report.year.map_or("?".into(), |year| year.to_string()));
    let page = ReportPage {
        shell: Shell::new(asked, "coverage", plain(&title)),
        agency_query: query(&[("name", &name)]),
        agency: plain(&name),
        title: plain(report.title.as_deref().unwrap_or_default()),
        published: report.published.clone().unwrap_or_default(),
        captured: minute(&report.captured_at),
        sheets,
        failing,
        open,
        held,
        others: others.collect(),
        earlier,
        frame: frame_address(&report, cell.as_ref().map(|cell| &cell.value))?,
        cell,
        back: asked.with(&[]),
        numbers: values.iter().filter(|value| value.value.is_some()).count(),
        report,
    };
    html(asked, &page)
}

/// What the panel beside the tables shows of one number.
pub fn cell(_: &Site, connection: &Connection, asked: &Asked) -> Result<Response<Body>, Trouble> {
    let report = report_asked(connection, asked)?;
    let values = dataset::values(connection, report.id)?;
    let code = asked.get("cell").ok_or_else(no_cell)?;
    let cell = cell_shown(connection, &report, &values, code)?;
    let frame = frame_address(&report, Some(&cell.value))?;
    html(asked, &CellPage { lang: asked.lang, cell, frame })
}

pub fn no_cell() -> Trouble {
    Trouble::bad("没有指明哪一格：?cell=代码", "which cell is not said: ?cell=CODE")
}

fn no_report(capture: i64) -> Trouble {
    let en = format!("capture {capture} holds no report that was read");
    Trouble::missing(format!("存档第 {capture} 号里没有读出的报告"), en)
}

pub fn report_asked(connection: &Connection, asked: &Asked) -> Result<ReportRow, Trouble> {
    let at = if asked.path.starts_with("/api") { 2 } else { 1 };
    let capture = asked.segment(at)?;
    dataset::report_of(connection, capture)?.ok_or_else(|| no_report(capture))
}

fn edition(report: &ReportRow) -> Option<Edition> {
    [Edition::Y2021, Edition::Y2019, Edition::Pre2019]
        .into_iter()
        .find(|edition| Some(edition.as_str()) == report.edition.as_deref())
}

pub fn about(report: &ReportRow, finding: &FindingRow) -> Found {
    Found {
        agency: report.agency.clone().unwrap_or_default(),
        year: report.year.unwrap_or_default(),
        capture: report.capture,
        rule: finding.rule.clone(),
        severity: finding.severity.clone(),
        left: finding.left.clone(),
        right: finding.right.clone(),
        detail: finding.detail.clone(),
        values: finding.values.clone(),
        fingerprint: finding.fingerprint.clone(),
    }
}

/// A finding with its mark and its cells.
pub fn shown(lang: Lang, number: usize, one: Found, marks: &HashMap<Marked, Mark>) -> Shown {
    let key = Marked { agency: one.agency.clone(), year: one.year, fingerprint: one.fingerprint.clone() };
    Shown {
        number,
        named: findings::rule(lang, &one.rule),
        severity: one.severity,
        detail: plain(&wording::detail(lang, &one.detail)),
        sides: one.left.zip(one.right).map(|(left, right)| (plain(&left), plain(&right))),
        cells: one.values.into_iter().map(|code| (code.clone(), query(&[("cell", &code)]))).collect(),
        fingerprint: one.fingerprint,
        mark: marks.get(&key).cloned(),
        agency: one.agency,
        year: one.year,
    }
}

/// The value of a report that a code names.
pub fn value_named<'a>(values: &'a [ValueRow], wanted: &str) -> Result<&'a ValueRow, Trouble> {
    let found = values.iter().find(|value| form::code(value) == wanted);
    found.ok_or_else(|| {
        let wanted = plain(wanted);
        Trouble::missing(format!("这份报告没有 {wanted} 这一格"), format!("this report has no cell {wanted}"))
    })
}

fn cell_shown(
    connection: &Connection,
    report: &ReportRow,
    values: &[ValueRow],
    code: &str,
) -> Result<CellShown, Trouble> {
    let value = value_named(values, code)?.clone();
    let proved = proof::prove(connection, report, &value).map_err(|fault| fault.to_string()).map(|proof| {
        let (start, end) = proof.derived.place.bytes;
        let decoded = proof.parsed.decoded.as_ref();
        let body = &proof.body;
        let on_page = proof.derived.place.on_page;
        Chain {
            raw: if on_page.is_some() {
                String::new()
            } else {
                proof::raw(&body[start.min(body.len())..end.min(body.len())])
            },
            coding: decoded.and_then(|decoded| decoded.coding.clone()).unwrap_or_default(),
            decoded: decoded.map(|decoded| decoded.encoding.clone()).unwrap_or_default(),
            on_paper: on_page.map(|at| format!("{} {:?}", at.page, at.sides)).unwrap_or_default(),
            digest: proof.capture.digest.to_string(),
            size: proof.capture.size_bytes,
            capture: proof.capture.id.0,
            url: plain(proof.capture.url.as_str()),
            at: proof.capture.started_at.clone(),
            status: proof.capture.status,
            parser: report.parser_version.clone(),
            older: report.parser_version != crate::parse::PARSER_VERSION,
        }
    });
    let (code, text) = (code.to_owned(), plain(&value.text));
    Ok(CellShown { code, text, value, proved })
}

/// The archived page with the cell lit.
fn frame_address(report: &ReportRow, value: Option<&ValueRow>) -> Result<String, Trouble> {
    let address = format!("/frame/{}", report.capture);
    let Some(value) = value else { return Ok(address) };
    let digest = report.sha256.parse().map_err(|_| Trouble::Fault("a payload without a digest".into()))?;
    let place = [
        ("start", value.byte_start),
        ("end", value.byte_end),
        ("table", value.table),
        ("row", value.row),
        ("column", value.column),
    ];
    let place: Vec<String> = place.iter().map(|(name, at)| format!("{name}={at}")).collect();
    Ok(format!("{address}?{}#{}", place.join("&"), frame::name(digest)))
}

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
pub fn against(_: &Site, connection: &Connection, asked: &Asked) -> Result<Response<Body>, Trouble> {
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

/// All current reports of one agency.
pub fn reports_of(connection: &Connection, agency: &str) -> Result<Vec<ReportRow>, Trouble> {
    Ok(dataset::reports(connection, &Wanted { agency: Some(agency.to_owned()), ..Wanted::default() })?)
}
