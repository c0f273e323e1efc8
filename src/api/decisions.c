/* Decision models: which there are, what they ask for, what their proof has found, and trying them out.
 *
 * Trying out keeps nothing: inputs may be somebody's data, so they are neither stored nor logged. */
#include "api/api.h"
#include "base/clock.h"
#include "base/limits.h"
#include "dmn/describe.h"
#include "dmn/explain.h"

#define ZONE_OFFSET (8 * 3600) /* the zone tells time as Asia/Shanghai does */

/* ---- The list ---- */

/* {"zh", "en"}: the message "decision.ID", or the name in the model. */
static void write_name(gx_request *request, gx_json_out *out, const gx_definition *d)
{
    static const char *const members[] = {[GX_LANGUAGE_ZH] = "zh", [GX_LANGUAGE_EN] = "en"};
    gx_text key = gx_format(request->arena, "decision.%.*s", GX_PRINT(d->id));
    gx_json_out_name(out, "name");
    gx_json_out_begin(out, '{');
    for (size_t i = 0; i < GX_COUNT_OF(members); i++) {
        gx_text name = gx_packages_message(gx_api_packages(request), (gx_language)i, key);
        gx_json_out_member_text(out, members[i], gx_text_equal(name, key) ? gx_dmn_name(d->dmn) : name);
    }
    gx_json_out_end(out, '}');
}

static void write_head(gx_request *request, gx_json_out *out, const gx_definition *d)
{
    gx_json_out_member_text(out, "id", d->id);
    gx_json_out_member_text(out, "package", d->package);
    gx_json_out_member_text(out, "path", d->path);
    gx_json_out_member_int(out, "version", d->version);
    write_name(request, out, d);
}

static bool write_row(gx_request *request, gx_json_out *out, const gx_definition *d, gx_error *error)
{
    const gx_flaws *flaws = gx_packages_flaws(gx_api_packages(request), d, error);
    if (!flaws)
        return false;
    int64_t counts[2] = {0};
    gx_error sentence;
    for (size_t i = 0; i < flaws->count; i++)
        counts[gx_flaw_error(request->arena, &flaws->items[i], d->path, &sentence)]++;
    gx_json_out_begin(out, '{');
    write_head(request, out, d);
    gx_json_out_member_int(out, "tables", flaws->tables);
    gx_json_out_name(out, "findings");
    gx_json_out_begin(out, '{');
    gx_json_out_member_int(out, "errors", counts[GX_SEVERITY_ERROR]);
    gx_json_out_member_int(out, "warnings", counts[GX_SEVERITY_WARNING]);
    gx_json_out_end(out, '}');
    gx_json_out_end(out, '}');
    return true;
}

bool gx_api_decisions(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    int64_t count = 0, offset, limit;
    const gx_definition *d;
    (void)db;
    gx_api_page(request, &offset, &limit);
    gx_json_out_begin(&reply->out, '{');
    gx_json_out_name(&reply->out, "items");
    gx_json_out_begin(&reply->out, '[');
    for (size_t i = 0; (d = gx_packages_next(gx_api_packages(request), GX_DEFINITION_DECISION, &i));) {
        if (!d->dmn)
            continue;
        if (count >= offset && count < offset + limit && !write_row(request, &reply->out, d, error))
            return false;
        count++;
    }
    gx_api_end_list(request, reply, offset, limit, count);
    return true;
}

/* ---- One model ---- */

static const gx_definition *find_decision(gx_request *request, gx_error *error)
{
    gx_text id = gx_request_parameter(request, "id");
    const gx_definition *d = gx_packages_decision(gx_api_packages(request), id);
    if (d && d->dmn)
        return d;
    gx_fail(error, "decision.absent", id);
    return NULL;
}

static void write_decisions(gx_json_out *out, const gx_dmn *dmn)
{
    gx_json_out_name(out, "decisions");
    gx_json_out_begin(out, '[');
    for (size_t i = 0; i < gx_dmn_count(dmn); i++) {
        gx_dmn_item item = gx_dmn_item_at(dmn, i);
        if (item.kind != GX_DMN_DECISION)
            continue;
        gx_json_out_begin(out, '{');
        gx_json_out_member_text(out, "id", item.id);
        gx_json_out_member_text(out, "name", item.name);
        gx_json_out_end(out, '}');
    }
    gx_json_out_end(out, ']');
}

/* ?decision= asks for the inputs of another decision of the model than its main one. */
bool gx_api_decision(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    const gx_definition *d = find_decision(request, error);
    gx_text wanted = gx_request_query(request, "decision");
    gx_dmn_item item;
    (void)db;
    if (!d)
        return false;
    bool has_item = wanted.bytes ? gx_dmn_find(d->dmn, GX_DMN_DECISION, wanted, &item)
                                 : gx_dmn_find_main(d->dmn, d->id, &item);
    if (wanted.bytes && !has_item)
        return gx_fail(error, "dmn.unknown", wanted);
    const gx_flaws *flaws = gx_packages_flaws(gx_api_packages(request), d, error);
    if (!flaws)
        return false;
    gx_json_out *out = &reply->out;
    gx_json_out_begin(out, '{');
    write_head(request, out, d);
    gx_json_out_member_text(out, "dmn", d->source);
    gx_json_out_name(out, "decision"); /* whose inputs follow; null: say which */
    if (has_item)
        gx_json_out_text(out, item.name);
    else
        gx_json_out_null(out);
    write_decisions(out, d->dmn);
    gx_json_out_name(out, "inputs");
    gx_json_out_value(out, has_item ? gx_dmn_describe_inputs(request->arena, d->dmn, item.name)
                                    : gx_json_array(request->arena));
    gx_json_out_name(out, "tables");
    gx_json_out_value(out, gx_dmn_describe_tables(request->arena, d->dmn));
    gx_json_out_name(out, "findings");
    gx_json_out_value(out, gx_dmn_describe_flaws(request->arena, flaws, request->language));
    gx_json_out_end(out, '}');
    return true;
}

/* ---- Trying it out ---- */

typedef struct question {
    gx_request *request;
    const gx_dmn *dmn;
    gx_text decision;
    gx_feel_budget budget;
    bool has_trace;
    const gx_json *want; /* NULL: nothing */
} question;

/* The lines of a text as an array. */
static gx_json *lines_of(gx_arena *arena, gx_text text)
{
    gx_json *lines = gx_json_array(arena);
    while (text.bytes && text.size) {
        gx_text line = gx_text_cut(text, '\n', &text);
        if (line.size)
            gx_json_append(lines, gx_json_string(arena, line));
    }
    return lines;
}

static gx_json *notes_of(const question *q, const gx_feel_notes *notes)
{
    gx_arena *arena = q->request->arena;
    gx_json *all = gx_json_array(arena);
    char sentence[512];
    for (size_t i = 0; i < notes->count; i++)
        gx_json_append(all,
                       gx_json_string(arena, gx_text_of(gx_error_write(&notes->items[i], q->request->language,
                                                                       sentence, sizeof sentence))));
    return all;
}

/* {"rule": number or null, "items": [{"input", "from", "to"}], "text"}, or null when nothing was found that
 * would do. */
static gx_json *changes_of(const question *q, gx_value inputs)
{
    gx_arena *arena = q->request->arena;
    gx_dmn_changes changes;
    if (!gx_dmn_find_changes(arena, q->dmn, q->decision, inputs, gx_value_from_json(arena, q->want),
                             &q->budget, &changes))
        return gx_json_null(arena);
    gx_json *json = gx_json_object(arena);
    gx_json_set(arena, json, "rule",
                changes.rule == GX_DMN_NO_RULE ? gx_json_null(arena)
                                               : gx_json_int(arena, (int64_t)changes.rule + 1));
    gx_json *items = gx_json_set(arena, json, "items", gx_json_array(arena));
    for (size_t i = 0; i < changes.count; i++) {
        gx_json *item = gx_json_append(items, gx_json_object(arena));
        gx_json_set_text(arena, item, "input", changes.items[i].input);
        gx_json_set(arena, item, "from", gx_value_to_json(arena, changes.items[i].from));
        gx_json_set(arena, item, "to", gx_value_to_json(arena, changes.items[i].to));
    }
    gx_buffer text = gx_buffer_in(arena);
    gx_dmn_changes_write(&text, &changes, q->request->language);
    gx_json_set(arena, json, "text", lines_of(arena, gx_buffer_as_text(&text)));
    return json;
}

static bool outcome_of(const question *q, const gx_json *inputs_json, gx_text path, gx_json *outcome,
                       gx_error *error)
{
    gx_arena *arena = q->request->arena;
    gx_language language = q->request->language;
    gx_dmn_trace trace = {0};
    gx_value inputs, answer;
    if (!gx_dmn_inputs_from_json(arena, q->dmn, q->decision, inputs_json, path, &inputs, error) ||
        !gx_dmn_evaluate(arena, q->dmn, q->decision, inputs, &q->budget, q->has_trace ? &trace : NULL,
                         &answer, error))
        return false;
    gx_json_set(arena, outcome, "value", gx_value_to_json(arena, answer));
    if (q->has_trace) {
        gx_buffer text = gx_buffer_in(arena);
        gx_dmn_explain(&text, &trace, language);
        gx_json_set(arena, outcome, "notes", notes_of(q, &trace.notes));
        gx_json_set(arena, outcome, "text", lines_of(arena, gx_buffer_as_text(&text)));
        gx_json_set(arena, outcome, "steps", gx_dmn_explain_json(arena, &trace, language));
    }
    if (q->want)
        gx_json_set(arena, outcome, "changes", changes_of(q, inputs));
    return true;
}

/* What is wrong with one of many does not stop the others. */
static void write_outcome(const question *q, gx_json_out *out, const gx_json *inputs, gx_text path,
                          int64_t *failed)
{
    gx_arena *arena = q->request->arena;
    gx_error error = {0};
    gx_json *outcome = gx_json_object(arena);
    if (!outcome_of(q, inputs, path, outcome, &error)) {
        char sentence[512];
        gx_json *said = gx_json_set(arena, outcome, "error", gx_json_object(arena));
        gx_error_sentence(&error, q->request->language, sentence, sizeof sentence);
        gx_json_set_text(arena, said, "code", gx_text_of(error.code));
        gx_json_set_text(arena, said, "detail", gx_text_of(sentence));
        gx_json_set_text(arena, said, "pointer", gx_text_of(error.path));
        ++*failed;
    }
    gx_json_out_value(out, outcome);
}

static bool check_question(gx_request *request, const gx_json **batch, gx_error *error)
{
    static const char *const members[] = {"decision:text", "inputs:object", "batch:array", "trace:bool",
                                          "want:any"};
    char figure[24];
    if (!gx_api_body(request, members, GX_COUNT_OF(members), error))
        return false;
    *batch = gx_json_get(request->json, "batch");
    const gx_json *inputs = gx_json_get(request->json, "inputs");
    bool is_batch = !gx_json_is_nothing(*batch);
    if (is_batch == !gx_json_is_nothing(inputs) || (is_batch && gx_json_get(request->json, "want")))
        return gx_fail_at(error, "dmn.input.one", ((gx_place){GX_TEXT("/batch"), 0, 0}), GX_TEXT(""));
    if (!is_batch) {
        *batch = NULL;
        return true;
    }
    if ((*batch)->count > GX_LIMIT_BATCH)
        return gx_fail_at(error, "dmn.input.batch", ((gx_place){GX_TEXT("/batch"), 0, 0}),
                          gx_error_int(figure, GX_LIMIT_BATCH));
    for (const gx_json *item = (*batch)->first; item; item = item->next)
        if (item->kind != GX_JSON_OBJECT)
            return gx_fail_at(error, "json.member.type",
                              ((gx_place){GX_TEXT("/batch"), item->line, item->column}), GX_TEXT("batch"),
                              GX_TEXT("object"));
    return true;
}

bool gx_api_decision_evaluate(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    const gx_definition *d = find_decision(request, error);
    const gx_json *batch;
    gx_dmn_item item;
    (void)db;
    if (!d || !check_question(request, &batch, error))
        return false;
    gx_text name = gx_json_text_of(request->json, "decision");
    bool is_found = name.size ? gx_dmn_find(d->dmn, GX_DMN_DECISION, name, &item)
                              : gx_dmn_find_main(d->dmn, d->id, &item);
    if (!is_found)
        return gx_fail(error, "dmn.unknown", name.size ? name : d->id);
    question q = {
        .request = request,
        .dmn = d->dmn,
        .decision = item.name,
        .budget = {.has_now = true, .now = gx_clock_now(), .now_offset = ZONE_OFFSET},
        .has_trace = gx_json_bool_of(request->json, "trace", false),
        .want = gx_json_get(request->json, "want"),
    };
    if (batch && batch->count)
        q.budget.steps = GX_LIMIT_BATCH_STEPS / batch->count < GX_LIMIT_FEEL_STEPS
                             ? GX_LIMIT_BATCH_STEPS / batch->count
                             : GX_LIMIT_FEEL_STEPS;
    int64_t failed = 0;
    size_t index = 0;
    gx_json_out *out = &reply->out;
    gx_json_out_begin(out, '{');
    gx_json_out_member_text(out, "decision", item.name);
    gx_json_out_name(out, "items");
    gx_json_out_begin(out, '[');
    if (!batch) {
        gx_json *outcome = gx_json_object(request->arena);
        if (!outcome_of(&q, gx_json_get(request->json, "inputs"), GX_TEXT("/inputs"), outcome, error))
            return false;
        gx_json_out_value(out, outcome);
    }
    for (const gx_json *one = batch ? batch->first : NULL; one; one = one->next)
        write_outcome(&q, out, one, gx_format(request->arena, "/batch/%zu", index++), &failed);
    gx_json_out_end(out, ']');
    gx_json_out_member_int(out, "failed", failed);
    gx_json_out_end(out, '}');
    return true;
}
