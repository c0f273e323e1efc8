#include "api/api.h"
#include "service/audit.h"
#include "service/draft.h"

void gx_api_write_receipt(gx_request *request, const gx_case *of, gx_reply *reply); /* cases.c */

static void write_draft(gx_request *request, const gx_draft *draft, bool with_data, gx_json_out *out)
{
    const gx_definition *matter =
        gx_packages_find(gx_api_packages(request), GX_DEFINITION_MATTER, draft->matter);
    gx_json_out_begin(out, '{');
    gx_json_out_member_text(out, "id", draft->id);
    gx_json_out_member_text(out, "matter", draft->matter);
    gx_json_out_member_text(
        out, "matterName",
        matter ? gx_json_text_of(matter->json, request->language == GX_LANGUAGE_EN ? "nameEn" : "name")
               : draft->matter);
    gx_json_out_name(out, "enterpriseId");
    if (draft->enterprise.size)
        gx_json_out_text(out, draft->enterprise);
    else
        gx_json_out_null(out);
    gx_json_out_name(out, "data");
    gx_json_out_raw(out, with_data ? draft->data : GX_TEXT("{}"));
    gx_json_out_member_int(out, "version", draft->version);
    gx_api_instant(out, "savedAt", draft->saved_at);
    gx_json_out_end(out, '}');
}

typedef struct listing {
    gx_request *request;
    gx_json_out *out;
} listing;

static bool write_item(void *context, const gx_draft *draft, gx_error *error)
{
    listing *l = context;
    (void)error;
    write_draft(l->request, draft, true, l->out);
    return true;
}

bool gx_api_drafts(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    int64_t offset, limit, total;
    listing l = {request, &reply->out};
    gx_api_page(request, &offset, &limit);
    gx_json_out_begin(&reply->out, '{');
    gx_json_out_name(&reply->out, "items");
    gx_json_out_begin(&reply->out, '[');
    if (!gx_draft_list(db, request->arena, request->person, offset / limit + 1, limit, write_item, &l, &total,
                       error))
        return false;
    gx_api_end_list(request, reply, offset, limit, total);
    return true;
}

static bool take_body(gx_request *request, gx_draft *draft, gx_error *error)
{
    static const char *const members[] = {"matter:text!", "enterpriseId:text", "data:object!"};
    if (!gx_api_body(request, members, GX_COUNT_OF(members), error))
        return false;
    draft->matter = gx_json_text_of(request->json, "matter");
    draft->enterprise = gx_json_text_of(request->json, "enterpriseId");
    draft->data = gx_json_to_text(request->arena, gx_json_get(request->json, "data"));
    if (!gx_packages_find(gx_api_packages(request), GX_DEFINITION_MATTER, draft->matter))
        return gx_fail(error, "case.matter.absent", draft->matter);
    bool is_own = draft->enterprise.size == 0 || gx_person_has_enterprise(request->person, draft->enterprise);
    return is_own || gx_may_reach(gx_api_packages(request), request->person, "case.create") == GX_REACH_ALL ||
           gx_fail(error, "case.enterprise", draft->enterprise);
}

bool gx_api_draft_create(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    gx_draft draft = {0};
    if (!take_body(request, &draft, error) ||
        !gx_draft_make(db, request->arena, request->person, &draft, error))
        return false;
    reply->status = 201;
    gx_reply_version(request, reply, draft.version);
    write_draft(request, &draft, true, &reply->out);
    return true;
}

bool gx_api_draft(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    gx_draft draft;
    if (!gx_draft_find(db, request->arena, request->person, gx_request_parameter(request, "id"), &draft,
                       error))
        return false;
    gx_reply_version(request, reply, draft.version);
    write_draft(request, &draft, true, &reply->out);
    return true;
}

bool gx_api_draft_save(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    gx_draft draft;
    int64_t version = gx_request_version(request);
    if (!gx_draft_find(db, request->arena, request->person, gx_request_parameter(request, "id"), &draft,
                       error) ||
        !take_body(request, &draft, error))
        return false;
    if (version < 0)
        return gx_fail(error, "register.version.needed");
    if (!gx_draft_save(db, &draft, version, error))
        return false;
    gx_reply_version(request, reply, draft.version);
    write_draft(request, &draft, true, &reply->out);
    return true;
}

bool gx_api_draft_drop(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    gx_draft draft;
    if (!gx_draft_find(db, request->arena, request->person, gx_request_parameter(request, "id"), &draft,
                       error) ||
        !gx_draft_drop(db, draft.id, error))
        return false;
    gx_json_out_null(&reply->out);
    return true;
}

bool gx_api_draft_submit(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    gx_draft draft;
    gx_case *of;
    if (!gx_draft_find(db, request->arena, request->person, gx_request_parameter(request, "id"), &draft,
                       error))
        return false;
    gx_json *data = gx_json_parse(request->arena, draft.data, GX_TEXT("draft"), error);
    if (!data)
        return false;
    gx_work work = gx_work_begin(request->host, db, request->arena, request->person);
    bool is_window = gx_person_has_role(request->person, "window");
    gx_application application = {.matter = draft.matter,
                                  .enterprise = draft.enterprise,
                                  .draft = draft.id,
                                  .data = data,
                                  .channel = is_window ? GX_TEXT("window") : GX_TEXT("web")};
    if (!gx_case_submit(&work, &application, &of, error) || !gx_work_finish(&work, error) ||
        !gx_draft_drop(db, draft.id, error) ||
        !gx_audit(db, request->arena, request->person, "case.create", of->number, "done", of->matter, error))
        return false;
    gx_api_write_receipt(request, of, reply);
    return true;
}
