/* History: what has run, from the rows that stay and from the journal. */
#include "api/engine_rest.h"

#define ID          "c.number || CASE WHEN i.id % 4096 = 0 THEN '' ELSE '.' || (i.id % 4096) END"
#define TASK_ID     "c.number || CASE WHEN t.instance % 4096 = 0 THEN '' ELSE '.' || (t.instance % 4096) END"
#define OF_INSTANCE "FROM journal j WHERE j.bucket = i.bucket AND j.case_id = c.id AND j.instance = i.id)"
#define BEGUN       "(SELECT min(j.at) " OF_INSTANCE
#define ENDED       "CASE WHEN i.has_ended = 0 THEN NULL ELSE (SELECT max(j.at) " OF_INSTANCE " END"
#define STATE                                                                                                \
    "CASE WHEN i.has_ended = 0 THEN CASE WHEN c.suspended_at IS NULL THEN 'ACTIVE' ELSE 'SUSPENDED' END "    \
    "WHEN c.state = "                                                                                        \
    "'ended' THEN 'EXTERNALLY_TERMINATED' ELSE 'COMPLETED' END"

/* ---- Process instances ---- */

static const gx_rest_column instance_columns[] = {
    {"id", GX_REST_TEXT, ID},
    {"businessKey", GX_REST_TEXT, "k.business_key"},
    {"processDefinitionId", GX_REST_TEXT, "i.process || ':' || i.process_version"},
    {"processDefinitionKey", GX_REST_TEXT, "i.process"},
    {"processDefinitionVersion", GX_REST_INT, "i.process_version"},
    {"startTime", GX_REST_INSTANT, BEGUN},
    {"endTime", GX_REST_INSTANT, ENDED},
    {"durationInMillis", GX_REST_INT,
     "CASE WHEN i.has_ended = 0 THEN NULL ELSE (SELECT max(j.at) - min(j.at) " OF_INSTANCE " END"},
    {"startUserId", GX_REST_TEXT, "c.submitted_by"},
    {"rootProcessInstanceId", GX_REST_TEXT, "c.number"},
    {"superProcessInstanceId", GX_REST_TEXT,
     "CASE WHEN i.parent IS NULL THEN '' ELSE c.number || CASE WHEN i.parent % 4096 = 0 THEN '' ELSE '.' || "
     "(i.parent % "
     "4096) END END"},
    {"state", GX_REST_TEXT, STATE},
    {"processDefinitionName", GX_REST_NULL, NULL},
    {"startActivityId", GX_REST_NULL, NULL},
    {"deleteReason", GX_REST_NULL, NULL},
    {"superCaseInstanceId", GX_REST_NULL, NULL},
    {"caseInstanceId", GX_REST_NULL, NULL},
    {"removalTime", GX_REST_NULL, NULL},
    {"tenantId", GX_REST_NULL, NULL},
};
static const gx_rest_filter instance_filters[] = {
    {"processInstanceId", GX_REST_EQUALS, ID " = "},
    {"processInstanceIds", GX_REST_IN, ID " IN "},
    {"processInstanceBusinessKey", GX_REST_EQUALS, "k.business_key = "},
    {"processInstanceBusinessKeyIn", GX_REST_IN, "k.business_key IN "},
    {"processInstanceBusinessKeyLike", GX_REST_LIKE, "k.business_key "},
    {"processDefinitionId", GX_REST_EQUALS, "i.process || ':' || i.process_version = "},
    {"processDefinitionKey", GX_REST_EQUALS, "i.process = "},
    {"processDefinitionKeyIn", GX_REST_IN, "i.process IN "},
    {"processDefinitionKeyNotIn", GX_REST_IN, "i.process NOT IN "},
    {"superProcessInstanceId", GX_REST_EQUALS,
     "i.parent IS NOT NULL AND c.number || CASE WHEN i.parent % 4096 = 0 THEN '' ELSE '.' || (i.parent % "
     "4096) END = "},
    {"rootProcessInstances", GX_REST_TRUE, "i.parent IS NULL"},
    {"finished", GX_REST_TRUE, "i.has_ended = 1"},
    {"unfinished", GX_REST_TRUE, "i.has_ended = 0"},
    {"active", GX_REST_TRUE, "i.has_ended = 0 AND c.suspended_at IS NULL"},
    {"suspended", GX_REST_TRUE, "i.has_ended = 0 AND c.suspended_at IS NOT NULL"},
    {"completed", GX_REST_TRUE, "i.has_ended = 1 AND c.state <> 'ended'"},
    {"externallyTerminated", GX_REST_TRUE, "i.has_ended = 1 AND c.state = 'ended'"},
    {"internallyTerminated", GX_REST_TRUE, "1 = 0"},
    {"withIncidents", GX_REST_TRUE,
     "EXISTS (SELECT 1 FROM incident n WHERE n.bucket = i.bucket AND n.case_id = c.id AND n.instance = "
     "i.id)"},
    {"startedBy", GX_REST_EQUALS, "c.submitted_by = "},
    {"startedBefore", GX_REST_DATE, BEGUN " < "},
    {"startedAfter", GX_REST_DATE, BEGUN " > "},
    {"finishedBefore", GX_REST_DATE, ENDED " < "},
    {"finishedAfter", GX_REST_DATE, ENDED " > "},
    {"variables", GX_REST_VARIABLES, "i.id"},
    {"withoutTenantId", GX_REST_ALL, NULL},
    {"tenantIdIn", GX_REST_REFUSED, NULL},
    {"executedActivityIdIn", GX_REST_REFUSED, NULL},
    {"activeActivityIdIn", GX_REST_REFUSED, NULL},
    {"orQueries", GX_REST_REFUSED, NULL},
};
static const gx_rest_filter instance_sorts[] = {
    {"instanceId", GX_REST_ALL, "i.id"},
    {"definitionId", GX_REST_ALL, "i.process, i.process_version"},
    {"definitionKey", GX_REST_ALL, "i.process"},
    {"definitionVersion", GX_REST_ALL, "i.process_version"},
    {"businessKey", GX_REST_ALL, "k.business_key"},
    {"startTime", GX_REST_ALL, BEGUN},
    {"endTime", GX_REST_ALL, ENDED},
};
static const gx_rest_list instances = {
    instance_columns,
    GX_COUNT_OF(instance_columns),
    "instance i JOIN cases c ON c.bucket = i.bucket AND c.id = i.id / 4096 LEFT JOIN case_key k ON k.bucket "
    "= c.bucket AND "
    "k.case_id = c.id WHERE 1 = 1",
    GX_REST_CASE_ROWS,
    "case.read",
    instance_filters,
    instance_sorts,
    GX_COUNT_OF(instance_filters),
    GX_COUNT_OF(instance_sorts),
    "i.id",
    NULL,
    NULL,
};

bool gx_api_rest_history_instances(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    return gx_rest_list_write(request, db, &instances, reply, error);
}

bool gx_api_rest_history_instances_count(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    return gx_rest_list_count(request, db, &instances, reply, error);
}

bool gx_api_rest_history_instance(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    gx_case of;
    int64_t id;
    return gx_rest_instance(request, db, gx_request_parameter(request, "id"), "case.read", &of, &id, error) &&
           gx_rest_list_one(request, db, &instances, "i.id = ", (gx_text){NULL, 0}, id, "rest.instance",
                            reply, error);
}

/* ---- Tasks ---- */

static const gx_rest_column task_columns[] = {
    {"id", GX_REST_ID, "t.id"},
    {"processDefinitionKey", GX_REST_TEXT, "i.process"},
    {"processDefinitionId", GX_REST_TEXT, "i.process || ':' || i.process_version"},
    {"processInstanceId", GX_REST_TEXT, TASK_ID},
    {"rootProcessInstanceId", GX_REST_TEXT, "c.number"},
    {"executionId", GX_REST_TEXT, TASK_ID},
    {"activityInstanceId", GX_REST_TEXT, "t.element || ':' || t.key"},
    {"name", GX_REST_TEXT, "t.name"},
    {"taskDefinitionKey", GX_REST_TEXT, "t.element"},
    {"assignee", GX_REST_TEXT, "CASE WHEN t.done_by IS NULL THEN t.assignee ELSE t.done_by END"},
    {"priority", GX_REST_INT, "t.priority"},
    {"due", GX_REST_INSTANT, "t.due"},
    {"startTime", GX_REST_INSTANT, "t.created_at"},
    {"endTime", GX_REST_INSTANT, "t.done_at"},
    {"duration", GX_REST_INT, "t.done_at - t.created_at"},
    {"deleteReason", GX_REST_TEXT,
     "CASE WHEN t.done_at IS NULL THEN '' WHEN t.done_by IS NULL THEN 'deleted' ELSE 'completed' END"},
    {"owner", GX_REST_NULL, NULL},
    {"description", GX_REST_NULL, NULL},
    {"followUp", GX_REST_NULL, NULL},
    {"parentTaskId", GX_REST_NULL, NULL},
    {"removalTime", GX_REST_NULL, NULL},
    {"tenantId", GX_REST_NULL, NULL},
};
static const gx_rest_filter task_filters[] = {
    {"taskId", GX_REST_NUMBER, "t.id = "},
    {"processInstanceId", GX_REST_EQUALS, TASK_ID " = "},
    {"processInstanceBusinessKey", GX_REST_EQUALS, "k.business_key = "},
    {"executionId", GX_REST_EQUALS, TASK_ID " = "},
    {"processDefinitionId", GX_REST_EQUALS, "i.process || ':' || i.process_version = "},
    {"processDefinitionKey", GX_REST_EQUALS, "i.process = "},
    {"taskName", GX_REST_EQUALS, "t.name = "},
    {"taskNameLike", GX_REST_LIKE, "t.name "},
    {"taskDefinitionKey", GX_REST_EQUALS, "t.element = "},
    {"taskDefinitionKeyIn", GX_REST_IN, "t.element IN "},
    {"taskAssignee", GX_REST_EQUALS, "coalesce(t.done_by, t.assignee) = "},
    {"taskAssigneeLike", GX_REST_LIKE, "coalesce(t.done_by, t.assignee) "},
    {"assigned", GX_REST_TRUE, "t.assignee <> ''"},
    {"unassigned", GX_REST_TRUE, "t.assignee = ''"},
    {"taskPriority", GX_REST_NUMBER, "t.priority = "},
    {"finished", GX_REST_TRUE, "t.done_at IS NOT NULL"},
    {"unfinished", GX_REST_TRUE, "t.done_at IS NULL"},
    {"processFinished", GX_REST_TRUE, "i.has_ended = 1"},
    {"processUnfinished", GX_REST_TRUE, "i.has_ended = 0"},
    {"startedBefore", GX_REST_DATE, "t.created_at < "},
    {"startedAfter", GX_REST_DATE, "t.created_at > "},
    {"finishedBefore", GX_REST_DATE, "t.done_at < "},
    {"finishedAfter", GX_REST_DATE, "t.done_at > "},
    {"withoutTenantId", GX_REST_ALL, NULL},
    {"tenantIdIn", GX_REST_REFUSED, NULL},
    {"taskOwner", GX_REST_REFUSED, NULL},
    {"taskDeleteReason", GX_REST_REFUSED, NULL},
    {"processVariables", GX_REST_VARIABLES, "t.instance"},
    {"taskVariables", GX_REST_REFUSED, NULL}, /* they end with the task */
};
static const gx_rest_filter task_sorts[] = {
    {"taskId", GX_REST_ALL, "t.id"},
    {"taskName", GX_REST_ALL, "t.name"},
    {"assignee", GX_REST_ALL, "t.assignee"},
    {"startTime", GX_REST_ALL, "t.created_at"},
    {"endTime", GX_REST_ALL, "t.done_at"},
    {"duration", GX_REST_ALL, "t.done_at - t.created_at"},
    {"priority", GX_REST_ALL, "t.priority"},
    {"dueDate", GX_REST_ALL, "t.due"},
    {"processInstanceId", GX_REST_ALL, "t.instance"},
};
static const gx_rest_list tasks = {
    task_columns,
    GX_COUNT_OF(task_columns),
    "task t JOIN cases c ON c.bucket = t.bucket AND c.id = t.case_id JOIN instance i ON i.bucket = t.bucket "
    "AND i.id = "
    "t.instance LEFT JOIN case_key k ON k.bucket = t.bucket AND k.case_id = t.case_id WHERE 1 = 1",
    GX_REST_TASK_ROWS,
    NULL,
    task_filters,
    task_sorts,
    GX_COUNT_OF(task_filters),
    GX_COUNT_OF(task_sorts),
    "t.id",
    NULL,
    NULL,
};

bool gx_api_rest_history_tasks(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    return gx_rest_list_write(request, db, &tasks, reply, error);
}

bool gx_api_rest_history_tasks_count(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    return gx_rest_list_count(request, db, &tasks, reply, error);
}

/* ---- Incidents ---- */

#define INCIDENT_ID "c.number || CASE WHEN n.instance % 4096 = 0 THEN '' ELSE '.' || (n.instance % 4096) END"
static const gx_rest_column incident_columns[] = {
    {"id", GX_REST_ID, "n.id"},
    {"processDefinitionKey", GX_REST_TEXT, "i.process"},
    {"processDefinitionId", GX_REST_TEXT, "i.process || ':' || i.process_version"},
    {"processInstanceId", GX_REST_TEXT, INCIDENT_ID},
    {"executionId", GX_REST_TEXT, INCIDENT_ID},
    {"rootProcessInstanceId", GX_REST_TEXT, "c.number"},
    {"createTime", GX_REST_INSTANT, "n.at"},
    {"endTime", GX_REST_INSTANT, "n.solved_at"},
    {"incidentType", GX_REST_TEXT, "'failedJob'"},
    {"activityId", GX_REST_TEXT, "n.element"},
    {"failedActivityId", GX_REST_TEXT, "n.element"},
    {"incidentMessage", GX_REST_TEXT, "CASE WHEN n.detail = '' THEN n.code ELSE n.detail END"},
    {"open", GX_REST_BOOL, "CASE WHEN n.solved_at IS NULL THEN 1 ELSE 0 END"},
    {"resolved", GX_REST_BOOL, "CASE WHEN n.solved_at IS NULL THEN 0 ELSE 1 END"},
    {"deleted", GX_REST_BOOL, "0"},
    {"tenantId", GX_REST_NULL, NULL},
};
static const gx_rest_filter incident_filters[] = {
    {"incidentId", GX_REST_NUMBER, "n.id = "},
    {"processInstanceId", GX_REST_EQUALS, INCIDENT_ID " = "},
    {"processDefinitionId", GX_REST_EQUALS, "i.process || ':' || i.process_version = "},
    {"processDefinitionKey", GX_REST_EQUALS, "i.process = "},
    {"activityId", GX_REST_EQUALS, "n.element = "},
    {"incidentMessage", GX_REST_EQUALS, "n.detail = "},
    {"open", GX_REST_TRUE, "n.solved_at IS NULL"},
    {"resolved", GX_REST_TRUE, "n.solved_at IS NOT NULL"},
    {"deleted", GX_REST_TRUE, "1 = 0"},
    {"incidentType", GX_REST_REFUSED, NULL},
    {"tenantIdIn", GX_REST_REFUSED, NULL},
};
static const gx_rest_filter incident_sorts[] = {{"incidentId", GX_REST_ALL, "n.id"},
                                                {"createTime", GX_REST_ALL, "n.at"},
                                                {"endTime", GX_REST_ALL, "n.solved_at"}};
static const gx_rest_list incidents = {
    incident_columns,
    GX_COUNT_OF(incident_columns),
    "incident n JOIN cases c ON c.bucket = n.bucket AND c.id = n.case_id JOIN instance i ON i.bucket = "
    "n.bucket AND i.id = "
    "n.instance WHERE 1 = 1",
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

bool gx_api_rest_history_incidents(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    return gx_rest_list_write(request, db, &incidents, reply, error);
}

bool gx_api_rest_history_incidents_count(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    return gx_rest_list_count(request, db, &incidents, reply, error);
}
