/* db/connection.h: a connection inside db/: what both stores share, and the table of what each does its own
 * way. Every function here runs on the thread that holds the connection. */
#ifndef GX_DB_CONNECTION_H
#define GX_DB_CONNECTION_H

#include "db/db.h"

enum { AFTER_DATA = 128, TOLD_BYTES = 240, TOLD_AT_ONCE = 7000 /* PostgreSQL takes less than 8000 */ };

typedef struct gx_after {
    void (*run)(void *context);
    void *context; /* NULL: the data */
    _Alignas(16) char data[AFTER_DATA];
} gx_after;

enum { MEMOS_MOST = 16, MEMO_NAME = 48, MEMO_DATA = 96 };

typedef struct gx_memo {
    char name[MEMO_NAME];
    _Alignas(16) char data[MEMO_DATA];
    size_t name_size, size;
} gx_memo;

typedef enum gx_statement_kind {
    GX_STATEMENT_BUILT, /* run once */
    GX_STATEMENT_KEPT,  /* it will be used again */
    GX_STATEMENT_INSERT /* the same, and by `insert` alone */
} gx_statement_kind;

/* The answer to a first question; `result` NULL: it is not known, or has been given out. */
typedef struct gx_foreseen {
    const gx_first_question *question;
    void *result;
} gx_foreseen;

enum { FORESEEN_MOST = 64, TOUCHED_MOST = 256 };

/* How a store does what differs. Errors are filled in as codes of base/errors/db.def. */
typedef struct gx_backend {
    const char *begin_writing, *begin_reading; /* SQL */
    uint32_t group_most;                       /* commands in one transaction */
    bool is_shared;                            /* other processes write too */
    bool knows_new_id;                         /* `insert` needs no "RETURNING id" */

    void (*close)(gx_db *db);
    /* The text lives as long as the statement. NULL with an error when it does not compile (PostgreSQL says
     * so only when it is first run). */
    gx_statement *(*prepare)(gx_db *db, gx_text sql, gx_statement_kind kind, gx_error *error);
    void (*finalize)(gx_statement *statement);
    void (*bind_text)(gx_statement *statement, int index, gx_text text);
    void (*bind_blob)(gx_statement *statement, int index, gx_text bytes);
    void (*bind_int)(gx_statement *statement, int index, int64_t number);
    void (*bind_real)(gx_statement *statement, int index, double number);
    void (*bind_null)(gx_statement *statement, int index);
    gx_step (*step)(gx_statement *statement, gx_error *error);
    /* To the end, without rows. True may mean "sent": what goes wrong then is told by the next call that
     * waits, `settle` at the latest. */
    bool (*run)(gx_statement *statement, gx_error *error);
    /* What gx_db_insert runs: the id of the new row, 0 if there is none. */
    bool (*insert)(gx_statement *statement, int64_t *id, gx_error *error);
    void (*reset)(gx_statement *statement);
    gx_text (*text)(gx_statement *statement, int column);
    int64_t (*integer)(gx_statement *statement, int column);
    double (*real)(gx_statement *statement, int column);
    bool (*is_null)(gx_statement *statement, int column);
    int64_t (*changes)(gx_db *db);
    int64_t (*last_id)(gx_db *db);
    /* Asks all questions at once. NULL: the store has no use for that. False with the first failure; nothing
     * is known then. */
    bool (*foresee)(gx_db *db, gx_foreseen *all, size_t count, gx_error *error);
    /* The answer's column `subject`, or -1 when it has no row. */
    int64_t (*foreseen_subject)(const gx_foreseen *one);
    void (*forget_foreseen)(gx_foreseen *one);
    /* Waits for all that was sent; false with the first reason why some of it was not done. */
    bool (*settle)(gx_db *db, gx_error *error);
    bool (*is_in_transaction)(gx_db *db);
    void (*undo)(gx_db *db); /* ROLLBACK, if there is anything to roll back */
    /* Ends a transaction that has only read. */
    void (*end_reading)(gx_db *db);
    bool (*is_lost)(gx_db *db);
    /* After a commit, outside a transaction. False with an error that ends the process. */
    bool (*tidy)(gx_db *db, gx_error *error);

    /* The schema: 0 in a new database; "db.foreign" in somebody else's. */
    bool (*script)(gx_db *db, const char *sql, gx_error *error);
    bool (*begin_upgrade)(gx_db *db, gx_error *error);
    bool (*read_version)(gx_db *db, int64_t *version, gx_error *error);
    bool (*commit_upgrade)(gx_db *db, int64_t version, gx_error *error);

    bool (*lock)(gx_db *db, gx_text name, gx_error *error);
    bool (*claim)(gx_db *db, gx_text name, bool *is_ours, gx_error *error);
    bool (*tell)(gx_db *db, gx_text lines, gx_error *error);

    bool (*words_put)(gx_db *db, gx_arena *arena, const gx_words *words, int64_t id, gx_text before,
                      gx_text after, gx_error *error);
    gx_text (*words_match)(gx_arena *arena, const char *table, const char *id, int parameter);
    gx_text (*words_query)(gx_db *db, gx_arena *arena, gx_text words);
    gx_text (*json_text)(gx_arena *arena, const char *column, gx_text field);
    gx_text (*json_order)(gx_arena *arena, const char *column, gx_text field);
    bool (*backup)(gx_db *db, const char *path, gx_error *error);
} gx_backend;

/* Each store's connection begins with this. */
struct gx_db {
    const gx_backend *backend;
    struct gx_cached *cache; /* open addressing by the address of the text */
    uint32_t cache_count, cache_size;
    gx_after *afters; /* of the group at work */
    size_t after_count, after_capacity;
    char *told; /* what other servers shall hear of the group at work: lines */
    size_t told_size, told_capacity;
    uint64_t writes;  /* statements begun that are no SELECT */
    bool is_in_group; /* a group's transaction is at work */
    uint32_t to_come; /* commands of the group at work that are not through: a guess at what will be needed */
    gx_memo memos[MEMOS_MOST];
    size_t memo_count;
    gx_db_part *part;                              /* the innermost one that has begun */
    gx_foreseen *foreseen;                         /* of the command at work; NULL: nothing */
    int64_t touched[TOUCHED_MOST];                 /* subjects, by commands of the group */
    size_t touched_count;                          /* more than there is room for: all */
    const char *origin;                            /* of what is told: the store's own name */
    void (*watch)(void *context, const char *sql); /* see gx_store_watch; NULL: nobody does */
    void *watch_context;
};

/* Each store's statement begins with this. */
struct gx_statement {
    gx_db *db;
    const char *sql; /* as it was written; ends with a NUL */
    bool is_running; /* it has given a row and may give more */
};

/* Whether a store's address names a PostgreSQL database: a URL or a list of keyword = value. */
bool gx_is_postgres(const char *path);
/* `vfs`: of SQLite, by name; NULL: the system's. */
gx_db *gx_db_open(const char *path, const char *vfs, bool is_writer, gx_error *error);
void gx_db_close(gx_db *db);
/* A moment of the transaction at work, and forgetting what was to follow what came after it. */
typedef struct gx_db_mark {
    size_t after_count, told_size;
    uint64_t writes;
} gx_db_mark;
gx_db_mark gx_db_here(const gx_db *db);
void gx_db_forget(gx_db *db, gx_db_mark mark);
/* Before COMMIT: sends what gx_db_tell has gathered. */
bool gx_db_flush_told(gx_db *db, gx_error *error);
/* What every store's `close` does first: statements and what was to follow the commit. */
void gx_db_release(gx_db *db);

gx_db *gx_sqlite_open(const char *path, const char *vfs, bool is_writer, gx_error *error);
gx_db *gx_postgres_open(const char *path, bool is_writer, gx_error *error);

/* What other servers on the same database tell: see gx_store_listen. */
typedef struct gx_listener gx_listener;
gx_listener *gx_listener_start(const char *path, const char *origin,
                               void (*hear)(void *context, gx_text text), void *context);
void gx_listener_stop(gx_listener *listener);

#endif
