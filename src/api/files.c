/* Attachments: uploaded to a draft or a case, downloaded by who may see the case. */
#include "api/api.h"
#include "service/audit.h"
#include "service/draft.h"
#include "service/file.h"

typedef struct keeping {
    gx_request *request;
    gx_file file;
    bool is_draft;
} keeping;

static void write_file(const gx_file *file, gx_reply *reply)
{
    gx_json_out *out = &reply->out;
    reply->status = 201;
    gx_json_out_begin(out, '{');
    gx_json_out_member_text(out, "id", gx_text_of(file->id));
    gx_json_out_member_text(out, "name", file->name);
    gx_json_out_member_int(out, "size", file->size);
    gx_json_out_member_text(out, "hash", file->sha256);
    gx_json_out_member_text(out, "kind", file->kind);
    gx_json_out_member_text(out, "mime", file->mime);
    gx_json_out_end(out, '}');
}

/* The right is asked before the file is looked at, and again in the command that keeps it. */
static bool find_owner(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    keeping *k = context;
    gx_request *request = k->request;
    (void)arena;
    if (k->is_draft) {
        gx_draft draft;
        return gx_draft_find(db, request->arena, request->person, gx_request_parameter(request, "id"), &draft,
                             error);
    }
    gx_case of;
    return gx_case_find(db, request->arena, gx_request_parameter(request, "number"), &of, error) &&
           gx_case_may(request->host, db, request->arena, request->person, "case.document", &of, error);
}

static bool enter_in_case(keeping *k, gx_db *db, gx_error *error)
{
    gx_request *request = k->request;
    gx_arena *arena = request->arena;
    gx_work work = gx_work_begin(request->host, db, arena, request->person);
    gx_case found;
    if (!gx_case_find(db, arena, k->file.case_number, &found, error))
        return false;
    gx_case *of = gx_work_case(&work, found.id, error);
    if (!of)
        return false;
    if (k->file.kind.size && !gx_case_is_closed(of)) {
        const gx_entry entries[] = {{GX_TEXT("id"), gx_value_text(k->file.kind)},
                                    {GX_TEXT("state"), gx_value_text(GX_TEXT("given"))},
                                    {GX_TEXT("file"), gx_value_text(gx_text_of(k->file.id))},
                                    {GX_TEXT("fileName"), gx_value_text(k->file.name)},
                                    {GX_TEXT("size"), gx_value_int(k->file.size)},
                                    {GX_TEXT("hash"), gx_value_text(k->file.sha256)}};
        if (!gx_case_document(&work, of, gx_value_context(arena, entries, GX_COUNT_OF(entries)), error))
            return false;
    }
    return gx_work_finish(&work, error) && gx_audit(db, arena, request->person, "case.document", of->number,
                                                    "done", gx_text_of(k->file.id), error);
}

static bool keep(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    keeping *k = request->work;
    k->file.case_number = gx_request_parameter(request, k->is_draft ? "id" : "number");
    k->file.by = request->person->login;
    if (!find_owner(db, request->arena, k, error) || !gx_file_record(db, &k->file, error) ||
        !(k->is_draft || enter_in_case(k, db, error)))
        return false;
    write_file(&k->file, reply);
    return true;
}

static bool take(gx_request *request, bool is_draft, gx_error *error)
{
    keeping k = {.request = request, .is_draft = is_draft};
    gx_text name = gx_request_query(request, "name"), kind = gx_request_query(request, "kind");
    if (!gx_store_read(gx_zone_store(request->host), find_owner, &k, error) ||
        !gx_file_take(request->host, request->arena, request, name.bytes ? name : GX_TEXT(""), &k.file,
                      error))
        return false;
    if (kind.size && !gx_packages_document(gx_api_packages(request), kind))
        return gx_fail(error, "case.document.state", kind, GX_TEXT("unknown"));
    k.file.kind = kind.bytes ? kind : GX_TEXT("");
    request->work = &k;
    return gx_request_change(request, keep, error);
}

bool gx_api_draft_document(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    (void)db, (void)reply;
    return take(request, true, error);
}

bool gx_api_case_document(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    (void)db, (void)reply;
    return take(request, false, error);
}

bool gx_api_file(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    gx_file file;
    gx_case of;
    gx_draft draft;
    gx_error reason = {0};
    if (!gx_file_find(db, request->arena, gx_request_parameter(request, "id"), &file, error))
        return false;
    bool may =
        gx_case_find(db, request->arena, file.case_number, &of, &reason)
            ? gx_case_may(request->host, db, request->arena, request->person, "file.read", &of, &reason)
            : gx_draft_find(db, request->arena, request->person, file.case_number, &draft, &reason);
    if (!may) {
        gx_audit_refused(request->host, request->person, "file.read", gx_request_parameter(request, "id"),
                         GX_TEXT(""));
        return gx_fail(error, "file.absent");
    }
    static const char hex[] = "0123456789ABCDEF";
    gx_buffer name = gx_buffer_in(request->arena); /* RFC 5987 */
    for (size_t i = 0; i < file.name.size; i++) {
        unsigned char byte = (unsigned char)file.name.bytes[i];
        bool is_plain = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                        (byte >= 'a' && byte <= 'z') || byte == '.' || byte == '-' || byte == '_';
        if (is_plain)
            gx_buffer_byte(&name, (char)byte);
        else
            gx_buffer_format(&name, "%%%c%c", hex[byte >> 4], hex[byte & 15]);
    }
    reply->content_type = gx_copy_string(request->arena, file.mime);
    gx_reply_header(
        reply, "Content-Disposition",
        gx_format(request->arena, "attachment; filename*=UTF-8''%.*s", GX_PRINT(gx_buffer_as_text(&name))));
    gx_reply_header(reply, "Content-Security-Policy", GX_TEXT("sandbox; default-src 'none'"));
    reply->file_path = gx_file_path(request->host, request->arena, file.sha256);
    return true;
}
