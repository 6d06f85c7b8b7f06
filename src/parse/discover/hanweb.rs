//! Hanweb 大汉 JCMS: the rows of a listing stand in CDATA inside a script, where no `<a>` is seen.

use crate::parse::extract::{Anchor, Document, html};

/// Records of one page.
const MAX_RECORDS: usize = 5_000;

/// Anchors in `<record><![CDATA[…]]></record>` of the page's scripts; or, in answers that are XML throughout, of its text.
pub fn records(document: &Document, text: &str) -> Vec<Anchor> {
    let source = if document.scripts.contains("<record>") { document.scripts.as_str() } else { text };
    if !source.contains("<record>") {
        return Vec::new();
    }
    let mut anchors = Vec::new();
    for record in source.split("<record>").skip(1).take(MAX_RECORDS) {
        let Some(record) = record.split("</record>").next() else { continue };
        let record = record.trim().trim_start_matches("<![CDATA[").trim_end_matches("]]>");
        anchors.extend(html(record).anchors);
    }
    anchors
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_inside_a_script_are_found() {
        let page = "<script type='text/xml'><datastore><recordset><record><![CDATA[<li><a href='/art/2024/1/19/art_1_2.html' title='年度报告'>年…</a></li>]]></record></recordset></datastore></script>";
        let anchors = records(&html(page), page);
        assert_eq!(anchors.len(), 1);
        assert_eq!((anchors[0].href.as_str(), anchors[0].title.as_str()), ("/art/2024/1/19/art_1_2.html", "年度报告"));
    }
}
