/* base/text.h: slices of UTF-8 text.
 * A gx_text points at bytes that somebody else owns; it is not terminated by a zero byte. The empty text has
 * size 0. Pure. Safe on any thread. */
#ifndef GX_BASE_TEXT_H
#define GX_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct gx_text {
    const char *bytes;
    size_t size; /* in bytes */
} gx_text;

#define GX_COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* A literal as text, usable in static initialisers: GX_TEXT("abc"). */
#define GX_TEXT(literal) ((gx_text){"" literal, sizeof(literal) - 1})

/* Arguments for printf's "%.*s". */
#define GX_PRINT(text) (int)(text).size, (text).bytes

/* A zero-terminated string as text; NULL is the empty text. Borrows. */
gx_text gx_text_of(const char *terminated);

/* Names are short: those of up to 16 bytes are compared without a call. */
static inline bool gx_text_equal(gx_text a, gx_text b)
{
    if (a.size != b.size)
        return false;
    if (a.size >= 8 && a.size <= 16) {
        uint64_t head[2], tail[2];
        __builtin_memcpy(&head[0], a.bytes, 8);
        __builtin_memcpy(&head[1], b.bytes, 8);
        __builtin_memcpy(&tail[0], a.bytes + a.size - 8, 8);
        __builtin_memcpy(&tail[1], b.bytes + b.size - 8, 8);
        return ((head[0] ^ head[1]) | (tail[0] ^ tail[1])) == 0;
    }
    if (a.size >= 4 && a.size < 8) {
        uint32_t head[2], tail[2];
        __builtin_memcpy(&head[0], a.bytes, 4);
        __builtin_memcpy(&head[1], b.bytes, 4);
        __builtin_memcpy(&tail[0], a.bytes + a.size - 4, 4);
        __builtin_memcpy(&tail[1], b.bytes + b.size - 4, 4);
        return ((head[0] ^ head[1]) | (tail[0] ^ tail[1])) == 0;
    }
    if (a.size < 4) {
        for (size_t i = 0; i < a.size; i++)
            if (a.bytes[i] != b.bytes[i])
                return false;
        return true;
    }
    return __builtin_memcmp(a.bytes, b.bytes, a.size) == 0;
}
/* Byte order, which for UTF-8 is code point order: negative, 0 or positive. */
int gx_text_compare(gx_text a, gx_text b);
bool gx_text_starts_with(gx_text text, gx_text prefix);
bool gx_text_ends_with(gx_text text, gx_text suffix);
/* The index of the first byte of `part`, or -1. The empty part is found at 0. */
ptrdiff_t gx_text_find(gx_text text, gx_text part);
/* The bytes [start, end) of a text; both are cut to its size. */
gx_text gx_text_slice(gx_text text, size_t start, size_t end);
/* Without ASCII white space at both ends. */
gx_text gx_text_trim(gx_text text);
/* Splits at the first `separator`: the part before it is returned, `rest` becomes the part after it. Without
 * a separator the whole is returned and `rest` is empty with bytes NULL. */
gx_text gx_text_cut(gx_text text, char separator, gx_text *rest);

/* An integer in decimal ASCII: optional sign, digits, nothing else. False outside int64_t or for anything
 * else. */
bool gx_text_to_int(gx_text text, int64_t *number);

/* UTF-8 (RFC 3629): false for overlong forms, surrogates, values above U+10FFFF and cut sequences. */
bool gx_utf8_is_valid(gx_text text);
/* Decodes the code point at `*position` of valid UTF-8 and moves on. Needs *position < text.size. */
uint32_t gx_utf8_next(gx_text text, size_t *position);
/* Number of code points of valid UTF-8. */
size_t gx_utf8_count(gx_text text);
/* Writes 1 to 4 bytes, returns how many. The code point must be a scalar value. */
size_t gx_utf8_encode(uint32_t code_point, char bytes[4]);

/* How many letters differ, are too many or are missing, without case in ASCII; at most `most` + 1 when the
 * texts are long. For suggestions: "did you mean". */
size_t gx_text_edits(gx_text a, gx_text b, size_t most);

/* FNV-1a with a final mix: for hash tables only, never for security or for ordering. */
uint64_t gx_text_hash(gx_text text);

#endif
