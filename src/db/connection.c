#include "db/connection.h"
#include "db/tokenizer.h"

#include <pthread.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct gx_cached {
    const char *sql;
    gx_statement *statement;
} gx_cached;

struct gx_statement {
    sqlite3_stmt *handle;
    gx_db *db;
};

bool gx_db_is_disk_failure(int status)
{
    int kind = status & 0xFF;
    return kind == SQLITE_IOERR || kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB;
}

bool gx_db_fail(gx_db *db, int status, gx_error *error)
{
    gx_text message = gx_text_of(sqlite3_errmsg(db->handle));
    switch (status & 0xFF) {
    case SQLITE_FULL: return gx_fail(error, "db.full");
    case SQLITE_CONSTRAINT: return gx_fail(error, "db.constraint", message);
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return gx_fail(error, "db.busy");
    case SQLITE_INTERRUPT: return gx_fail(error, "db.interrupted");
    case SQLITE_NOMEM: return gx_fail(error, "base.memory", GX_TEXT("0"));
    default: break;
    }
    return gx_fail(error, gx_db_is_disk_failure(status) ? "db.disk" : "db.sql", message);
}

static const char common_settings[] =
    "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA foreign_keys=ON;"
    "PRAGMA temp_store=MEMORY; PRAGMA mmap_size=0; PRAGMA cache_size=-8192;";
/* Readers and tools never checkpoint: an automatic checkpoint's failed fsync would not reach any commit's
 * return code. */
static const char writer_settings[] =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0;"
    "PRAGMA journal_size_limit=67108864;";
static const char reader_settings[] = "PRAGMA query_only=ON; PRAGMA wal_autocheckpoint=0;";

/* SQLite counts its allocations under one lock for all connections, for figures that nobody reads: readers
 * and the writer would wait for each other. */
static void configure_library(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

/* SQLite's own count of its memory takes a lock at each allocation; nobody reads it. */
static void configure(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

gx_db *gx_db_open(const char *path, bool is_writer, gx_error *error)
{
    static pthread_once_t configured = PTHREAD_ONCE_INIT;
    pthread_once(&configured, configure);
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, configure_library);
    gx_db *db = calloc(1, sizeof *db);
    if (!db) {
        gx_fail(error, "base.memory", GX_TEXT("0"));
        return NULL;
    }
    mode_t mask = umask(0077);
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READWRITE | (is_writer ? SQLITE_OPEN_CREATE : 0);
    int status = sqlite3_open_v2(path, &db->handle, flags, NULL);
    umask(mask);
    if (status == SQLITE_OK) {
        sqlite3_extended_result_codes(db->handle, 1);
        sqlite3_busy_timeout(db->handle, 5000);
        sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
        sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, is_writer ? 0 : 1, NULL);
        status = sqlite3_exec(db->handle, common_settings, NULL, NULL, NULL);
    }
    if (status == SQLITE_OK)
        status = sqlite3_exec(db->handle, is_writer ? writer_settings : reader_settings, NULL, NULL, NULL);
    if (status == SQLITE_OK)
        status = gx_tokenizer_register(db->handle);
    if (status == SQLITE_OK)
        return db;
    gx_db_fail(db, status, error);
    gx_error_wrap(error, (gx_place){gx_text_of(path), 0, 0});
    gx_db_close(db);
    return NULL;
}

void gx_db_close(gx_db *db)
{
    if (!db)
        return;
    for (uint32_t i = 0; i < db->cache_size; i++) {
        if (!db->cache[i].statement)
            continue;
        sqlite3_finalize(db->cache[i].statement->handle);
        free(db->cache[i].statement);
    }
    free(db->cache);
    free(db->afters);
    sqlite3_close(db->handle);
    free(db);
}

static uint32_t cache_slot(const gx_db *db, const char *sql)
{
    uint32_t mask = db->cache_size - 1;
    uint32_t i = (uint32_t)(((uintptr_t)sql * 0x9E3779B97F4A7C15u) >> 32) & mask;
    while (db->cache[i].sql && db->cache[i].sql != sql)
        i = (i + 1) & mask;
    return i;
}

static void grow_cache(gx_db *db)
{
    gx_cached *old = db->cache;
    uint32_t old_size = db->cache_size;
    db->cache_size = old_size ? old_size * 2 : 128;
    db->cache = calloc(db->cache_size, sizeof *db->cache);
    if (!db->cache)
        abort(); /* a few kilobytes at start-up */
    for (uint32_t i = 0; i < old_size; i++)
        if (old[i].sql)
            db->cache[cache_slot(db, old[i].sql)] = old[i];
    free(old);
}

gx_statement *gx_db_prepare(gx_db *db, const char *sql)
{
    if (db->cache_count * 2 >= db->cache_size)
        grow_cache(db);
    uint32_t slot = cache_slot(db, sql);
    if (db->cache[slot].sql) {
        sqlite3_reset(db->cache[slot].statement->handle);
        return db->cache[slot].statement;
    }
    gx_statement *statement = calloc(1, sizeof *statement);
    if (!statement || sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement->handle,
                                         NULL) != SQLITE_OK) {
        fprintf(stderr, "gaoxing: this SQL does not compile: %s\n%s\n", sqlite3_errmsg(db->handle), sql);
        abort();
    }
    statement->db = db;
    db->cache[slot] = (gx_cached){sql, statement};
    db->cache_count++;
    return statement;
}

static void finalize(void *statement)
{
    sqlite3_finalize(statement);
}

gx_statement *gx_db_prepare_built(gx_db *db, gx_arena *arena, gx_text sql, gx_error *error)
{
    gx_statement *statement = GX_NEW(arena, gx_statement);
    int status = sqlite3_prepare_v2(db->handle, sql.bytes, (int)sql.size, &statement->handle, NULL);
    if (status != SQLITE_OK) {
        gx_db_fail(db, status, error);
        return NULL;
    }
    statement->db = db;
    gx_arena_on_release(arena, finalize, statement->handle);
    return statement;
}

void gx_bind_text(gx_statement *statement, int index, gx_text text)
{
    sqlite3_bind_text64(statement->handle, index, text.bytes, text.size, SQLITE_STATIC, SQLITE_UTF8);
}

void gx_bind_blob(gx_statement *statement, int index, gx_text bytes)
{
    sqlite3_bind_blob64(statement->handle, index, bytes.bytes, bytes.size, SQLITE_STATIC);
}

void gx_bind_int(gx_statement *statement, int index, int64_t number)
{
    sqlite3_bind_int64(statement->handle, index, number);
}

void gx_bind_real(gx_statement *statement, int index, double number)
{
    sqlite3_bind_double(statement->handle, index, number);
}

void gx_bind_null(gx_statement *statement, int index)
{
    sqlite3_bind_null(statement->handle, index);
}

static void bind_list(gx_statement *statement, const char *kinds, va_list arguments)
{
    for (int i = 0; kinds[i]; i++) {
        switch (kinds[i]) {
        case 't': gx_bind_text(statement, i + 1, va_arg(arguments, gx_text)); break;
        case 'b': gx_bind_blob(statement, i + 1, va_arg(arguments, gx_text)); break;
        case 'i': gx_bind_int(statement, i + 1, va_arg(arguments, int64_t)); break;
        case 's': {
            const char *string = va_arg(arguments, const char *);
            gx_bind_text(statement, i + 1, string ? gx_text_of(string) : (gx_text){NULL, 0});
            break;
        }
        default: gx_bind_null(statement, i + 1); break;
        }
    }
}

void gx_bind(gx_statement *statement, const char *kinds, ...)
{
    va_list arguments;
    va_start(arguments, kinds);
    bind_list(statement, kinds, arguments);
    va_end(arguments);
}

gx_step gx_db_step(gx_statement *statement, gx_error *error)
{
    int status = sqlite3_step(statement->handle);
    if (status == SQLITE_ROW)
        return GX_STEP_ROW;
    if (status == SQLITE_DONE) {
        sqlite3_reset(statement->handle);
        return GX_STEP_DONE;
    }
    gx_db_fail(statement->db, status, error);
    sqlite3_reset(statement->handle);
    return GX_STEP_FAILED;
}

gx_text gx_column_text(gx_statement *statement, int column)
{
    const void *bytes = sqlite3_column_type(statement->handle, column) == SQLITE_BLOB
                            ? sqlite3_column_blob(statement->handle, column)
                            : (const void *)sqlite3_column_text(statement->handle, column);
    int size = sqlite3_column_bytes(statement->handle, column);
    if (!bytes && sqlite3_column_type(statement->handle, column) != SQLITE_NULL)
        bytes = ""; /* an empty blob */
    return (gx_text){bytes, (size_t)size};
}

int64_t gx_column_int(gx_statement *statement, int column)
{
    return sqlite3_column_int64(statement->handle, column);
}

double gx_column_real(gx_statement *statement, int column)
{
    return sqlite3_column_double(statement->handle, column);
}

bool gx_column_is_null(gx_statement *statement, int column)
{
    return sqlite3_column_type(statement->handle, column) == SQLITE_NULL;
}

gx_text gx_column_copy(gx_arena *arena, gx_statement *statement, int column)
{
    gx_text text = gx_column_text(statement, column);
    return text.bytes ? gx_copy(arena, text) : text;
}

void gx_db_reset(gx_statement *statement)
{
    sqlite3_reset(statement->handle);
}

bool gx_db_run(gx_db *db, gx_error *error, const char *sql, const char *kinds, ...)
{
    va_list arguments;
    gx_statement *statement = gx_db_prepare(db, sql);
    va_start(arguments, kinds);
    bind_list(statement, kinds, arguments);
    va_end(arguments);
    gx_step step;
    do
        step = gx_db_step(statement, error);
    while (step == GX_STEP_ROW);
    return step == GX_STEP_DONE;
}

bool gx_db_get_int(gx_db *db, gx_error *error, int64_t *number, int64_t otherwise, const char *sql,
                   const char *kinds, ...)
{
    va_list arguments;
    gx_statement *statement = gx_db_prepare(db, sql);
    va_start(arguments, kinds);
    bind_list(statement, kinds, arguments);
    va_end(arguments);
    gx_step step = gx_db_step(statement, error);
    *number =
        step == GX_STEP_ROW && !gx_column_is_null(statement, 0) ? gx_column_int(statement, 0) : otherwise;
    if (step == GX_STEP_ROW)
        gx_db_reset(statement);
    return step != GX_STEP_FAILED;
}

bool gx_db_get_text(gx_db *db, gx_arena *arena, gx_error *error, gx_text *text, const char *sql,
                    const char *kinds, ...)
{
    va_list arguments;
    gx_statement *statement = gx_db_prepare(db, sql);
    va_start(arguments, kinds);
    bind_list(statement, kinds, arguments);
    va_end(arguments);
    gx_step step = gx_db_step(statement, error);
    *text = step == GX_STEP_ROW ? gx_column_copy(arena, statement, 0) : (gx_text){NULL, 0};
    if (step == GX_STEP_ROW)
        gx_db_reset(statement);
    return step != GX_STEP_FAILED;
}

int64_t gx_db_changes(gx_db *db)
{
    return sqlite3_changes64(db->handle);
}

int64_t gx_db_last_id(gx_db *db)
{
    return sqlite3_last_insert_rowid(db->handle);
}

bool gx_db_script(gx_db *db, const char *sql, gx_error *error)
{
    int status = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
    return status == SQLITE_OK || gx_db_fail(db, status, error);
}

static gx_after *add_after(gx_db *db)
{
    if (db->after_count == db->after_capacity) {
        size_t capacity = db->after_capacity ? db->after_capacity * 2 : 64;
        gx_after *afters = aligned_alloc(16, capacity * sizeof *afters);
        if (!afters)
            return NULL; /* a missed wake-up is found by the next scheduled look */
        if (db->after_count)
            memcpy(afters, db->afters, db->after_count * sizeof *afters);
        free(db->afters);
        db->afters = afters;
        db->after_capacity = capacity;
    }
    return &db->afters[db->after_count++];
}

void gx_db_after_commit(gx_db *db, void (*run)(void *context), void *context)
{
    gx_after *after = add_after(db);
    if (after)
        *after = (gx_after){.run = run, .context = context};
}

void gx_db_after_commit_with(gx_db *db, void (*run)(void *data), const void *data, size_t size)
{
    gx_after *after = size <= AFTER_DATA ? add_after(db) : NULL;
    if (!after)
        return;
    *after = (gx_after){.run = run};
    memcpy(after->data, data, size);
}
