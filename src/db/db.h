/* db/db.h: the store: one writer a process that commits in groups, many readers; on SQLite or on PostgreSQL.
 *
 * Every change is a command: a function that runs on the writer thread inside a transaction shared with other
 * commands of its group. If it returns false, only its own changes are undone. Its answer is given after the
 * group's COMMIT is on disk (WAL, synchronous=FULL), so what has been answered survives a crash. On SQLite
 * only the writer checkpoints, and a failed commit, sync or checkpoint ends the process with GX_EXIT_STORAGE:
 * after a failed fsync nothing may be answered (see docs/architecture.md).
 *
 * A command may be run again from its beginning, after all it did was undone, when another command of its
 * group failed or another process stood in its way: it must set what it hands out, not add to it.
 *
 * On PostgreSQL several processes share one database. There what a command reads in order to change it must
 * be locked: a SELECT that ends with FOR UPDATE (on SQLite and in readers that has no meaning), or
 * gx_db_lock.
 *
 * A gx_db is a connection and belongs to the function it was handed to, for the time of the call. SQL is
 * written once by hand, with bound parameters ?1, ?2, in the subset that both stores share (README.md says
 * where they differ). A store may be used from any thread. */
#ifndef GX_DB_DB_H
#define GX_DB_DB_H

#include "base/arena.h"
#include "base/json.h"

typedef struct gx_store gx_store;
typedef struct gx_db gx_db;
typedef struct gx_statement gx_statement;

enum { GX_EXIT_STORAGE = 70 }; /* the process's exit status after a failure of the disk */

/* One step of a schema's history: version n is reached by running steps[n - 1]. */
typedef struct gx_schema {
    const char *const *steps; /* SQL texts, each with any number of statements; run in one transaction each */
    int32_t version;          /* number of steps */
} gx_schema;

typedef struct gx_store_options {
    const char *path;  /* of the database file, made with mode 0600 if it is absent; or the address of a
                          PostgreSQL database: "postgresql://..." or "host=... dbname=..." */
    gx_schema schema;  /* brought up to date at opening; a newer database is refused with "db.newer" */
    uint32_t readers;  /* reader connections, opened when first needed; 0 means 4 */
    bool is_read_only; /* no writer and no lock: for tools beside a running server; the file must be there, in
                          exactly this schema */
    const char *vfs;   /* SQLite's file system by name, which must keep other processes out by itself; NULL:
                          the system's. With another one no lock file is made */
    bool is_stepped;   /* no writer thread: gx_store_submit runs each command as a group of its own on the
                          calling thread, and what would end the process stops the store instead (see
                          gx_store_has_failed). For the simulator: one thread, one order */
} gx_store_options;

/* NULL with an error when the file cannot be opened, is no database, is in use by another writer, or is newer
 * than the schema. */
gx_store *gx_store_open(const gx_store_options *options, gx_error *error);
/* A stepped store's commands that are submitted between the two calls run as one group at the second. */
void gx_store_gather(gx_store *store, bool is_gathering);
/* Whether a stepped store has met what would have ended the process: from then on it refuses everything with
 * "db.disk", and is to be closed. */
bool gx_store_has_failed(const gx_store *store);
/* Finishes all queued commands, then closes. NULL is allowed. */
void gx_store_close(gx_store *store);

/* A piece of work. It runs under a gx_arena_guard on an arena that is empty before and released after. For a
 * command: false undoes it, with the reason in `error`. It must not wait for another command. */
typedef bool (*gx_db_work)(gx_db *db, gx_arena *arena, void *context, gx_error *error);

/* Queues a command and waits until it is durable (true) or was undone (false). Never call it from the writer
 * thread. */
bool gx_store_write(gx_store *store, gx_db_work work, void *context, gx_error *error);
/* Queues a command and returns. `done` is called once on the writer thread after the commit, or with
 * `is_done` false and the reason. It must be quick. */
typedef void (*gx_store_done)(void *context, bool is_done, const gx_error *error);
void gx_store_submit(gx_store *store, gx_db_work work, gx_store_done done, void *context);
/* The question that a command begins with, if that is known before it runs: on PostgreSQL the questions of a
 * group are asked together, and each command is given its answer without waiting. `sql` is the very constant
 * that the command prepares, its parameters are numbers, and it locks what it reads (FOR UPDATE). Column
 * `subject` of the row is a number: what commands of the group have changed under it (gx_db_touch) is asked
 * again. */
typedef struct gx_first_question {
    const char *sql; /* NULL: not known */
    int64_t numbers[4];
    int number_count, key_count; /* key: the first of them, which must be the command's too */
    int subject;
} gx_first_question;
/* As gx_store_submit. A command with a first question changes nothing that such questions read save under
 * subjects it has touched. */
void gx_store_submit_asking(gx_store *store, const gx_first_question *first, gx_db_work work,
                            gx_store_done done, void *context);
/* Runs with a reader connection in one read transaction: it sees one moment. Waits while all readers are
 * busy. */
bool gx_store_read(gx_store *store, gx_db_work work, void *context, gx_error *error);
/* The same with a connection that is opened for it and closed again: for what is rare and may come up in the
 * middle of a command or of another reading, which would wait for themselves. */
bool gx_store_read_apart(gx_store *store, gx_db_work work, void *context, gx_error *error);
/* Copies the database to a new file while work goes on. On PostgreSQL "db.backup": pg_dump does that. */
bool gx_store_backup(gx_store *store, const char *path, gx_error *error);

/* Whether other processes may write to the same database. */
bool gx_store_is_shared(const gx_store *store);
/* Calls `hear` for each text another process of the same database committed with gx_db_tell, on a thread of
 * its own, until the store is closed; and once with the empty text after a time in which some may have been
 * missed. One listener a store. Nothing on SQLite. */
void gx_store_listen(gx_store *store, void (*hear)(void *context, gx_text text), void *context);

/* The schema's version in the database and in the program, without changing anything. */
bool gx_store_version(const char *path, int64_t *version, gx_error *error);

typedef struct gx_store_figures {
    uint64_t commands, groups, failed; /* since opening */
    uint64_t commit_ns;                /* spent in COMMIT */
    uint32_t queued, largest_group;
    uint64_t again; /* commands run again because of another process */
} gx_store_figures;
gx_store_figures gx_store_measure(gx_store *store);
/* Calls `seen` on the writer thread for each statement the writer begins, transactions' own included, with
 * its SQL as it was written. For tests and benchmarks: set it before the first command and never change it.
 */
void gx_store_watch(gx_store *store, void (*seen)(void *context, const char *sql), void *context);

/* ---- Statements ---- */

/* The statement of this connection for this text, ready to be bound; `sql` must be a constant: its address is
 * the key of the cache. A text that does not compile ends the process: it is our own mistake and a test runs
 * each. */
gx_statement *gx_db_prepare(gx_db *db, const char *sql);
/* For SQL that is built (filters of a list): not cached; ends with the arena. NULL with an error when it does
 * not compile. */
gx_statement *gx_db_prepare_built(gx_db *db, gx_arena *arena, gx_text sql, gx_error *error);
/* Parameters count from 1. Texts and blobs must live until the next reset or the end of stepping. Bytes NULL
 * binds NULL. */
void gx_bind_text(gx_statement *statement, int index, gx_text text);
void gx_bind_blob(gx_statement *statement, int index, gx_text bytes);
void gx_bind_int(gx_statement *statement, int index, int64_t number);
void gx_bind_real(gx_statement *statement, int index, double number);
void gx_bind_null(gx_statement *statement, int index);
/* Binds from index 1 on: 't' gx_text, 'b' gx_text as blob, 'i' int64_t, 's' const char * (NULL binds NULL),
 * 'n' nothing. */
void gx_bind(gx_statement *statement, const char *kinds, ...);

typedef enum gx_step { GX_STEP_ROW, GX_STEP_DONE, GX_STEP_FAILED } gx_step;
/* After DONE and FAILED the statement is reset and may be bound anew. */
gx_step gx_db_step(gx_statement *statement, gx_error *error);
/* Columns count from 0. Texts live until the next step; copy what must stay. A NULL text has bytes NULL. */
gx_text gx_column_text(gx_statement *statement, int column);
int64_t gx_column_int(gx_statement *statement, int column);
double gx_column_real(gx_statement *statement, int column);
bool gx_column_is_null(gx_statement *statement, int column);
gx_text gx_column_copy(gx_arena *arena, gx_statement *statement, int column);
/* Needed only when stepping ends before DONE. */
void gx_db_reset(gx_statement *statement);

/* Binds, runs to the end, ignores rows. Constraint violations are the error "db.constraint" with the
 * constraint's name. On PostgreSQL a writer does not wait for the answer: a failure is then told by the next
 * call that waits for one (any SELECT, gx_db_changes), or fails the command at its end. */
bool gx_db_run(gx_db *db, gx_error *error, const char *sql, const char *kinds, ...);
/* The same for a statement that has been prepared and bound one by one. */
bool gx_db_finish(gx_statement *statement, gx_error *error);
/* The first column of the first row; `otherwise` when there is none or it is NULL. Fails only on an error of
 * the store. */
bool gx_db_get_int(gx_db *db, gx_error *error, int64_t *number, int64_t otherwise, const char *sql,
                   const char *kinds, ...);
bool gx_db_get_text(gx_db *db, gx_arena *arena, gx_error *error, gx_text *text, const char *sql,
                    const char *kinds, ...);
/* An INSERT of at most one row that ends with "RETURNING id": the row's id, or 0 when its SELECT gave none.
 * SQLite knows the id without being asked, and is three times as quick then. */
bool gx_db_insert(gx_db *db, gx_error *error, int64_t *id, const char *sql, const char *kinds, ...);
/* Rows changed by the last statement. */
int64_t gx_db_changes(gx_db *db);
int64_t gx_db_last_id(gx_db *db);
/* Several statements parted by semicolons, for schemas. */
bool gx_db_script(gx_db *db, const char *sql, gx_error *error);
/* ---- Several processes (PostgreSQL); on SQLite each is true at once ---- */

/* Waits until no other process's transaction holds the lock of that name; it is held until the end of this
 * transaction. For what is read and then changed, or must not be missed, in rows that are not there yet. */
bool gx_db_lock(gx_db *db, gx_text name, gx_error *error);
/* The same without waiting, and also in a reader: false in *is_ours when another process holds it. */
bool gx_db_claim(gx_db *db, gx_text name, bool *is_ours, gx_error *error);
/* Tells the other processes a line of up to 240 bytes when this command has been committed, once a
 * transaction. */
bool gx_db_tell(gx_db *db, gx_text text, gx_error *error);

/* ---- Where the dialects differ ---- */

/* A table of words for full-text search, made by CREATE VIRTUAL TABLE name USING fts5 (body, content='',
 * tokenize='gx_icu'). Words are cut as db/tokenizer.h says, in both stores. */
typedef struct gx_words {
    const char *fts_delete, *fts_insert, *vector_put, *vector_delete;
} gx_words;
#define GX_WORDS(table)                                                                                      \
    (&(const gx_words){"INSERT INTO " table " (" table ", rowid, body) VALUES ('delete', ?1, ?2)",           \
                       "INSERT INTO " table " (rowid, body) VALUES (?1, ?2)",                                \
                       "INSERT INTO " table " (bucket, rowid, body) VALUES (bucket_of(?1), ?1, CAST(?2 AS "  \
                       "TSVECTOR)) ON CONFLICT (bucket, rowid) DO UPDATE SET body = excluded.body",          \
                       "DELETE FROM " table " WHERE bucket = bucket_of(?1) AND rowid = ?1"})
/* Replaces the words of `id`. `before` must be exactly what was put last; empty for none. */
bool gx_words_put(gx_db *db, gx_arena *arena, const gx_words *words, int64_t id, gx_text before,
                  gx_text after, gx_error *error);
/* A condition: the row whose column `id` this is has the words that gx_words_query made, bound as text. */
gx_text gx_words_match(gx_db *db, gx_arena *arena, const char *table, const char *id, int parameter);
/* A person's search words: every word must occur, the last may go on. Quotes and operators have no meaning.
 * Empty when there is nothing to search for. */
gx_text gx_words_query(gx_db *db, gx_arena *arena, gx_text words);

/* Expressions for a member of a JSON object that is kept as text: its value as text, and what it is sorted by
 * (numbers as numbers). The name must be known to be harmless; quotes in it are dropped. */
gx_text gx_sql_json_text(gx_db *db, gx_arena *arena, const char *column, gx_text field);
gx_text gx_sql_json_order(gx_db *db, gx_arena *arena, const char *column, gx_text field);

/* The command at work may change rows of this subject: see gx_first_question. */
void gx_db_touch(gx_db *db, int64_t subject);

/* What a command knows of a row that is locked until the end of the transaction, kept for the commands after
 * it, which then need not ask: up to 96 bytes under a name of up to 47. It is forgotten with the transaction,
 * and when anything is undone; nothing is kept outside a writer's transaction. */
void gx_db_remember(gx_db *db, gx_text name, const void *data, size_t size);
/* False when nothing of that name and size is kept. */
bool gx_db_recall(const gx_db *db, gx_text name, void *data, size_t size);

/* A part of a command that can be undone alone, in a savepoint that is made when the part first writes: most
 * that are begun end well, and many write nothing. Parts may lie in one another; each is ended, undone or
 * not, unless the command fails. `part` lives until then. */
typedef struct gx_db_part {
    struct gx_db_part *outer;
    bool is_open; /* it has written */
} gx_db_part;
void gx_db_part_begin(gx_db *db, gx_db_part *part);
/* Undoes what was written since the part began. */
bool gx_db_part_undo(gx_db *db, gx_error *error);
bool gx_db_part_end(gx_db *db, gx_error *error);

/* What a writer's command wants done after its commit, on the writer thread (publish an event, wake a
 * scheduler); dropped when the command is undone. `context` must outlive the commit: it may not lie in the
 * command's arena. */
void gx_db_after_commit(gx_db *db, void (*run)(void *context), void *context);
/* The same with a copy of up to 128 bytes, so that nothing is left over when the command is undone. */
void gx_db_after_commit_with(gx_db *db, void (*run)(void *data), const void *data, size_t size);

#endif
