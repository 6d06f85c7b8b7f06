//! www.hangzhou.gov.cn: Hanweb. The listing's rows stand in CDATA inside a script; reports have the 索引号 block and no
//! title in their bodies; bodies are gzipped. One report is a department's, one the whole city's.

use crate::demo::form::{self, Markup};
use crate::demo::numbers::{HANGZHOU_2023, HANGZHOU_2025, Numbers};
use crate::demo::page::{Page, metas, sections};
use crate::parse::Edition;

pub const HOST: &str = "www.hangzhou.gov.cn.localhost";
pub const LISTING: &str = "/col/col1229063423/index.html";

struct Article {
    path: &'static str,
    title: &'static str,
    published: &'static str,
    index_number: &'static str,
    publisher: &'static str,
    preface: &'static str,
    overview: &'static str,
    numbers: &'static str,
}

const OF_DEPARTMENT: Article = Article {
    path: "/art/2024/1/19/art_1229063423_4327350.html",
    title: "杭州市人力资源和社会保障局2023年政府信息公开工作年度报告",
    published: "2024-01-19",
    index_number: "580267448/2024-276400",
    publisher: "市人力社保局",
    preface: "2023年，杭州市人力资源和社会保障局根据《中华人民共和国政府信息公开条例》，对照省市政务公开工作要求编制。",
    overview: "全年共收到政府信息公开申请50件，予以公开16件，部分公开3件，结转下年度继续办理2件。行政复议7件，均维持结果；行政诉讼3件。",
    numbers: HANGZHOU_2023,
};

const OF_CITY: Article = Article {
    path: "/art/2026/3/12/art_1229063423_4391207.html",
    title: "杭州市人民政府2025年政府信息公开工作年度报告",
    published: "2026-03-12",
    index_number: "002489330/2026-031207",
    publisher: "市政府办公厅",
    preface: "本报告根据《中华人民共和国政府信息公开条例》编制，数据统计期限为2025年1月1日至2025年12月31日。",
    overview: "全市新收政府信息公开申请14069件，上年结转560件，予以公开5548件，部分公开2168件，结转下年度继续办理819件。",
    numbers: HANGZHOU_2025,
};

pub fn pages() -> Vec<Page> {
    vec![
        Page { status: 404, ..Page::robots(HOST, "") },
        listing(),
        rest_of_listing(),
        report(&OF_DEPARTMENT),
        report(&OF_CITY),
    ]
}

fn listing() -> Page {
    let record = |article: &Article| {
        let cut: String = article.title.chars().take(20).collect();
        format!(
            "<record><![CDATA[<li><a href=\"{}\" target=\"_blank\" title=\"{}\">{cut}…</a><span>{}</span></li>]]></record>\n",
            article.path, article.title, article.published
        )
    };
    let records: String = [OF_CITY, OF_DEPARTMENT].iter().map(record).collect();
    let body = format!(
        "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><title>政府信息公开年报</title><meta name=\"ColumnName\" content=\"政府信息公开年报\"></head><body>\n<div id=\"256283\"><script type=\"text/xml\"><datastore>\n<nextgroup><![CDATA[<a href=\"/module/web/jpage/dataproxy.jsp?page=2&appid=1\"></a>]]></nextgroup>\n<recordset>\n{records}</recordset></datastore></script></div></body></html>"
    );
    Page::utf8(HOST, LISTING, body).gzipped()
}

/// What the product answers behind the last row.
fn rest_of_listing() -> Page {
    Page::utf8(HOST, "/module/web/jpage/dataproxy.jsp", "<datastore><recordset></recordset></datastore>".to_owned())
}

fn report(article: &Article) -> Page {
    let Article { path, title, published, index_number, publisher, preface, overview, numbers } = article;
    let numbers = Numbers::of(Edition::Y2021, numbers);
    let markup = Markup { flat_heads: true, ..Markup::default() };
    let block = format!(
        "<table class=\"xxgk_info\"><tr><td>索 引 号：</td><td>{index_number}</td><td>公开方式：</td><td>主动公开</td></tr><tr><td>文 号：</td><td></td><td>成文日期：</td><td>{published}</td></tr><tr><td>发布单位：</td><td>{publisher}</td><td>主题分类：</td><td>其他</td></tr></table>"
    );
    let metas = metas(
        "杭州市人民政府门户网站",
        "www.hangzhou.gov.cn",
        "3301000075",
        "政府信息公开年报",
        title,
        &format!("{published} 15:34"),
    );
    let body = format!(
        "<!DOCTYPE html><html><head><meta charset=\"utf-8\">\n{metas}<title>{title}</title></head><body>\n{block}\n<div id=\"zoom\"><p>{preface}</p>\n{}</div>\n<div class=\"footer\">网站标识码：3301000075</div></body></html>",
        sections(overview, &form::two(&numbers, markup), &form::three(&numbers, markup), &form::four(&numbers, markup))
    );
    Page::utf8(HOST, path, body).gzipped()
}
