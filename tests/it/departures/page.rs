//! A report's page around its tables, and what must be read from it.

use std::collections::BTreeMap;

use gongkai::exchange::Headers;
use gongkai::parse::{CellState, Edition};

use super::paper::{self, Cell, Table};

/// State and value of a cell by its code.
pub type Cells = BTreeMap<String, (CellState, Option<String>)>;

pub const TITLE: &str = "平潭综合实验区2023年度政府信息公开工作年度报告";

/// One page in the making.
pub struct Page {
    pub edition: Edition,
    /// Tables two, three and four; a quirk may leave more of them, or fewer.
    pub tables: Vec<Table>,
    pub expected: Cells,
    /// Codes of cells that can't be told apart any more: they must not be read, and a finding must name them.
    pub lost: Vec<String>,
    /// What stands in a cell for its text.
    pub inside: fn(&Cell) -> String,
    pub head: String,
    /// Markup before the tables' headings, by number of the table, and after the last table.
    pub before: BTreeMap<usize, String>,
    pub whole: Vec<fn(String) -> String>,
    pub content_type: &'static str,
    pub bytes: fn(String) -> Vec<u8>,
}

impl Page {
    pub fn of(edition: Edition) -> Page {
        let tables = paper::tables(edition);
        let expected = tables
            .iter()
            .flatten()
            .flatten()
            .filter_map(|cell| Some((cell.code.clone()?, (CellState::Number, Some(cell.text.clone())))));
        Page {
            edition,
            expected: expected.collect(),
            lost: Vec::new(),
            inside: |cell| cell.text.clone(),
            head: format!("<meta charset=\"utf-8\"><title>{TITLE}</title>"),
            before: BTreeMap::new(),
            whole: Vec::new(),
            content_type: "text/html",
            bytes: String::into_bytes,
            tables,
        }
    }

    /// Headers and body as a site serves them.
    pub fn served(&self) -> (Headers, Vec<u8>) {
        let mut html = format!("<!DOCTYPE html>\n<html><head>{}</head>\n<body><h1>{TITLE}</h1>\n", self.head);
        html += "<p>一、总体情况</p>\n<p>全区持续推进政务公开，制度更加健全。</p>\n";
        let headings = [
            "二、主动公开政府信息情况",
            "三、收到和处理政府信息公开申请情况",
            "四、政府信息公开行政复议、行政诉讼情况",
        ];
        for (n, table) in self.tables.iter().enumerate() {
            if let Some(heading) = headings.get(n).filter(|_| self.tables.len() == headings.len()) {
                html += &format!("<p>{heading}</p>\n");
            }
            html += self.before.get(&n).map_or("", String::as_str);
            html += &self.markup(table);
        }
        html += self.before.get(&self.tables.len()).map_or("", String::as_str);
        html += "<p>五、存在的主要问题及改进情况</p>\n<p>解读形式不够丰富。</p>\n<p>六、其他需要报告的事项</p>\n<p>无。</p>\n</body></html>";
        let html = self.whole.iter().fold(html, |html, change| change(html));
        (Headers(vec![("Content-Type".into(), self.content_type.into())]), (self.bytes)(html))
    }

    pub fn markup(&self, table: &Table) -> String {
        let rows = table
            .iter()
            .map(|row| format!("<tr>{}</tr>\n", row.iter().map(|cell| self.cell(cell)).collect::<String>()));
        format!("<table border=\"1\"><tbody>\n{}</tbody></table>\n", rows.collect::<String>())
    }

    fn cell(&self, cell: &Cell) -> String {
        let span = |name, span| if span == 1 { String::new() } else { format!(" {name}=\"{span}\"") };
        format!("<td{}{}>{}</td>", span("colspan", cell.across), span("rowspan", cell.down), (self.inside)(cell))
    }

    pub fn cells(&mut self) -> impl Iterator<Item = &mut Cell> {
        self.tables.iter_mut().flatten().flatten()
    }

    /// Every label and head through `change`.
    pub fn labels(&mut self, change: impl Fn(&str) -> String) {
        self.cells().filter(|cell| cell.code.is_none()).for_each(|cell| cell.text = change(&cell.text));
    }

    /// `from` as `to` in every label that has it; in one at least.
    pub fn relabel(&mut self, from: &str, to: &str) {
        let before = self.cells().filter(|cell| cell.code.is_none() && cell.text.contains(from)).count();
        assert!(before > 0, "no label has {from:?}");
        self.labels(|text| text.replace(from, to));
    }

    /// Another print in one cell, and what is to be read from it.
    pub fn print(&mut self, code: &str, text: &str, state: CellState, value: Option<&str>) {
        let cell = self.cells().find(|cell| cell.code.as_deref() == Some(code));
        cell.unwrap_or_else(|| panic!("no cell of {code}")).text = text.into();
        self.expected.insert(code.into(), (state, value.map(Into::into)));
    }

    /// Every value through `print`, all in one state.
    pub fn print_all(&mut self, state: CellState, print: impl Fn(&str) -> String) {
        for cell in self.tables.iter_mut().flatten().flatten() {
            if let Some(code) = &cell.code {
                cell.text = print(&cell.text);
                if let Some(entry) = self.expected.get_mut(code) {
                    entry.0 = state;
                    entry.1 = entry.1.take().filter(|_| matches!(state, CellState::Number | CellState::Remark));
                }
            }
        }
    }

    /// The last column of the block of regulations.
    pub fn last_of_regulations(&self) -> &'static str {
        if self.edition == Edition::Y2021 { "in_force" } else { "disclosed_total" }
    }

    /// Codes of cells on which no number stands any more.
    pub fn forget(&mut self, wanted: impl Fn(&str) -> bool) -> Vec<String> {
        let (gone, kept) =
            std::mem::take(&mut self.expected).into_iter().partition::<Cells, _>(|(code, _)| wanted(code));
        self.expected = kept;
        gone.into_keys().collect()
    }
}
