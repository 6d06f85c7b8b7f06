//! The three tables of a report as markup, from its numbers: as content systems and Word leave them.

use super::numbers::Numbers;
use crate::parse::Edition;
use crate::parse::edition::form::{APPLICANTS, BLOCKS, CHALLENGES, OUTCOMES, ROWS};

/// How the markup departs from a plain table.
#[derive(Clone, Copy, Debug, Default)]
pub struct Markup {
    /// Word's paste: a styled paragraph and span in every cell, `<o:p>` in blank ones.
    pub word: bool,
    /// `商业<br>企业`.
    pub split_heads: bool,
    /// 自然人 and 总计 without row spans, an empty cell below them.
    pub flat_heads: bool,
    /// Table three ends before （四）无法提供 and goes on in another table with the group's label repeated.
    pub page_break: bool,
    /// Table two over five columns, heads and rows spanning them differently.
    pub crooked_two: bool,
}

impl Markup {
    fn cell(&self, text: &str, attributes: &str) -> String {
        let space = if attributes.is_empty() { "" } else { " " };
        if !self.word {
            return format!("<td{space}{attributes}>{text}</td>");
        }
        let inside = if text.is_empty() { "<o:p>&nbsp;</o:p>".to_owned() } else { format!("{text}<o:p></o:p>") };
        format!(
            "<td{space}{attributes} valign=\"center\" style=\"padding:0pt 5.4pt;border-right:1pt solid windowtext;mso-border-right-alt:0.5pt solid windowtext;\"><p class=\"MsoNormal\" align=\"center\" style=\"mso-pagination:widow-orphan;\"><span style=\"mso-spacerun:'yes';font-family:仿宋_GB2312;font-size:10.5pt;\">{inside}</span></p></td>"
        )
    }

    fn plain(&self, text: &str) -> String {
        self.cell(text, "")
    }

    fn head(&self, text: &str) -> String {
        let middle = text.char_indices().nth(2).map(|(at, _)| at).filter(|_| text.chars().count() == 4);
        match middle {
            Some(at) if self.split_heads => format!("{}<br>{}", &text[..at], &text[at..]),
            _ => text.to_owned(),
        }
    }
}

fn row(cells: impl IntoIterator<Item = String>) -> String {
    format!("<tr>{}</tr>\n", cells.into_iter().collect::<String>())
}

fn table(rows: &[String]) -> String {
    format!(
        "<table border=\"1\" cellspacing=\"0\" style=\"border-collapse:collapse\"><tbody>\n{}</tbody></table>\n",
        rows.concat()
    )
}

/// Table two.
pub fn two(numbers: &Numbers, markup: Markup) -> String {
    let width = if markup.crooked_two { 5 } else { 4 };
    let mut rows = Vec::new();
    for block in BLOCKS.iter().filter(|block| block.edition == numbers.edition) {
        rows.push(row([markup.cell(&format!("第二十条第（{}）项", block.item), &format!("colspan=\"{width}\""))]));
        let spans = spans(block.columns.len(), width - 1, true);
        let heads = block.columns.iter().zip(&spans).map(|(column, span)| markup.cell(column.label, &colspan(*span)));
        rows.push(row(std::iter::once(markup.plain("信息内容")).chain(heads)));
        let crooked = self::spans(block.columns.len(), width - 1, !markup.crooked_two);
        for (label, prefix) in block.rows {
            let values = numbers
                .row(prefix)
                .unwrap_or_default()
                .iter()
                .zip(&crooked)
                .map(|(value, span)| markup.cell(value, &colspan(*span)));
            rows.push(row(std::iter::once(markup.plain(label)).chain(values)));
        }
    }
    table(&rows)
}

/// `columns` cells over `width` columns: the last ones wider, or the first ones.
fn spans(columns: usize, width: usize, last: bool) -> Vec<usize> {
    let mut spans = vec![width / columns; columns];
    let rest = width % columns;
    for n in 0..rest {
        let at = if last { columns - 1 - n } else { n };
        spans[at] += 1;
    }
    spans
}

fn colspan(span: usize) -> String {
    if span == 1 { String::new() } else { format!("colspan=\"{span}\"") }
}

/// Table three.
pub fn three(numbers: &Numbers, markup: Markup) -> String {
    let groups = groups(numbers.edition);
    let mut tables = vec![heads_of_three(markup)];
    let results: usize = groups.iter().map(|(_, rows)| rows.len()).sum::<usize>() - 3;
    let mut left = results;
    for (label, indicators) in &groups {
        let breaks = markup.page_break && *label == "（四）无法提供";
        for (n, indicator) in indicators.iter().enumerate() {
            let own = ROWS.iter().find(|(known, _)| known == indicator).map_or("", |(_, label)| *label);
            let mut cells = Vec::new();
            let outside =
                matches!(*indicator, "applications.received" | "applications.carried_in" | "applications.carried_out");
            if outside {
                cells.push(markup.cell(own, "colspan=\"3\""));
            } else {
                let first = left == results || (breaks && n == 0);
                if breaks && n == 0 {
                    tables.push(Vec::new());
                }
                if first {
                    let height = if markup.page_break && left == results { rows_before_break(&groups) } else { left };
                    cells.push(markup.cell("三、本年度办理结果", &format!("rowspan=\"{height}\"")));
                }
                left -= 1;
                if label.is_empty() {
                    cells.push(markup.cell(own, "colspan=\"2\""));
                } else {
                    if n == 0 {
                        cells.push(markup.cell(label, &format!("rowspan=\"{}\"", indicators.len())));
                    }
                    cells.push(markup.plain(own));
                }
            }
            cells.extend(numbers.row(indicator).unwrap_or_default().iter().map(|value| markup.plain(value)));
            if let Some(rows) = tables.last_mut() {
                rows.push(row(cells));
            }
        }
    }
    tables.iter().map(|rows| table(rows)).collect::<Vec<_>>().join("<p class=\"MsoNormal\">&nbsp;</p>\n")
}

/// Rows under 三、本年度办理结果 that stand before the break.
fn rows_before_break(groups: &[(&str, Vec<&str>)]) -> usize {
    let before = groups.iter().take_while(|(label, _)| *label != "（四）无法提供");
    before.map(|(_, rows)| rows.len()).sum::<usize>() - 2
}

fn heads_of_three(markup: Markup) -> Vec<String> {
    let note = "（本列数据的勾稽关系为：第一项加第二项之和，等于第三项加第四项之和）";
    let first = row([markup.cell(note, "colspan=\"3\" rowspan=\"3\""), markup.cell("申请人情况", "colspan=\"7\"")]);
    let tall = if markup.flat_heads { "" } else { "rowspan=\"2\"" };
    let second =
        row([markup.cell("自然人", tall), markup.cell("法人或其他组织", "colspan=\"5\""), markup.cell("总计", tall)]);
    let organisations = APPLICANTS[1..6].iter().map(|label| markup.plain(&markup.head(label)));
    let below: Vec<String> = match markup.flat_heads {
        true => std::iter::once(markup.plain("")).chain(organisations).chain([markup.plain("")]).collect(),
        false => organisations.collect(),
    };
    vec![first, second, row(below)]
}

/// Rows of table three by the label that stands over them; none over some.
fn groups(edition: Edition) -> Vec<(&'static str, Vec<&'static str>)> {
    let under = |prefix: &str| -> Vec<&'static str> {
        ROWS.iter().map(|(indicator, _)| *indicator).filter(|indicator| indicator.starts_with(prefix)).collect()
    };
    let other = match edition {
        Edition::Y2021 => ("（六）其他处理", under("applications.other.")),
        _ => ("", vec!["applications.other"]),
    };
    vec![
        (
            "",
            vec![
                "applications.received",
                "applications.carried_in",
                "applications.granted",
                "applications.partially_granted",
            ],
        ),
        ("（三）不予公开", under("applications.refused.")),
        ("（四）无法提供", under("applications.unavailable.")),
        ("（五）不予处理", under("applications.rejected.")),
        other,
        ("", vec!["applications.total", "applications.carried_out"]),
    ]
}

/// Table four.
pub fn four(numbers: &Numbers, markup: Markup) -> String {
    let outcomes = || OUTCOMES.iter().map(|(_, label)| markup.plain(&markup.head(label)));
    let tall = |label: &str| markup.cell(&markup.head(label), "rowspan=\"2\"");
    let first = row([markup.cell("行政复议", "colspan=\"5\""), markup.cell("行政诉讼", "colspan=\"10\"")]);
    let second = row(OUTCOMES
        .iter()
        .map(|(_, label)| tall(label))
        .chain(CHALLENGES[1..].iter().map(|(_, label)| markup.cell(label, "colspan=\"5\""))));
    let third = row(outcomes().chain(outcomes()));
    let values = CHALLENGES
        .iter()
        .flat_map(|(group, _)| numbers.row(group).unwrap_or_default())
        .map(|value| markup.plain(value));
    table(&[first, second, third, row(values)])
}
