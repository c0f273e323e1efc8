#include "api/engine_rest.h"
#include "base/clock.h"

#include <string.h>
#include <time.h>

enum { CHINA_MS = 8 * 3600 * 1000, PARTS_MOST = 4096 };

/* ---- Errors ---- */

/* What Camunda's reference says about an error of ours, for one method or all ("" in front of a path: all).
 * The first row that fits counts; what has no row keeps its own status. */
static const struct {
    const char *code, *method, *path;
    int status;
    const char *type;
} errors[] = {
    {"external.lock", NULL, "", 400, "InvalidRequestException"},
    {"external.request", NULL, "", 400, "InvalidRequestException"},
    {"external.absent", NULL, "", 404, "RestException"},
    {"task.absent", "POST", "/engine-rest/task/", 500, "ProcessEngineException"},
    {"task.absent", NULL, "", 404, "InvalidRequestException"},
    {"task.taken", NULL, "", 500, "TaskAlreadyClaimedException"},
    {"task.uncaught", NULL, "", 500, "ProcessEngineException"},
    {"task.done", NULL, "", 500, "ProcessEngineException"},
    {"rest.definition", NULL, "/engine-rest/process-definition/key/", 404, "RestException"},
    {"rest.definition", NULL, "/engine-rest/process-definition/", 404, "InvalidRequestException"},
    {"rest.instance", "POST", "", 404, "RestException"},
    {"rest.unheard", NULL, "", 400, "RestException"},
    {"rest.many", NULL, "", 400, "RestException"},
    {"case.message.unheard", NULL, "", 400, "RestException"},
    {"case.process.held", NULL, "", 500, "SuspendedEntityInteractionException"},
    {"case.suspended", NULL, "", 500, "SuspendedEntityInteractionException"},
    {"case.matter.absent", "POST", "/engine-rest/process-definition/", 404, "RestException"},
    {"json.syntax", NULL, "", 400, "JsonParseException"},
    {"json.end", NULL, "", 400, "JsonParseException"},
    {"json.control", NULL, "", 400, "JsonParseException"},
    {"json.escape", NULL, "", 400, "JsonParseException"},
    {"json.surrogate", NULL, "", 400, "JsonParseException"},
    {"json.number", NULL, "", 400, "JsonParseException"},
    {"json.trailing", NULL, "", 400, "JsonParseException"},
    {"identity.right", NULL, "", 403, "AuthorizationException"},
    {"http.sign_in", NULL, "", 401, "AuthenticationException"},
};

static const char *type_of(int status)
{
    return status == 403   ? "AuthorizationException"
           : status == 404 ? "NotFoundException"
           : status >= 500 ? "ProcessEngineException"
           : status == 400 ? "InvalidRequestException"
                           : "RestException";
}

bool gx_rest_write_problem(gx_request *request, gx_reply *reply, const gx_error *error)
{
    char sentence[1000];
    if (!gx_text_starts_with(request->path, GX_TEXT("/engine-rest/")))
        return false;
    const char *type = type_of(reply->status);
    for (size_t i = 0; i < GX_COUNT_OF(errors); i++) {
        if (!error->code || strcmp(errors[i].code, error->code) != 0 ||
            (errors[i].method && !gx_text_equal(request->method, gx_text_of(errors[i].method))) ||
            !gx_text_starts_with(request->path, gx_text_of(errors[i].path)))
            continue;
        type = errors[i].type;
        reply->status = errors[i].status;
        break;
    }
    bool is_internal = gx_error_status(error) == 500; /* details are for the log */
    reply->content_type = "application/json";
    gx_json_out_begin(&reply->out, '{');
    gx_json_out_member_text(&reply->out, "type", gx_text_of(type));
    gx_json_out_member_text(
        &reply->out, "message",
        is_internal ? gx_format(request->arena, "internal error, request %.*s", GX_PRINT(request->request_id))
                    : gx_text_of(gx_error_write(error, request->language, sentence, sizeof sentence)));
    gx_rest_null(&reply->out, "code");
    gx_json_out_end(&reply->out, '}');
    if (reply->status == 401)
        gx_reply_header(reply, "WWW-Authenticate", GX_TEXT("Basic realm=\"default\""));
    return true;
}

/* ---- Answers ---- */

gx_json_out *gx_rest_answer(gx_reply *reply)
{
    reply->content_type = "application/json";
    return &reply->out;
}

bool gx_rest_nothing(gx_reply *reply)
{
    reply->status = 204;
    return true;
}

void gx_rest_null(gx_json_out *out, const char *name)
{
    gx_json_out_name(out, name);
    gx_json_out_null(out);
}

void gx_rest_text(gx_json_out *out, const char *name, gx_text text)
{
    if (text.size)
        gx_json_out_member_text(out, name, text);
    else
        gx_rest_null(out, name);
}

gx_text gx_rest_instant_text(gx_arena *arena, gx_instant instant)
{
    struct tm parts;
    gx_instant local = instant + CHINA_MS;
    int64_t second = local >= 0 ? local / 1000 : -((-local + 999) / 1000);
    time_t seconds = (time_t)second;
    gmtime_r(&seconds, &parts);
    return gx_format(arena, "%04d-%02d-%02dT%02d:%02d:%02d.%03d+0800", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, (int)(local - second * 1000));
}

void gx_rest_instant(gx_json_out *out, const char *name, gx_instant instant)
{
    gx_rest_text(out, name,
                 instant == 0 || instant == INT64_MAX ? (gx_text){"", 0}
                                                      : gx_rest_instant_text(out->buffer->arena, instant));
}

/* Camunda writes zones without a colon, RFC 3339 with one. */
bool gx_rest_read_instant(gx_text name, gx_text text, gx_instant *instant, gx_error *error)
{
    char with_colon[48];
    bool is_short = text.size > 10 && text.size < sizeof with_colon - 1 &&
                    (text.bytes[text.size - 5] == '+' || text.bytes[text.size - 5] == '-');
    if (is_short) {
        memcpy(with_colon, text.bytes, text.size - 2);
        with_colon[text.size - 2] = ':';
        memcpy(with_colon + text.size - 1, text.bytes + text.size - 2, 2);
        if (gx_instant_parse((gx_text){with_colon, text.size + 1}, instant))
            return true;
    }
    return gx_instant_parse(text, instant) || gx_fail(error, "rest.value", name, text);
}

/* ---- Asking ---- */

gx_work gx_rest_work(gx_request *request, gx_db *db)
{
    return gx_work_begin(request->host, db, request->arena, request->person);
}

gx_text gx_rest_body_text(const gx_request *request, const char *name)
{
    gx_text text = gx_json_text_of(request->json, name);
    return text.bytes ? text : (gx_text){"", 0};
}

static bool has_only(const gx_json *object, const char *const *members, size_t count, gx_error *error)
{
    if (!gx_json_is(object, GX_JSON_OBJECT))
        return gx_fail(error, "rest.body");
    for (const gx_json *member = object->first; member; member = member->next) {
        bool is_known = false;
        for (size_t i = 0; i < count && !is_known; i++)
            is_known = gx_text_equal(member->name, gx_text_of(members[i]));
        if (!is_known)
            return gx_fail(error, "rest.unknown", member->name);
    }
    return true;
}

bool gx_rest_body(gx_request *request, const char *const *members, size_t count, gx_error *error)
{
    return !request->json || has_only(request->json, members, count, error);
}

static bool fail_member(const char *name, const gx_json *value, gx_error *error)
{
    return gx_fail(error, "rest.value", gx_text_of(name),
                   gx_json_is_nothing(value) ? GX_TEXT("") : value->text);
}

bool gx_rest_body_bool(gx_request *request, const char *name, bool *value, gx_error *error)
{
    const gx_json *member = gx_json_get(request->json, name);
    *value = gx_json_is(member, GX_JSON_TRUE);
    return *value || gx_json_is(member, GX_JSON_FALSE) || fail_member(name, member, error);
}

bool gx_rest_body_int(gx_request *request, const char *name, int64_t least, int64_t *value, gx_error *error)
{
    const gx_json *member = gx_json_get(request->json, name);
    return (gx_json_to_int(member, value) && *value >= least) || fail_member(name, member, error);
}

bool gx_rest_id(gx_request *request, const char *absent, int64_t *id, gx_error *error)
{
    gx_text text = gx_request_parameter(request, "id");
    return gx_text_to_int(text, id) || gx_fail(error, absent, text);
}

bool gx_rest_instance(gx_request *request, gx_db *db, gx_text id, const char *action, gx_case *of,
                      int64_t *instance, gx_error *error)
{
    gx_text part_text, number = gx_text_cut(id, '.', &part_text);
    int64_t part = 0;
    gx_error ignored = {0};
    bool is_part = !part_text.bytes || (gx_text_to_int(part_text, &part) && part > 0 && part < PARTS_MOST);
    if (!is_part || !gx_case_find(db, request->arena, number, of, &ignored) ||
        !gx_case_may(request->host, db, request->arena, request->person, action, of, &ignored))
        return gx_fail(error, "rest.instance", id);
    *instance = of->id * GX_INSTANCE_PARTS + part;
    int64_t is_there = 0;
    if (part > 0 && !gx_db_get_int(db, error, &is_there, 0,
                                   "SELECT 1 FROM instance WHERE bucket = bucket_of(?1 / 4096) AND id = ?1",
                                   "i", *instance))
        return false;
    return part == 0 || is_there || gx_fail(error, "rest.instance", id);
}

gx_text gx_rest_instance_id(gx_arena *arena, gx_text number, int64_t instance)
{
    int64_t part = instance % GX_INSTANCE_PARTS;
    return part ? gx_format(arena, "%.*s.%lld", GX_PRINT(number), (long long)part) : number;
}

/* ---- Writing variables ---- */

static bool is_digits(gx_text text, size_t from, size_t count)
{
    for (size_t i = from; i < from + count; i++)
        if (text.bytes[i] < '0' || text.bytes[i] > '9')
            return false;
    return true;
}

/* "2013-01-23T13:42:42.000+0200": no other text has this shape. */
static bool is_date(gx_text text)
{
    static const char shape[] = "dddd-dd-ddTdd:dd:dd.ddd+dddd";
    if (text.size != sizeof shape - 1)
        return false;
    for (size_t i = 0; i < text.size; i++)
        if (shape[i] == 'd'   ? !is_digits(text, i, 1)
            : shape[i] == '+' ? text.bytes[i] != '+' && text.bytes[i] != '-'
                              : text.bytes[i] != shape[i])
            return false;
    return true;
}

static const char *type_of_value(const gx_json *value)
{
    int64_t whole;
    switch (value ? value->kind : GX_JSON_NULL) {
    case GX_JSON_NULL: return "Null";
    case GX_JSON_FALSE:
    case GX_JSON_TRUE: return "Boolean";
    case GX_JSON_NUMBER:
        return !gx_json_to_int(value, &whole)             ? "Double"
               : whole >= INT32_MIN && whole <= INT32_MAX ? "Integer"
                                                          : "Long";
    case GX_JSON_STRING: return is_date(value->text) ? "Date" : "String";
    case GX_JSON_ARRAY:
    case GX_JSON_OBJECT: return "Json";
    }
    return "Null";
}

/* The members value, type and valueInfo. */
void gx_rest_write_value(gx_arena *arena, gx_json_out *out, const gx_json *value)
{
    gx_json_out_member_text(out, "type", gx_text_of(type_of_value(value)));
    gx_json_out_name(out, "value");
    if (gx_json_is(value, GX_JSON_ARRAY) || gx_json_is(value, GX_JSON_OBJECT))
        gx_json_out_text(out, gx_json_to_text(arena, value));
    else
        gx_json_out_value(out, value);
    gx_json_out_name(out, "valueInfo");
    gx_json_out_raw(out, GX_TEXT("{}"));
}

void gx_rest_write_variables(gx_arena *arena, gx_json_out *out, const gx_json *values)
{
    gx_json_out_begin(out, '{');
    for (const gx_json *one = values ? values->first : NULL; one; one = one->next) {
        gx_json_out_name(out, gx_copy_string(arena, one->name));
        gx_json_out_begin(out, '{');
        gx_rest_write_value(arena, out, one);
        gx_json_out_end(out, '}');
    }
    gx_json_out_end(out, '}');
}

/* ---- Reading variables ---- */

typedef enum wanted { WHOLE, NUMBER, TEXT, TRUTH, NOTHING, TREE, OBJECT } wanted;

static const struct {
    const char *type; /* compared without case: clients write "json" and "Json" */
    wanted wanted;
    int64_t least, most;
} types[] = {
    {"Integer", WHOLE, INT32_MIN, INT32_MAX},
    {"Long", WHOLE, INT64_MIN, INT64_MAX},
    {"Short", WHOLE, INT16_MIN, INT16_MAX},
    {"Double", NUMBER, 0, 0},
    {"Number", NUMBER, 0, 0},
    {"String", TEXT, 0, 0},
    {"Boolean", TRUTH, 0, 0},
    {"Date", TEXT, 0, 0},
    {"Null", NOTHING, 0, 0},
    {"Json", TREE, 0, 0},
    {"Object", OBJECT, 0, 0},
    {"Xml", TEXT, 0, 0},
};

static bool is_same_word(gx_text a, const char *b)
{
    size_t size = strlen(b);
    for (size_t i = 0; i < size && i < a.size; i++)
        if ((a.bytes[i] | 0x20) != (b[i] | 0x20))
            return false;
    return a.size == size;
}

static bool is_wanted(const gx_json *value, size_t row)
{
    int64_t whole;
    switch (types[row].wanted) {
    case WHOLE: return gx_json_to_int(value, &whole) && whole >= types[row].least && whole <= types[row].most;
    case NUMBER: return value->kind == GX_JSON_NUMBER;
    case TEXT: return value->kind == GX_JSON_STRING;
    case TRUTH: return value->kind == GX_JSON_TRUE || value->kind == GX_JSON_FALSE;
    case NOTHING: return false;
    case TREE:
    case OBJECT: return true;
    }
    return false;
}

static gx_json *copy_value(gx_arena *arena, const gx_json *value)
{
    gx_json *copy = value ? gx_json_copy(arena, value) : gx_json_null(arena);
    copy->next = NULL;
    return copy;
}

/* A tree is sent as its text, or by some clients as it is. */
static gx_json *read_tree(gx_arena *arena, const gx_json *typed, const gx_json *value, bool is_object,
                          gx_error *error)
{
    gx_text format = gx_json_text(gx_json_path(typed, "valueInfo.serializationDataFormat"));
    if (is_object && format.size && !gx_text_equal(format, GX_TEXT("application/json"))) {
        gx_fail(error, "rest.variable", typed->name, format);
        return NULL;
    }
    return value->kind == GX_JSON_STRING ? gx_json_parse(arena, value->text, typed->name, error)
                                         : copy_value(arena, value);
}

gx_json *gx_rest_read_value(gx_arena *arena, const gx_json *typed, gx_error *error)
{
    const gx_json *value = gx_json_get(typed, "value");
    gx_text type = gx_json_text_of(typed, "type");
    if (!gx_json_is(typed, GX_JSON_OBJECT)) {
        gx_fail(error, "rest.variable", typed->name, GX_TEXT("-"));
        return NULL;
    }
    static const char *const members[] = {"value", "type", "valueInfo", "local"};
    if (!has_only(typed, members, GX_COUNT_OF(members), error))
        return NULL;
    if (type.size == 0 || gx_json_is_nothing(value))
        return copy_value(arena, value);
    for (size_t i = 0; i < GX_COUNT_OF(types); i++) {
        gx_instant instant;
        if (!is_same_word(type, types[i].type) || !is_wanted(value, i) ||
            (is_same_word(type, "Date") && !gx_rest_read_instant(typed->name, value->text, &instant, error)))
            continue;
        if (types[i].wanted == TREE || types[i].wanted == OBJECT)
            return read_tree(arena, typed, value, types[i].wanted == OBJECT, error);
        return copy_value(arena, value);
    }
    gx_fail(error, "rest.variable", typed->name, type);
    return NULL;
}

gx_json *gx_rest_read_variables(gx_arena *arena, const gx_json *typed, gx_error *error)
{
    gx_json *plain = gx_json_object(arena);
    if (!gx_json_is_nothing(typed) && !gx_json_is(typed, GX_JSON_OBJECT)) {
        gx_fail(error, "rest.body");
        return NULL;
    }
    for (const gx_json *one = gx_json_is_nothing(typed) ? NULL : typed->first; one; one = one->next) {
        gx_json *value = gx_rest_read_value(arena, one, error);
        if (!value)
            return NULL;
        gx_json_set(arena, plain, gx_copy_string(arena, one->name), value);
    }
    return plain;
}
