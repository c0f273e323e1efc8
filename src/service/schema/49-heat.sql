-- How a version of a process has gone on a day: how often each element was entered and left and how long it kept what came in; counted from
-- the journal (service/heat.h) and kept when that is archived.
CREATE TABLE heat (process TEXT NOT NULL, version INTEGER NOT NULL, day INTEGER NOT NULL, counts TEXT NOT NULL, PRIMARY KEY (process, version, day)) WITHOUT ROWID;
-- Steps up to `counted` are in it. Steps up to `settled` can be: whatever was being written when `waits_for` was the next transaction has then ended.
CREATE TABLE heat_cursor (id INTEGER NOT NULL PRIMARY KEY, counted INTEGER NOT NULL, settled INTEGER NOT NULL, waits_for INTEGER NOT NULL);
INSERT INTO heat_cursor (id, counted, settled, waits_for) VALUES (1, 0, 0, 0);
--postgresql CREATE FUNCTION transaction_oldest() RETURNS BIGINT LANGUAGE sql STABLE AS 'SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS VARCHAR) AS BIGINT)';
--postgresql CREATE FUNCTION transaction_next() RETURNS BIGINT LANGUAGE sql STABLE AS 'SELECT CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS VARCHAR) AS BIGINT)';
