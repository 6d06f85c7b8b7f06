#!/usr/bin/env python3
"""Bodies as servers send them, of one page: `make.py DIR [NAME=URL ...]`.

Those of zlib are made here; a body that a running server gives is asked for at its URL (the page itself is written to
DIR/page.html for the server to serve). `README.md` says what made those that are kept.
"""

import gzip
import io
import pathlib
import sys
import urllib.request
import zlib


def page(kilobytes):
    """A page without anybody's words: numbers that look random and are the same each time."""
    state = 20260131
    def below(n):
        nonlocal state
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (state >> 33) % n
    words = "公开 申请 答复 政府信息 主动公开 依申请 年度报告 行政复议 工作 制度 平台 监督 保障 规范 件 次".split()
    out = ["<!DOCTYPE html>\n<html>\n<head>\n<meta charset=\"utf-8\">\n<title>政府信息公开工作年度报告</title>\n</head>\n<body>\n"]
    while sum(len(part.encode()) for part in out) < kilobytes * 1000:
        if below(3):
            out.append("<p>" + "".join(words[below(len(words))] for _ in range(8 + below(30))) + f"{below(5000)}件。</p>\n")
        else:
            out.append("<tr>" + "".join(f"<td style=\"width:{below(90)}px\">{below(300)}</td>" for _ in range(6)) + "</tr>\n")
    return ("".join(out) + "</body>\n</html>\n").encode()


def deflate(text, level, wbits, mem=8, strategy=zlib.Z_DEFAULT_STRATEGY, flush_every=None):
    packer = zlib.compressobj(level, zlib.DEFLATED, wbits, mem, strategy)
    if flush_every is None:
        return packer.compress(text) + packer.flush()
    out = b""
    for at in range(0, len(text), flush_every):
        out += packer.compress(text[at:at + flush_every]) + packer.flush(zlib.Z_SYNC_FLUSH)
    return out + packer.flush()


def shrunk(length):
    """Window and memory level for a body of known length, as nginx fits them (ngx_http_gzip_filter_memory), from 9 down."""
    wbits, mem = 15, 9
    while length < (1 << (wbits - 1)) - 262:
        wbits, mem = wbits - 1, mem - 1
    return wbits, max(mem, 1)


def fitted(text, level):
    wbits, mem = shrunk(len(text))
    return deflate(text, level, 16 + wbits, mem)


def named(text):
    out = io.BytesIO()
    with gzip.GzipFile("年报.html", "wb", 9, out, 1706659200) as file:
        file.write(text)
    return out.getvalue()


def all_of(text):
    half = len(text) // 2
    yield "zlib-1.gz", deflate(text, 1, 31, 9)
    yield "zlib-4-filtered.gz", deflate(text, 4, 31, 8, zlib.Z_FILTERED)
    yield "zlib-9-named.gz", named(text)
    yield "zlib-6-flushed.gz", deflate(text, 6, 31, flush_every=4096)
    yield "zlib-6-members.gz", fitted(text[:half], 6) + fitted(text[half:], 6)
    yield "zlib-6-trailing-garbage.gz", fitted(text, 6) + b"\n<!-- cached -->\n"
    yield "zlib-6.zlib", deflate(text, 6, 15)
    yield "zlib-6.deflate", deflate(text, 6, -15)
    yield "stored.gz", deflate(text, 0, 31)
    yield "zlib-6-truncated.gz", fitted(text, 6)[:-700]


if __name__ == "__main__":
    out = pathlib.Path(sys.argv[1])
    text = page(12)
    (out / "page.html").write_bytes(text)
    for name, body in all_of(text):
        (out / name).write_bytes(body)
    for name, url in (asked.split("=", 1) for asked in sys.argv[2:]):
        request = urllib.request.Request(url, headers={"Accept-Encoding": "gzip, deflate"})
        with urllib.request.urlopen(request) as response:
            body = response.read()
            print(name, len(body), response.headers.get("Server"), response.headers.get("Content-Encoding"))
            (out / name).write_bytes(body)
