//! The ladder of secure connections against servers that are broken in one way each.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Output;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use super::crawl::query;
use super::site::plant;
use super::{gongkai, stderr};

const HOST: &str = "www.tls.gov.cn";

/// How a server is set up, or broken.
#[derive(Clone, Copy, PartialEq)]
enum Server {
    Good,
    Expired,
    NotYetValid,
    WrongName,
    SelfSigned,
    UnknownAuthority,
    NoIntermediate,
    /// Ends the handshake of whoever offers X25519.
    P256Alone,
    /// Speaks TLS 1.1 at most, as its alert says.
    Old,
    /// Answers the hello with another protocol.
    NoTls,
    /// Ends the connection on the hello.
    Cut,
    /// The same, and serves http on the same port.
    CutButHttp,
}

struct Authority {
    root: CertifiedIssuer<'static, KeyPair>,
    folder: tempfile::TempDir,
}

impl Authority {
    fn new() -> Authority {
        let root = issuer("root", None);
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("root.pem"), root.pem()).unwrap();
        Authority { root, folder }
    }
}

fn issuer(name: &str, above: Option<&CertifiedIssuer<'static, KeyPair>>) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    let key = KeyPair::generate().unwrap();
    match above {
        Some(above) => CertifiedIssuer::signed_by(params, key, above).unwrap(),
        None => CertifiedIssuer::self_signed(params, key).unwrap(),
    }
}

fn config(server: Server, authority: &Authority) -> rustls::ServerConfig {
    let name = if server == Server::WrongName { "other.gov.cn" } else { HOST };
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    match server {
        Server::Expired => params.not_after = date_time_ymd(2020, 1, 1),
        Server::NotYetValid => params.not_before = date_time_ymd(2090, 1, 1),
        Server::SelfSigned => params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained),
        _ => {}
    }
    let key = KeyPair::generate().unwrap();
    let certificate = match server {
        Server::SelfSigned => params.self_signed(&key),
        Server::UnknownAuthority => params.signed_by(&key, &issuer("elsewhere", None)),
        Server::NoIntermediate => params.signed_by(&key, &issuer("between", Some(&authority.root))),
        _ => params.signed_by(&key, &authority.root),
    };
    let chain: Vec<CertificateDer<'static>> = vec![certificate.unwrap().der().clone()];
    let mut provider = rustls::crypto::aws_lc_rs::default_provider();
    if server == Server::P256Alone {
        provider.kx_groups = vec![rustls::crypto::aws_lc_rs::kx_group::SECP256R1];
    }
    rustls::ServerConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())))
        .unwrap()
}

/// Serves until the test ends; its port.
fn serve(server: Server, authority: &Authority) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let config = Arc::new(config(server, authority));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let config = config.clone();
            std::thread::spawn(move || connection(stream, server, config));
        }
    });
    port
}

const ALERT_PROTOCOL_VERSION: [u8; 7] = [0x15, 3, 1, 0, 2, 2, 70];
const ALERT_HANDSHAKE_FAILURE: [u8; 7] = [0x15, 3, 3, 0, 2, 2, 40];

fn connection(mut stream: TcpStream, server: Server, config: Arc<rustls::ServerConfig>) {
    let mut hello = [0u8; 2_048];
    let Ok(length) = stream.peek(&mut hello) else { return };
    let is_tls = hello[0] == 0x16;
    // The body of the supported_groups extension that begins with X25519, as the usual hello does.
    let offers_x25519 = hello[..length].windows(8).any(|bytes| bytes[..2] == [0, 10] && bytes[6..8] == [0, 29]);
    let alert: Option<&[u8]> = match server {
        Server::P256Alone if offers_x25519 => Some(&ALERT_HANDSHAKE_FAILURE),
        Server::Old => Some(&ALERT_PROTOCOL_VERSION),
        Server::NoTls => Some(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        Server::Cut => Some(b""),
        Server::CutButHttp if is_tls => Some(b""),
        Server::CutButHttp => return answer(&mut stream),
        _ => None,
    };
    if let Some(alert) = alert {
        let _ = stream.write_all(alert);
        // Read what was sent, so that the end is an end and not a reset that overtakes the alert.
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let _ = stream.read_to_end(&mut Vec::new());
        return;
    }
    let mut session = rustls::ServerConnection::new(config).unwrap();
    answer(&mut rustls::Stream::new(&mut session, &mut stream));
}

fn answer(stream: &mut (impl Read + Write)) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = String::new();
        loop {
            let mut line = String::new();
            match reader.read_line(&mut line) {
                Ok(0) | Err(_) => return,
                Ok(_) if line == "\r\n" => break,
                Ok(_) => head.push_str(&line),
            }
        }
        let (status, body) = if head.starts_with("GET /robots.txt") { (404, "x") } else { (200, "<p>公开</p>") };
        let answer =
            format!("HTTP/1.1 {status} X\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        if reader.get_mut().write_all(answer.as_bytes()).and_then(|()| reader.get_mut().flush()).is_err() {
            return;
        }
    }
}

fn crawl(folder: &Path, authority: &Authority, port: u16, seeds: &[String]) -> Output {
    plant(folder, seeds.iter().map(|url| (url, "某局")));
    let mut command = gongkai();
    command.current_dir(folder).args(["crawl", "--archive", "a.sqlite", "--gap", "5ms", "--allow-net", "127.0.0.0/8"]);
    command.args(["--resolve", &format!("{HOST}:{port}:127.0.0.1:{port}"), "--extra-ca"]);
    command.arg(authority.folder.path().join("root.pem")).output().unwrap()
}

const SETTLED: &str = "SELECT outcome || ' ' || coalesce(detail, '') FROM url WHERE address LIKE 'https:%'";

#[test]
fn each_broken_server_fails_by_its_own_cause_and_never_unverified() {
    let authority = Authority::new();
    for (server, cause) in [
        (Server::Expired, "tls_expired"),
        (Server::NotYetValid, "tls_not_yet_valid"),
        (Server::WrongName, "tls_wrong_name"),
        (Server::SelfSigned, "tls_self_signed"),
        (Server::UnknownAuthority, "tls_chain"),
        (Server::NoIntermediate, "tls_chain"),
        (Server::Old, "tls_legacy"),
        (Server::NoTls, "tls_broken"),
        (Server::Cut, "tls_cut"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let port = serve(server, &authority);
        let output = crawl(folder.path(), &authority, port, &[format!("https://{HOST}:{port}/x")]);
        let settled = query(folder.path(), SETTLED).concat();
        assert!(settled.contains(cause), "{cause}: {settled}");
        assert!(query(folder.path(), "SELECT url FROM capture").is_empty(), "{cause}");
        assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    }
}

#[test]
fn the_ladder_finds_the_way_and_remembers_it() {
    let authority = Authority::new();
    for (server, transports) in [(Server::Good, "tls tls"), (Server::P256Alone, "tls-p256 tls-p256")] {
        let folder = tempfile::tempdir().unwrap();
        let port = serve(server, &authority);
        let output = crawl(folder.path(), &authority, port, &[format!("https://{HOST}:{port}/x")]);
        assert_eq!(query(folder.path(), SETTLED), ["captured "], "{}", stderr(&output));
        assert_eq!(query(folder.path(), "SELECT transport FROM capture ORDER BY id").join(" "), transports);
        let remembered = query(folder.path(), "SELECT coalesce(transport, 'tls') FROM host");
        assert_eq!(remembered, [transports.split(' ').next().unwrap()]);
    }
}

#[test]
fn http_is_spoken_only_where_the_site_does() {
    let authority = Authority::new();
    let folder = tempfile::tempdir().unwrap();
    let port = serve(Server::CutButHttp, &authority);
    let secure = format!("https://{HOST}:{port}/x");
    crawl(folder.path(), &authority, port, std::slice::from_ref(&secure));
    let settled = query(folder.path(), SETTLED).concat();
    assert!(settled.starts_with("tls_failed"), "{settled}");
    assert!(query(folder.path(), "SELECT url FROM capture").is_empty());

    let folder = tempfile::tempdir().unwrap();
    let output = crawl(folder.path(), &authority, port, &[format!("http://{HOST}:{port}/plain"), secure]);
    assert_eq!(query(folder.path(), SETTLED), ["captured "], "{}", stderr(&output));
    assert_eq!(query(folder.path(), "SELECT DISTINCT transport FROM capture"), ["http"]);
    assert_eq!(query(folder.path(), "SELECT transport FROM host"), ["http"]);
    assert!(stderr(&output).contains("is asked over http"), "{}", stderr(&output));
}
