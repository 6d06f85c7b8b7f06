-- Each capture tied to the one before it, so that one altered or removed shows; and payloads packed against another page of
-- their site.

-- What a link vouches for, in one line: every field in hex, NULL as a dash.
CREATE VIEW capture_fields AS
SELECT id AS capture,
       id || ' ' || hex(url) || ' ' || hex(urlkey) || ' ' || hex(method) || ' ' || hex(request_headers) || ' ' || status || ' '
       || hex(response_headers) || ' ' || payload || ' ' || coalesce(revisit_of, '-') || ' ' || hex(started_at) || ' '
       || iif(peer IS NULL, '-', hex(peer)) || ' ' || hex(hop) || ' ' || iif(truncated IS NULL, '-', hex(truncated)) || ' '
       || coalesce(crawl, '-') || ' ' || coalesce(transport, '-') AS fields
FROM capture;

-- SHA-256, hex, of the link before, a line end, and the capture's fields; the first begins with nothing before the line end.
CREATE TABLE capture_link (
    capture INTEGER PRIMARY KEY REFERENCES capture (id),
    link    TEXT NOT NULL
) STRICT;

WITH RECURSIVE chain (capture, link) AS (
    SELECT f.capture, sha256(char(10) || f.fields) FROM capture_fields f WHERE f.capture = (SELECT min(id) FROM capture)
    UNION ALL
    SELECT f.capture, sha256(chain.link || char(10) || f.fields)
    FROM chain JOIN capture_fields f ON f.capture = (SELECT min(id) FROM capture WHERE id > chain.capture)
)
INSERT INTO capture_link SELECT capture, link FROM chain;

CREATE TRIGGER capture_link_stays BEFORE UPDATE ON capture_link BEGIN SELECT RAISE(ABORT, 'a link is never changed'); END;
CREATE TRIGGER capture_link_kept BEFORE DELETE ON capture_link BEGIN SELECT RAISE(ABORT, 'a link is never removed'); END;

-- Pages that others are packed against. A dictionary is packed by itself, never against another.
CREATE TABLE dictionary (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    host       TEXT NOT NULL,
    digest     TEXT NOT NULL,                   -- SHA-256 of the dictionary, hex
    size_bytes INTEGER NOT NULL,
    bytes      BLOB NOT NULL                    -- zstd
) STRICT;
CREATE INDEX dictionary_by_host ON dictionary (host, id);

ALTER TABLE payload ADD COLUMN dictionary INTEGER REFERENCES dictionary (id); -- for codec zstd; NULL where packed by itself
CREATE INDEX payload_by_dictionary ON payload (dictionary) WHERE dictionary IS NOT NULL;
