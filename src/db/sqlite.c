/* The store on SQLite. Only the writer checkpoints: an automatic checkpoint on another connection could lose
 * a failed fsync, which would then reach no commit's return code. */
#include "db/sqlite.h"
#include "db/connection.h"
#include "db/tokenizer.h"
#include "base/buffer.h"
#include "base/log.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    CHECKPOINT_PAGES =
        8000, /* 32 MiB: pages that are written again and again are copied once; a larger one makes
                 the checkpoint, which commands wait for, longer, and opening after a crash */
    APPLICATION_ID = 0x47584F58 /* "GXOX" */
};

typedef struct sqlite_db {
    gx_db base;
    sqlite3 *handle;
    char *path;
    int wal_pages;
} sqlite_db;

typedef struct sqlite_statement {
    gx_statement base;
    sqlite3_stmt *handle; /* NULL: the disk failed when it was compiled; tried again by the next reset */
    gx_text sql;
} sqlite_statement;

static sqlite3 *handle_of(gx_db *db)
{
    return ((sqlite_db *)db)->handle;
}

static sqlite3_stmt *statement_of(gx_statement *statement)
{
    return ((sqlite_statement *)statement)->handle;
}

/* I/O errors and corruption, after which a writer may not go on; a full disk is not one of them. */
static bool is_disk_failure(int status)
{
    int kind = status & 0xFF;
    return kind == SQLITE_IOERR || kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB;
}

/* Fills `error` from the connection's last failure. Always false. */
static bool fail(gx_db *db, int status, gx_error *error)
{
    gx_text message = gx_text_of(sqlite3_errmsg(handle_of(db)));
    switch (status & 0xFF) {
    case SQLITE_FULL: return gx_fail(error, "db.full");
    case SQLITE_CONSTRAINT: return gx_fail(error, "db.constraint", message);
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return gx_fail(error, "db.busy");
    case SQLITE_INTERRUPT: return gx_fail(error, "db.interrupted");
    case SQLITE_NOMEM: return gx_fail(error, "base.memory", GX_TEXT("0"));
    default: break;
    }
    return gx_fail(error, is_disk_failure(status) ? "db.disk" : "db.sql", message);
}

/* ---- Statements ---- */

/* There is one writer, so a row that is read for a change is locked already. */
static size_t without_locks(gx_text sql)
{
    static const char *const tails[] = {" SKIP LOCKED", " FOR UPDATE"};
    for (size_t i = 0; i < GX_COUNT_OF(tails); i++)
        if (gx_text_ends_with(sql, gx_text_of(tails[i])))
            sql.size -= strlen(tails[i]);
    return sql.size;
}

/* Compiling reads the schema, so the disk has a say in it. */
static int compile(sqlite_statement *statement, bool is_kept)
{
    gx_text sql = statement->sql;
    return sqlite3_prepare_v3(handle_of(statement->base.db), sql.bytes, (int)without_locks(sql),
                              is_kept ? SQLITE_PREPARE_PERSISTENT : 0, &statement->handle, NULL);
}

static gx_statement *prepare(gx_db *db, gx_text sql, gx_statement_kind kind, gx_error *error)
{
    bool is_kept = kind != GX_STATEMENT_BUILT;
    sqlite_statement *statement = calloc(1, sizeof *statement);
    if (!statement) {
        gx_fail(error, "base.memory", GX_TEXT("0"));
        return NULL;
    }
    statement->base.db = db;
    statement->sql = sql;
    int status = compile(statement, is_kept);
    if (status == SQLITE_OK || (is_kept && is_disk_failure(status)))
        return &statement->base;
    fail(db, status, error);
    free(statement);
    return NULL;
}

static void finalize(gx_statement *statement)
{
    sqlite3_finalize(statement_of(statement));
    free(statement);
}

static void bind_text(gx_statement *statement, int index, gx_text text)
{
    sqlite3_bind_text64(statement_of(statement), index, text.bytes, text.size, SQLITE_STATIC, SQLITE_UTF8);
}

static void bind_blob(gx_statement *statement, int index, gx_text bytes)
{
    sqlite3_bind_blob64(statement_of(statement), index, bytes.bytes, bytes.size, SQLITE_STATIC);
}

static void bind_int(gx_statement *statement, int index, int64_t number)
{
    sqlite3_bind_int64(statement_of(statement), index, number);
}

static void bind_real(gx_statement *statement, int index, double number)
{
    sqlite3_bind_double(statement_of(statement), index, number);
}

static void bind_null(gx_statement *statement, int index)
{
    sqlite3_bind_null(statement_of(statement), index);
}

static gx_step step(gx_statement *statement, gx_error *error)
{
    if (!statement_of(statement)) {
        gx_fail(error, "db.disk", GX_TEXT("prepare"));
        return GX_STEP_FAILED;
    }
    int status = sqlite3_step(statement_of(statement));
    if (status == SQLITE_ROW)
        return GX_STEP_ROW;
    if (status == SQLITE_DONE) {
        sqlite3_reset(statement_of(statement));
        return GX_STEP_DONE;
    }
    fail(statement->db, status, error);
    sqlite3_reset(statement_of(statement));
    return GX_STEP_FAILED;
}

static bool run(gx_statement *statement, gx_error *error)
{
    gx_step reached;
    do
        reached = step(statement, error);
    while (reached == GX_STEP_ROW);
    return reached == GX_STEP_DONE;
}

static bool insert(gx_statement *statement, int64_t *id, gx_error *error)
{
    sqlite3 *handle = handle_of(statement->db);
    if (!run(statement, error))
        return false;
    *id = sqlite3_changes64(handle) ? sqlite3_last_insert_rowid(handle) : 0;
    return true;
}

static void reset(gx_statement *statement)
{
    if (!statement_of(statement))
        compile((sqlite_statement *)statement, true);
    sqlite3_reset(statement_of(statement));
}

static gx_text column_text(gx_statement *statement, int column)
{
    sqlite3_stmt *handle = statement_of(statement);
    const void *bytes = sqlite3_column_type(handle, column) == SQLITE_BLOB
                            ? sqlite3_column_blob(handle, column)
                            : (const void *)sqlite3_column_text(handle, column);
    int size = sqlite3_column_bytes(handle, column);
    if (!bytes && sqlite3_column_type(handle, column) != SQLITE_NULL)
        bytes = ""; /* an empty blob */
    return (gx_text){bytes, (size_t)size};
}

static int64_t column_int(gx_statement *statement, int column)
{
    return sqlite3_column_int64(statement_of(statement), column);
}

static double column_real(gx_statement *statement, int column)
{
    return sqlite3_column_double(statement_of(statement), column);
}

static bool column_is_null(gx_statement *statement, int column)
{
    return sqlite3_column_type(statement_of(statement), column) == SQLITE_NULL;
}

static int64_t changes(gx_db *db)
{
    return sqlite3_changes64(handle_of(db));
}

static int64_t last_id(gx_db *db)
{
    return sqlite3_last_insert_rowid(handle_of(db));
}

/* ---- Transactions ---- */

static bool settle(gx_db *db, gx_error *error)
{
    (void)db, (void)error;
    return true;
}

static bool is_in_transaction(gx_db *db)
{
    return sqlite3_get_autocommit(handle_of(db)) == 0;
}

static void undo(gx_db *db)
{
    if (is_in_transaction(db))
        sqlite3_exec(handle_of(db), "ROLLBACK", NULL, NULL, NULL);
}

static void end_reading(gx_db *db)
{
    gx_error ignored = {0};
    if (!gx_db_run(db, &ignored, "COMMIT", ""))
        undo(db);
}

static bool is_lost(gx_db *db)
{
    (void)db;
    return false;
}

static int note_wal(void *context, sqlite3 *handle, const char *name, int pages)
{
    (void)handle, (void)name;
    ((sqlite_db *)context)->wal_pages = pages;
    return SQLITE_OK;
}

static bool tidy(gx_db *db, gx_error *error)
{
    sqlite_db *own = (sqlite_db *)db;
    if (own->wal_pages < CHECKPOINT_PAGES)
        return true;
    int status = sqlite3_wal_checkpoint_v2(own->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    if (status == SQLITE_OK || status == SQLITE_BUSY || status == SQLITE_LOCKED) {
        own->wal_pages = 0; /* asked again after as many pages more */
        return true;
    }
    fail(db, status, error);
    if (is_disk_failure(status))
        return false;
    gx_log_error("store.checkpoint", error); /* a full disk: the WAL stays, commits go on while they can */
    return true;
}

/* ---- The schema ---- */

static bool script(gx_db *db, const char *sql, gx_error *error)
{
    int status = sqlite3_exec(handle_of(db), sql, NULL, NULL, NULL);
    return status == SQLITE_OK || fail(db, status, error);
}

static bool begin_upgrade(gx_db *db, gx_error *error)
{
    return script(db, "BEGIN IMMEDIATE", error);
}

static bool read_version(gx_db *db, int64_t *version, gx_error *error)
{
    int64_t id, objects;
    gx_text path = gx_text_of(((sqlite_db *)db)->path);
    if (!gx_db_get_int(db, error, version, 0, "PRAGMA user_version", "") ||
        !gx_db_get_int(db, error, &id, 0, "PRAGMA application_id", "") ||
        !gx_db_get_int(db, error, &objects, 0, "SELECT count(*) FROM sqlite_master", ""))
        return false;
    bool is_new = id == 0 && *version == 0 && objects == 0;
    return id == APPLICATION_ID || is_new || gx_fail(error, "db.foreign", path);
}

static bool commit_upgrade(gx_db *db, int64_t version, gx_error *error)
{
    char text[128];
    snprintf(text, sizeof text, "PRAGMA user_version=%d; PRAGMA application_id=%d; COMMIT", (int)version,
             APPLICATION_ID);
    return script(db, text, error);
}

/* ---- One process: nobody to wait for, nobody to tell ---- */

static bool lock(gx_db *db, gx_text name, gx_error *error)
{
    (void)db, (void)name, (void)error;
    return true;
}

static bool claim(gx_db *db, gx_text name, bool *is_ours, gx_error *error)
{
    (void)db, (void)name, (void)error;
    *is_ours = true;
    return true;
}

/* ---- Dialect ---- */

static bool words_put(gx_db *db, gx_arena *arena, const gx_words *words, int64_t id, gx_text before,
                      gx_text after, gx_error *error)
{
    (void)arena;
    if (before.size && !gx_db_run(db, error, words->fts_delete, "it", id, before))
        return false;
    return !after.size || gx_db_run(db, error, words->fts_insert, "it", id, after);
}

static gx_text words_match(gx_arena *arena, const char *table, const char *id, int parameter)
{
    return gx_format(arena, "%s IN (SELECT rowid FROM %s WHERE %s MATCH ?%d)", id, table, table, parameter);
}

static gx_text words_query(gx_db *db, gx_arena *arena, gx_text words)
{
    (void)db;
    return gx_search_query(arena, words);
}

static gx_text json_text(gx_arena *arena, const char *column, gx_text field)
{
    gx_buffer path = gx_buffer_in(arena);
    for (size_t i = 0; i < field.size; i++)
        if (!strchr("'\"\\", field.bytes[i]))
            gx_buffer_byte(&path, field.bytes[i]);
    return gx_format(arena, "(%s ->> '$.\"%.*s\"')", column, GX_PRINT(gx_buffer_as_text(&path)));
}

static bool backup(gx_db *db, const char *path, gx_error *error)
{
    sqlite3 *copy = NULL;
    int status = sqlite3_open_v2(path, &copy, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
    sqlite3_backup *backup =
        status == SQLITE_OK ? sqlite3_backup_init(copy, "main", handle_of(db), "main") : NULL;
    while (backup && ((status = sqlite3_backup_step(backup, 1024)) == SQLITE_OK || status == SQLITE_BUSY ||
                      status == SQLITE_LOCKED))
        sqlite3_sleep(1); /* let the writer at the disk */
    bool is_done = backup && sqlite3_backup_finish(backup) == SQLITE_OK && status == SQLITE_DONE;
    if (!is_done)
        gx_fail(error, "db.backup", gx_text_of(path), gx_text_of(copy ? sqlite3_errmsg(copy) : ""));
    sqlite3_close(copy);
    return is_done;
}

/* ---- Opening ---- */

static void close_db(gx_db *db)
{
    sqlite_db *own = (sqlite_db *)db;
    gx_db_release(db);
    sqlite3_close(own->handle);
    free(own->path);
    free(own);
}

static const gx_backend backend = {.begin_writing = "BEGIN IMMEDIATE",
                                   .begin_reading = "BEGIN",
                                   .group_most = 256,
                                   .knows_new_id = true,
                                   .close = close_db,
                                   .prepare = prepare,
                                   .finalize = finalize,
                                   .bind_text = bind_text,
                                   .bind_blob = bind_blob,
                                   .bind_int = bind_int,
                                   .bind_real = bind_real,
                                   .bind_null = bind_null,
                                   .step = step,
                                   .run = run,
                                   .insert = insert,
                                   .reset = reset,
                                   .text = column_text,
                                   .integer = column_int,
                                   .real = column_real,
                                   .is_null = column_is_null,
                                   .changes = changes,
                                   .last_id = last_id,
                                   .settle = settle,
                                   .is_in_transaction = is_in_transaction,
                                   .undo = undo,
                                   .end_reading = end_reading,
                                   .is_lost = is_lost,
                                   .tidy = tidy,
                                   .script = script,
                                   .begin_upgrade = begin_upgrade,
                                   .read_version = read_version,
                                   .commit_upgrade = commit_upgrade,
                                   .lock = lock,
                                   .claim = claim,
                                   .words_put = words_put,
                                   .words_match = words_match,
                                   .words_query = words_query,
                                   .json_text = json_text,
                                   .json_order = json_text,
                                   .backup = backup};

struct sqlite3 *gx_sqlite_handle(gx_db *db)
{
    return db->backend == &backend ? handle_of(db) : NULL;
}

static const char common_settings[] =
    "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA foreign_keys=ON;"
    "PRAGMA temp_store=MEMORY; PRAGMA mmap_size=0; PRAGMA cache_size=-8192;";
static const char writer_settings[] =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0;"
    "PRAGMA journal_size_limit=67108864;"
    /* Indexes whose keys jump about (who has done a task) must stay in memory: with millions of finished
     * cases 8 MiB cost completing a fifth (`gaoxing bench --only finished`). It fills only as pages are used.
     */
    "PRAGMA cache_size=-49152;";
static const char reader_settings[] = "PRAGMA query_only=ON; PRAGMA wal_autocheckpoint=0;";

/* bucket_of, bucket_of_number, new_id and the transactions' numbers as the schema makes them on PostgreSQL:
 * here all rows lie in one bucket, a new id of NULL is counted by the table, and ids become visible in their
 * order, so that no transaction is ever waited for. */
static void one_bucket(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count, (void)values;
    sqlite3_result_int(context, 0);
}

static void no_id(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)context, (void)count, (void)values; /* NULL, if nothing is said */
}

static int add_functions(sqlite3 *handle)
{
    int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS,
        status =
            sqlite3_create_function_v2(handle, "bucket_of", 1, flags, NULL, one_bucket, NULL, NULL, NULL);
    if (status == SQLITE_OK)
        status = sqlite3_create_function_v2(handle, "bucket_of_number", 1, flags, NULL, one_bucket, NULL,
                                            NULL, NULL);
    if (status == SQLITE_OK)
        status = sqlite3_create_function_v2(handle, "new_id", 2, flags, NULL, no_id, NULL, NULL, NULL);
    if (status == SQLITE_OK)
        status = sqlite3_create_function_v2(handle, "transaction_oldest", 0, flags, NULL, one_bucket, NULL,
                                            NULL, NULL);
    if (status == SQLITE_OK)
        status = sqlite3_create_function_v2(handle, "transaction_next", 0, flags, NULL, one_bucket, NULL,
                                            NULL, NULL);
    return status;
}

/* SQLite counts its allocations under one lock for all connections, for figures that nobody reads: readers
 * and the writer would wait for each other. */
static void configure_library(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

gx_db *gx_sqlite_open(const char *path, const char *vfs, bool is_writer, gx_error *error)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, configure_library);
    sqlite_db *own = calloc(1, sizeof *own);
    if (!own || !(own->path = strdup(path))) {
        free(own);
        gx_fail(error, "base.memory", GX_TEXT("0"));
        return NULL;
    }
    own->base.backend = &backend;
    mode_t mask = umask(0077);
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READWRITE | (is_writer ? SQLITE_OPEN_CREATE : 0);
    int status = sqlite3_open_v2(path, &own->handle, flags, vfs);
    umask(mask);
    if (status == SQLITE_OK) {
        sqlite3_extended_result_codes(own->handle, 1);
        sqlite3_busy_timeout(own->handle, 5000);
        sqlite3_db_config(own->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
        sqlite3_db_config(own->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, is_writer ? 0 : 1, NULL);
        status = sqlite3_exec(own->handle, common_settings, NULL, NULL, NULL);
    }
    if (status == SQLITE_OK)
        status = sqlite3_exec(own->handle, is_writer ? writer_settings : reader_settings, NULL, NULL, NULL);
    if (status == SQLITE_OK)
        status = gx_tokenizer_register(own->handle);
    if (status == SQLITE_OK)
        status = add_functions(own->handle);
    if (status == SQLITE_OK) {
        if (is_writer)
            sqlite3_wal_hook(own->handle, note_wal, own);
        return &own->base;
    }
    fail(&own->base, status, error);
    gx_error_wrap(error, (gx_place){gx_text_of(path), 0, 0});
    gx_db_close(&own->base);
    return NULL;
}
