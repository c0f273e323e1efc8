/* The writer thread drains the queue of commands in groups: BEGIN, each command, COMMIT, then the answers
 * (group.c). There is no waiting for a group to fill: while one group is being synced the next one gathers,
 * so load makes groups large by itself and a single command is never delayed.
 *
 * Storage failures. A full disk undoes the group and is answered as an error; the store goes on. An I/O error
 * or corruption in a commit or a checkpoint of SQLite means that what the page cache says and what the disk
 * holds may differ: the process ends at once, answering nothing, and the next start reads what is really
 * there. A lost connection to PostgreSQL fails the group ("db.lost") and is opened anew, with growing pauses.
 *
 * Other processes (PostgreSQL). Nobody waits long for a lock while holding others: a command that would is
 * undone and put aside; when its group has been committed, and so holds nothing any more, it runs again at
 * the head of the next. So there is no deadlock to be resolved. A constraint that was violated may have been
 * another's doing, seen too late: the command runs once more and finds what is there. */
#include "db/db.h"
#include "db/group.h"
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

enum { READERS_MOST = 16, PAUSE_MOST_MS = 64, RECONNECT_FIRST_MS = 50, RECONNECT_MOST_MS = 3000 };

typedef struct reader {
    gx_db *db;
    gx_arena arena;
    struct reader *next;
} reader;

struct gx_store {
    char *path, *vfs;
    bool is_stepped, is_stepping, is_gathering, has_failed; /* see gx_store_options, gx_store_gather */
    gx_arena arena;                                         /* of a stepped store's commands */
    int lock_file;
    gx_db *writer;
    pthread_t thread;
    bool has_thread;
    pthread_mutex_t mutex;
    pthread_cond_t has_commands, has_reader;
    gx_queued *first, *last; /* queued */
    uint32_t queued;
    bool is_closing;
    reader readers[READERS_MOST];
    uint32_t reader_most, reader_count;
    reader *idle;
    uint32_t wary;            /* see gx_group_runner */
    gx_store_figures figures; /* under the mutex */
    const gx_backend *backend;
    gx_listener *listener;
    char origin[20];                       /* names this store among the processes of the database */
    int64_t reconnect_at, reconnect_pause; /* of the writer thread: monotonic ns, ms */
    void (*watch)(void *context, const char *sql);
    void *watch_context;
};

/* Returns only for a stepped store, which does nothing any more. */
static void end_for_storage(gx_store *store, const gx_error *error)
{
    gx_log_error("store.failed", error);
    if (!store->is_stepped)
        _exit(GX_EXIT_STORAGE);
    store->has_failed = true;
}

bool gx_store_has_failed(const gx_store *store)
{
    return store->has_failed;
}

/* ---- The writer ---- */

static void count_group(gx_store *store, const gx_queued *group, int64_t spent)
{
    pthread_mutex_lock(&store->mutex);
    store->figures.groups++;
    store->figures.commit_ns += (uint64_t)spent;
    uint32_t size = 0;
    for (const gx_queued *c = group; c; c = c->next) {
        size++;
        store->figures.failed += !c->is_done && !c->is_again;
        store->figures.again += c->is_again;
    }
    store->figures.commands += size;
    if (size > store->figures.largest_group)
        store->figures.largest_group = size;
    pthread_mutex_unlock(&store->mutex);
}

/* What a new connection of the writer must know of its store. */
static void introduce_writer(gx_store *store)
{
    store->writer->origin = store->origin;
    store->writer->watch = store->watch;
    store->writer->watch_context = store->watch_context;
}

/* The writer's connection, opened anew when it was lost; not before its pause is over. */
static bool has_connection(gx_store *store, gx_error *error)
{
    if (store->writer && !store->backend->is_lost(store->writer))
        return true;
    int64_t now = gx_clock_monotonic_ns();
    if (store->writer) {
        gx_db_close(store->writer);
        store->writer = NULL;
        store->reconnect_at = now;
        store->reconnect_pause = RECONNECT_FIRST_MS;
    }
    if (now < store->reconnect_at)
        return gx_fail(error, "db.lost");
    store->writer = gx_db_open(store->path, store->vfs, true, error);
    if (store->writer) {
        introduce_writer(store);
        return true;
    }
    store->reconnect_at = gx_clock_monotonic_ns() + store->reconnect_pause * 1000000;
    store->reconnect_pause = store->reconnect_pause * 2 < RECONNECT_MOST_MS ? store->reconnect_pause * 2
                                                                            : (int64_t)RECONNECT_MOST_MS;
    gx_log_error("store.lost", error);
    return gx_fail(error, "db.lost");
}

/* Takes up to `most` commands off the queue. */
static gx_queued *cut_group(gx_store *store, uint32_t most)
{
    gx_queued *group = store->first, *end = group;
    store->queued -= end != NULL;
    for (uint32_t count = 1; end && end->next && count < most; count++) {
        end = end->next;
        store->queued--;
    }
    if (!end)
        return NULL;
    store->first = end->next;
    store->last = store->first ? store->last : NULL;
    end->next = NULL;
    return group;
}

static gx_queued *take_group(gx_store *store)
{
    pthread_mutex_lock(&store->mutex);
    while (!store->first && !store->is_closing)
        pthread_cond_wait(&store->has_commands, &store->mutex);
    gx_queued *group = cut_group(store, store->backend->group_most);
    pthread_mutex_unlock(&store->mutex);
    return group;
}

/* Answers what is settled; what must run again goes to the head of the queue. */
static void answer_group(gx_store *store, gx_queued *group)
{
    gx_queued *again = NULL, **end = &again;
    while (group) {
        gx_queued *c = group;
        group = c->next;
        if (c->is_again) {
            c->next = NULL;
            *end = c;
            end = &c->next;
            continue;
        }
        c->done(c->context, c->is_done, &c->error);
        free(c);
    }
    if (!again)
        return;
    pthread_mutex_lock(&store->mutex);
    for (gx_queued *c = again; c; c = c->next) {
        c->tries++;
        store->queued++;
        if (!c->next) {
            c->next = store->first;
            store->last = store->last ? store->last : c;
            break;
        }
    }
    store->first = again;
    pthread_mutex_unlock(&store->mutex);
}

/* Two processes that keep meeting at one row part by pauses of different length. */
static void pause_before(const gx_queued *first)
{
    if (first->tries < 2)
        return;
    uint32_t most = first->tries < 7 ? 1U << first->tries : PAUSE_MOST_MS;
    usleep((useconds_t)((uint64_t)gx_clock_monotonic_ns() / 1000 % ((uint64_t)most * 1000)));
}

static void work_off(gx_store *store, gx_arena *arena, gx_arena_mark empty, gx_queued *group)
{
    gx_error error = {0};
    pause_before(group);
    if (!has_connection(store, &error)) {
        gx_group_fail(group, &error);
        answer_group(store, group);
        return;
    }
    int64_t spent;
    gx_db *db = store->writer;
    gx_group_runner runner = {.db = db, .arena = arena, .empty = empty, .wary = store->wary};
    if (!gx_group_run(&runner, group, &spent, &error)) {
        end_for_storage(store, &error); /* comes back only when the store is stepped */
        db->backend->undo(db);
        gx_db_forget(db, (gx_db_mark){0});
        gx_group_fail(group, &error);
    }
    store->wary = runner.wary;
    count_group(store, group, spent);
    for (size_t i = 0; i < db->after_count; i++)
        db->afters[i].run(db->afters[i].context ? db->afters[i].context : db->afters[i].data);
    gx_db_forget(db, (gx_db_mark){0});
    answer_group(store, group);
    if (!db->backend->tidy(db, &error))
        end_for_storage(store, &error);
}

static void *write_for_ever(void *context)
{
    gx_store *store = context;
    pthread_setname_np(pthread_self(), "gx-writer");
    gx_arena arena = gx_arena_of(GX_LIMIT_COMMAND_BYTES);
    gx_alloc(&arena, 1); /* so that rewinding keeps a chunk */
    gx_arena_mark empty = gx_arena_here(&arena);
    for (gx_queued *group; (group = take_group(store));)
        work_off(store, &arena, empty, group);
    gx_arena_release(&arena);
    return NULL;
}

/* What a command itself submits waits in the queue until that command is through. */
static void step_now(gx_store *store, uint32_t most)
{
    if (store->is_stepping || store->is_gathering)
        return;
    store->is_stepping = true;
    gx_alloc(&store->arena, 1);
    gx_arena_mark empty = gx_arena_here(&store->arena);
    for (gx_queued *group; (group = cut_group(store, most)); most = 1) {
        if (store->has_failed) {
            gx_error error = {0};
            gx_fail(&error, "db.disk", GX_TEXT("stopped"));
            gx_group_fail(group, &error);
            answer_group(store, group);
        } else {
            work_off(store, &store->arena, empty, group);
        }
    }
    gx_arena_release(&store->arena);
    store->is_stepping = false;
}

void gx_store_submit(gx_store *store, gx_db_work work, gx_store_done done, void *context)
{
    gx_store_submit_asking(store, NULL, work, done, context);
}

void gx_store_submit_asking(gx_store *store, const gx_first_question *first, gx_db_work work,
                            gx_store_done done, void *context)
{
    gx_queued *c = calloc(1, sizeof *c);
    gx_error error = {0};
    if (!c) {
        gx_fail(&error, "base.memory", GX_TEXT("0"));
        done(context, false, &error);
        return;
    }
    c->work = work;
    c->done = done;
    c->context = context;
    if (first)
        c->first = *first;
    pthread_mutex_lock(&store->mutex);
    if (store->last)
        store->last->next = c;
    else
        store->first = c;
    store->last = c;
    store->queued++;
    pthread_cond_signal(&store->has_commands);
    pthread_mutex_unlock(&store->mutex);
    if (store->is_stepped)
        step_now(store, 1);
}

void gx_store_gather(gx_store *store, bool is_gathering)
{
    store->is_gathering = is_gathering;
    if (!is_gathering)
        step_now(store, store->backend->group_most);
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
    if (r->db && r->db->backend->is_lost(r->db)) {
        gx_db_close(r->db);
        r->db = NULL;
    }
    if (!r->db) {
        r->db = gx_db_open(store->path, store->vfs, false, error);
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

static bool read_with(reader *r, gx_db_work work, void *context, gx_error *reason)
{
    bool is_done = r->db && gx_db_run(r->db, reason, r->db->backend->begin_reading, "");
    if (is_done) {
        is_done = gx_arena_guard(&r->arena, run_reading, &(reading){r, work, context, reason}, reason);
        gx_arena_release(&r->arena);
        r->db->backend->end_reading(r->db);
    }
    return is_done;
}

bool gx_store_read(gx_store *store, gx_db_work work, void *context, gx_error *error)
{
    gx_error reason = {0};
    if (store->has_failed)
        return gx_fail(error ? error : &reason, "db.disk", GX_TEXT("stopped"));
    reader *r = take_reader(store, &reason);
    bool is_done = read_with(r, work, context, &reason);
    give_back(store, r);
    if (!is_done && error)
        *error = reason;
    return is_done;
}

bool gx_store_read_apart(gx_store *store, gx_db_work work, void *context, gx_error *error)
{
    gx_error reason = {0};
    reader r = {.db = gx_db_open(store->path, store->vfs, false, &reason),
                .arena = gx_arena_of(GX_LIMIT_REQUEST_BYTES)};
    bool is_done = read_with(&r, work, context, &reason);
    gx_db_close(r.db);
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

/* Each step is a transaction of its own that begins by looking where the database stands: an upgrade that was
 * interrupted goes on where it stopped, and of two processes each step is done by one. */
static bool upgrade(gx_db *db, gx_schema schema, gx_error *error)
{
    int64_t version;
    char have[24], know[24];
    if (!db->backend->read_version(db, &version, error))
        return false;
    while (version < schema.version) {
        bool is_begun = db->backend->begin_upgrade(db, error);
        if (!is_begun || !db->backend->read_version(db, &version, error) || version >= schema.version ||
            !gx_db_script(db, schema.steps[version], error) ||
            !db->backend->commit_upgrade(db, version + 1, error)) {
            db->backend->undo(db);
            if (!is_begun || version < schema.version)
                return false;
        } else {
            version++;
        }
    }
    return version == schema.version ||
           gx_fail(error, "db.newer", gx_error_int(have, version), gx_error_int(know, schema.version));
}

bool gx_store_version(const char *path, int64_t *version, gx_error *error)
{
    gx_db *db = gx_db_open(path, NULL, false, error);
    bool is_read = db && db->backend->read_version(db, version, error);
    gx_db_close(db);
    return is_read;
}

static bool check_version(gx_store *store, gx_schema schema, gx_error *error)
{
    int64_t version = 0;
    char have[24], know[24];
    if (!gx_store_version(store->path, &version, error))
        return false;
    if (version == schema.version)
        return true;
    return gx_fail(error, version < schema.version ? "db.older" : "db.newer", gx_error_int(have, version),
                   gx_error_int(know, schema.version));
}

static bool open_writer(gx_store *store, gx_schema schema, gx_error *error)
{
    if (!gx_is_postgres(store->path) && !store->vfs && !lock_for_writing(store, error))
        return false;
    store->writer = gx_db_open(store->path, store->vfs, true, error);
    if (!store->writer || !upgrade(store->writer, schema, error))
        return false;
    store->backend = store->writer->backend;
    snprintf(store->origin, sizeof store->origin, "%d.%llx", getpid(),
             (unsigned long long)(uintptr_t)store >> 4 & 0xFFFFFFFF);
    introduce_writer(store);
    if (store->is_stepped)
        return true;
    store->has_thread = pthread_create(&store->thread, NULL, write_for_ever, store) == 0;
    return store->has_thread || gx_fail(error, "base.memory", GX_TEXT("0"));
}

gx_store *gx_store_open(const gx_store_options *options, gx_error *error)
{
    gx_store *store = calloc(1, sizeof *store);
    if (!store) {
        gx_fail(error, "base.memory", GX_TEXT("0"));
        return NULL;
    }
    store->path = strdup(options->path);
    store->vfs = options->vfs ? strdup(options->vfs) : NULL;
    store->is_stepped = options->is_stepped;
    store->arena = gx_arena_of(GX_LIMIT_COMMAND_BYTES);
    store->lock_file = -1;
    store->reader_most = options->readers == 0             ? 4
                         : options->readers < READERS_MOST ? options->readers
                                                           : READERS_MOST;
    pthread_mutex_init(&store->mutex, NULL);
    pthread_cond_init(&store->has_commands, NULL);
    pthread_cond_init(&store->has_reader, NULL);
    bool is_open = options->is_read_only ? check_version(store, options->schema, error)
                                         : open_writer(store, options->schema, error);
    if (is_open)
        return store;
    gx_store_close(store);
    return NULL;
}

bool gx_store_is_shared(const gx_store *store)
{
    return gx_is_postgres(store->path);
}

void gx_store_listen(gx_store *store, void (*hear)(void *context, gx_text text), void *context)
{
    if (gx_is_postgres(store->path) && !store->listener)
        store->listener = gx_listener_start(store->path, store->origin, hear, context);
}

void gx_store_close(gx_store *store)
{
    if (!store)
        return;
    gx_listener_stop(store->listener);
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
    gx_arena_release(&store->arena);
    free(store->vfs);
    free(store->path);
    free(store);
}

void gx_store_watch(gx_store *store, void (*seen)(void *context, const char *sql), void *context)
{
    store->watch = seen;
    store->watch_context = context;
    introduce_writer(store);
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
    bool is_done = r->db && r->db->backend->backup(r->db, path, error);
    give_back(store, r);
    return is_done;
}
