//! Cells that hold more, less or other than digits.

use gongkai::parse::CellState::{Blank, Dash, Number, Remark, Slash, Unreadable};

use super::{Case, both, of_2019, of_2021};

const PRIVATE: &str = "applications.refused.deliberative/natural_person";
const REVIEW: &str = "review.upheld";

pub const CASES: &[Case] = &[
    both("every cell blank but a few", |page| {
        page.print_all(Blank, |_| String::new());
        page.print("applications.received/natural_person", "7", Number, Some("7"));
        page.print("applications.received/total", "7", Number, Some("7"));
        page.print("litigation_direct.pending", "3", Number, Some("3"));
        page.print("disclosure.penalties.decisions", "12", Number, Some("12"));
    }),
    both("every cell 0", |page| {
        page.print_all(Number, |_| "0".into());
        page.expected.values_mut().for_each(|(_, value)| *value = Some("0".into()));
    }),
    both("table four with blanks between numbers", |page| {
        for (code, text) in [
            ("review.corrected", ""),
            ("review.other", ""),
            ("litigation_direct.upheld", ""),
            ("litigation_after_review.total", ""),
        ] {
            page.print(code, text, Blank, None);
        }
    }),
    both("blanks as &nbsp;", |page| blanks(page, "&nbsp;")),
    both("blanks as Word leaves them", |page| {
        blanks(page, "<p class=\"MsoNormal\"><span lang=\"EN-US\"><o:p>&nbsp;</o:p></span></p>")
    }),
    both("blanks as an empty paragraph", |page| blanks(page, "<p></p>")),
    both("blanks as a wide space", |page| blanks(page, "\u{3000}")),
    both("dashes two and three ems long", |page| {
        page.print(PRIVATE, "⸺", Dash, None);
        page.print(REVIEW, "⸻", Dash, None);
    }),
    both("slash, dash and blank in one report", |page| {
        page.print(PRIVATE, "/", Slash, None);
        page.print("applications.granted/enterprise", "-", Dash, None);
        page.print("applications.granted/research", "——", Dash, None);
        page.print("applications.granted/legal_service", "—", Dash, None);
        page.print("disclosure.penalties.decisions", "", Blank, None);
        page.print(REVIEW, "／", Slash, None);
    }),
    both("dashes wherever nothing is", |page| page.print_all(Dash, |_| "-".into())),
    both("full-width digits", |page| page.print_all(Number, full_width)),
    both("thousands separators", |page| page.print_all(Number, |text| grouped(text, ","))),
    both("full-width thousands separators", |page| page.print_all(Number, |text| grouped(text, "，"))),
    both("spaces within numbers", |page| page.print_all(Number, |text| grouped(text, " "))),
    both("spaces around numbers", |page| page.print_all(Number, |text| format!("\n  {text}&nbsp;\u{3000}"))),
    both("large numbers", |page| {
        page.print("disclosure.penalties.decisions", "11398889", Number, Some("11398889"));
        page.print("applications.received/natural_person", "4294967296", Number, Some("4294967296"));
    }),
    of_2021("remarks after numbers", |page| {
        page.print("disclosure.normative_documents.issued", "22（其中修订 16 件）", Remark, Some("22"));
        page.print("disclosure.normative_documents.repealed", "55（含自然失效 29 件）", Remark, Some("55"));
    }),
    of_2021("an amount of six decimals", |page| {
        page.print("disclosure.fees.amount", "5949.088667", Number, Some("5949.088667"));
    }),
    of_2021("an amount with its unit", |page| {
        page.print("disclosure.fees.amount", "19761.95万元", Remark, Some("19761.95"));
    }),
    of_2019("units within cells", |page| {
        page.print("disclosure.procurement.amount", "75394432.52元", Remark, Some("75394432.52"));
        page.print("disclosure.fees.items_last_year", "251000元", Remark, Some("251000"));
        page.print("disclosure.procurement.projects", "3个", Remark, Some("3"));
    }),
    of_2019("增 before a number", |page| page.print("disclosure.fees.change", "增2", Remark, Some("2"))),
    of_2019("signed changes", |page| {
        page.print("disclosure.licensing.change", "-18", Number, Some("-18"));
        page.print("disclosure.other_services.change", "+1036", Number, Some("1036"));
        page.print("disclosure.penalties.change", "减4", Remark, Some("-4"));
        page.print("disclosure.coercion.change", "−8", Number, Some("-8"));
    }),
    both("blank totals within groups", |page| {
        for code in page.expected.keys().cloned().collect::<Vec<_>>() {
            if in_group(&code) && code.ends_with("/total") {
                page.print(&code, "", Blank, None);
            }
        }
    }),
    both("no cells for totals within groups", |page| {
        let is_gone = |code: &str| in_group(code) && code.ends_with("/total");
        page.tables[1].iter_mut().for_each(|row| row.retain(|cell| !cell.code.as_deref().is_some_and(is_gone)));
        // Without an edge on the right, six cells of seven can be any six.
        page.lost = page.forget(in_group);
    }),
    both("words in a cell", |page| {
        page.print(PRIVATE, "见附件", Unreadable, None);
    }),
    both("marks of notes after numbers", |page| {
        for (code, mark) in [
            ("applications.received/total", "①"),
            ("applications.granted/total", "<sup>1</sup>"),
            ("applications.total/total", "[1]"),
            ("review.total", "<a href=\"#_ftn1\"><sup>[1]</sup></a>"),
            ("disclosure.penalties.decisions", "*"),
        ] {
            let (_, value) = page.expected[code].clone();
            let value = value.unwrap();
            page.print(code, &format!("{value}{mark}"), Remark, Some(&value));
        }
    }),
    both("words and signs for nothing", |page| {
        for (code, text) in [(PRIVATE, "暂无"), (REVIEW, "N/A"), ("applications.granted/research", "━")] {
            page.print(code, text, Dash, None);
        }
    }),
    both("what is no one number", |page| {
        for (code, text) in [
            (PRIVATE, "12<br>15"),
            (REVIEW, "12-15"),
            ("applications.granted/research", "约12"),
            ("applications.granted/enterprise", "1O5"),
            ("applications.granted/other", "<s>12</s>"),
            ("disclosure.penalties.decisions", "12%"),
        ] {
            page.print(code, text, Unreadable, None);
            page.lost.push(code.into());
        }
    }),
];

fn in_group(code: &str) -> bool {
    ["refused", "unavailable", "rejected"].iter().any(|group| code.starts_with(&format!("applications.{group}.")))
}

/// Some cells of every table with nothing in them but `markup`.
fn blanks(page: &mut super::Page, markup: &'static str) {
    for code in [
        PRIVATE,
        "applications.received/research",
        "applications.total/total",
        "litigation_direct.other",
        "disclosure.penalties.decisions",
        REVIEW,
    ] {
        page.print(code, markup, Blank, None);
    }
}

fn full_width(text: &str) -> String {
    text.chars().map(|c| char::from_u32(c as u32 + 0xFEE0).unwrap()).collect()
}

/// Three digits a group before the point.
fn grouped(text: &str, by: &str) -> String {
    let (whole, fraction) = text.split_at(text.find('.').unwrap_or(text.len()));
    let head = whole.len() % 3;
    let mut groups: Vec<&str> = (head..whole.len()).step_by(3).map(|at| &whole[at..at + 3]).collect();
    if head > 0 {
        groups.insert(0, &whole[..head]);
    }
    groups.join(by) + fraction
}
