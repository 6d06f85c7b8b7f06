//! UTF-8 encoded twice: each byte of a page's UTF-8 taken for a character of Latin-1 or windows-1252 and encoded once more
//! (`ä¸­å›½` for 中国), as importers of content systems leave it behind.

use encoding_rs::WINDOWS_1252;

/// The text before it was encoded a second time; none where it was not. Each of its bytes is a character of `text`.
pub fn undone(text: &str) -> Option<String> {
    // Han characters begin with these bytes, and no character that stands for a byte does.
    let is_han = |byte: &u8| (0xE4..=0xE9).contains(byte);
    if text.is_ascii() || text.as_bytes().iter().any(is_han) {
        return None;
    }
    let bytes: Option<Vec<u8>> = text.chars().map(byte_of).collect();
    String::from_utf8(bytes?).ok().filter(|inner| inner.as_bytes().iter().any(is_han))
}

/// The byte that a character was made of. Windows-1252 leaves five bytes without a character, which stay as they are.
fn byte_of(c: char) -> Option<u8> {
    if let Ok(byte) = u8::try_from(c) {
        return Some(byte);
    }
    let mut buffer = [0; 4];
    let (bytes, _, unmapped) = WINDOWS_1252.encode(c.encode_utf8(&mut buffer));
    (!unmapped && bytes.len() == 1).then(|| bytes[0])
}
