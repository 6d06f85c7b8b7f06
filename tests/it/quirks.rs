//! The quirks of real reports (forms.md 5), one case each: a page made from known numbers, changed in one way, and what must
//! come out. The truth is the numbers, never what the parser said before.

use std::collections::BTreeMap;

use gongkai::demo::form::{self, Markup};
use gongkai::demo::numbers::{self, Numbers};
use gongkai::exchange::Headers;
use gongkai::parse::{self, CellState, Edition, Given, Parsed};

/// Cells by code with the text printed in them.
type Cells = BTreeMap<String, String>;

struct Page {
    two: String,
    three: String,
    four: String,
    cells: Cells,
}

fn page(edition: Edition, text: &'static str, markup: Markup) -> Page {
    let numbers = Numbers::of(edition, text);
    let cells = numbers.cells().into_iter().map(|(code, text)| (code, text.to_owned())).collect();
    Page {
        two: form::two(&numbers, markup),
        three: form::three(&numbers, markup),
        four: form::four(&numbers, markup),
        cells,
    }
}

fn of_2021() -> Page {
    page(Edition::Y2021, numbers::PINGTAN_2023, Markup::default())
}

fn of_2019() -> Page {
    page(Edition::Y2019, numbers::PINGTAN_2019, Markup::default())
}

impl Page {
    fn html(&self) -> String {
        gongkai::demo::page::sections("概况", &self.two, &self.three, &self.four)
    }

    /// The markup of all tables changed.
    fn with(mut self, change: impl Fn(&str) -> String) -> Page {
        (self.two, self.three, self.four) = (change(&self.two), change(&self.three), change(&self.four));
        self
    }

    /// One cell printed otherwise.
    fn printed(mut self, code: &str, text: &str) -> Page {
        self.cells.insert(code.into(), text.into());
        self
    }
}

fn read(body: &[u8], content_type: &str) -> Parsed {
    let headers = Headers(vec![("Content-Type".into(), content_type.into())]);
    parse::read(Given { url: None, status: Some(200), headers: &headers, query: None, body })
}

fn cells(parsed: &Parsed) -> Cells {
    let values = parsed.report.iter().flat_map(|report| &report.values);
    values
        .map(|value| {
            let code = value
                .applicant
                .map_or(value.indicator.clone(), |applicant| format!("{}/{}", value.indicator, applicant.as_str()));
            (code, value.text.clone())
        })
        .collect()
}

fn whole(body: &str) -> String {
    format!(
        "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><title>某局2023年政府信息公开工作年度报告</title></head><body>{body}</body></html>"
    )
}

fn expect(name: &str, page: &Page) {
    expect_body(name, whole(&page.html()).as_bytes(), "text/html; charset=utf-8", &page.cells);
}

fn expect_body(name: &str, body: &[u8], content_type: &str, expected: &Cells) {
    let parsed = read(body, content_type);
    let found = cells(&parsed);
    let wrong: Vec<String> = expected
        .iter()
        .filter(|(code, text)| found.get(*code) != Some(text))
        .map(|(code, text)| format!("{code}: {text:?} came out as {:?}", found.get(code)))
        .collect();
    let invented: Vec<&String> = found.keys().filter(|code| !expected.contains_key(*code)).collect();
    let findings = parsed.report.as_ref().map(|report| {
        report.findings.iter().filter(|f| f.verdict != parse::Verdict::Pass).take(5).cloned().collect::<Vec<_>>()
    });
    assert!(
        wrong.is_empty() && invented.is_empty(),
        "{name}: {} wrong: {:?}; invented: {invented:?}; {:?} {findings:?}",
        wrong.len(),
        &wrong[..wrong.len().min(4)],
        parsed.page
    );
}

fn replaced(pairs: &'static [(&'static str, &'static str)]) -> impl Fn(&str) -> String {
    move |markup| pairs.iter().fold(markup.to_owned(), |markup, (from, to)| markup.replace(from, to))
}

#[test]
fn labels_however_they_are_written() {
    for (name, pairs) in [
        (
            "inner_spaces",
            &[
                ("三、本年度办理结果", "三 、本 年 度办 理 结果"),
                ("4.无正当理由大量反复申请", "4.无正当理由大量反复 申请"),
                ("社会公益组织", "社会公益 组织"),
                ("第二十条第", "第二十条  第"),
            ][..],
        ),
        ("ideographic_comma_after_numbers", &[(">1.", ">1、"), (">2.", ">2、"), (">3.", ">3、"), (">8.", ">8、")]),
        ("full_width_stop_after_numbers", &[(">1.", ">1．"), (">2.", ">2．"), (">3.", ">3．")]),
        ("half_width_brackets", &[("（", "("), ("）", ")")]),
        ("spaced_brackets", &[("（一）", "（ 一 ）"), ("（六）", "（ 六 ）"), ("（七）", "（ 七 ）")]),
        ("straight_quotes", &[("“", "\""), ("”", "\"")]),
        ("no_quotes", &[("“", ""), ("”", "")]),
        ("doubled_first_character", &[("三、本年度办理结果", "三三、本年度办理结果")]),
        ("typo_missing_characters", &[("2.其他法律行政法规禁止公开", "2.其他法律行政止公开")]),
        (
            "typo_wrong_character",
            &[("6.属于四类过程性信息", "6.属于四类过程信息"), ("3.补正后申请内容仍不明确", "3.补正后申请内容任不明确")],
        ),
        ("head_cut_short", &[("现行有效件数", "现行有效件")]),
        ("old_name_of_normative_documents", &[("行政规范性文件", "规范性文件")]),
        ("long_bracketed_note", &[("规范性文件<", "规范性文件(行政机关制定发布的决定、公告等)<")]),
        ("no_bracketed_note", &[("（二）部分公开（区分处理的，只计这一情形，不计其他情形）", "（二）部分公开")]),
        (
            "traditional_characters",
            &[
                ("规", "規"),
                ("办理", "辦理"),
                ("结转", "結轉"),
                ("总计", "總計"),
                ("无法", "無法"),
                ("开", "開"),
                ("请", "請"),
                ("构", "構"),
                ("组织", "組織"),
                ("处", "處"),
            ],
        ),
        (
            "no_numbers_before_labels",
            &[
                (">1.属于", ">属于"),
                (">2.其他", ">其他"),
                (">一、本年", ">本年"),
                (">（一）", ">"),
                (">（二）", ">"),
                (">四、结转", ">结转"),
            ],
        ),
        ("full_width_digits_before_labels", &[(">1.", ">１．"), (">2.", ">２．")]),
        ("unit_left_out_of_the_head", &[("（单位：万元）", "")]),
        ("unit_in_other_brackets", &[("（单位：万元）", "[万元]")]),
        ("applicant_head_in_other_words", &[("其他对外管理服务事项", "其他对外管理服务事项（含备案）")]),
    ] {
        for mut page in [of_2021(), of_2019()] {
            let change = replaced(pairs);
            // What is changed are labels; numbers stand as they are.
            (page.two, page.three, page.four) = (change(&page.two), change(&page.three), change(&page.four));
            expect(name, &page);
        }
    }
}

#[test]
fn heads_however_they_are_split() {
    let split = |by: &'static str| {
        move |markup: &str| {
            ["商业企业", "科研机构", "结果维持", "结果纠正", "其他结果", "尚未审结"]
                .iter()
                .fold(markup.to_owned(), |markup, head| {
                    markup.replace(head, &format!("{}{by}{}", &head[..6], &head[6..]))
                })
        }
    };
    expect("split_by_br", &of_2021().with(split("<br/>")));
    expect("split_in_paragraphs", &of_2021().with(split("</p><p>")));
    expect("split_by_spaces", &of_2021().with(split("&nbsp;&nbsp;")));
    expect("split_in_spans", &of_2021().with(split("</span><span lang=EN-US>")));
    let each_character = |markup: &str| {
        markup.replace(
            "三、本年度办理结果",
            &"三、本年度办理结果".chars().map(|c| format!("<span>{c}</span>")).collect::<String>(),
        )
    };
    expect("one_span_a_character", &of_2021().with(each_character));
    let one_a_line = |markup: &str| {
        markup.replace(
            "三、本年度办理结果",
            &"三、本年度办理结果".chars().map(|c| format!("<p>{c}</p>")).collect::<String>(),
        )
    };
    expect("one_paragraph_a_character", &of_2021().with(one_a_line));
    expect(
        "heads_without_row_spans",
        &page(Edition::Y2021, numbers::PINGTAN_2023, Markup { flat_heads: true, ..Markup::default() }),
    );
    expect(
        "word_paste",
        &page(Edition::Y2021, numbers::PINGTAN_2023, Markup { word: true, split_heads: true, ..Markup::default() }),
    );
    let two_rows = |markup: &str| {
        let one: String = ["商业", "科研"].map(|half| format!("<td>{half}</td>")).concat();
        let rest: String =
            ["社会公益组织", "法律服务机构", "其他"].map(|head| format!("<td rowspan=\"2\">{head}</td>")).concat();
        let below: String = ["企业", "机构"].map(|half| format!("<td>{half}</td>")).concat();
        let heads: String = ["商业企业", "科研机构", "社会公益组织", "法律服务机构", "其他"]
            .map(|head| format!("<td>{head}</td>"))
            .concat();
        markup
            .replace(&format!("<tr>{heads}</tr>"), &format!("<tr>{one}{rest}</tr><tr>{below}</tr>"))
            .replace("colspan=\"3\" rowspan=\"3\"", "colspan=\"3\" rowspan=\"4\"")
            .replace("<td rowspan=\"2\">自然人", "<td rowspan=\"3\">自然人")
            .replace("<td rowspan=\"2\">总计</td></tr>\n<tr><td>商业", "<td rowspan=\"3\">总计</td></tr>\n<tr><td>商业")
    };
    expect("heads_over_two_rows", &of_2021().with(two_rows));
}

#[test]
fn tables_however_they_are_cut() {
    expect(
        "broken_over_a_page",
        &page(Edition::Y2019, numbers::PINGTAN_2019, Markup { page_break: true, word: true, ..Markup::default() }),
    );
    expect(
        "broken_over_a_page_2021",
        &page(Edition::Y2021, numbers::PINGTAN_2023, Markup { page_break: true, ..Markup::default() }),
    );
    expect(
        "crooked_spans",
        &page(Edition::Y2019, numbers::SHANGHAI_2019, Markup { crooked_two: true, ..Markup::default() }),
    );
    let mut one = of_2021();
    let rows = |markup: &str| markup.split("<tbody>").nth(1).unwrap().split("</tbody>").next().unwrap().to_owned();
    one.two = format!("<table><tbody>{}{}{}</tbody></table>", rows(&one.two), rows(&one.three), rows(&one.four));
    (one.three, one.four) = (String::new(), String::new());
    expect("all_in_one_table", &one);
    let mut ten = of_2021();
    ten.two = ten.two.replace(
        "<tr><td colspan=\"4\">第二十条",
        "</tbody></table><p>续表</p><table><tbody><tr><td colspan=\"4\">第二十条",
    );
    expect("table_two_in_pieces", &ten);
    let mut layout = of_2021();
    layout.two = format!(
        "<table width=100%><tr><td>当前位置：首页</td></tr><tr><td><table><tr><td>{}</td></tr></table></td></tr></table>",
        layout.two
    );
    layout.three = format!("<table><tr><td>{}</td></tr></table>", layout.three);
    expect("layout_tables_around", &layout);
    let mut metadata = of_2021();
    metadata.two = format!(
        "<table><tr><td>索 引 号：</td><td>580267448/2024-276400</td><td>文号</td><td></td></tr></table>{}",
        metadata.two
    );
    expect("metadata_table_before", &metadata);
    let mut prose = of_2021();
    prose.two = format!(
        "<p>全年主动公开政府信息124条，其中政府文件21条。</p>{}<p>（二）主动公开政府信息的主要类别：规章0件。</p>",
        prose.two
    );
    expect("prose_between", &prose);
    let mut drafting = of_2021();
    drafting.two = format!("<p>该部分以表格形式报告。表格如下:</p>{}", drafting.two);
    expect("drafting_instruction_left_in", &drafting);
    let mut footnote = of_2021();
    footnote.four.push_str("<p>注：行政复议、行政诉讼数量含上年度结转数量。</p>");
    expect("footnote_below", &footnote);
}

#[test]
fn rows_and_columns_too_many_or_too_few() {
    let mut extra = of_2019();
    extra.two = extra.two.replacen(
        "<tr><td colspan=\"4\">第二十条第（五）项",
        "<tr><td>其他主动公开文件</td><td>4</td><td>4</td><td>9</td></tr><tr><td colspan=\"4\">第二十条第（五）项",
        1,
    );
    expect("provincial_extra_row", &extra);
    let mut single = of_2021();
    let old = of_2019();
    let row = old.three.lines().find(|line| line.contains("（六）其他处理")).unwrap().to_owned();
    let start = single.three.find("<tr><td rowspan=\"3\">（六）其他处理").unwrap();
    let end = single.three.find("<tr><td colspan=\"2\">（七）总计").unwrap();
    single.three.replace_range(start..end, &row);
    single.cells.retain(|code, _| !code.starts_with("applications.other."));
    single.cells.extend(
        old.cells
            .iter()
            .filter(|(code, _)| code.starts_with("applications.other/"))
            .map(|(code, text)| (code.clone(), text.clone())),
    );
    expect("single_row_of_other_outcomes_in_a_2021_report", &single);
    let parsed = read(whole(&single.html()).as_bytes(), "text/html");
    assert_eq!(parsed.report.unwrap().edition, Some(Edition::Y2021));
    let mut empty_column = of_2021();
    empty_column.three = empty_column.three.replace("</tr>", "<td></td></tr>");
    expect("extra_empty_column", &empty_column);
    let mut empty_first = of_2021();
    empty_first.two =
        empty_first.two.replace("<tr><td colspan", "<tr><td></td><td colspan").replace("<tr><td>", "<tr><td></td><td>");
    expect("extra_empty_first_column", &empty_first);
    let mut dropped = of_2021();
    dropped.three = dropped
        .three
        .lines()
        .filter(|line| !line.contains("3.要求提供公开出版物"))
        .map(|line| format!("{line}\n"))
        .collect::<String>()
        .replace("rowspan=\"22\"", "rowspan=\"21\"")
        .replace("rowspan=\"5\"", "rowspan=\"4\"");
    dropped.cells.retain(|code, _| !code.starts_with("applications.rejected.publication"));
    expect("a_row_left_out", &dropped);
    let blanks = page(Edition::Y2019, numbers::SHANGHAI_2019, Markup::default());
    expect("total_column_blank_on_sub_rows", &blanks);
    let mut repeated = of_2021();
    repeated.three = repeated.three.replace("<tr><td>1.属于国家秘密", "<tr><td></td><td>1.属于国家秘密");
    let mut labels_in_empty_cells = of_2021();
    labels_in_empty_cells.three = with_empty_group_cells(&labels_in_empty_cells.three);
    expect("group_label_in_empty_cells", &labels_in_empty_cells);
}

/// Row spans of labels undone: the label on its first row, empty cells below.
fn with_empty_group_cells(markup: &str) -> String {
    let mut open: Vec<(usize, usize)> = Vec::new();
    let mut out = String::new();
    for line in markup.lines() {
        let in_body = line.starts_with("<tr>")
            && !line.contains("申请人情况")
            && !line.contains("自然人")
            && !line.contains("商业企业");
        if !in_body {
            out.push_str(line);
            out.push('\n');
            continue;
        }
        let mut prefix = String::new();
        for (_, left) in &mut open {
            prefix.push_str("<td></td>");
            *left -= 1;
        }
        let mut row = line.to_owned();
        while let Some(at) = row.find("rowspan=\"") {
            let height: usize = row[at + 9..].split('"').next().unwrap().parse().unwrap();
            row = row.replacen(&format!("rowspan=\"{height}\""), "", 1);
            open.push((0, height - 1));
        }
        out.push_str(&row.replacen("<tr>", &format!("<tr>{prefix}"), 1));
        out.push('\n');
        open.retain(|(_, left)| *left > 0);
    }
    out
}

#[test]
fn cells_however_they_are_filled() {
    // The cell of applications.granted/natural_person of the page, and what else may stand in it.
    let base = of_2021();
    let code = "applications.granted/natural_person";
    let printed = base.cells[code].clone();
    for (name, markup, text, state, value) in [
        ("non_breaking_space", "&nbsp;", "", CellState::Blank, None),
        ("office_blank", "<p class=MsoNormal><o:p>&nbsp;</o:p></p>", "", CellState::Blank, None),
        ("empty_paragraph", "<p></p>", "", CellState::Blank, None),
        ("slash", "/", "/", CellState::Slash, None),
        ("dash", "-", "-", CellState::Dash, None),
        ("long_dash", "——", "——", CellState::Dash, None),
        ("leading_spaces", "  6", "6", CellState::Number, Some("6")),
        ("full_width_digits", "１２", "１２", CellState::Number, Some("12")),
        ("thousands_separator", "1,234", "1,234", CellState::Number, Some("1234")),
        ("digits_in_spans", "<span>1</span><span>2</span>", "12", CellState::Number, Some("12")),
        ("remark", "22（其中修订 16 件）", "22（其中修订16件）", CellState::Remark, Some("22")),
        ("signed", "-18", "-18", CellState::Number, Some("-18")),
        ("plus", "+1036", "+1036", CellState::Number, Some("1036")),
        ("worded_sign", "减4", "减4", CellState::Remark, Some("-4")),
        ("unit_in_cell", "251000元", "251000元", CellState::Remark, Some("251000")),
        ("decimal", "5949.088667", "5949.088667", CellState::Number, Some("5949.088667")),
        ("words", "见附件", "见附件", CellState::Unreadable, None),
        (
            "leaked_conditional_comment",
            "&lt;!--[if !supportMisalignedColumns]--&gt;7&lt;!--[endif]--&gt;",
            "7",
            CellState::Number,
            Some("7"),
        ),
        ("hidden_text", "<span style='display:none'>9</span>3", "3", CellState::Number, Some("3")),
        ("hidden_text_by_attribute", "<span hidden>9</span>3", "3", CellState::Number, Some("3")),
        ("hidden_text_in_capitals", "<SPAN Hidden=HIDDEN>9</SPAN>3", "3", CellState::Number, Some("3")),
        ("nested_table", "5<table><tr><td>99</td></tr></table>", "5", CellState::Number, Some("5")),
        ("comment", "4<!-- 8 -->", "4", CellState::Number, Some("4")),
    ] {
        let mut page = of_2021();
        let from = format!("（一）予以公开</td><td>{printed}</td>");
        assert!(page.three.contains(&from));
        page.three = page.three.replace(&from, &format!("（一）予以公开</td><td>{markup}</td>"));
        let page = page.printed(code, text);
        if text.chars().any(|c| c.is_ascii_whitespace()) {
            continue;
        }
        let parsed = read(whole(&page.html()).as_bytes(), "text/html");
        let report = parsed.report.expect(name);
        let value_of = report.values.iter().find(|value| {
            value.indicator == "applications.granted" && value.applicant == Some(parse::Applicant::NaturalPerson)
        });
        let read_value = value_of.unwrap_or_else(|| panic!("{name}"));
        assert_eq!((read_value.state, read_value.value.as_deref()), (state, value), "{name}: {:?}", read_value.text);
        if name != "remark" {
            expect(name, &page);
        }
    }
}

#[test]
fn markup_however_it_is_broken() {
    expect("no_closing_tags", &of_2021().with(replaced(&[("</td>", ""), ("</tr>", ""), ("</tbody>", "")])));
    expect(
        "upper_case_tags",
        &of_2021().with(replaced(&[
            ("<td", "<TD"),
            ("</td", "</TD"),
            ("<tr", "<TR"),
            ("<table", "<TABLE"),
            ("rowspan", "ROWSPAN"),
            ("colspan", "COLSPAN"),
        ])),
    );
    expect(
        "unquoted_attributes",
        &of_2021().with(|markup| {
            markup.replace("=\"", "=").replace("\" ", " ").replace("\">", ">").replace("border-collapse:collapse", "x")
        }),
    );
    expect("th_for_td", &of_2021().with(replaced(&[("<td", "<th"), ("</td", "</th")])));
    expect("row_span_zero", &of_2021().with(replaced(&[("rowspan=\"5\"", "rowspan=\"5\"")])));
    expect(
        "hidden_rows",
        &of_2021().with(replaced(&[(
            "<tbody>",
            "<tbody><tr style=\"display: none\"><td>规章</td><td>9</td><td>9</td><td>9</td></tr>",
        )])),
    );
    expect("zero_height_row_of_word", &of_2021().with(replaced(&[("</tbody>", "<![if !supportMisalignedColumns]><tr height=0><td width=98 style='border:none'></td><td style='border:none'></td></tr><![endif]></tbody>")])));
    expect("stray_paragraph_before_the_table", &of_2021().with(replaced(&[("<table", "<p><table")])));
    let second_head = format!("{}<title>头部</title><meta name=\"ArticleTitle\" content=\"头部\">", of_2021().html());
    expect_body("second_title_in_the_body", whole(&second_head).as_bytes(), "text/html", &of_2021().cells);
}

#[test]
fn encodings_however_they_are_declared() {
    let page = of_2021();
    let html = whole(&page.html());
    let gbk = |text: &str| encoding_rs::GB18030.encode(text).0.into_owned();
    let late = format!(
        "<html><head><script>{}</script><meta charset=gbk></head><body>{}</body></html>",
        "var x=1;".repeat(600),
        page.html()
    );
    for (name, body, content_type) in [
        ("gbk_declared_utf8", gbk(&html), "text/html; charset=utf-8"),
        ("gbk_declared_gb2312", gbk(&html.replace("utf-8", "gb2312")), "text/html"),
        ("utf8_declared_gb2312", html.replace("utf-8", "gb2312").into_bytes(), "text/html; charset=gb2312"),
        ("utf8_declared_latin1", html.clone().into_bytes(), "text/html; charset=iso-8859-1"),
        ("gbk_not_declared", gbk(&html.replace("<meta charset=\"utf-8\">", "")), "text/html"),
        ("utf8_with_mark", [b"\xEF\xBB\xBF".as_slice(), html.as_bytes()].concat(), "text/html; charset=gbk"),
        ("late_meta", gbk(&late), "text/html"),
    ] {
        expect_body(name, &body, content_type, &page.cells);
    }
    let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain(html.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    expect_body("utf16_with_mark", &utf16, "text/html", &page.cells);
}

#[test]
fn text_however_it_was_pasted() {
    let page = of_2021();
    let rows = |markup: &str| -> Vec<Vec<String>> {
        let cell = |cell: &str| cell.split('>').nth(1).unwrap().split('<').next().unwrap().to_owned();
        markup.split("<tr>").skip(1).map(|row| row.split("<td").skip(1).map(cell).collect()).collect()
    };
    let all: Vec<Vec<String>> =
        [&page.two, &page.three, &page.four].into_iter().flat_map(|markup| rows(markup)).collect();
    let title = "某局2023年政府信息公开工作年度报告\n";
    let pipes: String = all.iter().map(|row| format!("{} |\n", row.join(" | "))).collect();
    expect_body("pipes", format!("{title}{pipes}").as_bytes(), "text/plain", &page.cells);
    let outer: String = all.iter().map(|row| format!("| {} |\n", row.join(" | "))).collect();
    expect_body("pipes_on_both_sides", format!("{title}{outer}").as_bytes(), "text/plain", &page.cells);
    let tabs: String = all.iter().map(|row| format!("{}\n", row.join("\t"))).collect();
    expect_body("tabs", format!("{title}{tabs}").as_bytes(), "text/plain", &page.cells);
    let lines: String = all.iter().flatten().map(|cell| format!("{cell}\n\n")).collect();
    expect_body("one_cell_a_line", format!("{title}{lines}").as_bytes(), "text/plain", &page.cells);
    let crlf: String = all.iter().flatten().map(|cell| format!("{cell}\r\n")).collect();
    expect_body("one_cell_a_line_crlf", format!("{title}{crlf}").as_bytes(), "text/plain", &page.cells);
    // Everything glued: labels and digits without cells give no number.
    let glued: String = all.iter().flatten().map(String::as_str).collect();
    let parsed = read(format!("{title}{glued}").as_bytes(), "text/plain");
    let report = parsed.report.expect("a report, though none of its cells");
    assert!(report.values.iter().all(|value| value.value.is_none() || value.suggested), "{:?}", report.values.first());
    assert!(report.findings.iter().any(|finding| finding.rule == "glued"));
}
