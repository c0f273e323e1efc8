#include "service/external.h"
#include "service/case.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

/* ---- Waiting for work ---- */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t has_come = PTHREAD_COND_INITIALIZER;
static uint64_t created;

static void note_created(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&mutex);
    created++;
    pthread_cond_broadcast(&has_come);
    pthread_mutex_unlock(&mutex);
}

uint64_t gx_external_seen(void)
{
    pthread_mutex_lock(&mutex);
    uint64_t seen = created;
    pthread_mutex_unlock(&mutex);
    return seen;
}

void gx_external_wait(uint64_t seen, int64_t ms)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&mutex);
    while (created == seen && pthread_cond_timedwait(&has_come, &mutex, &until) != ETIMEDOUT)
        continue;
    pthread_mutex_unlock(&mutex);
}

bool gx_external_create(gx_work *work, const gx_case *of, int64_t instance, uint32_t key, gx_text element,
                        gx_text topic, gx_text inputs, gx_error *error)
{
    gx_db_after_commit(work->db, note_created, NULL);
    return gx_db_run(
        work->db, error,
        "INSERT INTO external_task (bucket, id, case_id, instance, key, element, topic, inputs, created_at) "
        "VALUES (bucket_of(?1), new_id('external_task', bucket_of(?1)), ?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        "iiittti", of->id, instance, (int64_t)key, element, topic, inputs, work->now);
}

/* ---- Fetching ---- */

#define COLUMNS                                                                                              \
    "t.id, t.instance, t.key, t.element, t.topic, t.inputs, t.worker, t.failure, t.created_at, "             \
    "t.locked_until, coalesce(t.retries, -1), c.number"

static gx_external read_task(gx_arena *arena, gx_statement *row)
{
    return (gx_external){.id = gx_column_int(row, 0),
                         .instance = gx_column_int(row, 1),
                         .key = (uint32_t)gx_column_int(row, 2),
                         .element = gx_column_copy(arena, row, 3),
                         .topic = gx_column_copy(arena, row, 4),
                         .inputs = gx_column_copy(arena, row, 5),
                         .worker = gx_column_copy(arena, row, 6),
                         .failure = gx_column_copy(arena, row, 7),
                         .created_at = gx_column_int(row, 8),
                         .locked_until = gx_column_int(row, 9),
                         .retries = gx_column_int(row, 10),
                         .case_number = gx_column_copy(arena, row, 11)};
}

bool gx_external_fetch(gx_work *work, gx_text topic, gx_text worker, int64_t lock_ms, size_t most,
                       gx_external *found, size_t *count, gx_error *error)
{
    size_t seen = 0;
    gx_external *free_ones = GX_NEW_ARRAY(work->arena, gx_external, most);
    gx_statement *rows = gx_db_prepare(
        work->db,
        "SELECT " COLUMNS
        " FROM external_task t JOIN cases c ON c.bucket = t.bucket AND c.id = t.case_id WHERE t.topic = ?1 "
        "AND t.locked_until <= ?2 AND c.suspended_at IS NULL ORDER BY t.locked_until, t.id LIMIT ?3");
    gx_bind(rows, "tii", topic, work->now, (int64_t)most);
    gx_step step;
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW && seen < most)
        free_ones[seen++] = read_task(work->arena, rows);
    if (step == GX_STEP_FAILED)
        return false;
    for (size_t i = 0; i < seen; i++) {
        gx_external *task = &free_ones[i];
        task->worker = worker;
        task->locked_until = work->now + lock_ms;
        if (!gx_db_run(work->db, error,
                       "UPDATE external_task SET worker = ?2, locked_until = ?3 WHERE bucket = bucket_of(?1) "
                       "AND id = ?1 AND locked_until <= ?4",
                       "itii", task->id, worker, task->locked_until, work->now))
            return false;
        if (gx_db_changes(work->db) == 1) /* another server may have been quicker */
            found[(*count)++] = *task;
    }
    return true;
}

/* ---- Answers ---- */

static bool find(gx_work *work, int64_t id, gx_text worker, gx_external *task, gx_error *error)
{
    gx_statement *row = gx_db_prepare(
        work->db, "SELECT " COLUMNS " FROM external_task t JOIN cases c ON c.bucket = t.bucket AND c.id = "
                                    "t.case_id WHERE t.bucket = bucket_of(?1) AND t.id = ?1");
    gx_bind_int(row, 1, id);
    gx_step step = gx_db_step(row, error);
    if (step != GX_STEP_ROW)
        return step == GX_STEP_FAILED ? false : gx_fail(error, "external.absent");
    *task = read_task(work->arena, row);
    gx_db_reset(row);
    return (worker.size && gx_text_equal(task->worker, worker)) ||
           gx_fail(error, "external.lock", task->worker);
}

static bool answer(gx_work *work, const gx_external *task, gx_command command, gx_error *error)
{
    command.key = task->key;
    return gx_db_run(work->db, error, "DELETE FROM external_task WHERE bucket = bucket_of(?1) AND id = ?1",
                     "i", task->id) &&
           gx_instance_command(work, task->instance, &command, error);
}

bool gx_external_complete(gx_work *work, int64_t id, gx_text worker, gx_value variables, gx_error *error)
{
    gx_external task;
    return find(work, id, worker, &task, error) &&
           answer(work, &task, (gx_command){.kind = GX_COMMAND_JOB_DONE, .variables = variables}, error);
}

bool gx_external_fail(gx_work *work, int64_t id, gx_text worker, gx_text message, int64_t retries,
                      int64_t pause_ms, gx_error *error)
{
    gx_external task;
    if (!find(work, id, worker, &task, error))
        return false;
    if (retries <= 0)
        return answer(work, &task, (gx_command){.kind = GX_COMMAND_JOB_FAILED, .detail = message}, error);
    return gx_db_run(work->db, error,
                     "UPDATE external_task SET worker = '', locked_until = ?2, retries = ?3, failure = ?4 "
                     "WHERE bucket = bucket_of(?1) AND id = ?1",
                     "iiit", id, work->now + (pause_ms > 0 ? pause_ms : 0), retries, message);
}

bool gx_external_raise(gx_work *work, int64_t id, gx_text worker, gx_text code, gx_text message,
                       gx_error *error)
{
    gx_external task;
    return find(work, id, worker, &task, error) &&
           answer(work, &task, (gx_command){.kind = GX_COMMAND_JOB_FAILED, .name = code, .detail = message},
                  error);
}

bool gx_external_extend(gx_work *work, int64_t id, gx_text worker, int64_t lock_ms, gx_error *error)
{
    gx_external task;
    if (!find(work, id, worker, &task, error))
        return false;
    if (task.locked_until <= work->now)
        return gx_fail(error, "external.lock", task.worker);
    return gx_db_run(work->db, error,
                     "UPDATE external_task SET locked_until = ?2 WHERE bucket = bucket_of(?1) AND id = ?1",
                     "ii", id, work->now + lock_ms);
}

bool gx_external_unlock(gx_work *work, int64_t id, gx_text worker, gx_error *error)
{
    gx_external task;
    if (worker.size && !find(work, id, worker, &task, error))
        return false;
    gx_db_after_commit(work->db, note_created, NULL);
    return gx_db_run(work->db, error,
                     "UPDATE external_task SET worker = '', locked_until = 0 WHERE bucket = bucket_of(?1) "
                     "AND id = ?1",
                     "i", id) &&
           (gx_db_changes(work->db) == 1 || gx_fail(error, "external.absent"));
}
