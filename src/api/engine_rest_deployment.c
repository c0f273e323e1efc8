/* Deployments: models sent as multipart/form-data, checked like packages, and in force at once. */
#include "api/engine_rest.h"
#include "base/file.h"
#include "base/limits.h"
#include "service/deployment.h"

enum { FILES_MOST = 200 };

/* ---- multipart/form-data (RFC 7578) ---- */

/* name="value" among the parameters of a header's value. */
static gx_text parameter_of(gx_text header, const char *name)
{
    for (gx_text rest = header; rest.bytes;) {
        gx_text value, one = gx_text_trim(gx_text_cut(rest, ';', &rest));
        gx_text key = gx_text_cut(one, '=', &value);
        if (!value.bytes || !gx_text_equal(gx_text_trim(key), gx_text_of(name)))
            continue;
        value = gx_text_trim(value);
        bool is_quoted = value.size >= 2 && value.bytes[0] == '"' && value.bytes[value.size - 1] == '"';
        return is_quoted ? gx_text_slice(value, 1, value.size - 1) : value;
    }
    return (gx_text){NULL, 0};
}

typedef struct form {
    gx_deploying deploying;
    gx_deployment_file files[FILES_MOST];
} form;

static bool take_part(form *f, gx_text head, gx_text content, gx_error *error)
{
    gx_text disposition = {NULL, 0};
    for (gx_text rest = head; rest.bytes;) {
        gx_text value, line = gx_text_trim(gx_text_cut(rest, '\n', &rest)),
                       name = gx_text_cut(line, ':', &value);
        if (value.bytes && name.size == 19 && (name.bytes[8] | 0x20) == 'd')
            disposition = value; /* Content-Disposition */
    }
    gx_text name = parameter_of(disposition, "name"), file = parameter_of(disposition, "filename");
    bool is_true = gx_text_equal(gx_text_trim(content), GX_TEXT("true"));
    if (!name.size)
        return gx_fail(error, "rest.multipart", GX_TEXT("name"));
    if (file.bytes) {
        if (f->deploying.count == FILES_MOST || !file.size)
            return gx_fail(error, "rest.multipart", GX_TEXT("filename"));
        for (size_t i = 0; i < f->deploying.count; i++)
            if (gx_text_equal(f->files[i].name, file))
                return gx_fail(error, "rest.multipart", file);
        f->files[f->deploying.count++] = (gx_deployment_file){file, content};
    } else if (gx_text_equal(name, GX_TEXT("deployment-name"))) {
        f->deploying.name = gx_text_trim(content);
    } else if (gx_text_equal(name, GX_TEXT("deployment-source"))) {
        f->deploying.source = gx_text_trim(content);
    } else if (gx_text_equal(name, GX_TEXT("enable-duplicate-filtering"))) {
        f->deploying.filters_duplicates = is_true;
    } else if (gx_text_equal(name, GX_TEXT("deploy-changed-only"))) {
        f->deploying.only_changed = is_true;
    }
    return true;
}

static bool read_form(gx_arena *arena, gx_text type, gx_text body, form *f, gx_error *error)
{
    gx_text boundary = parameter_of(type, "boundary");
    f->deploying.files = f->files;
    if (!gx_text_starts_with(type, GX_TEXT("multipart/form-data")) || !boundary.size || boundary.size > 200)
        return gx_fail(error, "rest.multipart", GX_TEXT("boundary"));
    gx_text line = gx_format(arena, "--%.*s", GX_PRINT(boundary)),
            between = gx_format(arena, "\r\n%.*s", GX_PRINT(line));
    if (!gx_text_starts_with(body, line))
        return gx_fail(error, "rest.multipart", GX_TEXT("boundary"));
    gx_text rest = gx_text_slice(body, line.size, body.size);
    while (!gx_text_starts_with(rest, GX_TEXT("--"))) {
        ptrdiff_t blank = gx_text_find(rest, GX_TEXT("\r\n\r\n")), end = gx_text_find(rest, between);
        if (blank < 0 || end < 0 || end < blank + 4)
            return gx_fail(error, "rest.multipart", GX_TEXT("boundary"));
        if (!take_part(f, gx_text_slice(rest, 0, (size_t)blank),
                       gx_text_slice(rest, (size_t)blank + 4, (size_t)end), error))
            return false;
        rest = gx_text_slice(rest, (size_t)end + between.size, rest.size);
    }
    return f->deploying.count > 0 || gx_fail(error, "rest.multipart", GX_TEXT("file"));
}

/* ---- Faults ---- */

/* The element that begins where a fault stands, or the one with an id around it. */
static gx_text element_at(const gx_xml *at, int32_t line, int32_t column)
{
    for (const gx_xml *child = at ? at->first : NULL; child; child = child->next) {
        gx_text found = child->kind == GX_XML_ELEMENT ? element_at(child, line, column) : (gx_text){NULL, 0};
        if (found.bytes)
            return found;
    }
    gx_place place = at ? gx_xml_place(at, (gx_text){"", 0}) : (gx_place){0};
    bool is_here = at && place.line == line && (column == 0 || place.column == column);
    for (const gx_xml *up = at; is_here && up; up = up->parent)
        if (gx_xml_attribute_of(up, "id").size)
            return gx_xml_attribute_of(up, "id");
    return (gx_text){NULL, 0};
}

static void write_fault(gx_request *request, const gx_error *fault, const gx_xml *xml, gx_json_out *out)
{
    char sentence[1000];
    gx_text element = element_at(xml, fault->line, fault->column);
    gx_json_out_begin(out, '{');
    gx_json_out_member_text(
        out, "message", gx_text_of(gx_error_sentence(fault, request->language, sentence, sizeof sentence)));
    gx_json_out_member_text(out, "code", gx_text_of(fault->code));
    gx_json_out_member_int(out, "line", fault->line);
    gx_json_out_member_int(out, "column", fault->column);
    gx_rest_text(out, "mainElementId", element);
    gx_json_out_name(out, "elementIds");
    gx_json_out_begin(out, '[');
    if (element.size)
        gx_json_out_text(out, element);
    gx_json_out_end(out, ']');
    gx_json_out_end(out, '}');
}

static void write_faults(gx_request *request, const gx_findings *findings, gx_text file, gx_severity severity,
                         const gx_xml *xml, gx_json_out *out)
{
    gx_json_out_name(out, severity == GX_SEVERITY_ERROR ? "errors" : "warnings");
    gx_json_out_begin(out, '[');
    for (size_t i = 0; i < findings->count; i++)
        if (findings->items[i].severity == severity &&
            gx_text_equal(gx_text_of(findings->items[i].error.path), file))
            write_fault(request, &findings->items[i].error, xml, out);
    gx_json_out_end(out, ']');
}

/* {"type": "ParseException", "message", "details": {FILE: {"errors", "warnings"}}} */
static bool refuse(gx_request *request, const form *f, const gx_findings *findings, gx_reply *reply)
{
    char sentence[1200];
    gx_buffer message = gx_buffer_in(request->arena);
    for (size_t i = 0; i < findings->count; i++)
        if (findings->items[i].severity == GX_SEVERITY_ERROR)
            gx_buffer_format(
                &message, "%s%s", message.size ? "\n" : "",
                gx_error_write(&findings->items[i].error, request->language, sentence, sizeof sentence));
    gx_json_out *out = gx_rest_answer(reply);
    reply->status = 400;
    gx_json_out_begin(out, '{');
    gx_json_out_member_text(out, "type", GX_TEXT("ParseException"));
    gx_json_out_member_text(out, "message", gx_buffer_as_text(&message));
    gx_rest_null(out, "code");
    gx_json_out_name(out, "details");
    gx_json_out_begin(out, '{');
    for (size_t i = 0; i < f->deploying.count; i++) {
        gx_error ignored = {0};
        const gx_xml *xml = gx_xml_parse(request->arena, f->files[i].content, f->files[i].name, &ignored);
        gx_json_out_name(out, gx_copy_string(request->arena, f->files[i].name));
        gx_json_out_begin(out, '{');
        write_faults(request, findings, f->files[i].name, GX_SEVERITY_ERROR, xml, out);
        write_faults(request, findings, f->files[i].name, GX_SEVERITY_WARNING, xml, out);
        gx_json_out_end(out, '}');
    }
    gx_json_out_end(out, '}');
    gx_json_out_end(out, '}');
    return true;
}

/* ---- Creating ---- */

typedef struct creating {
    const form *form;
    const gx_packages *checked;
} creating;

static bool write_definitions(gx_db *db, gx_arena *arena, int64_t id, const char *kind, const char *name,
                              gx_json_out *out, gx_error *error)
{
    gx_statement *rows =
        gx_db_prepare(db, "SELECT definition, version, name FROM deployment_file WHERE deployment = ?1 AND "
                          "kind = ?2 ORDER BY definition");
    gx_bind(rows, "is", id, kind);
    gx_step step;
    bool has_one = false;
    gx_json_out_name(out, name);
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW) {
        gx_text key = gx_column_copy(arena, rows, 0);
        gx_text whole = gx_format(arena, "%.*s:%lld", GX_PRINT(key), (long long)gx_column_int(rows, 1));
        if (!has_one)
            gx_json_out_begin(out, '{');
        has_one = true;
        gx_json_out_name(out, gx_copy_string(arena, whole));
        gx_json_out_begin(out, '{');
        gx_json_out_member_text(out, "id", whole);
        gx_json_out_member_text(out, "key", key);
        gx_json_out_member_int(out, "version", gx_column_int(rows, 1));
        gx_json_out_member_text(out, "resource", gx_column_text(rows, 2));
        gx_json_out_member_text(out, "deploymentId", gx_format(arena, "%lld", (long long)id));
        gx_json_out_member_bool(out, "suspended", false);
        gx_rest_null(out, "tenantId");
        gx_json_out_end(out, '}');
    }
    if (has_one)
        gx_json_out_end(out, '}');
    else
        gx_json_out_null(out);
    return step == GX_STEP_DONE;
}

static bool create(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    const creating *c = request->work;
    int64_t id;
    bool is_new;
    gx_text name, source;
    gx_instant at;
    if (!gx_deployment_create(db, request->arena, request->person, &c->form->deploying, c->checked, &id,
                              &is_new, error) ||
        !gx_db_get_text(db, request->arena, error, &name, "SELECT name FROM deployment WHERE id = ?1", "i",
                        id) ||
        !gx_db_get_text(db, request->arena, error, &source, "SELECT source FROM deployment WHERE id = ?1",
                        "i", id) ||
        !gx_db_get_int(db, error, &at, 0, "SELECT at FROM deployment WHERE id = ?1", "i", id))
        return false;
    gx_json_out *out = gx_rest_answer(reply);
    gx_text text = gx_format(request->arena, "%lld", (long long)id);
    gx_json_out_begin(out, '{');
    gx_json_out_name(out, "links");
    gx_json_out_raw(
        out, gx_format(request->arena,
                       "[{\"method\":\"GET\",\"href\":\"/engine-rest/deployment/%.*s\",\"rel\":\"self\"}]",
                       GX_PRINT(text)));
    gx_json_out_member_text(out, "id", text);
    gx_rest_text(out, "name", name);
    gx_rest_text(out, "source", source);
    gx_rest_instant(out, "deploymentTime", at);
    gx_rest_null(out, "tenantId");
    if (is_new &&
        (!write_definitions(db, request->arena, id, "process", "deployedProcessDefinitions", out, error) ||
         !write_definitions(db, request->arena, id, "decision", "deployedDecisionDefinitions", out, error)))
        return false;
    static const char *const others[] = {"deployedProcessDefinitions", "deployedDecisionDefinitions",
                                         "deployedCaseDefinitions",
                                         "deployedDecisionRequirementsDefinitions"};
    for (size_t i = is_new ? 2 : 0; i < GX_COUNT_OF(others); i++)
        gx_rest_null(out, others[i]);
    gx_json_out_end(out, '}');
    return true;
}

bool gx_api_rest_deploy(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    form *f = GX_NEW(request->arena, form);
    gx_findings findings = {0};
    gx_text body;
    (void)db;
    if (!gx_file_read(request->arena, request->upload_path, GX_LIMIT_FILE_BYTES, &body, error) ||
        !read_form(request->arena, gx_request_header(request, "Content-Type"), body, f, error))
        return false;
    gx_packages *checked = gx_deployment_check(request->host, &f->deploying, &findings);
    bool is_done;
    if (findings.errors) {
        is_done = refuse(request, f, &findings, reply);
    } else {
        request->work = &(creating){f, checked};
        is_done = gx_request_change(request, create, error) && gx_zone_refresh(request->host, error);
    }
    gx_findings_release(&findings);
    gx_packages_release(checked);
    return is_done;
}

/* ---- Looking ---- */

static const gx_rest_column columns[] = {
    {"id", GX_REST_ID, "d.id"},
    {"name", GX_REST_TEXT, "d.name"},
    {"source", GX_REST_TEXT, "d.source"},
    {"tenantId", GX_REST_NULL, NULL},
    {"deploymentTime", GX_REST_INSTANT, "d.at"},
};
static const gx_rest_filter filters[] = {
    {"id", GX_REST_NUMBER, "d.id = "},          {"name", GX_REST_EQUALS, "d.name = "},
    {"nameLike", GX_REST_LIKE, "d.name "}, {"source", GX_REST_EQUALS, "d.source = "},
    {"before", GX_REST_DATE, "d.at < "},        {"after", GX_REST_DATE, "d.at > "},
    {"withoutTenantId", GX_REST_ALL, NULL},     {"tenantIdIn", GX_REST_REFUSED, NULL},
};
static const gx_rest_filter sorts[] = {
    {"id", GX_REST_ALL, "d.id"}, {"name", GX_REST_ALL, "d.name"}, {"deploymentTime", GX_REST_ALL, "d.at"}};
static const gx_rest_list list = {
    columns, GX_COUNT_OF(columns), "deployment d WHERE 1 = 1", GX_REST_ALL_ROWS, NULL, filters,
    sorts,   GX_COUNT_OF(filters), GX_COUNT_OF(sorts),         "d.id",           NULL,
};

bool gx_api_rest_deployments(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    return gx_rest_list_write(request, db, &list, reply, error);
}

bool gx_api_rest_deployments_count(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    return gx_rest_list_count(request, db, &list, reply, error);
}

bool gx_api_rest_deployment(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    int64_t id;
    return gx_rest_id(request, "deployment.absent", &id, error) &&
           gx_rest_list_one(request, db, &list, "d.id = ", (gx_text){NULL, 0}, id, "deployment.absent", reply,
                            error);
}

bool gx_api_rest_deployment_resources(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    int64_t id;
    if (!gx_rest_id(request, "deployment.absent", &id, error))
        return false;
    gx_statement *rows =
        gx_db_prepare(db, "SELECT DISTINCT name FROM deployment_file WHERE deployment = ?1 ORDER BY name");
    gx_bind_int(rows, 1, id);
    gx_json_out *out = gx_rest_answer(reply);
    gx_step step;
    size_t count = 0;
    gx_json_out_begin(out, '[');
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW) {
        count++;
        gx_json_out_begin(out, '{');
        gx_json_out_member_text(out, "id", gx_column_text(rows, 0));
        gx_json_out_member_text(out, "name", gx_column_text(rows, 0));
        gx_json_out_member_int(out, "deploymentId", id);
        gx_json_out_end(out, '}');
    }
    gx_json_out_end(out, ']');
    return step == GX_STEP_DONE &&
           (count || gx_fail(error, "deployment.absent", gx_request_parameter(request, "id")));
}

bool gx_api_rest_deployment_data(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    int64_t id;
    gx_text name = gx_request_parameter(request, "resource");
    if (!gx_rest_id(request, "deployment.absent", &id, error))
        return false;
    gx_statement *row = gx_db_prepare(
        db, "SELECT f.content, d.source FROM deployment_file f LEFT JOIN definition d ON d.kind = f.kind AND "
            "d.id = "
            "f.definition AND d.version = f.version WHERE f.deployment = ?1 AND f.name = ?2 LIMIT 1");
    gx_bind(row, "it", id, name);
    gx_step step = gx_db_step(row, error);
    if (step != GX_STEP_ROW)
        return step == GX_STEP_DONE ? gx_fail(error, "rest.absent", name) : false;
    reply->content_type = "application/octet-stream";
    gx_buffer_text(&reply->body, gx_column_text(row, gx_column_is_null(row, 0) ? 1 : 0));
    gx_db_reset(row);
    return true;
}

static bool drop(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    int64_t id;
    return gx_rest_id(request, "deployment.absent", &id, error) &&
           gx_deployment_delete(db, request->arena, request->person, id, error) && gx_rest_nothing(reply);
}

bool gx_api_rest_deployment_delete(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    (void)db, (void)reply;
    return gx_request_change(request, drop, error) && gx_zone_refresh(request->host, error);
}
