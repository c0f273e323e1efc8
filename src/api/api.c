#include "api/api.h"
#include "base/clock.h"
#include "base/limits.h"

#include <string.h>

const gx_route gx_routes[] = {
#define ROUTE(method, pattern, mode, right, handler, tag, zh, en, request_schema, reply_schema)              \
    {method, pattern, GX_ROUTE_##mode, right, handler, tag, zh, en, request_schema, reply_schema},
#include "api/routes.def"
#undef ROUTE
};
const size_t gx_route_count = GX_COUNT_OF(gx_routes);

static bool is_kind(const gx_json *value, gx_text kind)
{
    int64_t number;
    if (gx_text_equal(kind, GX_TEXT("text")))
        return value->kind == GX_JSON_STRING;
    if (gx_text_equal(kind, GX_TEXT("object")))
        return value->kind == GX_JSON_OBJECT;
    if (gx_text_equal(kind, GX_TEXT("array")))
        return value->kind == GX_JSON_ARRAY;
    if (gx_text_equal(kind, GX_TEXT("int")))
        return gx_json_to_int(value, &number);
    if (gx_text_equal(kind, GX_TEXT("bool")))
        return value->kind == GX_JSON_TRUE || value->kind == GX_JSON_FALSE;
    return true;
}

static bool find_member(const char *const *members, size_t count, gx_text name)
{
    gx_text rest;
    for (size_t i = 0; i < count; i++)
        if (gx_text_equal(gx_text_cut(gx_text_of(members[i]), ':', &rest), name))
            return true;
    return false;
}

bool gx_api_body(gx_request *request, const char *const *members, size_t count, gx_error *error)
{
    if (!gx_json_is(request->json, GX_JSON_OBJECT))
        return gx_fail_at(error, "json.member.type", ((gx_place){GX_TEXT("/"), 1, 1}), GX_TEXT("/"),
                          GX_TEXT("object"));
    for (size_t i = 0; i < count; i++) {
        gx_text kind, name = gx_text_cut(gx_text_of(members[i]), ':', &kind);
        bool is_required = gx_text_ends_with(kind, GX_TEXT("!"));
        kind = gx_text_slice(kind, 0, kind.size - is_required);
        const gx_json *value = gx_json_get_text_name(request->json, name);
        gx_place place = {gx_format(request->arena, "/%.*s", GX_PRINT(name)), value ? value->line : 0,
                          value ? value->column : 0};
        if (gx_json_is_nothing(value) && is_required)
            return gx_fail_at(error, "json.member.missing", place, name);
        if (!gx_json_is_nothing(value) && !is_kind(value, kind))
            return gx_fail_at(error, "json.member.type", place, name, kind);
    }
    for (const gx_json *member = request->json->first; member; member = member->next)
        if (!find_member(members, count, member->name))
            return gx_fail_at(error, "json.member.unknown",
                              ((gx_place){gx_format(request->arena, "/%.*s", GX_PRINT(member->name)),
                                          member->line, member->column}),
                              member->name);
    return true;
}

void gx_api_page(gx_request *request, int64_t *offset, int64_t *limit)
{
    *limit = gx_request_query_int(request, "size", 50, 1, GX_LIMIT_PAGE_ROWS);
    *offset = (gx_request_query_int(request, "page", 1, 1, 1000000) - 1) * *limit;
}

void gx_api_end_list(gx_request *request, gx_reply *reply, int64_t offset, int64_t limit, int64_t total)
{
    gx_json_out_end(&reply->out, ']');
    gx_json_out_member_int(&reply->out, "total", total);
    gx_json_out_name(&reply->out, "next");
    if (offset + limit < total)
        gx_json_out_text(&reply->out, gx_format(request->arena, "%lld", (long long)(offset / limit + 2)));
    else
        gx_json_out_null(&reply->out);
    gx_json_out_end(&reply->out, '}');
}

void gx_api_instant(gx_json_out *out, const char *name, gx_instant instant)
{
    char text[GX_INSTANT_SIZE];
    gx_json_out_name(out, name);
    if (instant == 0 || instant == INT64_MAX)
        gx_json_out_null(out);
    else
        gx_json_out_text(out, gx_instant_write(instant, text));
}

gx_text gx_api_text(const gx_request *request, const char *prefix, gx_text key)
{
    gx_text name = gx_format(request->arena, "%s%.*s", prefix, GX_PRINT(key));
    gx_text text = gx_packages_message(gx_api_packages(request), request->language, name);
    return gx_text_equal(text, name) ? key : text;
}
