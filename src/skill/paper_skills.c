/* Notices, letters, permits, and looking things up. */
#include "skill/skills.h"
#include "service/letter.h"
#include "service/notice.h"
#include "service/permit.h"
#include "service/register.h"

static gx_value one(gx_skill_call *call, const char *name, gx_value value)
{
    gx_entry *entry = GX_NEW(call->arena, gx_entry);
    *entry = (gx_entry){gx_text_of(name), value};
    return gx_value_context(call->arena, entry, 1);
}

/* To the applicant, unless `to` names an account or `role` a role (of `department`). */
bool gx_skill_notice_send(gx_skill_call *call, gx_value *outputs, gx_error *error)
{
    gx_text event = gx_skill_text(call, "event"), to = gx_skill_text(call, "to"),
            role = gx_skill_text(call, "role");
    gx_value parts = gx_skill_input(call, "parts");
    (void)outputs;
    if (event.size == 0)
        return gx_fail(error, "skill.input", GX_TEXT("notice.send"), GX_TEXT("event"));
    gx_notice notice = {.event = gx_copy_string(call->arena, event), .of = call->of, .rings = true};
    for (uint32_t i = 0;
         parts.kind == GX_LIST && i < parts.size && notice.part_count < GX_COUNT_OF(notice.parts); i++)
        notice.parts[notice.part_count++] = gx_value_to_text(call->arena, parts.items[i]);
    if (role.size)
        return gx_notify_role(call->work, gx_skill_text(call, "department"),
                              gx_copy_string(call->arena, role), &notice, error);
    return to.size && !gx_text_equal(to, GX_TEXT("applicant"))
               ? gx_notify_account(call->work, to, &notice, error)
               : gx_notify_applicant(call->work, &notice, error);
}

bool gx_skill_letter_make(gx_skill_call *call, gx_value *outputs, gx_error *error)
{
    int64_t letter;
    gx_text kind = gx_skill_text(call, "kind");
    if (kind.size == 0)
        return gx_fail(error, "skill.input", GX_TEXT("letter.make"), GX_TEXT("kind"));
    if (!gx_letter_make(call->work, call->of, gx_copy_string(call->arena, kind), call->inputs, &letter,
                        error))
        return false;
    *outputs = one(call, "letter", gx_value_int(letter));
    return true;
}

bool gx_skill_permit_issue(gx_skill_call *call, gx_value *outputs, gx_error *error)
{
    gx_value kinds = gx_skill_input(call, "kinds"), permits;
    gx_text ids[16];
    size_t count = 0;
    if (kinds.kind == GX_STRING)
        ids[count++] = gx_value_as_text(kinds);
    for (uint32_t i = 0; kinds.kind == GX_LIST && i < kinds.size && count < GX_COUNT_OF(ids); i++)
        ids[count++] = gx_value_as_text(kinds.items[i]);
    if (count == 0)
        return gx_fail(error, "skill.input", GX_TEXT("permit.issue"), GX_TEXT("kinds"));
    if (!gx_permit_issue(call->work, call->of, ids, count, call->variables, &permits, error))
        return false;
    *outputs = one(call, "permits", permits);
    return true;
}

bool gx_skill_permit_revoke(gx_skill_call *call, gx_value *outputs, gx_error *error)
{
    (void)outputs;
    return gx_permit_revoke(call->work, gx_skill_text(call, "number"), gx_skill_text(call, "reason"), error);
}

/* A record of a register as {record}; one that is not there raises the BPMN error NOT_FOUND. */
bool gx_skill_register_find(gx_skill_call *call, gx_value *outputs, gx_error *error)
{
    gx_json *record =
        gx_register_find(call->db, call->arena, gx_skill_text(call, "register"), gx_skill_text(call, "key"));
    if (!record) {
        call->error_code = GX_TEXT("NOT_FOUND");
        return gx_fail(error, "skill.input", GX_TEXT("register.find"), gx_skill_text(call, "key"));
    }
    *outputs = one(call, "record", gx_value_from_json(call->arena, record));
    return true;
}
