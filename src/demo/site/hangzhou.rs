//! www.hangzhou.gov.cn: Hanweb. The listing's rows stand in CDATA inside a script; the report has the 索引号 block and no
//! title in its body; bodies are gzipped.

use crate::demo::form::{self, Markup};
use crate::demo::numbers::{HANGZHOU_2023, Numbers};
use crate::demo::page::{Page, metas, sections};
use crate::parse::Edition;

pub const HOST: &str = "www.hangzhou.gov.cn.localhost";
pub const LISTING: &str = "/col/col1229063423/index.html";
pub const REPORT: &str = "/art/2024/1/19/art_1229063423_4327350.html";
const TITLE: &str = "杭州市人力资源和社会保障局2023年政府信息公开工作年度报告";

pub fn pages() -> Vec<Page> {
    vec![Page { status: 404, ..Page::robots(HOST, "") }, listing(), report()]
}

fn listing() -> Page {
    let record = format!(
        "<li><a href=\"{REPORT}\" target=\"_blank\" title=\"{TITLE}\">杭州市人力资源和社会保障局2023年政府信…</a><span>2024-01-19</span></li>"
    );
    let body = format!(
        "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><title>政府信息公开年报</title><meta name=\"ColumnName\" content=\"政府信息公开年报\"></head><body>\n<div id=\"256283\"><script type=\"text/xml\"><datastore>\n<nextgroup><![CDATA[<a href=\"/module/web/jpage/dataproxy.jsp?page=1&appid=1\"></a>]]></nextgroup>\n<recordset>\n<record><![CDATA[{record}]]></record>\n</recordset></datastore></script></div></body></html>"
    );
    Page::utf8(HOST, LISTING, body).gzipped()
}

fn report() -> Page {
    let numbers = Numbers::of(Edition::Y2021, HANGZHOU_2023);
    let markup = Markup { flat_heads: true, ..Markup::default() };
    let block = "<table class=\"xxgk_info\"><tr><td>索 引 号：</td><td>580267448/2024-276400</td><td>公开方式：</td><td>主动公开</td></tr><tr><td>文 号：</td><td></td><td>成文日期：</td><td>2024-01-19</td></tr><tr><td>发布单位：</td><td>市人力社保局</td><td>主题分类：</td><td>其他</td></tr></table>";
    let overview = "全年共收到政府信息公开申请50件，予以公开16件，部分公开3件，结转下年度继续办理2件。行政复议7件，均维持结果；行政诉讼3件。";
    let body = format!(
        "<!DOCTYPE html><html><head><meta charset=\"utf-8\">\n{}<title>{TITLE}</title></head><body>\n{block}\n<div id=\"zoom\"><p>2023年，杭州市人力资源和社会保障局根据《中华人民共和国政府信息公开条例》，对照省市政务公开工作要求编制。</p>\n{}</div>\n<div class=\"footer\">网站标识码：3301000075</div></body></html>",
        metas(
            "杭州市人民政府门户网站",
            "www.hangzhou.gov.cn",
            "3301000075",
            "政府信息公开年报",
            TITLE,
            "2024-01-19 15:34"
        ),
        sections(overview, &form::two(&numbers, markup), &form::three(&numbers, markup), &form::four(&numbers, markup))
    );
    Page::utf8(HOST, REPORT, body).gzipped()
}
