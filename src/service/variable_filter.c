#include "service/variable_filter.h"

#include <string.h>

static const struct {
    const char *name, *sign;
} comparisons[] = {
    [GX_COMPARE_EQ] = {"eq", "="},        [GX_COMPARE_NEQ] = {"neq", "<>"},
    [GX_COMPARE_GT] = {"gt", ">"},        [GX_COMPARE_GTEQ] = {"gteq", ">="},
    [GX_COMPARE_LT] = {"lt", "<"},        [GX_COMPARE_LTEQ] = {"lteq", "<="},
    [GX_COMPARE_LIKE] = {"like", "LIKE"},
};

bool gx_comparison_of(gx_text name, gx_comparison *comparison)
{
    for (size_t i = 0; i < GX_COUNT_OF(comparisons); i++)
        if (gx_text_equal(name, gx_text_of(comparisons[i].name))) {
            *comparison = (gx_comparison)i;
            return true;
        }
    return false;
}

/* ---- By the index ---- */

static bool find_field(const gx_packages *packages, gx_text path, gx_search_field *found)
{
    gx_search_field fields[GX_SEARCH_FIELDS];
    size_t count = gx_search_fields(packages, fields);
    for (size_t i = 0; i < count; i++)
        if (gx_text_equal(fields[i].path, path)) {
            *found = fields[i];
            return true;
        }
    return false;
}

/* The value as the index has it: of the declared type, and whole. */
static bool as_declared(const gx_search_field *field, const gx_variable_condition *condition, gx_text *text,
                        double *number)
{
    const gx_json *value = condition->value;
    bool is_order = condition->comparison != GX_COMPARE_EQ && condition->comparison != GX_COMPARE_NEQ,
         is_like = condition->comparison == GX_COMPARE_LIKE;
    gx_day day;
    if (gx_json_is_nothing(value))
        return false;
    bool is_text = gx_json_is(value, GX_JSON_STRING);
    *text = value->text;
    switch (field->type) {
    case GX_SEARCH_TEXT:
        return is_text && text->size > 0 && text->size < GX_SEARCH_TEXT_MOST &&
               gx_text_equal(gx_text_trim(*text), *text);
    case GX_SEARCH_NUMBER:
        return !is_like && (gx_json_is(value, GX_JSON_NUMBER) || (is_text && condition->is_spelled)) &&
               gx_search_read_number(*text, number);
    case GX_SEARCH_DATE: return !is_like && is_text && gx_day_parse(*text, &day);
    case GX_SEARCH_BOOLEAN:
        if (is_text && condition->is_spelled)
            return !is_order &&
                   (gx_text_equal(*text, GX_TEXT("true")) || gx_text_equal(*text, GX_TEXT("false")));
        *text = gx_json_is_true(value) ? GX_TEXT("true") : GX_TEXT("false");
        return !is_order && (gx_json_is(value, GX_JSON_TRUE) || gx_json_is(value, GX_JSON_FALSE));
    }
    return false;
}

bool gx_variable_condition_add(gx_query *query, gx_db *db, const gx_packages *packages,
                               const gx_variable_condition *condition, bool *is_added, gx_error *error)
{
    gx_search_field field;
    gx_text text;
    double number = 0;
    *is_added = false;
    if (!find_field(packages, condition->name, &field) || !as_declared(&field, condition, &text, &number))
        return true;
    if (!gx_search_is_filled(db, field.id, is_added, error))
        return false;
    if (!*is_added)
        return true;
    bool is_number = field.type == GX_SEARCH_NUMBER;
    gx_query_add(query, " AND c.id IN (SELECT v.case_id FROM case_variable v WHERE v.name = ");
    gx_query_text(query, field.id);
    gx_query_add(query, is_number ? " AND v.number " : " AND v.text ");
    if (condition->comparison == GX_COMPARE_LIKE) {
        gx_query_like(query, text);
    } else {
        gx_query_add(query, comparisons[condition->comparison].sign);
        gx_query_add(query, " ");
        if (is_number)
            gx_query_real(query, number);
        else
            gx_query_text(query, text);
    }
    gx_query_add(query, ")");
    return true;
}

/* ---- Case by case ---- */

/* A variable of that very name before a path into one. */
static bool find_value(gx_value variables, gx_text name, gx_value *value)
{
    *value = variables;
    if (gx_context_find(variables, name, value))
        return true;
    while (name.size) {
        gx_text one = gx_text_cut(name, '.', &name);
        if (!gx_context_find(*value, one, value))
            return false;
    }
    return true;
}

static char folded(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static size_t character(gx_text text, size_t at)
{
    size_t size = 1;
    while (at + size < text.size && ((unsigned char)text.bytes[at + size] & 0xC0) == 0x80)
        size++;
    return size;
}

/* One step back to the last % is enough, so it takes no more than size times size. */
static bool matches_like(gx_text text, gx_text pattern)
{
    size_t at = 0, in = 0, star = SIZE_MAX, resume = 0;
    while (at < text.size) {
        bool is_escaped = in + 1 < pattern.size && pattern.bytes[in] == '\\';
        if (in < pattern.size && pattern.bytes[in] == '%') {
            star = in++;
            resume = at;
        } else if (in < pattern.size && pattern.bytes[in] == '_') {
            in++;
            at += character(text, at);
        } else if (in < pattern.size && folded(pattern.bytes[in + is_escaped]) == folded(text.bytes[at])) {
            in += 1u + is_escaped;
            at++;
        } else if (star != SIZE_MAX) {
            in = star + 1;
            resume += character(text, resume);
            at = resume;
        } else {
            return false;
        }
    }
    while (in < pattern.size && pattern.bytes[in] == '%')
        in++;
    return in == pattern.size;
}

static gx_value sought_for(gx_arena *arena, const gx_variable_condition *condition, gx_value is)
{
    gx_error ignored = {0};
    if (!condition->is_spelled || is.kind == GX_STRING)
        return gx_value_from_json(arena, condition->value);
    gx_json *read = gx_json_parse(arena, condition->value->text, GX_TEXT(""), &ignored);
    return read ? gx_value_from_json(arena, read) : gx_value_null();
}

bool gx_variable_condition_is_met(gx_arena *arena, const gx_variable_condition *condition, gx_value variables)
{
    gx_value is;
    int order = 0;
    if (!find_value(variables, condition->name, &is))
        return false;
    bool is_null = gx_value_is_null(is);
    gx_comparison comparison = condition->comparison;
    if (comparison == GX_COMPARE_LIKE)
        return is.kind == GX_STRING && matches_like(gx_value_as_text(is), gx_json_text(condition->value));
    if (gx_json_is_nothing(condition->value))
        return (comparison == GX_COMPARE_EQ && is_null) || (comparison == GX_COMPARE_NEQ && !is_null);
    gx_value sought = sought_for(arena, condition, is);
    if (comparison == GX_COMPARE_EQ)
        return gx_value_equal(is, sought) == GX_EQUAL;
    if (comparison == GX_COMPARE_NEQ)
        return !is_null && gx_value_equal(is, sought) == GX_DIFFERENT;
    if (!gx_value_order(is, sought, &order))
        return false;
    return comparison == GX_COMPARE_GT     ? order > 0
           : comparison == GX_COMPARE_GTEQ ? order >= 0
           : comparison == GX_COMPARE_LT   ? order < 0
                                           : order <= 0;
}
