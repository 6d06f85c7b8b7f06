//! Tables cut, joined, padded and spanned otherwise than on the form, and what stands around them.

use std::ops::Range;

use super::page::Page;
use super::paper::{self, Cell, HEADS, Row, Table, applications, label, piece, turned, unspanned};
use super::{Case, both, of_2019, of_2021};

pub const CASES: &[Case] = &[
    both("all tables in one", |page| page.tables = vec![page.tables.concat()]),
    both("all tables in one, headings as rows", |page| {
        let heading = |text: &str| vec![label(text, 4, 1)];
        let mut whole = vec![heading("二、主动公开政府信息情况")];
        whole.extend(page.tables[0].clone());
        whole.push(heading("三、收到和处理政府信息公开申请情况"));
        whole.extend(page.tables[1].clone());
        whole.push(heading("四、政府信息公开行政复议、行政诉讼情况"));
        whole.extend(page.tables[2].clone());
        page.tables = vec![whole];
    }),
    both("a table for each block and group", |page| page.tables = pieces(page, |_| None)),
    both("a table for each block and group under made-up heads", |page| {
        page.tables = pieces(page, |n| {
            let heads = ["类别", "", "", "数据1", "数据2", "数据3", "数据4", "数据5", "数据6", "总计"];
            (n > 0).then(|| heads.map(|head| label(head, 1, 1)).into())
        });
    }),
    both("table three broken over a page, group label repeated", |page| broken(page, |row| row)),
    both("table three broken over a page, empty cells below the group label", |page| {
        broken(page, |row| {
            row.into_iter()
                .map(|cell| if cell.down > 1 { Cell { text: String::new(), ..cell } } else { cell })
                .collect()
        });
    }),
    both("table three broken over a page, heads repeated", |page| {
        broken(page, |row| row);
        let heads = page.tables[1][..HEADS].to_vec();
        page.tables[2].splice(0..0, heads);
    }),
    both("heads repeated within table three", |page| {
        let at = row_of(&page.tables[1], "applications.rejected.petition/total");
        let (above, below) = (piece(&page.tables[1], 0..at), piece(&page.tables[1], at..page.tables[1].len()));
        page.tables[1] = [above.clone(), above[..HEADS].to_vec(), below].concat();
    }),
    both("table four in three tables", |page| {
        let four = page.tables.remove(2);
        for (n, name) in ["行政复议", "未经复议直接起诉", "复议后起诉"].into_iter().enumerate() {
            let columns = 5 * n..5 * n + 5;
            let heads = four[1][..5].iter().map(|cell| Cell { down: 1, ..cell.clone() }).collect();
            page.tables.push(vec![vec![label(name, 5, 1)], heads, four[3][columns].to_vec()]);
        }
    }),
    both("自然人 and 总计 over an empty cell", |page| page.tables[1] = flat_heads(&page.tables[1])),
    both("企业 and 机构 in a row of their own", |page| {
        let three = &mut page.tables[1];
        three[0][0].down += 1;
        for cell in [0, 2] {
            three[1][cell].down += 1;
        }
        for (n, head) in ["商业", "科研"].into_iter().enumerate() {
            three[2][n].text = head.into();
        }
        three[2][2..].iter_mut().for_each(|cell| cell.down = 2);
        three.insert(HEADS, vec![label("企业", 1, 1), label("机构", 1, 1)]);
    }),
    both("group labels over empty cells", |page| page.tables[1] = unspanned(&page.tables[1], HEADS, false)),
    both("group labels in every row", |page| page.tables[1] = unspanned(&page.tables[1], HEADS, true)),
    both("no span of rows anywhere", |page| page.tables[1] = unspanned(&page.tables[1], 0, false)),
    both("table three turned on its side", |page| page.tables[1] = turned(&page.tables[1])),
    both("table four turned on its side", |page| page.tables[2] = turned(&page.tables[2])),
    both("table three turned on its side, with words and blanks", |page| {
        page.print("applications.granted/enterprise", "", gongkai::parse::CellState::Blank, None);
        page.print("applications.granted/total", "见附件", gongkai::parse::CellState::Unreadable, None);
        page.tables[1] = turned(&page.tables[1]);
    }),
    both("an empty column on the right", |page| rows(page).for_each(|row| row.push(label("", 1, 1)))),
    both("an empty column on the left", |page| rows(page).for_each(|row| row.insert(0, label("", 1, 1)))),
    both("an empty column before the numbers", |page| {
        page.tables[1][0][0].across += 1;
        for row in &mut page.tables[1] {
            if let Some(at) = row.iter().position(|cell| cell.code.is_some()) {
                row.insert(at, label("", 1, 1));
            }
        }
    }),
    both("empty rows below rows", |page| {
        for table in &mut page.tables {
            let rows = unspanned(table, HEADS, false).into_iter().enumerate();
            let spaced = rows.flat_map(|(n, row)| [Some(row), (n >= HEADS).then(|| vec![label("", 1, 1); 10])]);
            *table = spaced.flatten().collect();
        }
    }),
    both("table two over five columns, heads and numbers spanning them differently", |page| {
        for row in &mut page.tables[0] {
            let is_values = row.iter().any(|cell| cell.code.is_some());
            match row.as_mut_slice() {
                [_, first, .., _] if is_values => first.across += 1,
                [.., last] => last.across += 1,
                [] => {}
            }
        }
    }),
    both("三、本年度办理结果 spans a row too many", |page| results(page).down += 1),
    both("三、本年度办理结果 spans a row too few", |page| results(page).down -= 1),
    both("（三）不予公开 spans a row too few", |page| group(page, "（三）不予公开").down -= 1),
    both("（三）不予公开 spans a row too many", |page| group(page, "（三）不予公开").down += 1),
    both("自然人 spans a row too many", |page| page.tables[1][1][0].down += 1),
    both("rowspan=0 to the end of the row group", |page| {
        results(page).down = 0;
        page.whole
            .push(|html| html.replacen("<tr><td colspan=\"3\">四、", "</tbody><tbody><tr><td colspan=\"3\">四、", 1));
    }),
    both("a colspan far too wide", |page| {
        let at = row_of(&page.tables[1], "applications.total/total");
        if let Some(last) = page.tables[1][at].last_mut() {
            last.across = 5;
        }
    }),
    of_2021("（六）其他处理 as one row", |page| {
        let at = row_of(&page.tables[1], "applications.other.not_corrected/total");
        page.forget(|code| code.starts_with("applications.other."));
        let numbers = applications(paper::OTHER_2019.1, [81, 82, 83, 84, 85, 86]);
        for cell in &numbers {
            let value = (gongkai::parse::CellState::Number, Some(cell.text.clone()));
            page.expected.extend(cell.code.clone().map(|code| (code, value)));
        }
        let row = [label(paper::OTHER_2019.0, 2, 1)].into_iter().chain(numbers).collect();
        page.tables[1].splice(at..at + 3, [row]);
        results(page).down -= 2;
    }),
    both("a row that the form does not have", |page| {
        let at = page.tables[0].iter().position(|row| row[0].text.ends_with("规范性文件")).unwrap();
        let row = ["其他主动公开文件", "91", "92", "93"].map(|text| label(text, 1, 1));
        page.tables[0].insert(at + 1, row.into());
    }),
    both("a row left out", |page| {
        let at = row_of(&page.tables[0], "disclosure.coercion.decisions");
        page.tables[0].remove(at);
        page.forget(|code| code.starts_with("disclosure.coercion."));
        let at = row_of(&page.tables[1], "applications.rejected.duplicate/total");
        page.tables[1].remove(at);
        page.forget(|code| code.starts_with("applications.rejected.duplicate/"));
        group(page, "（五）不予处理").down -= 1;
        results(page).down -= 1;
    }),
    both("prose between heading and table", |page| {
        for table in 0..3 {
            page.before.insert(table, "<p>该部分以表格形式报告。表格如下:</p>\n<p>全年处理行政许可5件、行政处罚6件，收到申请7件，其中自然人8件。</p>\n".into());
        }
    }),
    both("notes under tables", |page| {
        for table in 1..4 {
            page.before.insert(table, "<p>注：行政复议、行政诉讼数据含上年度结转数量9件。</p>\n".into());
        }
    }),
    both("other agencies' numbers after", |page| {
        let row = |cells: &[&str]| {
            format!("<tr>{}</tr>", cells.iter().map(|cell| format!("<td>{cell}</td>")).collect::<String>())
        };
        let heads = row(&["单位", "制发件数", "现行有效件数", "行政许可", "行政处罚", "行政强制", "收费金额"]);
        let rows = row(&["县教育局", "7", "91", "230", "5", "1", "1.2"])
            + &row(&["2022年", "8", "92", "231", "6", "2", "1.3", "9"]);
        page.before.insert(3, format!("<table>{heads}{rows}</table>\n"));
    }),
    both("a table of other numbers before", |page| {
        page.before.insert(0, "<table><tr><td>指标</td><td>数量</td></tr><tr><td>网站信息</td><td>5120</td></tr><tr><td>微信</td><td>77</td></tr></table>\n".into());
    }),
    both("the index number's table before", |page| {
        page.before.insert(0, "<table><tr><td>索 引 号：</td><td>580267448/2024-276400</td><td>公开方式：</td><td>主动公开</td></tr><tr><td>文 号：</td><td></td><td>成文日期：</td><td>2024-01-19</td></tr><tr><td>发布单位：</td><td>平潭综合实验区</td><td>主题分类：</td><td>其他</td></tr></table>\n".into());
    }),
    of_2019("last year's numbers beside", |page| {
        page.before.insert(3, "<table><tr><td>年度</td><td>新收</td><td>总计</td></tr><tr><td>2022</td><td>5</td><td>6</td></tr></table>\n".into());
    }),
];

fn rows(page: &mut Page) -> impl Iterator<Item = &mut Row> {
    page.tables.iter_mut().flatten()
}

/// Number of the row in which the cell of `code` stands.
fn row_of(table: &Table, code: &str) -> usize {
    let holds = |row: &Row| row.iter().any(|cell| cell.code.as_deref() == Some(code));
    table.iter().position(holds).unwrap_or_else(|| panic!("no row of {code}"))
}

fn group<'a>(page: &'a mut Page, name: &str) -> &'a mut Cell {
    page.cells().find(|cell| cell.text == name).unwrap_or_else(|| panic!("no label {name}"))
}

fn results(page: &mut Page) -> &mut Cell {
    group(page, "三、本年度办理结果")
}

/// 自然人 and 总计 one row high, with an empty cell in the row of heads below.
fn flat_heads(three: &Table) -> Table {
    let mut three = three.clone();
    for cell in [0, 2] {
        three[1][cell].down = 1;
    }
    three[2].insert(0, label("", 1, 1));
    three[2].push(label("", 1, 1));
    three
}

/// Table three in two, broken within （四）无法提供; the first row after the break through `change`.
fn broken(page: &mut Page, change: fn(Row) -> Row) {
    let three = page.tables.remove(1);
    let at = row_of(&three, "applications.unavailable.needs_creation/total");
    let mut after = piece(&three, at..three.len());
    after[0] = change(std::mem::take(&mut after[0]));
    page.tables.splice(1..1, [piece(&three, 0..at), after]);
}

/// Table two cut by blocks and table three by groups, each piece of table three under `heads` of its own.
fn pieces(page: &Page, heads: fn(usize) -> Option<Row>) -> Vec<Table> {
    let [two, three, four] = page.tables.as_slice() else { panic!("three tables") };
    let mut pieces = Vec::new();
    pieces.extend(cuts(two, |row| row[0].text.starts_with("第二十条")).map(|rows| piece(two, rows)));
    let begins = |row: &Row| {
        let words = |prefix: &str| row.iter().any(|cell| cell.code.is_none() && cell.text.starts_with(prefix));
        words("（本列")
            || words("三、")
            || words("（三）")
            || words("（四）")
            || words("（五）")
            || words("（六）")
            || words("（七）")
    };
    let of_three = cuts(three, begins).map(|rows| piece(three, rows)).enumerate();
    pieces.extend(of_three.map(|(n, rows)| heads(n).into_iter().chain(rows).collect()));
    pieces.push(four.clone());
    pieces
}

/// From each row that begins a piece up to the next one.
fn cuts(table: &Table, begins: impl Fn(&Row) -> bool) -> impl Iterator<Item = Range<usize>> {
    let mut starts: Vec<usize> = (0..table.len()).filter(|at| begins(&table[*at])).collect();
    starts.push(table.len());
    (1..starts.len()).map(move |n| starts[n - 1]..starts[n])
}
