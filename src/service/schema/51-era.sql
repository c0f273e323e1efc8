-- Who has done what, for the list of cases one has had a part in. The index begins with the era of the case, 16,384 cases each: what is done today changes a few pages side by side,
-- not one page of each person's, however many finished cases there are; the list looks into each era (service/view.c). On PostgreSQL an id has its bucket in its ten lowest bits.
ALTER TABLE task ADD COLUMN era INTEGER GENERATED ALWAYS AS (case_id >> 14) VIRTUAL; --sqlite
--postgresql ALTER TABLE task ADD COLUMN era BIGINT GENERATED ALWAYS AS (case_id >> 24) STORED;
CREATE INDEX task_done_era ON task (era, done_by, case_id) WHERE done_by IS NOT NULL;
DROP INDEX task_done_by;
