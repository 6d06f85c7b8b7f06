//! Challenge pages, blocks and captchas by their maker (shared/sites.md 4.1). They are named, never climbed.

use crate::exchange::Headers;
use crate::parse::extract::Document;
use crate::parse::identity::title;

/// Text that blocks print, whatever their status.
const BLOCKED: [&str; 26] = [
    "当前访问疑似黑客攻击",
    "创宇盾",
    "安全狗",
    "云盾",
    "访问被拦截",
    "您的请求带有不合法参数",
    "请求过于频繁",
    "人机验证",
    "Request blocked",
    "请完成安全验证",
    "安全验证",
    "您的访问被阻断",
    "访问过于频繁",
    "拦截提示",
    "访问已被拦截",
    "长亭雷池",
    "网站防护系统",
    "网站防火墙",
    "网站卫士",
    "已被网站管理员设置拦截",
    "您的访问存在异常",
    "访问过快",
    "非法访问",
    "Protected by",
    "Restricted Access",
    "Web应用防火墙",
];
const CAPTCHA: [&str; 3] = ["请输入验证码", "滑动验证", "拖动滑块"];
/// A page with more text than this is no wall, whatever it mentions. Characters.
const LITTLE: usize = 800;
/// A page with more links than this is none either: a wall leads nowhere, a site's own page has its menu.
const FEW: usize = 12;

/// Which wall a response is, and by what it is known.
pub fn wall(
    status: Option<u16>,
    headers: &Headers,
    document: &Document,
    body: &[u8],
) -> Option<(&'static str, String)> {
    let cookies: Vec<String> =
        headers.all("set-cookie").map(|value| String::from_utf8_lossy(value).into_owned()).collect();
    let visible: usize = document.prose().map(|line| line.text.chars().count()).sum();
    let little = visible < LITTLE && document.tables.is_empty();
    let scripts = &document.scripts;
    let status_is = |wanted: &[u16]| status.is_some_and(|status| wanted.contains(&status));
    let shown = status.map_or(String::new(), |status| format!("status {status}, "));

    let jsl_cookie = cookies.iter().any(|cookie| cookie.starts_with("__jsluid"));
    let jsl_script = scripts.contains("__jsl_clearance")
        || (scripts.contains("document.cookie=") && scripts.contains("location.href=location.pathname"));
    if status_is(&[521]) || (little && jsl_script) || (jsl_cookie && little && body.len() < 4_096 && visible == 0) {
        return Some(("waf_jsl", format!("{shown}加速乐 cookie challenge")));
    }
    let ruishu = ["$_ts=window['$_ts']", "$_ts.nsd", "$_ts.cd"].iter().any(|mark| scripts.contains(mark));
    // Later ones name no variable: an empty page whose scripts carry the mark r="m".
    let marked = || [&b" r=\"m\""[..], b" r='m'"].iter().any(|mark| memchr::memmem::find(body, mark).is_some());
    if status_is(&[412]) || (little && ruishu) || (visible == 0 && document.anchors.is_empty() && marked()) {
        return Some(("waf_ruishu", format!("{shown}瑞数 script challenge")));
    }
    if little
        && (scripts.contains("security_verify_data") || cookies.iter().any(|set| set.starts_with("yunsuo_session")))
    {
        return Some(("waf_yunsuo", format!("{shown}云锁 script challenge")));
    }
    let text = |words: &[&'static str]| {
        let named = document.title.as_deref().unwrap_or_default();
        words
            .iter()
            .find(|word| named.contains(**word) || document.prose().any(|line| line.text.contains(**word)))
            .copied()
    };
    let leads_on = document.anchors.len() > FEW
        || document.anchors.iter().any(|anchor| title::score(&anchor.text) >= title::CANDIDATE);
    let little = little && !leads_on;
    if little && let Some(word) = text(&CAPTCHA) {
        return Some(("captcha", format!("{shown}it asks for a captcha ({word})")));
    }
    if little && let Some(word) = text(&BLOCKED) {
        return Some(("waf_block", format!("{shown}it says {word}")));
    }
    if status_is(&[405, 406, 418, 444]) && little {
        return Some(("waf_block", format!("{shown}a short page")));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::super::extract::html;
    use super::*;

    fn maker(status: u16, cookie: &str, page: &str) -> Option<&'static str> {
        let headers = Headers(vec![("Set-Cookie".into(), cookie.into())]);
        wall(Some(status), &headers, &html(page), page.as_bytes()).map(|(maker, _)| maker)
    }

    #[test]
    fn walls_by_their_maker() {
        for (status, cookie, page, expected) in [
            (521, "__jsluid_s=1", "<script>document.cookie=('_')+('_')</script>", "waf_jsl"),
            (200, "a=1", "<script>$_ts=window['$_ts'];if(!$_ts)$_ts={};</script>", "waf_ruishu"),
            (
                202,
                "4hP44ZykCTt5S=60; path=/",
                "<meta content='X' r=\"m\"><script src=/c.js r=\"m\"></script>",
                "waf_ruishu",
            ),
            (
                200,
                "yunsuo_session_verify=6c",
                "<script>self.location='/?security_verify_data=1'</script>",
                "waf_yunsuo",
            ),
            (404, "", "<title>网站防火墙</title><p>您的请求带有不合法参数，已被网站管理员设置拦截！", "waf_block"),
            (403, "", "<title>Access Forbidden</title>访问已被拦截 安全检测能力由 长亭雷池 WAF 驱动", "waf_block"),
            (567, "", "<p>Protected by Tencent Cloud EdgeOne", "waf_block"),
            (200, "", "<title>安全验证</title><form><input placeholder=x>", "waf_block"),
            (200, "", "<p>请输入验证码<img src=/captcha.jpg>", "captcha"),
        ] {
            assert_eq!(maker(status, cookie, page), Some(expected), "{page}");
        }
    }

    #[test]
    fn pages_with_a_way_on_are_none() {
        let rows = "<a href=/1.html>某县财政局2023年政府信息公开工作年度报告</a>";
        let menu: String = (0..20).map(|at| format!("<a href=/{at}/>栏目{at}</a>")).collect();
        for page in [
            format!("<form>请输入验证码</form>{rows}"),
            format!("<p>本站已接入云盾</p>{menu}"),
            "<p r=\"m\">年报".into(),
        ] {
            assert_eq!(maker(200, "", &page), None, "{page}");
        }
    }
}
