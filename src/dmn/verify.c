/* Searching the space of a decision table.
 *
 * Gaps are found column by column: the pieces of the first column are grouped by the rules that hold them;
 * with each group's rules the search goes on in the next column. Where no rule is left, the pieces chosen so
 * far are a gap; where a rule is left that accepts everything from here on, there is none. Sets of rules for
 * which nothing was found are remembered, so that a set is searched once per column. A rule is hidden when
 * the rules before it leave no gap inside its box: the same search, begun with the pieces of the box.
 *
 * Rules with undecided cells count as absent. A gap that such a rule may cover is not reported. Null lies
 * outside the space: gaps are not looked for there, but a rule that alone matches null is not hidden. */
#include "dmn/verify.h"
#include "base/limits.h"
#include "dmn/verify_space.h"
#include "dmn/verify_volume.h"

#include <stdlib.h>
#include <string.h>

enum {
    TABLE_MEMOS = 1 << 14, /* sets remembered while a table is searched, and while one box is */
    BOX_MEMOS = 1 << 9,
    MEMOS_PER_RULE = 16, /* a small table needs few */
    COUNTED_RULES_LEAST = 32,
};

typedef struct memo {
    uint64_t hash;
    uint32_t column, count;
    const uint32_t *rules; /* NULL: free */
} memo;

/* What one column of a search needs: room for the worst case, so that nothing is allocated on the way. */
typedef struct level {
    uint32_t *bounds;
    uint32_t *held;
    uint64_t *seen; /* of a string column: the sets of rules that its gaps have had so far */
} level;

typedef struct search {
    gx_arena *arena;
    const gx_space *space;
    uint32_t box;            /* the rule to whose box the search is confined, or NO_BOX */
    const uint32_t *unknown; /* rules that are left out */
    uint32_t unknown_count;
    const uint32_t *free_from; /* per rule: the first column from which on it accepts everything */
    level *levels;
    uint32_t *pieces; /* chosen so far, one per column; piece_count stands for null */
    uint64_t steps, steps_most;
    memo *memos;
    uint32_t memo_slots, memo_count;
    bool has_hit_limit;
    /* called with `pieces` complete; false ends the search */
    bool (*found)(struct search *search, void *context);
    void *context;
} search;

#define NO_BOX UINT32_MAX

typedef struct verifier {
    gx_arena *arena;
    gx_text element;
    const gx_dmn_table *table;
    gx_space space;
    uint64_t steps_left; /* of GX_LIMIT_VERIFY_TABLE_STEPS */
    bool *is_unknown;    /* per rule */
    uint32_t *free_from; /* per rule */
    uint32_t counts[GX_FLAW_LIMIT + 1];
    gx_flaw *items;
    size_t count, capacity;
    uint32_t tables;
} verifier;

/* ---- Flaws ---- */

static bool add_flaw(verifier *v, gx_flaw flaw)
{
    flaw.element = v->element;
    flaw.table = v->table;
    if (v->count == v->capacity) {
        size_t capacity = v->capacity ? v->capacity * 2 : 16;
        gx_flaw *items = GX_NEW_ARRAY(v->arena, gx_flaw, capacity);
        if (v->count)
            memcpy(items, v->items, v->count * sizeof *items);
        v->items = items;
        v->capacity = capacity;
    }
    v->items[v->count++] = flaw;
    return ++v->counts[flaw.kind] < GX_LIMIT_FLAWS;
}

static bool is_full(const verifier *v, gx_flaw_kind kind)
{
    return v->counts[kind] >= GX_LIMIT_FLAWS;
}

static const gx_value *example_of(verifier *v, const uint32_t *pieces)
{
    gx_value *example = GX_NEW_ARRAY(v->arena, gx_value, v->table->input_count);
    for (uint32_t i = 0; i < v->table->input_count; i++)
        if (pieces[i] < v->space.columns[i].piece_count)
            example[i] = gx_space_sample(v->arena, &v->space.columns[i], pieces[i]);
    return example;
}

static bool boxes_meet(const verifier *v, uint32_t a, uint32_t b, uint32_t *pieces);

/* ---- The search ---- */

static uint64_t hash_of(const uint32_t *rules, uint32_t count, uint32_t column)
{
    uint64_t hash = 14695981039346656037u ^ column;
    for (uint32_t i = 0; i < count; i++)
        hash = (hash ^ rules[i]) * 1099511628211u;
    return hash ^ (hash >> 29);
}

/* The slot of a set that is known to leave no gap, or the free slot where it would stand; NULL when the table
 * is full. */
static memo *find_memo(search *s, uint64_t hash, const uint32_t *rules, uint32_t count, uint32_t column)
{
    for (uint32_t i = 0; i < s->memo_slots; i++) {
        memo *m = &s->memos[(hash + i) % s->memo_slots];
        bool is_it = m->rules && m->hash == hash && m->column == column && m->count == count &&
                     memcmp(m->rules, rules, count * sizeof *rules) == 0;
        if (!m->rules || is_it)
            return m;
    }
    return NULL;
}

static void remember(search *s, uint64_t hash, const uint32_t *rules, uint32_t count, uint32_t column)
{
    if (s->memo_count >= s->memo_slots / 2)
        return;
    memo *slot = find_memo(s, hash, rules, count, column);
    if (!slot || slot->rules)
        return;
    *slot = (memo){hash, column, count, gx_copy_bytes(s->arena, rules, count * sizeof *rules)};
    s->memo_count++;
}

static bool accepts_rest(const search *s, const uint32_t *rules, uint32_t count, uint32_t column)
{
    for (uint32_t i = 0; i < count; i++)
        if (s->free_from[rules[i]] <= column)
            return true;
    return false;
}

static int compare_numbers(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void add_bounds(const gx_space_cell *cell, uint32_t *bounds, uint32_t *count)
{
    for (uint32_t i = 0; i < cell->count; i++) {
        bounds[(*count)++] = cell->intervals[i].first;
        bounds[(*count)++] = cell->intervals[i].last + 1;
    }
}

/* Where the set of holding rules changes, ascending, with both ends of the column, in levels[column].bounds.
 */
static uint32_t find_bounds(search *s, uint32_t column, const uint32_t *rules, uint32_t rule_count)
{
    uint32_t *bounds = s->levels[column].bounds, all = 0, distinct = 0;
    bounds[all++] = 0;
    bounds[all++] = s->space->columns[column].piece_count;
    for (uint32_t i = 0; i < rule_count; i++)
        add_bounds(gx_space_cell_at(s->space, rules[i], column), bounds, &all);
    if (s->box != NO_BOX)
        add_bounds(gx_space_cell_at(s->space, s->box, column), bounds, &all);
    qsort(bounds, all, sizeof *bounds, compare_numbers);
    for (uint32_t i = 0; i < all; i++)
        if (distinct == 0 || bounds[distinct - 1] != bounds[i])
            bounds[distinct++] = bounds[i];
    return distinct;
}

/* The rest of the columns may be chosen freely: the first real piece, inside the box if there is one. */
static bool choose_rest(search *s, uint32_t column)
{
    for (; column < s->space->table->input_count; column++) {
        const gx_space_column *c = &s->space->columns[column];
        if (s->box == NO_BOX) {
            s->pieces[column] = gx_space_real(c, 0, c->piece_count - 1);
            if (s->pieces[column] == c->piece_count)
                return false; /* a column without values has no gaps either */
        } else {
            const gx_space_cell *cell = gx_space_cell_at(s->space, s->box, column);
            s->pieces[column] = gx_space_common(c, cell, cell); /* no real piece: then it is null */
        }
    }
    return true;
}

static bool holds(const search *s, uint32_t rule, uint32_t column, uint32_t piece)
{
    const gx_space_cell *cell = gx_space_cell_at(s->space, rule, column);
    return piece == s->space->columns[column].piece_count ? cell->accepts_null : gx_space_covers(cell, piece);
}

static bool may_be_covered(const search *s)
{
    for (uint32_t i = 0; i < s->unknown_count; i++) {
        bool may = true;
        for (uint32_t c = 0; c < s->space->table->input_count && may; c++)
            may = gx_space_cell_at(s->space, s->unknown[i], c)->is_unknown ||
                  holds(s, s->unknown[i], c, s->pieces[c]);
        if (may)
            return true;
    }
    return false;
}

static bool search_column(search *s, uint32_t column, const uint32_t *rules, uint32_t count, bool *has_gap);

/* Between the texts that a column names all others are alike to a reader: one of them stands for all that the
 * same rules hold. */
static bool is_seen(search *s, uint32_t column, uint32_t piece, uint32_t held_count, uint32_t *seen_count)
{
    if (s->space->columns[column].kind != GX_STRING || (piece & 1))
        return false;
    level *l = &s->levels[column];
    uint64_t hash = hash_of(l->held, held_count, column);
    for (uint32_t i = 0; i < *seen_count; i++)
        if (l->seen[i] == hash)
            return true;
    l->seen[(*seen_count)++] = hash;
    return false;
}

/* Goes on in the next column with the rules that hold the piece. */
static bool search_piece(search *s, uint32_t column, uint32_t piece, const uint32_t *rules, uint32_t count,
                         uint32_t *seen_count, bool *has_gap)
{
    uint32_t *held = s->levels[column].held, held_count = 0;
    s->steps += count;
    for (uint32_t i = 0; i < count; i++)
        if (holds(s, rules[i], column, piece))
            held[held_count++] = rules[i];
    if (is_seen(s, column, piece, held_count, seen_count))
        return true;
    s->pieces[column] = piece;
    return search_column(s, column + 1, held, held_count, has_gap);
}

/* Whether to go on. *has_gap is set when something was found below. */
static bool search_column(search *s, uint32_t column, const uint32_t *rules, uint32_t count, bool *has_gap)
{
    if (count == 0) {
        if (!choose_rest(s, column))
            return true;
        *has_gap = true;
        return may_be_covered(s) || s->found(s, s->context);
    }
    if (accepts_rest(s, rules, count, column))
        return true;
    if (s->steps > s->steps_most) {
        s->has_hit_limit = true;
        return false;
    }
    uint64_t hash = hash_of(rules, count, column);
    memo *known = find_memo(s, hash, rules, count, column);
    if (known && known->rules)
        return true;
    const gx_space_column *c = &s->space->columns[column];
    const gx_space_cell *box = s->box == NO_BOX ? NULL : gx_space_cell_at(s->space, s->box, column);
    uint32_t bound_count = find_bounds(s, column, rules, count), seen_count = 0;
    const uint32_t *bounds = s->levels[column].bounds;
    bool goes_on = true, found = false;
    for (uint32_t b = 0; b + 1 < bound_count && goes_on; b++) {
        uint32_t piece = gx_space_real(c, bounds[b], bounds[b + 1] - 1);
        if (piece < c->piece_count && (!box || gx_space_covers(box, piece)))
            goes_on = search_piece(s, column, piece, rules, count, &seen_count, &found);
    }
    if (goes_on && box && box->accepts_null)
        goes_on = search_piece(s, column, c->piece_count, rules, count, &seen_count, &found);
    *has_gap |= found;
    if (goes_on && !found)
        remember(s, hash, rules, count, column);
    return goes_on;
}

static level *levels_of(verifier *v, uint32_t rule_count)
{
    level *levels = GX_NEW_ARRAY(v->arena, level, v->table->input_count);
    for (uint32_t i = 0; i < v->table->input_count; i++) {
        size_t intervals = 2;
        for (uint32_t r = 0; r < v->table->rule_count; r++)
            intervals += gx_space_cell_at(&v->space, r, i)->count;
        levels[i].bounds = GX_NEW_ARRAY(v->arena, uint32_t, 2 * intervals);
        levels[i].held = GX_NEW_ARRAY(v->arena, uint32_t, rule_count);
        levels[i].seen = GX_NEW_ARRAY(v->arena, uint64_t, 2 * intervals);
    }
    return levels;
}

/* Searches what the given rules leave open; false when the search could not be finished. */
static bool run_search(search *s, verifier *v, const uint32_t *rules, uint32_t count)
{
    bool has_gap = false;
    s->arena = v->arena;
    s->space = &v->space;
    s->free_from = v->free_from;
    s->levels = levels_of(v, count);
    s->pieces = GX_NEW_ARRAY(v->arena, uint32_t, v->table->input_count);
    s->memo_slots = s->box == NO_BOX ? TABLE_MEMOS : BOX_MEMOS;
    if (s->memo_slots / MEMOS_PER_RULE > count)
        s->memo_slots = count * MEMOS_PER_RULE + MEMOS_PER_RULE;
    s->memos = GX_NEW_ARRAY(v->arena, memo, s->memo_slots);
    s->steps_most = s->box == NO_BOX ? GX_LIMIT_VERIFY_GAP_STEPS : GX_LIMIT_VERIFY_BOX_STEPS;
    if (s->steps_most > v->steps_left)
        s->steps_most = v->steps_left;
    search_column(s, 0, rules, count, &has_gap);
    v->steps_left -= s->steps < v->steps_left ? s->steps : v->steps_left;
    return !s->has_hit_limit;
}

/* ---- Gaps ---- */

static bool report_gap(search *s, void *context)
{
    verifier *v = context;
    return add_flaw(v, (gx_flaw){.kind = GX_FLAW_GAP, .example = example_of(v, s->pieces)});
}

static bool report_uncovered(void *context, const uint32_t *pieces)
{
    verifier *v = context;
    return add_flaw(v, (gx_flaw){.kind = GX_FLAW_GAP, .example = example_of(v, pieces)});
}

/* Whether no two of the rules have an input in common; false also when that would take too long to know. */
static bool are_disjoint(verifier *v, const uint32_t *rules, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (v->steps_left < count)
            return false;
        v->steps_left -= count - i;
        for (uint32_t j = i + 1; j < count; j++)
            if (boxes_meet(v, rules[i], rules[j], NULL))
                return false;
    }
    return true;
}

static bool has_default(const gx_dmn_table *table)
{
    for (uint32_t i = 0; i < table->output_count; i++)
        if (table->outputs[i].otherwise)
            return true;
    return false;
}

static void find_gaps(verifier *v)
{
    const gx_dmn_table *table = v->table;
    if (has_default(table) || table->input_count == 0)
        return;
    uint32_t *known = GX_NEW_ARRAY(v->arena, uint32_t, table->rule_count), known_count = 0;
    uint32_t *unknown = GX_NEW_ARRAY(v->arena, uint32_t, table->rule_count), unknown_count = 0;
    for (uint32_t r = 0; r < table->rule_count; r++) {
        if (v->is_unknown[r])
            unknown[unknown_count++] = r;
        else
            known[known_count++] = r;
    }
    /* Rules that never meet are counted (verify_volume.h): exact at once where the search would take for
     * ever. */
    bool may_count = known_count >= COUNTED_RULES_LEAST && are_disjoint(v, known, known_count);
    if (may_count &&
        gx_volume_cover(v->arena, &v->space, known, known_count, &v->steps_left, NULL, NULL) == GX_COVER_FULL)
        return;
    search s = {
        .box = NO_BOX, .unknown = unknown, .unknown_count = unknown_count, .found = report_gap, .context = v};
    if (run_search(&s, v, known, known_count))
        return;
    if (may_count && unknown_count == 0 && v->counts[GX_FLAW_GAP] == 0 &&
        gx_volume_cover(v->arena, &v->space, known, known_count, &v->steps_left, report_uncovered, v) ==
            GX_COVER_GAPS)
        return;
    add_flaw(v, (gx_flaw){.kind = GX_FLAW_LIMIT});
}

/* ---- Rules that never decide ---- */

static bool is_empty(const verifier *v, uint32_t rule)
{
    for (uint32_t i = 0; i < v->table->input_count; i++) {
        const gx_space_cell *cell = gx_space_cell_at(&v->space, rule, i);
        const gx_space_column *column = &v->space.columns[i];
        if (!cell->is_unknown && !cell->accepts_null &&
            gx_space_common(column, cell, cell) == column->piece_count)
            return true;
    }
    return false;
}

static bool stop_at_first(search *s, void *context)
{
    (void)s;
    *(bool *)context = true;
    return false;
}

static void find_hidden(verifier *v)
{
    uint32_t *before = GX_NEW_ARRAY(v->arena, uint32_t, v->table->rule_count);
    bool has_hit_limit = false;
    for (uint32_t rule = 1; rule < v->table->rule_count && !is_full(v, GX_FLAW_HIDDEN) && v->steps_left > 0;
         rule++) {
        if (v->is_unknown[rule] || is_empty(v, rule))
            continue;
        uint32_t count = 0;
        for (uint32_t other = 0; other < rule; other++)
            if (!v->is_unknown[other] && boxes_meet(v, other, rule, NULL))
                before[count++] = other;
        if (count == 0)
            continue;
        bool has_own = false;
        search s = {.box = rule, .found = stop_at_first, .context = &has_own};
        gx_arena_mark mark = gx_arena_here(v->arena);
        bool is_complete = run_search(&s, v, before, count);
        gx_arena_rewind(v->arena, mark);
        has_hit_limit |= !is_complete;
        if (is_complete && !has_own)
            add_flaw(v, (gx_flaw){.kind = GX_FLAW_HIDDEN, .rule = rule});
    }
    if (has_hit_limit || v->steps_left == 0)
        add_flaw(v, (gx_flaw){.kind = GX_FLAW_LIMIT});
}

static void find_unreachable(verifier *v)
{
    for (uint32_t rule = 0; rule < v->table->rule_count && !is_full(v, GX_FLAW_NEVER); rule++)
        if (is_empty(v, rule))
            add_flaw(v, (gx_flaw){.kind = GX_FLAW_NEVER, .rule = rule});
    if (v->table->policy == GX_HIT_FIRST)
        find_hidden(v);
}

/* ---- Overlaps ---- */

/* Whether two decided rules have an input in common; the pieces of one go to `pieces` unless it is NULL. */
static bool boxes_meet(const verifier *v, uint32_t a, uint32_t b, uint32_t *pieces)
{
    for (uint32_t i = 0; i < v->table->input_count; i++) {
        const gx_space_column *column = &v->space.columns[i];
        const gx_space_cell *x = gx_space_cell_at(&v->space, a, i), *y = gx_space_cell_at(&v->space, b, i);
        uint32_t piece = gx_space_common(column, x, y);
        if (piece == column->piece_count && !(x->accepts_null && y->accepts_null))
            return false;
        if (pieces)
            pieces[i] = piece; /* piece_count stands for null */
    }
    return true;
}

/* Same outputs: equal constants, or the same text. */
static bool has_same_output(const gx_dmn_table *table, uint32_t a, uint32_t b)
{
    for (uint32_t i = 0; i < table->output_count; i++) {
        const gx_feel *x = table->results[(size_t)a * table->output_count + i];
        const gx_feel *y = table->results[(size_t)b * table->output_count + i];
        gx_value left, right;
        if (!x || !y)
            return false;
        if (gx_feel_constant(x, &left) && gx_feel_constant(y, &right)) {
            if (!gx_value_same(left, right))
                return false;
        } else if (!gx_text_equal(gx_feel_source(x), gx_feel_source(y))) {
            return false;
        }
    }
    return true;
}

/* Different for certain: two constants that are not the same. */
static bool has_other_output(const gx_dmn_table *table, uint32_t a, uint32_t b)
{
    for (uint32_t i = 0; i < table->output_count; i++) {
        const gx_feel *x = table->results[(size_t)a * table->output_count + i];
        const gx_feel *y = table->results[(size_t)b * table->output_count + i];
        gx_value left, right;
        if (x && y && gx_feel_constant(x, &left) && gx_feel_constant(y, &right) &&
            !gx_value_same(left, right))
            return true;
    }
    return false;
}

static void find_overlaps(verifier *v)
{
    bool is_unique = v->table->policy == GX_HIT_UNIQUE;
    if (!is_unique && v->table->policy != GX_HIT_ANY)
        return;
    gx_flaw_kind kind = is_unique ? GX_FLAW_OVERLAP : GX_FLAW_CONFLICT;
    uint32_t *pieces = GX_NEW_ARRAY(v->arena, uint32_t, v->table->input_count);
    for (uint32_t a = 0; a < v->table->rule_count; a++) {
        for (uint32_t b = a + 1; b < v->table->rule_count; b++) {
            if (is_full(v, kind))
                return;
            if (v->is_unknown[a] || v->is_unknown[b] || !boxes_meet(v, a, b, pieces))
                continue;
            if (is_unique || has_other_output(v->table, a, b))
                add_flaw(v, (gx_flaw){.kind = kind, .rule = a, .other = b, .example = example_of(v, pieces)});
        }
    }
}

/* ---- Rules that could be one ---- */

/* The one column in which two rules differ, or input_count. */
static uint32_t only_difference(const verifier *v, uint32_t a, uint32_t b)
{
    uint32_t found = v->table->input_count;
    for (uint32_t i = 0; i < v->table->input_count; i++) {
        const gx_space_cell *x = gx_space_cell_at(&v->space, a, i), *y = gx_space_cell_at(&v->space, b, i);
        if (gx_space_is_equal(x, y))
            continue;
        if (found < v->table->input_count)
            return v->table->input_count;
        found = i;
    }
    return found;
}

static void find_mergeable(verifier *v)
{
    /* Elsewhere the number or the order of the hits is part of the result. */
    gx_hit_policy policy = v->table->policy;
    if (policy != GX_HIT_UNIQUE && policy != GX_HIT_ANY && policy != GX_HIT_FIRST)
        return;
    for (uint32_t a = 0; a < v->table->rule_count; a++) {
        uint32_t end = policy == GX_HIT_FIRST && a + 2 < v->table->rule_count ? a + 2 : v->table->rule_count;
        for (uint32_t b = a + 1; b < end; b++) {
            if (is_full(v, GX_FLAW_MERGE))
                return;
            if (v->is_unknown[a] || v->is_unknown[b])
                continue;
            uint32_t column = only_difference(v, a, b);
            if (column < v->table->input_count && has_same_output(v->table, a, b))
                add_flaw(v, (gx_flaw){.kind = GX_FLAW_MERGE, .rule = a, .other = b, .column = column});
        }
    }
}

/* ---- Outputs ---- */

static void find_forbidden_outputs(verifier *v)
{
    const gx_dmn_table *table = v->table;
    for (uint32_t i = 0; i < table->output_count; i++) {
        const gx_feel *allowed = table->outputs[i].allowed;
        if (!allowed && table->outputs[i].type)
            allowed = table->outputs[i].type->allowed;
        const gx_feel_test_list *tests = allowed ? gx_feel_constant_tests(allowed) : NULL;
        for (uint32_t r = 0; tests && r < table->rule_count && !is_full(v, GX_FLAW_OUTPUT); r++) {
            const gx_feel *result = table->results[(size_t)r * table->output_count + i];
            gx_value value;
            if (!result || !gx_feel_constant(result, &value) || value.kind == GX_NULL)
                continue;
            bool is_allowed = false;
            for (uint32_t t = 0; t < tests->count && !is_allowed; t++)
                is_allowed = gx_value_is_true(gx_feel_matches(value, tests->values[t]));
            if (is_allowed == tests->is_negated)
                add_flaw(v, (gx_flaw){.kind = GX_FLAW_OUTPUT, .rule = r, .column = i});
        }
    }
}

/* ---- Tables and models ---- */

static void verify_table(verifier *v, const gx_dmn_table *table)
{
    v->table = table;
    v->tables++;
    v->steps_left = GX_LIMIT_VERIFY_TABLE_STEPS;
    memset(v->counts, 0, sizeof v->counts);
    v->space = gx_space_of(v->arena, table);
    v->is_unknown = GX_NEW_ARRAY(v->arena, bool, table->rule_count);
    v->free_from = GX_NEW_ARRAY(v->arena, uint32_t, table->rule_count);
    for (uint32_t r = 0; r < table->rule_count; r++) {
        for (uint32_t i = 0; i < table->input_count; i++) {
            if (!gx_space_cell_at(&v->space, r, i)->is_any)
                v->free_from[r] = i + 1;
            if (!gx_space_cell_at(&v->space, r, i)->is_unknown)
                continue;
            if (!v->is_unknown[r] && !is_full(v, GX_FLAW_UNDECIDED))
                add_flaw(v, (gx_flaw){.kind = GX_FLAW_UNDECIDED, .rule = r, .column = i});
            v->is_unknown[r] = true;
        }
    }
    find_gaps(v);
    find_unreachable(v);
    find_overlaps(v);
    find_forbidden_outputs(v);
    find_mergeable(v);
}

static void verify_expression(verifier *v, const gx_dmn_expression *expression)
{
    if (!expression)
        return;
    if (expression->table)
        verify_table(v, expression->table);
    for (uint32_t i = 0; i < expression->item_count; i++)
        verify_expression(v, expression->items[i]);
}

gx_flaws gx_dmn_verify(gx_arena *arena, const gx_dmn *dmn)
{
    verifier v = {.arena = arena};
    for (uint32_t i = 0; i < dmn->element_count; i++) {
        v.element = dmn->elements[i].name;
        verify_expression(&v, dmn->elements[i].expression);
    }
    return (gx_flaws){v.items, v.count, v.tables};
}

/* ---- Findings ---- */

static gx_text describe_example(gx_arena *arena, const gx_dmn_table *table, const gx_value *example)
{
    gx_buffer text = gx_buffer_in(arena);
    for (uint32_t i = 0; example && i < table->input_count; i++) {
        if (text.size)
            gx_buffer_string(&text, ", ");
        gx_buffer_text(&text, table->inputs[i].label);
        gx_buffer_string(&text, " = ");
        if (example[i].kind == GX_STRING)
            gx_json_write_string(&text, gx_value_as_text(example[i]));
        else
            gx_value_write(&text, example[i]);
    }
    return gx_buffer_as_text(&text);
}

static gx_text number_of(char figure[24], uint32_t rule)
{
    return gx_error_int(figure, (int64_t)rule + 1);
}

gx_severity gx_flaw_error(gx_arena *arena, const gx_flaw *flaw, gx_text path, gx_error *error)
{
    const gx_dmn_table *table = flaw->table;
    char rule[24], other[24];
    gx_text first = number_of(rule, flaw->rule), second = number_of(other, flaw->other);
    gx_text example = describe_example(arena, table, flaw->example);
    bool is_about_rule = flaw->kind != GX_FLAW_GAP && flaw->kind != GX_FLAW_LIMIT && table->rule_lines;
    gx_place place = {path, is_about_rule ? table->rule_lines[flaw->rule] : table->line,
                      is_about_rule ? 1 : table->column};
    switch (flaw->kind) {
    case GX_FLAW_GAP: gx_fail_at(error, "dmn.verify.gap", place, flaw->element, example); break;
    case GX_FLAW_OVERLAP: gx_fail_at(error, "dmn.verify.overlap", place, first, second, example); break;
    case GX_FLAW_CONFLICT: gx_fail_at(error, "dmn.verify.conflict", place, first, second, example); break;
    case GX_FLAW_NEVER: gx_fail_at(error, "dmn.verify.never", place, flaw->element, first); break;
    case GX_FLAW_HIDDEN: gx_fail_at(error, "dmn.verify.hidden", place, flaw->element, first); break;
    case GX_FLAW_OUTPUT:
        gx_fail_at(error, "dmn.verify.output", place, flaw->element, first,
                   table->outputs[flaw->column].name);
        break;
    case GX_FLAW_MERGE:
        gx_fail_at(error, "dmn.verify.merge", place, first, second, table->inputs[flaw->column].label);
        break;
    case GX_FLAW_UNDECIDED:
        gx_fail_at(error, "dmn.verify.undecided", place, flaw->element, first,
                   table->inputs[flaw->column].label);
        break;
    case GX_FLAW_LIMIT: gx_fail_at(error, "dmn.verify.limit", place, flaw->element); break;
    }
    bool is_error =
        flaw->kind == GX_FLAW_OVERLAP || flaw->kind == GX_FLAW_CONFLICT || flaw->kind == GX_FLAW_OUTPUT;
    return is_error ? GX_SEVERITY_ERROR : GX_SEVERITY_WARNING;
}

void gx_flaws_report(gx_arena *arena, const gx_flaws *flaws, gx_text path, gx_findings *findings)
{
    for (size_t i = 0; i < flaws->count; i++) {
        gx_error error = {0};
        gx_severity severity = gx_flaw_error(arena, &flaws->items[i], path, &error);
        gx_findings_add(findings, severity, &error);
    }
}
