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
CREATE INDEX host_due ON host (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX capture_by_crawl ON capture (crawl);

UPDATE host SET addresses = (SELECT count(*) FROM url WHERE url.host = host.name),
                due_at = (SELECT min(due_at) FROM url WHERE url.host = host.name AND state IN ('due', 'settled'));
