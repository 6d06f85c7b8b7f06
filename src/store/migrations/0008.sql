-- What a number is called and what a finding is about are the same words in thousands of reports: kept once, they leave of a
-- reading what is its own. `value` and `finding` stay what they were, as views.

CREATE TABLE value_name (
    id        INTEGER PRIMARY KEY,
    indicator TEXT NOT NULL,
    applicant TEXT,
    label     TEXT,
    series    TEXT,
    unit      TEXT,
    rule      TEXT NOT NULL
) STRICT;
-- A zero equals no text: NULL is a name of its own.
CREATE UNIQUE INDEX value_name_by_words ON value_name
    (indicator, ifnull(applicant, 0), ifnull(label, 0), ifnull(series, 0), ifnull(unit, 0), rule);

-- Lists of names that a report had, so that the next with the same is not looked up name by name.
CREATE TABLE value_name_list (
    digest TEXT PRIMARY KEY,                    -- SHA-256 of the words, hex
    names  TEXT NOT NULL CHECK (json_valid(names)) -- numbers of names
) STRICT, WITHOUT ROWID;

-- By name, so that one number of a report is found without reading the others.
CREATE TABLE value_cell (
    report       INTEGER NOT NULL REFERENCES report (id) ON DELETE CASCADE,
    name         INTEGER NOT NULL REFERENCES value_name (id),
    nth          INTEGER NOT NULL,              -- among the report's values, in the order of the page
    state        TEXT,                          -- blank | dash | slash | remark | unreadable; NULL for number
    value        TEXT,                          -- exact decimal; NULL where there is no number
    text         TEXT,                          -- as printed; NULL where that is the value
    table_index  INTEGER NOT NULL,
    row_index    INTEGER NOT NULL,
    column_index INTEGER NOT NULL,
    byte_start   INTEGER NOT NULL,              -- in the payload with its content-coding undone
    size_bytes   INTEGER NOT NULL,
    suggested    INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (report, name, nth),
    CHECK (value IS NOT NULL OR (state IS NOT NULL AND text IS NOT NULL))
) STRICT, WITHOUT ROWID;

INSERT INTO value_name (indicator, applicant, label, series, unit, rule)
SELECT indicator, applicant, label, series, unit, rule FROM value GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY min(id);

INSERT INTO value_cell
SELECT v.report, n.id, row_number() OVER (PARTITION BY v.report ORDER BY v.id) - 1, nullif(v.state, 'number'), v.value,
       iif(v.text IS v.value, NULL, v.text), v.table_index, v.row_index, v.column_index, v.byte_start, v.byte_end - v.byte_start,
       v.suggested
FROM value v CROSS JOIN value_name n
WHERE n.indicator = v.indicator AND ifnull(n.applicant, 0) = ifnull(v.applicant, 0) AND ifnull(n.label, 0) = ifnull(v.label, 0)
  AND ifnull(n.series, 0) = ifnull(v.series, 0) AND ifnull(n.unit, 0) = ifnull(v.unit, 0) AND n.rule = v.rule;

DROP TABLE value;
-- LEFT: where no word of the name is asked for, the name is not looked up.
CREATE VIEW value AS
SELECT c.report, c.nth, n.indicator, n.applicant, n.label, n.series, ifnull(c.state, 'number') AS state, c.value,
       ifnull(c.text, c.value) AS text, n.unit, c.table_index, c.row_index, c.column_index, c.byte_start,
       c.byte_start + c.size_bytes AS byte_end, n.rule, c.suggested
FROM value_cell c LEFT JOIN value_name n ON n.id = c.name;

CREATE TABLE finding_subject (
    id          INTEGER PRIMARY KEY,
    rule        TEXT NOT NULL,
    severity    TEXT NOT NULL,                  -- error | warning | info
    detail      TEXT NOT NULL,
    "values"    TEXT NOT NULL CHECK (json_valid("values")),
    fingerprint TEXT NOT NULL
) STRICT;
CREATE INDEX finding_subject_by_words ON finding_subject (fingerprint, detail);

CREATE TABLE finding_verdict (
    report  INTEGER NOT NULL REFERENCES report (id) ON DELETE CASCADE,
    nth     INTEGER NOT NULL,                   -- among the report's findings
    subject INTEGER NOT NULL REFERENCES finding_subject (id),
    verdict TEXT NOT NULL,                      -- fail | pass | not_assessable
    left    TEXT,
    right   TEXT,
    PRIMARY KEY (report, nth)
) STRICT, WITHOUT ROWID;

INSERT INTO finding_subject (rule, severity, detail, "values", fingerprint)
SELECT rule, severity, detail, "values", fingerprint FROM finding GROUP BY 1, 2, 3, 4, 5 ORDER BY min(id);

INSERT INTO finding_verdict
SELECT f.report, row_number() OVER (PARTITION BY f.report ORDER BY f.id) - 1, s.id, f.verdict, f.left, f.right
FROM finding f CROSS JOIN finding_subject s
WHERE s.fingerprint = f.fingerprint AND s.detail = f.detail AND s.rule = f.rule AND s.severity = f.severity
  AND s."values" = f."values";

DROP TABLE finding;
CREATE INDEX finding_failed ON finding_verdict (report) WHERE verdict = 'fail';
CREATE VIEW finding AS
SELECT v.report, v.nth, s.rule, s.severity, v.verdict, v.left, v.right, s.detail, s."values", s.fingerprint
FROM finding_verdict v LEFT JOIN finding_subject s ON s.id = v.subject;
