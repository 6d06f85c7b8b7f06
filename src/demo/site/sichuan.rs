//! rst.sc.gov.cn: static pages named by a hash, GBK declared as gb2312, a listing of two pages; with a look-alike, a page
//! that is not there under status 200, and one that robots.txt forbids.

use crate::demo::form::{self, Markup};
use crate::demo::numbers::{Numbers, SICHUAN_2023};
use crate::demo::page::{Page, metas, sections};
use crate::parse::Edition;

pub const HOST: &str = "rst.sc.gov.cn.localhost";
pub const LISTING: &str = "/rst/xxgknb/zfxxgkpage.shtml";
pub const REPORT: &str = "/rst/xxgknb/2023/12/29/e8437c55c6fa40d4add476101bda6432.shtml";
pub const FORBIDDEN: &str = "/rst/internal/2020/12/30/11111111111111111111111111111111.shtml";
const EXPLANATION: &str = "/rst/xxgknb/2024/1/5/22222222222222222222222222222222.shtml";
const MISSING: &str = "/rst/xxgknb/2022/1/21/33333333333333333333333333333333.shtml";
const SITE: &str = "四川省人力资源和社会保障厅";

pub fn pages() -> Vec<Page> {
    vec![
        Page::robots(HOST, "User-agent: *\nDisallow: /rst/internal/\nCrawl-delay: 0\n"),
        listing(
            LISTING,
            &[
                (EXPLANATION, "《2023年政府信息公开工作年度报告》解读", "2024-01-05"),
                (MISSING, "四川省人力资源和社会保障厅2021年政府信息公开工作年度报告", "2022-01-21"),
                (FORBIDDEN, "四川省人力资源和社会保障厅2020年政府信息公开工作年度报告", "2020-12-30"),
            ],
            "<a href=\"zfxxgkpage_2.shtml\">下一页</a>",
        ),
        listing(
            "/rst/xxgknb/zfxxgkpage_2.shtml",
            &[(REPORT, "四川省人力资源和社会保障厅2023年政府信息公开工作年度报告", "2023-12-29")],
            "<a href=\"zfxxgkpage.shtml\">上一页</a>",
        ),
        report(),
        Page::gbk(
            HOST,
            EXPLANATION,
            &whole(
                "《2023年政府信息公开工作年度报告》解读",
                "",
                "<p>近日，我厅发布了2023年政府信息公开工作年度报告。现就有关内容解读如下。</p>",
            ),
        ),
        Page::gbk(HOST, MISSING, &whole("提示", "", "<div class=\"tip\">您访问的页面不存在或已被删除</div>")),
        Page::gbk(HOST, FORBIDDEN, &whole("2020", "", "<p>内部</p>")),
    ]
}

fn listing(path: &'static str, rows: &[(&str, &str, &str)], paging: &str) -> Page {
    let rows: String = rows
        .iter()
        .map(|(href, title, date)| {
            let cut: String = title.chars().take(16).collect();
            format!("<dd><a href=\"{href}\" title=\"{title}\" target=\"_blank\">{cut}…</a><span>{date}</span></dd>\n")
        })
        .collect();
    let body = format!("<div class=\"gknr_list\"><dl>\n{rows}</dl></div>\n<div class=\"page\">{paging}</div>");
    Page::gbk(HOST, path, &whole("政府信息公开年报", "", &body))
}

fn report() -> Page {
    let numbers = Numbers::of(Edition::Y2021, SICHUAN_2023);
    let markup = Markup { word: true, split_heads: true, ..Markup::default() };
    let title = format!("{SITE}2023年政府信息公开工作年度报告");
    let overview = "全年发布政策文件26件，其中规范性文件19件，政策解读19篇。全年共收到依申请154件次，比去年同比增长92.5%，除结转下年度继续办理2件外，其余全部在法定时限内办结。联系人：朱镕。";
    let body = format!(
        "<h1>{SITE}<br>2023年政府信息公开工作年度报告</h1>\n<div class=\"info\">发布时间: 2023-12-29 来源: 厅办公室 【字体: 大 中 小】 浏览量:</div>\n<p>本报告根据《中华人民共和国政府信息公开条例》要求编制。报告所列数据的统计期限为2023年1月1日至2023年12月31日。</p>\n{}",
        sections(overview, &form::two(&numbers, markup), &form::three(&numbers, markup), &form::four(&numbers, markup))
    );
    let metas = metas(SITE, "rst.sc.gov.cn", "5100000039", "政府信息公开年报", &title, "2023-12-29 10:12");
    Page::gbk(HOST, REPORT, &whole(&title, &metas, &body))
}

fn whole(title: &str, metas: &str, body: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html><head><meta http-equiv=\"Content-Type\" content=\"text/html; charset=gb2312\">\n{metas}<title>{title}_{SITE}</title></head>\n<body><div class=\"crumb\">当前位置：<a href=\"/\">首页</a></div>\n<div class=\"main\">{body}</div>\n<div class=\"footer\">网站标识码：5100000039</div></body></html>"
    )
}
