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
fn two_years_side_by_side() {
    let rows: String = ROWS
        .map(|(label, unit, value)| {
            format!("<tr><td>{label}</td><td>{unit}</td><td>9{value}</td><td>{value}</td><td>8</td><td>7</td></tr>")
        })
        .concat();
    let heads = HEADS
        .replace("<td>统计数</td>", "<td>2016年</td><td>2017年</td><td>2018年计划</td><td>2017年比2016年增减</td>");
    assert_eq!(read(&format!("<tr>{heads}</tr>{rows}")).0, as_printed());
}

#[test]
fn units_in_the_labels() {
    let rows: String =
        ROWS.map(|(label, unit, value)| format!("<tr><td>{label}（单位：{unit}）</td><td>{value}</td></tr>")).concat();
    let (found, _) = read(&format!("<tr>{}</tr>{rows}", HEADS.replace("<td>单位</td>", "")));
    let printed = ROWS
        .map(|(label, unit, value)| (format!("{label}（单位：{unit}）"), CellState::Number, Some(value.to_owned())));
    assert_eq!(found, printed);
}

#[test]
fn who_signs_at_the_foot_is_no_number() {
    let rows: String = ROWS.map(|row| format!("<tr>{}</tr>", cells(row))).concat();
    let foot = "<tr><td>单位负责人：王建国</td><td>审核人：李梅</td><td>填报人：陈晓</td></tr><tr><td>联系电话：0571-86541234</td><td>填报日期：</td><td>2018.1.18</td></tr>";
    assert_eq!(read(&format!("<tr>{HEADS}</tr>{rows}{foot}")), (as_printed(), Vec::new()));
}

#[test]
fn statistics_of_something_else_are_none() {
    let rows = "<tr><td>粮食产量</td><td>万吨</td><td>12.3</td></tr>".repeat(8);
    let parsed = read_html(&format!("<title>2017年统计公报</title><table><tr>{HEADS}</tr>{rows}</table>"));
    assert!(parsed.report.is_none(), "{}", parsed.page.reason);
}

#[test]
fn rows_in_lines_of_text() {
    let rows: String = ROWS.map(|(label, unit, value)| format!("{label} {unit} {value}\n")).concat();
    let title = "某局2017年政府信息公开工作年度报告\n";
    let parsed = gongkai::parse::read(gongkai::parse::Given {
        url: None,
        status: None,
        headers: &gongkai::exchange::Headers::default(),
        query: None,
        body: format!("{title}统计指标 单位 统计数\n{rows}本表不含 2 个 5\n另有 事项 3\n").as_bytes(),
    });
    let found = parsed.report.unwrap().values.into_iter().map(|value| (value.label.unwrap(), value.state, value.value));
    assert_eq!(found.take(ROWS.len()).collect::<Vec<_>>(), as_printed());
}

#[test]
fn a_cell_that_holds_no_number_is_said() {
    let rows: String = ROWS.map(|row| format!("<tr>{}</tr>", cells(row)).replace(">57<", ">约57<")).concat();
    let (found, doubted) = read(&format!("<tr>{HEADS}</tr>{rows}"));
    assert_eq!(found[2], ("（一）收到申请数".into(), CellState::Unreadable, None));
    assert!(doubted.contains(&"statistic/（一）收到申请数".to_owned()), "{doubted:?}");
}

/// Label and number with one space between them, the unit in one of the places it has.
#[test]
fn rows_that_are_paragraphs() {
    let page = |rows: &str| {
        let prose =
            "<p>一、概述</p><p>二、主动公开政府信息情况</p><p>三、依申请公开政府信息情况</p><p>收到申请57件。</p>";
        read_html(&format!("<meta charset=utf-8><title>某局2017年政府信息公开工作年度报告</title>{prose}{rows}"))
    };
    for (title, row) in [
        ("政府信息公开情况统计表（2017年度）", "{label} {n}"),
        ("附件：政府信息公开情况统计表", "{label} {n}{unit}"),
        ("政府信息公开情况统计表", "{label} {n} {unit}"),
        ("政府信息公开情况统计表", "{label} {unit} {n}"),
        ("统计指标 统计数", "{label} {n}"),
    ] {
        let rows = ROWS.map(|(label, unit, n)| {
            format!("<p>{}</p>", row.replace("{label}", label).replace("{unit}", unit).replace("{n}", n))
        });
        let report = page(&format!("<p>{title}</p><p>一、主动公开情况</p>{}<p>联系电话 86212345</p>", rows.concat()))
            .report
            .unwrap();
        let found: Vec<_> = report
            .values
            .iter()
            .map(|value| (value.label.clone().unwrap(), value.state, value.value.clone()))
            .collect();
        assert!(
            found
                .iter()
                .map(|(label, _, value)| (label, value))
                .eq(as_printed().iter().map(|(label, _, value)| (label, value))),
            "{title} {row}: {found:?}"
        );
        assert_eq!(report.edition, Some(Edition::Pre2019));
    }
    for none in [
        // Nothing says that it is the form; two numbers; too few; not of disclosure.
        ROWS.map(|(label, _, n)| format!("<p>{label} {n}</p>")).concat(),
        format!(
            "<p>政府信息公开情况统计表</p>{}",
            ROWS.map(|(label, _, n)| format!("<p>{label} {n} {n}</p>")).concat()
        ),
        "<p>政府信息公开情况统计表</p><p>收到申请数 57</p><p>当面申请数 7</p>".to_owned(),
        "<p>政府信息公开情况统计表</p><p>全县总人口数 57</p><p>乡镇街道数 7</p><p>行政村数 8</p><p>社区居委会数 9</p>"
            .to_owned(),
    ] {
        let report = page(&none).report.unwrap();
        assert!(report.values.is_empty(), "{none}: {:?}", report.values);
    }
}
