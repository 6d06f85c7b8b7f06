//! The same cells in other markup: Word's paste, tags left out, text split, things hidden.

use super::page::TITLE;
use super::paper::Cell;
use super::{Case, both};

pub const CASES: &[Case] = &[
    both("Word's paste", |page| page.inside = word),
    both("labels split by <br>", |page| page.inside = |cell| split(cell, "", "<br>", "")),
    both("labels in two paragraphs", |page| {
        page.inside = |cell| split(cell, "<p align=\"center\">", "</p>\n<p align=\"center\">", "</p>")
    }),
    both("a span for every character", |page| {
        page.inside =
            |cell| cell.text.chars().map(|c| format!("<span style=\"font-family:仿宋_GB2312\">{c}</span>")).collect();
    }),
    both("a line for every character of a label", |page| {
        page.inside = |cell| match cell.code {
            None => cell.text.chars().map(|c| format!("{c}<br/>\n")).collect(),
            Some(_) => cell.text.clone(),
        };
    }),
    both("markup within numbers", |page| {
        page.inside = |cell| match &cell.code {
            None => cell.text.clone(),
            Some(_) => format!("{}<!-- --><b>{}</b>", &cell.text[..1], &cell.text[1..]),
        };
    }),
    both("digits as character references", |page| {
        page.inside = |cell| match cell.code {
            None => cell.text.clone(),
            Some(_) => {
                cell.text.chars().map(|c| if c == '.' { ".".into() } else { format!("&#{};", c as u32) }).collect()
            }
        };
    }),
    both("&nbsp; in labels", |page| page.inside = |cell| split(cell, "&nbsp;", "&nbsp;", "&nbsp;")),
    both("list numbers in conditional comments", |page| {
        page.inside = |cell| numbered(cell, "<!--[if !supportLists]-->", "<!--[endif]-->");
    }),
    both("conditional comments leaked into text", |page| {
        page.inside = |cell| numbered(cell, "&lt;!--[if !supportLists]--&gt;", "&lt;!--[endif]--&gt;");
    }),
    both("Word's row of column widths", |page| {
        page.whole.push(|html| {
            let widths = "<td width=\"38\"></td>".repeat(15);
            html.replace(
                "</tbody>",
                &format!("<!--[if !supportMisalignedColumns]--><tr height=\"0\">{widths}</tr><!--[endif]-->\n</tbody>"),
            )
        });
    }),
    both("unquoted attributes", |page| page.whole.push(|html| html.replace('"', ""))),
    both("single quotes around attributes", |page| page.whole.push(|html| html.replace('"', "'"))),
    both("end tags of cells and rows left out", |page| {
        page.whole.push(|html| html.replace("</td>", "").replace("</tr>", "").replace("</tbody>", ""));
    }),
    both("rows never opened by a tag", |page| page.whole.push(|html| html.replace("<tbody>\n<tr>", "<tbody>\n"))),
    both("upper-case tags", |page| {
        page.whole.push(|html| {
            ["table", "tbody", "tr", "td", "p"].iter().fold(html, |html, tag| {
                let upper = tag.to_uppercase();
                html.replace(&format!("<{tag}>"), &format!("<{upper}>"))
                    .replace(&format!("<{tag} "), &format!("<{upper} "))
                    .replace(&format!("</{tag}>"), &format!("</{upper}>"))
            })
        });
    }),
    both("spaces and line ends within tags", |page| {
        page.whole.push(|html| html.replace("<td", "<td\n  ").replace("</td>", "</td\n>").replace("=\"", " = \""));
    }),
    both("<th> for every cell", |page| page.whole.push(|html| html.replace("<td", "<th").replace("</td>", "</th>"))),
    both("no <tbody>", |page| page.whole.push(|html| html.replace("<tbody>", "").replace("</tbody>", ""))),
    both("tags between table and row", |page| {
        page.whole.push(|html| {
            html.replace("<tbody>", "<tbody><div class=\"scroll\"><form>").replace("</tr>", "</tr></form>")
        });
    }),
    both("a paragraph opened before each table", |page| {
        page.whole.push(|html| html.replace("<table", "<p><center><table"))
    }),
    both("layout tables around", |page| {
        page.whole.push(|html| {
            html.replace("<body>", "<body><table width=\"980\"><tr><td>首页 &gt; 政府信息公开年报</td></tr><tr><td><table><tr><td class=\"left\">导航</td><td>")
                .replace("</body>", "</td></tr></table></td></tr></table></body>")
        });
    }),
    both("a table within each cell", |page| {
        page.inside = |cell| format!("<table class=\"inner\"><tbody><tr><td>{}</td></tr></tbody></table>", cell.text);
    }),
    both("a table within one cell of numbers", |page| {
        page.inside = |cell| match cell.code.as_deref() {
            Some("applications.granted/total") => format!("<table><tr><td>{}</td></tr></table>", cell.text),
            _ => cell.text.clone(),
        };
    }),
    both("hidden rows with other numbers", |page| {
        page.whole.push(|html| {
            let hidden = format!(
                "<tr style=\"display: none;\"><td colspan=\"3\">一、本年新收政府信息公开申请数量</td>{}</tr>\n",
                "<td>9</td>".repeat(7)
            );
            html.replacen("<tr><td colspan=\"3\">一、", &format!("{hidden}<tr><td colspan=\"3\">一、"), 1)
        });
    }),
    both("a hidden table with other numbers", |page| {
        page.before.insert(1, format!("<div style=\"display:none\"><table><tr><td colspan=\"3\">四、结转下年度继续办理</td>{}</tr></table></div>\n", "<td>9</td>".repeat(7)));
    }),
    both("hidden text within cells", |page| {
        page.inside = |cell| format!("{}<span style=\"display:none\">9</span>", cell.text);
    }),
    both("scripts and styles within cells", |page| {
        page.inside = |cell| format!("<style>td{{width:9px}}</style>{}<script>var n = 9;</script>", cell.text);
    }),
    both("old numbers commented out", |page| {
        page.whole.push(|html| html.replace("<tr><td colspan=\"3\">一、", "<!-- <tr><td colspan=\"3\">一、本年新收政府信息公开申请数量</td><td>9</td></tr> --><tr><td colspan=\"3\">一、"));
    }),
    both("a second title and meta set in the body", |page| {
        page.head += &format!(
            "<meta name=\"ArticleTitle\" content=\"{TITLE}\"><meta name=\"ColumnName\" content=\"政府信息公开年报\">"
        );
        page.whole.push(|html| html.replace("<body>", "<body><title>头部</title><meta name=\"ColumnName\" content=\"头部\"><meta name=\"ArticleTitle\" content=\"2018年头部\">"));
    }),
    both("copies hidden by the page's style sheet", |page| {
        page.head += "<style>\n.wap { display : none !important } @media (max-width: 700px) { .pc { display: none } }\n.tab{display:none}.tab.on{display:block}</style>";
        let other = "<table><tr><td colspan=\"3\">四、结转下年度继续办理</td><td>9</td></tr></table>";
        page.before.insert(
            0,
            format!("<div class=\"box wap\">{}</div>\n", other.replace("<td>9</td>", &"<td>9</td>".repeat(7))),
        );
        page.whole.push(|html| {
            html.replace("<table border", "<div class=\"pc tab on\"><table border")
                .replace("</tbody></table>", "</tbody></table></div>")
        });
    }),
    both("copies for browsers without scripts", |page| {
        let row =
            format!("<table><tr><td colspan=\"3\">四、结转下年度继续办理</td>{}</tr></table>", "<td>9</td>".repeat(7));
        page.before.insert(0, format!("<template>{row}</template><noscript>{row}</noscript>\n"));
    }),
    both("a copy hidden within a layout table", |page| {
        page.whole.push(|html| {
            let copy = format!(
                "<table><tr><td colspan=\"3\">四、结转下年度继续办理</td>{}</tr></table>",
                "<td>9</td>".repeat(7)
            );
            html.replace("<body>", &format!("<body><table><tr><td><div style=\"display:none\">{copy}</div>"))
                .replace("</body>", "</td></tr></table></body>")
        });
    }),
    both("a tab for each table", |page| {
        page.head += "<style>.pane{display:none}.pane.on{display:block}</style>";
        page.whole.push(|html| {
            html.replace("<table border", "<div class=\"pane\"><table border")
                .replace("</tbody></table>", "</tbody></table></div>")
                .replacen("class=\"pane\"", "class=\"pane on\"", 1)
        });
    }),
    both("marks of notes raised in labels", |page| {
        page.inside = |cell| match cell.text.as_str() {
            "（七）总计" | "规章" | "结果维持" => format!("{}<sup>1</sup>", cell.text),
            _ => cell.text.clone(),
        };
    }),
    both("numbers struck through before those that hold", |page| {
        page.inside = |cell| match cell.code {
            Some(_) => format!("<del cite=\"mailto:a\">9</del><s>8</s><ins>{}</ins>", cell.text),
            None => cell.text.clone(),
        };
    }),
    both("numbers in fields of a form", |page| {
        page.inside = |cell| match cell.code {
            Some(_) => format!("<input type=\"text\" readonly value=\"{}\"><input type=hidden value=9>", cell.text),
            None => cell.text.clone(),
        };
    }),
    both("soft hyphens and joiners within numbers", |page| {
        page.inside = |cell| match cell.code {
            Some(_) => format!("&shy;{}&zwj;&#x2060;{}&#8203;", &cell.text[..1], &cell.text[1..]),
            None => cell.text.clone(),
        };
    }),
];

fn word(cell: &Cell) -> String {
    let inside = if cell.text.is_empty() { "<o:p>&nbsp;</o:p>" } else { &cell.text };
    format!(
        "<p class=\"MsoNormal\" align=\"center\" style=\"mso-pagination:widow-orphan;\"><span style=\"mso-spacerun:'yes';font-family:仿宋_GB2312;font-size:10.5pt;\">{inside}<o:p></o:p></span></p>"
    )
}

/// Labels in two, after their second character.
fn split(cell: &Cell, before: &str, between: &str, after: &str) -> String {
    let middle = cell.text.char_indices().nth(2).filter(|_| cell.code.is_none());
    match middle {
        Some((at, _)) => format!("{before}{}{between}{}{after}", &cell.text[..at], &cell.text[at..]),
        None => cell.text.clone(),
    }
}

/// `1.` between `open` and `close`.
fn numbered(cell: &Cell, open: &str, close: &str) -> String {
    match cell.text.split_once('.') {
        Some((number, rest)) if cell.code.is_none() => format!("{open}{number}.{close}{rest}"),
        _ => cell.text.clone(),
    }
}
