#include "base/text.h"

#include <string.h>

gx_text gx_text_of(const char *terminated)
{
    return (gx_text){terminated ? terminated : "", terminated ? strlen(terminated) : 0};
}

int gx_text_compare(gx_text a, gx_text b)
{
    size_t shorter = a.size < b.size ? a.size : b.size;
    int order = shorter ? memcmp(a.bytes, b.bytes, shorter) : 0;
    if (order != 0)
        return order;
    return (a.size > b.size) - (a.size < b.size);
}

bool gx_text_starts_with(gx_text text, gx_text prefix)
{
    return prefix.size <= text.size && gx_text_equal(gx_text_slice(text, 0, prefix.size), prefix);
}

bool gx_text_ends_with(gx_text text, gx_text suffix)
{
    return suffix.size <= text.size &&
           gx_text_equal(gx_text_slice(text, text.size - suffix.size, text.size), suffix);
}

ptrdiff_t gx_text_find(gx_text text, gx_text part)
{
    if (part.size == 0)
        return 0;
    if (part.size > text.size)
        return -1;
    const char *found = memmem(text.bytes, text.size, part.bytes, part.size);
    return found ? found - text.bytes : -1;
}

gx_text gx_text_slice(gx_text text, size_t start, size_t end)
{
    if (end > text.size)
        end = text.size;
    if (start > end)
        start = end;
    return (gx_text){text.bytes ? text.bytes + start : "", end - start};
}

static bool is_space(char byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

gx_text gx_text_trim(gx_text text)
{
    size_t start = 0;
    size_t end = text.size;
    while (start < end && is_space(text.bytes[start]))
        start++;
    while (end > start && is_space(text.bytes[end - 1]))
        end--;
    return gx_text_slice(text, start, end);
}

gx_text gx_text_cut(gx_text text, char separator, gx_text *rest)
{
    const char *at = text.size ? memchr(text.bytes, separator, text.size) : NULL;
    if (!at) {
        *rest = (gx_text){NULL, 0};
        return text;
    }
    size_t before = (size_t)(at - text.bytes);
    *rest = gx_text_slice(text, before + 1, text.size);
    return gx_text_slice(text, 0, before);
}

bool gx_text_to_int(gx_text text, int64_t *number)
{
    size_t i = 0;
    bool is_negative = text.size > 0 && text.bytes[0] == '-';
    if (text.size > 0 && (text.bytes[0] == '-' || text.bytes[0] == '+'))
        i = 1;
    if (i == text.size)
        return false;
    int64_t value = 0; /* kept negative, so that INT64_MIN fits */
    for (; i < text.size; i++) {
        char byte = text.bytes[i];
        if (byte < '0' || byte > '9')
            return false;
        if (__builtin_mul_overflow(value, 10, &value) || __builtin_sub_overflow(value, byte - '0', &value))
            return false;
    }
    if (!is_negative && value == INT64_MIN)
        return false;
    *number = is_negative ? value : -value;
    return true;
}

/* The length of the sequence at `bytes` and its code point, or 0 if it is not well-formed (Unicode, table 3-7). */
static size_t decode(const unsigned char *bytes, size_t size, uint32_t *code_point)
{
    unsigned char first = bytes[0];
    if (first < 0x80) {
        *code_point = first;
        return 1;
    }
    size_t length = first >= 0xC2 && first <= 0xDF ? 2 : (first & 0xF0) == 0xE0 ? 3 : first >= 0xF0 && first <= 0xF4 ? 4 : 0;
    if (length == 0 || length > size)
        return 0;
    unsigned char low = 0x80, high = 0xBF; /* the second byte's range excludes overlong forms and surrogates */
    if (first == 0xE0)
        low = 0xA0;
    else if (first == 0xED)
        high = 0x9F;
    else if (first == 0xF0)
        low = 0x90;
    else if (first == 0xF4)
        high = 0x8F;
    if (bytes[1] < low || bytes[1] > high)
        return 0;
    uint32_t value = first & (length == 2 ? 0x1Fu : length == 3 ? 0x0Fu : 0x07u);
    value = value << 6 | (bytes[1] & 0x3Fu);
    for (size_t i = 2; i < length; i++) {
        if ((bytes[i] & 0xC0) != 0x80)
            return 0;
        value = value << 6 | (bytes[i] & 0x3Fu);
    }
    *code_point = value;
    return length;
}

bool gx_utf8_is_valid(gx_text text)
{
    for (size_t i = 0; i < text.size;) {
        uint32_t ignored;
        size_t length = decode((const unsigned char *)text.bytes + i, text.size - i, &ignored);
        if (length == 0)
            return false;
        i += length;
    }
    return true;
}

uint32_t gx_utf8_next(gx_text text, size_t *position)
{
    uint32_t code_point = 0xFFFD;
    size_t length = decode((const unsigned char *)text.bytes + *position, text.size - *position, &code_point);
    *position += length ? length : 1;
    return code_point;
}

size_t gx_utf8_count(gx_text text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.size; i++)
        count += ((unsigned char)text.bytes[i] & 0xC0) != 0x80;
    return count;
}

size_t gx_utf8_encode(uint32_t code_point, char bytes[4])
{
    if (code_point < 0x80) {
        bytes[0] = (char)code_point;
        return 1;
    }
    size_t length = code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--) {
        bytes[i] = (char)(0x80 | (code_point & 0x3F));
        code_point >>= 6;
    }
    bytes[0] = (char)((length == 2 ? 0xC0 : length == 3 ? 0xE0 : 0xF0) | code_point);
    return length;
}

uint64_t gx_text_hash(gx_text text)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < text.size; i++)
        hash = (hash ^ (unsigned char)text.bytes[i]) * 0x100000001b3u;
    hash ^= hash >> 32;
    return hash * 0x9E3779B97F4A7C15u;
}

enum { NEAR_SIZE = 64 };

size_t gx_text_edits(gx_text a, gx_text b, size_t most)
{
    if (a.size > NEAR_SIZE || b.size > NEAR_SIZE)
        return most + 1;
    uint8_t row[NEAR_SIZE + 1];
    for (size_t j = 0; j <= b.size; j++)
        row[j] = (uint8_t)j;
    for (size_t i = 1; i <= a.size; i++) {
        uint8_t diagonal = row[0];
        row[0] = (uint8_t)i;
        for (size_t j = 1; j <= b.size; j++) {
            uint8_t above = row[j];
            uint8_t change = (uint8_t)(diagonal + ((a.bytes[i - 1] | 0x20) != (b.bytes[j - 1] | 0x20)));
            uint8_t least = above < row[j - 1] ? above : row[j - 1];
            row[j] = (uint8_t)(least + 1) < change ? (uint8_t)(least + 1) : change;
            diagonal = above;
        }
    }
    return row[b.size];
}
