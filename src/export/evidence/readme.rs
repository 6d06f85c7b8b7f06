//! The page that says what the folder is and how to check it, in Chinese and in English.

use super::Capture;
use crate::parse::{PARSER_VERSION, Parsed};

pub struct Of<'a> {
    pub report: i64,
    pub capture: &'a Capture,
    pub parsed: &'a Parsed,
    pub captures: usize,
    /// Asked for by this program, or taken in from what others archived.
    pub imported: bool,
    pub files: &'a [(&'static str, Vec<u8>)],
}

pub fn text(of: &Of<'_>) -> String {
    let plain = |text: &str| text.chars().filter(|c| !c.is_control()).collect::<String>();
    let capture = of.capture;
    let report = of.parsed.report.as_ref();
    let agency = plain(report.and_then(|report| report.agency.as_deref()).unwrap_or("?"));
    let year = report.and_then(|report| report.year).map_or("?".into(), |year| year.to_string());
    let title = plain(of.parsed.page.title.as_deref().unwrap_or("?"));
    let url = plain(capture.url.as_str());
    let (at, digest, bytes, status) = (&capture.started_at, capture.digest, capture.size_bytes, capture.status);
    let peer = capture.peer.as_deref().unwrap_or("?");
    let (id, captures, number) = (capture.id, of.captures, of.report);
    let decoded = of.files.iter().any(|(name, _)| *name == "payload.decoded.bin");
    let basis = if decoded { "payload.decoded.bin" } else { "payload.bin" };
    let (coding_zh, coding_en) = match decoded {
        true => (
            "\n  payload.decoded.bin  同一正文解除内容编码（如 gzip）之后的字节",
            "\n  payload.decoded.bin  the same body with its content-coding (such as gzip) undone",
        ),
        false => ("", ""),
    };
    let (origin_zh, origin_en) = match of.imported {
        true => (
            "该页由他人取得并存档，经 gongkai 导入；取得的经过以原存档者的记录为准。",
            "Others fetched and archived the page, and gongkai imported it: how it was fetched is theirs to vouch for.",
        ),
        false => ("程序 gongkai 按公开网址取得该页。", "The program gongkai asked the public address for it."),
    };
    let cut = match capture.truncated {
        Some(why) => {
            format!("\n注意：此正文不完整（{why}）。\nNote: this body is not whole ({why}).\n", why = why.as_str())
        }
        None => String::new(),
    };
    let sample = report.and_then(|report| {
        let mut values = report.values.iter();
        values.find(|value| value.value.is_some() && value.place.on_page.is_none() && value.place.bytes.1 < 1 << 30)
    });
    let (from, length, sampled) = sample.map_or((0, 0, String::new()), |value| {
        let (start, end) = value.place.bytes;
        let applicant = value.applicant.map(|applicant| format!("/{}", applicant.as_str())).unwrap_or_default();
        (start + 1, end - start, format!("{}{applicant}", value.indicator))
    });
    format!(
        "证据材料 / Evidence
===================

一、这是什么
{agency} {year} 年政府信息公开工作年度报告的网页存档。{origin_zh}先保存全部字节，再从中读出数字。
本文件夹只说明：存档记载在所记时间从所记地址收到了这些字节；以及每个数字位于哪些字节。它不说明报告内容是否属实。HTTP 首部按字段重建（字段的顺序与值不变，
传输编码已解除）；时间取自取得该页的计算机的时钟，未经第三方时间戳认证。
  标题      {title}
  网址      {url}
  取得时间  {at}（协调世界时）
  服务器    {peer}，HTTP 状态 {status}
  正文      {bytes} 字节，SHA-256 {digest}
  存档编号  capture {id}，report {number}；同一网址共 {captures} 次存档，均在 captures.warc.gz 中
{cut}
文件
  captures.warc.gz  该网址的全部请求与应答（WARC/1.1，ISO 28500）；captures.cdxj 为其索引
  payload.bin       应答正文，与收到时逐字节相同（传输编码除外）{coding_zh}
  reading.json      程序读出的全部内容（解析器版本 {PARSER_VERSION}）
  numbers.csv       每个数字：印出的文字、表、行、列，以及它在 {basis} 中的起止字节
  SHA256SUMS        各文件的 SHA-256

二、如何核对（无需 gongkai）
  1. 文件未被改动：        sha256sum -c SHA256SUMS
  2. 正文就是上述正文：    sha256sum payload.bin      应为 {digest}
  3. 查看请求与应答：      zcat captures.warc.gz | less
  4. 存档各记录摘要正确：  pip install warcio && warcio check -v captures.warc.gz
     从存档再取出正文：    warcio extract --payload captures.warc.gz 偏移量（captures.cdxj 中的 offset）
  5. 数字出自这些字节（{sampled}）：
                           tail -c +{from} {basis} | head -c {length}
  若有 gongkai，还可以从存档重新读出全部数字：gongkai parse --warc captures.warc.gz

What this is
The web archive of the annual report on government information disclosure of {agency} for {year}. {origin_en}
Every byte was kept, and only then were numbers read from them. This folder says that the archive records these bytes as come
from this address at this time, and in which bytes each number stands. It does not say that the report is true. HTTP heads are
rebuilt from their fields (order and values kept, transfer-coding undone); the time is that of the clock of the machine that asked,
without a time stamp of a third party.
  title    {title}
  address  {url}
  asked    {at} (UTC)
  server   {peer}, HTTP status {status}
  body     {bytes} bytes, SHA-256 {digest}
  numbers  capture {id}, report {number}; this address was captured {captures} time(s), all in captures.warc.gz

Files
  captures.warc.gz  every request and answer of this address (WARC/1.1, ISO 28500); captures.cdxj is its index
  payload.bin       the body of the answer, byte for byte as it came (but for transfer-coding){coding_en}
  reading.json      all that was read from it (parser version {PARSER_VERSION})
  numbers.csv       each number: text as printed, table, row, column, and its first and last byte in {basis}
  SHA256SUMS        the SHA-256 of each file

How to check it, without gongkai
  1. The files are unchanged:              sha256sum -c SHA256SUMS
  2. The body is the one named above:      sha256sum payload.bin      must print {digest}
  3. Look at requests and answers:         zcat captures.warc.gz | less
  4. Every record has its digest:          pip install warcio && warcio check -v captures.warc.gz
     Take the body out of the archive:     warcio extract --payload captures.warc.gz OFFSET (\"offset\" in captures.cdxj)
  5. A number stands in these bytes ({sampled}):
                                           tail -c +{from} {basis} | head -c {length}
  With gongkai, all numbers can be read again from the archive: gongkai parse --warc captures.warc.gz
"
    )
}
