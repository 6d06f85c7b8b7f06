//! The served pages, asked for over bare connections: what each shows, who is refused, what marks survive.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Stdio};

use gongkai::archive::{self, Packer};
use gongkai::dataset;
use gongkai::parse::{self, Given};
use gongkai::store::{Access, Store};

use super::archive::exchange;
use super::gongkai;

/// `gongkai serve` on an archive, stopped when dropped.
pub struct Serving {
    child: Child,
    pub address: SocketAddr,
    pub token: String,
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn serve(archive: &Path) -> Serving {
    let mut command = gongkai();
    command.args(["serve", "--bind", "127.0.0.1:0", "--archive"]).arg(archive);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let first = lines.next().unwrap();
    let address = first.trim_start_matches("pages at http://").trim_end_matches('/').parse().unwrap();
    let second = lines.next().unwrap();
    let token = second.split("token=").nth(1).unwrap().to_owned();
    Serving { child, address, token }
}

/// The demo's archive, a report that fails and a page that is hostile among what it holds.
pub fn archive_of_all_sorts(folder: &Path) -> std::path::PathBuf {
    assert!(gongkai().current_dir(folder).args(["-q", "demo"]).output().unwrap().status.success());
    let path = folder.join("gongkai-demo.sqlite");
    let store = Store::open(&path, Access::Write).unwrap();
    for (url, body) in
        [("http://hostile.gov.cn/%3Cscript%3E.html", hostile()), ("http://fails.gov.cn/2024.html", failing("154"))]
    {
        put(&store, url, &body);
    }
    path
}

pub fn put(store: &Store, url: &str, body: &str) -> i64 {
    let exchange = exchange(url, 200, body.as_bytes());
    let parsed = parse::read(Given::served(&exchange.request, &exchange.response));
    store
        .write_blocking(move |tx| {
            let id = archive::put(tx, &Packer::default(), &exchange, None)?;
            dataset::replace(tx, id, &parsed, None)?;
            Ok(id.0)
        })
        .unwrap()
}

/// A report of 2024 whose balance does not hold where `received` is not what it was.
pub fn failing(received: &str) -> String {
    use gongkai::demo::form::{Markup, four, three, two};
    use gongkai::demo::numbers::{Numbers, SICHUAN_2023};
    let numbers = Numbers::of(parse::Edition::Y2021, SICHUAN_2023);
    let markup = Markup::default();
    let tables = three(&numbers, markup).replacen("<td>154</td>", &format!("<td>{received}9</td>"), 1);
    format!(
        "<html><head><meta charset=utf-8><title>某某县财政局2024年政府信息公开工作年度报告</title></head><body>\
         <h1>某某县财政局2024年政府信息公开工作年度报告</h1><p>一、总体情况。全年信访事项办理顺畅。</p>{}{tables}{}</body></html>",
        two(&numbers, markup),
        four(&numbers, markup)
    )
}

fn hostile() -> String {
    use gongkai::demo::form::{Markup, four, three, two};
    use gongkai::demo::numbers::{Numbers, SICHUAN_2023};
    let numbers = Numbers::of(parse::Edition::Y2021, SICHUAN_2023);
    let markup = Markup::default();
    format!(
        "<html><head><meta charset=utf-8><title>\"><img src=x onerror=alert(1)>恶意县教育局2024年政府信息公开工作年度报告</title>\
         <base href=//evil.example/><link rel=preconnect href=//evil.example><link rel=stylesheet href=//evil.example/a.css>\
         <meta http-equiv=refresh content='0;url=http://evil.example/'><style>@import '//evil.example';body{{background:url(//evil.example/b)}}</style>\
         <script src=//evil.example/c.js></script><script>top.location='http://evil.example/';alert(1)</script></head>\
         <body onload=alert(1)><h1>恶意县教育局2024年政府信息公开工作年度报告</h1><p>一、总体情况 <img src=//evil.example/d> \
         <a href=http://evil.example/ target=_top>点</a><iframe src=//evil.example></iframe><form action=//evil.example><button>按</button></form>\
         <svg onload=alert(1)></svg></p>{}{}{}</body></html>",
        two(&numbers, markup),
        three(&numbers, markup),
        four(&numbers, markup)
    )
}

pub struct Answer {
    pub status: u16,
    pub headers: HashMap<String, String>,
    pub body: String,
}

pub fn send(address: SocketAddr, head: &str, body: &str) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "{head}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
    stream.set_read_timeout(Some(std::time::Duration::from_secs(60))).unwrap();
    let mut answer = Vec::new();
    let mut chunk = [0; 64 << 10];
    // Not every server hangs up when it is asked to.
    let end = loop {
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
        let length = end.and_then(|end| {
            let head = String::from_utf8_lossy(&answer[..end]).to_lowercase();
            head.split("content-length:").nth(1)?.lines().next()?.trim().parse::<usize>().ok()
        });
        let read = match end.zip(length) {
            Some((end, length)) if answer.len() >= end + 4 + length => 0,
            _ => stream.read(&mut chunk).unwrap(),
        };
        if read == 0 {
            break end.unwrap();
        }
        answer.extend_from_slice(&chunk[..read]);
    };
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let headers = head.lines().skip(1).filter_map(|line| line.split_once(": "));
    Answer {
        status,
        headers: headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect(),
        body: String::from_utf8_lossy(&answer[end + 4..]).into_owned(),
    }
}

fn get(serving: &Serving, path: &str) -> Answer {
    send(serving.address, &format!("GET {path} HTTP/1.1\r\nHost: {}", serving.address), "")
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

pub fn capture_of(archive: &Path, agency: &str) -> i64 {
    let connection = rusqlite::Connection::open(archive).unwrap();
    let sql = "SELECT capture FROM report_current WHERE agency = ?1 ORDER BY year DESC LIMIT 1";
    connection.query_row(sql, [agency], |row| row.get(0)).unwrap()
}

#[test]
fn every_page_answers_in_both_languages_and_is_sealed() {
    let folder = tempfile::tempdir().unwrap();
    let archive = archive_of_all_sorts(folder.path());
    let serving = serve(&archive);
    let sichuan = capture_of(&archive, "四川省人力资源和社会保障厅");
    let shanghai = capture_of(&archive, "上海市人民政府办公厅");
    let pingtan = encoded("平潭综合实验区");
    for (path, zh, en) in [
        ("/".to_owned(), "各机关各年度年报", "Annual reports by agency and year"),
        (format!("/report/{sichuan}"), "19761.95", "Disclosure on the agency"),
        (format!("/report/{sichuan}?cell=applications.received/total"), "重新推得同一数值", "derived again"),
        (format!("/report/{sichuan}/cell?cell=disclosure.fees.amount"), "字节", "bytes"),
        (format!("/report/{sichuan}/against/{shanghai}"), "两次存档之间的变化", "What changed"),
        (format!("/agency?name={pingtan}"), "复议与诉讼", "Reviews and suits"),
        ("/compare?indicator=review.total".into(), "行政复议 总计", "review, total"),
        ("/findings".into(), "疑点", "Findings"),
        (format!("/search?q={}", encoded("信访")), "<mark>信访</mark>", "<mark>信访</mark>"),
        (format!("/capture/{sichuan}"), "应答头", "Response headers"),
        ("/runs".into(), "历次运行", "All runs"),
        ("/runs/1".into(), "四川省人力资源和社会保障厅 2023", "四川省人力资源和社会保障厅 2023"),
        ("/api".into(), "只读", "Read-only"),
    ] {
        let joint = if path.contains('?') { '&' } else { '?' };
        for (lang, words) in [("zh", zh), ("en", en)] {
            let answer = get(&serving, &format!("{path}{joint}lang={lang}"));
            assert_eq!(answer.status, 200, "{path}: {}", answer.body);
            assert!(answer.body.contains(words), "{path} {lang}: {words}\n{}", answer.body);
            assert!(answer.headers["set-cookie"].starts_with(&format!("lang={lang};")));
            let policy = &answer.headers["content-security-policy"];
            assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
            assert!(!answer.headers.contains_key("access-control-allow-origin"));
        }
    }
    let frame = get(&serving, &format!("/frame/{sichuan}"));
    let policy = &frame.headers["content-security-policy"];
    assert!(policy.starts_with("sandbox; default-src 'none'") && !policy.contains("script"), "{policy}");
    let raw = get(&serving, &format!("/raw/{sichuan}"));
    assert_eq!(raw.headers["content-type"], "application/octet-stream");
    for missing in ["/report/1", "/report/999999", "/capture/x", "/agency?name=nobody", "/nowhere", "/runs/99"] {
        assert_eq!(get(&serving, missing).status, 404, "{missing}");
    }
    for wrong in ["/compare?indicator=x", "/findings?year=x", "/?state=x", "/?year=99999999"] {
        assert_eq!(get(&serving, wrong).status, 400, "{wrong}");
    }
}

#[test]
fn every_number_of_a_report_stands_on_its_page_and_is_lit_where_it_stood() {
    let folder = tempfile::tempdir().unwrap();
    let archive = archive_of_all_sorts(folder.path());
    let serving = serve(&archive);
    // One in GB18030, one gzipped.
    for agency in ["四川省人力资源和社会保障厅", "杭州市人力资源和社会保障局"] {
        let capture = capture_of(&archive, agency);
        let page = get(&serving, &format!("/report/{capture}")).body;
        let report = get(&serving, &format!("/api/reports/{capture}")).body;
        let report: serde_json::Value = serde_json::from_str(&report).unwrap();
        let values = report["values"].as_array().unwrap();
        assert_eq!(page.matches("class=\"num\"").count(), values.len());
        for value in values.iter().step_by(17) {
            let place = ["byte_start", "byte_end"].map(|name| value[name].as_i64().unwrap());
            let frame = get(&serving, &format!("/frame/{capture}?start={}&end={}", place[0], place[1])).body;
            let document = scraper::Html::parse_document(&frame);
            let lit = scraper::Selector::parse("[id^=lit-]").unwrap();
            let lit: Vec<String> =
                document.select(&lit).map(|cell| cell.text().collect::<String>().trim().to_owned()).collect();
            assert_eq!(lit, [value["text"].as_str().unwrap().trim()], "{agency} {value}");
        }
        let proof = get(&serving, &format!("/api/reports/{capture}/proof?cell=applications.received/total")).body;
        assert!(proof.contains("\"proved\":true"), "{proof}");
    }
}

#[test]
fn only_names_of_this_machine_and_only_reading() {
    let folder = tempfile::tempdir().unwrap();
    let archive = archive_of_all_sorts(folder.path());
    let serving = serve(&archive);
    let ask = |head: &str| send(serving.address, head, "").status;
    assert_eq!(ask("GET / HTTP/1.1\r\nHost: localhost"), 200);
    assert_eq!(ask("GET / HTTP/1.1\r\nHost: evil.example"), 421);
    assert_eq!(ask(&format!("GET / HTTP/1.1\r\nHost: {}.evil.example", serving.address.ip())), 421);
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        assert_eq!(ask(&format!("{method} / HTTP/1.1\r\nHost: {}", serving.address)), 405, "{method}");
    }
    assert_eq!(ask(&format!("HEAD / HTTP/1.1\r\nHost: {}", serving.address)), 200);
    let output = gongkai().args(["serve", "--bind", "0.0.0.0:0", "--archive"]).arg(&archive).output().unwrap();
    assert!(!output.status.success() && super::stderr(&output).contains("not on this machine"), "{output:?}");
}

#[test]
fn a_mark_needs_the_token_and_outlives_the_reading() {
    let folder = tempfile::tempdir().unwrap();
    let archive = archive_of_all_sorts(folder.path());
    let serving = serve(&archive);
    let host = serving.address;
    let found: serde_json::Value = serde_json::from_str(&get(&serving, "/api/findings").body).unwrap();
    let one = &found["findings"][0];
    assert_eq!(one["agency"], "某某县财政局");
    let body = format!(
        "agency={}&year={}&fingerprint={}&verdict=dismissed&note={}&back=//evil.example",
        encoded("某某县财政局"),
        one["year"],
        one["fingerprint"].as_str().unwrap(),
        encoded("<b>笔误</b>")
    );
    let post = |extra: &str| send(host, &format!("POST /mark HTTP/1.1\r\nHost: {host}{extra}"), &body);
    let cookie = format!("\r\nCookie: gongkai={}", serving.token);
    assert_eq!(post("").status, 403);
    assert_eq!(post("\r\nCookie: gongkai=00000000000000000000000000000000").status, 403);
    assert_eq!(post(&format!("{cookie}\r\nOrigin: http://evil.example")).status, 403);
    let busy = rusqlite::Connection::open(&archive).unwrap();
    busy.execute_batch("BEGIN IMMEDIATE").unwrap();
    let waited = post(&format!("{cookie}\r\nAccept-Language: zh"));
    assert_eq!(waited.status, 409, "one change takes too long");
    assert!(waited.body.contains("存档正在写入"), "{}", waited.body);
    busy.execute_batch("ROLLBACK").unwrap();
    let _crawling = Store::open(&archive, Access::Write).unwrap();
    let kept = post(&cookie);
    assert_eq!((kept.status, kept.headers["location"].as_str()), (303, "/findings"));
    let path = format!("/report/{}", one["capture"]);
    assert!(get(&serving, &path).body.contains("&#60;b&#62;笔误&#60;/b&#62;"));
    assert!(!get(&serving, &path).body.contains("<form class=\"marking\""), "no form without the token");
    drop((serving, _crawling));
    let reread = gongkai().args(["reparse", "--all", "--archive"]).arg(&archive).output().unwrap();
    assert!(reread.status.success(), "{}", super::stderr(&reread));
    let serving = serve(&archive);
    assert!(get(&serving, &path).body.contains("笔误"), "read again, it is still there");
    let csv = get(&serving, "/findings.csv?mark=dismissed").body;
    assert_eq!(csv.lines().count(), 2, "{csv}");
}

#[test]
fn hostile_questions_give_no_error_of_the_index() {
    let folder = tempfile::tempdir().unwrap();
    let archive = archive_of_all_sorts(folder.path());
    let serving = serve(&archive);
    let long = "公开".repeat(3_000);
    for question in
        ["\"", "a OR", "a:b", "公\0开", "NEAR(a b)", "*", "^公开", "') --", "{words}:公开", "-公开", "公开 AND", &long]
    {
        for path in ["/search", "/api/search"] {
            let answer = get(&serving, &format!("{path}?q={}", encoded(question)));
            assert_eq!(answer.status, 200, "{question}");
            let said = answer.body.to_lowercase();
            assert!(
                !["fts5", "sqlite", "syntax error", "no such column"].iter().any(|word| said.contains(word)),
                "{said}"
            );
        }
    }
    for (question, hits) in [("信访事项", true), ("事项办理顺", true), ("财政", true), ("项事", false)] {
        let body = get(&serving, &format!("/api/search?q={}", encoded(question))).body;
        assert_eq!(body.contains("某某县财政局"), hits, "{question}: {body}");
    }
}

#[test]
fn a_comparison_and_its_csv_are_the_same_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let archive = archive_of_all_sorts(folder.path());
    let serving = serve(&archive);
    let query = format!("indicator=applications.received&agency={}", encoded("平潭综合实验区"));
    let csv = get(&serving, &format!("/compare.csv?{query}")).body;
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let rows: Vec<(String, String)> =
        reader.records().map(Result::unwrap).map(|row| (row[1].to_owned(), row[6].to_owned())).collect();
    assert_eq!(rows, [("2019".into(), "23".into()), ("2023".into(), "81".into())]);
    let page = get(&serving, &format!("/compare?{query}")).body;
    assert!(page.contains(">23</a>") && page.contains(">81</a>") && page.contains("<svg"), "{page}");
    assert_eq!(csv, get(&serving, &format!("/compare.csv?{query}")).body);
}

#[test]
fn two_captures_are_held_against_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.sqlite");
    let store = Store::open(&path, Access::Write).unwrap();
    let one = put(&store, "http://a.gov.cn/r", &failing("15"));
    let two = put(&store, "http://a.gov.cn/r", &failing("16").replace("办理顺畅", "办理有待改进"));
    drop(store);
    let serving = serve(&path);
    let page = get(&serving, &format!("/report/{two}/against/{one}")).body;
    for words in ["applications.received/total", ">159<", ">169<", "<del>", "办理有待改进"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(get(&serving, &format!("/report/{one}?lang=en")).body.contains("a newer one stands"));
}

#[test]
fn many_at_once_while_the_archive_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let archive = archive_of_all_sorts(folder.path());
    let serving = serve(&archive);
    let store = Store::open(&archive, Access::Write).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            (0..40).for_each(|n| {
                put(&store, &format!("http://w.gov.cn/{n}"), &failing(&n.to_string()));
            })
        });
        let clients: Vec<_> = (0..200)
            .map(|n| {
                let path = ["/", "/findings", "/runs", "/api/run"][n % 4];
                scope.spawn(|| get(&serving, path).status)
            })
            .collect();
        assert!(clients.into_iter().all(|client| client.join().unwrap() == 200));
    });
}

#[test]
fn the_openapi_document_names_what_answers() {
    let folder = tempfile::tempdir().unwrap();
    let archive = archive_of_all_sorts(folder.path());
    let serving = serve(&archive);
    let document: serde_json::Value = serde_json::from_str(&get(&serving, "/api/openapi.json").body).unwrap();
    let capture = capture_of(&archive, "四川省人力资源和社会保障厅").to_string();
    let paths = document["paths"].as_object().unwrap();
    assert_eq!(paths.len(), 14);
    for (path, says) in paths {
        let mut asked = path.replace("{capture}", &capture);
        let required = says["get"]["parameters"].as_array().unwrap().iter();
        for parameter in required.filter(|parameter| parameter["required"] == true && parameter["in"] == "query") {
            let value = match parameter["name"].as_str().unwrap() {
                "cell" => "review.total".to_owned(),
                _ => encoded("平潭综合实验区"),
            };
            asked.push_str(&format!("?{}={value}", parameter["name"].as_str().unwrap()));
        }
        let answer = get(&serving, &asked);
        assert_eq!(answer.status, 200, "{asked}: {}", answer.body);
        let kind = says["get"]["responses"]["200"]["content"].as_object().unwrap().keys().next().unwrap();
        assert!(answer.headers["content-type"].starts_with(kind), "{asked}: {}", answer.headers["content-type"]);
    }
}

/// Text of the elements that `chosen` names, without what is data: addresses, digests, raw bytes.
fn words_of(page: &str, chosen: &str) -> String {
    let page = scraper::Html::parse_document(page);
    let chosen = scraper::Selector::parse(chosen).unwrap();
    let is_data = |node: &scraper::ElementRef<'_>| {
        let mut classes = node.value().classes();
        classes.any(|class| ["url", "raw", "code"].contains(&class))
    };
    let mut words = String::new();
    for element in page.select(&chosen) {
        words.push_str(element.value().attr("title").unwrap_or_default());
        for node in element.descendants() {
            let above = node.ancestors().chain([node]).filter_map(scraper::ElementRef::wrap);
            if let Some(text) = node.value().as_text()
                && !above.clone().any(|node| is_data(&node))
            {
                words.push_str(text);
                words.push(' ');
            }
        }
    }
    words
}

#[test]
fn pages_say_words_and_no_codes() {
    let folder = tempfile::tempdir().unwrap();
    let archive = archive_of_all_sorts(folder.path());
    let store = Store::open(&archive, Access::Write).unwrap();
    put(
        &store,
        "http://wall.gov.cn/",
        "<html><title>网站防火墙</title><p>您的请求带有不合法参数，已被安全狗拦截</p></html>",
    );
    drop(store);
    let connection = rusqlite::Connection::open(&archive).unwrap();
    let mut captures = connection.prepare("SELECT id FROM capture ORDER BY id").unwrap();
    let captures: Vec<i64> = captures.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let serving = serve(&archive);
    let sichuan = capture_of(&archive, "四川省人力资源和社会保障厅");
    let mut asked: Vec<(String, &str)> =
        captures.iter().map(|id| (format!("/capture/{id}?lang=zh"), "dl.chain dd")).collect();
    for cell in ["disclosure.fees.amount", "applications.received/total", "review.total"] {
        asked.push((format!("/report/{sichuan}/cell?cell={cell}&lang=zh"), "dl.chain dd"));
    }
    for words in ["信访", "报告", "公开"] {
        asked.push((format!("/search?q={}&lang=zh", encoded(words)), ".hits p.quiet"));
    }
    asked.push(("/compare?indicator=review.total&lang=zh".into(), "td a"));
    asked.push(("/runs?lang=zh".into(), ".tag, td"));
    let mut seen = String::new();
    for (path, chosen) in asked {
        let words = words_of(&get(&serving, &path).body, chosen);
        assert!(!words.is_empty(), "{path}");
        let known = words.replace("robots.txt", "").replace("gzip", "");
        let latin = known.split(|c: char| !c.is_ascii_lowercase()).find(|word| word.len() > 3);
        assert_eq!(latin, None, "{path}: {words}");
        seen.push_str(&words);
    }
    for word in ["读到法定表格", "行名与表头均相符", "列表", "翻页", "链接", "数字", "防火墙拦截：状态码 200，写着"]
    {
        assert!(seen.contains(word), "{word}: {seen}");
    }
    let runs = words_of(&get(&serving, "/runs?lang=en").body, ".tag, td");
    assert!(runs.contains("refused by robots") && !runs.contains('_'), "{runs}");
}

#[test]
fn every_code_has_a_chinese_word() {
    use gongkai::parse::{CellState, Rule, word};
    let states = [CellState::Number, CellState::Blank, CellState::Dash, CellState::Slash, CellState::Remark];
    let codes = gongkai::exchange::Hop::ALL.iter().map(|hop| hop.as_str());
    let codes = codes.chain(states.iter().chain([&CellState::Unreadable]).map(word));
    for code in codes.chain([Rule::Label, Rule::Near, Rule::Order].iter().map(word)) {
        assert!(gongkai::serve::in_chinese(code).is_some(), "{code}");
    }
}

#[test]
fn every_outcome_has_a_chinese_word() {
    for outcome in gongkai::crawl::Outcome::ALL {
        assert!(gongkai::serve::in_chinese(outcome.as_str()).is_some(), "{outcome}");
    }
}
