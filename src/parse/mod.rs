//! Bytes, headers and address in; findings out. Pure: no clock, file, network, database or randomness.
//!
//! [`read`] undoes the content-coding, decides the encoding, takes the document apart, reads the form's tables by their
//! labels, says whose report it is and what kind of page, holds its arithmetic against it, and lists where it leads.

mod cell;
mod check;
mod content;
mod decimal;
mod decode;
mod discover;
pub mod edition;
mod extract;
mod grid;
mod identity;
mod label;
mod page;
mod reading;
mod report;
mod section;

pub use check::{Year, across};
pub use content::Content;
pub use discover::column_of_another;
pub use edition::{Applicant, Edition};
pub use identity::title::{CANDIDATE, REPORT, agency as agency_in_title, is_agency, score as score_of_title};
pub use identity::year::first as year_in_title;
pub use reading::*;

use std::borrow::Cow;

use url::Url;

use crate::exchange::{Headers, Request, Response};

/// Raised with every change of behaviour, with a line in [`HISTORY`].
pub const PARSER_VERSION: &str = "11";

/// What each parser version changed, oldest first.
pub const HISTORY: [(&str, &str); 11] = [
    ("1", "first reader: the forms of 2021 and 2019 and statistics before, in HTML and text"),
    ("2", "reports that are PDF, DOCX or XLSX files"),
    (
        "3",
        "tables around single cells, hidden copies of tables, rows that spans push aside, worded signs, 檔案 for 文件",
    ),
    (
        "4",
        "links: rows in JSON answers and scripts, lists behind JPaaS, gkmlpt, UCAP and Hanweb pages, reports by year",
    ),
    (
        "5",
        "links: the page in the frame of a shell, numbered pages of openness, years beyond one without a report; answers of one row are listings",
    ),
    ("6", "styles hide in any case of letters"),
    ("7", "links: lists asked for with a query: Hanweb's data proxy and search, Epoint, gtapp"),
    ("8", "the attribute that hides does so in any case of letters too"),
    (
        "9",
        "heads in another order, left out or beside foreign columns; words in a cell cost that cell alone; cells merged over rows or columns are doubted; notes' marks, struck text, numbers in words; what style sheets hide; reports of several years on one page; years in Chinese numerals; next pages by arrow, title or number",
    ),
    (
        "10",
        "tables turned on their side; articles in JSON, markup in a form's field, tables of tabs, commas or spaces; UTF-8 encoded twice; hidden rows and columns of workbooks; statistics of two years, without a column of units, signed at the foot; labels in two languages; radicals of PDF fonts; where a title's year stands; links beside a report are no title of it; counts of other agencies and of several years in words; links: columns and lists of scripts, forms, menus and rows that are clicked; walls of more makers",
    ),
    (
        "11",
        "paragraphs in cells of a page's layout; counts, lists and titles of others beside a report are none of it; names with their place before them; reports on several pages",
    ),
];

/// What a reading is made from.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    pub url: Option<&'a Url>,
    pub status: Option<u16>,
    pub headers: &'a Headers,
    /// Transfer-coding undone, content-coding kept.
    pub body: &'a [u8],
    /// What the address was asked with, where that was no plain request.
    pub query: Option<&'a str>,
}

impl<'a> Given<'a> {
    pub fn served(request: &'a Request, response: &'a Response) -> Given<'a> {
        Given {
            url: Some(&request.url),
            status: Some(response.status),
            headers: &response.headers,
            body: &response.body,
            query: request.posted(),
        }
    }
}

/// The body with its content-coding undone, as far as that goes.
pub fn body_of(response: &Response) -> Vec<u8> {
    content::content(&response.headers, &response.body).bytes.into_owned()
}

/// The body with its content-coding undone, which [`Apart`] is made from.
pub fn uncoded<'a>(given: Given<'a>) -> Content<'a> {
    content::content(given.headers, given.body)
}

/// Reads one response whole.
pub fn read(given: Given<'_>) -> Parsed {
    let content = uncoded(given);
    Apart::of(given, &content).read()
}

/// Only what the crawl needs before it settles an address: kind of page and links, without reading the form.
pub fn discover(given: Given<'_>) -> Discovered {
    let content = uncoded(given);
    Apart::of(given, &content).discovered()
}

/// Whether a short answer only sends the reader to where he is.
pub fn sends_back(given: Given<'_>) -> bool {
    const SHORT: usize = 4 << 10;
    let Some(url) = given.url.filter(|_| given.body.len() <= SHORT) else { return false };
    let content = uncoded(given);
    let text = decode::decode(given.headers, &content.bytes, content.coding.clone());
    discover::sends_back(&taken_apart(given.headers, &text.text), url)
}

/// A response taken apart once: first for what settles its address, then for its reading.
pub struct Apart<'a> {
    given: Given<'a>,
    content: &'a Content<'a>,
    /// None for a file that is no text.
    page: Option<TextPage<'a>>,
}

struct TextPage<'a> {
    text: decode::Text<'a>,
    document: extract::Document,
    identity: identity::Identity,
    links: Vec<Link>,
    /// It is a page of a report, and not the first.
    is_later: bool,
}

impl<'a> Apart<'a> {
    pub fn of(given: Given<'a>, content: &'a Content<'a>) -> Apart<'a> {
        let page = extract::kind(&content.bytes).is_none().then(|| {
            let text = decode::decode(given.headers, &content.bytes, content.coding.clone());
            let document = taken_apart(given.headers, &text.text);
            let identity = identity::identity(&document, given.url);
            let mut links = discover::links(&document, &text.text, given.url, given.query);
            let is_later =
                discover::mark_parts(&mut links, &document, given.url, || page::is_of_report(&document, &identity));
            TextPage { text, document, identity, links, is_later }
        });
        Apart { given, content, page }
    }

    /// Whether the reading takes a moment only: a page of some size, not a file that is no text.
    pub fn is_quick(&self) -> bool {
        const LONG: usize = 1 << 20;
        self.page.as_ref().is_some_and(|page| page.text.text.len() <= LONG)
    }

    /// Kind of page and links; the form is not looked at.
    pub fn discovered(&self) -> Discovered {
        let broken_coding = self.content.fault.is_some();
        let Some(page) = &self.page else {
            let kind = extract::kind(&self.content.bytes).unwrap_or_default();
            let page = page_of(PageKind::Attachment, kind.into(), identity::Identity::default());
            return Discovered { page, links: Vec::new(), is_column: false, broken_coding };
        };
        let nothing = report::Reading::default();
        let (kind, reason) = page.kind(self.given, &page.document, &nothing);
        let is_column = discover::is_column(&page.document);
        Discovered {
            page: page_of(kind, reason, page.identity.clone()),
            links: page.links.clone(),
            is_column,
            broken_coding,
        }
    }

    /// The whole reading.
    pub fn read(self) -> Parsed {
        match self.page {
            Some(page) => read_page(self.given, page, self.content.fault.as_ref()),
            None => extract::attachment(&self.content.bytes).map_or_else(|| unread(String::new()), read_file),
        }
    }
}

impl TextPage<'_> {
    /// Where the report that stands here goes on.
    fn goes_on(&self) -> impl Iterator<Item = &str> {
        self.links.iter().filter(|link| link.hop == LinkHop::Part).map(|link| link.url.as_str())
    }

    fn kind(&self, given: Given<'_>, document: &extract::Document, reading: &report::Reading) -> page::Verdict {
        let (kind, reason) = page::kind(given, document, &self.identity, reading, &self.links);
        match kind {
            PageKind::Wall | PageKind::Soft404 => (kind, reason),
            _ if self.is_later => (PageKind::Report, format!("a later page of a report; {reason}")),
            _ if kind != PageKind::Report && self.goes_on().next().is_some() => {
                (PageKind::Report, format!("the first page of a report; {reason}"))
            }
            _ => (kind, reason),
        }
    }
}

fn read_page(given: Given<'_>, page: TextPage<'_>, fault: Option<&content::CodingFault>) -> Parsed {
    let own = page.identity.year.and_then(|year| section::of_year(&page.document, year));
    let of_report = own.as_ref().unwrap_or(&page.document);
    let reading = report::report(of_report);
    let (kind, mut reason) = page.kind(given, &page.document, &reading);
    let TextPage { text, document, identity, is_later, .. } = &page;
    note_limits(&mut reason, document);
    if let Some(fault) = fault {
        reason.push_str(&format!("; {fault}"));
    }
    let mut report = (kind == PageKind::Report)
        .then(|| assembled(of_report, reading, identity, |spans| text.places.bytes_of(&text.text, spans)));
    if let Some(report) = &mut report {
        let goes_on: Vec<&str> = page.goes_on().collect();
        report.findings.extend(check::parts(&goes_on, *is_later));
        // The numbers of a part stand for no whole year.
        report.year = report.year.filter(|_| !is_later);
    }
    Parsed {
        report,
        tables: Vec::new(),
        text: prose_of(document),
        decoded: Some(page.text.decoded),
        page: page_of(kind, reason, page.identity),
        links: page.links,
    }
}

/// A report that is a file of its own: the same form, the same labels; places are pages and boxes, or tables and cells.
fn read_file(file: extract::Attachment) -> Parsed {
    let document = match file.document {
        Ok(document) => document,
        Err(why) => return unread(format!("{}: {why}", file.kind)),
    };
    let identity = identity::identity(&document, None);
    let own = identity.year.and_then(|year| section::of_year(&document, year));
    let of_report = own.as_ref().unwrap_or(&document);
    let reading = report::report(of_report);
    let mut reason = format!("{}: {} cells of the form were read", file.kind, reading.read().count());
    note_limits(&mut reason, &document);
    let is_report = reading.read().count() >= 5 || page::is_report_in_words(&document, &identity);
    let text = prose_of(&document);
    if !is_report {
        return Parsed { page: page_of(PageKind::Attachment, reason, identity), text, ..unread(String::new()) };
    }
    let report = assembled(of_report, reading, &identity, <[usize]>::to_vec);
    Parsed { page: page_of(PageKind::Report, reason, identity), report: Some(report), text, ..unread(String::new()) }
}

fn unread(reason: String) -> Parsed {
    Parsed {
        decoded: None,
        page: page_of(PageKind::Attachment, reason, identity::Identity::default()),
        report: None,
        tables: Vec::new(),
        links: Vec::new(),
        text: String::new(),
    }
}

fn prose_of(document: &extract::Document) -> String {
    document.prose().map(|line| line.text.as_str()).collect::<Vec<_>>().join("\n")
}

fn note_limits(reason: &mut String, document: &extract::Document) {
    for limit in &document.limits {
        reason.push_str(&format!("; more {limit} than are read"));
    }
    if document.unseen != (0, 0) {
        let (rows, columns) = document.unseen;
        reason.push_str(&format!("; {rows} hidden rows and {columns} hidden columns were not read"));
    }
}

fn page_of(kind: PageKind, reason: String, identity: identity::Identity) -> Page {
    let identity::Identity { title, published, site_id, index_number, .. } = identity;
    Page { kind, reason, title, published, site_id, index_number }
}

/// What a person reads on the page, a line a paragraph or cell: for search.
pub fn words(given: Given<'_>) -> Vec<String> {
    let content = content::content(given.headers, given.body);
    let document = match extract::attachment(&content.bytes) {
        Some(file) => file.document.unwrap_or_default(),
        None => {
            let text = decode::decode(given.headers, &content.bytes, content.coding.clone());
            taken_apart(given.headers, &text.text)
        }
    };
    let mut words = Vec::new();
    for block in document.blocks {
        match block {
            extract::Block::Line(line) => words.push(line.text),
            extract::Block::Table(table) => {
                let rows = document.tables.get(table).into_iter().flat_map(|table| &table.rows);
                words.extend(rows.flat_map(|row| &row.cells).map(|cell| cell.text.clone()));
            }
        }
    }
    words.retain(|line| !line.trim().is_empty());
    words
}

/// Every table with its spans expanded, and the decoded text: what `--tables` and `--text` print.
pub fn laid_out(given: Given<'_>) -> (Vec<TableGrid>, String) {
    let content = content::content(given.headers, given.body);
    if let Some(file) = extract::attachment(&content.bytes) {
        let document = file.document.unwrap_or_default();
        let text: Vec<&str> = document.prose().map(|line| line.text.as_str()).collect();
        return (
            document.tables.iter().map(|table| grid_of(table, (0, content.bytes.len()))).collect(),
            text.join("\n"),
        );
    }
    let text = decode::decode(given.headers, &content.bytes, content.coding.clone());
    let document = taken_apart(given.headers, &text.text);
    let tables = document.tables.iter().map(|table| {
        let bytes = text.places.bytes_of(&text.text, &[table.span.0, table.span.1]);
        grid_of(table, (bytes[0], bytes[1]))
    });
    (tables.collect(), text.text.clone().into_owned())
}

fn grid_of(table: &extract::Table, bytes: (usize, usize)) -> TableGrid {
    let slot = |slot: &Option<grid::CellAt>| slot.map(|at| at.of(table).text.clone());
    TableGrid { grid: grid::grid(table).rows.iter().map(|row| row.iter().map(slot).collect()).collect(), bytes }
}

/// What kind of page came back, and where it leads.
#[derive(Clone, Debug)]
pub struct Discovered {
    pub page: Page,
    pub links: Vec<Link>,
    /// The page names itself a column of annual reports.
    pub is_column: bool,
    /// The content-coding could not be undone to its end.
    pub broken_coding: bool,
}

/// JSON with an article, markup or plain text: by the declared type, and by what is there.
fn taken_apart(headers: &Headers, text: &str) -> extract::Document {
    let plain = headers.get("content-type").is_some_and(|value| value.starts_with("text/plain"));
    if let Some(answer) = extract::json(text) {
        return answer;
    }
    let head = &text[..text.floor_char_boundary(4_096)];
    let tag = |name: &str| {
        head.match_indices('<').any(|(at, _)| {
            head.as_bytes()[at + 1..].get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes()))
        })
    };
    let marked_up = [
        "!doctype", "html", "head", "body", "frameset", "table", "div", "td", "p>", "p ", "meta", "script", "span",
        "?xml", "tr", "br", "li", "ul", "a ",
    ];
    if !plain && marked_up.into_iter().any(tag) { extract::html(text) } else { extract::lines(text) }
}

/// The report with its places in bytes and its findings.
fn assembled(
    document: &extract::Document,
    reading: report::Reading,
    identity: &identity::Identity,
    bytes_of: impl Fn(&[usize]) -> Vec<usize>,
) -> Report {
    let spans = reading.values.iter().map(|value| value.span).chain(reading.doubts.iter().map(|doubt| doubt.span));
    let offsets: Vec<usize> = spans.flat_map(|span| [span.0, span.1]).collect();
    let offsets = bytes_of(&offsets);
    let bytes: Vec<(usize, usize)> = offsets.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
    let (of_values, of_doubts) = bytes.split_at(reading.values.len());
    let numbers = check::Numbers::new(&reading.values);
    let mut findings = check::identities(&numbers);
    findings.extend(check::year(identity.year, identity.period));
    findings.extend(check::narrative(document.prose().map(|line| line.text.as_str()), &numbers, identity));
    findings.extend(check::doubts(&reading, of_doubts));
    let values = reading
        .values
        .into_iter()
        .zip(of_values)
        .map(|(value, bytes)| Value {
            indicator: value.indicator,
            applicant: value.applicant,
            label: value.label,
            series: value.series,
            state: value.content.state,
            value: value.content.value.map(Cow::into_owned),
            text: value.text,
            unit: value.unit,
            place: Place {
                table: value.table,
                row: value.row,
                column: value.column,
                bytes: *bytes,
                on_page: value.on_page,
            },
            rule: value.rule,
            suggested: value.suggested,
        })
        .collect();
    Report {
        agency: identity.agency.clone(),
        region: identity.region.clone(),
        year: identity.year,
        edition: reading.edition,
        values,
        findings,
    }
}
