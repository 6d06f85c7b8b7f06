//! Departures from the form, held against state and value of every cell. Where `quirks.rs` changes the markup of real reports,
//! these pages are built with no word of the reader's and no number twice, so that a cell taken for its neighbour shows.

mod carried;
mod columns;
mod encoding;
mod furniture;
mod labels;
mod markup;
mod page;
mod paper;
mod said;
mod statistics;
mod structure;
mod values;

use std::collections::BTreeSet;

use gongkai::exchange::Headers;
use gongkai::parse::Edition::{self, Y2019, Y2021};
use gongkai::parse::{self, Given, Parsed, Verdict};
use url::Url;

use page::{Cells, Page};

/// One quirk, and the forms it is tried on.
struct Case {
    name: &'static str,
    editions: &'static [Edition],
    quirk: fn(&mut Page),
}

const BOTH: &[Edition] = &[Y2021, Y2019];

const fn both(name: &'static str, quirk: fn(&mut Page)) -> Case {
    Case { name, editions: BOTH, quirk }
}

const fn of_2021(name: &'static str, quirk: fn(&mut Page)) -> Case {
    Case { name, editions: &[Y2021], quirk }
}

const fn of_2019(name: &'static str, quirk: fn(&mut Page)) -> Case {
    Case { name, editions: &[Y2019], quirk }
}

const PLAIN: &[Case] = &[both("plain", |_| {})];
const ROOMS: [&[Case]; 8] = [
    PLAIN,
    labels::CASES,
    values::CASES,
    structure::CASES,
    columns::CASES,
    markup::CASES,
    encoding::CASES,
    carried::CASES,
];

#[test]
fn the_plain_form() {
    read_as_printed(PLAIN);
    for edition in BOTH {
        let findings = read(&Page::of(*edition)).report.unwrap().findings;
        let fails: Vec<_> = findings.iter().filter(|finding| finding.verdict == Verdict::Fail).collect();
        assert!(fails.is_empty(), "{fails:?}");
    }
}

#[test]
fn quirks_of_labels() {
    read_as_printed(labels::CASES);
}

#[test]
fn quirks_of_values() {
    read_as_printed(values::CASES);
}

#[test]
fn quirks_of_structure() {
    read_as_printed(structure::CASES);
}

#[test]
fn quirks_of_columns() {
    read_as_printed(columns::CASES);
}

#[test]
fn quirks_of_markup() {
    read_as_printed(markup::CASES);
}

#[test]
fn quirks_of_encoding() {
    read_as_printed(encoding::CASES);
}

#[test]
fn reports_carried_in_something_else() {
    read_as_printed(carried::CASES);
}

#[test]
fn every_quirk_departs_from_the_form() {
    let mut names = BTreeSet::new();
    for case in ROOMS.into_iter().flatten() {
        assert!(names.insert(case.name), "{} twice", case.name);
        for edition in case.editions {
            let mut page = Page::of(*edition);
            let plain = page.served();
            (case.quirk)(&mut page);
            assert_eq!(case.name == "plain", page.served() == plain, "{}", case.name);
        }
    }
}

#[test]
fn no_number_stands_twice() {
    for edition in BOTH {
        let page = Page::of(*edition);
        let values: BTreeSet<_> = page.expected.values().map(|(_, value)| value).collect();
        assert_eq!(values.len(), page.expected.len());
        assert_eq!(Some(values.len()), parse::edition::form::size(*edition));
    }
}

fn read_as_printed(cases: &[Case]) {
    let mut faults = Vec::new();
    for case in cases {
        for edition in case.editions {
            let mut page = Page::of(*edition);
            (case.quirk)(&mut page);
            let name = format!("{} (form of {})", case.name, edition.as_str());
            faults.extend(differences(&page).into_iter().map(|fault| format!("{name}: {fault}")));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// A page of no address.
fn read_html(html: &str) -> Parsed {
    let headers = Headers(vec![("Content-Type".into(), b"text/html".to_vec())]);
    worded(parse::read(Given { url: None, status: Some(200), headers: &headers, query: None, body: html.as_bytes() }))
}

fn read(page: &Page) -> Parsed {
    let (headers, body) = page.served();
    let url = Url::parse("http://www.pingtan.gov.cn/zwgk/zfxxgk/zfxxgknb/202403/t20240308_87885.htm").unwrap();
    worded(parse::read(Given { url: Some(&url), status: Some(200), headers: &headers, query: None, body: &body }))
}

/// Whatever is found has words in the language of its reader.
fn worded(parsed: Parsed) -> Parsed {
    for finding in parsed.report.iter().flat_map(|report| &report.findings) {
        assert!(gongkai::serve::is_worded(finding), "{} has no Chinese: {}", finding.rule, finding.detail);
    }
    parsed
}

/// What a reading of `page` has too few, too many or wrong.
fn differences(page: &Page) -> Vec<String> {
    let parsed = read(page);
    let Some(report) = parsed.report else {
        return vec![format!("read as no report: {:?}, {}", parsed.page.kind, parsed.page.reason)];
    };
    let mut faults = Vec::new();
    if report.edition != Some(page.edition) || report.year != Some(2023) {
        faults.push(format!("read as a report of {:?} on the form of {:?}", report.year, report.edition));
    }
    let mut read = Cells::new();
    for value in &report.values {
        let code = match value.applicant {
            Some(applicant) => format!("{}/{}", value.indicator, applicant.as_str()),
            None => value.indicator.clone(),
        };
        if read.insert(code.clone(), (value.state, value.value.clone())).is_some() {
            faults.push(format!("{code} was read twice"));
        }
    }
    for (code, printed) in &page.expected {
        match read.remove(code) {
            Some(found) if found == *printed => {}
            Some(found) => faults.push(format!("{code} is {printed:?}, read as {found:?}")),
            None => faults.push(format!("{code} is {printed:?}, not read")),
        }
    }
    faults.extend(read.iter().map(|(code, found)| format!("{code} was invented: {found:?}")));
    let named: BTreeSet<&String> = report.findings.iter().flat_map(|finding| &finding.values).collect();
    let silent = page.lost.iter().filter(|code| !named.contains(code));
    faults.extend(silent.map(|code| format!("{code} was left out without a finding")));
    faults
}
