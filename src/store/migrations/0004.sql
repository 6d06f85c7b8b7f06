-- What pages say, for search; what a reader thinks of a finding; views that stay quick over tens of thousands of reports.

-- The words of a page outside its tables, zstd over UTF-8. Filled with the reading.
CREATE TABLE page_text (
    capture INTEGER PRIMARY KEY REFERENCES capture (id),
    title   TEXT NOT NULL,
    text    BLOB NOT NULL,
    cut     INTEGER NOT NULL DEFAULT 0          -- 1 where the page has more than is searched
) STRICT;

-- One token a Han character, so that names and words of any length are phrases. rowid is the capture.
CREATE VIRTUAL TABLE page_index USING fts5 (
    words, content = '', contentless_delete = 1, tokenize = "unicode61 remove_diacritics 0"
);

-- By fingerprint, so that it outlives the reading. An agency or year that is not known is '' or 0.
CREATE TABLE mark (
    agency      TEXT NOT NULL,
    year        INTEGER NOT NULL,
    fingerprint TEXT NOT NULL,
    verdict     TEXT NOT NULL CHECK (verdict IN ('confirmed', 'dismissed', 'open')),
    note        TEXT NOT NULL DEFAULT '',
    marked_at   TEXT NOT NULL,
    PRIMARY KEY (agency, year, fingerprint)
) STRICT, WITHOUT ROWID;

DROP INDEX report_by_agency;
CREATE INDEX report_by_agency ON report (agency, year, capture);
CREATE INDEX finding_failed ON finding (report) WHERE verdict = 'fail';

DROP VIEW applications;
DROP VIEW value_current;
DROP VIEW report_current;

CREATE VIEW report_current AS
SELECT r.id, r.agency, r.region, r.year, r.edition, p.title, p.published, c.url, r.capture, c.started_at AS captured_at,
       c.payload, p.parser_version
FROM report r
JOIN page p ON p.capture = r.capture
JOIN capture c ON c.id = r.capture
-- An agency or year that is NULL equals nothing: such a report stands by itself.
WHERE NOT EXISTS (SELECT 1 FROM report o WHERE o.agency = r.agency AND o.year = r.year AND o.capture > r.capture);

CREATE VIEW value_current AS
SELECT r.agency, r.region, r.year, r.edition, v.indicator, v.applicant, v.label, v.series, v.state, v.value, v.text, v.unit,
       v.table_index, v.row_index, v.column_index, v.byte_start, v.byte_end, v.rule, v.suggested, r.id AS report, r.capture,
       r.url, r.payload, r.parser_version
FROM value v
JOIN report_current r ON r.id = v.report;

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
