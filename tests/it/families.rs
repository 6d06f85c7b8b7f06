//! A site for each family of content systems, in the shape its product has (shared/sites.md 1.2): what is found of what is there.

use std::path::Path;
use std::process::Output;

use super::crawl::{crawl, query};
use super::site::{Answer, Site};
use super::stderr;

/// A site: its host, the column that the seed names, its pages.
struct Family {
    name: &'static str,
    column: &'static str,
    pages: Vec<(String, Answer)>,
    /// Addresses of its reports.
    reports: Vec<String>,
}

fn report(year: u16) -> Answer {
    let text = "<p>一、总体情况</p><p>二、主动公开政府信息情况</p><p>三、收到和处理政府信息公开申请情况</p><p>六、其他需要报告的事项</p>";
    Answer::html(format!("<title>{year}年政府信息公开工作年度报告</title>{text}"))
}

fn json(text: String) -> Answer {
    let headers = vec![("Content-Type", "application/json".to_owned())];
    Answer::Page { status: 200, headers, body: text.into_bytes() }
}

fn row(href: &str, year: u16) -> String {
    format!("<li><a href='{href}'>{year}年政府信息公开工作年度报告</a></li>")
}

/// A family whose lists name the reports of 2019 to 2023, three on the first page and two on the second.
fn family(
    name: &'static str,
    column: &'static str,
    address: impl Fn(u16) -> String,
    pages: impl Fn(&[(String, u16)], &[(String, u16)]) -> Vec<(String, Answer)>,
) -> Family {
    let all: Vec<(String, u16)> = (2019..=2023).map(|year| (address(year), year)).collect();
    let mut pages = pages(&all[..3], &all[3..]);
    pages.extend(all.iter().map(|(address, year)| (address.clone(), report(*year))));
    Family { name, column, pages, reports: all.into_iter().map(|(address, _)| address).collect() }
}

fn rows(of: &[(String, u16)]) -> String {
    of.iter().map(|(address, year)| row(address, *year)).collect()
}

fn jpaas_unit(page: usize) -> String {
    let mut url = url::Url::parse("http://x/api-gateway/jpaas-publish-server/front/page/build/unit").unwrap();
    url.query_pairs_mut()
        .append_pair("pageId", "1229")
        .append_pair("parseType", "bulidstatic")
        .append_pair("tagId", "分页列表")
        .append_pair("paramJson", &format!("{{\"pageNo\":{page},\"pageSize\":15}}"));
    format!("{}?{}", url.path(), url.query().unwrap())
}

fn families() -> Vec<Family> {
    let unit =
        |of: &[(String, u16)]| json(serde_json::json!({"success": true, "data": {"html": rows(of)}}).to_string());
    let articles = |of: &[(String, u16)], total: usize| {
        let rows: Vec<_> = of
            .iter()
            .map(|(url, year)| serde_json::json!({"url": url, "title": format!("{year}年政府信息公开工作年度报告")}))
            .collect();
        (rows, total)
    };
    vec![
        family(
            "Hanweb JCMS",
            "/col/col1/index.html",
            |y| format!("/art/{y}/1/19/art_1_{y}.html"),
            |one, two| {
                let store = |of: &[(String, u16)]| {
                    let records: String =
                        of.iter().map(|(a, y)| format!("<record><![CDATA[{}]]></record>", row(a, *y))).collect();
                    format!("<recordset>{records}</recordset>")
                };
                let proxy = |page| format!("/module/web/jpage/dataproxy.jsp?page={page}&appid=1&webid=39&columnid=1");
                let group = format!("<nextgroup><![CDATA[<a href=\"{}\"></a>]]></nextgroup>", proxy(2));
                let first = format!("<script type='text/xml'><datastore>{group}{}</datastore></script>", store(one));
                vec![
                    ("/col/col1/index.html".into(), Answer::html(first)),
                    (proxy(2), Answer::html(format!("<datastore>{}</datastore>", store(two)))),
                    (proxy(3), Answer::html("<datastore></datastore>")),
                ]
            },
        ),
        family(
            "Hanweb JPaaS",
            "/col/col1229/index.html",
            |y| format!("/col/col1229/art/{y}/art_{y:032x}.html"),
            move |one, two| {
                let block = "{'parseType':'bulidstatic','tagId':'分页列表','pageId':'1229'}";
                let api = "/api-gateway/jpaas-publish-server/front/page/build/unit";
                vec![
                    (
                        "/col/col1229/index.html".into(),
                        Answer::html(format!(
                            "<title>政府信息公开年报</title><script url=\"{api}\" queryData=\"{block}\"></script>"
                        )),
                    ),
                    (jpaas_unit(1), unit(one)),
                    (jpaas_unit(2), unit(two)),
                    (jpaas_unit(3), json("{\"success\":true,\"data\":{\"html\":\"\"}}".into())),
                ]
            },
        ),
        family(
            "TRS, counted from 0",
            "/nb/",
            |y| format!("/nb/{y}01/t{y}0119_1.html"),
            |one, two| {
                let call = |current| format!("<script>createPageHTML(2, {current}, \"index\", \"html\")</script>");
                vec![
                    ("/nb/".into(), Answer::html(rows(one) + &call(0))),
                    ("/nb/index_1.html".into(), Answer::html(rows(two) + &call(1))),
                ]
            },
        ),
        family(
            "TRS, counted from 1",
            "/nb/",
            |y| format!("/nb/{y}01/t{y}0119_1.html"),
            |one, two| {
                let call = |current| format!("<script>createPageHTML(3, {current}, \"index\", \"html\")</script>");
                vec![
                    ("/nb/".into(), Answer::html(rows(one) + &call(1))),
                    ("/nb/index_1.html".into(), Answer::html(rows(one) + &call(1))),
                    ("/nb/index_2.html".into(), Answer::html(rows(&two[..1]) + &call(2))),
                    ("/nb/index_3.html".into(), Answer::html(rows(&two[1..]) + &call(3))),
                ]
            },
        ),
        family(
            "hex32 static",
            "/nb/zfxxgkpage.shtml",
            |y| format!("/nb/{y}/12/29/{y:032x}.shtml"),
            |one, two| {
                vec![
                    (
                        "/nb/zfxxgkpage.shtml".into(),
                        Answer::html(rows(one) + "<a href='zfxxgkpage_2.shtml'>下一页</a>"),
                    ),
                    ("/nb/zfxxgkpage_2.shtml".into(), Answer::html(rows(two))),
                ]
            },
        ),
        family(
            "UCAP",
            "/a/c112746/list.shtml",
            |y| format!("/a/c112746/{y}01/{y:032x}.shtml"),
            move |one, two| {
                let channel = "0123456789abcdef0123456789abcdef";
                let twin = |page: u8| {
                    format!(
                        "/common/search/{channel}?_isAgg=true&_isJson=true&_pageSize=20&_template=index&page={page}"
                    )
                };
                let answer = |of: &[(String, u16)]| {
                    let (rows, total) = articles(of, 21);
                    json(serde_json::json!({"data": {"total": total, "results": rows}}).to_string())
                };
                let page = format!("<meta name=channelId content={channel}><script>q='?_isJson=true'</script>");
                vec![
                    ("/a/c112746/list.shtml".into(), Answer::html(page)),
                    (twin(1), answer(one)),
                    (twin(2), answer(two)),
                ]
            },
        ),
        family(
            "gkmlpt",
            "/gkmlpt/index",
            |y| format!("/gkmlpt/content/1/1/post_{y}.html"),
            move |one, two| {
                let answer = |of: &[(String, u16)]| {
                    let (rows, total) = articles(of, 101);
                    json(serde_json::json!({"total": total, "articles": rows}).to_string())
                };
                let tree = r#"<div id=app></div><script>window._CONFIG={SID:175,TREE:[{"id":2629,"name":"政府信息公开年报"}]}</script>"#;
                let api = |page: u8| format!("/gkmlpt/api/all/2629?page={page}&sid=175");
                vec![("/gkmlpt/index".into(), Answer::html(tree)), (api(1), answer(one)), (api(2), answer(two))]
            },
        ),
        // Pages are counted down: the second of two is 1. The numbers stand in the pager too.
        family(
            "VSB",
            "/zfxxgknb.htm",
            |y| format!("/info/5069/{y}.htm"),
            |one, two| {
                let rows = |of: &[(String, u16)], up: &str| -> String {
                    let row = |(n, (address, year)): (usize, &(String, u16))| {
                        format!(
                            "<li id=\"line_u7_{n}\"><span> {year}-01-19</span><a href=\"{up}{}\"><em>{year}年政府信息公开工作年度报告</em></a></li>",
                            &address[1..]
                        )
                    };
                    of.iter().enumerate().map(row).collect()
                };
                let pager = |links: &str, at: u8| {
                    format!(
                        "<div class=\"pb_sys_common pb_sys_normal pb_sys_style1\"><span class=\"p_t\">共5条</span> <span class=\"p_pages\">{links}</span> <span class=\"p_t\">{at}/2</span></div>"
                    )
                };
                let first = "<span class=\"p_first_d p_fun_d\">首页</span><span class=\"p_prev_d p_fun_d\">上页</span><span class=\"p_no_d\">1</span><span class=\"p_no\"><a href=\"zfxxgknb/1.htm\">2</a></span><span class=\"p_next p_fun\"><a href=\"zfxxgknb/1.htm\">下页</a></span><span class=\"p_last p_fun\"><a href=\"zfxxgknb/1.htm\">尾页</a></span>";
                let last = "<span class=\"p_first p_fun\"><a href=\"../zfxxgknb.htm\">首页</a></span><span class=\"p_prev p_fun\"><a href=\"../zfxxgknb.htm\">上页</a></span><span class=\"p_no\"><a href=\"../zfxxgknb.htm\">1</a></span><span class=\"p_no_d\">2</span><span class=\"p_next_d p_fun_d\">下页</span><span class=\"p_last_d p_fun_d\">尾页</span>";
                vec![
                    ("/zfxxgknb.htm".into(), Answer::html(rows(one, "") + &pager(first, 1))),
                    ("/zfxxgknb/1.htm".into(), Answer::html(rows(two, "../") + &pager(last, 2))),
                ]
            },
        ),
        family(
            "VSB, not made into files",
            "/list.jsp?urltype=tree.TreeTempUrl&wbtreeid=5069",
            |y| format!("/content.jsp?urltype=news.NewsContentUrl&wbtreeid=5069&wbnewsid=114{y}"),
            |one, two| {
                let page = |n: u8| format!("?totalpage=2&PAGENUM={n}&urltype=tree.TreeTempUrl&wbtreeid=5069");
                let pager = |at: u8, links: String| {
                    format!("<table><tr><td id=fanye128813>共5条&nbsp;&nbsp;{at}/2&nbsp;{links}</td></tr></table>")
                };
                vec![
                    (
                        "/list.jsp?urltype=tree.TreeTempUrl&wbtreeid=5069".into(),
                        Answer::html(
                            rows(one)
                                + &pager(
                                    1,
                                    format!(
                                        "首页&nbsp;上页&nbsp;<a href='{0}' class=Next>下页</a>&nbsp;<a href='{0}'>尾页</a>",
                                        page(2)
                                    ),
                                ),
                        ),
                    ),
                    (
                        format!("/list.jsp{}", page(2)),
                        Answer::html(
                            rows(two)
                                + &pager(
                                    2,
                                    format!(
                                        "<a href='{0}'>首页</a>&nbsp;<a href='{0}'>上页</a>&nbsp;下页&nbsp;尾页",
                                        page(1)
                                    ),
                                ),
                        ),
                    ),
                ]
            },
        ),
        // The report of one year is what the seed names; the years beside it follow, as far as there are any.
        family(
            "Hanweb xxgk",
            "/module/xxgk/xxgkAnnualReport.jsp?area=7&fbtime=2021",
            |y| format!("/module/xxgk/xxgkAnnualReport.jsp?area=7&fbtime={y}"),
            |_, _| Vec::new(),
        ),
        family(
            "openness",
            "/openness/OpennessContent/showList/1283/0/page_1.html",
            |y| format!("/openness/OpennessAnnualReport/show/{y}.html"),
            |one, two| {
                let list = |page: usize| format!("/openness/OpennessContent/showList/1283/0/page_{page}.html");
                vec![
                    (list(1), Answer::html(rows(one))),
                    (list(2), Answer::html(rows(two))),
                    (list(3), Answer::html("<ul></ul>")),
                ]
            },
        ),
        family(
            "a shell around a frame",
            "/nb/index.html",
            |y| format!("/nb/{y}.html"),
            |one, two| {
                vec![
                    (
                        "/nb/index.html".into(),
                        Answer::html("<a href=/>首页</a><iframe src='/nb/list.jsp?p=1'></iframe>"),
                    ),
                    (
                        "/nb/list.jsp?p=1".into(),
                        Answer::html(format!("{}<a href='/nb/list.jsp?p=2'>下页</a>", rows(one))),
                    ),
                    ("/nb/list.jsp?p=2".into(), Answer::html(rows(two))),
                ]
            },
        ),
        // Lists asked for with a query.
        family(
            "Hanweb JCMS, rows posted for",
            "/col/col61490/index.html",
            |y| format!("/art/{y}/1/19/art_61490_{y}.html"),
            |one, two| {
                let records = |of: &[(String, u16)]| -> String {
                    of.iter().map(|(a, y)| format!("<record><![CDATA[{}]]></record>", row(a, *y))).collect()
                };
                let store = |of: &[(String, u16)]| {
                    format!("<datastore><totalrecord>64</totalrecord>{}</datastore>", records(of))
                };
                let script = "var param_7={col:1,appid:1,webid:39,path:'/',columnid:61490,sourceContentType:1,unitid:'7',webname:'某市某局',permissiontype:0}; \
                    $('#7').jpage({perPage:20,totalRecord:64,proxyUrl:'/module/web/jpage/dataproxy.jsp'});";
                let query = "col=1&appid=1&webid=39&path=%2F&columnid=61490&sourceContentType=1&unitid=7&webname=%E6%9F%90%E5%B8%82%E6%9F%90%E5%B1%80&permissiontype=0";
                let posted = |from: usize, to: usize| {
                    format!("/module/web/jpage/dataproxy.jsp?startrecord={from}&endrecord={to}&perpage=20 POST {query}")
                };
                let page = format!(
                    "<script>{script}</script><script type='text/xml'><datastore>{}</datastore></script>",
                    records(one)
                );
                vec![
                    ("/col/col61490/index.html".into(), Answer::html(page)),
                    (posted(4, 63), Answer::html(store(&two[..1]))),
                    (posted(64, 64), Answer::html(store(&two[1..]))),
                ]
            },
        ),
        family(
            "Hanweb xxgk search",
            "/col/col1256283/index.html",
            |y| format!("/art/{y}/1/19/art_1256283_{y}.html"),
            |one, two| {
                let posted = |page: u8| {
                    format!(
                        "/module/xxgk/search.jsp POST divid=div1256283&infotypeId=F0100001&jdid=149&area=&currpage={page}"
                    )
                };
                let script = "$('#div1256283').load('/module/xxgk/search.jsp?divid=div1256283&infotypeId=F0100001&jdid=149&area=');";
                let found =
                    |of: &[(String, u16)]| Answer::html(format!("<table>{}</table>&nbsp;&nbsp;共2页&nbsp;", rows(of)));
                vec![
                    (
                        "/col/col1256283/index.html".into(),
                        Answer::html(format!("<div id=div1256283></div><script>{script}</script>")),
                    ),
                    (posted(1), found(one)),
                    (posted(2), found(two)),
                ]
            },
        ),
        family(
            "Epoint",
            "/dynamic/zwgk/govInfoPub.html?categorynum=003006",
            |y| format!("/zwgk/003/003006/{y}0119/bc6e.html?y={y}"),
            |one, two| {
                let posted = |page: u8| {
                    format!(
                        "/EWB-FRONT/rest/lightfrontaction/getgovinfolist POST {{\"categorynum\":\"003006\",\"deptcode\":\"\",\"pageIndex\":{page},\"pageSize\":20,\"siteGuid\":\"bc6e-1\"}}"
                    )
                };
                let answer = |of: &[(String, u16)]| {
                    let rows: Vec<_> = of
                        .iter()
                        .map(|(url, year)| serde_json::json!({"infourl": url, "realtitle": format!("{year}年政府信息公开工作年度报告")}))
                        .collect();
                    json(serde_json::json!({"custom": {"total": 21, "data": rows}}).to_string())
                };
                let script = "var siteInfo = {\"projectName\":\"/EWB-FRONT\",\"siteGuid\":\"bc6e-1\"};";
                vec![
                    ("/dynamic/zwgk/govInfoPub.html?categorynum=003006".into(), Answer::html("<div id=list></div>")),
                    ("/js/webBuilderCommon.js?deptcode=&categorynum=003006".into(), Answer::html(script)),
                    (posted(0), answer(one)),
                    (posted(1), answer(two)),
                ]
            },
        ),
        family(
            "gtapp",
            "/gtapp/nrglIndex.action?classID=2c90&type=1",
            |y| format!("/gtapp/nrglIndex.action?type=2&messageID={y}"),
            |one, two| {
                let list = "/gtapp/nrglIndex.action?classID=2c90&type=1";
                let controls = "<a href=\"javascript:page('2')\">下一页</a><a href=\"javascript:page('3')\">尾页</a>";
                vec![
                    (list.into(), Answer::html(rows(one) + controls)),
                    (format!("{list} POST cpage=2"), Answer::html(rows(&two[..1]) + controls)),
                    (format!("{list} POST cpage=3"), Answer::html(rows(&two[1..]) + controls)),
                ]
            },
        ),
        // What the proxy calls page 1 is on some hosts what the column shows already.
        family(
            "Hanweb JCMS, the first rows again",
            "/col/col2/index.html",
            |y| format!("/art/{y}/1/19/art_2_{y}.html"),
            |one, two| {
                let store = |of: &[(String, u16)]| {
                    let record = |(a, y): &(String, u16)| format!("<record><![CDATA[{}]]></record>", row(a, *y));
                    format!("<recordset>{}</recordset>", of.iter().map(record).collect::<String>())
                };
                let proxy = |page| format!("/module/web/jpage/dataproxy.jsp?page={page}&appid=1&webid=39&columnid=2");
                let group = format!("<nextgroup><![CDATA[<a href=\"{}\"></a>]]></nextgroup>", proxy(1));
                let first = format!("<script type='text/xml'><datastore>{group}{}</datastore></script>", store(one));
                vec![
                    ("/col/col2/index.html".into(), Answer::html(first)),
                    (proxy(1), Answer::html(format!("<datastore>{}</datastore>", store(one)))),
                    (proxy(2), Answer::html(format!("<datastore>{}</datastore>", store(two)))),
                    (proxy(3), Answer::html("<datastore></datastore>")),
                ]
            },
        ),
        family(
            "Hanweb xxgk as it opens",
            "/module/xxgk/xxgkAnnualReport.jsp?area=8",
            |y| format!("/module/xxgk/xxgkAnnualReport.jsp?area=8&fbtime={y}"),
            |one, two| {
                let years = [one, two].concat();
                let options: String =
                    years.iter().map(|(_, y)| format!("<option value=\"{y}\">{y}年</option>")).collect();
                let opening = format!("<title>信息公开年报</title><select onchange=go()>{options}</select>");
                vec![("/module/xxgk/xxgkAnnualReport.jsp?area=8".into(), Answer::html(opening))]
            },
        ),
        family(
            "Lonsun as it opens",
            "/public/column/7?type=3&nav=5",
            |y| format!("/public/column/7?type=3&nav=5&timeFrame={y}"),
            |one, two| {
                let year = |(_, y): &(String, u16)| format!("<a href=javascript:; onclick=toYear({y})>{y}</a>");
                let years: String = [one, two].concat().iter().map(year).collect();
                vec![(
                    "/public/column/7?type=3&nav=5".into(),
                    Answer::html(format!("<title>信息公开年报</title>{years}")),
                )]
            },
        ),
        family(
            "years below the column",
            "/zfxxgk/zfxxgknb/",
            |y| format!("/zfxxgk/zfxxgknb/{y}n_8/{y}01/t1.html"),
            |one, two| {
                let all = [one, two].concat();
                let folder = |y: &u16| format!("/zfxxgk/zfxxgknb/{y}n_8/");
                let years: String = all.iter().map(|(_, y)| format!("<a href='{}'>{y}年</a>", folder(y))).collect();
                let title = "<title>政府信息公开年报</title>";
                let mut pages = vec![("/zfxxgk/zfxxgknb/".to_owned(), Answer::html(format!("{title}{years}")))];
                let of_year = |(a, y): &(String, u16)| (folder(y), Answer::html(format!("{title}{}", row(a, *y))));
                pages.extend(all.iter().map(of_year));
                pages
            },
        ),
        family(
            "groups and agencies below the column",
            "/zfxxgk/nb/index.html",
            |y| format!("/zfxxgk/nb/bm/1/{y}01/t1.html"),
            |one, two| {
                let title = "<title>政府信息公开年报</title>";
                let page = |path: &str, links: String| (path.to_owned(), Answer::html(format!("{title}{links}")));
                vec![
                    page(
                        "/zfxxgk/nb/index.html",
                        "<a href=bm/>市政府部门</a><a href=xz/>镇街</a><a href=/bm/>部门</a>".into(),
                    ),
                    page("/zfxxgk/nb/xz/", String::new()),
                    page("/zfxxgk/nb/bm/", "<a href=1/>某市财政局</a>".into()),
                    page("/zfxxgk/nb/bm/1/", rows(&[one, two].concat())),
                ]
            },
        ),
        family(
            "a page of other papers between",
            "/nb/",
            |y| format!("/nb/t{y}.html"),
            |one, two| {
                let other: String = (0..9).map(|at| format!("<a href=/nb/s{at}.html>2023年工作要点{at}</a>")).collect();
                let next = |page: u8| format!("<a href='/nb/index_{page}.html'>下一页</a>");
                vec![
                    ("/nb/".into(), Answer::html(rows(one) + &next(1))),
                    ("/nb/index_1.html".into(), Answer::html(other + &next(2))),
                    ("/nb/index_2.html".into(), Answer::html(rows(two))),
                ]
            },
        ),
        family(
            "ThinkPHP",
            "/list/15.html",
            |y| format!("/show/{y}.html"),
            |one, two| {
                let pager = |links: &str| format!("<ul class=\"pagination\">{links}</ul>");
                let first = "<li class=\"disabled\"><span>&laquo;</span></li><li class=\"active\"><span>1</span></li><li><a href=\"/list/15.html?page=2\">2</a></li><li><a href=\"/list/15.html?page=2\">&raquo;</a></li>";
                let last = "<li><a href=\"/list/15.html?page=1\">&laquo;</a></li><li><a href=\"/list/15.html?page=1\">1</a></li><li class=\"active\"><span>2</span></li><li class=\"disabled\"><span>&raquo;</span></li>";
                vec![
                    ("/list/15.html".into(), Answer::html(rows(one) + &pager(first))),
                    ("/list/15.html?page=2".into(), Answer::html(rows(two) + &pager(last))),
                ]
            },
        ),
        family(
            "Epoint, numbers alone",
            "/zwgk/001/001004/subpagelist.html",
            |y| format!("/zwgk/001/001004/{y}0120/bc6e.html"),
            |one, two| {
                let pager = "<ul><li class=active><a href=/zwgk/001/001004/subpagelist.html>1</a></li><li><a href=/zwgk/001/001004/2.html>2</a></li></ul>";
                vec![
                    ("/zwgk/001/001004/subpagelist.html".into(), Answer::html(rows(one) + pager)),
                    ("/zwgk/001/001004/2.html".into(), Answer::html(rows(two) + pager)),
                ]
            },
        ),
        family(
            "rows that a script opens",
            "/xxgk/list.asp?ClassID=15",
            |y| format!("/xxgk/show.asp?id={y}"),
            |one, two| {
                let title = |y: &u16| format!("{y}年政府信息公开工作年度报告");
                let call: String = one
                    .iter()
                    .map(|(_, y)| format!("<A HREF=\"javascript:openwin('show.asp?id={y}')\">{}</A>", title(y)))
                    .collect();
                let click: String = two
                    .iter()
                    .map(|(_, y)| {
                        format!("<a href=# onclick=\"window.open('show.asp?id={y}','_blank')\">{}</a>", title(y))
                    })
                    .collect();
                vec![("/xxgk/list.asp?ClassID=15".into(), Answer::html(call + &click))]
            },
        ),
        family(
            "titles cut short",
            "/nb/",
            |y| format!("/nb/{y}01/t{y}0120_1.html"),
            |one, two| {
                let cut: String =
                    one.iter().map(|(a, y)| format!("<a href='{a}'>某区农业农村局{y}年政府信…</a>")).collect();
                let titled: String = two
                    .iter()
                    .map(|(a, y)| {
                        format!(
                            "<a href='{a}' title='{y}年政府信息公开工作年度报告'>{y}年政府信息公开工作年度报告..</a>"
                        )
                    })
                    .collect();
                vec![("/nb/".into(), Answer::html(format!("<title>政府信息公开年报</title>{cut}{titled}")))]
            },
        ),
        family(
            "rows without years",
            "/xxgk/ndbg/",
            |y| format!("/xxgk/ndbg/{y}01/{y:032x}.html"),
            |one, two| {
                let row = |(a, y): &(String, u16)| format!("<li><a href='{a}'>年度报告</a> {}-01-20</li>", y + 1);
                let all: String = [one, two].concat().iter().map(row).collect();
                vec![("/xxgk/ndbg/".into(), Answer::html(format!("<title>年度报告</title>{all}")))]
            },
        ),
        family(
            "agencies on the page of a year",
            "/col/18073_668815/index.html",
            |y| format!("/art/18073_668815/{y}/1.html"),
            |one, two| {
                let names = ["某市教育局", "某市水利局", "某市民政局", "清江县", "涟水县"];
                let row = |((a, _), name): (&(String, u16), &str)| format!("<td><a href='{a}'>{name}</a></td>");
                let all: String = [one, two].concat().iter().zip(names).map(row).collect();
                let head = "<meta name=ColumnName content='2024年政府信息公开年报'>";
                vec![("/col/18073_668815/index.html".into(), Answer::html(format!("{head}<table><tr>{all}</table>")))]
            },
        ),
        family(
            "TRS, controls written by the page",
            "/gkzd/",
            |y| format!("/gkzd/{y}01/t1.html"),
            |one, two| {
                let controls = |at: u8| {
                    format!(
                        "<script>\nvar currentPage = {at};//所在页从0开始\nvar nextPage = currentPage+1//下一页\nvar countPage = 2//共多少页\ndocument.write(\"<a href=\\\"index\"+\"_\" + nextPage + \".\"+\"html\\\">下一页</a>\");\n</script>"
                    )
                };
                vec![
                    ("/gkzd/".into(), Answer::html(rows(one) + &controls(0))),
                    ("/gkzd/index_1.html".into(), Answer::html(rows(two) + &controls(1))),
                ]
            },
        ),
        family(
            "a file that a script names",
            "/zwgk/nb/",
            |y| format!("/zwgk/nb/{y}.html"),
            move |one, two| {
                let (all, total) = articles(&[one, two].concat(), 5);
                let script = "<script>$.getJSON(\"./list_data.json\",function(d){})</script>";
                vec![
                    ("/zwgk/nb/".into(), Answer::html(format!("<title>政府信息公开年报</title>{script}"))),
                    (
                        "/zwgk/nb/list_data.json".into(),
                        json(serde_json::json!({"total": total, "list": all}).to_string()),
                    ),
                ]
            },
        ),
        family(
            "links that say 下载, rows that a click opens",
            "/zwgk/nb/",
            |y| format!("/upload/{y}.html"),
            |one, two| {
                let title = |y: &u16| format!("{y}年政府信息公开工作年度报告");
                let load: String = one
                    .iter()
                    .map(|(a, y)| format!("<tr><td>1</td><td>{}</td><td><a href='{a}'>[下载]</a></td></tr>", title(y)))
                    .collect();
                let click: String = two
                    .iter()
                    .map(|(a, y)| format!("<tr onclick=\"window.open('{a}')\"><td>{}</td></tr>", title(y)))
                    .collect();
                vec![("/zwgk/nb/".into(), Answer::html(format!("<table>{load}{click}</table>")))]
            },
        ),
        family(
            "a choice of agencies",
            "/zwgk/nb/",
            |y| format!("/zwgk/nb/7/c/{y}.html"),
            |one, two| {
                let select = "<select onchange=\"window.open(this.value)\"><option value=\"\">请选择</option><option value=\"/zwgk/nb/7/index.html\">某县财政局</option></select>";
                vec![
                    ("/zwgk/nb/".into(), Answer::html(format!("<html><title>政府信息公开年报</title>{select}"))),
                    ("/zwgk/nb/7/index.html".into(), Answer::html(rows(&[one, two].concat()))),
                ]
            },
        ),
        family(
            "ASP.NET",
            "/nb.aspx?cid=7",
            |y| format!("/show.aspx?id={y}"),
            |one, two| {
                let form = |state: u8, next: u8| {
                    format!(
                        "<input type=\"hidden\" name=\"__VIEWSTATE\" value=\"/w{state}=\"><a href=\"javascript:__doPostBack('P1','{next}')\">下一页</a>"
                    )
                };
                let posted = "/nb.aspx?cid=7 POST __VIEWSTATE=%2Fw1%3D&__EVENTTARGET=P1&__EVENTARGUMENT=2";
                vec![
                    ("/nb.aspx?cid=7".into(), Answer::html(rows(one) + &form(1, 2))),
                    (posted.into(), Answer::html(rows(two) + &form(2, 2))),
                ]
            },
        ),
        family(
            "Lonsun",
            "/public/column/6?type=3&timeFrame=2021",
            |y| format!("/public/column/6?type=3&timeFrame={y}"),
            |_, _| Vec::new(),
        ),
    ]
}

#[test]
fn every_report_of_every_family_is_found() {
    let families = families();
    let hosts: Vec<String> = (0..families.len()).map(|at| format!("site{at}.test.gov.cn")).collect();
    let script = families.iter().zip(&hosts).flat_map(|(family, host)| {
        family.pages.iter().map(|(path, answer)| (host.as_str(), path.as_str(), answer.clone()))
    });
    let site = Site::serve(script.collect());
    let seeds: Vec<String> = families.iter().zip(&hosts).map(|(family, host)| site.url(host, family.column)).collect();
    let folder = tempfile::tempdir().unwrap();
    let names: Vec<&str> = hosts.iter().map(String::as_str).collect();
    let output = crawl(folder.path(), &site, &names, &seeds, "0s");
    let mut short = Vec::new();
    for (family, host) in families.iter().zip(&hosts) {
        let like = format!("SELECT url FROM capture WHERE status = 200 AND url LIKE 'http://{host}:%'");
        let held = query(folder.path(), &like);
        let found = family.reports.iter().filter(|path| held.contains(&site.url(host, path))).count();
        println!(
            "{:20} {found} of {} reports, {} requests",
            family.name,
            family.reports.len(),
            site.log().iter().filter(|asked| asked.host.starts_with(host.as_str())).count()
        );
        if found < family.reports.len() {
            short.push(family.name);
        }
    }
    assert!(short.is_empty(), "{short:?}: {}", stderr(&output));
}

/// What `discover` says of a site in `folder`, at no pace to speak of.
fn discovered(folder: &Path, site: &Site, host: &str, words: &[&str]) -> Output {
    let mut command = super::gongkai();
    command.current_dir(folder).arg("discover").args(words).args(["--gap", "1ms"]).args(site.flags(&[host]));
    command.output().unwrap()
}

#[test]
fn a_pager_that_repeats_itself_is_followed_no_further() {
    const HOST: &str = "loop.test.gov.cn";
    // Each page names the next one and shows the same rows: the site's last page, again and again.
    let paths: Vec<String> = (2..30).map(|page| format!("/nb/index_{page}.html")).collect();
    let list = |next: &str| Answer::html(row("/1.html", 2023) + &format!("<a href='{next}'>下一页</a>"));
    let mut script = vec![(HOST, "/nb/", list("/nb/index_2.html")), (HOST, "/1.html", report(2023))];
    script.extend(paths.iter().zip(&paths[1..]).map(|(path, next)| (HOST, path.as_str(), list(next))));
    let site = Site::serve(script);
    let folder = tempfile::tempdir().unwrap();
    let output = crawl(folder.path(), &site, &[HOST], &[site.url(HOST, "/nb/")], "0s");
    assert!(stderr(&output).contains("the limit pagination stalled kept addresses out"), "{}", stderr(&output));
    assert_eq!((site.times(HOST, "/nb/index_2.html"), site.times(HOST, "/nb/index_3.html")), (1, 0));
}

#[test]
fn a_home_page_leads_to_its_column() {
    const HOST: &str = "home.test.gov.cn";
    let home =
        "<a href='/news/'>新闻中心</a><a href='/zwgk/'>政务公开</a><a href='/zp/1.html'>关于公开招聘工作人员的公告</a>";
    let zwgk = "<a href='/zn/'>政府信息公开指南</a><a href='/nb/'>政府信息公开年报</a><a href='/zwgk/1.html'>政务公开工作要点</a>";
    let column: String = (2019..=2023).map(|year| row(&format!("/nb/{year}.html"), year)).collect();
    let site = Site::serve(vec![
        (HOST, "/", Answer::status(302, &[("Location", "/index.html")])),
        (HOST, "/index.html", Answer::html(home)),
        (HOST, "/zwgk/", Answer::html(zwgk)),
        (HOST, "/zn/", Answer::html("指南")),
        (HOST, "/nb/", Answer::html(format!("<title>政府信息公开年报_某市某局</title>{column}"))),
    ]);
    let folder = tempfile::tempdir().unwrap();
    let discover = |from: &str| discovered(folder.path(), &site, HOST, &[from, "--archive", "a.sqlite"]);
    let output = discover(&site.url(HOST, "/"));
    let entry = super::stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(entry.contains(&format!("url = \"{}\"", site.url(HOST, "/nb/"))), "{entry}");
    assert!(entry.contains("2019, 2020, 2021, 2022, 2023; by way of 政务公开 > 政府信息公开年报"), "{entry}");
    let asked: Vec<String> = site.log().into_iter().map(|asked| asked.path).collect();
    assert_eq!(asked, ["/robots.txt", "/", "/index.html", "/zwgk/", "/nb/"], "the shortest way, and no more");

    // The entry is a seed once the agency is filled in; what was passed by is asked for once a column names it.
    std::fs::create_dir(folder.path().join("seeds")).unwrap();
    let filled = entry.replace("agency = \"\"", "agency = \"某市某局\"");
    std::fs::write(folder.path().join("seeds/a.toml"), format!("province = \"浙江\"\n{filled}")).unwrap();
    let mut command = super::gongkai();
    command.current_dir(folder.path()).args(["crawl", "--archive", "a.sqlite", "--gap", "1ms"]);
    let output = command.args(site.flags(&[HOST])).output().unwrap();
    assert_eq!(site.times(HOST, "/nb/"), 2, "{}", stderr(&output));
    assert_eq!((site.times(HOST, "/nb/2020.html"), site.times(HOST, "/zwgk/")), (1, 1));

    let as_json = |from: &str| {
        let output = discovered(folder.path(), &site, HOST, &[from, "--json", "--archive", "b.sqlite"]);
        (output.status.code(), super::json(&output))
    };
    let (status, walk) = as_json(&site.url(HOST, "/"));
    assert_eq!((status, &walk["column"]["url"]), (Some(0), &site.url(HOST, "/nb/").into()), "{walk}");
    assert_eq!(walk["column"]["years"], serde_json::json!([2019, 2020, 2021, 2022, 2023]), "{walk}");
    assert_eq!(
        (walk["tried"].as_array().unwrap().len(), &walk["tried"][0]["outcome"]),
        (4, &"redirected".into()),
        "{walk}"
    );
    let (status, walk) = as_json(&site.url(HOST, "/zn/"));
    assert_eq!((status, &walk["column"]), (Some(3), &serde_json::Value::Null), "{walk}");
    let nothing = discover(&site.url(HOST, "/zn/"));
    assert_eq!(nothing.status.code(), Some(3));
    assert!(stderr(&nothing).contains("1 page looked at"), "{}", stderr(&nothing));
}

/// Where a script builds the pages, or no page came, it says what a person may try.
#[test]
fn a_home_page_that_shows_nothing_is_answered_with_advice() {
    const HOST: &str = "shell.test.gov.cn";
    let shell = Answer::html(
        "<title>某厅</title><script src=/app.js></script><noscript>请启用JavaScript</noscript><div id=app></div>",
    );
    for (home, advice) in
        [(shell, "built by one: open it in a browser"), (Answer::status(502, &[]), "asked again by a later run")]
    {
        let site = Site::serve(vec![(HOST, "/", home)]);
        let folder = tempfile::tempdir().unwrap();
        let home = site.url(HOST, "/");
        let discover = |more: &[&str]| {
            discovered(folder.path(), &site, HOST, &[&[&*home, "--archive", "a.sqlite"], more].concat())
        };
        let output = discover(&[]);
        assert!(stderr(&output).contains(advice), "{}", stderr(&output));
        let walk = super::json(&discover(&["--json"]));
        assert!(walk["advice"].as_str().is_some_and(|said| said.contains(advice)), "{walk}");
    }
}

/// Home pages as they are: in frames, sending the reader on, with columns behind scripts; and the agencies beside on a platform.
#[test]
fn a_home_page_in_frames_leads_to_the_columns_of_a_platform() {
    const HOST: &str = "frames.test.gov.cn";
    let years: String = (2021..=2023).map(|year| format!("<option value=\"{year}\">{year}</option>")).collect();
    let column = "/module/xxgk/xxgkAnnualReport.jsp?area=7";
    let agencies =
        "<a href='/module/xxgk/tree.jsp?area=7'>某县财政局</a><a href='/module/xxgk/tree.jsp?area=8'>某县教育局</a>";
    let site = Site::serve(vec![
        (HOST, "/", Answer::html("<meta http-equiv=refresh content='0;url=/cn/'>")),
        (HOST, "/cn/", Answer::html("<frameset><frame src=top.asp><frame src=left.asp></frameset>")),
        (HOST, "/cn/top.asp", Answer::html("<img src=banner.gif>")),
        (
            HOST,
            "/cn/left.asp",
            Answer::html("<a href=javascript:void(0) onclick=\"parent.main.location='xxgk.asp'\">政府信息公开</a>"),
        ),
        (HOST, "/cn/xxgk.asp", Answer::html(agencies)),
        (HOST, "/module/xxgk/tree.jsp?area=7", Answer::html(format!("<a href='{column}'>信息公开年报</a>"))),
        (HOST, column, Answer::html(format!("<title>信息公开年报</title><select>{years}</select>"))),
    ]);
    let folder = tempfile::tempdir().unwrap();
    let output = discovered(folder.path(), &site, HOST, &[&site.url(HOST, "/"), "--archive", "a.sqlite"]);
    let entries = super::stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(entries.contains(&format!("url = \"{}\"", site.url(HOST, column))), "{entries}");
    let beside = site.url(HOST, &column.replace("area=7", "area=8"));
    assert!(entries.contains(&format!("url = \"{beside}\"\nagency = \"某县教育局\"")), "{entries}");
    assert_eq!(site.times(HOST, &column.replace("area=7", "area=8")), 0, "an agency beside is not looked at");
}

/// The real titles of the research: those of reports lead on, the look-alikes don't.
#[test]
fn real_titles_lead_on_and_look_alikes_do_not() {
    let links = |title: &str| {
        let page = format!("<a href='/1.html'>{title}</a>");
        let headers = gongkai::exchange::Headers::default();
        let url = url::Url::parse("http://a.gov.cn/nb/").unwrap();
        let given = gongkai::parse::Given {
            url: Some(&url),
            status: Some(200),
            headers: &headers,
            query: None,
            body: page.as_bytes(),
        };
        gongkai::parse::discover(given).links[0].score >= gongkai::parse::CANDIDATE
    };
    for title in [
        "2023年度信息公开工作年度报告",
        "2021年度政府信息公开工作报告(文字版)",
        "2020年度政府信息公开工作报告",
        "2017年通化市人力资源和社会保障局政府信息公开年度报告",
        "2023年度静安区人力资源和社会保障局政府信息公开年度工作报告",
        "2016年信息公开工作总结报告",
        "政府信息公开年报",
    ] {
        assert!(links(title), "{title}");
    }
    for title in [
        "《莘县2023年政府信息公开工作年度报告》解读",
        "2023年政府网站工作年度报表",
        "2023年法治政府建设年度报告",
        "2022年部门决算",
        "关于做好2023年政府信息公开工作年度报告编制工作的通知",
        "政府信息公开工作年度报告格式",
        "政府信息公开工作年度报告制度",
        "政府信息公开指南",
    ] {
        assert!(!links(title), "{title}");
    }
}
