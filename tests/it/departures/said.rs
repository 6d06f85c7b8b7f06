//! What reports say in words: of whom and of which year they are, and numbers that the tables must or need not bear out.

use gongkai::parse::{CellState, Edition, PageKind, Verdict};

use super::page::{Page, TITLE};
use super::{read, read_html};

/// A sentence, and the kind of claim in it that the tables contradict. `{received}` and the like are the tables' numbers.
const CLAIMS: &[(&str, Option<&str>)] = &[
    ("2023年共收到政府信息公开申请{received}件，上年结转{carried_in}件，结转下年度{carried_out}件。", None),
    ("2023年共收到政府信息公开申请3件。", Some("received")),
    ("因政府信息公开引发行政复议3件。", Some("reviews")),
    ("因政府信息公开引发行政复议{reviews}件。2022年引发行政复议3件。", None),
    ("2022年我区共收到政府信息公开申请77件，2023年收到{received}件。", None),
    ("2022年我区共收到政府信息公开申请77件。", None),
    ("全年共办理行政复议案件320件，审理行政诉讼案件45件。", None),
    ("我局作为被申请人的行政复议案件15件、行政诉讼案件9件，与政府信息公开无关。", None),
    ("本年度公开规范性文件3500件，转发上级规范性文件800件。", None),
    ("全区39家单位共收到政府信息公开申请1986件。", None),
    ("受理行政许可申请12000件，接收项目备案申请18件。", None),
    ("自2008年《条例》施行以来，累计受理公开申请3321件；近三年收到公开申请889件。", None),
    ("第一季度收到政府信息公开申请5件，收到补正后的公开申请3件。", None),
    ("上年结转含2022年12月收到的公开申请12件。", None),
    ("配合上级机关办理政府信息公开行政复议2件。", None),
    ("其中，县公安局收到政府信息公开申请99件，县政府办公室收到88件。", None),
    ("2019年至2023年，累计收到政府信息公开申请999件。", None),
    ("受理群众依申请公开咨询89件次，信息公开申请平台收到留言97件。", None),
    ("全区各部门共收到政府信息公开申请1986件。", None),
    ("报备规范性文件12件，对外公开规章3件、规范性文件45件。", None),
    ("收到行政复议2件（均为非信息公开类），行政诉讼3件。政府信息公开工作有序。", None),
    ("平潭综合实验区收到政府信息公开申请3件。", Some("received")),
];

#[test]
fn claims_that_the_tables_contradict() {
    for (sentence, contradicted) in CLAIMS {
        let mut page = Page::of(Edition::Y2021);
        let number = |code: &str| page.expected[code].1.clone().unwrap();
        let sentence = sentence
            .replace("{received}", &number("applications.received/total"))
            .replace("{carried_in}", &number("applications.carried_in/total"))
            .replace("{carried_out}", &number("applications.carried_out/total"))
            .replace("{reviews}", &number("review.total"));
        page.before.insert(0, format!("<p>{sentence}</p>\n"));
        let findings = read(&page).report.unwrap().findings;
        let fails: Vec<&str> =
            findings.iter().filter(|finding| finding.verdict == Verdict::Fail).map(|f| f.detail.as_str()).collect();
        let named: Vec<&str> = fails.iter().filter_map(|detail| Some(detail.split_once(':')?.0)).collect();
        assert_eq!(named, contradicted.iter().copied().collect::<Vec<_>>(), "{sentence}: {fails:?}");
    }
}

#[test]
fn whose_report_and_of_which_year() {
    for (title, sentence, year, agency) in [
        ("莲都区水利局二〇二三年政府信息公开工作年度报告", "成效明显。", 2023, "莲都区水利局"),
        ("莲都区水利局二○二三年度政府信息公开年报", "成效明显。", 2023, "莲都区水利局"),
        ("莲都区水利局政府信息公开工作年度报告（2023）", "成效明显。", 2023, "莲都区水利局"),
        ("2024年1月公布的莲都区水利局2023年政府信息公开工作年度报告", "成效明显。", 2023, "莲都区水利局"),
        (
            "莲都区水利局政府信息公开工作年度报告",
            "根据2019年修订的《中华人民共和国政府信息公开条例》，现公布2023年度政府信息公开工作年度报告。",
            2023,
            "莲都区水利局",
        ),
        ("莲都区水利局政府信息公开年报", "数据统计期限自2022年12月1日至2023年11月30日。", 2023, "莲都区水利局"),
        (
            "莲都区水利局政府信息公开年报",
            "数据统计期限自二〇二二年十二月一日至二〇二三年十一月三十日。",
            2023,
            "莲都区水利局",
        ),
        ("莲都区水利局政府信息公开年报", "现公布二〇二三年度政府信息公开工作年度报告。", 2023, "莲都区水利局"),
        ("莲都区水利局政府信息公开2023年度报告", "成效明显。", 2023, "莲都区水利局"),
        ("二〇二四年一月公布的莲都区水利局二〇二三年政府信息公开工作年度报告", "成效明显。", 2023, "莲都区水利局"),
        ("2024年01月25日 莲都区水利局2023年政府信息公开工作年度报告", "成效明显。", 2023, "莲都区水利局"),
        ("莲都区水利局关于公布《2023年政府信息公开工作年度报告》的公告", "成效明显。", 2023, "莲都区水利局"),
        ("莲都区水利局关于2023年政府信息公开工作情况的报告", "成效明显。", 2023, "莲都区水利局"),
        ("中华人民共和国黄埔海关2023年政府信息公开工作年度报告", "成效明显。", 2023, "中华人民共和国黄埔海关"),
        (
            "2023年政府信息公开工作年度报告",
            "特向社会公布丽水市莲都区水利局2023年度政府信息公开工作年度报告，由概述等部分组成。",
            2023,
            "丽水市莲都区水利局",
        ),
        (
            "2023年政府信息公开工作年度报告",
            "本报告由丽水市莲都区水利局按照《中华人民共和国政府信息公开条例》要求编制。",
            2023,
            "丽水市莲都区水利局",
        ),
    ] {
        let mut page = Page::of(Edition::Y2021);
        page.before.insert(0, format!("<p>{sentence}</p>\n"));
        let html = String::from_utf8(page.served().1).unwrap().replace(TITLE, title);
        let report = read_html(&html).report.unwrap();
        assert_eq!((report.year, report.agency.as_deref()), (Some(year), Some(agency)), "{title}");
    }
}

#[test]
fn links_beside_a_report_are_no_title_of_it() {
    let links = [2025, 2024, 2022]
        .map(|year| format!("<li><a href=\"/{year}.html\">{}</a></li>", TITLE.replace("2023", &year.to_string())));
    let page = Page::of(Edition::Y2021);
    let html = String::from_utf8(page.served().1).unwrap();
    let html = html
        .replace(&format!("<title>{TITLE}</title>"), "")
        .replace(&format!("<h1>{TITLE}</h1>"), &format!("<ul>{}</ul><p>{TITLE}</p>", links.concat()));
    assert_eq!(read_html(&html).report.unwrap().year, Some(2023));
}

#[test]
fn a_year_that_the_period_contradicts_is_said() {
    let mut page = Page::of(Edition::Y2021);
    page.before.insert(0, "<p>本报告数据统计期限自2022年1月1日起至2022年12月31日止。</p>\n".into());
    let report = read(&page).report.unwrap();
    assert_eq!(report.year, Some(2023));
    let said = report.findings.iter().find(|finding| finding.rule == "year").expect("a finding");
    assert_eq!((said.left.as_deref(), said.right.as_deref()), (Some("2023"), Some("2022")));
}

#[test]
fn what_is_about_reports_is_none() {
    let sections = "<p>一、总体情况</p><p>二、主动公开政府信息情况</p><p>三、收到和处理政府信息公开申请情况</p><p>五、存在的主要问题及改进情况</p>";
    let mut empty = Page::of(Edition::Y2021);
    empty.print_all(CellState::Blank, |_| String::new());
    let form: String = empty.tables.iter().map(|table| empty.markup(table)).collect();
    let navigation = "<ul><li>首页</li><li>政府信息公开年报</li></ul>";
    for (title, body) in [
        ("《丽水市2023年政府信息公开工作年度报告》解读", sections),
        ("莲都区水利局2023年法治政府建设年度报告", sections),
        ("关于做好2023年政府信息公开工作年度报告编制发布工作的通知", form.as_str()),
        ("政府信息公开工作年度报告格式", form.as_str()),
    ] {
        let html = format!(
            "<html><head><meta charset=utf-8><title>{title}</title></head><body>{navigation}<h1>{title}</h1>{body}</body></html>"
        );
        let parsed = read_html(&html);
        assert!(parsed.report.is_none() && parsed.page.kind != PageKind::Report, "{title}: {}", parsed.page.reason);
    }
}

/// The reports before 2014, which say their numbers in sentences.
#[test]
fn what_is_said_in_words_alone_is_a_report_without_numbers() {
    let html = "<meta charset=utf-8><title>正文</title><p>莲都区水利局</p><p>2010年政府信息公开工作年度报告</p><p>一、概述</p>\
        <p>本报告统计期限自2010年1月1日起至2010年12月31日止。</p><p>二、主动公开政府信息情况</p>\
        <p>主动公开政府信息1234条，其中政策法规类156条，占12.6%。</p><p>三、依申请公开政府信息情况</p>\
        <p>受理申请17件，同意公开12件。</p><table><tr><td>类别</td><td>数量（条）</td></tr><tr><td>行政许可</td><td>213</td></tr></table>";
    let report = read_html(html).report.unwrap();
    assert_eq!((report.year, report.agency.as_deref(), report.edition), (Some(2010), Some("莲都区水利局"), None));
    assert!(report.values.is_empty(), "{:?}", report.values);
    assert!(report.findings.iter().any(|finding| finding.rule == "no_table"), "{:?}", report.findings);
}
