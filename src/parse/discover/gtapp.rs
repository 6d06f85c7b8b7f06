//! gtapp, the lists of 江苏省自然资源厅 and its bureaus: a page's number is posted to the list's own address (shared/sites.md 1.2 M).

use url::Url;

use crate::exchange::Query;

const NUMBER: &str = "cpage";

/// The page after this one, while the controls `page('N')` name one as high.
pub fn next(page: &Url, text: &str, query: Option<&Query>) -> Option<(String, Query)> {
    page.path().contains("/gtapp/").then_some(())?;
    let last =
        text.split("page('").skip(1).filter_map(|rest| rest.split('\'').next()?.trim().parse::<u64>().ok()).max()?;
    let this: u64 = query.map_or(Some(1), |query| query.get(NUMBER)?.parse().ok())?;
    let next = this.checked_add(1).filter(|next| *next <= last)?;
    Some((page.to_string(), Query::form([(NUMBER, next.to_string())])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_after_this_one() {
        let page = Url::parse("http://zrzy.jiangsu.gov.cn/gtapp/nrglIndex.action?classID=2c90&type=1").unwrap();
        let text = "<a href=\"javascript:page('2')\">下一页</a><a onclick=\"page('3')\">尾页</a>";
        for (asked, next_one) in [(None, Some("cpage=2")), (Some("cpage=2"), Some("cpage=3")), (Some("cpage=3"), None)]
        {
            let query = asked.map(Query::from_text);
            let found = next(&page, text, query.as_ref());
            assert_eq!(found.as_ref().map(|(_, query)| query.as_str()), next_one, "{asked:?}");
            assert!(found.is_none_or(|(address, _)| address == page.as_str()));
        }
        assert_eq!(next(&page, "one page", None), None);
        assert_eq!(next(&Url::parse("http://a.gov.cn/x").unwrap(), text, None), None);
    }
}
