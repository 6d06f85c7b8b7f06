-- Lists of subjects that a report's findings had, so that the next with the same is not looked up subject by subject: as
-- value_name_list does for the names of values.
CREATE TABLE finding_subject_list (
    digest   TEXT PRIMARY KEY,                  -- SHA-256 of the words, hex
    subjects TEXT NOT NULL CHECK (json_valid(subjects)) -- numbers of subjects
) STRICT, WITHOUT ROWID;

-- What a person looks up (fetch, robots, discover) has its row like a crawl, and is not the night's run.
ALTER TABLE crawl ADD COLUMN is_look_up INTEGER NOT NULL DEFAULT 0 CHECK (is_look_up IN (0, 1));
CREATE VIEW run AS SELECT id, started_at, ended_at, ended, summary FROM crawl WHERE is_look_up = 0;
