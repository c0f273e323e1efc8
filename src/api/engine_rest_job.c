/* Jobs and incidents. A job is work of the house that waits for its turn (its id is a number), a timer ("t"
 * with its instance and key), or a step whose retries are used up ("i" with its incident): that one is tried
 * again when it is given retries, whatever kind of step it is. */
#include "api/engine_rest.h"
#include "service/audit.h"
#include "service/repair.h"
#include "service/scheduler.h"

#define INSTANCE(alias)                                                                                      \
    "c.number || CASE WHEN " alias ".instance % 4096 = 0 THEN '' ELSE '.' || (" alias ".instance % 4096) "   \
                                                                                      "END"

/* ---- Incidents ---- */

static const gx_rest_column incident_columns[] = {
    {"id", GX_REST_ID, "n.id"},
    {"processDefinitionId", GX_REST_TEXT, "i.process || ':' || i.process_version"},
    {"processInstanceId", GX_REST_TEXT, INSTANCE("n")},
    {"executionId", GX_REST_TEXT, INSTANCE("n")},
    {"incidentTimestamp", GX_REST_INSTANT, "n.at"},
    {"incidentType", GX_REST_TEXT,
     "CASE WHEN EXISTS (SELECT 1 FROM external_task t WHERE t.bucket = n.bucket AND t.instance = n.instance "
     "AND t.key = "
     "n.key) THEN 'failedExternalTask' ELSE 'failedJob' END"},
    {"activityId", GX_REST_TEXT, "n.element"},
    {"failedActivityId", GX_REST_TEXT, "n.element"},
    {"causeIncidentId", GX_REST_ID, "n.id"},
    {"rootCauseIncidentId", GX_REST_ID, "n.id"},
    {"configuration", GX_REST_TEXT,
     "coalesce((SELECT CAST(t.id AS VARCHAR(20)) FROM external_task t WHERE t.bucket = n.bucket AND "
     "t.instance = n.instance "
     "AND t.key = n.key), 'i' || n.id)"},
    {"tenantId", GX_REST_NULL, NULL},
    {"incidentMessage", GX_REST_TEXT, "CASE WHEN n.detail = '' THEN n.code ELSE n.detail END"},
    {"jobDefinitionId", GX_REST_NULL, NULL},
    {"annotation", GX_REST_NULL, NULL},
};
static const gx_rest_filter incident_filters[] = {
    {"incidentId", GX_REST_NUMBER, "n.id = "},
    {"processInstanceId", GX_REST_EQUALS, INSTANCE("n") " = "},
    {"processInstanceIdIn", GX_REST_IN, INSTANCE("n") " IN "},
    {"executionId", GX_REST_EQUALS, INSTANCE("n") " = "},
    {"processDefinitionId", GX_REST_EQUALS, "i.process || ':' || i.process_version = "},
    {"processDefinitionKeyIn", GX_REST_IN, "i.process IN "},
    {"activityId", GX_REST_EQUALS, "n.element = "},
    {"failedActivityId", GX_REST_EQUALS, "n.element = "},
    {"incidentMessage", GX_REST_EQUALS, "n.detail = "},
    {"incidentMessageLike", GX_REST_LIKE, "n.detail "},
    {"incidentTimestampBefore", GX_REST_DATE, "n.at < "},
    {"incidentTimestampAfter", GX_REST_DATE, "n.at > "},
    {"incidentType", GX_REST_REFUSED, NULL},
    {"tenantIdIn", GX_REST_REFUSED, NULL},
};
static const gx_rest_filter incident_sorts[] = {
    {"incidentId", GX_REST_ALL, "n.id"},
    {"incidentTimestamp", GX_REST_ALL, "n.at"},
    {"incidentMessage", GX_REST_ALL, "n.detail"},
    {"activityId", GX_REST_ALL, "n.element"},
    {"processInstanceId", GX_REST_ALL, "n.instance"},
};
static const gx_rest_list incidents = {
    incident_columns,
    GX_COUNT_OF(incident_columns),
    "incident n JOIN cases c ON c.bucket = n.bucket AND c.id = n.case_id JOIN instance i ON i.bucket = "
    "n.bucket AND i.id = "
    "n.instance WHERE n.solved_at IS NULL",
    GX_REST_ALL_ROWS,
    NULL,
    incident_filters,
    incident_sorts,
    GX_COUNT_OF(incident_filters),
    GX_COUNT_OF(incident_sorts),
    "n.id",
    NULL,
    NULL,
};

bool gx_api_rest_incidents(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    return gx_rest_list_write(request, db, &incidents, reply, error);
}

bool gx_api_rest_incidents_count(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    return gx_rest_list_count(request, db, &incidents, reply, error);
}

bool gx_api_rest_incident(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    int64_t id;
    return gx_rest_id(request, "rest.absent", &id, error) &&
           gx_rest_list_one(request, db, &incidents, "n.id = ", (gx_text){NULL, 0}, id, "rest.absent", reply,
                            error);
}

/* ---- Jobs ---- */

static const gx_rest_column columns[] = {
    {"id", GX_REST_TEXT, "j.id"},
    {"jobDefinitionId", GX_REST_NULL, NULL},
    {"processInstanceId", GX_REST_TEXT, INSTANCE("j")},
    {"processDefinitionId", GX_REST_TEXT, "i.process || ':' || i.process_version"},
    {"processDefinitionKey", GX_REST_TEXT, "i.process"},
    {"executionId", GX_REST_TEXT, INSTANCE("j")},
    {"failedActivityId", GX_REST_TEXT, "CASE WHEN j.failure = '' THEN '' ELSE j.element END"},
    {"exceptionMessage", GX_REST_TEXT, "j.failure"},
    {"retries", GX_REST_INT, "j.retries"},
    {"dueDate", GX_REST_INSTANT, "j.due"},
    {"suspended", GX_REST_BOOL, "CASE WHEN c.suspended_at IS NULL THEN 0 ELSE 1 END"},
    {"priority", GX_REST_INT, "0"},
    {"tenantId", GX_REST_NULL, NULL},
    {"createTime", GX_REST_NULL, NULL},
    {"batchId", GX_REST_NULL, NULL},
};
static const gx_rest_filter filters[] = {
    {"jobId", GX_REST_EQUALS, "j.id = "},
    {"jobIds", GX_REST_IN, "j.id IN "},
    {"processInstanceId", GX_REST_EQUALS, INSTANCE("j") " = "},
    {"processInstanceIds", GX_REST_IN, INSTANCE("j") " IN "},
    {"executionId", GX_REST_EQUALS, INSTANCE("j") " = "},
    {"processDefinitionId", GX_REST_EQUALS, "i.process || ':' || i.process_version = "},
    {"processDefinitionKey", GX_REST_EQUALS, "i.process = "},
    {"activityId", GX_REST_EQUALS, "j.element = "},
    {"failedActivityId", GX_REST_EQUALS, "j.failure <> '' AND j.element = "},
    {"withRetriesLeft", GX_REST_TRUE, "j.retries > 0"},
    {"noRetriesLeft", GX_REST_TRUE, "j.retries = 0"},
    {"withException", GX_REST_TRUE, "j.failure <> ''"},
    {"timers", GX_REST_TRUE, "j.kind = 't'"},
    {"messages", GX_REST_TRUE, "j.kind <> 't'"},
    {"active", GX_REST_TRUE, "c.suspended_at IS NULL"},
    {"suspended", GX_REST_TRUE, "c.suspended_at IS NOT NULL"},
    {"withoutTenantId", GX_REST_ALL, NULL},
    {"tenantIdIn", GX_REST_REFUSED, NULL},
    {"jobDefinitionId", GX_REST_REFUSED, NULL},
    {"dueDates", GX_REST_REFUSED, NULL},
};
static const gx_rest_filter sorts[] = {
    {"jobId", GX_REST_ALL, "j.id"},
    {"jobDueDate", GX_REST_ALL, "j.due"},
    {"jobRetries", GX_REST_ALL, "j.retries"},
    {"processInstanceId", GX_REST_ALL, "j.instance"},
    {"processDefinitionKey", GX_REST_ALL, "i.process"},
};
static const gx_rest_list list = {
    columns,
    GX_COUNT_OF(columns),
    "(SELECT 'j' AS kind, CAST(id AS VARCHAR(20)) AS id, bucket, instance, element, run_at AS due, "
    "retries_left AS "
    "retries, '' AS failure FROM job UNION ALL SELECT 't', 't' || instance || '.' || key, bucket, instance, "
    "element, due, "
    "1, '' FROM timer UNION ALL SELECT 'i', 'i' || id, bucket, instance, element, NULL, 0, CASE WHEN detail "
    "= '' THEN code "
    "ELSE detail END FROM incident WHERE solved_at IS NULL) j JOIN cases c ON c.bucket = j.bucket AND c.id = "
    "j.instance / "
    "4096 JOIN instance i ON i.bucket = j.bucket AND i.id = j.instance WHERE 1 = 1",
    GX_REST_ALL_ROWS,
    NULL,
    filters,
    sorts,
    GX_COUNT_OF(filters),
    GX_COUNT_OF(sorts),
    "j.instance, j.id",
    NULL,
    NULL,
};

bool gx_api_rest_jobs(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    return gx_rest_list_write(request, db, &list, reply, error);
}

bool gx_api_rest_jobs_count(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    return gx_rest_list_count(request, db, &list, reply, error);
}

bool gx_api_rest_job(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    return gx_rest_list_one(request, db, &list, "j.id = ", gx_request_parameter(request, "id"), 0,
                            "rest.absent", reply, error);
}

/* ---- What can be done to one ---- */

typedef struct job_id {
    char kind; /* 'j', 't', 'i' */
    int64_t number, key;
} job_id;

static bool read_id(gx_request *request, job_id *id, gx_error *error)
{
    gx_text text = gx_request_parameter(request, "id"), key, number = text;
    *id = (job_id){.kind = text.size && (text.bytes[0] == 't' || text.bytes[0] == 'i') ? text.bytes[0] : 'j'};
    if (id->kind != 'j')
        number = gx_text_slice(text, 1, text.size);
    number = gx_text_cut(number, '.', &key);
    bool is_read = gx_text_to_int(number, &id->number) && (id->kind != 't' || gx_text_to_int(key, &id->key));
    return is_read || gx_fail(error, "rest.absent", text);
}

static bool retry(gx_request *request, gx_work *work, const job_id *id, gx_error *error)
{
    int64_t case_id = 0;
    if (!gx_db_get_int(
            work->db, error, &case_id, 0,
            "SELECT case_id FROM incident WHERE bucket = bucket_of(?1) AND id = ?1 AND solved_at IS NULL",
            "i", id->number))
        return false;
    gx_case *of = case_id ? gx_work_case(work, case_id, error) : NULL;
    if (!of)
        return case_id ? false : gx_fail(error, "rest.absent", gx_request_parameter(request, "id"));
    return gx_repair_retry(work, of, id->number, NULL, GX_TEXT("engine-rest"), error);
}

static bool must_have_changed(gx_request *request, gx_db *db, gx_error *error)
{
    return gx_db_changes(db) == 1 || gx_fail(error, "rest.absent", gx_request_parameter(request, "id"));
}

static bool finish(gx_request *request, gx_work *work, gx_reply *reply, gx_error *error)
{
    return gx_work_finish(work, error) &&
           gx_audit(work->db, request->arena, request->person, "incident.retry",
                    gx_request_parameter(request, "id"), "done", GX_TEXT("engine-rest"), error) &&
           gx_rest_nothing(reply);
}

bool gx_api_rest_job_retries(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    job_id id;
    gx_work work = gx_rest_work(request, db);
    static const char *const members[] = {"retries", "dueDate"};
    int64_t retries;
    if (!gx_rest_body(request, members, GX_COUNT_OF(members), error) || !read_id(request, &id, error) ||
        !gx_rest_body_int(request, "retries", 0, &retries, error))
        return false;
    if (id.kind == 't' || !gx_json_is_nothing(gx_json_get(request->json, "dueDate")))
        return gx_fail(error, "rest.instruction", id.kind == 't' ? GX_TEXT("retries") : GX_TEXT("dueDate"));
    if (id.kind == 'i')
        return (retries == 0 || retry(request, &work, &id, error)) && finish(request, &work, reply, error);
    return gx_db_run(db, error, "UPDATE job SET retries_left = ?2 WHERE bucket = bucket_of(?1) AND id = ?1",
                     "ii", id.number, retries) &&
           must_have_changed(request, db, error) && finish(request, &work, reply, error);
}

/* Of work that waits for its turn; a timer's instant is the model's. */
bool gx_api_rest_job_duedate(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    job_id id;
    gx_work work = gx_rest_work(request, db);
    gx_instant due = work.now;
    static const char *const members[] = {"duedate", "cascade"};
    gx_text text = gx_rest_body_text(request, "duedate");
    if (!gx_rest_body(request, members, GX_COUNT_OF(members), error) || !read_id(request, &id, error) ||
        (text.size && !gx_rest_read_instant(GX_TEXT("duedate"), text, &due, error)))
        return false;
    if (id.kind != 'j')
        return gx_fail(error, "rest.instruction", GX_TEXT("duedate"));
    gx_scheduler_wake(db);
    return gx_db_run(db, error, "UPDATE job SET run_at = ?2 WHERE bucket = bucket_of(?1) AND id = ?1", "ii",
                     id.number, due) &&
           must_have_changed(request, db, error) && finish(request, &work, reply, error);
}

/* A timer fires now; a used-up step is tried again; work that waits is the next to be done. */
bool gx_api_rest_job_execute(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    job_id id;
    gx_work work = gx_rest_work(request, db);
    if (!read_id(request, &id, error))
        return false;
    if (id.kind == 'i')
        return retry(request, &work, &id, error) && finish(request, &work, reply, error);
    if (id.kind == 't') {
        const gx_command command = {.kind = GX_COMMAND_TIMER, .key = (uint32_t)id.key};
        int64_t is_there = 0;
        if (!gx_db_get_int(
                db, error, &is_there, 0,
                "SELECT 1 FROM timer WHERE bucket = bucket_of(?1 / 4096) AND instance = ?1 AND key = ?2",
                "ii", id.number, id.key))
            return false;
        return (is_there || gx_fail(error, "rest.absent", gx_request_parameter(request, "id"))) &&
               gx_instance_command(&work, id.number, &command, error) && finish(request, &work, reply, error);
    }
    gx_scheduler_wake(db);
    return gx_db_run(db, error, "UPDATE job SET run_at = ?2 WHERE bucket = bucket_of(?1) AND id = ?1", "ii",
                     id.number, work.now) &&
           must_have_changed(request, db, error) && finish(request, &work, reply, error);
}
