/* /engine-rest: the part of Camunda 7's REST interface that workers and callers use, with its names and
 * shapes, so that their clients work here unmodified: external tasks, starting processes, messages. Who calls
 * is known by an API key, as HTTP Basic's password or as a bearer token. Ids of process instances are case
 * numbers. */
#include "api/api.h"
#include "base/clock.h"
#include "service/audit.h"
#include "service/case.h"
#include "service/external.h"

#include <stdatomic.h>

enum { TASKS_MOST = 100, TOPICS_MOST = 50, POLL_MOST_MS = 5000, POLLING_MOST = 2 };
static const int64_t LOCK_MOST_MS = 7ll * 24 * 3600 * 1000;
static atomic_int polling; /* long polls at work: they keep a worker thread each */

static gx_work begin(gx_request *request, gx_db *db)
{
    return gx_work_begin(request->host, db, request->arena, request->person);
}

static gx_text text_of(const gx_json *json, const char *name)
{
    gx_text text = gx_json_text_of(json, name);
    return text.bytes ? text : (gx_text){"", 0};
}

static bool end(gx_work *work, gx_reply *reply, gx_error *error)
{
    if (!gx_work_finish(work, error))
        return false;
    reply->status = 204;
    return true;
}

/* ---- Variables: {"name": {"value", "type"}} ---- */

static void write_variables(gx_request *request, const gx_json *values, gx_json_out *out)
{
    gx_json_out_begin(out, '{');
    for (const gx_json *one = values ? values->first : NULL; one; one = one->next) {
        int64_t whole;
        bool is_tree = one->kind == GX_JSON_OBJECT || one->kind == GX_JSON_ARRAY;
        const char *type = is_tree                                                   ? "Json"
                           : one->kind == GX_JSON_STRING                             ? "String"
                           : one->kind == GX_JSON_TRUE || one->kind == GX_JSON_FALSE ? "Boolean"
                           : one->kind == GX_JSON_NULL                               ? "Null"
                           : gx_json_to_int(one, &whole)                             ? "Long"
                                                                                     : "Double";
        gx_json_out_name(out, gx_copy_string(request->arena, one->name));
        gx_json_out_begin(out, '{');
        gx_json_out_member_text(out, "type", gx_text_of(type));
        gx_json_out_name(out, "value");
        if (is_tree)
            gx_json_out_text(out, gx_json_to_text(request->arena, one));
        else
            gx_json_out_value(out, one);
        gx_json_out_name(out, "valueInfo");
        gx_json_out_begin(out, '{');
        gx_json_out_end(out, '}');
        gx_json_out_end(out, '}');
    }
    gx_json_out_end(out, '}');
}

static bool is_json_type(gx_text type)
{
    return gx_text_equal(type, GX_TEXT("Json")) || gx_text_equal(type, GX_TEXT("json"));
}

/* Plain values; texts of type Json are trees again. NULL with an error. */
static gx_json *read_variables(gx_request *request, const gx_json *typed, gx_error *error)
{
    gx_json *plain = gx_json_object(request->arena);
    for (const gx_json *one = typed ? typed->first : NULL; one; one = one->next) {
        const gx_json *value = gx_json_get(one, "value");
        gx_json *kept = gx_json_is(value, GX_JSON_STRING) && is_json_type(gx_json_text_of(one, "type"))
                            ? gx_json_parse(request->arena, value->text, one->name, error)
                            : gx_json_parse(request->arena,
                                            value ? gx_json_to_text(request->arena, value) : GX_TEXT("null"),
                                            one->name, error);
        if (!kept)
            return NULL;
        gx_json_set(request->arena, plain, gx_copy_string(request->arena, one->name), kept);
    }
    return plain;
}

/* ---- External tasks ---- */

typedef struct fetching {
    gx_external tasks[TASKS_MOST];
    size_t count;
} fetching;

static bool fetch(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    fetching *f = request->work;
    gx_work work = begin(request, db);
    const gx_json *topics = gx_json_get(request->json, "topics");
    gx_text worker = text_of(request->json, "workerId");
    int64_t most = gx_json_int_of(request->json, "maxTasks", 1);
    (void)reply;
    most = most < 1 ? 1 : most > TASKS_MOST ? TASKS_MOST : most;
    if (!worker.size || !gx_json_is(topics, GX_JSON_ARRAY) || topics->count > TOPICS_MOST)
        return gx_fail(error, "external.request");
    f->count = 0;
    for (const gx_json *topic = topics->first; topic && f->count < (size_t)most; topic = topic->next) {
        int64_t lock = gx_json_int_of(topic, "lockDuration", 0);
        if (lock < 1 || lock > LOCK_MOST_MS || !gx_json_text_of(topic, "topicName").size)
            return gx_fail(error, "external.request");
        if (!gx_external_fetch(&work, text_of(topic, "topicName"), worker, lock, (size_t)most - f->count,
                               f->tasks + f->count, &f->count, error))
            return false;
    }
    for (size_t i = 0; i < f->count; i++) { /* they outlive the command */
        gx_external *task = &f->tasks[i];
        gx_text *const texts[] = {&task->case_number, &task->element, &task->topic, &task->inputs,
                                  &task->failure};
        for (size_t k = 0; k < GX_COUNT_OF(texts); k++)
            *texts[k] = gx_copy(request->arena, *texts[k]);
    }
    return gx_work_finish(&work, error);
}

static bool write_task(gx_request *request, const gx_external *task, gx_text worker, gx_json_out *out,
                       gx_error *error)
{
    char at[GX_INSTANT_SIZE];
    const gx_json *inputs = gx_json_parse(request->arena, task->inputs, GX_TEXT("inputs"), error);
    if (!inputs)
        return false;
    gx_json_out_begin(out, '{');
    gx_json_out_member_text(out, "id", gx_format(request->arena, "%lld", (long long)task->id));
    gx_json_out_member_text(out, "topicName", task->topic);
    gx_json_out_member_text(out, "workerId", worker);
    gx_json_out_member_text(out, "activityId", task->element);
    gx_json_out_member_text(out, "processInstanceId", task->case_number);
    gx_json_out_member_text(out, "businessKey", task->case_number);
    gx_json_out_member_text(out, "lockExpirationTime", gx_instant_write(task->locked_until, at));
    gx_json_out_member_text(out, "createTime", gx_instant_write(task->created_at, at));
    gx_json_out_member_int(out, "priority", 0);
    gx_json_out_name(out, "retries");
    if (task->retries < 0)
        gx_json_out_null(out);
    else
        gx_json_out_int(out, task->retries);
    gx_json_out_member_text(out, "errorMessage", task->failure);
    gx_json_out_name(out, "variables");
    write_variables(request, inputs, out);
    gx_json_out_end(out, '}');
    return true;
}

/* A long poll holds a worker thread, so it is short, and few wait at once; clients ask again by themselves.
 */
static bool fetch_patiently(gx_request *request, gx_error *error)
{
    int64_t patience = gx_json_int_of(request->json, "asyncResponseTimeout", 0);
    int64_t until = gx_clock_monotonic_ms() + (patience < POLL_MOST_MS ? patience : POLL_MOST_MS);
    const fetching *f = request->work;
    bool may_wait = atomic_fetch_add(&polling, 1) < POLLING_MOST, is_fetched;
    for (;;) {
        uint64_t seen = gx_external_seen();
        is_fetched = gx_request_change(request, fetch, error);
        int64_t left = until - gx_clock_monotonic_ms();
        if (!is_fetched || f->count || !may_wait || left <= 0)
            break;
        gx_external_wait(seen, left);
    }
    atomic_fetch_sub(&polling, 1);
    return is_fetched;
}

bool gx_api_external_fetch(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    fetching *f = GX_NEW(request->arena, fetching);
    (void)db;
    request->work = f;
    if (!fetch_patiently(request, error))
        return false;
    reply->content_type = "application/json"; /* bare: clients compare it as a whole */
    gx_json_out_begin(&reply->out, '[');
    for (size_t i = 0; i < f->count; i++)
        if (!write_task(request, &f->tasks[i], text_of(request->json, "workerId"), &reply->out, error))
            return false;
    gx_json_out_end(&reply->out, ']');
    return true;
}

static bool id_of(gx_request *request, int64_t *id, gx_error *error)
{
    return gx_text_to_int(gx_request_parameter(request, "id"), id) || gx_fail(error, "external.absent");
}

bool gx_api_external_complete(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    int64_t id;
    gx_work work = begin(request, db);
    const gx_json *variables = read_variables(request, gx_json_get(request->json, "variables"), error);
    return variables && id_of(request, &id, error) &&
           gx_external_complete(&work, id, text_of(request->json, "workerId"),
                                gx_value_from_json(request->arena, variables), error) &&
           end(&work, reply, error);
}

bool gx_api_external_failure(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    int64_t id;
    gx_work work = begin(request, db);
    return id_of(request, &id, error) &&
           gx_external_fail(&work, id, text_of(request->json, "workerId"),
                            text_of(request->json, "errorMessage"),
                            gx_json_int_of(request->json, "retries", 0),
                            gx_json_int_of(request->json, "retryTimeout", 0), error) &&
           end(&work, reply, error);
}

bool gx_api_external_error(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    int64_t id;
    gx_work work = begin(request, db);
    gx_text code = text_of(request->json, "errorCode");
    if (!code.size)
        return gx_fail(error, "external.request");
    return id_of(request, &id, error) &&
           gx_external_raise(&work, id, text_of(request->json, "workerId"), code,
                             text_of(request->json, "errorMessage"), error) &&
           end(&work, reply, error);
}

bool gx_api_external_extend(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    int64_t id, lock = gx_json_int_of(request->json, "newDuration", 0);
    gx_work work = begin(request, db);
    if (lock < 1 || lock > LOCK_MOST_MS)
        return gx_fail(error, "external.request");
    return id_of(request, &id, error) &&
           gx_external_extend(&work, id, text_of(request->json, "workerId"), lock, error) &&
           end(&work, reply, error);
}

bool gx_api_external_unlock(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    int64_t id;
    gx_work work = begin(request, db);
    return id_of(request, &id, error) && gx_external_unlock(&work, id, GX_TEXT(""), error) &&
           end(&work, reply, error);
}

/* ---- Starting and messages ---- */

bool gx_api_engine_start(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    gx_work work = begin(request, db);
    gx_case *of;
    gx_text key = gx_request_parameter(request, "key");
    const gx_json *variables = read_variables(request, gx_json_get(request->json, "variables"), error);
    const gx_application application = {.matter = key, .data = variables, .channel = GX_TEXT("web")};
    if (!variables || !gx_case_submit(&work, &application, &of, error) || !gx_work_finish(&work, error) ||
        !gx_audit(db, request->arena, request->person, "case.create", of->number, "done", key, error))
        return false;
    reply->content_type = "application/json";
    gx_json_out_begin(&reply->out, '{');
    gx_json_out_member_text(&reply->out, "id", of->number);
    gx_json_out_member_text(&reply->out, "definitionId", key);
    gx_json_out_member_text(&reply->out, "businessKey", of->number);
    gx_json_out_member_bool(&reply->out, "ended", gx_case_is_closed(of));
    gx_json_out_member_bool(&reply->out, "suspended", of->suspended_at != 0);
    gx_json_out_end(&reply->out, '}');
    return true;
}

bool gx_api_engine_message(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    gx_work work = begin(request, db);
    int64_t heard;
    const gx_json *variables = read_variables(request, gx_json_get(request->json, "processVariables"), error);
    gx_text business_key = text_of(request->json, "businessKey"),
            name = text_of(request->json, "messageName");
    if (!variables)
        return false;
    gx_entry entry = {GX_TEXT("message"), gx_value_from_json(request->arena, variables)};
    const gx_message message = {
        .name = name,
        .correlation = business_key.size ? business_key : text_of(request->json, "processInstanceId"),
        .variables = gx_value_context(request->arena, &entry, 1)};
    if (!gx_message_publish(&work, &message, &heard, error))
        return false;
    return heard ? end(&work, reply, error) : gx_fail(error, "case.message.unheard", name);
}
