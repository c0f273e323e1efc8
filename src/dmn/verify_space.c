/* Cutting the columns of a table into pieces. */
#include "dmn/verify_space.h"
#include "base/decimal.h"

#include <stdlib.h>
#include <string.h>

/* ---- Values of one kind in order ---- */

static bool is_understood(gx_kind kind)
{
    switch (kind) {
    case GX_BOOLEAN:
    case GX_NUMBER:
    case GX_STRING:
    case GX_DATE:
    case GX_TIME:
    case GX_DATE_TIME:
    case GX_DAYS_DURATION:
    case GX_MONTHS_DURATION: return true;
    case GX_NULL:
    case GX_LIST:
    case GX_CONTEXT:
    case GX_RANGE:
    case GX_FUNCTION:
    case GX_KIND_COUNT: break;
    }
    return false;
}

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

/* ---- Ends ---- */

static void add_end(gx_list_builder *ends, gx_value value, gx_kind kind)
{
    if (value.kind == kind)
        gx_list_add(ends, value);
}

static void add_ends(gx_list_builder *ends, const gx_feel_test_list *tests, gx_kind kind)
{
    for (uint32_t i = 0; tests && i < tests->count; i++) {
        gx_value test = tests->values[i];
        if (test.kind != GX_RANGE) {
            add_end(ends, test, kind);
            continue;
        }
        if (test.range->has_start)
            add_end(ends, test.range->start, kind);
        if (test.range->has_end)
            add_end(ends, test.range->end, kind);
    }
}

/* The kind of a test's values; GX_KIND_COUNT for null, which fits every kind; GX_NULL where there is no one
 * kind. */
static gx_kind kind_of_test(gx_value test)
{
    if (test.kind == GX_NULL)
        return GX_KIND_COUNT;
    if (test.kind != GX_RANGE)
        return is_understood((gx_kind)test.kind) ? (gx_kind)test.kind : GX_NULL;
    gx_kind kind = (gx_kind)(test.range->has_start ? test.range->start.kind : test.range->end.kind);
    bool is_mixed = test.range->has_start && test.range->has_end && test.range->end.kind != kind;
    return is_understood(kind) && !is_mixed ? kind : GX_NULL;
}

/* The kind that the column's type says, else the one kind that all its constant tests have; GX_NULL if there
 * is none. */
static gx_kind kind_of_column(const gx_dmn_table *table, uint32_t input)
{
    const gx_type *type = table->inputs[input].type;
    if (type && type->kind == GX_TYPE_SCALAR)
        return is_understood(type->scalar) ? type->scalar : GX_NULL;
    if (type && type->kind != GX_TYPE_ANY)
        return GX_NULL;
    gx_kind found = GX_KIND_COUNT;
    for (uint32_t r = 0; r < table->rule_count; r++) {
        const gx_feel_test_list *tests = table->cells[(size_t)r * table->input_count + input].tests;
        for (uint32_t i = 0; tests && i < tests->count; i++) {
            gx_kind kind = kind_of_test(tests->values[i]);
            if (kind == GX_KIND_COUNT)
                continue;
            if (kind == GX_NULL || (found != GX_KIND_COUNT && found != kind))
                return GX_NULL;
            found = kind;
        }
    }
    return found == GX_KIND_COUNT ? GX_STRING : found; /* nothing but `-`: any kind will do */
}

static const gx_feel_test_list *allowed_of(const gx_dmn_table *table, uint32_t input)
{
    const gx_dmn_input_column *column = &table->inputs[input];
    const gx_feel *allowed = column->allowed;
    if (!allowed && column->type)
        allowed = column->type->allowed;
    return allowed ? gx_feel_constant_tests(allowed) : NULL;
}

/* Sorts, and keeps each value once. False when two of them have no order (a local and a zoned time). */
static bool sort_ends(gx_list_builder *ends)
{
    int order;
    for (size_t i = 1; i < ends->count; i++)
        if (ends->items[0].kind != GX_BOOLEAN && !gx_value_order(ends->items[0], ends->items[i], &order))
            return false;
    if (ends->count)
        qsort(ends->items, ends->count, sizeof *ends->items, compare_ends);
    size_t distinct = 0;
    for (size_t i = 0; i < ends->count; i++)
        if (distinct == 0 || order_of(ends->items[distinct - 1], ends->items[i]) != 0)
            ends->items[distinct++] = ends->items[i];
    ends->count = distinct;
    return true;
}

/* ---- Cells ---- */

uint32_t gx_space_piece(const gx_space_column *column, gx_value value)
{
    uint32_t low = 0, high = column->end_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (order_of(column->ends[middle], value) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    bool is_end = low < column->end_count && order_of(column->ends[low], value) == 0;
    return 2 * low + is_end;
}

/* The pieces of one test, at most two intervals; returns how many. A test of another kind holds nothing. */
static uint32_t pieces_of_test(const gx_space_column *column, gx_value test, gx_pieces out[2])
{
    if (kind_of_test(test) != column->kind)
        return 0;
    uint32_t last_piece = column->piece_count - 1;
    if (test.kind != GX_RANGE) {
        uint32_t piece = gx_space_piece(column, test);
        out[0] = (gx_pieces){piece, piece};
        return 1;
    }
    const gx_range *range = test.range;
    gx_pieces held = {0, last_piece};
    if (range->has_start)
        held.first = gx_space_piece(column, range->start) + !range->start_included;
    if (range->has_end) {
        uint32_t end = gx_space_piece(column, range->end);
        if (end == 0 && !range->end_included)
            return 0;
        held.last = end - !range->end_included;
    }
    if (!range->is_negated) {
        out[0] = held;
        return held.first <= held.last;
    }
    uint32_t count = 0;
    if (held.first > 0)
        out[count++] = (gx_pieces){0, held.first - 1};
    if (held.last < last_piece)
        out[count++] = (gx_pieces){held.last + 1, last_piece};
    return count;
}

static int compare_pieces(const void *a, const void *b)
{
    const gx_pieces *x = a, *y = b;
    return (x->first > y->first) - (x->first < y->first);
}

/* Ascending, with neighbours joined; returns how many remain. */
static uint32_t join(gx_pieces *intervals, uint32_t count)
{
    if (count)
        qsort(intervals, count, sizeof *intervals, compare_pieces);
    uint32_t joined = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (joined && intervals[i].first <= intervals[joined - 1].last + 1) {
            if (intervals[i].last > intervals[joined - 1].last)
                intervals[joined - 1].last = intervals[i].last;
        } else {
            intervals[joined++] = intervals[i];
        }
    }
    return joined;
}

/* What the intervals leave out. `out` has room for one more than they are. */
static uint32_t complement(const gx_space_column *column, const gx_pieces *intervals, uint32_t count,
                           gx_pieces *out)
{
    uint32_t next = 0, left = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (intervals[i].first > next)
            out[left++] = (gx_pieces){next, intervals[i].first - 1};
        next = intervals[i].last + 1;
    }
    if (next < column->piece_count)
        out[left++] = (gx_pieces){next, column->piece_count - 1};
    return left;
}

static gx_space_cell cell_of_tests(gx_arena *arena, const gx_space_column *column,
                                   const gx_feel_test_list *tests)
{
    gx_space_cell cell = {0};
    bool has_range = false;
    gx_pieces *intervals = GX_NEW_ARRAY(arena, gx_pieces, (size_t)tests->count * 2 + 1);
    for (uint32_t i = 0; i < tests->count; i++) {
        if (kind_of_test(tests->values[i]) == GX_NULL)
            return (gx_space_cell){.is_unknown = true}; /* a list or a context among the tests */
        cell.accepts_null |= tests->values[i].kind == GX_NULL;
        has_range |= tests->values[i].kind == GX_RANGE;
        cell.count += pieces_of_test(column, tests->values[i], intervals + cell.count);
    }
    cell.count = join(intervals, cell.count);
    cell.intervals = intervals;
    if (tests->is_negated) {
        gx_pieces *others = GX_NEW_ARRAY(arena, gx_pieces, (size_t)cell.count + 1);
        cell.count = complement(column, intervals, cell.count, others);
        cell.intervals = others;
        cell.accepts_null =
            !cell.accepts_null && !has_range; /* null in a range is null, and so is its negation */
    }
    return cell;
}

static gx_space_cell cell_of(gx_arena *arena, const gx_space_column *column, const gx_dmn_cell *source)
{
    if (source->is_any) {
        gx_pieces *all = GX_NEW(arena, gx_pieces);
        *all = (gx_pieces){0, column->piece_count - 1};
        return (gx_space_cell){.intervals = all, .count = 1, .is_any = true, .accepts_null = true};
    }
    if (!source->feel)
        return (gx_space_cell){0}; /* could not be compiled: never matches */
    if (!source->tests || column->is_unknown)
        return (gx_space_cell){.is_unknown = true};
    return cell_of_tests(arena, column, source->tests);
}

/* ---- Columns ---- */

static bool is_neighbour(gx_value a, gx_value b)
{
    switch ((gx_kind)a.kind) {
    case GX_BOOLEAN: return true;
    case GX_MONTHS_DURATION: return a.months + 1 == b.months;
    case GX_DATE: {
        gx_value step = gx_temporal_arithmetic(NULL, '-', b, a);
        return step.kind == GX_DAYS_DURATION && step.seconds == 24 * 3600;
    }
    case GX_NULL:
    case GX_NUMBER:
    case GX_STRING:
    case GX_TIME:
    case GX_DATE_TIME:
    case GX_DAYS_DURATION:
    case GX_LIST:
    case GX_CONTEXT:
    case GX_RANGE:
    case GX_FUNCTION:
    case GX_KIND_COUNT: break;
    }
    return false;
}

static bool is_midnight(const gx_feel_time *time)
{
    return time->hour == 0 && time->minute == 0 && time->second == 0 && time->nanosecond == 0;
}

/* Whether a gap holds any value of the kind. */
static bool is_inhabited(const gx_space_column *column, uint32_t piece)
{
    if (piece & 1)
        return true;
    uint32_t above = piece / 2;
    bool is_outer = above == 0 || above == column->end_count;
    if (column->kind == GX_TIME && above == 0 && column->end_count > 0)
        return !is_midnight(column->ends[0].time);
    if (column->kind == GX_BOOLEAN)
        return column->end_count == 0;
    if (column->kind == GX_STRING && above == 0 && column->end_count > 0)
        return column->ends[0].size > 0; /* nothing comes before the empty string */
    return is_outer || !is_neighbour(column->ends[above - 1], column->ends[above]);
}

static void find_real(gx_arena *arena, gx_space_column *column, const gx_feel_test_list *allowed)
{
    uint32_t *next_real = GX_NEW_ARRAY(arena, uint32_t, column->piece_count);
    gx_space_cell domain = {0};
    if (allowed)
        domain = cell_of_tests(arena, column, allowed);
    uint32_t next = column->piece_count;
    for (uint32_t piece = column->piece_count; piece-- > 0;) {
        bool is_allowed = !allowed || domain.is_unknown || gx_space_covers(&domain, piece);
        if (is_allowed && is_inhabited(column, piece))
            next = piece;
        next_real[piece] = next;
    }
    column->next_real = next_real;
}

static gx_space_column column_of(gx_arena *arena, const gx_dmn_table *table, uint32_t input)
{
    gx_space_column column = {.kind = kind_of_column(table, input)};
    const gx_feel_test_list *allowed = allowed_of(table, input);
    gx_list_builder ends = gx_list_begin(arena, 0);
    column.is_unknown = column.kind == GX_NULL;
    if (!column.is_unknown) {
        for (uint32_t r = 0; r < table->rule_count; r++)
            add_ends(&ends, table->cells[(size_t)r * table->input_count + input].tests, column.kind);
        add_ends(&ends, allowed, column.kind);
        if (column.kind == GX_BOOLEAN) {
            gx_list_add(&ends, gx_value_boolean(false));
            gx_list_add(&ends, gx_value_boolean(true));
        }
        column.is_unknown = !sort_ends(&ends);
    }
    if (column.is_unknown)
        ends.count = 0;
    column.ends = ends.items;
    column.end_count = (uint32_t)ends.count;
    column.piece_count = 2 * column.end_count + 1;
    find_real(arena, &column, column.is_unknown ? NULL : allowed);
    return column;
}

gx_space gx_space_of(gx_arena *arena, const gx_dmn_table *table)
{
    gx_space space = {
        .table = table,
        .columns = GX_NEW_ARRAY(arena, gx_space_column, table->input_count),
        .cells = GX_NEW_ARRAY(arena, gx_space_cell, (size_t)table->rule_count * table->input_count),
    };
    for (uint32_t i = 0; i < table->input_count; i++) {
        space.columns[i] = column_of(arena, table, i);
        for (uint32_t r = 0; r < table->rule_count; r++) {
            size_t at = (size_t)r * table->input_count + i;
            space.cells[at] = cell_of(arena, &space.columns[i], &table->cells[at]);
        }
    }
    return space;
}

/* ---- Questions ---- */

bool gx_space_covers(const gx_space_cell *cell, uint32_t piece)
{
    for (uint32_t i = 0; i < cell->count && cell->intervals[i].first <= piece; i++)
        if (piece <= cell->intervals[i].last)
            return true;
    return false;
}

uint32_t gx_space_common(const gx_space_column *column, const gx_space_cell *a, const gx_space_cell *b)
{
    for (uint32_t i = 0, j = 0; i < a->count && j < b->count;) {
        uint32_t first =
            a->intervals[i].first > b->intervals[j].first ? a->intervals[i].first : b->intervals[j].first;
        uint32_t last =
            a->intervals[i].last < b->intervals[j].last ? a->intervals[i].last : b->intervals[j].last;
        uint32_t real = first <= last ? gx_space_real(column, first, last) : column->piece_count;
        if (real < column->piece_count)
            return real;
        if (a->intervals[i].last < b->intervals[j].last)
            i++;
        else
            j++;
    }
    return column->piece_count;
}

bool gx_space_is_equal(const gx_space_cell *a, const gx_space_cell *b)
{
    if (a->is_unknown || b->is_unknown || a->count != b->count || a->accepts_null != b->accepts_null)
        return false;
    return a->count == 0 || memcmp(a->intervals, b->intervals, a->count * sizeof *a->intervals) == 0;
}

/* ---- Samples ---- */

static gx_value number_between(gx_arena *arena, gx_value a, gx_value b)
{
    gx_value sum = gx_number_add(arena, a, b), middle = gx_number_divide(arena, sum, gx_value_int(2));
    int64_t whole;
    _Decimal128 low = gx_value_to_decimal(a);
    /* A whole number is easier to read. */
    if (gx_value_to_int(gx_value_decimal(arena, gx_decimal_round(low, 0, GX_ROUND_FLOOR)), &whole) &&
        gx_number_compare(gx_value_int(whole + 1), b) < 0)
        return gx_value_int(whole + 1);
    return middle;
}

/* a with something behind it that keeps it below b. */
static gx_value string_after(gx_arena *arena, gx_text a, const gx_value *b)
{
    static const char *const tails[] = {"a", "0", " ", "\t", "\x01"};
    gx_value value = gx_value_text(a);
    for (size_t i = 0; i < GX_COUNT_OF(tails); i++) {
        value = gx_value_text(gx_format(arena, "%.*s%s", GX_PRINT(a), tails[i]));
        if (!b || order_of(value, *b) < 0)
            break;
    }
    return value;
}

/* The smallest step that a person would take: a day, a month, a second; for times that are closer, a
 * nanosecond. */
static gx_value step_from(gx_arena *arena, gx_value from, char direction, const gx_value *limit)
{
    gx_value steps[2] = {gx_value_days_duration(1, 0), gx_value_days_duration(0, 1)};
    if (from.kind == GX_DATE)
        steps[0] = gx_value_days_duration((int64_t)24 * 3600, 0);
    else if (from.kind == GX_MONTHS_DURATION)
        steps[0] = gx_value_months_duration(1);
    gx_value stepped = gx_temporal_arithmetic(arena, direction, from, steps[0]);
    bool is_over = limit && stepped.kind == from.kind && order_of(stepped, *limit) >= 0;
    bool is_round =
        stepped.kind == from.kind && (order_of(stepped, from) < 0) == (direction == '+'); /* past midnight */
    if (is_over || is_round)
        stepped = gx_temporal_arithmetic(arena, direction, from, steps[1]);
    return stepped;
}

gx_value gx_space_sample(gx_arena *arena, const gx_space_column *column, uint32_t piece)
{
    uint32_t above = piece / 2;
    if (piece & 1)
        return column->ends[above];
    const gx_value *low = above > 0 ? &column->ends[above - 1] : NULL;
    const gx_value *high = above < column->end_count ? &column->ends[above] : NULL;
    if (!low && !high)
        return gx_value_null(); /* a column of `-` alone: anything */
    if (column->kind == GX_STRING)
        return low ? string_after(arena, gx_value_as_text(*low), high) : gx_value_text(GX_TEXT(""));
    if (column->kind == GX_NUMBER) {
        if (low && high)
            return number_between(arena, *low, *high);
        return low ? gx_number_add(arena, *low, gx_value_int(1))
                   : gx_number_subtract(arena, *high, gx_value_int(1));
    }
    return low ? step_from(arena, *low, '+', high) : step_from(arena, *high, '-', NULL);
}
