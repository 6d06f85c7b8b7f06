//! A replica of agency sites on loopback: what real ones serve, at the names they have, with the numbers of real reports.

pub mod form;
pub mod numbers;
pub mod page;
pub mod site;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Response, StatusCode};
use tokio::task::AbortHandle;
use url::Url;

use crate::parse::Edition;
use crate::seed::{Seed, SeedKind};
use page::Page;
use site::{hangzhou, pingtan, shanghai, sichuan, zongyang};

/// A running replica; dropping it ends it.
pub struct Replica {
    address: SocketAddr,
    serving: AbortHandle,
    asked: Arc<Mutex<Vec<Asked>>>,
}

/// A request as the server saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub host: String,
    pub path: String,
    pub user_agent: String,
}

/// A report that the replica holds.
#[derive(Clone, Debug)]
pub struct Expected {
    pub agency: &'static str,
    pub year: i16,
    pub edition: Edition,
    pub numbers: numbers::Numbers,
}

const HOSTS: [&str; 5] = [sichuan::HOST, hangzhou::HOST, shanghai::HOST, pingtan::HOST, zongyang::HOST];

/// Every page of the replica, the wall's apart.
pub fn pages() -> Vec<Page> {
    [sichuan::pages(), hangzhou::pages(), shanghai::pages(), pingtan::pages()].concat()
}

/// The reports that a crawl of the replica must find.
pub fn expected() -> Vec<Expected> {
    let report =
        |agency, year, edition, text| Expected { agency, year, edition, numbers: numbers::Numbers::of(edition, text) };
    vec![
        report("四川省人力资源和社会保障厅", 2023, Edition::Y2021, numbers::SICHUAN_2023),
        report("杭州市人力资源和社会保障局", 2023, Edition::Y2021, numbers::HANGZHOU_2023),
        report("杭州市人民政府", 2025, Edition::Y2021, numbers::HANGZHOU_2025),
        report("上海市人民政府办公厅", 2019, Edition::Y2019, numbers::SHANGHAI_2019),
        report("平潭综合实验区", 2019, Edition::Y2019, numbers::PINGTAN_2019),
        report("平潭综合实验区", 2023, Edition::Y2021, numbers::PINGTAN_2023),
    ]
}

impl Replica {
    /// Serves on a free port of 127.0.0.1.
    pub async fn start() -> std::io::Result<Replica> {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let asked = Arc::new(Mutex::new(Vec::new()));
        let served = Arc::new(Served { pages: pages(), asked: asked.clone() });
        let router = axum::Router::new().fallback(answer).with_state(served);
        let serving = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!("the replica stopped: {error}");
            }
        });
        Ok(Replica { address, serving: serving.abort_handle(), asked })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Names that must lead to [`Replica::address`].
    pub fn hosts(&self) -> [&'static str; 5] {
        HOSTS
    }

    /// What a crawl of the replica begins from.
    pub fn seeds(&self) -> Vec<Seed> {
        let seed = |host: &str, path: &str, agency: &str, province: &str, kind| {
            let url = Url::parse(&format!("http://{host}:{}{path}", self.address.port())).ok()?;
            let (agency, province) = (agency.into(), province.into());
            Some(Seed { url, agency, province, kind, cms: None, verified: true, note: None })
        };
        let seeds = [
            seed(sichuan::HOST, sichuan::LISTING, "四川省人力资源和社会保障厅", "四川", SeedKind::Listing),
            seed(hangzhou::HOST, hangzhou::LISTING, "杭州市人力资源和社会保障局", "浙江", SeedKind::Listing),
            seed(shanghai::HOST, shanghai::REPORT, "上海市人民政府办公厅", "上海", SeedKind::Report),
            seed(pingtan::HOST, pingtan::LISTING, "平潭综合实验区", "福建", SeedKind::Listing),
            seed(zongyang::HOST, zongyang::LISTING, "枞阳县人民政府", "安徽", SeedKind::Listing),
        ];
        seeds.into_iter().flatten().collect()
    }

    /// Requests so far, in the order they came.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

struct Served {
    pages: Vec<Page>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

async fn answer(State(served): State<Arc<Served>>, request: Request) -> Response<Body> {
    let header =
        |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let host = header("host").split(':').next().unwrap_or_default().to_owned();
    let path = request.uri().path().to_owned();
    let asked = Asked { host: host.clone(), path: path.clone(), user_agent: header("user-agent") };
    served.asked.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push(asked);
    if host == zongyang::HOST {
        return respond(&zongyang::challenge());
    }
    match served.pages.iter().find(|page| page.host == host && page.path == path) {
        Some(page) if header("accept-encoding").contains("gzip") => respond(page),
        Some(page) => respond(&page.uncoded()),
        None => respond(&Page { status: 404, ..Page::utf8("", "", "<html><title>404</title>Not Found</html>".into()) }),
    }
}

fn respond(page: &Page) -> Response<Body> {
    let mut response = Response::new(Body::from(page.body.clone()));
    *response.status_mut() = StatusCode::from_u16(page.status).unwrap_or(StatusCode::OK);
    for (name, value) in &page.headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().append(*name, value);
        }
    }
    response
}
