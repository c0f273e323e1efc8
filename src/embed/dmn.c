/* DMN of libgaoxing. */
#include "embed/embed.h"
#include "base/limits.h"
#include "dmn/describe.h"
#include "dmn/explain.h"
#include "feel/natives.h"

#include <string.h>

struct gaoxing_dmn {
    const gx_dmn *dmn;
    const gx_finding *findings;
    size_t finding_count;
};

/* ---- The host's functions ---- */

typedef struct natives {
    const gaoxing_native *rows;
    size_t count;
} natives;

static gx_value call_native(gx_feel_call *call, const gx_function *self, const gx_value *arguments,
                            size_t count)
{
    const gaoxing_native *row = self->data;
    gaoxing_arena *arena =
        (gaoxing_arena *)call->arena; /* its first member: the call came through gx_embed_run */
    return gx_embed_value(row->function(row->context, arena, (const gaoxing_value *)arguments, count));
}

/* Equal but for blanks in `written`. */
static bool is_same(gx_text written, const char *signature)
{
    for (size_t i = 0; i < written.size; i++)
        if (written.bytes[i] != ' ' && *signature++ != written.bytes[i])
            return false;
    return *signature == '\0';
}

static gx_value find_external(void *context, gx_arena *model, gx_value mapping, size_t parameter_count)
{
    const natives *host = context;
    gx_value java = gx_context_get(mapping, GX_TEXT("java"));
    gx_text class_name = gx_value_as_text(gx_context_get(java, GX_TEXT("class")));
    gx_text signature = gx_value_as_text(gx_context_get(java, GX_TEXT("method signature")));
    for (size_t i = 0; i < host->count; i++) {
        if (!gx_text_equal(class_name, gx_text_of(host->rows[i].class_name)) ||
            !is_same(signature, host->rows[i].signature))
            continue;
        gx_function *function = GX_NEW(model, gx_function);
        *function = (gx_function){.kind = GX_FUNCTION_NATIVE,
                                  .parameter_count = (uint32_t)parameter_count,
                                  .name = gx_copy(model, signature),
                                  .native = call_native,
                                  .data = &host->rows[i]};
        return gx_value_function(function);
    }
    return gx_native_find(NULL, model, mapping, parameter_count);
}

/* ---- Reading ---- */

typedef struct reading {
    gx_text xml;
    const gaoxing_dmn_options *options;
    gx_findings findings;
    gaoxing_dmn *dmn;
} reading;

static const gx_dmn *import_model(void *context, gx_text ns, gx_text location)
{
    const gaoxing_dmn_options *options = context;
    const gaoxing_dmn *found =
        options->import
            ? options->import(options->import_context, gx_embed_text_out(ns), gx_embed_text_out(location))
            : NULL;
    return found ? found->dmn : NULL;
}

static bool read_model(gx_embed_call *call, void *context)
{
    reading *r = context;
    natives *host = GX_NEW(call->arena, natives);
    gx_dmn_world world = {.find_external = find_external, .find_external_context = host};
    gx_text path = GX_TEXT("");
    if (r->options) {
        *host = (natives){r->options->natives, r->options->native_count};
        world.import = import_model;
        world.import_context = (void *)(uintptr_t)r->options;
        path = gx_embed_text(r->options->path);
    }
    r->dmn = GX_NEW(call->arena, gaoxing_dmn);
    r->dmn->dmn = gx_dmn_read(call->arena, r->xml, path, &world, &r->findings, &call->error);
    if (!r->dmn->dmn)
        return false;
    r->dmn->findings = gx_copy_bytes(call->arena, r->findings.items, r->findings.count * sizeof(gx_finding));
    r->dmn->finding_count = r->findings.count;
    return true;
}

gaoxing_dmn *gaoxing_dmn_read(gaoxing_arena *model, gaoxing_text xml, const gaoxing_dmn_options *options,
                              gaoxing_error *error)
{
    reading r = {.xml = gx_embed_text(xml)};
    if (options && options->size >= sizeof *options)
        r.options = options;
    bool is_read = gx_embed_run(model, read_model, &r, error);
    gx_findings_release(&r.findings);
    return is_read ? r.dmn : NULL;
}

bool gaoxing_dmn_finding(const gaoxing_dmn *dmn, size_t index, gaoxing_error *finding)
{
    if (index >= dmn->finding_count)
        return false;
    gx_embed_error(finding, &dmn->findings[index].error, GX_TEXT(""));
    return true;
}

/* ---- Asking ---- */

typedef struct asking {
    const gx_dmn *dmn;
    gx_text decision, json_inputs;
    gx_value inputs, wanted, answer;
    const gaoxing_budget *budget;
    gx_language language;
    bool has_text, has_json;
    gx_text text, json;
} asking;

static bool evaluate(gx_embed_call *call, void *context)
{
    asking *a = context;
    gx_feel_budget own;
    const gx_feel_budget *budget = gx_embed_budget(a->budget, &own);
    return gx_dmn_evaluate(call->arena, a->dmn, a->decision, a->inputs, budget, NULL, &a->answer,
                           &call->error);
}

bool gaoxing_dmn_evaluate(gaoxing_arena *arena, const gaoxing_dmn *dmn, gaoxing_text decision,
                          gaoxing_value inputs, const gaoxing_budget *budget, gaoxing_value *answer,
                          gaoxing_error *error)
{
    asking a = {.dmn = dmn->dmn,
                .decision = gx_embed_text(decision),
                .inputs = gx_embed_value(inputs),
                .budget = budget};
    if (!gx_embed_run(arena, evaluate, &a, error))
        return false;
    *answer = gx_embed_value_out(a.answer);
    return true;
}

static bool take_inputs(gx_embed_call *call, void *context)
{
    asking *a = context;
    gx_json *json = gx_json_parse(call->arena, a->json_inputs, GX_TEXT(""), &call->error);
    return json && gx_dmn_inputs_from_json(call->arena, a->dmn, a->decision, json, GX_TEXT(""), &a->answer,
                                           &call->error);
}

bool gaoxing_dmn_inputs(gaoxing_arena *arena, const gaoxing_dmn *dmn, gaoxing_text decision,
                        gaoxing_text json, gaoxing_value *inputs, gaoxing_error *error)
{
    asking a = {.dmn = dmn->dmn, .decision = gx_embed_text(decision), .json_inputs = gx_embed_text(json)};
    if (!gx_embed_run(arena, take_inputs, &a, error))
        return false;
    *inputs = gx_embed_value_out(a.answer);
    return true;
}

static gx_text written(gx_arena *arena, const gx_json *json)
{
    return gx_copy(arena, gx_json_to_text(arena, json)); /* with a zero byte behind it */
}

static bool describe(gx_embed_call *call, void *context)
{
    asking *a = context;
    gx_dmn_item item;
    if (!gx_dmn_find(a->dmn, GX_DMN_DECISION, a->decision, &item))
        return gx_fail(&call->error, "dmn.unknown", a->decision);
    a->json = written(call->arena, gx_dmn_describe_inputs(call->arena, a->dmn, item.name));
    return true;
}

bool gaoxing_dmn_describe(gaoxing_arena *arena, const gaoxing_dmn *dmn, gaoxing_text decision,
                          gaoxing_text *json, gaoxing_error *error)
{
    asking a = {.dmn = dmn->dmn, .decision = gx_embed_text(decision)};
    if (!gx_embed_run(arena, describe, &a, error))
        return false;
    *json = gx_embed_text_out(a.json);
    return true;
}

static gx_language language_of(gaoxing_language language)
{
    return language == GAOXING_EN ? GX_LANGUAGE_EN : GX_LANGUAGE_ZH;
}

static bool explain(gx_embed_call *call, void *context)
{
    asking *a = context;
    gx_feel_budget own;
    const gx_feel_budget *budget = gx_embed_budget(a->budget, &own);
    gx_dmn_trace trace = {0};
    if (!gx_dmn_evaluate(call->arena, a->dmn, a->decision, a->inputs, budget, &trace, &a->answer,
                         &call->error))
        return false;
    if (a->has_text) {
        gx_buffer text = gx_buffer_in(call->arena);
        gx_dmn_explain(&text, &trace, a->language);
        a->text = gx_copy(call->arena, gx_buffer_as_text(&text));
    }
    if (a->has_json)
        a->json = written(call->arena, gx_dmn_explain_json(call->arena, &trace, a->language));
    return true;
}

bool gaoxing_dmn_explain(gaoxing_arena *arena, const gaoxing_dmn *dmn, gaoxing_text decision,
                         gaoxing_value inputs, const gaoxing_budget *budget, gaoxing_language language,
                         gaoxing_text *text, gaoxing_text *json, gaoxing_error *error)
{
    asking a = {.dmn = dmn->dmn,
                .decision = gx_embed_text(decision),
                .inputs = gx_embed_value(inputs),
                .budget = budget,
                .language = language_of(language),
                .has_text = text != NULL,
                .has_json = json != NULL};
    if (!gx_embed_run(arena, explain, &a, error))
        return false;
    if (text)
        *text = gx_embed_text_out(a.text);
    if (json)
        *json = gx_embed_text_out(a.json);
    return true;
}

static bool change(gx_embed_call *call, void *context)
{
    asking *a = context;
    gx_feel_budget own;
    const gx_feel_budget *budget = gx_embed_budget(a->budget, &own);
    gx_dmn_changes changes;
    if (!gx_dmn_find_changes(call->arena, a->dmn, a->decision, a->inputs, a->wanted, budget, &changes))
        return gx_fail(&call->error, "dmn.changes.none", a->decision,
                       gx_value_to_text(call->arena, a->wanted));
    gx_context_builder builder = gx_context_begin(call->arena, changes.count);
    for (size_t i = 0; i < changes.count; i++)
        gx_context_set(&builder, changes.items[i].input, changes.items[i].to);
    a->answer = gx_context_end(&builder);
    gx_buffer text = gx_buffer_in(call->arena);
    gx_dmn_changes_write(&text, &changes, a->language);
    a->text = gx_copy(call->arena, gx_buffer_as_text(&text));
    return true;
}

bool gaoxing_dmn_change(gaoxing_arena *arena, const gaoxing_dmn *dmn, gaoxing_text decision,
                        gaoxing_value inputs, gaoxing_value wanted, const gaoxing_budget *budget,
                        gaoxing_language language, gaoxing_value *changes, gaoxing_text *text,
                        gaoxing_error *error)
{
    asking a = {.dmn = dmn->dmn,
                .decision = gx_embed_text(decision),
                .inputs = gx_embed_value(inputs),
                .wanted = gx_embed_value(wanted),
                .budget = budget,
                .language = language_of(language)};
    if (!gx_embed_run(arena, change, &a, error))
        return false;
    *changes = gx_embed_value_out(a.answer);
    if (text)
        *text = gx_embed_text_out(a.text);
    return true;
}

static bool verify(gx_embed_call *call, void *context)
{
    asking *a = context;
    gx_flaws flaws = gx_dmn_verify(call->arena, a->dmn);
    a->json = written(call->arena, gx_dmn_describe_flaws(call->arena, &flaws, a->language));
    return true;
}

bool gaoxing_dmn_verify(gaoxing_arena *arena, const gaoxing_dmn *dmn, gaoxing_language language,
                        gaoxing_text *json, gaoxing_error *error)
{
    asking a = {.dmn = dmn->dmn, .language = language_of(language)};
    if (!gx_embed_run(arena, verify, &a, error))
        return false;
    *json = gx_embed_text_out(a.json);
    return true;
}
