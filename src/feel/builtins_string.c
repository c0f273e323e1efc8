/* String functions (DMN 1.5, 10.3.4.3) and string() (10.3.4.1). Positions and lengths count code points. */
#include "feel/builtins.h"
#include "feel/code.h"
#include "feel/regex.h"

#include <unicode/ucasemap.h>

gx_value gx_builtin_string(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)count;
    gx_value from = arguments[0];
    if (from.kind == GX_NULL || from.kind == GX_STRING)
        return from;
    return gx_value_text(gx_value_to_text(call->arena, from));
}

gx_value gx_builtin_string_length(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)call, (void)count;
    return gx_value_int((int64_t)gx_utf8_count(gx_value_as_text(arguments[0])));
}

/* ---- Parts ---- */

/* The byte offset of a code point; the size of the text for anything behind its end. */
static size_t byte_offset(gx_text text, int64_t code_points)
{
    size_t offset = 0;
    for (; code_points > 0 && offset < text.size; code_points--)
        gx_utf8_next(text, &offset);
    return offset;
}

gx_value gx_builtin_substring(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    gx_text text = gx_value_as_text(arguments[0]);
    int64_t size = (int64_t)gx_utf8_count(text), start, length = size;
    if (!gx_builtin_whole(arguments[1], &start) || start == 0 || start > size || start < -size)
        return gx_builtin_domain(call, arguments[1]);
    bool has_length = count > 2 && arguments[2].kind == GX_NUMBER;
    if (has_length && (!gx_builtin_whole(arguments[2], &length) || length < 1))
        return gx_builtin_domain(call, arguments[2]);
    size_t from = byte_offset(text, start > 0 ? start - 1 : size + start);
    gx_text rest = gx_text_slice(text, from, text.size);
    return gx_value_text(gx_text_slice(rest, 0, byte_offset(rest, length)));
}

gx_value gx_builtin_substring_before(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)call, (void)count;
    gx_text text = gx_value_as_text(arguments[0]);
    ptrdiff_t at = gx_text_find(text, gx_value_as_text(arguments[1]));
    return gx_value_text(gx_text_slice(text, 0, at < 0 ? 0 : (size_t)at));
}

gx_value gx_builtin_substring_after(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)call, (void)count;
    gx_text text = gx_value_as_text(arguments[0]), match = gx_value_as_text(arguments[1]);
    ptrdiff_t at = gx_text_find(text, match);
    return gx_value_text(gx_text_slice(text, at < 0 ? text.size : (size_t)at + match.size, text.size));
}

/* ---- Tests ---- */

gx_value gx_builtin_contains(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)call, (void)count;
    return gx_value_boolean(gx_text_find(gx_value_as_text(arguments[0]), gx_value_as_text(arguments[1])) >=
                            0);
}

gx_value gx_builtin_starts_with(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)call, (void)count;
    return gx_value_boolean(
        gx_text_starts_with(gx_value_as_text(arguments[0]), gx_value_as_text(arguments[1])));
}

gx_value gx_builtin_ends_with(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)call, (void)count;
    return gx_value_boolean(
        gx_text_ends_with(gx_value_as_text(arguments[0]), gx_value_as_text(arguments[1])));
}

/* ---- Case: Unicode's full mappings, in no language ---- */

typedef int32_t map_case(const UCaseMap *map, char *to, int32_t capacity, const char *from, int32_t size,
                         UErrorCode *status);

static gx_value change_case(gx_feel_call *call, gx_text text, map_case *map)
{
    UErrorCode status = U_ZERO_ERROR;
    UCaseMap *root = ucasemap_open("", 0, &status);
    int32_t size = map(root, NULL, 0, text.bytes, (int32_t)text.size, &status);
    ucasemap_close(root);
    if (!gx_feel_allows_string(call, (uint64_t)size))
        return gx_value_null();
    char *mapped = gx_alloc(call->arena, (size_t)size + 1);
    status = U_ZERO_ERROR;
    root = ucasemap_open("", 0, &status);
    map(root, mapped, size + 1, text.bytes, (int32_t)text.size, &status);
    ucasemap_close(root);
    return gx_value_text((gx_text){mapped, (size_t)size});
}

gx_value gx_builtin_upper_case(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)count;
    return change_case(call, gx_value_as_text(arguments[0]), ucasemap_utf8ToUpper);
}

gx_value gx_builtin_lower_case(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)count;
    return change_case(call, gx_value_as_text(arguments[0]), ucasemap_utf8ToLower);
}

/* ---- Regular expressions ---- */

enum { BYTES_PER_STEP = 16 }; /* what a regular expression looks at, in the currency of the budget */

static bool spend(void *vm, uint64_t steps)
{
    return gx_feel_spend(&((gx_feel_vm *)vm)->call, steps);
}

static gx_regex *compile(gx_feel_call *call, gx_value pattern, gx_value flags, gx_text subject)
{
    if (!gx_feel_spend(call, (subject.size + pattern.size) / BYTES_PER_STEP + 1))
        return NULL;
    gx_regex *regex = gx_regex_compile(&call->vm->regexes, call->arena, gx_value_as_text(pattern),
                                       gx_value_as_text(flags), spend, call->vm);
    if (!regex)
        gx_feel_null(call, "feel.null.pattern", gx_text_of(call->builtin->name), gx_value_as_text(pattern));
    return regex;
}

static gx_value refuse(gx_feel_call *call, gx_regex_result result, gx_value pattern)
{
    return gx_feel_null(call, result == GX_REGEX_LIMIT ? "feel.null.pattern.limit" : "feel.null.pattern",
                        gx_text_of(call->builtin->name), gx_value_as_text(pattern));
}

gx_value gx_builtin_matches(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    gx_text input = gx_value_as_text(arguments[0]);
    gx_regex *regex = compile(call, arguments[1], count > 2 ? arguments[2] : gx_value_null(), input);
    if (!regex)
        return gx_value_null();
    gx_arena_mark mark = gx_arena_here(call->arena);
    gx_regex_result result = gx_regex_find(regex, input);
    gx_arena_rewind(call->arena, mark);
    if (result == GX_REGEX_LIMIT)
        return refuse(call, result, arguments[1]);
    return gx_value_boolean(result == GX_REGEX_YES);
}

gx_value gx_builtin_replace(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    gx_text input = gx_value_as_text(arguments[0]);
    gx_regex *regex = compile(call, arguments[1], count > 3 ? arguments[3] : gx_value_null(), input);
    if (!regex)
        return gx_value_null();
    gx_buffer buffer = gx_buffer_in(call->arena);
    gx_regex_result result = gx_regex_replace(regex, input, gx_value_as_text(arguments[2]), &buffer);
    if (result != GX_REGEX_YES)
        return refuse(call, result, arguments[1]);
    return gx_feel_allows_string(call, buffer.size) ? gx_value_text(gx_buffer_as_text(&buffer))
                                                    : gx_value_null();
}

static void add_part(void *context, gx_text part)
{
    gx_list_add(context, gx_value_text(part));
}

gx_value gx_builtin_split(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)count;
    gx_text input = gx_value_as_text(arguments[0]);
    gx_regex *regex = compile(call, arguments[1], gx_value_null(), input);
    if (!regex)
        return gx_value_null();
    gx_list_builder parts = gx_list_begin(call->arena, 0);
    gx_regex_result result = gx_regex_split(regex, input, add_part, &parts);
    if (result != GX_REGEX_YES)
        return refuse(call, result, arguments[1]);
    return gx_feel_allows_list(call, parts.count) ? gx_list_end(&parts) : gx_value_null();
}

gx_value gx_builtin_string_join(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    gx_value list = arguments[0];
    gx_text delimiter = count > 1 ? gx_value_as_text(arguments[1]) : GX_TEXT("");
    if (!gx_feel_spend(call, list.size))
        return gx_value_null();
    gx_buffer joined = gx_buffer_in(call->arena);
    bool is_first = true;
    for (size_t i = 0; i < list.size; i++) {
        if (list.items[i].kind == GX_NULL)
            continue; /* nulls are left out */
        if (list.items[i].kind != GX_STRING)
            return gx_builtin_domain(call, list.items[i]);
        if (!is_first)
            gx_buffer_text(&joined, delimiter);
        gx_buffer_text(&joined, gx_value_as_text(list.items[i]));
        is_first = false;
        if (!gx_feel_allows_string(call, joined.size))
            return gx_value_null();
    }
    return gx_value_text(gx_buffer_as_text(&joined));
}
