-- A signal on its way to many instances, and who waited for it when it was sent and has not had it yet.
CREATE TABLE signal (id INTEGER PRIMARY KEY, name TEXT NOT NULL, variables TEXT NOT NULL);
CREATE TABLE signal_hearer (signal INTEGER NOT NULL, instance INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (signal, instance)) WITHOUT ROWID;
CREATE INDEX signal_hearer_at ON signal_hearer (at);
