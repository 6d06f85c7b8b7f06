-- What an archive's data set says, without the bodies. Dates are RFC 3339 UTC; blank is not zero (see value.state).

CREATE TABLE capture (
    id               INTEGER PRIMARY KEY,       -- number of the capture in the archive
    url              TEXT NOT NULL,
    method           TEXT NOT NULL,
    status           INTEGER NOT NULL,
    response_headers TEXT NOT NULL,
    sha256           TEXT NOT NULL,
    size_bytes       INTEGER NOT NULL,
    started_at       TEXT NOT NULL,
    peer             TEXT,
    truncated        TEXT
);

CREATE TABLE report (
    id             INTEGER PRIMARY KEY,
    agency         TEXT,
    region         TEXT,
    year           INTEGER,
    edition        TEXT,                        -- 2021 | 2019 | pre2019
    title          TEXT,
    published      TEXT,
    url            TEXT NOT NULL,
    captured_at    TEXT NOT NULL,
    capture        INTEGER NOT NULL REFERENCES capture (id),
    sha256         TEXT NOT NULL,
    parser_version TEXT NOT NULL
);
CREATE INDEX report_by_agency ON report (agency, year);

CREATE TABLE value (
    id           INTEGER PRIMARY KEY,
    report       INTEGER NOT NULL REFERENCES report (id),
    indicator    TEXT NOT NULL,
    applicant    TEXT,
    label        TEXT,
    series       TEXT,
    state        TEXT NOT NULL,                 -- number | blank | dash | slash | remark | unreadable
    value        TEXT,                          -- exact decimal
    number       REAL GENERATED ALWAYS AS (CAST(value AS REAL)) VIRTUAL,
    text         TEXT NOT NULL,
    unit         TEXT,
    suggested    INTEGER NOT NULL,
    rule         TEXT NOT NULL,
    table_index  INTEGER NOT NULL,
    row_index    INTEGER NOT NULL,
    column_index INTEGER NOT NULL,
    byte_start   INTEGER NOT NULL,
    byte_end     INTEGER NOT NULL
);
CREATE INDEX value_by_report ON value (report);
CREATE INDEX value_by_indicator ON value (indicator, applicant);

CREATE TABLE finding (
    id          INTEGER PRIMARY KEY,
    report      INTEGER NOT NULL REFERENCES report (id),
    rule        TEXT NOT NULL,
    severity    TEXT NOT NULL,
    verdict     TEXT NOT NULL,
    left        TEXT,
    right       TEXT,
    detail      TEXT NOT NULL,
    indicators  TEXT NOT NULL,
    fingerprint TEXT NOT NULL
);
CREATE INDEX finding_by_report ON finding (report);

CREATE TABLE report_text (
    report INTEGER PRIMARY KEY REFERENCES report (id),
    text   TEXT NOT NULL
);
CREATE VIRTUAL TABLE report_search USING fts5 (agency, title, text, content = '', tokenize = 'unicode61 remove_diacritics 0');

-- Each number with its report, as the long CSV has it.
CREATE VIEW numbers AS
SELECT r.agency, r.region, r.year, r.edition, v.indicator, v.applicant, v.label, v.series, v.state, v.value, v.number, v.text, v.unit,
       v.suggested, v.rule, v.table_index, v.row_index, v.column_index, v.byte_start, v.byte_end,
       r.url, r.captured_at, r.capture, r.sha256, r.parser_version
FROM value v JOIN report r ON r.id = v.report;

-- Queries to run, named: parameters begin with a colon.
CREATE TABLE query (
    name TEXT PRIMARY KEY,
    note TEXT NOT NULL,
    sql  TEXT NOT NULL
);
INSERT INTO query VALUES ('search', 'reports whose text holds :words, as they stand: any text, any length',
'WITH RECURSIVE letter (at, c) AS (
    SELECT 1, substr(:words, 1, 1) WHERE length(:words) > 0
    UNION ALL SELECT at + 1, substr(:words, at + 1, 1) FROM letter WHERE at < length(:words)
), phrase (words) AS (
    SELECT ''"'' || coalesce(group_concat(CASE
        WHEN c = ''"'' OR coalesce(unicode(c), 0) < 32 THEN '' ''
        WHEN unicode(c) IN (12293, 12295) OR unicode(c) BETWEEN 13312 AND 19903 OR unicode(c) BETWEEN 19968 AND 40959
          OR unicode(c) BETWEEN 63744 AND 64255 OR unicode(c) BETWEEN 131072 AND 262143 THEN '' '' || c || '' ''
        ELSE c END, ''''), '''') || ''"'' FROM (SELECT c FROM letter ORDER BY at)
)
SELECT r.id, r.agency, r.year, r.title,
       substr(t.text, max(1, instr(t.text, :words) - 30), 90) AS around, r.url
FROM phrase JOIN report_search s ON report_search MATCH phrase.words
JOIN report r ON r.id = s.rowid JOIN report_text t ON t.report = r.id
ORDER BY s.rank, r.id');
INSERT INTO query VALUES ('series', 'one indicator by agency and year: :indicator, :applicant',
'SELECT agency, year, value, unit, text, url FROM numbers
WHERE indicator = :indicator AND applicant IS nullif(:applicant, '''') AND suggested = 0 ORDER BY agency, year');
