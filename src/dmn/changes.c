/* What would change a decision: the fewest inputs to be changed so that it gives a wanted value.
 *
 * The inputs are points in the table's space (verify_space.h), and a change moves one of them to another
 * piece. First the rules with the wanted output are asked: a rule needs those columns changed whose cells
 * fail, each to its nearest piece. That finds an answer quickly, but not always the smallest, because an
 * earlier rule may have to be avoided too. So then all sets of fewer columns are tried with all their pieces,
 * nearest first, as long as the budget of evaluations lasts. Every candidate is evaluated by the engine; the
 * table is only the guide. */
#include "dmn/changes.h"
#include "base/limits.h"
#include "dmn/explain_text.h"
#include "dmn/verify_space.h"

#include <string.h>

enum {
    PATH_MOST = 8, /* members from an input to a column */
};

typedef struct finder {
    gx_arena *arena;
    const gx_dmn *dmn;
    gx_text decision;
    gx_value inputs, wanted;
    const gx_feel_budget *budget;
    const gx_dmn_table *table;
    gx_space space;
    bool can_change[GX_LIMIT_CHANGE_COLUMNS];
    gx_value values[GX_LIMIT_CHANGE_COLUMNS]; /* of the columns as they are */
    uint32_t at[GX_LIMIT_CHANGE_COLUMNS]; /* their pieces; piece_count for null and what is not understood */
    uint32_t chosen[GX_LIMIT_CHANGE_COLUMNS]; /* the pieces of the present candidate */
    uint32_t evaluations;
    /* the best so far */
    bool has_best;
    uint32_t best_count, best_rule;
    uint64_t best_distance;
    uint32_t best[GX_LIMIT_CHANGE_COLUMNS];
} finder;

/* ---- Inputs: a column reads an input, or a member of one ---- */

gx_value gx_dmn_put_path(gx_arena *arena, gx_value context, gx_text path, gx_value value)
{
    gx_text rest, name = gx_text_trim(gx_text_cut(path, '.', &rest));
    if (rest.bytes)
        value = gx_dmn_put_path(arena, gx_context_get(context, name), rest, value);
    gx_context_builder changed = gx_context_begin(arena, 4);
    for (uint32_t i = 0; context.kind == GX_CONTEXT && i < context.context->count; i++)
        gx_context_set(&changed, context.context->entries[i].name, context.context->entries[i].value);
    gx_context_set(&changed, name, value);
    return gx_context_end(&changed);
}

gx_text gx_dmn_column_source(const gx_dmn_table *table, uint32_t column)
{
    const gx_feel *feel = table->inputs[column].feel;
    return feel ? gx_text_trim(gx_feel_source(feel)) : GX_TEXT("");
}

bool gx_dmn_reads_input(const gx_dmn *dmn, gx_text source)
{
    gx_dmn_item item;
    size_t parts = 1;
    for (size_t i = 0; i < source.size; i++) {
        char c = source.bytes[i];
        if (strchr("()[]{}+*/\",<>=", c) && c)
            return false;
        parts += c == '.';
    }
    gx_text first = gx_text_trim(gx_text_cut(source, '.', &(gx_text){0}));
    return parts <= PATH_MOST && gx_dmn_find(dmn, GX_DMN_INPUT, first, &item) &&
           gx_text_equal(item.name, first);
}

static gx_value changed_inputs(finder *f)
{
    gx_value inputs = f->inputs;
    for (uint32_t i = 0; i < f->table->input_count; i++)
        if (f->chosen[i] != f->at[i])
            inputs = gx_dmn_put_path(f->arena, inputs, gx_dmn_column_source(f->table, i),
                                     gx_space_sample(f->arena, &f->space.columns[i], f->chosen[i]));
    return inputs;
}

/* ---- Evaluating ---- */

bool gx_dmn_is_wanted(gx_value wanted, gx_value answer)
{
    if (wanted.kind != GX_CONTEXT || answer.kind != GX_CONTEXT)
        return gx_value_same(wanted, answer);
    for (uint32_t i = 0; i < wanted.context->count; i++) {
        gx_value member;
        if (!gx_context_find(answer, wanted.context->entries[i].name, &member) ||
            !gx_value_same(wanted.context->entries[i].value, member))
            return false;
    }
    return true;
}

static uint64_t distance_of(const finder *f)
{
    uint64_t distance = 0;
    for (uint32_t i = 0; i < f->table->input_count; i++)
        distance += f->chosen[i] > f->at[i] ? f->chosen[i] - f->at[i] : f->at[i] - f->chosen[i];
    return distance;
}

/* The first rule that accepts the chosen pieces. */
static uint32_t rule_of(const finder *f)
{
    for (uint32_t r = 0; r < f->table->rule_count; r++) {
        bool holds = true;
        for (uint32_t i = 0; i < f->table->input_count && holds; i++) {
            const gx_space_cell *cell = gx_space_cell_at(&f->space, r, i);
            bool is_null = f->chosen[i] == f->space.columns[i].piece_count;
            holds = cell->is_unknown || (is_null ? cell->accepts_null : gx_space_covers(cell, f->chosen[i]));
        }
        if (holds)
            return r;
    }
    return 0;
}

/* Evaluates the chosen pieces, unless they cannot be better than what is known. */
static void try_chosen(finder *f, uint32_t count)
{
    uint64_t distance = distance_of(f);
    if (f->has_best && (count > f->best_count || (count == f->best_count && distance >= f->best_distance)))
        return;
    if (f->evaluations >= GX_LIMIT_CHANGE_EVALUATIONS)
        return;
    f->evaluations++;
    gx_arena_mark mark = gx_arena_here(f->arena);
    gx_error error;
    gx_value answer;
    bool is_evaluated =
        gx_dmn_evaluate(f->arena, f->dmn, f->decision, changed_inputs(f), f->budget, NULL, &answer, &error);
    bool is_it = is_evaluated && gx_dmn_is_wanted(f->wanted, answer);
    gx_arena_rewind(f->arena, mark);
    if (!is_it)
        return;
    f->has_best = true;
    f->best_count = count;
    f->best_distance = distance;
    f->best_rule = rule_of(f);
    memcpy(f->best, f->chosen, sizeof f->best);
}

/* ---- Asking the rules ---- */

/* The real piece of the cell that is nearest to where the column is; for a missing value the first end that a
 * test names. False if there is none. */
static bool nearest_piece(const gx_space_column *column, const gx_space_cell *cell, uint32_t at,
                          uint32_t *nearest)
{
    uint32_t best = UINT32_MAX;
    for (uint32_t i = 0; i < cell->count; i++) {
        uint32_t first = gx_space_real(column, cell->intervals[i].first, cell->intervals[i].last);
        for (uint32_t piece = first; piece < column->piece_count;
             piece = gx_space_real(column, piece + 1, cell->intervals[i].last)) {
            uint32_t distance = piece > at ? piece - at : at - piece;
            if (at == column->piece_count)
                distance = piece & 1 ? piece : column->piece_count + piece;
            if (distance < best) {
                best = distance;
                *nearest = piece;
            }
        }
    }
    return best != UINT32_MAX;
}

static void ask_rule(finder *f, uint32_t rule)
{
    uint32_t count = 0;
    memcpy(f->chosen, f->at, sizeof f->chosen);
    for (uint32_t i = 0; i < f->table->input_count; i++) {
        const gx_space_cell *cell = gx_space_cell_at(&f->space, rule, i);
        const gx_space_column *column = &f->space.columns[i];
        bool is_null = f->at[i] == column->piece_count;
        if (cell->is_unknown)
            return;
        if (is_null ? cell->accepts_null : gx_space_covers(cell, f->at[i]))
            continue;
        if (!f->can_change[i] || !nearest_piece(column, cell, f->at[i], &f->chosen[i]))
            return;
        count++;
    }
    if (count > 0)
        try_chosen(f, count);
}

/* ---- All sets of columns of one size ---- */

/* Chooses `left` more columns from `column` on, and for each every other real piece, nearest first. */
static void try_sets(finder *f, uint32_t column, uint32_t left, uint32_t count)
{
    if (left == 0) {
        try_chosen(f, count);
        return;
    }
    if (column >= f->table->input_count || f->evaluations >= GX_LIMIT_CHANGE_EVALUATIONS)
        return;
    try_sets(f, column + 1, left, count);
    const gx_space_column *c = &f->space.columns[column];
    if (!f->can_change[column] || c->is_unknown)
        return;
    uint32_t at = f->at[column];
    for (uint32_t step = 1; step <= c->piece_count; step++) {
        for (int side = 0; side < 2; side++) {
            uint32_t piece = side ? at + step : at - step; /* below zero wraps round and is no piece */
            if (piece >= c->piece_count || c->next_real[piece] != piece)
                continue;
            f->chosen[column] = piece;
            try_sets(f, column + 1, left - 1, count);
        }
    }
    f->chosen[column] = at;
}

/* ---- The whole ---- */

static uint32_t piece_of_value(const gx_space_column *column, gx_value value)
{
    if (value.kind != column->kind || column->is_unknown)
        return column->piece_count;
    return gx_space_piece(column, value);
}

static bool prepare(finder *f)
{
    const gx_dmn_element *element = NULL;
    for (uint32_t i = 0; i < f->dmn->element_count && !element; i++)
        if (f->dmn->elements[i].kind == GX_DMN_DECISION &&
            (gx_text_equal(f->dmn->elements[i].name, f->decision) ||
             gx_text_equal(f->dmn->elements[i].id, f->decision)))
            element = &f->dmn->elements[i];
    if (!element || !element->expression || !element->expression->table)
        return false;
    f->table = element->expression->table;
    if (f->table->input_count > GX_LIMIT_CHANGE_COLUMNS)
        return false;
    gx_dmn_trace trace = {0};
    gx_value answer;
    gx_error error;
    if (!gx_dmn_evaluate(f->arena, f->dmn, f->decision, f->inputs, f->budget, &trace, &answer, &error))
        return false;
    const gx_dmn_table_trace *run = NULL;
    for (const gx_dmn_step *step = trace.first; step; step = step->next)
        for (const gx_dmn_table_trace *t = step->tables; t; t = t->next)
            if (t->table == f->table)
                run = t;
    if (!run)
        return false;
    f->space = gx_space_of(f->arena, f->table);
    for (uint32_t i = 0; i < f->table->input_count; i++) {
        f->values[i] = run->inputs[i];
        f->at[i] = piece_of_value(&f->space.columns[i], run->inputs[i]);
        f->can_change[i] = gx_dmn_reads_input(f->dmn, gx_dmn_column_source(f->table, i));
    }
    return true;
}

static bool find_in_table(const gx_dmn_question *question, gx_dmn_changes *changes)
{
    gx_arena *arena = question->arena;
    finder *f = GX_NEW(arena, finder);
    *f = (finder){.arena = arena,
                  .dmn = question->dmn,
                  .decision = question->decision,
                  .inputs = question->inputs,
                  .wanted = question->wanted,
                  .budget = question->budget};
    if (!prepare(f))
        return false;
    for (uint32_t r = 0; r < f->table->rule_count; r++)
        ask_rule(f, r);
    uint32_t most = f->has_best ? f->best_count - 1 : f->table->input_count;
    for (uint32_t count = 1; count <= most && !(f->has_best && f->best_count <= count); count++) {
        memcpy(f->chosen, f->at, sizeof f->chosen);
        try_sets(f, 0, count, count);
    }
    if (!f->has_best)
        return false;
    gx_dmn_change *items = GX_NEW_ARRAY(arena, gx_dmn_change, f->best_count);
    *changes = (gx_dmn_changes){.items = items, .rule = f->best_rule};
    for (uint32_t i = 0; i < f->table->input_count; i++)
        if (f->best[i] != f->at[i])
            items[changes->count++] =
                (gx_dmn_change){gx_dmn_column_source(f->table, i), f->values[i],
                                gx_space_sample(arena, &f->space.columns[i], f->best[i])};
    return true;
}

bool gx_dmn_find_changes(gx_arena *arena, const gx_dmn *dmn, gx_text decision, gx_value inputs,
                         gx_value wanted, const gx_feel_budget *budget, gx_dmn_changes *changes)
{
    gx_dmn_question question = {arena, dmn, decision, inputs, wanted, budget};
    gx_value answer;
    gx_error error;
    if (!gx_dmn_evaluate(arena, dmn, decision, inputs, budget, NULL, &answer, &error))
        return false;
    if (gx_dmn_is_wanted(wanted, answer)) {
        *changes = (gx_dmn_changes){.rule = GX_DMN_NO_RULE};
        return true;
    }
    return find_in_table(&question, changes) || gx_dmn_find_graph_changes(&question, changes);
}

void gx_dmn_changes_write(gx_buffer *text, const gx_dmn_changes *changes, gx_language language)
{
    if (changes->count == 0) {
        gx_sentence_write(text, GX_SENTENCE_already, language, GX_TEXT(""), GX_TEXT(""), GX_TEXT(""));
        gx_buffer_byte(text, '\n');
    }
    for (size_t i = 0; i < changes->count; i++) {
        const gx_dmn_change *change = &changes->items[i];
        gx_sentence_write(text, change->from.kind == GX_NULL ? GX_SENTENCE_set : GX_SENTENCE_change, language,
                          change->input, gx_sentence_value(text->arena, change->from, true),
                          gx_sentence_value(text->arena, change->to, true));
        gx_buffer_byte(text, '\n');
    }
}
