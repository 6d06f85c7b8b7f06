-- Shards of a fleet that were taken in whole, so that the next import passes them over.

CREATE TABLE shard (
    name        TEXT NOT NULL,                  -- of its WARC, from the root of the shards
    sha256      TEXT NOT NULL,                  -- of its WARC, hex, as its manifest says and as it was found to be
    captures    INTEGER NOT NULL,
    imported_at TEXT NOT NULL,
    PRIMARY KEY (name, sha256)
) STRICT, WITHOUT ROWID;
