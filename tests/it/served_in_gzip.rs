//! Bodies that servers sent in gzip or deflate: kept as they came, packed as their text, the same to the bit.

use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use gongkai::archive::compact::{Options, compact};
use gongkai::archive::{self, CaptureId};
use gongkai::digest::Digest;
use gongkai::store::{Access, Store};

use super::archive::{exchange, put};
use super::compact::{all_there, filled_as_served};
use super::{gongkai, gzip, root, stderr};

const CODEC: &str = "gzip-preflate-0.7";

fn file(name: &str) -> Vec<u8> {
    std::fs::read(root().join("tests/deflate").join(name)).unwrap()
}

/// Codec, stored bytes, and whether against a dictionary.
fn stored(store: &Store, body: &[u8]) -> (String, i64, bool) {
    let select = "SELECT codec, length(bytes), dictionary IS NOT NULL FROM payload WHERE digest = ?1";
    let digest = Digest::of(body).to_string();
    let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    store.reader().unwrap().query_row(select, [digest], row).unwrap()
}

/// Bodies of `tests/deflate`, and how many bytes each may take where the page itself is its host's dictionary.
const SENT: [(&str, i64); 21] = [
    ("nginx-1.gz", 90),
    ("nginx-1-proxied.gz", 90),
    ("nginx-6.gz", 140),
    ("apache-6.gz", 140),
    ("java.gz", 140),
    ("java-sync-flush.gz", 180),
    ("node.gz", 140),
    ("zlib-1.gz", 100),
    ("zlib-4-filtered.gz", 210),
    ("zlib-6-flushed.gz", 170),
    ("zlib-6-members.gz", 190),
    ("zlib-6-trailing-garbage.gz", 160),
    ("zlib-9-named.gz", 150),
    ("zlib-6.zlib", 130),
    ("zlib-6.deflate", 130),
    ("stored.gz", 90),
    ("zlib-ng-1.gz", 90),
    ("zlib-ng-6.gz", 120),
    ("libdeflate-6.gz", 170),
    ("zopfli.gz", 410),
    ("isa-l-1.gz", 820),
];

#[test]
fn what_servers_send_is_packed_as_its_text() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.sqlite");
    let store = Store::open(&path, Access::Write).unwrap();
    let names: Vec<&str> = SENT.iter().map(|(name, _)| *name).chain(["page.html", "zlib-6-truncated.gz"]).collect();
    let kept: Vec<Vec<u8>> = names.iter().map(|name| file(name)).collect();
    for (name, body) in names.iter().zip(&kept) {
        put(&store, exchange(&format!("http://a.gov.cn/{name}"), 200, body));
    }
    let done = compact(&store, Options::default(), |_| {}).unwrap();
    assert!(done.damaged.is_empty() && done.hosts.len() == 1, "{done:?}");
    for (name, most) in SENT {
        let (codec, size, against) = stored(&store, &file(name));
        assert!(codec == CODEC && against && size <= most, "{name}: {codec}, {size} bytes, dictionary {against}");
    }
    // What breaks off is no whole stream, and stays as it came.
    let torn = file("zlib-6-truncated.gz");
    assert_eq!(stored(&store, &torn), ("plain".into(), torn.len() as i64, false));
    let (codec, size, against) = stored(&store, &file("page.html"));
    assert!(codec == "zstd" && against && size < 60, "{codec} {size}");
    drop(store);
    all_there(&path, &kept);
}

/// Rows as the version wrote them that the codec names, packed against the page: an update that reads them otherwise must not be
/// taken.
#[test]
fn rows_that_are_in_archives_are_read_to_the_bit() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("a.sqlite"), Access::Write).unwrap();
    let mut read = 0;
    for row in std::fs::read_dir(root().join("tests/deflate").join(CODEC)).unwrap() {
        let row = row.unwrap();
        let name = row.file_name().into_string().unwrap();
        let body = file(name.trim_end_matches(".row"));
        let id = put_row(&store, &body, &std::fs::read(row.path()).unwrap());
        let back = archive::exchange(&store.reader().unwrap(), id).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        assert!(back.1.response.body == body, "{name}");
        read += 1;
    }
    assert_eq!(read, SENT.len());
}

/// Keeps the page, which is its host's dictionary then, and `body` with this row against it.
fn put_row(store: &Store, body: &[u8], row: &[u8]) -> CaptureId {
    put(store, exchange("http://a.gov.cn/page", 200, &file("page.html")));
    let id = put(store, exchange("http://a.gov.cn/body", 200, body));
    replace(store, body, row);
    id
}

fn replace(store: &Store, body: &[u8], row: &[u8]) {
    let (page, digest, row) = (Digest::of(&file("page.html")).to_string(), Digest::of(body).to_string(), row.to_vec());
    let update = "UPDATE payload SET codec = ?2, bytes = ?3, dictionary = (SELECT id FROM dictionary WHERE digest = ?4)
         WHERE digest = ?1";
    store
        .write_blocking(move |tx| {
            assert_eq!(tx.execute(update, rusqlite::params![digest, CODEC, row, page])?, 1);
            Ok(())
        })
        .unwrap();
}

/// Long runs, rare bits, numbers: what comes out of the coder is what went in, and what is damaged ends.
#[test]
fn bits_come_back_as_they_went_in() {
    use cabac::vp8::{VP8Context, VP8Reader, VP8Writer};
    use cabac::{CabacReader, CabacWriter};

    for rare in [2, 3, 7, 300, 1_000] {
        let bits: Vec<bool> = (0..4_000).map(|n| n % rare == rare - 1).collect();
        for flipped in [false, true] {
            let bits: Vec<bool> = bits.iter().map(|bit| bit ^ flipped).collect();
            let mut coded = Vec::new();
            let mut writer = VP8Writer::new(&mut coded).unwrap();
            let (mut one, mut many) = (VP8Context::default(), [VP8Context::default(); 4]);
            bits.iter().for_each(|bit| writer.put(*bit, &mut one).unwrap());
            for number in [0, 1, 5, 63] {
                writer.put_unary_encoded(number, &mut many).unwrap();
                writer.put_n_bits(1 << number | 1, 64, &mut many).unwrap();
                writer.put_bypass(number == 5).unwrap();
            }
            writer.finish().unwrap();
            assert!(coded.len() < 4_000 / 8 + 60, "{rare}: {}", coded.len());

            let mut reader = VP8Reader::new(&coded[..]).unwrap();
            let (mut one, mut many) = (VP8Context::default(), [VP8Context::default(); 4]);
            assert!(bits.iter().all(|bit| reader.get(&mut one).unwrap() == *bit), "{rare}");
            for number in [0, 1, 5, 63] {
                assert_eq!(reader.get_unary_encoded(&mut many).unwrap(), number);
                assert_eq!(reader.get_n_bits(64, &mut many).unwrap(), 1 << number | 1);
                assert_eq!(reader.get_bypass().unwrap(), number == 5);
            }
        }
    }
    // As a reader meets it that goes on behind the end, or on other bytes.
    let mut reader = VP8Reader::new(&[0xFF; 300][..]).unwrap();
    assert!(reader.get_unary_encoded(&mut [VP8Context::default(); 2]).is_err());
    assert!(reader.get_n_bits(65, &mut [VP8Context::default(); 2]).is_err());
}

#[test]
fn a_damaged_row_is_told_and_never_read_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("a.sqlite"), Access::Write).unwrap();
    let body = file("zlib-6-members.gz");
    let row = std::fs::read(root().join("tests/deflate").join(CODEC).join("zlib-6-members.gz.row")).unwrap();
    let id = put_row(&store, &body, &row);
    let mut told = 0;
    let mut tried = |row: &[u8]| {
        replace(&store, &body, row);
        match archive::exchange(&store.reader().unwrap(), id) {
            // Some bits of a zstd frame say nothing.
            Ok((_, back)) => assert!(back.response.body == body),
            Err(fault) => {
                assert!(!fault.to_string().contains("panic"), "{fault}");
                told += 1;
            }
        }
    };
    for bit in 0..row.len() * 8 {
        let mut damaged = row.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        tried(&damaged);
    }
    for length in 0..row.len() {
        tried(&row[..length]);
    }
    // Lengths and counts that no row has.
    tried(&[&row[..4], &[0xFF; 40]].concat());
    tried(&[&row[..4], &[1, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F]].concat());
    assert!(told >= row.len() * 9 - 8, "{told} of {}", row.len() * 9 + 2);
    let seen = archive::verify(&store, 1).unwrap();
    assert_eq!(seen.damaged.len(), 1, "{seen:?}");
}

#[test]
fn a_host_served_in_gzip_packs_as_one_served_plain() {
    let folder = tempfile::tempdir().unwrap();
    let packed = |name: &str, served: fn(usize, Vec<u8>) -> Vec<u8>| -> (u64, u64) {
        let path = folder.path().join(name);
        let kept = filled_as_served(&path, 60, served);
        let before = warc(&path);
        let store = Store::open(&path, Access::Write).unwrap();
        let sizes = |done: archive::compact::Compacted| {
            assert!(done.damaged.is_empty());
            done.hosts.iter().fold((0, 0), |(before, after), host| (before + host.before, after + host.after))
        };
        let first = sizes(compact(&store, Options::default(), |_| {}).unwrap());
        all_there(&path, &kept);
        assert!(warc(&path) == before, "{name}: the same WARC");
        // Once more: what lies taken apart is packed again without coming together.
        let second = sizes(compact(&store, Options { jobs: 1, batch: 7, ..Options::default() }, |_| {}).unwrap());
        assert!(second.1 <= first.1 * 11 / 10, "{name}: {first:?} {second:?}");
        all_there(&path, &kept);
        first
    };
    let (_, plain) = packed("plain", |_, body| body);
    let (before, after) = packed("gzip", |n, body| gzip(&body, [1, 6][n % 2]));
    assert!(after * 4 < before && after < plain * 2, "gzip {before} {after}, plain {plain}");
    let (_, both) = packed("both", |n, body| if n / 3 % 2 == 0 { body } else { gzip(&body, 6) });
    assert!(both < plain * 2, "both {both}, plain {plain}");
}

fn warc(path: &Path) -> Vec<u8> {
    let out = path.with_extension("warc.gz");
    let said = gongkai().args(["export", "warc", "--out"]).arg(&out).arg("--archive").arg(path).output().unwrap();
    assert!(said.status.success(), "{}", stderr(&said));
    std::fs::read(out).unwrap()
}

#[test]
fn what_only_looks_like_a_stream_stays_as_it_came() {
    let raw = |bytes: &[u8]| {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let noise =
        |from: u32| -> Vec<u8> { (from..from + 200).flat_map(|n| *Digest::of(&n.to_le_bytes()).as_bytes()).collect() };
    let page = file("page.html");
    let stays: [(&str, Vec<u8>); 7] = [
        ("noise", noise(0)),
        ("a gzip head before noise", [&b"\x1F\x8B\x08\0\0\0\0\0\0\x03"[..], &noise(200)].concat()),
        ("a name without an end", [&b"\x1F\x8B\x08\x08\0\0\0\0\0\x03"[..], &[b'x'; 2_000]].concat()),
        ("nothing, and noise behind it", [gzip(b"", 6), noise(400)].concat()),
        ("raw, and more behind it", [raw(&page), b"more".to_vec()].concat()),
        ("noise in gzip", gzip(&noise(600), 6)),
        ("more than is taken apart", gzip(&vec![0; (4 << 20) + 1], 6)),
    ];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.sqlite");
    let store = Store::open(&path, Access::Write).unwrap();
    let many = gzip(&page, 6).repeat(20);
    let kept: Vec<Vec<u8>> = stays.iter().map(|(_, body)| body.clone()).chain([many.clone()]).collect();
    for (n, body) in kept.iter().enumerate() {
        put(&store, exchange(&format!("http://a.gov.cn/{n}"), 200, body));
    }
    compact(&store, Options::default(), |_| {}).unwrap();
    for (what, body) in &stays {
        assert_ne!(stored(&store, body).0, CODEC, "{what}");
    }
    // More members than are taken apart: those behind are kept as they came.
    let (codec, size, _) = stored(&store, &many);
    assert!(codec == CODEC && size * 3 < many.len() as i64, "{codec} {size} of {}", many.len());
    drop(store);
    all_there(&path, &kept);
}
