#include "service/keeper.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "calendar/calendar.h"
#include "service/prune.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { PAUSE_MS = 50, LOOK_S = 60, PATH_SIZE = 4096 };
static const int64_t DAY_MS = 24 * 3600 * 1000;

struct gx_keeper {
    gx_zone *zone;
    int64_t days;
    atomic_bool is_stopping;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t has_ended;
};

typedef struct turn {
    gx_instant now;
    bool is_ours;
    int64_t from; /* up to this case all have been archived */
} turn;

/* A day after the last time, for one server. */
static bool take_turn(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    turn *t = context;
    int64_t taken;
    (void)arena;
    if (!gx_db_get_int(
            db, error, &taken, 0,
            "INSERT INTO number (name, last) VALUES ('prune', ?1) ON CONFLICT (name) DO UPDATE SET "
            "last = excluded.last WHERE number.last <= ?2 RETURNING last",
            "ii", t->now, t->now - DAY_MS) ||
        !gx_db_get_int(db, error, &t->from, 0, "SELECT last FROM number WHERE name = 'prune.from'", ""))
        return false;
    t->is_ours = taken != 0;
    return true;
}

static bool is_turn(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    turn *t = context;
    int64_t last;
    (void)arena;
    bool is_known = gx_db_get_int(db, error, &last, 0, "SELECT last FROM number WHERE name = 'prune'", "");
    t->is_ours = last <= t->now - DAY_MS;
    return is_known;
}

static bool keep_place(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    const gx_prune *done = context;
    (void)arena;
    return gx_db_run(
        db, error,
        "INSERT INTO number (name, last) VALUES ('prune.from', ?1) ON CONFLICT (name) DO UPDATE SET "
        "last = excluded.last",
        "i", done->from);
}

static bool is_over(void *context)
{
    const gx_keeper *k = context;
    return k->is_stopping;
}

static bool open_archive(const gx_keeper *k, gx_instant now, char path[PATH_SIZE], FILE **file,
                         gx_error *error)
{
    char day[GX_DAY_SIZE];
    gx_day_write(gx_day_of(now), day);
    snprintf(path, PATH_SIZE, "%s/archive", gx_zone_data_folder(k->zone));
    if (!gx_file_make_folder(path, error))
        return false;
    snprintf(path, PATH_SIZE, "%s/archive/cases-%.4s.jsonl", gx_zone_data_folder(k->zone), day);
    *file = fopen(path, "ae");
    if (!*file)
        return gx_fail(error, "export.write", gx_text_of(strerror(errno)));
    chmod(path, 0600);
    return true;
}

static bool tidy(gx_keeper *k, gx_error *error)
{
    char path[PATH_SIZE];
    gx_store *store = gx_zone_store(k->zone);
    turn t = {.now = gx_clock_now()};
    gx_prune prune = {.before = t.now - k->days * DAY_MS,
                      .name = path,
                      .pause_ms = PAUSE_MS,
                      .is_over = is_over,
                      .context = k};
    if (!gx_store_read(store, is_turn, &t, error) || !t.is_ours)
        return !t.is_ours;
    if (!gx_store_write(store, take_turn, &t, error) || !t.is_ours ||
        !open_archive(k, t.now, path, &prune.archive, error))
        return !t.is_ours;
    prune.from = t.from;
    bool is_done = gx_prune_run(k->zone, &prune, error) && gx_store_write(store, keep_place, &prune, error);
    fclose(prune.archive);
    if (prune.cases)
        gx_log(GX_LOG_INFO, "prune.done", "%lld cases into %s", (long long)prune.cases, path);
    return is_done;
}

static void *keep_for_ever(void *context)
{
    gx_keeper *k = context;
    pthread_mutex_lock(&k->mutex);
    while (!k->is_stopping) {
        pthread_mutex_unlock(&k->mutex);
        gx_error error = {0};
        if (!tidy(k, &error))
            gx_log_error("prune.failed", &error);
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += LOOK_S;
        pthread_mutex_lock(&k->mutex);
        while (!k->is_stopping && pthread_cond_timedwait(&k->has_ended, &k->mutex, &until) == 0)
            continue;
    }
    pthread_mutex_unlock(&k->mutex);
    return NULL;
}

gx_keeper *gx_keeper_start(gx_zone *zone, int64_t days)
{
    gx_keeper *k = calloc(1, sizeof *k);
    if (!k)
        return NULL;
    k->zone = zone;
    k->days = days;
    pthread_mutex_init(&k->mutex, NULL);
    pthread_cond_init(&k->has_ended, NULL);
    if (pthread_create(&k->thread, NULL, keep_for_ever, k) == 0)
        return k;
    free(k);
    return NULL;
}

void gx_keeper_stop(gx_keeper *k)
{
    if (!k)
        return;
    pthread_mutex_lock(&k->mutex);
    k->is_stopping = true;
    pthread_cond_broadcast(&k->has_ended);
    pthread_mutex_unlock(&k->mutex);
    pthread_join(k->thread, NULL);
    pthread_cond_destroy(&k->has_ended);
    pthread_mutex_destroy(&k->mutex);
    free(k);
}
