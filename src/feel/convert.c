/* Values as FEEL text, from and to JSON, and copied between arenas. Values can nest as deep as an expression
 * likes to build them: below GX_LIMIT_VALUE_DEPTH levels these functions stop and write null. */
#include "feel/code.h"

#include <string.h>

/* ---- FEEL text ---- */

static void write_quoted(gx_buffer *out, gx_text text)
{
    gx_buffer_byte(out, '"');
    for (size_t i = 0; i < text.size; i++) {
        char c = text.bytes[i];
        if (c == '"' || c == '\\')
            gx_buffer_byte(out, '\\');
        if (c == '\n')
            gx_buffer_string(out, "\\n");
        else if (c == '\r')
            gx_buffer_string(out, "\\r");
        else if (c == '\t')
            gx_buffer_string(out, "\\t");
        else
            gx_buffer_byte(out, c);
    }
    gx_buffer_byte(out, '"');
}

static void write(gx_buffer *out, gx_value value, bool is_inside, uint32_t depth);

static void write_name(gx_buffer *out, gx_text name)
{
    bool is_plain = name.size > 0 && !(name.bytes[0] >= '0' && name.bytes[0] <= '9');
    for (size_t i = 0; i < name.size && is_plain; i++)
        is_plain = (unsigned char)name.bytes[i] >= 0x80 ||
                   gx_lex_is_name_part((unsigned char)name.bytes[i]) ||
                   (name.bytes[i] == ' ' && i > 0 && i + 1 < name.size);
    if (is_plain)
        gx_buffer_text(out, name);
    else
        write_quoted(out, name);
}

static void write_range(gx_buffer *out, const gx_range *range, uint32_t depth)
{
    if (range->is_test) {
        const char *op = range->is_negated                    ? "!="
                         : range->has_start && range->has_end ? "="
                         : range->has_start                   ? (range->start_included ? ">=" : ">")
                         : range->end_included                ? "<="
                                                              : "<";
        gx_buffer_byte(out, '(');
        gx_buffer_string(out, op);
        gx_buffer_byte(out, ' ');
        write(out, range->has_start ? range->start : range->end, true, depth + 1);
        gx_buffer_byte(out, ')');
        return;
    }
    gx_buffer_byte(out, range->start_included ? '[' : '(');
    write(out, range->has_start ? range->start : gx_value_null(), true, depth + 1);
    gx_buffer_string(out, "..");
    write(out, range->has_end ? range->end : gx_value_null(), true, depth + 1);
    gx_buffer_byte(out, range->end_included ? ']' : ')');
}

static void write_function(gx_buffer *out, const gx_function *function)
{
    gx_buffer_string(out, "function(");
    for (uint32_t i = 0; i < function->parameter_count; i++) {
        gx_buffer_string(out, i ? ", " : "");
        gx_buffer_text(out, function->parameter_names[i]);
    }
    gx_buffer_byte(out, ')');
}

static void write(gx_buffer *out, gx_value value, bool is_inside, uint32_t depth)
{
    if (depth > GX_LIMIT_VALUE_DEPTH)
        value = gx_value_null();
    switch ((gx_kind)value.kind) {
    case GX_NULL: gx_buffer_string(out, "null"); break;
    case GX_BOOLEAN: gx_buffer_string(out, value.boolean ? "true" : "false"); break;
    case GX_NUMBER: gx_number_write(out, value); break;
    case GX_STRING:
        if (is_inside)
            write_quoted(out, gx_value_as_text(value));
        else
            gx_buffer_text(out, gx_value_as_text(value));
        break;
    case GX_DATE:
    case GX_TIME:
    case GX_DATE_TIME:
    case GX_DAYS_DURATION:
    case GX_MONTHS_DURATION: gx_temporal_write(out, value); break;
    case GX_LIST:
        gx_buffer_byte(out, '[');
        for (uint32_t i = 0; i < value.size; i++) {
            gx_buffer_string(out, i ? ", " : "");
            write(out, value.items[i], true, depth + 1);
        }
        gx_buffer_byte(out, ']');
        break;
    case GX_CONTEXT:
        gx_buffer_byte(out, '{');
        for (uint32_t i = 0; i < value.context->count; i++) {
            gx_buffer_string(out, i ? ", " : "");
            write_name(out, value.context->entries[i].name);
            gx_buffer_string(out, ": ");
            write(out, value.context->entries[i].value, true, depth + 1);
        }
        gx_buffer_byte(out, '}');
        break;
    case GX_RANGE: write_range(out, value.range, depth); break;
    case GX_FUNCTION: write_function(out, value.function); break;
    case GX_KIND_COUNT: break;
    }
}

void gx_value_write(gx_buffer *buffer, gx_value value)
{
    write(buffer, value, false, 0);
}

gx_text gx_value_to_text(gx_arena *arena, gx_value value)
{
    gx_buffer out = gx_buffer_in(arena);
    write(&out, value, false, 0);
    return out.size ? gx_buffer_as_text(&out) : GX_TEXT("");
}

/* ---- JSON ---- */

gx_value gx_value_from_json(gx_arena *arena, const gx_json *json)
{
    gx_value number;
    if (!json)
        return gx_value_null();
    switch (json->kind) {
    case GX_JSON_NULL: break;
    case GX_JSON_FALSE: return gx_value_boolean(false);
    case GX_JSON_TRUE: return gx_value_boolean(true);
    case GX_JSON_NUMBER: return gx_number_parse(arena, json->text, &number) ? number : gx_value_null();
    case GX_JSON_STRING: return gx_value_string(arena, json->text);
    case GX_JSON_ARRAY: {
        gx_list_builder items = gx_list_begin(arena, json->count);
        for (const gx_json *item = json->first; item; item = item->next)
            gx_list_add(&items, gx_value_from_json(arena, item));
        return gx_list_end(&items);
    }
    case GX_JSON_OBJECT: {
        gx_entry *entries = GX_NEW_ARRAY(arena, gx_entry, json->count);
        size_t count = 0;
        for (const gx_json *member = json->first; member; member = member->next)
            entries[count++] = (gx_entry){gx_copy(arena, member->name), gx_value_from_json(arena, member)};
        return gx_value_context(arena, entries, count);
    }
    }
    return gx_value_null();
}

static gx_json *to_json(gx_arena *arena, gx_value value, uint32_t depth)
{
    if (depth > GX_LIMIT_VALUE_DEPTH)
        value = gx_value_null();
    switch ((gx_kind)value.kind) {
    case GX_NULL: return gx_json_null(arena);
    case GX_BOOLEAN: return gx_json_bool(arena, value.boolean);
    case GX_NUMBER: return gx_json_number(arena, gx_value_to_text(arena, value));
    case GX_STRING: return gx_json_string(arena, gx_value_as_text(value));
    case GX_LIST: {
        gx_json *array = gx_json_array(arena);
        for (uint32_t i = 0; i < value.size; i++)
            gx_json_append(array, to_json(arena, value.items[i], depth + 1));
        return array;
    }
    case GX_CONTEXT: {
        gx_json *object = gx_json_object(arena);
        for (uint32_t i = 0; i < value.context->count; i++) {
            gx_json *member = to_json(arena, value.context->entries[i].value, depth + 1);
            member->name =
                gx_copy(arena, value.context->entries[i].name); /* unique already: no search needed */
            gx_json_append(object, member);
        }
        return object;
    }
    case GX_DATE:
    case GX_TIME:
    case GX_DATE_TIME:
    case GX_DAYS_DURATION:
    case GX_MONTHS_DURATION:
    case GX_RANGE:
    case GX_FUNCTION:
    case GX_KIND_COUNT: break;
    }
    return gx_json_string(arena, gx_value_to_text(arena, value));
}

gx_json *gx_value_to_json(gx_arena *arena, gx_value value)
{
    return to_json(arena, value, 0);
}

/* ---- Copies ---- */

static gx_value copy(gx_arena *arena, gx_value value, uint32_t depth);

static const gx_value *copy_values(gx_arena *arena, const gx_value *values, uint32_t count, uint32_t depth)
{
    gx_value *copies = GX_NEW_ARRAY(arena, gx_value, count);
    for (uint32_t i = 0; i < count; i++)
        copies[i] = copy(arena, values[i], depth + 1);
    return copies;
}

static gx_feel_time copy_time(gx_arena *arena, gx_feel_time time)
{
    if (time.zone.size)
        time.zone = gx_copy(arena, time.zone);
    return time;
}

static gx_value copy(gx_arena *arena, gx_value value, uint32_t depth)
{
    if (depth > GX_LIMIT_VALUE_DEPTH)
        return gx_value_null();
    switch ((gx_kind)value.kind) {
    case GX_NUMBER:
        if (value.flags & GX_VALUE_WIDE)
            value.wide = gx_copy_bytes(arena, value.wide, sizeof *value.wide);
        return value;
    case GX_STRING: return gx_value_string(arena, gx_value_as_text(value));
    case GX_TIME: return gx_value_time(arena, copy_time(arena, *value.time));
    case GX_DATE_TIME:
        return gx_value_date_time(
            arena, (gx_feel_date_time){value.date_time->date, copy_time(arena, value.date_time->time)});
    case GX_LIST: return gx_value_list(copy_values(arena, value.items, value.size, depth), value.size);
    case GX_CONTEXT: {
        uint32_t count = value.context->count;
        gx_entry *entries = GX_NEW_ARRAY(arena, gx_entry, count);
        for (uint32_t i = 0; i < count; i++)
            entries[i] = (gx_entry){gx_copy(arena, value.context->entries[i].name),
                                    copy(arena, value.context->entries[i].value, depth + 1)};
        return gx_value_context(arena, entries, count);
    }
    case GX_RANGE: {
        gx_range range = *value.range;
        range.start = copy(arena, range.start, depth + 1);
        range.end = copy(arena, range.end, depth + 1);
        return gx_value_range(arena, range);
    }
    case GX_FUNCTION: {
        if (value.function->kind != GX_FUNCTION_CLOSURE)
            return value;
        gx_function *closure = gx_copy_bytes(arena, value.function, sizeof *closure);
        closure->captures = copy_values(arena, closure->captures, closure->code->capture_count, depth);
        closure->context = copy(arena, closure->context, depth + 1);
        closure->input = copy(arena, closure->input, depth + 1);
        return gx_value_function(closure);
    }
    case GX_NULL:
    case GX_BOOLEAN:
    case GX_DATE:
    case GX_DAYS_DURATION:
    case GX_MONTHS_DURATION:
    case GX_KIND_COUNT: break;
    }
    return value;
}

gx_value gx_value_copy(gx_arena *arena, gx_value value)
{
    return copy(arena, value, 0);
}
