/* External tasks: what programs outside fetch, do and report. */
#include "api/engine_rest.h"
#include "base/clock.h"
#include "service/external.h"

enum { TASKS_MOST = 1000, TOPICS_MOST = 100, PATIENCE_MOST_MS = 30 * 60 * 1000, BULK_MOST = 2000 };
static const int64_t LOCK_MOST_MS = 7ll * 24 * 3600 * 1000;

/* ---- Fetching ---- */

static const gx_json *nothing_or(const gx_json *value)
{
    return gx_json_is_nothing(value) ? NULL : value;
}

/* {"name": value}: all of them equal. */
static void read_conditions(gx_arena *arena, const gx_json *sought, gx_external_wish *wish)
{
    gx_variable_condition *all = GX_NEW_ARRAY(arena, gx_variable_condition, sought ? sought->count : 0);
    for (const gx_json *one = sought ? sought->first : NULL; one; one = one->next)
        all[wish->condition_count++] =
            (gx_variable_condition){.name = one->name, .comparison = GX_COMPARE_EQ, .value = one};
    wish->conditions = all;
}

static bool read_wish(gx_request *request, gx_arena *arena, const gx_json *topic, gx_external_wish *wish,
                      gx_error *error)
{
    gx_text id = gx_json_text_of(topic, "processDefinitionId"), version_text,
            key = gx_json_text_of(topic, "processDefinitionKey");
    const gx_json *keys = nothing_or(gx_json_get(topic, "processDefinitionKeyIn"));
    *wish = (gx_external_wish){.topic = gx_json_text_of(topic, "topicName"),
                               .worker = gx_rest_body_text(request, "workerId"),
                               .lock_ms = gx_json_int_of(topic, "lockDuration", 0),
                               .by_priority = gx_json_bool_of(request->json, "usePriority", false),
                               .processes = keys,
                               .business_key = gx_json_text_of(topic, "businessKey")};
    if (id.size) {
        key = gx_text_cut(id, ':', &version_text);
        if (!gx_text_to_int(version_text, &wish->process_version))
            return gx_fail(error, "rest.definition", id);
    }
    if (key.size) {
        gx_json *one = gx_json_array(arena);
        gx_json_append(one, gx_json_string(arena, key));
        wish->processes = one;
    }
    read_conditions(arena, nothing_or(gx_json_get(topic, "processVariables")), wish);
    return (wish->topic.size && wish->lock_ms >= 1 && wish->lock_ms <= LOCK_MOST_MS) ||
           gx_fail(error, "external.request");
}

/* The house has one tenant, which has no name: a topic that wants another gets nothing. */
static bool is_for_us(const gx_json *topic)
{
    const gx_json *tenants = gx_json_get(topic, "tenantIdIn");
    return !gx_json_is(tenants, GX_JSON_ARRAY) || tenants->count == 0 ||
           gx_json_bool_of(topic, "withoutTenantId", false);
}

/* What the task's token sees, with its inputs before all; of these those that are asked for. */
static bool read_seen(gx_request *request, gx_db *db, const gx_external *task, const gx_json *topic,
                      gx_json **seen, gx_error *error)
{
    gx_arena *arena = request->scratch;
    gx_json *inputs = gx_json_parse(arena, task->inputs, GX_TEXT("inputs"), error);
    const gx_definition *definition = gx_zone_definition(request->host, db, GX_DEFINITION_PROCESS,
                                                         task->process, task->process_version, error);
    if (!inputs || !definition)
        return false;
    uint32_t node = gx_bpmn_node_of(definition->process, task->element);
    bool has_all = node == GX_NO_INDEX || definition->process->nodes[node].input_count == 0;
    *seen = inputs;
    if (!has_all && !gx_json_bool_of(topic, "localVariables", false)) {
        const gx_state *state;
        const gx_bpmn_process *process;
        if (!gx_instance_read(request->host, db, arena, task->instance, &state, &process, NULL, error))
            return false;
        *seen = gx_value_to_json(arena, gx_state_variables_at(arena, state, task->key));
        if (!gx_json_is(*seen, GX_JSON_OBJECT))
            *seen = gx_json_object(arena);
        for (const gx_json *one = inputs->first; one; one = one->next)
            gx_json_set(arena, *seen, gx_copy_string(arena, one->name), gx_json_copy(arena, one));
    }
    const gx_json *names = gx_json_get(topic, "variables");
    if (!gx_json_is(names, GX_JSON_ARRAY))
        return true;
    gx_json *some = gx_json_object(arena);
    for (const gx_json *name = names->first; name; name = name->next) {
        const gx_json *one = gx_json_get_text_name(*seen, gx_json_text(name));
        if (one)
            gx_json_set(arena, some, gx_copy_string(arena, one->name), gx_json_copy(arena, one));
    }
    *seen = some;
    return true;
}

static bool write_task(gx_request *request, gx_db *db, const gx_external *task, const gx_json *topic,
                       gx_json_out *out, gx_error *error)
{
    gx_json *seen;
    if (!read_seen(request, db, task, topic, &seen, error))
        return false;
    gx_text instance = gx_rest_instance_id(request->arena, task->case_number, task->instance);
    gx_json_out_begin(out, '{');
    gx_json_out_member_text(out, "id", gx_format(request->arena, "%lld", (long long)task->id));
    gx_json_out_member_text(out, "topicName", task->topic);
    gx_json_out_member_text(out, "workerId", task->worker);
    gx_json_out_member_text(out, "activityId", task->element);
    gx_json_out_member_text(out, "activityInstanceId",
                            gx_format(request->arena, "%.*s:%u", GX_PRINT(task->element), task->key));
    gx_json_out_member_text(out, "executionId", instance);
    gx_json_out_member_text(out, "processInstanceId", instance);
    gx_json_out_member_text(out, "processDefinitionKey", task->process);
    gx_json_out_member_text(
        out, "processDefinitionId",
        gx_format(request->arena, "%.*s:%lld", GX_PRINT(task->process), (long long)task->process_version));
    gx_rest_null(out, "processDefinitionVersionTag");
    gx_rest_null(out, "tenantId");
    gx_rest_text(out, "businessKey", task->business_key);
    gx_rest_instant(out, "lockExpirationTime", task->locked_until);
    gx_rest_instant(out, "createTime", task->created_at);
    gx_json_out_member_int(out, "priority", task->priority);
    gx_json_out_member_bool(out, "suspended", false);
    gx_json_out_name(out, "retries");
    if (task->retries < 0)
        gx_json_out_null(out);
    else
        gx_json_out_int(out, task->retries);
    gx_rest_text(out, "errorMessage", task->failure);
    gx_rest_null(out, "errorDetails");
    gx_json_out_name(out, "variables");
    gx_rest_write_variables(request->scratch, out, seen);
    gx_json_out_name(out, "extensionProperties");
    gx_json_out_raw(out, GX_TEXT("{}"));
    gx_json_out_end(out, '}');
    return true;
}

/* Nothing to be had now: until a task of one of the topics comes, a lock runs out, or patience ends. */
static bool wait(gx_request *request, gx_work *work, const gx_json *topics, gx_reply *reply, gx_error *error)
{
    gx_wait *w = request->work;
    if (!w) {
        uint64_t *subjects = GX_NEW_ARRAY(request->arena, uint64_t, topics->count);
        w = request->work = GX_NEW(request->arena, gx_wait);
        w->until_ms = gx_clock_monotonic_ms() + gx_json_int_of(request->json, "asyncResponseTimeout", 0);
        w->subjects = subjects;
        for (const gx_json *topic = topics->first; topic; topic = topic->next)
            subjects[w->subject_count++] = gx_external_subject(gx_json_text_of(topic, "topicName"));
    }
    w->again_ms = INT64_MAX;
    for (const gx_json *topic = topics->first; topic; topic = topic->next) {
        gx_instant next;
        if (!gx_external_next(work, gx_json_text_of(topic, "topicName"), &next, error))
            return false;
        int64_t again = next == INT64_MAX ? INT64_MAX : gx_clock_monotonic_ms() + (next - work->now) + 1;
        w->again_ms = again < w->again_ms ? again : w->again_ms;
    }
    gx_reply_wait(reply, w);
    return true;
}

static bool fetch_topic(gx_request *request, gx_work *work, const gx_json *topic, size_t most,
                        gx_external *found, size_t *count, gx_error *error)
{
    gx_external_wish wish;
    if (!read_wish(request, work->arena, topic, &wish, error))
        return false;
    return !is_for_us(topic) || gx_external_fetch(work, &wish, most, found, count, error);
}

bool gx_api_external_fetch(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    static const char *const members[] = {"workerId", "maxTasks", "usePriority", "asyncResponseTimeout",
                                          "topics",   "sorting",  "createTime"};
    gx_work work = gx_work_begin(request->host, db, request->scratch, request->person);
    const gx_json *topics = gx_json_get(request->json, "topics");
    int64_t most = gx_json_int_of(request->json, "maxTasks", 1),
            patience = gx_json_int_of(request->json, "asyncResponseTimeout", 0);
    gx_external found[TASKS_MOST];
    const gx_json *topic_of[TASKS_MOST];
    size_t count = 0;
    char figure[24];
    if (!gx_rest_body(request, members, GX_COUNT_OF(members), error))
        return false;
    if (patience > PATIENCE_MOST_MS)
        return gx_fail(error, "rest.patience", gx_error_int(figure, PATIENCE_MOST_MS));
    most = most < 1 ? 1 : most > TASKS_MOST ? TASKS_MOST : most;
    if (!gx_rest_body_text(request, "workerId").size || !gx_json_is(topics, GX_JSON_ARRAY) ||
        topics->count > TOPICS_MOST)
        return gx_fail(error, "external.request");
    for (const gx_json *topic = topics->first; topic && count < (size_t)most; topic = topic->next) {
        size_t before = count;
        if (!fetch_topic(request, &work, topic, (size_t)most - count, found, &count, error))
            return false;
        for (size_t i = before; i < count; i++)
            topic_of[i] = topic;
    }
    if (!count && patience > 0 && !request->is_last_attempt)
        return wait(request, &work, topics, reply, error);
    gx_json_out *out = gx_rest_answer(reply);
    gx_json_out_begin(out, '[');
    for (size_t i = 0; i < count; i++)
        if (!write_task(request, db, &found[i], topic_of[i], out, error))
            return false;
    gx_json_out_end(out, ']');
    return gx_work_finish(&work, error);
}

/* ---- Answers ---- */

static bool end(gx_work *work, gx_reply *reply, gx_error *error)
{
    return gx_work_finish(work, error) && gx_rest_nothing(reply);
}

static bool read_value(gx_request *request, const char *name, gx_value *value, gx_error *error)
{
    const gx_json *plain = gx_rest_read_variables(request->arena, gx_json_get(request->json, name), error);
    if (!plain)
        return false;
    *value = gx_value_from_json(request->arena, plain);
    return true;
}

bool gx_api_external_complete(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    static const char *const members[] = {"workerId", "variables", "localVariables"};
    int64_t id;
    gx_value variables, locals;
    gx_work work = gx_rest_work(request, db);
    return gx_rest_body(request, members, GX_COUNT_OF(members), error) &&
           gx_rest_id(request, "external.absent", &id, error) &&
           read_value(request, "variables", &variables, error) &&
           read_value(request, "localVariables", &locals, error) &&
           gx_external_complete(&work, id, gx_rest_body_text(request, "workerId"), variables, locals,
                                error) &&
           end(&work, reply, error);
}

bool gx_api_external_failure(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    static const char *const members[] = {"workerId",     "errorMessage", "errorDetails",  "retries",
                                          "retryTimeout", "variables",    "localVariables"};
    int64_t id;
    gx_work work = gx_rest_work(request, db);
    const gx_external_failure failure = {.message = gx_rest_body_text(request, "errorMessage"),
                                         .details = gx_rest_body_text(request, "errorDetails"),
                                         .retries = gx_json_int_of(request->json, "retries", 0),
                                         .pause_ms = gx_json_int_of(request->json, "retryTimeout", 0)};
    return gx_rest_body(request, members, GX_COUNT_OF(members), error) &&
           gx_rest_id(request, "external.absent", &id, error) &&
           ((failure.retries >= 0 && failure.pause_ms >= 0 && failure.pause_ms <= LOCK_MOST_MS) ||
            gx_fail(error, "external.request")) &&
           gx_external_fail(&work, id, gx_rest_body_text(request, "workerId"), &failure, error) &&
           end(&work, reply, error);
}

bool gx_api_external_error(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    static const char *const members[] = {"workerId", "errorCode", "errorMessage", "variables"};
    int64_t id;
    gx_value variables;
    gx_work work = gx_rest_work(request, db);
    gx_text code = gx_rest_body_text(request, "errorCode");
    if (!gx_rest_body(request, members, GX_COUNT_OF(members), error) ||
        !read_value(request, "variables", &variables, error))
        return false;
    if (!code.size)
        return gx_fail(error, "external.request");
    return gx_rest_id(request, "external.absent", &id, error) &&
           gx_external_raise(&work, id, gx_rest_body_text(request, "workerId"), code,
                             gx_rest_body_text(request, "errorMessage"), variables, error) &&
           end(&work, reply, error);
}

bool gx_api_external_extend(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    static const char *const members[] = {"workerId", "newDuration"};
    int64_t id, lock = gx_json_int_of(request->json, "newDuration", 0);
    gx_work work = gx_rest_work(request, db);
    if (!gx_rest_body(request, members, GX_COUNT_OF(members), error))
        return false;
    if (lock < 1 || lock > LOCK_MOST_MS)
        return gx_fail(error, "external.request");
    return gx_rest_id(request, "external.absent", &id, error) &&
           gx_external_extend(&work, id, gx_rest_body_text(request, "workerId"), lock, error) &&
           end(&work, reply, error);
}

bool gx_api_external_unlock(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    int64_t id;
    gx_work work = gx_rest_work(request, db);
    return gx_rest_id(request, "external.absent", &id, error) &&
           gx_external_unlock(&work, id, GX_TEXT(""), error) && end(&work, reply, error);
}

/* ---- Administration ---- */

bool gx_api_external_retries(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    static const char *const members[] = {"retries"};
    int64_t id, retries;
    gx_work work = gx_rest_work(request, db);
    return gx_rest_body(request, members, 1, error) &&
           gx_rest_body_int(request, "retries", 0, &retries, error) &&
           gx_rest_id(request, "external.absent", &id, error) &&
           gx_external_set_retries(&work, id, retries, error) && end(&work, reply, error);
}

/* Ids that a bulk request names, each once. */
typedef struct named {
    int64_t ids[BULK_MOST];
    size_t count;
} named;

static bool name_one(named *n, int64_t id, gx_error *error)
{
    char figure[24];
    for (size_t i = 0; i < n->count; i++)
        if (n->ids[i] == id)
            return true;
    if (n->count == BULK_MOST)
        return gx_fail(error, "rest.bulk", gx_error_int(figure, BULK_MOST));
    n->ids[n->count++] = id;
    return true;
}

/* A list of the body; NULL when it is absent. */
static bool read_list(gx_request *request, const char *name, const gx_json **list, gx_error *error)
{
    char figure[24];
    *list = nothing_or(gx_json_get(request->json, name));
    if (*list && !gx_json_is(*list, GX_JSON_ARRAY))
        return gx_fail(error, "rest.value", gx_text_of(name), (*list)->text);
    return !*list || (*list)->count <= BULK_MOST ||
           gx_fail(error, "rest.bulk", gx_error_int(figure, BULK_MOST));
}

static bool name_those_of(gx_request *request, gx_db *db, gx_text id, named *n, gx_error *error)
{
    gx_case of;
    int64_t instance;
    if (!gx_rest_instance(request, db, id, "case.read", &of, &instance, error))
        return false;
    gx_statement *rows = gx_db_prepare(
        db, "SELECT id FROM external_task WHERE bucket = bucket_of(?1) AND instance = ?2 ORDER BY id");
    gx_bind(rows, "ii", of.id, instance);
    gx_step step;
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW)
        if (!name_one(n, gx_column_int(rows, 0), error)) {
            gx_db_reset(rows);
            return false;
        }
    return step == GX_STEP_DONE;
}

bool gx_api_external_retries_all(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    static const char *const members[] = {"retries", "externalTaskIds", "processInstanceIds"};
    const gx_json *ids, *instances;
    int64_t retries, id;
    gx_work work = gx_rest_work(request, db);
    named *all = GX_NEW(request->arena, named);
    if (!gx_rest_body(request, members, GX_COUNT_OF(members), error) ||
        !gx_rest_body_int(request, "retries", 0, &retries, error) ||
        !read_list(request, "externalTaskIds", &ids, error) ||
        !read_list(request, "processInstanceIds", &instances, error))
        return false;
    for (const gx_json *one = ids ? ids->first : NULL; one; one = one->next)
        if (!gx_text_to_int(gx_json_text(one), &id))
            return gx_fail(error, "external.absent", gx_json_text(one));
        else if (!name_one(all, id, error))
            return false;
    for (const gx_json *one = instances ? instances->first : NULL; one; one = one->next)
        if (!name_those_of(request, db, gx_json_text(one), all, error))
            return false;
    if (!all->count)
        return gx_fail(error, "rest.value", GX_TEXT("externalTaskIds"), GX_TEXT(""));
    for (size_t i = 0; i < all->count; i++)
        if (!gx_external_set_retries(&work, all->ids[i], retries, error))
            return false;
    return end(&work, reply, error);
}

bool gx_api_external_priority(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    static const char *const members[] = {"priority"};
    int64_t id, priority;
    gx_work work = gx_rest_work(request, db);
    return gx_rest_body(request, members, 1, error) &&
           gx_rest_body_int(request, "priority", INT64_MIN, &priority, error) &&
           gx_rest_id(request, "external.absent", &id, error) &&
           gx_external_set_priority(&work, id, priority, error) && end(&work, reply, error);
}

/* ---- Lists ---- */

#define INSTANCE "c.number || CASE WHEN t.instance % 4096 = 0 THEN '' ELSE '.' || (t.instance % 4096) END"

static const gx_rest_column columns[] = {
    {"id", GX_REST_ID, "t.id"},
    {"topicName", GX_REST_TEXT, "t.topic"},
    {"workerId", GX_REST_TEXT, "t.worker"},
    {"activityId", GX_REST_TEXT, "t.element"},
    {"activityInstanceId", GX_REST_TEXT, "t.element || ':' || t.key"},
    {"executionId", GX_REST_TEXT, INSTANCE},
    {"processInstanceId", GX_REST_TEXT, INSTANCE},
    {"processDefinitionId", GX_REST_TEXT, "i.process || ':' || i.process_version"},
    {"processDefinitionKey", GX_REST_TEXT, "i.process"},
    {"processDefinitionVersionTag", GX_REST_NULL, NULL},
    {"tenantId", GX_REST_NULL, NULL},
    {"businessKey", GX_REST_TEXT, "k.business_key"},
    {"lockExpirationTime", GX_REST_INSTANT, "t.locked_until"},
    {"createTime", GX_REST_INSTANT, "t.created_at"},
    {"retries", GX_REST_INT, "t.retries"},
    {"priority", GX_REST_INT, "t.priority"},
    {"errorMessage", GX_REST_TEXT, "t.failure"},
    {"suspended", GX_REST_BOOL, "CASE WHEN c.suspended_at IS NULL THEN 0 ELSE 1 END"},
};
static const gx_rest_filter filters[] = {
    {"externalTaskId", GX_REST_NUMBER, "t.id = "},
    {"externalTaskIdIn", GX_REST_IN, "CAST(t.id AS VARCHAR(20)) IN "},
    {"topicName", GX_REST_EQUALS, "t.topic = "},
    {"workerId", GX_REST_EQUALS, "t.worker = "},
    {"locked", GX_REST_TRUE, "t.worker <> ''"},
    {"notLocked", GX_REST_TRUE, "t.worker = ''"},
    {"withRetriesLeft", GX_REST_TRUE, "t.retries IS NULL OR t.retries > 0"},
    {"noRetriesLeft", GX_REST_TRUE, "t.retries = 0"},
    {"lockExpirationAfter", GX_REST_DATE, "t.locked_until > "},
    {"lockExpirationBefore", GX_REST_DATE, "t.locked_until < "},
    {"activityId", GX_REST_EQUALS, "t.element = "},
    {"activityIdIn", GX_REST_IN, "t.element IN "},
    {"executionId", GX_REST_EQUALS, INSTANCE " = "},
    {"processInstanceId", GX_REST_EQUALS, INSTANCE " = "},
    {"processInstanceIdIn", GX_REST_IN, INSTANCE " IN "},
    {"processDefinitionId", GX_REST_EQUALS, "i.process || ':' || i.process_version = "},
    {"processDefinitionKey", GX_REST_EQUALS, "i.process = "},
    {"processDefinitionKeyIn", GX_REST_IN, "i.process IN "},
    {"priorityHigherThanOrEquals", GX_REST_NUMBER, "t.priority >= "},
    {"priorityLowerThanOrEquals", GX_REST_NUMBER, "t.priority <= "},
    {"processVariables", GX_REST_VARIABLES, "t.instance"},
    {"active", GX_REST_TRUE, "c.suspended_at IS NULL"},
    {"suspended", GX_REST_TRUE, "c.suspended_at IS NOT NULL"},
    {"withoutTenantId", GX_REST_ALL, NULL},
    {"tenantIdIn", GX_REST_REFUSED, NULL},
};
static const gx_rest_filter sorts[] = {
    {"id", GX_REST_ALL, "t.id"},
    {"lockExpirationTime", GX_REST_ALL, "t.locked_until"},
    {"processInstanceId", GX_REST_ALL, "t.instance"},
    {"processDefinitionKey", GX_REST_ALL, "i.process"},
    {"processDefinitionId", GX_REST_ALL, "i.process"},
    {"taskPriority", GX_REST_ALL, "t.priority"},
    {"createTime", GX_REST_ALL, "t.created_at"},
};
static const gx_rest_list list = {
    columns,
    GX_COUNT_OF(columns),
    "external_task t JOIN cases c ON c.bucket = t.bucket AND c.id = t.case_id JOIN instance i ON i.bucket = "
    "t.bucket AND "
    "i.id = t.instance LEFT JOIN case_key k ON k.bucket = t.bucket AND k.case_id = t.case_id WHERE 1 = 1",
    GX_REST_ALL_ROWS,
    NULL,
    filters,
    sorts,
    GX_COUNT_OF(filters),
    GX_COUNT_OF(sorts),
    "t.id",
    NULL,
    NULL,
};

bool gx_api_external_list(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    return gx_rest_list_write(request, db, &list, reply, error);
}

bool gx_api_external_count(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    return gx_rest_list_count(request, db, &list, reply, error);
}

bool gx_api_external_one(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    int64_t id;
    return gx_rest_id(request, "external.absent", &id, error) &&
           gx_rest_list_one(request, db, &list, "t.id = ", (gx_text){NULL, 0}, id, "external.absent", reply,
                            error);
}

bool gx_api_external_details(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    int64_t id;
    gx_text details;
    if (!gx_rest_id(request, "external.absent", &id, error) ||
        !gx_db_get_text(db, request->arena, error, &details,
                        "SELECT details FROM external_task WHERE bucket = bucket_of(?1) AND id = ?1", "i",
                        id))
        return false;
    if (!details.bytes)
        return gx_fail(error, "external.absent");
    reply->content_type = "text/plain; charset=utf-8";
    gx_buffer_text(&reply->body, details);
    return true;
}

bool gx_api_external_topics(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    gx_statement *rows = gx_db_prepare(db, "SELECT DISTINCT topic FROM external_task ORDER BY topic");
    gx_json_out *out = gx_rest_answer(reply);
    gx_step step;
    (void)request;
    gx_json_out_begin(out, '[');
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW)
        gx_json_out_text(out, gx_column_text(rows, 0));
    gx_json_out_end(out, ']');
    return step == GX_STEP_DONE;
}
