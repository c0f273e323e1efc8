/* The writer thread drains the queue of commands in groups: BEGIN, each command in a savepoint, COMMIT, then
 * the answers. There is no waiting for a group to fill: while one group is being synced the next one gathers,
 * so load makes groups large by itself and a single command is never delayed.
 *
 * Storage failures. A full disk undoes the group and is answered as an error; the store goes on. An I/O error
 * or corruption in a commit or a checkpoint means that what the page cache says and what the disk holds may
 * differ: the process ends at once, answering nothing, and the next start reads what is really there. */
#include "db/db.h"
#include "db/connection.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <fcntl.h>
#include <unistd.h>

enum {
    GROUP_MOST = 256,
    READERS_MOST = 16,
    CHECKPOINT_PAGES = 2000,
    APPLICATION_ID = 0x47584F58 /* "GXOX" */
};

typedef struct command {
    struct command *next;
    gx_db_work work;
    gx_store_done done;
    void *context;
    bool is_done;
    gx_error error;
} command;

typedef struct reader {
    gx_db *db;
    gx_arena arena;
    struct reader *next;
} reader;

struct gx_store {
    char *path;
    int lock_file;
    gx_db *writer;
    pthread_t thread;
    bool has_thread;
    pthread_mutex_t mutex;
    pthread_cond_t has_commands, has_reader;
    command *first, *last; /* queued */
    uint32_t queued;
    bool is_closing;
    reader readers[READERS_MOST];
    uint32_t reader_most, reader_count;
    reader *idle;
    gx_store_figures figures; /* under the mutex */
    int wal_pages;            /* writer thread only */
};

_Noreturn static void end_for_storage(const gx_error *error)
{
    gx_log_error("store.failed", error);
    _exit(GX_EXIT_STORAGE);
}

/* ---- The writer ---- */

static int note_wal(void *context, sqlite3 *handle, const char *name, int pages)
{
    (void)handle, (void)name;
    ((gx_store *)context)->wal_pages = pages;
    return SQLITE_OK;
}

static void checkpoint(gx_store *store)
{
    int status =
        sqlite3_wal_checkpoint_v2(store->writer->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    if (status == SQLITE_OK || status == SQLITE_BUSY || status == SQLITE_LOCKED) {
        store->wal_pages = 0; /* asked again after as many pages more */
        return;
    }
    gx_error error = {0};
    gx_db_fail(store->writer, status, &error);
    if (gx_db_is_disk_failure(status))
        end_for_storage(&error);
    gx_log_error("store.checkpoint",
                 &error); /* a full disk: the WAL stays, commits go on as long as they can */
}

typedef struct execution {
    gx_db *db;
    gx_arena *arena;
    command *command;
} execution;

static bool run_work(void *context)
{
    execution *e = context;
    return e->command->work(e->db, e->arena, e->command->context, &e->command->error);
}

static bool is_in_transaction(gx_db *db)
{
    return sqlite3_get_autocommit(db->handle) == 0;
}

/* False when the whole transaction is gone (SQLite undoes it by itself when the disk is full). */
static bool run_command(gx_store *store, gx_arena *arena, gx_arena_mark empty, command *c)
{
    gx_db *db = store->writer;
    size_t afters = db->after_count;
    if (!gx_db_run(db, &c->error, "SAVEPOINT command", ""))
        return is_in_transaction(db);
    c->is_done = gx_arena_guard(arena, run_work, &(execution){db, arena, c}, &c->error);
    gx_arena_rewind(arena, empty);
    if (!is_in_transaction(db))
        return false;
    gx_error error = {0};
    if (!c->is_done) {
        db->after_count = afters;
        if (!gx_db_run(db, &error, "ROLLBACK TO command", ""))
            return is_in_transaction(db);
    }
    if (!gx_db_run(db, &error, "RELEASE command", "") && c->is_done) {
        c->is_done = false;
        c->error = error;
        return false;
    }
    return true;
}

static void fail_group(command *group, const gx_error *error)
{
    for (command *c = group; c; c = c->next) {
        c->is_done = false;
        if (!c->error.code)
            c->error = *error;
    }
}

static void run_group(gx_store *store, gx_arena *arena, gx_arena_mark empty, command *group)
{
    gx_db *db = store->writer;
    gx_error error = {0};
    db->after_count = 0;
    bool is_whole = gx_db_run(db, &error, "BEGIN IMMEDIATE", "");
    for (command *c = group; c && is_whole; c = c->next) {
        is_whole = run_command(store, arena, empty, c);
        if (!is_whole)
            error = c->error.code ? c->error : error;
    }
    int64_t begun = gx_clock_monotonic_ns();
    if (is_whole && !gx_db_run(db, &error, "COMMIT", ""))
        is_whole = false;
    int64_t spent = gx_clock_monotonic_ns() - begun;
    if (!is_whole) {
        if (error.code && strcmp(error.code, "db.disk") == 0)
            end_for_storage(&error);
        if (is_in_transaction(db))
            sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
        if (!error.code)
            gx_fail(&error, "db.full");
        fail_group(group, &error);
        db->after_count = 0;
    }
    pthread_mutex_lock(&store->mutex);
    store->figures.groups++;
    store->figures.commit_ns += (uint64_t)spent;
    uint32_t size = 0;
    for (command *c = group; c; c = c->next) {
        size++;
        store->figures.failed += !c->is_done;
    }
    store->figures.commands += size;
    if (size > store->figures.largest_group)
        store->figures.largest_group = size;
    pthread_mutex_unlock(&store->mutex);
}

static command *take_group(gx_store *store)
{
    pthread_mutex_lock(&store->mutex);
    while (!store->first && !store->is_closing)
        pthread_cond_wait(&store->has_commands, &store->mutex);
    command *group = store->first, *end = group;
    for (uint32_t count = 1; end && end->next && count < GROUP_MOST; count++)
        end = end->next;
    if (end) {
        store->first = end->next;
        end->next = NULL;
        if (!store->first)
            store->last = NULL;
        for (command *c = group; c; c = c->next)
            store->queued--;
    }
    pthread_mutex_unlock(&store->mutex);
    return group;
}

static void *write_for_ever(void *context)
{
    gx_store *store = context;
    pthread_setname_np(pthread_self(), "gx-writer");
    gx_arena arena = gx_arena_of(GX_LIMIT_COMMAND_BYTES);
    gx_alloc(&arena, 1); /* so that rewinding keeps a chunk */
    gx_arena_mark empty = gx_arena_here(&arena);
    for (command *group; (group = take_group(store));) {
        run_group(store, &arena, empty, group);
        gx_db *db = store->writer;
        for (size_t i = 0; i < db->after_count; i++)
            db->afters[i].run(db->afters[i].context ? db->afters[i].context : db->afters[i].data);
        db->after_count = 0;
        while (group) {
            command *c = group;
            group = c->next;
            c->done(c->context, c->is_done, &c->error);
            free(c);
        }
        if (store->wal_pages >= CHECKPOINT_PAGES)
            checkpoint(store);
    }
    gx_arena_release(&arena);
    return NULL;
}

void gx_store_submit(gx_store *store, gx_db_work work, gx_store_done done, void *context)
{
    command *c = calloc(1, sizeof *c);
    gx_error error = {0};
    if (!c) {
        gx_fail(&error, "base.memory", GX_TEXT("0"));
        done(context, false, &error);
        return;
    }
    c->work = work;
    c->done = done;
    c->context = context;
    pthread_mutex_lock(&store->mutex);
    if (store->last)
        store->last->next = c;
    else
        store->first = c;
    store->last = c;
    store->queued++;
    pthread_cond_signal(&store->has_commands);
    pthread_mutex_unlock(&store->mutex);
}

typedef struct waiting {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    gx_db_work work;
    void *context;
    bool is_answered, is_done;
    gx_error error;
} waiting;

static bool run_waiting(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    waiting *w = context;
    return w->work(db, arena, w->context, error);
}

static void wake_waiting(void *context, bool is_done, const gx_error *error)
{
    waiting *w = context;
    pthread_mutex_lock(&w->mutex);
    w->is_answered = true;
    w->is_done = is_done;
    w->error = *error;
    pthread_cond_signal(&w->changed);
    pthread_mutex_unlock(&w->mutex);
}

bool gx_store_write(gx_store *store, gx_db_work work, void *context, gx_error *error)
{
    waiting w = {.work = work, .context = context};
    pthread_mutex_init(&w.mutex, NULL);
    pthread_cond_init(&w.changed, NULL);
    gx_store_submit(store, run_waiting, wake_waiting, &w);
    pthread_mutex_lock(&w.mutex);
    while (!w.is_answered)
        pthread_cond_wait(&w.changed, &w.mutex);
    pthread_mutex_unlock(&w.mutex);
    pthread_cond_destroy(&w.changed);
    pthread_mutex_destroy(&w.mutex);
    if (!w.is_done && error)
        *error = w.error;
    return w.is_done;
}

/* ---- Readers ---- */

static reader *take_reader(gx_store *store, gx_error *error)
{
    pthread_mutex_lock(&store->mutex);
    while (!store->idle && store->reader_count == store->reader_most)
        pthread_cond_wait(&store->has_reader, &store->mutex);
    reader *r = store->idle;
    if (r)
        store->idle = r->next;
    else
        r = &store->readers[store->reader_count++];
    pthread_mutex_unlock(&store->mutex);
    if (!r->db) {
        r->db = gx_db_open(store->path, false, error);
        r->arena = gx_arena_of(GX_LIMIT_REQUEST_BYTES);
    }
    return r;
}

static void give_back(gx_store *store, reader *r)
{
    pthread_mutex_lock(&store->mutex);
    r->next = store->idle;
    store->idle = r;
    pthread_cond_signal(&store->has_reader);
    pthread_mutex_unlock(&store->mutex);
}

typedef struct reading {
    reader *reader;
    gx_db_work work;
    void *context;
    gx_error *error;
} reading;

static bool run_reading(void *context)
{
    reading *r = context;
    return r->work(r->reader->db, &r->reader->arena, r->context, r->error);
}

bool gx_store_read(gx_store *store, gx_db_work work, void *context, gx_error *error)
{
    gx_error reason = {0};
    reader *r = take_reader(store, &reason);
    bool is_done = r->db && gx_db_run(r->db, &reason, "BEGIN", "");
    if (is_done) {
        is_done = gx_arena_guard(&r->arena, run_reading, &(reading){r, work, context, &reason}, &reason);
        gx_arena_release(&r->arena);
        sqlite3_exec(r->db->handle, "COMMIT", NULL, NULL, NULL);
    }
    give_back(store, r);
    if (!is_done && error)
        *error = reason;
    return is_done;
}

/* ---- Opening and closing ---- */

static bool lock_for_writing(gx_store *store, gx_error *error)
{
    char path[4096];
    snprintf(path, sizeof path, "%s-lock", store->path);
    store->lock_file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (store->lock_file >= 0 && flock(store->lock_file, LOCK_EX | LOCK_NB) == 0)
        return true;
    return gx_fail(error, "db.in_use", gx_text_of(store->path));
}

static bool check_identity(gx_store *store, int64_t version, gx_error *error)
{
    int64_t id;
    if (!gx_db_get_int(store->writer, error, &id, 0, "PRAGMA application_id", ""))
        return false;
    if (id != APPLICATION_ID && (version != 0 || id != 0))
        return gx_fail(error, "db.foreign", gx_text_of(store->path));
    int64_t objects;
    if (!gx_db_get_int(store->writer, error, &objects, 0, "SELECT count(*) FROM sqlite_master", ""))
        return false;
    if (id == 0 && objects > 0)
        return gx_fail(error, "db.foreign", gx_text_of(store->path));
    return true;
}

static bool upgrade(gx_store *store, gx_schema schema, gx_error *error)
{
    int64_t version;
    char have[24], know[24], script[128];
    gx_db *db = store->writer;
    if (!gx_db_get_int(db, error, &version, 0, "PRAGMA user_version", "") ||
        !check_identity(store, version, error))
        return false;
    if (version > schema.version)
        return gx_fail(error, "db.newer", gx_error_int(have, version), gx_error_int(know, schema.version));
    for (; version < schema.version; version++) {
        snprintf(script, sizeof script, "PRAGMA user_version=%d; PRAGMA application_id=%d; COMMIT",
                 (int)version + 1, APPLICATION_ID);
        if (!gx_db_script(db, "BEGIN IMMEDIATE", error) || !gx_db_script(db, schema.steps[version], error) ||
            !gx_db_script(db, script, error)) {
            sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
            return false;
        }
    }
    return true;
}

/* A reader that looks at the version, and goes. */
static bool check_version(gx_store *store, gx_schema schema, gx_error *error)
{
    int64_t version = 0;
    char have[24], know[24];
    gx_db *db = gx_db_open(store->path, false, error);
    bool is_read = db && gx_db_get_int(db, error, &version, 0, "PRAGMA user_version", "");
    gx_db_close(db);
    return is_read && (version == schema.version || gx_fail(error, "db.newer", gx_error_int(have, version),
                                                            gx_error_int(know, schema.version)));
}

gx_store *gx_store_open(const gx_store_options *options, gx_error *error)
{
    gx_store *store = calloc(1, sizeof *store);
    if (!store) {
        gx_fail(error, "base.memory", GX_TEXT("0"));
        return NULL;
    }
    store->path = strdup(options->path);
    store->lock_file = -1;
    store->reader_most = options->readers == 0             ? 4
                         : options->readers < READERS_MOST ? options->readers
                                                           : READERS_MOST;
    pthread_mutex_init(&store->mutex, NULL);
    pthread_cond_init(&store->has_commands, NULL);
    pthread_cond_init(&store->has_reader, NULL);
    if (options->is_read_only) {
        if (check_version(store, options->schema, error))
            return store;
        gx_store_close(store);
        return NULL;
    }
    if (lock_for_writing(store, error) && (store->writer = gx_db_open(options->path, true, error)) &&
        upgrade(store, options->schema, error)) {
        sqlite3_wal_hook(store->writer->handle, note_wal, store);
        store->has_thread = pthread_create(&store->thread, NULL, write_for_ever, store) == 0;
        if (store->has_thread)
            return store;
        gx_fail(error, "base.memory", GX_TEXT("0"));
    }
    gx_store_close(store);
    return NULL;
}

void gx_store_close(gx_store *store)
{
    if (!store)
        return;
    if (store->has_thread) {
        pthread_mutex_lock(&store->mutex);
        store->is_closing = true;
        pthread_cond_signal(&store->has_commands);
        pthread_mutex_unlock(&store->mutex);
        pthread_join(store->thread, NULL);
    }
    for (uint32_t i = 0; i < store->reader_count; i++)
        gx_db_close(store->readers[i].db);
    gx_db_close(store->writer);
    if (store->lock_file >= 0)
        close(store->lock_file);
    pthread_cond_destroy(&store->has_reader);
    pthread_cond_destroy(&store->has_commands);
    pthread_mutex_destroy(&store->mutex);
    free(store->path);
    free(store);
}

gx_store_figures gx_store_measure(gx_store *store)
{
    pthread_mutex_lock(&store->mutex);
    gx_store_figures figures = store->figures;
    figures.queued = store->queued;
    pthread_mutex_unlock(&store->mutex);
    return figures;
}

bool gx_store_backup(gx_store *store, const char *path, gx_error *error)
{
    reader *r = take_reader(store, error);
    sqlite3 *copy = NULL;
    bool is_done = false;
    if (r->db) {
        int status = sqlite3_open_v2(path, &copy, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
        sqlite3_backup *backup =
            status == SQLITE_OK ? sqlite3_backup_init(copy, "main", r->db->handle, "main") : NULL;
        while (backup && ((status = sqlite3_backup_step(backup, 1024)) == SQLITE_OK ||
                          status == SQLITE_BUSY || status == SQLITE_LOCKED))
            sqlite3_sleep(1); /* let the writer at the disk */
        is_done = backup && sqlite3_backup_finish(backup) == SQLITE_OK && status == SQLITE_DONE;
        if (!is_done)
            gx_fail(error, "db.backup", gx_text_of(path), gx_text_of(copy ? sqlite3_errmsg(copy) : ""));
        sqlite3_close(copy);
    }
    give_back(store, r);
    return is_done;
}
