//! A file that came without its exchange: what its bearer says of it.

use jiff::Timestamp;
use url::Url;

use crate::exchange::{Exchange, Headers, Hop, Request, Response};

/// What is known of a plain file.
#[derive(Clone, Debug)]
pub struct Plain {
    pub url: Url,
    pub date: Timestamp,
    pub content_type: Option<String>,
}

/// The head field that marks an answer as one that no server gave in this form.
pub const ORIGIN: &str = "X-Archive-Origin";

impl Plain {
    /// The exchange that stands for the file: nobody saw its head, which says so.
    pub fn exchange(&self, body: Vec<u8>) -> Exchange {
        let mut headers = Headers::default();
        if let Some(content_type) = &self.content_type {
            headers.push("Content-Type", content_type.as_bytes());
        }
        headers.push(ORIGIN, "file");
        let mut url = self.url.clone();
        url.set_fragment(None);
        Exchange {
            request: Request::get(url, Headers::default()),
            response: Response { status: 200, headers, body },
            started_at: self.date,
            peer: None,
            hop: Hop::Seed,
            truncated: None,
            transport: None,
        }
    }
}
