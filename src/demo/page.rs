//! A page of the replica: what it is served with, and the pieces that pages share.

use std::borrow::Cow;
use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

/// Bytes to serve at one path of one host.
#[derive(Clone, Debug)]
pub struct Page {
    pub host: &'static str,
    pub path: &'static str,
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

impl Page {
    pub fn html(host: &'static str, path: &'static str, content_type: &str, body: Vec<u8>) -> Page {
        Page { host, path, status: 200, headers: vec![("Content-Type", content_type.into())], body }
    }

    pub fn utf8(host: &'static str, path: &'static str, body: String) -> Page {
        Page::html(host, path, "text/html; charset=utf-8", body.into_bytes())
    }

    /// GBK bytes; the server says nothing of them and the page says gb2312.
    pub fn gbk(host: &'static str, path: &'static str, body: &str) -> Page {
        Page::html(host, path, "text/html", encoding_rs::GB18030.encode(body).0.into_owned())
    }

    pub fn robots(host: &'static str, rules: &str) -> Page {
        Page::html(host, "/robots.txt", "text/plain", rules.as_bytes().to_vec())
    }

    pub fn gzipped(mut self) -> Page {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        // Writing to memory does not fail.
        if encoder.write_all(&self.body).is_ok()
            && let Ok(body) = encoder.finish()
        {
            self.body = body;
            self.headers.push(("Content-Encoding", "gzip".into()));
        }
        self
    }

    /// The page for a client that accepts no gzip (RFC 9110 12.5.3).
    pub fn uncoded(&self) -> Cow<'_, Page> {
        let is_coding = |(name, _): &(&str, String)| *name == "Content-Encoding";
        let mut body = Vec::new();
        if !self.headers.iter().any(is_coding) || GzDecoder::new(self.body.as_slice()).read_to_end(&mut body).is_err() {
            return Cow::Borrowed(self);
        }
        let headers = self.headers.iter().filter(|header| !is_coding(header)).cloned().collect();
        Cow::Owned(Page { headers, body, ..*self })
    }
}

/// The national meta block (国办发〔2017〕47号).
pub fn metas(site: &str, domain: &str, site_id: &str, column: &str, title: &str, published: &str) -> String {
    format!(
        "<meta name=\"SiteName\" content=\"{site}\">\n<meta name=\"SiteDomain\" content=\"{domain}\">\n<meta name=\"SiteIDCode\" content=\"{site_id}\">\n<meta name=\"ColumnName\" content=\"{column}\">\n<meta name=\"ColumnType\" content=\"政府信息公开年报\">\n<meta name=\"ArticleTitle\" content=\"{title}\">\n<meta name=\"PubDate\" content=\"{published}\">\n"
    )
}

/// A report's six sections around its tables.
pub fn sections(overview: &str, two: &str, three: &str, four: &str) -> String {
    format!(
        "<p>一、总体情况</p>\n<p>{overview}</p>\n<p>二、主动公开政府信息情况</p>\n{two}<p>三、收到和处理政府信息公开申请情况</p>\n{three}<p>四、政府信息公开行政复议、行政诉讼情况</p>\n{four}<p>五、存在的主要问题及改进情况</p>\n<p>主动公开的深度和广度还需进一步拓展，政策解读的形式还不够丰富。</p>\n<p>六、其他需要报告的事项</p>\n<p>本年度未收取信息处理费。</p>\n"
    )
}
