//! When a page was published.

use super::metadata::MetadataBlock;
use super::{HEAD_LINES, after};
use crate::parse::extract::Document;

/// PubDate, then the line that says when, then the date of the document itself.
pub fn published_of(document: &Document, block: &MetadataBlock<'_>) -> Option<String> {
    let meta =
        ["pubdate", "publishdate", "article:published_time"].iter().find_map(|name| date_in(document.meta(name)?));
    let labels = ["发布时间", "发布日期", "公开日期", "发文日期", "发稿时间", "日期", "时间"];
    let in_line = || {
        document.prose().take(HEAD_LINES).find_map(|line| {
            let text = &line.text;
            let labelled = text.contains("日期") || text.contains("时间");
            labelled.then(|| labels.iter().find_map(|label| date_in(after(text, label)?.get(..)?))).flatten()
        })
    };
    meta.or_else(|| block.get(&["发布日期", "发布时间", "公开日期", "公开时间", "发文日期"]).and_then(date_in))
        .or_else(in_line)
        .or_else(|| block.get(&["成文日期", "生成日期", "成文时间"]).and_then(date_in))
}

/// `2024-01-19`, `2024年1月19日`, `2024/1/19 15:34` at the beginning of a text.
fn date_in(text: &str) -> Option<String> {
    let mut numbers = [0i16; 3];
    let mut rest = text.trim_start();
    for (n, number) in numbers.iter_mut().enumerate() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 || digits > if n == 0 { 4 } else { 2 } {
            return None;
        }
        *number = rest[..digits].parse().ok()?;
        rest = rest[digits..].trim_start();
        if n < 2 {
            rest = rest.strip_prefix(['-', '/', '.', '年', '月'])?.trim_start();
        }
    }
    let [year, month, day] = numbers;
    let date = jiff::civil::Date::new(year, month as i8, day as i8).ok()?;
    (2000..2100).contains(&year).then(|| date.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_as_they_are_printed() {
        for (text, date) in [
            ("2023-12-29 来源: 厅办公室", Some("2023-12-29")),
            ("2024年1月19日", Some("2024-01-19")),
            ("2024/1/19 15:34", Some("2024-01-19")),
            ("2024-13-01", None),
            ("2024", None),
            ("长期", None),
        ] {
            assert_eq!(date_in(text).as_deref(), date, "{text}");
        }
    }
}
