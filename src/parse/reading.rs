//! What one reading of one response says: the JSON of `parse --json`, as types.

use serde::Serialize;

use super::edition::{Applicant, Edition};
use crate::exchange::Query;

/// Everything read from one response. Always something: what is wrong with the input is part of the answer.
#[derive(Clone, Debug, Serialize)]
pub struct Parsed {
    /// How bytes became text; none for formats that carry their own text (PDF, DOCX).
    pub decoded: Option<Decoded>,
    pub page: Page,
    pub report: Option<Report>,
    #[serde(skip)]
    pub tables: Vec<TableGrid>,
    pub links: Vec<Link>,
    /// What the page says outside its tables, a line a paragraph.
    #[serde(skip)]
    pub text: String,
}

/// How the bytes became text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Decoded {
    /// WHATWG name, lower case: `gb18030`, `utf-8`.
    pub encoding: String,
    pub evidence: Evidence,
    /// What was declared, as written there.
    pub declared: Option<String>,
    /// The bytes contradict what was declared.
    pub conflict: bool,
    /// Characters replaced by U+FFFD.
    pub replacements: usize,
    /// The content-coding that was undone first (`gzip`); places count bytes after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coding: Option<String>,
}

/// Which rule decided the encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Evidence {
    Bom,
    Http,
    Meta,
    ValidUtf8,
    /// UTF-8 whose characters are the bytes of UTF-8.
    Twice,
    Detector,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PageKind {
    Report,
    Listing,
    Article,
    Attachment,
    Wall,
    #[serde(rename = "soft_404")]
    Soft404,
    Shell,
    Other,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Page {
    pub kind: PageKind,
    /// Why it was taken for that kind, for a person; for a wall, its maker first (`waf_jsl: ...`).
    pub reason: String,
    pub title: Option<String>,
    /// Date of publication, `YYYY-MM-DD`.
    pub published: Option<String>,
    /// 网站标识码: ten characters (国办发〔2017〕47号).
    pub site_id: Option<String>,
    /// 索引号, as printed.
    pub index_number: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    pub agency: Option<String>,
    /// GB/T 2260, six digits.
    pub region: Option<String>,
    pub year: Option<i16>,
    /// None where no table says: a report in prose only.
    pub edition: Option<Edition>,
    pub values: Vec<Value>,
    pub findings: Vec<Finding>,
}

/// One cell of the form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Value {
    /// Code of `edition`; `statistic` for the forms before 2019.
    pub indicator: String,
    pub applicant: Option<Applicant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub series: Option<Series>,
    pub state: CellState,
    /// The exact decimal, none where there is no number.
    pub value: Option<String>,
    /// As printed.
    pub text: String,
    pub unit: Option<String>,
    pub place: Place,
    /// Which rule tied the cell to the indicator.
    pub rule: Rule,
    /// What arithmetic proposes for cells that could not be read; never counted as read.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub suggested: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Series {
    Annual,
    Cumulative,
}

/// The ways a cell can stand: blank is not zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CellState {
    Number,
    Blank,
    Dash,
    Slash,
    /// A number with words around it.
    Remark,
    Unreadable,
}

/// Where a cell stands: table in document order, row and column of the grid, all from 0; bytes of the cell in the payload
/// with its content-coding undone, end exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    pub table: usize,
    pub row: usize,
    pub column: usize,
    /// In formats whose cells are not in one piece (PDF, DOCX, XLSX), the whole file.
    pub bytes: (usize, usize),
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_page: Option<OnPage>,
}

/// Where a cell of a PDF stands: page from 1; left, bottom, right, top in hundredths of a point, from the page's foot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct OnPage {
    pub page: usize,
    #[serde(rename = "box")]
    pub sides: [i32; 4],
}

/// How sure the tie between a cell and its indicator is, surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Rule {
    /// Row label and column head both matched to the letter (spaces and punctuation aside).
    Label,
    /// A label matched up to its bracketed note, or with characters missing or misspelt.
    Near,
    /// The row's label matched; its cells were taken in the order of the form because heads are missing or cut.
    Order,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Error,
    Warning,
    Info,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Fail,
    Pass,
    NotAssessable,
}

/// What the form's arithmetic, or the reader, says about the report. The values stay as published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// `balance`, `outcomes`, `applicants`, `challenges`, `narrative`; or about the reading: `ambiguous`, `glued`, `no_table`, ...
    pub rule: &'static str,
    pub severity: Severity,
    pub verdict: Verdict,
    pub left: Option<String>,
    pub right: Option<String>,
    pub detail: String,
    /// Codes of the values it used: `applications.received/total`.
    pub values: Vec<String>,
    /// Where in the payload a doubt stands, when it is about a place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<(usize, usize)>,
    /// Stable over re-readings as long as rule and subject are the same: 16 hex digits.
    pub fingerprint: String,
}

/// A table with its spans expanded: a cell's text in each slot it covers, none where there is no cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TableGrid {
    pub grid: Vec<Vec<Option<String>>>,
    pub bytes: (usize, usize),
}

/// A link worth following or at least knowing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Link {
    pub url: String,
    pub method: &'static str,
    /// What it is asked with, for lists that a script of the page asks for by POST.
    #[serde(rename = "body", skip_serializing_if = "Option::is_none")]
    pub query: Option<Query>,
    pub hop: LinkHop,
    pub text: String,
    /// How much its words promise an annual report (at least 60: a report or its column; at least 35: worth a look).
    pub score: i32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LinkHop {
    Link,
    Page,
    Redirect,
    Attachment,
    /// Where the report that begins here goes on.
    Part,
}

/// The name of an enum's case, as the JSON of a reading and the archive have it.
pub fn word(case: &impl Serialize) -> &'static str {
    serde_variant::to_variant_name(case).unwrap_or_default()
}
