-- What is said and promised in a case: opinions, promises, stops, letters, notices; permits; drafts; what is to leave the house.
CREATE TABLE opinion (
  id INTEGER PRIMARY KEY, case_id INTEGER NOT NULL, element TEXT NOT NULL, name TEXT NOT NULL, department TEXT NOT NULL, who TEXT NOT NULL, who_name TEXT NOT NULL,
  outcome TEXT NOT NULL, text TEXT NOT NULL, reasons TEXT NOT NULL, at INTEGER NOT NULL
);
CREATE INDEX opinion_case ON opinion (case_id, id);
-- kind: 'tolerated' (容缺) or 'commitment' (告知承诺); state: open, kept, broken. step: reminders already sent.
CREATE TABLE promise (
  id INTEGER PRIMARY KEY, case_id INTEGER NOT NULL, enterprise TEXT NOT NULL, document TEXT NOT NULL, kind TEXT NOT NULL, due INTEGER NOT NULL, state TEXT NOT NULL, step INTEGER NOT NULL DEFAULT 0,
  next_at INTEGER, made_at INTEGER NOT NULL, settled_at INTEGER
);
CREATE INDEX promise_case ON promise (case_id, document);
CREATE INDEX promise_next ON promise (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX promise_broken ON promise (enterprise, kind, settled_at) WHERE state = 'broken';
CREATE TABLE stop (
  id INTEGER PRIMARY KEY, case_id INTEGER NOT NULL, kind TEXT NOT NULL, reason TEXT NOT NULL, begun_at INTEGER NOT NULL, planned_end INTEGER, ended_at INTEGER, begun_by TEXT NOT NULL,
  next_at INTEGER
);
CREATE INDEX stop_case ON stop (case_id, id);
CREATE INDEX stop_next ON stop (next_at) WHERE next_at IS NOT NULL;
-- content: the page as JSON; its PDF is drawn from it when asked for.
CREATE TABLE letter (
  id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, case_id INTEGER NOT NULL, kind TEXT NOT NULL, at INTEGER NOT NULL, content TEXT NOT NULL
);
CREATE INDEX letter_case ON letter (case_id, id);
-- receiver: 'account:LOGIN', 'enterprise:ID', 'role:DEPARTMENT/ROLE'. Texts are message keys "notice.EVENT.title" and ".text" with parts, so each reads in the reader's language.
CREATE TABLE notice (
  id INTEGER PRIMARY KEY, receiver TEXT NOT NULL, event TEXT NOT NULL, parts TEXT NOT NULL, case_number TEXT NOT NULL, letter INTEGER, at INTEGER NOT NULL, visible_at INTEGER NOT NULL
);
CREATE INDEX notice_receiver ON notice (receiver, id);
CREATE INDEX notice_case ON notice (case_number, id);
CREATE TABLE notice_read (notice INTEGER NOT NULL, account TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (notice, account)) WITHOUT ROWID;
CREATE TABLE outbox (
  id INTEGER PRIMARY KEY, channel TEXT NOT NULL, receiver TEXT NOT NULL, event TEXT NOT NULL, parts TEXT NOT NULL, not_before INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
  sent_at INTEGER
);
CREATE INDEX outbox_waiting ON outbox (not_before) WHERE sent_at IS NULL;
-- canonical: the signed bytes. code: what the QR code carries, 128 random bits.
CREATE TABLE permit (
  number TEXT PRIMARY KEY, code TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, case_id INTEGER NOT NULL, enterprise TEXT NOT NULL, holder TEXT NOT NULL, project TEXT NOT NULL,
  issued_at INTEGER NOT NULL, valid_to INTEGER, state TEXT NOT NULL, canonical TEXT NOT NULL, digest TEXT NOT NULL, ed25519 TEXT NOT NULL, sm2 TEXT NOT NULL,
  revoked_at INTEGER, revoked_by TEXT, revoked_why TEXT
) WITHOUT ROWID;
CREATE INDEX permit_case ON permit (case_id);
CREATE INDEX permit_enterprise ON permit (enterprise, issued_at);
CREATE INDEX permit_issued ON permit (issued_at);
CREATE TABLE draft (
  id TEXT PRIMARY KEY, account TEXT NOT NULL, enterprise TEXT NOT NULL, matter TEXT NOT NULL, data TEXT NOT NULL, version INTEGER NOT NULL, saved_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX draft_account ON draft (account, saved_at);
CREATE INDEX draft_enterprise ON draft (enterprise, saved_at) WHERE enterprise <> '';
-- The decisions a case has heard, with their trace, for "why".
CREATE TABLE decision (
  id INTEGER PRIMARY KEY, case_id INTEGER NOT NULL, element TEXT NOT NULL, decision TEXT NOT NULL, version INTEGER NOT NULL, at INTEGER NOT NULL, answer TEXT NOT NULL, trace TEXT NOT NULL
);
CREATE INDEX decision_case ON decision (case_id, id);
