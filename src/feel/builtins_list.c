/* List functions (DMN 1.5, 10.3.4.4) and sort (10.3.4.7).
 *
 * An aggregate can be called with one list or with its items as arguments; both rows of the table end in the
 * same function here. */
#include "feel/builtins.h"
#include "base/decimal.h"
#include "base/limits.h"

#include <string.h>

static gx_value list_of(const gx_value *arguments, size_t count)
{
    return gx_value_list(arguments, count);
}

/* Whether all items are numbers; accounts for looking at them. */
static bool are_numbers(gx_feel_call *call, gx_value list)
{
    if (!gx_feel_spend(call, list.size))
        return false;
    for (size_t i = 0; i < list.size; i++)
        if (list.items[i].kind != GX_NUMBER)
            return false;
    return true;
}

/* ---- Looking at a list ---- */

gx_value gx_builtin_list_contains(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)count;
    gx_value list = arguments[0];
    if (!gx_feel_spend(call, list.size))
        return gx_value_null();
    for (size_t i = 0; i < list.size; i++)
        if (gx_value_same(list.items[i], arguments[1]))
            return gx_value_boolean(true);
    return gx_value_boolean(false);
}

gx_value gx_builtin_count(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)call, (void)count;
    return gx_value_int(arguments[0].size);
}

gx_value gx_builtin_index_of(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)count;
    gx_value list = arguments[0];
    gx_list_builder positions = gx_list_begin(call->arena, 0);
    if (!gx_feel_spend(call, list.size))
        return gx_value_null();
    for (size_t i = 0; i < list.size; i++)
        if (gx_value_same(list.items[i], arguments[1]))
            gx_list_add(&positions, gx_value_int((int64_t)i + 1));
    return gx_list_end(&positions);
}

/* ---- Smallest and largest ---- */

/* The item that comes first (sign 1) or last (sign -1); null for an empty list and for what cannot be
 * compared. */
static gx_value extreme(gx_feel_call *call, gx_value list, int sign)
{
    if (list.size == 0 || !gx_feel_spend(call, list.size))
        return gx_value_null();
    gx_value best = list.items[0];
    for (size_t i = 0; i < list.size; i++) {
        int order;
        if (!gx_value_order(list.items[i], best, &order))
            return gx_builtin_domain(call, list.items[i]);
        if (order * sign < 0)
            best = list.items[i];
    }
    return best;
}

gx_value gx_builtin_min(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)count;
    return extreme(call, arguments[0], 1);
}

gx_value gx_builtin_min_of(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    return extreme(call, list_of(arguments, count), 1);
}

gx_value gx_builtin_max(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)count;
    return extreme(call, arguments[0], -1);
}

gx_value gx_builtin_max_of(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    return extreme(call, list_of(arguments, count), -1);
}

/* ---- Sums and products ---- */

typedef gx_value operation(gx_arena *arena, gx_value a, gx_value b);

/* All items in one number; null for an empty list and for items that are none. */
static gx_value fold(gx_feel_call *call, gx_value list, operation *combine)
{
    if (list.size == 0 || !are_numbers(call, list))
        return gx_builtin_domain(call, list);
    gx_value result = list.items[0];
    for (size_t i = 1; i < list.size && result.kind == GX_NUMBER; i++)
        result = combine(call->arena, result, list.items[i]);
    return result;
}

gx_value gx_builtin_sum(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)count;
    return fold(call, arguments[0], gx_number_add);
}

gx_value gx_builtin_sum_of(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    return fold(call, list_of(arguments, count), gx_number_add);
}

gx_value gx_builtin_product(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)count;
    return fold(call, arguments[0], gx_number_multiply);
}

gx_value gx_builtin_product_of(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    return fold(call, list_of(arguments, count), gx_number_multiply);
}

static gx_value mean(gx_feel_call *call, gx_value list)
{
    gx_value sum = fold(call, list, gx_number_add);
    return sum.kind == GX_NUMBER ? gx_number_divide(call->arena, sum, gx_value_int(list.size)) : sum;
}

gx_value gx_builtin_mean(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)count;
    return mean(call, arguments[0]);
}

gx_value gx_builtin_mean_of(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    return mean(call, list_of(arguments, count));
}

/* The deviation of a sample: the root of the squared distances from the mean, divided by one less than there
 * are items. */
static gx_value stddev(gx_feel_call *call, gx_value list)
{
    if (list.size < 2)
        return gx_builtin_domain(call, list);
    gx_value average = mean(call, list);
    if (average.kind != GX_NUMBER)
        return average;
    _Decimal128 center = gx_value_to_decimal(average), squares = 0.DL, root;
    for (size_t i = 0; i < list.size; i++) {
        _Decimal128 distance = gx_value_to_decimal(list.items[i]) - center;
        squares += distance * distance;
    }
    if (!gx_decimal_sqrt(squares / (_Decimal128)(list.size - 1), &root))
        return gx_builtin_domain(call, list);
    return gx_value_decimal(call->arena, root);
}

gx_value gx_builtin_stddev(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)count;
    return stddev(call, arguments[0]);
}

gx_value gx_builtin_stddev_of(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    return stddev(call, list_of(arguments, count));
}

/* ---- Sorting ---- */

/* Whether b must come before a. False with *has_failed where the order is not known. */
typedef bool is_before(gx_feel_call *call, gx_value precedes, gx_value b, gx_value a, bool *has_failed);

static bool number_is_before(gx_feel_call *call, gx_value precedes, gx_value b, gx_value a, bool *has_failed)
{
    (void)call, (void)precedes, (void)has_failed;
    return gx_number_compare(b, a) < 0;
}

static bool function_says_before(gx_feel_call *call, gx_value precedes, gx_value b, gx_value a,
                                 bool *has_failed)
{
    gx_value answer = gx_feel_invoke(call, precedes, (const gx_value[]){b, a}, 2);
    *has_failed |= answer.kind != GX_BOOLEAN;
    return gx_value_is_true(answer);
}

/* A stable merge sort, bottom up. False when an order was not known or the budget is used up. */
static bool sort(gx_feel_call *call, gx_value list, gx_value precedes, is_before *before, gx_value *sorted)
{
    size_t size = list.size;
    gx_value *from = GX_NEW_ARRAY(call->arena, gx_value, size),
             *to = GX_NEW_ARRAY(call->arena, gx_value, size);
    if (size)
        memcpy(from, list.items, size * sizeof *from);
    bool has_failed = false;
    for (size_t width = 1; width < size && !has_failed; width *= 2) {
        if (!gx_feel_spend(call, size))
            return false;
        for (size_t start = 0; start < size; start += 2 * width) {
            size_t left = start, middle = start + width < size ? start + width : size;
            size_t right = middle, end = middle + width < size ? middle + width : size;
            for (size_t i = start; i < end; i++) {
                bool takes_right =
                    left == middle || (right < end && !has_failed &&
                                       before(call, precedes, from[right], from[left], &has_failed));
                to[i] = takes_right ? from[right++] : from[left++];
            }
        }
        gx_value *swapped = from;
        from = to;
        to = swapped;
    }
    *sorted = gx_value_list(from, size);
    return !has_failed;
}

gx_value gx_builtin_sort(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)count;
    gx_value sorted;
    size_t parameters;
    const gx_text *names;
    if (!gx_function_parameters(arguments[1], &parameters, &names) || parameters != 2)
        return gx_builtin_domain(call, arguments[1]);
    if (!sort(call, arguments[0], arguments[1], function_says_before, &sorted))
        return gx_builtin_domain(call, arguments[0]);
    return sorted;
}

static gx_value median(gx_feel_call *call, gx_value list)
{
    gx_value sorted;
    if (list.size == 0)
        return gx_value_null();
    if (!are_numbers(call, list) || !sort(call, list, gx_value_null(), number_is_before, &sorted))
        return gx_builtin_domain(call, list);
    size_t middle = sorted.size / 2;
    if (sorted.size % 2)
        return sorted.items[middle];
    gx_value sum = gx_number_add(call->arena, sorted.items[middle - 1], sorted.items[middle]);
    return sum.kind == GX_NUMBER ? gx_number_divide(call->arena, sum, gx_value_int(2)) : sum;
}

gx_value gx_builtin_median(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)count;
    return median(call, arguments[0]);
}

gx_value gx_builtin_median_of(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    return median(call, list_of(arguments, count));
}

/* The most frequent numbers in ascending order. */
static gx_value mode(gx_feel_call *call, gx_value list)
{
    gx_value sorted;
    if (!are_numbers(call, list) || !sort(call, list, gx_value_null(), number_is_before, &sorted))
        return gx_builtin_domain(call, list);
    gx_list_builder modes = gx_list_begin(call->arena, 0);
    size_t most = 0;
    for (size_t start = 0, end; start < sorted.size; start = end) {
        for (end = start + 1;
             end < sorted.size && gx_number_compare(sorted.items[start], sorted.items[end]) == 0;)
            end++;
        if (end - start < most)
            continue;
        if (end - start > most)
            modes.count = 0;
        most = end - start;
        gx_list_add(&modes, sorted.items[start]);
    }
    return gx_list_end(&modes);
}

gx_value gx_builtin_mode(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)count;
    return mode(call, arguments[0]);
}

gx_value gx_builtin_mode_of(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    return mode(call, list_of(arguments, count));
}

/* ---- All and any, in three-valued logic ---- */

/* `decisive` as soon as an item is it; otherwise null if an item is no boolean, else the opposite. */
static gx_value quantify(gx_feel_call *call, gx_value list, bool decisive)
{
    if (!gx_feel_spend(call, list.size))
        return gx_value_null();
    size_t unknown = list.size;
    for (size_t i = 0; i < list.size; i++) {
        if (list.items[i].kind != GX_BOOLEAN)
            unknown = i;
        else if (list.items[i].boolean == decisive)
            return gx_value_boolean(decisive);
    }
    return unknown < list.size ? gx_builtin_domain(call, list.items[unknown]) : gx_value_boolean(!decisive);
}

gx_value gx_builtin_all(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)count;
    return quantify(call, arguments[0], false);
}

gx_value gx_builtin_all_of(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    return quantify(call, list_of(arguments, count), false);
}

gx_value gx_builtin_any(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)count;
    return quantify(call, arguments[0], true);
}

gx_value gx_builtin_any_of(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    return quantify(call, list_of(arguments, count), true);
}

/* ---- Making other lists ---- */

static void add_all(gx_list_builder *builder, const gx_value *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        gx_list_add(builder, items[i]);
}

/* A position from the start (1 and more) or from the end (-1 and less) as an index. False outside the list.
 */
static bool index_of_position(gx_value position, size_t size, size_t *index)
{
    int64_t whole;
    if (!gx_builtin_whole(position, &whole) || whole == 0 || whole > (int64_t)size || whole < -(int64_t)size)
        return false;
    *index = (size_t)(whole > 0 ? whole - 1 : (int64_t)size + whole);
    return true;
}

gx_value gx_builtin_sublist(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    gx_value list = arguments[0];
    size_t start;
    if (!index_of_position(arguments[1], list.size, &start))
        return gx_builtin_domain(call, arguments[1]);
    int64_t rest = (int64_t)(list.size - start), length = rest;
    if (count > 2 && !gx_value_is_absent(arguments[2]) &&
        (!gx_builtin_whole(arguments[2], &length) || length < 1 || length > rest))
        return gx_builtin_domain(call, arguments[2]);
    return gx_value_list(list.items + start, (size_t)length);
}

gx_value gx_builtin_append(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    gx_value list = arguments[0];
    size_t size = list.size + count - 1;
    if (!gx_feel_spend(call, size) || !gx_feel_allows_list(call, size))
        return gx_value_null();
    gx_list_builder result = gx_list_begin(call->arena, size);
    add_all(&result, list.items, list.size);
    add_all(&result, arguments + 1, count - 1);
    return gx_list_end(&result);
}

gx_value gx_builtin_concatenate(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    uint64_t size = 0;
    for (size_t i = 0; i < count; i++)
        size += arguments[i].size;
    if (!gx_feel_spend(call, size) || !gx_feel_allows_list(call, size))
        return gx_value_null();
    gx_list_builder result = gx_list_begin(call->arena, size);
    for (size_t i = 0; i < count; i++)
        add_all(&result, arguments[i].items, arguments[i].size);
    return gx_list_end(&result);
}

/* The list without `removed` items from `at` on and with `added` (if any) in their place. */
static gx_value splice(gx_feel_call *call, gx_value list, size_t at, size_t removed, const gx_value *added)
{
    size_t size = list.size - removed + (added != NULL);
    if (!gx_feel_spend(call, size) || !gx_feel_allows_list(call, size))
        return gx_value_null();
    gx_list_builder result = gx_list_begin(call->arena, size);
    add_all(&result, list.items, at);
    add_all(&result, added, added != NULL);
    add_all(&result, list.items + at + removed, list.size - at - removed);
    return gx_list_end(&result);
}

gx_value gx_builtin_insert_before(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)count;
    size_t index;
    if (!index_of_position(arguments[1], arguments[0].size, &index))
        return gx_builtin_domain(call, arguments[1]);
    return splice(call, arguments[0], index, 0, &arguments[2]);
}

gx_value gx_builtin_remove(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)count;
    size_t index;
    if (!index_of_position(arguments[1], arguments[0].size, &index))
        return gx_builtin_domain(call, arguments[1]);
    return splice(call, arguments[0], index, 1, NULL);
}

gx_value gx_builtin_list_replace(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)count;
    size_t index;
    if (!index_of_position(arguments[1], arguments[0].size, &index))
        return gx_builtin_domain(call, arguments[1]);
    return splice(call, arguments[0], index, 1, &arguments[2]);
}

/* Every item for which match(item, newItem) is true is replaced. */
gx_value gx_builtin_list_replace_matching(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)count;
    gx_value list = arguments[0], match = arguments[1], item = arguments[2];
    size_t parameters;
    const gx_text *names;
    if (!gx_function_parameters(match, &parameters, &names) || parameters != 2)
        return gx_builtin_domain(call, match);
    gx_list_builder result = gx_list_begin(call->arena, list.size);
    for (size_t i = 0; i < list.size; i++) {
        gx_value answer = gx_feel_invoke(call, match, (const gx_value[]){list.items[i], item}, 2);
        if (answer.kind != GX_BOOLEAN)
            return gx_builtin_domain(call, answer);
        gx_list_add(&result, answer.boolean ? item : list.items[i]);
    }
    return gx_list_end(&result);
}

gx_value gx_builtin_reverse(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)count;
    gx_value list = arguments[0];
    if (!gx_feel_spend(call, list.size))
        return gx_value_null();
    gx_list_builder result = gx_list_begin(call->arena, list.size);
    for (size_t i = list.size; i > 0; i--)
        gx_list_add(&result, list.items[i - 1]);
    return gx_list_end(&result);
}

/* Adds what is not yet in the list. Quadratic, and accounted as such. */
static bool add_new(gx_feel_call *call, gx_list_builder *builder, gx_value list)
{
    for (size_t i = 0; i < list.size; i++) {
        if (!gx_feel_spend(call, builder->count / 4 + 1))
            return false;
        bool is_known = false;
        for (size_t j = 0; j < builder->count && !is_known; j++)
            is_known = gx_value_same(builder->items[j], list.items[i]);
        if (!is_known)
            gx_list_add(builder, list.items[i]);
    }
    return true;
}

gx_value gx_builtin_union(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    gx_list_builder result = gx_list_begin(call->arena, 0);
    for (size_t i = 0; i < count; i++)
        if (!add_new(call, &result, arguments[i]))
            return gx_value_null();
    return gx_list_end(&result);
}

gx_value gx_builtin_distinct_values(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    return gx_builtin_union(call, arguments, count);
}

static bool flatten(gx_feel_call *call, gx_list_builder *builder, gx_value list, unsigned depth)
{
    if (depth > GX_LIMIT_FEEL_DEPTH || !gx_feel_spend(call, list.size))
        return false;
    for (size_t i = 0; i < list.size; i++) {
        if (list.items[i].kind != GX_LIST)
            gx_list_add(builder, list.items[i]);
        else if (!flatten(call, builder, list.items[i], depth + 1))
            return false;
    }
    return gx_feel_allows_list(call, builder->count);
}

gx_value gx_builtin_flatten(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)count;
    gx_list_builder result = gx_list_begin(call->arena, 0);
    return flatten(call, &result, arguments[0], 0) ? gx_list_end(&result) : gx_value_null();
}
