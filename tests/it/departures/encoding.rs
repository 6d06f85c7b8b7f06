//! Bytes that are not what they are said to be.

use super::page::Page;
use super::{Case, both};

pub const CASES: &[Case] = &[
    both("GBK declared gb2312", |page| {
        declared(page, "gb2312");
        page.bytes = gbk;
    }),
    both("GBK declared utf-8 by the page", |page| page.bytes = gbk),
    both("GBK declared utf-8 by the server", |page| {
        declared(page, "gb2312");
        page.content_type = "text/html; charset=UTF-8";
        page.bytes = gbk;
    }),
    both("GBK declared by nobody", |page| {
        undeclared(page);
        page.bytes = gbk;
    }),
    both("GBK declared late", |page| {
        let padding = format!("<script>/*{}*/</script>", " ".repeat(3_000));
        page.head = format!("{padding}{}", page.head);
        declared(page, "gbk");
        page.bytes = gbk;
    }),
    both("UTF-8 declared gb2312 by the page", |page| declared(page, "gb2312")),
    both("UTF-8 declared gb2312 by the server", |page| page.content_type = "text/html; charset=GB2312"),
    both("UTF-8 declared by nobody", undeclared),
    both("a byte order mark against the server", |page| {
        page.content_type = "text/html; charset=gbk";
        page.bytes = |html| [b"\xEF\xBB\xBF".as_slice(), html.as_bytes()].concat();
    }),
    both("UTF-16 with its byte order mark", |page| {
        undeclared(page);
        page.bytes = |html| {
            "\u{FEFF}"
                .chars()
                .chain(html.chars())
                .collect::<String>()
                .encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect()
        };
    }),
    both("one broken byte in UTF-8", |page| {
        page.bytes = |html| {
            let mut bytes = html.into_bytes();
            let at = bytes.len() - "<p>无。</p>\n</body></html>".len() + "<p>".len();
            bytes[at] = 0xFF;
            bytes
        };
    }),
    both("a zero byte among the text", |page| page.bytes = |html| html.replace("<p>无。", "<p>\0无。").into_bytes()),
];

fn gbk(html: String) -> Vec<u8> {
    encoding_rs::GB18030.encode(&html).0.into_owned()
}

fn declared(page: &mut Page, charset: &str) {
    page.head = page.head.replace("utf-8", charset);
}

fn undeclared(page: &mut Page) {
    page.head = page.head.replace("<meta charset=\"utf-8\">", "");
}
