/* The bare store on SQLite: prepared statements, WAL, synchronous=FULL, the service's own settings. */
#include "durable.h"
#include "base/clock.h"

#include <sqlite3.h>
#include <stdio.h>

enum { CHECKPOINT_PAGES = 2000 }; /* as db/sqlite.c: only between two groups */

static int wal_pages;

static int note_wal(void *context, sqlite3 *db, const char *name, int pages)
{
    (void)context, (void)db, (void)name;
    wal_pages = pages;
    return SQLITE_OK;
}

static int write_row(sqlite3_stmt *statement, const bare_value *values, int count)
{
    for (int i = 0; i < count; i++) {
        const bare_value *v = &values[i];
        switch (v->is_null ? 'n' : v->kind) {
        case 'i': sqlite3_bind_int64(statement, i + 1, v->number); break;
        case 't':
            sqlite3_bind_text64(statement, i + 1, v->bytes.bytes, v->bytes.size, SQLITE_STATIC, SQLITE_UTF8);
            break;
        case 'b': sqlite3_bind_blob64(statement, i + 1, v->bytes.bytes, v->bytes.size, SQLITE_STATIC); break;
        default: sqlite3_bind_null(statement, i + 1); break;
        }
    }
    int status = sqlite3_step(statement);
    sqlite3_reset(statement);
    return status;
}

double bare_sqlite(const char *path, const bare_step *steps, size_t count, size_t group)
{
    static const char settings[] =
        "PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY; PRAGMA mmap_size=0; PRAGMA cache_size=-8192; "
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0";
    sqlite3 *db;
    sqlite3_stmt *writes[WRITES_OF_STEP];
    if (sqlite3_open(path, &db) != SQLITE_OK || sqlite3_exec(db, settings, NULL, NULL, NULL) != SQLITE_OK)
        return -1;
    sqlite3_wal_hook(db, note_wal, NULL);
    for (int i = 0; i < WRITES_OF_STEP; i++)
        if (sqlite3_prepare_v2(db, bare_sql[i], -1, &writes[i], NULL) != SQLITE_OK)
            return -1;
    bool is_good = true;
    int64_t begun = gx_clock_monotonic_ns();
    for (size_t at = 0; at < count && is_good; at += group) {
        is_good = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK;
        for (size_t i = at; i < count && i < at + group; i++)
            for (int w = 0; w < WRITES_OF_STEP; w++)
                is_good =
                    is_good && write_row(writes[w], steps[i].values[w], steps[i].counts[w]) == SQLITE_DONE;
        is_good = is_good && sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK;
        if (wal_pages >= CHECKPOINT_PAGES) {
            sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
            wal_pages = 0;
        }
    }
    double seconds = (double)(gx_clock_monotonic_ns() - begun) / 1e9;
    if (!is_good)
        fprintf(stderr, "bare SQLite: %s\n", sqlite3_errmsg(db));
    for (int i = 0; i < WRITES_OF_STEP; i++)
        sqlite3_finalize(writes[i]);
    sqlite3_close(db);
    return is_good ? seconds : -1;
}
