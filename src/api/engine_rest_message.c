/* Messages and signals from outside, and executions: here an execution is a process instance. */
#include "api/engine_rest.h"
#include "service/audit.h"

enum { RECEIVERS_MOST = 1000 };

/* ---- Messages ---- */

typedef struct telling {
    gx_request *request;
    gx_work work;
    gx_text name, business_key;
    const gx_json *variables;
    bool to_all, with_result, with_variables;
} telling;

static bool write_result(telling *t, gx_json_out *out, gx_text number, int64_t instance, bool is_start,
                         gx_error *error)
{
    gx_text id = gx_rest_instance_id(t->request->arena, number, instance);
    if (!t->with_result)
        return true;
    gx_json_out_begin(out, '{');
    gx_json_out_member_text(out, "resultType",
                            is_start ? GX_TEXT("ProcessDefinition") : GX_TEXT("Execution"));
    gx_json_out_name(out, is_start ? "processInstance" : "execution");
    gx_json_out_begin(out, '{');
    gx_json_out_member_text(out, "id", id);
    if (is_start)
        gx_rest_text(out, "businessKey", t->business_key);
    else
        gx_json_out_member_text(out, "processInstanceId", id);
    gx_json_out_member_bool(out, "ended", false);
    gx_rest_null(out, "tenantId");
    gx_json_out_end(out, '}');
    gx_rest_null(out, is_start ? "execution" : "processInstance");
    if (t->with_variables) {
        gx_value variables;
        if (!gx_work_variables(&t->work, instance / GX_INSTANCE_PARTS, &variables, error))
            return false;
        gx_json_out_name(out, "variables");
        gx_rest_write_variables(t->request->arena, out, gx_value_to_json(t->request->arena, variables));
    }
    gx_json_out_end(out, '}');
    return true;
}

/* A definition in force that begins with this message; NULL: none. */
static const gx_definition *started_by(const gx_packages *packages, gx_text name, gx_text *start)
{
    const gx_definition *d;
    for (size_t i = 0; (d = gx_packages_next(packages, GX_DEFINITION_PROCESS, &i));)
        for (uint32_t n = 1; d->process && n < d->process->node_count; n++) {
            const gx_bpmn_node *node = &d->process->nodes[n];
            if (node->kind != GX_NODE_START || node->parent != 0 || node->event_count != 1 ||
                node->events[0].trigger != GX_TRIGGER_MESSAGE || !gx_text_equal(node->events[0].name, name))
                continue;
            *start = node->id;
            return d;
        }
    return NULL;
}

static bool start(telling *t, const gx_definition *d, gx_text event, gx_json_out *out, gx_error *error)
{
    gx_case *of;
    const gx_application application = {.matter = d->id,
                                        .data = t->variables,
                                        .channel = GX_TEXT("web"),
                                        .business_key = t->business_key,
                                        .start = event};
    return gx_case_submit(&t->work, &application, &of, error) &&
           gx_audit(t->work.db, t->request->arena, t->request->person, "case.create", of->number, "done",
                    d->id, error) &&
           write_result(t, out, of->number, of->id * GX_INSTANCE_PARTS, true, error);
}

static bool deliver(telling *t, const gx_correlation *correlation, gx_json_out *out, gx_error *error)
{
    gx_receiver *found = GX_NEW_ARRAY(t->request->arena, gx_receiver, RECEIVERS_MOST);
    size_t count;
    gx_text event;
    if (!gx_message_receivers(&t->work, correlation, t->to_all ? RECEIVERS_MOST : 2, found, &count, error))
        return false;
    const gx_definition *d = correlation->instance ? NULL : started_by(t->work.packages, t->name, &event);
    if (count > 1 && !t->to_all)
        return gx_fail(error, "rest.many", t->name);
    if (count == 0 && !d && !t->to_all)
        return gx_fail(error, "rest.unheard", t->name);
    gx_value variables = gx_value_from_json(t->request->arena, t->variables);
    for (size_t i = 0; i < count; i++)
        if (!gx_message_hear(&t->work, &found[i], t->name, variables, error) ||
            !write_result(t, out, found[i].case_number, found[i].instance, false, error))
            return false;
    return !d || (count && !t->to_all) || start(t, d, event, out, error);
}

bool gx_api_rest_message(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    static const char *const members[] = {"messageName",
                                          "businessKey",
                                          "tenantId",
                                          "withoutTenantId",
                                          "processInstanceId",
                                          "correlationKeys",
                                          "localCorrelationKeys",
                                          "processVariables",
                                          "processVariablesLocal",
                                          "all",
                                          "resultEnabled",
                                          "variablesInResultEnabled"};
    telling t = {.request = request,
                 .work = gx_rest_work(request, db),
                 .name = gx_rest_body_text(request, "messageName"),
                 .business_key = gx_rest_body_text(request, "businessKey"),
                 .to_all = gx_json_bool_of(request->json, "all", false),
                 .with_result = gx_json_bool_of(request->json, "resultEnabled", false),
                 .with_variables = gx_json_bool_of(request->json, "variablesInResultEnabled", false)};
    if (!gx_rest_body(request, members, GX_COUNT_OF(members), error))
        return false;
    if (!t.name.size)
        return gx_fail(error, "rest.value", GX_TEXT("messageName"), t.name);
    gx_json *keys =
                gx_rest_read_variables(request->arena, gx_json_get(request->json, "correlationKeys"), error),
            *local = gx_rest_read_variables(request->arena,
                                            gx_json_get(request->json, "localCorrelationKeys"), error);
    t.variables =
        gx_rest_read_variables(request->arena, gx_json_get(request->json, "processVariables"), error);
    if (!keys || !local || !t.variables)
        return false;
    gx_json_merge(request->arena, keys, local);
    gx_correlation correlation = {
        .name = t.name, .business_key = t.business_key, .keys = keys->first ? keys : NULL};
    gx_text instance = gx_rest_body_text(request, "processInstanceId");
    gx_case of;
    if (instance.size &&
        !gx_rest_instance(request, db, instance, "case.read", &of, &correlation.instance, error))
        return false;
    gx_json_out *out = gx_rest_answer(reply);
    if (t.with_result)
        gx_json_out_begin(out, '[');
    if (!deliver(&t, &correlation, out, error) || !gx_work_finish(&t.work, error))
        return false;
    if (!t.with_result)
        return gx_rest_nothing(reply);
    gx_json_out_end(out, ']');
    return true;
}

/* ---- Signals ---- */

bool gx_api_rest_signal(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    static const char *const members[] = {"name", "executionId", "variables", "tenantId", "withoutTenantId"};
    gx_work work = gx_rest_work(request, db);
    gx_text name = gx_rest_body_text(request, "name"), execution = gx_rest_body_text(request, "executionId");
    const gx_json *plain =
        gx_rest_read_variables(request->arena, gx_json_get(request->json, "variables"), error);
    if (!plain || !gx_rest_body(request, members, GX_COUNT_OF(members), error))
        return false;
    if (!name.size)
        return gx_fail(error, "rest.value", GX_TEXT("name"), name);
    gx_value variables = gx_value_from_json(request->arena, plain);
    gx_case of;
    int64_t instance, waits = 0;
    if (!execution.size)
        return gx_signal_send(&work, name, variables, 0, error) && gx_work_finish(&work, error) &&
               gx_rest_nothing(reply);
    if (!gx_rest_instance(request, db, execution, "case.read", &of, &instance, error) ||
        !gx_db_get_int(db, error, &waits, 0,
                       "SELECT 1 FROM subscription WHERE bucket = bucket_of(?1 / 4096) AND instance = ?1 AND "
                       "name = ?2 AND "
                       "is_signal = 1 LIMIT 1",
                       "it", instance, name))
        return false;
    const gx_command command = {.kind = GX_COMMAND_SIGNAL, .name = name, .variables = variables};
    return (waits || gx_fail(error, "rest.unheard", name)) &&
           gx_instance_command(&work, instance, &command, error) && gx_work_finish(&work, error) &&
           gx_rest_nothing(reply);
}

/* ---- Executions ---- */

bool gx_api_rest_execution_message(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    static const char *const members[] = {"variables"};
    gx_work work = gx_rest_work(request, db);
    gx_case of;
    gx_receiver found;
    size_t count;
    gx_correlation correlation = {.name = gx_request_parameter(request, "name")};
    const gx_json *plain =
        gx_rest_read_variables(request->arena, gx_json_get(request->json, "variables"), error);
    return plain && gx_rest_body(request, members, 1, error) &&
           gx_rest_instance(request, db, gx_request_parameter(request, "id"), "case.read", &of,
                            &correlation.instance, error) &&
           gx_message_receivers(&work, &correlation, 1, &found, &count, error) &&
           (count || gx_fail(error, "rest.unheard", correlation.name)) &&
           gx_message_hear(&work, &found, correlation.name, gx_value_from_json(request->arena, plain),
                           error) &&
           gx_work_finish(&work, error) && gx_rest_nothing(reply);
}

bool gx_api_rest_execution_subscription(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    gx_case of;
    int64_t instance, waits = 0;
    gx_text name = gx_request_parameter(request, "name"), id = gx_request_parameter(request, "id");
    if (!gx_rest_instance(request, db, id, "case.read", &of, &instance, error) ||
        !gx_db_get_int(db, error, &waits, 0,
                       "SELECT key FROM subscription WHERE bucket = bucket_of(?1 / 4096) AND instance = ?1 "
                       "AND name = ?2 "
                       "AND is_signal = 0 ORDER BY key LIMIT 1",
                       "it", instance, name))
        return false;
    if (!waits)
        return gx_fail(error, "rest.absent", name);
    gx_json_out *out = gx_rest_answer(reply);
    gx_json_out_begin(out, '{');
    gx_json_out_member_text(out, "id",
                            gx_format(request->arena, "%.*s:%lld", GX_PRINT(id), (long long)waits));
    gx_json_out_member_text(out, "eventType", GX_TEXT("message"));
    gx_json_out_member_text(out, "eventName", name);
    gx_json_out_member_text(out, "executionId", id);
    gx_json_out_member_text(out, "processInstanceId", id);
    gx_rest_null(out, "tenantId");
    gx_json_out_end(out, '}');
    return true;
}
