/* Which rules of a table a value can still match.
 *
 * The constant tests of a column are intervals over the values of one kind: `5` is [5..5], `< 5` has no
 * start. Their ends, sorted, cut the line into elementary pieces: points and the gaps between them. A segment
 * tree over the pieces holds each interval in O(log n) nodes; the rules that a value matches are those on the
 * way from its piece to the root. So a look-up costs O(log n) comparisons plus the rules found, whatever the
 * number of rows, and the memory is O(n log n).
 *
 *     ends        10      20          pieces 0..4:  (..10) [10] (10..20) [20] (20..)
 *     [10..20)    pieces 1-2
 *
 * Rules with `-`, or with a test that is not a constant of an indexed kind (a variable, not(...), a list, a
 * time), can match any value: they stand in `always` and are tested one by one. Strings, numbers, booleans,
 * dates and durations are indexed, each kind by a tree of its own. */
#include "dmn/model.h"

#include <stdlib.h>
#include <string.h>

typedef struct interval {
    uint32_t first, last; /* pieces */
    uint32_t rule;
} interval;

/* One kind's tree: node i has the children 2i and 2i+1; leaves are pieces. */
typedef struct tree {
    gx_value *ends; /* sorted, distinct */
    uint32_t end_count;
    uint32_t leaf_count; /* a power of two */
    uint32_t *starts;    /* per node: where its rules begin in `rules`; one more entry at the end */
    uint32_t *rules;
} tree;

struct gx_dmn_index {
    uint32_t *always;
    uint32_t always_count;
    tree trees[GX_KIND_COUNT];
};

static bool is_indexed(gx_kind kind)
{
    return kind == GX_NUMBER || kind == GX_STRING || kind == GX_BOOLEAN || kind == GX_DATE ||
           kind == GX_DAYS_DURATION || kind == GX_MONTHS_DURATION;
}

/* A total order within one indexed kind. */
static int order_of(gx_value a, gx_value b)
{
    int order = 0;
    if (a.kind == GX_BOOLEAN)
        return (int)a.boolean - (int)b.boolean;
    gx_value_order(a, b, &order);
    return order;
}

static int compare_ends(const void *a, const void *b)
{
    return order_of(*(const gx_value *)a, *(const gx_value *)b);
}

/* The kind of a test that can be indexed; GX_NULL if it cannot. */
static gx_kind kind_of_test(gx_value test)
{
    if (test.kind != GX_RANGE)
        return is_indexed((gx_kind)test.kind) ? (gx_kind)test.kind : GX_NULL;
    const gx_range *range = test.range;
    gx_kind kind = (gx_kind)(range->has_start ? range->start.kind : range->end.kind);
    bool same = !range->has_start || !range->has_end || range->start.kind == range->end.kind;
    return !range->is_negated && same && is_indexed(kind) ? kind : GX_NULL;
}

static bool can_index(const gx_dmn_cell *cell)
{
    if (!cell->tests || cell->tests->is_negated)
        return false;
    for (uint32_t i = 0; i < cell->tests->count; i++)
        if (kind_of_test(cell->tests->values[i]) == GX_NULL)
            return false;
    return true;
}

/* The number of ends below `value`; *is_end whether it is one itself. */
static uint32_t position(const tree *t, gx_value value, bool *is_end)
{
    uint32_t low = 0, high = t->end_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (order_of(t->ends[middle], value) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *is_end = low < t->end_count && order_of(t->ends[low], value) == 0;
    return low;
}

static uint32_t piece_of(const tree *t, gx_value value)
{
    bool is_end;
    uint32_t below = position(t, value, &is_end);
    return 2 * below + is_end;
}

static interval interval_of(const tree *t, gx_value test, uint32_t rule)
{
    interval made = {0, 2 * t->end_count, rule};
    if (test.kind != GX_RANGE) {
        made.first = made.last = piece_of(t, test);
        return made;
    }
    const gx_range *range = test.range;
    if (range->has_start)
        made.first = piece_of(t, range->start) + !range->start_included;
    if (range->has_end)
        made.last = piece_of(t, range->end) - !range->end_included;
    return made;
}

/* Visits the nodes that cover [first, last]; with `rules` NULL it counts, else it fills. */
static void cover(tree *t, const interval *i, uint32_t *counts, bool is_filling)
{
    if (i->first > i->last)
        return; /* `(5..5)` holds nothing */
    for (uint32_t left = i->first + t->leaf_count, right = i->last + t->leaf_count + 1; left < right;
         left /= 2, right /= 2) {
        uint32_t nodes[2];
        int count = 0;
        if (left & 1)
            nodes[count++] = left++;
        if (right & 1)
            nodes[count++] = --right;
        for (int n = 0; n < count; n++) {
            if (is_filling)
                t->rules[t->starts[nodes[n]] + counts[nodes[n]]] = i->rule;
            counts[nodes[n]]++;
        }
    }
}

static void collect_ends(const gx_dmn_table *table, uint32_t input, gx_kind kind, gx_arena *arena, tree *t,
                         uint32_t *tests)
{
    gx_list_builder ends = gx_list_begin(arena, table->rule_count);
    *tests = 0;
    for (uint32_t r = 0; r < table->rule_count; r++) {
        const gx_dmn_cell *cell = &table->cells[(size_t)r * table->input_count + input];
        for (uint32_t i = 0; can_index(cell) && i < cell->tests->count; i++) {
            gx_value test = cell->tests->values[i];
            if (kind_of_test(test) != kind)
                continue;
            (*tests)++;
            if (test.kind != GX_RANGE) {
                gx_list_add(&ends, test);
                continue;
            }
            if (test.range->has_start)
                gx_list_add(&ends, test.range->start);
            if (test.range->has_end)
                gx_list_add(&ends, test.range->end);
        }
    }
    if (ends.count)
        qsort(ends.items, ends.count, sizeof *ends.items, compare_ends);
    uint32_t distinct = 0;
    for (size_t i = 0; i < ends.count; i++)
        if (distinct == 0 || order_of(ends.items[distinct - 1], ends.items[i]) != 0)
            ends.items[distinct++] = ends.items[i];
    t->ends = ends.items;
    t->end_count = distinct;
}

static void build_tree(gx_arena *arena, const gx_dmn_table *table, uint32_t input, gx_kind kind, tree *t)
{
    uint32_t tests, filled = 0;
    collect_ends(table, input, kind, arena, t, &tests);
    if (tests == 0)
        return;
    interval *intervals = GX_NEW_ARRAY(arena, interval, tests);
    for (uint32_t r = 0; r < table->rule_count; r++) {
        const gx_dmn_cell *cell = &table->cells[(size_t)r * table->input_count + input];
        for (uint32_t i = 0; can_index(cell) && i < cell->tests->count; i++)
            if (kind_of_test(cell->tests->values[i]) == kind)
                intervals[filled++] = interval_of(t, cell->tests->values[i], r);
    }
    t->leaf_count = 1;
    while (t->leaf_count < 2 * t->end_count + 2)
        t->leaf_count *= 2;
    uint32_t nodes = 2 * t->leaf_count;
    uint32_t *counts = GX_NEW_ARRAY(arena, uint32_t, nodes);
    t->starts = GX_NEW_ARRAY(arena, uint32_t, nodes + 1);
    for (uint32_t i = 0; i < filled; i++)
        cover(t, &intervals[i], counts, false);
    for (uint32_t n = 0; n < nodes; n++)
        t->starts[n + 1] = t->starts[n] + counts[n];
    t->rules = GX_NEW_ARRAY(arena, uint32_t, t->starts[nodes]);
    memset(counts, 0, nodes * sizeof *counts);
    for (uint32_t i = 0; i < filled; i++)
        cover(t, &intervals[i], counts, true);
}

struct gx_dmn_index *gx_dmn_index_build(gx_arena *model, const gx_dmn_table *table, uint32_t input)
{
    struct gx_dmn_index *index = GX_NEW(model, struct gx_dmn_index);
    index->always = GX_NEW_ARRAY(model, uint32_t, table->rule_count);
    for (uint32_t r = 0; r < table->rule_count; r++)
        if (!can_index(&table->cells[(size_t)r * table->input_count + input]))
            index->always[index->always_count++] = r;
    for (int kind = 0; kind < GX_KIND_COUNT; kind++)
        if (is_indexed((gx_kind)kind))
            build_tree(model, table, input, (gx_kind)kind, &index->trees[kind]);
    return index;
}

uint32_t gx_dmn_index_count(const struct gx_dmn_index *index, gx_value value)
{
    const tree *t = &index->trees[value.kind];
    uint32_t count = index->always_count;
    if (t->leaf_count)
        for (uint32_t node = piece_of(t, value) + t->leaf_count; node > 0; node /= 2)
            count += t->starts[node + 1] - t->starts[node];
    return count;
}

static int compare_rules(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

uint32_t gx_dmn_index_list(const struct gx_dmn_index *index, gx_value value, uint32_t *rules)
{
    const tree *t = &index->trees[value.kind];
    uint32_t count = index->always_count, parts = count > 0;
    memcpy(rules, index->always, count * sizeof *rules);
    if (t->leaf_count)
        for (uint32_t node = piece_of(t, value) + t->leaf_count; node > 0; node /= 2) {
            uint32_t here = t->starts[node + 1] - t->starts[node];
            if (!here)
                continue;
            memcpy(rules + count, t->rules + t->starts[node], here * sizeof *rules);
            count += here;
            parts++;
        }
    if (parts > 1 && count > 1)
        qsort(rules, count, sizeof *rules, compare_rules);
    uint32_t distinct = 0; /* a cell with several tests can be met twice */
    for (uint32_t i = 0; i < count; i++)
        if (distinct == 0 || rules[distinct - 1] != rules[i])
            rules[distinct++] = rules[i];
    return distinct;
}
