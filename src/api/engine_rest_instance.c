/* Process instances: which run, their variables, where they are, and what administrators do to them. */
#include "api/engine_rest.h"
#include "service/audit.h"
#include "service/repair.h"

#define ID     "c.number || CASE WHEN i.id % 4096 = 0 THEN '' ELSE '.' || (i.id % 4096) END"
#define PARENT "c.number || CASE WHEN i.parent % 4096 = 0 THEN '' ELSE '.' || (i.parent % 4096) END"
#define HAS_INCIDENT                                                                                         \
    "EXISTS (SELECT 1 FROM incident n WHERE n.bucket = i.bucket AND n.case_id = c.id AND n.instance = i.id " \
    "AND "                                                                                                   \
    "n.solved_at IS NULL)"

static const gx_text because = {"engine-rest", 11}; /* the reason that Camunda does not ask for */

static const gx_rest_column columns[] = {
    {"id", GX_REST_TEXT, ID},
    {"definitionId", GX_REST_TEXT, "i.process || ':' || i.process_version"},
    {"definitionKey", GX_REST_TEXT, "i.process"},
    {"businessKey", GX_REST_TEXT, "k.business_key"},
    {"caseInstanceId", GX_REST_NULL, NULL},
    {"ended", GX_REST_BOOL, "i.has_ended"},
    {"suspended", GX_REST_BOOL, "CASE WHEN c.suspended_at IS NULL THEN 0 ELSE 1 END"},
    {"tenantId", GX_REST_NULL, NULL},
};
static const gx_rest_filter filters[] = {
    {"processInstanceIds", GX_REST_IN, ID " IN "},
    {"businessKey", GX_REST_EQUALS, "k.business_key = "},
    {"businessKeyLike", GX_REST_LIKE, "k.business_key "},
    {"processInstanceBusinessKey", GX_REST_EQUALS, "k.business_key = "},
    {"processDefinitionId", GX_REST_EQUALS, "i.process || ':' || i.process_version = "},
    {"processDefinitionKey", GX_REST_EQUALS, "i.process = "},
    {"processDefinitionKeyIn", GX_REST_IN, "i.process IN "},
    {"deploymentId", GX_REST_EQUALS,
     "(SELECT CAST(min(f.deployment) AS VARCHAR(20)) FROM deployment_file f WHERE f.kind = 'process' AND "
     "f.definition = "
     "i.process AND f.version = i.process_version) = "},
    {"superProcessInstance", GX_REST_EQUALS, "i.parent IS NOT NULL AND " PARENT " = "},
    {"subProcessInstance", GX_REST_REFUSED, NULL},
    {"processInstanceId", GX_REST_EQUALS, ID " = "},
    {"active", GX_REST_TRUE, "c.suspended_at IS NULL"},
    {"suspended", GX_REST_TRUE, "c.suspended_at IS NOT NULL"},
    {"withIncident", GX_REST_TRUE, HAS_INCIDENT},
    {"incidentMessage", GX_REST_EQUALS,
     "(SELECT min(n.detail) FROM incident n WHERE n.bucket = i.bucket AND n.case_id = c.id AND n.instance = "
     "i.id AND "
     "n.solved_at IS NULL) = "},
    {"activityIdIn", GX_REST_REFUSED, NULL},
    {"rootProcessInstances", GX_REST_TRUE, "i.parent IS NULL"},
    {"leafProcessInstances", GX_REST_TRUE,
     "NOT EXISTS (SELECT 1 FROM instance s WHERE s.bucket = i.bucket AND s.parent = i.id AND s.has_ended = "
     "0)"},
    {"variables", GX_REST_VARIABLES, "i.id"},
    {"withoutTenantId", GX_REST_ALL, NULL},
    {"processDefinitionWithoutTenantId", GX_REST_ALL, NULL},
    {"tenantIdIn", GX_REST_REFUSED, NULL},
    {"caseInstanceId", GX_REST_REFUSED, NULL},
    {"orQueries", GX_REST_REFUSED, NULL},
};
static const gx_rest_filter sorts[] = {
    {"instanceId", GX_REST_ALL, "i.id"},
    {"definitionKey", GX_REST_ALL, "i.process"},
    {"definitionId", GX_REST_ALL, "i.process, i.process_version"},
    {"businessKey", GX_REST_ALL, "k.business_key"},
};

static bool write_links(gx_request *request, gx_db *db, gx_statement *row, gx_json_out *out, gx_error *error)
{
    (void)request, (void)db, (void)row, (void)error;
    gx_json_out_name(out, "links");
    gx_json_out_raw(out, GX_TEXT("[]"));
    return true;
}

static const gx_rest_list list = {
    columns,
    GX_COUNT_OF(columns),
    "cases c JOIN instance i ON i.bucket = c.bucket AND i.id BETWEEN c.id * 4096 AND c.id * 4096 + 4095 LEFT "
    "JOIN case_key "
    "k ON k.bucket = c.bucket AND k.case_id = c.id WHERE c.state IN (" GX_REST_OPEN_STATES
    ") AND i.has_ended = 0",
    GX_REST_CASE_ROWS,
    "case.read",
    filters,
    sorts,
    GX_COUNT_OF(filters),
    GX_COUNT_OF(sorts),
    "i.id",
    NULL,
    write_links,
};

bool gx_api_rest_instances(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    return gx_rest_list_write(request, db, &list, reply, error);
}

bool gx_api_rest_instances_count(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    return gx_rest_list_count(request, db, &list, reply, error);
}

/* ---- One of them ---- */

typedef struct target {
    gx_case of;
    int64_t id;
    gx_text name; /* the instance's id */
} target;

static bool find(gx_request *request, gx_db *db, target *found, gx_error *error)
{
    found->name = gx_request_parameter(request, "id");
    return gx_rest_instance(request, db, found->name, request->route->right, &found->of, &found->id, error);
}

bool gx_api_rest_instance(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    target t;
    return find(request, db, &t, error) && gx_rest_list_one(request, db, &list, "i.id = ", (gx_text){NULL, 0},
                                                            t.id, "rest.instance", reply, error);
}

/* What administrators do: the case in the work, and the audit's entry after it. */
static gx_case *begin(gx_request *request, gx_work *work, gx_db *db, target *t, gx_error *error)
{
    *work = gx_rest_work(request, db);
    return find(request, db, t, error) ? gx_work_case(work, t->of.id, error) : NULL;
}

static bool finish(gx_request *request, gx_work *work, const target *t, const char *action, gx_reply *reply,
                   gx_error *error)
{
    return gx_work_finish(work, error) &&
           gx_audit(work->db, request->arena, request->person, action, t->name, "done", because, error) &&
           gx_rest_nothing(reply);
}

bool gx_api_rest_instance_delete(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    gx_work work;
    target t;
    gx_case *of = begin(request, &work, db, &t, error);
    if (!of)
        return false;
    if (t.id % GX_INSTANCE_PARTS)
        return gx_fail(error, "rest.instruction", t.name); /* it ends with the call that waits for it */
    return gx_repair_end(&work, of, because, error) && finish(request, &work, &t, "case.end", reply, error);
}

bool gx_api_rest_instance_suspended(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    gx_work work;
    target t;
    static const char *const members[] = {"suspended"};
    bool wants;
    if (!gx_rest_body(request, members, 1, error) ||
        !gx_rest_body_bool(request, "suspended", &wants, error))
        return false;
    gx_case *of = begin(request, &work, db, &t, error);
    if (!of)
        return false;
    if (wants == (of->suspended_at != 0))
        return gx_rest_nothing(reply);
    return (wants ? gx_repair_suspend(&work, of, because, error)
                  : gx_repair_continue(&work, of, because, error)) &&
           finish(request, &work, &t, wants ? "case.suspend" : "case.continue", reply, error);
}

/* ---- Variables ---- */

bool gx_rest_variables_of(gx_request *request, gx_db *db, int64_t instance, gx_json **variables,
                          gx_error *error)
{
    gx_value value;
    if (instance % GX_INSTANCE_PARTS) {
        const gx_state *state;
        const gx_bpmn_process *process;
        if (!gx_instance_read(request->host, db, request->arena, instance, &state, &process, NULL, error))
            return false;
        value = gx_state_variables(request->arena, state);
    } else if (!gx_instance_variables(request->host, db, request->arena, instance / GX_INSTANCE_PARTS, &value,
                                      error)) {
        return false;
    }
    *variables = gx_value_to_json(request->arena, value);
    return true;
}

bool gx_api_rest_instance_variables(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    target t;
    gx_json *variables;
    if (!find(request, db, &t, error) || !gx_rest_variables_of(request, db, t.id, &variables, error))
        return false;
    gx_rest_write_variables(request->arena, gx_rest_answer(reply), variables);
    return true;
}

bool gx_api_rest_instance_variable(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    target t;
    gx_json *variables;
    gx_text name = gx_request_parameter(request, "name");
    if (!find(request, db, &t, error) || !gx_rest_variables_of(request, db, t.id, &variables, error))
        return false;
    const gx_json *value = gx_json_get_text_name(variables, name);
    if (!value)
        return gx_fail(error, "rest.absent", name);
    gx_json_out *out = gx_rest_answer(reply);
    gx_json_out_begin(out, '{');
    gx_rest_write_value(request->arena, out, value);
    gx_json_out_end(out, '}');
    return true;
}

static bool set(gx_request *request, gx_db *db, const gx_json *plain, gx_reply *reply, gx_error *error)
{
    gx_work work;
    target t;
    gx_case *of = begin(request, &work, db, &t, error);
    return of && plain &&
           (!plain->first || gx_repair_instance_variables(&work, of, t.id, plain, because, error)) &&
           finish(request, &work, &t, "case.variables", reply, error);
}

bool gx_api_rest_instance_variable_put(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    gx_json *plain = gx_json_object(request->arena),
            *value = request->json ? gx_rest_read_value(request->arena, request->json, error) : NULL;
    if (!value)
        return request->json ? false : gx_fail(error, "rest.body");
    gx_json_set(request->arena, plain, gx_copy_string(request->arena, gx_request_parameter(request, "name")),
                value);
    return set(request, db, plain, reply, error);
}

/* An instance does not forget a name: what is deleted is null from then on. */
bool gx_api_rest_instance_variable_delete(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    gx_json *plain = gx_json_object(request->arena);
    gx_json_set(request->arena, plain, gx_copy_string(request->arena, gx_request_parameter(request, "name")),
                gx_json_null(request->arena));
    return set(request, db, plain, reply, error);
}

bool gx_api_rest_instance_variables_post(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    static const char *const members[] = {"modifications", "deletions"};
    if (!gx_rest_body(request, members, GX_COUNT_OF(members), error))
        return false;
    gx_json *plain =
        gx_rest_read_variables(request->arena, gx_json_get(request->json, "modifications"), error);
    const gx_json *deletions = gx_json_get(request->json, "deletions");
    for (const gx_json *name = plain && gx_json_is(deletions, GX_JSON_ARRAY) ? deletions->first : NULL; name;
         name = name->next)
        gx_json_set(request->arena, plain, gx_copy_string(request->arena, gx_json_text(name)),
                    gx_json_null(request->arena));
    return plain && set(request, db, plain, reply, error);
}

/* ---- Modification ---- */

static bool is_of_type(const gx_json *instruction, const char *type)
{
    return gx_text_equal(gx_json_text_of(instruction, "type"), gx_text_of(type));
}

static const gx_json *next_of(const gx_json *from, const char *type)
{
    while (from && !is_of_type(from, type))
        from = from->next;
    return from;
}

/* "element:key" or "element". */
static gx_text element_of(const gx_json *instruction)
{
    gx_text rest, id = gx_json_text_of(instruction, "activityInstanceId"),
                  element = gx_json_text_of(instruction, "activityId");
    return element.size ? element : gx_text_cut(id, ':', &rest);
}

/* Each "cancel" with the "startBeforeActivity" in its turn is one token that is moved. */
static bool move_tokens(gx_request *request, gx_work *work, gx_case *of, const gx_json *instructions,
                        gx_error *error)
{
    gx_text note = gx_rest_body_text(request, "annotation");
    for (const gx_json *one = instructions->first; one; one = one->next)
        if (!is_of_type(one, "cancel") && !is_of_type(one, "startBeforeActivity"))
            return gx_fail(error, "rest.instruction", gx_json_text_of(one, "type"));
    const gx_json *cancel = next_of(instructions->first, "cancel"),
                  *begin_at = next_of(instructions->first, "startBeforeActivity");
    for (; cancel && begin_at; cancel = next_of(cancel->next, "cancel"),
                               begin_at = next_of(begin_at->next, "startBeforeActivity")) {
        const gx_json *plain =
            gx_rest_read_variables(request->arena, gx_json_get(begin_at, "variables"), error);
        const gx_move move = {
            .from = element_of(cancel), .to = element_of(begin_at), .reason = note.size ? note : because};
        if (!plain || (plain->first && !gx_repair_variables(work, of, plain, move.reason, error)) ||
            !gx_repair_move(work, of, &move, error))
            return false;
    }
    return (!cancel && !begin_at) ||
           gx_fail(error, "rest.instruction", cancel ? GX_TEXT("cancel") : GX_TEXT("startBeforeActivity"));
}

bool gx_api_rest_instance_modification(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    static const char *const members[] = {"instructions", "skipCustomListeners", "skipIoMappings",
                                          "annotation"};
    gx_work work;
    target t;
    gx_case *of = begin(request, &work, db, &t, error);
    const gx_json *instructions = gx_json_get(request->json, "instructions");
    if (!of || !gx_rest_body(request, members, GX_COUNT_OF(members), error))
        return false;
    if (!gx_json_is(instructions, GX_JSON_ARRAY) || !instructions->count || t.id % GX_INSTANCE_PARTS)
        return gx_fail(error, "rest.instruction", t.name);
    return move_tokens(request, &work, of, instructions, error) &&
           finish(request, &work, &t, "case.move", reply, error);
}

/* ---- Where it is ---- */

const char *gx_rest_activity_type(const gx_bpmn_node *node)
{
    static const char *const kinds[] = {[GX_NODE_PROCESS] = "processDefinition",
                                        [GX_NODE_START] = "startEvent",
                                        [GX_NODE_END] = "noneEndEvent",
                                        [GX_NODE_THROW] = "intermediateNoneThrowEvent",
                                        [GX_NODE_CATCH] = "intermediateCatchEvent",
                                        [GX_NODE_BOUNDARY] = "boundaryEvent",
                                        [GX_NODE_TASK] = "task",
                                        [GX_NODE_USER_TASK] = "userTask",
                                        [GX_NODE_SERVICE_TASK] = "serviceTask",
                                        [GX_NODE_SEND_TASK] = "sendTask",
                                        [GX_NODE_RECEIVE_TASK] = "receiveTask",
                                        [GX_NODE_RULE_TASK] = "businessRuleTask",
                                        [GX_NODE_SCRIPT_TASK] = "scriptTask",
                                        [GX_NODE_CALL] = "callActivity",
                                        [GX_NODE_SUB_PROCESS] = "subProcess",
                                        [GX_NODE_EVENT_SUB_PROCESS] = "eventSubProcess",
                                        [GX_NODE_EXCLUSIVE] = "exclusiveGateway",
                                        [GX_NODE_PARALLEL] = "parallelGateway",
                                        [GX_NODE_INCLUSIVE] = "inclusiveGateway",
                                        [GX_NODE_EVENT_GATEWAY] = "eventBasedGateway",
                                        [GX_NODE_COMPLEX] = "complexGateway"};
    bool waits_at = node->kind == GX_NODE_CATCH || node->kind == GX_NODE_BOUNDARY;
    if (waits_at && node->trigger == GX_TRIGGER_TIMER)
        return node->kind == GX_NODE_CATCH ? "intermediateTimer" : "boundaryTimer";
    if (waits_at && node->trigger == GX_TRIGGER_MESSAGE)
        return node->kind == GX_NODE_CATCH ? "intermediateMessageCatch" : "boundaryMessage";
    if (waits_at && node->trigger == GX_TRIGGER_SIGNAL)
        return node->kind == GX_NODE_CATCH ? "intermediateSignalCatch" : "boundarySignal";
    return kinds[node->kind];
}

typedef struct tree {
    gx_request *request;
    const gx_bpmn_process *process;
    const uint32_t *tokens;
    size_t token_count;
    gx_text instance, definition;
    gx_json_out *out;
} tree;

/* A scope with what stands in it: tokens of its own level, and the sub-processes that hold others. A
 * sub-process has a token of its own, which waits for those inside. */
static void write_scope(const tree *t, uint32_t node, gx_text id, gx_text parent)
{
    const gx_bpmn_node *of = &t->process->nodes[node];
    gx_json_out *out = t->out;
    gx_json_out_begin(out, '{');
    gx_json_out_member_text(out, "id", id);
    gx_rest_text(out, "parentActivityInstanceId", parent);
    gx_json_out_member_text(out, "activityId", node ? of->id : t->definition);
    gx_json_out_member_text(out, "activityType", gx_text_of(gx_rest_activity_type(of)));
    gx_rest_text(out, "activityName", of->name);
    gx_rest_text(out, "name", of->name);
    gx_json_out_member_text(out, "processInstanceId", t->instance);
    gx_json_out_member_text(out, "processDefinitionId", t->definition);
    gx_json_out_name(out, "executionIds");
    gx_json_out_begin(out, '[');
    gx_json_out_text(out, t->instance);
    gx_json_out_end(out, ']');
    gx_json_out_name(out, "childActivityInstances");
    gx_json_out_begin(out, '[');
    for (size_t i = 0; i < t->token_count; i++) {
        uint32_t inner = t->tokens[i];
        bool is_scope = t->process->nodes[inner].kind == GX_NODE_SUB_PROCESS ||
                        t->process->nodes[inner].kind == GX_NODE_EVENT_SUB_PROCESS;
        bool is_first = true; /* the tokens inside a multi-instance scope are not told apart by scope */
        for (size_t k = 0; k < i && is_scope; k++)
            is_first = is_first && t->tokens[k] != inner;
        if (inner != node && t->process->nodes[inner].parent == node && is_first)
            write_scope(
                t, inner,
                gx_format(t->request->arena, "%.*s:%zu", GX_PRINT(t->process->nodes[inner].id), i + 1), id);
    }
    gx_json_out_end(out, ']');
    static const char *const empty[] = {"childTransitionInstances", "incidentIds", "incidents"};
    for (size_t i = 0; i < GX_COUNT_OF(empty); i++) {
        gx_json_out_name(out, empty[i]);
        gx_json_out_raw(out, GX_TEXT("[]"));
    }
    gx_json_out_end(out, '}');
}

bool gx_api_rest_instance_tree(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    target t;
    const gx_state *state;
    const gx_bpmn_process *process;
    const gx_definition *definition;
    uint32_t *tokens;
    if (!find(request, db, &t, error) ||
        !gx_instance_read(request->host, db, request->arena, t.id, &state, &process, &definition, error))
        return false;
    if (gx_state_has_ended(state))
        return gx_fail(error, "rest.instance", t.name);
    tree whole = {.request = request,
                  .process = process,
                  .instance = t.name,
                  .definition = gx_format(request->arena, "%.*s:%lld", GX_PRINT(definition->id),
                                          (long long)definition->version),
                  .out = gx_rest_answer(reply)};
    whole.token_count = gx_state_tokens(request->arena, state, &tokens);
    whole.tokens = tokens;
    write_scope(&whole, 0, t.name, (gx_text){"", 0});
    return true;
}
