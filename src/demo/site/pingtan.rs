//! www.pingtan.gov.cn: TRS. A listing of two pages counted from 0; one report on each form, the older with its third table
//! broken over a Word page break.

use crate::demo::form::{self, Markup};
use crate::demo::numbers::{Numbers, PINGTAN_2019, PINGTAN_2023};
use crate::demo::page::{Page, sections};
use crate::parse::Edition;

pub const HOST: &str = "www.pingtan.gov.cn.localhost";
pub const LISTING: &str = "/zwgk/zfxxgk/zfxxgknb/";
const SECOND: &str = "/zwgk/zfxxgk/zfxxgknb/index_1.htm";
const OF_2023: &str = "/zwgk/zfxxgk/zfxxgknb/202403/t20240308_87885.htm";
const OF_2019: &str = "/zwgk/zfxxgk/zfxxgknb/202001/t20200131_80576.htm";

pub fn pages() -> Vec<Page> {
    let of_2023 = Numbers::of(Edition::Y2021, PINGTAN_2023);
    let of_2019 = Numbers::of(Edition::Y2019, PINGTAN_2019);
    vec![
        Page::robots(HOST, "User-agent: *\nAllow: /\n"),
        listing(
            LISTING,
            0,
            "./202403/t20240308_87885.htm",
            "平潭综合实验区2023年度政府信息公开工作年度报告",
            "2024-03-08",
        ),
        listing(
            SECOND,
            1,
            "./202001/t20200131_80576.htm",
            "平潭综合实验区2019年度政府信息公开工作年度报告",
            "2020-01-31",
        ),
        report(
            OF_2023,
            "2023",
            "2024-03-08 15:34",
            &of_2023,
            Markup { word: true, ..Markup::default() },
            "2023年全区接收通过邮寄、网络提交的各类政府信息公开申请共计81件，因政府信息公开引起的行政复议案件2件。",
        ),
        report(
            OF_2019,
            "2019",
            "2020-01-31 09:10",
            &of_2019,
            Markup { word: true, page_break: true, ..Markup::default() },
            "2019年共收到政府信息公开申请23件。",
        ),
    ]
}

fn listing(path: &'static str, current: usize, href: &str, title: &str, date: &str) -> Page {
    let body = format!(
        "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><title>政府信息公开年报_平潭综合实验区</title><meta name=\"ColumnName\" content=\"政府信息公开年报\"></head><body><ul class=\"list\"><li><a href=\"{href}\" title=\"{title}\">{title}</a><span>{date}</span></li></ul>\n<div class=\"page\"><script>createPageHTML(2, {current}, \"index\", \"htm\");</script></div></body></html>"
    );
    Page::utf8(HOST, path, body)
}

fn report(path: &'static str, year: &str, published: &str, numbers: &Numbers, markup: Markup, overview: &str) -> Page {
    let title = format!("平潭综合实验区{year}年度政府信息公开工作年度报告");
    let body = format!(
        "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><title>{title}_政府信息公开年报_平潭综合实验区党工委管委会</title></head><body>\n<div class=\"article_title\">{title}</div><div class=\"article_extend\"><span>来源：平潭综合实验区管委会办公室</span> <span>时间：{published}</span></div>\n<div class=TRS_Editor>{}</div></body></html>",
        sections(overview, &form::two(numbers, markup), &form::three(numbers, markup), &form::four(numbers, markup))
    );
    Page::utf8(HOST, path, body)
}
