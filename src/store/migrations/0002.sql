-- Hosts know when they have work and how they are to be treated, so that taking an address costs the same however many wait.

ALTER TABLE host ADD COLUMN due_at TEXT;                              -- when its next address is due; NULL where none waits
ALTER TABLE host ADD COLUMN addresses INTEGER NOT NULL DEFAULT 0;     -- addresses of it in the frontier
ALTER TABLE host ADD COLUMN slowdown INTEGER NOT NULL DEFAULT 1;      -- how many gaps lie between two starts
ALTER TABLE host ADD COLUMN refused_at TEXT;                          -- the last 403, 412, 429, 5xx or wall
ALTER TABLE host ADD COLUMN transport TEXT;                           -- tls | tls-p256 | http: what worked last

ALTER TABLE url ADD COLUMN year INTEGER;                              -- the report year its anchor names

ALTER TABLE capture ADD COLUMN transport TEXT;                        -- http | tls | tls-p256; NULL where it is not known

ALTER TABLE crawl ADD COLUMN summary TEXT CHECK (summary IS NULL OR json_valid(summary));

DROP INDEX url_by_host;
CREATE INDEX url_waiting ON url (host, priority, due_at) WHERE state IN ('due', 'settled');
CREATE INDEX url_due ON url (host, due_at) WHERE state IN ('due', 'settled');
CREATE INDEX url_by_capture ON url (capture) WHERE capture IS NOT NULL;
CREATE INDEX url_by_agency ON url (agency, year, role) WHERE agency IS NOT NULL;
CREATE INDEX host_due ON host (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX capture_by_crawl ON capture (crawl);

UPDATE host SET addresses = (SELECT count(*) FROM url WHERE url.host = host.name),
                due_at = (SELECT min(due_at) FROM url WHERE url.host = host.name AND state IN ('due', 'settled'));

-- Kept by the file itself, so that it holds for whoever changes a date by hand.
CREATE TRIGGER url_added AFTER INSERT ON url BEGIN
    UPDATE host SET addresses = addresses + 1, due_at = min(coalesce(due_at, NEW.due_at), NEW.due_at) WHERE name = NEW.host;
END;
CREATE TRIGGER url_moved AFTER UPDATE OF state, due_at ON url BEGIN
    UPDATE host SET due_at = (SELECT due_at FROM url WHERE host = NEW.host AND state IN ('due', 'settled') ORDER BY due_at LIMIT 1)
    WHERE name = NEW.host;
END;

-- For every agency of the seeds and every year since 2008, and for whoever else was read: what is known.
--   read, findings       a report with numbers, its identities hold or some don't
--   prose                a report without a table that could be read
--   doubtful             read from a body that was cut short
--   withdrawn            read, and gone from its site since
--   found                an address that names it, not read: `reason` says what came instead
--   blocked              its site, or its listing, could not be seen: wall, robots.txt, network
--   expected             a listing was seen and names none
--   not_looked_at        nothing of the agency was asked for yet
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
           (SELECT count(*) FROM value v WHERE v.report = r.id AND v.value IS NOT NULL AND v.suggested = 0) AS numbers,
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
           WHEN h.id IS NOT NULL AND h.numbers = 0 THEN 'prose'
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
       coalesce(h.numbers, 0) AS numbers, coalesce(h.findings, 0) AS findings,
       h.edition, h.id AS report, h.capture, h.url
FROM wanted w LEFT JOIN held h ON h.agency = w.agency AND h.year = w.year;
