-- Lists that are asked for with a query: what is posted to an address makes it another one.

ALTER TABLE url ADD COLUMN body TEXT;                                 -- the query, form or JSON; NULL for plain addresses
ALTER TABLE url ADD COLUMN method TEXT GENERATED ALWAYS AS (iif(body IS NULL, 'GET', 'POST')) VIRTUAL;

ALTER TABLE capture ADD COLUMN request_body BLOB;                     -- NULL where nothing was sent

-- Links over captures without a body stay what they are.
DROP VIEW capture_fields;
CREATE VIEW capture_fields AS
SELECT id AS capture,
       id || ' ' || hex(url) || ' ' || hex(urlkey) || ' ' || hex(method) || ' ' || hex(request_headers) || ' ' || status || ' '
       || hex(response_headers) || ' ' || payload || ' ' || coalesce(revisit_of, '-') || ' ' || hex(started_at) || ' '
       || iif(peer IS NULL, '-', hex(peer)) || ' ' || hex(hop) || ' ' || iif(truncated IS NULL, '-', hex(truncated)) || ' '
       || coalesce(crawl, '-') || ' ' || coalesce(transport, '-') || iif(request_body IS NULL, '', ' ' || hex(request_body)) AS fields
FROM capture;
