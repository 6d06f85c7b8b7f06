-- Lists of subjects that a report's findings had, so that the next with the same is not looked up subject by subject: as
-- value_name_list does for the names of values.
CREATE TABLE finding_subject_list (
    digest   TEXT PRIMARY KEY,                  -- SHA-256 of the words, hex
    subjects TEXT NOT NULL CHECK (json_valid(subjects)) -- numbers of subjects
) STRICT, WITHOUT ROWID;
