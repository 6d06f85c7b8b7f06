//! Files that are no page: what they are by their first bytes, and what can be read of them.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{Document, docx, pdf, xls, xlsx};

/// A file that is no text.
pub struct Attachment {
    pub kind: &'static str,
    /// The document, or why it can't be read.
    pub document: Result<Document, String>,
}

/// Takes a file apart, or says why it can't be.
type Reader = fn(&[u8]) -> Result<Document, String>;

const MAGIC: [(&[u8], &str); 10] = [
    (b"%PDF", "PDF"),
    (b"\xD0\xCF\x11\xE0", "OLE"),
    (b"{\\rtf", "RTF"),
    (b"Rar!", "RAR archive"),
    (b"7z\xBC\xAF", "7z archive"),
    (b"\x89PNG", "PNG image"),
    (b"\xFF\xD8\xFF", "JPEG image"),
    (b"GIF8", "GIF image"),
    (b"\x1F\x8B", "gzip file"),
    (b"II*\0", "TIFF image"),
];

/// What a body is, when it is no text.
pub fn kind(body: &[u8]) -> Option<&'static str> {
    if body.starts_with(b"PK\x03\x04") {
        return Some(container(body));
    }
    let found = MAGIC.iter().find(|(magic, _)| body.starts_with(magic)).map(|(_, kind)| *kind);
    found.or_else(|| is_binary(body).then_some("binary file"))
}

/// Takes the file apart where its kind can be read.
pub fn attachment(body: &[u8]) -> Option<Attachment> {
    let kind = kind(body)?;
    let read: Option<Reader> = match kind {
        "PDF" => Some(pdf),
        "DOCX" => Some(docx),
        "XLSX" => Some(xlsx),
        "OLE" => Some(xls),
        _ => None,
    };
    let document = match read {
        // Readers of others' formats: a file that makes one fail costs this file and nothing else.
        Some(read) => {
            catch_unwind(AssertUnwindSafe(|| read(body))).unwrap_or_else(|_| Err("its reader failed on it".into()))
        }
        None => Err("files of this kind are kept and not read".into()),
    };
    let document = match (kind, document) {
        ("OLE", Err(_)) => {
            Err("it is no workbook; DOC and WPS files are read once LibreOffice has made them DOCX".into())
        }
        (_, document) => document,
    };
    Some(Attachment { kind, document })
}

fn container(body: &[u8]) -> &'static str {
    let Ok(archive) = zip::ZipArchive::new(Cursor::new(body)) else { return "broken ZIP container" };
    let holds = |name: &str| archive.index_for_name(name).is_some();
    match () {
        () if holds("word/document.xml") => "DOCX",
        () if holds("xl/workbook.xml") => "XLSX",
        () if holds("content.xml") && holds("mimetype") => "OpenDocument",
        () if holds("OFD.xml") => "OFD",
        () => "ZIP archive",
    }
}

fn is_binary(body: &[u8]) -> bool {
    let head = &body[..body.len().min(1_024)];
    let nuls = head.iter().filter(|byte| **byte == 0).count();
    let even = head.iter().step_by(2).filter(|byte| **byte == 0).count();
    let utf16 = head.starts_with(&[0xFF, 0xFE])
        || head.starts_with(&[0xFE, 0xFF])
        || (even.max(nuls - even) * 3 > head.len() && even.min(nuls - even) * 20 < head.len());
    nuls * 10 > head.len() && !utf16
}
