-- The archive file. Dates are RFC 3339 UTC text with milliseconds; sizes are bytes and say so in the name.

CREATE TABLE agency (
    id       INTEGER PRIMARY KEY,
    name     TEXT NOT NULL UNIQUE,
    region   TEXT,                              -- GB/T 2260, six digits, when known
    in_seeds INTEGER NOT NULL DEFAULT 0 CHECK (in_seeds IN (0, 1))
) STRICT;

-- The frontier: hosts own their pace, addresses carry leases that end by themselves.
CREATE TABLE host (
    name            TEXT PRIMARY KEY,           -- lower case, with the port when it is not the scheme's own
    last_start_at   TEXT,                       -- when the last request to it started
    crawl_delay_ms  INTEGER,                    -- from its robots.txt
    robots_state    TEXT,                       -- rules | none | refused | unreachable
    robots_rules    BLOB,                       -- the file as fetched, cut at its limit
    robots_at       TEXT,
    blocked_until   TEXT,
    blocked_outcome TEXT,
    failures        INTEGER NOT NULL DEFAULT 0  -- in a row
) STRICT;

CREATE TABLE url (
    id            INTEGER PRIMARY KEY,
    key           TEXT NOT NULL UNIQUE,
    address       TEXT NOT NULL,
    host          TEXT NOT NULL REFERENCES host (name),
    agency        INTEGER REFERENCES agency (id),
    role          TEXT NOT NULL,                -- home | listing | report | attachment
    hop           TEXT NOT NULL,                -- seed | link | page | redirect | attachment
    depth         INTEGER NOT NULL,             -- links from a seed
    pages         INTEGER NOT NULL DEFAULT 0,   -- next pages from the listing's first
    redirects     INTEGER NOT NULL DEFAULT 0,   -- redirects from the address first asked
    via           INTEGER REFERENCES url (id),
    anchor        TEXT,
    score         INTEGER NOT NULL DEFAULT 0,
    priority      INTEGER NOT NULL,             -- smaller goes first
    state         TEXT NOT NULL,                -- due | leased | settled | gone
    due_at        TEXT NOT NULL,
    leased_until  TEXT,
    attempts      INTEGER NOT NULL DEFAULT 0,   -- in a row without success
    outcome       TEXT,
    outcome_at    TEXT,
    detail        TEXT,
    etag          TEXT,
    last_modified TEXT,
    capture       INTEGER REFERENCES capture (id),
    first_seen_at TEXT NOT NULL
) STRICT;
CREATE INDEX url_by_host ON url (host, state, priority, due_at);
CREATE INDEX url_by_state ON url (state, due_at);

CREATE TABLE crawl (
    id         INTEGER PRIMARY KEY,
    started_at TEXT NOT NULL,
    ended_at   TEXT,
    ended      TEXT                             -- done | partial | interrupted | failed
) STRICT;

CREATE TABLE crawl_outcome (
    crawl   INTEGER NOT NULL REFERENCES crawl (id),
    outcome TEXT NOT NULL,
    count   INTEGER NOT NULL,
    PRIMARY KEY (crawl, outcome)
) STRICT, WITHOUT ROWID;

-- Bytes as served, by digest; and what was asked and answered. Append-only.
CREATE TABLE payload (
    digest     TEXT PRIMARY KEY,                -- SHA-256, hex
    codec      TEXT NOT NULL,                   -- zstd | plain
    size_bytes INTEGER NOT NULL,
    bytes      BLOB NOT NULL
) STRICT;

CREATE TABLE capture (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    url              TEXT NOT NULL,
    urlkey           TEXT NOT NULL,
    method           TEXT NOT NULL,
    request_headers  BLOB NOT NULL,             -- "name: value" lines, CRLF
    status           INTEGER NOT NULL,
    response_headers BLOB NOT NULL,
    payload          TEXT NOT NULL REFERENCES payload (digest),
    revisit_of       INTEGER REFERENCES capture (id), -- the original whose body this answer repeats
    started_at       TEXT NOT NULL,
    peer             TEXT,
    hop              TEXT NOT NULL,
    truncated        TEXT,                      -- length | time | disconnect
    crawl            INTEGER REFERENCES crawl (id)
) STRICT;
CREATE INDEX capture_by_urlkey ON capture (urlkey, id);
CREATE INDEX capture_by_payload ON capture (payload);

CREATE TRIGGER capture_stays BEFORE UPDATE ON capture BEGIN SELECT RAISE(ABORT, 'a capture is never changed'); END;
CREATE TRIGGER capture_kept BEFORE DELETE ON capture BEGIN SELECT RAISE(ABORT, 'a capture is never removed'); END;

-- Readings: replaced whole, per capture.
CREATE TABLE parse_run (
    id             INTEGER PRIMARY KEY,
    parser_version TEXT NOT NULL,
    started_at     TEXT NOT NULL,
    ended_at       TEXT,
    captures       INTEGER NOT NULL DEFAULT 0,
    gained         INTEGER NOT NULL DEFAULT 0,
    lost           INTEGER NOT NULL DEFAULT 0,
    changed        INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE page (
    capture        INTEGER PRIMARY KEY REFERENCES capture (id),
    parser_version TEXT NOT NULL,
    parse_run      INTEGER REFERENCES parse_run (id),
    kind           TEXT NOT NULL,               -- report | listing | article | attachment | wall | soft_404 | shell | other
    reason         TEXT NOT NULL,
    title          TEXT,
    published      TEXT,
    site_id        TEXT,
    index_number   TEXT,
    encoding       TEXT,
    evidence       TEXT,
    declared       TEXT,
    conflict       INTEGER NOT NULL DEFAULT 0,
    replacements   INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE report (
    id      INTEGER PRIMARY KEY,
    capture INTEGER NOT NULL UNIQUE REFERENCES capture (id),
    agency  TEXT,
    region  TEXT,
    year    INTEGER,
    edition TEXT                                -- 2021 | 2019 | pre2019; NULL where no table says
) STRICT;
CREATE INDEX report_by_agency ON report (agency, year);

CREATE TABLE value (
    id           INTEGER PRIMARY KEY,
    report       INTEGER NOT NULL REFERENCES report (id) ON DELETE CASCADE,
    indicator    TEXT NOT NULL,
    applicant    TEXT,
    label        TEXT,
    series       TEXT,
    state        TEXT NOT NULL,                 -- number | blank | dash | slash | remark | unreadable
    value        TEXT,                          -- exact decimal; NULL where there is no number
    text         TEXT NOT NULL,                 -- as printed
    unit         TEXT,
    table_index  INTEGER NOT NULL,
    row_index    INTEGER NOT NULL,
    column_index INTEGER NOT NULL,
    byte_start   INTEGER NOT NULL,              -- in the payload with its content-coding undone
    byte_end     INTEGER NOT NULL,
    rule         TEXT NOT NULL,
    suggested    INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX value_by_report ON value (report, indicator, applicant);

-- What earlier parsers read, for comparison: the cells of a reading that was replaced.
CREATE TABLE reading_before (
    capture        INTEGER NOT NULL REFERENCES capture (id),
    parser_version TEXT NOT NULL,
    cells          TEXT NOT NULL CHECK (json_valid(cells)),  -- cell name to "state value"
    PRIMARY KEY (capture, parser_version)
) STRICT, WITHOUT ROWID;

CREATE TABLE finding (
    id          INTEGER PRIMARY KEY,
    report      INTEGER NOT NULL REFERENCES report (id) ON DELETE CASCADE,
    rule        TEXT NOT NULL,
    severity    TEXT NOT NULL,                  -- error | warning | info
    verdict     TEXT NOT NULL,                  -- fail | pass | not_assessable
    left        TEXT,
    right       TEXT,
    detail      TEXT NOT NULL,
    "values"    TEXT NOT NULL CHECK (json_valid("values")),
    fingerprint TEXT NOT NULL
) STRICT;
CREATE INDEX finding_by_report ON finding (report, rule);

-- One report for each agency and year: the latest capture.
CREATE VIEW report_current AS
SELECT r.id, r.agency, r.region, r.year, r.edition, p.title, p.published, c.url, r.capture, c.started_at AS captured_at,
       c.payload, p.parser_version
FROM report r
JOIN page p ON p.capture = r.capture
JOIN capture c ON c.id = r.capture
WHERE r.capture = (
    SELECT max(o.capture) FROM report o
    WHERE (o.agency IS r.agency AND o.year IS r.year AND o.agency IS NOT NULL AND o.year IS NOT NULL)
       OR o.id = r.id
);

CREATE VIEW value_current AS
SELECT r.agency, r.region, r.year, r.edition, v.indicator, v.applicant, v.label, v.series, v.state, v.value, v.text, v.unit,
       v.table_index, v.row_index, v.column_index, v.byte_start, v.byte_end, v.rule, v.suggested, r.id AS report, r.capture,
       r.url, r.payload, r.parser_version
FROM value v
JOIN report_current r ON r.id = v.report;

-- Applications: one row for each report, the totals of table three a reader asks for first.
CREATE VIEW applications AS
SELECT agency, year, edition,
       max(CASE WHEN indicator = 'applications.received' THEN CAST(value AS INTEGER) END)          AS received,
       max(CASE WHEN indicator = 'applications.carried_in' THEN CAST(value AS INTEGER) END)        AS carried_in,
       max(CASE WHEN indicator = 'applications.granted' THEN CAST(value AS INTEGER) END)           AS granted,
       max(CASE WHEN indicator = 'applications.partially_granted' THEN CAST(value AS INTEGER) END) AS partially_granted,
       max(CASE WHEN indicator = 'applications.total' THEN CAST(value AS INTEGER) END)             AS total,
       max(CASE WHEN indicator = 'applications.carried_out' THEN CAST(value AS INTEGER) END)       AS carried_out
FROM value_current
WHERE applicant = 'total' AND suggested = 0
GROUP BY agency, year, edition;

CREATE VIEW coverage AS
SELECT r.agency, r.year, count(DISTINCT r.capture) AS captures,
       (SELECT count(*) FROM value v JOIN report_current n ON n.id = v.report
        WHERE n.agency IS r.agency AND n.year IS r.year AND v.value IS NOT NULL)                    AS numbers,
       (SELECT count(*) FROM finding f JOIN report_current n ON n.id = f.report
        WHERE n.agency IS r.agency AND n.year IS r.year AND f.verdict = 'fail')                     AS findings
FROM report r
GROUP BY r.agency, r.year;
