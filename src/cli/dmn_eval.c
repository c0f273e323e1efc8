/* gaoxing dmn eval: the value of a decision, and how it came about. */
#include "cli/dmn.h"
#include "base/clock.h"
#include "base/file.h"
#include "dmn/model.h"

#include <stdio.h>

static const char usage[] =
    "dmn eval FILE --decision NAME [--context JSON|@FILE] [--trace] [--json] [--batch FILE|- [--threads N]]";

static bool read_context(gx_tool_call *call, const char *text, gx_value *value, gx_error *error)
{
    gx_text source = gx_text_of(text);
    if (text[0] == '@' && !gx_file_read(call->arena, text + 1, GX_LIMIT_FILE_BYTES, &source, error))
        return false;
    gx_json *json = gx_json_parse(call->arena, source, GX_TEXT("--context"), error);
    if (json)
        *value = gx_value_from_json(call->arena, json);
    return json != NULL;
}

static void print_table(gx_tool_call *call, const gx_dmn_table_trace *trace)
{
    static const char marks[] = {
        [GX_CELL_UNSEEN] = ' ', [GX_CELL_MATCHED] = '+', [GX_CELL_FAILED] = '-', [GX_CELL_UNKNOWN] = '?'};
    const gx_dmn_table *table = trace->table;
    for (uint32_t i = 0; i < table->input_count; i++) {
        gx_text value = gx_value_to_text(call->arena, trace->inputs[i]);
        printf("    %.*s: %.*s\n", GX_PRINT(table->inputs[i].label), GX_PRINT(value));
    }
    for (uint32_t rule = 0; rule < table->rule_count; rule++) {
        printf("    %s %4u  ", gx_hit_policy_letter(table->policy), rule + 1);
        for (uint32_t i = 0; i < table->input_count; i++) {
            size_t at = (size_t)rule * table->input_count + i;
            gx_text source =
                table->cells[at].feel ? gx_text_trim(gx_feel_source(table->cells[at].feel)) : GX_TEXT("");
            printf("%c%.*s  ", marks[trace->cells[at]], GX_PRINT(source));
        }
        putchar('\n');
    }
}

static void print_trace(gx_tool_call *call, const gx_dmn_trace *trace)
{
    for (const gx_dmn_step *step = trace->first; step; step = step->next) {
        gx_text value = gx_value_to_text(call->arena, step->value);
        printf("%*s%.*s = %.*s\n", (int)step->depth * 2, "", GX_PRINT(step->item.name), GX_PRINT(value));
        for (const gx_dmn_table_trace *table = step->tables; table; table = table->next)
            print_table(call, table);
    }
    for (size_t i = 0; i < trace->notes.count; i++) {
        char sentence[512];
        printf("! %s\n", gx_error_write(&trace->notes.items[i], call->language, sentence, sizeof sentence));
    }
}

int gx_tool_dmn_eval(gx_tool_call *call)
{
    gx_error error = {0};
    gx_findings findings = {0};
    gx_dmn_trace trace = {0};
    gx_value inputs, answer;
    const char *decision = gx_tool_option(call, "decision", NULL);
    const char *context = gx_tool_option(call, "context", "{}");
    const char *batch = gx_tool_option(call, "batch", NULL), *threads = gx_tool_option(call, "threads", "0");
    int64_t thread_count = 0;
    bool has_trace = gx_tool_flag(call, "trace"), is_json = gx_tool_flag(call, "json");
    if (!gx_tool_expect(call, 1, 1, usage))
        return GX_TOOL_FAILED;
    if (!decision || !gx_text_to_int(gx_text_of(threads), &thread_count)) {
        gx_fail(&error, "cli.usage", gx_text_of(usage));
        return gx_tool_fail(call, &error);
    }
    const gx_dmn *dmn = gx_dmn_load_file(call->arena, call->arguments[0], &findings, &error);
    if (!dmn)
        return gx_tool_fail(call, &error);
    int status = gx_tool_findings(call, &findings);
    gx_findings_release(&findings);
    if (batch)
        return gx_dmn_batch(call, dmn, decision, batch, thread_count);
    gx_feel_budget budget = {.has_now = true, .now = gx_clock_now(), .now_offset = 8 * 3600};
    if (!read_context(call, context, &inputs, &error) ||
        !gx_dmn_evaluate(call->arena, dmn, gx_text_of(decision), inputs, &budget, has_trace ? &trace : NULL,
                         &answer, &error))
        return gx_tool_fail(call, &error);
    gx_text text = is_json ? gx_json_to_text(call->arena, gx_value_to_json(call->arena, answer))
                           : gx_value_to_text(call->arena, answer);
    if (has_trace)
        print_trace(call, &trace);
    printf("%.*s\n", GX_PRINT(text));
    return status;
}
