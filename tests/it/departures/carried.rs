//! Reports that stand in something else: in a string of JSON, in a form's field, as text; or encoded once too often. Each
//! number must still be where its place says.

use gongkai::parse::CellState;

use super::page::{Page, TITLE};
use super::paper::{Table, slots};
use super::{Case, both, read};

pub const CASES: &[Case] = &[
    both("in JSON", |page| json(page, |html| answer(&html))),
    both("in JSON of ASCII alone", |page| json(page, |html| ascii(&answer(&html)))),
    both("in JSON with slashes escaped", |page| json(page, |html| answer(&html).replace('/', "\\/"))),
    both("in JSON within JSON", |page| {
        json(page, |html| format!("{{\"code\":0,\"data\":{{\"content\":{}}}}}", quoted(&answer(&html))));
    }),
    both("in what a function is called with", |page| {
        json(page, |html| format!("callback({});", ascii(&answer(&html))))
    }),
    both("as escaped markup in JSON", |page| {
        json(page, |html| answer(&html.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")));
    }),
    both("in JSON beside other reports", |page| {
        json(page, |html| {
            let related = format!("{{\"title\":\"{}\",\"url\":\"/1.html\"}}", TITLE.replace("2023", "2022"));
            format!("{{\"related\":[{related}],\"article\":{}}}", answer(&html))
        });
    }),
    both("in the state of a script", |page| {
        page.whole.push(|html| {
            let list = "[{\"title\":\"莲都区教育局2022年政府信息公开工作年度报告\",\"url\":\"/1.html\"}]";
            shell(&format!(
                "window.__STATE__={{\"article\":{},\"hot\":{list}}};(function(){{run();}}());",
                answer(&html)
            ))
        });
    }),
    both("in a script's variable, in ASCII alone", |page| {
        page.whole.push(|html| {
            shell(&format!("var config = {{\"a\":[1,2]}};\nvar data = {};show(data);", ascii(&answer(&html))))
        });
    }),
    both("in a script of JSON, escaped once more", |page| {
        page.whole.push(|html| shell(&answer(&html.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"))));
    }),
    both("shown, beside another copy in a script", |page| {
        page.whole.push(|html| {
            let other = answer(&html).replace("</td>", "9</td>");
            html.replace("</body>", &format!("<script>var old = {};</script></body>", other.replace("</", "<\\/")))
        });
    }),
    both("escaped in a field", |page| {
        page.whole.push(|html| {
            in_body(&html, |body| format!("<textarea>{}</textarea>", body.replace('<', "&lt;").replace('>', "&gt;")))
        });
    }),
    both("as it is in a field", |page| {
        page.whole.push(|html| in_body(&html, |body| format!("<textarea hidden>{body}</textarea>")));
    }),
    both("tables of tabs", |page| text(page, |cells| cells.join("\t"))),
    both("tables of commas", |page| {
        text(page, |cells| cells.iter().map(|cell| csv(cell)).collect::<Vec<_>>().join(","))
    }),
    both("tables of tabs with blanks", |page| {
        for code in ["review.upheld", "litigation_after_review.total", "applications.granted/natural_person"] {
            page.print(code, "", CellState::Blank, None);
        }
        text(page, |cells| cells.join("\t"));
    }),
    both("columns of spaces", |page| {
        text(page, |cells| {
            let filled: Vec<&str> = cells.iter().map(String::as_str).filter(|cell| !cell.is_empty()).collect();
            filled.join("    ")
        });
    }),
    both("UTF-8 encoded twice", |page| {
        page.bytes = |html| html.bytes().map(char::from).collect::<String>().into_bytes();
    }),
    both("UTF-8 encoded twice, by way of windows-1252", |page| {
        page.bytes = |html| {
            let windows = |byte| encoding_rs::WINDOWS_1252.decode_without_bom_handling(&[byte]).0.into_owned();
            html.bytes().map(windows).collect::<String>().into_bytes()
        };
    }),
];

#[test]
fn each_number_is_where_its_place_says() {
    for case in CASES {
        for edition in case.editions {
            let mut page = Page::of(*edition);
            (case.quirk)(&mut page);
            let body = page.served().1;
            for value in read(&page).report.unwrap().values {
                let (from, to) = value.place.bytes;
                let there = String::from_utf8_lossy(&body[from..to]);
                assert!(there.contains(&value.text) && there.len() < 60, "{}: {} in {there:?}", case.name, value.text);
            }
        }
    }
}

fn json(page: &mut Page, whole: fn(String) -> String) {
    page.content_type = "application/json";
    page.whole.push(whole);
}

/// A page that a script builds of what it holds.
fn shell(script: &str) -> String {
    let script = script.replace("</", "<\\/");
    format!(
        "<html><head><meta charset=\"utf-8\"><title>人民政府</title></head><body><div id=app></div><script>{script}</script></body></html>"
    )
}

/// What a side API answers with.
fn answer(html: &str) -> String {
    format!("{{\"id\":7,\"title\":{},\"publisher\":\"本站\",\"content\":{}}}", quoted(TITLE), quoted(html))
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

fn ascii(json: &str) -> String {
    let mut units = [0; 2];
    let escaped = |c: char| match c.is_ascii() {
        true => c.to_string(),
        false => c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")).collect(),
    };
    json.chars().map(escaped).collect()
}

fn in_body(html: &str, change: impl Fn(&str) -> String) -> String {
    let (from, to) = (html.find("<h1>").unwrap(), html.find("</body>").unwrap());
    [&html[..from], &change(&html[from..to]), &html[to..]].concat()
}

/// All tables as lines within `pre`.
fn text(page: &mut Page, line: fn(&[String]) -> String) {
    let lines = |table: &Table| slots(table).iter().map(|cells| line(cells) + "\n").collect::<String>();
    let all: Vec<String> = std::mem::take(&mut page.tables).iter().map(lines).collect();
    page.before.insert(0, format!("<pre>{}</pre>\n", all.join("\n其次\n")));
}

fn csv(cell: &str) -> String {
    if cell.contains([',', '"', '“']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.to_owned() }
}
