/* Evaluating decision tables (DMN 1.5, 8.2.8 and following). The rules to be tested are those of the column
 * whose index leaves the fewest; their other cells are tested one by one. When a trace is wanted every cell
 * is tested. */
#include "dmn/model.h"

#include <stdlib.h>
#include <string.h>

typedef struct hits {
    const gx_dmn_table *table;
    const gx_value *inputs;
    const gx_value *slots;
    uint32_t *rules;
    uint32_t count;
    uint8_t *cells; /* states, or NULL */
} hits;

/* ---- Matching ---- */

static gx_value test_cell(gx_dmn_run *run, const gx_dmn_cell *cell, gx_value input, const gx_value *slots)
{
    if (cell->is_any)
        return gx_value_boolean(true);
    if (!cell->feel)
        return gx_value_null();
    if (!cell->tests)
        return gx_dmn_feel(run, cell->feel, slots, input);
    const gx_feel_test_list *tests = cell->tests;
    gx_value verdict = gx_value_boolean(false);
    for (uint32_t i = 0; i < tests->count && !gx_value_is_true(verdict); i++) {
        gx_value found = gx_feel_matches(input, tests->values[i]);
        if (found.kind != GX_BOOLEAN || found.boolean)
            verdict = found;
    }
    if (tests->is_negated && verdict.kind == GX_BOOLEAN)
        verdict = gx_value_boolean(!verdict.boolean);
    return verdict;
}

static bool rule_matches(gx_dmn_run *run, hits *h, uint32_t rule)
{
    const gx_dmn_table *table = h->table;
    bool matches = true;
    for (uint32_t i = 0; i < table->input_count && (matches || h->cells); i++) {
        size_t at = (size_t)rule * table->input_count + i;
        gx_value verdict = test_cell(run, &table->cells[at], h->inputs[i], h->slots);
        matches = matches && gx_value_is_true(verdict);
        if (h->cells)
            h->cells[at] = (uint8_t)(gx_value_is_true(verdict)    ? GX_CELL_MATCHED
                                     : gx_value_is_false(verdict) ? GX_CELL_FAILED
                                                                  : GX_CELL_UNKNOWN);
    }
    return matches;
}

/* The rules that may match, ascending; NULL for all. */
static uint32_t *candidates(gx_dmn_run *run, const hits *h, uint32_t *count)
{
    const gx_dmn_table *table = h->table;
    const struct gx_dmn_index *best = NULL;
    gx_value value = gx_value_null();
    uint32_t least = table->rule_count;
    for (uint32_t i = 0; i < table->input_count && !h->cells && least > 1; i++) {
        const struct gx_dmn_index *index = table->inputs[i].index;
        uint32_t left = index ? gx_dmn_index_count(index, h->inputs[i]) : least;
        if (left < least) {
            least = left;
            best = index;
            value = h->inputs[i];
        }
    }
    *count = table->rule_count;
    if (!best)
        return NULL;
    uint32_t *rules = GX_NEW_ARRAY(run->call->arena, uint32_t, least);
    *count = gx_dmn_index_list(best, value, rules);
    return rules;
}

static void find_hits(gx_dmn_run *run, hits *h)
{
    uint32_t count, capacity = 4;
    const uint32_t *rules = candidates(run, h, &count);
    h->rules = GX_NEW_ARRAY(run->call->arena, uint32_t, capacity);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t rule = rules ? rules[i] : i;
        if (!gx_feel_spend(run->call, 1))
            return;
        if (!rule_matches(run, h, rule))
            continue;
        if (h->count == capacity) {
            uint32_t *more = GX_NEW_ARRAY(run->call->arena, uint32_t, capacity * 2);
            memcpy(more, h->rules, capacity * sizeof *more);
            h->rules = more;
            capacity *= 2;
        }
        h->rules[h->count++] = rule;
        if (h->table->policy == GX_HIT_FIRST && !h->cells)
            return;
    }
}

/* ---- Outputs ---- */

/* A rule's output entries, each converted to its column's type. */
static gx_value *outputs_of(gx_dmn_run *run, const hits *h, uint32_t rule)
{
    const gx_dmn_table *table = h->table;
    gx_value *values = GX_NEW_ARRAY(run->call->arena, gx_value, table->output_count);
    for (uint32_t i = 0; i < table->output_count; i++) {
        const gx_feel *feel = table->results[(size_t)rule * table->output_count + i];
        values[i] = feel ? gx_dmn_feel(run, feel, h->slots, gx_value_null()) : gx_value_null();
        values[i] = gx_dmn_convert(run, table->outputs[i].type, values[i]);
    }
    return values;
}

/* One output is the value itself; several are a context of the columns' names. */
static gx_value combine(gx_dmn_run *run, const gx_dmn_table *table, const gx_value *values)
{
    if (table->output_count == 1)
        return values[0];
    gx_context_builder context = gx_context_begin(run->call->arena, table->output_count);
    for (uint32_t i = 0; i < table->output_count; i++)
        gx_context_set(&context, table->outputs[i].name, values[i]);
    return gx_context_end(&context);
}

static gx_value default_output(gx_dmn_run *run, const hits *h, bool *is_given)
{
    const gx_dmn_table *table = h->table;
    gx_value *values = GX_NEW_ARRAY(run->call->arena, gx_value, table->output_count);
    *is_given = false;
    for (uint32_t i = 0; i < table->output_count; i++) {
        if (!table->outputs[i].otherwise)
            continue;
        *is_given = true;
        values[i] = gx_dmn_convert(run, table->outputs[i].type,
                                   gx_dmn_feel(run, table->outputs[i].otherwise, h->slots, gx_value_null()));
    }
    return *is_given ? combine(run, table, values) : gx_value_null();
}

/* ---- Hit policies ---- */

/* The place of a value in the column's listed output values: the first is the highest; what is not listed
 * comes last. */
static uint32_t rank(const gx_dmn_output_column *column, gx_value value)
{
    uint32_t i = 0;
    while (i < column->order_count && !gx_value_is_true(gx_feel_matches(value, column->order[i])))
        i++;
    return i;
}

typedef struct ranked {
    const gx_dmn_table *table;
    gx_value *values;
    uint32_t rule;
} ranked;

static int compare_ranked(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    for (uint32_t i = 0; i < x->table->output_count; i++) {
        uint32_t rank_x = rank(&x->table->outputs[i], x->values[i]),
                 rank_y = rank(&x->table->outputs[i], y->values[i]);
        if (rank_x != rank_y)
            return rank_x < rank_y ? -1 : 1;
    }
    return (x->rule > y->rule) - (x->rule < y->rule); /* ties: the order of the rules */
}

static gx_value by_output_order(gx_dmn_run *run, const hits *h)
{
    ranked *order = GX_NEW_ARRAY(run->call->arena, ranked, h->count);
    for (uint32_t i = 0; i < h->count; i++)
        order[i] = (ranked){h->table, outputs_of(run, h, h->rules[i]), h->rules[i]};
    qsort(order, h->count, sizeof *order, compare_ranked);
    if (h->table->policy == GX_HIT_PRIORITY)
        return combine(run, h->table, order[0].values);
    gx_list_builder list = gx_list_begin(run->call->arena, h->count);
    for (uint32_t i = 0; i < h->count; i++)
        gx_list_add(&list, combine(run, h->table, order[i].values));
    return gx_list_end(&list);
}

static gx_value conflict(gx_dmn_run *run, const hits *h)
{
    char figure[24];
    return gx_feel_null(run->call, "dmn.null.conflict", gx_text_of(gx_hit_policy_letter(h->table->policy)),
                        gx_error_int(figure, h->count));
}

static gx_value any(gx_dmn_run *run, const hits *h)
{
    gx_value first = combine(run, h->table, outputs_of(run, h, h->rules[0]));
    for (uint32_t i = 1; i < h->count; i++)
        if (!gx_value_same(first, combine(run, h->table, outputs_of(run, h, h->rules[i]))))
            return conflict(run, h);
    return first;
}

static gx_value aggregate(gx_dmn_run *run, gx_aggregation aggregation, gx_value list)
{
    gx_value result = list.size ? list.items[0] : gx_value_null();
    if (aggregation == GX_AGGREGATE_COUNT)
        return gx_value_int(list.size);
    for (uint32_t i = 0; i < list.size; i++) {
        gx_value item = list.items[i];
        int order = 0;
        if (aggregation == GX_AGGREGATE_SUM) {
            if (item.kind != GX_NUMBER)
                return gx_feel_null(run->call, "feel.null.operands", GX_TEXT("sum"),
                                    gx_text_of(gx_kind_name((gx_kind)item.kind)));
            result = i ? gx_number_add(run->call->arena, result, item) : item;
        } else if (!gx_value_order(item, result, &order)) {
            return gx_feel_null(run->call, "feel.null.operands", GX_TEXT("min, max"),
                                gx_text_of(gx_kind_name((gx_kind)item.kind)));
        } else if (aggregation == GX_AGGREGATE_MIN ? order < 0 : order > 0) {
            result = item;
        }
        if (result.kind == GX_NULL)
            break;
    }
    return result;
}

static gx_value collect(gx_dmn_run *run, const hits *h)
{
    gx_list_builder list = gx_list_begin(run->call->arena, h->count);
    for (uint32_t i = 0; i < h->count; i++)
        gx_list_add(&list, combine(run, h->table, outputs_of(run, h, h->rules[i])));
    gx_value all = gx_list_end(&list);
    if (h->table->aggregation == GX_AGGREGATE_NONE || h->table->policy != GX_HIT_COLLECT)
        return all;
    return aggregate(run, h->table->aggregation, all);
}

static gx_value result_of(gx_dmn_run *run, const hits *h)
{
    switch (h->table->policy) {
    case GX_HIT_UNIQUE:
        if (h->count > 1)
            return conflict(run, h);
        return combine(run, h->table, outputs_of(run, h, h->rules[0]));
    case GX_HIT_FIRST: return combine(run, h->table, outputs_of(run, h, h->rules[0]));
    case GX_HIT_ANY: return any(run, h);
    case GX_HIT_PRIORITY:
    case GX_HIT_OUTPUT_ORDER: return by_output_order(run, h);
    case GX_HIT_COLLECT:
    case GX_HIT_RULE_ORDER: return collect(run, h);
    }
    return gx_value_null();
}

/* ---- Entry ---- */

static const gx_value *inputs_of(gx_dmn_run *run, const gx_dmn_table *table, const gx_value *slots)
{
    gx_value *inputs = GX_NEW_ARRAY(run->call->arena, gx_value, table->input_count);
    for (uint32_t i = 0; i < table->input_count; i++) {
        const gx_dmn_input_column *column = &table->inputs[i];
        inputs[i] = column->feel ? gx_dmn_feel(run, column->feel, slots, gx_value_null()) : gx_value_null();
        inputs[i] = gx_dmn_convert(run, column->type, inputs[i]);
        if (column->allowed && inputs[i].kind != GX_NULL &&
            !gx_value_is_true(gx_dmn_feel(run, column->allowed, NULL, inputs[i])))
            inputs[i] =
                gx_feel_null(run->call, "dmn.null.input", column->label,
                             run->call->arena ? gx_value_to_text(run->call->arena, inputs[i]) : GX_TEXT(""));
    }
    return inputs;
}

static void add_trace(gx_dmn_run *run, const hits *h, bool used_default, gx_value result)
{
    gx_dmn_table_trace *trace = GX_NEW(run->call->arena, gx_dmn_table_trace);
    *trace = (gx_dmn_table_trace){.table = h->table,
                                  .inputs = h->inputs,
                                  .cells = h->cells,
                                  .matched = h->rules,
                                  .matched_count = h->count,
                                  .used_default = used_default,
                                  .result = result};
    if (run->trace->tables_end) {
        *run->trace->tables_end = trace;
        run->trace->tables_end = &trace->next;
    }
}

gx_value gx_dmn_table_evaluate(gx_dmn_run *run, const gx_dmn_table *table, const gx_value *slots)
{
    hits h = {.table = table, .slots = slots, .inputs = inputs_of(run, table, slots)};
    bool used_default = false;
    if (run->trace)
        h.cells = gx_alloc(run->call->arena, (size_t)table->rule_count * table->input_count);
    find_hits(run, &h);
    if (gx_feel_has_failed(run->call) || table->output_count == 0)
        return gx_value_null();
    gx_value result;
    if (h.count > 0) {
        result = result_of(run, &h);
    } else {
        result = default_output(run, &h, &used_default);
        if (!used_default && table->policy == GX_HIT_COLLECT && table->aggregation == GX_AGGREGATE_COUNT)
            result = gx_value_int(0);
        else if (!used_default)
            gx_feel_null(run->call, "dmn.null.rule", table->id, GX_TEXT(""));
    }
    if (run->trace)
        add_trace(run, &h, used_default, result);
    return result;
}
