//! A report's tables as cells, before any markup: labels as the notices print them (国办公开办函〔2021〕30号,
//! 国办公开办函〔2019〕60号), written out here so that a slip in the reader's own list of them shows; and in every value
//! cell a number that stands nowhere else, so that no two cells can be taken for one another.

use std::ops::Range;

use gongkai::parse::Edition;

#[derive(Clone, Debug)]
pub struct Cell {
    pub text: String,
    pub across: usize,
    pub down: usize,
    /// `applications.received/total`; none for labels and heads.
    pub code: Option<String>,
}

pub type Row = Vec<Cell>;
pub type Table = Vec<Row>;

/// Rows of table three and four that hold heads only.
pub const HEADS: usize = 3;

pub fn label(text: &str, across: usize, down: usize) -> Cell {
    Cell { text: text.into(), across, down, code: None }
}

/// Tables two, three and four.
pub fn tables(edition: Edition) -> Vec<Table> {
    vec![two(edition), three(edition), four()]
}

/// Item of article 20, columns with their fields, rows with their codes.
type Block = (&'static str, &'static [(&'static str, &'static str)], &'static [(&'static str, &'static str)]);

const DECISIONS: &[(&str, &str)] = &[("本年处理决定数量", "decisions")];
const ITEMS: &[(&str, &str)] =
    &[("上一年项目数量", "items_last_year"), ("本年增/减", "change"), ("处理决定数量", "decisions")];
const SANCTIONS: &[(&str, &str)] = &[("行政处罚", "penalties"), ("行政强制", "coercion")];

const TWO_2021: &[Block] = &[
    (
        "第二十条第（一）项",
        &[("本年制发件数", "issued"), ("本年废止件数", "repealed"), ("现行有效件数", "in_force")],
        &[("规章", "regulations"), ("行政规范性文件", "normative_documents")],
    ),
    ("第二十条第（五）项", DECISIONS, &[("行政许可", "licensing")]),
    ("第二十条第（六）项", DECISIONS, SANCTIONS),
    ("第二十条第（八）项", &[("本年收费金额（单位：万元）", "amount")], &[("行政事业性收费", "fees")]),
];

const TWO_2019: &[Block] = &[
    (
        "第二十条第（一）项",
        &[("本年新制作数量", "made"), ("本年新公开数量", "disclosed"), ("对外公开总数量", "disclosed_total")],
        &[("规章", "regulations"), ("规范性文件", "normative_documents")],
    ),
    ("第二十条第（五）项", ITEMS, &[("行政许可", "licensing"), ("其他对外管理服务事项", "other_services")]),
    ("第二十条第（六）项", ITEMS, SANCTIONS),
    (
        "第二十条第（八）项",
        &[("上一年项目数量", "items_last_year"), ("本年增/减", "change")],
        &[("行政事业性收费", "fees")],
    ),
    (
        "第二十条第（九）项",
        &[("采购项目数量", "projects"), ("采购总金额", "amount")],
        &[("政府集中采购", "procurement")],
    ),
];

fn two(edition: Edition) -> Table {
    let blocks = if edition == Edition::Y2021 { TWO_2021 } else { TWO_2019 };
    let mut table = Table::new();
    let mut number = 200;
    for (item, columns, rows) in blocks {
        table.push(vec![label(item, 4, 1)]);
        // The last column takes what the block leaves of the four.
        let across = |n: usize| if n + 1 == columns.len() { 4 - columns.len() } else { 1 };
        let heads = columns.iter().enumerate().map(|(n, (head, _))| label(head, across(n), 1));
        table.push([label("信息内容", 1, 1)].into_iter().chain(heads).collect());
        for (name, prefix) in *rows {
            let values = columns.iter().enumerate().map(|(n, (_, field))| {
                number += 1;
                let text = if *field == "amount" { format!("{number}.25") } else { number.to_string() };
                Cell { text, across: across(n), down: 1, code: Some(format!("disclosure.{prefix}.{field}")) }
            });
            table.push([label(name, 1, 1)].into_iter().chain(values).collect());
        }
    }
    table
}

const APPLICANTS: [(&str, &str); 7] = [
    ("自然人", "natural_person"),
    ("商业企业", "enterprise"),
    ("科研机构", "research"),
    ("社会公益组织", "public_welfare"),
    ("法律服务机构", "legal_service"),
    ("其他", "other"),
    ("总计", "total"),
];

const RECEIVED: (&str, &str) = ("一、本年新收政府信息公开申请数量", "received");
const CARRIED_IN: (&str, &str) = ("二、上年结转政府信息公开申请数量", "carried_in");
const RESULTS: &str = "三、本年度办理结果";
const TOTAL: (&str, &str) = ("（七）总计", "total");
const CARRIED_OUT: (&str, &str) = ("四、结转下年度继续办理", "carried_out");

/// A group's label and its rows; a row that stands in no group has an empty one.
type Group = (&'static str, &'static [(&'static str, &'static str)]);

const OUTCOMES: [Group; 4] = [
    (
        "",
        &[
            ("（一）予以公开", "granted"),
            ("（二）部分公开（区分处理的，只计这一情形，不计其他情形）", "partially_granted"),
        ],
    ),
    (
        "（三）不予公开",
        &[
            ("1.属于国家秘密", "refused.state_secret"),
            ("2.其他法律行政法规禁止公开", "refused.forbidden_by_law"),
            ("3.危及“三安全一稳定”", "refused.security_and_stability"),
            ("4.保护第三方合法权益", "refused.third_party"),
            ("5.属于三类内部事务信息", "refused.internal_affairs"),
            ("6.属于四类过程性信息", "refused.deliberative"),
            ("7.属于行政执法案卷", "refused.enforcement_file"),
            ("8.属于行政查询事项", "refused.administrative_inquiry"),
        ],
    ),
    (
        "（四）无法提供",
        &[
            ("1.本机关不掌握相关政府信息", "unavailable.not_held"),
            ("2.没有现成信息需要另行制作", "unavailable.needs_creation"),
            ("3.补正后申请内容仍不明确", "unavailable.still_unclear"),
        ],
    ),
    (
        "（五）不予处理",
        &[
            ("1.信访举报投诉类申请", "rejected.petition"),
            ("2.重复申请", "rejected.duplicate"),
            ("3.要求提供公开出版物", "rejected.publication"),
            ("4.无正当理由大量反复申请", "rejected.excessive"),
            ("5.要求行政机关确认或重新出具已获取信息", "rejected.confirmation"),
        ],
    ),
];
const OTHER_2021: Group = (
    "（六）其他处理",
    &[
        ("1.申请人无正当理由逾期不补正、行政机关不再处理其政府信息公开申请", "other.not_corrected"),
        ("2.申请人逾期未按收费通知要求缴纳费用、行政机关不再处理其政府信息公开申请", "other.fee_unpaid"),
        ("3.其他", "other.other"),
    ],
);
/// （六）其他处理 where it is one row: the form of 2019, and reports of later years that kept it.
pub const OTHER_2019: (&str, &str) = ("（六）其他处理", "other");

fn three(edition: Edition) -> Table {
    let note = "（本列数据的勾稽关系为：第一项加第二项之和，等于第三项加第四项之和）";
    let heads = |range: Range<usize>| APPLICANTS[range].iter().map(|(head, _)| *head);
    let mut table = vec![
        vec![label(note, 3, 3), label("申请人情况", 7, 1)],
        vec![label("自然人", 1, 2), label("法人或其他组织", 5, 1), label("总计", 1, 2)],
        heads(1..6).map(|head| label(head, 1, 1)).collect(),
    ];
    let mut outcomes = Table::new();
    let mut totals = [0; 6];
    let mut number = 1_000;
    let mut counted = |name: &str| {
        let counts: [u64; 6] = std::array::from_fn(|n| number + n as u64 + 1);
        number += 6;
        totals.iter_mut().zip(counts).for_each(|(total, count)| *total += count);
        applications(name, counts)
    };
    let other: Group = if edition == Edition::Y2021 { OTHER_2021 } else { ("", &[OTHER_2019]) };
    for (group, rows) in OUTCOMES.into_iter().chain([other]) {
        for (n, (name, code)) in rows.iter().enumerate() {
            let own = label(name, if group.is_empty() { 2 } else { 1 }, 1);
            let over = (n == 0 && !group.is_empty()).then(|| label(group, 1, rows.len()));
            outcomes.push(over.into_iter().chain([own]).chain(counted(code)).collect());
        }
    }
    outcomes.push([label(TOTAL.0, 2, 1)].into_iter().chain(applications(TOTAL.1, totals)).collect());
    let results = label(RESULTS, 1, outcomes.len());
    outcomes[0].insert(0, results);
    let outside = |(name, code): (&str, &str), counts| {
        [label(name, 3, 1)].into_iter().chain(applications(code, counts)).collect::<Row>()
    };
    let carried_in = [41, 42, 43, 44, 45, 46];
    let carried_out = [71, 72, 73, 74, 75, 77];
    table.push(outside(RECEIVED, std::array::from_fn(|n| totals[n] + carried_out[n] - carried_in[n])));
    table.push(outside(CARRIED_IN, carried_in));
    table.extend(outcomes);
    table.push(outside(CARRIED_OUT, carried_out));
    table
}

/// Seven cells, the last the sum of the six before.
pub fn applications(code: &str, counts: [u64; 6]) -> Row {
    let cell = |(count, (_, applicant)): (u64, (&str, &str))| Cell {
        text: count.to_string(),
        across: 1,
        down: 1,
        code: Some(format!("applications.{code}/{applicant}")),
    };
    counts.into_iter().chain([counts.iter().sum()]).zip(APPLICANTS).map(cell).collect()
}

fn four() -> Table {
    const OUTCOMES: [(&str, &str); 5] = [
        ("结果维持", "upheld"),
        ("结果纠正", "corrected"),
        ("其他结果", "other"),
        ("尚未审结", "pending"),
        ("总计", "total"),
    ];
    let heads = |down| OUTCOMES.into_iter().map(move |(head, _)| label(head, 1, down));
    let values =
        ["review", "litigation_direct", "litigation_after_review"].into_iter().enumerate().flat_map(|(n, group)| {
            let counts: [u64; 4] = std::array::from_fn(|outcome| 301 + 5 * n as u64 + outcome as u64);
            counts.into_iter().chain([counts.iter().sum()]).zip(OUTCOMES).map(move |(count, (_, outcome))| Cell {
                text: count.to_string(),
                across: 1,
                down: 1,
                code: Some(format!("{group}.{outcome}")),
            })
        });
    vec![
        vec![label("行政复议", 5, 1), label("行政诉讼", 10, 1)],
        heads(2).chain([label("未经复议直接起诉", 5, 1), label("复议后起诉", 5, 1)]).collect(),
        heads(1).chain(heads(1)).collect(),
        values.collect(),
    ]
}

/// Which cell, by row and number, covers each slot of the grid.
fn layout(table: &Table) -> Vec<Vec<(usize, usize)>> {
    let mut grid: Vec<Vec<Option<(usize, usize)>>> = vec![Vec::new(); table.len()];
    for (y, row) in table.iter().enumerate() {
        for (number, cell) in row.iter().enumerate() {
            let x = grid[y].iter().position(Option::is_none).unwrap_or(grid[y].len());
            for line in &mut grid[y..y + cell.down] {
                line.resize(line.len().max(x + cell.across), None);
                line[x..x + cell.across].fill(Some((y, number)));
            }
        }
    }
    grid.into_iter().map(|line| line.into_iter().flatten().collect()).collect()
}

/// The cells that stand in row `y`, those from above among them.
fn standing(grid: &[Vec<(usize, usize)>], y: usize) -> Vec<(usize, usize)> {
    let mut cells = grid[y].clone();
    cells.dedup();
    cells
}

/// Some rows as a table of their own; a label that spans into them is printed again.
pub fn piece(table: &Table, rows: Range<usize>) -> Table {
    let grid = layout(table);
    rows.clone()
        .map(|y| {
            let here = standing(&grid, y).into_iter().filter(|(from, _)| *from == y || y == rows.start);
            here.map(|(from, number)| {
                let cell = &table[from][number];
                Cell { down: (from + cell.down).min(rows.end) - y, ..cell.clone() }
            })
            .collect()
        })
        .collect()
}

/// The table without row spans from row `from` on: below a label stand empty cells, or the label again.
pub fn unspanned(table: &Table, from: usize, repeat: bool) -> Table {
    let grid = layout(table);
    let row = |y: usize| -> Row {
        standing(&grid, y)
            .into_iter()
            .map(|(above, number)| {
                let cell = &table[above][number];
                let text = if above == y || repeat { cell.text.clone() } else { String::new() };
                Cell { text, down: 1, ..cell.clone() }
            })
            .collect()
    };
    table[..from].iter().cloned().chain((from..table.len()).map(row)).collect()
}

/// A table's texts on its grid: each in the first slot that its cell covers.
pub fn slots(table: &Table) -> Vec<Vec<String>> {
    on_grid(table)
        .into_iter()
        .map(|row| row.into_iter().map(|cell| cell.map_or_else(String::new, |c| c.text)).collect())
        .collect()
}

/// The table with its rows for columns.
pub fn turned(table: &Table) -> Table {
    let grid = on_grid(table);
    let columns = (0..grid[0].len()).map(|x| {
        let cells = grid.iter().filter_map(|row| row[x].clone());
        cells.map(|cell| Cell { across: cell.down, down: cell.across, ..cell }).collect()
    });
    columns.collect()
}

/// Each cell in the first slot that it covers.
fn on_grid(table: &Table) -> Vec<Vec<Option<Cell>>> {
    let width = table[0].iter().map(|cell| cell.across).sum();
    let mut grid = vec![vec![None; width]; table.len()];
    let mut taken = vec![vec![false; width]; table.len()];
    for (y, row) in table.iter().enumerate() {
        for cell in row {
            let x = (0..width).find(|x| !taken[y][*x]).expect("room for every cell");
            taken[y..y + cell.down].iter_mut().for_each(|row| row[x..x + cell.across].fill(true));
            grid[y][x] = Some(cell.clone());
        }
    }
    grid
}
