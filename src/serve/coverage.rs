//! The first page: agencies by year as a heat map, and what the last run changed.

use askama::Template;
use axum::body::Body;
use axum::http::Response;
use rusqlite::Connection;

use super::Site;
use super::asked::Asked;
use super::door::Trouble;
use super::overview::{LastRun, Line, Overview, Standing, State};
use super::places::{PROVINCES, SYSTEMS};
use super::shell::{Lang, Shell, agency_address, grouped, html, minute, named, plain};

/// Agencies on a page.
const SHOWN: usize = 80;

#[derive(Template)]
#[template(path = "coverage.html")]
struct CoveragePage {
    shell: Shell,
    totals: Vec<(&'static str, &'static str, String)>,
    provinces: Vec<Choice>,
    systems: Vec<Choice>,
    states: Vec<Choice>,
    year_choices: Vec<Choice>,
    name: String,
    years: Vec<i16>,
    rows: Vec<Row>,
    found: String,
    earlier: String,
    later: String,
    page: usize,
    pages: usize,
    last_run: Option<LastRun>,
    began: String,
    empty: bool,
}

/// One of a select's options.
pub struct Choice {
    pub value: String,
    pub text: String,
    pub chosen: bool,
}

struct Row {
    agency: String,
    address: String,
    cells: Vec<Cell>,
}

struct Cell {
    state: &'static str,
    sign: String,
    address: String,
    title: String,
}

/// Which lines of the overview are wanted.
pub struct Wanted<'a> {
    province: Option<&'a str>,
    system: Option<&'a str>,
    state: Option<State>,
    year: Option<i16>,
    name: Option<&'a str>,
}

impl<'a> Wanted<'a> {
    pub fn of(asked: &'a Asked) -> Result<Wanted<'a>, Trouble> {
        let state = asked.get("state").map(|text| {
            let known = State::ALL.into_iter().find(|state| state.as_str() == text);
            known.ok_or_else(|| {
                let text = plain(text);
                Trouble::bad(format!("没有“{text}”这种状态"), format!("there is no state {text}"))
            })
        });
        Ok(Wanted {
            province: asked.get("province"),
            system: asked.get("system"),
            state: state.transpose()?,
            year: asked.number("year")?,
            name: asked.get("name"),
        })
    }

    pub fn lines<'o>(&self, overview: &'o Overview) -> Vec<&'o Line> {
        let in_state = |line: &Line| {
            let mut years = line.years.iter().filter(|(year, _)| self.year.is_none_or(|wanted| wanted == **year));
            self.state.is_none_or(|state| years.any(|(_, standing)| standing.state == state))
        };
        let wanted = |line: &&Line| {
            self.province.is_none_or(|code| line.province == code || (code == "none" && line.province.is_empty()))
                && self.system.is_none_or(|code| line.system == code)
                && self.name.is_none_or(|name| line.agency.contains(name))
                && in_state(line)
        };
        overview.lines.iter().filter(wanted).collect()
    }

    fn years(&self, overview: &Overview) -> Vec<i16> {
        overview.years.iter().copied().filter(|year| self.year.is_none_or(|wanted| wanted == *year)).collect()
    }
}

pub fn page(site: &Site, _: &Connection, asked: &Asked) -> Result<Response<Body>, Trouble> {
    if asked.token_given {
        return Ok(let_in(site));
    }
    let overview = site.overview();
    let wanted = Wanted::of(asked)?;
    let lines = wanted.lines(&overview);
    let years = wanted.years(&overview);
    let mut totals = [0; 5];
    for standing in lines.iter().flat_map(|line| years.iter().filter_map(|year| line.years.get(year))) {
        totals[standing.state as usize] += 1;
    }
    let lang = asked.lang;
    let totals = State::ALL.into_iter().map(|state| {
        let (zh, en) = state.words();
        (state.as_str(), lang.w(zh, en), grouped(totals[state as usize]))
    });
    let totals = totals.collect();
    let pages = lines.len().div_ceil(SHOWN).max(1);
    let page = asked.page()?.min(pages);
    let rows = lines.iter().skip((page - 1) * SHOWN).take(SHOWN).map(|line| Row {
        agency: named(lang, &line.agency),
        address: agency_address(&line.agency),
        cells: years.iter().map(|year| cell(asked, line, *year)).collect(),
    });
    let rows = rows.collect();
    let at = |page: usize| asked.with(&[("page", &page.to_string())]);
    let any = lang.w("全部", "all");
    let states = State::ALL.map(|state| (state.as_str(), lang.w(state.words().0, state.words().1)));
    let year_texts: Vec<String> = overview.years.iter().map(i16::to_string).collect();
    let shown = CoveragePage {
        shell: Shell::new(asked, "coverage", lang.w("覆盖", "Coverage")),
        totals,
        provinces: choices(
            asked.get("province"),
            any,
            PROVINCES
                .iter()
                .map(|(code, zh, en)| (*code, lang.w(zh, en)))
                .chain([("none", lang.w("未知", "not known"))]),
        ),
        systems: choices(asked.get("system"), any, SYSTEMS.iter().map(|(code, zh, en, _)| (*code, lang.w(zh, en)))),
        states: choices(asked.get("state"), any, states.into_iter()),
        year_choices: choices(asked.get("year"), any, year_texts.iter().map(|year| (year.as_str(), year.as_str()))),
        name: plain(asked.get("name").unwrap_or_default()),
        years,
        rows,
        found: grouped(lines.iter().filter(|line| !line.agency.is_empty()).count()),
        earlier: if page > 1 { at(page - 1) } else { String::new() },
        later: if page < pages { at(page + 1) } else { String::new() },
        page,
        pages,
        began: overview.last_run.as_ref().map(|run| minute(&run.started_at)).unwrap_or_default(),
        last_run: overview.last_run.clone().map(|run| with_names(run, lang)),
        empty: overview.lines.is_empty(),
    };
    html(asked, &shown)
}

fn with_names(mut run: LastRun, lang: Lang) -> LastRun {
    run.reports.iter_mut().for_each(|(_, agency, _)| *agency = named(lang, agency));
    run
}

/// The address with the token is for once: afterwards a cookie has it, out of sight.
fn let_in(site: &Site) -> Response<Body> {
    let cookie = format!("gongkai={}; Path=/; HttpOnly; SameSite=Strict", site.token);
    let answer = Response::builder().status(303).header("location", "/").header("set-cookie", cookie);
    answer.body(Body::empty()).unwrap_or_default()
}

pub fn choices<'a>(chosen: Option<&str>, any: &str, all: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<Choice> {
    let first = Choice { value: String::new(), text: any.into(), chosen: chosen.is_none() };
    let all = all.map(|(value, text)| Choice { value: value.into(), text: text.into(), chosen: chosen == Some(value) });
    std::iter::once(first).chain(all).collect()
}

fn cell(asked: &Asked, line: &Line, year: i16) -> Cell {
    let Some(standing) = line.years.get(&year) else {
        return Cell { state: "missing", sign: "·".into(), address: String::new(), title: String::new() };
    };
    let sign = match standing.state {
        State::Consistent => "✓".to_owned(),
        State::WithFindings => standing.failures.to_string(),
        State::Unread => "○".into(),
        State::Blocked => "✕".into(),
        State::Missing => "·".into(),
    };
    let address = match (standing.capture, standing.state) {
        (Some(capture), State::Consistent | State::WithFindings) => format!("/report/{capture}"),
        (Some(capture), _) => format!("/capture/{capture}"),
        (None, state) if line.agency.is_empty() && state != State::Missing => agency_address(""),
        _ => String::new(),
    };
    let (zh, en) = words(standing);
    Cell { state: standing.state.as_str(), sign, address, title: format!("{year} {}", asked.lang.w(zh, en)) }
}

/// What a cell says when it is pointed at: the finer word where there is one.
fn words(standing: &Standing) -> (&'static str, &'static str) {
    match standing.known.as_str() {
        "withdrawn" => ("网站已撤下，存档仍在", "withdrawn by the site, still in the archive"),
        "doubtful" => ("正文不完整", "its body was cut"),
        "prose" => ("已找到，只有文字，没有表格数字", "found, prose without numbers"),
        "expected" => ("网站可访问，未见该年报告", "the site answers, no report of this year was seen"),
        "not_looked_at" => ("尚未查找", "not looked for yet"),
        _ => standing.state.words(),
    }
}
