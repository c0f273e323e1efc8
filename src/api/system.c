#include "api/api.h"

bool gx_api_health(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    (void)request, (void)db, (void)error;
    gx_buffer_string(&reply->body, "{\"status\":\"ok\"}");
    return true;
}

bool gx_api_metrics(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    (void)db, (void)error;
    reply->content_type = "text/plain; version=0.0.4; charset=utf-8";
    gx_request_write_figures(request, &reply->body);
    return true;
}

bool gx_api_openapi(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    (void)db, (void)error;
    gx_server_options options = {
        .routes = gx_routes, .route_count = gx_route_count, .schemas = gx_api_schemas};
    gx_buffer_text(&reply->body, gx_openapi_write(request->arena, &options));
    return true;
}

/* The frame streams by itself. */
bool gx_api_events(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    (void)request, (void)db, (void)reply, (void)error;
    return true;
}
