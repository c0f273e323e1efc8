-- A suspended case: its timers and subscriptions wait here, its jobs have no time to run, until it goes on.
ALTER TABLE cases ADD COLUMN suspended_at INTEGER;
CREATE TABLE held_timer (instance INTEGER NOT NULL, key INTEGER NOT NULL, element TEXT NOT NULL, due INTEGER NOT NULL, PRIMARY KEY (instance, key)) WITHOUT ROWID;
CREATE TABLE held_subscription (
  instance INTEGER NOT NULL, key INTEGER NOT NULL, name TEXT NOT NULL, correlation TEXT NOT NULL, is_signal INTEGER NOT NULL, PRIMARY KEY (instance, key)
) WITHOUT ROWID;
-- A process of which no new case may begin.
CREATE TABLE held_process (process TEXT PRIMARY KEY, reason TEXT NOT NULL, by TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
-- Ids of messages that have been taken, so that the second of the same id is refused.
CREATE TABLE message_seen (name TEXT NOT NULL, message_id TEXT NOT NULL, expires_at INTEGER NOT NULL, PRIMARY KEY (name, message_id)) WITHOUT ROWID;
CREATE INDEX message_seen_expires ON message_seen (expires_at);
