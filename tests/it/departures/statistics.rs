//! The forms before 2019 laid out otherwise: halves side by side, labels in two columns, cells that hold no number.

use gongkai::parse::{CellState, Edition};

use super::read_html;

const ROWS: [(&str, &str, &str); 6] = [
    ("（一）主动公开政府信息数", "条", "3123"),
    ("其中：主动公开规范性文件数", "条", "12"),
    ("（一）收到申请数", "件", "57"),
    ("1.当面申请数", "件", "7"),
    ("五、行政诉讼数量", "件", "4"),
    ("（三）接受培训人员数", "人次", "160"),
];
const HEADS: &str = "<td>统计指标</td><td>单位</td><td>统计数</td>";

/// Label, state and value of a row.
type Statistic = (String, CellState, Option<String>);

/// Each row that is read, and what is doubted.
fn read(table: &str) -> (Vec<Statistic>, Vec<String>) {
    let html = format!(
        "<html><head><meta charset=utf-8><title>某局2017年政府信息公开工作年度报告</title></head><body><table>{table}</table></body></html>"
    );
    let parsed = read_html(&html);
    let report = parsed.report.unwrap_or_else(|| panic!("{}", parsed.page.reason));
    assert_eq!(report.edition, Some(Edition::Pre2019));
    let doubted = report.findings.into_iter().flat_map(|finding| finding.values).collect();
    let rows = report.values.into_iter().map(|value| (value.label.unwrap(), value.state, value.value));
    (rows.collect(), doubted)
}

fn as_printed() -> Vec<Statistic> {
    ROWS.map(|(label, _, value)| (label.to_owned(), CellState::Number, Some(value.to_owned()))).into()
}

fn cells((label, unit, value): (&str, &str, &str)) -> String {
    format!("<td>{label}</td><td>{unit}</td><td>{value}</td>")
}

#[test]
fn halves_side_by_side() {
    let rows: String = (0..3).map(|n| format!("<tr>{}{}</tr>", cells(ROWS[n]), cells(ROWS[n + 3]))).collect();
    let (mut found, _) = read(&format!("<tr>{HEADS}{HEADS}</tr>{rows}"));
    let mut printed = as_printed();
    found.sort_by(|one, other| one.0.cmp(&other.0));
    printed.sort_by(|one, other| one.0.cmp(&other.0));
    assert_eq!(found, printed);
}

#[test]
fn labels_of_groups_in_a_column_of_their_own() {
    let heads = HEADS.replacen("<td>", "<td colspan=2>", 1);
    let rows: String = ROWS
        .into_iter()
        .enumerate()
        .map(|(n, row)| {
            let group = if n % 3 == 0 { "<td rowspan=3>三、依申请公开情况</td>" } else { "" };
            format!("<tr>{group}{}</tr>", cells(row))
        })
        .collect();
    assert_eq!(read(&format!("<tr>{heads}</tr>{rows}")).0, as_printed());
}

#[test]
fn a_cell_that_holds_no_number_is_said() {
    let rows: String = ROWS.map(|row| format!("<tr>{}</tr>", cells(row)).replace(">57<", ">约57<")).concat();
    let (found, doubted) = read(&format!("<tr>{HEADS}</tr>{rows}"));
    assert_eq!(found[2], ("（一）收到申请数".into(), CellState::Unreadable, None));
    assert!(doubted.contains(&"statistic/（一）收到申请数".to_owned()), "{doubted:?}");
}
