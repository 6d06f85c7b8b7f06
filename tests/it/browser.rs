//! The pages in a real browser: runs where `GONGKAI_CHROMEDRIVER` names a chromedriver (W3C WebDriver over plain HTTP).

use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use super::gongkai;
use super::pages::{archive_of_all_sorts, capture_of, send, serve};
use super::site::{Answer, Site, plant};

const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

pub struct Browser {
    driver: Child,
    address: SocketAddr,
    session: String,
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = std::panic::catch_unwind(|| {
            send(self.address, &format!("DELETE /session/{} HTTP/1.1\r\nHost: localhost", self.session), "")
        });
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

impl Browser {
    pub fn start(driver: &str, size: &str) -> Browser {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let address: SocketAddr = ([127, 0, 0, 1], port).into();
        let child = Command::new(driver)
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut browser = Browser { driver: child, address, session: String::new() };
        while std::net::TcpStream::connect(address).is_err() {
            assert!(browser.driver.try_wait().unwrap().is_none(), "{driver} ended");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        let arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", size];
        let options = json!({ "args": arguments });
        let logs = json!({ "browser": "ALL", "performance": "ALL" });
        let wanted =
            json!({ "capabilities": { "alwaysMatch": { "goog:chromeOptions": options, "goog:loggingPrefs": logs } } });
        let answer = browser.ask("POST", "/session", &wanted);
        browser.session = answer["sessionId"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned();
        browser
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = if method == "GET" { String::new() } else { body.to_string() };
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost:{}\r\nContent-Type: application/json",
            self.address.port()
        );
        let answer = send(self.address, &head, &body);
        let answer: Value = serde_json::from_str(&answer.body).unwrap_or_else(|_| panic!("{path}: {}", answer.body));
        answer["value"].clone()
    }

    fn of(&self, path: &str, body: Value) -> Value {
        let answer = self.ask("POST", &format!("/session/{}/{path}", self.session), &body);
        assert!(answer["error"].is_null(), "{path} {body}: {answer}");
        answer
    }

    pub fn open(&self, address: &str) {
        self.of("url", json!({ "url": address }));
    }

    fn find(&self, css: &str) -> Value {
        self.of("element", json!({ "using": "css selector", "value": css }))
    }

    fn click(&self, css: &str) {
        let element = self.find(css)[ELEMENT].as_str().unwrap().to_owned();
        self.of(&format!("element/{element}/click"), json!({}));
    }

    fn keys(&self, css: &str, keys: &str) {
        let element = self.find(css)[ELEMENT].as_str().unwrap().to_owned();
        self.of(&format!("element/{element}/value"), json!({ "text": keys }));
    }

    pub fn run(&self, script: &str) -> Value {
        self.of("execute/sync", json!({ "script": script, "args": [] }))
    }

    /// Asks again and again: what a page becomes, it becomes in its own time.
    pub fn until(&self, script: &str, wanted: Value) {
        let mut was = Value::Null;
        for _ in 0..200 {
            was = self.run(script);
            if was == wanted {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        let page = self.run("return location.href + '\\n' + document.body.innerText");
        panic!("{script}: {was}, not {wanted}\n{}", page.as_str().unwrap_or_default());
    }

    /// Text of the lit cells in the frame, and whether they are in view.
    fn lit(&self) -> Value {
        let frame = self.find("#page");
        self.of("frame", json!({ "id": frame }));
        let lit = self.run(
            "return [...document.querySelectorAll('[id^=lit-]')].map(cell => { const box = cell.getBoundingClientRect();
             return [cell.textContent.trim(), box.top >= 0 && box.bottom <= innerHeight] })",
        );
        self.of("frame", json!({ "id": null }));
        lit
    }

    fn lit_becomes(&self, text: &str) {
        let wanted = json!([[text, true]]);
        let mut was = Value::Null;
        for _ in 0..100 {
            was = self.lit();
            if was == wanted {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("lit is {was}, not {wanted}");
    }

    /// No word in the console, and no request that leaves the origin.
    fn was_quiet(&self, origin: &str) {
        let console = self.of("se/log", json!({ "type": "browser" }));
        assert_eq!(console, json!([]), "the console is silent");
        let log = self.of("se/log", json!({ "type": "performance" }));
        let mut requests = 0;
        for entry in log.as_array().unwrap() {
            let message: Value = serde_json::from_str(entry["message"].as_str().unwrap()).unwrap();
            if message["message"]["method"] != "Network.requestWillBeSent" {
                continue;
            }
            let url = message["message"]["params"]["request"]["url"].as_str().unwrap();
            assert!(url.starts_with(origin) || url.starts_with("data:"), "{url} was asked for");
            requests += usize::from(url.starts_with(origin));
        }
        assert!(requests > 0);
    }
}

pub fn driver() -> Option<String> {
    std::env::var("GONGKAI_CHROMEDRIVER").ok()
}

#[test]
fn a_reader_finds_a_number_and_sees_where_it_stands() {
    let Some(driver) = driver() else { return };
    let folder = tempfile::tempdir().unwrap();
    let serving = serve(&archive_of_all_sorts(folder.path()));
    let origin = format!("http://{}", serving.address);
    let browser = Browser::start(&driver, "--window-size=1400,900");
    browser.open(&format!("{origin}/?lang=en"));
    browser.run("document.querySelectorAll('.heat tbody th a').forEach(a => { if (a.textContent === '四川省人力资源和社会保障厅') a.closest('tr').querySelector('td.consistent a').id = 'wanted' })");
    browser.click("#wanted");
    browser.until("return document.querySelector('h1').textContent", json!("四川省人力资源和社会保障厅 2023"));
    browser.click("[id='disclosure.fees.amount']");
    browser.lit_becomes("19761.95");
    browser.until("return document.querySelector('.proved') !== null", json!(true));
    browser.until("return document.querySelectorAll('a.num[aria-current]').length", json!(1));
    // The address says it all: opened anew, the same cell is lit, without a click.
    let address = browser.run("return location.href");
    assert!(address.as_str().unwrap().contains("cell=disclosure.fees.amount"), "{address}");
    browser.open(address.as_str().unwrap());
    browser.lit_becomes("19761.95");
    // By keyboard: from one number to the one beside it, and Enter lights it.
    browser.run("document.getElementById('applications.received/natural_person').focus()");
    browser.keys("[id='applications.received/natural_person']", "\u{E014}");
    browser.until("return document.activeElement.id", json!("applications.received/enterprise"));
    browser.keys("[id='applications.received/enterprise']", "\u{E007}");
    browser.lit_becomes("2");
    browser.keys("input[name=q]", "信访\u{E007}");
    browser.until(
        "return document.querySelector('mark') !== null && document.querySelector('mark').textContent",
        json!("信访"),
    );
    browser.open(&format!("{origin}/compare"));
    browser.until("return document.querySelectorAll('svg .line').length > 1", json!(true));
    browser.open(&format!("{origin}/findings"));
    browser.click(".findings .about a");
    browser.until("return document.querySelectorAll('td.doubt').length > 0", json!(true));
    browser.was_quiet(&origin);
}

#[test]
fn a_hostile_page_does_nothing() {
    let Some(driver) = driver() else { return };
    let folder = tempfile::tempdir().unwrap();
    let archive = archive_of_all_sorts(folder.path());
    let capture: i64 = rusqlite::Connection::open(&archive)
        .unwrap()
        .query_row("SELECT id FROM capture WHERE url LIKE '%hostile%'", [], |row| row.get(0))
        .unwrap();
    let serving = serve(&archive);
    let origin = format!("http://{}", serving.address);
    let browser = Browser::start(&driver, "--window-size=1400,900");
    let search = format!("{origin}/search?q=%E6%81%B6%E6%84%8F");
    let frame = format!("{origin}/frame/{capture}");
    for address in
        [format!("{origin}/report/{capture}?cell=review.total"), format!("{origin}/capture/{capture}"), search, frame]
    {
        browser.open(&address);
        browser.until("return document.readyState", json!("complete"));
        assert_eq!(browser.run("return location.href"), json!(address));
        let alert = browser.ask("GET", &format!("/session/{}/alert/text", browser.session), &Value::Null);
        assert_eq!(alert["error"], "no such alert", "{alert}");
        assert_eq!(browser.run("return document.querySelectorAll('img, [onerror], [onload]').length"), json!(0));
    }
    browser.was_quiet(&origin);
}

#[test]
fn a_run_is_seen_as_it_goes_and_a_finding_marked_meanwhile() {
    let Some(driver) = driver() else { return };
    let folder = tempfile::tempdir().unwrap();
    let archive = archive_of_all_sorts(folder.path());
    let serving = serve(&archive);
    let origin = format!("http://{}", serving.address);
    let (host, quiet) = ("busy.gov.cn", "quiet.gov.cn");
    let pages: Vec<String> = (0..30).map(|n| format!("/{n}.html")).collect();
    let column = |path: &String| format!("<a href='{path}'>2023年政府信息公开工作年度报告</a>");
    let mut script = vec![
        (host, "/list", Answer::html(pages.iter().map(column).collect::<String>())),
        (quiet, "/list", Answer::status(403, &[])),
    ];
    script.extend(pages.iter().map(|path| (host, path.as_str(), Answer::html("<p>一</p>"))));
    let site = Site::serve(script);
    let browser = Browser::start(&driver, "--window-size=1400,900");
    browser.open(&format!("{origin}/?token={}", serving.token));
    browser.open(&format!("{origin}/runs?lang=en"));
    browser.until("return document.querySelector('[data-running]').dataset.running", json!("false"));
    browser.run("window.opened = 'once'");
    let mut crawl = gongkai();
    crawl.current_dir(folder.path()).args(["crawl", "--seeds", "seeds", "--gap", "400ms", "--archive"]).arg(&archive);
    plant(folder.path(), [host, quiet].map(|host| (site.url(host, "/list"), format!("{host}局"))));
    let mut crawl = crawl.args(site.flags(&[host, quiet])).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    browser.until("return document.querySelector('[data-running]').dataset.running", json!("true"));
    let row = |text: &str, cell: usize| {
        format!(
            "return [...document.querySelectorAll('.hosts tbody tr')].filter(r => r.cells[0].textContent.startsWith('{text}')).map(r => r.cells[{cell}].textContent)[0]"
        )
    };
    browser.until(&format!("return Number((() => {{ {} }})()) > 2", row(host, 1)), json!(true));
    browser.until(&format!("return ((() => {{ {} }})() || '').startsWith('slowed')", row(quiet, 4)), json!(true));
    browser.until(
        "return document.querySelector('dl.figures div:last-child dd').textContent.endsWith('min')",
        json!(true),
    );
    let before = browser.run("return Number(document.getElementById('captures').textContent)").as_i64().unwrap();
    browser.until(&format!("return Number(document.getElementById('captures').textContent) > {before}"), json!(true));
    assert_eq!(browser.run("return window.opened"), json!("once"), "the page was not loaded anew");
    assert!(crawl.try_wait().unwrap().is_none(), "it still runs");
    browser.open(&format!("{origin}/findings"));
    browser.click(".marking button[value=confirmed]");
    browser.until("return document.querySelector('.mark.confirmed') !== null", json!(true));
    assert!(crawl.try_wait().unwrap().is_none(), "it still runs");
    crawl.kill().unwrap();
    crawl.wait().unwrap();
    browser.was_quiet(&origin);
}

#[test]
fn a_narrow_screen_shows_every_page_without_scrolling_sideways() {
    let Some(driver) = driver() else { return };
    let folder = tempfile::tempdir().unwrap();
    let archive = archive_of_all_sorts(folder.path());
    let serving = serve(&archive);
    let origin = format!("http://{}", serving.address);
    let browser = Browser::start(&driver, "--window-size=500,900");
    let report = capture_of(&archive, "四川省人力资源和社会保障厅");
    for path in [
        "/",
        &format!("/report/{report}?cell=review.total"),
        "/agency?name=%E5%B9%B3%E6%BD%AD%E7%BB%BC%E5%90%88%E5%AE%9E%E9%AA%8C%E5%8C%BA",
        "/compare",
        "/findings",
        "/search?q=%E5%85%AC%E5%BC%80",
        &format!("/capture/{report}"),
        "/runs",
        "/runs/1",
        "/api",
    ] {
        browser.open(&format!("{origin}{path}"));
        let wide = browser.run("return document.documentElement.scrollWidth - document.documentElement.clientWidth");
        assert_eq!(wide, json!(0), "{path} is wider than the screen");
    }
    browser.was_quiet(&origin);
}
