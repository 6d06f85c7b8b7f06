//! Table three: applications. Labels name the row, heads the applicant; a fragment after a page break inherits its heads.

use super::rows::{Row, RowKind, Slot};
use super::words::WORDS;
use super::{Reading, code_of, shortened};
use crate::parse::edition::Applicant;
use crate::parse::edition::form::APPLICANTS;
use crate::parse::label::key;
use crate::parse::reading::Rule;

/// Columns of the seven applicants in a grid.
#[derive(Clone, Copy, Debug)]
struct Columns {
    of: [(usize, usize); 7],
    width: usize,
}

pub fn read(rows: &[Row<'_>], reading: &mut Reading) {
    let mut columns: Option<Columns> = None;
    let mut table = None;
    let mut group_six = false;
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
        // Words among the values (见附件) are cells that can't be read, not labels; unless a span too tall pushed a label there.
        let values_from = columns.filter(|_| row.kind == RowKind::Grid).map_or(usize::MAX, |columns| columns.of[0].0);
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
        take(row, indicator, rule, columns.as_ref().filter(|_| row.kind == RowKind::Grid), padding, reading);
    }
}

/// The row's own label is the last that begins in it; （六）其他处理 is one only when no label stands after it.
fn row_label(row: &Row<'_>, labels: &[&Slot<'_>], group_six: bool) -> Option<(&'static str, Rule)> {
    let last = labels.iter().rev().find(|slot| slot.fresh).or(labels.last())?;
    // Heads (自然人 … 总计) are no row, and neither is a row of table two.
    if labels.len() > 4 || WORDS.is_disclosure_row(last) {
        return None;
    }
    let (indicator, rule) = WORDS.row(last, group_six)?;
    let values = row.after_labels();
    if values.is_empty() {
        return None;
    }
    // Without its number 总计 is a head; with values beside it, and no other label, it is the row.
    (indicator != "applications.other" || values.iter().any(|slot| !slot.is_blank()) || row.kind == RowKind::Grid)
        .then_some((indicator, rule))
}

/// A row with seven numbers whose label the form does not know.
fn unknown_row(row: &Row<'_>, label: &Slot<'_>, reading: &mut Reading) {
    let numbers = row.after_labels().iter().filter(|slot| slot.content.value.is_some()).count();
    let numbered = label.text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '（' | '(' | '一'..='四'));
    if numbers >= 7 && row.after_labels().len() < 10 && numbered {
        reading.doubt(
            "unmatched",
            format!("no row of table three is called {:?}", shortened(label.text)),
            Vec::new(),
            row,
        );
    }
}

fn take(
    row: &Row<'_>,
    indicator: &'static str,
    rule: Rule,
    columns: Option<&Columns>,
    padding: usize,
    reading: &mut Reading,
) {
    let found = columns.and_then(|columns| by_column(row, columns)).or_else(|| by_count(row, padding));
    let Some((cells, placed)) = found else {
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
    for (applicant, slot) in Applicant::ALL.into_iter().zip(cells) {
        if slot.fresh {
            reading.take(indicator.into(), Some(applicant), Some("件"), row, slot, rule);
        } else {
            reading.doubt(
                "merged",
                format!("the cell of {indicator}/{} belongs to a row above", applicant.as_str()),
                vec![code_of(indicator, applicant)],
                row,
            );
        }
    }
}

/// The one cell under each head, each cell under one head only.
fn by_column<'a>(row: &'a Row<'_>, columns: &Columns) -> Option<(Vec<&'a Slot<'a>>, Rule)> {
    let mut cells: Vec<&Slot<'_>> = Vec::with_capacity(7);
    for range in columns.of {
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
        if cells.last().is_some_and(|last| last.columns == cell.columns) {
            return None;
        }
        cells.push(cell);
    }
    Some((cells, Rule::Label))
}

/// Seven cells after the label, in the order of the form; blanks that spans left at the end of a line don't count.
fn by_count<'a>(row: &'a Row<'_>, padding: usize) -> Option<(Vec<&'a Slot<'a>>, Rule)> {
    let values = row.after_labels();
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
    let heads: Vec<&Row<'_>> = rows
        .iter()
        .take_while(|row| row.table == table || row.kind == RowKind::Heading)
        .filter(|row| row.kind == RowKind::Grid)
        .skip_while(|row| !row.slots.iter().any(|slot| slot.key.contains("自然人")))
        .take_while(|row| row.heads_only() && !starts_body(row))
        .collect();
    let width = heads.iter().map(|row| row.width()).max()?;
    let mut over: Vec<String> = vec![String::new(); width];
    for row in &heads {
        for slot in row.slots.iter().filter(|slot| slot.fresh || std::ptr::eq(*row, heads[0])) {
            let spans_groups =
                slot.key.contains("法人或其他组织") || slot.key.contains("申请人情况") || slot.key.contains("勾稽关系");
            if !spans_groups {
                over[slot.columns.0..slot.columns.1].iter_mut().for_each(|words| words.push_str(&slot.key));
            }
        }
    }
    let mut of = [(0, 0); 7];
    let mut from = 0;
    for (range, label) in of.iter_mut().zip(APPLICANTS) {
        let start = (from..width).find(|&x| over[x] == key(label))?;
        let end = (start..width).take_while(|&x| over[x] == over[start]).last()? + 1;
        *range = (start, end);
        from = end;
    }
    Some(Columns { of, width: rows.iter().find(|row| row.kind == RowKind::Grid).map_or(width, Row::width).max(width) })
}

fn starts_body(row: &Row<'_>) -> bool {
    row.slots.iter().any(|slot| slot.is_label() && slot.key.contains("本年新收"))
}
