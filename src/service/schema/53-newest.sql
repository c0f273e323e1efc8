-- A variable's cases, newest first: a search for a part of a text reads so many of them and can go on where it stopped.
CREATE INDEX case_variable_newest ON case_variable (name, case_id) WHERE number IS NULL;
