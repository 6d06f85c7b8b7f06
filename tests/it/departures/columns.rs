//! Heads in another order, heads that the form does not have or that are left out, and cells that belong to two.

use std::collections::BTreeMap;

use gongkai::parse::CellState::{Number, Unreadable};

use super::page::Page;
use super::paper::{Cell, HEADS, Row, Table, label};
use super::{Case, both, of_2019, of_2021};

pub const CASES: &[Case] = &[
    both("总计 before 自然人", |page| {
        page.tables[1][1].rotate_right(1);
        bodies(page, |values| values.rotate_right(1));
    }),
    both("organisations in another order", |page| {
        page.tables[1][2].rotate_left(2);
        bodies(page, |values| values[1..6].rotate_left(2));
    }),
    both("a column of remarks", |page| {
        page.tables[1][0].push(label("备注", 1, 3));
        let mut n = 0;
        rows_with_values(&mut page.tables[1], |row| {
            n += 1;
            row.push(label(if n % 4 == 0 { "含上年结转3件" } else { "" }, 1, 1));
        });
    }),
    both("last year's totals beside this year's", |page| {
        page.tables[1][0].push(label("上年总计", 1, 3));
        page.tables[1][0].push(label("同比增长", 1, 3));
        rows_with_values(&mut page.tables[1], |row| row.extend([label("7", 1, 1), label("3.5%", 1, 1)]));
    }),
    both("a sum of organisations", |page| {
        page.tables[1][0][1].across += 1;
        page.tables[1][1][1].across += 1;
        page.tables[1][2].push(label("小计", 1, 1));
        rows_with_values(&mut page.tables[1], |row| row.insert(row.len() - 1, label("9", 1, 1)));
    }),
    both("serial numbers before labels", |page| {
        page.tables[1][0].insert(0, label("序号", 1, 3));
        let mut n = 0;
        rows_with_values(&mut page.tables[1], |row| {
            n += 1;
            row.insert(0, label(&n.to_string(), 1, 1));
        });
    }),
    both("a head misspelt beside a column of remarks", |page| {
        page.relabel("社会公益组织", "社会公益组识");
        page.relabel("法人或其他组织", "法人及其他组织");
        page.relabel("科研机构", "科研机构（件）");
        page.tables[1][0].push(label("备注", 1, 3));
        rows_with_values(&mut page.tables[1], |row| row.push(label("", 1, 1)));
    }),
    both("no column of totals", |page| {
        page.tables[1][1].pop();
        rows_with_values(&mut page.tables[1], |row| drop(row.pop()));
        page.forget(|code| code.starts_with("applications.") && code.ends_with("/total"));
    }),
    both("table three cut from top to bottom", |page| {
        let three = page.tables.remove(1);
        page.tables.splice(1..1, [standing(&three, |n| n < 4), standing(&three, |n| n >= 4)]);
    }),
    both("one cell for all organisations", |page| {
        rows_with_values(&mut page.tables[1], |row| {
            let first = row.len() - 6;
            row.drain(first + 1..first + 5);
            row[first].across = 5;
        });
        let of_organisation = |code: &str| {
            code.starts_with("applications.") && !code.ends_with("/natural_person") && !code.ends_with("/total")
        };
        page.lost = page.forget(of_organisation);
    }),
    both("one total for a group", |page| {
        let is_one = |code: &str| code.starts_with("applications.refused.") && code.ends_with("/total");
        let mut first = true;
        rows_with_values(&mut page.tables[1], |row| {
            if row.last().and_then(|cell| cell.code.as_deref()).is_some_and(is_one) {
                match std::mem::take(&mut first) {
                    true => row.last_mut().unwrap().down = 8,
                    false => drop(row.pop()),
                }
            }
        });
        page.lost = page.forget(is_one);
    }),
    both("sums beside the labels of groups", |page| {
        let three = std::mem::take(&mut page.tables[1]);
        for mut row in three {
            let names = ["（三）不予公开", "（四）无法提供", "（五）不予处理", "（六）其他处理"];
            let is_group = |cell: &Cell| cell.down > 1 && names.contains(&cell.text.as_str());
            if let Some(at) = row.iter().position(is_group) {
                let group = row.remove(at);
                let sums = (0..7).map(|_| label("9", 1, 1));
                page.tables[1].push([label(&group.text, 2, 1)].into_iter().chain(sums).collect());
            }
            let own = row.iter().rposition(|cell| cell.code.is_none());
            if let Some(own) = own.filter(|_| row.iter().any(|cell| cell.code.is_some()) && row[0].across < 3) {
                row[own].across = 2;
            }
            page.tables[1].push(row);
        }
        let added = page.tables[1].len() - HEADS - 3;
        page.cells().filter(|cell| cell.text == "三、本年度办理结果").for_each(|cell| cell.down = added);
        // The label of all results stands beside the first of them again.
        let results = page.tables[1][HEADS + 2].remove(0);
        page.tables[1][HEADS + 2].insert(0, results);
    }),
    both("words in the cell of a total", |page| {
        for code in ["applications.received/total", "review.total", "disclosure.regulations.LAST"] {
            let code = code.replace("LAST", page.last_of_regulations());
            page.print(&code, "见附件", Unreadable, None);
        }
    }),
    both("row and group in one label", |page| {
        page.labels(|text| match text {
            "1.属于国家秘密" => "（三）不予公开1.属于国家秘密".into(),
            "2.重复申请" => "（五）不予处理—2.重复申请".into(),
            "2.没有现成信息需要另行制作" => "其中：2.没有现成信息需要另行制作".into(),
            _ => text.into(),
        });
    }),
    both("合计 for 总计", |page| page.labels(|text| text.replace("总计", "合计"))),
    both("numerals in one character", |page| {
        page.labels(|text| {
            let pairs = ["（一）㈠", "（二）㈡", "（三）㈢", "（四）㈣", "（五）㈤", "（六）㈥", "（七）㈦"];
            let text = pairs.iter().fold(text.to_owned(), |text, pair| {
                let (from, to) = pair.split_at("（一）".len());
                text.replace(from, to)
            });
            ["1.⒈", "2.⒉", "3.⒊", "4.⒋", "5.⒌"].iter().fold(text, |text, pair| text.replace(&pair[..2], &pair[2..]))
        });
    }),
    of_2021("blocks of table two side by side", |page| {
        let mut two = std::mem::take(&mut page.tables[0]);
        let mut blocks = two.split_off(4);
        two[0][0].across = 6;
        two[1..].iter_mut().for_each(|row| row[1].across = 2);
        two[1..].iter_mut().for_each(|row| row[2].across = 2);
        blocks.iter_mut().flatten().for_each(|cell| cell.across = cell.across.min(1));
        let [heads, columns, values] = [[0, 3, 7], [1, 4, 8], [2, 5, 9]];
        two.push(heads.map(|at| Cell { across: 2, ..blocks[at][0].clone() }).into());
        two.push(columns.into_iter().flat_map(|at| blocks[at].clone()).collect());
        let tall =
            |at: usize| blocks[at].iter().map(move |cell| Cell { down: if at == 5 { 1 } else { 2 }, ..cell.clone() });
        two.push(values.into_iter().flat_map(tall).collect());
        two.push(blocks[6].clone());
        page.tables[0] = two;
    }),
    of_2021("last year's numbers within table two", |page| {
        for row in &mut page.tables[0][4..] {
            let Some(last) = row.last_mut().filter(|cell| cell.across == 3) else { continue };
            last.across = 1;
            let others = if last.code.is_some() {
                ["7", "12.5%"].map(str::to_owned)
            } else {
                [last.text.replace("本年", "上年"), "同比增长（%）".into()]
            };
            row.extend(others.map(|text| label(&text, 1, 1)));
        }
    }),
    both("a column of units in table two", |page| {
        for row in &mut page.tables[0] {
            match row.len() {
                1 => row[0].across += 1,
                _ => row.insert(1, label(if row[0].text == "信息内容" { "单位" } else { "件" }, 1, 1)),
            }
        }
    }),
    of_2019("words among the numbers of table two", |page| {
        page.print("disclosure.licensing.change", "见清单", Unreadable, None);
        page.print("disclosure.coercion.decisions", "约12", Unreadable, None);
    }),
    both("table four on its side", |page| {
        let values = page.tables[2][3].clone();
        let heads = page.tables[2][1][..5].iter().map(|cell| Cell { down: 1, ..cell.clone() });
        page.tables[2] = vec![
            [label("类别", 2, 1)].into_iter().chain(heads).collect(),
            [label("行政复议", 2, 1)].into_iter().chain(values[..5].to_vec()).collect(),
            [label("行政诉讼", 1, 2), label("未经复议直接起诉", 1, 1)]
                .into_iter()
                .chain(values[5..10].to_vec())
                .collect(),
            [label("复议后起诉", 1, 1)].into_iter().chain(values[10..].to_vec()).collect(),
        ];
    }),
    both("last year's row in table four", |page| {
        let four = &mut page.tables[2];
        four[0].insert(0, label("年度", 1, 3));
        four[3].insert(0, label("2023年", 1, 1));
        let earlier = (0..15).map(|n| label(&n.to_string(), 1, 1));
        four.insert(3, [label("2022年", 1, 1)].into_iter().chain(earlier).collect());
    }),
    both("every cell of table four blank", |page| {
        for code in page
            .expected
            .keys()
            .filter(|code| code.starts_with("review.") || code.starts_with("litigation_"))
            .cloned()
            .collect::<Vec<_>>()
        {
            page.print(&code, "", gongkai::parse::CellState::Blank, None);
        }
    }),
    both("an empty form before the one filled in", |page| {
        let mut empty = page.tables.clone();
        empty.iter_mut().flatten().flatten().filter(|cell| cell.code.is_some()).for_each(|cell| cell.text.clear());
        page.tables.splice(0..0, empty);
    }),
    both("last year's report before", |page| {
        let mut earlier = page.tables.clone();
        for cell in earlier.iter_mut().flatten().flatten().filter(|cell| cell.code.is_some()) {
            cell.text.insert(0, '9');
        }
        let markup: String = earlier.iter().map(|table| page.markup(table)).collect();
        let title = |year: &str| format!("<h2>平潭综合实验区{year}年度政府信息公开工作年度报告</h2>\n");
        page.before.insert(0, title("2022") + &markup + &title("2023"));
    }),
    both("a number in words and one with its digits apart", |page| {
        page.print("disclosure.penalties.decisions", "一百二十三件", gongkai::parse::CellState::Remark, Some("123"));
        page.print("disclosure.coercion.decisions", "1 2 3", Number, Some("123"));
    }),
];

/// Each row of table three with values through `change`, its values alone.
fn bodies(page: &mut Page, change: impl Fn(&mut [Cell])) {
    rows_with_values(&mut page.tables[1], |row| {
        let from = row.len() - 7;
        change(&mut row[from..]);
    });
}

fn rows_with_values(table: &mut Table, change: impl FnMut(&mut Row)) {
    table.iter_mut().filter(|row| row.iter().any(|cell| cell.code.is_some())).for_each(change);
}

/// Table three with its labels and only the applicants wanted, counted from 0.
fn standing(three: &Table, wanted: fn(usize) -> bool) -> Table {
    let mut table = three.clone();
    let kept = (0..7).filter(|n| wanted(*n)).count();
    table[0][1].across = kept;
    let organisations = (1..6).filter(|n| wanted(*n)).count();
    let mut heads = table[1].clone();
    heads[1].across = organisations;
    table[1] =
        heads.into_iter().zip([wanted(0), true, wanted(6)]).filter(|(_, kept)| *kept).map(|(head, _)| head).collect();
    let named: BTreeMap<usize, Cell> = table[2].iter().cloned().enumerate().collect();
    table[2] = named.into_iter().filter(|(n, _)| wanted(n + 1)).map(|(_, head)| head).collect();
    rows_with_values(&mut table, |row| {
        let from = row.len() - 7;
        let values = row.split_off(from);
        row.extend(values.into_iter().enumerate().filter(|(n, _)| wanted(*n)).map(|(_, cell)| cell));
    });
    table
}
