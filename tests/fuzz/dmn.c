/* Reads the input as a decision model and evaluates every decision in it, with and without a trace. */
#include "dmn/dmn.h"
#include "dmn/explain.h"
#include "dmn/verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
extern const char *const gx_fuzz_words[];
const char *const gx_fuzz_words[] = {"<decision id='d' name='d'>",
                                     "</decision>",
                                     "<variable name='x' typeRef='number'/>",
                                     "<literalExpression><text>",
                                     "</text></literalExpression>",
                                     "<context>",
                                     "<contextEntry>",
                                     "</contextEntry>",
                                     "</context>",
                                     "<decisionTable hitPolicy='PRIORITY'>",
                                     "</decisionTable>",
                                     "<rule>",
                                     "</rule>",
                                     "<inputEntry><text>-</text></inputEntry>",
                                     "<outputEntry><text>1</text></outputEntry>",
                                     "<input>",
                                     "</input>",
                                     "<output/>",
                                     "<requiredDecision href='#d'/>",
                                     "<informationRequirement>",
                                     "</informationRequirement>",
                                     "<functionDefinition>",
                                     "<formalParameter name='x'/>",
                                     "<itemDefinition name='t'>",
                                     "<typeRef>t</typeRef>",
                                     "isCollection='true'",
                                     NULL};

typedef struct work {
    gx_arena arena;
    gx_text source;
    gx_findings findings;
} work;

static bool run(void *context)
{
    work *w = context;
    gx_dmn *dmn = gx_dmn_read(&w->arena, w->source, GX_TEXT("fuzz"), NULL, &w->findings, NULL);
    if (!dmn)
        return false;
    gx_feel_budget budget = {.steps = 20000, .list = 10000, .string = 100000};
    for (size_t i = 0; i < gx_dmn_count(dmn) && i < 20; i++) {
        gx_dmn_item item = gx_dmn_item_at(dmn, i);
        gx_entry entries[] = {{item.name, gx_value_int(3)}};
        gx_dmn_trace trace = {0};
        gx_value answer;
        if (item.kind != GX_DMN_DECISION)
            continue;
        gx_dmn_evaluate(&w->arena, dmn, item.name, gx_value_null(), &budget, NULL, &answer, NULL);
        if (gx_dmn_evaluate(&w->arena, dmn, item.name, gx_value_context(&w->arena, entries, 1), &budget,
                            &trace, &answer, NULL))
            gx_dmn_explain_json(&w->arena, &trace, GX_LANGUAGE_ZH);
        gx_dmn_changes changes;
        gx_dmn_find_changes(&w->arena, dmn, item.name, gx_value_context(&w->arena, entries, 1),
                            gx_value_int(1), &budget, &changes);
    }
    gx_flaws flaws = gx_dmn_verify(&w->arena, dmn);
    gx_flaws_report(&w->arena, &flaws, GX_TEXT("fuzz"), &w->findings);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    work w = {gx_arena_of(16 * GX_MIB), {(const char *)data, size}, {0}};
    gx_arena_guard(&w.arena, run, &w, NULL);
    gx_findings_release(&w.findings);
    gx_arena_release(&w.arena);
    return 0;
}
