/* What a handler can ask of its request. */
#include "http/internal.h"
#include "http/target.h"

gx_text gx_request_header(const gx_request *request, const char *name)
{
    const char *value = MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
    return value ? gx_text_of(value) : (gx_text){NULL, 0};
}

gx_text gx_request_cookie(const gx_request *request, const char *name)
{
    return gx_cookie_find(gx_request_header(request, "Cookie"), name);
}

gx_text gx_request_parameter(const gx_request *request, const char *name)
{
    for (size_t i = 0; i < request->parameter_count; i++)
        if (gx_text_equal(request->parameters[i].name, gx_text_of(name)))
            return request->parameters[i].value;
    return (gx_text){NULL, 0};
}

gx_text gx_request_query(gx_request *request, const char *name)
{
    gx_text field, value;
    for (gx_text rest = request->query; rest.bytes && rest.size;)
        if (gx_query_next(request->arena, &rest, &field, &value) && gx_text_equal(field, gx_text_of(name)))
            return value;
    return (gx_text){NULL, 0};
}

void gx_request_query_each(gx_request *request, const char *prefix,
                           void (*visit)(void *context, gx_text name, gx_text value), void *context)
{
    gx_text field, value, wanted = gx_text_of(prefix);
    for (gx_text rest = request->query; rest.bytes && rest.size;)
        if (gx_query_next(request->arena, &rest, &field, &value) && gx_text_starts_with(field, wanted))
            visit(context, gx_text_slice(field, wanted.size, field.size), value);
}

int64_t gx_request_query_int(gx_request *request, const char *name, int64_t otherwise, int64_t least,
                             int64_t most)
{
    int64_t number;
    gx_text text = gx_request_query(request, name);
    if (!text.bytes || !gx_text_to_int(text, &number))
        return otherwise;
    return number < least ? least : number > most ? most : number;
}

int64_t gx_request_version(const gx_request *request)
{
    gx_text text = gx_text_trim(gx_request_header(request, "If-Match"));
    int64_t version;
    if (!text.bytes)
        return -1;
    if (gx_text_equal(text, GX_TEXT("*")))
        return 0;
    if (gx_text_starts_with(text, GX_TEXT("W/")))
        text = gx_text_slice(text, 2, text.size);
    bool is_quoted = text.size > 2 && text.bytes[0] == '"' && text.bytes[text.size - 1] == '"';
    return is_quoted && gx_text_to_int(gx_text_slice(text, 1, text.size - 1), &version) && version >= 0
               ? version
               : -1;
}
