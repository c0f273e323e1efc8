/* Equality and order of values (DMN 1.5, 10.3.2.13), and the matching of an input against a test. Nothing
 * here allocates. */
#include "feel/function.h"

#include <string.h>

static gx_equality equal(gx_value a, gx_value b, uint32_t depth);

static gx_equality of_boolean(bool is_equal)
{
    return is_equal ? GX_EQUAL : GX_DIFFERENT;
}

static int compare_texts(gx_value a, gx_value b)
{
    uint32_t least = a.size < b.size ? a.size : b.size;
    int order = least ? memcmp(a.bytes, b.bytes, least) : 0;
    return order ? order : (a.size > b.size) - (a.size < b.size);
}

static gx_equality lists_equal(gx_value a, gx_value b, uint32_t depth)
{
    if (a.size != b.size)
        return GX_DIFFERENT;
    if (a.items == b.items)
        return GX_EQUAL;
    for (uint32_t i = 0; i < a.size; i++)
        if (equal(a.items[i], b.items[i], depth + 1) != GX_EQUAL)
            return GX_DIFFERENT;
    return GX_EQUAL;
}

static gx_equality contexts_equal(const gx_context *a, const gx_context *b, uint32_t depth)
{
    if (a->count != b->count)
        return GX_DIFFERENT;
    if (a == b)
        return GX_EQUAL;
    for (uint32_t i = 0; i < a->count; i++) {
        gx_value other;
        if (!gx_context_find_hashed(b, a->entries[i].name, a->hashes[i], &other) ||
            equal(a->entries[i].value, other, depth + 1) != GX_EQUAL)
            return GX_DIFFERENT;
    }
    return GX_EQUAL;
}

static bool ends_equal(bool has_a, gx_value a, bool has_b, gx_value b)
{
    return has_a == has_b && (!has_a || gx_value_equal(a, b) == GX_EQUAL);
}

/* A test such as (< 10) or (= 10) equals no interval, whatever both hold: they are told apart by how they
 * were made. */
static gx_equality ranges_equal(const gx_range *a, const gx_range *b)
{
    return of_boolean(a->is_test == b->is_test && a->is_negated == b->is_negated &&
                      a->start_included == b->start_included && a->end_included == b->end_included &&
                      ends_equal(a->has_start, a->start, b->has_start, b->start) &&
                      ends_equal(a->has_end, a->end, b->has_end, b->end));
}

static gx_equality equal(gx_value a, gx_value b, uint32_t depth)
{
    if (depth > GX_LIMIT_VALUE_DEPTH)
        return GX_DIFFERENT;
    if (a.kind != b.kind) {
        if (a.kind == GX_NULL || b.kind == GX_NULL)
            return GX_DIFFERENT;
        return GX_UNEQUAL_KINDS;
    }
    switch ((gx_kind)a.kind) {
    case GX_NULL: return GX_EQUAL;
    case GX_BOOLEAN: return of_boolean(a.boolean == b.boolean);
    case GX_NUMBER: return of_boolean(gx_number_compare(a, b) == 0);
    case GX_STRING: return of_boolean(a.size == b.size && compare_texts(a, b) == 0);
    case GX_DATE:
        return of_boolean(a.date.year == b.date.year && a.date.month == b.date.month &&
                          a.date.day == b.date.day);
    case GX_TIME:
    case GX_DATE_TIME: return of_boolean(gx_temporal_equal(a, b));
    case GX_DAYS_DURATION: return of_boolean(a.seconds == b.seconds && a.size == b.size);
    case GX_MONTHS_DURATION: return of_boolean(a.months == b.months);
    case GX_LIST: return lists_equal(a, b, depth);
    case GX_CONTEXT: return contexts_equal(a.context, b.context, depth);
    case GX_RANGE: return ranges_equal(a.range, b.range);
    case GX_FUNCTION:
        return of_boolean(a.function == b.function || (a.function->kind == GX_FUNCTION_BUILTIN &&
                                                       b.function->kind == GX_FUNCTION_BUILTIN &&
                                                       a.function->builtin == b.function->builtin));
    case GX_KIND_COUNT: break;
    }
    return GX_UNEQUAL_KINDS;
}

gx_equality gx_value_equal(gx_value a, gx_value b)
{
    return equal(a, b, 0);
}

bool gx_value_same(gx_value a, gx_value b)
{
    return gx_value_equal(a, b) == GX_EQUAL;
}

bool gx_value_order(gx_value a, gx_value b, int *order)
{
    if (a.kind != b.kind)
        return false;
    switch ((gx_kind)a.kind) {
    case GX_NUMBER: *order = gx_number_compare(a, b); return true;
    case GX_STRING: *order = compare_texts(a, b); return true;
    case GX_DATE:
    case GX_TIME:
    case GX_DATE_TIME: return gx_temporal_order(a, b, order);
    case GX_DAYS_DURATION:
        *order = (a.seconds > b.seconds) - (a.seconds < b.seconds);
        if (*order == 0)
            *order = (a.size > b.size) - (a.size < b.size);
        return true;
    case GX_MONTHS_DURATION: *order = (a.months > b.months) - (a.months < b.months); return true;
    case GX_NULL:
    case GX_BOOLEAN:
    case GX_LIST:
    case GX_CONTEXT:
    case GX_RANGE:
    case GX_FUNCTION:
    case GX_KIND_COUNT: break;
    }
    return false;
}

/* ---- Matching ---- */

static gx_value of_equality(gx_equality equality)
{
    return equality == GX_UNEQUAL_KINDS ? gx_value_null() : gx_value_boolean(equality == GX_EQUAL);
}

static gx_value in_range(gx_value input, const gx_range *range)
{
    if (range->is_test && range->has_start && range->has_end) { /* (= x) and (!= x): any kind */
        gx_equality equality = gx_value_equal(input, range->start);
        if (equality == GX_UNEQUAL_KINDS)
            return gx_value_null();
        return gx_value_boolean((equality == GX_EQUAL) != range->is_negated);
    }
    int order;
    if (range->has_start) {
        if (!gx_value_order(input, range->start, &order))
            return gx_value_null();
        if (order < 0 || (order == 0 && !range->start_included))
            return gx_value_boolean(false);
    }
    if (range->has_end) {
        if (!gx_value_order(input, range->end, &order))
            return gx_value_null();
        if (order > 0 || (order == 0 && !range->end_included))
            return gx_value_boolean(false);
    }
    return gx_value_boolean(true);
}

gx_value gx_feel_matches(gx_value input, gx_value test)
{
    if (test.kind == GX_RANGE && input.kind != GX_RANGE)
        return in_range(input, test.range);
    if (test.kind != GX_LIST)
        return of_equality(gx_value_equal(input, test));
    if (input.kind == GX_LIST && lists_equal(input, test, 0) == GX_EQUAL)
        return gx_value_boolean(true);
    for (uint32_t i = 0; i < test.size; i++) {
        gx_value item = test.items[i];
        gx_value found = item.kind == GX_RANGE && input.kind != GX_RANGE
                             ? in_range(input, item.range)
                             : of_equality(gx_value_equal(input, item));
        if (gx_value_is_true(found))
            return found;
    }
    return gx_value_boolean(false);
}
