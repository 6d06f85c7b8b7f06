//! Table two: what was disclosed without being asked (article 20). Heads after 信息内容 name the block; rows follow it.

use super::rows::{Row, RowKind, Slot};
use super::words::{ColumnWord, WORDS};
use super::{Reading, shortened};
use crate::parse::edition::form::{BLOCKS, Block, EXTRA_ROWS};
use crate::parse::label::likeness;
use crate::parse::reading::Rule;

/// The heads that hold for the rows below them.
struct Heads<'a> {
    blocks: Vec<&'static Block>,
    slots: Vec<&'a Slot<'a>>,
    table: usize,
    rule: Rule,
}

/// Longer than any head, bytes.
const HEAD: usize = 60;

pub fn read(rows: &[Row<'_>], reading: &mut Reading) {
    let mut heads: Option<Heads<'_>> = None;
    // Heads can stand in a line of their own; a sentence is none.
    let can_be_heads = |row: &&Row| row.kind != RowKind::Heading || row.slots.iter().all(|slot| slot.key.len() < HEAD);
    for row in rows.iter().filter(can_be_heads) {
        if let Some(found) = heads_of(row) {
            heads = Some(found);
            continue;
        }
        if row.slots.iter().any(|slot| slot.key.starts_with("第二十条第"))
            && row.heads_only()
            && row.labels().len() == 1
        {
            heads = None;
            continue;
        }
        let Some(label) = row.slots.iter().find(|slot| slot.is_label()) else { continue };
        if EXTRA_ROWS.contains(&label.short()) {
            reading.doubt("extra_row", format!("the form has no row {:?}", shortened(label.text)), Vec::new(), row);
            continue;
        }
        let Some((label, prefix_rule)) = row_label(row) else { continue };
        let values = row.after_labels();
        if values.iter().all(Slot::is_blank) && row.kind != RowKind::Grid {
            continue;
        }
        match &heads {
            Some(heads) => take(row, label, prefix_rule, values, heads, reading),
            None if values.is_empty() => {}
            None => reading.doubt(
                "unmatched",
                format!("{:?} stands under no head of table two", shortened(label.text)),
                Vec::new(),
                row,
            ),
        }
    }
}

fn row_label<'r>(row: &'r Row<'_>) -> Option<(&'r Slot<'r>, Rule)> {
    let label = *row.labels().last()?;
    if WORDS.is_disclosure_row(label) {
        return Some((label, Rule::Label));
    }
    if WORDS.is_exact(label) {
        return None;
    }
    WORDS.is_near_disclosure_row(label).then_some((label, Rule::Near))
}

/// Heads of one block: all of its columns, in order, each recognisable.
fn heads_of<'r>(row: &'r Row<'_>) -> Option<Heads<'r>> {
    if !row.heads_only() {
        return None;
    }
    let labels = row.labels();
    let corner = labels.iter().rposition(|slot| WORDS.corner.is_near(&slot.key, 75));
    let labels: Vec<&Slot<'_>> = corner.map_or(labels.clone(), |at| labels[at + 1..].to_vec());
    if labels.is_empty() {
        return None;
    }
    let mut best: Option<(Rule, &'static Block)> = None;
    for block in BLOCKS.iter().filter(|block| block.columns.len() == labels.len()) {
        let fits: Option<Vec<Rule>> =
            block.columns.iter().zip(&labels).map(|(column, slot)| fit(WORDS.column(column)?, slot)).collect();
        let Some(rule) = fits.and_then(|rules| rules.into_iter().max()) else { continue };
        if best.as_ref().is_none_or(|(known, _)| rule < *known) {
            best = Some((rule, block));
        }
    }
    let (rule, best) = best?;
    // A cut head alone (本年…) says too little about which form it is.
    if rule == Rule::Order && labels.len() == 1 {
        return None;
    }
    let same = |block: &&'static Block| {
        block.edition == best.edition
            && block.columns.len() == best.columns.len()
            && block.columns.iter().zip(best.columns).all(|(one, other)| one.field == other.field)
    };
    Some(Heads { blocks: BLOCKS.iter().filter(same).collect(), slots: labels, table: row.table, rule })
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

fn take(
    row: &Row<'_>,
    label: &Slot<'_>,
    label_rule: Rule,
    values: &[Slot<'_>],
    heads: &Heads<'_>,
    reading: &mut Reading,
) {
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
        reading.doubt(
            "unmatched",
            format!(
                "{:?} does not belong under {:?}",
                shortened(label.text),
                heads.slots.first().map_or("", |slot| slot.text)
            ),
            Vec::new(),
            row,
        );
        return;
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
        return;
    };
    for (column, (slot, placed)) in block.columns.iter().zip(cells) {
        let rule = label_rule.max(heads.rule).max(placed);
        reading.take(indicator(column.field), None, slot.content.unit.or(column.unit), row, slot, rule);
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
