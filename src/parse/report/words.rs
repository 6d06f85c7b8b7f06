//! The form's words found in a page: which label is which, however it is spaced, cut or misspelt.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::gather::FormWords;
use super::rows::Slot;
use crate::parse::edition::form::{APPLICANT_HEADS, APPLICANTS, BLOCKS, CHALLENGES, Column, GROUPS, OUTCOMES, ROWS};
use crate::parse::label::{before_note, key, likeness, without_number};
use crate::parse::reading::Rule;

/// A label less alike than this, in per cent, is another label.
const NEAR: usize = 78;
/// How much the likest label must lead the next.
const LEAD: usize = 8;

/// Keys of every label, made once from the forms.
pub struct Words {
    rows: Vec<RowWord>,
    exact: HashMap<String, usize>,
    groups: Vec<String>,
    heads: std::collections::HashSet<String>,
    disclosure: Vec<String>,
    /// Key and short key of each column of table two, by its label.
    columns: HashMap<&'static str, (String, String)>,
    labels: Vec<String>,
}

struct RowWord {
    indicator: &'static str,
    key: String,
    short: String,
    /// Without numbering; none where that would be another word (其他, 总计).
    bare: Option<String>,
}

/// The words of the forms.
pub static WORDS: LazyLock<Words> = LazyLock::new(Words::new);

impl Words {
    fn new() -> Words {
        let rows: Vec<RowWord> = ROWS
            .iter()
            .map(|(indicator, label)| {
                let bare = key(before_note(label));
                let bare = without_number(&bare).to_owned();
                RowWord {
                    indicator,
                    key: key(label),
                    short: key(before_note(label)),
                    bare: (!matches!(bare.as_str(), "其他" | "总计" | "其他处理")).then_some(bare),
                }
            })
            .collect();
        let mut exact = HashMap::new();
        for (n, row) in rows.iter().enumerate() {
            exact.insert(row.key.clone(), n);
            exact.insert(row.short.clone(), n);
        }
        let heads = BLOCKS
            .iter()
            .flat_map(|block| block.columns.iter().map(|column| column.label))
            .chain(APPLICANTS)
            .chain(APPLICANT_HEADS)
            .chain(CHALLENGES.iter().map(|(_, label)| *label))
            .chain(OUTCOMES.iter().map(|(_, label)| *label))
            .chain(["信息内容", "行政诉讼", "现行有效件", "本年新", "结果"])
            .map(key)
            .collect();
        let mut disclosure: Vec<String> =
            BLOCKS.iter().flat_map(|block| block.rows.iter().map(|(label, _)| key(label))).collect();
        disclosure.sort();
        disclosure.dedup();
        let labels =
            rows.iter().map(|row| row.bare.clone().unwrap_or_else(|| row.key.clone())).chain(disclosure.clone());
        let columns = BLOCKS.iter().flat_map(|block| block.columns);
        let columns =
            columns.map(|column| (column.label, (key(column.label), key(before_note(column.label))))).collect();
        Words {
            columns,
            labels: labels.collect(),
            groups: GROUPS.iter().map(|label| key(label)).collect(),
            exact,
            rows,
            heads,
            disclosure,
        }
    }

    /// Which row of table three a label names. `in_group_six` says that （六）其他处理 stands over it.
    pub fn row(&self, slot: &Slot, in_group_six: bool) -> Option<(&'static str, Rule)> {
        if let Some(&n) = self.exact.get(&slot.key).or_else(|| self.exact.get(&slot.short)) {
            return Some((self.rows[n].indicator, Rule::Label));
        }
        let short = without_number(&slot.short);
        if in_group_six && short == "其他" {
            return Some(("applications.other.other", Rule::Near));
        }
        if let Some(row) = self.rows.iter().find(|row| row.bare.as_deref() == Some(short)) {
            return Some((row.indicator, Rule::Near));
        }
        let length = slot.key.chars().count();
        if !(4..=80).contains(&length) || self.knows(slot) {
            return None;
        }
        let mut best = (0, None);
        let mut second = 0;
        for row in &self.rows {
            let alike = likeness(&slot.key, &row.key).max(likeness(&slot.short, &row.short));
            if alike > best.0 {
                second = best.0;
                best = (alike, Some(row));
            } else {
                second = second.max(alike);
            }
        }
        match best {
            (alike, Some(row)) if alike >= NEAR && alike >= second + LEAD => Some((row.indicator, Rule::Near)),
            _ => None,
        }
    }

    /// Key of a column's label, and its key up to the bracketed note.
    pub fn column(&self, column: &Column) -> (&str, &str) {
        self.columns.get(column.label).map_or(("", ""), |(whole, short)| (whole, short))
    }

    /// A head, or a label of table two, to the letter: not a misspelt label of anything else.
    fn knows(&self, slot: &Slot) -> bool {
        self.heads.contains(&slot.key) || self.is_disclosure_row(slot)
    }

    /// A row of table three to the letter.
    pub fn is_row(&self, slot: &Slot) -> bool {
        self.exact.contains_key(&slot.key) || self.exact.contains_key(&slot.short)
    }

    /// A label of any row to the letter.
    pub fn is_exact(&self, slot: &Slot) -> bool {
        self.is_row(slot) || self.heads.contains(&slot.key) || self.groups.contains(&slot.key)
    }

    /// A label over several rows of table three; which, by its place in `GROUPS`.
    pub fn group(&self, slot: &Slot) -> Option<usize> {
        let exact = self.groups.iter().position(|group| *group == slot.key || *group == slot.short);
        if exact.is_none() && self.is_exact(slot) {
            return None;
        }
        exact.or_else(|| {
            let bare = without_number(&slot.short);
            self.groups.iter().position(|group| {
                (bare.chars().count() >= 4 && without_number(group) == bare) || likeness(group, &slot.key) >= 86
            })
        })
    }

    /// Whether a key is a row label of table two.
    pub fn is_disclosure_row(&self, slot: &Slot) -> bool {
        self.disclosure.iter().any(|label| *label == slot.key || *label == slot.short)
    }
}

impl FormWords for Words {
    fn is_row_label(&self, slot: &Slot) -> bool {
        slot.is_label() && (self.is_disclosure_row(slot) || self.row(slot, true).is_some()) && !self.is_head(slot)
    }

    fn is_group(&self, slot: &Slot) -> bool {
        self.group(slot).is_some_and(|group| group < 4)
    }

    fn is_head(&self, slot: &Slot) -> bool {
        if !slot.is_label() {
            return false;
        }
        let pieces = slot.key.chars().count() >= 2;
        self.is_group(slot)
            || self.heads.contains(&slot.key)
            || (pieces
                && self
                    .heads
                    .iter()
                    .any(|head| head.contains(&slot.key) && slot.key.chars().count() <= head.chars().count()))
            || slot.key.starts_with("第二十条第")
    }

    fn labels_within(&self, key: &str) -> usize {
        self.labels.iter().filter(|label| key.contains(label.as_str())).count()
    }
}
