-- Cases, their process instances and what schedulers and lists need of them. Instants are milliseconds; an instance's id is case * 4096 + part, part 0 is the case's own process.
CREATE TABLE number (name TEXT PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE cases (
  id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, matter TEXT NOT NULL, matter_version INTEGER NOT NULL, state TEXT NOT NULL, state_before TEXT NOT NULL DEFAULT '',
  enterprise TEXT NOT NULL, applicant TEXT NOT NULL, project TEXT NOT NULL, project_id TEXT NOT NULL DEFAULT '', owner TEXT NOT NULL, channel TEXT NOT NULL DEFAULT 'web',
  submitted_by TEXT NOT NULL, submitted_at INTEGER NOT NULL, accepted_at INTEGER, is_accepted_by_law INTEGER NOT NULL DEFAULT 0, due_promised INTEGER, due_legal INTEGER,
  extension INTEGER NOT NULL DEFAULT 0, corrections INTEGER NOT NULL DEFAULT 0, lamp TEXT NOT NULL DEFAULT 'green', level INTEGER NOT NULL DEFAULT 0,
  overdue_reason TEXT NOT NULL DEFAULT '', next_at INTEGER, decided_at INTEGER, closed_at INTEGER, previous TEXT NOT NULL DEFAULT ''
);
CREATE INDEX cases_enterprise ON cases (enterprise, id) WHERE enterprise <> '';
CREATE INDEX cases_submitted_by ON cases (submitted_by, id) WHERE submitted_by <> '';
CREATE INDEX cases_state ON cases (state, id);
CREATE INDEX cases_lamp ON cases (lamp, id) WHERE lamp <> 'green';
CREATE INDEX cases_next ON cases (next_at) WHERE next_at IS NOT NULL;
CREATE TABLE case_department (department TEXT NOT NULL, case_id INTEGER NOT NULL REFERENCES cases (id), PRIMARY KEY (department, case_id)) WITHOUT ROWID;
CREATE INDEX case_department_case ON case_department (case_id);
CREATE VIRTUAL TABLE case_words USING fts5 (body, content='', tokenize='gx_icu');
-- What a case ended with: its variables, when the record no longer holds them.
CREATE TABLE case_data (case_id INTEGER PRIMARY KEY REFERENCES cases (id), data TEXT NOT NULL);
CREATE TABLE instance (
  id INTEGER PRIMARY KEY, process TEXT NOT NULL, process_version INTEGER NOT NULL, parent INTEGER, parent_key INTEGER NOT NULL DEFAULT 0, depth INTEGER NOT NULL DEFAULT 0,
  version INTEGER NOT NULL, has_ended INTEGER NOT NULL DEFAULT 0, state BLOB NOT NULL
);
CREATE INDEX instance_parent ON instance (parent, parent_key) WHERE parent IS NOT NULL;
-- One row a step: who, what and why for people in `events` (JSON), where tokens went in `path` (see service/timeline.h).
CREATE TABLE journal (
  id INTEGER PRIMARY KEY, case_id INTEGER NOT NULL, instance INTEGER NOT NULL, at INTEGER NOT NULL, actor TEXT NOT NULL, actor_name TEXT NOT NULL, department TEXT NOT NULL,
  command_id TEXT, events TEXT NOT NULL, path TEXT NOT NULL
);
CREATE INDEX journal_case ON journal (case_id, id);
CREATE UNIQUE INDEX journal_command ON journal (command_id) WHERE command_id IS NOT NULL;
CREATE TABLE task (
  id INTEGER PRIMARY KEY, case_id INTEGER NOT NULL, instance INTEGER NOT NULL, key INTEGER NOT NULL, element TEXT NOT NULL, name TEXT NOT NULL, role TEXT NOT NULL,
  department TEXT NOT NULL, assignee TEXT NOT NULL, enterprise TEXT NOT NULL, form TEXT NOT NULL, priority INTEGER NOT NULL, created_at INTEGER NOT NULL, due INTEGER NOT NULL,
  has_own_due INTEGER NOT NULL, version INTEGER NOT NULL DEFAULT 1, done_at INTEGER, outcome TEXT, done_by TEXT
);
CREATE INDEX task_case ON task (case_id, instance, key);
CREATE INDEX task_department ON task (department, role, due, id) WHERE done_at IS NULL;
CREATE INDEX task_assignee ON task (assignee, due, id) WHERE done_at IS NULL AND assignee <> '';
CREATE INDEX task_enterprise ON task (enterprise, due, id) WHERE done_at IS NULL AND enterprise <> '';
CREATE INDEX task_done_by ON task (done_by, case_id) WHERE done_by IS NOT NULL;
CREATE TABLE timer (
  instance INTEGER NOT NULL, key INTEGER NOT NULL, element TEXT NOT NULL, due INTEGER NOT NULL, PRIMARY KEY (instance, key)
) WITHOUT ROWID;
CREATE INDEX timer_due ON timer (due);
CREATE TABLE job (
  id INTEGER PRIMARY KEY, instance INTEGER NOT NULL, key INTEGER NOT NULL, element TEXT NOT NULL, skill TEXT NOT NULL, inputs TEXT NOT NULL, retries_left INTEGER NOT NULL,
  retry_after_ms INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, run_at INTEGER, UNIQUE (instance, key)
);
CREATE INDEX job_run ON job (run_at) WHERE run_at IS NOT NULL;
CREATE TABLE incident (
  id INTEGER PRIMARY KEY, case_id INTEGER NOT NULL, instance INTEGER NOT NULL, key INTEGER NOT NULL, element TEXT NOT NULL, code TEXT NOT NULL, detail TEXT NOT NULL,
  at INTEGER NOT NULL, solved_at INTEGER
);
CREATE INDEX incident_case ON incident (case_id) WHERE solved_at IS NULL;
CREATE INDEX incident_open ON incident (id) WHERE solved_at IS NULL;
CREATE TABLE subscription (
  instance INTEGER NOT NULL, key INTEGER NOT NULL, name TEXT NOT NULL, correlation TEXT NOT NULL, is_signal INTEGER NOT NULL, PRIMARY KEY (instance, key)
) WITHOUT ROWID;
CREATE INDEX subscription_name ON subscription (name, is_signal, correlation);
CREATE TABLE message (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, correlation TEXT NOT NULL, variables TEXT NOT NULL, expires_at INTEGER NOT NULL
);
CREATE INDEX message_name ON message (name, correlation, id);
CREATE INDEX message_expires ON message (expires_at);
