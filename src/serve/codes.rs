//! Codes of the archive as words of a page: outcomes, ends of runs, what an address is expected to hold, how it was come by,
//! what a page is, how a cell stands and by which rule it was read.

use std::borrow::Cow;

use super::shell::Lang;

/// Code and Chinese; in English the codes speak for themselves.
const CODES: [(&str, &str); 58] = [
    ("captured", "已存档"),
    ("not_modified", "未变化"),
    ("redirected", "已转向"),
    ("not_found", "未找到"),
    ("gone", "已撤下"),
    ("soft_404", "假页面（软404）"),
    ("wall", "被防护页拦截"),
    ("client_error", "请求被拒"),
    ("server_error", "服务器出错"),
    ("rate_limited", "要求放慢"),
    ("refused_by_robots", "robots.txt 不允许"),
    ("robots_unreachable", "取不到 robots.txt"),
    ("out_of_scope", "不在范围内"),
    ("forbidden_address", "内网地址，不连接"),
    ("name_unknown", "域名不存在"),
    ("connect_failed", "连不上"),
    ("tls_failed", "安全连接失败"),
    ("timed_out", "超时"),
    ("too_slow", "传输过慢"),
    ("too_large", "过大，已截断"),
    ("disconnected", "连接中断"),
    ("bad_http", "应答不合规范"),
    ("bad_coding", "压缩内容损坏"),
    ("too_many_redirects", "转向过多"),
    ("unasked_not_modified", "未问而答未变"),
    ("unasked_part", "只给了一部分"),
    ("no_location", "转向无去处"),
    ("bounded", "到达上限"),
    ("no_report", "不是报告"),
    ("unreadable", "无法读出"),
    ("done", "完成"),
    ("partial", "部分完成"),
    ("interrupted", "已中断"),
    ("failed", "失败"),
    ("report", "报告"),
    ("listing", "列表"),
    ("attachment", "附件"),
    ("home", "首页"),
    ("seed", "种子"),
    ("link", "链接"),
    ("page", "翻页"),
    ("redirect", "转向"),
    ("robots", "robots.txt"),
    ("article", "文章"),
    ("shell", "脚本生成的空页"),
    ("other", "其他"),
    ("length", "超过大小上限"),
    ("time", "超过时间上限"),
    ("disconnect", "连接中断"),
    ("number", "数字"),
    ("blank", "空白"),
    ("dash", "横线"),
    ("slash", "斜线"),
    ("remark", "带文字的数字"),
    ("label", "行名与表头均相符"),
    ("near", "行名相近"),
    ("order", "按法定表格的次序"),
    ("pre2019", "2019年以前"),
];

/// None for a code that has no Chinese word yet.
pub fn in_chinese(code: &str) -> Option<&'static str> {
    CODES.iter().find(|(known, _)| *known == code).map(|(_, word)| *word)
}

impl Lang {
    pub fn code<'a>(&self, code: &'a str) -> Cow<'a, str> {
        match self {
            Lang::Zh => in_chinese(code).unwrap_or(code).into(),
            Lang::En if code.contains('_') => code.replace('_', " ").into(),
            Lang::En => code.into(),
        }
    }
}
