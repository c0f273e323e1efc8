/* Acts on the case itself. Each takes its inputs from the model and leaves the meaning to service/case.h. */
#include "skill/skills.h"

static gx_value one(gx_skill_call *call, const char *name, gx_value value)
{
    gx_entry *entry = GX_NEW(call->arena, gx_entry);
    *entry = (gx_entry){gx_text_of(name), value};
    return gx_value_context(call->arena, entry, 1);
}

bool gx_skill_case_accept(gx_skill_call *call, gx_value *outputs, gx_error *error)
{
    gx_value documents = gx_skill_input(call, "documents");
    if (!gx_case_accept(call->work, call->of, documents.kind == GX_LIST ? documents : gx_value_null(),
                        gx_value_is_true(gx_skill_input(call, "byLaw")), error))
        return false;
    char text[3][GX_INSTANT_SIZE];
    gx_context_builder builder = gx_context_begin(call->arena, 3);
    const struct {
        const char *name;
        gx_instant at;
    } facts[] = {{"acceptedAt", call->of->accepted_at},
                 {"dueLegal", call->of->due_legal},
                 {"duePromised", call->of->due_promised}};
    for (size_t i = 0; i < GX_COUNT_OF(facts); i++)
        gx_context_set(&builder, gx_text_of(facts[i].name),
                       facts[i].at ? gx_value_string(call->arena, gx_instant_write(facts[i].at, text[i]))
                                   : gx_value_null());
    *outputs = gx_context_end(&builder);
    return true;
}

bool gx_skill_case_correct(gx_skill_call *call, gx_value *outputs, gx_error *error)
{
    (void)outputs;
    return gx_case_correct(call->work, call->of, gx_skill_input(call, "missing"),
                           gx_skill_text(call, "reason"), error);
}

bool gx_skill_case_corrected(gx_skill_call *call, gx_value *outputs, gx_error *error)
{
    (void)outputs;
    return gx_case_corrected(call->work, call->of, error);
}

bool gx_skill_case_stop(gx_skill_call *call, gx_value *outputs, gx_error *error)
{
    int64_t days = 0;
    gx_value_to_int(gx_skill_input(call, "days"), &days);
    (void)outputs;
    return gx_case_stop(call->work, call->of, gx_skill_text(call, "kind"), gx_skill_text(call, "reason"),
                        days, error);
}

bool gx_skill_case_resume(gx_skill_call *call, gx_value *outputs, gx_error *error)
{
    (void)outputs;
    return gx_case_resume(call->work, call->of, gx_skill_text(call, "kind"), error);
}

/* Reasons as given; without them, those of all refusing opinions, so that the applicant is told every one. */
static bool collect_reasons(gx_skill_call *call, gx_value *reasons, gx_error *error)
{
    *reasons = gx_skill_input(call, "reasons");
    if ((reasons->kind == GX_LIST && reasons->size > 0) || (reasons->kind == GX_STRING && reasons->size > 0))
        return true;
    gx_list_builder list = gx_list_begin(call->arena, 8);
    gx_statement *rows =
        gx_db_prepare(call->db, "SELECT department, name, text, reasons FROM opinion WHERE bucket = "
                                "bucket_of(?1) AND case_id = ?1 AND outcome LIKE 'refuse%' ORDER BY id");
    gx_bind_int(rows, 1, call->of->id);
    gx_step step;
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW) {
        gx_json *parts =
            gx_json_parse(call->arena, gx_column_copy(call->arena, rows, 3), GX_TEXT("opinion"), error);
        gx_text office = gx_column_copy(call->arena, rows, 0), said = gx_column_copy(call->arena, rows, 2);
        for (const gx_json *part = parts ? parts->first : NULL; part; part = part->next)
            gx_list_add(&list, gx_value_text(gx_format(call->arena, "%.*s: %.*s", GX_PRINT(office),
                                                       GX_PRINT(gx_json_text(part)))));
        if (!parts || parts->count == 0)
            gx_list_add(
                &list, gx_value_text(gx_format(call->arena, "%.*s: %.*s", GX_PRINT(office), GX_PRINT(said))));
    }
    *reasons = gx_list_end(&list);
    return step == GX_STEP_DONE;
}

bool gx_skill_case_refuse(gx_skill_call *call, gx_value *outputs, gx_error *error)
{
    gx_value reasons;
    if (!collect_reasons(call, &reasons, error) || !gx_case_refuse(call->work, call->of, reasons, error))
        return false;
    *outputs = one(call, "reasons", reasons);
    return true;
}

bool gx_skill_case_withdraw(gx_skill_call *call, gx_value *outputs, gx_error *error)
{
    (void)outputs;
    return gx_case_withdraw(call->work, call->of, gx_skill_text(call, "reason"), error);
}

bool gx_skill_case_grant(gx_skill_call *call, gx_value *outputs, gx_error *error)
{
    (void)outputs;
    return gx_case_grant(call->work, call->of, error);
}

bool gx_skill_case_deliver(gx_skill_call *call, gx_value *outputs, gx_error *error)
{
    (void)outputs;
    return gx_case_deliver(call->work, call->of, error);
}

bool gx_skill_case_end(gx_skill_call *call, gx_value *outputs, gx_error *error)
{
    (void)outputs;
    return gx_case_end(call->work, call->of, gx_skill_text(call, "reason"), error);
}

bool gx_skill_case_close(gx_skill_call *call, gx_value *outputs, gx_error *error)
{
    (void)outputs;
    return gx_case_close(call->work, call->of, error);
}
