/* Running a translated pattern with ICU. Texts become UTF-16 for it and come back as UTF-8, part by part. */
#include "feel/regex.h"
#include "base/limits.h"

#include <unicode/uregex.h>
#include <unicode/ustring.h>

enum {
    STEPS_PER_CALLBACK = 1000, /* what 10,000 of ICU's steps count in an evaluation's budget */
    CACHE_SLOTS = 16,
};

struct gx_regex {
    gx_arena *arena;
    gx_text pattern, flags;
    URegularExpression *icu;
    int group_count;
    gx_regex_watch *watch;
    void *context;
};

struct gx_regex_cache {
    gx_regex *slots[CACHE_SLOTS];
    unsigned next; /* to be given up when all are taken */
};

typedef struct wide_text {
    const UChar *units;
    int32_t size;
} wide_text;

static wide_text widen(gx_arena *arena, gx_text text)
{
    UChar *units =
        GX_NEW_ARRAY(arena, UChar, text.size + 1); /* UTF-16 never needs more units than UTF-8 bytes */
    int32_t size = 0;
    UErrorCode status = U_ZERO_ERROR;
    u_strFromUTF8(units, (int32_t)text.size + 1, &size, text.bytes, (int32_t)text.size, &status);
    return (wide_text){units, U_SUCCESS(status) ? size : 0};
}

static void write_units(gx_buffer *buffer, const UChar *units, int32_t start, int32_t end)
{
    while (start < end) {
        uint32_t code_point = units[start++];
        char bytes[4];
        if (U16_IS_LEAD(code_point) && start < end && U16_IS_TRAIL(units[start]))
            code_point = 0x10000 + ((code_point - 0xD800) << 10) + (units[start++] - 0xDC00u);
        if (U16_IS_SURROGATE(
                code_point)) /* half of a pair: a match cannot end there, so only by our own mistake */
            code_point = 0xFFFD;
        gx_buffer_bytes(buffer, bytes, gx_utf8_encode(code_point, bytes));
    }
}

static bool read_flags(gx_text text, gx_regex_flags *flags)
{
    *flags = (gx_regex_flags){0};
    for (size_t i = 0; i < text.size; i++) {
        switch (text.bytes[i]) {
        case 's': flags->dot_all = true; break;
        case 'm': flags->multiline = true; break;
        case 'i': flags->ignores_case = true; break;
        case 'x': flags->ignores_space = true; break;
        case 'q': flags->is_literal = true; break;
        default: return false;
        }
    }
    return true;
}

static void close_regex(void *icu)
{
    uregex_close(icu);
}

static UBool watch_match(const void *context, int32_t steps)
{
    (void)steps; /* so far; each call is one step more */
    const gx_regex *regex = context;
    return regex->watch(regex->context, STEPS_PER_CALLBACK);
}

static gx_regex *compile(gx_arena *arena, gx_text pattern, gx_text flag_letters)
{
    gx_regex_flags flags;
    gx_buffer translated = gx_buffer_in(arena);
    int group_count;
    if (!read_flags(flag_letters, &flags) || !gx_regex_translate(pattern, flags, &translated, &group_count))
        return NULL;
    wide_text wide = widen(arena, gx_buffer_as_text(&translated));
    uint32_t icu_flags = UREGEX_UNIX_LINES | (flags.multiline ? UREGEX_MULTILINE : 0) |
                         (flags.ignores_case ? UREGEX_CASE_INSENSITIVE : 0);
    UErrorCode status = U_ZERO_ERROR;
    gx_regex *regex = GX_NEW(arena, gx_regex);
    if (wide.size == 0) /* the empty pattern, which ICU does not take */
        wide = widen(arena, GX_TEXT("(?:)"));
    *regex = (gx_regex){.arena = arena,
                        .pattern = gx_copy(arena, pattern),
                        .flags = gx_copy(arena, flag_letters),
                        .icu = uregex_open(wide.units, wide.size, icu_flags, NULL, &status),
                        .group_count = group_count};
    if (U_FAILURE(status))
        return NULL;
    gx_arena_on_release(arena, close_regex, regex->icu);
    uregex_setTimeLimit(regex->icu, GX_LIMIT_REGEX_TIME, &status);
    uregex_setStackLimit(regex->icu, GX_LIMIT_REGEX_STACK, &status);
    return regex;
}

gx_regex *gx_regex_compile(gx_regex_cache **cache, gx_arena *arena, gx_text pattern, gx_text flags,
                           gx_regex_watch *watch, void *context)
{
    if (!*cache)
        *cache = GX_NEW(arena, gx_regex_cache);
    gx_regex **slots = (*cache)->slots;
    for (int i = 0; i < CACHE_SLOTS && slots[i]; i++)
        if (gx_text_equal(slots[i]->pattern, pattern) && gx_text_equal(slots[i]->flags, flags))
            return slots[i];
    gx_regex *regex = compile(arena, pattern, flags);
    if (!regex)
        return NULL;
    regex->watch = watch;
    regex->context = context;
    UErrorCode status = U_ZERO_ERROR;
    if (watch)
        uregex_setMatchCallback(regex->icu, watch_match, regex, &status);
    slots[(*cache)->next++ % CACHE_SLOTS] = regex;
    return regex;
}

static gx_regex_result find_next(gx_regex *regex)
{
    UErrorCode status = U_ZERO_ERROR;
    bool is_found = uregex_findNext(regex->icu, &status);
    if (U_FAILURE(status))
        return GX_REGEX_LIMIT;
    return is_found ? GX_REGEX_YES : GX_REGEX_NO;
}

static wide_text set_text(gx_regex *regex, gx_text text)
{
    UErrorCode status = U_ZERO_ERROR;
    wide_text wide = widen(regex->arena, text);
    uregex_setText(regex->icu, wide.units, wide.size, &status);
    return wide;
}

static int32_t group_start(gx_regex *regex, int group)
{
    UErrorCode status = U_ZERO_ERROR;
    return uregex_start(regex->icu, group, &status);
}

static int32_t group_end(gx_regex *regex, int group)
{
    UErrorCode status = U_ZERO_ERROR;
    return uregex_end(regex->icu, group, &status);
}

gx_regex_result gx_regex_find(gx_regex *regex, gx_text text)
{
    set_text(regex, text);
    return find_next(regex);
}

/* Appends the replacement of the present match; false if it is malformed. */
static bool write_replacement(gx_regex *regex, wide_text subject, gx_text replacement, gx_buffer *result)
{
    for (size_t i = 0; i < replacement.size; i++) {
        char c = replacement.bytes[i];
        char after = i + 1 < replacement.size ? replacement.bytes[i + 1] : '\0';
        if (c == '\\') {
            if (after != '\\' && after != '$')
                return false;
            gx_buffer_byte(result, after);
            i++;
            continue;
        }
        if (c != '$') {
            gx_buffer_byte(result, c);
            continue;
        }
        if (after < '0' || after > '9')
            return false;
        int group = after - '0';
        for (i++;
             i + 1 < replacement.size && replacement.bytes[i + 1] >= '0' && replacement.bytes[i + 1] <= '9';
             i++) {
            int longer = group * 10 + (replacement.bytes[i + 1] - '0');
            if (longer > regex->group_count)
                break;
            group = longer;
        }
        if (group <= regex->group_count &&
            group_start(regex, group) >= 0) /* a group that took no part is empty */
            write_units(result, subject.units, group_start(regex, group), group_end(regex, group));
    }
    return true;
}

gx_regex_result gx_regex_replace(gx_regex *regex, gx_text text, gx_text replacement, gx_buffer *result)
{
    gx_regex_result found = gx_regex_find(regex, GX_TEXT(""));
    if (found != GX_REGEX_NO)
        return found == GX_REGEX_YES ? GX_REGEX_BAD : found;
    wide_text subject = set_text(regex, text);
    int32_t done = 0;
    while ((found = find_next(regex)) == GX_REGEX_YES) {
        write_units(result, subject.units, done, group_start(regex, 0));
        if (!write_replacement(regex, subject, replacement, result))
            return GX_REGEX_BAD;
        if (result->size > GX_LIMIT_FEEL_STRING)
            return GX_REGEX_LIMIT;
        done = group_end(regex, 0);
    }
    write_units(result, subject.units, done, subject.size);
    return found == GX_REGEX_LIMIT ? found : GX_REGEX_YES;
}

gx_regex_result gx_regex_split(gx_regex *regex, gx_text text, void (*add)(void *context, gx_text part),
                               void *context)
{
    gx_regex_result found = gx_regex_find(regex, GX_TEXT(""));
    if (found != GX_REGEX_NO)
        return found == GX_REGEX_YES ? GX_REGEX_BAD : found;
    wide_text subject = set_text(regex, text);
    int32_t done = 0;
    bool has_more = true;
    while (has_more) {
        found = find_next(regex);
        if (found == GX_REGEX_LIMIT)
            return found;
        has_more = found == GX_REGEX_YES;
        gx_buffer part = gx_buffer_in(regex->arena);
        write_units(&part, subject.units, done, has_more ? group_start(regex, 0) : subject.size);
        add(context, gx_buffer_as_text(&part));
        done = has_more ? group_end(regex, 0) : done;
    }
    return GX_REGEX_YES;
}
