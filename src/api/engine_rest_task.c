/* Tasks of people: what one may see and do is the house's rule (service/task.h), whoever asks. */
#include "api/engine_rest.h"
#include "service/audit.h"
#include "service/office.h"

#define INSTANCE "c.number || CASE WHEN t.instance % 4096 = 0 THEN '' ELSE '.' || (t.instance % 4096) END"

static const gx_rest_column columns[] = {
    {"id", GX_REST_ID, "t.id"},
    {"name", GX_REST_TEXT, "t.name"},
    {"assignee", GX_REST_TEXT, "t.assignee"},
    {"created", GX_REST_INSTANT, "t.created_at"},
    {"due", GX_REST_INSTANT, "t.due"},
    {"followUp", GX_REST_NULL, NULL},
    {"lastUpdated", GX_REST_NULL, NULL},
    {"delegationState", GX_REST_TEXT, "CASE WHEN t.waits_for <> 0 THEN 'PENDING' ELSE '' END"},
    {"description", GX_REST_NULL, NULL},
    {"executionId", GX_REST_TEXT, INSTANCE},
    {"owner", GX_REST_NULL, NULL},
    {"parentTaskId", GX_REST_NULL, NULL},
    {"priority", GX_REST_INT, "t.priority"},
    {"processDefinitionId", GX_REST_TEXT, "i.process || ':' || i.process_version"},
    {"processInstanceId", GX_REST_TEXT, INSTANCE},
    {"caseExecutionId", GX_REST_NULL, NULL},
    {"caseDefinitionId", GX_REST_NULL, NULL},
    {"caseInstanceId", GX_REST_NULL, NULL},
    {"taskDefinitionKey", GX_REST_TEXT, "t.element"},
    {"suspended", GX_REST_BOOL, "CASE WHEN c.suspended_at IS NULL THEN 0 ELSE 1 END"},
    {"formKey", GX_REST_TEXT, "t.form"},
    {"camundaFormRef", GX_REST_NULL, NULL},
    {"tenantId", GX_REST_NULL, NULL},
};
static const gx_rest_filter filters[] = {
    {"taskId", GX_REST_NUMBER, "t.id = "},
    {"taskIdIn", GX_REST_IN, "CAST(t.id AS VARCHAR(20)) IN "},
    {"processInstanceId", GX_REST_EQUALS, INSTANCE " = "},
    {"processInstanceIdIn", GX_REST_IN, INSTANCE " IN "},
    {"executionId", GX_REST_EQUALS, INSTANCE " = "},
    {"processInstanceBusinessKey", GX_REST_EQUALS, "k.business_key = "},
    {"processInstanceBusinessKeyIn", GX_REST_IN, "k.business_key IN "},
    {"processInstanceBusinessKeyLike", GX_REST_LIKE, "k.business_key "},
    {"processDefinitionId", GX_REST_EQUALS, "i.process || ':' || i.process_version = "},
    {"processDefinitionKey", GX_REST_EQUALS, "i.process = "},
    {"processDefinitionKeyIn", GX_REST_IN, "i.process IN "},
    {"assignee", GX_REST_EQUALS, "t.assignee = "},
    {"assigneeLike", GX_REST_LIKE, "t.assignee "},
    {"assigneeIn", GX_REST_IN, "t.assignee IN "},
    {"assigned", GX_REST_TRUE, "t.assignee <> ''"},
    {"unassigned", GX_REST_TRUE, "t.assignee = ''"},
    {"candidateGroup", GX_REST_EQUALS, "t.role = "},
    {"candidateGroups", GX_REST_IN, "t.role IN "},
    {"withCandidateGroups", GX_REST_TRUE, "t.role <> ''"},
    {"withoutCandidateGroups", GX_REST_TRUE, "t.role = ''"},
    {"candidateUser", GX_REST_ALL, NULL},
    {"withCandidateUsers", GX_REST_TRUE, "1 = 0"},
    {"withoutCandidateUsers", GX_REST_ALL, NULL},
    {"includeAssignedTasks", GX_REST_ALL, NULL},
    {"taskDefinitionKey", GX_REST_EQUALS, "t.element = "},
    {"taskDefinitionKeyIn", GX_REST_IN, "t.element IN "},
    {"taskDefinitionKeyLike", GX_REST_LIKE, "t.element "},
    {"name", GX_REST_EQUALS, "t.name = "},
    {"nameNotEqual", GX_REST_EQUALS, "t.name <> "},
    {"nameLike", GX_REST_LIKE, "t.name "},
    {"priority", GX_REST_NUMBER, "t.priority = "},
    {"maxPriority", GX_REST_NUMBER, "t.priority <= "},
    {"minPriority", GX_REST_NUMBER, "t.priority >= "},
    {"dueDate", GX_REST_DATE, "t.due = "},
    {"dueAfter", GX_REST_DATE, "t.due < 9223372036854775807 AND t.due > "},
    {"dueBefore", GX_REST_DATE, "t.due < "},
    {"withoutDueDate", GX_REST_TRUE, "t.due = 9223372036854775807"},
    {"createdOn", GX_REST_DATE, "t.created_at = "},
    {"createdAfter", GX_REST_DATE, "t.created_at > "},
    {"createdBefore", GX_REST_DATE, "t.created_at < "},
    {"active", GX_REST_TRUE, "c.suspended_at IS NULL"},
    {"suspended", GX_REST_TRUE, "c.suspended_at IS NOT NULL"},
    {"processVariables", GX_REST_VARIABLES, "t.instance"},
    {"withoutTenantId", GX_REST_ALL, NULL},
    {"tenantIdIn", GX_REST_REFUSED, NULL},
    {"involvedUser", GX_REST_REFUSED, NULL},
    {"owner", GX_REST_REFUSED, NULL},
    {"delegationState", GX_REST_EQUALS, "CASE WHEN t.waits_for <> 0 THEN 'PENDING' ELSE '' END = "},
    {"taskVariables", GX_REST_TASK_VARIABLES, "t.instance, t.key"},
    {"caseInstanceVariables", GX_REST_REFUSED, NULL},
    {"followUpDate", GX_REST_REFUSED, NULL},
    {"followUpBefore", GX_REST_REFUSED, NULL},
    {"followUpAfter", GX_REST_REFUSED, NULL},
    {"orQueries", GX_REST_REFUSED, NULL},
};
static const gx_rest_filter sorts[] = {
    {"id", GX_REST_ALL, "t.id"},
    {"name", GX_REST_ALL, "t.name"},
    {"nameCaseInsensitive", GX_REST_ALL, "lower(t.name)"},
    {"priority", GX_REST_ALL, "t.priority"},
    {"assignee", GX_REST_ALL, "t.assignee"},
    {"dueDate", GX_REST_ALL, "t.due"},
    {"created", GX_REST_ALL, "t.created_at"},
    {"instanceId", GX_REST_ALL, "t.instance"},
    {"executionId", GX_REST_ALL, "t.instance"},
};
/* Who could take a task: candidates are asked about tasks that nobody has, unless those with an assignee are to
 * be included. There are no candidates by name here; a person is one by role and department. */
static bool add_candidates(gx_request *request, gx_db *db, const gx_json *asked, gx_query *query,
                           gx_error *error)
{
    static const char *const about[] = {"candidateUser",          "candidateGroup",     "candidateGroups",
                                        "withCandidateGroups",    "withCandidateUsers", "withoutCandidateUsers",
                                        "withoutCandidateGroups"};
    const gx_json *user = gx_json_get(asked, "candidateUser");
    bool is_about = false, is_found = false,
         with_assigned = gx_rest_is_true(gx_json_get(asked, "includeAssignedTasks"));
    gx_person person;
    for (size_t i = 0; i < GX_COUNT_OF(about); i++) {
        const gx_json *value = gx_json_get(asked, about[i]);
        bool is_switch = gx_text_starts_with(gx_text_of(about[i]), GX_TEXT("with"));
        is_about = is_about || (is_switch ? gx_rest_is_true(value) : !gx_json_is_nothing(value));
    }
    if (with_assigned && !is_about)
        return gx_fail(error, "rest.candidates");
    if (is_about && !with_assigned)
        gx_query_add(query, " AND t.assignee = ''");
    if (gx_json_is_nothing(user))
        return true;
    if (!gx_person_find(db, request->arena, gx_json_text(user), &person, &is_found, error))
        return false;
    gx_query_add(query, " AND ");
    if (is_found)
        gx_query_candidate(query, gx_api_packages(request), &person);
    else
        gx_query_add(query, "1 = 0");
    return true;
}

static const gx_rest_list list = {
    columns,
    GX_COUNT_OF(columns),
    "task t JOIN cases c ON c.bucket = t.bucket AND c.id = t.case_id JOIN instance i ON i.bucket = t.bucket "
    "AND i.id = "
    "t.instance LEFT JOIN case_key k ON k.bucket = t.bucket AND k.case_id = t.case_id WHERE t.done_at IS "
    "NULL",
    GX_REST_TASK_ROWS,
    NULL,
    filters,
    sorts,
    GX_COUNT_OF(filters),
    GX_COUNT_OF(sorts),
    "t.id",
    add_candidates,
    NULL,
};

bool gx_api_rest_tasks(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    return gx_rest_list_write(request, db, &list, reply, error);
}

bool gx_api_rest_tasks_count(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    return gx_rest_list_count(request, db, &list, reply, error);
}

bool gx_api_rest_task(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    int64_t id;
    return gx_rest_id(request, "task.absent", &id, error) &&
           gx_rest_list_one(request, db, &list, "t.id = ", (gx_text){NULL, 0}, id, "task.absent", reply,
                            error);
}

/* ---- Doing ---- */

typedef struct acting {
    gx_request *request;
    gx_work work;
    int64_t id;
} acting;

static bool begin(acting *a, gx_request *request, gx_db *db, gx_error *error)
{
    *a = (acting){.request = request, .work = gx_rest_work(request, db)};
    return gx_rest_id(request, "task.absent", &a->id, error);
}

static bool finish(acting *a, const char *action, gx_reply *reply, gx_error *error)
{
    return gx_work_finish(&a->work, error) &&
           gx_audit(a->work.db, a->request->arena, a->request->person, action,
                    gx_format(a->request->arena, "task %lld", (long long)a->id), "done",
                    GX_TEXT("engine-rest"), error) &&
           gx_rest_nothing(reply);
}

/* Everybody takes tasks for themselves; giving one to somebody else is the head's. */
static bool give(gx_request *request, gx_db *db, bool may_be_nobody, gx_reply *reply, gx_error *error)
{
    static const char *const members[] = {"userId"};
    acting a;
    gx_text user = gx_rest_body_text(request, "userId");
    if (!gx_rest_body(request, members, 1, error) || !begin(&a, request, db, error))
        return false;
    if (!user.size && !may_be_nobody)
        return gx_fail(error, "rest.value", GX_TEXT("userId"), user);
    if (!user.size)
        return gx_task_release(&a.work, a.id, error) && finish(&a, "task.release", reply, error);
    if (gx_text_equal(user, request->person->login))
        return gx_task_claim(&a.work, a.id, error) && finish(&a, "task.claim", reply, error);
    return gx_task_assign(&a.work, a.id, user, error) && finish(&a, "task.assign", reply, error);
}

bool gx_api_rest_task_claim(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    return give(request, db, false, reply, error);
}

bool gx_api_rest_task_assignee(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    return give(request, db, true, reply, error);
}

bool gx_api_rest_task_unclaim(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    acting a;
    return begin(&a, request, db, error) && gx_task_release(&a.work, a.id, error) &&
           finish(&a, "task.release", reply, error);
}

/* The variable "outcome" is the task's outcome, where it has some. */
static bool complete(acting *a, int64_t id, gx_error *error)
{
    const gx_json *plain =
        gx_rest_read_variables(a->request->arena, gx_json_get(a->request->json, "variables"), error);
    return plain && gx_task_complete(&a->work, id, 0, gx_json_text_of(plain, "outcome"), plain, error);
}

bool gx_api_rest_task_complete(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    static const char *const members[] = {"variables", "withVariablesInReturn"};
    acting a;
    gx_task task;
    gx_value variables = gx_value_null();
    bool wants_variables = gx_json_bool_of(request->json, "withVariablesInReturn", false);
    if (!gx_rest_body(request, members, GX_COUNT_OF(members), error) || !begin(&a, request, db, error) ||
        !gx_task_find(request->host, db, request->arena, request->person, a.id, &task, error) ||
        !complete(&a, a.id, error) || !gx_work_settle(&a.work, error) ||
        (wants_variables && !gx_work_variables(&a.work, task.case_id, &variables, error)) ||
        !finish(&a, "task.complete", reply, error))
        return false;
    if (!wants_variables)
        return true;
    reply->status = 200;
    gx_rest_write_variables(request->arena, gx_rest_answer(reply),
                            gx_value_to_json(request->arena, variables));
    return true;
}

/* In place of a result: it goes to the boundary event, or event sub-process, that catches it. */
static bool raise(gx_request *request, gx_db *db, bool is_escalation, gx_reply *reply, gx_error *error)
{
    static const char *const of_error[] = {"errorCode", "errorMessage", "variables"},
                             *const of_escalation[] = {"escalationCode", "variables"};
    acting a;
    const gx_json *plain = NULL;
    const char *code = is_escalation ? "escalationCode" : "errorCode";
    gx_task_throw thrown = {.is_escalation = is_escalation,
                            .code = gx_rest_body_text(request, code),
                            .message = gx_rest_body_text(request, "errorMessage")};
    if (!gx_rest_body(request, is_escalation ? of_escalation : of_error,
                      is_escalation ? GX_COUNT_OF(of_escalation) : GX_COUNT_OF(of_error), error) ||
        !begin(&a, request, db, error))
        return false;
    if (!thrown.code.size)
        return gx_fail(error, "rest.value", gx_text_of(code), thrown.code);
    plain = gx_rest_read_variables(request->arena, gx_json_get(request->json, "variables"), error);
    if (!plain)
        return false;
    thrown.variables = gx_value_from_json(request->arena, plain);
    return gx_task_raise(&a.work, a.id, &thrown, error) &&
           finish(&a, is_escalation ? "task.escalate" : "task.fail", reply, error);
}

bool gx_api_rest_task_error(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    return raise(request, db, false, reply, error);
}

bool gx_api_rest_task_escalation(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    return raise(request, db, true, reply, error);
}

/* Somebody else looks first, then the task is its owner's again: a signature asked for before (加签). */
bool gx_api_rest_task_delegate(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    static const char *const members[] = {"userId"};
    acting a;
    gx_text user = gx_rest_body_text(request, "userId");
    gx_json *signers = gx_json_array(request->arena);
    if (!gx_rest_body(request, members, 1, error) || !begin(&a, request, db, error))
        return false;
    if (!user.size)
        return gx_fail(error, "rest.value", GX_TEXT("userId"), user);
    gx_json_append(signers, gx_json_string(request->arena, user));
    const gx_sign_request sign = {
        .mode = GX_TEXT("before"), .signers = signers, .reason = GX_TEXT("engine-rest")};
    return gx_office_sign(&a.work, a.id, &sign, error) && finish(&a, "task.sign", reply, error);
}

bool gx_api_rest_task_resolve(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    static const char *const members[] = {"variables"};
    acting a;
    int64_t own = 0;
    if (!gx_rest_body(request, members, 1, error) || !begin(&a, request, db, error) ||
        !gx_db_get_int(db, error, &own, 0,
                       "SELECT s.task FROM sign_round r JOIN signature s ON s.bucket = r.bucket AND s.round "
                       "= r.id WHERE "
                       "r.bucket = bucket_of(?1) AND r.task = ?1 AND r.ended_at IS NULL AND s.login = ?2 AND "
                       "s.at IS NULL",
                       "it", a.id, request->person->login))
        return false;
    const gx_json *plain =
        gx_rest_read_variables(request->arena, gx_json_get(request->json, "variables"), error);
    if (!plain)
        return false;
    gx_text outcome = gx_json_text_of(plain, "outcome");
    return (own || gx_fail(error, "task.absent")) &&
           gx_task_complete(&a.work, own, 0, outcome.size ? outcome : GX_TEXT("agree"), plain, error) &&
           finish(&a, "task.complete", reply, error);
}

/* ---- What belongs to one ---- */

static bool read_task(gx_request *request, gx_db *db, gx_task *task, gx_error *error)
{
    int64_t id;
    return gx_rest_id(request, "task.absent", &id, error) &&
           gx_task_find(request->host, db, request->arena, request->person, id, task, error) &&
           (task->done_at == 0 || gx_fail(error, "task.absent"));
}

static bool read_seen(gx_request *request, gx_db *db, gx_json **seen, gx_error *error)
{
    gx_task task;
    const gx_state *state;
    const gx_bpmn_process *process;
    if (!read_task(request, db, &task, error) ||
        !gx_instance_read(request->host, db, request->arena, task.instance, &state, &process, NULL, error))
        return false;
    *seen = gx_value_to_json(request->arena, gx_state_variables_at(request->arena, state, task.key));
    return true;
}

bool gx_api_rest_task_variables(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    gx_json *seen;
    gx_text names = gx_request_query(request, "variableNames");
    if (!read_seen(request, db, &seen, error))
        return false;
    if (names.size) {
        gx_json *some = gx_json_object(request->arena);
        while (names.size) {
            const gx_json *one = gx_json_get_text_name(seen, gx_text_trim(gx_text_cut(names, ',', &names)));
            if (one)
                gx_json_set(request->arena, some, gx_copy_string(request->arena, one->name),
                            gx_json_copy(request->arena, one));
        }
        seen = some;
    }
    gx_rest_write_variables(request->arena, gx_rest_answer(reply), seen);
    return true;
}

bool gx_api_rest_task_variable(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    gx_json *seen;
    gx_text name = gx_request_parameter(request, "name");
    if (!read_seen(request, db, &seen, error))
        return false;
    const gx_json *value = gx_json_get_text_name(seen, name);
    if (!value)
        return gx_fail(error, "rest.absent", name);
    gx_json_out *out = gx_rest_answer(reply);
    gx_json_out_begin(out, '{');
    gx_rest_write_value(request->arena, out, value);
    gx_json_out_end(out, '}');
    return true;
}

static void write_link(gx_json_out *out, gx_text user, gx_text group, const char *type)
{
    gx_json_out_begin(out, '{');
    gx_rest_text(out, "userId", user);
    gx_rest_text(out, "groupId", group);
    gx_json_out_member_text(out, "type", gx_text_of(type));
    gx_json_out_end(out, '}');
}

bool gx_api_rest_task_links(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    gx_task task;
    const gx_text nobody = {"", 0};
    if (!read_task(request, db, &task, error))
        return false;
    gx_json_out *out = gx_rest_answer(reply);
    gx_json_out_begin(out, '[');
    if (task.assignee.size)
        write_link(out, task.assignee, nobody, "assignee");
    if (task.role.size)
        write_link(out, nobody, task.role, "candidate");
    gx_json_out_end(out, ']');
    return true;
}

/* What was said at this step. */
bool gx_api_rest_task_comments(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    gx_task task;
    if (!read_task(request, db, &task, error))
        return false;
    gx_statement *rows =
        gx_db_prepare(db, "SELECT id, who, at, text FROM opinion WHERE bucket = bucket_of(?1) AND case_id "
                          "= ?1 AND element = ?2 AND text <> '' ORDER BY id");
    gx_bind(rows, "it", task.case_id, task.element);
    gx_json_out *out = gx_rest_answer(reply);
    gx_step step;
    gx_json_out_begin(out, '[');
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW) {
        gx_json_out_begin(out, '{');
        gx_json_out_member_text(out, "id",
                                gx_format(request->arena, "%lld", (long long)gx_column_int(rows, 0)));
        gx_json_out_member_text(out, "userId", gx_column_text(rows, 1));
        gx_json_out_member_text(out, "taskId", gx_request_parameter(request, "id"));
        gx_rest_instant(out, "time", gx_column_int(rows, 2));
        gx_json_out_member_text(out, "message", gx_column_text(rows, 3));
        gx_json_out_end(out, '}');
    }
    gx_json_out_end(out, ']');
    return step == GX_STEP_DONE;
}
