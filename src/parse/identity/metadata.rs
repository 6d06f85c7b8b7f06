//! The block of 索引号, 发布机构, 成文日期, … that stands before a document.

use std::borrow::Cow;

use super::HEAD_LINES;
use crate::parse::extract::{Document, Table};
use crate::parse::label::key;

/// A table in pairs, or a line of them.
pub struct MetadataBlock<'a> {
    pairs: Vec<(Cow<'a, str>, &'a str)>,
}

impl<'a> MetadataBlock<'a> {
    pub fn of(document: &'a Document) -> MetadataBlock<'a> {
        let mut pairs = Vec::new();
        for table in document.tables.iter().filter(|table| is_metadata(table)) {
            for row in &table.rows {
                let cells: Vec<&str> = row.cells.iter().map(|cell| cell.text.as_str()).collect();
                pair_up(&cells, &mut pairs);
            }
        }
        for line in document.prose().take(HEAD_LINES) {
            let cells: Vec<&str> = line.text.split('|').map(str::trim).collect();
            pair_up(&cells, &mut pairs);
        }
        MetadataBlock { pairs }
    }

    /// What stands beside the first of the labels that has anything beside it.
    pub fn get(&self, labels: &[&str]) -> Option<&'a str> {
        labels.iter().find_map(|label| {
            self.pairs.iter().find(|(name, value)| name == label && !value.is_empty()).map(|(_, value)| *value)
        })
    }
}

fn is_metadata(table: &Table) -> bool {
    table.rows.len() <= 12
        && table
            .rows
            .iter()
            .flat_map(|row| &row.cells)
            .any(|cell| cell.text.len() < 60 && cell.text.contains("索") && key(&cell.text).starts_with("索引号"))
}

const METADATA_LABELS: [&str; 18] = [
    "索引号",
    "信息索引号",
    "发布机构",
    "发布单位",
    "公开主体",
    "发文机关",
    "信息来源",
    "发布日期",
    "发布时间",
    "公开日期",
    "公开时间",
    "发文日期",
    "成文日期",
    "生成日期",
    "成文时间",
    "文号",
    "主题分类",
    "公开方式",
];

/// `索引号: | 580267448/2024-276400 | 公开方式: | 主动公开`, or `索引号：580267448/2024-276400` in one cell.
fn pair_up<'a>(cells: &[&'a str], pairs: &mut Vec<(Cow<'a, str>, &'a str)>) {
    let is_label = |text: &str| (6..60).contains(&text.len()) && METADATA_LABELS.contains(&&*key(text));
    for (n, cell) in cells.iter().enumerate() {
        if is_label(cell) {
            let value = cells.get(n + 1).copied().filter(|next| !is_label(next)).unwrap_or_default();
            pairs.push((key(cell), value));
        } else if let Some((label, value)) = cell.split_once(['：', ':'])
            && is_label(label)
        {
            pairs.push((key(label), value.trim()));
        }
    }
}
