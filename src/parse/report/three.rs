//! Table three: applications. Labels name the row, heads the applicant; a fragment after a page break inherits its heads.

use super::rows::{Row, RowKind, Slot};
use super::words::{WORDS, is_head};
use super::{Doubt, Reading, code_of, shortened};
use crate::parse::edition::Applicant;
use crate::parse::edition::form::APPLICANTS;
use crate::parse::identity::year;
use crate::parse::label::{key, likeness};
use crate::parse::reading::Rule;

/// Columns of the seven applicants in a grid.
#[derive(Clone, Copy, Debug)]
struct Columns {
    /// None for an applicant that no head names: a table without totals, or one cut in two from top to bottom.
    of: [Option<(usize, usize)>; 7],
    width: usize,
    /// The heads stand in the order of the form, with no others beside them that hold numbers: cells can be counted.
    as_in_form: bool,
}

pub fn read(rows: &[Row<'_>], reading: &mut Reading) {
    let mut columns: Option<Columns> = None;
    let mut table = None;
    let mut group_six = false;
    // In a text, where columns are only counted: whether 自然人 comes first and 总计 last.
    let mut counted_from_left = true;
    let padding = usual_padding(rows);
    for (n, row) in rows.iter().enumerate() {
        if row.kind == RowKind::Heading {
            // A heading between tables can stand for the group's label: （六）其他处理 over a table of its own.
            if let Some(group) = row.slots.iter().filter(|slot| slot.key.len() < 30).find_map(|slot| WORDS.group(slot))
            {
                group_six = group == 4;
            }
            continue;
        }
        if row.kind == RowKind::Grid && table != Some(row.table) {
            table = Some(row.table);
            match columns_of(&rows[n..], row.table) {
                Some(found) => columns = Some(found),
                None if columns.is_some_and(|known| known.width != row.width()) => columns = None,
                None => {}
            }
        }
        if row.kind != RowKind::Grid && row.heads_only() {
            let at = |head: &str| row.slots.iter().position(|slot| slot.key == head);
            if let (Some(total), Some(first)) = (at("总计"), at("自然人")) {
                counted_from_left = first < total;
            }
        }
        // Words among the values (见附件) are cells that can't be read, not labels; unless a span too tall pushed a label there.
        let values_from = match row.kind {
            RowKind::Grid => columns.map_or(usize::MAX, |columns| columns.first()),
            _ => row.first_value().map_or(usize::MAX, |slot| slot.columns.0),
        };
        let is_label = |slot: &&Slot<'_>| slot.columns.0 < values_from || WORDS.is_row(slot);
        let labels: Vec<&Slot<'_>> = row.labels().into_iter().filter(is_label).collect();
        let Some(last) = labels.last() else { continue };
        if let Some(group) = labels.iter().rev().find_map(|slot| WORDS.group(slot)) {
            group_six = group == 4;
        }
        let Some((indicator, rule)) = row_label(row, &labels, group_six) else {
            if WORDS.group(last).is_none() {
                unknown_row(row, last, reading);
            }
            continue;
        };
        if matches!(indicator, "applications.total" | "applications.carried_out") {
            group_six = false;
        }
        let below = row.below(rows.get(n + 1));
        let columns = columns.as_ref().filter(|_| row.kind == RowKind::Grid);
        take(Taken { row, below, indicator, rule, padding, counted_from_left }, columns, reading);
    }
    drop_sum_of_group_six(reading);
}

/// Where the rows under （六）其他处理 are printed, a number beside its own label is their sum and no cell of the form.
fn drop_sum_of_group_six(reading: &mut Reading) {
    if !reading.values.iter().any(|value| value.indicator.starts_with("applications.other.")) {
        return;
    }
    let is_sum = |value: &super::Read| value.indicator == "applications.other";
    if let Some(sum) = reading.values.iter().find(|value| is_sum(value)) {
        let detail = "（六）其他处理 has rows of its own: the numbers beside it are their sum".into();
        reading.doubts.push(Doubt { rule: "extra_row", detail, values: Vec::new(), span: sum.span });
        reading.values.retain(|value| !is_sum(value));
    }
}

/// The row's own label is the last that begins in it; （六）其他处理 is one only when no label stands after it.
fn row_label(row: &Row<'_>, labels: &[&Slot<'_>], group_six: bool) -> Option<(&'static str, Rule)> {
    let last = labels.iter().rev().find(|slot| slot.fresh).or(labels.last())?;
    // A group's label beside an empty row is not the row （六）其他处理.
    if !last.fresh && row.after(last).iter().all(Slot::is_blank) {
        return None;
    }
    // Heads (自然人 … 总计) are no row, and neither is a row of table two.
    if labels.len() > 4 || WORDS.is_disclosure_row(last) {
        return None;
    }
    let values = row.after(last);
    // Of two pieces of a row the one with its numbers is the row.
    let cut = || WORDS.row_cut(last).filter(|_| values.iter().any(|slot| slot.content.value.is_some()));
    let (indicator, rule) = WORDS.row(last, group_six).or_else(|| Some((cut()?, Rule::Near)))?;
    if values.is_empty() {
        return None;
    }
    // Without its number 总计 is a head; with values beside it, and no other label, it is the row.
    (indicator != "applications.other" || values.iter().any(|slot| !slot.is_blank()) || row.kind == RowKind::Grid)
        .then_some((indicator, rule))
}

/// A row with seven numbers whose label the form does not know.
fn unknown_row(row: &Row<'_>, label: &Slot<'_>, reading: &mut Reading) {
    let values = row.after(label);
    let numbers = values.iter().filter(|slot| slot.content.value.is_some()).count();
    let numbered = year::at(label.text).is_none()
        && label.text.starts_with(|c: char| c.is_ascii_digit() || "（(一二三四".contains(c));
    if numbers >= 7 && values.len() < 10 && numbered {
        reading.doubt(
            "unmatched",
            format!("no row of table three is called {:?}", shortened(label.text)),
            Vec::new(),
            row,
        );
    }
}

/// A row whose label is known.
struct Taken<'r, 't> {
    row: &'r Row<'t>,
    /// The next row of its table.
    below: Option<&'r Row<'t>>,
    indicator: &'static str,
    rule: Rule,
    padding: usize,
    counted_from_left: bool,
}

fn take(taken: Taken<'_, '_>, columns: Option<&Columns>, reading: &mut Reading) {
    let Taken { row, below, indicator, rule, padding, counted_from_left } = taken;
    let whole =
        columns.and_then(|columns| by_column(row, columns).filter(|(cells, _)| cells.iter().all(Option::is_some)));
    let counted = || {
        let in_order = columns.map_or(row.kind == RowKind::Grid || counted_from_left, |columns| columns.as_in_form);
        let cells = by_count(row, padding).filter(|_| in_order);
        cells.map(|(cells, rule)| (cells.into_iter().map(Some).collect(), rule))
    };
    let in_part = || columns.and_then(|columns| by_column(row, columns));
    let Some((cells, placed)) = whole.or_else(counted).or_else(in_part) else {
        let values = row.after_labels();
        let printed: Vec<&str> = values.iter().map(|slot| slot.text).collect();
        reading.doubt(
            "ambiguous",
            format!("{} cells ({}) for 7 applicants in the row of {indicator}", values.len(), printed.join(" ").trim()),
            Applicant::ALL.iter().map(|applicant| code_of(indicator, *applicant)).collect(),
            row,
        );
        return;
    };
    let rule = rule.max(placed);
    let labels = (0, columns.map_or(usize::MAX, Columns::first));
    for (n, applicant) in Applicant::ALL.into_iter().enumerate() {
        let why = match cells[n] {
            Some(slot) if !slot.fresh => "belongs to a row above",
            Some(slot) if slot.reaches(below, labels) => "reaches into the row below",
            Some(slot) => {
                reading.take(indicator.into(), Some(applicant), Some("件"), row, slot, rule);
                continue;
            }
            None if columns.is_some_and(|columns| columns.of[n].is_none()) => continue,
            None => "is one with its neighbour's",
        };
        let code = code_of(indicator, applicant);
        reading.doubt("merged", format!("the cell of {code} {why}"), vec![code], row);
    }
}

/// The cell under each head; none where no head names the applicant, or where one cell stands under several heads.
fn by_column<'a, 't>(row: &'a Row<'t>, columns: &Columns) -> Option<(Vec<Option<&'a Slot<'t>>>, Rule)> {
    let mut cells: Vec<Option<&Slot<'_>>> = Vec::with_capacity(7);
    for range in columns.of {
        let Some(range) = range else {
            cells.push(None);
            continue;
        };
        let mut under = row.slots.iter().filter(|slot| slot.overlaps(range));
        let cell = match (under.next(), under.next()) {
            (Some(cell), None) => cell,
            (Some(one), Some(other)) if under.next().is_none() => match (one.is_blank(), other.is_blank()) {
                (false, true) => one,
                (true, false) => other,
                _ => return None,
            },
            _ => return None,
        };
        // A label here, or a cell from above, means that spans pushed the row aside.
        if !cell.fresh || (cell.is_label() && WORDS.is_row(cell)) {
            return None;
        }
        cells.push(Some(cell));
    }
    let same = |one: usize, other: usize| match (cells[one], cells[other]) {
        (Some(one), Some(other)) => one.columns == other.columns,
        _ => false,
    };
    let shared: Vec<bool> = (0..7).map(|n| (0..7).any(|other| other != n && same(n, other))).collect();
    for (cell, shared) in cells.iter_mut().zip(&shared) {
        *cell = cell.filter(|_| !shared);
    }
    cells.iter().any(Option::is_some).then_some((cells, Rule::Label))
}

/// Seven cells after the label, in the order of the form; blanks that spans left at the end of a line don't count.
fn by_count<'a>(row: &'a Row<'_>, padding: usize) -> Option<(Vec<&'a Slot<'a>>, Rule)> {
    let values = match row.kind {
        RowKind::Grid => row.after_labels(),
        // Words among the values are cells too.
        _ => row.first_value().map_or(row.after_labels(), |first| row.after_label_before(first)),
    };
    // Labels merged over columns have left blanks before the values.
    let blank = values.iter().take_while(|slot| slot.is_blank()).count();
    if row.kind == RowKind::Line
        && blank > 0
        && values.len() == blank + 7
        && values[blank..].iter().all(|slot| !slot.is_blank())
    {
        return Some((values[blank..].iter().collect(), Rule::Order));
    }
    let filled = values.iter().rposition(|slot| !slot.is_blank()).map_or(0, |at| at + 1);
    let rule = if row.kind == RowKind::Stream { Rule::Label } else { Rule::Order };
    if values.len() == 7
        || (row.kind == RowKind::Line && filled == 7 && values[..7].iter().all(|slot| !slot.is_blank()))
    {
        return Some((values[..7].iter().collect(), rule));
    }
    if row.kind == RowKind::Line && values.len() >= 7 && values.len() == 7 + padding && filled <= 7 {
        return Some((values[..7].iter().collect(), rule));
    }
    (row.kind == RowKind::Grid && values.len() > 7 && filled == 7).then(|| (values[..7].iter().collect(), rule))
}

/// How many blanks stand at the end of the lines of table three that have all their seven values.
fn usual_padding(rows: &[Row<'_>]) -> usize {
    let mut seen = std::collections::BTreeMap::<usize, usize>::new();
    for row in rows.iter().filter(|row| row.kind == RowKind::Line) {
        let values = row.after_labels();
        let filled = values.iter().take_while(|slot| !slot.is_blank()).count();
        if filled == 7 && values.len() >= 7 && row.labels().len() == 1 {
            *seen.entry(values.len() - 7).or_default() += 1;
        }
    }
    seen.into_iter().max_by_key(|(_, times)| *times).map_or(0, |(padding, _)| padding)
}

/// Heads of one table: for each column the words over it, split heads put together.
fn columns_of(rows: &[Row<'_>], table: usize) -> Option<Columns> {
    const BEGIN: [&str; 5] = ["法人或其他组织", "商业企业", "科研机构", "社会公益组织", "法律服务机构"];
    let begins = |key: &str| BEGIN.contains(&key) || key.len() >= "自然人".len() && key.contains("自然人");
    let heads: Vec<&Row<'_>> = rows
        .iter()
        .take_while(|row| row.table == table || row.kind == RowKind::Heading)
        .filter(|row| row.kind == RowKind::Grid)
        .skip_while(|row| !row.slots.iter().any(|slot| begins(&slot.key)))
        .take_while(|row| row.heads_only() && !starts_body(row))
        .collect();
    let width = heads.iter().map(|row| row.width()).max()?;
    let mut over: Vec<String> = vec![String::new(); width];
    for row in &heads {
        for slot in row.slots.iter().filter(|slot| slot.fresh || std::ptr::eq(*row, heads[0])) {
            let wide = slot.columns.1 - slot.columns.0 >= 3;
            let spans_groups = slot.key.contains("法人或其他组织")
                || slot.key.contains("申请人情况")
                || slot.key.contains("勾稽关系")
                || wide && likeness(&slot.key, "法人或其他组织") >= 75;
            if !spans_groups {
                over[slot.columns.0..slot.columns.1].iter_mut().for_each(|words| words.push_str(&slot.key));
            }
        }
    }
    let exactly = |label: &str| over.iter().position(|over| is_head(over, label));
    let exact = APPLICANTS.map(|label| exactly(&key(label)));
    // A head misspelt, or with its unit: none that another applicant's is to the letter.
    let heads_over = &over;
    let nearly = |label: &str| {
        let words = key(label);
        over.iter().position(|over| {
            let longer_by_one = over.starts_with(&*words) && over.chars().count() == words.chars().count() + 1;
            (longer_by_one || words.chars().count() >= 4 && likeness(over, &words) >= 75)
                && !exact.iter().flatten().any(|&known| over == &heads_over[known])
        })
    };
    let mut of = [None; 7];
    for ((range, label), exact) in of.iter_mut().zip(APPLICANTS).zip(exact) {
        let Some(start) = exact.or_else(|| nearly(label)) else { continue };
        let end = (start..width).take_while(|&x| over[x] == over[start]).last().unwrap_or(start) + 1;
        *range = Some((start, end));
    }
    let found = || of.iter().flatten();
    // One head alone says too little about the others.
    if found().count() < 2 || found().zip(found().skip(1)).any(|(one, next)| one == next) {
        return None;
    }
    let in_order = found().zip(found().skip(1)).all(|(one, next)| one.1 <= next.0);
    let beside = over.iter().any(|words| NO_APPLICANT.iter().any(|word| words.contains(word)));
    let width = rows.iter().find(|row| row.kind == RowKind::Grid).map_or(width, Row::width).max(width);
    Some(Columns { of, width, as_in_form: in_order && !beside })
}

/// Heads of columns that the form does not have.
const NO_APPLICANT: [&str; 8] = ["备注", "说明", "上年", "去年", "同比", "增长", "增减", "占比"];

impl Columns {
    /// Where the first applicant's column begins.
    fn first(&self) -> usize {
        self.of.iter().flatten().map(|range| range.0).min().unwrap_or(usize::MAX)
    }
}

fn starts_body(row: &Row<'_>) -> bool {
    row.slots.iter().any(|slot| slot.is_label() && slot.key.contains("本年新收"))
}
