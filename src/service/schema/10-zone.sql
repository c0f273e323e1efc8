-- Packages and their definitions, by version; registers; accounts; the audit chain; files; idempotency.
CREATE TABLE package (
  name TEXT PRIMARY KEY, version TEXT NOT NULL, title_zh TEXT NOT NULL, title_en TEXT NOT NULL, is_sample INTEGER NOT NULL, loaded_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE package_data (
  package TEXT NOT NULL, file TEXT NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (package, file)
) WITHOUT ROWID;
CREATE TABLE definition (
  kind TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, package TEXT NOT NULL, path TEXT NOT NULL, digest TEXT NOT NULL, source TEXT NOT NULL,
  loaded_at INTEGER NOT NULL, is_current INTEGER NOT NULL, PRIMARY KEY (kind, id, version)
) WITHOUT ROWID;
CREATE INDEX definition_current ON definition (kind, id) WHERE is_current = 1;
CREATE TABLE record (
  id INTEGER PRIMARY KEY, register TEXT NOT NULL, key TEXT NOT NULL, version INTEGER NOT NULL, data TEXT NOT NULL, updated_at INTEGER NOT NULL, updated_by TEXT NOT NULL,
  UNIQUE (register, key)
);
CREATE TABLE record_history (
  register TEXT NOT NULL, key TEXT NOT NULL, version INTEGER NOT NULL, data TEXT NOT NULL, at INTEGER NOT NULL, by TEXT NOT NULL, PRIMARY KEY (register, key, version)
) WITHOUT ROWID;
CREATE VIRTUAL TABLE record_words USING fts5 (body, content='', tokenize='gx_icu');
CREATE TABLE account (
  id INTEGER PRIMARY KEY, login TEXT NOT NULL UNIQUE, password TEXT NOT NULL, name TEXT NOT NULL, staff TEXT NOT NULL, department TEXT NOT NULL, roles TEXT NOT NULL,
  enterprises TEXT NOT NULL, is_disabled INTEGER NOT NULL DEFAULT 0, is_sample INTEGER NOT NULL DEFAULT 0, failed INTEGER NOT NULL DEFAULT 0, failed_at INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE session (
  token TEXT PRIMARY KEY, csrf TEXT NOT NULL, account INTEGER NOT NULL REFERENCES account (id), created_at INTEGER NOT NULL, seen_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
  address TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX session_account ON session (account, created_at);
CREATE TABLE audit (
  seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL, object TEXT NOT NULL, result TEXT NOT NULL, detail TEXT NOT NULL, hash TEXT NOT NULL
);
CREATE TABLE file (
  id TEXT PRIMARY KEY, sha256 TEXT NOT NULL, name TEXT NOT NULL, mime TEXT NOT NULL, size INTEGER NOT NULL, kind TEXT NOT NULL, case_number TEXT NOT NULL, by TEXT NOT NULL, at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX file_case ON file (case_number, at);
CREATE TABLE idempotency (
  actor TEXT NOT NULL, key TEXT NOT NULL, digest TEXT NOT NULL, status INTEGER NOT NULL, content_type TEXT NOT NULL, headers TEXT NOT NULL, body TEXT NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY (actor, key)
) WITHOUT ROWID;
CREATE INDEX idempotency_at ON idempotency (at);
