/* Process definitions: which there are, their models, starting them, no longer starting them. */
#include "api/engine_rest.h"
#include "service/audit.h"
#include "service/deployment.h"
#include "service/repair.h"

#define ID   "d.id || ':' || d.version"
#define HELD "CASE WHEN EXISTS (SELECT 1 FROM held_process h WHERE h.process = d.id) THEN 1 ELSE 0 END"

static const gx_rest_column columns[] = {
    {"id", GX_REST_TEXT, ID},
    {"key", GX_REST_TEXT, "d.id"},
    {"version", GX_REST_INT, "d.version"},
    {"resource", GX_REST_TEXT, "d.path"},
    {"deploymentId", GX_REST_TEXT,
     "coalesce(CAST((SELECT min(f.deployment) FROM deployment_file f WHERE f.kind = d.kind AND f.definition "
     "= d.id AND "
     "f.version = d.version) AS VARCHAR(20)), 'package:' || d.package)"},
    {"suspended", GX_REST_BOOL, HELD},
    {"category", GX_REST_NULL, NULL},
    {"description", GX_REST_NULL, NULL},
    {"diagram", GX_REST_NULL, NULL},
    {"tenantId", GX_REST_NULL, NULL},
    {"versionTag", GX_REST_NULL, NULL},
    {"historyTimeToLive", GX_REST_NULL, NULL},
    {"startableInTasklist", GX_REST_BOOL, "1"},
};
static const gx_rest_filter filters[] = {
    {"processDefinitionId", GX_REST_EQUALS, ID " = "},
    {"processDefinitionIdIn", GX_REST_IN, ID " IN "},
    {"key", GX_REST_EQUALS, "d.id = "},
    {"keysIn", GX_REST_IN, "d.id IN "},
    {"keyLike", GX_REST_LIKE, "d.id "},
    {"version", GX_REST_NUMBER, "d.version = "},
    {"latestVersion", GX_REST_TRUE, "d.is_current = 1"},
    {"latest", GX_REST_TRUE, "d.is_current = 1"},
    {"resourceName", GX_REST_EQUALS, "d.path = "},
    {"resourceNameLike", GX_REST_LIKE, "d.path "},
    {"deploymentId", GX_REST_EQUALS,
     "(SELECT CAST(min(f.deployment) AS VARCHAR(20)) FROM deployment_file f WHERE f.kind = d.kind AND "
     "f.definition = d.id "
     "AND f.version = d.version) = "},
    {"suspended", GX_REST_TRUE, HELD " = 1"},
    {"active", GX_REST_TRUE, HELD " = 0"},
    {"withoutTenantId", GX_REST_ALL, NULL},
    {"tenantIdIn", GX_REST_REFUSED, NULL},
    {"name", GX_REST_REFUSED, NULL},
    {"nameLike", GX_REST_REFUSED, NULL},
    {"versionTag", GX_REST_REFUSED, NULL},
};
static const gx_rest_filter sorts[] = {{"id", GX_REST_ALL, ID},
                                       {"key", GX_REST_ALL, "d.id"},
                                       {"version", GX_REST_ALL, "d.version"},
                                       {"deployTime", GX_REST_ALL, "d.loaded_at"},
                                       {"deploymentId", GX_REST_ALL, "d.loaded_at"}};

/* The name stands in the model only. */
static bool write_name(gx_request *request, gx_db *db, gx_statement *row, gx_json_out *out, gx_error *error)
{
    const gx_definition *d = gx_zone_definition(request->host, db, GX_DEFINITION_PROCESS,
                                                gx_column_text(row, 1), gx_column_int(row, 2), error);
    if (!d)
        return false;
    gx_rest_text(out, "name", d->process ? d->process->name : (gx_text){"", 0});
    return true;
}

static const gx_rest_list list = {
    columns,
    GX_COUNT_OF(columns),
    "definition d WHERE d.kind = 'process' AND d.withdrawn_at IS NULL",
    GX_REST_ALL_ROWS,
    NULL,
    filters,
    sorts,
    GX_COUNT_OF(filters),
    GX_COUNT_OF(sorts),
    "d.id, d.version",
    NULL,
    write_name,
};

bool gx_api_rest_definitions(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    return gx_rest_list_write(request, db, &list, reply, error);
}

bool gx_api_rest_definitions_count(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    return gx_rest_list_count(request, db, &list, reply, error);
}

/* ---- One of them ---- */

/* By {id} "key:version", by {key} the one in force, by {key} and {version}. */
static const gx_definition *find(gx_request *request, gx_db *db, gx_error *error)
{
    gx_text version_text, id = gx_request_parameter(request, "id"),
                          key = gx_request_parameter(request, "key");
    gx_error ignored = {0};
    int64_t version = 0;
    const gx_definition *d = NULL;
    if (key.bytes) {
        d = gx_packages_find(gx_api_packages(request), GX_DEFINITION_PROCESS, key);
    } else {
        key = gx_text_cut(id, ':', &version_text);
        if (gx_text_to_int(version_text, &version))
            d = gx_zone_definition(request->host, db, GX_DEFINITION_PROCESS, key, version, &ignored);
    }
    if (!d || !d->process)
        gx_fail(error, "rest.definition", id.bytes ? id : key);
    return d && d->process ? d : NULL;
}

static gx_text id_of(gx_arena *arena, const gx_definition *d)
{
    return gx_format(arena, "%.*s:%lld", GX_PRINT(d->id), (long long)d->version);
}

bool gx_api_rest_definition(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    const gx_definition *d = find(request, db, error);
    return d && gx_rest_list_one(request, db, &list, ID " = ", id_of(request->arena, d), 0, "rest.definition",
                                 reply, error);
}

bool gx_api_rest_definition_xml(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    const gx_definition *d = find(request, db, error);
    if (!d)
        return false;
    gx_json_out *out = gx_rest_answer(reply);
    gx_json_out_begin(out, '{');
    gx_json_out_member_text(out, "id", id_of(request->arena, d));
    gx_json_out_member_text(out, "bpmn20Xml", d->source);
    gx_json_out_end(out, '}');
    return true;
}

/* ---- Starting ---- */

static const gx_xml *start_event(const gx_definition *d)
{
    for (const gx_xml *at = d->bpmn->xml->first; at; at = at->next)
        if (gx_xml_is(at, GX_BPMN_MODEL_NS, "process") &&
            gx_text_equal(gx_xml_attribute_of(at, "id"), d->process->id))
            return gx_xml_child(at, GX_BPMN_MODEL_NS, "startEvent");
    return NULL;
}

/* The fields of a start event's camunda:formData with their defaults. */
bool gx_api_rest_definition_form(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    static const struct {
        const char *field, *type;
    } types[] = {{"long", "Long"}, {"boolean", "Boolean"}, {"date", "Date"}};
    const gx_definition *d = find(request, db, error);
    if (!d)
        return false;
    const gx_xml *event = start_event(d);
    const gx_xml *form =
        gx_xml_child(gx_xml_child(event, GX_BPMN_MODEL_NS, "extensionElements"), NULL, "formData");
    gx_json_out *out = gx_rest_answer(reply);
    gx_json_out_begin(out, '{');
    for (const gx_xml *field = gx_xml_child(form, NULL, "formField"); field;
         field = gx_xml_next(field, NULL, "formField")) {
        const char *type = "String";
        gx_text given = gx_xml_attribute_of(field, "type"),
                value = gx_xml_attribute_of(field, "defaultValue");
        for (size_t i = 0; i < GX_COUNT_OF(types); i++)
            if (gx_text_equal(given, gx_text_of(types[i].field)))
                type = types[i].type;
        gx_json_out_name(out, gx_copy_string(request->arena, gx_xml_attribute_of(field, "id")));
        gx_json_out_begin(out, '{');
        gx_json_out_member_text(out, "type", gx_text_of(type));
        gx_json_out_name(out, "value");
        int64_t whole;
        bool is_bare = (type[0] == 'L' && gx_text_to_int(value, &whole)) ||
                       (type[0] == 'B' &&
                        (gx_text_equal(value, GX_TEXT("true")) || gx_text_equal(value, GX_TEXT("false"))));
        if (!value.size)
            gx_json_out_null(out);
        else if (is_bare)
            gx_json_out_raw(out, value);
        else
            gx_json_out_text(out, value);
        gx_json_out_name(out, "valueInfo");
        gx_json_out_raw(out, GX_TEXT("{}"));
        gx_json_out_end(out, '}');
    }
    gx_json_out_end(out, '}');
    return true;
}

static void write_instance(const gx_case *of, gx_text definition, gx_text business_key, gx_json_out *out)
{
    gx_text version;
    gx_json_out_name(out, "links");
    gx_json_out_raw(out, GX_TEXT("[]"));
    gx_json_out_member_text(out, "id", of->number);
    gx_json_out_member_text(out, "definitionId", definition);
    gx_json_out_member_text(out, "definitionKey", gx_text_cut(definition, ':', &version));
    gx_rest_text(out, "businessKey", business_key);
    gx_rest_null(out, "caseInstanceId");
    gx_json_out_member_bool(out, "ended", gx_case_is_closed(of));
    gx_json_out_member_bool(out, "suspended", of->suspended_at != 0);
    gx_rest_null(out, "tenantId");
}

static bool write_started(gx_request *request, gx_work *work, const gx_case *of, gx_text definition,
                          gx_text business_key, gx_value variables, gx_reply *reply, gx_error *error)
{
    if (!gx_work_finish(work, error) || !gx_audit(work->db, request->arena, request->person, "case.create",
                                                  of->number, "done", of->matter, error))
        return false;
    gx_json_out *out = gx_rest_answer(reply);
    gx_json_out_begin(out, '{');
    write_instance(of, definition, business_key, out);
    if (!gx_value_is_null(variables)) {
        gx_json_out_name(out, "variables");
        gx_rest_write_variables(request->arena, out, gx_value_to_json(request->arena, variables));
    }
    gx_json_out_end(out, '}');
    return true;
}

bool gx_api_rest_definition_start(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    static const char *const members[] = {
        "variables",           "businessKey",    "caseInstanceId",       "startInstructions",
        "skipCustomListeners", "skipIoMappings", "withVariablesInReturn"};
    gx_work work = gx_rest_work(request, db);
    gx_text key = gx_request_parameter(request, "key"),
            business_key = gx_rest_body_text(request, "businessKey");
    const gx_json *instructions = gx_json_get(request->json, "startInstructions");
    if (!gx_rest_body(request, members, GX_COUNT_OF(members), error))
        return false;
    if (gx_json_is(instructions, GX_JSON_ARRAY) && instructions->count)
        return gx_fail(error, "rest.instruction", GX_TEXT("startInstructions"));
    bool is_matter = key.bytes && gx_packages_find(work.packages, GX_DEFINITION_MATTER, key);
    const gx_definition *d = is_matter ? NULL : find(request, db, error);
    const gx_json *plain =
        gx_rest_read_variables(request->arena, gx_json_get(request->json, "variables"), error);
    if ((!is_matter && !d) || !plain)
        return false;
    gx_case *of;
    gx_value variables = gx_value_null();
    const gx_application application = {.matter = is_matter ? key : d->id,
                                        .data = plain,
                                        .channel = GX_TEXT("web"),
                                        .business_key = business_key,
                                        .version = key.bytes ? 0 : d->version};
    if (!gx_case_submit(&work, &application, &of, error) ||
        (gx_json_bool_of(request->json, "withVariablesInReturn", false) &&
         !gx_work_variables(&work, of->id, &variables, error)))
        return false;
    return write_started(request, &work, of, is_matter ? key : id_of(request->arena, d), business_key,
                         variables, reply, error);
}

/* ---- No longer starting ---- */

/* {"suspended"} of one key; in the bulk form with "processDefinitionKey" in the body. Running cases go on. */
bool gx_api_rest_definition_suspended(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    static const char *const members[] = {"suspended", "includeProcessInstances", "executionDate",
                                          "processDefinitionKey", "processDefinitionId"};
    gx_work work = gx_rest_work(request, db);
    gx_text version, key = gx_request_parameter(request, "key"), id = gx_request_parameter(request, "id");
    if (!gx_rest_body(request, members, GX_COUNT_OF(members), error))
        return false;
    if (gx_json_bool_of(request->json, "includeProcessInstances", false) ||
        !gx_json_is_nothing(gx_json_get(request->json, "executionDate")))
        return gx_fail(error, "rest.refused", GX_TEXT("includeProcessInstances, executionDate"));
    if (!key.bytes)
        key = gx_text_cut(id.bytes ? id : gx_rest_body_text(request, "processDefinitionId"), ':', &version);
    if (!key.size)
        key = gx_rest_body_text(request, "processDefinitionKey");
    bool is_held;
    return gx_rest_body_bool(request, "suspended", &is_held, error) &&
           gx_repair_hold_process(&work, key, is_held, GX_TEXT("engine-rest"), error) &&
           gx_work_finish(&work, error) &&
           gx_audit(db, request->arena, request->person, is_held ? "process.suspend" : "process.continue",
                    key, "done", GX_TEXT("engine-rest"), error) &&
           gx_rest_nothing(reply);
}

/* ---- Counts ---- */

bool gx_api_rest_definition_statistics(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    gx_statement *rows = gx_db_prepare(
        db,
        "SELECT i.process, i.process_version, count(DISTINCT i.id), count(n.id), count(j.id) FROM cases c "
        "JOIN instance "
        "i ON i.bucket = c.bucket AND i.id BETWEEN c.id * 4096 AND c.id * 4096 + 4095 LEFT JOIN incident n "
        "ON n.bucket "
        "= i.bucket AND n.case_id = c.id AND n.instance = i.id AND n.solved_at IS NULL LEFT JOIN job j ON "
        "j.bucket = "
        "i.bucket AND j.instance = i.id AND j.retries_left = 0 WHERE c.state IN ('submitted', 'correction', "
        "'accepted', 'review', 'stopped', 'granted', 'refused', 'not_accepted', 'delivered') AND i.has_ended "
        "= 0 "
        "GROUP BY i.process, i.process_version ORDER BY i.process, i.process_version");
    gx_json_out *out = gx_rest_answer(reply);
    gx_step step;
    bool with_incidents = gx_text_equal(gx_request_query(request, "incidents"), GX_TEXT("true"));
    gx_json_out_begin(out, '[');
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW) {
        gx_text key = gx_column_copy(request->arena, rows, 0),
                id = gx_format(request->arena, "%.*s:%lld", GX_PRINT(key), (long long)gx_column_int(rows, 1));
        int64_t incidents = gx_column_int(rows, 3);
        gx_json_out_begin(out, '{');
        gx_json_out_member_text(out, "id", id);
        gx_json_out_member_int(out, "instances", gx_column_int(rows, 2));
        gx_json_out_member_int(out, "failedJobs", gx_column_int(rows, 4));
        gx_json_out_name(out, "incidents");
        if (with_incidents && incidents)
            gx_json_out_raw(out, gx_format(request->arena,
                                           "[{\"incidentType\":\"failedJob\",\"incidentCount\":%lld}]",
                                           (long long)incidents));
        else
            gx_json_out_raw(out, GX_TEXT("[]"));
        gx_json_out_name(out, "definition");
        gx_json_out_begin(out, '{');
        gx_json_out_member_text(out, "id", id);
        gx_json_out_member_text(out, "key", key);
        gx_json_out_member_int(out, "version", gx_column_int(rows, 1));
        gx_json_out_end(out, '}');
        gx_json_out_end(out, '}');
    }
    gx_json_out_end(out, ']');
    return step == GX_STEP_DONE;
}
