#!/usr/bin/env python3
"""How fast WARC is written and read, beside warcio and FastWARC, on pages of one archive.

    pip install warcio==1.8.1 fastwarc==2.0.1
    cargo build --release && python3 benches/warc.py [PAGES]

Makes PAGES (2,000 by default) report pages of about 90 KB as a WARC, imports it, and lets each tool write the same captures as gzip
members, and read them back, three times in turn on one core. The best round counts, in CPU seconds, which other work on the
machine disturbs least: for 1,000 pages, and MB of bodies before compression to a second.

Each writes the same three records for a capture (response, request, metadata), the response with both digests, the other two
with the block's. What can't be made alike: warcio packs at zlib's level 9 and has no other (it is also run with 6 put in its
place), FastWARC at the 6 it is given, gongkai at libdeflate's 3; the sizes at the end say what that is worth. warcio and FastWARC
have the bodies in memory; `gongkai export` reads them from the archive, unpacks them, holds them against their SHA-256, and writes
an index besides. FastWARC makes no payload digest of its own: it is given one by hashlib.
"""
import hashlib
import io
import os
import resource
import subprocess
import sys
import tempfile
import zlib

from fastwarc.warc import ArchiveIterator as FastIterator
from fastwarc.stream_io import GzipWriter
from fastwarc.warc import WarcRecord, WarcRecordType
import warcio.warcwriter
from warcio.archiveiterator import ArchiveIterator
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

PROGRAM = os.environ.get("GONGKAI", os.path.join(os.path.dirname(__file__), "..", "target", "release", "gongkai"))
PAGES = int(sys.argv[1]) if len(sys.argv) > 1 else 2000


def pages():
    """Pages that compress as real ones do: Word's markup around numbers and prose that differ."""
    cell = '<td style="width:90pt;border:1pt solid windowtext;padding:0pt 5.4pt"><p class="MsoNormal"><span style="font-size:10.5pt">%d</span></p></td>'
    words = "公开申请信息主动年度报告行政机关依法办理答复监督保障政策解读平台建设工作制度规范结转复议诉讼"
    state = 88172645463325252
    for page in range(PAGES):
        parts = ["<html><head><meta charset=utf-8><title>某局%d年政府信息公开工作年度报告</title></head><body><table>" % (2000 + page % 26)]
        for _ in range(400):
            state = state * 6364136223846793005 + 1442695040888963407 & 2**64 - 1
            prose = "".join(words[(state >> shift) % len(words)] for shift in range(0, 60, 3))
            parts.append("<tr>" + cell % (state >> 44) + "<td>%s</td></tr>\n" % prose)
        parts.append("</table></body></html>")
        yield "http://a%d.gov.cn/art/%d.html" % (page % 50, page), "".join(parts).encode()


HTTP_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n"
DATE = "2026-01-31T08:00:00Z"


def beside(number, url, body):
    """Type, content type and block of the records that go with a response."""
    host, path = url.split("/", 3)[2:]
    asked = "GET /%s HTTP/1.1\r\nHost: %s\r\nUser-Agent: bench\r\nAccept-Encoding: gzip\r\n\r\n" % (path, host)
    noted = "capture: %d\r\nstartedAt: 2026-01-31T08:00:00.000Z\r\nhop: link\r\npayloadDigest: sha256:%064x\r\npayloadLength: %d\r\n" % (number, number, len(body))
    noted += "addedToResponse: Content-Length\r\npageKind: report\r\ntitle: 某局年政府信息公开工作年度报告\r\n"
    return [("request", "application/http;msgtype=request", asked.encode()), ("metadata", "application/warc-fields", noted.encode())]


class Gzip6(warcio.warcwriter.GzippingWrapper):
    def __init__(self, out):
        super().__init__(out)
        self.compressor = zlib.compressobj(6, zlib.DEFLATED, zlib.MAX_WBITS + 16)


def warcio_write(path, items, wrapper=warcio.warcwriter.GzippingWrapper):
    warcio.warcwriter.GzippingWrapper, own = wrapper, warcio.warcwriter.GzippingWrapper
    with open(path, "wb") as out:
        writer = WARCWriter(out, gzip=True)
        for number, (url, body) in enumerate(items):
            head = StatusAndHeaders("200 OK", [("Content-Type", "text/html"), ("Content-Length", str(len(body)))], "HTTP/1.1")
            response = writer.create_warc_record(url, "response", payload=io.BytesIO(body), http_headers=head, warc_headers_dict={"WARC-Date": DATE})
            writer.write_record(response)
            for kind, content_type, block in beside(number, url, body):
                named = {"WARC-Date": DATE, "WARC-Concurrent-To": response.rec_headers.get_header("WARC-Record-ID")}
                writer.write_record(writer.create_warc_record(url, kind, payload=io.BytesIO(block), length=len(block), warc_content_type=content_type, warc_headers_dict=named))
    warcio.warcwriter.GzippingWrapper = own


def fastwarc_write(path, items):
    with open(path, "wb") as out:

        def put(kind, url, content_type, block, **named):
            record = WarcRecord()
            record.init_headers(kind)
            record.headers["WARC-Target-URI"] = url
            record.headers["WARC-Date"] = DATE
            record.headers["Content-Type"] = content_type
            if "to" in named:
                record.headers["WARC-Concurrent-To"] = named.pop("to")
            record.set_bytes_content(block)
            member = GzipWriter(out, compression_level=6)
            record.write(member, checksum_data=True, **named)
            member.finish()
            return record.headers["WARC-Record-ID"]

        for number, (url, body) in enumerate(items):
            response = put(WarcRecordType.response, url, "application/http; msgtype=response", HTTP_HEAD % len(body) + body, payload_digest=hashlib.sha1(body).digest())
            for kind, content_type, block in beside(number, url, body):
                put(getattr(WarcRecordType, kind), url, content_type, block, to=response)


def count(path):
    """Records of each type, and how many of them have each digest: what was written is alike."""
    counts = {}
    for record in ArchiveIterator(open(path, "rb")):
        digests = [name for name in ("WARC-Block-Digest", "WARC-Payload-Digest") if record.rec_headers.get_header(name)]
        key = (record.rec_type, len(digests))
        counts[key] = counts.get(key, 0) + 1
    return counts


def gongkai(*arguments):
    subprocess.run(["taskset", "-c", "0", PROGRAM, *arguments], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def cpu():
    return sum(sum(resource.getrusage(of)[:2]) for of in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def seconds(work):
    begun = cpu()
    work()
    return cpu() - begun


def main():
    items = list(pages())
    size = sum(len(body) for _, body in items) / 1e6
    with tempfile.TemporaryDirectory() as folder:
        path = lambda name: os.path.join(folder, name)
        warcio_write(path("in.warc.gz"), items)
        print("%d pages, %.0f MB, %.0f MB packed by warcio" % (PAGES, size, os.path.getsize(path("in.warc.gz")) / 1e6))
        archive = ["--archive", path("a.sqlite")]
        took = seconds(lambda: gongkai(*archive, "import", path("in.warc.gz")))
        say = lambda name, took: print("%-46s %6.2f s per 1,000 pages %7.1f MB/s" % (name, took / PAGES * 1000, size / took))
        say("gongkai import (kept, synced, read as reports)", took)
        os.sched_setaffinity(0, {0})
        works = {
            "write  gongkai export warc, with its archive": lambda: gongkai(*archive, "export", "warc", "--out", path("g.warc.gz")),
            "write  the same as .warc.zst": lambda: gongkai(*archive, "export", "warc", "--compression", "zstd", "--out", path("g.warc.zst")),
            "write  warcio, level 9": lambda: warcio_write(path("w.warc.gz"), items),
            "write  warcio, level 6": lambda: warcio_write(path("6.warc.gz"), items, Gzip6),
            "write  FastWARC, level 6": lambda: fastwarc_write(path("f.warc.gz"), items),
            "read   warcio, digests checked": lambda: [r.content_stream().read() for r in ArchiveIterator(open(path("in.warc.gz"), "rb"), check_digests=True)],
            "read   FastWARC, digests checked": lambda: [r.verify_block_digest() for r in FastIterator(open(path("in.warc.gz"), "rb"))],
        }
        best = {}
        for _ in range(3):
            for name, work in works.items():
                best[name] = min(best.get(name, 1e9), seconds(work))
        for name, took in best.items():
            say(name, took)
        for name in ["g.warc.gz", "w.warc.gz", "6.warc.gz", "f.warc.gz"]:
            print("%s %.2f MB %s" % (name, os.path.getsize(path(name)) / 1e6, count(path(name))))
        print("g.warc.zst %.2f MB" % (os.path.getsize(path("g.warc.zst")) / 1e6))


main()
