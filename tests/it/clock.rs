//! The clock jumps while a crawl runs, by a day and by ten years, back and forth (promises R13).

use std::time::Duration;

use gongkai::clock::{Clock, rfc3339};
use gongkai::crawl::{self, Bounds, Events, Place, Resolve, Settings, Stop};
use gongkai::seed::{Seed, SeedKind};
use gongkai::store::{Access, Store};
use jiff::{SignedDuration, Timestamp};

use super::crawl::query;
use super::site::{Answer, Site};

const HOST: &str = "rst.test.gov.cn";
const PAGES: usize = 30;
const GAP: Duration = Duration::from_millis(30);
/// Requests between two jumps.
const EVERY: usize = 6;

#[test]
fn the_clock_jumps_and_the_crawl_goes_on_at_its_pace() {
    let start: Timestamp = "2026-01-31T08:00:00Z".parse().unwrap();
    const DAY: i64 = 24;
    let jumps = [-DAY, DAY, -3_652 * DAY, 3_652 * DAY].map(|hours| start + SignedDuration::from_hours(hours));

    let paths: Vec<String> = (0..PAGES).map(|n| format!("/{n}.html")).collect();
    let row = |path: &String| format!("<a href='{path}'>2023年政府信息公开工作年度报告</a>");
    let mut script = vec![(HOST, "/list", Answer::html(paths.iter().map(row).collect::<String>()))];
    script.extend(paths.iter().map(|path| (HOST, path.as_str(), Answer::html(format!("<p>{path}</p>")))));
    let site = Site::serve(script);

    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::held_at(start);
    let mut settings = Settings::default();
    settings.pace.gap = GAP;
    settings.pace.starts_per_second = 1_000;
    settings.network.allow = vec!["127.0.0.0/8".parse().unwrap()];
    settings.network.resolve = vec![Resolve { host: HOST.into(), port: site.port(), address: site.address }];
    let place = Place {
        store: Store::open(&folder.path().join("a.sqlite"), Access::Write).unwrap(),
        clock: clock.clone(),
        settings,
        events: Events::default(),
    };
    let url = site.url(HOST, "/list").parse().unwrap();
    let (agency, province) = ("某局".into(), "四川".into());
    let seed = Seed { url, agency, province, kind: SeedKind::Listing, cms: None, verified: true, note: None };

    let runtime = tokio::runtime::Runtime::new().unwrap();
    let summary = runtime.block_on(async {
        let crawling = crawl::crawl(place, vec![seed], Bounds::default(), Stop::default());
        let jumping = async {
            for (n, to) in jumps.into_iter().enumerate() {
                while site.log().len() < (n + 1) * EVERY {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                clock.set(to);
            }
            std::future::pending::<()>().await
        };
        // What stalls for longer than a minute is not waited for.
        let bounded = tokio::time::timeout(Duration::from_secs(60), crawling);
        tokio::select! {
            summary = bounded => summary.expect("the crawl stalled").unwrap(),
            () = jumping => unreachable!(),
        }
    });

    let log = site.log();
    for path in &paths {
        assert_eq!(site.times(HOST, path), 1, "{path} of {summary:?}");
    }
    assert_eq!(log.len(), PAGES + 2, "the listing and robots.txt once each");
    for pair in log.windows(2) {
        let gap = pair[1].at - pair[0].at;
        assert!(gap >= GAP, "{gap:?} between {} and {}", pair[0].path, pair[1].path);
    }
    // Captures are numbered as they came, and dated as the clock said.
    let mut dates = query(folder.path(), "SELECT started_at FROM capture ORDER BY id");
    dates.dedup();
    let expected: Vec<String> = std::iter::once(start).chain(jumps).map(rfc3339).collect();
    assert_eq!(dates, expected);
}
