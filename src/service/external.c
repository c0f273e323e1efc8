#include "service/external.h"
#include "service/case.h"

#include "base/limits.h"
#include "service/query.h"
#include "service/repair.h"

static const int64_t NEVER =
    INT64_MAX; /* a lock that does not run out: nobody fetches what has no retries left */

uint64_t gx_external_subject(gx_text topic)
{
    return gx_text_hash(
        gx_text_slice(topic, 0, topic.size < 60 ? topic.size : 60)); /* as gx_zone_tell cuts it */
}

bool gx_external_create(gx_work *work, const gx_case *of, int64_t instance, uint32_t key, gx_text element,
                        gx_text topic, gx_text inputs, gx_error *error)
{
    gx_zone_tell(work->zone, work->db, "external", topic);
    return gx_db_run(
        work->db, error,
        "INSERT INTO external_task (bucket, id, case_id, instance, key, element, topic, inputs, created_at) "
        "VALUES (bucket_of(?1), new_id('external_task', bucket_of(?1)), ?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        "iiittti", of->id, instance, (int64_t)key, element, topic, inputs, work->now);
}

/* ---- Fetching ---- */

#define COLUMNS                                                                                              \
    "t.id, t.instance, t.key, t.element, t.topic, t.inputs, t.worker, t.failure, t.created_at, "             \
    "t.locked_until, coalesce(t.retries, -1), c.number, t.priority, i.process, i.process_version, "          \
    "k.business_key"
#define TASKS                                                                                                \
    " FROM external_task t JOIN cases c ON c.bucket = t.bucket AND c.id = t.case_id JOIN instance i ON "     \
    "i.bucket = t.bucket AND i.id = t.instance LEFT JOIN case_key k ON k.bucket = t.bucket AND k.case_id = " \
    "t.case_id WHERE "

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
                         .case_number = gx_column_copy(arena, row, 11),
                         .priority = gx_column_int(row, 12),
                         .process = gx_column_copy(arena, row, 13),
                         .process_version = gx_column_int(row, 14),
                         .business_key = gx_column_copy(arena, row, 15)};
}

typedef struct fetching {
    gx_work *work;
    const gx_external_wish *wish;
    size_t most;
    const gx_variable_condition **left; /* conditions that the statement does not answer */
    size_t left_count;
} fetching;

/* What most workers wish has a statement that is compiled once. */
static gx_statement *find_free(fetching *f, gx_error *error)
{
    gx_work *work = f->work;
    const gx_external_wish *wish = f->wish;
    bool is_plain = !wish->by_priority && !wish->processes && !wish->business_key.size &&
                    !wish->process_version && !wish->condition_count;
    if (is_plain) {
        gx_statement *rows =
            gx_db_prepare(work->db, "SELECT " COLUMNS TASKS
                                    "t.topic = ?1 AND t.locked_until <= ?2 AND c.suspended_at IS NULL "
                                    "ORDER BY t.locked_until, t.id LIMIT ?3");
        gx_bind(rows, "tii", wish->topic, work->now, (int64_t)f->most);
        return rows;
    }
    gx_query query = gx_query_in(work->arena);
    gx_query_add(&query, "SELECT " COLUMNS TASKS "c.suspended_at IS NULL AND t.topic = ");
    gx_query_text(&query, wish->topic);
    gx_query_add(&query, " AND t.locked_until <= ");
    gx_query_int(&query, work->now);
    if (wish->processes) {
        gx_query_add(&query, " AND i.process IN (NULL");
        for (const gx_json *one = wish->processes->first; one; one = one->next) {
            gx_query_add(&query, ", ");
            gx_query_text(&query, gx_json_text(one));
        }
        gx_query_add(&query, ")");
    }
    if (wish->process_version) {
        gx_query_add(&query, " AND i.process_version = ");
        gx_query_int(&query, wish->process_version);
    }
    if (wish->business_key.size) {
        gx_query_add(&query, " AND k.business_key = ");
        gx_query_text(&query, wish->business_key);
    }
    for (size_t i = 0; i < wish->condition_count; i++) {
        bool is_added;
        if (!gx_variable_condition_add(&query, work->db, work->packages, &wish->conditions[i], &is_added,
                                       error))
            return NULL;
        if (!is_added)
            f->left[f->left_count++] = &wish->conditions[i];
    }
    gx_query_add(&query, wish->by_priority ? " ORDER BY t.priority DESC, t.locked_until, t.id LIMIT "
                                           : " ORDER BY t.locked_until, t.id LIMIT ");
    gx_query_int(&query, f->left_count ? GX_LIMIT_VARIABLE_FETCH_ROWS + 1 : (int64_t)f->most);
    return gx_query_prepare(&query, work->db, error);
}

static bool meets_conditions(const fetching *f, int64_t case_id, bool *is_met, gx_error *error)
{
    gx_work *work = f->work;
    gx_value variables;
    *is_met = true;
    if (!f->left_count)
        return true;
    gx_arena_mark here = gx_arena_here(work->arena);
    if (!gx_instance_variables(work->zone, work->db, work->arena, case_id, &variables, error))
        return false;
    for (size_t i = 0; i < f->left_count && *is_met; i++)
        *is_met = gx_variable_condition_is_met(work->arena, f->left[i], variables);
    gx_arena_rewind(work->arena, here);
    return true;
}

/* Tasks that nobody holds, in the order in which they are given out. */
static bool choose(fetching *f, gx_external *chosen, size_t *count, gx_error *error)
{
    gx_statement *rows = find_free(f, error);
    gx_step step = rows ? GX_STEP_DONE : GX_STEP_FAILED;
    uint32_t looked_at = 0;
    char figure[24];
    *count = 0;
    while (rows && *count < f->most && (step = gx_db_step(rows, error)) == GX_STEP_ROW) {
        bool is_met = false, is_read = true;
        if (f->left_count && ++looked_at > GX_LIMIT_VARIABLE_FETCH_ROWS)
            is_read = gx_fail(error, "case.search.undeclared", f->left[0]->name,
                              gx_error_int(figure, GX_LIMIT_VARIABLE_FETCH_ROWS));
        if (!is_read || !meets_conditions(f, gx_column_int(rows, 1) / GX_INSTANCE_PARTS, &is_met, error)) {
            gx_db_reset(rows);
            return false;
        }
        if (is_met)
            chosen[(*count)++] = read_task(f->work->arena, rows);
    }
    if (step == GX_STEP_ROW)
        gx_db_reset(rows);
    return step != GX_STEP_FAILED;
}

bool gx_external_fetch(gx_work *work, const gx_external_wish *wish, size_t most, gx_external *found,
                       size_t *count, gx_error *error)
{
    size_t seen;
    gx_external *free_ones = GX_NEW_ARRAY(work->arena, gx_external, most);
    fetching f = {.work = work, .wish = wish, .most = most};
    f.left = GX_NEW_ARRAY(work->arena, const gx_variable_condition *, wish->condition_count);
    if (!choose(&f, free_ones, &seen, error))
        return false;
    for (size_t i = 0; i < seen; i++) {
        gx_external *task = &free_ones[i];
        task->worker = wish->worker;
        task->locked_until = work->now + wish->lock_ms;
        if (!gx_db_run(work->db, error,
                       "UPDATE external_task SET worker = ?2, locked_until = ?3 WHERE bucket = bucket_of(?1) "
                       "AND id = ?1 AND locked_until <= ?4",
                       "itii", task->id, wish->worker, task->locked_until, work->now))
            return false;
        if (gx_db_changes(work->db) == 1) /* another server may have been quicker */
            found[(*count)++] = *task;
    }
    return true;
}

bool gx_external_next(gx_work *work, gx_text topic, gx_instant *at, gx_error *error)
{
    return gx_db_get_int(work->db, error, at, NEVER,
                         "SELECT min(locked_until) FROM external_task WHERE topic = ?1 AND locked_until > ?2",
                         "ti", topic, work->now);
}

/* ---- Answers ---- */

static bool load(gx_work *work, int64_t id, gx_external *task, gx_error *error)
{
    gx_statement *row =
        gx_db_prepare(work->db, "SELECT " COLUMNS TASKS "t.bucket = bucket_of(?1) AND t.id = ?1");
    gx_bind_int(row, 1, id);
    gx_step step = gx_db_step(row, error);
    if (step != GX_STEP_ROW)
        return step == GX_STEP_FAILED ? false : gx_fail(error, "external.absent");
    *task = read_task(work->arena, row);
    gx_db_reset(row);
    return true;
}

static bool find(gx_work *work, int64_t id, gx_text worker, gx_external *task, gx_error *error)
{
    return load(work, id, task, error) && ((worker.size && gx_text_equal(task->worker, worker)) ||
                                           gx_fail(error, "external.lock", task->worker));
}

static bool answer(gx_work *work, const gx_external *task, gx_command command, gx_error *error)
{
    command.key = task->key;
    return gx_db_run(work->db, error, "DELETE FROM external_task WHERE bucket = bucket_of(?1) AND id = ?1",
                     "i", task->id) &&
           gx_instance_command(work, task->instance, &command, error);
}

static bool has_outputs(gx_work *work, const gx_external *task, bool *has_some, gx_error *error)
{
    const gx_state *state;
    const gx_bpmn_process *process;
    if (!gx_work_instance(work, task->instance, &state, &process, error))
        return false;
    uint32_t node = gx_bpmn_node_of(process, task->element);
    *has_some = node != GX_NO_INDEX && process->nodes[node].output_count > 0;
    return true;
}

static gx_value both(gx_arena *arena, gx_value variables, gx_value locals)
{
    gx_context_builder builder = gx_context_begin(arena, 8);
    const gx_value all[] = {variables, locals};
    for (size_t i = 0; i < GX_COUNT_OF(all); i++)
        for (uint32_t k = 0; all[i].kind == GX_CONTEXT && k < all[i].context->count; k++)
            gx_context_set(&builder, all[i].context->entries[k].name, all[i].context->entries[k].value);
    return gx_context_end(&builder);
}

bool gx_external_complete(gx_work *work, int64_t id, gx_text worker, gx_value variables, gx_value locals,
                          gx_error *error)
{
    gx_external task;
    bool sees_locals = locals.kind == GX_CONTEXT && locals.context->count > 0;
    if (!find(work, id, worker, &task, error) ||
        (sees_locals && !has_outputs(work, &task, &sees_locals, error)))
        return false;
    if (sees_locals)
        variables = both(work->arena, variables, locals);
    return answer(work, &task, (gx_command){.kind = GX_COMMAND_JOB_DONE, .variables = variables}, error);
}

/* The row stays: it tells what was tried and waits for new retries. */
static bool run_out(gx_work *work, const gx_external *task, gx_text message, gx_text details, gx_error *error)
{
    const gx_command command = {.kind = GX_COMMAND_JOB_FAILED, .key = task->key, .detail = message};
    return gx_db_run(work->db, error,
                     "UPDATE external_task SET worker = '', locked_until = ?2, retries = 0, failure = ?3, "
                     "details = "
                     "?4 WHERE bucket = bucket_of(?1) AND id = ?1",
                     "iitt", task->id, NEVER, message, details) &&
           gx_instance_command(work, task->instance, &command, error);
}

bool gx_external_fail(gx_work *work, int64_t id, gx_text worker, const gx_external_failure *failure,
                      gx_error *error)
{
    gx_external task;
    if (!find(work, id, worker, &task, error))
        return false;
    if (failure->retries <= 0)
        return run_out(work, &task, failure->message, failure->details, error);
    if (failure->pause_ms <= 0)
        gx_zone_tell(work->zone, work->db, "external", task.topic);
    return gx_db_run(
        work->db, error,
        "UPDATE external_task SET worker = '', locked_until = ?2, retries = ?3, failure = ?4, details = "
        "?5 WHERE bucket = bucket_of(?1) AND id = ?1",
        "iiitt", id, work->now + (failure->pause_ms > 0 ? failure->pause_ms : 0), failure->retries,
        failure->message, failure->details);
}

bool gx_external_raise(gx_work *work, int64_t id, gx_text worker, gx_text code, gx_text message,
                       gx_value variables, gx_error *error)
{
    gx_external task;
    const gx_command set = {.kind = GX_COMMAND_SET_VARIABLES, .variables = variables};
    bool has_some = variables.kind == GX_CONTEXT && variables.context->count > 0;
    return find(work, id, worker, &task, error) &&
           (!has_some || gx_instance_command(work, task.instance, &set, error)) &&
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
    if (!(worker.size ? find(work, id, worker, &task, error) : load(work, id, &task, error)))
        return false;
    if (task.retries == 0)
        return true; /* nobody holds it, and nobody is to fetch it */
    gx_zone_tell(work->zone, work->db, "external", task.topic);
    return gx_db_run(work->db, error,
                     "UPDATE external_task SET worker = '', locked_until = 0 WHERE bucket = bucket_of(?1) "
                     "AND id = ?1",
                     "i", id);
}

/* ---- What administrators set ---- */

/* The step is tried again, which makes its task anew, with another key; it keeps the id under which programs
 * know it. */
static bool try_again(gx_work *work, const gx_external *task, int64_t retries, gx_error *error)
{
    int64_t incident = 0;
    gx_case *of = gx_work_case(work, task->instance / GX_INSTANCE_PARTS, error);
    if (!of ||
        !gx_db_get_int(work->db, error, &incident, 0,
                       "SELECT id FROM incident WHERE bucket = bucket_of(?1) AND case_id = ?1 AND instance = "
                       "?2 AND key = ?3 AND solved_at IS NULL ORDER BY id DESC LIMIT 1",
                       "iii", of->id, task->instance, (int64_t)task->key))
        return false;
    return gx_repair_retry(work, of, incident, NULL, (gx_text){"", 0}, error) &&
           gx_db_run(
               work->db, error,
               "UPDATE external_task SET id = ?1, retries = ?2 WHERE bucket = bucket_of(?1) AND id = (SELECT "
               "max(id) FROM external_task WHERE bucket = bucket_of(?1) AND instance = ?3 AND element = ?4)",
               "iiit", task->id, retries, task->instance, task->element);
}

bool gx_external_set_retries(gx_work *work, int64_t id, int64_t retries, gx_error *error)
{
    gx_external task;
    if (retries < 0)
        return gx_fail(error, "external.request");
    if (!load(work, id, &task, error))
        return false;
    if (task.retries == 0)
        return retries == 0 || try_again(work, &task, retries, error);
    if (retries == 0)
        return run_out(work, &task, task.failure, (gx_text){"", 0}, error);
    return gx_db_run(work->db, error,
                     "UPDATE external_task SET retries = ?2 WHERE bucket = bucket_of(?1) AND id = ?1", "ii",
                     id, retries);
}

bool gx_external_set_priority(gx_work *work, int64_t id, int64_t priority, gx_error *error)
{
    gx_external task;
    return load(work, id, &task, error) &&
           gx_db_run(work->db, error,
                     "UPDATE external_task SET priority = ?2 WHERE bucket = bucket_of(?1) AND id = ?1", "ii",
                     id, priority);
}
