#include "api/api.h"
#include "service/needed.h"
#include "service/register.h"

#include <string.h>

bool gx_api_messages(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    gx_text language = gx_request_parameter(request, "language");
    (void)db, (void)error;
    gx_json *all = gx_json_object(request->arena);
    const gx_definition *d;
    for (size_t i = 0; (d = gx_packages_next(gx_api_packages(request), GX_DEFINITION_MESSAGES, &i));) {
        if (!gx_text_ends_with(d->id, gx_format(request->arena, ".%.*s", GX_PRINT(language))))
            continue;
        for (const gx_json *member = d->json ? d->json->first : NULL; member; member = member->next) {
            gx_json *text = gx_json_string(request->arena, member->text);
            text->name = member->name;
            gx_json_append(all, text); /* keys are unique by the checker: no search for each */
        }
    }
    gx_reply_header(reply, "Cache-Control", GX_TEXT("no-cache"));
    gx_json_out_value(&reply->out, all);
    return true;
}

bool gx_api_packages_list(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    gx_statement *rows = gx_db_prepare(
        db, "SELECT name, version, title_zh, title_en, is_sample, loaded_at FROM package ORDER BY name");
    gx_statement *kinds = gx_db_prepare(
        db, "SELECT kind, count(*) FROM definition WHERE package = ?1 AND is_current = 1 GROUP BY kind");
    gx_json_out *out = &reply->out;
    gx_step step;
    int64_t count = 0;
    gx_json_out_begin(out, '{');
    gx_json_out_name(out, "items");
    gx_json_out_begin(out, '[');
    for (; (step = gx_db_step(rows, error)) == GX_STEP_ROW; count++) {
        gx_json_out_begin(out, '{');
        gx_json_out_member_text(out, "name", gx_column_text(rows, 0));
        gx_json_out_member_text(out, "version", gx_column_text(rows, 1));
        gx_json_out_name(out, "title");
        gx_json_out_begin(out, '{');
        gx_json_out_member_text(out, "zh", gx_column_text(rows, 2));
        gx_json_out_member_text(out, "en", gx_column_text(rows, 3));
        gx_json_out_end(out, '}');
        gx_json_out_member_bool(out, "sample", gx_column_int(rows, 4) != 0);
        gx_api_instant(out, "loadedAt", gx_column_int(rows, 5));
        gx_json_out_name(out, "counts");
        gx_json_out_begin(out, '{');
        gx_bind(kinds, "t", gx_column_copy(request->arena, rows, 0));
        while (gx_db_step(kinds, error) == GX_STEP_ROW)
            gx_json_out_member_int(out, gx_column_copy(request->arena, kinds, 0).bytes,
                                   gx_column_int(kinds, 1));
        gx_json_out_end(out, '}');
        gx_json_out_name(out, "findings"); /* faulty packages are not loaded */
        gx_json_out_begin(out, '[');
        gx_json_out_end(out, ']');
        gx_json_out_end(out, '}');
    }
    gx_api_end_list(request, reply, 0, count + 1, count);
    return step == GX_STEP_DONE;
}

static gx_text department_name(gx_request *request, gx_db *db, gx_text id)
{
    const gx_json *department = gx_register_find(db, request->arena, GX_TEXT("department"), id);
    gx_text name = gx_json_text_of(department, request->language == GX_LANGUAGE_EN ? "nameEn" : "name");
    return name.size ? name : id;
}

static void write_members(gx_json_out *out, const gx_json *json, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        gx_json_out_name(out, names[i]);
        gx_json_out_value(out, gx_json_get(json, names[i]));
    }
}

static void write_row(gx_request *request, gx_db *db, gx_json_out *out, const gx_definition *d)
{
    static const char *const names[] = {"id",    "name", "nameEn",     "group",        "stage",
                                        "owner", "kind", "legalLimit", "promisedLimit"};
    write_members(out, d->json, names, GX_COUNT_OF(names));
    gx_json_out_member_text(out, "ownerName",
                            department_name(request, db, gx_json_text_of(d->json, "owner")));
    gx_json_out_member_bool(out, "apply", gx_json_bool_of(d->json, "apply", false));
}

/* Each word must stand in one of the names. */
static bool is_found(const gx_json *matter, gx_text words)
{
    while (words.bytes && words.size) {
        gx_text word = gx_text_trim(gx_text_cut(words, ' ', &words));
        bool is_there = gx_text_find(gx_json_text_of(matter, "name"), word) >= 0 ||
                        gx_text_find(gx_json_text_of(matter, "nameEn"), word) >= 0 ||
                        gx_text_find(gx_json_text_of(matter, "id"), word) >= 0 ||
                        gx_text_find(gx_json_text_of(matter, "keywords"), word) >= 0;
        if (!is_there)
            return false;
    }
    return true;
}

bool gx_api_matters(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    gx_text words = gx_request_query(request, "q"), group = gx_request_query(request, "group"),
            apply = gx_request_query(request, "apply");
    int64_t stage = gx_request_query_int(request, "stage", 0, 0, 99), count = 0, offset, limit;
    gx_api_page(request, &offset, &limit);
    const gx_definition *d;
    (void)error;
    gx_json_out_begin(&reply->out, '{');
    gx_json_out_name(&reply->out, "items");
    gx_json_out_begin(&reply->out, '[');
    for (size_t i = 0; (d = gx_packages_next(gx_api_packages(request), GX_DEFINITION_MATTER, &i));) {
        bool is_meant = is_found(d->json, words) &&
                        (!group.size || gx_text_equal(gx_json_text_of(d->json, "group"), group)) &&
                        (!stage || gx_json_int_of(d->json, "stage", 0) == stage) &&
                        (!apply.size ||
                         gx_json_bool_of(d->json, "apply", false) == gx_text_equal(apply, GX_TEXT("true")));
        if (!is_meant)
            continue;
        if (count >= offset && count < offset + limit) {
            gx_json_out_begin(&reply->out, '{');
            write_row(request, db, &reply->out, d);
            gx_json_out_end(&reply->out, '}');
        }
        count++;
    }
    gx_api_end_list(request, reply, offset, limit, count);
    return true;
}

static const gx_definition *find_matter(gx_request *request, gx_error *error)
{
    gx_text id = gx_request_parameter(request, "id");
    const gx_definition *d = gx_packages_find(gx_api_packages(request), GX_DEFINITION_MATTER, id);
    if (!d)
        gx_fail(error, "matter.absent", id);
    return d;
}

/* The process's user tasks in plain words, as the applicant's line of steps. */
static void write_steps(gx_request *request, gx_json_out *out, const gx_definition *matter)
{
    const gx_definition *process = gx_packages_find(gx_api_packages(request), GX_DEFINITION_PROCESS,
                                                    gx_json_text_of(matter->json, "process"));
    const gx_json *steps = gx_json_get(matter->json, "steps");
    gx_json_out_name(out, "steps");
    if (steps) {
        gx_json_out_value(out, steps);
        return;
    }
    gx_json_out_begin(out, '[');
    for (uint32_t i = 1; process && process->process && i < process->process->node_count; i++) {
        const gx_bpmn_node *node = &process->process->nodes[i];
        bool is_step = (node->kind == GX_NODE_USER_TASK || node->kind == GX_NODE_CALL ||
                        node->kind == GX_NODE_SUB_PROCESS) &&
                       node->parent == 0;
        if (!is_step)
            continue;
        gx_json_out_begin(out, '{');
        gx_json_out_member_text(out, "key", node->id);
        gx_json_out_member_text(out, "name", node->name);
        gx_json_out_member_text(
            out, "nameEn",
            gx_packages_message(gx_api_packages(request), GX_LANGUAGE_EN,
                                gx_format(request->arena, "task.%.*s", GX_PRINT(node->id))));
        gx_json_out_end(out, '}');
    }
    gx_json_out_end(out, ']');
}

bool gx_api_matter(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    static const char *const names[] = {"cooperating", "basis",   "prerequisites", "stopClock", "result",
                                        "form",        "process", "notes",         "neededWhen"};
    const gx_definition *d = find_matter(request, error);
    if (!d)
        return false;
    gx_json_out *out = &reply->out;
    gx_json_out_begin(out, '{');
    write_row(request, db, out, d);
    write_members(out, d->json, names, GX_COUNT_OF(names));
    gx_json_out_name(out, "documents");
    gx_json_out_begin(out, '[');
    const gx_json *documents = gx_json_get(d->json, "documents");
    for (const gx_json *id = documents ? documents->first : NULL; id; id = id->next)
        gx_json_out_value(out, gx_packages_document(gx_api_packages(request), gx_json_text(id)));
    gx_json_out_end(out, ']');
    write_steps(request, out, d);
    gx_json_out_end(out, '}');
    return true;
}

bool gx_api_needed(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    static const char *const members[] = {"project:object!"};
    if (!find_matter(request, error) || !gx_api_body(request, members, GX_COUNT_OF(members), error))
        return false;
    gx_value project = gx_value_from_json(request->arena, gx_json_get(request->json, "project"));
    (void)db;
    gx_needed_matter *needed;
    size_t count;
    if (!gx_needed_find(request->arena, gx_api_packages(request), project, request->language, &needed, &count,
                        error))
        return false;
    static const char *const words[] = {"no", "yes", "unclear"};
    static const char *const limits[] = {"legalLimit", "promisedLimit"};
    gx_json_out *out = &reply->out;
    gx_json_out_begin(out, '{');
    gx_json_out_name(out, "items");
    gx_json_out_begin(out, '[');
    for (size_t i = 0; i < count; i++) {
        static const char *const names[] = {"id", "name", "nameEn", "owner", "stage"};
        gx_json_out_begin(out, '{');
        write_members(out, needed[i].matter->json, names, GX_COUNT_OF(names));
        gx_json_out_member_text(out, "needed", gx_text_of(words[needed[i].is_needed]));
        gx_json_out_member_text(out, "reason", needed[i].reason);
        write_members(out, needed[i].matter->json, limits, GX_COUNT_OF(limits));
        gx_json_out_end(out, '}');
    }
    gx_api_end_list(request, reply, 0, (int64_t)count + 1, (int64_t)count);
    return true;
}

bool gx_api_form(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    gx_text id = gx_request_parameter(request, "id");
    const gx_definition *d = gx_packages_find(gx_api_packages(request), GX_DEFINITION_FORM, id);
    (void)db;
    if (!d)
        return gx_fail(error, "form.absent", id);
    gx_reply_version(request, reply, d->version);
    gx_json_out_value(&reply->out, d->json);
    return true;
}
