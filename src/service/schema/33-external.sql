-- Work that programs outside fetch and report on (external tasks): locked for a worker until an instant; retries NULL: nobody has failed yet.
CREATE TABLE external_task (
  id INTEGER PRIMARY KEY, case_id INTEGER NOT NULL, instance INTEGER NOT NULL, key INTEGER NOT NULL, element TEXT NOT NULL, topic TEXT NOT NULL, inputs TEXT NOT NULL,
  created_at INTEGER NOT NULL, worker TEXT NOT NULL DEFAULT '', locked_until INTEGER NOT NULL DEFAULT 0, retries INTEGER, failure TEXT NOT NULL DEFAULT '', UNIQUE (instance, key)
);
CREATE INDEX external_task_topic ON external_task (topic, locked_until, id);
-- Keys of programs; `hash` is SHA-256 of 256 random bits, which are shown once.
CREATE TABLE api_key (
  hash TEXT PRIMARY KEY, id TEXT NOT NULL UNIQUE, account INTEGER NOT NULL REFERENCES account (id), note TEXT NOT NULL, made_by TEXT NOT NULL, made_at INTEGER NOT NULL
) WITHOUT ROWID;
