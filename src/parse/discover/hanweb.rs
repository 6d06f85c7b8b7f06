//! Hanweb 大汉 JCMS: the rows of a listing stand in CDATA inside a script, where no `<a>` is seen.

use url::Url;

use super::paging::{parameter, with};
use super::places;
use crate::parse::extract::{Anchor, Document, html};

/// Records of one page.
const MAX_RECORDS: usize = 5_000;

/// Anchors in `<record><![CDATA[…]]></record>` of the page's scripts; or, in answers that are XML throughout, of its text.
pub fn records(document: &Document, text: &str) -> Vec<Anchor> {
    let from_first = |source| places(source, "<record>").next().map(|first| &source[first..]);
    let Some(source) = from_first(&document.scripts).or_else(|| from_first(text)) else { return Vec::new() };
    let mut anchors = Vec::new();
    for record in source.split("<record>").skip(1).take(MAX_RECORDS) {
        let Some(record) = record.split("</record>").next() else { continue };
        let record = record.trim().trim_start_matches("<![CDATA[").trim_end_matches("]]>");
        anchors.extend(html(record).anchors);
    }
    anchors
}

/// More rows: the address in `<nextgroup>`; or, behind an answer of the data proxy that had rows, the page after it.
pub fn next(page: &Url, text: &str) -> Vec<String> {
    let Some(group) = next_group(text) else { return after(page, text).into_iter().collect() };
    // Page 1 is the second on some hosts and on others the rows that the column shows: the page after it is named too.
    let Some(first) = page.join(&group).ok().filter(|group| parameter(group, "page").as_deref() == Some("1")) else {
        return vec![group];
    };
    vec![group, with(&first, "page", "2").into()]
}

fn next_group(text: &str) -> Option<String> {
    let begin = places(text, "<nextgroup>").next()?;
    let group = text[begin..].split("</nextgroup>").next()?;
    let href = group.split("href=").nth(1)?;
    let quote = href.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    href[1..].split(quote).next().map(|address| address.replace("&amp;", "&"))
}

fn after(page: &Url, text: &str) -> Option<String> {
    (page.path().ends_with("/dataproxy.jsp") && text.contains("<record>")).then_some(())?;
    let number: u32 = parameter(page, "page")?.parse().ok()?;
    Some(with(page, "page", &number.saturating_add(1).to_string()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_rows() {
        let column = Url::parse("http://a.gov.cn/col/col1/index.html").unwrap();
        let proxy = "/module/web/jpage/dataproxy.jsp?page=2&appid=1&webid=39";
        let text = format!("<nextgroup><![CDATA[<a href=\"{}\"></a>]]></nextgroup>", proxy.replace('&', "&amp;"));
        assert_eq!(next(&column, &text), [proxy]);
        let answer = column.join(proxy).unwrap();
        assert!(next(&answer, "<record></record>")[0].ends_with("dataproxy.jsp?page=3&appid=1&webid=39"));
        assert!(next(&answer, "<datastore></datastore>").is_empty());
        let first = next(&column, &text.replace("page=2", "page=1"));
        assert!(first[0].contains("page=1&") && first[1].contains("page=2&"), "{first:?}");
    }

    #[test]
    fn rows_inside_a_script_are_found() {
        let page = "<script type='text/xml'><datastore><recordset><record><![CDATA[<li><a href='/art/2024/1/19/art_1_2.html' title='年度报告'>年…</a></li>]]></record></recordset></datastore></script>";
        let anchors = records(&html(page), page);
        assert_eq!(anchors.len(), 1);
        assert_eq!((anchors[0].href.as_str(), anchors[0].title.as_str()), ("/art/2024/1/19/art_1_2.html", "年度报告"));
    }
}
