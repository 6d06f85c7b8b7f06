//! Whose report it is.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem;

use super::metadata::MetadataBlock;
use super::title::{self, is_agency, squeezed};
use super::{HEAD_LINES, after, is_link, region, year};
use crate::parse::extract::Document;

/// The agency that most speaks for, among the title, the first sentences, the metadata and the site.
pub fn agency_of(
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
