//! A file that came without its exchange: what its bearer says of it.

use std::path::Path;

use jiff::Timestamp;
use url::Url;

use super::ImportError;
use super::saved::saved;
use crate::exchange::{Exchange, Headers, Hop, Request, Response};

/// What its bearer knows of a plain file.
#[derive(Clone, Debug, Default)]
pub struct Plain {
    pub url: Option<Url>,
    pub date: Option<Timestamp>,
    pub content_type: Option<String>,
}

/// The head field that marks an answer as one that no server gave in this form.
pub const ORIGIN: &str = "X-Archive-Origin";

impl Plain {
    /// The exchange that stands for the file: nobody saw its head, which says so. What its bearer says goes before what the file
    /// says of itself.
    pub fn exchange(&self, path: &Path, file: &[u8]) -> Result<Exchange, ImportError> {
        let saved = saved(file);
        let Some(mut url) = self.url.clone().or(saved.url) else {
            return Err(ImportError::NeedsAddress { path: path.into(), packed: packed(file) });
        };
        let Some(date) = self.date.or(saved.date) else {
            return Err(ImportError::NeedsDate { path: path.into(), url });
        };
        url.set_fragment(None);
        let mut headers = Headers::default();
        if let Some(content_type) = self.content_type.as_ref().or(saved.content_type.as_ref()) {
            headers.push("Content-Type", content_type.as_bytes());
        }
        headers.push(ORIGIN, "file");
        let body = saved.body.into_owned();
        Ok(Exchange {
            request: Request::get(url, Headers::default()),
            response: Response { status: 200, headers, body },
            started_at: date,
            peer: None,
            hop: Hop::Seed,
            truncated: None,
            transport: None,
        })
    }
}

/// What has to be undone before anybody can tell what a file is.
fn packed(file: &[u8]) -> &'static str {
    const PACKERS: [(&[u8], &str); 4] = [
        (b"BZh", "; it is packed by bzip2: unpack it first"),
        (b"\xFD7zXZ", "; it is packed by xz: unpack it first"),
        (b"\x04\x22\x4D\x18", "; it is packed by lz4: unpack it first"),
        (b"7z\xBC\xAF", "; it is packed by 7-Zip: unpack it first"),
    ];
    PACKERS.iter().find(|(mark, _)| file.starts_with(mark)).map_or("", |(_, words)| words)
}
