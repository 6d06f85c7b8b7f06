-- The same view; how an agency stands in a year is told without counting every number of every report, so that pages can ask it.

DROP VIEW coverage;
CREATE VIEW coverage AS
WITH RECURSIVE
last (year) AS (
    SELECT max(coalesce((SELECT CAST(strftime('%Y', max(started_at), '+8 hours') AS INTEGER) - 1 FROM crawl), 2008),
               coalesce((SELECT max(year) FROM report), 2008))
),
years (year) AS (SELECT 2008 UNION ALL SELECT years.year + 1 FROM years, last WHERE years.year < last.year),
wanted (agency, year) AS (
    SELECT a.name, y.year FROM agency a, years y WHERE a.in_seeds = 1
    UNION
    SELECT agency, year FROM report WHERE agency IS NOT NULL AND year IS NOT NULL
),
held AS (
    SELECT r.agency, r.year, r.id, r.edition, r.capture, r.url, c.truncated, u.state AS url_state, u.outcome,
           (SELECT count(*) FROM finding f WHERE f.report = r.id AND f.verdict = 'fail') AS findings
    FROM report_current r JOIN capture c ON c.id = r.capture LEFT JOIN url u ON u.key = c.urlkey
),
-- The best that is known of an agency's addresses: one row for each agency, year (NULL for its listings) and kind of news.
named AS NOT MATERIALIZED (
    SELECT a.name AS agency, u.year, u.address, u.outcome, u.detail,
           CASE WHEN u.outcome IS NULL THEN 'unasked'
                WHEN u.outcome IN ('captured', 'not_modified', 'redirected', 'no_report', 'unreadable') THEN 'seen'
                WHEN u.outcome IN ('not_found', 'gone', 'soft_404', 'bounded', 'out_of_scope') THEN 'lost'
                ELSE 'blocked' END AS news
    FROM url u JOIN agency a ON a.id = u.agency
)
SELECT w.agency, w.year,
       CASE
           WHEN h.id IS NOT NULL AND (h.url_state = 'gone' OR h.outcome IN ('not_found', 'gone', 'soft_404')) THEN 'withdrawn'
           WHEN h.truncated IS NOT NULL THEN 'doubtful'
           WHEN h.id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM value v WHERE v.report = h.id AND v.value IS NOT NULL AND v.suggested = 0)
                THEN 'prose'
           WHEN h.findings > 0 THEN 'findings'
           WHEN h.id IS NOT NULL THEN 'read'
           WHEN EXISTS (SELECT 1 FROM named n WHERE n.agency = w.agency AND n.year = w.year AND n.news IN ('unasked', 'seen')) THEN 'found'
           WHEN EXISTS (SELECT 1 FROM named n WHERE n.agency = w.agency AND n.year = w.year AND n.news = 'blocked') THEN 'blocked'
           WHEN EXISTS (SELECT 1 FROM named n WHERE n.agency = w.agency AND n.year IS NULL AND n.news = 'seen') THEN 'expected'
           WHEN EXISTS (SELECT 1 FROM named n WHERE n.agency = w.agency AND n.year IS NULL AND n.news IN ('blocked', 'lost')) THEN 'blocked'
           ELSE 'not_looked_at'
       END AS state,
       CASE
           WHEN h.truncated IS NOT NULL THEN 'its body was cut: ' || h.truncated
           WHEN h.id IS NOT NULL AND h.outcome IN ('not_found', 'gone', 'soft_404') THEN h.outcome
           WHEN h.id IS NULL THEN coalesce(
               (SELECT coalesce(n.outcome || coalesce(': ' || nullif(n.detail, ''), ''), 'not asked for yet') || ' ' || n.address
                FROM named n WHERE n.agency = w.agency AND n.year = w.year ORDER BY n.news, n.address LIMIT 1),
               (SELECT n.outcome || coalesce(': ' || nullif(n.detail, ''), '') || ' ' || n.address
                FROM named n WHERE n.agency = w.agency AND n.year IS NULL AND n.news IN ('blocked', 'lost') ORDER BY n.news, n.address LIMIT 1))
       END AS reason,
       (SELECT count(*) FROM report r WHERE r.agency = w.agency AND r.year = w.year) AS captures,
       (SELECT count(*) FROM value v WHERE v.report = h.id AND v.value IS NOT NULL AND v.suggested = 0) AS numbers,
       coalesce(h.findings, 0) AS findings,
       h.edition, h.id AS report, h.capture, h.url
FROM wanted w LEFT JOIN held h ON h.agency = w.agency AND h.year = w.year;
