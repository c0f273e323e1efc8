/* What would change a decision that is no table itself, or whose table reads other decisions: inputs are
 * tried with the values at which any table of the model turns.
 *
 * A variable is an input, or a member of one, that a column reads under its plain name. Its candidates are
 * one value from each piece of that column (verify_space.h), nearest to the present value first. Then all
 * sets of one, two, ... variables are tried with their candidates and evaluated by the engine, as long as the
 * budget of evaluations lasts: what is found has the fewest changes that such values can make. */
#include "dmn/changes.h"
#include "base/limits.h"
#include "dmn/verify_space.h"

#include <stdlib.h>

enum { VARIABLES_MOST = 32, CANDIDATES_MOST = 200, CHANGES_MOST = 3 };

typedef struct variable {
    gx_text path;
    gx_value now;
    gx_list_builder candidates;
} variable;

typedef struct graph {
    const gx_dmn_question *question;
    variable variables[VARIABLES_MOST];
    uint32_t variable_count;
    uint32_t chosen[CHANGES_MOST]; /* variables */
    gx_value values[CHANGES_MOST];
    uint32_t evaluations;
    bool is_found;
} graph;

/* ---- Variables and their candidates ---- */

static gx_value value_at(gx_value context, gx_text path)
{
    gx_text rest, name = gx_text_trim(gx_text_cut(path, '.', &rest));
    gx_value value = gx_context_get(context, name);
    return rest.bytes ? value_at(value, rest) : value;
}

static variable *variable_of(graph *g, gx_text path)
{
    for (uint32_t i = 0; i < g->variable_count; i++)
        if (gx_text_equal(g->variables[i].path, path))
            return &g->variables[i];
    if (g->variable_count == VARIABLES_MOST)
        return NULL;
    variable *v = &g->variables[g->variable_count++];
    *v = (variable){path, value_at(g->question->inputs, path), gx_list_begin(g->question->arena, 0)};
    return v;
}

static void add_candidate(variable *v, gx_value value)
{
    if (value.kind == GX_NULL || gx_value_same(value, v->now) || v->candidates.count >= CANDIDATES_MOST)
        return;
    for (size_t i = 0; i < v->candidates.count; i++)
        if (gx_value_same(v->candidates.items[i], value))
            return;
    gx_list_add(&v->candidates, value);
}

/* Pieces of one column, from the present one outwards. */
static void add_pieces(graph *g, variable *v, const gx_space_column *column)
{
    uint32_t at = v->now.kind == column->kind ? gx_space_piece(column, v->now) : 0;
    for (uint32_t step = 0; step <= column->piece_count; step++) {
        const uint32_t pieces[] = {at - step, at + step}; /* below zero wraps round and is no piece */
        for (int side = step ? 0 : 1; side < 2; side++)
            if (pieces[side] < column->piece_count && column->next_real[pieces[side]] == pieces[side])
                add_candidate(v, gx_space_sample(g->question->arena, column, pieces[side]));
    }
}

static void gather(graph *g, const gx_dmn_expression *expression)
{
    if (!expression)
        return;
    const gx_dmn_table *table = expression->table;
    if (table) {
        gx_space space = gx_space_of(g->question->arena, table);
        for (uint32_t i = 0; i < table->input_count; i++) {
            gx_text source = gx_dmn_column_source(table, i);
            variable *v = !space.columns[i].is_unknown && gx_dmn_reads_input(g->question->dmn, source)
                              ? variable_of(g, source)
                              : NULL;
            if (v)
                add_pieces(g, v, &space.columns[i]);
        }
    }
    for (uint32_t i = 0; i < expression->item_count; i++)
        gather(g, expression->items[i]);
}

/* ---- Trying ---- */

static bool is_reached(graph *g, uint32_t count)
{
    const gx_dmn_question *q = g->question;
    gx_arena_mark mark = gx_arena_here(q->arena);
    gx_value inputs = q->inputs, answer;
    gx_error error;
    g->evaluations++;
    for (uint32_t i = 0; i < count; i++)
        inputs = gx_dmn_put_path(q->arena, inputs, g->variables[g->chosen[i]].path, g->values[i]);
    bool is_it = gx_dmn_evaluate(q->arena, q->dmn, q->decision, inputs, q->budget, NULL, &answer, &error) &&
                 gx_dmn_is_wanted(q->wanted, answer);
    gx_arena_rewind(q->arena, mark);
    return is_it;
}

/* Chooses the change number `depth` of `count` among the variables from `from` on. */
static void try_changes(graph *g, uint32_t from, uint32_t depth, uint32_t count)
{
    if (depth == count) {
        g->is_found = is_reached(g, count);
        return;
    }
    for (uint32_t v = from; v < g->variable_count; v++) {
        const gx_list_builder *candidates = &g->variables[v].candidates;
        g->chosen[depth] = v;
        for (size_t i = 0; i < candidates->count; i++) {
            g->values[depth] = candidates->items[i];
            if (g->evaluations >= GX_LIMIT_CHANGE_EVALUATIONS)
                return;
            try_changes(g, v + 1, depth + 1, count);
            if (g->is_found)
                return;
        }
    }
}

bool gx_dmn_find_graph_changes(const gx_dmn_question *question, gx_dmn_changes *changes)
{
    graph *g = GX_NEW(question->arena, graph);
    g->question = question;
    for (uint32_t i = 0; i < question->dmn->element_count; i++)
        gather(g, question->dmn->elements[i].expression);
    for (uint32_t count = 1; count <= CHANGES_MOST && count <= g->variable_count; count++) {
        try_changes(g, 0, 0, count);
        if (!g->is_found)
            continue;
        gx_dmn_change *items = GX_NEW_ARRAY(question->arena, gx_dmn_change, count);
        for (uint32_t i = 0; i < count; i++) {
            const variable *v = &g->variables[g->chosen[i]];
            items[i] = (gx_dmn_change){v->path, v->now, g->values[i]};
        }
        *changes = (gx_dmn_changes){.items = items, .count = count, .rule = GX_DMN_NO_RULE};
        return true;
    }
    return false;
}
