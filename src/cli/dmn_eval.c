/* gaoxing dmn eval: the value of a decision, and how it came about. */
#include "cli/dmn.h"
#include "base/clock.h"
#include "base/file.h"
#include "dmn/describe.h"
#include "dmn/explain.h"
#include "dmn/model.h"

#include <stdio.h>

static const char usage[] =
    "dmn eval FILE --decision NAME [--context JSON|@FILE] [--trace] [--why] [--want JSON] [--json] "
    "[--batch FILE|- [--threads N]]";

/* Inputs as the model declares them: texts become dates where it wants dates. */
static bool read_inputs(gx_tool_call *call, const gx_dmn *dmn, const char *decision, const char *text,
                        gx_value *inputs, gx_error *error)
{
    gx_text source = gx_text_of(text);
    if (text[0] == '@' && !gx_file_read(call->arena, text + 1, GX_LIMIT_FILE_BYTES, &source, error))
        return false;
    gx_json *json = gx_json_parse(call->arena, source, GX_TEXT("--context"), error);
    return json &&
           gx_dmn_inputs_from_json(call->arena, dmn, gx_text_of(decision), json, GX_TEXT(""), inputs, error);
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

typedef struct request {
    const char *decision, *context;
    const char *want;  /* the value that is wished for, as JSON; NULL: none */
    const char *batch; /* a file of inputs, one a line; NULL: none */
    int64_t threads;
    bool has_trace, has_why, is_json;
} request;

static bool read_request(gx_tool_call *call, request *r)
{
    *r = (request){
        .decision = gx_tool_option(call, "decision", NULL),
        .context = gx_tool_option(call, "context", "{}"),
        .want = gx_tool_option(call, "want", NULL),
        .batch = gx_tool_option(call, "batch", NULL),
        .has_trace = gx_tool_flag(call, "trace"),
        .has_why = gx_tool_flag(call, "why"),
        .is_json = gx_tool_flag(call, "json"),
    };
    const char *threads = gx_tool_option(call, "threads", "0");
    if (!gx_tool_expect(call, 1, 1, usage))
        return false;
    gx_error error = {0};
    if (!r->decision || !gx_text_to_int(gx_text_of(threads), &r->threads)) {
        gx_fail(&error, "cli.usage", gx_text_of(usage));
        gx_tool_fail(call, &error);
        return false;
    }
    return true;
}

/* What to change to get the wanted value: one line a change, or a line that says that there is none. */
static bool print_changes(gx_tool_call *call, const gx_dmn *dmn, const request *r, gx_value inputs,
                          const gx_feel_budget *budget, gx_error *error)
{
    gx_dmn_changes changes;
    gx_json *json = gx_json_parse(call->arena, gx_text_of(r->want), GX_TEXT("--want"), error);
    if (!json)
        return false;
    gx_value wanted = gx_value_from_json(call->arena, json);
    if (!gx_dmn_find_changes(call->arena, dmn, gx_text_of(r->decision), inputs, wanted, budget, &changes))
        return gx_fail(error, "dmn.changes.none", gx_text_of(r->decision), gx_text_of(r->want));
    gx_buffer text = gx_buffer_in(call->arena);
    gx_dmn_changes_write(&text, &changes, call->language);
    printf("%.*s", GX_PRINT(gx_buffer_as_text(&text)));
    return true;
}

static void print_answer(gx_tool_call *call, const request *r, const gx_dmn_trace *trace, gx_value answer)
{
    if (r->has_trace)
        print_trace(call, trace);
    gx_buffer text = gx_buffer_in(call->arena);
    if (r->has_why && r->is_json)
        gx_json_write(&text, gx_dmn_explain_json(call->arena, trace, call->language));
    else if (r->has_why)
        gx_dmn_explain(&text, trace, call->language);
    else if (r->is_json)
        gx_json_write(&text, gx_value_to_json(call->arena, answer));
    else
        gx_value_write(&text, answer);
    gx_text whole = gx_text_trim(gx_buffer_as_text(&text));
    printf("%.*s\n", GX_PRINT(whole));
}

int gx_tool_dmn_eval(gx_tool_call *call)
{
    gx_error error = {0};
    gx_findings findings = {0};
    gx_dmn_trace trace = {0};
    gx_value inputs, answer;
    request r;
    if (!read_request(call, &r))
        return GX_TOOL_FAILED;
    const gx_dmn *dmn = gx_dmn_load_file(call->arena, call->arguments[0], &findings, &error);
    if (!dmn)
        return gx_tool_fail(call, &error);
    int status = gx_tool_findings(call, &findings);
    gx_findings_release(&findings);
    if (r.batch)
        return gx_dmn_batch(call, dmn, r.decision, r.batch, r.threads);
    gx_feel_budget budget = {.has_now = true, .now = gx_clock_now(), .now_offset = 8 * 3600};
    if (!read_inputs(call, dmn, r.decision, r.context, &inputs, &error) ||
        !gx_dmn_evaluate(call->arena, dmn, gx_text_of(r.decision), inputs, &budget,
                         r.has_trace || r.has_why ? &trace : NULL, &answer, &error))
        return gx_tool_fail(call, &error);
    print_answer(call, &r, &trace, answer);
    if (r.want && !print_changes(call, dmn, &r, inputs, &budget, &error))
        return gx_tool_fail(call, &error);
    return status;
}
