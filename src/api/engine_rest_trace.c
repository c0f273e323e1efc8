/* What one instance went through and holds: activity instances from the journal, variable instances. Both are
 * asked for by processInstanceId, because neither is kept as rows. */
#include "api/engine_rest.h"
#include "base/limits.h"

typedef struct target {
    gx_text name, definition;
    int64_t instance;
    const gx_bpmn_process *process;
    const gx_definition *of;
    bool has_ended;
} target;

/* From the query, or a POST's body (one id of an array). */
static gx_text asked_for(gx_request *request, const char *name)
{
    gx_text text = gx_request_query(request, name), rest;
    const gx_json *member = gx_json_get(request->json, name);
    if (gx_json_is(member, GX_JSON_ARRAY) && member->count == 1)
        return gx_json_text(member->first);
    if (gx_json_is(member, GX_JSON_STRING))
        return member->text;
    return text.bytes ? gx_text_cut(text, ',', &rest) : (gx_text){"", 0};
}

static bool find(gx_request *request, gx_db *db, target *t, gx_error *error)
{
    gx_case of;
    const gx_state *state;
    t->name = asked_for(request, "processInstanceId");
    if (!t->name.size)
        t->name = asked_for(request, "processInstanceIdIn");
    if (!t->name.size)
        return gx_fail(error, "rest.value", GX_TEXT("processInstanceId"), t->name);
    if (!gx_rest_instance(request, db, t->name, "case.read", &of, &t->instance, error) ||
        !gx_instance_read(request->host, db, request->arena, t->instance, &state, &t->process, &t->of, error))
        return false;
    t->has_ended = gx_state_has_ended(state);
    t->definition = gx_format(request->arena, "%.*s:%lld", GX_PRINT(t->of->id), (long long)t->of->version);
    return true;
}

/* ---- Activity instances ---- */

typedef struct stay {
    uint32_t node;
    gx_instant entered, left; /* left 0: not yet */
} stay;

typedef struct stays {
    stay *items;
    size_t count;
} stays;

static void follow(stays *s, const gx_bpmn_process *process, gx_instant at, gx_text path)
{
    while (path.size) {
        gx_text word = gx_text_cut(path, ' ', &path);
        int64_t index;
        if (word.size < 2)
            continue;
        if (word.bytes[0] == 'n' ||
            word.bytes[0] == 'g') { /* it went over to another version: indices begin anew */
            s->count = 0;
            continue;
        }
        if (!gx_text_to_int(gx_text_slice(word, 1, word.size), &index) || index <= 0 ||
            index >= process->node_count)
            continue;
        if (word.bytes[0] == 'e' && s->count < GX_LIMIT_STATISTICS_STEPS) {
            s->items[s->count++] = (stay){(uint32_t)index, at, 0};
        } else if (word.bytes[0] == 'l') {
            for (size_t i = s->count; i > 0; i--)
                if (s->items[i - 1].node == (uint32_t)index && !s->items[i - 1].left) {
                    s->items[i - 1].left = at;
                    break;
                }
        }
    }
}

static bool read_stays(gx_request *request, gx_db *db, const target *t, stays *s, gx_error *error)
{
    int64_t bytes = 0;
    if (!gx_db_get_int(
            db, error, &bytes, 0,
            "SELECT sum(length(path) + 1) FROM journal WHERE bucket = bucket_of(?1) AND case_id = ?1 AND "
            "instance = ?2",
            "ii", t->instance / GX_INSTANCE_PARTS, t->instance))
        return false;
    size_t most = (size_t)bytes / 2 + 1; /* a word and its blank have three bytes at least */
    s->items = GX_NEW_ARRAY(request->arena, stay,
                            most < GX_LIMIT_STATISTICS_STEPS ? most : GX_LIMIT_STATISTICS_STEPS);
    gx_statement *rows =
        gx_db_prepare(db, "SELECT at, path FROM journal WHERE bucket = bucket_of(?1) AND case_id = ?1 AND "
                          "instance = ?2 ORDER BY id");
    gx_bind(rows, "ii", t->instance / GX_INSTANCE_PARTS, t->instance);
    gx_step step;
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW)
        follow(s, t->process, gx_column_int(rows, 0), gx_column_text(rows, 1));
    for (size_t i = 0; i < s->count; i++) /* ends are entered and never left */
        if (!s->items[i].left && t->process->nodes[s->items[i].node].kind == GX_NODE_END)
            s->items[i].left = s->items[i].entered;
    return step == GX_STEP_DONE;
}

static bool is_asked_for(gx_request *request, const target *t, const stay *one)
{
    const gx_bpmn_node *node = &t->process->nodes[one->node];
    gx_text id = asked_for(request, "activityId"), type = asked_for(request, "activityType"),
            name = asked_for(request, "activityName");
    bool is_over = one->left || t->has_ended;
    bool wants_over = gx_text_equal(gx_request_query(request, "finished"), GX_TEXT("true")) ||
                      gx_json_bool_of(request->json, "finished", false);
    bool wants_open = gx_text_equal(gx_request_query(request, "unfinished"), GX_TEXT("true")) ||
                      gx_json_bool_of(request->json, "unfinished", false);
    return (!id.size || gx_text_equal(id, node->id)) && (!name.size || gx_text_equal(name, node->name)) &&
           (!type.size || gx_text_equal(type, gx_text_of(gx_rest_activity_type(node)))) &&
           (!wants_over || is_over) && (!wants_open || !is_over);
}

static void write_stay(gx_request *request, const target *t, const stay *one, size_t number, gx_json_out *out)
{
    const gx_bpmn_node *node = &t->process->nodes[one->node];
    gx_json_out_begin(out, '{');
    gx_json_out_member_text(
        out, "id", gx_format(request->arena, "%.*s:%.*s:%zu", GX_PRINT(t->name), GX_PRINT(node->id), number));
    gx_json_out_member_text(out, "parentActivityInstanceId", t->name);
    gx_json_out_member_text(out, "activityId", node->id);
    gx_rest_text(out, "activityName", node->name);
    gx_json_out_member_text(out, "activityType", gx_text_of(gx_rest_activity_type(node)));
    gx_json_out_member_text(out, "processDefinitionKey", t->of->id);
    gx_json_out_member_text(out, "processDefinitionId", t->definition);
    gx_json_out_member_text(out, "processInstanceId", t->name);
    gx_json_out_member_text(out, "executionId", t->name);
    gx_rest_null(out, "taskId");
    gx_rest_null(out, "assignee");
    gx_rest_instant(out, "startTime", one->entered);
    gx_rest_instant(out, "endTime", one->left);
    gx_json_out_name(out, "durationInMillis");
    if (one->left)
        gx_json_out_int(out, one->left - one->entered);
    else
        gx_json_out_null(out);
    gx_json_out_member_bool(out, "canceled", !one->left && t->has_ended);
    gx_json_out_member_bool(out, "completeScope", node->kind == GX_NODE_END);
    gx_rest_null(out, "tenantId");
    gx_json_out_end(out, '}');
}

static bool activities(gx_request *request, gx_db *db, bool is_count, gx_reply *reply, gx_error *error)
{
    target t;
    stays s = {0};
    if (!find(request, db, &t, error) || !read_stays(request, db, &t, &s, error))
        return false;
    gx_json_out *out = gx_rest_answer(reply);
    int64_t first, most, seen = 0;
    if (!gx_rest_page(request, &first, &most, error))
        return false;
    gx_json_out_begin(out, is_count ? '{' : '[');
    for (size_t i = 0; i < s.count; i++) {
        if (!is_asked_for(request, &t, &s.items[i]))
            continue;
        if (!is_count && seen >= first && seen < first + most)
            write_stay(request, &t, &s.items[i], i + 1, out);
        seen++;
    }
    if (is_count)
        gx_json_out_member_int(out, "count", seen);
    gx_json_out_end(out, is_count ? '}' : ']');
    return true;
}

bool gx_api_rest_history_activities(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    return activities(request, db, false, reply, error);
}

bool gx_api_rest_history_activities_count(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    return activities(request, db, true, reply, error);
}

/* ---- Variable instances ---- */

static bool variables(gx_request *request, gx_db *db, bool is_count, gx_reply *reply, gx_error *error)
{
    target t;
    gx_json *values;
    gx_text name = asked_for(request, "variableName");
    if (!find(request, db, &t, error) || !gx_rest_variables_of(request, db, t.instance, &values, error))
        return false;
    gx_json_out *out = gx_rest_answer(reply);
    int64_t count = 0;
    gx_json_out_begin(out, is_count ? '{' : '[');
    for (const gx_json *one = values->first; one; one = one->next) {
        if (name.size && !gx_text_equal(one->name, name))
            continue;
        count++;
        if (is_count)
            continue;
        gx_json_out_begin(out, '{');
        gx_json_out_member_text(
            out, "id", gx_format(request->arena, "%.*s:%.*s", GX_PRINT(t.name), GX_PRINT(one->name)));
        gx_json_out_member_text(out, "name", one->name);
        gx_rest_write_value(request->arena, out, one);
        gx_json_out_member_text(out, "processDefinitionKey", t.of->id);
        gx_json_out_member_text(out, "processDefinitionId", t.definition);
        gx_json_out_member_text(out, "processInstanceId", t.name);
        gx_json_out_member_text(out, "executionId", t.name);
        gx_json_out_member_text(out, "activityInstanceId", t.name);
        gx_json_out_member_text(out, "state", GX_TEXT("CREATED"));
        gx_rest_null(out, "taskId");
        gx_rest_null(out, "errorMessage");
        gx_rest_null(out, "tenantId");
        gx_json_out_end(out, '}');
    }
    if (is_count)
        gx_json_out_member_int(out, "count", count);
    gx_json_out_end(out, is_count ? '}' : ']');
    return true;
}

bool gx_api_rest_variable_instances(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    return variables(request, db, false, reply, error);
}

bool gx_api_rest_variable_instances_count(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    return variables(request, db, true, reply, error);
}
