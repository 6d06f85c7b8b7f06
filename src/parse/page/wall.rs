//! Challenge pages, blocks and captchas by their maker (shared/sites.md 4.1). They are named, never climbed.

use crate::exchange::Headers;
use crate::parse::extract::Document;

/// Text that blocks print, whatever their status.
const BLOCKED: [&str; 14] = [
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
];
const CAPTCHA: [&str; 3] = ["请输入验证码", "滑动验证", "拖动滑块"];
/// A page with more text than this is no wall, whatever it mentions. Characters.
const LITTLE: usize = 800;

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
    let ruishu = scripts.contains("$_ts=window['$_ts']") || scripts.contains("$_ts.nsd") || scripts.contains("$_ts.cd");
    if status_is(&[412]) || (little && ruishu) {
        return Some(("waf_ruishu", format!("{shown}瑞数 script challenge")));
    }
    let text = |words: &[&'static str]| {
        let named = document.title.as_deref().unwrap_or_default();
        words
            .iter()
            .find(|word| named.contains(**word) || document.prose().any(|line| line.text.contains(**word)))
            .copied()
    };
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
