//! Table four: reviews and lawsuits. Fifteen columns under three groups, or three tables of five.

use super::rows::{Row, RowKind, Slot};
use super::words::{WORDS, is_head};
use super::{Reading, shortened};
use crate::parse::edition::form::{CHALLENGES, OUTCOMES};
use crate::parse::identity::year;
use crate::parse::label::Letters;
use crate::parse::reading::Rule;

pub fn read(rows: &[Row<'_>], reading: &mut Reading) {
    let other_table = |slot: &Slot<'_>| {
        const WORDS: &str = "本年新收";
        slot.key.len() >= WORDS.len() && (slot.key.starts_with("第二十条第") || slot.key.contains(WORDS))
    };
    let mut pending = Pending::default();
    for (n, row) in rows.iter().enumerate() {
        if row.slots.iter().any(other_table) {
            pending = Pending::default();
        } else if pending.ready() && holds_values(row, row.below(rows.get(n + 1)), &pending) {
            take(of_latest_year(row, &rows[n + 1..], &pending), &pending, reading);
            pending = Pending::default();
        } else if let Some(group) = pending.group_beside(row) {
            take_beside(row, group, &pending, reading);
        } else if row.heads_only() || (row.kind == RowKind::Heading && mentions_group(row)) {
            pending.add(row);
        } else if row.labels().len() > 1 || row.kind != RowKind::Heading {
            pending = Pending::default();
        }
    }
}

/// Whether these are the numbers under the heads. Words in a cell are one that can't be read; a row of blanks is the numbers'
/// own only where none follows.
fn holds_values(row: &Row<'_>, below: Option<&Row<'_>>, pending: &Pending<'_>) -> bool {
    let filled = |row: &Row<'_>| row.slots.iter().any(|slot| slot.content.is_value() && !slot.is_blank());
    match row.kind {
        RowKind::Heading => false,
        _ if filled(row) && row.slots.iter().all(|slot| slot.content.is_value()) => true,
        RowKind::Grid if filled(row) => by_column(row, pending).is_some(),
        RowKind::Line if filled(row) => {
            let cells = if pending.groups.len() == 1 { OUTCOMES.len() } else { CHALLENGES.len() * OUTCOMES.len() };
            row.slots.len() == cells && row.labels().len() * 2 < cells
        }
        RowKind::Grid => {
            row.slots.iter().all(|slot| slot.is_blank() && slot.fresh)
                && !below.is_some_and(filled)
                && by_column(row, pending).is_some()
        }
        _ => false,
    }
}

/// Where rows are of several years (2023年 over 2022年), the latest is the report's.
fn of_latest_year<'r, 't>(row: &'r Row<'t>, rest: &'r [Row<'t>], pending: &Pending<'_>) -> &'r Row<'t> {
    let year = |row: &Row<'_>| row.slots.iter().find(|slot| slot.is_label()).and_then(|slot| year::first(slot.text));
    let Some(first) = year(row) else { return row };
    let others = rest.iter().take_while(|other| other.table == row.table && other.kind == RowKind::Grid);
    let others = others.filter(|other| by_column(other, pending).is_some());
    others
        .filter_map(|other| Some((year(other)?, other)))
        .chain([(first, row)])
        .max_by_key(|(year, _)| *year)
        .unwrap_or((first, row))
        .1
}

/// Heads seen since the last values.
#[derive(Default)]
struct Pending<'a> {
    rows: Vec<&'a Row<'a>>,
    groups: Vec<usize>,
    outcomes: usize,
}

impl<'a> Pending<'a> {
    fn add(&mut self, row: &'a Row<'a>) {
        for slot in row.slots.iter().filter(|slot| slot.fresh) {
            self.outcomes += usize::from(
                outcome(&slot.key).is_some() || ["结果", "其他", "尚未", "维持", "纠正"].contains(&&*slot.key),
            );
            for group in groups_in(&slot.key) {
                if !self.groups.contains(&group) {
                    self.groups.push(group);
                }
            }
        }
        self.rows.push(row);
    }

    fn ready(&self) -> bool {
        !self.groups.is_empty() && self.outcomes >= 4
    }

    /// The group that stands beside the row's numbers, where the heads name only outcomes: the table turned on its side.
    fn group_beside(&self, row: &Row<'_>) -> Option<usize> {
        let numbers = || row.slots.iter().any(|slot| slot.content.is_value() && !slot.is_blank());
        if !self.groups.is_empty() || self.outcomes < 4 || row.kind != RowKind::Grid || !numbers() {
            return None;
        }
        row.labels().iter().rev().find_map(|slot| groups_in(&slot.key).pop())
    }
}

fn mentions_group(row: &Row<'_>) -> bool {
    row.slots.iter().any(|slot| !groups_in(&slot.key).is_empty())
}

/// Which groups a head names. 未经复议直接起诉 and 复议后起诉 stand under 行政诉讼, which names none by itself.
fn groups_in(words: &str) -> Vec<usize> {
    let mut groups = Vec::new();
    // A section heading names everything at once and decides nothing.
    if words.contains("政府信息公开行政复议") {
        return groups;
    }
    if words.contains("行政复议") || words == "行政法复议" {
        groups.push(0);
    }
    if words.contains("未经复议") || words.contains("直接起诉") {
        groups.push(1);
    }
    if words.contains("复议后") {
        groups.push(2);
    }
    groups
}

fn outcome(words: &str) -> Option<usize> {
    // The heads are their own keys.
    let exact = OUTCOMES.iter().position(|(_, label)| is_head(words, label));
    let near = || {
        let letters = Letters::of(words);
        WORDS.outcomes.iter().position(|known| known.likeness(&letters) >= 75)
    };
    // Longer words are like none of them.
    exact.or_else(|| (4..=6).contains(&words.chars().count()).then(near).flatten())
}

fn indicator(group: usize, outcome: usize) -> String {
    format!("{}.{}", CHALLENGES[group].0, OUTCOMES[outcome].0)
}

fn take(row: &Row<'_>, pending: &Pending<'_>, reading: &mut Reading) {
    if let Some(cells) = by_column(row, pending) {
        for (group, outcome, slot) in cells {
            reading.take(indicator(group, outcome), None, Some("件"), row, slot, Rule::Label);
        }
        return;
    }
    let filled = row.slots.iter().rposition(|slot| !slot.is_blank()).map_or(0, |at| at + 1);
    let wanted: Vec<usize> = match pending.groups.as_slice() {
        [only] => vec![*only],
        groups if groups.len() >= 2 => vec![0, 1, 2],
        _ => return,
    };
    let cells = wanted.len() * OUTCOMES.len();
    let exact = row.slots.len() == cells;
    let blanks_at_end = row.kind == RowKind::Line && row.slots.len() > cells && filled == cells;
    if exact || blanks_at_end {
        for (n, slot) in row.slots[..cells].iter().enumerate() {
            reading.take(indicator(wanted[n / 5], n % 5), None, Some("件"), row, slot, Rule::Order);
        }
        return;
    }
    if filled == 0 {
        return;
    }
    let printed: Vec<&str> = row.slots.iter().map(|slot| slot.text).collect();
    let all = wanted.iter().flat_map(|group| (0..OUTCOMES.len()).map(|outcome| indicator(*group, outcome))).collect();
    reading.doubt(
        "ambiguous",
        format!(
            "{} cells ({}) for {cells} columns of table four: blank cells have left no trace",
            row.slots.len(),
            shortened(&printed.join(" "))
        ),
        all,
        row,
    );
}

/// The outcomes of one group, by the heads over them.
fn take_beside(row: &Row<'_>, group: usize, pending: &Pending<'_>, reading: &mut Reading) {
    let heads = || pending.rows.iter().filter(|head| head.kind == RowKind::Grid && head.table == row.table);
    let over = |slot: &Slot<'_>| {
        heads()
            .flat_map(|head| &head.slots)
            .filter(|head| head.overlaps(slot.columns))
            .find_map(|head| outcome(&head.key))
    };
    let found: Vec<(usize, &Slot<'_>)> =
        row.slots.iter().filter(|slot| slot.fresh).filter_map(|slot| Some((over(slot)?, slot))).collect();
    if (0..OUTCOMES.len()).all(|outcome| found.iter().filter(|(of, _)| *of == outcome).count() == 1) {
        for (outcome, slot) in found {
            reading.take(indicator(group, outcome), None, Some("件"), row, slot, Rule::Label);
        }
    }
}

/// Group and outcome of each column from the heads over it; all columns of the groups named, each once.
fn by_column<'a>(row: &'a Row<'_>, pending: &Pending<'_>) -> Option<Vec<(usize, usize, &'a Slot<'a>)>> {
    if row.kind != RowKind::Grid {
        return None;
    }
    let heads: Vec<&&Row<'_>> =
        pending.rows.iter().filter(|head| head.kind == RowKind::Grid && head.table == row.table).collect();
    let mut found = Vec::new();
    for slot in &row.slots {
        let over =
            heads.iter().flat_map(|head| head.slots.iter().filter(|head| head.fresh && head.overlaps(slot.columns)));
        let (mut group, mut words) = (None, String::new());
        for head in over {
            match groups_in(&head.key).last() {
                Some(named) => group = Some(*named),
                None if head.key != "行政诉讼" => words.push_str(&head.key),
                None => {}
            }
        }
        match (group, outcome(&words)) {
            (Some(group), Some(outcome)) => found.push((group, outcome, slot)),
            // A label of the row's own: its year.
            _ if slot.is_blank() || slot.is_label() => {}
            _ => return None,
        }
    }
    let mut pairs: Vec<(usize, usize)> = found.iter().map(|(group, outcome, _)| (*group, *outcome)).collect();
    pairs.sort();
    pairs.dedup();
    (pairs.len() == found.len() && pairs.len() == pending.groups.len() * OUTCOMES.len()).then_some(found)
}
