//! What stands around a report on a page: layout in tables, boxes of counts, lists of other agencies' and other years' reports,
//! files. None of it is the report's, and the report is all that is said of it.

use gongkai::parse::{Edition, PageKind, Parsed, Verdict};

use super::page::{Page, TITLE};
use super::{differences, read, read_html};

const PROSE: &str = "<p>根据《中华人民共和国政府信息公开条例》要求，现公布本年度报告。统计期限自2011年1月1日至2011年12月31日。</p>\
    <p>一、概述</p><p>成立了领导小组，配备工作人员3名，制度更加健全。</p><p>二、主动公开政府信息情况</p><p>公开信息1234条。</p>\
    <p>三、依申请公开政府信息情况</p><p>收到申请12件，同意公开10件。</p><p>四、政府信息公开的收费及减免情况</p><p>未收取费用。</p>";

fn page(head: &str, body: &str) -> Parsed {
    read_html(&format!("<html><head><meta charset=utf-8>{head}</head><body>{body}</body></html>"))
}

fn link(title: &str, after: &str) -> String {
    format!("<li><a href='/nb/{}.html'>{title}</a>{after}</li>", title.len())
}

/// Tables are the layout of pages before 2015: what their cells say is said on the page, in its order.
#[test]
fn a_report_in_cells_of_the_layout() {
    let title = "<title>莲都区水利局2011年政府信息公开工作年度报告</title>";
    let side = link("莲都区水利局2010年政府信息公开工作年度报告", "[33]");
    for layout in [
        format!("<table><tr><td><ul>{side}</ul></td><td>{PROSE}</td></tr></table>"),
        format!(
            "<table><tr><td>{side}</td><td><table width=\"100%\"><tr><td><div>{PROSE}</div></td></tr></table></td></tr></table>"
        ),
    ] {
        let parsed = page(title, &layout);
        assert_eq!(parsed.page.kind, PageKind::Report, "{}", parsed.page.reason);
        let report = parsed.report.unwrap();
        assert_eq!((report.year, report.agency.as_deref()), (Some(2011), Some("莲都区水利局")));
        assert!(report.values.is_empty(), "{:?}", report.values);
        assert!(parsed.text.find("概述") < parsed.text.find("收费及减免"), "{}", parsed.text);
    }
}

#[test]
fn a_claim_in_cells_of_the_layout_is_held_against_the_form() {
    for (claimed, fails) in [(None, 0), (Some("3"), 1)] {
        let mut form = Page::of(Edition::Y2021);
        let received = form.expected["applications.received/total"].1.clone().unwrap();
        let number = claimed.unwrap_or(&received);
        form.before.insert(0, format!("<p>2023年共收到政府信息公开申请{number}件。</p><p>工作平稳有序。</p>"));
        form.whole.push(|html| {
            let html = html
                .replace("<body>", "<body><table><tr><td>网站导航</td><td>")
                .replace("</body>", "</td></tr></table></body>");
            html.replace("全区持续推进政务公开", &"全区持续推进政务公开".repeat(12))
        });
        assert_eq!(differences(&form), Vec::<String>::new());
        let findings = read(&form).report.unwrap().findings;
        let failed = findings.iter().filter(|finding| finding.rule == "narrative" && finding.verdict == Verdict::Fail);
        assert_eq!(failed.count(), fails, "{claimed:?}");
    }
}

#[test]
fn tables_beside_a_report_are_none_of_it() {
    let counts = [("规章", 3), ("行政规范性文件", 45), ("行政许可", 1288), ("行政处罚", 377), ("行政事业性收费", 5)];
    let rows: String = counts.iter().map(|(label, n)| format!("<tr><td>{label}</td><td>{n}</td></tr>")).collect();
    let catalogue = format!("<table><tr><td>信息类别</td><td>条数</td></tr>{rows}</table>");
    let reviews = "<table><tr><td>行政复议</td><td>行政诉讼</td><td>依申请公开</td></tr><tr><td>12</td><td>7</td><td>208</td></tr></table>";
    for (box_of, at) in [(catalogue.as_str(), 3), (catalogue.as_str(), 0), (reviews, 0), (reviews, 3)] {
        let mut form = Page::of(Edition::Y2021);
        form.before.insert(at, box_of.into());
        assert_eq!(differences(&form), Vec::<String>::new(), "{box_of}");
        let report = read(&form).report.unwrap();
        let doubted: Vec<_> =
            report.findings.iter().filter(|finding| matches!(finding.rule, "unmatched" | "repeated")).collect();
        assert!(doubted.is_empty(), "{doubted:?}");
    }
}

#[test]
fn counts_beside_a_report_in_words_are_none_of_it() {
    let title = "<title>莲都区水利局2011年政府信息公开工作年度报告</title>";
    let table = |heads: &str, rows: &[(&str, &str, usize)]| {
        let rows: String = rows
            .iter()
            .map(|(label, unit, n)| format!("<tr><td>{label}</td><td>{unit}</td><td>{n}</td></tr>"))
            .collect();
        format!("<table>{heads}{rows}</table>")
    };
    let statistics = "<tr><td>统计指标</td><td>单位</td><td>数量</td></tr>";
    let powers = "<tr><td>项目</td><td>单位</td><td>数量</td></tr>";
    for beside in [
        table(statistics, &[("收到申请数", "件", 1024), ("申请办结数", "件", 1001), ("主动公开信息数", "条", 88765)]),
        table(
            powers,
            &[
                ("行政许可申请", "项", 15),
                ("公开事项", "项", 88),
                ("公共服务", "项", 21),
                ("行政处罚", "项", 45),
                ("行政检查", "项", 9),
            ],
        ),
        "<ul><li>行政许可 97</li><li>行政处罚 12</li><li>行政强制 3</li></ul>".to_owned(),
    ] {
        let report = page(title, &format!("{PROSE}{beside}")).report.unwrap();
        assert!(report.values.is_empty(), "{:?}", report.values);
        let doubts: Vec<_> = report.findings.iter().filter(|finding| finding.rule == "unmatched").collect();
        assert!(doubts.is_empty(), "{doubts:?}");
    }
}

#[test]
fn whose_report_among_those_of_others() {
    let others = ["莲都区教育局", "莲都区公安局"]
        .map(|name| link(&format!("{name}2011年政府信息公开工作年度报告"), "<span>2012-01-18</span>"));
    let others = others.concat();
    for (head, body, year, agency) in [
        // Nothing of its own but a line that says where it comes from.
        (
            "<title>莲都区人民政府</title>",
            format!(
                "<ul>{others}</ul><p>2011年政府信息公开工作年度报告</p><p>来源：莲都区民政局　发布时间：2012-01-18 浏览：88次</p>{PROSE}"
            ),
            2011,
            "莲都区民政局",
        ),
        (
            "<title>2011年莲都区人民政府信息公开工作年度报告</title>",
            format!("<ul>{others}</ul>{PROSE}"),
            2011,
            "莲都区人民政府",
        ),
        // The column's name is the page's, and the report's own stands in two lines.
        (
            "<title>政府信息公开年报-莲都区水利局</title>",
            format!("<ul>{others}</ul><p>莲都区民政局</p><p>2011年政府信息公开工作年度报告</p>{PROSE}"),
            2011,
            "莲都区民政局",
        ),
        (
            "<title>豆沙镇2011年政府信息公开工作年度报告</title>",
            PROSE.replace("现公布", "盐津县豆沙镇人民政府编制了"),
            2011,
            "盐津县豆沙镇人民政府",
        ),
        (
            "<title>豆沙镇2011年政府信息公开工作年度报告</title>",
            format!("<p>发布时间：2012-01-18 来源：盐津县豆沙镇人民政府 点击：88次</p>{PROSE}"),
            2011,
            "盐津县豆沙镇人民政府",
        ),
        (
            "<title>莲都区水利局2011年政府信息公开工作年度报告</title>",
            format!("<p>发布时间：2012-01-18 来源：莲都区人民政府 点击：88次</p>{PROSE}"),
            2011,
            "莲都区水利局",
        ),
        (
            "<title>豆沙镇2011年政府信息公开工作年度报告</title><meta name=SiteName content=盐津县人民政府>",
            PROSE.replace("现公布本年度", "现公布盐津县豆沙镇人民政府2011年度政府信息公开工作年度"),
            2011,
            "盐津县豆沙镇人民政府",
        ),
    ] {
        let report = page(head, &body).report.unwrap_or_else(|| panic!("{head}"));
        assert_eq!((report.year, report.agency.as_deref()), (Some(year), Some(agency)), "{head} {body}");
    }
}

#[test]
fn the_way_to_a_page_is_no_title_of_it() {
    let body = "<p>现将2023年12月份依申请公开办理情况公布如下，收到申请31件，办结30件。</p>".repeat(9);
    let trail = "<ul><li><a href=/nb/>政府信息公开年报</a></li></ul><div>当前位置：<a href=/>首页</a> &gt; <a href=/zwgk/>政务公开</a> &gt; <a href=/nb/>政府信息公开年报</a> &gt; 正文</div>";
    let parsed = page("<meta name=ArticleTitle content=2023年12月份依申请公开情况>", &format!("{trail}{body}"));
    assert_eq!(parsed.page.title.as_deref(), Some("2023年12月份依申请公开情况"));
    assert_eq!(parsed.page.kind, PageKind::Article, "{}", parsed.page.reason);
}

/// A page that only has the report's file, beside links to others; and a year's collection, which is none.
#[test]
fn a_report_in_a_file_beside_links_to_others() {
    let others: String =
        (2019..2023).map(|year| link(&TITLE.replace("2023", &year.to_string()), "<span>2024-01-18</span>")).collect();
    for (title, body, kind) in [
        (TITLE, "<a href='/f/1.docx'>年度报告.docx</a>", PageKind::Attachment),
        (TITLE, "<iframe src='/pdfjs/web/viewer.html?file=/f/nb.pdf'></iframe>", PageKind::Attachment),
        ("平潭综合实验区2023年政府信息公开工作年度报告汇总", "<a href='/f/1.docx'>说明.docx</a>", PageKind::Listing),
        ("政府信息公开年报", "<a href='/f/1.docx'>2018年年度报告.docx</a>", PageKind::Listing),
    ] {
        let html = format!(
            "<html><head><meta charset=utf-8><title>{title}</title></head><body><h1>{title}</h1>{body}<ul>{others}</ul></body></html>"
        );
        let url = url::Url::parse("http://www.pingtan.gov.cn/nb/1.html").unwrap();
        let headers = gongkai::exchange::Headers(vec![("Content-Type".into(), b"text/html".to_vec())]);
        let given = gongkai::parse::Given {
            url: Some(&url),
            status: Some(200),
            headers: &headers,
            query: None,
            body: html.as_bytes(),
        };
        let parsed = gongkai::parse::read(given);
        assert_eq!(parsed.page.kind, kind, "{title}: {}", parsed.page.reason);
    }
}
