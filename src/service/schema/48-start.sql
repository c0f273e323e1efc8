-- What is in force, found without stepping over the sources: a start reads none of them.
CREATE INDEX definition_in_force ON definition (is_current, kind, id, version);
