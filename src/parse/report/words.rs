//! The form's words found in a page: which label is which, however it is spaced, cut or misspelt.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use foldhash::fast::RandomState;

use super::gather::FormWords;
use super::rows::Slot;
use crate::parse::edition::form::{APPLICANT_HEADS, APPLICANTS, BLOCKS, CHALLENGES, Column, GROUPS, OUTCOMES, ROWS};
use crate::parse::label::{Letters, before_note, key, without_number};
use crate::parse::reading::Rule;

/// A label less alike than this, in per cent, is another label.
const NEAR: usize = 78;
/// How much the likest label must lead the next.
const LEAD: usize = 8;

/// A key of the forms.
type Key = Cow<'static, str>;

/// Keys of every label, made once from the forms.
pub struct Words {
    rows: Vec<RowWord>,
    exact: HashMap<Key, usize, RandomState>,
    groups: Vec<(Key, Letters)>,
    heads: HashSet<Key, RandomState>,
    disclosure: Vec<(Key, Letters)>,
    /// Each column of table two, by its label.
    columns: HashMap<&'static str, ColumnWord, RandomState>,
    labels: Vec<Key>,
    /// 信息内容, the head before those of table two.
    pub corner: Letters,
    /// Heads of the outcomes in table four.
    pub outcomes: Vec<Letters>,
}

struct RowWord {
    indicator: &'static str,
    key: Key,
    letters: Letters,
    /// Of the key up to the bracketed note.
    short_letters: Letters,
    /// Without numbering; none where that would be another word (其他, 总计).
    bare: Option<Key>,
}

/// The head of a column of table two.
pub struct ColumnWord {
    pub key: Key,
    /// Up to the bracketed note.
    pub short: Key,
    pub letters: Letters,
}

/// The words of the forms.
pub static WORDS: LazyLock<Words> = LazyLock::new(Words::new);

impl Words {
    fn new() -> Words {
        let mut rows = Vec::new();
        let mut exact = HashMap::default();
        for (n, (indicator, label)) in ROWS.into_iter().enumerate() {
            let (whole, short) = (key(label), key(before_note(label)));
            let bare = without_number(&short).to_owned();
            let bare = (!matches!(bare.as_str(), "其他" | "总计" | "其他处理")).then_some(bare.into());
            let (letters, short_letters) = (Letters::of(&whole), Letters::of(&short));
            exact.insert(whole.clone(), n);
            exact.insert(short, n);
            if label == "（七）总计" {
                exact.insert(key("（七）合计"), n);
            }
            rows.push(RowWord { indicator, key: whole, letters, short_letters, bare });
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
        let mut disclosure: Vec<Key> =
            BLOCKS.iter().flat_map(|block| block.rows.iter().map(|(label, _)| key(label))).collect();
        disclosure.sort();
        disclosure.dedup();
        let labels =
            rows.iter().map(|row| row.bare.clone().unwrap_or_else(|| row.key.clone())).chain(disclosure.clone());
        let with_letters = |key: Key| (key.clone(), Letters::of(&key));
        let columns = BLOCKS.iter().flat_map(|block| block.columns).map(|column| {
            let (key, short) = (key(column.label), key(before_note(column.label)));
            (column.label, ColumnWord { letters: Letters::of(&key), key, short })
        });
        Words {
            columns: columns.collect(),
            labels: labels.collect(),
            groups: GROUPS.into_iter().map(key).map(with_letters).collect(),
            disclosure: disclosure.into_iter().map(with_letters).collect(),
            corner: Letters::of("信息内容"),
            outcomes: OUTCOMES.iter().map(|(_, label)| Letters::of(label)).collect(),
            exact,
            rows,
            heads,
        }
    }

    /// Which row of table three a label names. `in_group_six` says that （六）其他处理 stands over it.
    pub fn row(&self, slot: &Slot<'_>, in_group_six: bool) -> Option<(&'static str, Rule)> {
        if let Some(&n) = self.exact.get(&*slot.key).or_else(|| self.exact.get(slot.short())) {
            return Some((self.rows[n].indicator, Rule::Label));
        }
        // A group's label in one cell with the row's own (三不予公开1属于国家秘密), and 其中 before it.
        let own = self.behind_groups(&slot.key);
        if own.len() < slot.key.len()
            && let Some(&n) = self.exact.get(own)
        {
            return Some((self.rows[n].indicator, Rule::Near));
        }
        let short = without_number(slot.short());
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
        let (whole, short) = (Letters::of(&slot.key), Letters::of(slot.short()));
        let mut best = (0, None);
        let mut second = 0;
        for row in &self.rows {
            let alike = whole.likeness(&row.letters).max(short.likeness(&row.short_letters));
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

    /// The row whose label begins so, and no other's does: a page ended within it.
    pub fn row_cut(&self, slot: &Slot<'_>) -> Option<&'static str> {
        if slot.key.chars().count() < 6 {
            return None;
        }
        let mut rows = self.rows.iter().filter(|row| row.key.starts_with(&*slot.key));
        rows.next().filter(|_| rows.next().is_none()).map(|row| row.indicator)
    }

    /// What is left of a key without the labels of groups that lead it.
    fn behind_groups<'k>(&self, key: &'k str) -> &'k str {
        let mut rest = key;
        loop {
            let leading = self.groups.iter().map(|(group, _)| &**group).chain(["其中"]);
            match leading.filter_map(|lead| rest.strip_prefix(lead)).find(|rest| !rest.is_empty()) {
                Some(behind) => rest = behind,
                None => return rest,
            }
        }
    }

    /// The words of a column of the forms.
    pub fn column(&self, column: &Column) -> Option<&ColumnWord> {
        self.columns.get(column.label)
    }

    /// A head, or a label of table two, to the letter: not a misspelt label of anything else.
    pub fn knows(&self, slot: &Slot<'_>) -> bool {
        self.heads.contains(&*slot.key) || self.is_disclosure_row(slot)
    }

    /// A row of table three to the letter.
    pub fn is_row(&self, slot: &Slot<'_>) -> bool {
        self.exact.contains_key(&*slot.key) || self.exact.contains_key(slot.short())
    }

    /// A label of any row to the letter.
    pub fn is_exact(&self, slot: &Slot<'_>) -> bool {
        self.is_row(slot) || self.heads.contains(&*slot.key) || self.groups.iter().any(|(group, _)| *group == slot.key)
    }

    /// A label over several rows of table three; which, by its place in `GROUPS`.
    pub fn group(&self, slot: &Slot<'_>) -> Option<usize> {
        let exact = self.groups.iter().position(|(group, _)| *group == slot.key || *group == slot.short());
        if exact.is_none() && self.is_exact(slot) {
            return None;
        }
        exact.or_else(|| {
            let bare = without_number(slot.short());
            let letters = Letters::of(&slot.key);
            self.groups.iter().position(|(group, known)| {
                (without_number(group) == bare && bare.chars().count() >= 4) || known.likeness(&letters) >= 86
            })
        })
    }

    /// Whether a label is nearly one of table two's rows.
    pub fn is_near_disclosure_row(&self, label: &Slot<'_>) -> bool {
        let letters = Letters::of(label.short());
        label.key.chars().count() >= 4 && self.disclosure.iter().any(|(_, known)| known.likeness(&letters) >= 80)
    }

    /// Whether a key is a row label of table two.
    pub fn is_disclosure_row(&self, slot: &Slot<'_>) -> bool {
        self.disclosure.iter().any(|(label, _)| *label == slot.key || *label == slot.short())
    }
}

/// Whether a head's words are this label of the form; 合计 is printed for 总计.
pub fn is_head(words: &str, label: &str) -> bool {
    words == label || words == "合计" && label == "总计"
}

impl FormWords for Words {
    fn is_row_label(&self, slot: &Slot<'_>) -> bool {
        slot.is_label() && (self.is_disclosure_row(slot) || self.row(slot, true).is_some()) && !self.is_head(slot)
    }

    fn is_group(&self, slot: &Slot<'_>) -> bool {
        self.group(slot).is_some_and(|group| group < 4)
    }

    fn is_head(&self, slot: &Slot<'_>) -> bool {
        if !slot.is_label() {
            return false;
        }
        let pieces = slot.key.chars().count() >= 2;
        self.is_group(slot)
            || self.heads.contains(&*slot.key)
            || (pieces
                && self
                    .heads
                    .iter()
                    .any(|head| head.contains(&*slot.key) && slot.key.chars().count() <= head.chars().count()))
            || slot.key.starts_with("第二十条第")
    }

    fn labels_within(&self, key: &str) -> usize {
        self.labels.iter().filter(|label| key.contains(label.as_ref())).count()
    }
}
