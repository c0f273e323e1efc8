/* api/api.h: what handlers share. A handler turns a request into calls of service/ and the result into JSON;
 * no rule lives here. */
#ifndef GX_API_API_H
#define GX_API_API_H

#include "http/http.h"
#include "service/identity.h"

extern const gx_route gx_routes[];
extern const size_t gx_route_count;
extern const char gx_api_schemas[];

#define ROUTE(method, pattern, mode, right, handler, tag, zh, en, request_schema, reply_schema)              \
    bool handler(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error);
#include "api/routes.def"
#undef ROUTE

/* For gx_server_options. */
bool gx_api_foresee(gx_request *request, gx_first_question *question);

static inline gx_zone *gx_api_zone(const gx_request *request)
{
    return request->host;
}
static inline const gx_packages *gx_api_packages(const gx_request *request)
{
    return gx_zone_packages(request->host);
}

/* The request's body must be an object with exactly known members: "name:text!" is a required text,
 * "name:text" an optional one; kinds: text, object, array, int, bool, any. False with an error that points at
 * the member. */
bool gx_api_body(gx_request *request, const char *const *members, size_t count, gx_error *error);

/* page= (from 1) and size= (1..200, 50). */
void gx_api_page(gx_request *request, int64_t *offset, int64_t *limit);
/* Ends {"items":[...]}: total and next (the next page's number as text, or null). */
void gx_api_end_list(gx_request *request, gx_reply *reply, int64_t offset, int64_t limit, int64_t total);
/* An instant as RFC 3339, or null for 0 and INT64_MAX. */
void gx_api_instant(gx_json_out *out, const char *name, gx_instant instant);
/* {"name": zh or en by the request's language}: the text of a message key. */
gx_text gx_api_text(const gx_request *request, const char *prefix, gx_text key);

#endif
