-- What was fed to the instance's steps (bpmn/recorded.h), so that its record can be made again; NULL: none, or from before. facts: the hash of the facts that were recorded last; NULL:
-- nothing was recorded yet.
ALTER TABLE journal ADD COLUMN steps BLOB;
ALTER TABLE instance ADD COLUMN facts INTEGER;
