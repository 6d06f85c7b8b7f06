//! One response, taken apart once and read from that.

use std::borrow::Cow;

use super::extract::{self, Document};
use super::identity::{self, Identity};
use super::reading::{Link, LinkHop, Page, PageKind, Parsed, Place, Report, Value};
use super::{Content, Given, check, content, decode, discover, page, report, section, taken_apart};

/// First for what settles its address, then for its reading.
pub struct Apart<'a> {
    given: Given<'a>,
    content: &'a Content<'a>,
    /// None for a file that is no text.
    page: Option<TextPage<'a>>,
}

struct TextPage<'a> {
    text: decode::Text<'a>,
    document: Document,
    identity: Identity,
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
            let page = page_of(PageKind::Attachment, kind.into(), Identity::default());
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

    fn kind(&self, given: Given<'_>, document: &Document, reading: &report::Reading) -> page::Verdict {
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
        page: page_of(PageKind::Attachment, reason, Identity::default()),
        report: None,
        tables: Vec::new(),
        links: Vec::new(),
        text: String::new(),
    }
}

/// The report with its places in bytes and its findings.
fn assembled(
    document: &Document,
    reading: report::Reading,
    identity: &Identity,
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

fn prose_of(document: &Document) -> String {
    document.prose().map(|line| line.text.as_str()).collect::<Vec<_>>().join("\n")
}

fn note_limits(reason: &mut String, document: &Document) {
    for limit in &document.limits {
        reason.push_str(&format!("; more {limit} than are read"));
    }
    if document.unseen != (0, 0) {
        let (rows, columns) = document.unseen;
        reason.push_str(&format!("; {rows} hidden rows and {columns} hidden columns were not read"));
    }
}

fn page_of(kind: PageKind, reason: String, identity: Identity) -> Page {
    let Identity { title, published, site_id, index_number, .. } = identity;
    Page { kind, reason, title, published, site_id, index_number }
}
