-- Who reads the journal behind the work, and how far (service/follow.h): 1 counts heat, 2 hands events to webhooks.
ALTER TABLE heat_cursor RENAME TO journal_cursor;
ALTER TABLE journal_cursor RENAME COLUMN counted TO reached;
INSERT INTO journal_cursor (id, reached, settled, waits_for) VALUES (2, 0, 0, 0);
-- Addresses outside that are told what happens (service/webhook.h). events, matters: JSON lists, empty for all. since: the newest step when it was made or switched on; earlier ones are not told.
-- state: active, paused, deleting. failures: messages in a row that were refused at their first try; failing_since: when the first of them, or of their further tries, was; not_before: the whole address rests until then.
CREATE TABLE webhook (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, url TEXT NOT NULL, events TEXT NOT NULL, matters TEXT NOT NULL, secret TEXT NOT NULL, old_secret TEXT NOT NULL DEFAULT '', old_until INTEGER NOT NULL DEFAULT 0,
  state TEXT NOT NULL, since INTEGER NOT NULL, made_by TEXT NOT NULL, made_at INTEGER NOT NULL, delivered INTEGER NOT NULL DEFAULT 0, failures INTEGER NOT NULL DEFAULT 0, failing_since INTEGER,
  not_before INTEGER NOT NULL DEFAULT 0, last_at INTEGER, last_error TEXT NOT NULL DEFAULT ''
);
-- What is still to be told, in the order of its line, which is its case (no more than a number here: a case may be in the archive before its message has arrived). at: when it is tried next, or NULL while an earlier one of its line is on its way; dead_at: it was tried often enough, a person must look.
CREATE TABLE webhook_delivery (
  id INTEGER PRIMARY KEY, webhook INTEGER NOT NULL, line INTEGER NOT NULL, event TEXT NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL, body TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0,
  made_at INTEGER NOT NULL, at INTEGER, dead_at INTEGER, error TEXT NOT NULL DEFAULT ''
);
CREATE INDEX webhook_delivery_due ON webhook_delivery (webhook, at) WHERE at IS NOT NULL;
CREATE INDEX webhook_delivery_case ON webhook_delivery (webhook, line, id) WHERE dead_at IS NULL;
CREATE INDEX webhook_delivery_dead ON webhook_delivery (webhook, id) WHERE dead_at IS NOT NULL;
