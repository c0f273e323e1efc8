/* Explanations from traces. */
#include "dmn/explain.h"
#include "dmn/explain_text.h"

#include <stdlib.h>
#include <string.h>

typedef struct writer {
    gx_arena *arena;
    gx_language language;
} writer;

/* ---- Sentences and values ---- */

static const char *const sentences[][2] = {
#define SENTENCE(name, zh, en) {zh, en},
#include "dmn/explain.def"
#undef SENTENCE
};

void gx_sentence_write(gx_buffer *text, gx_sentence sentence, gx_language language, gx_text part1,
                       gx_text part2, gx_text part3)
{
    const gx_text parts[] = {part1, part2, part3};
    for (const char *c = sentences[sentence][language]; *c; c++) {
        if (c[0] == '{' && c[1] >= '1' && c[1] <= '3' && c[2] == '}') {
            gx_buffer_text(text, parts[c[1] - '1']);
            c += 2;
        } else {
            gx_buffer_byte(text, *c);
        }
    }
}

/* Digits in groups of three before the point; numbers with an exponent are left as they are. */
static void write_number(gx_buffer *text, gx_value number)
{
    gx_buffer plain = gx_buffer_in(text->arena);
    gx_number_write(&plain, number);
    gx_text digits = gx_buffer_as_text(&plain);
    size_t start = digits.size && digits.bytes[0] == '-', end = start;
    while (end < digits.size && digits.bytes[end] >= '0' && digits.bytes[end] <= '9')
        end++;
    bool has_exponent = gx_text_find(digits, GX_TEXT("E")) >= 0;
    for (size_t i = 0; i < digits.size; i++) {
        if (!has_exponent && i > start && i < end && (end - i) % 3 == 0)
            gx_buffer_byte(text, ',');
        gx_buffer_byte(text, digits.bytes[i]);
    }
}

gx_text gx_sentence_value(gx_arena *arena, gx_value value, bool is_quoted)
{
    gx_buffer text = gx_buffer_in(arena);
    if (value.kind == GX_NUMBER)
        write_number(&text, value);
    else if (value.kind == GX_STRING && is_quoted)
        gx_json_write_string(&text, gx_value_as_text(value));
    else
        gx_value_write(&text, value);
    return gx_buffer_as_text(&text);
}

static gx_text value_text(writer *w, gx_value value)
{
    return gx_sentence_value(w->arena, value, true);
}

static gx_text sentence(writer *w, gx_sentence which, gx_text part1, gx_text part2, gx_text part3)
{
    gx_buffer text = gx_buffer_in(w->arena);
    gx_sentence_write(&text, which, w->language, part1, part2, part3);
    return gx_buffer_as_text(&text);
}

static gx_text number_text(writer *w, uint64_t number)
{
    return gx_format(w->arena, "%llu", (unsigned long long)number);
}

/* ---- Cells: a value and the test that it passed or failed ---- */

static gx_text range_text(writer *w, const gx_range *range)
{
    return gx_format(w->arena, "%c%.*s..%.*s%c", range->start_included ? '[' : '(',
                     GX_PRINT(value_text(w, range->start)), GX_PRINT(value_text(w, range->end)),
                     range->end_included ? ']' : ')');
}

/* "revenue 1,800 < 2,000" */
static gx_text comparison(writer *w, gx_text label, gx_value value, const char *sign, gx_value end)
{
    gx_text right = gx_format(w->arena, "%.*s %s %.*s", GX_PRINT(value_text(w, value)), sign,
                              GX_PRINT(value_text(w, end)));
    return sentence(w, GX_SENTENCE_compares, label, right, GX_TEXT(""));
}

static gx_text describe_range(writer *w, gx_text label, gx_value value, const gx_range *range,
                              bool is_matched)
{
    int order;
    if (is_matched) {
        if (range->has_start && range->has_end)
            return sentence(w, GX_SENTENCE_inside, label, value_text(w, value), range_text(w, range));
        if (range->has_start)
            return comparison(w, label, value, range->start_included ? ">=" : ">", range->start);
        return comparison(w, label, value, range->end_included ? "<=" : "<", range->end);
    }
    if (range->has_start && gx_value_order(value, range->start, &order) &&
        (order < 0 || (order == 0 && !range->start_included)))
        return comparison(w, label, value, range->start_included ? "<" : "<=", range->start);
    if (range->has_end && gx_value_order(value, range->end, &order) &&
        (order > 0 || (order == 0 && !range->end_included)))
        return comparison(w, label, value, range->end_included ? ">" : ">=", range->end);
    return sentence(w, GX_SENTENCE_outside, label, value_text(w, value), range_text(w, range));
}

static bool are_plain(const gx_feel_test_list *tests)
{
    for (uint32_t i = 0; i < tests->count; i++)
        if (tests->values[i].kind == GX_RANGE || tests->values[i].kind == GX_LIST)
            return false;
    return tests->count > 0;
}

static gx_text tests_text(writer *w, const gx_feel_test_list *tests)
{
    gx_buffer text = gx_buffer_in(w->arena);
    for (uint32_t i = 0; i < tests->count; i++) {
        gx_buffer_string(&text, i ? ", " : "");
        gx_buffer_text(&text, value_text(w, tests->values[i]));
    }
    return gx_buffer_as_text(&text);
}

static gx_text describe_cell(writer *w, const gx_dmn_table *table, uint32_t rule, uint32_t input,
                             gx_value value, bool is_matched)
{
    const gx_dmn_cell *cell = &table->cells[(size_t)rule * table->input_count + input];
    const gx_feel_test_list *tests = cell->tests;
    gx_text label = table->inputs[input].label, shown = value_text(w, value);
    if (value.kind == GX_NULL && !is_matched)
        return sentence(w, GX_SENTENCE_missing, label, GX_TEXT(""), GX_TEXT(""));
    if (tests && are_plain(tests)) {
        if (is_matched != tests->is_negated)
            return sentence(w, GX_SENTENCE_is, label, shown, GX_TEXT(""));
        return sentence(w, GX_SENTENCE_is_not, label, shown, tests_text(w, tests));
    }
    if (tests && tests->count == 1 && tests->values[0].kind == GX_RANGE) {
        const gx_range *range = tests->values[0].range;
        if (!range->is_negated && (range->has_start || range->has_end))
            return describe_range(w, label, value, range, is_matched != tests->is_negated);
    }
    gx_text source = cell->feel ? gx_text_trim(gx_feel_source(cell->feel)) : GX_TEXT("");
    return sentence(w, is_matched ? GX_SENTENCE_meets : GX_SENTENCE_fails, label, shown, source);
}

/* All cells of a rule that are in `state`, joined; empty if there are none but `-`. */
static gx_text describe_cells(writer *w, const gx_dmn_table_trace *trace, uint32_t rule, bool is_matched)
{
    const gx_dmn_table *table = trace->table;
    gx_buffer text = gx_buffer_in(w->arena);
    for (uint32_t i = 0; i < table->input_count; i++) {
        size_t at = (size_t)rule * table->input_count + i;
        bool has_matched = trace->cells[at] == GX_CELL_MATCHED;
        if (table->cells[at].is_any || has_matched != is_matched)
            continue;
        if (text.size)
            gx_sentence_write(&text, GX_SENTENCE_joint, w->language, GX_TEXT(""), GX_TEXT(""), GX_TEXT(""));
        gx_buffer_text(&text, describe_cell(w, table, rule, i, trace->inputs[i], is_matched));
    }
    return gx_buffer_as_text(&text);
}

/* ---- Rules ---- */

static gx_text describe_outputs(writer *w, const gx_dmn_table *table, uint32_t rule)
{
    gx_buffer text = gx_buffer_in(w->arena);
    for (uint32_t i = 0; i < table->output_count; i++) {
        const gx_feel *feel = table->results[(size_t)rule * table->output_count + i];
        gx_value value;
        if (text.size)
            gx_buffer_string(&text, ", ");
        if (table->output_count > 1)
            gx_buffer_format(&text, "%.*s = ", GX_PRINT(table->outputs[i].name));
        if (feel && gx_feel_constant(feel, &value))
            gx_buffer_text(&text, gx_sentence_value(w->arena, value, false));
        else if (feel)
            gx_buffer_text(&text, gx_text_trim(gx_feel_source(feel)));
    }
    return gx_buffer_as_text(&text);
}

typedef void line_sink(void *context, gx_text line);

static void tell_matched(writer *w, const gx_dmn_table_trace *trace, line_sink *add, void *context)
{
    gx_hit_policy policy = trace->table->policy;
    bool is_single = policy == GX_HIT_UNIQUE || policy == GX_HIT_FIRST;
    uint32_t told = is_single ? 1 : trace->matched_count;
    if (policy == GX_HIT_UNIQUE && trace->matched_count > 1) {
        add(context, sentence(w, GX_SENTENCE_conflict, number_text(w, trace->matched_count),
                              gx_text_of(gx_hit_policy_letter(policy)), GX_TEXT("")));
        told = trace->matched_count;
    }
    for (uint32_t i = 0; i < told; i++) {
        uint32_t rule = trace->matched[i];
        gx_text conditions = describe_cells(w, trace, rule, true);
        add(context, sentence(w, conditions.size ? GX_SENTENCE_because : GX_SENTENCE_always,
                              describe_outputs(w, trace->table, rule), conditions,
                              number_text(w, (uint64_t)rule + 1)));
    }
}

typedef struct near_rule {
    uint32_t rule, failed;
} near_rule;

static int compare_near(const void *a, const void *b)
{
    const near_rule *x = a, *y = b;
    if (x->failed != y->failed)
        return x->failed < y->failed ? -1 : 1;
    return (x->rule > y->rule) - (x->rule < y->rule);
}

static void tell_unmatched(writer *w, const gx_dmn_table_trace *trace, line_sink *add, void *context)
{
    const gx_dmn_table *table = trace->table;
    if (trace->used_default)
        add(context, sentence(w, GX_SENTENCE_otherwise, gx_sentence_value(w->arena, trace->result, false),
                              GX_TEXT(""), GX_TEXT("")));
    else
        add(context, sentence(w, GX_SENTENCE_none, GX_TEXT(""), GX_TEXT(""), GX_TEXT("")));
    near_rule *near = GX_NEW_ARRAY(w->arena, near_rule, table->rule_count);
    for (uint32_t r = 0; r < table->rule_count; r++) {
        near[r].rule = r;
        for (uint32_t i = 0; i < table->input_count; i++)
            near[r].failed += trace->cells[(size_t)r * table->input_count + i] != GX_CELL_MATCHED;
    }
    if (table->rule_count)
        qsort(near, table->rule_count, sizeof *near, compare_near);
    uint32_t told = table->rule_count < GX_EXPLAIN_NEAREST ? table->rule_count : GX_EXPLAIN_NEAREST;
    for (uint32_t i = 0; i < told; i++)
        add(context, sentence(w, GX_SENTENCE_not_rule, describe_outputs(w, table, near[i].rule),
                              describe_cells(w, trace, near[i].rule, false),
                              number_text(w, (uint64_t)near[i].rule + 1)));
    if (table->rule_count > told)
        add(context, sentence(w, GX_SENTENCE_more, number_text(w, table->rule_count - told), GX_TEXT(""),
                              GX_TEXT("")));
}

enum { READABLE_BYTES = 240 }; /* a longer list is counted, not spelled out: its rules tell the items */

static void tell_value(writer *w, const gx_dmn_step *step, line_sink *add, void *context)
{
    gx_text shown = value_text(w, step->value);
    if (step->value.kind == GX_LIST && shown.size > READABLE_BYTES)
        add(context,
            sentence(w, GX_SENTENCE_many, step->item.name, number_text(w, step->value.size), GX_TEXT("")));
    else
        add(context, sentence(w, GX_SENTENCE_value, step->item.name, shown, GX_TEXT("")));
}

static void tell_step(writer *w, const gx_dmn_step *step, line_sink *add, void *context)
{
    if (step->value.kind != GX_FUNCTION)
        tell_value(w, step, add, context);
    for (const gx_dmn_table_trace *table = step->tables; table; table = table->next) {
        if (table->matched_count)
            tell_matched(w, table, add, context);
        else
            tell_unmatched(w, table, add, context);
    }
}

/* ---- As text ---- */

typedef struct indented {
    gx_buffer *text;
    uint32_t depth;
} indented;

static void add_indented(void *context, gx_text line)
{
    indented *to = context;
    for (uint32_t i = 0; i < to->depth; i++)
        gx_buffer_string(to->text, "  ");
    gx_buffer_text(to->text, line);
    gx_buffer_byte(to->text, '\n');
}

void gx_dmn_explain(gx_buffer *text, const gx_dmn_trace *trace, gx_language language)
{
    writer w = {text->arena, language};
    for (const gx_dmn_step *step = trace->first; step; step = step->next) {
        indented to = {text, step->depth};
        tell_step(&w, step, add_indented, &to);
    }
}

/* ---- As data ---- */

typedef struct lines {
    gx_arena *arena;
    gx_json *array;
} lines;

static void add_line(void *context, gx_text line)
{
    lines *to = context;
    gx_json_append(to->array, gx_json_string(to->arena, line));
}

static gx_json *table_json(gx_arena *arena, const gx_dmn_table_trace *trace)
{
    static const char *const states[] = {
        [GX_CELL_UNSEEN] = "unseen",
        [GX_CELL_MATCHED] = "matched",
        [GX_CELL_FAILED] = "failed",
        [GX_CELL_UNKNOWN] = "unknown",
    };
    const gx_dmn_table *table = trace->table;
    gx_json *json = gx_json_object(arena);
    gx_json_set_text(arena, json, "id", table->id);
    gx_json_set_text(arena, json, "policy", gx_text_of(gx_hit_policy_letter(table->policy)));
    gx_json_set_bool(arena, json, "default", trace->used_default);
    gx_json *inputs = gx_json_set(arena, json, "inputs", gx_json_array(arena));
    for (uint32_t i = 0; i < table->input_count; i++) {
        gx_json *input = gx_json_append(inputs, gx_json_object(arena));
        gx_json_set_text(arena, input, "id", table->inputs[i].id);
        gx_json_set_text(arena, input, "label", table->inputs[i].label);
        gx_json_set(arena, input, "value", gx_value_to_json(arena, trace->inputs[i]));
    }
    gx_json *matched = gx_json_set(arena, json, "matched", gx_json_array(arena));
    for (uint32_t i = 0; i < trace->matched_count; i++)
        gx_json_append(matched, gx_json_int(arena, (int64_t)trace->matched[i] + 1));
    gx_json *rules = gx_json_set(arena, json, "rules", gx_json_array(arena));
    for (uint32_t r = 0; r < table->rule_count; r++) {
        gx_json *rule = gx_json_append(rules, gx_json_object(arena));
        gx_json_set_int(arena, rule, "rule", (int64_t)r + 1);
        gx_json_set_text(arena, rule, "id", table->rule_ids[r]);
        gx_json *cells = gx_json_set(arena, rule, "cells", gx_json_array(arena));
        for (uint32_t i = 0; i < table->input_count; i++) {
            uint8_t state = trace->cells[(size_t)r * table->input_count + i];
            gx_json_append(cells, gx_json_string(arena, gx_text_of(states[state])));
        }
    }
    return json;
}

gx_json *gx_dmn_explain_json(gx_arena *arena, const gx_dmn_trace *trace, gx_language language)
{
    static const char *const kinds[] = {
        [GX_DMN_INPUT] = "input",
        [GX_DMN_DECISION] = "decision",
        [GX_DMN_KNOWLEDGE] = "knowledge",
        [GX_DMN_SERVICE] = "service",
    };
    writer w = {arena, language};
    gx_json *steps = gx_json_array(arena);
    for (const gx_dmn_step *step = trace->first; step; step = step->next) {
        gx_json *json = gx_json_append(steps, gx_json_object(arena));
        gx_json_set_text(arena, json, "id", step->item.id);
        gx_json_set_text(arena, json, "name", step->item.name);
        gx_json_set_text(arena, json, "kind", gx_text_of(kinds[step->item.kind]));
        gx_json_set_int(arena, json, "depth", step->depth);
        gx_json_set(arena, json, "value", gx_value_to_json(arena, step->value));
        lines to = {arena, gx_json_set(arena, json, "text", gx_json_array(arena))};
        tell_step(&w, step, add_line, &to);
        gx_json *tables = gx_json_set(arena, json, "tables", gx_json_array(arena));
        for (const gx_dmn_table_trace *table = step->tables; table; table = table->next)
            gx_json_append(tables, table_json(arena, table));
    }
    return steps;
}
