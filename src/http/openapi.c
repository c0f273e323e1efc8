/* The API's description, made from the rows of the routes, so that it cannot say anything else than what is
 * served. */
#include "http/http.h"

#include <string.h>

static const char *lower(gx_arena *arena, const char *method)
{
    char *copy = gx_copy_string(arena, gx_text_of(method));
    for (char *at = copy; *at; at++)
        *at = (char)(*at | 0x20);
    return copy;
}

static void write_parameters(gx_json_out *out, const char *pattern)
{
    gx_json_out_name(out, "parameters");
    gx_json_out_begin(out, '[');
    for (const char *open = strchr(pattern, '{'); open; open = strchr(open + 1, '{')) {
        const char *close = strchr(open, '}');
        gx_json_out_begin(out, '{');
        gx_json_out_member_text(out, "name", (gx_text){open + 1, (size_t)(close - open - 1)});
        gx_json_out_member_text(out, "in", GX_TEXT("path"));
        gx_json_out_member_bool(out, "required", true);
        gx_json_out_name(out, "schema");
        gx_json_out_raw(out, GX_TEXT("{\"type\":\"string\"}"));
        gx_json_out_end(out, '}');
    }
    gx_json_out_end(out, ']');
}

static void write_content(gx_arena *arena, gx_json_out *out, const char *type, const char *schema)
{
    gx_json_out_name(out, "content");
    gx_json_out_begin(out, '{');
    gx_json_out_name(out, type);
    if (schema)
        gx_json_out_raw(out, gx_format(arena, "{\"schema\":{\"$ref\":\"#/components/schemas/%s\"}}", schema));
    else
        gx_json_out_raw(out, GX_TEXT("{\"schema\":{}}"));
    gx_json_out_end(out, '}');
}

static void write_operation(gx_arena *arena, gx_json_out *out, const gx_route *route)
{
    gx_json_out_name(out, lower(arena, route->method));
    gx_json_out_begin(out, '{');
    gx_json_out_name(out, "tags");
    gx_json_out_begin(out, '[');
    gx_json_out_text(out, gx_text_of(route->tag));
    gx_json_out_end(out, ']');
    gx_json_out_member_text(out, "summary", gx_text_of(route->en));
    gx_json_out_member_text(out, "description", gx_text_of(route->zh));
    gx_json_out_member_text(out, "x-right", gx_text_of(route->right));
    write_parameters(out, route->pattern);
    if (route->mode == GX_ROUTE_UPLOAD || route->request_schema) {
        gx_json_out_name(out, "requestBody");
        gx_json_out_begin(out, '{');
        write_content(arena, out,
                      route->mode == GX_ROUTE_UPLOAD ? "application/octet-stream" : "application/json",
                      route->mode == GX_ROUTE_UPLOAD ? NULL : route->request_schema);
        gx_json_out_end(out, '}');
    }
    gx_json_out_name(out, "responses");
    gx_json_out_begin(out, '{');
    gx_json_out_name(out, "2XX");
    gx_json_out_begin(out, '{');
    gx_json_out_member_text(out, "description", GX_TEXT("done"));
    if (route->mode == GX_ROUTE_STREAM)
        write_content(arena, out, "text/event-stream", NULL);
    else if (route->reply_schema)
        write_content(arena, out, "application/json", route->reply_schema);
    gx_json_out_end(out, '}');
    gx_json_out_name(out, "default");
    gx_json_out_begin(out, '{');
    gx_json_out_member_text(out, "description", GX_TEXT("a problem (RFC 9457)"));
    write_content(arena, out, "application/problem+json", "Problem");
    gx_json_out_end(out, '}');
    gx_json_out_end(out, '}');
    if (strcmp(route->right, "public") != 0)
        gx_json_out_name(out, "security"), gx_json_out_raw(out, GX_TEXT("[{\"session\":[]}]"));
    gx_json_out_end(out, '}');
}

gx_text gx_openapi_write(gx_arena *arena, const gx_server_options *options)
{
    gx_buffer buffer = gx_buffer_in(arena);
    gx_json_out out = gx_json_out_to(&buffer);
    gx_json_out_begin(&out, '{');
    gx_json_out_member_text(&out, "openapi", GX_TEXT("3.1.0"));
    gx_json_out_name(&out, "info");
    gx_json_out_raw(&out,
                    GX_TEXT("{\"title\":\"Gaoxing\",\"version\":\"1\",\"description\":\"高兴办 API\"}"));
    gx_json_out_name(&out, "paths");
    gx_json_out_begin(&out, '{');
    for (size_t i = 0; i < options->route_count; i++) {
        bool is_first = true;
        for (size_t j = 0; j < i; j++)
            is_first &= strcmp(options->routes[i].pattern, options->routes[j].pattern) != 0;
        if (!is_first)
            continue;
        gx_json_out_name(&out, options->routes[i].pattern);
        gx_json_out_begin(&out, '{');
        for (size_t j = i; j < options->route_count; j++)
            if (strcmp(options->routes[i].pattern, options->routes[j].pattern) == 0)
                write_operation(arena, &out, &options->routes[j]);
        gx_json_out_end(&out, '}');
    }
    gx_json_out_end(&out, '}');
    gx_json_out_name(&out, "components");
    gx_json_out_begin(&out, '{');
    gx_json_out_name(&out, "securitySchemes");
    gx_json_out_raw(&out,
                    GX_TEXT("{\"session\":{\"type\":\"apiKey\",\"in\":\"cookie\",\"name\":\"__Host-gx\"}}"));
    gx_json_out_name(&out, "schemas");
    gx_json_out_raw(&out, gx_text_of(options->schemas));
    gx_json_out_end(&out, '}');
    gx_json_out_end(&out, '}');
    return gx_buffer_as_text(&buffer);
}
