#include "service/scheduler.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "service/case_search.h"
#include "service/heat.h"
#include "service/hold.h"
#include "service/outbox.h"
#include "service/work.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    AT_ONCE = 128, /* of one kind: together they keep a command of somebody else waiting for about 10 ms */
    CHOICE = 8,    /* servers that share a database each take one of so many parts of what is due */
    LETTERS_AT_ONCE = 16,
    WORKERS = 2,
    LONGEST_SLEEP_MS = 60000,
    SHARED_SLEEP_MS = 10000, /* beside other servers: one may die before it has told of what it left */
    STORE_PAUSE_MS = 1000,   /* after the store itself has failed */
    JOBS_AT_WORK = 16,
    BACK_OFF_MOST = 6,
    OTHERS_JOB_MS = 50,
    OTHERS_MS = 100, /* when other servers are at all that is due */
    BUSY_MS = 1000,  /* when its own workers are; they wake it */
    HEAT_MS = 2000   /* between looks for steps to count */
};

typedef enum due_kind {
    DUE_TIMER,
    DUE_CASE,
    DUE_PROMISE,
    DUE_STOP,
    DUE_SIGNAL,
    DUE_JOB,
    DUE_MESSAGE,
    DUE_SEEN,
    DUE_FILL,
    DUE_HOLD,
    DUE_OUTBOX
} due_kind;

typedef struct due {
    due_kind kind;
    int64_t id, key;
} due;

/* ---- What is due ---- */

static const struct {
    due_kind kind;
    const char *due, *next;
} sources[] = {
    {DUE_TIMER, "SELECT instance, key FROM timer WHERE due <= ?1 ORDER BY due LIMIT ?2",
     "SELECT min(due) FROM timer"},
    {DUE_CASE, "SELECT id, 0 FROM cases WHERE next_at <= ?1 ORDER BY next_at LIMIT ?2",
     "SELECT min(next_at) FROM cases WHERE next_at IS NOT NULL"},
    {DUE_PROMISE, "SELECT id, 0 FROM promise WHERE next_at <= ?1 ORDER BY next_at LIMIT ?2",
     "SELECT min(next_at) FROM promise WHERE next_at IS NOT NULL"},
    {DUE_STOP, "SELECT id, 0 FROM stop WHERE next_at <= ?1 ORDER BY next_at LIMIT ?2",
     "SELECT min(next_at) FROM stop WHERE next_at IS NOT NULL"},
    {DUE_SIGNAL, "SELECT signal, instance FROM signal_hearer WHERE at <= ?1 ORDER BY at LIMIT ?2",
     "SELECT min(at) FROM signal_hearer"},
    {DUE_JOB, "SELECT id, 0 FROM job WHERE run_at <= ?1 ORDER BY run_at LIMIT ?2",
     "SELECT min(run_at) FROM job WHERE run_at IS NOT NULL"},
    {DUE_OUTBOX,
     "SELECT id, 0 FROM outbox WHERE not_before <= ?1 AND sent_at IS NULL ORDER BY not_before LIMIT ?2",
     "SELECT min(not_before) FROM outbox WHERE sent_at IS NULL"},
    {DUE_MESSAGE, "SELECT id, 0 FROM message WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2",
     "SELECT min(expires_at) FROM message"},
    {DUE_SEEN, "SELECT expires_at, 0 FROM message_seen WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2",
     "SELECT min(expires_at) FROM message_seen"},
    {DUE_FILL, "SELECT id, 0 FROM search_fill WHERE at <= ?1 ORDER BY at LIMIT ?2",
     "SELECT min(at) FROM search_fill WHERE at IS NOT NULL"},
    {DUE_HOLD, "SELECT id, 0 FROM hold WHERE at <= ?1 ORDER BY at LIMIT ?2",
     "SELECT min(at) FROM hold WHERE at IS NOT NULL"},
};

typedef struct look {
    gx_instant now, next; /* next: the first that is not due yet */
    bool is_shared;
    due found[AT_ONCE * GX_COUNT_OF(sources)];
    size_t count;
} look;

/* Of more than a handful that is due, each of several servers takes another part, by chance; so they seldom
 * stand in each other's way. */
static void choose(look *l, const due *rows, size_t count)
{
    size_t taken = count < AT_ONCE ? count : AT_ONCE, first = 0;
    if (count > AT_ONCE) {
        uint16_t chance;
        gx_random_bytes(&chance, sizeof chance);
        first = chance % (count - AT_ONCE + 1);
    }
    memcpy(l->found + l->count, rows + first, taken * sizeof *rows);
    l->count += taken;
}

static bool find_due(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    look *l = context;
    size_t most = l->is_shared ? AT_ONCE * CHOICE : AT_ONCE;
    due *found = GX_NEW_ARRAY(arena, due, most);
    l->count = 0;
    l->next = INT64_MAX;
    for (size_t i = 0; i < GX_COUNT_OF(sources); i++) {
        gx_statement *rows = gx_db_prepare(db, sources[i].due);
        bool is_done_at_once = sources[i].kind == DUE_SEEN; /* one command takes many */
        gx_bind(rows, "ii", l->now, is_done_at_once ? 1 : (int64_t)most);
        gx_step step;
        size_t count = 0;
        while ((step = gx_db_step(rows, error)) == GX_STEP_ROW)
            found[count++] = (due){sources[i].kind, gx_column_int(rows, 0), gx_column_int(rows, 1)};
        choose(l, found, count);
        int64_t next = INT64_MAX;
        if (step == GX_STEP_FAILED ||
            (count == 0 && !gx_db_get_int(db, error, &next, INT64_MAX, sources[i].next, "")))
            return false;
        l->next = next < l->next ? next : l->next;
    }
    return true;
}

/* ---- Doing it: one command each, so that one failure is nobody else's ---- */

typedef struct group group;
typedef struct doing {
    gx_zone *zone;
    due what;
    bool is_ours; /* no other server is at it */
    bool has_failed;
    gx_error error;
    group *group;
} doing;

/* Of several servers that find the same thing due, one does it; its claim ends with its transaction, so with
 * the server itself if that dies. A timer is claimed by its row. */
static bool claim(gx_db *db, gx_arena *arena, due what, bool *is_ours, gx_error *error)
{
    *is_ours = true;
    if (what.kind == DUE_TIMER)
        return true;
    gx_text name =
        gx_format(arena, "due %d %lld %lld", (int)what.kind, (long long)what.id, (long long)what.key);
    return gx_db_claim(db, name, is_ours, error);
}

static bool fire_timer(gx_work *work, int64_t instance, uint32_t key, bool *is_ours, gx_error *error)
{
    gx_case *of;
    if (!gx_work_take_due(work, instance, key, &of, error))
        return false;
    *is_ours = of != NULL;
    if (!of) /* disarmed meanwhile, or another server is at it */
        return true;
    if (of->suspended_at) /* armed by a repair while the case is held */
        return gx_db_run(work->db, error,
                         "INSERT INTO held_timer (bucket, instance, key, element, due) SELECT bucket, "
                         "instance, key, element, due FROM timer WHERE bucket = bucket_of(?1 / 4096) AND "
                         "instance = ?1 AND key = ?2 ON CONFLICT DO NOTHING",
                         "ii", instance, (int64_t)key) &&
               gx_db_run(
                   work->db, error,
                   "DELETE FROM timer WHERE bucket = bucket_of(?1 / 4096) AND instance = ?1 AND key = ?2",
                   "ii", instance, (int64_t)key);
    return gx_db_run(work->db, error,
                     "DELETE FROM timer WHERE bucket = bucket_of(?1 / 4096) AND instance = ?1 AND key = ?2",
                     "ii", instance, (int64_t)key) &&
           gx_instance_command(work, instance, &(gx_command){.kind = GX_COMMAND_TIMER, .key = key}, error);
}

static bool look_at_case(gx_work *work, int64_t id, gx_error *error)
{
    gx_case *of = gx_work_case(work, id, error);
    if (!of)
        return false;
    gx_instant before = of->next_at;
    if (!gx_case_look(work, of, error))
        return false;
    if (of->next_at == before && before <= work->now) { /* nothing more to wait for */
        of->next_at = INT64_MAX;
        gx_case_changed(of);
    }
    return true;
}

static bool do_due(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    doing *d = context;
    if (!claim(db, arena, d->what, &d->is_ours, error) || !d->is_ours)
        return !d->is_ours;
    gx_work work = gx_work_begin(d->zone, db, arena, NULL);
    bool is_done = true;
    switch (d->what.kind) {
    case DUE_TIMER: is_done = fire_timer(&work, d->what.id, (uint32_t)d->what.key, &d->is_ours, error); break;
    case DUE_CASE: is_done = look_at_case(&work, d->what.id, error); break;
    case DUE_PROMISE: is_done = gx_promise_due(&work, d->what.id, error); break;
    case DUE_STOP: is_done = gx_stop_due(&work, d->what.id, error); break;
    case DUE_SIGNAL: is_done = gx_signal_hear(&work, d->what.id, d->what.key, error); break;
    case DUE_MESSAGE:
        is_done = gx_db_run(db, error, "DELETE FROM message WHERE id = ?1", "i", d->what.id);
        break;
    case DUE_SEEN:
        is_done =
            gx_db_run(db, error,
                      "DELETE FROM message_seen WHERE (name, message_id) IN (SELECT name, message_id FROM "
                      "message_seen WHERE expires_at <= ?1 ORDER BY expires_at LIMIT 500)",
                      "i", work.now);
        break;
    case DUE_FILL: is_done = gx_search_fill(&work, d->what.id, error); break;
    case DUE_HOLD: is_done = gx_hold_next(&work, d->what.id, error); break;
    case DUE_JOB:
    case DUE_OUTBOX: break;
    }
    return is_done && gx_work_finish(&work, error);
}

/* What cannot be done now is looked at again in an hour, so that it holds nothing up. */
static bool put_off(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    const due *what = context;
    gx_instant later = gx_clock_now() + 3600 * 1000;
    (void)arena;
    switch (what->kind) {
    case DUE_TIMER:
        return gx_db_run(
            db, error,
            "UPDATE timer SET due = ?3 WHERE bucket = bucket_of(?1 / 4096) AND instance = ?1 AND key = ?2",
            "iii", what->id, what->key, later);
    case DUE_CASE:
        return gx_db_run(db, error, "UPDATE cases SET next_at = ?2 WHERE bucket = bucket_of(?1) AND id = ?1",
                         "ii", what->id, later);
    case DUE_PROMISE:
        return gx_db_run(db, error,
                         "UPDATE promise SET next_at = ?2 WHERE bucket = bucket_of(?1) AND id = ?1", "ii",
                         what->id, later);
    case DUE_STOP:
        return gx_db_run(db, error, "UPDATE stop SET next_at = ?2 WHERE bucket = bucket_of(?1) AND id = ?1",
                         "ii", what->id, later);
    case DUE_SIGNAL:
        return gx_db_run(db, error,
                         "UPDATE signal_hearer SET at = ?3 WHERE bucket = bucket_of(?2 / 4096) AND signal = "
                         "?1 AND instance = ?2",
                         "iii", what->id, what->key, later);
    case DUE_JOB:
        return gx_db_run(db, error, "UPDATE job SET run_at = ?2 WHERE bucket = bucket_of(?1) AND id = ?1",
                         "ii", what->id, later);
    case DUE_OUTBOX:
        return gx_db_run(db, error,
                         "UPDATE outbox SET not_before = ?2, attempts = attempts + 1 WHERE id = ?1", "ii",
                         what->id, later);
    case DUE_HOLD:
        return gx_db_run(db, error, "UPDATE hold SET at = ?2 WHERE id = ?1", "ii", what->id, later);
    case DUE_FILL:
        return gx_db_run(db, error, "UPDATE search_fill SET at = ?2 WHERE id = ?1", "ii", what->id, later);
    case DUE_MESSAGE:
    case DUE_SEEN: break;
    }
    return true;
}

/* What leaves the house leaves it outside the writer; the claim is held meanwhile. */
static bool deliver(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    doing *d = context;
    return claim(db, arena, d->what, &d->is_ours, error) &&
           (!d->is_ours || gx_outbox_deliver(d->zone, d->what.id, error));
}

/* The store could not do it, whatever it was: nothing is known about the work itself. */
static bool is_stores_failure(const gx_error *error)
{
    static const char *const codes[] = {"db.lost", "db.busy", "db.interrupted", "db.full", "db.disk"};
    for (size_t i = 0; i < GX_COUNT_OF(codes); i++)
        if (error->code && strcmp(error->code, codes[i]) == 0)
            return true;
    return false;
}

typedef enum outcome { WAS_DONE, IS_OTHERS /* another server is at it */, HAS_NO_STORE } outcome;

static outcome do_one(gx_zone *zone, due what)
{
    gx_error error = {0}, second = {0};
    gx_store *store = gx_zone_store(zone);
    doing d = {.zone = zone, .what = what, .is_ours = true};
    if (what.kind == DUE_OUTBOX ? gx_store_read(store, deliver, &d, &error)
                                : gx_store_write(store, do_due, &d, &error))
        return d.is_ours ? WAS_DONE : IS_OTHERS;
    gx_log_error("scheduler.failed", &error);
    if (is_stores_failure(&error))
        return HAS_NO_STORE;
    gx_store_write(store, put_off, &what, &second);
    return WAS_DONE;
}

/* Several commands at once, which the writer puts into groups: one by one each would wait for the disk. */
struct group {
    pthread_mutex_t mutex;
    pthread_cond_t is_done;
    size_t left;
};

static void one_is_done(void *context, bool is_done, const gx_error *error)
{
    doing *d = context;
    d->has_failed = !is_done;
    if (!is_done)
        d->error = *error;
    pthread_mutex_lock(&d->group->mutex);
    if (--d->group->left == 0)
        pthread_cond_signal(&d->group->is_done);
    pthread_mutex_unlock(&d->group->mutex);
}

/* IS_OTHERS when other servers are at all of them. */
static outcome do_together(gx_zone *zone, doing *all, const due *what, size_t count)
{
    group g = {.mutex = PTHREAD_MUTEX_INITIALIZER, .is_done = PTHREAD_COND_INITIALIZER, .left = count};
    outcome reached = IS_OTHERS;
    for (size_t i = 0; i < count; i++) {
        all[i] = (doing){.zone = zone, .what = what[i], .is_ours = true, .group = &g};
        gx_first_question timer = gx_work_due_question(what[i].id, (uint32_t)what[i].key, gx_clock_now());
        gx_store_submit_asking(gx_zone_store(zone), what[i].kind == DUE_TIMER ? &timer : NULL, do_due,
                               one_is_done, &all[i]);
    }
    pthread_mutex_lock(&g.mutex);
    while (g.left > 0)
        pthread_cond_wait(&g.is_done, &g.mutex);
    pthread_mutex_unlock(&g.mutex);
    for (size_t i = 0; i < count; i++) {
        gx_error second = {0};
        if (reached == IS_OTHERS && all[i].is_ours)
            reached = WAS_DONE;
        if (!all[i].has_failed)
            continue;
        gx_log_error("scheduler.failed", &all[i].error);
        if (is_stores_failure(&all[i].error)) {
            reached = HAS_NO_STORE;
            continue;
        }
        gx_store_write(gx_zone_store(zone), put_off, &all[i].what, &second);
    }
    return reached;
}

/* A calendar that was loaded anew may move every running limit: all of them are looked at. */
static bool follow_calendar(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    const int64_t *version = context;
    (void)arena;
    return gx_db_run(db, error, "UPDATE cases SET next_at = ?1 WHERE next_at IS NOT NULL", "i",
                     gx_clock_now()) &&
           gx_db_run(db, error,
                     "INSERT INTO number (name, last) VALUES ('calendar', ?1) ON CONFLICT (name) DO UPDATE "
                     "SET last = excluded.last",
                     "i", *version);
}

static bool read_followed(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    (void)arena;
    return gx_db_get_int(db, error, context, 0, "SELECT last FROM number WHERE name = 'calendar'", "");
}

static void check_calendar(gx_zone *zone)
{
    const gx_definition *calendar =
        gx_packages_find(gx_zone_packages(zone), GX_DEFINITION_CALENDAR, GX_TEXT("cn"));
    int64_t followed = 0, version = calendar ? calendar->version : 0;
    gx_error error = {0};
    if (!gx_store_read(gx_zone_store(zone), read_followed, &followed, &error) ||
        (version > 0 && followed != version &&
         !gx_store_write(gx_zone_store(zone), follow_calendar, &version, &error)))
        gx_log_error("scheduler.calendar", &error);
}

/* ---- Jobs: outside the writer ---- */

typedef struct job {
    gx_zone *zone;
    int64_t id, instance, retries_left, retry_after_ms, attempts;
    uint32_t key;
    gx_arena arena; /* inputs and outputs */
    gx_text skill, inputs, case_number, element;
    bool is_ours, is_there, is_done;
    gx_value outputs;
    gx_text error_code;
    gx_error error;
} job;

static bool read_job(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    job *j = context;
    (void)arena;
    gx_statement *find = gx_db_prepare(
        db, "SELECT j.instance, j.key, j.skill, j.inputs, j.retries_left, j.retry_after_ms, j.attempts, "
            "j.element, c.number FROM job j JOIN cases c ON c.bucket = j.bucket AND c.id = j.instance / 4096 "
            "WHERE j.bucket = bucket_of(?1) AND j.id = ?1 AND j.run_at <= ?2");
    gx_bind(find, "ii", j->id, gx_clock_now());
    gx_step step = gx_db_step(find, error);
    j->is_there = step == GX_STEP_ROW;
    if (!j->is_there)
        return step == GX_STEP_DONE;
    j->instance = gx_column_int(find, 0);
    j->key = (uint32_t)gx_column_int(find, 1);
    j->skill = gx_column_copy(&j->arena, find, 2);
    j->inputs = gx_column_copy(&j->arena, find, 3);
    j->retries_left = gx_column_int(find, 4);
    j->retry_after_ms = gx_column_int(find, 5);
    j->attempts = gx_column_int(find, 6);
    j->element = gx_column_copy(&j->arena, find, 7);
    j->case_number = gx_column_copy(&j->arena, find, 8);
    gx_db_reset(find);
    return true;
}

static bool run_skill(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    job *j = context;
    const gx_skill *skill = gx_skill_find(j->skill);
    gx_json *inputs = gx_json_parse(&j->arena, j->inputs, GX_TEXT("job"), error);
    (void)arena;
    if (!skill || !skill->is_job)
        return gx_fail(error, "skill.absent", j->skill);
    if (!inputs)
        return false;
    gx_skill_call call = {.zone = j->zone,
                          .packages = gx_zone_packages(j->zone),
                          .db = db,
                          .arena = &j->arena,
                          .case_number = j->case_number,
                          .element = j->element,
                          .inputs = gx_value_from_json(&j->arena, inputs),
                          .now = gx_clock_now()};
    bool is_done = skill->run(&call, &j->outputs, error);
    j->error_code = call.error_code;
    return is_done;
}

static bool answer_job(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    job *j = context;
    gx_work work = gx_work_begin(j->zone, db, arena, NULL);
    int64_t is_there = 0;
    if (!gx_db_get_int(db, error, &is_there, 0,
                       "SELECT 1 FROM job WHERE bucket = bucket_of(?1) AND id = ?1 AND attempts = ?2", "ii",
                       j->id, j->attempts))
        return false;
    if (!is_there)
        return true;
    bool tries_again = !j->is_done && j->error_code.size == 0 && j->retries_left > 0;
    if (tries_again) {
        int64_t doublings = j->attempts < BACK_OFF_MOST ? j->attempts : BACK_OFF_MOST;
        return gx_db_run(db, error,
                         "UPDATE job SET attempts = attempts + 1, retries_left = retries_left - 1, run_at = "
                         "?2 WHERE bucket = bucket_of(?1) AND id = ?1",
                         "ii", j->id, work.now + (j->retry_after_ms << doublings));
    }
    char text[300];
    gx_command command = {.kind = j->is_done ? GX_COMMAND_JOB_DONE : GX_COMMAND_JOB_FAILED,
                          .key = j->key,
                          .variables = j->outputs};
    if (!j->is_done) {
        command.name = j->error_code;
        command.detail =
            gx_copy(arena, gx_text_of(gx_error_sentence(&j->error, GX_LANGUAGE_ZH, text, sizeof text)));
    }
    return gx_db_run(db, error, "DELETE FROM job WHERE bucket = bucket_of(?1) AND id = ?1", "i", j->id) &&
           gx_instance_command(&work, j->instance, &command, error) && gx_work_finish(&work, error);
}

typedef struct job_step {
    job *job;
    gx_db *db;
    gx_arena *arena;
    bool (*run)(gx_db *db, gx_arena *arena, void *context, gx_error *error);
} job_step;

static bool run_job_step(void *context)
{
    job_step *s = context;
    return s->run(s->db, s->arena, s->job, &s->job->error);
}

/* From the claim to the answer on one reader, whose transaction holds the claim until the answer is durable.
 */
static bool hold_job(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    job *j = context;
    due what = {DUE_JOB, j->id, 0};
    job_step reading = {j, db, arena, read_job}, running = {j, db, arena, run_skill};
    if (!claim(db, arena, what, &j->is_ours, error) || !j->is_ours)
        return !j->is_ours;
    if (!gx_arena_guard(&j->arena, run_job_step, &reading, error) || !j->is_there)
        return false;
    j->is_done = gx_arena_guard(&j->arena, run_job_step, &running, &j->error);
    if (gx_store_write(gx_zone_store(j->zone), answer_job, j, error))
        return true;
    gx_log_error("scheduler.job", error);
    if (is_stores_failure(error))
        return false;
    gx_store_write(gx_zone_store(j->zone), put_off, &what, error);
    return false;
}

static void do_job(gx_zone *zone, int64_t id)
{
    job j = {.zone = zone, .id = id, .arena = gx_arena_of(GX_LIMIT_EVALUATION_BYTES)};
    gx_error error = {0};
    gx_store_read(gx_zone_store(zone), hold_job, &j, &error);
    if (gx_store_is_shared(gx_zone_store(zone)) && !j.is_ours)
        usleep(OTHERS_JOB_MS * 1000);
    gx_arena_release(&j.arena);
}

/* ---- Threads ---- */

struct gx_scheduler {
    gx_zone *zone;
    const gx_packages *packages; /* whose calendar has been followed */
    pthread_t thread, counter, workers[WORKERS];
    bool is_stopping;
    int64_t at_work[JOBS_AT_WORK], waiting[JOBS_AT_WORK]; /* job ids; 0 is free */
    look look;
    due together[AT_ONCE * GX_COUNT_OF(sources)];
    doing doing[AT_ONCE * GX_COUNT_OF(sources)];
};

/* The writer's thread wakes it without knowing which zone it serves: there is one a process. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t has_changed = PTHREAD_COND_INITIALIZER, has_job = PTHREAD_COND_INITIALIZER,
                      has_ended = PTHREAD_COND_INITIALIZER;
static bool was_woken;
/* It sleeps until then: what is due later need not wake it. INT64_MAX while it looks, since what is committed
 * now it may not see. */
static gx_instant horizon = INT64_MAX;

static void wake(void *data)
{
    gx_instant at;
    memcpy(&at, data, sizeof at);
    pthread_mutex_lock(&mutex);
    if (at < horizon) {
        was_woken = true;
        pthread_cond_broadcast(&has_changed);
    }
    pthread_mutex_unlock(&mutex);
}

void gx_scheduler_wake_at(gx_db *db, gx_instant at)
{
    gx_db_after_commit_with(db, wake, &at, sizeof at);
    if (at < gx_clock_now() + LONGEST_SLEEP_MS) /* otherwise the other servers look before that anyway */
        gx_db_tell(db, GX_TEXT("wake"), NULL);  /* if that fails, so does the command */
}

void gx_scheduler_wake(gx_db *db)
{
    gx_instant at = INT64_MIN;
    if (db)
        gx_scheduler_wake_at(db, at);
    else
        wake(&at);
}

static void hand_out(gx_scheduler *s, int64_t id)
{
    pthread_mutex_lock(&mutex);
    int64_t *place = NULL;
    for (int i = 0; i < JOBS_AT_WORK; i++) {
        if (s->at_work[i] == id || s->waiting[i] == id) {
            pthread_mutex_unlock(&mutex);
            return;
        }
        if (!s->waiting[i] && !place)
            place = &s->waiting[i];
    }
    if (place) { /* otherwise it stays due and is found again */
        *place = id;
        pthread_cond_signal(&has_job);
    }
    pthread_mutex_unlock(&mutex);
}

static void *work_for_ever(void *context)
{
    gx_scheduler *s = context;
    pthread_mutex_lock(&mutex);
    while (!s->is_stopping) {
        int64_t id = 0, *place = NULL;
        for (int i = 0; i < JOBS_AT_WORK && !id; i++) {
            id = s->waiting[i];
            s->waiting[i] = 0;
        }
        for (int i = 0; i < JOBS_AT_WORK && id && !place; i++)
            place = s->at_work[i] ? NULL : &s->at_work[i];
        if (!id || !place) {
            pthread_cond_wait(&has_job, &mutex);
            continue;
        }
        *place = id;
        pthread_mutex_unlock(&mutex);
        do_job(s->zone, id);
        pthread_mutex_lock(&mutex);
        *place = 0;
        was_woken = true;
        pthread_cond_broadcast(&has_changed);
    }
    pthread_mutex_unlock(&mutex);
    return NULL;
}

static struct timespec after_ms(int64_t ms)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    return until;
}

static int64_t steady_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void sleep_until(gx_scheduler *s, gx_instant next)
{
    int64_t longest = gx_store_is_shared(gx_zone_store(s->zone)) ? SHARED_SLEEP_MS : LONGEST_SLEEP_MS;
    int64_t ms = next == INT64_MAX ? longest : next - gx_clock_now();
    ms = ms < 1 ? 1 : ms > longest ? longest : ms;
    struct timespec until = after_ms(ms);
    pthread_mutex_lock(&mutex);
    horizon = gx_clock_now() + ms;
    while (!was_woken && !s->is_stopping && pthread_cond_timedwait(&has_changed, &mutex, &until) == 0)
        continue;
    was_woken = false;
    horizon = INT64_MAX;
    pthread_mutex_unlock(&mutex);
}

/* What was found, *together of it at once; IS_OTHERS also when it was nothing. What leaves the house goes
 * last and a few at a time, each in a commit of its own: a heap of letters makes no timer late. */
static outcome do_found(gx_scheduler *s, const look *l, size_t *together)
{
    size_t letters = 0;
    for (size_t i = 0; i < l->count; i++) {
        if (l->found[i].kind == DUE_JOB)
            hand_out(s, l->found[i].id);
        else if (l->found[i].kind != DUE_OUTBOX)
            s->together[(*together)++] = l->found[i];
    }
    outcome all = *together ? do_together(s->zone, s->doing, s->together, *together) : IS_OTHERS;
    for (size_t i = 0; i < l->count && letters < LETTERS_AT_ONCE && all != HAS_NO_STORE; i++) {
        if (l->found[i].kind != DUE_OUTBOX)
            continue;
        outcome reached = do_one(s->zone, l->found[i]);
        all = reached == IS_OTHERS ? all : reached;
        letters++;
    }
    return all;
}

static void *schedule_for_ever(void *context)
{
    gx_scheduler *s = context;
    for (;;) {
        look *l = &s->look;
        *l = (look){.now = gx_clock_now(), .is_shared = gx_store_is_shared(gx_zone_store(s->zone))};
        gx_error error = {0};
        pthread_mutex_lock(&mutex);
        bool is_stopping = s->is_stopping;
        was_woken = false;
        pthread_mutex_unlock(&mutex);
        if (is_stopping)
            return NULL;
        if (gx_zone_packages(s->zone) != s->packages)
            check_calendar(s->zone);
        s->packages = gx_zone_packages(s->zone);
        bool has_store = gx_store_read(gx_zone_store(s->zone), find_due, l, &error);
        if (!has_store)
            gx_log_error("scheduler.look", &error);
        size_t together = 0;
        outcome reached = has_store ? do_found(s, l, &together) : HAS_NO_STORE;
        int64_t pause = l->is_shared && together ? OTHERS_MS : BUSY_MS;
        if (reached == HAS_NO_STORE) /* a look that failed says nothing of what is due */
            sleep_until(s, gx_clock_now() + STORE_PAUSE_MS);
        else if (reached == IS_OTHERS)
            sleep_until(s, l->count == 0 || l->next < l->now + pause ? l->next : l->now + pause);
    }
}

/* Counts what happened (service/heat.h): when it is behind, for a third of the time, as nobody waits for it.
 */
static void *count_for_ever(void *context)
{
    gx_scheduler *s = context;
    pthread_mutex_lock(&mutex);
    while (!s->is_stopping) {
        pthread_mutex_unlock(&mutex);
        gx_error error = {0};
        bool is_behind;
        int64_t begun = steady_ms();
        if (!gx_heat_follow(s->zone, &is_behind, &error))
            gx_log_error("heat.failed", &error);
        int64_t pause = is_behind ? 2 * (steady_ms() - begun) : HEAT_MS;
        struct timespec until = after_ms(pause);
        pthread_mutex_lock(&mutex);
        while (!s->is_stopping && pthread_cond_timedwait(&has_ended, &mutex, &until) == 0)
            continue;
    }
    pthread_mutex_unlock(&mutex);
    return NULL;
}

gx_scheduler *gx_scheduler_start(gx_zone *zone)
{
    gx_scheduler *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->zone = zone;
    for (int i = 0; i < WORKERS; i++)
        pthread_create(&s->workers[i], NULL, work_for_ever, s);
    pthread_create(&s->thread, NULL, schedule_for_ever, s);
    pthread_create(&s->counter, NULL, count_for_ever, s);
    return s;
}

void gx_scheduler_stop(gx_scheduler *s)
{
    if (!s)
        return;
    pthread_mutex_lock(&mutex);
    s->is_stopping = true;
    pthread_cond_broadcast(&has_changed);
    pthread_cond_broadcast(&has_job);
    pthread_cond_broadcast(&has_ended);
    pthread_mutex_unlock(&mutex);
    pthread_join(s->thread, NULL);
    pthread_join(s->counter, NULL);
    for (int i = 0; i < WORKERS; i++)
        pthread_join(s->workers[i], NULL);
    free(s);
}

bool gx_scheduler_run_due(gx_zone *zone, int64_t *done, gx_error *error)
{
    check_calendar(zone);
    for (int round = 0; round < 10000; round++) {
        look l = {.now = gx_clock_now(), .is_shared = gx_store_is_shared(gx_zone_store(zone))};
        if (!gx_store_read(gx_zone_store(zone), find_due, &l, error))
            return false;
        if (l.count == 0)
            return true;
        for (size_t i = 0; i < l.count; i++) {
            if (l.found[i].kind == DUE_JOB)
                do_job(zone, l.found[i].id);
            else
                do_one(zone, l.found[i]);
            if (done)
                ++*done;
        }
    }
    return true;
}
