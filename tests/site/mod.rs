//! A scripted web site on loopback: answers as told, byte for byte, and keeps its own log, which is the witness.

use std::collections::HashMap;
use std::fmt::Display;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What one path of one host answers.
#[derive(Clone)]
pub enum Answer {
    /// A whole HTTP answer.
    Page { status: u16, headers: Vec<(&'static str, String)>, body: Vec<u8> },
    /// These bytes and nothing else, then the end of the connection.
    Raw(Vec<u8>),
    /// Nothing, ever.
    Hang,
    /// Another answer, after this long.
    Late(Duration, Box<Answer>),
    /// These bytes, then the same piece again and again with a pause before each, until the client leaves.
    Endless { begin: Vec<u8>, piece: Vec<u8>, pause: Duration },
    /// A page for whoever brings the cookie back; all others are given it and sent to the same address, by this page where there is one.
    Session { cookie: &'static str, reload: Option<&'static str>, body: String },
}

impl Answer {
    pub fn html(body: impl Into<String>) -> Answer {
        let headers = vec![("Content-Type", "text/html; charset=utf-8".to_owned())];
        Answer::Page { status: 200, headers, body: body.into().into_bytes() }
    }

    pub fn status(status: u16, headers: &[(&'static str, &str)]) -> Answer {
        let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        Answer::Page { status, headers, body: b"x".to_vec() }
    }
}

/// A request as it came in.
#[derive(Clone, Debug)]
pub struct Asked {
    pub at: Instant,
    /// When the answer was out; none while it is not.
    pub answered: Option<Instant>,
    /// The address that was connected to.
    pub to: IpAddr,
    pub host: String,
    pub path: String,
    pub head: String,
    /// What was posted.
    pub body: String,
}

impl Asked {
    /// What tells it from other requests to its host.
    pub fn name(&self) -> String {
        let method = self.head.split(' ').next().unwrap_or_default();
        if method == "GET" { self.path.clone() } else { format!("{} {method} {}", self.path, self.body) }
    }
}

pub struct Site {
    pub address: SocketAddr,
    log: Arc<Mutex<Vec<Asked>>>,
    script: Script,
}

type Script = Arc<Mutex<HashMap<(String, String), Answer>>>;

impl Site {
    /// Serves a script of (host, path, answer); all else is 404. What is asked for with a query has the path `/path POST query`.
    pub fn serve(script: Vec<(&str, &str, Answer)>) -> Site {
        Site::serve_at(1, script)
    }

    /// The same at several loopback addresses, 127.0.0.1 and those after it, one port for all.
    pub fn serve_at(addresses: u8, script: Vec<(&str, &str, Answer)>) -> Site {
        let answers = script.into_iter().map(|(host, path, answer)| ((host.into(), path.into()), answer)).collect();
        let script: Script = Arc::new(Mutex::new(answers));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let log = Arc::new(Mutex::new(Vec::new()));
        let others = (2..=addresses)
            .map(|last| TcpListener::bind(SocketAddr::from(([127, 0, 0, last], address.port()))).unwrap());
        for listener in std::iter::once(listener).chain(others) {
            let (kept, served) = (log.clone(), script.clone());
            std::thread::spawn(move || {
                for stream in listener.incoming().flatten() {
                    let (script, log) = (served.clone(), kept.clone());
                    std::thread::spawn(move || connection(stream, &script, &log));
                }
            });
        }
        Site { address, log, script }
    }

    /// From now on a path answers otherwise.
    pub fn change(&self, host: &str, path: &str, answer: Answer) {
        self.script.lock().unwrap().insert((host.into(), path.into()), answer);
    }

    pub fn log(&self) -> Vec<Asked> {
        self.log.lock().unwrap().clone()
    }

    /// How often a path was asked for.
    pub fn times(&self, host: &str, path: &str) -> usize {
        self.log().iter().filter(|asked| asked.host == host && asked.name() == path).count()
    }

    /// `--allow-net` and `--resolve` that lead these hosts here.
    pub fn flags(&self, hosts: &[&str]) -> Vec<String> {
        let mut flags = vec!["--allow-net".to_owned(), "127.0.0.0/8".into()];
        for host in hosts {
            flags.extend(["--resolve".to_owned(), format!("{host}:{}:127.0.0.1:{}", self.port(), self.port())]);
        }
        flags
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    pub fn url(&self, host: &str, path: &str) -> String {
        format!("http://{host}:{}{path}", self.port())
    }
}

fn connection(stream: TcpStream, script: &Script, log: &Arc<Mutex<Vec<Asked>>>) {
    let Ok(writer) = stream.try_clone() else { return };
    let Ok(to) = stream.local_addr() else { return };
    let mut reader = BufReader::new(stream);
    let mut writer = writer;
    while let Some(asked) = request(&mut reader, to.ip()) {
        let answer = script.lock().unwrap().get(&(asked.host.clone(), asked.name())).cloned();
        let answer = match answer {
            Some(Answer::Session { cookie, body, .. }) if asked.head.contains(cookie) => Some(Answer::html(body)),
            Some(Answer::Session { cookie, reload: Some(page), .. }) => {
                let headers =
                    vec![("Content-Type", "text/html".to_owned()), ("Set-Cookie", format!("{cookie}; Path=/"))];
                Some(Answer::Page { status: 200, headers, body: page.into() })
            }
            Some(Answer::Session { cookie, .. }) => {
                Some(Answer::status(302, &[("Location", &asked.path), ("Set-Cookie", &format!("{cookie}; Path=/"))]))
            }
            answer => answer,
        };
        let answer = match answer {
            Some(Answer::Late(pause, answer)) => {
                std::thread::sleep(pause);
                Some(*answer)
            }
            answer => answer,
        };
        let conditional = asked.head.to_ascii_lowercase().contains("if-none-match");
        let number = {
            let mut log = log.lock().unwrap();
            log.push(asked);
            log.len() - 1
        };
        let answer = match answer {
            // A page with an ETag is not modified for whoever knows it.
            Some(Answer::Page { status: 200, headers, .. })
                if conditional && headers.iter().any(|(name, _)| *name == "ETag") =>
            {
                Answer::Page { status: 304, headers, body: Vec::new() }
            }
            Some(answer) => answer,
            None => Answer::status(404, &[]),
        };
        let sent = match answer {
            Answer::Page { status, headers, body } => {
                let mut head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n", body.len());
                for (name, value) in &headers {
                    head.push_str(&format!("{name}: {value}\r\n"));
                }
                head.push_str("\r\n");
                writer.write_all(head.as_bytes()).and_then(|()| writer.write_all(&body))
            }
            Answer::Raw(bytes) => {
                let _ = writer.write_all(&bytes);
                return;
            }
            Answer::Endless { begin, piece, pause } => {
                let mut sent = writer.write_all(&begin);
                while sent.is_ok() {
                    std::thread::sleep(pause);
                    sent = writer.write_all(&piece);
                }
                return;
            }
            Answer::Session { .. } | Answer::Late(..) => return,
            Answer::Hang => {
                std::thread::sleep(Duration::from_secs(600));
                return;
            }
        };
        log.lock().unwrap()[number].answered = Some(Instant::now());
        if sent.is_err() {
            return;
        }
    }
}

/// Seeds in `folder`: addresses of columns, each with its agency.
pub fn plant(folder: &Path, columns: impl IntoIterator<Item = (impl Display, impl Display)>) {
    let entry = |(url, agency)| format!("[[seed]]\nurl = \"{url}\"\nagency = \"{agency}\"\nkind = \"listing\"\n");
    let entries: String = columns.into_iter().map(entry).collect();
    std::fs::create_dir_all(folder.join("seeds")).unwrap();
    std::fs::write(folder.join("seeds/a.toml"), format!("province = \"四川\"\n{entries}")).unwrap();
}

fn request(reader: &mut BufReader<TcpStream>, to: IpAddr) -> Option<Asked> {
    let mut head = String::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line == "\r\n" {
            break;
        }
        head.push_str(&line);
    }
    let at = Instant::now();
    let path = head.split(' ').nth(1)?.to_owned();
    let host = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("host: ").map(str::to_owned))?;
    let host = host.split(':').next()?.trim().to_owned();
    let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    let body = String::from_utf8(body).ok()?;
    Some(Asked { at, answered: None, to, host, path, head, body })
}
