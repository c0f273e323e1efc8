#include "api/api.h"
#include "service/export.h"

#include <errno.h>
#include <string.h>

/* Written to a file first, so that memory does not grow with the number of cases; the same name each time,
 * put in place only when it is whole. */
bool gx_api_export(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    gx_text format = gx_request_parameter(request, "format");
    bool is_ocel = gx_text_equal(format, GX_TEXT("ocel"));
    (void)db;
    if (!is_ocel && !gx_text_equal(format, GX_TEXT("xes")))
        return gx_fail(error, "http.not_found");
    const char *folder = gx_zone_data_folder(request->host), *extension = is_ocel ? "ocel.json" : "xes";
    const char *part =
        gx_format(request->arena, "%s/upload/%.*s.export", folder, GX_PRINT(request->request_id)).bytes;
    const char *whole = gx_format(request->arena, "%s/upload/cases.%s", folder, extension).bytes;
    FILE *to = fopen(part, "we");
    if (!to)
        return gx_fail(error, "export.write", gx_text_of(strerror(errno)));
    bool is_done = gx_export_write(request->host, is_ocel ? GX_EXPORT_OCEL : GX_EXPORT_XES, to, error);
    fclose(to);
    if (!is_done || rename(part, whole) != 0) {
        remove(part);
        return is_done ? gx_fail(error, "export.write", gx_text_of(strerror(errno))) : false;
    }
    reply->content_type = is_ocel ? "application/json" : "application/xml";
    gx_reply_header(reply, "Content-Disposition",
                    gx_format(request->arena, "attachment; filename=\"cases.%s\"", extension));
    reply->file_path = whole;
    return true;
}
