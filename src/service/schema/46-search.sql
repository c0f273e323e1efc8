-- The variables by which cases are found, as they are now (packages declare them in search.json); text is cut at 200 characters, number is for comparing.
CREATE TABLE case_variable (
  bucket INTEGER NOT NULL, case_id INTEGER NOT NULL, name TEXT NOT NULL, text TEXT NOT NULL, number REAL, PRIMARY KEY (bucket, case_id, name)
) WITHOUT ROWID;
CREATE INDEX case_variable_text ON case_variable (name, text, case_id);
CREATE INDEX case_variable_number ON case_variable (name, number, case_id) WHERE number IS NOT NULL;
-- A variable that has been declared anew is read from the cases that are there already, in slices: from next_case on, when it is `at`.
CREATE TABLE search_fill (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, definition TEXT NOT NULL, next_case INTEGER NOT NULL, at INTEGER);
CREATE INDEX search_fill_at ON search_fill (at) WHERE at IS NOT NULL;
