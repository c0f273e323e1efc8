-- What an instance keeps outside of its record (bpmn/shelf.c): instances of wide activities, collections, results, large variables.
CREATE TABLE shelf (
  bucket INTEGER NOT NULL, instance INTEGER NOT NULL, owner INTEGER NOT NULL, key INTEGER NOT NULL, content BLOB NOT NULL,
  CONSTRAINT shelf_key PRIMARY KEY (bucket, instance, owner, key)
) WITHOUT ROWID;
-- Whether somebody has signed before in the same activity is asked of its signers, not of all its tasks.
CREATE INDEX task_done_for ON task (done_for, case_id) WHERE done_for <> '';
