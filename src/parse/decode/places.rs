//! The way back from text to bytes: which byte of the payload a character came from.

use encoding_rs::{DecoderResult, Encoding, GB18030, UTF_8};

/// Translates offsets in the decoded text to offsets in the bytes it was decoded from.
pub struct Places<'a> {
    encoding: &'static Encoding,
    body: &'a [u8],
    skip: usize,
    clean: bool,
    /// Each byte of the text is a character of the body.
    twice: bool,
}

impl<'a> Places<'a> {
    /// `skip` is the length of the byte order mark; `clean` says that nothing was replaced.
    pub(super) fn new(encoding: &'static Encoding, body: &'a [u8], skip: usize, clean: bool) -> Places<'a> {
        Places { encoding, body, skip, clean, twice: false }
    }

    /// Of UTF-8 that was encoded twice.
    pub(super) fn twice(body: &'a [u8], skip: usize) -> Places<'a> {
        Places { encoding: UTF_8, body, skip, clean: true, twice: true }
    }

    /// Byte offsets for `wanted`, offsets in `text` on character boundaries. One walk, whatever their number.
    pub fn bytes_of(&self, text: &str, wanted: &[usize]) -> Vec<usize> {
        if self.encoding == UTF_8 && self.clean && !self.twice {
            return wanted.iter().map(|at| at + self.skip).collect();
        }
        let mut order: Vec<usize> = (0..wanted.len()).collect();
        order.sort_by_key(|&i| wanted[i]);
        let sorted: Vec<usize> = order.iter().map(|&i| wanted[i]).collect();
        let found = match self.encoding {
            _ if self.twice => self.walk_twice(&sorted),
            encoding if encoding == GB18030 && self.clean => self.walk_gb(text, &sorted),
            _ => self.walk(&sorted),
        };
        let mut bytes = vec![0; wanted.len()];
        for (place, i) in found.into_iter().zip(order) {
            bytes[i] = place;
        }
        bytes
    }

    fn walk_twice(&self, sorted: &[usize]) -> Vec<usize> {
        let (mut raw, mut at) = (self.skip, 0);
        let mut found = Vec::with_capacity(sorted.len());
        for &wanted in sorted {
            while at < wanted && raw < self.body.len() {
                raw += utf8_length(self.body[raw]);
                at += 1;
            }
            found.push(raw);
        }
        found
    }

    /// One GB18030 sequence is one character where nothing was replaced (two, for none).
    fn walk_gb(&self, text: &str, sorted: &[usize]) -> Vec<usize> {
        let (body, text) = (self.body, text.as_bytes());
        let (mut raw, mut at) = (self.skip, 0);
        let mut found = Vec::with_capacity(sorted.len());
        for &wanted in sorted {
            while at < wanted && raw < body.len() {
                // Markup is mostly ASCII, where both go by the same step.
                if body[raw].is_ascii() {
                    let ascii = Encoding::ascii_valid_up_to(&body[raw..(raw + wanted - at).min(body.len())]);
                    (raw, at) = (raw + ascii, at + ascii);
                    continue;
                }
                raw += match (body[raw], body.get(raw + 1)) {
                    (0x00..=0x80, _) | (0xFF, _) => 1,
                    (_, Some(0x30..=0x39)) => 4,
                    _ => 2,
                };
                at += utf8_length(text[at]);
            }
            found.push(raw.min(body.len()));
        }
        found
    }

    /// Any encoding, with replacements: the decoder is fed byte by byte and asked how far it got.
    fn walk(&self, sorted: &[usize]) -> Vec<usize> {
        let mut decoder = self.encoding.new_decoder_without_bom_handling();
        let mut buffer = [0u8; 64];
        let (mut raw, mut at) = (self.skip, 0);
        // Text already decoded from the byte at `raw` but not yet passed: a byte that ends a broken sequence and stands for itself.
        let mut owed = 0;
        let mut found = Vec::with_capacity(sorted.len());
        for &wanted in sorted {
            while at < wanted && raw < self.body.len() {
                if owed == 0 {
                    let written = self.feed(&mut decoder, &mut buffer, self.body[raw]);
                    owed = usize::from(written > 1 && self.body[raw].is_ascii());
                    at += written - owed;
                    raw += 1 - owed;
                } else {
                    at += owed;
                    raw += 1;
                    owed = 0;
                }
            }
            found.push(raw);
        }
        found
    }

    /// How many bytes of text one byte of input brings out.
    fn feed(&self, decoder: &mut encoding_rs::Decoder, buffer: &mut [u8], byte: u8) -> usize {
        let input = [byte];
        let (mut read, mut written) = (0, 0);
        loop {
            let (result, took, wrote) = decoder.decode_to_utf8_without_replacement(&input[read..], buffer, false);
            read += took;
            written += wrote;
            match result {
                DecoderResult::InputEmpty | DecoderResult::OutputFull => return written,
                DecoderResult::Malformed(_, _) => written += '\u{FFFD}'.len_utf8(),
            }
        }
    }
}

fn utf8_length(lead: u8) -> usize {
    match lead {
        0x00..=0x7F => 1,
        0x80..=0xDF => 2,
        0xE0..=0xEF => 3,
        _ => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::super::decode;
    use crate::exchange::Headers;

    fn cell_bytes(body: &[u8], charset: &str) -> Vec<u8> {
        let headers = Headers(vec![("Content-Type".into(), format!("text/html; charset={charset}").into_bytes())]);
        let text = decode(&headers, body, None);
        let start = text.text.find("<td>").unwrap();
        let end = text.text.find("</td>").unwrap() + 5;
        let places = text.places.bytes_of(&text.text, &[end, start]);
        body[places[1]..places[0]].to_vec()
    }

    #[test]
    fn the_cell_is_the_same_in_text_and_in_bytes() {
        let page = "朱镕基·年度—𠀀é<p>报告</p><td>152件</td>后";
        for charset in ["utf-8", "gb18030", "gbk", "big5"] {
            let page = if charset == "big5" { page.replace(['镕', '报', '𠀀', 'é'], "") } else { page.to_owned() };
            let encoding = encoding_rs::Encoding::for_label(charset.as_bytes()).unwrap();
            let encoding = if charset == "gbk" { encoding_rs::GB18030 } else { encoding };
            let body = encoding.encode(&page).0.into_owned();
            assert_eq!(cell_bytes(&body, charset), encoding.encode("<td>152件</td>").0.into_owned(), "{charset}");
        }
    }

    #[test]
    fn the_cell_of_a_page_encoded_twice() {
        let twice = |text: &str| text.bytes().map(char::from).collect::<String>().into_bytes();
        let body = twice("朱镕基·年度—𠀀é<p>报告</p><td>152件</td>后");
        assert_eq!(cell_bytes(&body, "utf-8"), twice("<td>152件</td>"));
    }

    #[test]
    fn replaced_bytes_before_the_cell_do_not_move_it() {
        let broken = [b"\xB9<p>\xFF\xFF</p>".as_slice(), "<td>7</td>".as_bytes(), b"\x81"].concat();
        for charset in ["utf-8", "gbk", "big5"] {
            assert_eq!(cell_bytes(&broken, charset), b"<td>7</td>", "{charset}");
        }
    }

    #[test]
    fn a_lead_byte_right_before_the_cell_stays_outside() {
        let broken = [b"x\xB9".as_slice(), b"<td>7</td>"].concat();
        for charset in ["utf-8", "gbk", "big5"] {
            assert_eq!(cell_bytes(&broken, charset), b"<td>7</td>", "{charset}");
        }
    }
}
