-- How an office shares its work. A signer's task is a row of task like any other, with the key of the step's own task, so that both end together.
ALTER TABLE task ADD COLUMN round INTEGER NOT NULL DEFAULT 0;
ALTER TABLE task ADD COLUMN waits_for INTEGER NOT NULL DEFAULT 0;
ALTER TABLE task ADD COLUMN done_for TEXT NOT NULL DEFAULT '';
-- Signatures asked for in one task. mode: before, after, countersign; rule: all, share (percent), one; data: what the completion will carry; result: agreed, refused, cancelled.
CREATE TABLE sign_round (
  id INTEGER PRIMARY KEY, case_id INTEGER NOT NULL, task INTEGER NOT NULL, mode TEXT NOT NULL, rule TEXT NOT NULL, percent INTEGER NOT NULL, agree TEXT NOT NULL, refuse TEXT NOT NULL,
  data TEXT NOT NULL, reason TEXT NOT NULL, opened_by TEXT NOT NULL, opened_at INTEGER NOT NULL, total INTEGER NOT NULL, agreed INTEGER NOT NULL DEFAULT 0, refused INTEGER NOT NULL DEFAULT 0,
  ended_at INTEGER, result TEXT NOT NULL DEFAULT ''
);
CREATE INDEX sign_round_task ON sign_round (task, id);
CREATE INDEX task_round ON task (round, id) WHERE round <> 0;
CREATE TABLE signature (
  round INTEGER NOT NULL, task INTEGER NOT NULL, login TEXT NOT NULL, name TEXT NOT NULL, outcome TEXT NOT NULL DEFAULT '', opinion TEXT NOT NULL DEFAULT '', at INTEGER,
  PRIMARY KEY (round, task)
) WITHOUT ROWID;
-- While somebody is away, between the two instants, the deputy may do what is theirs to do.
CREATE TABLE deputy (
  id INTEGER PRIMARY KEY, login TEXT NOT NULL, deputy TEXT NOT NULL, begins_at INTEGER NOT NULL, ends_at INTEGER NOT NULL, reason TEXT NOT NULL, made_by TEXT NOT NULL, made_at INTEGER NOT NULL
);
CREATE INDEX deputy_login ON deputy (login, ends_at);
CREATE INDEX deputy_deputy ON deputy (deputy, ends_at);
CREATE TABLE urge (case_id INTEGER NOT NULL, actor TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (case_id, actor)) WITHOUT ROWID;
CREATE INDEX account_staff ON account (staff) WHERE staff <> '';
CREATE INDEX account_department ON account (department, id) WHERE department <> '';
