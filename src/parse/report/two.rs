//! Table two: what was disclosed without being asked (article 20). Heads after 信息内容 name the block; rows follow it.

use super::rows::{Row, RowKind, Slot};
use super::words::{ColumnWord, WORDS};
use super::{Doubt, Reading, shortened};
use crate::parse::edition::form::{BLOCKS, Block, EXTRA_ROWS};
use crate::parse::label::likeness;
use crate::parse::reading::Rule;

/// The heads that hold for the rows below them.
struct Heads<'a> {
    blocks: Vec<&'static Block>,
    slots: Vec<&'a Slot<'a>>,
    /// Columns of the grid in which the labels of these heads stand.
    labels: (usize, usize),
    table: usize,
    rule: Rule,
}

impl Heads<'_> {
    fn over(&self, slot: &Slot<'_>) -> bool {
        self.slots.iter().any(|head| slot.overlaps(head.columns))
    }
}

/// Longer than any head, bytes.
const HEAD: usize = 60;

pub fn read(rows: &[Row<'_>], reading: &mut Reading) {
    let mut heads: Vec<Heads<'_>> = Vec::new();
    let mut unmatched = Vec::new();
    for (n, row) in rows.iter().enumerate() {
        if has_heads_of_its_own(row, &heads) {
            heads.clear();
        }
        // Heads can stand in a line of their own; a sentence is none.
        if row.kind == RowKind::Heading && row.slots.iter().any(|slot| slot.key.len() >= HEAD) {
            continue;
        }
        let found = heads_of(row);
        if !found.is_empty() {
            heads = found;
            continue;
        }
        if row.slots.iter().any(|slot| slot.key.starts_with("第二十条第")) && row.heads_only() {
            if row.labels().len() == 1 {
                heads.clear();
            }
            continue;
        }
        let Some(label) = row.slots.iter().find(|slot| slot.is_label()) else { continue };
        if EXTRA_ROWS.contains(&label.short()) {
            reading.doubt("extra_row", format!("the form has no row {:?}", shortened(label.text)), Vec::new(), row);
            continue;
        }
        let below = row.below(rows.get(n + 1));
        for heads in &heads {
            if let Some((label, rule)) = row_label(row, Some(heads)) {
                let values = values_of(row, label, heads);
                // A label that spans this row too, with its numbers, was read where it began.
                let again = !label.fresh && values.iter().all(|slot| !slot.fresh || !heads.over(slot));
                if !again && (row.kind == RowKind::Grid || !values.iter().all(Slot::is_blank)) {
                    let foreign = take(Taken { row, below, label, rule, values }, heads, reading);
                    unmatched.extend(foreign.map(|doubt| (label, doubt)));
                }
            }
        }
        if heads.is_empty()
            && let Some((label, _)) = row_label(row, None)
            && row.after_labels().iter().any(|slot| row.kind == RowKind::Grid || !slot.is_blank())
        {
            let detail = format!("{:?} stands under no head of table two", shortened(label.text));
            unmatched.push((label, Doubt { rule: "unmatched", detail, values: Vec::new(), span: row.span() }));
        }
    }
    if unmatched.is_empty() {
        return;
    }
    // What was read elsewhere is not missed in a table beside the report, and 行政许可 97 on a page without the form is none of it.
    let of_form = |slot: &Slot<'_>| slot.key.starts_with("第二十条第") || slot.key == "信息内容";
    if !rows.iter().flat_map(|row| &row.slots).any(of_form) {
        return;
    }
    let is_read = |label: &Slot<'_>| {
        let mut named = BLOCKS.iter().flat_map(|block| block.rows).filter(|(known, _)| *known == label.short());
        named.any(|(_, prefix)| reading.values.iter().any(|value| is_field_of(&value.indicator, prefix)))
    };
    let missed: Vec<Doubt> =
        unmatched.into_iter().filter(|(label, _)| !is_read(label)).map(|(_, doubt)| doubt).collect();
    reading.doubts.extend(missed);
}

fn is_field_of(indicator: &str, row: &str) -> bool {
    indicator.strip_prefix(row).is_some_and(|field| field.starts_with('.'))
}

/// Whether a row begins a table that is none of the report's: heads of two columns or more, none of them a word of the form.
fn has_heads_of_its_own(row: &Row<'_>, heads: &[Heads<'_>]) -> bool {
    let elsewhere = heads.first().is_some_and(|heads| heads.table != row.table);
    elsewhere
        && row.kind == RowKind::Grid
        && row.number == 0
        && row.slots.len() >= 2
        && row.slots.iter().all(|slot| slot.is_label() && !WORDS.knows(slot))
}

/// The label of a row: the last that stands before the heads, where their columns are known.
fn row_label<'r, 't>(row: &'r Row<'t>, heads: Option<&Heads<'_>>) -> Option<(&'r Slot<'t>, Rule)> {
    let in_grid = heads.filter(|heads| row.kind == RowKind::Grid && row.table == heads.table);
    let mut labels = row.slots.iter().rev().filter(|slot| slot.is_label());
    let label = match in_grid {
        // Words among the values are cells that can't be read; a unit between label and values is no label.
        Some(heads) => {
            let stands = |slot: &&Slot<'_>| {
                heads.labels.0 <= slot.columns.0 && slot.columns.0 < heads.labels.1 && slot.is_label()
            };
            let before = || row.slots.iter().rev().filter(stands);
            let known = before().find(|slot| WORDS.is_disclosure_row(slot)).or_else(|| before().next());
            // A row moved aside by its spans: its label is where it is.
            known.or_else(|| labels.find(|slot| WORDS.is_disclosure_row(slot)))?
        }
        None => {
            let last = labels.next()?;
            // Words among the values are cells that can't be read.
            labels.find(|_| !WORDS.is_disclosure_row(last)).filter(|slot| WORDS.is_disclosure_row(slot)).unwrap_or(last)
        }
    };
    if WORDS.is_disclosure_row(label) {
        return Some((label, Rule::Label));
    }
    if WORDS.is_exact(label) {
        return None;
    }
    WORDS.is_near_disclosure_row(label).then_some((label, Rule::Near))
}

/// What stands behind a row's label, up to the labels of the heads beside these.
fn values_of<'r, 't>(row: &'r Row<'t>, label: &Slot<'_>, heads: &Heads<'_>) -> &'r [Slot<'t>] {
    let values = row.after(label);
    if row.kind != RowKind::Grid || row.table != heads.table {
        return values;
    }
    // A unit or a number of its own may stand between label and values.
    let first = heads.slots.first().map_or(0, |head| head.columns.0);
    let skipped = values.iter().take_while(|slot| slot.is_label() && slot.columns.1 <= first).count();
    &values[skipped..]
}

/// Heads of one block: all of its columns, in order, each recognisable; of several blocks where they stand side by side.
fn heads_of<'r>(row: &'r Row<'_>) -> Vec<Heads<'r>> {
    if !row.heads_only() {
        return Vec::new();
    }
    let labels = row.labels();
    let corners: Vec<usize> = (0..labels.len()).filter(|&at| WORDS.corner.is_near(&labels[at].key, 75)).collect();
    if corners.len() < 2 || row.kind != RowKind::Grid {
        let from = corners.last().map_or(0, |at| at + 1);
        return fitting(&labels[from..], 0, row.table, from > 0).into_iter().collect();
    }
    let ends = corners.iter().skip(1).copied().chain([labels.len()]);
    let side_by_side = corners
        .iter()
        .zip(ends)
        .map(|(&corner, end)| fitting(&labels[corner + 1..end], labels[corner].columns.0, row.table, true));
    side_by_side.collect::<Option<Vec<_>>>().unwrap_or_default()
}

/// The block whose columns these heads are; after 信息内容 (`cornered`) others may stand among them.
fn fitting<'r>(labels: &[&'r Slot<'r>], from: usize, table: usize, cornered: bool) -> Option<Heads<'r>> {
    if labels.is_empty() {
        return None;
    }
    let mut best: Option<(Rule, &'static Block)> = None;
    for block in BLOCKS.iter().filter(|block| block.columns.len() == labels.len()) {
        let fits: Option<Vec<Rule>> =
            block.columns.iter().zip(labels).map(|(column, slot)| fit(WORDS.column(column)?, slot)).collect();
        let Some(rule) = fits.and_then(|rules| rules.into_iter().max()) else { continue };
        if best.as_ref().is_none_or(|(known, _)| rule < *known) {
            best = Some((rule, block));
        }
    }
    let (rule, best, slots) = match best {
        Some((rule, block)) => (rule, block, labels.to_vec()),
        None if cornered => among_others(labels)?,
        None => return None,
    };
    // A cut head alone (本年…) says too little about which form it is.
    if rule == Rule::Order && labels.len() == 1 {
        return None;
    }
    let same = |block: &&'static Block| {
        block.edition == best.edition
            && block.columns.len() == best.columns.len()
            && block.columns.iter().zip(best.columns).all(|(one, other)| one.field == other.field)
    };
    let to = slots.first().map_or(from, |head| head.columns.0);
    Some(Heads { blocks: BLOCKS.iter().filter(same).collect(), slots, labels: (from, to), table, rule })
}

/// The heads of a block to the letter among heads that the form does not have: last year's numbers, a unit, a remark.
fn among_others<'r>(labels: &[&'r Slot<'r>]) -> Option<(Rule, &'static Block, Vec<&'r Slot<'r>>)> {
    let found = BLOCKS.iter().filter(|block| block.columns.len() < labels.len()).filter_map(|block| {
        let slots: Option<Vec<&Slot<'_>>> = block
            .columns
            .iter()
            .map(|column| {
                let word = WORDS.column(column)?;
                let exact = |slot: &&&Slot<'_>| slot.key == word.key || slot.short() == word.short;
                let mut named = labels.iter().filter(exact);
                named.next().filter(|_| named.next().is_none()).copied()
            })
            .collect();
        Some((Rule::Label, block, slots?))
    });
    found.max_by_key(|(_, block, _)| block.columns.len())
}

/// How a printed head fits a column: to the letter, nearly, or cut short so that only its order tells.
fn fit(column: &ColumnWord, slot: &Slot<'_>) -> Option<Rule> {
    let known = &*column.key;
    if slot.key == known || slot.short() == known || slot.short() == column.short {
        return Some(Rule::Label);
    }
    let cut = slot.key.chars().count() >= 3 && (known.starts_with(&*slot.key) || slot.key.starts_with(known));
    if cut && slot.key.chars().count() + 1 >= known.chars().count() {
        return Some(Rule::Near);
    }
    if cut {
        return Some(Rule::Order);
    }
    column.letters.is_near(&slot.key, 80).then_some(Rule::Near)
}

/// A row whose label is known.
struct Taken<'r, 't> {
    row: &'r Row<'t>,
    /// The next row of its table.
    below: Option<&'r Row<'t>>,
    label: &'r Slot<'t>,
    rule: Rule,
    values: &'r [Slot<'t>],
}

/// Gives back the doubt about a row that these heads do not stand over.
fn take(taken: Taken<'_, '_>, heads: &Heads<'_>, reading: &mut Reading) -> Option<Doubt> {
    let Taken { row, below, label, rule: label_rule, values } = taken;
    let found = heads.blocks.iter().find_map(|block| {
        let row = block.rows.iter().find(|(known, _)| {
            // The labels of table two are their own keys.
            *known == label.key || known.ends_with(label.short()) || label.short().ends_with(known)
        });
        let near = |known: &str| label.key.chars().count() >= 4 && likeness(label.short(), known) >= 80;
        let row = row.or_else(|| block.rows.iter().find(|(known, _)| near(known)));
        row.map(|(_, prefix)| (*block, *prefix))
    });
    let Some((block, prefix)) = found else {
        // Heads of another table can name the form's rows.
        if values.iter().all(|slot| slot.is_blank() || slot.is_label()) {
            return None;
        }
        let over = heads.slots.first().map_or("", |slot| slot.text);
        let detail = format!("{:?} does not belong under {over:?}", shortened(label.text));
        return Some(Doubt { rule: "unmatched", detail, values: Vec::new(), span: row.span() });
    };
    let indicator = |field: &str| format!("{prefix}.{field}");
    let Some(cells) = cells_under(row, values, heads) else {
        let printed: Vec<&str> = values.iter().map(|slot| slot.text).collect();
        reading.doubt(
            "ambiguous",
            format!(
                "{} cells ({}) for {} columns after {:?}",
                values.len(),
                printed.join(" "),
                heads.slots.len(),
                shortened(label.text)
            ),
            block.columns.iter().map(|column| indicator(column.field)).collect(),
            row,
        );
        return None;
    };
    for (n, (column, (slot, placed))) in block.columns.iter().zip(cells).enumerate() {
        let code = indicator(column.field);
        if !slot.fresh || slot.reaches(below, heads.labels) {
            reading.doubt("merged", format!("the cell of {code} is one with its neighbour's"), vec![code], row);
            continue;
        }
        let of_column = heads.slots.get(n).and_then(|head| unit_in(head.text)).or(column.unit);
        let unit = slot.content.unit.or(of_column);
        if let Some(detail) = slips(unit, of_column, column.unit) {
            reading.doubt("unit", format!("{code}: {detail}"), vec![code.clone()], row);
        }
        reading.take(code, None, unit, row, slot, label_rule.max(heads.rule).max(placed));
    }
    None
}

/// The unit that a head prints: `本年收费金额（单位：元）`.
fn unit_in(head: &str) -> Option<&'static str> {
    let after = head.split_once("单位")?.1.trim_start_matches(|c: char| matches!(c, '：' | ':') || c.is_whitespace());
    MONEY.into_iter().find(|unit| after.starts_with(unit))
}

const MONEY: [&str; 4] = ["万元", "亿元", "千元", "元"];

/// Money in another unit than its column's, or than the form's: ten thousand times too much is soon read.
fn slips(unit: Option<&str>, of_column: Option<&str>, of_form: Option<&str>) -> Option<String> {
    let unit = unit.filter(|unit| MONEY.contains(unit))?;
    match (of_column, of_form) {
        (Some(column), _) if column != unit => Some(format!("printed in {unit} in a column of {column}")),
        (_, Some(form)) if form != unit => Some(format!("the head is in {unit}, the form in {form}")),
        _ => None,
    }
}

/// The cell under each head: the one that overlaps it, or, where as many cells stand as heads, in their order.
fn cells_under<'a>(row: &Row<'_>, values: &'a [Slot<'a>], heads: &Heads<'_>) -> Option<Vec<(&'a Slot<'a>, Rule)>> {
    let wanted = heads.slots.len();
    if row.kind == RowKind::Grid && row.table == heads.table {
        let under = |head: &&Slot<'_>| -> Option<&'a Slot<'a>> {
            let mut cells = values.iter().filter(|slot| slot.overlaps(head.columns));
            match (cells.next(), cells.next()) {
                (Some(cell), None) => Some(cell),
                _ => None,
            }
        };
        let found: Vec<&Slot<'_>> = heads.slots.iter().filter_map(under).collect();
        let distinct = found.windows(2).all(|pair| pair[0].columns != pair[1].columns);
        if found.len() == wanted && distinct {
            return Some(found.into_iter().map(|slot| (slot, Rule::Label)).collect());
        }
    }
    let blanks_at_end =
        values.len() > wanted && values[wanted..].iter().all(Slot::is_blank) && row.kind != RowKind::Stream;
    (values.len() == wanted || blanks_at_end).then(|| {
        let rule = if row.kind == RowKind::Grid { Rule::Order } else { Rule::Label };
        values[..wanted].iter().map(|slot| (slot, rule)).collect()
    })
}
