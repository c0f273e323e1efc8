-- All running cases of a process (version 0: of all its versions) held or let go together, in slices: what has been asked for and how far it has come (service/hold.h). reached, last: ids of instances while holding; of cases while letting go.
CREATE TABLE hold (
  id INTEGER PRIMARY KEY, process TEXT NOT NULL, version INTEGER NOT NULL, phase TEXT NOT NULL, refuses_starts INTEGER NOT NULL, reason TEXT NOT NULL, ordered_by TEXT NOT NULL, ordered_at INTEGER NOT NULL,
  at INTEGER, reached INTEGER NOT NULL DEFAULT 0, last INTEGER NOT NULL DEFAULT 0, held INTEGER NOT NULL DEFAULT 0, failed INTEGER NOT NULL DEFAULT 0, failed_case TEXT NOT NULL DEFAULT '',
  failed_code TEXT NOT NULL DEFAULT '', ended_at INTEGER
);
CREATE INDEX hold_at ON hold (at) WHERE at IS NOT NULL;
CREATE INDEX hold_process ON hold (process, id);
-- Which cases it holds. A case of several processes can be held by several; the last one to let go lets it go on.
CREATE TABLE hold_case (bucket INTEGER NOT NULL, case_id INTEGER NOT NULL, hold INTEGER NOT NULL, PRIMARY KEY (bucket, case_id, hold)) WITHOUT ROWID;
CREATE INDEX hold_case_hold ON hold_case (hold, case_id);
