/* JSON Schema 2020-12, the part that registers use: type, enum, const, properties, required,
 * additionalProperties (true or false), items, minimum, maximum, minLength, maxLength, minItems, maxItems,
 * pattern, format (date, date-time). Titles, descriptions and x-... are for people. Anything else is refused
 * at load. */
#include "service/register.h"
#include "base/limits.h"

#include <string.h>
#include <unicode/uregex.h>
#include <unicode/ustring.h>

static const char *const keywords[] = {"$schema",   "$id",        "type",        "enum",
                                       "const",     "properties", "required",    "additionalProperties",
                                       "items",     "minimum",    "maximum",     "minLength",
                                       "maxLength", "minItems",   "maxItems",    "pattern",
                                       "format",    "title",      "description", "default",
                                       "examples",  "$comment"};

static void report(gx_findings *findings, const char *code, gx_text path, const gx_json *at, gx_text part1,
                   gx_text part2)
{
    gx_error error;
    gx_fail_at(&error, code, ((gx_place){path, at ? at->line : 0, at ? at->column : 0}), part1, part2);
    gx_findings_add(findings, GX_SEVERITY_ERROR, &error);
}

void gx_register_check_schema(const gx_json *schema, gx_text path, gx_findings *findings)
{
    if (!gx_json_is(schema, GX_JSON_OBJECT))
        return;
    for (const gx_json *member = schema->first; member; member = member->next) {
        bool is_known = gx_text_starts_with(member->name, GX_TEXT("x-"));
        for (size_t i = 0; i < GX_COUNT_OF(keywords) && !is_known; i++)
            is_known = gx_text_equal(member->name, gx_text_of(keywords[i]));
        if (!is_known)
            report(findings, "register.keyword", path, member, member->name, (gx_text){"", 0});
    }
    const gx_json *properties = gx_json_get(schema, "properties");
    for (const gx_json *property = properties ? properties->first : NULL; property; property = property->next)
        gx_register_check_schema(property, path, findings);
    gx_register_check_schema(gx_json_get(schema, "items"), path, findings);
}

static bool is_of_type(const gx_json *value, gx_text type)
{
    switch (value->kind) {
    case GX_JSON_NULL: return gx_text_equal(type, GX_TEXT("null"));
    case GX_JSON_FALSE:
    case GX_JSON_TRUE: return gx_text_equal(type, GX_TEXT("boolean"));
    case GX_JSON_STRING: return gx_text_equal(type, GX_TEXT("string"));
    case GX_JSON_ARRAY: return gx_text_equal(type, GX_TEXT("array"));
    case GX_JSON_OBJECT: return gx_text_equal(type, GX_TEXT("object"));
    case GX_JSON_NUMBER: break;
    }
    int64_t number;
    return gx_text_equal(type, GX_TEXT("number")) ||
           (gx_text_equal(type, GX_TEXT("integer")) && gx_json_to_int(value, &number));
}

static bool has_type(const gx_json *value, const gx_json *type)
{
    if (gx_json_is(type, GX_JSON_STRING))
        return is_of_type(value, type->text);
    for (const gx_json *each = type ? type->first : NULL; each; each = each->next)
        if (is_of_type(value, gx_json_text(each)))
            return true;
    return !type;
}

static bool matches_pattern(gx_arena *arena, gx_text text, gx_text pattern)
{
    UErrorCode status = U_ZERO_ERROR;
    int32_t pattern_size = 0, text_size = 0;
    UChar *wide_pattern = GX_NEW_ARRAY(arena, UChar, pattern.size + 1),
          *wide_text = GX_NEW_ARRAY(arena, UChar, text.size + 1);
    u_strFromUTF8(wide_pattern, (int32_t)pattern.size + 1, &pattern_size, pattern.bytes,
                  (int32_t)pattern.size, &status);
    u_strFromUTF8(wide_text, (int32_t)text.size + 1, &text_size, text.bytes, (int32_t)text.size, &status);
    URegularExpression *expression = uregex_open(wide_pattern, pattern_size, 0, NULL, &status);
    bool matches = false;
    if (U_SUCCESS(status)) {
        uregex_setTimeLimit(expression, 1000, &status);
        uregex_setText(expression, wide_text, text_size, &status);
        matches = uregex_find(expression, 0, &status) && U_SUCCESS(status);
    }
    uregex_close(expression);
    return matches;
}

static bool has_format(gx_text text, gx_text format)
{
    gx_day day;
    gx_instant instant;
    if (gx_text_equal(format, GX_TEXT("date")))
        return gx_day_parse(text, &day);
    return !gx_text_equal(format, GX_TEXT("date-time")) || gx_instant_parse(text, &instant);
}

/* Below, equal or above, by decimal value. */
static int compare_numbers(gx_arena *arena, const gx_json *a, const gx_json *b)
{
    gx_value x, y;
    return gx_number_parse(arena, a->text, &x) && gx_number_parse(arena, b->text, &y)
               ? gx_number_compare(x, y)
               : 0;
}

static void check_size(gx_findings *findings, const gx_json *schema, gx_text path, const gx_json *value,
                       size_t size, const char *least_name, const char *most_name)
{
    int64_t least = gx_json_int_of(schema, least_name, 0),
            most = gx_json_int_of(schema, most_name, INT64_MAX);
    char figure[24];
    if ((int64_t)size < least || (int64_t)size > most)
        report(findings, "register.length", path, value,
               gx_error_int(figure, (int64_t)size < least ? least : most), (gx_text){"", 0});
}

static void validate(gx_arena *arena, const gx_json *schema, const gx_json *value, gx_text path,
                     gx_findings *findings);

static void validate_object(gx_arena *arena, const gx_json *schema, const gx_json *value, gx_text path,
                            gx_findings *findings)
{
    const gx_json *properties = gx_json_get(schema, "properties"),
                  *required = gx_json_get(schema, "required");
    bool is_closed = gx_json_is(gx_json_get(schema, "additionalProperties"), GX_JSON_FALSE);
    for (const gx_json *name = required ? required->first : NULL; name; name = name->next)
        if (!gx_json_get_text_name(value, gx_json_text(name)))
            report(findings, "register.required",
                   gx_format(arena, "%.*s/%.*s", GX_PRINT(path), GX_PRINT(gx_json_text(name))), value,
                   gx_json_text(name), (gx_text){"", 0});
    for (const gx_json *member = value->first; member; member = member->next) {
        const gx_json *property = gx_json_get_text_name(properties, member->name);
        gx_text below = gx_format(arena, "%.*s/%.*s", GX_PRINT(path), GX_PRINT(member->name));
        if (property)
            validate(arena, property, member, below, findings);
        else if (is_closed)
            report(findings, "register.unknown", below, member, member->name, (gx_text){"", 0});
    }
}

static void validate(gx_arena *arena, const gx_json *schema, const gx_json *value, gx_text path,
                     gx_findings *findings)
{
    const gx_json *type = gx_json_get(schema, "type"), *allowed = gx_json_get(schema, "enum"),
                  *only = gx_json_get(schema, "const");
    if (!has_type(value, type)) {
        report(findings, "register.type", path, value,
               gx_json_is(type, GX_JSON_STRING) ? type->text : gx_json_to_text(arena, type),
               (gx_text){"", 0});
        return;
    }
    bool is_allowed = !allowed;
    for (const gx_json *each = allowed ? allowed->first : NULL; each && !is_allowed; each = each->next)
        is_allowed = gx_json_equal(each, value);
    if (!is_allowed || (only && !gx_json_equal(only, value)))
        report(findings, "register.enum", path, value, gx_json_to_text(arena, value), (gx_text){"", 0});
    if (value->kind == GX_JSON_STRING) {
        gx_text pattern = gx_json_text_of(schema, "pattern"), format = gx_json_text_of(schema, "format");
        check_size(findings, schema, path, value, gx_utf8_count(value->text), "minLength", "maxLength");
        if (pattern.size && !matches_pattern(arena, value->text, pattern))
            report(findings, "register.pattern", path, value, pattern, (gx_text){"", 0});
        if (format.size && !has_format(value->text, format))
            report(findings, "register.format", path, value, format, value->text);
    } else if (value->kind == GX_JSON_NUMBER) {
        const gx_json *least = gx_json_get(schema, "minimum"), *most = gx_json_get(schema, "maximum");
        if ((least && compare_numbers(arena, value, least) < 0) ||
            (most && compare_numbers(arena, value, most) > 0))
            report(findings, "register.range", path, value,
                   least && compare_numbers(arena, value, least) < 0 ? least->text : most->text,
                   (gx_text){"", 0});
    } else if (value->kind == GX_JSON_OBJECT) {
        validate_object(arena, schema, value, path, findings);
    } else if (value->kind == GX_JSON_ARRAY) {
        const gx_json *items = gx_json_get(schema, "items");
        size_t index = 0;
        check_size(findings, schema, path, value, value->count, "minItems", "maxItems");
        for (const gx_json *item = value->first; items && item; item = item->next)
            validate(arena, items, item, gx_format(arena, "%.*s/%zu", GX_PRINT(path), index++), findings);
    }
}

void gx_register_validate(gx_arena *arena, const gx_json *schema, const gx_json *record,
                          gx_findings *findings)
{
    if (schema)
        validate(arena, schema, record, (gx_text){"", 0}, findings);
}

/* ---- Masking ---- */

static gx_text mask_text(gx_arena *arena, gx_text text)
{
    size_t count = gx_utf8_count(text);
    bool is_phone = count == 11 && text.size == 11 && text.bytes[0] == '1';
    if (is_phone)
        return gx_format(arena, "%.3s****%.4s", text.bytes, text.bytes + 7);
    if (count == 0)
        return text;
    size_t first = 0;
    gx_utf8_next(text, &first);
    gx_buffer buffer = gx_buffer_in(arena);
    gx_buffer_bytes(&buffer, text.bytes, first);
    for (size_t i = 1; i < count && i < 6; i++)
        gx_buffer_byte(&buffer, '*');
    return gx_buffer_as_text(&buffer);
}

bool gx_register_sees(const gx_packages *packages, const gx_person *person, const gx_json *schema,
                      gx_text field)
{
    gx_text class =
        gx_json_text_of(gx_json_get_text_name(gx_json_get(schema, "properties"), field), "x-class");
    if (gx_text_equal(class, GX_TEXT("personal")))
        return gx_may_reach(packages, person, "field.personal") != GX_REACH_NONE;
    return !gx_text_equal(class, GX_TEXT("sensitive")) ||
           gx_may_reach(packages, person, "field.sensitive") != GX_REACH_NONE;
}

void gx_register_mask(const gx_packages *packages, const gx_person *person, const gx_json *schema,
                      gx_json *record, gx_arena *arena)
{
    for (gx_json *member = record->first; member; member = member->next) {
        if (gx_register_sees(packages, person, schema, member->name))
            continue;
        if (member->kind == GX_JSON_STRING) {
            member->text = mask_text(arena, member->text);
        } else if (member->kind != GX_JSON_NULL) {
            member->kind = GX_JSON_NULL;
            member->first = member->last = NULL;
            member->count = 0;
        }
    }
}
