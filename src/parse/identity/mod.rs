//! Whose report, of which year, published when: from what the page says of itself, never from its address's date.

mod codes;
mod region;
pub mod title;
pub mod year;

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem;
use url::Url;

use super::extract::{Document, Table};
use super::label::key;
use title::{is_agency, squeezed};

/// What a page says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    pub title: Option<String>,
    pub published: Option<String>,
    pub site_id: Option<String>,
    pub index_number: Option<String>,
    pub agency: Option<String>,
    pub region: Option<String>,
    pub year: Option<i16>,
    /// The year of the period that the report says it is about.
    pub period: Option<i16>,
}

/// Lines that a title, a date or an agency is looked for in.
const HEAD_LINES: usize = 40;

/// Reads the identity of a page. `url` serves only to see whether the site's code belongs to this site.
pub fn identity(document: &Document, url: Option<&Url>) -> Identity {
    let block = MetadataBlock::of(document);
    let head = head_of(document);
    let title = title_of(document, &head);
    let site = document.meta("siteidcode").and_then(codes::site_id).or_else(|| site_in_prose(document));
    let index_number = block.get(&["索引号", "信息索引号", "索引"]).map(str::to_owned);
    let agency = agency_of(document, &head, title.as_deref(), &block);
    let period = head.iter().find_map(|line| year::of_period(&line[period_at(line)?..]));
    let year = year_of(document, &head, title.as_deref(), period);
    let own_site = site_is_own(document, url);
    let region = site
        .as_ref()
        .filter(|_| own_site)
        .and_then(|(_, region)| region::known(region.as_deref()?))
        .or_else(|| region::known(&codes::organisation(index_number.as_deref()?)?.region?))
        .or_else(|| region::named(agency.as_deref()?))
        .or_else(|| region::named(document.meta("sitename")?));
    Identity {
        published: published_of(document, &block),
        site_id: site.map(|(id, _)| id),
        title,
        index_number,
        agency,
        region,
        year,
        period,
    }
}

/// The first lines outside tables, without white space.
fn head_of(document: &Document) -> Vec<Cow<'_, str>> {
    document.prose().take(HEAD_LINES).map(|line| squeezed(&line.text)).collect()
}

/// The site's code where the page's foot prints it.
fn site_in_prose(document: &Document) -> Option<(String, Option<String>)> {
    static LABEL: LazyLock<memmem::Finder<'static>> = LazyLock::new(|| memmem::Finder::new("网站标识码"));
    let mut labelled = document.prose().filter(|line| LABEL.find(line.text.as_bytes()).is_some());
    labelled.find_map(|line| codes::site_id(after(&line.text, "网站标识码")?))
}

/// A template copied from another site carries the other's code.
fn site_is_own(document: &Document, url: Option<&Url>) -> bool {
    match (document.meta("sitedomain"), url.and_then(Url::host_str)) {
        (Some(domain), Some(host)) => {
            let domain = domain.trim_start_matches("http://").trim_start_matches("https://").trim_end_matches('/');
            let bare = |name: &str| name.trim_start_matches("www.").to_ascii_lowercase();
            bare(host).contains(&bare(domain)) || bare(domain).contains(&bare(host).replace(".localhost", ""))
        }
        _ => true,
    }
}

/// Trust order: ArticleTitle, h1, the page's title without the site's name, a line of the body.
fn title_of(document: &Document, head: &[Cow<'_, str>]) -> Option<String> {
    let named =
        [document.meta("articletitle"), document.heading.as_deref(), document.title.as_deref().map(without_site)];
    let names_something = |title: &&str| title.chars().count() >= 4;
    let of_report = |title: &&str| title::core(&squeezed(title)).is_some();
    let named: Vec<&str> = named.into_iter().flatten().filter(names_something).collect();
    // A column of annual reports is named in the navigation of every page.
    let other = named.iter().copied().find(|title| title::is_of_something_else(title));
    let in_body = || body_title(document, head).filter(|title| names_something(&title.as_str()));
    if let Some(title) = other.or_else(|| named.iter().copied().find(of_report)) {
        // A column's name, where the column is the report.
        let says_nothing = |title: &str| year::first(title).is_none() && title::agency(title).is_none();
        let better = (other.is_none() && says_nothing(title)).then(in_body).flatten();
        return Some(better.filter(|better| !says_nothing(better)).unwrap_or_else(|| title.to_owned()));
    }
    let in_body = in_body();
    match (in_body, named.first()) {
        (Some(title), Some(first)) if !of_report(&title.as_str()) => Some((*first).to_owned()),
        (None, first) => first.map(|first| (*first).to_owned()),
        (title, _) => title,
    }
}

fn without_site(title: &str) -> &str {
    let cut = ["_", " - ", " – ", "－", "——", "--", "|"].iter().filter_map(|mark| title.find(mark)).min();
    match cut {
        Some(at) if at > 0 => title[..at].trim(),
        _ => {
            title.split_once('-').map_or(title, |(head, _)| if head.chars().count() >= 8 { head.trim() } else { title })
        }
    }
}

/// A line that is a report's title, with the agency's name from the line above when the two are set apart.
fn body_title(document: &Document, head: &[Cow<'_, str>]) -> Option<String> {
    let mut linked = None;
    for (n, line) in head.iter().enumerate() {
        let text = line.trim_start_matches('#');
        // A sentence, or the way to the page: 首页>政务公开>政府信息公开年报>正文.
        let is_trail = || text.contains(['>', '＞', '»']) || ["首页", "位置："].iter().any(|word| text.contains(word));
        if text.chars().count() > 60 || text.contains(['。', '，', ',']) || is_trail() {
            continue;
        }
        let next = head.get(n + 1).map(Cow::as_ref).unwrap_or_default();
        let joined = format!("{text}{next}");
        let whole = if title::core(text).is_some() {
            text.to_owned()
        } else if year::first(text).is_some()
            && text.contains("信息公开")
            && title::core(&joined).is_some()
            && next.chars().count() <= 20
        {
            joined
        } else {
            continue;
        };
        if title::score(&whole) < title::REPORT {
            continue;
        }
        let above = n.checked_sub(1).and_then(|above| head.get(above));
        let whole = match above {
            Some(above) if title::agency(&whole).is_none() && is_agency(above) => format!("{above}{whole}"),
            _ => whole,
        };
        // A link to a report, in a list beside this one, is its title only where nothing else is.
        if !is_link(document, text) {
            return Some(whole);
        }
        // The name of the column in the navigation is not even that.
        if year::first(text).is_some() {
            linked.get_or_insert(whole);
        }
    }
    linked
}

/// Whether a line is a link's text, as titles beside a report are, with its date or a mark.
fn is_link(document: &Document, line: &str) -> bool {
    const TITLE: usize = 12 * '年'.len_utf8();
    const DATE: usize = "[2024年01月20日]".len();
    document.anchors.iter().any(|anchor| {
        let text = squeezed(&anchor.text);
        text == line || text.len() >= TITLE && line.contains(&*text) && line.len() - text.len() <= DATE
    })
}

fn year_of(document: &Document, head: &[Cow<'_, str>], title: Option<&str>, period: Option<i16>) -> Option<i16> {
    let from_title = title.and_then(|title| year::of_title(&squeezed(title)));
    from_title
        .or(period)
        // No title and no period: the year the first sentence about the report begins with.
        .or_else(|| {
            let about = head.iter().filter(|line| line.contains("信息公开"));
            about
                .filter_map(|line| Some((line, year::of_sentence(line)?)))
                .find(|(line, _)| !is_link(document, line))
                .map(|(_, year)| year)
        })
}

/// 统计期限自2023年1月1日, 数据统计期限为….
fn period_at(line: &str) -> Option<usize> {
    // Most lines have none of the words' ends.
    static ENDS: LazyLock<[memmem::Finder<'static>; 3]> =
        LazyLock::new(|| ["期限", "时限", "时间"].map(memmem::Finder::new));
    if !ENDS.iter().any(|end| end.find(line.as_bytes()).is_some()) {
        return None;
    }
    ["统计期限", "统计时限", "数据期限", "起止时间", "统计时间", "的期限"].iter().find_map(|words| line.find(words))
}

fn agency_of(
    document: &Document,
    head: &[Cow<'_, str>],
    title: Option<&str>,
    block: &MetadataBlock<'_>,
) -> Option<String> {
    let from_title = title.and_then(title::agency);
    let is_place = |name: &str| ["区", "县", "市", "省", "镇", "乡"].iter().any(|ending| name.ends_with(ending));
    if from_title.as_deref().is_some_and(|name| !is_place(name) && region::named(name).is_some()) {
        return from_title;
    }
    let named_in_block =
        block.get(&["发布机构", "发布单位", "公开主体", "信息来源", "发文机关"]).and_then(agency_named);
    let publisher = document.meta("contentsource").and_then(agency_named).or_else(|| source_in_line(document));
    let in_prose = head.iter().find_map(|line| agency_in_sentence(line));
    let before_its_report = |line: &Cow<'_, str>| {
        agency_before_its_report(line).filter(|name| from_title.as_ref() != Some(name) && !is_link(document, line))
    };
    let in_prose = in_prose.or_else(|| head.iter().find_map(before_its_report));
    let mut candidates: Vec<String> = [from_title, in_prose, named_in_block].into_iter().flatten().collect();
    // A portal is the government's; what it publishes is often a department's.
    let of_portal = |name: &String| name.ends_with("政府");
    for name in [publisher, document.meta("sitename").and_then(agency_named)].into_iter().flatten() {
        if !of_portal(&name) || candidates.first().is_none_or(|first| of_portal(first) || is_whole(&name, first)) {
            candidates.push(name);
        }
    }
    // 市人力社保局 is an abbreviation; a name that says which place it is of is the better one, and so is the same name with
    // its place before it: 盐津县豆沙镇人民政府 for 豆沙镇.
    let whole = |name: &&String| is_whole(name, &candidates[0]);
    let named = candidates.iter().find(|name| region::named(name).is_some());
    named.or_else(|| candidates.iter().find(whole)).or(candidates.first()).cloned()
}

/// Whether a name is another with its place before it, or with what it is behind it: 盐津县豆沙镇人民政府 and 豆沙镇.
fn is_whole(name: &str, of: &str) -> bool {
    name != of && (name.ends_with(of) || name.strip_suffix("人民政府").is_some_and(|place| place.ends_with(of)))
}

fn agency_named(text: &str) -> Option<String> {
    Some(squeezed(text)).filter(|name| is_agency(name)).map(Cow::into_owned)
}

/// 来源：凤冈县民政局发布时间：2024-01-18….
fn source_in_line(document: &Document) -> Option<String> {
    const NEXT: [&str; 8] = ["发布", "时间", "日期", "作者", "浏览", "点击", "字体", "阅读"];
    let mut lines = document.prose().take(HEAD_LINES).filter(|line| line.text.contains("来源"));
    lines.find_map(|line| {
        let named = after(&line.text, "来源")?.split([' ', '|', '[', '【', '<']).next()?;
        let end = NEXT.iter().filter_map(|word| named.find(word)).min().unwrap_or(named.len());
        agency_named(&named[..end])
    })
}

/// 杭州市人力资源和社会保障局根据《中华人民共和国政府信息公开条例》….
fn agency_in_sentence<'l>(line: &'l str) -> Option<String> {
    static LAW: LazyLock<memmem::Finder<'static>> =
        LazyLock::new(|| memmem::Finder::new("《中华人民共和国政府信息公开"));
    LAW.find(line.as_bytes())?;
    let at =
        ["根据《中华人民共和国政府信息公开", "依据《中华人民共和国政府信息公开", "按照《中华人民共和国政府信息公开"]
            .iter()
            .find_map(|words| line.find(words))?;
    let clause = |text: &'l str| text.rsplit(['，', ',', '。', '、', '：', ':', ')']).next();
    // 根据…要求，杭州市水务局编制了本年度报告.
    let behind = || clause(&line[at..line[at..].find("编制")? + at]);
    let name = clause(&line[..at]).filter(|name| !name.is_empty()).or_else(behind)?;
    let by = ["本年度报告由", "本报告由", "本年报由", "由"].iter().find_map(|words| name.strip_prefix(words));
    let name = by.unwrap_or(name);
    is_agency(name).then(|| name.to_owned())
}

/// 景宁县民政局2010年度政府信息公开工作年度报告由概述等部分组成, 特向社会公布…局2010年度政府信息公开工作年度报告.
fn agency_before_its_report(line: &str) -> Option<String> {
    const OF_OTHERS: [&str; 8] = ["根据", "按照", "依据", "依照", "参照", "对照", "落实", "关于"];
    let (start, _) = title::core(line)?;
    let year = year::at(&line[..start]).filter(|year| start - year.span.1 <= "年度".len())?;
    let named = line[..year.span.0].rsplit(['，', ',', '。', '、', '：', ':', '；', ')']).next()?;
    let named = ["公布", "现将", "发布", "由"].iter().find_map(|verb| Some(named.split_once(verb)?.1)).unwrap_or(named);
    let named = ["编制了", "编制", "公布了", "形成"].iter().find_map(|verb| named.strip_suffix(verb)).unwrap_or(named);
    let is_own = is_agency(named) && !OF_OTHERS.iter().any(|word| named.starts_with(word));
    is_own.then(|| named.to_owned())
}

/// PubDate, then the line that says when, then the date of the document itself.
fn published_of(document: &Document, block: &MetadataBlock<'_>) -> Option<String> {
    let meta =
        ["pubdate", "publishdate", "article:published_time"].iter().find_map(|name| date_in(document.meta(name)?));
    let labels = ["发布时间", "发布日期", "公开日期", "发文日期", "发稿时间", "日期", "时间"];
    let in_line = || {
        document.prose().take(HEAD_LINES).find_map(|line| {
            let text = &line.text;
            let labelled = text.contains("日期") || text.contains("时间");
            labelled.then(|| labels.iter().find_map(|label| date_in(after(text, label)?.get(..)?))).flatten()
        })
    };
    meta.or_else(|| block.get(&["发布日期", "发布时间", "公开日期", "公开时间", "发文日期"]).and_then(date_in))
        .or_else(in_line)
        .or_else(|| block.get(&["成文日期", "生成日期", "成文时间"]).and_then(date_in))
}

/// What follows a label and its colon, near by.
fn after<'t>(text: &'t str, label: &str) -> Option<&'t str> {
    let rest = &text[text.find(label)? + label.len()..];
    Some(rest.trim_start_matches(|c: char| matches!(c, ':' | '：' | '|' | ']' | '】') || c.is_whitespace()))
}

/// `2024-01-19`, `2024年1月19日`, `2024/1/19 15:34` at the beginning of a text.
pub fn date_in(text: &str) -> Option<String> {
    let mut numbers = [0i16; 3];
    let mut rest = text.trim_start();
    for (n, number) in numbers.iter_mut().enumerate() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 || digits > if n == 0 { 4 } else { 2 } {
            return None;
        }
        *number = rest[..digits].parse().ok()?;
        rest = rest[digits..].trim_start();
        if n < 2 {
            rest = rest.strip_prefix(['-', '/', '.', '年', '月'])?.trim_start();
        }
    }
    let [year, month, day] = numbers;
    let date = jiff::civil::Date::new(year, month as i8, day as i8).ok()?;
    (2000..2100).contains(&year).then(|| date.to_string())
}

/// The block of 索引号, 发布机构, 成文日期, … that stands before a document: a table in pairs, or a line of them.
struct MetadataBlock<'a> {
    pairs: Vec<(Cow<'a, str>, &'a str)>,
}

impl<'a> MetadataBlock<'a> {
    fn of(document: &'a Document) -> MetadataBlock<'a> {
        let mut pairs = Vec::new();
        for table in document.tables.iter().filter(|table| is_metadata(table)) {
            for row in &table.rows {
                let cells: Vec<&str> = row.cells.iter().map(|cell| cell.text.as_str()).collect();
                pair_up(&cells, &mut pairs);
            }
        }
        for line in document.prose().take(HEAD_LINES) {
            let cells: Vec<&str> = line.text.split('|').map(str::trim).collect();
            pair_up(&cells, &mut pairs);
        }
        MetadataBlock { pairs }
    }

    fn get(&self, labels: &[&str]) -> Option<&'a str> {
        labels.iter().find_map(|label| {
            self.pairs.iter().find(|(name, value)| name == label && !value.is_empty()).map(|(_, value)| *value)
        })
    }
}

fn is_metadata(table: &Table) -> bool {
    table.rows.len() <= 12
        && table
            .rows
            .iter()
            .flat_map(|row| &row.cells)
            .any(|cell| cell.text.len() < 60 && cell.text.contains("索") && key(&cell.text).starts_with("索引号"))
}

const METADATA_LABELS: [&str; 18] = [
    "索引号",
    "信息索引号",
    "发布机构",
    "发布单位",
    "公开主体",
    "发文机关",
    "信息来源",
    "发布日期",
    "发布时间",
    "公开日期",
    "公开时间",
    "发文日期",
    "成文日期",
    "生成日期",
    "成文时间",
    "文号",
    "主题分类",
    "公开方式",
];

/// `索引号: | 580267448/2024-276400 | 公开方式: | 主动公开`, or `索引号：580267448/2024-276400` in one cell.
fn pair_up<'a>(cells: &[&'a str], pairs: &mut Vec<(Cow<'a, str>, &'a str)>) {
    let is_label = |text: &str| (6..60).contains(&text.len()) && METADATA_LABELS.contains(&&*key(text));
    for (n, cell) in cells.iter().enumerate() {
        if is_label(cell) {
            let value = cells.get(n + 1).copied().filter(|next| !is_label(next)).unwrap_or_default();
            pairs.push((key(cell), value));
        } else if let Some((label, value)) = cell.split_once(['：', ':'])
            && is_label(label)
        {
            pairs.push((key(label), value.trim()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_as_they_are_printed() {
        for (text, date) in [
            ("2023-12-29 来源: 厅办公室", Some("2023-12-29")),
            ("2024年1月19日", Some("2024-01-19")),
            ("2024/1/19 15:34", Some("2024-01-19")),
            ("2024-13-01", None),
            ("2024", None),
            ("长期", None),
        ] {
            assert_eq!(date_in(text).as_deref(), date, "{text}");
        }
    }
}
