//! www.shanghai.gov.cn: a report on the form of 2019, the spans of its second table crooked, blanks where others print 0, a
//! unit inside a cell.

use crate::demo::form::{self, Markup};
use crate::demo::numbers::{Numbers, SHANGHAI_2019};
use crate::demo::page::{Page, sections};
use crate::parse::Edition;

pub const HOST: &str = "www.shanghai.gov.cn.localhost";
pub const REPORT: &str = "/nw12344/20200131/0001-12344_63618.html";
const TITLE: &str = "2019年上海市人民政府办公厅政府信息公开工作年度报告";

pub fn pages() -> Vec<Page> {
    let numbers = Numbers::of(Edition::Y2019, SHANGHAI_2019);
    let markup = Markup { crooked_two: true, ..Markup::default() };
    let overview = "市政府办公厅代表市政府共受理政府信息公开申请859件，申请数量较去年回落12.3%。";
    let body = format!(
        "<!doctype html><html><head><meta charset=\"utf-8\"><title>{TITLE}</title></head><body><p style=\"text-align:center\">{TITLE}</p><p>发布日期：2020-01-31</p><div id=\"ivs_content\"><p>本年度报告中所列数据统计期限从2019年1月1日到12月31日止。</p>{}</div></body></html>",
        sections(overview, &form::two(&numbers, markup), &form::three(&numbers, markup), &form::four(&numbers, markup))
    );
    vec![Page { status: 404, ..Page::robots(HOST, "") }, Page::utf8(HOST, REPORT, body)]
}
