//! A WACZ in ReplayWeb.page: `GONGKAI_REPLAYWEB` names the folder of its npm package `replaywebpage` (`ui.js`, `sw.js`), which
//! `.ci/run` fetches; `GONGKAI_CHROMEDRIVER` a chromedriver.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};

use super::browser::{Browser, driver};
use super::gongkai;

const PAGE: &str =
    r#"<!doctype html><title>replay</title><script src="/ui.js"></script><replay-app-main></replay-app-main>"#;

/// Files of a folder, whole or a range of one, as ReplayWeb.page asks for records.
fn serve(folder: PathBuf) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let folder = folder.clone();
            std::thread::spawn(move || answer(&folder, stream));
        }
    });
    address
}

fn answer(folder: &Path, mut stream: TcpStream) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let asked = lines.next().transpose()?.unwrap_or_default();
    let mut range = None;
    for line in lines.map_while(Result::ok).take_while(|line| !line.is_empty()) {
        range = range.or(line.to_ascii_lowercase().strip_prefix("range: bytes=").map(str::to_owned));
    }
    let mut words = asked.split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let name = path.split('?').next().unwrap_or_default().trim_start_matches('/');
    let (kind, file) = match name {
        "" => ("text/html", Ok(PAGE.as_bytes().to_vec())),
        "ui.js" | "sw.js" => ("text/javascript", std::fs::read(folder.join(name))),
        "a.wacz" => ("application/zip", std::fs::read(folder.join(name))),
        _ => ("text/plain", Err(std::io::ErrorKind::NotFound.into())),
    };
    let file = file.ok();
    let size = file.as_ref().map_or(0, Vec::len);
    // `bytes=4-9`, `bytes=4-` and `bytes=-9`.
    let part = range.as_deref().and_then(|range| {
        let (first, last) = range.split_once('-')?;
        let last = last.parse::<usize>().ok();
        Some(match first.parse::<usize>().ok() {
            Some(first) => first..last.map_or(size, |last| (last + 1).min(size)),
            None => size.saturating_sub(last?)..size,
        })
    });
    let (status, part) = match (&file, part) {
        (None, _) => ("404 Not Found", 0..0),
        (Some(_), Some(part)) => ("206 Partial Content", part),
        (Some(_), None) => ("200 OK", 0..size),
    };
    let length = part.len();
    let range = format!("Content-Range: bytes {}-{}/{size}\r\n", part.start, part.end.saturating_sub(1));
    let range = if status.starts_with("206") { range } else { String::new() };
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n{range}Accept-Ranges: bytes\r\nConnection: close\r\n\r\n"
    )?;
    match file {
        Some(file) if method != "HEAD" => stream.write_all(&file[part]),
        _ => Ok(()),
    }
}

/// Texts of the cells of tables, in whatever shadow or frame they stand.
const CELLS: &str = "
    const cells = [];
    const look = root => {
        cells.push(...[...root.querySelectorAll('table td')].map(cell => cell.textContent.replace(/\\s+/g, '')));
        for (const element of root.querySelectorAll('*')) {
            if (element.shadowRoot) look(element.shadowRoot);
            if (element.tagName === 'IFRAME' && element.contentDocument) look(element.contentDocument);
        }
    };
    look(document);
    return cells.length > 200 && cells.includes('行政规范性文件') && cells.includes('154');";

#[test]
fn replayweb_shows_the_report_of_a_wacz() {
    let (Some(engine), Some(driver)) = (std::env::var_os("GONGKAI_REPLAYWEB"), driver()) else { return };
    let folder = tempfile::tempdir().unwrap();
    assert!(gongkai().current_dir(folder.path()).args(["-q", "demo"]).output().unwrap().status.success());
    let arguments = ["--archive", "gongkai-demo.sqlite", "export", "wacz", "--out", "a.wacz"];
    assert!(gongkai().current_dir(folder.path()).args(arguments).output().unwrap().status.success());
    for name in ["ui.js", "sw.js"] {
        std::fs::copy(Path::new(&engine).join(name), folder.path().join(name)).unwrap();
    }
    let address = serve(folder.path().to_owned());
    let browser = Browser::start(&driver, "--window-size=1400,900");
    let mut zip = zip::ZipArchive::new(std::fs::File::open(folder.path().join("a.wacz")).unwrap()).unwrap();
    let index = std::io::read_to_string(zip.by_name("indexes/index.cdx").unwrap()).unwrap();
    let line = index.lines().find(|line| line.contains("e8437c55c6fa40d4add476101bda6432")).unwrap();
    let entry: serde_json::Value = serde_json::from_str(line.splitn(3, ' ').nth(2).unwrap()).unwrap();
    let report = entry["url"].as_str().unwrap();
    let url = url::form_urlencoded::byte_serialize(report.as_bytes()).collect::<String>();
    browser.open(&format!("http://{address}/?source=/a.wacz#view=pages&url={url}"));
    browser.until(CELLS, serde_json::json!(true));
}
