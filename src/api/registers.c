#include "api/api.h"
#include "service/audit.h"
#include "service/lamp.h"
#include "service/register.h"

#include <string.h>

static const gx_definition *find_register(gx_request *request, gx_error *error)
{
    gx_text id = gx_request_parameter(request, "register");
    const gx_definition *definition = gx_packages_find(gx_api_packages(request), GX_DEFINITION_REGISTER, id);
    if (!definition)
        gx_fail(error, "register.absent", id);
    return definition;
}

static void write_title(gx_json_out *out, const gx_definition *definition)
{
    gx_json_out_member_text(out, "id", definition->id);
    gx_json_out_name(out, "title");
    gx_json_out_value(out, gx_json_path(definition->json, "x-gx.title"));
}

bool gx_api_registers(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    const gx_definition *d;
    int64_t count = 0;
    gx_json_out *out = &reply->out;
    gx_json_out_begin(out, '{');
    gx_json_out_name(out, "items");
    gx_json_out_begin(out, '[');
    for (size_t i = 0; (d = gx_packages_next(gx_api_packages(request), GX_DEFINITION_REGISTER, &i));
         count++) {
        int64_t total;
        if (!gx_db_get_int(db, error, &total, 0, "SELECT count(*) FROM record WHERE register = ?1", "t",
                           d->id))
            return false;
        gx_json_out_begin(out, '{');
        write_title(out, d);
        gx_json_out_member_int(out, "total", total);
        gx_json_out_end(out, '}');
    }
    gx_api_end_list(request, reply, 0, count + 1, count);
    return true;
}

bool gx_api_register(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    const gx_definition *d = find_register(request, error);
    (void)db;
    if (!d)
        return false;
    static const char *const names[] = {"key", "titleField", "columns", "filters", "sort"};
    const gx_json *settings = gx_json_get(d->json, "x-gx");
    gx_json_out *out = &reply->out;
    gx_json_out_begin(out, '{');
    write_title(out, d);
    for (size_t i = 0; i < GX_COUNT_OF(names); i++) {
        gx_json_out_name(out, names[i]);
        gx_json_out_value(out, gx_json_get(settings, names[i]));
    }
    gx_json_out_name(out, "schema");
    gx_json_out_value(out, d->json);
    gx_json_out_end(out, '}');
    return true;
}

static void add_filter(void *context, gx_text name, gx_text value)
{
    gx_register_query *query = context;
    if (query->filter_count < GX_COUNT_OF(query->filters) && value.size)
        query->filters[query->filter_count++] = (gx_register_filter){name, value};
}

static bool read_query(gx_request *request, const gx_definition *definition, gx_register_query *query,
                       gx_error *error)
{
    *query = (gx_register_query){.search = gx_request_query(request, "q"),
                                 .sort = gx_request_query(request, "sort")};
    gx_request_query_each(request, "filter.", add_filter, query);
    gx_api_page(request, &query->offset, &query->limit);
    gx_text fields[GX_COUNT_OF(query->filters) + 1] = {
        gx_text_slice(query->sort, gx_text_starts_with(query->sort, GX_TEXT("-")), query->sort.size)};
    for (size_t i = 0; i < query->filter_count; i++)
        fields[i + 1] = query->filters[i].field;
    for (size_t i = 0; i <= query->filter_count; i++)
        if (!gx_register_sees(gx_api_packages(request), request->person, definition->json, fields[i]))
            return gx_fail(error, "register.field", fields[i]);
    return true;
}

typedef struct listing {
    gx_request *request;
    gx_reply *reply;
    const gx_definition *definition;
} listing;

static gx_json *visible(gx_request *request, const gx_definition *definition, const gx_json *record)
{
    gx_json *copy = gx_json_copy(request->arena, record);
    gx_register_mask(gx_api_packages(request), request->person, definition->json, copy, request->arena);
    return copy;
}

static bool write_record(void *context, gx_text key, int64_t version, const gx_json *record, gx_error *error)
{
    listing *l = context;
    (void)version, (void)error;
    gx_json *shown = visible(l->request, l->definition, record);
    gx_json_set_text(l->request->arena, shown, "key", key);
    gx_json_out_value(&l->reply->out, shown);
    return true;
}

bool gx_api_records(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    const gx_definition *d = find_register(request, error);
    if (!d)
        return false;
    gx_register_query query;
    int64_t total;
    if (!read_query(request, d, &query, error))
        return false;
    gx_json_out_begin(&reply->out, '{');
    gx_json_out_name(&reply->out, "items");
    gx_json_out_begin(&reply->out, '[');
    if (!gx_register_list(db, request->arena, d, &query, &total, write_record, &(listing){request, reply, d},
                          error))
        return false;
    gx_api_end_list(request, reply, query.offset, query.limit, total);
    return true;
}

static void write_cell(gx_arena *arena, gx_buffer *body, const gx_json *value)
{
    gx_text text = gx_json_is_nothing(value) ? (gx_text){"", 0}
                   : value->kind == GX_JSON_STRING || value->kind == GX_JSON_NUMBER
                       ? value->text
                       : gx_json_to_text(arena, value);
    gx_csv_cell(body, text);
}

static bool write_line(void *context, gx_text key, int64_t version, const gx_json *record, gx_error *error)
{
    listing *l = context;
    (void)key, (void)version, (void)error;
    gx_json *shown = visible(l->request, l->definition, record);
    const gx_json *properties = gx_json_get(l->definition->json, "properties");
    for (const gx_json *property = properties->first; property; property = property->next) {
        if (property != properties->first)
            gx_buffer_byte(&l->reply->body, ',');
        write_cell(l->request->arena, &l->reply->body, gx_json_get_text_name(shown, property->name));
    }
    gx_buffer_string(&l->reply->body, "\r\n");
    return true;
}

bool gx_api_records_csv(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    const gx_definition *d = find_register(request, error);
    if (!d)
        return false;
    gx_register_query query;
    if (!read_query(request, d, &query, error))
        return false;
    query.offset = 0;
    query.limit = 100000;
    int64_t total;
    gx_buffer_string(&reply->body, "\xEF\xBB\xBF"); /* for spreadsheets */
    const gx_json *properties = gx_json_get(d->json, "properties");
    for (const gx_json *property = properties ? properties->first : NULL; property;
         property = property->next) {
        gx_text title = gx_json_text_of(property, request->language == GX_LANGUAGE_EN ? "x-en" : "title");
        if (property != properties->first)
            gx_buffer_byte(&reply->body, ',');
        gx_csv_cell(&reply->body, title.size ? title : property->name);
    }
    gx_buffer_string(&reply->body, "\r\n");
    reply->content_type = "text/csv; charset=utf-8";
    gx_reply_header(reply, "Content-Disposition",
                    gx_format(request->arena, "attachment; filename=\"%.*s.csv\"", GX_PRINT(d->id)));
    return !properties || gx_register_list(db, request->arena, d, &query, &total, write_line,
                                           &(listing){request, reply, d}, error);
}

bool gx_api_record(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    const gx_definition *d = find_register(request, error);
    int64_t version;
    gx_text key = gx_request_parameter(request, "key");
    const gx_json *record = d ? gx_register_get(db, request->arena, d->id, key, &version, error) : NULL;
    if (!record)
        return false;
    gx_reply_version(request, reply, version);
    return write_record(&(listing){request, reply, d}, key, version, record, error);
}

static bool write_version(void *context, const gx_register_version *version, gx_error *error)
{
    listing *l = context;
    gx_json_out *out = &l->reply->out;
    (void)error;
    gx_json_out_begin(out, '{');
    gx_json_out_member_int(out, "version", version->number);
    gx_api_instant(out, "at", version->at);
    gx_json_out_member_text(out, "by", version->by);
    gx_json_out_name(out, "record");
    gx_json_out_value(out, visible(l->request, l->definition, version->record));
    gx_json_out_end(out, '}');
    return true;
}

bool gx_api_record_history(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    const gx_definition *d = find_register(request, error);
    int64_t offset, limit, total;
    if (!d)
        return false;
    gx_api_page(request, &offset, &limit);
    gx_json_out_begin(&reply->out, '{');
    gx_json_out_name(&reply->out, "items");
    gx_json_out_begin(&reply->out, '[');
    if (!gx_register_history(db, request->arena, d->id, gx_request_parameter(request, "key"), offset, limit,
                             &total, write_version, &(listing){request, reply, d}, error))
        return false;
    gx_api_end_list(request, reply, offset, limit, total);
    return true;
}

static bool put_record(gx_request *request, gx_db *db, gx_reply *reply, const gx_definition *d,
                       int64_t version, gx_text key, gx_error *error)
{
    if (!gx_register_put(db, request->arena, d, request->json, version, request->person->login, error) ||
        !gx_audit(db, request->arena, request->person, "register.write",
                  gx_format(request->arena, "%.*s/%.*s", GX_PRINT(d->id), GX_PRINT(key)), "done",
                  (gx_text){"", 0}, error))
        return false;
    const gx_json *record = gx_register_get(db, request->arena, d->id, key, &version, error);
    gx_reply_version(request, reply, version);
    return record && write_record(&(listing){request, reply, d}, key, version, record, error);
}

static gx_text key_of(const gx_definition *d, const gx_json *record)
{
    gx_text field = gx_json_text(gx_json_path(d->json, "x-gx.key"));
    return gx_json_text(gx_json_get_text_name(record, field.size ? field : GX_TEXT("id")));
}

bool gx_api_record_create(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    const gx_definition *d = find_register(request, error);
    if (!d)
        return false;
    if (!gx_json_is(request->json, GX_JSON_OBJECT))
        return gx_fail(error, "json.member.type", GX_TEXT("/"), GX_TEXT("object"));
    reply->status = 201;
    return put_record(request, db, reply, d, -1, key_of(d, request->json), error);
}

bool gx_api_record_put(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    const gx_definition *d = find_register(request, error);
    int64_t version = gx_request_version(request);
    gx_text key = gx_request_parameter(request, "key");
    if (!d)
        return false;
    if (version < 0)
        return gx_fail(error, "register.version.needed");
    if (!gx_json_is(request->json, GX_JSON_OBJECT))
        return gx_fail(error, "json.member.type", GX_TEXT("/"), GX_TEXT("object"));
    if (!gx_text_equal(key_of(d, request->json), key))
        return gx_fail(error, "register.enum", key_of(d, request->json));
    if (version == 0 && !gx_register_get(db, request->arena, d->id, key, NULL, error))
        return false;
    return put_record(request, db, reply, d, version, key, error);
}

bool gx_api_project_lamps(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    gx_json *lamps = gx_project_lamps(gx_api_zone(request), db, request->arena, request->language,
                                      gx_request_query(request, "asOf"), error);
    if (!lamps)
        return false;
    gx_json_out_value(&reply->out, lamps);
    return true;
}

/* ---- What the registers know of the applicant's own companies: a form starts with it ---- */

bool gx_api_own_enterprises(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    const gx_person *person = request->person;
    const gx_definition *projects =
        gx_packages_find(gx_api_packages(request), GX_DEFINITION_REGISTER, GX_TEXT("project"));
    gx_json_out *out = &reply->out;
    gx_json_out_begin(out, '{');
    gx_json_out_name(out, "items");
    gx_json_out_begin(out, '[');
    for (size_t i = 0; i < person->enterprise_count; i++) {
        gx_json_out_begin(out, '{');
        gx_json_out_member_text(out, "id", person->enterprises[i]);
        gx_json_out_name(out, "enterprise");
        gx_json_out_value(
            out, gx_register_find(db, request->arena, GX_TEXT("enterprise"), person->enterprises[i]));
        gx_json_out_name(out, "projects");
        gx_json_out_begin(out, '[');
        gx_register_query query = {.filters = {{GX_TEXT("enterpriseId"), person->enterprises[i]}},
                                   .filter_count = 1,
                                   .limit = GX_LIMIT_PAGE_ROWS};
        int64_t total;
        if (projects && !gx_register_list(db, request->arena, projects, &query, &total, write_record,
                                          &(listing){request, reply, projects}, error))
            return false;
        gx_json_out_end(out, ']');
        gx_json_out_end(out, '}');
    }
    gx_api_end_list(request, reply, 0, GX_PERSON_ENTERPRISES, (int64_t)person->enterprise_count);
    return true;
}
