//! Hanweb 大汉, lists asked for with a query: the data proxy of a JCMS column, and the search of its 信息公开 module
//! (shared/sites.md 1.2 A and B).

use url::{Url, form_urlencoded};

use super::paging::{parameter, with};
use crate::exchange::Query;

const PROXY: &str = "/jpage/dataproxy.jsp";
const SEARCH: &str = "/module/xxgk/search.jsp";
/// Rows a page, where a column does not say.
const ROWS: u64 = 20;
/// Pages that the product asks for at a time.
const GROUP: u64 = 3;

/// The list after a page: the rows after those of a column, or its first; behind an answer, the page after it.
pub fn next(page: &Url, text: &str, query: Option<&Query>) -> Option<(String, Query)> {
    match query {
        Some(query) if page.path().ends_with(PROXY) => after_rows(page, text).map(|next| (next.into(), query.clone())),
        Some(query) if page.path().ends_with(SEARCH) => after_found(text, query).map(|next| (page.to_string(), next)),
        Some(_) => None,
        None => more_rows(text).or_else(|| search(text)),
    }
}

/// `var param_745545 = {col:1,webid:355,path:'/',columnid:59960,unitid:'745545',…}` in a page whose rows are some of a total.
fn more_rows(text: &str) -> Option<(String, Query)> {
    let at = super::places(text, PROXY).next()?;
    // A page with the address of its next group is asked for by that.
    (!text.contains("<nextgroup>")).then_some(())?;
    let proxy = format!("{}{PROXY}", &text[text[..at].rfind(['"', '\'', '(', ' ', '='])? + 1..at]);
    let parameters = text.match_indices("columnid").find_map(|(at, _)| {
        let object = text[..at].rfind('{').map(|begin| &text[begin + 1..])?.split('}').next()?;
        let pairs = pairs(object);
        ["columnid", "webid", "unitid"].iter().all(|name| pairs.iter().any(|(key, _)| key == name)).then_some(pairs)
    })?;
    let (held, total) =
        (text.matches("<record>").count() as u64, number_after(text, &["totalRecord", "<totalrecord"])?);
    let rows = number_after(text, &["perPage"]).filter(|rows| (1..=100).contains(rows)).unwrap_or(ROWS);
    (held < total).then_some(())?;
    let (start, end) = (held + 1, (held + rows * GROUP).min(total));
    Some((format!("{proxy}?startrecord={start}&endrecord={end}&perpage={rows}"), Query::form(&parameters)))
}

fn after_rows(answer: &Url, text: &str) -> Option<Url> {
    text.contains("<record>").then_some(())?;
    let number = |name| parameter(answer, name)?.parse::<u64>().ok();
    let (start, end, rows) = (number("startrecord")?, number("endrecord")?, number("perpage")?);
    let (following, last) = (end.checked_add(1)?, end.checked_add(rows.checked_mul(GROUP)?)?);
    let total = number_after(text, &["<totalrecord"]);
    (start < following && total.is_none_or(|total| following <= total)).then_some(())?;
    let last = total.map_or(last, |total| last.min(total));
    Some(with(&with(answer, "startrecord", &following.to_string()), "endrecord", &last.to_string()))
}

/// The search that the page's own script names: its parameters are posted, with the number of the page.
fn search(text: &str) -> Option<(String, Query)> {
    let named = super::places(text, SEARCH).find_map(|at| {
        let rest = text[at + SEARCH.len()..].strip_prefix('?')?;
        rest.split(['"', '\'', ' ', '<', '>', '\r', '\n']).next().filter(|asked| asked.contains("infotypeId="))
    })?;
    let named = named.replace("&amp;", "&");
    let pairs = form_urlencoded::parse(named.as_bytes()).filter(|(key, _)| key != "currpage");
    Some((SEARCH.to_owned(), Query::form(pairs.chain([("currpage".into(), "1".into())]))))
}

/// While the answer has rows, and as far as its 共N页 goes.
fn after_found(text: &str, query: &Query) -> Option<Query> {
    text.contains("<a ").then_some(())?;
    let following = query.get("currpage")?.parse::<u64>().ok()?.checked_add(1)?;
    let last = text.match_indices('共').find_map(|(at, word)| {
        let rest = text[at + word.len()..].trim_start_matches("&nbsp;").trim_start();
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        rest[digits..]
            .trim_start_matches("&nbsp;")
            .trim_start()
            .starts_with('页')
            .then(|| rest[..digits].parse::<u64>().ok())?
    });
    (following <= last?).then(|| query.with("currpage", following))?
}

/// Names and values of a literal object: `col:1,path:'/',webname:"…"`.
fn pairs(object: &str) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let mut rest = object;
    while let Some((key, after)) = rest.split_once(':') {
        let after = after.trim_start();
        let (value, left) = match after.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                let Some((value, left)) = after[1..].split_once(quote) else { break };
                (value, left.split_once(',').map_or("", |(_, left)| left))
            }
            _ => after.split_once(',').unwrap_or((after, "")),
        };
        let key = key.trim().trim_matches(['"', '\'']);
        if key.is_empty() || !key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            break;
        }
        pairs.push((key.to_owned(), value.trim().to_owned()));
        rest = left;
    }
    pairs
}

fn number_after(text: &str, names: &[&str]) -> Option<u64> {
    names.iter().find_map(|name| {
        text.match_indices(name).find_map(|(at, _)| {
            let rest = text[at + name.len()..].trim_start_matches(['"', '\'', ' ', ':', '=', '>']);
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            rest[..end].parse().ok()
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMN: &str = "<script>var param_247686={col:1,appid:1,webid:39,path:'/',columnid:61490,sourceContentType:1,\
        unitid:'247686',webname:'江苏省国资委',permissiontype:0}; $('#247686').jpage({perPage:20,totalRecord:75,\
        proxyUrl:'/module/web/jpage/dataproxy.jsp'})</script><datastore><record>1</record><record>2</record></datastore>";

    fn page(address: &str) -> Url {
        Url::parse("http://jsgzw.jiangsu.gov.cn/col/col61490/index.html").unwrap().join(address).unwrap()
    }

    #[test]
    fn the_rows_after_those_of_a_column() {
        let (address, query) = next(&page(""), COLUMN, None).unwrap();
        assert_eq!(address, "/module/web/jpage/dataproxy.jsp?startrecord=3&endrecord=62&perpage=20");
        assert!(query.as_str().starts_with("col=1&appid=1&webid=39&path=%2F&columnid=61490&"), "{}", query.as_str());
        assert_eq!(query.get("webname").as_deref(), Some("江苏省国资委"));
        let answer = "<datastore><totalrecord>75</totalrecord><record>3</record></datastore>";
        let (second, same) = next(&page(&address), answer, Some(&query)).unwrap();
        assert!(second.ends_with("startrecord=63&endrecord=75&perpage=20"), "{second}");
        assert_eq!(same, query);
        assert_eq!(next(&page(&second), answer, Some(&query)), None, "there are no more");
        assert_eq!(next(&page(&address), "<datastore></datastore>", Some(&query)), None, "there came none");
        assert_eq!(next(&page(""), &COLUMN.replace("totalRecord:75", "totalRecord:2"), None), None, "all are there");
        assert_eq!(next(&page(""), &format!("{COLUMN}<nextgroup>"), None), None, "the page has another way");
    }

    #[test]
    fn the_search_that_a_page_names() {
        let text = "<script>load('/module/xxgk/search.jsp?divid=div1256283&amp;infotypeId=F0100001&jdid=149&area=&currpage=1')</script>";
        let (address, query) = next(&page(""), text, None).unwrap();
        assert_eq!(address, SEARCH);
        assert_eq!(query.as_str(), "divid=div1256283&infotypeId=F0100001&jdid=149&area=&currpage=1");
        let pages =
            |answer: &str| next(&page(&address), answer, Some(&query)).and_then(|(_, query)| query.get("currpage"));
        assert_eq!(pages("<a href=x>年报</a>&nbsp;&nbsp;共2页&nbsp;").as_deref(), Some("2"));
        for last in ["<a href=x>年报</a>共&nbsp;1&nbsp;页", "<a href=x>年报</a>共3条", "共2页"] {
            assert_eq!(pages(last), None, "{last}");
        }
        for page_without in ["", "'/module/xxgk/search.jsp'", "'/module/xxgk/search.jsp?divid=1'"] {
            assert_eq!(next(&page(""), page_without, None), None, "{page_without}");
        }
    }
}
