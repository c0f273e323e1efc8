-- What programs written for another engine's interface need beside: deployments of models with their files, and the keys by which they know their cases.
CREATE TABLE deployment (id INTEGER PRIMARY KEY, name TEXT NOT NULL, source TEXT NOT NULL, by TEXT NOT NULL, at INTEGER NOT NULL);
-- content: of a file that is no definition; else kind, definition and version say which it is.
CREATE TABLE deployment_file (
  deployment INTEGER NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL DEFAULT '', definition TEXT NOT NULL DEFAULT '', version INTEGER NOT NULL DEFAULT 0, content BLOB,
  PRIMARY KEY (deployment, name, definition)
) WITHOUT ROWID;
CREATE INDEX deployment_file_definition ON deployment_file (kind, definition, version);
CREATE TABLE case_key (bucket INTEGER NOT NULL, case_id INTEGER NOT NULL, business_key TEXT NOT NULL, PRIMARY KEY (bucket, case_id)) WITHOUT ROWID;
CREATE INDEX case_key_key ON case_key (business_key);
ALTER TABLE external_task ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;
ALTER TABLE external_task ADD COLUMN details TEXT NOT NULL DEFAULT '';
ALTER TABLE definition ADD COLUMN withdrawn_at INTEGER;
