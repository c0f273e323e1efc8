#include "api/api.h"
#include "base/clock.h"
#include "service/notice.h"

bool gx_api_notices(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    return gx_notice_list(request->host, db, request->arena, request->person, request->language,
                          gx_request_query_int(request, "page", 1, 1, 10000),
                          gx_request_query_int(request, "size", 50, 1, 200), &reply->out, error);
}

bool gx_api_notice_read(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    int64_t id;
    if (!gx_text_to_int(gx_request_parameter(request, "id"), &id))
        return gx_fail(error, "notice.absent");
    gx_json_out_null(&reply->out);
    return gx_notice_mark_read(db, request->person, id, gx_clock_now(), error);
}
