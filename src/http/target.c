#include "http/target.h"

#include <string.h>

static int hex_digit(char byte)
{
    return byte >= '0' && byte <= '9'   ? byte - '0'
           : byte >= 'a' && byte <= 'f' ? byte - 'a' + 10
           : byte >= 'A' && byte <= 'F' ? byte - 'A' + 10
                                        : -1;
}

/* Decodes %XX once; false for a broken escape or a NUL. */
static bool decode(gx_arena *arena, gx_text raw, bool plus_is_blank, gx_text *decoded)
{
    char *bytes = gx_alloc(arena, raw.size + 1);
    size_t size = 0;
    for (size_t i = 0; i < raw.size; i++) {
        char byte = raw.bytes[i];
        if (byte == '%') {
            int high = i + 2 < raw.size ? hex_digit(raw.bytes[i + 1]) : -1;
            int low = i + 2 < raw.size ? hex_digit(raw.bytes[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            byte = (char)(high * 16 + low);
            i += 2;
        } else if (byte == '+' && plus_is_blank) {
            byte = ' ';
        }
        if (byte == 0)
            return false;
        bytes[size++] = byte;
    }
    *decoded = (gx_text){bytes, size};
    return gx_utf8_is_valid(*decoded);
}

static bool is_dot_segment(gx_text segment)
{
    return gx_text_equal(segment, GX_TEXT(".")) || gx_text_equal(segment, GX_TEXT(".."));
}

bool gx_target_decode(gx_arena *arena, gx_text target, gx_text *path, gx_text *query)
{
    gx_text raw = gx_text_cut(target, '?', query);
    if (!query->bytes)
        *query = (gx_text){"", 0};
    if (raw.size == 0 || raw.bytes[0] != '/')
        return false;
    for (size_t i = 0; i + 2 < raw.size; i++) {
        if (raw.bytes[i] != '%')
            continue;
        int value = hex_digit(raw.bytes[i + 1]) * 16 + hex_digit(raw.bytes[i + 2]);
        if (value == '/' || value == '\\' || value == '%' || value < 0x20 || value == 0x7F)
            return false;
    }
    if (!decode(arena, raw, false, path))
        return false;
    for (size_t i = 0; i < path->size; i++)
        if ((unsigned char)path->bytes[i] < 0x20 || path->bytes[i] == '\\' || path->bytes[i] == 0x7F)
            return false;
    for (gx_text rest = gx_text_slice(*path, 1, path->size); rest.bytes;)
        if (is_dot_segment(gx_text_cut(rest, '/', &rest)))
            return false;
    return true;
}

bool gx_query_next(gx_arena *arena, gx_text *rest, gx_text *name, gx_text *value)
{
    gx_text raw_value, field = gx_text_cut(*rest, '&', rest);
    gx_text raw_name = gx_text_cut(field, '=', &raw_value);
    if (!raw_value.bytes)
        raw_value = (gx_text){"", 0};
    return decode(arena, raw_name, true, name) && decode(arena, raw_value, true, value);
}

gx_text gx_cookie_find(gx_text cookies, const char *name)
{
    while (cookies.bytes && cookies.size) {
        gx_text value, cookie = gx_text_trim(gx_text_cut(cookies, ';', &cookies));
        gx_text key = gx_text_cut(cookie, '=', &value);
        if (value.bytes && gx_text_equal(key, gx_text_of(name)))
            return value;
    }
    return (gx_text){NULL, 0};
}

bool gx_pattern_match(const char *pattern, gx_text path, gx_text *names, gx_text *values, size_t most,
                      size_t *count)
{
    gx_text pattern_rest = gx_text_of(pattern), path_rest = path;
    *count = 0;
    while (pattern_rest.bytes && path_rest.bytes) {
        gx_text wanted = gx_text_cut(pattern_rest, '/', &pattern_rest),
                is = gx_text_cut(path_rest, '/', &path_rest);
        if (wanted.size > 1 && wanted.bytes[0] == '{') {
            if (is.size == 0 || *count == most)
                return false;
            names[*count] = gx_text_slice(wanted, 1, wanted.size - 1);
            values[(*count)++] = is;
        } else if (!gx_text_equal(wanted, is)) {
            return false;
        }
    }
    return !pattern_rest.bytes && !path_rest.bytes;
}
